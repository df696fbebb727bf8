#include "process.h"
#include "console.h"
#include "cp0.h"
#include "system_calls.h"

#define TIMER_INTERVAL 3000

enum { V0 = 2, V1 = 3, A0 = 4, A1 = 5, SP = 29 };

unsigned enter_user(struct frame *frame);
_Noreturn void leave_user(unsigned status);
extern char probe_load_instruction[];

unsigned inconsistent_faults;
static struct process *current;

static void start_timer(void) {
    uint32_t next;
    do {
        next = read_count() + TIMER_INTERVAL;
        write_compare(next);
    } while ((int32_t)(next - read_count()) <= 0);
}

/* What the processor tells about a TLB fault must be one story. Only the bits that every model has. */
static void check_fault_registers(const struct frame *frame) {
    uint64_t va = frame->badvaddr, context = read_context(), xcontext = read_xcontext();
    inconsistent_faults += (context >> 4 & 0x7ffff) != (va >> 13 & 0x7ffff);
    inconsistent_faults += (xcontext >> 4 & 0x7ffffff) != (va >> 13 & 0x7ffffff);
    inconsistent_faults += (read_entryhi() & 0xc00000ffffffe0ff) != ((va & 0xc00000ffffffe000) | current->id);
}

static int may_read(uint64_t address, uint64_t length) {
    return (address >= current->base && address <= current->end && length <= current->end - address) ||
           (address >= current->stack && address <= current->stack_end &&
            length <= current->stack_end - address);
}

static int64_t write(uint64_t address, uint64_t length) {
    if (!may_read(address, length))
        return -1;
    for (uint64_t i = 0; i < length; i++) {
        unsigned byte; /* a user's address is wider than a pointer of the ELF32 kernel */
        __asm__ volatile("lbu %0, 0(%1)" : "=r"(byte) : "r"(address + i) : "memory");
        put_char(byte);
    }
    return length;
}

static void system_call(struct frame *frame) {
    uint64_t result = -1;
    switch (frame->gpr[V0]) {
    case CALL_EXIT:
        leave_user(frame->gpr[A0]);
    case CALL_WRITE:
        result = write(frame->gpr[A0], frame->gpr[A1]);
        break;
    case CALL_GETPID:
        result = current->id;
        break;
    case CALL_TICKS:
        result = current->ticks;
        break;
    case CALL_RESUME:
        current->resume = frame->gpr[A0];
        result = NO_FAULT;
        break;
    }
    frame->gpr[V0] = result;
    frame->epc += 4;
}

/* A fault of the process's own: it goes on where it asked to, or ends. */
static void user_fault(struct frame *frame) {
    uint64_t resume = current->resume;
    if (resume == 0)
        leave_user(STATUS_KILLED + cause_code(frame));
    current->resume = 0;
    frame->gpr[V0] = cause_code(frame);
    frame->gpr[V1] = (frame->cause & CAUSE_BD ? 1 : 0) | (frame->cause >> CAUSE_CE_SHIFT & 3) << 1;
    frame->gpr[A0] = frame->badvaddr;
    frame->gpr[A1] = frame->epc;
    frame->epc = resume;
}

struct frame *trap(struct frame *frame) {
    unsigned code = cause_code(frame);
    int from_user = (frame->status & STATUS_KSU) == STATUS_USER;

    if (frame->epc == (uint64_t)(intptr_t)probe_load_instruction) {
        frame->gpr[V0] = code;
        frame->epc += 4;
        return frame;
    }
    switch (code) {
    case CAUSE_INT:
        if (!(frame->cause & CAUSE_IP7))
            fatal_exception(frame);
        current->ticks++;
        start_timer();
        return frame;
    case CAUSE_TLBL:
    case CAUSE_TLBS:
        check_fault_registers(frame);
        if (code == CAUSE_TLBL && in_window(frame->badvaddr)) {
            window_fault(current, frame->badvaddr);
            return frame;
        }
        if (page_fault(current, frame->badvaddr, code == CAUSE_TLBS))
            return frame;
        break;
    case CAUSE_MOD:
        check_fault_registers(frame);
        page_modified(current, frame->badvaddr);
        return frame;
    case CAUSE_SYS:
        if (!from_user)
            break;
        system_call(frame);
        return frame;
    }
    if (!from_user)
        fatal_exception(frame);
    user_fault(frame);
    return frame;
}

unsigned run(struct process *process) {
    struct frame frame = {0};
    current = process;
    activate(process);
    start_timer();
    frame.gpr[SP] = process->stack_end - 64;
    frame.epc = process->base;
    frame.status = process->status | STATUS_EXL;
    return enter_user(&frame);
}
