/* SHA-256 (FIPS 180-4) of messages with known digests. */
#include "console.h"
#include "string.h"

struct sha256 {
    uint32_t state[8];
    uint32_t length; /* bytes so far */
    uint8_t block[64];
};

static const uint32_t ROUND_CONSTANTS[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

static void compress(struct sha256 *hash) {
    uint32_t w[64];
    memcpy(w, hash->block, sizeof hash->block); /* big-endian, as the standard wants */
    for (int t = 16; t < 64; t++) {
        uint32_t s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }

    uint32_t *s = hash->state;
    uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
    for (int t = 0; t < 64; t++) {
        uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[t] + w[t];
        uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1;
        d = c, c = b, b = a, a = t1 + t2;
    }
    s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

static void start(struct sha256 *hash) {
    static const uint32_t INITIAL[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, INITIAL, sizeof INITIAL);
    hash->length = 0;
}

static void update(struct sha256 *hash, const char *bytes, uint32_t count) {
    while (count--) {
        hash->block[hash->length++ % 64] = *bytes++;
        if (hash->length % 64 == 0)
            compress(hash);
    }
}

static void end(struct sha256 *hash) {
    uint32_t bytes = hash->length, length_field[2] = {bytes >> 29, bytes << 3};
    update(hash, "\x80", 1);
    while (hash->length % 64 != 56)
        update(hash, "", 1);
    update(hash, (const char *)length_field, sizeof length_field);
}

static unsigned check(const char *name, const char *piece, unsigned times, const uint32_t expected[8]) {
    struct sha256 hash;
    start(&hash);
    for (unsigned i = 0; i < times; i++)
        update(&hash, piece, strlen(piece));
    end(&hash);
    put_string(name);
    put_char(' ');
    for (int i = 0; i < 8; i++)
        put_hex(hash.state[i], 8);
    put_char('\n');
    return memcmp(hash.state, expected, sizeof hash.state) != 0;
}

int main(void) {
    static const uint32_t EMPTY[8] = {0xe3b0c442, 0x98fc1c14, 0x9afbf4c8, 0x996fb924,
                                      0x27ae41e4, 0x649b934c, 0xa495991b, 0x7852b855};
    static const uint32_t ABC[8] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                    0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    static const uint32_t TWO_BLOCKS[8] = {0x248d6a61, 0xd20638b8, 0xe5c02693, 0x0c3e6039,
                                           0xa33ce459, 0x64ff2167, 0xf6ecedd4, 0x19db06c1};
    static const uint32_t MANY_BLOCKS[8] = {0x27dd1f61, 0xb867b6a0, 0xf6e9d8a4, 0x1c43231d,
                                            0xe52107e5, 0x3ae424de, 0x8f847b82, 0x1db4b711};
    unsigned failures = 0;
    failures += check("empty     ", "", 1, EMPTY);
    failures += check("abc       ", "abc", 1, ABC);
    failures += check("448 bits  ", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, TWO_BLOCKS);
    failures += check("10000 x a ", "aaaaaaaaaaaaaaaaaaaa", 500, MANY_BLOCKS);
    finish("sha256", failures);
}
