# What surrounds a generated body: exception vectors, start-up, the loop. The body stands at BODY in
# user space, mapped to itself by global entries, and runs in every mode. Its registers: $26 and $27
# are the handler's, $22 says where to go on after a jump outside the body, $7 chooses the mode that
# a SYSCALL changes to. EPC = finish ends a round.
    .org 0xffffffff80000000
    j   handler
    nop
    .org 0xffffffff80000080
    j   handler
    nop
    .org 0xffffffff80000180
    j   handler
    nop

    .org 0xffffffff80000200
handler:
    dmfc0 $26, $14
    mfc0  $27, $13
    andi  $27, $27, 0x7c
    beqz  $27, interrupt
    nop
    xori  $27, $27, 32
    bnez  $27, leave
    nop
    mfc0  $26, $12          # SYSCALL: KSU (never 3), UX, SX, KX from $7
    ori   $26, $26, 0xf8
    xori  $26, $26, 0xf8
    dsrl  $27, $7, 1
    andi  $27, $27, 8
    nor   $27, $27, $0
    and   $27, $27, $7
    andi  $27, $27, 0xf8
    or    $26, $26, $27
    mtc0  $26, $12
    nop
    nop
    nop
leave:
    li    $27, BODY
    dmfc0 $26, $14
    dsubu $27, $26, $27
    sltiu $27, $27, 0x7ff0
    beqz  $27, outside
    nop
    lui   $27, BODY >> 16
    ori   $27, $27, finish & 0xffff
    beq   $26, $27, round
    nop
    mfc0  $27, $13          # go on behind the instruction, or behind its branch
    bgez  $27, resume
    daddiu $26, $26, 4
    daddiu $26, $26, 4
resume:
    dmtc0 $26, $14
    nop
    nop
    nop
    nop
    eret
outside:
    b     resume
    move  $26, $22
interrupt:
    mtc0  $0, $13
    mfc0  $26, $9
    addiu $26, $26, 1777
    mtc0  $26, $11
    nop
    nop
    nop
    nop
    eret
round:
    lui   $27, 0x8000
    lw    $26, 0x7f0($27)
    addiu $26, $26, -1
    beqz  $26, ended
    sw    $26, 0x7f0($27)
    li    $26, BODY
    b     resume
    nop
ended:
    li    $26, 0x80
    mtc0  $26, $12
    nop
    nop
    nop
    b     .
    nop

    .org 0xffffffff80001000
start:
    li    $8, 0x80          # kernel mode, KX
    mtc0  $8, $12
    mtc0  $0, $13
    mtc0  $0, $6
    nop
    nop
    nop
