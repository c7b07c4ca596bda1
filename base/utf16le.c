/* SPDX-License-Identifier: MIT */

#include "base/utf16le.h"

enum {
    HIGH_FIRST = 0xD800,
    LOW_FIRST = 0xDC00,
    LOW_LAST = 0xDFFF,
    PAIRS_FIRST = 0x10000,
};

static uint32_t unit_at(const uint8_t *bytes, size_t at)
{
    return bytes[2 * at] | (uint32_t)bytes[2 * at + 1] << 8;
}

void utf16le_add(struct text *text, const uint8_t *bytes, size_t units)
{
    for (size_t i = 0; i < units; i++) {
        uint32_t code_point = unit_at(bytes, i); /* a lone surrogate is appended as U+FFFD */
        uint32_t next = i + 1 < units ? unit_at(bytes, i + 1) : 0;

        if (code_point >= HIGH_FIRST && code_point < LOW_FIRST && next >= LOW_FIRST &&
            next <= LOW_LAST) {
            code_point = PAIRS_FIRST + ((code_point - HIGH_FIRST) << 10) + (next - LOW_FIRST);
            i++;
        }
        text_add_code_point(text, code_point);
    }
}
