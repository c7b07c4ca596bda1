/* SPDX-License-Identifier: MIT */

#include "base/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/failure_system.h"
#include "base/text.h"

/* Stores the `size` bytes as one line that a terminal does not act upon, as far as it fits. */
static void store_line(struct failure *why, const char *bytes, size_t size)
{
    size_t stored = 0;
    size_t taken;

    for (size_t i = 0; i < size; i += taken) {
        char form[TEXT_VISIBLE_SIZE];
        size_t more = text_visible_form(form, bytes + i, size - i, &taken);

        if (stored + more >= sizeof(why->text)) {
            break;
        }
        memcpy(why->text + stored, form, more);
        stored += more;
    }
    why->text[stored] = '\0';
}

/* *why is written last: an argument may be its text. */
static void fill(struct failure *why, enum failure_kind kind, long code, const char *format,
                 va_list args)
{
    char line[sizeof(why->text)];
    int wanted = vsnprintf(line, sizeof(line), format, args);
    size_t size = wanted < 0 ? 0 : (size_t)wanted;

    if (size >= sizeof(line)) {
        size = text_whole(line, sizeof(line) - 1);
    }
    why->kind = kind;
    why->code = code;
    store_line(why, line, size);
}

void failure_set(struct failure *why, enum failure_kind kind, long code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(why, kind, code, format, args);
    va_end(args);
}

static enum failure_kind kind_of(long code)
{
    for (size_t i = 0; i < failure_code_count; i++) {
        if (failure_codes[i].code == code) {
            return failure_codes[i].kind;
        }
    }
    return FAILURE_SYSTEM;
}

bool failure_from_system(struct failure *why, long code, const char *format, ...)
{
    char words[300];
    va_list args;

    va_start(args, format);
    fill(why, kind_of(code), code, format, args);
    va_end(args);
    failure_describe(words, sizeof(words), code);
    return FAIL(why, why->kind, code, "%s: %s", why->text, words);
}
