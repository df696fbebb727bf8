/* 64-bit arithmetic: instructions against independent algorithms made of shifts and additions. */
#include "console.h"
#include "random.h"
#include "string.h"

typedef uint64_t u64;
typedef int64_t s64;
typedef uint32_t u32;
typedef int32_t s32;

struct pair {
    u64 hi, lo;
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HI_LO(instruction, a, b)                                                                   \
    ({                                                                                             \
        struct pair p_;                                                                            \
        __asm__(instruction "\n\tmfhi %0\n\tmflo %1" : "=&r"(p_.hi), "=&r"(p_.lo)                   \
                : "r"(a), "r"(b) : "hi", "lo");                                                    \
        p_;                                                                                        \
    })
#define RESULT(instruction, a, b)                                                                  \
    ({                                                                                             \
        u64 r_;                                                                                    \
        __asm__(instruction : "=r"(r_) : "r"((u64)(a)), "r"((u64)(b)));                            \
        r_;                                                                                        \
    })

static u64 words[20] = {
    0, 1, 2, 3, 7, 10, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
    0x123456789abcdef, 0x7fffffffffffffff, 0x8000000000000000, 0xfedcba9876543210,
    0xffffffff80000000, 0xfffffffffffffff6, 0xffffffffffffffff,
};
static unsigned checks, failures;

static void expect(u64 actual, u64 expected) {
    checks++;
    failures += actual != expected;
}

static void report(const char *subject) {
    static unsigned failures_before, checks_before;
    put_string(subject);
    put_string(": ");
    put_decimal(checks - checks_before);
    put_string(failures == failures_before ? " results as expected\n" : " results, some WRONG\n");
    failures_before = failures;
    checks_before = checks;
}

/* ---- independent algorithms ------------------------------------------------------------------ */

/* The 128-bit product, by adding the shifted multiplicand for each bit of the multiplier. */
static struct pair product(u64 a, u64 b) {
    struct pair sum = {0, 0}, addend = {0, a};
    for (; b; b >>= 1) {
        if (b & 1) {
            sum.lo += addend.lo;
            sum.hi += addend.hi + (sum.lo < addend.lo);
        }
        addend.hi = addend.hi << 1 | addend.lo >> 63;
        addend.lo <<= 1;
    }
    return sum;
}

static struct pair negative(struct pair p) {
    return (struct pair){~p.hi + (p.lo == 0), -p.lo};
}

static u64 magnitude(s64 x) { return x < 0 ? -(u64)x : (u64)x; }

static struct pair signed_product(s64 a, s64 b) {
    struct pair p = product(magnitude(a), magnitude(b));
    return (a < 0) != (b < 0) ? negative(p) : p;
}

/* Quotient (lo) and remainder (hi) by long division, one bit at a time. */
static struct pair quotient(u64 dividend, u64 divisor) {
    struct pair result = {0, 0};
    for (int bit = 63; bit >= 0; bit--) {
        u64 overflow = result.hi >> 63;
        result.hi = result.hi << 1 | (dividend >> bit & 1);
        if (overflow || result.hi >= divisor) {
            result.hi -= divisor;
            result.lo |= 1ull << bit;
        }
    }
    return result;
}

/* The quotient is rounded towards zero; the remainder has the sign of the dividend. */
static struct pair signed_quotient(s64 dividend, s64 divisor) {
    struct pair q = quotient(magnitude(dividend), magnitude(divisor));
    if ((dividend < 0) != (divisor < 0))
        q.lo = -q.lo;
    if (dividend < 0)
        q.hi = -q.hi;
    return q;
}

static u64 doubled(u64 x, unsigned times) {
    while (times--)
        x += x;
    return x;
}

/* x / 2^times rounded down: for negative numbers through the complement, which is not negative. */
static u64 halved(u64 x, unsigned times) { return quotient(x, doubled(1, times)).lo; }
static u64 signed_halved(s64 x, unsigned times) {
    return x < 0 ? ~halved(~x, times) : halved(x, times);
}

static u64 sign_extended(u64 x) { return (x & 0x80000000) ? x | 0xffffffff00000000 : x & 0xffffffff; }

/* ---- the instructions ------------------------------------------------------------------------ */

static void expect_pair(struct pair actual, struct pair expected) {
    expect(actual.hi, expected.hi);
    expect(actual.lo, expected.lo);
}

static void expect_words(struct pair actual, u64 hi, u64 lo) {
    expect_pair(actual, (struct pair){sign_extended(hi), sign_extended(lo)});
}

static void check_multiply(u64 a, u64 b) {
    expect_pair(HI_LO("dmult %2, %3", a, b), signed_product(a, b));
    expect_pair(HI_LO("dmultu %2, %3", a, b), product(a, b));
    expect(a * b, product(a, b).lo);
    s64 x = (s32)a, y = (s32)b;
    struct pair p = signed_product(x, y);
    expect_words(HI_LO("mult %2, %3", x, y), p.lo >> 32, p.lo);
    p = product((u32)a, (u32)b);
    expect_words(HI_LO("multu %2, %3", x, y), p.lo >> 32, p.lo);
}

static void check_divide(u64 a, u64 b) {
    s64 x = (s32)a, y = (s32)b;
    if (b != 0)
        expect_pair(HI_LO("ddivu $0, %2, %3", a, b), quotient(a, b));
    if (b != 0 && !(a == 1ull << 63 && b == ~0ull)) /* 2^63 does not fit the quotient */
        expect_pair(HI_LO("ddiv $0, %2, %3", a, b), signed_quotient(a, b));
    if (y != 0) {
        struct pair q = quotient((u32)a, (u32)b);
        expect_words(HI_LO("divu $0, %2, %3", x, y), q.hi, q.lo);
        q = signed_quotient(x, y);
        if (q.lo != 0x80000000)
            expect_words(HI_LO("div $0, %2, %3", x, y), q.hi, q.lo);
    }
}

static void check_shifts(u64 x) {
    u64 word = sign_extended(x);
    for (unsigned n = 0; n < 64; n += 1 + (n % 32 == 3) * 12) { /* 0 to 3, 16 to 35, 48 to 63 */
        expect(RESULT("dsllv %0, %1, %2", x, n), doubled(x, n));
        expect(RESULT("dsrlv %0, %1, %2", x, n), halved(x, n));
        expect(RESULT("dsrav %0, %1, %2", x, n), signed_halved(x, n));
        if (n >= 32)
            continue;
        expect(RESULT("sllv %0, %1, %2", word, n), sign_extended(doubled(x, n)));
        expect(RESULT("srlv %0, %1, %2", word, n), sign_extended(halved((u32)x, n)));
        expect(RESULT("srav %0, %1, %2", word, n), signed_halved(word, n));
    }
    expect(RESULT("dsll %0, %1, 5", x, 0), doubled(x, 5));
    expect(RESULT("dsrl %0, %1, 5", x, 0), halved(x, 5));
    expect(RESULT("dsra %0, %1, 5", x, 0), signed_halved(x, 5));
    expect(RESULT("dsll32 %0, %1, 5", x, 0), doubled(x, 37));
    expect(RESULT("dsrl32 %0, %1, 5", x, 0), halved(x, 37));
    expect(RESULT("dsra32 %0, %1, 5", x, 0), signed_halved(x, 37));
    expect(RESULT("sll %0, %1, 0", x, 0), word); /* the idiom for 'sign-extend this word' */
}

/* Carry and overflow of the sum as C finds them, and the trapping instructions where they may not trap. */
static void check_add(u64 a, u64 b) {
    s64 sum, difference;
    int sum_overflows = __builtin_add_overflow((s64)a, (s64)b, &sum);
    int difference_overflows = __builtin_sub_overflow((s64)a, (s64)b, &difference);
    expect(RESULT("daddu %0, %1, %2", a, b), ~(~a - b));
    expect(RESULT("dsubu %0, %1, %2", a, b), ~(~a + b));
    expect(sum_overflows, (s64)((a ^ sum) & (b ^ sum)) < 0);
    expect(difference_overflows, (s64)((a ^ b) & (a ^ difference)) < 0);
    if (!sum_overflows)
        expect(RESULT("dadd %0, %1, %2", a, b), sum);
    if (!difference_overflows)
        expect(RESULT("dsub %0, %1, %2", a, b), difference);

    s64 word_sum = (s64)(s32)a + (s32)b;
    expect(RESULT("addu %0, %1, %2", (s32)a, (s32)b), sign_extended(word_sum));
    if (word_sum == (s32)word_sum)
        expect(RESULT("add %0, %1, %2", (s32)a, (s32)b), word_sum);

    u64 borrow = ((~a & b) | (~(a ^ b) & (a - b))) >> 63;
    expect(RESULT("sltu %0, %1, %2", a, b), borrow);
    expect(RESULT("slt %0, %1, %2", a, b), borrow ^ (a ^ b) >> 63);
}

static u64 select(u64 condition, u64 if_zero, u64 otherwise) {
#if __mips >= 4
    __asm__("movz %0, %1, %2" : "+r"(otherwise) : "r"(if_zero), "r"(condition));
    return otherwise;
#else
    return condition ? otherwise : if_zero;
#endif
}

static u64 select_not(u64 condition, u64 if_zero, u64 otherwise) {
#if __mips >= 4
    __asm__("movn %0, %1, %2" : "+r"(if_zero) : "r"(otherwise), "r"(condition));
    return if_zero;
#else
    return condition ? otherwise : if_zero;
#endif
}

static void check_select(u64 a, u64 b) {
    u64 equal_mask = ((a ^ b) | -(a ^ b)) >> 63; /* 0 when a = b, else 1 */
    u64 expected = (a & (equal_mask - 1)) | (b & -equal_mask);
    expect(select(a ^ b, a, b), expected);
    expect(select_not(a ^ b, a, b), expected);
}

/* Unaligned loads and stores at all offsets against bytes put together one by one. */
static void check_unaligned(u64 value) {
    static uint8_t bytes[24] __attribute__((aligned(8)));
    for (unsigned offset = 0; offset < 16; offset++) {
        uint8_t *at = bytes + offset;
        u64 loaded;
        for (unsigned i = 0; i < sizeof bytes; i++)
            bytes[i] = 0xa0 + i;

        __asm__ volatile("usw %1, 0(%0)" : : "r"(at), "r"(value) : "memory");
        for (unsigned i = 0; i < 4; i++)
            expect(at[i], value >> (24 - 8 * i) & 255);
        __asm__ volatile("ulw %0, 0(%1)" : "=&r"(loaded) : "r"(at) : "memory");
        expect(loaded, sign_extended(value));
        __asm__ volatile("ulhu %0, 0(%1)" : "=&r"(loaded) : "r"(at + 1) : "memory");
        expect(loaded, value >> 8 & 0xffff);

        __asm__ volatile("usd %1, 0(%0)" : : "r"(at), "r"(value) : "memory");
        for (unsigned i = 0; i < 8; i++)
            expect(at[i], value >> (56 - 8 * i) & 255);
        __asm__ volatile("uld %0, 0(%1)" : "=&r"(loaded) : "r"(at) : "memory");
        expect(loaded, value);

        for (unsigned i = 0; i < sizeof bytes; i++) /* nothing else was written */
            if (i < offset || i >= offset + 8)
                expect(bytes[i], 0xa0 + i);
    }
}

int main(void) {
    static void (*const pair_checks[])(u64, u64) = {check_multiply, check_divide, check_add,
                                                    check_select};
    static const char *const subjects[] = {"multiplication", "division", "addition", "selection"};
    u64 seed = 0x0123456789abcdef;
    for (unsigned subject = 0; subject < COUNT(pair_checks); subject++) {
        for (unsigned i = 0; i < COUNT(words); i++) {
            pair_checks[subject](words[i], words[(i * 7 + subject) % COUNT(words)]);
            pair_checks[subject](words[i], next_random(&seed) >> (i % 40));
            pair_checks[subject](words[i], words[i]);
        }
        report(subjects[subject]);
    }
    for (unsigned i = 0; i < COUNT(words); i += 3)
        check_shifts(words[i]);
    report("shifts");
    for (unsigned i = 11; i < COUNT(words); i += 2)
        check_unaligned(words[i]);
    report("unaligned accesses");
    finish("arith64", failures);
}
