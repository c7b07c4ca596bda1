/* SPDX-License-Identifier: MIT */

/* Questions to a ledger that bench_write() has made. */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "bench.h"
#include "collector/snapshot.h"
#include "collector/snapshot_diff.h"
#include "store/ledger.h"
#include "store/ledger_query.h"

enum {
    QUESTIONS = 100,
    REPEATS = 4, /* the clock counts milliseconds, so a question is asked several times */
};

#define MONTH_MS (INT64_C(30) * 86400 * 1000)

static struct asker {
    struct ledger *ledger;
    struct ledger_summary summary;
    struct snapshot snapshot;
    struct snapshot other;
    struct snapshot_diff diff;
    uint64_t random;
    struct failure why;
} asker;

static void must(bool ok)
{
    bench_must(ok, &asker.why);
}

static int64_t draw(int64_t limit)
{
    asker.random = asker.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((asker.random >> 20) % (uint64_t)limit);
}

/* A moment that was watched: a desktop sleeps most of the year. */
static void draw_moment(struct ledger_moment *moment)
{
    struct ledger_moments moments = {0};
    int64_t first = asker.summary.first_sample_at;

    while (moments.count == 0) {
        must(ledger_find_moments(asker.ledger, first + draw(asker.summary.last_sample_at - first),
                                 &moments, &asker.why));
    }
    *moment = moments.moments[0];
}

static void read_state(const struct ledger_moment *moment, struct snapshot *snapshot)
{
    must(ledger_state(asker.ledger, moment, 0, snapshot, &asker.why));
}

/* Whoever runs this may have dropped the file from the system's memory before. */
static void ask_first(void)
{
    struct ledger_moment moment;
    int64_t began = clock_steady();

    draw_moment(&moment);
    read_state(&moment, &asker.snapshot);
    bench_figure("first state", (double)(clock_steady() - began), "ms");
}

/* Once unmeasured, so that nothing comes from the disk: the ledger's own part. */
static void ask_for_states(void)
{
    double times[QUESTIONS];
    size_t sockets = 0;

    for (int i = 0; i < QUESTIONS; i++) {
        struct ledger_moment moment;
        int64_t began;

        draw_moment(&moment);
        read_state(&moment, &asker.snapshot);
        began = clock_steady();
        for (int k = 0; k < REPEATS; k++) {
            read_state(&moment, &asker.snapshot);
        }
        times[i] = (double)(clock_steady() - began) / REPEATS;
        sockets += asker.snapshot.socket_count;
    }
    bench_figure("sockets in a state", (double)sockets / QUESTIONS, "");
    bench_times("state, asked again", times, QUESTIONS);
}

/* Each moment is new to it: what was not read before comes from the file. */
static void ask_for_new_states(void)
{
    double times[QUESTIONS];

    for (int i = 0; i < QUESTIONS; i++) {
        struct ledger_moment moment;
        int64_t began = clock_steady();

        draw_moment(&moment);
        read_state(&moment, &asker.snapshot);
        times[i] = (double)(clock_steady() - began);
    }
    bench_times("state, each moment once", times, QUESTIONS);
}

static void ask_for_differences(void)
{
    double times[QUESTIONS];

    for (int i = 0; i < QUESTIONS; i++) {
        struct ledger_moment moment;
        struct ledger_moment other;
        int64_t began;

        draw_moment(&moment);
        draw_moment(&other);
        began = clock_steady();
        for (int k = 0; k < REPEATS; k++) {
            read_state(&moment, &asker.snapshot);
            read_state(&other, &asker.other);
            must(snapshot_diff_make(&asker.diff, &asker.snapshot, &asker.other, &asker.why));
        }
        times[i] = (double)(clock_steady() - began) / REPEATS;
    }
    bench_times("difference", times, QUESTIONS);
}

static bool count_interval(void *context, const struct ledger_interval *interval)
{
    (void)interval;
    ++*(int64_t *)context;
    return true;
}

/* Any of the dynamic ports, in the last 30 days. */
static void ask_for_ports(void)
{
    double times[QUESTIONS];
    int64_t found = 0;

    for (int i = 0; i < QUESTIONS; i++) {
        struct ledger_filter filter = {
            .local_port = (int)(49152 + draw(16384)),
            .since = asker.summary.last_sample_at - MONTH_MS,
        };
        int64_t began = clock_steady();

        for (int k = 0; k < REPEATS; k++) {
            must(ledger_walk_intervals(asker.ledger, &filter, count_interval, &found, &asker.why));
        }
        times[i] = (double)(clock_steady() - began) / REPEATS;
    }
    bench_figure("intervals of a port", (double)found / QUESTIONS / REPEATS, "");
    bench_times("who had a port in 30 days", times, QUESTIONS);
}

void bench_ask(const struct bench_order *order)
{
    asker.random = order->seed;
    must(ledger_open(&asker.ledger, order->path, LEDGER_READ, &asker.why));
    must(ledger_summarize(asker.ledger, &asker.summary, &asker.why));
    ask_first();
    ask_for_new_states();
    ask_for_states();
    ask_for_differences();
    ask_for_ports();
    snapshot_diff_clear(&asker.diff);
    snapshot_clear(&asker.snapshot);
    snapshot_clear(&asker.other);
    ledger_close(asker.ledger);
}
