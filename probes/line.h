/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Lines of text that a server sends, and the words before and behind a sign in
 * them. Nothing is copied: pieces are lent from the bytes that came.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of text; not ended by 0, and it may hold any byte. */
struct line {
    const char *bytes;
    size_t size;
};

/*
 * The line that begins at *at, without its LF and a CR before that; *at is
 * behind it then. False where its end has not come.
 */
bool line_next(const uint8_t *bytes, size_t size, size_t *at, struct line *line);

/* Takes what is before the first `sign` off *rest, and both off it; false where there is none. */
bool line_split(struct line *rest, char sign, struct line *before);

/* Without blanks and tabs at both ends. */
struct line line_trimmed(struct line line);

/* Compare without regard to the case of ASCII letters. */
bool line_equals(struct line line, const char *word);
bool line_starts(struct line line, const char *beginning);

/* Of up to nine digits, the whole of the line; false where it is anything else. */
bool line_number(struct line line, uint32_t *number);

/*
 * Whether bytes may still become `beginning` (case counts), are past it, or
 * can never be it.
 */
enum line_beginning {
    LINE_OTHER,
    LINE_SO_FAR,
    LINE_BEGUN,
};

enum line_beginning line_begins(const uint8_t *bytes, size_t size, const char *beginning);
