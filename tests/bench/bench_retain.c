/* SPDX-License-Identifier: MIT */

/* Retention of a ledger that bench_write() has made. */

#include <stdio.h>

#include "base/clock.h"
#include "bench.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/ledger_handle.h"
#include "store/ledger_query.h"
#include "store/retention.h"

enum { BUDGET_MS = 20 };

#define DAY_MS INT64_C(86400000)
#define FOREVER (INT64_C(36500) * DAY_MS)

static struct retainer {
    struct ledger *ledger;
    struct ledger_summary summary;
    struct failure why;
} retainer;

static void must(bool ok)
{
    bench_must(ok, &retainer.why);
}

static int64_t number(const char *sql)
{
    int64_t value;

    must(database_run_number(retainer.ledger->db, sql, 0, &value, &retainer.why));
    return value;
}

static void print(const char *how, const char *what, double value, const char *unit)
{
    char line[80];

    snprintf(line, sizeof(line), "by %s%s", how, what);
    bench_figure(line, value, unit);
}

/* Until there is nothing more to do. */
static void retain(const char *how, const struct retention_limits *limits)
{
    struct retention *retention = NULL;
    int64_t rows = number("SELECT sum(rows) FROM dropped WHERE what = 1");
    int64_t profile = number("SELECT max(id) FROM profile");
    int64_t began = clock_steady();
    int64_t longest_turn = 0;
    bool more = true;

    must(retention_open(&retention, retainer.ledger, limits, &retainer.why));
    while (more) {
        int64_t turn = clock_steady();

        must(retention_work(retention, retainer.summary.last_sample_at, BUDGET_MS, &more,
                            &retainer.why));
        turn = clock_steady() - turn;
        longest_turn = turn > longest_turn ? turn : longest_turn;
    }
    began = clock_steady() - began;
    rows = number("SELECT sum(rows) FROM dropped WHERE what = 1") - rows;
    profile = number("SELECT max(id) FROM profile") - profile;
    print(how, "", (double)rows * 1000 / (double)(began + 1), "intervals/s");
    print(how, ", dropped", (double)rows, "intervals");
    print(how, ", write lock held, longest", (double)retention_longest_lock(retention), "ms");
    print(how, ", longest turn", (double)longest_turn, "ms");
    print(how, ", profile rows of 1000", (double)profile * 1000 / (double)(rows + 1), "");
    retention_close(retention);
}

void bench_retain(const struct bench_order *order)
{
    struct retention_limits limits = {.max_size = INT64_C(1) << 50, .keep_profile = FOREVER};
    int64_t bytes;

    must(ledger_open(&retainer.ledger, order->path, LEDGER_WRITE, &retainer.why));
    must(ledger_summarize(retainer.ledger, &retainer.summary, &retainer.why));
    limits.keep =
        retainer.summary.last_sample_at - retainer.summary.first_sample_at - order->amount * DAY_MS;
    retain("age", &limits);
    bytes = number("PRAGMA page_count") * number("PRAGMA page_size");
    limits.keep = FOREVER;
    limits.max_size = bytes - bytes / 8;
    retain("size", &limits);
    ledger_close(retainer.ledger);
}
