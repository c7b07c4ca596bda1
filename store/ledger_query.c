/* SPDX-License-Identifier: MIT */

#include "store/ledger_query.h"

#include <stdio.h>

#include "base/file.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_rows.h"
#include "store/ledger_schema.h"

enum {
    BATCH = 128,       /* stretches that are read before any of them is visited */
    PATIENCE_MS = 500, /* a sample may be as much later than its interval says */
};

/* Stretches in the order of recording; kept apart from their reading by a visitor's slowness. */
struct batch {
    struct ledger_stretch_rows stretches[BATCH];
    size_t count;
};

/* Replaces the batch by the stretches behind the one with the id `after`. */
static bool read_batch(struct ledger *ledger, int64_t after, struct batch *batch,
                       struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_STRETCHES_AFTER];
    int result = SQLITE_DONE;

    batch->count = 0;
    database_bind(statement, ":id", after);
    while (batch->count < BATCH && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        ledger_rows_take_stretch(statement, &batch->stretches[batch->count++]);
    }
    return database_end(ledger->db, statement, result, "reading the coverage", why);
}

bool ledger_walk_coverage(struct ledger *ledger, int64_t since, int64_t until,
                          ledger_stretch_fn *visit, void *context, struct failure *why)
{
    struct batch batch = {.count = BATCH};
    int64_t after = 0;

    while (batch.count == BATCH) {
        if (!ledger_begin_read(ledger, why) ||
            !ledger_end_read(ledger, read_batch(ledger, after, &batch, why), why)) {
            return false;
        }
        for (size_t i = 0; i < batch.count; i++) {
            const struct ledger_stretch *stretch = &batch.stretches[i].stretch;

            after = stretch->id;
            if (stretch->begin_at <= until && stretch->end_at >= since &&
                !visit(context, stretch)) {
                return true;
            }
        }
    }
    return true;
}

bool ledger_find_stretch(struct ledger *ledger, int64_t id, struct ledger_stretch *stretch,
                         bool *found, struct failure *why)
{
    struct ledger_stretch_rows rows = {0};

    *found = false;
    if (!ledger_begin_read(ledger, why) ||
        !ledger_end_read(ledger, ledger_rows_stretch(ledger, id, &rows, found, why), why)) {
        return false;
    }
    *stretch = *found ? rows.stretch : (struct ledger_stretch){0};
    return true;
}

/*
 * Looks at one stretch. `until` is the last moment of which it tells, which
 * may be later than its last sample.
 */
static void consider(struct ledger_moments *moments, int64_t at,
                     const struct ledger_stretch *stretch, int64_t until)
{
    if (stretch->begin_at > at) {
        if (stretch->begin_at < moments->watched_after) {
            moments->watched_after = stretch->begin_at;
        }
        return;
    }
    if (until < at) {
        if (stretch->end_at >= moments->watched_before) {
            moments->watched_before = stretch->end_at;
            moments->reason = stretch->ended;
        }
        return;
    }
    if (moments->count == LEDGER_MOMENTS) {
        moments->more = true;
        return;
    }
    moments->moments[moments->count++] = (struct ledger_moment){
        .at = at < stretch->end_at ? at : stretch->end_at,
        .stretch = *stretch,
    };
}

/* A stretch tells of the time up to the next one where the two have no gap between them. */
static int64_t told_until(const struct ledger_stretch_rows *rows,
                          const struct ledger_stretch_rows *next)
{
    const struct ledger_stretch *stretch = &rows->stretch;

    if (next == NULL) {
        return stretch->ended == LEDGER_GAP_NONE
                   ? stretch->end_at + stretch->interval + rows->commit + PATIENCE_MS
                   : stretch->end_at;
    }
    return ledger_gap_seamless((int)stretch->ended) && next->stretch.begin_at > stretch->end_at
               ? next->stretch.begin_at - 1
               : stretch->end_at;
}

/* Says of each moment what retention has left of it. */
static bool judge_detail(struct ledger *ledger, struct ledger_moments *moments, struct failure *why)
{
    struct ledger_detail detail;

    if (!ledger_rows_detail(ledger, &detail, why)) {
        return false;
    }
    for (size_t i = 0; i < moments->count; i++) {
        struct ledger_moment *moment = &moments->moments[i];
        struct ledger_position position = {moment->stretch.id, moment->at};

        moment->detail = ledger_detail_of(&detail, &position);
    }
    return true;
}

static bool find_moments(struct ledger *ledger, int64_t at, struct ledger_moments *moments,
                         struct failure *why)
{
    struct batch batch = {.count = BATCH};
    struct ledger_stretch_rows last = {.stretch = {.id = 0}};

    while (batch.count == BATCH) {
        if (!read_batch(ledger, last.stretch.id, &batch, why)) {
            return false;
        }
        for (size_t i = 0; i < batch.count; i++) {
            if (last.stretch.id != 0) {
                consider(moments, at, &last.stretch, told_until(&last, &batch.stretches[i]));
            }
            last = batch.stretches[i];
        }
    }
    if (last.stretch.id != 0) {
        consider(moments, at, &last.stretch, told_until(&last, NULL));
    }
    return judge_detail(ledger, moments, why);
}

/* All stretches are looked at: a clock that was set back may have made any of them the one. */
bool ledger_find_moments(struct ledger *ledger, int64_t at, struct ledger_moments *moments,
                         struct failure *why)
{
    *moments = (struct ledger_moments){
        .watched_before = INT64_MIN,
        .watched_after = INT64_MAX,
        .reason = LEDGER_GAP_NONE,
    };
    return ledger_begin_read(ledger, why) &&
           ledger_end_read(ledger, find_moments(ledger, at, moments, why), why);
}

static bool read_run(struct ledger *ledger, struct ledger_summary *summary, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_NEWEST_RUN];
    int result = sqlite3_step(statement);

    if (result == SQLITE_ROW) {
        snprintf(summary->program, sizeof(summary->program), "%s",
                 database_column_text(statement, 0));
        summary->pid = (uint32_t)sqlite3_column_int64(statement, 1);
        summary->run_started_at = sqlite3_column_int64(statement, 2);
    }
    return database_end(ledger->db, statement, result, "reading the newest run", why);
}

static bool read_newest(struct ledger *ledger, struct ledger_summary *summary,
                        int64_t *first_interval, struct failure *why)
{
    struct ledger_stretch_rows newest;
    bool found;

    *first_interval = INT64_MAX; /* nothing is open unless the newest stretch goes on */
    if (!ledger_rows_newest(ledger, &newest, &found, why)) {
        return false;
    }
    if (found) {
        summary->last_sample_at = newest.stretch.end_at;
        summary->samples = newest.stretch.last_sample;
        summary->interval = newest.stretch.interval;
        summary->ended = newest.stretch.ended;
        if (newest.stretch.ended == LEDGER_GAP_NONE) {
            *first_interval = newest.first_interval;
        }
    }
    return true;
}

static bool read_counts(struct ledger *ledger, struct ledger_summary *summary,
                        int64_t first_interval, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_COUNTS];
    int result;

    database_bind(statement, ":span", LEDGER_SPAN_OPEN);
    database_bind(statement, ":first", first_interval);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        snprintf(summary->ledger_id, sizeof(summary->ledger_id), "%s",
                 database_column_text(statement, 0));
        summary->created_at = sqlite3_column_int64(statement, 1);
        summary->first_sample_at = sqlite3_column_int64(statement, 2);
        summary->stretches = sqlite3_column_int64(statement, 3);
        summary->intervals = sqlite3_column_int64(statement, 4);
        summary->open_intervals = sqlite3_column_int64(statement, 5);
        summary->processes = sqlite3_column_int64(statement, 6);
    }
    return database_end(ledger->db, statement, result, "counting", why);
}

static bool summarize(struct ledger *ledger, struct ledger_summary *summary, struct failure *why)
{
    int64_t first_interval;

    return read_run(ledger, summary, why) && read_newest(ledger, summary, &first_interval, why) &&
           read_counts(ledger, summary, first_interval, why);
}

static int64_t size_or_zero(int64_t size)
{
    return size < 0 ? 0 : size;
}

bool ledger_read_commit(struct ledger *ledger, int64_t *commit, struct failure *why)
{
    struct ledger_stretch_rows newest = {0};
    bool found = false;

    if (!ledger_begin_read(ledger, why) ||
        !ledger_end_read(ledger, ledger_rows_newest(ledger, &newest, &found, why), why)) {
        return false;
    }
    *commit = found ? newest.commit : 0;
    return true;
}

bool ledger_summarize(struct ledger *ledger, struct ledger_summary *summary, struct failure *why)
{
    *summary = (struct ledger_summary){
        .schema_version = LEDGER_SCHEMA_VERSION,
        .bytes = size_or_zero(ledger_size_beside(ledger, "")),
        .wal_bytes = size_or_zero(ledger_size_beside(ledger, "-wal")),
    };
    return ledger_begin_read(ledger, why) &&
           ledger_end_read(ledger, summarize(ledger, summary, why), why);
}
