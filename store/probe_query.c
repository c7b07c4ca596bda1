/* SPDX-License-Identifier: MIT */

#include "store/probe_query.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/text.h"
#include "probes/expectation.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/probe_fact.h"

enum { DAY_HOURS = 24, READ_MS = 500 };

/* All SQL of this module. */
enum statement {
    JOBS,
    RUNS_OF_TIME,
    NEWEST_RUNS,
    PAIRS,
    OUTCOMES,
    ANSWER,
    LAST_ASK,
    TIMINGS,
    FIGURES,
    WHOLE_FROM,
    CHANGES,
    STATEMENT_COUNT,
};

/*
 * Runs of a row that lie within the time: of several as if they were due at even distances, from
 * the first to the last, which is so of a schedule and nearly so of a day that was folded.
 */
#define SHARE                                                                                      \
    "CASE WHEN runs < 2 OR coalesce(last_due, due_at) <= due_at THEN runs"                         \
    " ELSE max(0, 1 + (min(last_due, :until) - due_at) * (runs - 1) / (last_due - due_at)"         \
    "  - ((max(due_at, :since) - due_at) * (runs - 1) + last_due - due_at - 1)"                    \
    "  / (last_due - due_at)) END"
/* Rows of a time that is still to come were made while the clock was ahead: newer ones follow. */
#define NEWEST(column, results)                                                                    \
    "(SELECT " column                                                                              \
    " FROM job_run AS r WHERE r.job = j.id AND due_at <= :until AND result " results               \
    " ORDER BY due_at DESC, id DESC LIMIT 1)"
#define OUTCOME_COLUMNS                                                                            \
    "o.first_at, coalesce(o.before_at, 0), o.status, o.cause, coalesce(o.icmp, -1), o.judgement,"  \
    " o.address, o.protocol, o.detail"

#define FIGURES_OF                                                                                 \
    "SELECT hour + hours, asked, listening, unasked, held, undecided, coalesce(median, -1),"       \
    " coalesce(p95, -1), coalesce(p99, -1), coalesce(slowest, -1), hour FROM figure"               \
    " WHERE pair = :pair AND "

/* One macro a column, or a time. */
/* clang-format off */
#define FIGURES_SQL                                                                                \
    FIGURES_OF "hours = 24 AND hour >= :first_day AND hour < :end_day UNION ALL "                  \
    FIGURES_OF "hours = 1 AND hour >= :low AND hour < :first_day UNION ALL "                       \
    FIGURES_OF "hours = 1 AND hour >= :end_day AND hour <= :high"
#define JOBS_SQL                                                                                   \
    "SELECT id, name, "                                                                            \
    NEWEST("due_at", "IN (1, 4)") ", " NEWEST("began_at", "IN (1, 4)") ", "                        \
    NEWEST("lasted", "IN (1, 4)") ", " NEWEST("held", "IN (1, 4)") ", "                            \
    NEWEST("not_held", "IN (1, 4)") ", " NEWEST("undecided", "IN (1, 4)") ", "                     \
    "(SELECT min(due_at) FROM job_run AS r WHERE r.job = j.id), "                                  \
    NEWEST("reason", "= 2") ", " NEWEST("coalesce(last_due, due_at)", "= 2") ", "                       \
    NEWEST("detail", "= 2")                     \
    " FROM job AS j WHERE :job IS NULL OR name = :job ORDER BY id"
/* clang-format on */

static const char *const statement_sql[STATEMENT_COUNT] = {
    [JOBS] = JOBS_SQL,
    [RUNS_OF_TIME] =
        "SELECT result, reason, min(" SHARE ", 1000000000) FROM job_run WHERE job = :job"
        " AND due_at <= :until AND coalesce(last_due, due_at) >= :since",
    [NEWEST_RUNS] = "SELECT due_at, coalesce(last_due, due_at), min(runs, 1000000000), result,"
                    " coalesce(began_at, 0), coalesce(lasted, 0) FROM job_run WHERE job = :job"
                    " AND due_at <= :until ORDER BY due_at DESC LIMIT 100",
    [PAIRS] = "SELECT p.id, j.name, p.host, p.port, p.transport FROM pair AS p"
              " JOIN job AS j ON j.id = p.job WHERE :job IS NULL OR j.name = :job"
              " ORDER BY p.job, p.host, p.transport, p.port",
    [OUTCOMES] = "SELECT " OUTCOME_COLUMNS " FROM outcome AS o"
                 " WHERE o.pair = :pair ORDER BY o.id",
    [ANSWER] = "SELECT facts, at FROM answer WHERE pair = :pair AND at <= :until"
               " ORDER BY id DESC LIMIT 1",
    [LAST_ASK] = "SELECT last_at FROM timing_now WHERE pair = :pair",
    [TIMINGS] = "SELECT hour, samples FROM timing WHERE pair = :pair AND hour >= :low"
                " AND hour <= :high"
                " UNION ALL SELECT hour, samples FROM timing_now WHERE pair = :pair"
                " AND hour >= :low AND hour <= :high",
    [FIGURES] = FIGURES_SQL,
    [WHOLE_FROM] = "SELECT coalesce((SELECT first_at FROM outcome WHERE id > d.last_row"
                   "                 ORDER BY id LIMIT 1), d.at)"
                   " FROM (SELECT max(last_row) AS last_row, max(at) AS at FROM dropped"
                   "       WHERE what = 7) AS d WHERE d.at IS NOT NULL",
    [CHANGES] = "SELECT p.id, j.name, p.host, p.port, p.transport,"
                " coalesce((SELECT b.status FROM outcome AS b WHERE b.pair = o.pair"
                "           AND b.id < o.id ORDER BY b.id DESC LIMIT 1), -1),"
                " coalesce((SELECT b.cause FROM outcome AS b WHERE b.pair = o.pair"
                "           AND b.id < o.id ORDER BY b.id DESC LIMIT 1), -1), " OUTCOME_COLUMNS
                ", coalesce(t.last_at, 0),"
                " coalesce((SELECT b.judgement FROM outcome AS b WHERE b.pair = o.pair"
                "           AND b.id < o.id ORDER BY b.id DESC LIMIT 1), 0)"
                " FROM outcome AS o JOIN pair AS p ON p.id = o.pair JOIN job AS j ON j.id = p.job"
                " LEFT JOIN timing_now AS t ON t.pair = p.id"
                " WHERE o.first_at >= :since AND o.first_at <= :until"
                " AND (:job IS NULL OR j.name = :job) ORDER BY o.id",
};

struct query {
    struct ledger *ledger;
    const struct probe_filter *filter;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct probe_sum sum;
    struct probe_mix mix;
    bool lacks_memory;
};

/* A row more of a list of the given size; NULL where memory ran out. */
static void *grow(void **items, size_t *count, size_t *capacity, size_t size)
{
    if (*count == *capacity) {
        size_t more = *capacity * 2 + 32;
        void *grown = realloc(*items, more * size);

        if (grown == NULL) {
            return NULL;
        }
        *items = grown;
        *capacity = more;
    }
    memset((char *)*items + *count * size, 0, size);
    return (char *)*items + (*count)++ * size;
}

static bool no_memory(struct failure *why)
{
    return FAIL(why, FAILURE_MEMORY, 0, "no memory for what the jobs found");
}

static char *take_text(struct query *query, sqlite3_stmt *row, int column)
{
    char *text;

    if (sqlite3_column_type(row, column) == SQLITE_NULL) {
        return NULL;
    }
    text = text_copy(database_column_text(row, column));
    query->lacks_memory = query->lacks_memory || text == NULL;
    return text;
}

static bool end(struct query *query, sqlite3_stmt *row, int result, struct failure *why)
{
    return database_end(query->ledger->db, row, result, "reading what the jobs found", why) &&
           (!query->lacks_memory || no_memory(why));
}

typedef bool query_fn(struct query *query, void *out, struct failure *why);

static void finish(struct query *query)
{
    database_finalize_all(query->statements, STATEMENT_COUNT);
    probe_sum_clear(&query->sum);
    probe_mix_clear(&query->mix);
}

static bool prepare(struct query *query, struct failure *why)
{
    return query->statements[0] != NULL ||
           database_prepare_all(query->ledger->db, statement_sql, STATEMENT_COUNT,
                                query->statements, why);
}

/*
 * One moment of the ledger. Statements are kept from one to the next, except
 * of a file of which we took no lock: that may be opened anew in between.
 */
static bool read_at_once(struct query *query, query_fn *read, void *out, struct failure *why)
{
    bool ok = ledger_begin_read(query->ledger, why);

    if (ok) {
        ok = prepare(query, why) && read(query, out, why);
        if (query->ledger->frozen || !ok) {
            database_finalize_all(query->statements, STATEMENT_COUNT);
        }
        ok = ledger_end_read(query->ledger, ok, why);
    }
    return ok;
}

/* Reads with the statements prepared, in one moment. */
static bool ask(struct ledger *ledger, const struct probe_filter *filter, query_fn *read, void *out,
                struct failure *why)
{
    struct query query = {.ledger = ledger, .filter = filter};
    bool ok = read_at_once(&query, read, out, why);

    finish(&query);
    return ok;
}

/*
 * Jobs.
 */

static void take_job(struct query *query, sqlite3_stmt *row, struct probe_job_sum *job)
{
    *job = (struct probe_job_sum){
        .id = sqlite3_column_int64(row, 0),
        .name = take_text(query, row, 1),
        .last_due = sqlite3_column_int64(row, 2),
        .last_began = sqlite3_column_int64(row, 3),
        .last_lasted = sqlite3_column_int64(row, 4),
        .last_held = sqlite3_column_int64(row, 5),
        .last_not_held = sqlite3_column_int64(row, 6),
        .last_undecided = sqlite3_column_int64(row, 7),
        .first_known = sqlite3_column_int64(row, 8),
        .missed_reason = sqlite3_column_int(row, 9),
        .missed_at = sqlite3_column_int64(row, 10),
        .missed_detail = take_text(query, row, 11),
    };
}

static bool read_jobs(struct query *query, struct probe_job_sums *sums, struct failure *why)
{
    sqlite3_stmt *row = query->statements[JOBS];
    int result;

    database_bind_text(row, ":job", query->filter->job);
    database_bind(row, ":until", query->filter->until);
    while ((result = sqlite3_step(row)) == SQLITE_ROW && !query->lacks_memory) {
        struct probe_job_sum *job =
            grow((void **)&sums->items, &sums->count, &sums->capacity, sizeof(*job));

        if (job == NULL) {
            query->lacks_memory = true;
        } else {
            take_job(query, row, job);
        }
    }
    return end(query, row, result, why);
}

static bool read_runs(struct query *query, struct probe_job_sum *job, struct failure *why)
{
    sqlite3_stmt *row = query->statements[RUNS_OF_TIME];
    int64_t *const counts[PROBE_RUN_RESULTS] = {
        [PROBE_RUN_DONE] = &job->done,
        [PROBE_RUN_MISSED] = &job->missed,
        [PROBE_RUN_SKIPPED] = &job->skipped,
        [PROBE_RUN_ENDED] = &job->ended,
    };
    int result;

    database_bind(row, ":job", job->id);
    database_bind(row, ":since", query->filter->since);
    database_bind(row, ":until", query->filter->until);
    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        int64_t which = sqlite3_column_int64(row, 0);
        int64_t runs = sqlite3_column_int64(row, 2);

        if (which > 0 && which < PROBE_RUN_RESULTS) {
            *counts[which] += runs;
        }
        if (sqlite3_column_int64(row, 1) == PROBE_NOT_STORED) {
            job->not_stored += runs;
        }
    }
    return end(query, row, result, why);
}

/* A row of NEWEST_RUNS; `later` is the due time of the row before it, 0 for the first. */
static void take_run(struct query *query, sqlite3_stmt *row, int64_t later,
                     struct probe_job_sum *job)
{
    int64_t last_due = sqlite3_column_int64(row, 1);
    int64_t began_at = sqlite3_column_int64(row, 4);
    int result = sqlite3_column_int(row, 3);

    if (later == 0) {
        job->told_until = last_due < query->filter->until ? last_due : query->filter->until;
    } else if (later - last_due > job->longest_gap) {
        job->longest_gap = later - last_due;
    }
    if (job->asked_from == 0 && result == PROBE_RUN_DONE &&
        began_at + sqlite3_column_int64(row, 5) <= query->filter->until) {
        job->asked_from = began_at;
    }
    if (job->asked_from == 0 && result == PROBE_RUN_MISSED) {
        job->missed_since += sqlite3_column_int64(row, 2);
        job->missed_first = sqlite3_column_int64(row, 0);
    }
}

static bool read_newest_runs(struct query *query, struct probe_job_sum *job, struct failure *why)
{
    sqlite3_stmt *row = query->statements[NEWEST_RUNS];
    int64_t later = 0;
    int result;

    database_bind(row, ":job", job->id);
    database_bind(row, ":until", query->filter->until);
    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        take_run(query, row, later, job);
        later = sqlite3_column_int64(row, 0);
    }
    return end(query, row, result, why);
}

static bool read_job_sums(struct query *query, void *out, struct failure *why)
{
    struct probe_job_sums *sums = out;
    bool ok = read_jobs(query, sums, why);

    for (size_t i = 0; ok && i < sums->count; i++) {
        ok =
            read_runs(query, &sums->items[i], why) && read_newest_runs(query, &sums->items[i], why);
    }
    return ok;
}

bool probe_query_jobs(struct ledger *ledger, const struct probe_filter *filter,
                      struct probe_job_sums *sums, struct failure *why)
{
    return ask(ledger, filter, read_job_sums, sums, why);
}

void probe_job_sums_clear(struct probe_job_sums *sums)
{
    for (size_t i = 0; i < sums->count; i++) {
        free(sums->items[i].name);
        free(sums->items[i].missed_detail);
    }
    free(sums->items);
    *sums = (struct probe_job_sums){0};
}

/*
 * Pairs.
 */

static void clear_change(struct probe_change *change)
{
    free(change->protocol);
    free(change->detail);
    change->protocol = change->detail = NULL;
}

static void take_address(sqlite3_stmt *row, int column, struct socket_endpoint *end)
{
    const uint8_t *bytes = sqlite3_column_blob(row, column);
    int size = sqlite3_column_bytes(row, column);

    *end = (struct socket_endpoint){0};
    if (bytes == NULL || (size != 4 && size != 16 && size != 20)) {
        return;
    }
    end->address_size = (uint8_t)(size == 20 ? 16 : size);
    memcpy(end->address, bytes, end->address_size);
    for (int i = 16; i < size; i++) {
        end->scope_id = end->scope_id << 8 | bytes[i];
    }
}

/* What nobody ever wrote does not tell. */
static int judgement_of(int64_t number)
{
    return number >= 0 && number < EXPECTATION_RESULTS ? (int)number : EXPECTATION_UNDECIDED;
}

/* `column`: the first of OUTCOME_COLUMNS. */
static void take_change(struct query *query, sqlite3_stmt *row, int column,
                        struct probe_change *change)
{
    *change = (struct probe_change){
        .first_at = sqlite3_column_int64(row, column),
        .before_at = sqlite3_column_int64(row, column + 1),
        .status = sqlite3_column_int(row, column + 2),
        .cause = sqlite3_column_int(row, column + 3),
        .icmp = sqlite3_column_int(row, column + 4),
        .judgement = judgement_of(sqlite3_column_int64(row, column + 5)),
    };
    take_address(row, column + 6, &change->address);
    change->protocol = take_text(query, row, column + 7);
    change->detail = take_text(query, row, column + 8);
}

static void take_pair(struct query *query, sqlite3_stmt *row, struct probe_pair_sum *pair)
{
    *pair = (struct probe_pair_sum){
        .id = sqlite3_column_int64(row, 0),
        .job = take_text(query, row, 1),
        .host = take_text(query, row, 2),
        .port = (uint16_t)sqlite3_column_int(row, 3),
        .transport = (uint8_t)sqlite3_column_int(row, 4),
        .before = -1,
        .before_cause = -1,
        .now = {.status = PROBE_STATUS_GONE, .icmp = -1, .judgement = EXPECTATION_UNDECIDED},
    };
}

static bool list_pairs(struct query *query, struct probe_pair_sums *sums, struct failure *why)
{
    sqlite3_stmt *row = query->statements[PAIRS];
    int result;

    database_bind_text(row, ":job", query->filter->job);
    while ((result = sqlite3_step(row)) == SQLITE_ROW && !query->lacks_memory) {
        struct probe_pair_sum *pair =
            grow((void **)&sums->items, &sums->count, &sums->capacity, sizeof(*pair));

        if (pair == NULL) {
            query->lacks_memory = true;
        } else {
            take_pair(query, row, pair);
        }
    }
    return end(query, row, result, why);
}

/* The result that is in force at the end of the time, and how often it changed in it. */
static bool read_outcomes(struct query *query, struct probe_pair_sum *pair, struct failure *why)
{
    sqlite3_stmt *row = query->statements[OUTCOMES];
    bool any = false;
    int result;

    database_bind(row, ":pair", pair->id);
    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        int64_t first_at = sqlite3_column_int64(row, 0);

        if (first_at > query->filter->until) {
            continue;
        }
        /* One that has a result before it is a change, also where that is not kept any more. */
        if (first_at >= query->filter->since && (any || sqlite3_column_int64(row, 1) != 0)) {
            pair->changes++;
        }
        if (any) {
            pair->before = pair->now.status;
            pair->before_cause = pair->now.cause;
        } else {
            pair->first_known = first_at;
        }
        clear_change(&pair->now);
        take_change(query, row, 0, &pair->now);
        pair->now.address.port = pair->port;
        any = true;
    }
    return end(query, row, result, why);
}

static bool read_answer(struct query *query, struct probe_pair_sum *pair, struct failure *why)
{
    sqlite3_stmt *row = query->statements[ANSWER];
    int result;

    database_bind(row, ":pair", pair->id);
    database_bind(row, ":until", query->filter->until);
    result = sqlite3_step(row);
    if (result == SQLITE_ROW) {
        pair->answer = take_text(query, row, 0);
        pair->answer_at = sqlite3_column_int64(row, 1);
    }
    return end(query, row, result, why);
}

/* The first hour of the day (UTC) of an hour. */
static int64_t day_before(int64_t hour)
{
    return hour - (hour % DAY_HOURS + DAY_HOURS) % DAY_HOURS;
}

static void bind_hours(struct query *query, sqlite3_stmt *row, int64_t pair)
{
    database_bind(row, ":pair", pair);
    database_bind(row, ":low", probe_hour(query->filter->since));
    database_bind(row, ":high", probe_hour(query->filter->until) + 1); /* see probe_writer.c */
}

/* Without them a port that failed would be one that nobody asked. */
static bool is_damaged(const struct probe_pair_sum *pair, struct failure *why)
{
    return FAIL(why, FAILURE_FORMAT, 0,
                "the ledger is damaged: what was found at %s, port %u, by job %s cannot be read",
                pair->host, (unsigned)pair->port, pair->job);
}

static bool add_samples(struct query *query, struct probe_pair_sum *pair, sqlite3_stmt *row,
                        struct failure *why)
{
    struct probe_sample_walk walk =
        probe_samples(sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1),
                      sqlite3_column_int64(row, 0));
    struct probe_sample sample;

    while (probe_sample_next(&walk, &sample)) {
        if (sample.at > query->filter->until || sample.at < query->filter->since) {
            continue;
        }
        pair->last_at = sample.at > pair->last_at ? sample.at : pair->last_at;
        if (!probe_sum_add(&query->sum, &sample, why)) {
            return false;
        }
    }
    return !walk.damaged || is_damaged(pair, why);
}

static bool read_timings(struct query *query, struct probe_pair_sum *pair, struct failure *why)
{
    sqlite3_stmt *row = query->statements[TIMINGS];
    bool ok = true;
    int result;

    probe_sum_reset(&query->sum);
    bind_hours(query, row, pair->id);
    while ((result = sqlite3_step(row)) == SQLITE_ROW && ok) {
        ok = add_samples(query, pair, row, why);
    }
    probe_sum_end(&query->sum);
    pair->figure = query->sum.figure;
    if (!ok) {
        sqlite3_reset(row);
        return false;
    }
    return end(query, row, result, why);
}

/* Whole days by their own figures: a year of hours is 24 times as much to read. */
static void bind_figures(struct query *query, sqlite3_stmt *row, int64_t pair)
{
    int64_t low = probe_hour(query->filter->since);
    int64_t high = probe_hour(query->filter->until);
    int64_t first_day = day_before(low + DAY_HOURS - 1);
    int64_t end_day = day_before(high + 1);

    if (first_day > end_day) { /* no whole one */
        first_day = end_day = high + 1;
    }
    database_bind(row, ":pair", pair);
    database_bind(row, ":low", low);
    database_bind(row, ":high", high);
    database_bind(row, ":first_day", first_day);
    database_bind(row, ":end_day", end_day);
}

static struct probe_figure figure_of(sqlite3_stmt *row)
{
    return (struct probe_figure){
        .asked = sqlite3_column_int64(row, 1),
        .listening = sqlite3_column_int64(row, 2),
        .unasked = sqlite3_column_int64(row, 3),
        .held = sqlite3_column_int64(row, 4),
        .undecided = sqlite3_column_int64(row, 5),
        .median = sqlite3_column_int64(row, 6),
        .p95 = sqlite3_column_int64(row, 7),
        .p99 = sqlite3_column_int64(row, 8),
        .slowest = sqlite3_column_int64(row, 9),
    };
}

/* A pair that was asked before the oldest result that is kept is known since then. */
static void note_folded(struct probe_pair_sum *pair, int64_t first, int64_t end)
{
    first *= PROBE_HOUR_MS;
    end *= PROBE_HOUR_MS;
    pair->folded_until = end > pair->folded_until ? end : pair->folded_until;
    if (pair->first_known == 0 || first < pair->first_known) {
        pair->first_known = first;
    }
}

static bool read_figures(struct query *query, struct probe_pair_sum *pair, struct failure *why)
{
    sqlite3_stmt *row = query->statements[FIGURES];
    bool ok;
    int result;

    probe_mix_reset(&query->mix);
    ok = probe_mix_add(&query->mix, &pair->figure, why);
    bind_figures(query, row, pair->id);
    while ((result = sqlite3_step(row)) == SQLITE_ROW && ok) {
        struct probe_figure figure = figure_of(row);

        note_folded(pair, sqlite3_column_int64(row, 10), sqlite3_column_int64(row, 0));
        ok = probe_mix_add(&query->mix, &figure, why);
    }
    if (!ok) {
        sqlite3_reset(row);
        return false;
    }
    probe_mix_end(&query->mix, &pair->figure);
    return end(query, row, result, why);
}

/* Of a time that ends before now the newest ask is the newest in it. */
static bool read_last_ask(struct query *query, struct probe_pair_sum *pair, struct failure *why)
{
    sqlite3_stmt *row = query->statements[LAST_ASK];
    int result;

    database_bind(row, ":pair", pair->id);
    result = sqlite3_step(row);
    if (result == SQLITE_ROW && sqlite3_column_int64(row, 0) <= query->filter->until) {
        pair->last_at = sqlite3_column_int64(row, 0);
    }
    return end(query, row, result, why);
}

static void clear_pair(struct probe_pair_sum *pair)
{
    free(pair->job);
    free(pair->host);
    free(pair->answer);
    clear_change(&pair->now);
}

/* Retention drops by number, the oldest first: behind the last that it took none is missing. */
static bool read_whole_from(struct query *query, int64_t *from, struct failure *why)
{
    sqlite3_stmt *row = query->statements[WHOLE_FROM];
    int result = sqlite3_step(row);

    *from = result == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    return end(query, row, result, why);
}

static bool read_list(struct query *query, void *out, struct failure *why)
{
    struct probe_pair_sums *sums = out;

    return list_pairs(query, sums, why) && read_whole_from(query, &sums->whole_from, why);
}

static bool read_pair(struct query *query, struct probe_pair_sum *pair, struct failure *why)
{
    return read_outcomes(query, pair, why) && read_answer(query, pair, why) &&
           read_timings(query, pair, why) && read_figures(query, pair, why) &&
           read_last_ask(query, pair, why);
}

/* Those that were not asked by then go. */
static void drop_unasked(struct probe_pair_sums *sums)
{
    size_t kept = 0;

    for (size_t i = 0; i < sums->count; i++) {
        if (sums->items[i].first_known == 0) {
            clear_pair(&sums->items[i]);
        } else {
            sums->items[kept++] = sums->items[i];
        }
    }
    sums->count = kept;
}

/* Pairs from a place on. */
struct reading {
    struct probe_pair_sums *sums;
    size_t next;
};

/* As many as there is time for: thousands of them would hold the writer's log for too long. */
static bool read_some(struct query *query, void *out, struct failure *why)
{
    struct reading *reading = out;
    int64_t end_at = clock_steady() + READ_MS;
    bool ok = true;

    do {
        ok = read_pair(query, &reading->sums->items[reading->next++], why);
    } while (ok && reading->next < reading->sums->count && clock_steady() < end_at);
    return ok;
}

bool probe_query_pairs(struct ledger *ledger, const struct probe_filter *filter,
                       struct probe_pair_sums *sums, struct failure *why)
{
    struct query query = {.ledger = ledger, .filter = filter};
    struct reading reading = {.sums = sums};
    bool ok = read_at_once(&query, read_list, sums, why);

    while (ok && reading.next < sums->count) {
        ok = read_at_once(&query, read_some, &reading, why);
    }
    finish(&query);
    drop_unasked(sums);
    return ok;
}

void probe_pair_sums_clear(struct probe_pair_sums *sums)
{
    for (size_t i = 0; i < sums->count; i++) {
        clear_pair(&sums->items[i]);
    }
    free(sums->items);
    *sums = (struct probe_pair_sums){0};
}

/*
 * Changes.
 */

static bool take_row(struct query *query, sqlite3_stmt *row, struct probe_change_rows *rows)
{
    struct probe_change_row *change =
        grow((void **)&rows->items, &rows->count, &rows->capacity, sizeof(*change));
    struct probe_pair_sum *pair =
        grow((void **)&rows->pairs.items, &rows->pairs.count, &rows->pairs.capacity, sizeof(*pair));

    if (change == NULL || pair == NULL) {
        return false;
    }
    take_pair(query, row, pair);
    change->before = sqlite3_column_int(row, 5);
    change->before_cause = sqlite3_column_int(row, 6);
    take_change(query, row, 7, &change->now);
    change->now.address.port = pair->port;
    change->asked_at = sqlite3_column_int64(row, 16);
    change->before_judgement = judgement_of(sqlite3_column_int64(row, 17));
    if (change->asked_at > query->filter->until) {
        change->asked_at = query->filter->until;
    }
    return true;
}

static bool read_changes(struct query *query, void *out, struct failure *why)
{
    struct probe_change_rows *rows = out;
    sqlite3_stmt *row = query->statements[CHANGES];
    int result;

    database_bind_text(row, ":job", query->filter->job);
    database_bind(row, ":since", query->filter->since);
    database_bind(row, ":until", query->filter->until);
    while ((result = sqlite3_step(row)) == SQLITE_ROW && !query->lacks_memory) {
        query->lacks_memory = !take_row(query, row, rows) || query->lacks_memory;
    }
    if (!end(query, row, result, why)) {
        return false;
    }
    for (size_t i = 0; i < rows->count; i++) { /* only now no item moves any more */
        rows->items[i].pair = &rows->pairs.items[i];
    }
    return read_whole_from(query, &rows->pairs.whole_from, why);
}

bool probe_query_changes(struct ledger *ledger, const struct probe_filter *filter,
                         struct probe_change_rows *rows, struct failure *why)
{
    return ask(ledger, filter, read_changes, rows, why);
}

void probe_change_rows_clear(struct probe_change_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        clear_change(&rows->items[i].now);
    }
    probe_pair_sums_clear(&rows->pairs);
    free(rows->items);
    *rows = (struct probe_change_rows){0};
}
