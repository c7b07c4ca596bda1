/* SPDX-License-Identifier: MIT */

#include "collector/process_text_win32.h"

#include <winternl.h>

#include <stdlib.h>
#include <string.h>

#include "base/utf16_win32.h"
#include "collector/process_calls_win32.h"

enum {
    FIRST_SIZE = 2048,
    LAST_SIZE = (int)sizeof(UNICODE_STRING) + 0x10000, /* its length is a USHORT, of bytes */
    MAX_ATTEMPTS = 8,
};

static bool is_too_small(LONG status)
{
    return status == CALL_LENGTH_MISMATCH || status == CALL_BUFFER_OVERFLOW ||
           status == CALL_BUFFER_TOO_SMALL;
}

static bool reserve(struct process_text *kept, size_t size, struct failure *why)
{
    void *buffer;

    if (size <= kept->size) {
        return true;
    }
    buffer = realloc(kept->buffer, size);
    if (buffer == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a text of %zu bytes", size);
    }
    kept->buffer = buffer;
    kept->size = size;
    return true;
}

/* How much to have for the next call: what was asked for, or twice as much where nothing was. */
static size_t next_size(const struct process_text *kept, size_t needed)
{
    size_t size = needed > kept->size ? needed : kept->size * 2;

    return size < LAST_SIZE ? size : LAST_SIZE;
}

/* Appends what the UNICODE_STRING says, where that lies within the buffer. */
static void add_text(struct text *text, const struct process_text *kept)
{
    UNICODE_STRING string;
    size_t offset;
    size_t units;

    memcpy(&string, kept->buffer, sizeof(string));
    offset = (size_t)((uintptr_t)string.Buffer - (uintptr_t)kept->buffer);
    if (offset <= kept->size && string.Length <= kept->size - offset) {
        units = string.Length / sizeof(wchar_t);
        utf16_add(text, string.Buffer, wcsnlen(string.Buffer, units));
    }
}

bool process_text_read(struct process_text *kept, process_text_fn *call, HANDLE process,
                       uint64_t address, struct text *text, LONG *status, struct failure *why)
{
    size_t wanted = FIRST_SIZE;
    size_t needed = 0;

    *status = CALL_LENGTH_MISMATCH;
    for (int attempt = 0; attempt < MAX_ATTEMPTS && is_too_small(*status); attempt++) {
        if (!reserve(kept, wanted, why)) {
            return false;
        }
        *status = call(process, address, kept->buffer, kept->size, &needed);
        wanted = next_size(kept, needed);
    }
    if (*status >= 0) {
        add_text(text, kept);
    }
    return text_ok(text, why);
}

void process_text_clear(struct process_text *kept)
{
    free(kept->buffer);
    *kept = (struct process_text){0};
}
