/* Physical pages, page tables and the TLB. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdint.h>

#define PAGE_SIZE 4096u

typedef uint64_t entry_t; /* of a page table: in the format of EntryLo */

/* A process: what its addresses mean. */
struct process {
    unsigned id;             /* also its address space identifier (ASID) */
    uint32_t status;         /* of its user mode, without EXL */
    const char *image;       /* the program: initial contents of the pages from base on */
    uint32_t image_size;
    uint64_t base, end;      /* program, data and zero pages */
    uint64_t stack, stack_end;
    uint64_t *root;          /* page tables of three levels: entries are kernel addresses */
    uint64_t resume;         /* where to go on after the next fault, or 0 */
    unsigned ticks, zeroed, loaded, copied, dirtied, nested;
};

/* Number of entries of this processor's TLB. */
unsigned tlb_entries(void);

/* Overwrite all entries with different ones that no address matches. */
void flush_tlb(void);

/* A new page filled with zeros, of the cache colour of the virtual address that will map it. */
void *allocate_page(uint64_t virtual_address);

/* The EntryLo value that maps a page of the kernel, with the given D, V and G. */
entry_t entry_for(const void *page, unsigned bits);

void create_tables(struct process *process);

/* Make the process the one whose addresses the TLB translates. */
void activate(struct process *process);

/* Handle a TLB invalid or refill fault of the process, or 0 if it may not have the page. */
int page_fault(struct process *process, uint64_t address, int is_store);

/* Handle a store to a page whose D is 0. */
void page_modified(struct process *process, uint64_t address);

/* Whether the address lies where the 32-bit refill handler reads the page tables. */
int in_window(uint64_t address);

/* Handle a miss of the refill handler itself. */
void window_fault(struct process *process, uint64_t address);

#endif
