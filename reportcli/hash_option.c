/* SPDX-License-Identifier: MIT */

#include "reportcli/hash_option.h"

#include <string.h>

/* -1 where it is none. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hash_option_read(const struct options *options, const char *name,
                      uint8_t hash[IMAGE_HASH_SIZE], bool *given, struct failure *why)
{
    const char *word = options_text(options, name);
    size_t size = word == NULL ? 0 : strlen(word);

    *given = word != NULL;
    for (size_t i = 0; i < size; i++) {
        int digit = hex_digit(word[i]);

        if (digit < 0 || size != (size_t)IMAGE_HASH_SIZE * 2) {
            return FAIL(why, FAILURE_USAGE, 0,
                        "--%s: a SHA-256 has 64 hexadecimal digits, unlike \"%s\"", name, word);
        }
        hash[i / 2] = (uint8_t)(i % 2 == 0 ? digit : hash[i / 2] << 4 | digit);
    }
    return true;
}
