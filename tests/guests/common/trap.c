/* trap() of a program that expects no exception. */
#include "console.h"
#include "frame.h"

struct frame *trap(struct frame *frame) {
    fatal_exception(frame);
}
