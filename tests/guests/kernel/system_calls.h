/* System calls: the number is in $v0, arguments and result as in C. */
#ifndef SYSTEM_CALLS_H
#define SYSTEM_CALLS_H

#define CALL_EXIT 1   /* exit(status) */
#define CALL_WRITE 2  /* write(address, length): the length, or -1 */
#define CALL_GETPID 3 /* getpid() */
#define CALL_TICKS 4  /* ticks(): timer interrupts so far */
/* resume(address): after its next fault the process goes on there, with $v0 = cause code,
   $v1 = BD | CE << 1, $a0 = BadVAddr, $a1 = EPC; this call itself returns NO_FAULT. */
#define CALL_RESUME 5
#define NO_FAULT 99

#endif
