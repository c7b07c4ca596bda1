/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The edge between Windows' UTF-16 and our UTF-8. Nothing else in the tree
 * converts between the two; UTF-16 that stands in files is utf16le.h's business.
 *
 * Both directions always give a text, whatever comes in: an unpaired surrogate
 * and a byte that is no UTF-8 become U+FFFD, because a ledger never drops a
 * row over a name.
 */

#include <stddef.h>
#include <wchar.h>

#include "base/compiler.h"
#include "base/text.h"

/* Appends `units` 16-bit units as UTF-8. */
void utf16_add(struct text *text, const wchar_t *wide, size_t units);

/* UTF-8 copy of a text that ends in 0, for free(). NULL where memory ran out. */
char *utf16_to_utf8(const wchar_t *wide) NODISCARD;

/* UTF-16 copy of UTF-8 that ends in 0, for free(). NULL where memory ran out. */
wchar_t *utf16_from_utf8(const char *bytes) NODISCARD;

/*
 * The same for `size` bytes, which may hold 0. *units counts what was made,
 * without the 0 that ends it.
 */
wchar_t *utf16_from_bytes(const char *bytes, size_t size, size_t *units) NODISCARD;

/*
 * The path of a file as UTF-16, made absolute, for free(). NULL where the
 * system cannot do that: GetLastError() says why.
 */
wchar_t *utf16_absolute(const char *path) NODISCARD;

/*
 * The same as the file calls want it: with \\?\ before it where it is long.
 * One that cannot be made absolute is only converted, because the call that
 * uses it has the better words for what is wrong. NULL where memory ran out.
 */
wchar_t *utf16_path(const char *path) NODISCARD;
