/* SPDX-License-Identifier: MIT */

/*
 * The options that every command knows.
 */

#include "reportcli/help.h"

static const char *const formats[] = {"table", "json", "jsonl", "csv", NULL};
static const char *const colour_choices[] = {"auto", "always", "never", NULL};

static const char *const csv_kinds[] = {"raw", NULL};

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
    {.name = "csv",
     .kind = OPTION_CHOICE,
     .optional = true,
     .value = "raw",
     .choices = csv_kinds,
     .help = "The same as --format csv; with =raw without the apostrophe that keeps a spreadsheet "
             "from running a text as a formula"},
    {.name = "columns",
     .kind = OPTION_TEXT,
     .value = "NAMES",
     .help = "Only these columns, by name or as a table is headed, in this order, in every "
             "format: pid,process,local_port"},
    {.name = "sort",
     .kind = OPTION_TEXT,
     .dashed = true,
     .value = "NAMES",
     .help = "Sort by these columns; one with a - before it from the greatest down: "
             "process,-local_port"},
    {.name = "limit",
     .kind = OPTION_NUMBER,
     .value = "N",
     .minimum = 1,
     .maximum = INT64_C(1000000000000),
     .help = "No more than so many records; with --sort the first of the order"},
    {.name = "tz",
     .kind = OPTION_TEXT,
     .value = "ZONE",
     .help = "Read and show times by the clocks of this zone: Europe/Berlin, a name that this "
             "system knows, or an offset like +05:30"},
    {.name = "utc", .kind = OPTION_FLAG, .help = "Show times in UTC instead of local time"},
    {.name = "wide",
     .kind = OPTION_FLAG,
     .help = "Leave no column of a table out for want of room; long lines are the terminal's "
             "business"},
    {.name = "narrow", .kind = OPTION_FLAG, .help = "Fit tables into 80 columns, wherever they go"},
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
    {.name = "no-pager",
     .kind = OPTION_FLAG,
     .help = "Do not stop after each page of a table that is longer than the terminal"},
    {.name = "version", .kind = OPTION_FLAG, .help = "Print the version and end"},
};

const struct option_table program_options = {options, sizeof(options) / sizeof(options[0])};
