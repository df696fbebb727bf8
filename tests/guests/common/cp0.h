/* The coprocessor 0 registers and the TLB instructions, for programs with 64-bit registers. */
#ifndef CP0_H
#define CP0_H

#include <stdint.h>

#include "cp0_bits.h"

/* The R4000 wants up to four instructions between a CP0 write and its use; the R10000 wants none. */
#define CP0_HAZARD "nop\n\tnop\n\tnop\n\tnop"

#define CP0_READ(name, type, instruction, number)                                                  \
    static inline type read_##name(void) {                                                         \
        type value;                                                                                \
        __asm__ volatile(instruction " %0, $" #number "\n\tnop" : "=r"(value) : : "memory");         \
        return value;                                                                              \
    }
#define CP0_WRITE(name, type, instruction, number)                                                 \
    static inline void write_##name(type value) {                                                  \
        __asm__ volatile(instruction " %0, $" #number "\n\t" CP0_HAZARD : : "r"(value) : "memory");  \
    }
#define CP0_WORD(name, number)                                                                     \
    CP0_READ(name, uint32_t, "mfc0", number)                                                       \
    CP0_WRITE(name, uint32_t, "mtc0", number)
#define CP0_DOUBLEWORD(name, number)                                                               \
    CP0_READ(name, uint64_t, "dmfc0", number)                                                      \
    CP0_WRITE(name, uint64_t, "dmtc0", number)

CP0_WORD(index, 0)
CP0_DOUBLEWORD(entrylo0, 2)
CP0_DOUBLEWORD(entrylo1, 3)
CP0_DOUBLEWORD(context, 4)
CP0_WORD(pagemask, 5)
CP0_WORD(wired, 6)
CP0_WORD(count, 9)
CP0_DOUBLEWORD(entryhi, 10)
CP0_WORD(compare, 11)
CP0_WORD(status, 12)
CP0_READ(prid, uint32_t, "mfc0", 15)
CP0_READ(xcontext, uint64_t, "dmfc0", 20)
CP0_WRITE(xcontext, uint64_t, "dmtc0", 20)

#define CP0_OPERATION(name)                                                                        \
    static inline void name(void) {                                                                \
        __asm__ volatile(CP0_HAZARD "\n\t" #name "\n\t" CP0_HAZARD : : : "memory");                \
    }

CP0_OPERATION(tlbp)
CP0_OPERATION(tlbr)
CP0_OPERATION(tlbwi)
CP0_OPERATION(tlbwr)

#endif
