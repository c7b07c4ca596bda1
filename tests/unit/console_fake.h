/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A console that remembers, in the place of base/console.h's own: a test
 * program that links console_fake.c gets this one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/console.h"
#include "base/console_keys.h"
#include "base/text.h"

struct console_fake {
    struct text out;
    struct text error;
    size_t error_after_out; /* bytes that `out` had when the first line went to `error` */
    int columns;
    bool terminal;
    bool colour;
    int rows;         /* of the terminal, where a person has a keyboard; 0: nobody has */
    const char *keys; /* that they press: ' ', 'l' for a line, 'q'; nobody types after the last */
    bool full;        /* every write fails, as on a full disk */
};

extern struct console_fake console_fake;

/* As at the start: no terminal, nothing written. Frees what was. */
void console_fake_reset(void);
