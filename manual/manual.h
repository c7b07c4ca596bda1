/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The manual pages, in man(7)'s macros, made of the tables that the help and the
 * settings are made of. Part of the build, and of no program.
 */

#include "base/text.h"

/* One page, as its file is called: "portledger.1". */
struct manual_page {
    const char *name; /* NULL ends the table */
    void (*add)(struct text *text);
};

extern const struct manual_page manual_pages[];

/* Appends words so that roff shows them as they are, also at the beginning of a line. */
void manual_add_words(struct text *text, const char *words);
