/* SPDX-License-Identifier: MIT */

/* Writing: a year in large commits, and what readers do to the writer. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/thread.h"
#include "bench.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "year_writer.h"

enum {
    COMMIT_INTERVALS = 50000, /* in one commit, where writing alone is measured */
    COMMIT_S = 5,             /* between two commits of the service */
    READERS = 8,
    TIMED_COMMITS = 20,
    COMMIT_EVERY_MS = 1000, /* of the clock, in that part */
};

static struct failure why;

static void must(bool ok)
{
    bench_must(ok, &why);
}

static int64_t size_of(const char *path, const char *suffix)
{
    struct text name = {0};
    int64_t size;

    text_add(&name, path);
    text_add(&name, suffix);
    must(text_ok(&name, &why));
    size = file_size(text_bytes(&name));
    text_clear(&name);
    return size < 0 ? 0 : size;
}

/* What writing took: all of it, and the processor's part (on Windows: all of it, too). */
struct spent {
    int64_t wall; /* milliseconds */
    clock_t computing;
};

static void commit(struct year_writer *writer, struct spent *spent)
{
    int64_t began = clock_steady();
    clock_t computing = clock();

    must(year_writer_commit(writer, &why));
    spent->wall += clock_steady() - began;
    spent->computing += clock() - computing;
}

static struct year_writer *write_year(const struct bench_order *order, struct spent *spent)
{
    struct year_writer *writer;

    remove(order->path);
    must(year_writer_open(&writer, order->path, order->machine, order->seed, &why));
    while (year_writer_count(writer) < order->amount) {
        must(year_writer_take(writer, COMMIT_INTERVALS, &why));
        commit(writer, spent);
    }
    return writer;
}

void bench_write(const struct bench_order *order)
{
    int64_t began = clock_steady();
    struct spent spent = {0};
    struct year_writer *writer = write_year(order, &spent);
    double count = (double)year_writer_count(writer);
    double days = (double)(year_writer_now(writer) - MADE_BEGIN_AT) / 86400000;

    year_writer_close(writer);
    bench_figure("intervals", count, "");
    bench_figure("days", days, "");
    bench_figure("write", count * 1000 / (double)(spent.wall + 1), "intervals/s");
    bench_figure("write, the processor alone",
                 count * (double)CLOCKS_PER_SEC / (double)(spent.computing + 1), "intervals/s");
    bench_figure("size of an interval", (double)size_of(order->path, "") / count, "bytes");
    bench_figure("making and writing it took", (double)(clock_steady() - began) / 1000, "s");
}

struct reader {
    const char *path;
    struct bell *stop;
    struct thread *thread;
    int64_t visits;
    struct failure why;
    bool stopped;
    bool ok;
};

static bool count_visit(void *context, const struct ledger_interval *interval)
{
    struct reader *reader = context;

    (void)interval;
    if (++reader->visits % 1024 == 0 && bell_wait(reader->stop, 0)) {
        reader->stopped = true;
    }
    return !reader->stopped;
}

/* Everything there is, again and again. */
static void read_on(void *context)
{
    struct reader *reader = context;
    struct ledger_filter filter = {0};
    struct ledger *ledger = NULL;

    reader->ok = ledger_open(&ledger, reader->path, LEDGER_READ, &reader->why);
    while (reader->ok && !reader->stopped) {
        reader->ok = ledger_walk_intervals(ledger, &filter, count_visit, reader, &reader->why);
    }
    ledger_close(ledger);
}

static void start_readers(struct reader *readers, const char *path)
{
    for (int i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.path = path};
        must(bell_open(&readers[i].stop, &why));
        must(thread_start(&readers[i].thread, read_on, &readers[i], &why));
    }
}

static void end_readers(struct reader *readers)
{
    int64_t visits = 0;

    for (int i = 0; i < READERS; i++) {
        bell_ring(readers[i].stop);
    }
    for (int i = 0; i < READERS; i++) {
        thread_join(readers[i].thread);
        bell_close(readers[i].stop);
        bench_must(readers[i].ok, &readers[i].why);
        visits += readers[i].visits;
    }
    bench_figure("intervals that eight readers saw", (double)visits, "");
}

/* What five seconds bring, every second of the clock. How late each commit is done, in ms. */
static void write_on(struct year_writer *writer, const char *path, double *late, int64_t *wal)
{
    struct bell *never;
    int64_t due = clock_steady();

    must(bell_open(&never, &why));
    for (int i = 0; i < TIMED_COMMITS; i++) {
        int64_t size;

        due += COMMIT_EVERY_MS;
        must(year_writer_pass(writer, COMMIT_S, &why));
        bell_wait(never, due > clock_steady() ? due - clock_steady() : 0);
        must(year_writer_commit(writer, &why));
        late[i] = (double)(clock_steady() - due);
        size = size_of(path, "-wal");
        *wal = size > *wal ? size : *wal;
    }
    bell_close(never);
}

void bench_readers(const struct bench_order *order)
{
    struct reader readers[READERS];
    double late[TIMED_COMMITS];
    struct spent spent = {0};
    struct year_writer *writer = write_year(order, &spent);
    int64_t wal = 0;

    start_readers(readers, order->path);
    write_on(writer, order->path, late, &wal);
    end_readers(readers);
    bench_times("commit done after it was due", late, TIMED_COMMITS);
    bench_figure("largest log", (double)wal, "bytes");
    year_writer_close(writer);
}
