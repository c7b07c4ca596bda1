/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "reportcli/command.h"
#include "reportcli/view.h"

/*
 * Watches this machine, looking every so many seconds, until somebody stops
 * it. *status is EXIT_NO where there is no such process to begin with.
 */
bool view_live_run(const struct command_context *context, const struct view_subject *subject,
                   int64_t seconds, enum exit_status *status, struct failure *why) NODISCARD;
