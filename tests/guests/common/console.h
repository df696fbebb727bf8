/* The 16550 console of the board, and the two ways in which a program ends. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>
#include "frame.h"

void put_char(char c);
void put_string(const char *s);
void put_decimal(uint32_t value);
void put_hex(uint64_t value, unsigned digits);

/* Print "PASS name" or "FAIL name: n checks failed" and stop the processor. */
_Noreturn void finish(const char *name, unsigned failures);

/* Print "FAIL: exception ..." and stop the processor. */
_Noreturn void fatal_exception(const struct frame *frame);

#endif
