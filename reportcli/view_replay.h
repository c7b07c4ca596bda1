/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "base/failure.h"
#include "reportcli/command.h"
#include "reportcli/view.h"

/*
 * Shows what a watch from --since to --until would have shown, out of the
 * ledger. Gaps are told where they are. *status: EXIT_YES where some socket was seen,
 * EXIT_UNDECIDED where none was and nothing was watched, or a part was dropped.
 */
bool view_replay_run(const struct command_context *context, const struct view_subject *subject,
                     enum exit_status *status, struct failure *why) NODISCARD;
