/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The command line, read by tables. Both programs and every command declare
 * their options as rows; one parser walks them, and help, completion and man
 * pages are made from the same rows.
 *
 * Forms: --name VALUE, --name=VALUE, -l VALUE, -lVALUE is not one (PortQry's
 * -wt would be ambiguous); a name may be written with one dash too. Letters are
 * not joined. "--" ends the options. A word that begins with a dash and a digit
 * (-2h) is no option, nor is a lone dash. A value that begins with a dash and a
 * letter is written with the "=", but where the option says otherwise. -h, -?, /?, -help, --help
 * are known everywhere.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"

enum option_kind {
    OPTION_FLAG,     /* takes no value */
    OPTION_TEXT,     /* any text, not empty */
    OPTION_NUMBER,   /* a whole number from minimum to maximum */
    OPTION_DURATION, /* units.h, milliseconds from minimum to maximum */
    OPTION_SIZE,     /* units.h, bytes from minimum to maximum */
    OPTION_CHOICE,   /* one of `choices`, ended by NULL */
};

struct option {
    const char *name; /* without dashes */
    enum option_kind kind;
    char letter;       /* 0: none */
    bool repeats;      /* may be given several times; otherwise a second one is an error */
    bool optional;     /* the value may be left out; where it is there, it is behind a "=" */
    bool dashed;       /* the value may begin with a dash: no option is looked for there */
    const char *value; /* how help calls the value: "TIME" */
    const char *help;  /* one line, no period; the choices are put behind it */
    int64_t minimum;
    int64_t maximum;
    const char *const *choices;
};

/* Several tables are searched as if they were one: a command's own, then the program's. */
struct option_table {
    const struct option *options;
    size_t count;
};

enum { OPTION_TABLES = 3 };

struct option_set {
    struct option_table tables[OPTION_TABLES];
};

/* What was on the command line. Points into argv and the set, which outlive it. */
struct options;

/*
 * Parses argv[first..argc-1]. With `stop_at_word` it ends before the first
 * word that is no option (the command's name); *next is where it stopped.
 * Otherwise words are gathered and *next is argc. FAILURE_USAGE with a
 * sentence that names the word, and the option that was probably meant.
 */
bool options_parse(struct options **out, const struct option_set *set, int argc, char **argv,
                   int first, bool stop_at_word, int *next, struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void options_free(struct options *options);

/*
 * -h, -?, /? or --help was there, in front of the command's name where that
 * ends the parsing; nothing else was checked or taken then, and *next is the
 * word behind it.
 */
bool options_help(const struct options *options);

/* Asking for a name that is in none of the tables is a bug of ours, and asserted. */
bool options_given(const struct options *options, const char *name);
bool options_flag(const struct options *options, const char *name);

/* The value; the last one where it was given several times; NULL or `otherwise` where not. */
const char *options_text(const struct options *options, const char *name);
int64_t options_number(const struct options *options, const char *name, int64_t otherwise);

/* Every value of an option that repeats, in order. */
size_t options_count(const struct options *options, const char *name);
const char *options_text_at(const struct options *options, const char *name, size_t i);

/* The words that are no options. */
size_t options_words(const struct options *options);
const char *options_word(const struct options *options, size_t i);

/*
 * Appends the help lines of the options of one table, aligned, wrapped at
 * `columns` (0: as for a terminal of 80).
 */
void options_add_help(struct text *text, const struct option_table *table, int columns);
