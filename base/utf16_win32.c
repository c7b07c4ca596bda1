/* SPDX-License-Identifier: MIT */

#include "base/utf16_win32.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

enum {
    HIGH_FIRST = 0xD800, /* the first unit of a pair, which holds the upper ten bits */
    LOW_FIRST = 0xDC00,  /* the second, with the lower ten */
    LOW_LAST = 0xDFFF,
    PAIRS_FIRST = 0x10000,

    /* CreateDirectoryW() wants room for a short file name within MAX_PATH. */
    LONGEST_PLAIN_PATH = MAX_PATH - 12,
};

static bool is_high(wchar_t unit)
{
    return unit >= HIGH_FIRST && unit < LOW_FIRST;
}

static bool is_low(wchar_t unit)
{
    return unit >= LOW_FIRST && unit <= LOW_LAST;
}

void utf16_add(struct text *text, const wchar_t *wide, size_t units)
{
    for (size_t i = 0; i < units; i++) {
        uint32_t code_point = wide[i]; /* a lone surrogate is appended as U+FFFD */

        if (is_high(wide[i]) && i + 1 < units && is_low(wide[i + 1])) {
            code_point = PAIRS_FIRST + ((code_point - HIGH_FIRST) << 10);
            code_point += (uint32_t)wide[++i] - LOW_FIRST;
        }
        text_add_code_point(text, code_point);
    }
}

char *utf16_to_utf8(const wchar_t *wide)
{
    struct text text = {0};

    utf16_add(&text, wide, wcslen(wide));
    return text_take(&text);
}

/* Stores the code point at *to and returns where the next one goes. */
static wchar_t *put_code_point(wchar_t *to, uint32_t code_point)
{
    if (code_point >= PAIRS_FIRST) {
        code_point -= PAIRS_FIRST;
        *to++ = (wchar_t)(HIGH_FIRST + (code_point >> 10));
        code_point = LOW_FIRST + (code_point & 0x3FF);
    }
    *to++ = (wchar_t)code_point;
    return to;
}

wchar_t *utf16_from_bytes(const char *bytes, size_t size, size_t *units)
{
    size_t room = size + 1; /* no byte of UTF-8 makes more than one unit */
    wchar_t *wide = room > SIZE_MAX / sizeof(*wide) ? NULL : malloc(room * sizeof(*wide));
    wchar_t *to = wide;
    size_t taken;

    if (wide == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < size; i += taken) {
        to = put_code_point(to, text_code_point(bytes + i, size - i, &taken));
    }
    *to = L'\0';
    *units = (size_t)(to - wide);
    return wide;
}

wchar_t *utf16_from_utf8(const char *bytes)
{
    size_t units;

    return utf16_from_bytes(bytes, strlen(bytes), &units);
}

wchar_t *utf16_absolute(const char *path)
{
    wchar_t *wide = utf16_from_utf8(path);
    DWORD size = wide == NULL ? 0 : GetFullPathNameW(wide, 0, NULL, NULL); /* counts the 0 */
    wchar_t *absolute = size == 0 ? NULL : malloc(size * sizeof(*absolute));
    DWORD length = absolute == NULL ? 0 : GetFullPathNameW(wide, size, absolute, NULL);

    free(wide);
    if (length == 0 || length >= size) { /* longer: the working folder changed in between */
        free(absolute);
        return NULL;
    }
    return absolute;
}

/* What a long path begins with, and how much of the path itself that stands for. */
static const struct prefix {
    const wchar_t *path; /* the first row that matches counts */
    const wchar_t *prefix;
    size_t replaced;
} prefixes[] = {
    {L"\\\\?\\", L"", 0},
    {L"\\\\.\\", L"", 0},
    {L"\\\\", L"\\\\?\\UNC\\", 2},
    {L"", L"\\\\?\\", 0},
};

static const struct prefix *find_prefix(const wchar_t *path)
{
    const struct prefix *row = prefixes;

    while (wcsncmp(path, row->path, wcslen(row->path)) != 0) {
        row++;
    }
    return row;
}

static wchar_t *add_prefix(const wchar_t *path, const struct prefix *row)
{
    size_t before = wcslen(row->prefix);
    size_t rest = wcslen(path) - row->replaced + 1;
    wchar_t *result = malloc((before + rest) * sizeof(*result));

    if (result != NULL) {
        memcpy(result, row->prefix, before * sizeof(*result));
        memcpy(result + before, path + row->replaced, rest * sizeof(*result));
    }
    return result;
}

wchar_t *utf16_path(const char *path)
{
    wchar_t *absolute = utf16_absolute(path);
    wchar_t *prefixed;

    if (absolute == NULL) {
        return utf16_from_utf8(path);
    }
    if (wcslen(absolute) < LONGEST_PLAIN_PATH) {
        return absolute;
    }
    prefixed = add_prefix(absolute, find_prefix(absolute));
    free(absolute);
    return prefixed;
}
