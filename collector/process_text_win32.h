/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Texts that NT calls give: a UNICODE_STRING, and behind it in the same buffer
 * what it points to.
 */

#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"

/* Kept between calls. Starts as {0}; process_text_clear() frees. */
struct process_text {
    void *buffer;
    size_t size;
};

/* A call into the buffer: an NT status, and where that is one of too little room, how much. */
typedef LONG process_text_fn(HANDLE process, uint64_t address, void *buffer, size_t size,
                             size_t *needed);

/*
 * Calls until the text fits, and appends it, as far as a 0 in it; *status is
 * what the last call said. Fails only where memory ran out.
 */
bool process_text_read(struct process_text *kept, process_text_fn *call, HANDLE process,
                       uint64_t address, struct text *text, LONG *status,
                       struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void process_text_clear(struct process_text *kept);
