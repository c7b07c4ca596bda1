/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Memory that runs out when a test says so. A program that is linked with
 * tests/fake_memory.c and portledger_wrap_memory() has its allocations counted.
 * Any thread.
 */

#include <stddef.h>

/* The n-th allocation from now on is refused, and no other; 0: none. */
void fake_memory_refuse(long n);

/* Whether that allocation was asked for. */
int fake_memory_refused(void);

/* Blocks that are allocated now. */
long fake_memory_blocks(void);
