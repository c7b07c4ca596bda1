/* SPDX-License-Identifier: MIT */

#include "base/console_line.h"

#include <stdio.h>

bool console_read_line(struct text *line)
{
    bool any = false;
    int c;

    text_reset(line);
    while ((c = getc(stdin)) != EOF && c != '\n') {
        any = true;
        if (c != '\r' && c != '\0' && line->size < CONSOLE_LINE_MOST) {
            text_add_char(line, (char)c);
        }
    }
    return c != EOF || any;
}
