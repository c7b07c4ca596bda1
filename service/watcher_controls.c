/* SPDX-License-Identifier: MIT */

/*
 * What an administrator, or the system, asks of a service that runs.
 */

#include "service/watcher_parts.h"

#include "base/clock.h"

/*
 * The sample that is under way when the word comes is not used any more, and
 * what was seen before is on the disk before the manager hears that it is so.
 */
static bool pause(struct watcher *watcher, struct failure *why)
{
    if (!watcher->paused) {
        watcher->paused = true;
        event_report(watcher->events, EVENT_PAUSED);
        if (!watcher_ledger_gap(watcher, LEDGER_GAP_PAUSED, why) ||
            !watcher_ledger_commit(watcher, why)) {
            return false;
        }
    }
    if (watcher->ready) {
        service_host_paused(watcher->host, true);
    }
    return true;
}

static void go_on(struct watcher *watcher)
{
    if (watcher->paused) {
        watcher->paused = false;
        watcher->next_sample = clock_steady();
        event_report(watcher->events, EVENT_CONTINUED);
    }
    if (watcher->ready) {
        service_host_paused(watcher->host, false);
    }
}

/* Whoever may ask could otherwise make the service work as hard as he likes. */
static void sample_on_request(struct watcher *watcher)
{
    int64_t now = clock_steady();

    if (now >= watcher->next_asked) {
        watcher->next_asked = now + ASKED_EVERY_MS;
        watcher->next_sample = now;
    }
}

bool watcher_controls_obey(struct watcher *watcher, unsigned wants, struct failure *why)
{
    if ((wants & SERVICE_WANTS_PAUSE) != 0 && !pause(watcher, why)) {
        return false;
    }
    if ((wants & SERVICE_WANTS_CONTINUE) != 0) {
        go_on(watcher);
    }
    if ((wants & SERVICE_WANTS_SAMPLE) != 0) {
        sample_on_request(watcher);
    }
    if ((wants & (SERVICE_WANTS_WOKE | SERVICE_WANTS_CLOCK)) != 0) {
        watcher->next_sample = clock_steady();
    }
    return true;
}
