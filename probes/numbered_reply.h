/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Replies of SMTP and FTP: lines that begin with three digits. "220-" begins a
 * reply of several lines, which ends with a line that begins with "220 "
 * (RFC 5321 section 4.2.1, RFC 959 section 4.2).
 */

#include <stddef.h>
#include <stdint.h>

#include "probes/answer.h"

enum numbered {
    NUMBERED_MORE,  /* its end has not come yet */
    NUMBERED_WHOLE, /* *reply is filled */
    NUMBERED_OTHER, /* what came is no such reply */
};

struct numbered_reply {
    uint32_t code;
    const uint8_t *bytes; /* lent */
    size_t size;
};

/* The reply that the bytes begin with. */
enum numbered numbered_reply_find(const uint8_t *bytes, size_t size, struct numbered_reply *reply);

/* Adds the text of each line from line `first` (0: the first) on, without code and sign. */
void numbered_reply_add(struct answer *answer, const struct answer_field *field,
                        const struct numbered_reply *reply, size_t first);
