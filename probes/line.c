/* SPDX-License-Identifier: MIT */

#include "probes/line.h"

#include <string.h>

enum { DIGITS_MOST = 9 };

bool line_next(const uint8_t *bytes, size_t size, size_t *at, struct line *line)
{
    const char *start = (const char *)bytes + *at;
    const char *end = size > *at ? memchr(start, '\n', size - *at) : NULL;
    size_t length;

    if (end == NULL) {
        return false;
    }
    length = (size_t)(end - start);
    *at += length + 1;
    if (length > 0 && start[length - 1] == '\r') {
        length--;
    }
    *line = (struct line){start, length};
    return true;
}

bool line_split(struct line *rest, char sign, struct line *before)
{
    const char *at = rest->size == 0 ? NULL : memchr(rest->bytes, sign, rest->size);
    size_t size = at == NULL ? 0 : (size_t)(at - rest->bytes);

    if (at == NULL) {
        return false;
    }
    *before = (struct line){rest->bytes, size};
    *rest = (struct line){at + 1, rest->size - size - 1};
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct line line_trimmed(struct line line)
{
    while (line.size > 0 && is_blank(line.bytes[0])) {
        line.bytes++;
        line.size--;
    }
    while (line.size > 0 && is_blank(line.bytes[line.size - 1])) {
        line.size--;
    }
    return line;
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool line_starts(struct line line, const char *beginning)
{
    size_t size = strlen(beginning);

    if (line.size < size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (lower(line.bytes[i]) != lower(beginning[i])) {
            return false;
        }
    }
    return true;
}

bool line_equals(struct line line, const char *word)
{
    return line.size == strlen(word) && line_starts(line, word);
}

bool line_number(struct line line, uint32_t *number)
{
    *number = 0;
    for (size_t i = 0; i < line.size; i++) {
        if (line.bytes[i] < '0' || line.bytes[i] > '9') {
            return false;
        }
        if (i < DIGITS_MOST) {
            *number = *number * 10 + (uint32_t)(line.bytes[i] - '0');
        }
    }
    return line.size > 0 && line.size <= DIGITS_MOST;
}

enum line_beginning line_begins(const uint8_t *bytes, size_t size, const char *beginning)
{
    size_t whole = strlen(beginning);
    size_t common = size < whole ? size : whole;

    if (common > 0 && memcmp(bytes, beginning, common) != 0) {
        return LINE_OTHER;
    }
    return common == whole ? LINE_BEGUN : LINE_SO_FAR;
}
