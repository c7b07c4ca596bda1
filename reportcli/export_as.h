/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Intervals of a ledger as records of another program's format, one after the
 * other: memory does not grow with their number.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"
#include "reportcli/command.h"
#include "reportcli/foreign.h"
#include "store/ledger_query.h"

struct export_as {
    const struct foreign_format *format;
    const struct ledger_filter *filter; /* events of since..until; both count */
    FILE *file;                         /* NULL: standard output */
    bool utc;                           /* where the format has local times */
    bool command_lines;
    bool secrets;               /* also those that hold one, which are masked otherwise */
    const atomic_bool *stopped; /* set from elsewhere: the export is to end */

    int64_t intervals; /* that matched */
    int64_t events;    /* that were written */
    int64_t left_out;  /* sockets that the format has no record for */
};

/* Writes them. What was written before a failure stays. */
bool export_as_write(struct export_as *export, const struct command_ledger *from,
                     struct failure *why) NODISCARD;
