/* SPDX-License-Identifier: MIT */

#include "probes/numbered_reply.h"

#include <stdbool.h>

#include "probes/line.h"

enum { CODE_SIZE = 3 };

/* Whether the bytes are, as far as there are any, a code and the sign behind it. */
static bool may_begin(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && i < CODE_SIZE; i++) {
        if (bytes[i] < '0' || bytes[i] > '9') {
            return false;
        }
    }
    return size <= CODE_SIZE || bytes[CODE_SIZE] == ' ' || bytes[CODE_SIZE] == '-';
}

static uint32_t code_of(struct line line)
{
    uint32_t code = 0;

    for (size_t i = 0; i < CODE_SIZE; i++) {
        code = code * 10 + (uint32_t)(line.bytes[i] - '0');
    }
    return code;
}

/* A line of the reply that begins with its code. A code alone is a last line without text. */
static bool has_code(struct line line, uint32_t code)
{
    return line.size >= CODE_SIZE && may_begin(line.bytes, line.size) && code_of(line) == code;
}

static bool is_last(struct line line)
{
    return line.size == CODE_SIZE || line.bytes[CODE_SIZE] == ' ';
}

enum numbered numbered_reply_find(const uint8_t *bytes, size_t size, struct numbered_reply *reply)
{
    size_t at = 0;
    struct line line;

    if (!line_next(bytes, size, &at, &line)) {
        return may_begin((const char *)bytes, size) ? NUMBERED_MORE : NUMBERED_OTHER;
    }
    if (line.size < CODE_SIZE || !may_begin(line.bytes, line.size)) {
        return NUMBERED_OTHER;
    }
    *reply = (struct numbered_reply){.code = code_of(line), .bytes = bytes};
    while (!has_code(line, reply->code) || !is_last(line)) {
        if (!line_next(bytes, size, &at, &line)) {
            return NUMBERED_MORE;
        }
    }
    reply->size = at;
    return NUMBERED_WHOLE;
}

void numbered_reply_add(struct answer *answer, const struct answer_field *field,
                        const struct numbered_reply *reply, size_t first)
{
    size_t at = 0;
    struct line line;

    for (size_t i = 0; line_next(reply->bytes, reply->size, &at, &line); i++) {
        size_t skipped = has_code(line, reply->code) ? CODE_SIZE : 0;

        skipped += skipped > 0 && line.size > CODE_SIZE ? 1 : 0;
        if (i >= first) {
            answer_add_text(answer, field, line.bytes + skipped, line.size - skipped);
        }
    }
}
