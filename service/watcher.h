/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The body of the service: samples at the interval, hands what changed to the
 * ledger, commits, and reacts to controls. It knows no service manager and no
 * terminal: service_host.h brings the controls.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/settings.h"
#include "base/text.h"
#include "service/service_host.h"

/* What the command line said, and what came of it. */
struct watcher_plan {
    const char *config; /* settings file; NULL: the usual place, where a missing file is no error */
    bool told;          /* watcher_run() has reported its failure as an event */
};

/* The tables of all settings that the service knows; ended by NULL. */
extern setting_tables watcher_settings;

/*
 * Reads the settings that the plan names, or the defaults, and applies the
 * policies. A file that others can change is refused. *file is where they came
 * from (empty for defaults), *unknown the names of policies that this version
 * does not know, as "A, B"; the caller clears both.
 */
bool watcher_read_settings(const struct watcher_plan *plan, struct settings **out,
                           struct text *file, struct text *unknown, struct failure *why) NODISCARD;

/* Appends the ledger that the settings name, or the usual place. */
bool watcher_ledger_path(const struct settings *settings, struct text *path,
                         struct failure *why) NODISCARD;

/* A service_body_fn; its context is a struct watcher_plan. */
bool watcher_run(struct service_host *host, void *context, struct failure *why);
