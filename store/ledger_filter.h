/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether a fact is what a filter asks for. Pure: nothing is read here. What
 * takes a look at other facts than these is asked by ledger_walk.c.
 */

#include <stdbool.h>

#include "collector/process_instance.h"
#include "store/ledger_query.h"
#include "store/ledger_rows.h"

/* By what the row itself says; the pid of a known owner stands in it. Not by its times. */
bool ledger_filter_row(const struct ledger_filter *filter, const struct ledger_row *row);

/* By what is known of the owner: everything but its pid and its modules. */
bool ledger_filter_owner(const struct ledger_filter *filter, const struct ledger_process *owner);

/* Something is asked that no interval without a known owner can be. */
bool ledger_filter_needs_owner(const struct ledger_filter *filter);

/* `name` is that of a service, or of several parted by ", "; NULL where none is known. */
bool ledger_filter_service(const struct ledger_filter *filter, const char *name);
