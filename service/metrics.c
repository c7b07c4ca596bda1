/* SPDX-License-Identifier: MIT */

#include "service/metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/file.h"
#include "base/version.h"

#define PREFIX "portledger_"

/* What is below the base unit. */
enum {
    ONE = 1,
    MILLI = 1000,
    MICRO = 1000000,
};

/* Rows of one name follow each other, and the first has the words. */
static const struct metric {
    enum ledger_health_number number;
    int64_t parts; /* of a base unit that `number` counts */
    const char *name;
    const char *label; /* NULL: none */
    const char *type;
    const char *help;
} metrics[] = {
    {HEALTH_SAMPLES, ONE, "samples_total", NULL, "counter", "Samples taken."},
    {HEALTH_SAMPLE_MEDIAN, MICRO, "sample_duration_seconds", "{of=\"median\"}", "gauge",
     "What reading the system took, of the last 600 samples."},
    {HEALTH_SAMPLE_WORST, MICRO, "sample_duration_seconds", "{of=\"worst\"}", NULL, NULL},
    {HEALTH_LATE_MEDIAN, MILLI, "sample_lateness_seconds", "{of=\"median\"}", "gauge",
     "How late samples began, of the last 600."},
    {HEALTH_LATE_WORST, MILLI, "sample_lateness_seconds", "{of=\"worst\"}", NULL, NULL},
    {HEALTH_SOCKETS, ONE, "sockets", NULL, "gauge", "Sockets of the newest sample."},
    {HEALTH_DENIED, ONE, "denied_processes", NULL, "gauge",
     "Processes that the system did not let the service open."},
    {HEALTH_CHANGES, ONE, "changes_total", NULL, "counter", "Intervals opened and closed."},
    {HEALTH_LEDGER, ONE, "ledger_bytes", NULL, "gauge", "Size of the ledger's main file."},
    {HEALTH_LOG, ONE, "ledger_log_bytes", NULL, "gauge", "Size of the ledger's write-ahead log."},
    {HEALTH_GROWTH, ONE, "ledger_growth_bytes_per_day", NULL, "gauge",
     "By how much the main file grows in a day."},
    {HEALTH_CPU, MICRO, "cpu_seconds_total", NULL, "counter",
     "Processor time of the service, user and system."},
    {HEALTH_MEMORY, ONE, "resident_memory_bytes", NULL, "gauge", "Memory of the service."},
    {HEALTH_HANDLES, ONE, "open_handles", NULL, "gauge",
     "Handles or descriptors that the service has open."},
    {HEALTH_JOBS, ONE, "jobs", NULL, "gauge", "Jobs in the settings."},
    {HEALTH_NEXT_JOB, MILLI, "next_job_timestamp_seconds", NULL, "gauge",
     "When the next run of a job is due."},
};

/* Without the locale's point, and exact. */
static void add_number(struct text *text, int64_t number, int64_t parts)
{
    int64_t rest = number % parts;

    text_addf(text, "%s%" PRId64, number < 0 && number > -parts ? "-" : "", number / parts);
    if (parts > 1) {
        text_addf(text, ".%0*" PRId64, parts == MILLI ? 3 : 6, rest < 0 ? -rest : rest);
    }
    text_add_char(text, '\n');
}

static void add_head(struct text *text, const char *name, const char *type, const char *help)
{
    text_addf(text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void add_gauge(struct text *text, const char *name, const char *help, int64_t number,
                      int64_t parts)
{
    add_head(text, name, "gauge", help);
    text_addf(text, PREFIX "%s ", name);
    add_number(text, number, parts);
}

static void add_metric(struct text *text, const struct metric *metric,
                       const struct ledger_health *health)
{
    if (!health->known[metric->number]) {
        return;
    }
    if (metric->type != NULL) {
        add_head(text, metric->name, metric->type, metric->help);
    }
    text_addf(text, PREFIX "%s%s ", metric->name, metric->label != NULL ? metric->label : "");
    add_number(text, health->numbers[metric->number], metric->parts);
}

static void add_failures(struct text *text, const struct ledger_health *health)
{
    add_head(text, "failures_total", "counter", "What failed, by kind.");
    for (int i = HEALTH_FAILED_SAMPLES; i < LEDGER_HEALTH_NUMBERS; i++) {
        text_addf(text, PREFIX "failures_total{kind=\"%s\"} ", ledger_health_failure(i));
        add_number(text, health->numbers[i], ONE);
    }
}

void metrics_add(struct text *text, const struct ledger_health *health,
                 const struct metrics_facts *facts)
{
    add_head(text, "info", "gauge", "The service that wrote this.");
    text_addf(text, PREFIX "info{version=\"%s\"} 1\n", portledger_version);
    add_gauge(text, "running", "0: the service was stopped.", facts->running ? 1 : 0, ONE);
    add_gauge(text, "last_sample_timestamp_seconds", "When the newest sample was taken.",
              facts->last_sample_at, MILLI);
    add_gauge(text, "interval_seconds", "Time between two samples.", facts->interval, MILLI);
    add_gauge(text, "interval_stretched", "1: service.cpu_limit makes the interval longer.",
              health->known[HEALTH_STRETCH] ? 1 : 0, ONE);
    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
        add_metric(text, &metrics[i], health);
    }
    add_failures(text, health);
}

/* Nothing that stands at the name is followed or written through. */
static bool make(const char *path, const struct text *content, struct failure *why)
{
    struct failure ignored;
    FILE *file;
    bool ok;

    (void)!file_remove(path, &ignored);
    file = file_open(path, "wx", why);
    if (file == NULL) {
        return false;
    }
    ok = file_let_all_read(file, path, why);
    if (ok && fwrite(text_bytes(content), 1, content->size, file) != content->size) {
        ok = FAIL(why, FAILURE_SYSTEM, 0, "cannot write %s", path);
    }
    if (fclose(file) != 0 && ok) {
        ok = FAIL(why, FAILURE_SYSTEM, 0, "cannot write %s", path);
    }
    if (!ok) {
        (void)!file_remove(path, &ignored);
    }
    return ok;
}

bool metrics_write(const char *path, const struct ledger_health *health,
                   const struct metrics_facts *facts, struct failure *why)
{
    struct text content = {0};
    struct text made = {0};
    bool ok;

    metrics_add(&content, health, facts);
    text_addf(&made, "%s.new", path);
    ok = text_ok(&content, why) && text_ok(&made, why) && make(text_bytes(&made), &content, why) &&
         file_replace(text_bytes(&made), path, why);
    text_clear(&content);
    text_clear(&made);
    return ok;
}
