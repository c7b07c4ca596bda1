/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Many deadlines, the nearest first: a binary heap. The timers lie in what
 * they belong to, and know their places, so that one can be moved or taken out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

enum timer_kind { TIMER_QUERY, TIMER_TARGET };

/* Starts as {.kind, .owner}. */
struct timer {
    int64_t at;   /* microseconds of clock_steady_us() */
    size_t place; /* 1 + index in the heap; 0: it is not set */
    enum timer_kind kind;
    void *owner;
};

/* Starts as {0}. */
struct timer_heap {
    struct timer **timers;
    size_t count;
    size_t capacity;
};

/* Makes room for `count` timers in all, so that setting so many cannot fail. */
bool timer_heap_reserve(struct timer_heap *heap, size_t count, struct failure *why) NODISCARD;

/* Sets the timer, or moves it where it is set already. */
void timer_heap_set(struct timer_heap *heap, struct timer *timer, int64_t at);

/* Does nothing where it is not set. */
void timer_heap_remove(struct timer_heap *heap, struct timer *timer);

/* The nearest one; NULL where none is set. */
struct timer *timer_heap_first(const struct timer_heap *heap);

void timer_heap_clear(struct timer_heap *heap);
