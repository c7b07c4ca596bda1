/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Text that grows, and what is asked of UTF-8 everywhere.
 *
 * `struct text` starts as {0}, which is the empty text. An allocation that is
 * refused is remembered: later calls do nothing, and text_ok() tells. So a
 * text is built by many calls and checked once, before it is used.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/failure.h"

struct text {
    char *bytes; /* ends in 0 once anything was added; NULL before: see text_bytes() */
    size_t size; /* without the 0 */
    size_t capacity;
    bool failed; /* memory ran out; the content is a beginning of what it should be */
};

/* The bytes, never NULL. Valid until the next call that changes *text. */
const char *text_bytes(const struct text *text);

void text_add(struct text *text, const char *bytes);
void text_add_bytes(struct text *text, const void *bytes, size_t size);
void text_add_char(struct text *text, char c);

/*
 * Appends `size` bytes that the caller writes at once, and returns the first of them; NULL where
 * memory ran out.
 */
char *text_add_room(struct text *text, size_t size);

void text_add_repeated(struct text *text, char c, size_t count);
void text_add_number(struct text *text, int64_t number); /* in decimal digits */
void text_addf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_addv(struct text *text, const char *format, va_list args);

/* Empties, and keeps the memory and a failure. */
void text_reset(struct text *text);

/* Frees. Harmless twice. */
void text_clear(struct text *text);

/* True, or false with FAILURE_MEMORY where memory ran out while the text was built. */
bool text_ok(const struct text *text, struct failure *why) NODISCARD;

/* Gives the bytes to the caller, who frees them, and leaves an empty text. NULL where memory ran
 * out. */
char *text_take(struct text *text) NODISCARD;

/* A copy on the heap, for free(). NULL where memory ran out. */
char *text_copy(const char *bytes) NODISCARD;
char *text_copy_size(const char *bytes, size_t size) NODISCARD;

/*
 * Reads one code point from the `size` bytes at `bytes`, which must not be 0,
 * and stores how many bytes it took (1..4). What is not valid UTF-8 (RFC 3629:
 * overlong forms, surrogates and values above U+10FFFF included) is U+FFFD of
 * one byte.
 */
uint32_t text_code_point(const char *bytes, size_t size, size_t *taken);

/* Appends a code point as UTF-8; what is none is appended as U+FFFD. */
void text_add_code_point(struct text *text, uint32_t code_point);

/* Appends `size` bytes; every byte that is not part of valid UTF-8 becomes U+FFFD. */
void text_add_utf8(struct text *text, const char *bytes, size_t size);

/* How many of the `size` bytes, from the first on, are printable ASCII: nearly all there ever is.
 */
size_t text_printable(const char *bytes, size_t size);

/*
 * The first `size` bytes less a character that is cut off at their end: where
 * to cut a text that has to be shorter.
 */
size_t text_whole(const char *bytes, size_t size);

/*
 * Appends `size` bytes as a person may see them on a terminal: control
 * characters (C0, DEL, C1), line separators, zero-width and bidirectional
 * controls become \n, \r, \t, \xNN or \u{NNNN}, and invalid bytes become \xNN.
 * What is appended holds no character that a terminal acts upon. A backslash
 * stays as it is: paths are full of them.
 */
void text_add_visible(struct text *text, const char *bytes, size_t size);

enum { TEXT_VISIBLE_SIZE = 12 }; /* "\u{10FFFF}" is the longest form */

/*
 * The same for the first character of the `size` bytes at `bytes`, which must
 * not be 0, and without an allocation: writes its form, which ends in no 0,
 * stores how many bytes it was made from, and returns how many it has.
 */
size_t text_visible_form(char form[TEXT_VISIBLE_SIZE], const char *bytes, size_t size,
                         size_t *taken);

/*
 * Columns that the bytes take on a terminal: 2 for East Asian wide characters
 * and emoji, 0 for combining ones, 1 for the rest. Meant for visible text.
 */
size_t text_columns(const char *bytes, size_t size);

/*
 * Appends `words`, which are parted by blanks, from the column `at` on: a word
 * that would go beyond `columns` begins a new line behind `indent` blanks. One
 * that is longer than a line is not broken. No line end at the end.
 */
void text_add_wrapped(struct text *text, const char *words, size_t at, size_t indent,
                      size_t columns);

/* Compare without regard to the case of ASCII letters. */
bool text_equal_fold(const char *a, const char *b);
bool text_starts_fold(const char *text, const char *beginning);

/*
 * The entry of `words` (ended by NULL) that a person who typed `word` may
 * have meant: the first one that begins so, or else that of which at most a
 * third of the letters (one, for a short word) are wrong, missing, added or
 * swapped; case does not count. Of several that are equally near the first.
 * NULL where none is near.
 */
const char *text_closest(const char *word, const char *const *words);
