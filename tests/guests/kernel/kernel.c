/* A small kernel: demand-paged user processes in 32-bit and in 64-bit mode. */
#include "console.h"
#include "cp0.h"
#include "memory.h"
#include "process.h"
#include "wired.h"

#define WIRED_ADDRESS 0xc000000000404000 /* in xkseg */
#define PAGES_BEYOND_IMAGE 256

extern const char user_32_start[], user_32_end[], user_64_start[], user_64_end[];
extern uint64_t low_memory[5];

static unsigned failures;

static void check(const char *what, int holds) {
    put_string(what);
    put_string(holds ? ": ok\n" : ": WRONG\n");
    failures += !holds;
}

static void store(uint64_t address, uint32_t value) {
    __asm__ volatile("sw %0, 0(%1)" : : "r"(value), "r"(address) : "memory");
}

static uint32_t load(uint64_t address) {
    uint32_t value;
    __asm__ volatile("lw %0, 0(%1)" : "=r"(value) : "r"(address) : "memory");
    return value;
}

/* A pair of pages in 64-bit kernel space, held by a wired entry. */
static void check_wired_mapping(void) {
    uint32_t *even = allocate_page(WIRED_ADDRESS), *odd = allocate_page(WIRED_ADDRESS + PAGE_SIZE);
    write_index(WIRED_KERNEL);
    write_entryhi(WIRED_ADDRESS | 5);
    write_entrylo0(entry_for(even, ENTRYLO_V | ENTRYLO_D | ENTRYLO_G));
    write_entrylo1(entry_for(odd, ENTRYLO_V | ENTRYLO_D | ENTRYLO_G));
    tlbwi();
    write_entryhi(99); /* another address space: the mapping is global */
    store(WIRED_ADDRESS + 8, 0x12345678);
    store(WIRED_ADDRESS + PAGE_SIZE + 8, 0x9abcdef0);
    check("mapped kernel space", even[2] == 0x12345678 && odd[2] == 0x9abcdef0);

    write_entryhi(WIRED_ADDRESS | 99);
    tlbp();
    check("TLB probe", read_index() == WIRED_KERNEL);
    write_entryhi((WIRED_ADDRESS + 2 * PAGE_SIZE) | 99);
    tlbp();
    check("TLB probe without a match", read_index() >> 31 == 1);
    write_index(WIRED_KERNEL);
    tlbr();
    check("TLB read", (read_entryhi() & ~0xffull) == WIRED_ADDRESS &&
                          read_entrylo0() == entry_for(even, ENTRYLO_V | ENTRYLO_D | ENTRYLO_G) &&
                          read_entrylo1() == entry_for(odd, ENTRYLO_V | ENTRYLO_D | ENTRYLO_G));
}

/* The global bit of an entry is the AND of the two halves that were written. */
static void check_half_global(void) {
    write_index(WIRED_ENTRIES);
    write_entryhi(0xc000000000800000 | 5);
    write_entrylo0(entry_for((void *)0, ENTRYLO_G));
    write_entrylo1(entry_for((void *)0, 0));
    tlbwi();
    write_entryhi(0xc000000000800000 | 6);
    tlbp();
    int other_space_misses = read_index() >> 31 == 1;
    write_entryhi(0xc000000000800000 | 5);
    tlbp();
    int same_space_hits = read_index() == WIRED_ENTRIES;
    tlbr();
    check("global bit of half an entry",
          other_space_misses && same_space_hits && !(read_entrylo0() & ENTRYLO_G) && !(read_entrylo1() & ENTRYLO_G));
}

/* Wherever Random points, it is not at a wired entry. */
static void check_random(void) {
    int allowed = 1;
    for (unsigned page = 0; page < 20; page += 2) {
        write_entryhi(0xc000000000a00000 + page * PAGE_SIZE);
        tlbwr();
        tlbp();
        allowed &= read_index() >= WIRED_ENTRIES && read_index() < tlb_entries();
    }
    check("random TLB writes", allowed);
}

static void check_addresses(void) {
    static uint32_t word = 0xcafef00d;
    uint64_t physical = (uint64_t)(intptr_t)&word & 0x1fffffff;
    check("physical window", load(0x9800000000000000 | physical) == 0xcafef00d &&
                                 load(0xffffffff80000000 | physical) == 0xcafef00d);
    check("address errors of the kernel",
          probe_load(0xffffffff80100001) == CAUSE_ADEL &&     /* not aligned */
          probe_load(0x9801000000000000) == CAUSE_ADEL &&     /* no such physical address */
          probe_load(0x1000000000000000) == CAUSE_ADEL &&     /* beyond xuseg */
          probe_load(0xd000000000000000) == CAUSE_ADEL &&     /* beyond xkseg */
          probe_load(0xffffffff80100000) == 0);
    write_entryhi(5);
    check("TLB refill in mapped kernel space", probe_load(0xffffffffe0000000) == CAUSE_TLBL);
}

static void report(const struct process *process, unsigned status, unsigned expected_status) {
    put_string("process ");
    put_decimal(process->id);
    put_string(" ended with status ");
    put_decimal(status);
    put_string(": ");
    put_decimal(process->loaded);
    put_string(" pages loaded, ");
    put_decimal(process->zeroed);
    put_string(" filled with zeros, ");
    put_decimal(process->copied);
    put_string(" copied, ");
    put_decimal(process->dirtied);
    put_string(" dirtied\n");
    failures += status != expected_status;
}

/* Refills since the last call. */
static unsigned refills_32(void) {
    unsigned n = low_memory[2] >> 32;
    low_memory[2] = 0;
    return n;
}

static unsigned refills_64(void) {
    unsigned n = low_memory[3] >> 32;
    low_memory[3] = 0;
    return n;
}

int main(void) {
    static struct process in_32_bits = {
        .id = 7,
        .base = 0x400000,
        .stack = 0x7fff0000,
        .stack_end = 0x7fff8000,
    };
    static struct process in_64_bits = {
        .id = 9,
        .base = 0x1234400000,
        .stack = 0x7fffff0000,
        .stack_end = 0x7fffff8000,
    };
    flush_tlb();
    write_wired(WIRED_ENTRIES);
    check_wired_mapping();
    check_half_global();
    check_random();
    flush_tlb();
    check_addresses();

    in_32_bits.status = STATUS_KX | STATUS_IM7 | STATUS_IE | STATUS_USER;
    in_32_bits.image = user_32_start;
    in_32_bits.image_size = user_32_end - user_32_start;
    in_32_bits.end = in_32_bits.base + PAGES_BEYOND_IMAGE * PAGE_SIZE;
    in_64_bits.status = in_32_bits.status | STATUS_UX;
    in_64_bits.image = user_64_start;
    in_64_bits.image_size = user_64_end - user_64_start;
    in_64_bits.end = in_64_bits.base + PAGES_BEYOND_IMAGE * PAGE_SIZE;
    create_tables(&in_32_bits);
    create_tables(&in_64_bits);
    refills_32();
    refills_64();

    report(&in_32_bits, run(&in_32_bits), 42);
    check("32-bit refills, some of them nested", refills_32() > 0 && in_32_bits.nested > 0);
    refills_64();
    report(&in_64_bits, run(&in_64_bits), STATUS_KILLED + CAUSE_ADEL);
    check("64-bit refills", refills_64() > 0 && refills_32() == 0 && in_64_bits.nested == 0);
    check("timer interrupts", in_32_bits.ticks >= 3 && in_64_bits.ticks >= 3);
    check("registers of TLB faults", inconsistent_faults == 0);
    finish("kernel", failures);
}
