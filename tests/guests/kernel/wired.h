/* How the wired TLB entries are used, for C and for assembly. */
#ifndef WIRED_H
#define WIRED_H

#define WIRED_KERNEL 0       /* a pair of pages in xkseg */
#define WIRED_WINDOW 1       /* from here on: page tables, for the 32-bit refill handler */
#define WIRED_ENTRIES 8

#endif
