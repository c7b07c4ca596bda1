/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The keyboard of the person who reads standard output on a terminal, page by
 * page. One thread.
 */

#include <stdbool.h>

enum console_key {
    CONSOLE_KEY_NONE, /* nobody can type any more */
    CONSOLE_KEY_PAGE, /* space, and every key that means nothing else */
    CONSOLE_KEY_LINE, /* Enter */
    CONSOLE_KEY_END,  /* q, Escape, Ctrl-C, Ctrl-D */
};

/* Standard output and standard input are terminals, and the keys are for us. */
bool console_has_reader(void);

/* Lines of the terminal behind standard output; 0 where it does not say. */
int console_rows(void);

/*
 * Waits for a key. The terminal is changed for that time alone, and Ctrl-C is
 * a key in it: whatever is pressed, it is left as it was.
 */
enum console_key console_read_key(void);
