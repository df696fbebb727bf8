/* Fields of coprocessor 0 registers, for C and for assembly. */
#ifndef CP0_BITS_H
#define CP0_BITS_H

/* Status */
#define STATUS_IE 0x0001
#define STATUS_EXL 0x0002
#define STATUS_USER 0x0010
#define STATUS_KSU 0x0018
#define STATUS_UX 0x0020
#define STATUS_KX 0x0080
#define STATUS_IM7 0x8000

/* Cause */
#define CAUSE_BD 0x80000000
#define CAUSE_CE_SHIFT 28
#define CAUSE_IP7 0x8000

/* Index */
#define INDEX_PROBE_FAILED 0x80000000

/* EntryLo */
#define ENTRYLO_G 1
#define ENTRYLO_V 2
#define ENTRYLO_D 4
#define ENTRYLO_C_SHIFT 3
#define ENTRYLO_PFN_SHIFT 6

/* Config */
#define CONFIG_K0 7

/* A cache attribute, in EntryLo and Config. */
#define CACHEABLE_NONCOHERENT 3

#endif
