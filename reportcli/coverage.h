/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What of an asked range of time was watched, for people.
 */

#include "base/text.h"
#include "base/time_text.h"
#include "reportcli/command.h"
#include "store/ledger_coverage.h"
#include "store/ledger_query.h"

/* Appends one sentence for people, without a period: how much was watched, and the first gaps. */
void coverage_add_words(struct text *text, const struct ledger_coverage *coverage,
                        enum time_zone_choice zone);

/* The sentence as a note, with `before` (NULL: nothing) in front of it. */
void coverage_note(const struct command_context *context, const struct ledger_coverage *coverage,
                   const char *before);

/*
 * What of the time of a filter was watched, and what was dropped, as notes; and
 * the status of an answer that has no records.
 */
bool coverage_note_answer(const struct command_context *context, const struct command_ledger *from,
                          const struct ledger_filter *filter, size_t records,
                          enum exit_status *status, struct failure *why) NODISCARD;

/* A note of kind "lacking" for tables that the watched system did not have. */
void coverage_note_lacks(const struct command_context *context, unsigned lacks);
