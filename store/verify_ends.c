/* SPDX-License-Identifier: MIT */

#include "store/verify_ends.h"

#include <stdlib.h>

static bool is_before(const struct verify_end *a, const struct verify_end *b)
{
    return ledger_position_compare(&a->at, &b->at) < 0;
}

bool verify_ends_add(struct verify_ends *ends, const struct verify_end *end, struct failure *why)
{
    size_t at = ends->count;

    if (ends->count == ends->capacity) {
        size_t capacity = ends->capacity * 2 + 1024;
        struct verify_end *items = realloc(ends->items, capacity * sizeof(*items));

        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu open intervals", capacity);
        }
        ends->items = items;
        ends->capacity = capacity;
    }
    ends->count++;
    while (at > 0 && is_before(end, &ends->items[(at - 1) / 2])) {
        ends->items[at] = ends->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    ends->items[at] = *end;
    return true;
}

struct verify_end verify_ends_take(struct verify_ends *ends)
{
    struct verify_end first = ends->items[0];
    struct verify_end last = ends->items[--ends->count];
    size_t at = 0;

    for (;;) {
        size_t child = at * 2 + 1;

        if (child + 1 < ends->count && is_before(&ends->items[child + 1], &ends->items[child])) {
            child++;
        }
        if (child >= ends->count || !is_before(&ends->items[child], &last)) {
            break;
        }
        ends->items[at] = ends->items[child];
        at = child;
    }
    ends->items[at] = last;
    return first;
}

void verify_ends_clear(struct verify_ends *ends)
{
    free(ends->items);
    *ends = (struct verify_ends){0};
}
