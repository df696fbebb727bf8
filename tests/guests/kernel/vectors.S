/* TLB refill. The 32-bit handler reads a linear page table in mapped kernel space through Context, so
   that it may itself miss; the 64-bit handler walks the three levels of the table behind it. */
#include "asm.h"

        .set    noreorder
        .section .vectors, "awx"
        lui     $k1, 0x8000
        lw      $k0, LOW_REFILLS_32($k1)
        nop
        addiu   $k0, 1
        sw      $k0, LOW_REFILLS_32($k1)
        mfc0    $k0, CP0_CONTEXT                /* the pair of entries; PTEBase is WINDOW */
        nop
        ld      $k1, 8($k0)                     /* a miss here goes to the general vector (EXL = 1) */
        ld      $k0, 0($k0)
        dmtc0   $k1, CP0_ENTRYLO1
        dmtc0   $k0, CP0_ENTRYLO0
        HAZARD
        tlbwr
        HAZARD
        eret

        .org    0x080
        b       refill_64
        nop
#include "exception.inc"

        .org    0x900
refill_64:
        dmfc0   $k0, CP0_BADVADDR
        lui     $k1, 0x8000
        dsrl    $k0, 31
        dsrl    $k0, 8
        bnez    $k0, general                    /* beyond the 39 bits of the tables */
        nop
        lw      $k0, LOW_REFILLS_64($k1)
        nop
        addiu   $k0, 1
        sw      $k0, LOW_REFILLS_64($k1)
        ld      $k1, LOW_ROOT_TABLE($k1)
        dmfc0   $k0, CP0_BADVADDR
        dsrl    $k0, 30 - 3
        andi    $k0, 0xff8
        daddu   $k1, $k0
        ld      $k1, 0($k1)                     /* the middle table */
        dmfc0   $k0, CP0_BADVADDR
        dsrl    $k0, 21 - 3
        andi    $k0, 0xff8
        daddu   $k1, $k0
        ld      $k1, 0($k1)                     /* the page table */
        dmfc0   $k0, CP0_BADVADDR
        dsrl    $k0, 12 - 3
        andi    $k0, 0xff0                      /* an even entry: entries come in pairs */
        daddu   $k1, $k0
        ld      $k0, 0($k1)
        ld      $k1, 8($k1)
        dmtc0   $k0, CP0_ENTRYLO0
        dmtc0   $k1, CP0_ENTRYLO1
        HAZARD
        tlbwr
        HAZARD
        eret
