/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where PortQry's lines go: the screen, unless it is to be quiet, and the log.
 * Both have what was said at once, so that a log is whole up to the last line
 * however the program ends. A failure is remembered, and what follows is not
 * written: it is asked for once, at the end.
 */

#include <stdbool.h>
#include <stdio.h>

#include "base/failure.h"
#include "base/text.h"
#include "reportcli/portqry_words.h"

/* Starts as {0}, which is the screen alone. */
struct portqry_page {
    bool quiet;
    FILE *log; /* NULL: none */
    bool failed;
    struct failure why;
    struct text made; /* kept memory */
};

/*
 * Begins the log that the command line names. A file that is there is replaced
 * where that was asked for, or the person says so; FAILURE_USAGE where not, or
 * where there is nobody to ask.
 */
struct portqry_options;
bool portqry_page_begin_log(struct portqry_page *page, const struct portqry_options *options,
                            int argc, char **argv, struct failure *why) NODISCARD;

/* Says a line; `arguments` as of portqry_add_words(), NULL: it has no places. */
void portqry_say(struct portqry_page *page, enum portqry_word word, const char *const *arguments);

/* The same, also on a quiet screen: what went wrong. */
void portqry_say_error(struct portqry_page *page, enum portqry_word word,
                       const char *const *arguments);

/* Says lines that somebody has made. */
void portqry_say_text(struct portqry_page *page, const struct text *text);

/* "System Date: Thu Sep 16 10:35:03 2021". */
void portqry_page_add_date(struct text *text, int64_t at);

/* Ends the log. False where anything that was said could not be written. */
bool portqry_page_end(struct portqry_page *page, struct failure *why) NODISCARD;
