/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Everything the service tells the administrator, as one table.
 *
 * The ids are stable: dashboards and alerts are built on them. 1xx service and
 * coverage, 2xx local changes, 3xx probes, 4xx integrity, 9xx errors.
 */

#include <stddef.h>

#include "base/compiler.h"

enum event_severity {
    EVENT_INFORMATION,
    EVENT_WARNING,
    EVENT_ERROR,
};

enum event_id {
    EVENT_STARTED = 100,
    EVENT_STOPPED = 101,
    EVENT_SETTINGS_LOADED = 102,
    EVENT_SETTINGS_REFUSED = 103,
    EVENT_RESTART_NEEDED = 104,
    EVENT_LEDGER_OPENING = 105,
    EVENT_PAUSED = 106,
    EVENT_CONTINUED = 107,
    EVENT_POLICY_UNKNOWN = 108,
    EVENT_GAP = 110,
    EVENT_INTERVAL_STRETCHED = 111,
    EVENT_INTERVAL_SHORTENED = 112,
    EVENT_LOG_HELD = 120,
    EVENT_LOG_FREE = 121,
    EVENT_SHARE_FAILED = 122,
    EVENT_SHARE_RECOVERED = 123,
    EVENT_METRICS_FAILED = 124,
    EVENT_METRICS_RECOVERED = 125,
    EVENT_LEFT_OUT = 190,
    EVENT_LISTENER_OPENED = 200,
    EVENT_LISTENER_CLOSED = 201,
    EVENT_IMAGE_CHANGED = 202,
    EVENT_PORT_CHANGED = 300,
    EVENT_JOB_FAILED = 301,
    EVENT_JOBS_REFUSED = 302,
    EVENT_OUTCOMES_LOST = 303,
    EVENT_RUNS_LEFT = 304,
    EVENT_JOB_RECOVERED = 305,
    EVENT_SEAL = 400,
    EVENT_SEALING_BEGINS = 401,
    EVENT_KEY_LOST = 402,
    EVENT_LEDGER_CUT = 403,
    EVENT_KEY_FAILED = 404,
    EVENT_LEDGER_TOUCHED = 405,
    EVENT_LEFT_UNSEALED = 406,
    EVENT_LEDGER_CONFLICT = 407,
    EVENT_FIRST_KEY = 408,
    EVENT_WATCHED_BOUNDED = 409,
    EVENT_LEDGER_REPLACED = 410,
    EVENT_FOLDER_UNTRUSTED = 411,
    EVENT_SAMPLE_FAILED = 900,
    EVENT_SAMPLE_RECOVERED = 901,
    EVENT_COMMIT_FAILED = 902,
    EVENT_COMMIT_RECOVERED = 903,
    EVENT_START_FAILED = 904,
    EVENT_COLLECTOR_HANGS = 905,
    EVENT_ENDED_BY_FAILURE = 906,
    EVENT_SAMPLES_LOST = 907,
    EVENT_OPENING_LEFT = 908,
    EVENT_RETENTION_FAILED = 909,
    EVENT_RETENTION_RECOVERED = 910,
};

struct event {
    enum event_id id;
    enum event_severity severity;
    const char *name; /* snake_case, for journals and documents */
    const char *text; /* of printf, with %s only: what happened, one line */
    const char *help; /* what it means and what to do: for docs/events.md */
};

extern const struct event events[];
extern const size_t event_count;

/* The row of an id. Asking for one that is not there is a bug of ours, and asserted. */
const struct event *event_find(enum event_id id);

/* What an id begins with: the categories of the Windows event log, 1 to EVENT_CATEGORIES. */
enum { EVENT_CATEGORIES = 5 };

int event_category_of(enum event_id id);

/* Their names, by number less 1. */
extern const char *const event_categories[EVENT_CATEGORIES];

/* "information", "warning", "error". */
const char *event_severity_name(enum event_severity severity);
