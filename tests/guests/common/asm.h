/* Names shared by all assembly sources: ABI-neutral instructions, CP0 registers, the saved frame. */
#ifndef ASM_H
#define ASM_H

#include "cp0_bits.h"

#if _MIPS_SIM == _ABIO32
#define SZREG 4
#define REG_L lw
#define REG_S sw
#define REG_MFC0 mfc0
#define REG_MTC0 mtc0
#define REG_ADDIU addiu
#define PTR_LA la
#else
#define SZREG 8
#define REG_L ld
#define REG_S sd
#define REG_MFC0 dmfc0
#define REG_MTC0 dmtc0
#define REG_ADDIU daddiu
#if _MIPS_SIM == _ABI64
#define PTR_LA dla
#else
#define PTR_LA la
#endif
#endif

#define CP0_INDEX $0
#define CP0_ENTRYLO0 $2
#define CP0_ENTRYLO1 $3
#define CP0_CONTEXT $4
#define CP0_BADVADDR $8
#define CP0_STATUS $12
#define CP0_CAUSE $13
#define CP0_EPC $14
#define CP0_CONFIG $16
#define CP0_WATCHLO $18
#define CP0_WATCHHI $19

/* The R4000 wants up to four instructions between a CP0 write and its use; the R10000 wants none. */
#define HAZARD nop; nop; nop; nop

/* struct frame (frame.h): 32 general registers, then these slots. */
#define FRAME_STATUS (32 * SZREG)
#define FRAME_CAUSE (33 * SZREG)
#define FRAME_EPC (34 * SZREG)
#define FRAME_BADVADDR (35 * SZREG)
#define FRAME_HI (36 * SZREG)
#define FRAME_LO (37 * SZREG)
#define FRAME_SIZE (38 * SZREG)
#define ARGUMENT_AREA 32 /* o32 callees may store their arguments above the stack pointer */

/* Doublewords beside the vectors that a handler reaches through lui 0x8000, wherever the rest is linked. */
#define LOW_KERNEL_SP 0x800
#define LOW_ROOT_TABLE 0x808
#define LOW_REFILLS_32 0x810
#define LOW_REFILLS_64 0x818
#define LOW_TURN 0x820

#endif
