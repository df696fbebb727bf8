/* From the kernel to a user process and back. */
#include "asm.h"

#define CALLEE_SAVED_SIZE (12 * 8)

        .set    noreorder
        .text

/* unsigned enter_user(struct frame *frame): run the process until leave_user(), return its status. */
        .globl  enter_user
enter_user:
        daddiu  $sp, -CALLEE_SAVED_SIZE
        .irp    n, 16, 17, 18, 19, 20, 21, 22, 23
        sd      $\n, (\n - 16) * 8($sp)
        .endr
        sd      $gp, 8 * 8($sp)
        sd      $fp, 9 * 8($sp)
        sd      $ra, 10 * 8($sp)
        lui     $t0, 0x8000
        sd      $sp, LOW_KERNEL_SP($t0)
        PTR_LA  $t0, resume_frame
        jr      $t0
        move    $sp, $a0

/* void leave_user(unsigned status): called from trap() when the process ends. */
        .globl  leave_user
leave_user:
        lui     $t0, 0x8000
        ld      $sp, LOW_KERNEL_SP($t0)
        .irp    n, 16, 17, 18, 19, 20, 21, 22, 23
        ld      $\n, (\n - 16) * 8($sp)
        .endr
        ld      $gp, 8 * 8($sp)
        ld      $fp, 9 * 8($sp)
        ld      $ra, 10 * 8($sp)
        move    $v0, $a0
        jr      $ra
        daddiu  $sp, CALLEE_SAVED_SIZE

/* unsigned probe_load(uint64_t address): 0, or the cause code of the exception that the load took. */
        .globl  probe_load, probe_load_instruction
probe_load:
        move    $v0, $zero
probe_load_instruction:
        lw      $t0, 0($a0)
        jr      $ra
        nop

/* The user programs, linked for their own addresses. */
        .section .rodata
        .balign 8
        .globl  user_32_start, user_32_end, user_64_start, user_64_end
user_32_start:
        .incbin "user-32.bin"
user_32_end:
        .balign 8
user_64_start:
        .incbin "user-64.bin"
user_64_end:
