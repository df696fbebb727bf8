/* User processes: exceptions, system calls, the timer. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdint.h>
#include "frame.h"
#include "memory.h"

#define STATUS_KILLED 128u /* plus the cause code: the exit status of a process that faulted */

/* Run a process from its base address on until it ends; return its exit status. */
unsigned run(struct process *process);

/* The number of TLB faults whose BadVAddr, Context, XContext and EntryHi did not agree. */
extern unsigned inconsistent_faults;

/* Load from an address in kernel mode: 0, or the cause code of the exception that this took. */
unsigned probe_load(uint64_t address);

#endif
