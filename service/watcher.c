/* SPDX-License-Identifier: MIT */

#include "service/watcher.h"

#include "base/clock.h"
#include "base/process_self.h"
#include "service/watcher_parts.h"

enum {
    START_LOOK_MS = 500, /* how often a manager hears that we are still starting */
};

static void tell_recovery(struct watcher *watcher)
{
    struct text count = {0};

    text_addf(&count, "%lld", (long long)watcher->failed_samples);
    event_report(watcher->events, EVENT_SAMPLE_RECOVERED, text_bytes(&count));
    text_clear(&count);
    watcher->failed_samples = 0;
}

static bool record(struct watcher *watcher, struct failure *why)
{
    if (watcher->failed_samples > 0) {
        tell_recovery(watcher);
    }
    if (!watcher_ports_look(watcher, why)) {
        return false;
    }
    watcher_health_sample(watcher);
    if (watcher->opener != NULL) {
        return sample_queue_add(&watcher->queue, &watcher->snapshot, watcher->interval, why);
    }
    if (!watcher_ledger_add(watcher, &watcher->snapshot, why)) {
        return false;
    }
    /* The first sample is stored at once. */
    if (!watcher->sampled && !ledger_writer_is_losing(watcher->begun.writer)) {
        watcher->sampled = true;
        return watcher_ledger_commit(watcher, why);
    }
    return true;
}

static bool note_failed_sample(struct watcher *watcher, const struct failure *sampling,
                               struct failure *why)
{
    health_count(&watcher->health, HEALTH_FAILED_SAMPLES, 1);
    if (watcher->failed_samples++ == 0) {
        event_report(watcher->events, EVENT_SAMPLE_FAILED, sampling->text);
    }
    return watcher_ledger_gap(watcher, LEDGER_GAP_SAMPLE_FAILED, why);
}

/* Whether a sample that was under way when the service was paused is not used, as is due to it. */
static bool is_stale(struct watcher *watcher, enum sampler_result result)
{
    bool stale = watcher->paused || watcher->stale;

    watcher->stale = stale && result == SAMPLER_WORKING;
    return stale;
}

static bool collect(struct watcher *watcher, struct failure *why)
{
    struct failure sampling;
    enum sampler_result result = sampler_take(watcher->sampler, &watcher->snapshot, &sampling);

    if (is_stale(watcher, result)) {
        return true;
    }
    switch (result) {
    case SAMPLER_DONE:
        return record(watcher, why);
    case SAMPLER_FAILED:
        return note_failed_sample(watcher, &sampling, why);
    default:
        return true;
    }
}

/* Samples are due at fixed distances; one that could not begin in time is left out, not made up. */
static void begin_if_due(struct watcher *watcher, int64_t now)
{
    int64_t late = now - watcher->next_sample;

    if (watcher->paused || late < 0 || !sampler_begin(watcher->sampler)) {
        return;
    }
    health_late(&watcher->health, late);
    watcher->next_sample += (late / watcher->interval + 1) * watcher->interval;
}

static int64_t time_to_wait(const struct watcher *watcher, int64_t now)
{
    int64_t next = watcher->next_sample;
    int64_t share = watcher->share == NULL ? -1 : share_wait(watcher->share);

    if (next <= now) { /* a sample is under way for longer than the interval: it rings */
        next = now + watcher->interval;
    }
    if (watcher->paused || watcher->next_commit < next) {
        next = watcher->next_commit;
    }
    if (watcher->next_look < next) {
        next = watcher->next_look;
    }
    if (watcher->retention != NULL && watcher->ready && !watcher->commit_failing &&
        !watcher->log_held && watcher->next_retention < next) {
        next = watcher->next_retention > now ? watcher->next_retention : now + RETENTION_MS;
    }
    if (share >= 0 && now + share < next) {
        next = now + share;
    }
    if (!watcher->ready && next > now + START_LOOK_MS) {
        next = now + START_LOOK_MS;
    }
    return next > now ? next - now : 0;
}

static bool commit_if_due(struct watcher *watcher, struct failure *why)
{
    return clock_steady() < watcher->next_commit || watcher_ledger_commit(watcher, why);
}

/* A part of what samples cost: the rest is the sampler's. */
static bool do_counted(struct watcher *watcher, bool (*part)(struct watcher *, struct failure *),
                       struct failure *why)
{
    int64_t before = process_self_thread_cpu();
    bool ok = part(watcher, why);

    watcher->own_cpu += process_self_thread_cpu() - before;
    return ok;
}

static bool turn(struct watcher *watcher, unsigned wants, struct failure *why)
{
    if (!watcher_ledger_take(watcher, why) || !watcher_controls_obey(watcher, wants, why) ||
        !do_counted(watcher, collect, why)) {
        return false;
    }
    if ((wants & SERVICE_WANTS_RELOAD) != 0 &&
        !(watcher_settings_reload(watcher, why) && watcher_ports_configure(watcher, why))) {
        return false;
    }
    if (!watcher_settings_look(watcher, why)) {
        return false;
    }
    begin_if_due(watcher, clock_steady());
    watcher_jobs_tend(watcher);
    if (!do_counted(watcher, commit_if_due, why) || !watcher_health_tend(watcher, why)) {
        return false;
    }
    watcher_ledger_retain(watcher, clock_steady());
    event_sink_tend(watcher->events);
    if (!watcher->ready) {
        service_host_busy(watcher->host);
        return true;
    }
    if (watcher->share != NULL) {
        watcher_ledger_share(watcher);
    }
    return true;
}

static bool watch(struct watcher *watcher, struct failure *why)
{
    unsigned wants = SERVICE_WANTS_NOTHING;

    watcher->next_sample = clock_steady();
    watcher->next_commit = watcher->next_sample + watcher->commit_every;
    while ((wants & SERVICE_WANTS_STOP) == 0) {
        if (!turn(watcher, wants, why)) {
            return false;
        }
        wants = service_host_wait(watcher->host, time_to_wait(watcher, clock_steady()));
    }
    return true;
}

void watcher_ring(void *context)
{
    service_host_ring(context);
}

/*
 * Beginning and end.
 */

static bool open_sampler(struct watcher *watcher, struct failure *why)
{
    struct collector_options options = {0};
    bool ok = watcher_settings_collector(watcher, &options, why) &&
              sampler_open(&watcher->sampler, &options, watcher_ring, watcher->host, why);

    collector_options_clear(&options);
    return ok;
}

static bool begin(struct watcher *watcher, struct failure *why)
{
    if (!watcher_settings_begin(watcher, why)) {
        return false;
    }
    watcher_health_begin(watcher);
    service_host_busy(watcher->host);
    return watcher_ports_configure(watcher, why) && watcher_ledger_open(watcher, why) &&
           open_sampler(watcher, why);
}

/* The first failure is the one that is told. */
static bool end(struct watcher *watcher, bool ok, struct failure *why)
{
    struct failure closing;

    watcher_health_end(watcher);
    watcher_ledger_close_share(watcher);
    watcher_jobs_close(watcher);
    if (!sampler_close(watcher->sampler, STOP_PATIENCE_MS)) {
        event_report(watcher->events, EVENT_COLLECTOR_HANGS);
    }
    watcher_ledger_close_retention(watcher);
    if (!ledger_opener_close(watcher->opener, STOP_PATIENCE_MS)) {
        event_report(watcher->events, EVENT_OPENING_LEFT);
    }
    if (!ledger_begun_end(&watcher->begun, ok ? LEDGER_GAP_STOPPED : LEDGER_GAP_CRASHED,
                          &closing) &&
        ok) {
        *why = closing;
        ok = false;
    }
    watcher_seals_end(watcher);
    return ok;
}

static void clear(struct watcher *watcher)
{
    snapshot_clear(&watcher->snapshot);
    sample_queue_clear(&watcher->queue);
    port_watch_close(watcher->ports);
    text_clear(&watcher->begun.kept);
    settings_free(watcher->settings);
    text_clear(&watcher->settings_file);
    text_clear(&watcher->settings_path);
    text_clear(&watcher->ledger_path);
    event_sink_close(watcher->events);
}

bool watcher_run(struct service_host *host, void *context, struct failure *why)
{
    struct watcher_plan *plan = context;
    struct watcher watcher = {
        .host = host,
        .plan = plan,
        .events = event_sink_open(service_host_foreground(host)),
    };
    bool ok = begin(&watcher, why) && watch(&watcher, why);

    ok = end(&watcher, ok, why);
    if (ok) {
        event_report(watcher.events, EVENT_STOPPED);
    } else {
        event_report(watcher.events, watcher.ready ? EVENT_ENDED_BY_FAILURE : EVENT_START_FAILED,
                     why->text);
        plan->told = watcher.events != NULL;
    }
    clear(&watcher);
    return ok;
}
