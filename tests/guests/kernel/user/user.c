/* A user process: provokes every fault that user mode can, and checks what the kernel saw. */
#include <stddef.h>
#include <stdint.h>
#include "frame.h"
#include "../system_calls.h"

#define PAGE_SIZE 4096
#define ZERO_PAGES 160 /* more than twice as many pages as any TLB has entries */
#define KERNEL_ADDRESS ((uintptr_t)(intptr_t)(int32_t)0x80000000)

long write(const char *address, size_t length);
long getpid(void);
long ticks(void);

static volatile uint32_t zeros[ZERO_PAGES][PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));
static volatile uint32_t initialized[2] = {0x600dda7a, 0};
static unsigned failures;

static void put_string(const char *s) {
    size_t n = 0;
    while (s[n])
        n++;
    write(s, n);
}

static void check(const char *what, int holds) {
    put_string(getpid() == 7 ? "  32: " : "  64: ");
    put_string(what);
    put_string(holds ? ": ok\n" : ": WRONG\n");
    failures += !holds;
}

/* ---- faults ----------------------------------------------------------------------------------- */

struct fault {
    unsigned code, flags;        /* cause code; BD | CE << 1 */
    uintptr_t address, pc, here; /* BadVAddr; EPC; the instruction's own address */
};

#if _MIPS_SIM == _ABI64
#define LOAD_ADDRESS "dla"
#else
#define LOAD_ADDRESS "la"
#endif
#define STRING(x) STRING_(x)
#define STRING_(x) #x

/* Execute instructions (%5 is the operand); what fault they took. */
#define FAULT(instructions, operand)                                                               \
    ({                                                                                             \
        struct fault f_;                                                                           \
        uintptr_t operand_ = (operand);                                                            \
        register unsigned code_ __asm__("$2");                                                     \
        register unsigned flags_ __asm__("$3");                                                    \
        register uintptr_t address_ __asm__("$4");                                                 \
        register uintptr_t pc_ __asm__("$5");                                                      \
        __asm__ volatile(".set push\n\t.set noreorder\n\t.set noat\n\t.set mips3\n\t"               \
                         ".set hardfloat\n\t" LOAD_ADDRESS " $4, 2f\n\t"                            \
                         "li $2, " STRING(CALL_RESUME) "\n\tsyscall\n\t" LOAD_ADDRESS " %4, 1f\n"   \
                         "1:\t" instructions "\n\tnop\n2:\t.set pop"                               \
                         : "=&r"(code_), "=&r"(flags_), "=&r"(address_), "=&r"(pc_),                \
                           "=&r"(f_.here), "+r"(operand_)                                          \
                         : "r"(0x7fffffff)                                                         \
                         : "$31", "memory");                                                            \
        f_.code = code_, f_.flags = flags_, f_.address = address_, f_.pc = pc_;                    \
        f_;                                                                                        \
    })

static int took(struct fault f, unsigned code) { return f.code == code && f.pc == f.here; }

static int took_at(struct fault f, unsigned code, uintptr_t address) {
    return took(f, code) && f.address == address && !(f.flags & 1);
}

static int in_delay_slot(struct fault f, unsigned code) { return took(f, code) && (f.flags & 1); }

static int unusable(struct fault f, unsigned coprocessor) {
    return took(f, CAUSE_CPU) && f.flags >> 1 == coprocessor;
}

static int no_fetch_from(uintptr_t address) {
    struct fault f = FAULT("jr %5", address);
    return f.code == CAUSE_ADEL && f.address == address && f.pc == address && !(f.flags & 1);
}

static void check_faults(void) {
    uintptr_t odd = (uintptr_t)initialized + 2;
    check("address errors, alignment",
          took_at(FAULT("lw $0, 0(%5)", odd), CAUSE_ADEL, odd) &&
              took_at(FAULT("sw $0, 0(%5)", odd), CAUSE_ADES, odd) &&
              took_at(FAULT("lh $0, 1(%5)", odd), CAUSE_ADEL, odd + 1) && no_fetch_from(odd));
    check("address errors, kernel space",
          took_at(FAULT("lw $0, 8(%5)", KERNEL_ADDRESS), CAUSE_ADEL, KERNEL_ADDRESS + 8) &&
              took_at(FAULT("sb $0, 9(%5)", KERNEL_ADDRESS), CAUSE_ADES, KERNEL_ADDRESS + 9) &&
              no_fetch_from(KERNEL_ADDRESS + 0x180) && write((char *)KERNEL_ADDRESS, 4) == -1);
    check("no page", took_at(FAULT("lw $0, 4(%5)", 0x10000), CAUSE_TLBL, 0x10004) &&
                         took_at(FAULT("sw $0, 4(%5)", 0x10000), CAUSE_TLBS, 0x10004));
    check("integer overflow", took(FAULT("add %5, %5, %6", 1), CAUSE_OV) &&
                                  took(FAULT("addi %5, %5, -1", INT32_MIN), CAUSE_OV) &&
                                  took(FAULT("sub %5, %5, %6", -2), CAUSE_OV) &&
                                  FAULT("addu %5, %5, %6", 1).code == NO_FAULT);
    check("trap and breakpoint", took(FAULT("teq %5, %5", 1), CAUSE_TR) &&
                                     took(FAULT("tgei %5, -3", -2), CAUSE_TR) &&
                                     took(FAULT("tltu %6, %5", -1), CAUSE_TR) &&
                                     FAULT("tne %5, %5", 1).code == NO_FAULT &&
                                     took(FAULT("break", 0), CAUSE_BP));
    check("delay slots", in_delay_slot(FAULT("b 2f\n\tlw $0, 0(%5)", odd), CAUSE_ADEL) &&
                             in_delay_slot(FAULT("beql %5, %5, 2f\n\tadd %5, %6, %6", 0), CAUSE_OV) &&
                             in_delay_slot(FAULT("jal 2f\n\tbreak", 0), CAUSE_BP) &&
                             FAULT("bnel %5, %5, 2f\n\tbreak", 0).code == NO_FAULT);
    check("coprocessor unusable",
          unusable(FAULT("mfc0 %5, $12", 0), 0) && unusable(FAULT("mtc0 %5, $12", 0), 0) &&
              unusable(FAULT("tlbwi", 0), 0) && unusable(FAULT("eret", 0), 0) &&
              unusable(FAULT("cache 0x15, 0(%5)", (uintptr_t)initialized), 0) &&
              unusable(FAULT("mtc1 $0, $f0", 0), 1) && unusable(FAULT("add.s $f0, $f0, $f0", 0), 1));
    check("reserved instruction", took(FAULT(".word 0x00000039", 0), CAUSE_RI));
#if _MIPS_SIM == _ABI64
    check("64-bit operations", FAULT("daddu %5, %5, %6", 1).code == NO_FAULT &&
                                   took(FAULT("dadd %5, %5, %5", INT64_MAX), CAUSE_OV));
    check("64-bit address errors",
          took_at(FAULT("ld $0, 0(%5)", 0x9800000000000000), CAUSE_ADEL, 0x9800000000000000) &&
              took_at(FAULT("sd $0, 0(%5)", 0x4000000000000000), CAUSE_ADES, 0x4000000000000000) &&
              took_at(FAULT("ld $0, 8(%5)", 0x0000800000000000), CAUSE_ADEL, 0x0000800000000008));
#else
    check("64-bit operations", took(FAULT("daddu %5, %5, %6", 1), CAUSE_RI) &&
                                   took(FAULT("dsll %5, %5, 1", 1), CAUSE_RI) &&
                                   took(FAULT("ld $0, 0(%5)", (uintptr_t)initialized), CAUSE_RI));
#endif
}

/* ---- pages ------------------------------------------------------------------------------------ */

static void check_pages(void) {
    uint32_t sum = 0;
    for (int round = 0; round < 2; round++)
        for (unsigned page = 0; page < ZERO_PAGES; page++)
            sum |= zeros[page][page];
    check("zero pages", sum == 0);

    for (unsigned page = 0; page < ZERO_PAGES; page += 40) /* copies of the page they all shared */
        zeros[page][1] = page + 1;
    for (unsigned page = 0; page < ZERO_PAGES; page++)
        sum += zeros[page][1];
    check("pages after stores", sum == 1 + 41 + 81 + 121);

    initialized[1] = initialized[0] + 1;
    check("initialized data", initialized[0] == 0x600dda7a && initialized[1] == 0x600dda7b);
}

/* ---- the timer -------------------------------------------------------------------------------- */

/* Eight chains of dependent steps kept in registers, whatever interrupts them. */
static uint32_t registers_at_work(unsigned steps) {
    uint32_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
    while (steps--) {
        a += b, b ^= c, c += d, d ^= e, e += f, f ^= g, g += h, h ^= a;
        __asm__ volatile("mult %0, %1\n\tmflo %0" : "+r"(a) : "r"(h | 1) : "hi", "lo");
    }
    return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

static void check_timer(void) {
    uint32_t first = registers_at_work(1500);
    long start = ticks();
    while (ticks() < start + 3)
        ;
    check("interrupted work", registers_at_work(1500) == first);
}

int main(void) {
    put_string("hello from user mode\n");
    check_faults();
    check_pages();
    check_timer();
#if _MIPS_SIM == _ABI64
    if (failures == 0)
        *(volatile char *)KERNEL_ADDRESS; /* with nowhere to resume: the kernel ends this process */
#endif
    return failures ? failures : 42;
}
