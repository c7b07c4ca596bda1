/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What failure.c asks of the system: which codes have a kind of their own, and
 * the words for a code. failure_win32.c and failure_linux.c answer.
 */

#include <stddef.h>

#include "base/failure.h"

struct failure_code {
    long code;
    enum failure_kind kind;
};

/* Every code that is more than a FAILURE_SYSTEM. */
extern const struct failure_code failure_codes[];
extern const size_t failure_code_count;

/* Writes the system's words for the code, without a period, cut to `size` and ended by 0. */
void failure_describe(char *words, size_t size, long code);
