/* SPDX-License-Identifier: MIT */

/*
 * What the service says of itself, in the ledger and for Prometheus, and how
 * it keeps within its share of the processors.
 */

#include "service/watcher_parts.h"

#include "base/clock.h"
#include "base/process_self.h"
#include "base/units.h"
#include "probes/schedule.h"
#include "service/hardening.h"
#include "service/metrics.h"

enum {
    STORE_MS = 120000,      /* between two writings of the table: a page and a sync each */
    FIRST_STORE_MS = 10000, /* of some samples; until then it says what the run before said */
    METRICS_MS = 15000,
};

void watcher_health_begin(struct watcher *watcher)
{
    watcher->budget.stretch = 1;
    watcher->processors = process_self_processors();
    watcher->next_health = clock_steady() + FIRST_STORE_MS;
    (void)hardening_describe(process_self_pid(), &watcher->hardening);
}

void watcher_health_sample(struct watcher *watcher)
{
    struct sampler_cost cost = sampler_cost(watcher->sampler);

    watcher->last_sample_at = watcher->snapshot.taken_at;
    health_sample(&watcher->health, &watcher->snapshot, cost.lasted);
}

static int64_t size_of_log(const struct watcher *watcher)
{
    struct text path = {0};
    int64_t size;

    text_addf(&path, "%s-wal", text_bytes(&watcher->ledger_path));
    size = file_size(text_bytes(&path));
    text_clear(&path);
    return size > 0 ? size : 0;
}

static void fill_ledger(struct watcher *watcher, struct ledger_health *out)
{
    int64_t size = file_size(text_bytes(&watcher->ledger_path));

    if (size >= 0) {
        health_size(&watcher->health, clock_steady(), size);
        health_set(out, HEALTH_LEDGER, size);
        health_set(out, HEALTH_LOG, size_of_log(watcher));
    }
    if (watcher->begun.writer != NULL) {
        health_set(out, HEALTH_CHANGES, ledger_writer_changes(watcher->begun.writer));
    }
}

/* What the system does not tell is not known. */
static void set_known(struct ledger_health *out, enum ledger_health_number which, int64_t number)
{
    if (number > 0) {
        health_set(out, which, number);
    }
}

static void fill_process(struct ledger_health *out)
{
    struct process_self_usage usage = process_self_usage();

    health_set(out, HEALTH_CPU, usage.cpu);
    set_known(out, HEALTH_MEMORY, usage.memory);
    set_known(out, HEALTH_HANDLES, usage.handles);
}

static void fill_jobs(const struct watcher *watcher, struct ledger_health *out)
{
    struct job_outlook outlook;

    if (watcher->jobs == NULL) {
        return;
    }
    job_runner_look_ahead(watcher->jobs, &outlook);
    health_set(out, HEALTH_JOBS, (int64_t)outlook.jobs);
    if (outlook.next != SCHEDULE_NEVER) {
        health_set(out, HEALTH_NEXT_JOB, outlook.next);
        text_add(&out->texts[HEALTH_NEXT_JOB_NAME], text_bytes(&outlook.name));
    }
    text_clear(&outlook.name);
}

/* "hashing waits, samples every 4 s and not every 1 s: service.cpu_limit". */
static void fill_limits(const struct watcher *watcher, struct ledger_health *out)
{
    struct text *limits = &out->texts[HEALTH_LIMITS];

    if (watcher->budget.yielding) {
        text_add(limits, "service.cpu_limit: hashing gives way");
    }
    if (watcher->budget.stretch > 1) {
        health_set(out, HEALTH_STRETCH, watcher->interval_set);
        text_add(limits, ", samples are rarer");
    }
    if (watcher->log_held) {
        text_add(limits, limits->size > 0 ? "; " : "");
        text_add(limits, "the log cannot be emptied");
    }
}

static void fill(struct watcher *watcher, struct ledger_health *out)
{
    health_fill(&watcher->health, out);
    health_set(out, HEALTH_AT, clock_now());
    fill_ledger(watcher, out);
    fill_process(out);
    fill_jobs(watcher, out);
    fill_limits(watcher, out);
    text_add(&out->texts[HEALTH_HARDENING], text_bytes(&watcher->hardening));
}

/* What fails here is told by the next commit. */
void watcher_health_store(struct watcher *watcher)
{
    struct ledger_health health = {0};
    struct failure ignored;

    if (!watcher->ready || clock_steady() < watcher->next_health) {
        return;
    }
    watcher->next_health = clock_steady() + STORE_MS;
    fill(watcher, &health);
    (void)!ledger_health_write(watcher->begun.ledger, &health, &ignored);
    ledger_health_clear(&health);
}

/* Said once, and once more when it is over. */
static void tell_metrics(struct watcher *watcher, bool ok, const struct failure *why)
{
    if (!ok) {
        health_count(&watcher->health, HEALTH_FAILED_METRICS, 1);
    }
    if (ok && watcher->metrics_failing) {
        event_report(watcher->events, EVENT_METRICS_RECOVERED);
    } else if (!ok && !watcher->metrics_failing) {
        event_report(watcher->events, EVENT_METRICS_FAILED, why->text);
    }
    watcher->metrics_failing = !ok;
}

static void write_metrics(struct watcher *watcher, const char *path, bool running)
{
    struct ledger_health health = {0};
    struct metrics_facts facts = {running, watcher->last_sample_at, watcher->interval};
    struct failure why;
    bool ok;

    watcher->next_metrics = clock_steady() + METRICS_MS;
    fill(watcher, &health);
    ok = metrics_write(path, &health, &facts, &why);
    tell_metrics(watcher, ok, &why);
    ledger_health_clear(&health);
}

static const char *metrics_path(const struct watcher *watcher)
{
    return settings_text(watcher->settings, "metrics.textfile");
}

void watcher_health_end(struct watcher *watcher)
{
    if (watcher->ready && metrics_path(watcher) != NULL) {
        write_metrics(watcher, metrics_path(watcher), false);
    }
    text_clear(&watcher->hardening);
}

/* Coverage and events say what the interval really is. */
static bool stretch(struct watcher *watcher, struct failure *why)
{
    int64_t before = watcher->interval;
    struct text was = {0};
    struct text is = {0};

    watcher->interval = watcher->interval_set * watcher->budget.stretch;
    units_add_duration(&was, before);
    units_add_duration(&is, watcher->interval);
    if (watcher->interval != before) {
        event_report(watcher->events,
                     watcher->interval > before ? EVENT_INTERVAL_STRETCHED
                                                : EVENT_INTERVAL_SHORTENED,
                     text_bytes(&is), text_bytes(&was));
        watcher->next_sample = clock_steady() + watcher->interval;
        watcher->next_health = clock_steady();
    }
    text_clear(&was);
    text_clear(&is);
    return watcher_settings_put_in_force(watcher, why);
}

static bool restrain(struct watcher *watcher, struct failure *why)
{
    struct sampler_cost cost = sampler_cost(watcher->sampler);
    struct cpu_reading now = {
        .at = clock_steady(),
        .total = process_self_cpu(),
        .sampling = cost.cpu + watcher->own_cpu,
    };
    struct cpu_limit limit = {
        .percent = settings_number(watcher->settings, "service.cpu_limit"),
        .processors = watcher->processors,
        .interval = watcher->interval_set,
    };

    if (now.total < now.sampling) { /* clocks of threads and of the process are not in step */
        now.total = now.sampling;
    }
    return !cpu_budget_look(&watcher->budget, &limit, &now) || stretch(watcher, why);
}

bool watcher_health_tend(struct watcher *watcher, struct failure *why)
{
    const char *path = metrics_path(watcher);

    if (path != NULL && watcher->ready && clock_steady() >= watcher->next_metrics) {
        write_metrics(watcher, path, true);
    }
    return restrain(watcher, why);
}
