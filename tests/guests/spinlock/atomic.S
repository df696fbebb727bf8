/* Between LL and SC there is no load, store, SYNC, CACHE or PREF: on the R10000 they break the link. */
#include "asm.h"

        .set    noreorder
        .text

        .globl  try_lock
try_lock:
        ll      $v0, 0($a0)
        bnez    $v0, 1f
        li      $v1, 1
        sc      $v1, 0($a0)
        beqz    $v1, try_lock
        nop
        sync
        jr      $ra
        li      $v0, 1
1:      jr      $ra
        move    $v0, $zero

        .globl  unlock
unlock: sync
        jr      $ra
        sw      $zero, 0($a0)

        .globl  atomic_add_word
atomic_add_word:
        ll      $v0, 0($a0)
        addu    $v0, $a1
        sc      $v0, 0($a0)
        beqz    $v0, atomic_add_word
        nop
        jr      $ra
        nop

        .globl  atomic_add_doubleword
atomic_add_doubleword:
        lld     $v0, 0($a0)
        daddu   $v0, $a1
        scd     $v0, 0($a0)
        beqz    $v0, atomic_add_doubleword
        nop
        jr      $ra
        nop

        .globl  store_after_call_word
store_after_call_word:
        ll      $v0, 0($a0)
        syscall
        sc      $a1, 0($a0)
        jr      $ra
        move    $v0, $a1

        .globl  store_after_call_doubleword
store_after_call_doubleword:
        lld     $v0, 0($a0)
        syscall
        scd     $a1, 0($a0)
        jr      $ra
        move    $v0, $a1

        .globl  yield
yield:  syscall
        jr      $ra
        nop
