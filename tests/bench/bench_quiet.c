/* SPDX-License-Identifier: MIT */

/*
 * A day in which nothing changes, as the service keeps it: coverage, and a seal each minute.
 *
 *   bench_quiet MACHINE SECONDS FILE
 *
 * Prints what SECONDS of it would make in a day. The clock is clock_fake.c, so that seals come as
 * they do in a day; FILE is made anew.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/clock_fake.h"
#include "bench.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/ledger_writer.h"

enum {
    COMMIT_S = 5, /* between two commits of the service */
    WARM_UP_S = 600,
};

static struct failure why;

static void must(bool ok)
{
    bench_must(ok, &why);
}

/* Bytes that this process has given to write(); 0 where the system does not tell. */
static double bytes_written(void)
{
    FILE *file = fopen("/proc/self/io", "r");
    unsigned long long bytes = 0;
    char line[80];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "wchar: ", 7) == 0) {
            bytes = strtoull(line + 7, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return (double)bytes;
}

/* The same snapshot again, later: the writer takes its content away each time. */
static void add_same(struct ledger_writer *writer, const struct made_year *year,
                     struct snapshot *snapshot, int64_t second)
{
    must(made_year_snapshot(year, snapshot, &why));
    snapshot->taken_at += second * MADE_INTERVAL_MS;
    must(ledger_writer_add(writer, snapshot, &why));
}

static int64_t count_seals(const struct ledger_writer *writer)
{
    struct sealer_state state;

    ledger_writer_look_at_seals(writer, &state);
    return state.number + 1;
}

/* Of the ledger, with what is still in its log. */
static int64_t size_of_ledger(const char *path)
{
    sqlite3 *db;
    int64_t pages;
    int64_t page;

    must(database_open(&db, path, DATABASE_READ, &why));
    must(database_run_number(db, "PRAGMA page_count", 0, &pages, &why));
    must(database_run_number(db, "PRAGMA page_size", 0, &page, &why));
    database_close(db);
    return pages * page;
}

static void stay_quiet(const struct bench_order *order, struct ledger_writer *writer,
                       const struct made_year *year)
{
    struct snapshot snapshot = {0};
    int64_t seals;
    int64_t size;
    double bytes;
    double day = 86400.0 / (double)order->amount;

    add_same(writer, year, &snapshot, 0);
    must(ledger_writer_commit(writer, &why));
    size = size_of_ledger(order->path);
    seals = count_seals(writer);
    bytes = bytes_written();
    for (int64_t i = 1; i <= order->amount; i++) {
        add_same(writer, year, &snapshot, i);
        clock_fake_run(MADE_INTERVAL_MS);
        if (i % COMMIT_S == 0) {
            must(ledger_writer_commit(writer, &why));
        }
    }
    bytes = bytes_written() - bytes;
    bench_figure("sockets in a quiet sample", (double)snapshot.socket_count, "");
    bench_figure("seals in a quiet day", (double)(count_seals(writer) - seals) * day, "");
    bench_figure("growth in a quiet day", (double)(size_of_ledger(order->path) - size) * day,
                 "bytes");
    bench_figure("written in a quiet day", bytes * day, "bytes");
    snapshot_clear(&snapshot);
}

static void run(const struct bench_order *order)
{
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct made_year *year;
    struct made_sample sample;
    struct ledger_run run = {
        .program = "bench_ledger",
        .boot = {.id = "bench"},
        .started_at = MADE_BEGIN_AT,
        .interval = MADE_INTERVAL_MS,
    };

    remove(order->path);
    must(made_year_open(&year, order->machine, order->seed, &why));
    for (int i = 0; i < WARM_UP_S; i++) {
        must(made_year_tick(year, &sample, &why));
    }
    must(ledger_open(&ledger, order->path, LEDGER_WRITE, &why));
    must(ledger_writer_open(&writer, ledger, &run, &why));
    stay_quiet(order, writer, year);
    must(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &why));
    ledger_close(ledger);
    made_year_close(year);
}

int main(int argc, char **argv)
{
    int machine = argc > 3 ? made_machine_from_name(argv[1]) : -1;
    struct bench_order order;

    if (machine < 0) {
        fputs("usage: bench_quiet MACHINE SECONDS FILE\n", stderr);
        return 3;
    }
    order = (struct bench_order){
        .machine = (enum made_machine)machine,
        .amount = strtoll(argv[2], NULL, 10),
        .path = argv[3],
        .seed = 1,
    };
    clock_fake_set(MADE_BEGIN_AT);
    run(&order);
    return 0;
}
