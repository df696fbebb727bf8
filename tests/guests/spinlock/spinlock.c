/* Two contexts, switched by the timer and by system calls, share counters through a spin lock. */
#include "atomic.h"
#include "console.h"
#include "cp0.h"
#include "random.h"

#define SHORTEST_INTERVAL 300 /* ticks of Count between timer interrupts */
#define ROUNDS 600          /* of each context, at least */
#define MOST_ROUNDS 2000000 /* without the wanted preemptions by then the program fails */
#define PREEMPTIONS 5       /* wanted, at least one of them of the lock's holder */
#define SPINS 8             /* on average, before a context that waits for the lock yields */
#define STEP 0x100000001    /* of the doubleword counter: both halves change */
#define STACK_SIZE 4096

static lock_t lock;
static volatile unsigned running;              /* the context that runs: 0 or 1 */
static volatile unsigned holder;               /* of the lock: context + 1, or 0 */
static volatile unsigned plain_counter;        /* changed in the critical section only */
static volatile uint32_t word_counter;
static volatile uint64_t doubleword_counter;
static volatile unsigned intruders;            /* times that the lock did not exclude */
static volatile unsigned preemptions, preemptions_inside;
static volatile unsigned rounds[2], ended;
static unsigned failures;

static uint32_t interval = SHORTEST_INTERVAL;
static struct frame *other; /* the context that does not run */

/* Slices of varying length: equal ones could keep step with the work and never meet the lock's holder. */
static void start_timer(void) {
    static uint64_t seed = 1;
    uint32_t next;
    do {
        next = read_count() + interval + (next_random(&seed) & 255);
        write_compare(next);
    } while ((int32_t)(next - read_count()) <= 0);
}

struct frame *trap(struct frame *frame) {
    struct frame *next = other;
    if (cause_code(frame) == CAUSE_INT && (frame->cause & CAUSE_IP7)) {
        preemptions++;
        preemptions_inside += holder == running + 1;
        start_timer();
    } else if (cause_code(frame) == CAUSE_SYS) {
        frame->epc += 4;
    } else {
        fatal_exception(frame);
    }
    if (next == 0)
        return frame; /* there is no other context yet */
    other = frame;
    running = !running;
    return next;
}

/* A context that waits yields now and then, after a varying time: if it always spun its slice away,
   the holder would always get the same small rest of one. */
static void enter_critical_section(unsigned self) {
    static uint64_t seeds[2] = {2, 3};
    while (!try_lock(&lock))
        if (next_random(&seeds[self]) % SPINS == 0)
            yield();
    intruders += holder != 0;
    holder = self + 1;
}

static void leave_critical_section(unsigned self) {
    intruders += holder != self + 1;
    holder = 0;
    unlock(&lock);
}

/* Read, dawdle, write: any second context inside would lose an update. */
static void critical_work(void) {
    unsigned value = plain_counter;
    for (unsigned i = 0; i < 10; i++)
        __asm__ volatile("");
    plain_counter = value + 1;
}

static int enough(unsigned self) {
    return (rounds[self] >= ROUNDS && preemptions >= PREEMPTIONS && preemptions_inside > 0) ||
           rounds[self] >= MOST_ROUNDS;
}

static void work(unsigned self) {
    while (!enough(self)) {
        enter_critical_section(self);
        critical_work();
        if (rounds[self] % 64 == self)
            yield(); /* with the lock held: the other one has to wait */
        leave_critical_section(self);
        atomic_add_word(&word_counter, 3);
        atomic_add_doubleword(&doubleword_counter, STEP);
        rounds[self]++;
    }
    atomic_add_word(&ended, 1);
}

static _Noreturn void second_context(void) {
    work(1);
    for (;;)
        yield();
}

static void check(const char *what, int holds) {
    put_string(what);
    put_string(holds ? ": ok\n" : ": WRONG\n");
    failures += !holds;
}

/* Leave time for work between two interrupts however fast Count runs: several times an exception. */
static void choose_interval(void) {
    uint32_t before = read_count();
    yield();
    interval += 4 * (read_count() - before);
}

static void start_second_context(void) {
    static struct {
        char stack[STACK_SIZE];
        struct frame frame;
    } second __attribute__((aligned(16)));
    second.frame.gpr[29] = (reg_t)(intptr_t)&second.frame;
    second.frame.epc = (reg_t)(intptr_t)second_context;
    second.frame.status = STATUS_KX | STATUS_IM7 | STATUS_IE | STATUS_EXL;
    other = &second.frame;
}

int main(void) {
    volatile uint32_t word = 1;
    volatile uint64_t doubleword = 1;
    check("SC after an exception stores nothing", !store_after_call_word(&word, 2) && word == 1);
    check("SCD after an exception stores nothing",
          !store_after_call_doubleword(&doubleword, 2) && doubleword == 1);
    check("the lock excludes", try_lock(&lock) && !try_lock(&lock));
    unlock(&lock);
    check("the lock is free again", try_lock(&lock));
    unlock(&lock);

    choose_interval();
    start_second_context();
    start_timer();
    write_status(STATUS_KX | STATUS_IM7 | STATUS_IE);
    work(0);
    while (ended < 2)
        yield();
    write_status(STATUS_KX);

    unsigned total = rounds[0] + rounds[1];
    check("both contexts worked", rounds[0] >= ROUNDS && rounds[1] >= ROUNDS);
    check("preemptions, of the lock's holder too", preemptions >= PREEMPTIONS && preemptions_inside > 0);
    check("mutual exclusion", intruders == 0 && holder == 0 && lock == 0);
    check("counter under the lock", plain_counter == total);
    check("atomic word counter", word_counter == 3 * total);
    check("atomic doubleword counter", doubleword_counter == STEP * total);
    finish("spinlock", failures);
}
