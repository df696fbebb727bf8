/* The registers of an interrupted program, as exception.inc saves them. */
#ifndef FRAME_H
#define FRAME_H

#include <stdint.h>

#if _MIPS_SIM == _ABIO32
typedef uint32_t reg_t;
#else
typedef uint64_t reg_t;
#endif

struct frame {
    reg_t gpr[32]; /* 0, 26 and 27 are not used */
    reg_t status, cause, epc, badvaddr, hi, lo;
};

enum cause_code {
    CAUSE_INT = 0, CAUSE_MOD = 1, CAUSE_TLBL = 2, CAUSE_TLBS = 3, CAUSE_ADEL = 4, CAUSE_ADES = 5,
    CAUSE_SYS = 8, CAUSE_BP = 9, CAUSE_RI = 10, CAUSE_CPU = 11, CAUSE_OV = 12, CAUSE_TR = 13,
};

static inline unsigned cause_code(const struct frame *frame) { return (frame->cause >> 2) & 31; }

/* Handle an exception and return the frame to resume. Each program brings its own. */
struct frame *trap(struct frame *frame);

#endif
