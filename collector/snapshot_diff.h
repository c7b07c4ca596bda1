/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What changed between two snapshots. One pure function: the ledger's writer,
 * the live watches and the `diff` command all use it. Linear in the number of
 * rows.
 *
 * Rows are paired one to one, the earlier ones in order with the later ones in
 * order, in this sequence:
 *
 *   1. protocol, both ends, state, owner and socket are the same: nothing changed
 *   2. protocol, both ends, owner and socket are: SNAPSHOT_STATE_CHANGED
 *   3. protocol, both ends and socket are: SNAPSHOT_OWNER_CHANGED, handed on
 *   4. protocol, both ends and owner are: closed, and another one opened by the
 *      same process. These are no partners.
 *   5. protocol and both ends are: SNAPSHOT_OWNER_CHANGED, taken over
 *
 * What has no partner was opened or closed.
 *
 * "The same socket" is an equal socket_id and created_at, "the same owner" an
 * equal pid and start of the process (the instance's pid, or the row's where
 * no instance is known). Of socket_id, created_at and start each counts only
 * where both rows tell it; pairs that have more of them in common come first.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/snapshot.h"

struct snapshot_diff_work;

enum snapshot_change_kind {
    SNAPSHOT_OPENED,
    SNAPSHOT_CLOSED,
    SNAPSHOT_STATE_CHANGED, /* the same socket and owner */
    SNAPSHOT_OWNER_CHANGED, /* the same ends; the state may differ too */
    SNAPSHOT_CHANGE_COUNT,
};

#define SNAPSHOT_NO_ROW UINT32_MAX

struct snapshot_change {
    enum snapshot_change_kind kind;
    uint32_t before; /* index into the earlier snapshot's sockets; SNAPSHOT_NO_ROW if opened */
    uint32_t after;  /* index into the later one's; SNAPSHOT_NO_ROW if closed */
};

/* Starts as {0}. Kept between calls, it is not allocated anew. */
struct snapshot_diff {
    struct snapshot_change *changes; /* closed, then changed, then opened; rows in order within */
    size_t count;
    uint32_t *partner; /* for each later row its earlier one, or SNAPSHOT_NO_ROW */

    struct snapshot_diff_work *work; /* for snapshot_diff.c only, from here on */
    size_t change_capacity;
};

/*
 * Compares by what the rows say. On failure the diff is empty and can be used
 * again.
 */
bool snapshot_diff_make(struct snapshot_diff *diff, const struct snapshot *before,
                        const struct snapshot *after, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void snapshot_diff_clear(struct snapshot_diff *diff);

/* "opened", "closed", "state", "owner": the words of every output. */
const char *snapshot_change_name(enum snapshot_change_kind kind);
