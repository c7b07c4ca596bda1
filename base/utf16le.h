/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * UTF-16 as it stands in files, little end first, on every system. What the
 * calls of Windows give and want is utf16_win32.h's business.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Appends `units` 16-bit units as UTF-8. An unpaired surrogate becomes U+FFFD. */
void utf16le_add(struct text *text, const uint8_t *bytes, size_t units);
