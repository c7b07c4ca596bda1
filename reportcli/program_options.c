/* SPDX-License-Identifier: MIT */

/*
 * The options that every command knows.
 */

#include "reportcli/help.h"

static const char *const formats[] = {"table", "json", "jsonl", "csv", NULL};
static const char *const colour_choices[] = {"auto", "always", "never", NULL};

static const struct option options[] = {
    {.name = "ledger",
     .kind = OPTION_TEXT,
     .repeats = true, /* for commands that take several */
     .value = "FILE",
     .help = "The ledger to read; without it the one of this machine's service"},
    {.name = "format",
     .kind = OPTION_CHOICE,
     .value = "FORMAT",
     .choices = formats,
     .help = "How records are printed"},
    {.name = "json", .kind = OPTION_FLAG, .help = "The same as --format json"},
    {.name = "jsonl", .kind = OPTION_FLAG, .help = "The same as --format jsonl"},
    {.name = "csv", .kind = OPTION_FLAG, .help = "The same as --format csv"},
    {.name = "utc", .kind = OPTION_FLAG, .help = "Show times in UTC instead of local time"},
    {.name = "verbose",
     .letter = 'v',
     .kind = OPTION_FLAG,
     .help = "Show every column in a table, as a list where the terminal is too narrow"},
    {.name = "quiet", .letter = 'q', .kind = OPTION_FLAG, .help = "No notes on standard error"},
    {.name = "no-command-lines",
     .kind = OPTION_FLAG,
     .help = "Leave the command lines of processes out: they may hold secrets"},
    {.name = "color",
     .kind = OPTION_CHOICE,
     .value = "WHEN",
     .choices = colour_choices,
     .help = "Colours in tables"},
    {.name = "version", .kind = OPTION_FLAG, .help = "Print the version and end"},
};

const struct option_table program_options = {options, sizeof(options) / sizeof(options[0])};
