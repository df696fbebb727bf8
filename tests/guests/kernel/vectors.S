/* TLB refill. The 32-bit handler reads a linear page table in mapped kernel space through Context, so
   that it may itself miss; the 64-bit handler walks the three levels of the table behind it. */
#include "asm.h"
#include "wired.h"

        .set    noreorder
        .section .vectors, "awx"
        b       refill_32
        lui     $k1, 0x8000
        .org    0x080
        b       refill_64
        lui     $k1, 0x8000
#include "exception.inc"

        .org    0x900
refill_32:
        lw      $k0, LOW_REFILLS_32($k1)
        nop
        addiu   $k0, 1
        sw      $k0, LOW_REFILLS_32($k1)
        mfc0    $k0, CP0_CONTEXT                /* the pair of entries; PTEBase is WINDOW */
        nop
        ld      $k1, 8($k0)                     /* a miss here goes to the general vector (EXL = 1) */
        b       write_entry
        ld      $k0, 0($k0)

refill_64:
        dmfc0   $k0, CP0_BADVADDR
        nop
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
        nop
        dsrl    $k0, 30 - 3
        andi    $k0, 0xff8
        daddu   $k1, $k0
        ld      $k1, 0($k1)                     /* the middle table */
        dmfc0   $k0, CP0_BADVADDR
        nop
        dsrl    $k0, 21 - 3
        andi    $k0, 0xff8
        daddu   $k1, $k0
        ld      $k1, 0($k1)                     /* the page table */
        dmfc0   $k0, CP0_BADVADDR
        nop
        dsrl    $k0, 12 - 3
        andi    $k0, 0xff0                      /* an even entry: entries come in pairs */
        daddu   $k1, $k0
        ld      $k0, 0($k1)
        ld      $k1, 8($k1)

/* Every second entry goes to Random, the others round the unwired entries that each processor has: so
   two references of one instruction cannot evict each other for ever, whatever Random is. */
write_entry:
        dmtc0   $k0, CP0_ENTRYLO0
        dmtc0   $k1, CP0_ENTRYLO1
        lui     $k1, 0x8000
        lw      $k0, LOW_TURN($k1)
        nop
        addiu   $k0, 1
        sw      $k0, LOW_TURN($k1)
        andi    $k1, $k0, 1
        bnez    $k1, 1f
        srl     $k0, 1
        HAZARD
        tlbwr
        HAZARD
        eret
1:      andi    $k0, 31
        addiu   $k0, WIRED_ENTRIES
        mtc0    $k0, CP0_INDEX
        HAZARD
        tlbwi
        HAZARD
        eret
