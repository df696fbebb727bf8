/* Quicksort, heap sort and merge sort over pseudo-random signed words and unsigned doublewords. */
#include "console.h"
#include "random.h"
#include "string.h"

#define KEYS 600

#define KEY int32_t
#define NAME(algorithm) algorithm##_words
#include "sorts.inc"
#undef KEY
#undef NAME

#define KEY uint64_t
#define NAME(algorithm) algorithm##_doublewords
#include "sorts.inc"

int main(void) {
    unsigned failures = 0;
    failures += run_words("quick words      ", quick_words);
    failures += run_words("heap  words      ", heap_words);
    failures += run_words("merge words      ", merge_words);
    failures += run_doublewords("quick doublewords", quick_doublewords);
    failures += run_doublewords("heap  doublewords", heap_doublewords);
    failures += run_doublewords("merge doublewords", merge_doublewords);
    finish("sort", failures);
}
