/* SPDX-License-Identifier: MIT */

#include "base/pattern.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

enum { LONGEST_CHARACTER = 4 }; /* bytes of UTF-8 */

static uint32_t fold(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Moves *text behind its first character, which it has. */
static uint32_t take(const char **text)
{
    const char *end = memchr(*text, '\0', LONGEST_CHARACTER);
    size_t taken;
    uint32_t c =
        text_code_point(*text, end != NULL ? (size_t)(end - *text) : LONGEST_CHARACTER, &taken);

    *text += taken;
    return fold(c);
}

static bool step(const char **pattern, const char **text)
{
    const char *next = *pattern;
    uint32_t wanted;

    if (**pattern == '\0') {
        return false;
    }
    wanted = take(&next);
    if (take(text) != wanted && wanted != '?') {
        return false;
    }
    *pattern = next;
    return true;
}

/* Where the rest does not match, the last * takes one character more: no other can help. */
bool pattern_matches(const char *pattern, const char *text)
{
    const char *star = NULL;  /* behind the last * */
    const char *retry = NULL; /* where the text goes on if that * takes one more */

    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (!step(&pattern, &text)) {
            if (star == NULL) {
                return false;
            }
            (void)take(&retry);
            text = retry;
            pattern = star;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}
