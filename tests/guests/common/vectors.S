/* The exception vectors of a program without page tables: every exception goes to trap(). */
#include "asm.h"

        .set    noreorder
        .section .vectors, "awx"
        b       general                         /* TLB refill, 32-bit */
        nop
        .org    0x080                           /* TLB refill, 64-bit */
        b       general
        nop
#include "exception.inc"
