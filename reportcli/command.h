/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A command of `portledger`: one file that ends in its `const struct command`,
 * and one row in commands.c. Help, and later completion and man pages, are
 * made from the same rows.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/exit_status.h"
#include "base/failure.h"
#include "base/options.h"
#include "base/settings.h"
#include "reportcli/column.h"
#include "reportcli/render.h"
#include "store/ledger.h"

enum { COMMAND_LEDGERS_MOST = 16 };

/* What main() prepared for a command. */
struct command_context {
    const struct command *command;
    const struct options *options;
    const struct renderer *renderer;
    struct render_options render;
    const char *ledger; /* as --ledger named it first; NULL: the usual one */
    const char *other_ledgers[COMMAND_LEDGERS_MOST - 1]; /* as it named more */
    size_t other_ledger_count;
    bool quiet;            /* no notes */
    bool no_command_lines; /* of processes: they may hold secrets */
    int64_t now;           /* one moment for all relative times of the call */
};

struct example {
    const char *line; /* as one types it */
    const char *what; /* what it answers */
};

/* What an exit status means for one command. */
struct command_status {
    enum exit_status status;
    const char *text;
};

struct command {
    const char *name;
    const char *words;   /* "A B"; "" where it takes none */
    const char *summary; /* one line, no period */
    const char *text;    /* more, in sentences; NULL: none */
    const struct option *options;
    size_t option_count;
    size_t words_min;
    size_t words_max;
    bool takes_ledgers; /* --ledger may be given several times */
    bool
        stands_alone; /* it takes none of the program's options, and has exit statuses of its own */
    const struct column_table *const *tables; /* what it prints; ended by NULL */
    const struct command_status *statuses;    /* ended by a NULL text; others are as for all */
    const struct example *examples;           /* ended by a NULL line */

    /*
     * Prints through the context. On false *why says what happened; the exit
     * status is *status where the command set it, else the one of *why's kind. An
     * answer, such as EXIT_NO, is set only once it is written.
     */
    bool (*run)(const struct command_context *context, enum exit_status *status,
                struct failure *why);
};

/* All commands, in the order of the help; ended by NULL. */
extern const struct command *const commands[];
extern const struct command command_local;
extern const struct command command_wport;
extern const struct command command_wpid;
extern const struct command command_processes;
extern const struct command command_modules;
extern const struct command command_history;
extern const struct command command_diff;
extern const struct command command_baseline;
extern const struct command command_explain;
extern const struct command command_profile;
extern const struct command command_status;
extern const struct command command_export;
extern const struct command command_import;
extern const struct command command_query;
extern const struct command command_portqry;
extern const struct command command_verify;
extern const struct command command_audit;
extern const struct command command_jobs;
extern const struct command command_completion;
extern const struct command command_help;

/* The command of that name; FAILURE_USAGE, with the name that was probably meant, where none is. */
bool command_find(const struct command **out, const char *name, struct failure *why) NODISCARD;

/* The settings file's, or the defaults where there is none. The caller frees *settings. */
struct settings;
bool command_read_settings(struct settings **settings, struct failure *why) NODISCARD;

/* Where the ledger is, and how fresh the newest sample in it can be. */
struct command_ledger {
    struct ledger *ledger;
    int64_t commit; /* milliseconds that the service keeps samples before it stores them */
};

/* For commands that read all settings. */
#define COMMAND_CONFIG_OPTION                                                                      \
    {                                                                                              \
        .name = "config", .kind = OPTION_TEXT, .value = "FILE",                                    \
        .help = "Settings file; without it the usual one, where there is one"                      \
    }

/*
 * Reads the settings that --config names, or else the usual ones, or the
 * defaults where there are none. On failure *status is EXIT_LEDGER. The caller
 * frees *out.
 */
bool command_read_config(const struct command_context *context, struct settings **out,
                         enum exit_status *status, struct failure *why) NODISCARD;

/*
 * Opens the ledger that --ledger names, or else the one of the settings, for
 * reading. On failure *status is EXIT_LEDGER. The caller closes out->ledger.
 */
bool command_open_ledger(const struct command_context *context, struct command_ledger *out,
                         enum exit_status *status, struct failure *why) NODISCARD;

/*
 * Appends the path of the copy that the service makes for others, by the
 * settings; nothing where it makes none, and where --ledger names a ledger.
 */
bool command_shared_copy(const struct command_context *context, struct text *path,
                         struct failure *why) NODISCARD;

/* Of a time of day that happened twice: the earlier or the later moment. */
enum command_edge {
    COMMAND_EARLIER,
    COMMAND_LATER,
};

/*
 * Reads the option `name` as a time; `otherwise` where it was not given. A
 * time that happened twice is taken at `edge`, and a note says so.
 */
bool command_time(const struct command_context *context, const char *name, enum command_edge edge,
                  int64_t otherwise, int64_t *at, struct failure *why) NODISCARD;

/* Begins an output of the context's kind. The caller closes *out with render_close(). */
bool command_begin(const struct command_context *context, const struct column_table *table,
                   struct render **out, struct failure *why) NODISCARD;

/* Ends it, and says which columns had no room, and whether there was more than was asked for. */
bool command_finish(const struct command_context *context, struct render *render,
                    struct failure *why) NODISCARD;

/*
 * Something about the answer that is no record, on standard error: one line of
 * text, or for the JSON formats an object {"note": kind, "text": ...} on one
 * line. Standard output is flushed first, so that the two stay in order.
 *
 * Kinds: "coverage" (what of the asked time was watched), "moments" (a time
 * that was several moments), "columns" (no room), "empty" (nothing matched),
 * "denied" (what this user may not see), "lacking" (tables that the system does
 * not have), "facts" (what was not read in time), "modules" (processes whose
 * modules could not be read), "hours" (how a profile's are to be read), "order", "restart", "copy"
 * (the file is a part of a ledger), "dropped" (what retention has taken from the answer), "hidden"
 * (ports that are not shown), "missed" (runs of jobs that did not take place), "stale" (jobs that
 * have not run for long), "first" (a job was not due yet), "past" (ports that are not asked any
 * more), "settings" (they cannot be read, and the answer does without them), "more" (--limit keeps
 * records back), "limit" (fewer at once than asked for, or more than there is memory for),
 * "addresses" (of a name, that were not asked), "side-effect" (a protocol that was not asked in),
 * "stopped" (a query that was ended), "secrets" (command lines that an export leaves out),
 * "left-out" (sockets that a format of others has no record for), "key" (the first key of a ledger
 * that was made), "bad-line" (of a file that is imported), "verify"
 * (a ledger that does not hold was exported).
 */
void command_note(const struct command_context *context, const char *kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The note "more", where --limit kept records back. For tables that command_finish() does not end.
 */
void command_note_more(const struct command_context *context, size_t kept_back);

/* The ranges and figures of a note about coverage, as members of its object. */
struct command_range {
    int64_t since; /* milliseconds since 1970 UTC */
    int64_t until;
    int64_t watched; /* milliseconds of it */
    size_t gap_count;
    int64_t missed; /* connections, at least, between samples */
    int64_t left_out_processes;
    int64_t left_out_sockets;
};

/*
 * A note of kind "coverage" with the members "since", "until", "watched",
 * "gaps", "missed", "left_out_processes" and "left_out_sockets".
 */
void command_note_range(const struct command_context *context, const struct command_range *range,
                        const char *text);
