/* SPDX-License-Identifier: MIT */

/*
 * Prints a manual page: portledger_manual portledger.1
 */

#include <stdio.h>
#include <string.h>

#include "manual/manual.h"

static bool print_page(const struct manual_page *page)
{
    struct text text = {0};
    struct failure why;
    bool done;

    page->add(&text);
    done = text_ok(&text, &why) && fwrite(text.bytes, 1, text.size, stdout) == text.size &&
           fflush(stdout) == 0;
    text_clear(&text);
    return done;
}

int main(int argc, char **argv)
{
    for (const struct manual_page *page = manual_pages; argc == 2 && page->name != NULL; page++) {
        if (strcmp(page->name, argv[1]) == 0) {
            return print_page(page) ? 0 : 1;
        }
    }
    (void)fputs("usage: portledger_manual PAGE\n", stderr);
    return 2;
}
