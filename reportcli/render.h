/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Records out: a table for people, JSON, JSON lines, CSV.
 *
 * One kind is one file (render_table.c, ...) that ends in its `const struct
 * renderer`, and one row in render.c. Nothing but records goes to standard
 * output; notes go to standard error. Tests capture both by putting a console
 * of their own in the place of base/console.h.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/text.h"
#include "base/time_text.h"
#include "reportcli/column.h"
#include "reportcli/output.h"

/*
 * What a person wants of the records of a command's first table; {0}: all, as they come. The
 * other tables that it may print for people have none.
 */
struct render_wishes {
    const char *columns; /* names, parted by commas: these alone, in this order; NULL: all */
    const char *order;   /* names likewise, with a - before one that falls; NULL: as they come */
    size_t most;         /* records at most; 0: all */
};

struct render_options {
    enum time_zone_choice zone;
    int64_t now; /* where there is little room, times do not tell its year */
    int columns; /* of the terminal; 0: no limit */
    bool
        terminal; /* somebody's terminal gets the bytes: nothing that it acts upon may be in them */
    bool colour;
    bool verbose; /* columns of a negative rank too */
    bool wide;    /* a table leaves no column out for want of room */
    bool raw;     /* CSV: no apostrophe before what a spreadsheet takes for a formula */
    struct render_wishes wishes;
    const char *also;       /* name of a column that a table shows whatever its rank; NULL: none */
    struct output_log *log; /* gets all that is printed too; NULL: there is none */
    bool log_alone;         /* and nobody else gets it; there is one */
};

struct render;

struct renderer {
    const char *name; /* of the option: "json" */
    const char *help; /* one line, no period */
    bool json_notes;  /* notes on standard error are JSON objects, one a line */

    /* Each appends to `out`, which the caller writes and empties between calls. */
    bool (*begin)(struct render *render, struct text *out, struct failure *why);
    bool (*record)(struct render *render, const struct value *values, struct text *out,
                   struct failure *why);
    bool (*end)(struct render *render, struct text *out, struct failure *why);

    /* Somebody waits: what was kept back for its looks is printed. NULL: nothing ever is. */
    bool (*hurry)(struct render *render, struct text *out, struct failure *why);
};

struct row_sorter;

/*
 * One output under way. The renderers read it, and own `state` and `left_out`.
 * `columns`, and the values that a renderer gets, are of what is printed, which
 * need not be the whole table.
 */
struct render {
    const struct renderer *kind;
    const struct column_table *table;
    const struct column *columns[COLUMNS_MAX];
    int ranks[COLUMNS_MAX];     /* of these */
    size_t places[COLUMNS_MAX]; /* of these in the table */
    size_t column_count;
    struct text keys; /* JSON's, see json_add_record() */
    size_t key_at[COLUMNS_MAX + 1];
    struct time_kept times;
    bool all_columns;          /* it is the whole table, in its order */
    int64_t began;             /* by clock_steady() */
    struct row_sorter *sorter; /* NULL: records are printed as they come */
    size_t kept_back;          /* records that were handed in beyond the wanted number */
    struct render_options options;
    size_t records;               /* printed so far, without the one under way */
    struct text out;              /* what a renderer made and nobody wrote yet */
    struct text left_out;         /* names of columns for which there was no room: "path, state" */
    void *state;                  /* the renderer's own; freed by render_close() */
    void (*release)(void *state); /* where free() is not enough; NULL otherwise */
};

/* All renderers, ended by NULL; the first is the default. */
extern const struct renderer *const renderers[];
extern const struct renderer render_table;
extern const struct renderer render_json;
extern const struct renderer render_jsonl;
extern const struct renderer render_csv;

/* The renderer of that name; NULL where there is none. */
const struct renderer *render_find(const char *name);

/*
 * Begins an output to standard output. FAILURE_USAGE where the table has not the columns that
 * the wishes name. Every further call writes what it made
 * through console_write(): memory does not grow with the number of records.
 * Only a table keeps its first records back, to fit its columns to them.
 */
bool render_open(struct render **out, const struct renderer *kind, const struct column_table *table,
                 const struct render_options *options, struct failure *why) NODISCARD;

/* `values` has one entry per column of the table, whichever of them are printed. */
bool render_record(struct render *render, const struct value *values,
                   struct failure *why) NODISCARD;

/*
 * A record was kept back, and so would be all that follow: whoever walks through many may stop.
 * Never where they are sorted, since the last may be the first.
 */
bool render_is_full(const struct render *render);

/*
 * Whether no more than some records are wanted, and those that come first by this column of
 * numbers, from the greatest down where *falls: whoever can find them in that order may.
 */
bool render_takes_first(const struct render *render, const char *column, bool *falls);

/* The records come in the opposite of the order of finding. Called before the first. */
void render_turn(struct render *render);

/* Where that is so: whether a record with a value of the column behind *number is not wanted. */
bool render_bound(const struct render *render, int64_t *number);

/*
 * Hands out what there is before a pause. On a terminal a table lets nobody
 * wait for its first rows longer than a moment.
 */
bool render_show(struct render *render, struct failure *why) NODISCARD;

/* Ends the output and flushes. `records` and `left_out` can be asked afterwards. */
bool render_finish(struct render *render, struct failure *why) NODISCARD;

/* Frees. Does nothing for NULL. */
void render_close(struct render *render);
