#include "memory.h"
#include "cp0.h"
#include "string.h"
#include "wired.h"

#define TABLE_ENTRIES 512
#define PAIR_MASK (-(uint64_t)(2 * PAGE_SIZE)) /* one TLB entry maps two pages */
#define CACHE_LINE 16    /* the shortest of any model */
#define CACHE_COLOURS 8u /* pages that the largest virtually indexed cache tells apart */

/* The linear table that Context points into: 8 bytes per page of the 2 GB of useg, in kseg3. */
#define WINDOW 0xffffffffe0000000
#define WINDOW_SIZE 0x400000

#define HIT_INVALIDATE_I 0x10
#define HIT_WRITEBACK_INVALIDATE_D 0x15

extern char image_end[];
extern uint64_t low_memory[5]; /* as LOW_... in asm.h */

static uint64_t no_table[TABLE_ENTRIES] __attribute__((aligned(4096)));   /* all to no_pages */
static entry_t no_pages[TABLE_ENTRIES] __attribute__((aligned(4096)));    /* all invalid */
static char zero_page[PAGE_SIZE] __attribute__((aligned(4096)));          /* shared, read-only */

static uintptr_t next_page;

static unsigned colour(uint64_t address) { return address / PAGE_SIZE % CACHE_COLOURS; }

static uint64_t address_of(const void *pointer) { return (uint64_t)(intptr_t)pointer; }

/* Write a page back and drop it from both primary caches: it will be used through another address. */
static void flush_page(void *page) {
    for (char *line = page; line < (char *)page + PAGE_SIZE; line += CACHE_LINE)
        __asm__ volatile("cache %0, 0(%2)\n\tcache %1, 0(%2)"
                         : : "i"(HIT_WRITEBACK_INVALIDATE_D), "i"(HIT_INVALIDATE_I), "r"(line)
                         : "memory");
}

void *allocate_page(uint64_t virtual_address) {
    if (next_page == 0)
        next_page = (uintptr_t)image_end;
    while (colour(next_page) != colour(virtual_address))
        next_page += PAGE_SIZE;
    void *page = (void *)next_page;
    next_page += PAGE_SIZE;
    uint64_t *doublewords = page;
    for (unsigned i = 0; i < PAGE_SIZE / sizeof *doublewords; i++)
        doublewords[i] = 0;
    return page;
}

entry_t entry_for(const void *page, unsigned bits) {
    uint64_t physical = address_of(page) & 0x1fffffff; /* KSEG0 and XKPHYS alike: below 512 MB */
    return physical >> 12 << ENTRYLO_PFN_SHIFT | CACHEABLE_NONCOHERENT << ENTRYLO_C_SHIFT | bits;
}

/* ---- the TLB ---------------------------------------------------------------------------------- */

unsigned tlb_entries(void) {
    enum { R10000 = 0x09 };
    return (read_prid() >> 8 & 0xff) == R10000 ? 64 : 48;
}

void flush_tlb(void) {
    write_pagemask(0);
    write_entrylo0(0);
    write_entrylo1(0);
    for (unsigned i = 0; i < tlb_entries(); i++) {
        write_index(i);
        write_entryhi(0xffffffff80000000 + i * 2 * PAGE_SIZE); /* unmapped: never looked up */
        tlbwi();
    }
}

/* Bring a TLB entry up to date with the tables, if there is one for this address. */
static void update_tlb(const struct process *process, uint64_t address, const entry_t *entry) {
    const entry_t *pair = (const entry_t *)((uintptr_t)entry & -16);
    write_entryhi((address & PAIR_MASK) | process->id);
    tlbp();
    if (!(read_index() & INDEX_PROBE_FAILED)) {
        write_entrylo0(pair[0]);
        write_entrylo1(pair[1]);
        tlbwi();
    }
}

/* ---- page tables ------------------------------------------------------------------------------ */

void create_tables(struct process *process) {
    if (no_table[0] == 0) {
        for (unsigned i = 0; i < TABLE_ENTRIES; i++)
            no_table[i] = address_of(no_pages);
        flush_page(no_pages);
        flush_page(zero_page);
    }
    process->root = allocate_page(0);
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        process->root[i] = address_of(no_table);
}

void activate(struct process *process) {
    low_memory[1] = address_of(process->root);
    write_entryhi(process->id);
    write_context(WINDOW);
    write_xcontext(0);
}

int in_window(uint64_t address) { return address - WINDOW < WINDOW_SIZE; }

/* The address at which the 32-bit refill handler finds the entry for an address below 2 GB. */
static uint64_t window_address(uint64_t address) { return WINDOW + (address >> 12) * 8; }

static unsigned index_at(uint64_t address, unsigned shift) {
    return address >> shift & (TABLE_ENTRIES - 1);
}

static entry_t *page_table(const struct process *process, uint64_t address) {
    uint64_t *middle = (uint64_t *)(uintptr_t)process->root[index_at(address, 30)];
    return (entry_t *)(uintptr_t)middle[index_at(address, 21)];
}

/* The two page tables whose window addresses share a TLB entry. */
static void window_pair(const struct process *process, uint64_t address, entry_t pair[2]) {
    uint64_t first = ((address - WINDOW) & PAIR_MASK) / 8 << 12;
    for (unsigned i = 0; i < 2; i++)
        pair[i] = entry_for(page_table(process, first + i * ((uint64_t)TABLE_ENTRIES << 12)), ENTRYLO_V);
}

/* The entry of an address, with the tables that lead to it. */
static entry_t *make_entry(struct process *process, uint64_t address) {
    uint64_t *middle = (uint64_t *)(uintptr_t)process->root[index_at(address, 30)];
    if (middle == no_table) {
        middle = allocate_page(0);
        memcpy(middle, no_table, sizeof no_table);
        process->root[index_at(address, 30)] = address_of(middle);
    }
    entry_t *table = (entry_t *)(uintptr_t)middle[index_at(address, 21)];
    if (table == no_pages) {
        table = allocate_page(window_address(address));
        middle[index_at(address, 21)] = address_of(table);
        if (address < 0x80000000) { /* the window must no longer show no_pages here */
            entry_t pair[2] __attribute__((aligned(16)));
            window_pair(process, window_address(address), pair);
            update_tlb(process, window_address(address), pair);
        }
    }
    return &table[index_at(address, 12)];
}

void window_fault(struct process *process, uint64_t address) {
    static unsigned turn;
    entry_t pair[2];
    process->nested++;
    window_pair(process, address, pair);
    write_index(WIRED_WINDOW + turn++ % (WIRED_ENTRIES - WIRED_WINDOW));
    write_entryhi((address & PAIR_MASK) | process->id);
    write_entrylo0(pair[0]);
    write_entrylo1(pair[1]);
    tlbwi();
}

/* ---- faults ----------------------------------------------------------------------------------- */

static int within(uint64_t address, uint64_t start, uint64_t end) {
    return address >= start && address < end;
}

int page_fault(struct process *process, uint64_t address, int is_store) {
    if (!within(address, process->base, process->end) &&
        !within(address, process->stack, process->stack_end))
        return 0;

    uint64_t page_address = address & -(uint64_t)PAGE_SIZE, offset = page_address - process->base;
    entry_t *entry = make_entry(process, address);
    if (*entry == 0) {
        unsigned bits = ENTRYLO_V | (is_store ? ENTRYLO_D : 0);
        if (offset < process->image_size) {
            char *page = allocate_page(address);
            uint32_t rest = process->image_size - offset;
            memcpy(page, process->image + offset, rest < PAGE_SIZE ? rest : PAGE_SIZE);
            flush_page(page); /* it may hold instructions */
            *entry = entry_for(page, bits);
            process->loaded++;
        } else {
            *entry = entry_for(is_store ? allocate_page(address) : zero_page, bits);
            process->zeroed++;
        }
    }
    update_tlb(process, address, entry);
    return 1;
}

void page_modified(struct process *process, uint64_t address) {
    entry_t *entry = make_entry(process, address);
    if (*entry == entry_for(zero_page, ENTRYLO_V)) {
        *entry = entry_for(allocate_page(address), ENTRYLO_V);
        process->copied++;
    } else {
        process->dirtied++;
    }
    *entry |= ENTRYLO_D;
    update_tlb(process, address, entry);
}
