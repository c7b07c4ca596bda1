/* SPDX-License-Identifier: MIT */

/*
 * The linker leads every call of malloc() and its like in our code to
 * __wrap_malloc(), and __real_malloc() to the system's (ld's --wrap).
 */

#include "tests/fake_memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/* The linker makes these names up. NOLINTBEGIN(bugprone-reserved-identifier) */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static atomic_long left; /* allocations until one is refused; below 1: none is any more */
static atomic_int refused;
static atomic_long blocks;

void fake_memory_refuse(long n)
{
    atomic_store(&refused, 0);
    atomic_store(&left, n);
}

int fake_memory_refused(void)
{
    return atomic_load(&refused);
}

long fake_memory_blocks(void)
{
    return atomic_load(&blocks);
}

static int may(void)
{
    if (atomic_fetch_sub(&left, 1) == 1) {
        atomic_store(&refused, 1);
        return 0;
    }
    return 1;
}

static void *counted(void *block)
{
    if (block != NULL) {
        atomic_fetch_add(&blocks, 1);
    }
    return block;
}

void *__wrap_malloc(size_t size)
{
    return may() ? counted(__real_malloc(size)) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may() ? counted(__real_calloc(count, size)) : NULL;
}

void *__wrap_realloc(void *block, size_t size)
{
    void *moved = may() ? __real_realloc(block, size) : NULL;

    return block == NULL ? counted(moved) : moved;
}

void __wrap_free(void *block)
{
    if (block != NULL) {
        atomic_fetch_sub(&blocks, 1);
    }
    __real_free(block);
}

/* NOLINTEND(bugprone-reserved-identifier) */
