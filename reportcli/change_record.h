/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The columns of a socket that changed from one moment to another: what
 * `diff` prints of two moments, and a watch of each that follows another.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "collector/snapshot.h"
#include "collector/snapshot_diff.h"
#include "reportcli/column.h"
#include "reportcli/process_index.h"
#include "reportcli/socket_record.h"

enum change_field {
    CHANGE_RECORD_CHANGE,
    CHANGE_RECORD_SOCKET, /* the first of the socket's columns */
    CHANGE_RECORD_STATE_BEFORE = CHANGE_RECORD_SOCKET + SOCKET_RECORD_FIELDS,
    CHANGE_RECORD_PID_BEFORE,
    CHANGE_RECORD_PROCESS_BEFORE,
    CHANGE_RECORD_ATTRIBUTION_BEFORE,
    CHANGE_RECORD_BEFORE_AT,
    CHANGE_RECORD_FIELDS,

    /* so many stand behind those of the socket */
    CHANGE_RECORD_BEFORE = CHANGE_RECORD_FIELDS - CHANGE_RECORD_STATE_BEFORE,
};

extern const struct column change_before_columns[CHANGE_RECORD_BEFORE];

/* One of the two moments. */
struct change_side {
    const struct snapshot *snapshot;
    const struct process_index *index;
};

/*
 * Fills values[0..CHANGE_RECORD_FIELDS - 1]. The socket is as it was at the
 * later moment; a closed one as it was at the earlier one. The values are good
 * until the next call, and as long as the two sides are.
 */
bool change_record_fill(struct socket_record *record, const struct change_side *before,
                        const struct change_side *after, const struct snapshot_change *change,
                        struct value *values, struct failure *why) NODISCARD;
