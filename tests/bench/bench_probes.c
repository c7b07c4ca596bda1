/* SPDX-License-Identifier: MIT */

/*
 * What jobs cost in the ledger: so many pairs of target and port, each asked
 * once a minute, or in so many, for so many days; then all of it folded.
 * Usage: bench_probes PAIRS DAYS FILE [MINUTES]
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "store/ledger.h"
#include "store/ledger_writer.h"
#include "store/probe_query.h"
#include "store/retention.h"

#define MINUTE INT64_C(60000)
#define DAY INT64_C(86400000)
#define BEGIN (20000 * DAY)

enum { PORTS = 10, COMMIT_MINUTES = 5, PAIRS_MOST = 65536, ROOM = 16384 };

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    uint64_t random;
    int pairs;
    int minutes; /* from one ask to the next */
    int64_t asks;
} bench;

static void check(bool ok, const struct failure *why)
{
    if (!ok) {
        fprintf(stderr, "bench_probes: %s\n", why->text);
        exit(1);
    }
}

static unsigned draw(unsigned below)
{
    bench.random = bench.random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)(bench.random >> 33) % below;
}

/* One in 20,000 fails, for a while: about what a network does. */
static void ask(int pair, int64_t at)
{
    static int down[PAIRS_MOST];
    int number = pair / PORTS;
    char host[32];
    bool fails = down[pair] > 0 || draw(20000) == 0;
    struct outcome outcome = {
        .target = {.address = {10, 0, (uint8_t)(number >> 8), (uint8_t)number}, .address_size = 4},
        .port = (uint16_t)(400 + pair % PORTS),
        .transport = PROBE_TCP,
        .protocol = "ldap",
        .status = fails ? PROBE_FILTERED : PROBE_LISTENING,
        .cause = fails ? PROBE_TIMEOUT : PROBE_ANSWERED,
        .timings = {.connect = fails ? -1 : 300 + (int64_t)draw(4000), .reply = -1},
        .started_at = at + draw(400),
    };

    down[pair] = down[pair] > 0 ? down[pair] - 1 : (fails ? (int)draw(30) : 0);
    snprintf(host, sizeof(host), "server%d.example.com", number);
    outcome.host = host;
    outcome.target.port = outcome.port;
    probe_writer_add(ledger_writer_probes(bench.writer),
                     probe_fact_of_outcome("every server", &outcome,
                                           fails ? EXPECTATION_NOT_HELD : EXPECTATION_HELD, NULL));
    bench.asks++;
}

/* Before what waits has no room any more. */
static void commit(int64_t at)
{
    struct failure why;

    snapshot_reset(&bench.snapshot);
    bench.snapshot.taken_at = at;
    check(ledger_writer_add(bench.writer, &bench.snapshot, &why), &why);
    do {
        check(ledger_writer_commit(bench.writer, &why), &why);
    } while (probe_writer_waits(ledger_writer_probes(bench.writer)));
}

static void run_minute(int64_t at)
{
    struct probe_run run = {.due_at = at,
                            .last_due = at,
                            .runs = 1,
                            .result = PROBE_RUN_DONE,
                            .began_at = at + 2,
                            .lasted = 400,
                            .held = bench.pairs};

    for (int i = 0; i < bench.pairs; i++) {
        ask(i, at);
        if (i % ROOM == ROOM - 1) {
            commit(at);
        }
    }
    probe_writer_add(ledger_writer_probes(bench.writer),
                     probe_fact_of_run("every server", &run, NULL));
}

static void write_days(int days)
{
    int64_t began = clock_steady();

    for (int64_t minute = 0; minute < (int64_t)days * 1440; minute++) {
        if (minute % bench.minutes == 0) {
            run_minute(BEGIN + minute * MINUTE);
        }
        if (minute % COMMIT_MINUTES == COMMIT_MINUTES - 1) {
            commit(BEGIN + minute * MINUTE + 1000);
        }
    }
    printf("asks stored                  %12" PRId64 "\n", bench.asks);
    printf("asks in a second             %12.0f\n",
           1000.0 * (double)bench.asks / (double)(clock_steady() - began + 1));
}

static void fold(int days)
{
    struct retention_limits limits = {DAY, INT64_C(1) << 60, 4000 * DAY};
    struct retention *retention;
    struct failure why;
    bool more = true;

    check(retention_open(&retention, bench.ledger, &limits, &why), &why);
    while (more) {
        check(retention_work(retention, BEGIN + (days + 2) * DAY, 1000, &more, &why), &why);
    }
    printf("longest lock, ms             %12" PRId64 "\n", retention_longest_lock(retention));
    retention_close(retention);
}

static void tell_size(const char *what, const char *path, int days)
{
    double bytes = (double)file_size(path);

    printf("%-28s %12.0f bytes, %.2f an ask, %.0f MB a year of that\n", what, bytes,
           bytes / (double)bench.asks, bytes * 365 / days / 1e6);
}

/* CPU time: what a loaded machine does besides does not count. */
static void query(const char *path, int days)
{
    struct probe_filter filter = {NULL, BEGIN, BEGIN + days * DAY};
    struct probe_pair_sums sums = {0};
    struct ledger *ledger;
    struct failure why;
    clock_t began = clock();

    check(ledger_open(&ledger, path, LEDGER_READ, &why), &why);
    check(probe_query_pairs(ledger, &filter, &sums, &why), &why);
    printf("query of all, ms of CPU      %12.1f for %zu pairs\n",
           1000.0 * (double)(clock() - began) / CLOCKS_PER_SEC, sums.count);
    probe_pair_sums_clear(&sums);
    ledger_close(ledger);
}

int main(int argc, char **argv)
{
    struct ledger_run run = {.program = "bench", .boot = {.id = "boot"}, .interval = 5 * MINUTE};
    int days = argc >= 4 ? (int)strtol(argv[2], NULL, 10) : 0;
    struct failure why;

    bench.pairs = argc >= 4 ? (int)strtol(argv[1], NULL, 10) : 0;
    bench.minutes = argc >= 5 ? (int)strtol(argv[4], NULL, 10) : 1;
    if (bench.pairs < 1 || bench.pairs > PAIRS_MOST || days < 1 || bench.minutes < 1) {
        fputs("Usage: bench_probes PAIRS DAYS FILE [MINUTES]\n", stderr);
        return 3;
    }
    check(ledger_open(&bench.ledger, argv[3], LEDGER_WRITE, &why), &why);
    check(ledger_writer_open(&bench.writer, bench.ledger, &run, &why), &why);
    write_days(days);
    tell_size("before folding", argv[3], days);
    query(argv[3], days);
    /* What is old is told by a stretch that ended. */
    check(ledger_writer_gap(bench.writer, LEDGER_GAP_PAUSED, &why), &why);
    commit(BEGIN + (days + 2) * DAY);
    fold(days);
    check(ledger_writer_close(bench.writer, LEDGER_GAP_STOPPED, &why), &why);
    ledger_close(bench.ledger);
    tell_size("after folding", argv[3], days);
    query(argv[3], days);
    snapshot_clear(&bench.snapshot);
    return 0;
}
