/* SPDX-License-Identifier: MIT */

/*
 * What a sample costs on Windows where there are very many sockets.
 *
 *   bench_tables SOCKETS
 *
 * The tables come from tests/fake_ip_helper_win32.c, and the processes that
 * own the sockets are made up, so that our own part is measured and not the
 * system's. From one sample to the next the last hundredth of the sockets is
 * replaced. Prints one figure a line: name, value, unit.
 */

#include "tests/fake_ip_helper_win32.h"

#include <psapi.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "collector/collector.h"
#include "collector/process_table.h"
#include "collector/snapshot_diff.h"

enum {
    SAMPLES = 9,
    PROCESSES = 500,
    FIRST_PID = 1000,
    PORTS = 60000, /* of one remote address */
    CHANGES = 100, /* one of so many is replaced between two samples */
};

#define MS_PER_S 1000.0
#define BYTES_PER_MIB 1048576.0
#define STARTED 134000000000000000 /* in 2025, in 100 ns since 1601 */

struct process_reader {
    char nothing;
};

struct bench {
    DWORD count;
    MIB_TCPROW_OWNER_MODULE *rows;
    struct collector *collector;
    struct snapshot before;
    struct snapshot after;
    struct snapshot_diff diff;
    double sampling[SAMPLES]; /* milliseconds */
    double comparing[SAMPLES];
    struct failure why;
};

static struct bench bench;

bool process_reader_open(struct process_reader **out, struct failure *why)
{
    static struct process_reader reader;

    (void)why;
    *out = &reader;
    return true;
}

bool process_reader_read(struct process_reader *reader, struct process_table *table,
                         struct failure *why)
{
    static const char name[] = "server.exe";

    (void)reader;
    process_table_reset(table);
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process_row row = {.pid = FIRST_PID + i, .start = STARTED + i, .started_at = 1};

        if (!process_table_add(table, &row, name, sizeof(name) - 1, why)) {
            return false;
        }
    }
    return true;
}

void process_reader_close(struct process_reader *reader)
{
    (void)reader;
}

/* Connection `i` of a busy server in its `round`-th form. */
static MIB_TCPROW_OWNER_MODULE connection(DWORD i, DWORD round)
{
    MIB_TCPROW_OWNER_MODULE row = {
        .dwState = MIB_TCP_STATE_ESTAB,
        .dwLocalAddr = 0x0100000a,
        .dwLocalPort = 0xbb01, /* 443, in network order */
        .dwRemoteAddr = 0x0000000a + ((i / PORTS) << 24) + (round << 16),
        .dwRemotePort = htons((u_short)(1024 + i % PORTS)),
        .dwOwningPid = FIRST_PID + i % PROCESSES,
        .OwningModuleInfo = {i % PROCESSES},
    };

    row.liCreateTimestamp.QuadPart = STARTED + 1000000000 + i;
    return row;
}

static void replace_some(DWORD round)
{
    for (DWORD i = bench.count - bench.count / CHANGES; i < bench.count; i++) {
        bench.rows[i] = connection(i, round);
    }
}

static bool open_bench(DWORD count)
{
    bench.count = count;
    bench.rows = calloc(count, sizeof(bench.rows[0]));
    if (bench.rows == NULL) {
        return FAIL(&bench.why, FAILURE_MEMORY, 0, "no memory for %lu sockets",
                    (unsigned long)count);
    }
    for (DWORD i = 0; i < count; i++) {
        bench.rows[i] = connection(i, 0);
    }
    fake_ip_helper.tcp4 = (struct fake_table){.rows = bench.rows, .count = count};
    return collector_open(&bench.collector, NULL, &bench.why);
}

static double now_ms(void)
{
    LARGE_INTEGER count;
    LARGE_INTEGER frequency;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart * MS_PER_S / (double)frequency.QuadPart;
}

/* Takes a sample and compares it with the one before. */
static bool measure(int i)
{
    double begin = now_ms();
    double sampled;

    snapshot_swap(&bench.before, &bench.after);
    if (!collector_sample(bench.collector, &bench.after, &bench.why)) {
        return false;
    }
    sampled = now_ms();
    if (!snapshot_diff_make(&bench.diff, &bench.before, &bench.after, &bench.why)) {
        return false;
    }
    bench.sampling[i] = sampled - begin;
    bench.comparing[i] = now_ms() - sampled;
    return true;
}

/* One sample more than is counted: the first one finds nothing to compare with. */
static bool run(void)
{
    for (DWORD round = 0; round <= SAMPLES; round++) {
        replace_some(round);
        if (!measure(round == 0 ? 0 : (int)round - 1)) {
            return false;
        }
    }
    if (bench.after.socket_count != bench.count ||
        snapshot_owner(&bench.after, bench.after.sockets) == NULL ||
        bench.diff.count != 2 * (size_t)(bench.count / CHANGES)) {
        return FAIL(&bench.why, FAILURE_FORMAT, 0, "%zu sockets and %zu changes are not right",
                    bench.after.socket_count, bench.diff.count);
    }
    return true;
}

static int compare_times(const void *left, const void *right)
{
    const double *a = left;
    const double *b = right;

    return (*a > *b) - (*a < *b);
}

static double median(double *times)
{
    qsort(times, SAMPLES, sizeof(times[0]), compare_times);
    return times[SAMPLES / 2];
}

/* The machine's own tables are no part of what we need. */
static double peak_memory(void)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof(counters)};

    if (!K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters))) {
        return 0;
    }
    return ((double)counters.PeakPagefileUsage - (double)(bench.count * sizeof(bench.rows[0]))) /
           BYTES_PER_MIB;
}

static void print_figures(void)
{
    printf("sample, median   %.2f ms\n", median(bench.sampling));
    printf("compare, median  %.2f ms\n", median(bench.comparing));
    printf("peak memory      %.1f MiB\n", peak_memory());
}

static void close_bench(void)
{
    collector_close(bench.collector);
    snapshot_clear(&bench.before);
    snapshot_clear(&bench.after);
    snapshot_diff_clear(&bench.diff);
    free(bench.rows);
}

int main(int count, char **arguments)
{
    unsigned long sockets = count == 2 ? strtoul(arguments[1], NULL, 10) : 0;
    bool ok = sockets >= CHANGES && open_bench(sockets) && run();

    if (ok) {
        print_figures();
    } else {
        fprintf(stderr, "bench_tables: %s\n",
                sockets < CHANGES ? "usage: bench_tables SOCKETS (100 or more)" : bench.why.text);
    }
    close_bench();
    return ok ? 0 : 1;
}
