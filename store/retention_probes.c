/* SPDX-License-Identifier: MIT */

/*
 * What gets old of the jobs: asks are folded into figures of hours and days,
 * and runs that took place into a row a day, which stay as long as profiles;
 * so do runs that did not. Outcomes and answers that were replaced are in
 * retention_rest.c.
 */

#include <stdlib.h>

#include "probes/expectation.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/probe_samples.h"
#include "store/retention_parts.h"

enum {
    DAY_HOURS = 24,
    FOLDS = 8,          /* days of pairs that a step folds */
    WINDOW = 4096,      /* ids of runs that a step looks at */
    TIMING_BYTES = 300, /* about, of an hour of a pair, with its place in the index */
};

struct day {
    int64_t pair;
    int64_t first; /* hour */
};

/* The pair and day of the oldest row whose whole day is old. */
static bool find_day(struct retention *retention, int64_t before, struct day *day, bool *found,
                     struct failure *why)
{
    sqlite3_stmt *find = retention->statements[OLDEST_TIMING];
    int result;

    /* One that a clock wrote which was wrong for a while holds nobody up. */
    database_bind(find, ":before", before - (before % DAY_HOURS + DAY_HOURS) % DAY_HOURS);
    result = sqlite3_step(find);

    *found = result == SQLITE_ROW;
    if (*found) {
        int64_t hour = sqlite3_column_int64(find, 1);

        day->pair = sqlite3_column_int64(find, 0);
        day->first = hour - (hour % DAY_HOURS + DAY_HOURS) % DAY_HOURS;
    }
    return database_end(retention->ledger->db, find, result, "looking for old asks", why);
}

static void bind_time(sqlite3_stmt *statement, const char *name, int64_t us)
{
    if (us < 0) {
        database_bind_null(statement, name);
    } else {
        database_bind(statement, name, us);
    }
}

static bool add_figure(struct retention *retention, const struct day *day, int64_t hour, int hours,
                       struct probe_sum *sum, struct failure *why)
{
    sqlite3_stmt *add = retention->statements[ADD_FIGURE];
    const struct probe_figure *figure = &sum->figure;

    if (figure->asked == 0) {
        return true;
    }
    probe_sum_end(sum);
    database_bind(add, ":pair", day->pair);
    database_bind(add, ":hour", hour);
    database_bind(add, ":hours", hours);
    database_bind(add, ":asked", figure->asked);
    database_bind(add, ":listening", figure->listening);
    database_bind(add, ":unasked", figure->unasked);
    database_bind(add, ":held", figure->held);
    database_bind(add, ":undecided", figure->undecided);
    bind_time(add, ":median", figure->median);
    bind_time(add, ":p95", figure->p95);
    bind_time(add, ":p99", figure->p99);
    bind_time(add, ":slowest", figure->slowest);
    return database_finish(retention->ledger->db, add, "folding asks", why);
}

/* One row, into the sums of its hour and of its day. */
static bool add_row(sqlite3_stmt *row, struct probe_sum *hour, struct probe_sum *whole,
                    struct failure *why)
{
    struct probe_sample_walk walk =
        probe_samples(sqlite3_column_blob(row, 2), (size_t)sqlite3_column_bytes(row, 2),
                      sqlite3_column_int64(row, 1));
    struct probe_sample sample;

    while (probe_sample_next(&walk, &sample)) {
        if (!probe_sum_add(hour, &sample, why) || !probe_sum_add(whole, &sample, why)) {
            return false;
        }
    }
    return true;
}

/* Reads the rows of one hour, and takes them for victims. */
static bool read_hour(struct retention *retention, const struct day *day, int64_t at,
                      struct probe_sum *hour, struct probe_sum *whole, struct failure *why)
{
    sqlite3_stmt *row = retention->statements[TIMINGS_OF];
    bool ok = true;
    int result;

    database_bind(row, ":pair", day->pair);
    database_bind(row, ":hour", at);
    while ((result = sqlite3_step(row)) == SQLITE_ROW && ok) {
        struct victim victim = {.id = sqlite3_column_int64(row, 0)};

        ok = add_row(row, hour, whole, why) && retention_add_victim(retention, &victim, why);
    }
    if (!ok) {
        sqlite3_reset(row);
        return false;
    }
    return database_end(retention->ledger->db, row, result, "reading old asks", why);
}

static bool fold_day(struct retention *retention, const struct day *day, struct failure *why)
{
    struct probe_sum hour = {0};
    struct probe_sum whole = {0};
    bool ok = true;

    for (int i = 0; ok && i < DAY_HOURS; i++) {
        probe_sum_reset(&hour);
        ok = read_hour(retention, day, day->first + i, &hour, &whole, why) &&
             add_figure(retention, day, day->first + i, 1, &hour, why);
    }
    ok = ok && add_figure(retention, day, day->first, DAY_HOURS, &whole, why);
    probe_sum_clear(&hour);
    probe_sum_clear(&whole);
    return ok;
}

/* `before`: an hour; days that end by then are folded. */
static bool fold(struct retention *retention, int64_t before, enum retention_reason reason,
                 bool *done, struct failure *why)
{
    struct day day;
    bool found = true;

    retention_lock(retention);
    for (int i = 0; i < FOLDS && found; i++) {
        retention->victims.count = 0;
        if (!find_day(retention, before, &day, &found, why) ||
            (found && !(fold_day(retention, &day, why) &&
                        retention_drop_told(retention, DROP_TIMING, RETENTION_TIMINGS, SEAL_TIMING,
                                            reason, why)))) {
            return false;
        }
    }
    *done = !found;
    return true;
}

/*
 * Rows that a bound statement finds to be older than profiles are kept; the newest of a table
 * stays, for its id.
 */
static const struct {
    enum retention_statement find;
    enum retention_statement drop;
    enum retention_what what;
    enum seal_kind kind;
    bool by_hour;
} kinds[] = {
    {FIND_JOB_RUNS, DROP_JOB_RUN, RETENTION_JOB_RUNS, SEAL_JOB_RUN, false},
    {FIND_FIGURES, DROP_FIGURE, RETENTION_FIGURES, SEAL_FIGURE, true},
};

static bool clear_kind(struct retention *retention, size_t i, bool *none, struct failure *why)
{
    sqlite3_stmt *find = retention->statements[kinds[i].find];
    int64_t before = retention->now - retention->limits.keep_profile;

    retention->victims.count = 0;
    database_bind(find, ":before", kinds[i].by_hour ? probe_hour(before) : before);
    database_bind(find, ":limit", retention->others.rows);
    if (!retention_read_victims(retention, kinds[i].find, why)) {
        return false;
    }
    *none = retention->victims.count == 0;
    return retention_drop_told(retention, kinds[i].drop, kinds[i].what, kinds[i].kind,
                               RETENTION_AGE, why);
}

/* One kind a step, so that none holds the lock for long. */
static bool clear_rest(struct retention *retention, bool *done, struct failure *why)
{
    bool none = true;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && none; i++) {
        if (!clear_kind(retention, i, &none, why)) {
            return false;
        }
    }
    *done = none;
    return true;
}

bool retention_clear_probes(struct retention *retention, bool *done, struct failure *why)
{
    bool folded = false;

    if (!fold(retention, probe_hour(retention->pass_before), retention->pass_reason, &folded,
              why)) {
        return false;
    }
    *done = false;
    return !folded || clear_rest(retention, done, why);
}

/*
 * Runs.
 */

/* Runs of a job and a day, as far as a step takes them. */
struct day_of_runs {
    int64_t id; /* of the first that was found */
    int64_t job;
    int64_t from; /* the day */
    int64_t first_due;
    int64_t last_due;
    int64_t held;
    int64_t not_held;
    int64_t undecided;
};

static bool find_runs(struct retention *retention, int64_t high, struct day_of_runs *day,
                      bool *found, struct failure *why)
{
    sqlite3_stmt *find = retention->statements[FIND_DONE_RUN];
    int64_t kept = probe_hour(retention->pass_before);
    int result;

    database_bind(find, ":low", retention->next);
    database_bind(find, ":high", high);
    database_bind(find, ":before",
                  (kept - (kept % DAY_HOURS + DAY_HOURS) % DAY_HOURS) * PROBE_HOUR_MS);
    result = sqlite3_step(find);
    *found = result == SQLITE_ROW;
    if (*found) {
        int64_t hour = probe_hour(sqlite3_column_int64(find, 2));

        *day = (struct day_of_runs){
            .id = sqlite3_column_int64(find, 0),
            .job = sqlite3_column_int64(find, 1),
            .from = (hour - (hour % DAY_HOURS + DAY_HOURS) % DAY_HOURS) * PROBE_HOUR_MS,
        };
    }
    return database_end(retention->ledger->db, find, result, "looking for old runs", why);
}

static void add_run(struct day_of_runs *day, sqlite3_stmt *row, bool is_first)
{
    day->last_due = sqlite3_column_int64(row, 1);
    day->first_due = is_first ? day->last_due : day->first_due;
    day->held += sqlite3_column_int64(row, 2);
    day->not_held += sqlite3_column_int64(row, 3);
    day->undecided += sqlite3_column_int64(row, 4);
}

/* They become victims. */
static bool read_runs(struct retention *retention, struct day_of_runs *day, int64_t newest,
                      struct failure *why)
{
    sqlite3_stmt *row = retention->statements[DONE_RUNS_OF];
    bool ok = true;
    int result;

    retention->victims.count = 0;
    database_bind(row, ":job", day->job);
    database_bind(row, ":from", day->from);
    database_bind(row, ":until", day->from + DAY_HOURS * PROBE_HOUR_MS);
    database_bind(row, ":newest", newest);
    database_bind(row, ":limit", retention->others.rows);
    while ((result = sqlite3_step(row)) == SQLITE_ROW && ok) {
        struct victim victim = {.id = sqlite3_column_int64(row, 0)};

        add_run(day, row, retention->victims.count == 0);
        ok = retention_add_victim(retention, &victim, why);
    }
    if (!ok) {
        sqlite3_reset(row);
        return false;
    }
    return database_end(retention->ledger->db, row, result, "reading old runs", why);
}

static bool replace_runs(struct retention *retention, const struct day_of_runs *day,
                         struct failure *why)
{
    sqlite3_stmt *add = retention->statements[ADD_DONE_RUNS];

    retention_lock(retention);
    database_bind(add, ":job", day->job);
    database_bind(add, ":due_at", day->first_due);
    database_bind(add, ":last_due", day->last_due);
    database_bind(add, ":runs", (int64_t)retention->victims.count);
    database_bind(add, ":held", day->held);
    database_bind(add, ":not_held", day->not_held);
    database_bind(add, ":undecided", day->undecided);
    return database_finish(retention->ledger->db, add, "folding runs", why) &&
           retention_drop_told(retention, DROP_JOB_RUN, RETENTION_JOB_RUNS, SEAL_JOB_RUN,
                               retention->pass_reason, why);
}

/* A day with a single run is as short already. */
bool retention_fold_runs(struct retention *retention, bool *done, struct failure *why)
{
    int64_t high = retention->next + WINDOW - 1;
    struct day_of_runs day;
    int64_t newest;
    bool found;

    if (!retention_number(retention, NEWEST_JOB_RUN, &newest, why)) {
        return false;
    }
    *done = high >= newest - 1;
    if (!find_runs(retention, *done ? newest - 1 : high, &day, &found, why)) {
        return false;
    }
    if (!found) {
        retention->next = high + 1;
        return true;
    }
    *done = false;
    if (!read_runs(retention, &day, newest, why)) {
        return false;
    }
    retention->next = retention->victims.count > 1 ? day.id : day.id + 1;
    return retention->victims.count <= 1 || replace_runs(retention, &day, why);
}

static bool fold_oldest(struct retention *retention, bool *found, struct failure *why)
{
    int64_t before = probe_hour(retention->now) - DAY_HOURS;
    int64_t rows;
    bool done = true;

    if (!retention_number(retention, COUNT_TIMINGS, &rows, why)) {
        return false;
    }
    if (rows * TIMING_BYTES <= retention->limits.max_size / 4) {
        return true;
    }
    if (!fold(retention, before, RETENTION_SIZE, &done, why)) {
        return false;
    }
    *found = !done;
    return true;
}

bool retention_fold_for_space(struct retention *retention, bool *found, struct failure *why)
{
    bool ok = retention_begin(retention, why);

    *found = false;
    ok = ok && fold_oldest(retention, found, why);
    return retention_end(retention, &retention->others, ok, why);
}
