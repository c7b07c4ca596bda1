/* SPDX-License-Identifier: MIT */

#include "probes/timer_heap.h"

#include <assert.h>
#include <stdlib.h>

bool timer_heap_reserve(struct timer_heap *heap, size_t count, struct failure *why)
{
    struct timer **timers;

    if (count <= heap->capacity) {
        return true;
    }
    timers = realloc(heap->timers, count * 2 * sizeof(struct timer *));
    if (timers == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu timers", count);
    }
    heap->timers = timers;
    heap->capacity = count * 2;
    return true;
}

static void put(struct timer_heap *heap, size_t i, struct timer *timer)
{
    heap->timers[i] = timer;
    timer->place = i + 1;
}

/* Moves the timer up or down from the free place `i` to where it belongs. */
static void settle(struct timer_heap *heap, size_t i, struct timer *timer)
{
    while (i > 0 && timer->at < heap->timers[(i - 1) / 2]->at) {
        put(heap, i, heap->timers[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * i + 1;

        if (child + 1 < heap->count && heap->timers[child + 1]->at < heap->timers[child]->at) {
            child++;
        }
        if (child >= heap->count || heap->timers[child]->at >= timer->at) {
            break;
        }
        put(heap, i, heap->timers[child]);
        i = child;
    }
    put(heap, i, timer);
}

void timer_heap_set(struct timer_heap *heap, struct timer *timer, int64_t at)
{
    size_t i = timer->place;

    timer->at = at;
    if (i == 0) {
        assert(heap->count < heap->capacity);
        heap->timers[heap->count] = timer;
        i = ++heap->count;
    }
    settle(heap, i - 1, timer);
}

void timer_heap_remove(struct timer_heap *heap, struct timer *timer)
{
    size_t i = timer->place;
    struct timer *last;

    if (i == 0) {
        return;
    }
    timer->place = 0;
    last = heap->timers[--heap->count];
    if (last != timer) {
        settle(heap, i - 1, last);
    }
}

struct timer *timer_heap_first(const struct timer_heap *heap)
{
    return heap->count == 0 ? NULL : heap->timers[0];
}

void timer_heap_clear(struct timer_heap *heap)
{
    free(heap->timers);
    *heap = (struct timer_heap){0};
}
