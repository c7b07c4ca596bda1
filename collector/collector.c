/* SPDX-License-Identifier: MIT */

/*
 * The order of reading matters. The sockets come first: they are the moment.
 * The list of processes follows at once. Where the sockets' table names pids
 * (Windows), a process that started in between cannot be the owner that it
 * means; the history takes it out. One that ended in between is missing in
 * the list. So a reused pid never inherits a socket.
 */

#include "collector/collector.h"

#include <stdlib.h>

#include "base/clock.h"
#include "collector/process_history.h"
#include "collector/process_table.h"
#include "collector/socket_owners.h"
#include "collector/socket_table.h"

struct collector {
    struct socket_reader *socket_reader;
    struct process_reader *process_reader;
    struct socket_owners *owners;
    struct socket_table sockets;
    struct process_table processes;
    struct process_history history; /* instances[i] is processes.rows[i] */
};

/* Who a row's pid is: a place in the list of processes, or SOCKET_NO_OWNER, and how we know. */
struct verdict {
    uint32_t owner;
    uint8_t attribution;
};

static bool open_parts(struct collector *collector, struct failure *why)
{
    return socket_reader_open(&collector->socket_reader, why) &&
           process_reader_open(&collector->process_reader, why) &&
           socket_owners_open(&collector->owners, why);
}

bool collector_open(struct collector **out, struct failure *why)
{
    struct collector *collector = calloc(1, sizeof(*collector));

    if (collector == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the collector");
    }
    if (!open_parts(collector, why)) {
        collector_close(collector);
        return false;
    }
    *out = collector;
    return true;
}

static bool read_system(struct collector *collector, int64_t taken_at, struct failure *why)
{
    int64_t latest = socket_owners_come_with_table ? taken_at : INT64_MAX;

    return socket_reader_read(collector->socket_reader, &collector->sockets, why) &&
           process_reader_read(collector->process_reader, &collector->processes, why) &&
           process_history_update(&collector->history, &collector->processes, latest, why) &&
           socket_owners_find(collector->owners, &collector->processes, &collector->sockets, why);
}

/* The place of a pid in the list. Rows of one process often follow each other: *last helps. */
static uint32_t find_process(const struct collector *collector, uint32_t pid, uint32_t last)
{
    const struct process_table *processes = &collector->processes;
    const struct process_row *row;

    if (last < processes->count && processes->rows[last].pid == pid) {
        return last;
    }
    row = process_table_find(processes, pid);
    return row == NULL ? SOCKET_NO_OWNER : (uint32_t)(row - processes->rows);
}

/*
 * What later samples will know better (the owner that a connection had before
 * it waited for its end) is decided here too, and nowhere else.
 */
static struct verdict judge(const struct collector *collector, const struct socket_row *row,
                            uint32_t last)
{
    uint32_t at = row->pid == 0 ? SOCKET_NO_OWNER : find_process(collector, row->pid, last);
    const struct process_instance *instance;

    if (row->pid == 0) {
        return (struct verdict){SOCKET_NO_OWNER, row->attribution};
    }
    if (at == SOCKET_NO_OWNER) {
        return (struct verdict){SOCKET_NO_OWNER, ATTRIBUTION_EXITED};
    }
    instance = collector->history.instances[at];
    if (row->created_at != 0 && instance->started_at > row->created_at) {
        return (struct verdict){SOCKET_NO_OWNER, ATTRIBUTION_EXITED};
    }
    return (struct verdict){at, instance->access == PROCESS_KERNEL ? ATTRIBUTION_KERNEL
                                                                   : ATTRIBUTION_EXACT};
}

/* Opens every process that owns a socket, and names the owners in the rows. */
static bool attribute(struct collector *collector, struct failure *why)
{
    uint32_t last = SOCKET_NO_OWNER;

    for (size_t i = 0; i < collector->sockets.count; i++) {
        struct socket_row *row = &collector->sockets.rows[i];
        struct verdict verdict = judge(collector, row, last);

        if (verdict.owner != SOCKET_NO_OWNER && verdict.owner != last) {
            last = verdict.owner;
            if (!process_history_open(&collector->history, verdict.owner, why)) {
                return false;
            }
            verdict = judge(collector, row, last); /* now it is known what the process is */
        }
        row->owner = verdict.owner;
        row->attribution = verdict.attribution;
    }
    return true;
}

/* The processes first and in their order, so that a place in the list is one in the snapshot. */
static bool fill(const struct collector *collector, struct snapshot *snapshot, struct failure *why)
{
    uint32_t index;

    snapshot->lacks = collector->sockets.lacks;
    for (size_t i = 0; i < collector->history.count; i++) {
        if (!snapshot_add_process(snapshot, collector->history.instances[i], &index, why)) {
            return false;
        }
    }
    for (size_t i = 0; i < collector->sockets.count; i++) {
        if (!snapshot_add_socket(snapshot, &collector->sockets.rows[i], why)) {
            return false;
        }
    }
    return true;
}

bool collector_sample(struct collector *collector, struct snapshot *snapshot, struct failure *why)
{
    snapshot_reset(snapshot);
    snapshot->taken_at = clock_now();
    snapshot->steady_at = clock_steady();
    snapshot->awake_at = clock_awake();
    if (!read_system(collector, snapshot->taken_at, why) || !attribute(collector, why) ||
        !fill(collector, snapshot, why)) {
        snapshot_reset(snapshot);
        return false;
    }
    return true;
}

void collector_close(struct collector *collector)
{
    if (collector != NULL) {
        socket_reader_close(collector->socket_reader);
        process_reader_close(collector->process_reader);
        socket_owners_close(collector->owners);
        socket_table_clear(&collector->sockets);
        process_table_clear(&collector->processes);
        process_history_clear(&collector->history);
        free(collector);
    }
}
