/* SPDX-License-Identifier: MIT */

/*
 * The ledger of a service: opened while samples wait, written at each commit, shrunk when
 * nothing else is due, copied for others.
 */

#include "service/watcher_parts.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/time_text.h"
#include "base/units.h"
#include "service/data_folder.h"
#include "store/ledger_log.h"

enum {
    OPEN_PATIENCE_MS = 1000, /* most ledgers are open by then; the first sample waits as long */
    MOST_WAITING = 16 << 20, /* bytes of facts that may wait while the ledger takes none */
    RETENTION_REST_MS = 60,  /* between two turns of retention; */
    RETENTION_WAY_MS = 1000, /* where it gives way */
    RETENTION_RETRY_MS = 60000,
    MOST_REOPENED = 3, /* times that a run opens a ledger anew that fails as if damaged */
};

static bool begin_opening(struct watcher *watcher, bool suspect, struct failure *why)
{
    struct text settings = {0};
    struct ledger_opener_plan plan = {
        .path = text_bytes(&watcher->ledger_path),
        .interval = watcher->interval,
        .commit = watcher->commit_every,
        .goes_on_after = suspect ? LEDGER_GAP_LOST : LEDGER_GAP_NONE,
        .suspect = suspect,
    };
    bool ok;

    watcher_settings_add(&settings, watcher->settings);
    plan.settings = text_bytes(&settings);
    ok = text_ok(&settings, why) &&
         ledger_opener_open(&watcher->opener, &plan, watcher_ring, watcher->host, why);
    text_clear(&settings);
    return ok;
}

static void tell_gap(const struct watcher *watcher, const struct ledger_gap_seen *gap)
{
    struct text from = {0};
    struct text until = {0};

    time_text_add_table(&from, gap->from, TIME_ZONE_LOCAL);
    time_text_add_table(&until, gap->until, TIME_ZONE_LOCAL);
    event_report(watcher->events, EVENT_GAP, text_bytes(&from), text_bytes(&until),
                 ledger_gap_name((int)gap->reason));
    text_clear(&from);
    text_clear(&until);
}

bool watcher_ledger_add(struct watcher *watcher, struct snapshot *snapshot, struct failure *why)
{
    struct ledger_gap_seen gap;

    if (!ledger_writer_add(watcher->begun.writer, snapshot, why)) {
        return false;
    }
    if (ledger_writer_gap_seen(watcher->begun.writer, &gap)) {
        health_count(&watcher->health, HEALTH_GAPS, 1);
        tell_gap(watcher, &gap);
    }
    return true;
}

static bool store_queued(struct watcher *watcher, struct queued_sample *sample, struct failure *why)
{
    return (sample->gap == LEDGER_GAP_NONE ||
            ledger_writer_gap(watcher->begun.writer, sample->gap, why)) &&
           ledger_writer_set_interval(watcher->begun.writer, sample->interval, why) &&
           watcher_ledger_add(watcher, &sample->snapshot, why);
}

static void tell_loss(struct watcher *watcher)
{
    health_count(&watcher->health, HEALTH_FAILED_LOSSES, 1);
    event_report(watcher->events, EVENT_SAMPLES_LOST);
}

/* What was lost is lost after what waited. */
static bool store_queue(struct watcher *watcher, struct failure *why)
{
    struct queued_sample *sample;
    bool ok = true;

    while (ok && (sample = sample_queue_take(&watcher->queue)) != NULL) {
        ok = store_queued(watcher, sample, why);
        queued_sample_free(sample);
        watcher->sampled = true;
    }
    if (ok && watcher->queue.full) {
        tell_loss(watcher);
        ok = ledger_writer_gap(watcher->begun.writer, LEDGER_GAP_LOST, why);
    } else if (ok && watcher->queue.gap != LEDGER_GAP_NONE) {
        ok = ledger_writer_gap(watcher->begun.writer, watcher->queue.gap, why);
    }
    sample_queue_clear(&watcher->queue);
    return ok;
}

/* Copies are made of the ledger that is open now. */
static bool open_share(struct watcher *watcher, struct failure *why)
{
    return share_open(&watcher->share, watcher->begun.ledger, watcher_ring, watcher->host, why) &&
           share_configure(watcher->share, watcher->settings, why);
}

void watcher_ledger_close_share(struct watcher *watcher)
{
    share_close(watcher->share);
    watcher->share = NULL;
}

static bool open_retention(struct watcher *watcher, struct failure *why)
{
    struct retention_limits limits = watcher_settings_retention(watcher->settings);

    watcher->next_retention = INT64_MAX;
    return retention_open(&watcher->retention, watcher->begun.ledger, &limits, why);
}

void watcher_ledger_close_retention(struct watcher *watcher)
{
    retention_close(watcher->retention);
    watcher->retention = NULL;
}

static bool use_ledger(struct watcher *watcher, struct failure *why)
{
    (void)ledger_opener_close(watcher->opener, -1); /* it is done */
    watcher->opener = NULL;
    if (watcher->begun.kept.size > 0) {
        event_report(watcher->events, EVENT_LEDGER_REPLACED, text_bytes(&watcher->begun.kept),
                     watcher->begun.damage.text);
        text_clear(&watcher->begun.kept);
    }
    watcher_seals_begin(watcher);
    watcher->next_commit = clock_steady();
    return store_queue(watcher, why) && watcher_settings_tell_writer(watcher, why) &&
           open_retention(watcher, why) && open_share(watcher, why) &&
           watcher_jobs_open(watcher, why);
}

bool watcher_ledger_take(struct watcher *watcher, struct failure *why)
{
    if (watcher->opener == NULL) {
        return true;
    }
    switch (ledger_opener_take(watcher->opener, &watcher->begun, why)) {
    case LEDGER_OPENER_DONE:
        return use_ledger(watcher, why);
    case LEDGER_OPENER_FAILED:
        return false;
    default:
        return true;
    }
}

/* A ledger that is refused is so before anything is sampled. */
bool watcher_ledger_open(struct watcher *watcher, struct failure *why)
{
    if (!watcher_ledger_path(watcher->settings, &watcher->ledger_path, why) ||
        !text_ok(&watcher->ledger_path, why) ||
        !data_folder_prepare(text_bytes(&watcher->ledger_path), why) ||
        !begin_opening(watcher, false, why)) {
        return false;
    }
    ledger_opener_wait(watcher->opener, OPEN_PATIENCE_MS);
    if (!watcher_ledger_take(watcher, why)) {
        return false;
    }
    if (watcher->opener != NULL) {
        event_report(watcher->events, EVENT_LEDGER_OPENING);
    }
    return true;
}

/*
 * A ledger in which a commit found damage, or what looks like it, is opened
 * anew, which has a close look and may find that another one must be begun.
 */
static bool reopen(struct watcher *watcher, struct failure *why)
{
    struct failure ignored;

    if (watcher->reopened++ == MOST_REOPENED) {
        return false;
    }
    watcher_ledger_close_share(watcher);
    watcher_ledger_close_retention(watcher);
    (void)!ledger_begun_end(&watcher->begun, LEDGER_GAP_LOST, &ignored);
    return begin_opening(watcher, true, why);
}

bool watcher_ledger_gap(struct watcher *watcher, enum ledger_gap reason, struct failure *why)
{
    if (watcher->opener != NULL) {
        sample_queue_gap(&watcher->queue, reason);
        return true;
    }
    return ledger_writer_gap(watcher->begun.writer, reason, why);
}

/* RUNNING means that watching has really begun: a sample is in the ledger. */
static void become_ready(struct watcher *watcher)
{
    struct text interval = {0};

    watcher->ready = true;
    service_host_ready(watcher->host);
    units_add_duration(&interval, watcher->interval);
    event_report(watcher->events, EVENT_STARTED, text_bytes(&interval),
                 text_bytes(&watcher->ledger_path));
    text_clear(&interval);
}

/* Said once, and once more when it is over. */
static void tell_commit(struct watcher *watcher, bool ok, const struct failure *why)
{
    health_count(&watcher->health, HEALTH_FAILED_COMMITS, ok ? 0 : 1);
    if (ok && watcher->commit_failing) {
        event_report(watcher->events, EVENT_COMMIT_RECOVERED);
    } else if (!ok && !watcher->commit_failing) {
        event_report(watcher->events, EVENT_COMMIT_FAILED, why->text);
    }
    watcher->commit_failing = !ok;
}

static void tell_log(const struct watcher *watcher)
{
    struct text size = {0};
    struct text path = {0};

    text_add(&path, text_bytes(&watcher->ledger_path));
    text_add(&path, "-wal");
    units_add_size_rough(&size, file_size(text_bytes(&path)));
    event_report(watcher->events, EVENT_LOG_HELD, text_bytes(&watcher->ledger_path),
                 text_bytes(&size));
    text_clear(&path);
    text_clear(&size);
}

/* Said once, and once more when it is over. What is wrong with the disk, the next commit says. */
static void tend_log(struct watcher *watcher)
{
    struct failure ignored;
    bool held;

    if (!ledger_tend_log(watcher->begun.ledger, &held, &ignored) || held == watcher->log_held) {
        return;
    }
    if (held) {
        tell_log(watcher);
    } else {
        event_report(watcher->events, EVENT_LOG_FREE);
    }
    watcher->log_held = held;
}

bool watcher_ledger_commit(struct watcher *watcher, struct failure *why)
{
    bool ok;

    watcher->next_commit = clock_steady() + watcher->commit_every;
    if (watcher->opener != NULL) {
        return true;
    }
    ok = ledger_writer_commit(watcher->begun.writer, why);
    watcher->next_commit = clock_steady() + watcher->commit_every;
    if (!ok && ledger_is_suspect(why)) {
        if (ledger_is_in_conflict(why)) {
            event_report(watcher->events, EVENT_LEDGER_CONFLICT, why->text);
        }
        tell_commit(watcher, ok, why);
        return reopen(watcher, why);
    }
    if (!ok && (why->kind == FAILURE_MISSING || why->kind == FAILURE_FORMAT)) {
        return false;
    }
    tell_commit(watcher, ok, why);
    if (ledger_writer_waiting(watcher->begun.writer) > MOST_WAITING) {
        ledger_writer_drop(watcher->begun.writer);
        watcher->sampled = watcher->ready; /* a first sample is still to come */
        tell_loss(watcher);
    }
    if (ok) {
        tend_log(watcher);
        watcher_seals_tend(watcher);
    }
    if (ok && watcher->sampled && !watcher->ready) {
        become_ready(watcher);
    }
    if (ok) {
        watcher_health_store(watcher);
    }
    if (ok && watcher->next_retention == INT64_MAX) {
        watcher->next_retention = clock_steady();
    }
    return true;
}

/* Said once, and once more when it is over. */
static void tell_retention(struct watcher *watcher, bool ok, const struct failure *why)
{
    health_count(&watcher->health, HEALTH_FAILED_RETENTION, ok ? 0 : 1);
    if (ok && watcher->retention_failing) {
        event_report(watcher->events, EVENT_RETENTION_RECOVERED);
    } else if (!ok && !watcher->retention_failing) {
        event_report(watcher->events, EVENT_RETENTION_FAILED, why->text);
    }
    watcher->retention_failing = !ok;
}

/* Whether nothing else is due, nor will be in the time that it takes. */
static bool is_idle(const struct watcher *watcher, int64_t now)
{
    return watcher->retention != NULL && watcher->ready && !watcher->commit_failing &&
           !watcher->log_held && now >= watcher->next_retention &&
           now + RETENTION_MS <= watcher->next_commit;
}

/* A ledger that cannot be shrunk is still a ledger: samples go on, and it is tried again. */
void watcher_ledger_retain(struct watcher *watcher, int64_t now)
{
    struct failure why;
    bool more = false;
    bool ok;

    if (!is_idle(watcher, now)) {
        return;
    }
    ok = retention_work(watcher->retention, clock_now(), RETENTION_MS, &more, &why);
    tell_retention(watcher, ok, &why);
    watcher->next_retention = INT64_MAX;
    if (!ok) {
        watcher->next_retention = clock_steady() + RETENTION_RETRY_MS;
    } else if (more) {
        watcher->next_retention =
            clock_steady() + (watcher->budget.yielding ? RETENTION_WAY_MS : RETENTION_REST_MS);
    }
}

void watcher_ledger_share(struct watcher *watcher)
{
    struct failure why;

    switch (share_work(watcher->share, &why)) {
    case SHARE_FAILED:
        health_count(&watcher->health, HEALTH_FAILED_COPIES, 1);
        event_report(watcher->events, EVENT_SHARE_FAILED, why.text);
        break;
    case SHARE_RECOVERED:
        event_report(watcher->events, EVENT_SHARE_RECOVERED);
        break;
    default:
        break;
    }
}
