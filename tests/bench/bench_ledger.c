/* SPDX-License-Identifier: MIT */

/*
 * How fast and how small the ledger is.
 *
 *   bench_ledger [INTERVALS [FILE]]
 *
 * Replays a made-up machine: 500 sockets that never change and 1,500
 * connections, most of them short, some for minutes, a few for hours, sampled
 * once a second, until INTERVALS (one million) have been recorded. Prints one
 * figure a line: name, value, unit. FILE is made anew, and left.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"

enum {
    LISTENERS = 500,
    CONNECTIONS = 1500,
    PROCESSES = 200,
    COMMIT_INTERVALS = 50000, /* in one commit, where writing alone is measured */
    COMMIT_SAMPLES = 5,       /* between two of them, where the whole service is */
    QUIET_COMMITS = 500,
    QUESTIONS = 200,
    INTERVAL_MS = 1000,
};

#define BEGIN_AT INT64_C(1700000000000)

struct connection {
    int64_t ends_at; /* sample */
    struct socket_row row;
};

struct bench {
    uint64_t random;
    int64_t sample;
    int64_t wanted;
    int64_t recorded;
    uint16_t next_port;
    struct connection connections[CONNECTIONS];
    const struct process_instance *processes[PROCESSES];
    struct snapshot snapshot;
    struct ledger *ledger;
    struct ledger_writer *writer;
    int64_t adding;     /* milliseconds */
    int64_t committing; /* milliseconds */
    clock_t computing;  /* the processor's part of it (on Windows: all of it) */
    struct failure why;
};

static struct bench bench;

static void must(bool ok)
{
    if (!ok) {
        fprintf(stderr, "bench_ledger: %s\n", bench.why.text);
        exit(1);
    }
}

static void figure(const char *name, double value, const char *unit)
{
    printf("%-44s %12.2f %s\n", name, value, unit);
    fflush(stdout);
}

static uint32_t draw(uint32_t limit)
{
    bench.random = bench.random * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((bench.random >> 33) % limit);
}

/* Seconds: nine of ten below ten, most others minutes, one of a hundred hours. */
static int64_t draw_lifetime(void)
{
    uint32_t kind = draw(100);

    if (kind < 90) {
        return 1 + draw(10);
    }
    return kind < 99 ? 60 + draw(600) : 3600 + draw(36000);
}

static struct socket_endpoint end_of(uint32_t host, uint16_t port)
{
    return (struct socket_endpoint){
        .address = {10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host},
        .address_size = 4,
        .port = port,
    };
}

/* Every other one is a client's, with a port of the system's choice on our side. */
static void connect_anew(struct connection *connection)
{
    static const uint16_t services[] = {443, 53, 389, 88, 445, 135, 80, 3268};
    uint16_t service = services[draw(sizeof(services) / sizeof(services[0]))];
    uint16_t dynamic = (uint16_t)(49152 + (bench.next_port++ & 16383));
    bool client = draw(2) == 0;

    connection->ends_at = bench.sample + draw_lifetime();
    connection->row = (struct socket_row){
        .protocol = SOCKET_TCP,
        .state = SOCKET_ESTABLISHED,
        .local = end_of(1, client ? dynamic : service),
        .remote = end_of(draw(5000), client ? service : (uint16_t)(49152 + draw(16384))),
        .created_at = BEGIN_AT + bench.sample * INTERVAL_MS - draw(1000),
        .owner = draw(PROCESSES),
        .attribution = ATTRIBUTION_EXACT,
    };
    bench.recorded++;
}

static void add_socket(const struct socket_row *row)
{
    struct socket_row with_pid = *row;

    with_pid.pid = bench.processes[row->owner]->pid;
    must(snapshot_add_socket(&bench.snapshot, &with_pid, &bench.why));
}

static void add_listeners(void)
{
    for (uint32_t i = 0; i < LISTENERS; i++) {
        struct socket_row row = {
            .protocol = i % 2 == 0 ? SOCKET_TCP : SOCKET_UDP,
            .state = i % 2 == 0 ? SOCKET_LISTENING : SOCKET_STATELESS,
            .local = end_of(1, (uint16_t)(1024 + i)),
            .owner = i % PROCESSES,
            .attribution = ATTRIBUTION_EXACT,
        };

        add_socket(&row);
    }
}

static void make_sample(bool changing)
{
    struct failure *why = &bench.why;
    uint32_t index;

    snapshot_reset(&bench.snapshot);
    bench.snapshot.taken_at = BEGIN_AT + bench.sample * INTERVAL_MS;
    for (int i = 0; i < PROCESSES; i++) {
        must(snapshot_add_process(&bench.snapshot, bench.processes[i], &index, why));
    }
    add_listeners();
    for (int i = 0; i < CONNECTIONS; i++) {
        if (changing && bench.connections[i].ends_at <= bench.sample) {
            connect_anew(&bench.connections[i]);
        }
        add_socket(&bench.connections[i].row);
    }
    bench.sample++;
}

static void add_sample(bool changing)
{
    int64_t began;

    make_sample(changing);
    began = clock_steady();
    must(ledger_writer_add(bench.writer, &bench.snapshot, &bench.why));
    bench.adding += clock_steady() - began;
}

static void commit(void)
{
    int64_t began = clock_steady();
    clock_t began_computing = clock();

    must(ledger_writer_commit(bench.writer, &bench.why));
    bench.committing += clock_steady() - began;
    bench.computing += clock() - began_computing;
}

static void make_processes(void)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        char name[32];
        struct process_instance fields = {.pid = 4 * (i + 1), .start = i + 1, .name = name};

        snprintf(name, sizeof(name), "program%u.exe", i % 40);
        bench.processes[i] = process_instance_make(&fields);
        must(bench.processes[i] != NULL);
    }
}

static int64_t file_bytes(void)
{
    struct ledger_summary summary;

    must(ledger_summarize(bench.ledger, &summary, &bench.why));
    return summary.bytes;
}

static void print_writing(const char *how, int64_t intervals)
{
    char line[80];

    snprintf(line, sizeof(line), "write, %s", how);
    figure(line, (double)intervals * 1000 / (double)(bench.committing + 1), "intervals/s");
    snprintf(line, sizeof(line), "write, %s, the processor alone", how);
    figure(line, (double)intervals * (double)CLOCKS_PER_SEC / (double)(bench.computing + 1),
           "intervals/s");
    bench.committing = 0;
    bench.computing = 0;
}

/* Half of the intervals in large commits, half as the service does it. */
static void write_history(void)
{
    int64_t half = bench.wanted / 2;
    int64_t mark = 0;
    int64_t began;

    while (bench.recorded < half) {
        add_sample(true);
        if (bench.recorded - mark >= COMMIT_INTERVALS) {
            commit();
            mark = bench.recorded;
        }
    }
    commit();
    print_writing("large commits", half);
    figure("take in one sample of 2,000 sockets", (double)bench.adding / (double)bench.sample,
           "ms");
    began = bench.sample;
    while (bench.recorded < bench.wanted) {
        add_sample(true);
        if (bench.sample % COMMIT_SAMPLES == 0) {
            commit();
        }
    }
    commit();
    print_writing("a commit every 5 s", bench.recorded - half);
    figure("changes in a sample", (double)(bench.recorded - half) / (double)(bench.sample - began),
           "");
}

/* A day in which nothing changes is 17,280 commits. */
static void write_nothing(void)
{
    int64_t before = file_bytes();

    for (int i = 0; i < QUIET_COMMITS; i++) {
        for (int k = 0; k < COMMIT_SAMPLES; k++) {
            add_sample(false);
        }
        commit();
    }
    figure("a commit in which nothing changed", (double)bench.committing / QUIET_COMMITS, "ms");
    figure("growth in a quiet day", (double)(file_bytes() - before) * 17280 / QUIET_COMMITS,
           "bytes");
}

static int compare_times(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static void print_times(const char *name, double *times)
{
    char line[80];

    qsort(times, QUESTIONS, sizeof(times[0]), compare_times);
    snprintf(line, sizeof(line), "%s, median", name);
    figure(line, times[QUESTIONS / 2], "ms");
    snprintf(line, sizeof(line), "%s, worst", name);
    figure(line, times[QUESTIONS - 1], "ms");
}

/* The clock counts milliseconds, so a question is asked several times. */
enum { REPEATS = 8 };

static void ask_for_states(struct ledger *reader)
{
    double times[QUESTIONS];
    struct ledger_moments moments;
    size_t sockets = 0;

    for (int i = 0; i < QUESTIONS; i++) {
        int64_t at = BEGIN_AT + (int64_t)draw((uint32_t)bench.sample) * INTERVAL_MS;
        int64_t began = clock_steady();

        for (int k = 0; k < REPEATS; k++) {
            must(ledger_find_moments(reader, at, &moments, &bench.why));
            must(moments.count == 1);
            must(ledger_state(reader, &moments.moments[0], 0, &bench.snapshot, &bench.why));
        }
        times[i] = (double)(clock_steady() - began) / REPEATS;
        sockets += bench.snapshot.socket_count;
    }
    figure("sockets in a state", (double)sockets / QUESTIONS, "");
    print_times("state at any moment", times);
}

static bool count_interval(void *context, const struct ledger_interval *interval)
{
    (void)interval;
    ++*(int64_t *)context;
    return true;
}

/* A port that few intervals had, in the whole ledger. */
static void ask_for_ports(struct ledger *reader)
{
    double times[QUESTIONS];
    int64_t found = 0;

    for (int i = 0; i < QUESTIONS; i++) {
        struct ledger_filter filter = {.local_port = 49152 + (int)draw(16384)};
        int64_t began = clock_steady();

        for (int k = 0; k < REPEATS; k++) {
            must(ledger_walk_intervals(reader, &filter, count_interval, &found, &bench.why));
        }
        times[i] = (double)(clock_steady() - began) / REPEATS;
    }
    figure("intervals of a port", (double)found / QUESTIONS / REPEATS, "");
    print_times("who had a port", times);
}

static void walk_everything(struct ledger *reader)
{
    struct ledger_filter filter = {0};
    int64_t found = 0;
    int64_t began = clock_steady();

    must(ledger_walk_intervals(reader, &filter, count_interval, &found, &bench.why));
    figure("walk over all", (double)found * 1000 / (double)(clock_steady() - began + 1),
           "intervals/s");
}

static void open_writer(const char *path)
{
    struct ledger_run run = {
        .program = "bench_ledger",
        .boot = {.id = "bench"},
        .started_at = BEGIN_AT,
        .interval = INTERVAL_MS,
    };

    must(ledger_open(&bench.ledger, path, LEDGER_WRITE, &bench.why));
    must(ledger_writer_open(&bench.writer, bench.ledger, &run, &bench.why));
}

static void close_writer(void)
{
    must(ledger_writer_close(bench.writer, LEDGER_GAP_STOPPED, &bench.why));
    ledger_close(bench.ledger);
}

int main(int argc, char **argv)
{
    const char *path = argc > 2 ? argv[2] : "bench_ledger.db";
    struct ledger *reader = NULL;

    bench.wanted = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;
    if (bench.wanted < CONNECTIONS) {
        fprintf(stderr, "usage: bench_ledger [INTERVALS [FILE]], with %d or more\n", CONNECTIONS);
        return 3;
    }
    remove(path);
    make_processes();
    open_writer(path);
    write_history();
    write_nothing();
    close_writer();

    must(ledger_open(&reader, path, LEDGER_READ, &bench.why));
    bench.ledger = reader;
    figure("size of an interval", (double)file_bytes() / (double)bench.recorded, "bytes");
    ask_for_states(reader);
    ask_for_ports(reader);
    walk_everything(reader);
    ledger_close(reader);
    snapshot_clear(&bench.snapshot);
    for (int i = 0; i < PROCESSES; i++) {
        process_instance_release(bench.processes[i]);
    }
    return 0;
}
