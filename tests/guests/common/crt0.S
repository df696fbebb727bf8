/* Start-up. It assumes only kernel mode, interrupts off, and a KSEG0 program counter. */
#include "asm.h"

        .set    noreorder
        .section .text.start, "ax"
        .globl  _start
_start:
        li      $t0, STATUS_KX                  /* BEV, ERL, EXL, IE = 0 */
        mtc0    $t0, CP0_STATUS
        mtc0    $zero, CP0_CAUSE
        mtc0    $zero, CP0_WATCHLO
        mtc0    $zero, CP0_WATCHHI

        /* The cache attribute of KSEG0 may not change under code that runs there: go through KSEG1. */
        bal     1f
        lui     $t1, 0x1fff
1:      ori     $t1, 0xffff
        and     $t0, $ra, $t1
        lui     $t1, 0xa000
        or      $t0, $t1
        addiu   $t0, 2f - 1b
        jr      $t0
        nop
2:      mfc0    $t0, CP0_CONFIG
        ori     $t0, CONFIG_K0
        xori    $t0, CONFIG_K0 ^ CACHEABLE_NONCOHERENT
        mtc0    $t0, CP0_CONFIG
        HAZARD
        PTR_LA  $t0, 3f                         /* the linked address: KSEG0 or XKPHYS */
        jr      $t0
        nop

3:      PTR_LA  $sp, stack_top
        PTR_LA  $gp, _gp
        PTR_LA  $t0, bss_start                  /* both ends are aligned to 16 bytes */
        PTR_LA  $t1, bss_end
        beq     $t0, $t1, 5f
        nop
4:      REG_S   $zero, 0($t0)
        REG_ADDIU $t0, SZREG
        bne     $t0, $t1, 4b
        nop
5:      jal     main
        REG_ADDIU $sp, -ARGUMENT_AREA

        .globl  halt
halt:   mfc0    $t0, CP0_STATUS                 /* the end of a run: no interrupt leaves the loop */
        nop
        ori     $t0, STATUS_IE
        xori    $t0, STATUS_IE
        mtc0    $t0, CP0_STATUS
        HAZARD
6:      b       6b
        nop

        .section .stack, "aw", @nobits
        .balign 16
        .space  8192
stack_top:
