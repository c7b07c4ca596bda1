/* SPDX-License-Identifier: MIT */

/*
 * The plain design: one row for each socket and poll, with an index on the
 * time. Filled with the same seconds as a ledger, in the same commits, and
 * asked the same question.
 */

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "bench.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"

enum {
    COMMIT_S = 5,
    WARM_UP_S = 36000, /* until as many sockets are there as there are mostly */
    QUESTIONS = 100,
};

static const char plain_table[] =
    "CREATE TABLE poll (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, protocol INTEGER NOT NULL,"
    " state INTEGER NOT NULL, local_address BLOB NOT NULL, local_port INTEGER NOT NULL,"
    " remote_address BLOB, remote_port INTEGER, pid INTEGER NOT NULL, program TEXT) STRICT";

static const char *const plain_setup[] = {
    "PRAGMA journal_mode = WAL",         "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -8192",         plain_table,
    "CREATE INDEX poll_at ON poll (at)",
};

static const char plain_add[] =
    "INSERT INTO poll (at, protocol, state, local_address, local_port, remote_address,"
    " remote_port, pid, program) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

static const char plain_ask[] = "SELECT protocol, state, local_address, local_port, remote_address,"
                                " remote_port, pid, program FROM poll WHERE at = ?1";

static struct plain {
    sqlite3 *db;
    sqlite3_stmt *add;
    sqlite3_stmt *ask;
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct made_year *year;
    struct snapshot snapshot;
    struct text path;
    int64_t first_at;
    int64_t last_at;
    int64_t plain_time; /* milliseconds */
    int64_t ledger_time;
    struct failure why;
} plain;

static void must(bool ok)
{
    bench_must(ok, &plain.why);
}

static void open_both(const struct bench_order *order)
{
    struct ledger_run run = {
        .program = "bench_ledger",
        .boot = {.id = "bench"},
        .started_at = MADE_BEGIN_AT,
        .interval = MADE_INTERVAL_MS,
    };

    text_addf(&plain.path, "%s-plain", order->path);
    must(text_ok(&plain.path, &plain.why));
    remove(order->path);
    remove(text_bytes(&plain.path));
    must(ledger_open(&plain.ledger, order->path, LEDGER_WRITE, &plain.why));
    must(ledger_writer_open(&plain.writer, plain.ledger, &run, &plain.why));
    must(database_open(&plain.db, text_bytes(&plain.path), DATABASE_WRITE, &plain.why));
    for (size_t i = 0; i < sizeof(plain_setup) / sizeof(plain_setup[0]); i++) {
        must(database_run(plain.db, plain_setup[i], &plain.why));
    }
    must(database_prepare(plain.db, plain_add, &plain.add, &plain.why));
    must(database_prepare(plain.db, plain_ask, &plain.ask, &plain.why));
}

static void bind_end(int place, const struct socket_endpoint *end)
{
    if (end->address_size == 0) {
        sqlite3_bind_null(plain.add, place);
        sqlite3_bind_null(plain.add, place + 1);
        return;
    }
    sqlite3_bind_blob(plain.add, place, end->address, end->address_size, SQLITE_STATIC);
    sqlite3_bind_int(plain.add, place + 1, end->port);
}

static void add_row(const struct socket_row *row)
{
    sqlite3_bind_int64(plain.add, 1, plain.snapshot.taken_at);
    sqlite3_bind_int(plain.add, 2, row->protocol);
    sqlite3_bind_int(plain.add, 3, row->state);
    bind_end(4, &row->local);
    bind_end(6, &row->remote);
    sqlite3_bind_int64(plain.add, 8, row->pid);
    sqlite3_bind_text(plain.add, 9, plain.snapshot.processes[row->owner]->name, -1, SQLITE_STATIC);
    must(database_finish(plain.db, plain.add, "adding a row", &plain.why));
}

/* The samples of one commit, into both. The ledger's writer takes the content away, so it is last.
 */
static void take_second(bool begin, bool commit)
{
    struct made_sample sample;
    int64_t began;

    must(made_year_tick(plain.year, &sample, &plain.why));
    must(made_year_snapshot(plain.year, &plain.snapshot, &plain.why));
    plain.last_at = plain.snapshot.taken_at;
    began = clock_steady();
    must(!begin || database_run(plain.db, "BEGIN", &plain.why));
    for (size_t i = 0; i < plain.snapshot.socket_count; i++) {
        add_row(&plain.snapshot.sockets[i]);
    }
    must(!commit || database_run(plain.db, "COMMIT", &plain.why));
    plain.plain_time += clock_steady() - began;
    began = clock_steady();
    must(ledger_writer_add(plain.writer, &plain.snapshot, &plain.why));
    must(!commit || ledger_writer_commit(plain.writer, &plain.why));
    plain.ledger_time += clock_steady() - began;
}

static void fill_both(const struct bench_order *order)
{
    struct made_sample sample;
    int64_t seconds = order->amount / COMMIT_S * COMMIT_S;

    must(made_year_open(&plain.year, order->machine, order->seed, &plain.why));
    for (int i = 0; i < WARM_UP_S; i++) {
        must(made_year_tick(plain.year, &sample, &plain.why));
    }
    plain.first_at = sample.at + MADE_INTERVAL_MS;
    for (int64_t i = 0; i < seconds; i++) {
        take_second(i % COMMIT_S == 0, i % COMMIT_S == COMMIT_S - 1);
    }
    made_year_close(plain.year);
}

static int64_t moment_of(int question)
{
    int64_t seconds = (plain.last_at - plain.first_at) / MADE_INTERVAL_MS;

    return plain.first_at + seconds * question / QUESTIONS * MADE_INTERVAL_MS;
}

static void ask_plain(void)
{
    int64_t began = clock_steady();
    int64_t rows = 0;

    for (int i = 0; i < QUESTIONS; i++) {
        int result;

        sqlite3_bind_int64(plain.ask, 1, moment_of(i));
        while ((result = sqlite3_step(plain.ask)) == SQLITE_ROW) {
            rows++;
        }
        must(database_end(plain.db, plain.ask, result, "asking", &plain.why));
    }
    bench_figure("plain: sockets in a state", (double)rows / QUESTIONS, "");
    bench_figure("plain: state", (double)(clock_steady() - began) / QUESTIONS, "ms");
}

static void ask_ledger(void)
{
    struct ledger_moments moments;
    int64_t began = clock_steady();

    for (int i = 0; i < QUESTIONS; i++) {
        must(ledger_find_moments(plain.ledger, moment_of(i), &moments, &plain.why));
        must(moments.count == 1);
        must(ledger_state(plain.ledger, &moments.moments[0], 0, &plain.snapshot, &plain.why));
    }
    bench_figure("ledger: state", (double)(clock_steady() - began) / QUESTIONS, "ms");
}

static void close_both(const struct bench_order *order)
{
    must(ledger_writer_close(plain.writer, LEDGER_GAP_STOPPED, &plain.why));
    ledger_close(plain.ledger);
    sqlite3_finalize(plain.add);
    sqlite3_finalize(plain.ask);
    database_close(plain.db);
    bench_figure("plain: size", (double)file_size(text_bytes(&plain.path)), "bytes");
    bench_figure("ledger: size", (double)file_size(order->path), "bytes");
    remove(text_bytes(&plain.path));
    text_clear(&plain.path);
    snapshot_clear(&plain.snapshot);
}

void bench_plain(const struct bench_order *order)
{
    open_both(order);
    fill_both(order);
    bench_figure("plain: a second", (double)plain.plain_time / (double)order->amount, "ms");
    bench_figure("ledger: a second", (double)plain.ledger_time / (double)order->amount, "ms");
    ask_plain();
    ask_ledger();
    close_both(order);
}
