#include "console.h"

#define UART ((volatile uint8_t *)(intptr_t)(int32_t)0xbfd003f8) /* KSEG1, registers 1 byte apart */
#define TRANSMIT_HOLDING 0
#define LINE_STATUS 5
#define TRANSMIT_EMPTY 0x20

_Noreturn void halt(void);

void put_char(char c) {
    while (!(UART[LINE_STATUS] & TRANSMIT_EMPTY))
        ;
    UART[TRANSMIT_HOLDING] = c;
}

void put_string(const char *s) {
    while (*s)
        put_char(*s++);
}

void put_decimal(uint32_t value) {
    if (value >= 10)
        put_decimal(value / 10);
    put_char('0' + value % 10);
}

void put_hex(uint64_t value, unsigned digits) {
    if (digits > 1)
        put_hex(value >> 4, digits - 1);
    put_char("0123456789abcdef"[value & 15]);
}

_Noreturn void finish(const char *name, unsigned failures) {
    put_string(failures ? "FAIL " : "PASS ");
    put_string(name);
    if (failures) {
        put_string(": ");
        put_decimal(failures);
        put_string(" checks failed");
    }
    put_char('\n');
    halt();
}

_Noreturn void fatal_exception(const struct frame *frame) {
    put_string("FAIL: exception, Cause ");
    put_hex(frame->cause, 8);
    put_string(" EPC ");
    put_hex(frame->epc, 16);
    put_string(" BadVAddr ");
    put_hex(frame->badvaddr, 16);
    put_char('\n');
    halt();
}
