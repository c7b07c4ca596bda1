/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The record "stretch": a time of uninterrupted watching, with what it missed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "reportcli/column.h"
#include "reportcli/render.h"
#include "store/ledger.h"

extern const struct column_table stretch_records_table;

/* Prints the stretches that touch since..until, in the order of recording. */
bool stretch_records_print(struct render *render, struct ledger *ledger, int64_t since,
                           int64_t until, struct failure *why) NODISCARD;
