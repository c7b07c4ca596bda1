/* SPDX-License-Identifier: MIT */

#include "store/probe_writer.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/probe_samples.h"

enum { MOST_AT_ONCE = 16384 }; /* facts in a transaction */

/* All SQL of this module. */
enum statement {
    ADD_JOB,
    FIND_JOB,
    ADD_PAIR,
    FIND_PAIR,
    ADD_RUN,
    FIND_OUTCOME,
    ADD_OUTCOME,
    FIND_ANSWER,
    ADD_ANSWER,
    FIND_NOW,
    SET_NOW,
    KEEP_HOURS,
    EMPTY_HOURS,
    HANDLED,
    STATEMENT_COUNT,
};

static const char *const statement_sql[STATEMENT_COUNT] = {
    [ADD_JOB] = "INSERT OR IGNORE INTO job (name) VALUES (:name)",
    [FIND_JOB] = "SELECT id FROM job WHERE name = :name",
    [ADD_PAIR] = "INSERT OR IGNORE INTO pair (job, host, port, transport)"
                 " VALUES (:job, :host, :port, :transport)",
    [FIND_PAIR] = "SELECT id FROM pair WHERE job = :job AND host = :host AND port = :port"
                  " AND transport = :transport",
    [ADD_RUN] =
        "INSERT INTO job_run (job, due_at, last_due, runs, result, reason, began_at, lasted,"
        "                     held, not_held, undecided, detail)"
        " VALUES (:job, :due_at, :last_due, :runs, :result, :reason, :began_at, :lasted,"
        "         :held, :not_held, :undecided, :detail)",
    [FIND_OUTCOME] = "SELECT status, cause, coalesce(icmp, -1), judgement FROM outcome"
                     " WHERE pair = :pair ORDER BY id DESC LIMIT 1",
    [ADD_OUTCOME] =
        "INSERT INTO outcome (pair, first_at, before_at, status, cause, icmp, judgement,"
        "                     address, protocol, detail)"
        " VALUES (:pair, :first_at, :before_at, :status, :cause, :icmp, :judgement,"
        "         :address, :protocol, :detail)",
    [FIND_ANSWER] = "SELECT facts FROM answer WHERE pair = :pair ORDER BY id DESC LIMIT 1",
    [ADD_ANSWER] = "INSERT INTO answer (pair, at, facts) VALUES (:pair, :at, :facts)",
    [FIND_NOW] = "SELECT hour, last_at, samples FROM timing_now WHERE pair = :pair",
    [SET_NOW] = "INSERT INTO timing_now (pair, hour, last_at, samples)"
                " VALUES (:pair, :hour, :last_at, :samples) ON CONFLICT (pair) DO UPDATE SET"
                " hour = excluded.hour, last_at = excluded.last_at, samples = excluded.samples",

    /* The row itself stays: it tells when the pair was asked last. */
    [KEEP_HOURS] = "INSERT INTO timing (pair, hour, samples) SELECT pair, hour, samples"
                   " FROM timing_now WHERE hour <> :hour AND length(samples) > 0 ORDER BY pair",
    [EMPTY_HOURS] = "UPDATE timing_now SET samples = x'' WHERE hour <> :hour"
                    " AND length(samples) > 0",

    /*
     * The newest row, not the latest time: the clock may have been ahead. Retention has made those
     * that are of several runs that took place.
     */
    [HANDLED] = "SELECT coalesce(last_due, due_at) FROM job_run WHERE id ="
                " (SELECT max(id) FROM job_run"
                "  WHERE job = (SELECT id FROM job WHERE name = :name)"
                "  AND NOT (result = 1 AND runs > 1))",
};

struct probe_writer {
    struct ledger *ledger;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct probe_facts facts;
    size_t written; /* of them, in the transaction that is open */
    int64_t hour;   /* of the newest ask; INT64_MIN: not told */
    int64_t hour_before;
    uint8_t *samples; /* of a pair, in the making */
    size_t capacity;
};

void probe_writer_close(struct probe_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    database_finalize_all(writer->statements, STATEMENT_COUNT);
    probe_facts_clear(&writer->facts);
    free(writer->samples);
    free(writer);
}

bool probe_writer_open(struct probe_writer **out, struct ledger *ledger, struct failure *why)
{
    struct probe_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the jobs");
    }
    writer->ledger = ledger;
    writer->hour = writer->hour_before = INT64_MIN;
    if (!database_prepare_all(ledger->db, statement_sql, STATEMENT_COUNT, writer->statements,
                              why)) {
        probe_writer_close(writer);
        return ledger_name_failure(ledger, why);
    }
    *out = writer;
    return true;
}

void probe_writer_add(struct probe_writer *writer, struct probe_fact *fact)
{
    (void)probe_facts_add(&writer->facts, fact);
}

size_t probe_writer_lost(const struct probe_writer *writer)
{
    return writer->facts.lost;
}

bool probe_writer_waits(const struct probe_writer *writer)
{
    return writer->facts.first != NULL;
}

/* The number that a bound statement finds; 0 where there is none. */
static bool find(struct probe_writer *writer, enum statement which, int64_t *id,
                 struct failure *why)
{
    sqlite3_stmt *statement = writer->statements[which];
    int result = sqlite3_step(statement);

    *id = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    return database_end(writer->ledger->db, statement, result, "looking a job up", why);
}

static bool run(struct probe_writer *writer, enum statement which, struct failure *why)
{
    return database_finish(writer->ledger->db, writer->statements[which], "storing a job", why);
}

static bool find_job(struct probe_writer *writer, const char *name, int64_t *id,
                     struct failure *why)
{
    database_bind_text(writer->statements[FIND_JOB], ":name", name);
    if (!find(writer, FIND_JOB, id, why) || *id != 0) {
        return *id != 0;
    }
    database_bind_text(writer->statements[ADD_JOB], ":name", name);
    if (!run(writer, ADD_JOB, why)) {
        return false;
    }
    *id = sqlite3_last_insert_rowid(writer->ledger->db);
    return true;
}

static void bind_pair(sqlite3_stmt *statement, int64_t job, const struct probe_ask *ask)
{
    database_bind(statement, ":job", job);
    database_bind_text(statement, ":host", ask->host);
    database_bind(statement, ":port", ask->port);
    database_bind(statement, ":transport", ask->transport);
}

static bool find_pair(struct probe_writer *writer, const struct probe_fact *fact, int64_t *id,
                      struct failure *why)
{
    int64_t job;

    if (!find_job(writer, fact->job, &job, why)) {
        return false;
    }
    bind_pair(writer->statements[FIND_PAIR], job, &fact->ask);
    if (!find(writer, FIND_PAIR, id, why) || *id != 0) {
        return *id != 0;
    }
    bind_pair(writer->statements[ADD_PAIR], job, &fact->ask);
    if (!run(writer, ADD_PAIR, why)) {
        return false;
    }
    *id = sqlite3_last_insert_rowid(writer->ledger->db);
    return true;
}

/*
 * Runs.
 */

static void bind_some(sqlite3_stmt *statement, const char *name, bool known, int64_t value)
{
    if (known) {
        database_bind(statement, name, value);
    } else {
        database_bind_null(statement, name);
    }
}

static bool write_run(struct probe_writer *writer, const struct probe_fact *fact,
                      struct failure *why)
{
    const struct probe_run *was = &fact->run;
    sqlite3_stmt *add = writer->statements[ADD_RUN];
    int64_t job;

    if (!find_job(writer, fact->job, &job, why)) {
        return false;
    }
    database_bind(add, ":job", job);
    database_bind(add, ":due_at", was->due_at);
    bind_some(add, ":last_due", was->runs > 1, was->last_due);
    database_bind(add, ":runs", was->runs);
    database_bind(add, ":result", was->result);
    database_bind(add, ":reason", was->reason);
    bind_some(add, ":began_at", was->began_at != 0, was->began_at);
    bind_some(add, ":lasted", was->began_at != 0, was->lasted);
    database_bind(add, ":held", was->held);
    database_bind(add, ":not_held", was->not_held);
    database_bind(add, ":undecided", was->undecided);
    database_bind_text(add, ":detail", fact->detail);
    return run(writer, ADD_RUN, why);
}

/*
 * Timings.
 */

static bool reserve(struct probe_writer *writer, size_t size, struct failure *why)
{
    uint8_t *samples;

    if (size <= writer->capacity) {
        return true;
    }
    samples = realloc(writer->samples, size * 2);
    if (samples == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for timings");
    }
    writer->samples = samples;
    writer->capacity = size * 2;
    return true;
}

/* An hour that is over is written down for good, and can be sealed. */
static bool end_hours(struct probe_writer *writer, int64_t hour, struct failure *why)
{
    if (hour == writer->hour) {
        return true;
    }
    writer->hour = hour;
    database_bind(writer->statements[KEEP_HOURS], ":hour", hour);
    database_bind(writer->statements[EMPTY_HOURS], ":hour", hour);
    return run(writer, KEEP_HOURS, why) && run(writer, EMPTY_HOURS, why);
}

/* The samples of the hour so far, into writer->samples. */
struct hour_so_far {
    int64_t last_at; /* the newest ask of all; INT64_MIN: there was none */
    size_t size;
    int64_t at; /* of the last sample of this hour, or the hour's beginning */
};

static bool read_now(struct probe_writer *writer, int64_t pair, int64_t hour,
                     struct hour_so_far *now, struct failure *why)
{
    sqlite3_stmt *find_now = writer->statements[FIND_NOW];
    int result;
    bool ok = true;

    *now = (struct hour_so_far){.last_at = INT64_MIN, .at = hour * PROBE_HOUR_MS};
    database_bind(find_now, ":pair", pair);
    result = sqlite3_step(find_now);
    if (result == SQLITE_ROW) {
        int size = sqlite3_column_bytes(find_now, 2);
        const void *bytes = sqlite3_column_blob(find_now, 2);

        now->last_at = sqlite3_column_int64(find_now, 1);
        if (sqlite3_column_int64(find_now, 0) == hour && size > 0) {
            ok = reserve(writer, (size_t)size, why);
            if (ok) {
                memcpy(writer->samples, bytes, (size_t)size);
                now->size = (size_t)size;
                now->at = now->last_at;
            }
        }
    }
    return database_end(writer->ledger->db, find_now, result, "reading timings", why) && ok;
}

/* An ask that began shortly before the hour ended, and is told after, goes into the new one. */
static int64_t hour_of(const struct probe_writer *writer, int64_t at)
{
    int64_t hour = probe_hour(at);

    return writer->hour != INT64_MIN && hour == writer->hour - 1 ? writer->hour : hour;
}

static bool add_sample(struct probe_writer *writer, int64_t pair, const struct probe_ask *ask,
                       int64_t *last_at, struct failure *why)
{
    sqlite3_stmt *set = writer->statements[SET_NOW];
    struct probe_sample sample = {ask->at, ask->us, (uint8_t)ask->status, (uint8_t)ask->judgement};
    int64_t hour = hour_of(writer, ask->at);
    struct hour_so_far now;

    if (!end_hours(writer, hour, why) || !read_now(writer, pair, hour, &now, why) ||
        !reserve(writer, now.size + PROBE_SAMPLE_BYTES, why)) {
        return false;
    }
    now.size += probe_sample_put(writer->samples + now.size, now.at, &sample);
    *last_at = now.last_at;
    database_bind(set, ":pair", pair);
    database_bind(set, ":hour", hour);
    database_bind(set, ":last_at", ask->at);
    database_bind_bytes(set, ":samples", writer->samples, (int)now.size);
    return run(writer, SET_NOW, why);
}

/*
 * Outcomes and answers, where they changed.
 */

static bool is_new(struct probe_writer *writer, int64_t pair, const struct probe_ask *ask,
                   bool *differs, struct failure *why)
{
    sqlite3_stmt *last = writer->statements[FIND_OUTCOME];
    int result;

    database_bind(last, ":pair", pair);
    result = sqlite3_step(last);
    *differs = result != SQLITE_ROW || sqlite3_column_int(last, 0) != (int)ask->status ||
               sqlite3_column_int(last, 1) != (int)ask->cause ||
               sqlite3_column_int(last, 2) != ask->icmp ||
               sqlite3_column_int(last, 3) != (int)ask->judgement;
    return database_end(writer->ledger->db, last, result, "reading an outcome", why);
}

static int pack_address(uint8_t bytes[20], const struct socket_endpoint *end)
{
    memcpy(bytes, end->address, sizeof(end->address));
    if (end->address_size != 16 || end->scope_id == 0) {
        return end->address_size;
    }
    for (int i = 0; i < 4; i++) {
        bytes[16 + i] = (uint8_t)(end->scope_id >> (24 - 8 * i));
    }
    return 20;
}

static bool add_outcome(struct probe_writer *writer, int64_t pair, const struct probe_fact *fact,
                        int64_t last_at, struct failure *why)
{
    const struct probe_ask *ask = &fact->ask;
    sqlite3_stmt *add = writer->statements[ADD_OUTCOME];
    uint8_t address[20];
    int size = pack_address(address, &ask->address);

    database_bind(add, ":pair", pair);
    database_bind(add, ":first_at", ask->at);
    bind_some(add, ":before_at", last_at != INT64_MIN, last_at);
    database_bind(add, ":status", ask->status);
    database_bind(add, ":cause", ask->cause);
    bind_some(add, ":icmp", ask->icmp >= 0, ask->icmp);
    database_bind(add, ":judgement", ask->judgement);
    database_bind_bytes(add, ":address", size == 0 ? NULL : address, size);
    database_bind_text(add, ":protocol", ask->protocol);
    database_bind_text(add, ":detail", fact->detail);
    return run(writer, ADD_OUTCOME, why);
}

static bool add_answer(struct probe_writer *writer, int64_t pair, const struct probe_ask *ask,
                       struct failure *why)
{
    sqlite3_stmt *last = writer->statements[FIND_ANSWER];
    sqlite3_stmt *add = writer->statements[ADD_ANSWER];
    bool same;
    int result;

    if (ask->answer == NULL) {
        return true;
    }
    database_bind(last, ":pair", pair);
    result = sqlite3_step(last);
    same = result == SQLITE_ROW && strcmp(database_column_text(last, 0), ask->answer) == 0;
    if (!database_end(writer->ledger->db, last, result, "reading an answer", why) || same) {
        return same;
    }
    database_bind(add, ":pair", pair);
    database_bind(add, ":at", ask->at);
    database_bind_text(add, ":facts", ask->answer);
    return run(writer, ADD_ANSWER, why);
}

static bool write_ask(struct probe_writer *writer, const struct probe_fact *fact,
                      struct failure *why)
{
    int64_t pair;
    int64_t last_at;
    bool differs;

    return find_pair(writer, fact, &pair, why) &&
           add_sample(writer, pair, &fact->ask, &last_at, why) &&
           is_new(writer, pair, &fact->ask, &differs, why) &&
           (!differs || add_outcome(writer, pair, fact, last_at, why)) &&
           add_answer(writer, pair, &fact->ask, why);
}

bool probe_writer_write(struct probe_writer *writer, struct failure *why)
{
    const struct probe_fact *fact = writer->facts.first;

    writer->hour_before = writer->hour;
    for (writer->written = 0; fact != NULL && writer->written < MOST_AT_ONCE; fact = fact->next) {
        if (!(fact->is_run ? write_run : write_ask)(writer, fact, why)) {
            return false;
        }
        writer->written++;
    }
    return true;
}

void probe_writer_settle(struct probe_writer *writer, bool committed)
{
    for (; committed && writer->written > 0; writer->written--) {
        probe_fact_free(probe_facts_take(&writer->facts));
    }
    if (!committed) {
        writer->hour = writer->hour_before;
    }
    writer->written = 0;
}

bool probe_writer_handled(struct probe_writer *writer, const char *job, int64_t *handled,
                          struct failure *why)
{
    sqlite3_stmt *last = writer->statements[HANDLED];
    int result;

    database_bind_text(last, ":name", job);
    result = sqlite3_step(last);
    *handled = result == SQLITE_ROW && sqlite3_column_type(last, 0) != SQLITE_NULL
                   ? sqlite3_column_int64(last, 0)
                   : INT64_MIN;
    return database_end(writer->ledger->db, last, result, "looking for the newest run", why) ||
           ledger_name_failure(writer->ledger, why);
}
