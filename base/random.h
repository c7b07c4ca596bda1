/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Bytes that nobody can guess, from the system's own generator: for keys.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

/* Fills all of the `size` bytes (at most 256 at a time), or fails: FAILURE_SYSTEM. */
bool random_fill(void *bytes, size_t size, struct failure *why) NODISCARD;
