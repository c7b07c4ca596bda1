/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The service as the manager knows it: install, uninstall, start, stop.
 *
 * Windows: the service control manager. Linux: the package brings the unit
 * file and systemctl does the rest; the verbs say so in words.
 * Verbs are idempotent: *did says in one line what was done or found.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"

/* Arguments that the manager is to pass at each start: "--config", "C:\...". Ended by NULL. */
bool service_control_install(const char *const *arguments, struct text *did,
                             struct failure *why) NODISCARD;
bool service_control_uninstall(struct text *did, struct failure *why) NODISCARD;

/* Both wait until the service runs, or has stopped and its process is gone. */
bool service_control_start(struct text *did, struct failure *why) NODISCARD;
bool service_control_stop(struct text *did, struct failure *why) NODISCARD;
bool service_control_reload(struct text *did, struct failure *why) NODISCARD;
