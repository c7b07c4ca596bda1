/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What of an asked range of time was watched, for people.
 */

#include "base/text.h"
#include "base/time_text.h"
#include "reportcli/command.h"
#include "store/ledger_coverage.h"

/* Appends one sentence for people, without a period: how much was watched, and the first gaps. */
void coverage_add_words(struct text *text, const struct ledger_coverage *coverage,
                        enum time_zone_choice zone);

/* The sentence as a note, with `before` (NULL: nothing) in front of it. */
void coverage_note(const struct command_context *context, const struct ledger_coverage *coverage,
                   const char *before);

/* A note of kind "lacking" for tables that the watched system did not have. */
void coverage_note_lacks(const struct command_context *context, unsigned lacks);
