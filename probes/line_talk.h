/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Talks in lines of text: FTP, SMTP, POP3, IMAP.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/line.h"
#include "probes/protocol.h"

/* What a line means; anything but PROTOCOL_WAIT ends the talk. */
typedef enum protocol_next line_talk_fn(struct talk *talk, struct line line);

/* How a protocol is known by its first line. */
struct line_manner {
    const char *name;              /* "SMTP" */
    const char *const *beginnings; /* of that line; '#' is any digit. Ended by NULL */
};

/* "220 ", "554-": the replies of FTP and SMTP. */
extern const char *const numbered_beginnings[];

/*
 * Gives every whole line that came to `take`, as a protocol's stream() has it.
 * `is_first`: nothing was said yet; bytes that are no text are told as those of
 * a stranger then, and so is a line that breaks off and has not begun as one of
 * `manner`. One that has is waited for: it began well.
 */
enum protocol_next line_talk(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                             size_t *used, bool is_first, const struct line_manner *manner,
                             line_talk_fn *take);

/* The talk was cut short after something had been said: what came is the answer. */
enum protocol_next line_talk_cut(struct talk *talk, const char *why);

/* A reply of FTP or SMTP that is coming, in one line or in several; {0} before each. */
struct numbered_reply {
    uint16_t code; /* 0: no line of it has come */
};

enum numbered_line {
    NUMBERED_NONE, /* it is no line of such a reply */
    NUMBERED_MORE, /* others follow */
    NUMBERED_LAST,
};

/*
 * Reads "220-text" or "220 text" (RFC 5321 section 4.2.1); between the first and
 * the last line any text may stand (RFC 959 section 4.2). *text: without the code.
 */
enum numbered_line numbered_reply_add(struct numbered_reply *reply, struct line line,
                                      struct line *text);
