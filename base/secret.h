/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Memory that held a key.
 */

#include <stdbool.h>
#include <stddef.h>

/* Overwrites it with zeros, also where a compiler sees that nobody reads it any more. */
void secret_wipe(void *bytes, size_t size);

/* Compares in a time that does not tell where the two differ. */
bool secret_equal(const void *a, const void *b, size_t size);
