/* Entry of a user program, and its system calls. */
#include "asm.h"
#include "../system_calls.h"

        .set    noreorder
        .section .text.start, "ax"
        .globl  start
start:  jal     main
        REG_ADDIU $sp, -ARGUMENT_AREA
        move    $a0, $v0
        li      $v0, CALL_EXIT
        syscall

        .macro  system_call name, number
        .globl  \name
\name:  li      $v0, \number
        syscall
        jr      $ra
        nop
        .endm

        system_call write, CALL_WRITE
        system_call getpid, CALL_GETPID
        system_call ticks, CALL_TICKS
