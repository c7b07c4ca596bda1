/* SPDX-License-Identifier: MIT */

#include "collector/snapshot.h"

#include <assert.h>
#include <stdlib.h>

enum {
    FIRST_SOCKETS = 64,
    FIRST_PROCESSES = 64,
};

bool snapshot_add_socket(struct snapshot *snapshot, const struct socket_row *row,
                         struct failure *why)
{
    assert(row->owner == SOCKET_NO_OWNER || row->owner < snapshot->process_count);
    if (snapshot->socket_count == snapshot->socket_capacity) {
        size_t capacity =
            snapshot->socket_capacity == 0 ? FIRST_SOCKETS : snapshot->socket_capacity * 2;
        struct socket_row *sockets = realloc(snapshot->sockets, capacity * sizeof(*sockets));

        if (sockets == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu sockets", capacity);
        }
        snapshot->sockets = sockets;
        snapshot->socket_capacity = capacity;
    }
    snapshot->sockets[snapshot->socket_count] = *row;
    socket_row_normalize(&snapshot->sockets[snapshot->socket_count]);
    snapshot->socket_count++;
    return true;
}

bool snapshot_add_process(struct snapshot *snapshot, const struct process_instance *instance,
                          uint32_t *index, struct failure *why)
{
    if (snapshot->process_count == snapshot->process_capacity) {
        size_t capacity =
            snapshot->process_capacity == 0 ? FIRST_PROCESSES : snapshot->process_capacity * 2;
        const struct process_instance **processes =
            realloc(snapshot->processes, capacity * sizeof(const struct process_instance *));

        if (processes == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", capacity);
        }
        snapshot->processes = processes;
        snapshot->process_capacity = capacity;
    }
    snapshot->processes[snapshot->process_count] = process_instance_hold(instance);
    *index = (uint32_t)snapshot->process_count++;
    return true;
}

const struct process_instance *snapshot_owner(const struct snapshot *snapshot,
                                              const struct socket_row *row)
{
    return row->owner == SOCKET_NO_OWNER ? NULL : snapshot->processes[row->owner];
}

void snapshot_sort(struct snapshot *snapshot)
{
    if (snapshot->socket_count > 1) {
        qsort(snapshot->sockets, snapshot->socket_count, sizeof(snapshot->sockets[0]),
              socket_row_compare);
    }
}

void snapshot_reset(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->process_count; i++) {
        process_instance_release(snapshot->processes[i]);
    }
    snapshot->process_count = 0;
    snapshot->socket_count = 0;
    snapshot->lacks = 0;
    snapshot->taken_at = 0;
    snapshot->steady_at = 0;
    snapshot->awake_at = 0;
}

void snapshot_clear(struct snapshot *snapshot)
{
    snapshot_reset(snapshot);
    free(snapshot->sockets);
    free((void *)snapshot->processes);
    *snapshot = (struct snapshot){0};
}

void snapshot_swap(struct snapshot *a, struct snapshot *b)
{
    struct snapshot other = *a;

    *a = *b;
    *b = other;
}
