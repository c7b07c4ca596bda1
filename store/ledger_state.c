/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "store/ledger_handle.h"
#include "store/ledger_query.h"
#include "store/ledger_rows.h"

static int compare_process_id(const void *key, const void *item)
{
    int64_t id = *(const int64_t *)key;
    const struct ledger_process *process = item;

    return (id > process->id) - (id < process->id);
}

static bool add_processes(struct snapshot *snapshot, const struct ledger_process_list *processes,
                          struct failure *why)
{
    uint32_t index;

    for (size_t i = 0; i < processes->count; i++) {
        if (!snapshot_add_process(snapshot, processes->items[i].instance, &index, why)) {
            return false;
        }
    }
    return true;
}

/* The owner of an open socket is one of the processes that ran: the sample had both. */
static bool add_sockets(struct snapshot *snapshot, const struct ledger_row_list *rows,
                        const struct ledger_process_list *processes, struct failure *why)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct socket_row row = rows->rows[i].socket;
        const struct ledger_process *owner =
            processes->count == 0
                ? NULL
                : bsearch(&rows->rows[i].process, processes->items, processes->count,
                          sizeof(processes->items[0]), compare_process_id);

        if (owner != NULL) {
            row.owner = (uint32_t)(owner - processes->items);
            row.pid = owner->instance->pid;
        }
        if (!snapshot_add_socket(snapshot, &row, why)) {
            return false;
        }
    }
    return true;
}

static bool read_state(struct ledger *ledger, const struct ledger_stretch_rows *stretch, int64_t at,
                       struct snapshot *snapshot, struct failure *why)
{
    struct ledger_row_list rows = {0};
    struct ledger_process_list processes = {0};
    bool ok = ledger_rows_alive_at(ledger, stretch, at, &processes, why) &&
              ledger_rows_open_at(ledger, stretch, at, &rows, why) &&
              add_processes(snapshot, &processes, why) &&
              add_sockets(snapshot, &rows, &processes, why);

    ledger_row_list_clear(&rows);
    ledger_process_list_clear(&processes);
    return ok;
}

static bool find_state(struct ledger *ledger, const struct ledger_moment *moment,
                       struct snapshot *snapshot, struct failure *why)
{
    struct ledger_stretch_rows stretch;
    bool found;

    if (!ledger_rows_stretch(ledger, moment->stretch.id, &stretch, &found, why)) {
        return false;
    }
    if (!found || moment->at < stretch.stretch.begin_at) {
        return FAIL(why, FAILURE_MISSING, 0, "the ledger does not tell of that moment (any more)");
    }
    snapshot->taken_at = moment->at < stretch.stretch.end_at ? moment->at : stretch.stretch.end_at;
    snapshot->lacks = stretch.stretch.lacks;
    return read_state(ledger, &stretch, snapshot->taken_at, snapshot, why);
}

bool ledger_state(struct ledger *ledger, const struct ledger_moment *moment,
                  struct snapshot *snapshot, struct failure *why)
{
    snapshot_reset(snapshot);
    snapshot->awake_at = 0;
    if (!ledger_begin_read(ledger, why)) {
        return false;
    }
    if (!ledger_end_read(ledger, find_state(ledger, moment, snapshot, why), why)) {
        snapshot_reset(snapshot);
        return false;
    }
    snapshot_sort(snapshot);
    return true;
}
