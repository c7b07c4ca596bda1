/* SPDX-License-Identifier: MIT */

/*
 * What the service has to do with its jobs: it hands the runner settings, and what the
 * runner found to the ledger's writer.
 */

#include "service/watcher_parts.h"

#include <string.h>

#include "base/clock.h"

enum { LOST_AGAIN_MS = 600000 };

static bool find_handled(void *context, const char *job, int64_t *handled, struct failure *why)
{
    struct watcher *watcher = context;

    *handled = INT64_MIN;
    return watcher->opener != NULL ||
           probe_writer_handled(ledger_writer_probes(watcher->begun.writer), job, handled, why);
}

/* What was due while the service stood still is counted by them. */
static bool read_past_settings(struct watcher *watcher, struct settings **out, struct failure *why)
{
    struct text shown = {0};
    struct failure unreadable;
    bool ok = ledger_writer_add_past_settings(watcher->begun.writer, &shown, why);

    *out = NULL;
    if (ok && shown.size > 0 &&
        !settings_restore(out, text_bytes(&watcher->ledger_path), text_bytes(&shown),
                          watcher_settings, &unreadable)) {
        *out = NULL; /* of another version, or too long to be kept whole */
    }
    text_clear(&shown);
    return ok;
}

/* The runner holds the settings: runs that go on need those that they began with. */
static bool configure(struct watcher *watcher, const struct job_past *past, struct failure *why)
{
    bool ok = job_runner_configure(watcher->jobs, settings_hold(watcher->settings), past, why);

    if (!ok && why->kind != FAILURE_MEMORY) {
        event_report(watcher->events, EVENT_JOBS_REFUSED, why->text);
        return true;
    }
    return ok;
}

bool watcher_jobs_configure(struct watcher *watcher, struct failure *why)
{
    struct job_past past = {.handled = find_handled, .context = watcher};

    return configure(watcher, &past, why);
}

static void tell_lines(const struct watcher *watcher, enum event_id id, struct text *lines)
{
    char *line = lines->bytes;

    while (line != NULL && *line != '\0') {
        char *end = strchr(line, '\n');

        if (end != NULL) {
            *end++ = '\0';
        }
        event_report(watcher->events, id, line);
        line = end;
    }
}

/* While it goes on, an event every ten minutes sums it up. */
static void tell_lost(struct watcher *watcher, size_t lost)
{
    struct text count = {0};

    watcher->lost_outcomes += lost;
    health_count(&watcher->health, HEALTH_FAILED_OUTCOMES, (int64_t)lost);
    if (watcher->lost_outcomes == 0 || clock_steady() < watcher->next_lost) {
        return;
    }
    text_addf(&count, "%zu", watcher->lost_outcomes);
    event_report(watcher->events, EVENT_OUTCOMES_LOST, text_bytes(&count));
    text_clear(&count);
    watcher->lost_outcomes = 0;
    watcher->next_lost = clock_steady() + LOST_AGAIN_MS;
}

/* What the jobs found goes to the ledger with the next commit. */
static void take_news(struct watcher *watcher, struct job_news *news)
{
    struct probe_writer *writer = ledger_writer_probes(watcher->begun.writer);
    size_t before = probe_writer_lost(writer);
    struct probe_fact *fact;

    while ((fact = probe_facts_take(&news->facts)) != NULL) {
        probe_writer_add(writer, fact);
    }
    tell_lost(watcher, news->facts.lost + probe_writer_lost(writer) - before);
    tell_lines(watcher, EVENT_PORT_CHANGED, &news->changes);
    tell_lines(watcher, EVENT_JOB_FAILED, &news->troubles);
    tell_lines(watcher, EVENT_JOB_RECOVERED, &news->mended);
    job_news_clear(news);
}

void watcher_jobs_tend(struct watcher *watcher)
{
    struct job_news news;

    if (watcher->jobs != NULL && watcher->opener == NULL) {
        job_runner_take(watcher->jobs, &news);
        take_news(watcher, &news);
    }
}

void watcher_jobs_close(struct watcher *watcher)
{
    struct job_news news;

    if (!job_runner_close(watcher->jobs, STOP_PATIENCE_MS, &news)) {
        event_report(watcher->events, EVENT_RUNS_LEFT);
    }
    watcher->jobs = NULL;
    if (watcher->opener == NULL && watcher->begun.writer != NULL) {
        take_news(watcher, &news);
    }
    job_news_clear(&news);
}

bool watcher_jobs_open(struct watcher *watcher, struct failure *why)
{
    struct job_past past = {.handled = find_handled, .context = watcher};

    return watcher->jobs != NULL ||
           (read_past_settings(watcher, &past.settings, why) &&
            job_runner_open(&watcher->jobs, watcher_ring, watcher->host, why) &&
            configure(watcher, &past, why));
}
