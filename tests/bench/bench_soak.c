/* SPDX-License-Identifier: MIT */

/*
 * Days of the service in minutes: the whole of its body, on a made-up machine and a clock that
 * passes only while the service waits.
 *
 *   bench_soak MACHINE SECONDS FOLDER
 *
 * FOLDER is there, and empty. Prints a figure a line; memory is looked at ten times.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/process_self.h"
#include "base/text.h"
#include "bench.h"
#include "service/event_sink_null.h"
#include "service/sampler.h"
#include "service/service_host.h"
#include "service/watcher.h"

enum { LOOKS = 10 };

/* The machine, the host and the sampler of the one service. */
static struct {
    struct made_year *year;
    int64_t seconds;
    int64_t taken; /* samples */
    bool under_way;
    int64_t cost; /* microseconds that making samples took */
    struct process_self_usage looks[LOOKS];
    int looked;
    struct failure why;
} soak;

/*
 * The host.
 */

void service_host_ready(struct service_host *host)
{
    (void)host;
}

void service_host_busy(struct service_host *host)
{
    (void)host;
}

void service_host_paused(struct service_host *host, bool paused)
{
    (void)host;
    (void)paused;
}

void service_host_ring(struct service_host *host)
{
    (void)host;
}

bool service_host_foreground(const struct service_host *host)
{
    (void)host;
    return false; /* events are counted, not shown */
}

static void look(void)
{
    if (soak.looked < LOOKS && soak.taken >= (soak.looked + 1) * soak.seconds / LOOKS) {
        soak.looks[soak.looked++] = process_self_usage();
    }
}

unsigned service_host_wait(struct service_host *host, int64_t milliseconds)
{
    (void)host;
    if (!soak.under_way) {
        clock_fake_run(milliseconds);
    }
    look();
    return soak.taken >= soak.seconds ? SERVICE_WANTS_STOP : SERVICE_WANTS_NOTHING;
}

/*
 * The sampler.
 */

struct sampler {
    char nothing;
};

static struct sampler only;

bool sampler_open(struct sampler **out, const struct collector_options *options,
                  sampler_ready_fn *ready, void *context, struct failure *why)
{
    (void)options;
    (void)ready;
    (void)context;
    (void)why;
    *out = &only;
    return true;
}

bool sampler_configure(struct sampler *sampler, const struct collector_options *options,
                       struct failure *why)
{
    (void)sampler;
    (void)options;
    (void)why;
    return true;
}

bool sampler_begin(struct sampler *sampler)
{
    bool begins = !soak.under_way;

    (void)sampler;
    soak.under_way = true;
    return begins;
}

/* A made-up second for each sample, whatever the clock says. */
enum sampler_result sampler_take(struct sampler *sampler, struct snapshot *snapshot,
                                 struct failure *why)
{
    int64_t before = process_self_thread_cpu();
    struct made_sample sample;

    (void)sampler;
    if (!soak.under_way) {
        return SAMPLER_IDLE;
    }
    soak.under_way = false;
    bench_must(made_year_tick(soak.year, &sample, why) &&
                   made_year_snapshot(soak.year, snapshot, why),
               why);
    snapshot->taken_at = clock_now();
    snapshot->steady_at = clock_steady();
    snapshot->awake_at = clock_awake();
    soak.taken++;
    soak.cost += process_self_thread_cpu() - before;
    return SAMPLER_DONE;
}

struct sampler_cost sampler_cost(const struct sampler *sampler)
{
    (void)sampler;
    return (struct sampler_cost){0};
}

bool sampler_close(struct sampler *sampler, int64_t patience)
{
    (void)sampler;
    (void)patience;
    return true;
}

/*
 * The program.
 */

/* Without a limit: a day of the processor's time in minutes is more than the service may take. */
static void write_settings(const char *path, const char *folder)
{
    FILE *file = fopen(path, "w");

    if (file == NULL || fprintf(file,
                                "ledger:\n  path: '%s/soak.db'\nservice:\n  cpu_limit: 0\n"
                                "metrics:\n  textfile: '%s/soak.prom'\n",
                                folder, folder) < 0) {
        perror(path);
        exit(5);
    }
    fclose(file);
}

static void tell(double cpu)
{
    const struct process_self_usage *first = &soak.looks[LOOKS * 2 / 3]; /* its caches are full */
    const struct process_self_usage *last = &soak.looks[LOOKS - 1];

    bench_figure("samples", (double)soak.taken, "");
    bench_figure("cpu a sample", cpu / (double)soak.taken, "us");
    bench_figure("memory at the end", (double)last->memory, "bytes");
    bench_figure("growth of memory", (double)(last->memory - first->memory), "bytes");
    bench_figure("growth of handles", (double)(last->handles - first->handles), "");
    bench_figure("gaps", (double)event_log_count_of(EVENT_GAP), "");
    bench_figure("errors", (double)event_log_count_of(EVENT_COMMIT_FAILED), "");
}

static void run(const char *folder)
{
    struct watcher_plan plan = {0};
    struct text config = {0};
    int64_t before = process_self_cpu();

    text_addf(&config, "%s/soak.yaml", folder);
    write_settings(text_bytes(&config), folder);
    plan.config = text_bytes(&config);
    bench_must(watcher_run(NULL, &plan, &soak.why), &soak.why);
    tell((double)(process_self_cpu() - before - soak.cost));
    text_clear(&config);
}

int main(int argc, char **argv)
{
    int machine = argc > 3 ? made_machine_from_name(argv[1]) : -1;

    soak.seconds = argc > 3 ? strtoll(argv[2], NULL, 10) : 0;
    if (machine < 0 || soak.seconds < LOOKS) {
        fputs("usage: bench_soak MACHINE SECONDS FOLDER\n", stderr);
        return 3;
    }
    clock_fake_reset();
    clock_fake_set(MADE_BEGIN_AT);
    bench_must(made_year_open(&soak.year, (enum made_machine)machine, 1, &soak.why), &soak.why);
    run(argv[3]);
    made_year_close(soak.year);
    return 0;
}
