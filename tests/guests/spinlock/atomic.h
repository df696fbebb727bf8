/* Atomic operations made of LL/SC and LLD/SCD. */
#ifndef ATOMIC_H
#define ATOMIC_H

#include <stdint.h>

typedef volatile uint32_t lock_t;

/* Take the lock if it is free: 1, or 0. */
int try_lock(lock_t *lock);
void unlock(lock_t *lock);

void atomic_add_word(volatile uint32_t *counter, uint32_t amount);
void atomic_add_doubleword(volatile uint64_t *counter, uint64_t amount);

/* Link to the location, make a system call, try to store: what SC (SCD) answered. */
int store_after_call_word(volatile uint32_t *location, uint32_t value);
int store_after_call_doubleword(volatile uint64_t *location, uint64_t value);

/* Let the other context run. */
void yield(void);

#endif
