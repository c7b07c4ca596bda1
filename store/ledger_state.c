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

static struct snapshot_seen when_seen(const struct ledger_process *process)
{
    bool gone = process->last_stretch != 0 && process->gone_at != INT64_MAX;

    return (struct snapshot_seen){
        .id = process->id,
        .first_at = process->first_seen_at,
        .gone_at = gone ? process->gone_at : 0,
    };
}

static bool add_processes(struct snapshot *snapshot, const struct ledger_process_list *processes,
                          struct failure *why)
{
    uint32_t index;

    snapshot->seen = calloc(processes->count + 1, sizeof(*snapshot->seen));
    if (snapshot->seen == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", processes->count);
    }
    for (size_t i = 0; i < processes->count; i++) {
        if (!snapshot_add_process(snapshot, processes->items[i].instance, &index, why)) {
            return false;
        }
        snapshot->seen[i] = when_seen(&processes->items[i]);
    }
    return true;
}

/* What a state is made of. */
struct state {
    struct ledger *ledger;
    const struct ledger_stretch_rows *stretch;
    int64_t at;
    struct ledger_row_list rows;
    struct ledger_process_list processes; /* those that ran; behind them owners that had ended */
    size_t running;
    struct ledger_service_list services;
};

/* The place of a process in the list; that of one that had ended is behind the others. */
static uint32_t find_process(const struct state *state, int64_t id)
{
    const struct ledger_process_list *list = &state->processes;
    const struct ledger_process *found =
        state->running == 0
            ? NULL
            : bsearch(&id, list->items, state->running, sizeof(list->items[0]), compare_process_id);

    if (found != NULL) {
        return (uint32_t)(found - list->items);
    }
    for (size_t i = state->running; i < list->count; i++) {
        if (list->items[i].id == id) {
            return (uint32_t)i;
        }
    }
    return SOCKET_NO_OWNER;
}

/* A socket that waits for its end belongs to its process also where that has ended. */
static bool load_ended_owners(struct state *state, struct failure *why)
{
    for (size_t i = 0; i < state->rows.count; i++) {
        int64_t id = state->rows.rows[i].process;

        if (id != 0 && find_process(state, id) == SOCKET_NO_OWNER &&
            !ledger_rows_process(state->ledger, id, &state->processes, why)) {
            return false;
        }
    }
    return true;
}

static bool load_modules(struct state *state, struct failure *why)
{
    for (size_t i = 0; i < state->processes.count; i++) {
        if (!ledger_rows_add_modules(state->ledger, state->stretch, state->at,
                                     &state->processes.items[i], why)) {
            return false;
        }
    }
    return true;
}

static bool read_facts(struct state *state, unsigned wishes, struct failure *why)
{
    if (!ledger_rows_alive_at(state->ledger, state->stretch, state->at, &state->processes, why) ||
        !ledger_rows_open_at(state->ledger, state->stretch, state->at, &state->rows, why)) {
        return false;
    }
    state->running = state->processes.count;
    return load_ended_owners(state, why) &&
           ((wishes & LEDGER_STATE_MODULES) == 0 || load_modules(state, why));
}

static bool add_service(struct state *state, struct snapshot *snapshot, int64_t id,
                        uint32_t *service, struct failure *why)
{
    const struct ledger_service *known;

    *service = SOCKET_NO_SERVICE;
    if (!ledger_services_find(&state->services, state->ledger, id, &known, why)) {
        return false;
    }
    return known == NULL || snapshot_add_service(snapshot, known->name,
                                                 (enum service_basis)known->basis, service, why);
}

static bool add_sockets(struct state *state, struct snapshot *snapshot, struct failure *why)
{
    for (size_t i = 0; i < state->rows.count; i++) {
        const struct ledger_row *stored = &state->rows.rows[i];
        struct socket_row row = stored->socket;

        row.owner = stored->process == 0 ? SOCKET_NO_OWNER : find_process(state, stored->process);
        if (row.owner != SOCKET_NO_OWNER) {
            row.pid = state->processes.items[row.owner].instance->pid;
        }
        if (!add_service(state, snapshot, stored->service, &row.service, why) ||
            !snapshot_add_socket(snapshot, &row, why)) {
            return false;
        }
    }
    return true;
}

static bool read_state(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                       unsigned wishes, struct snapshot *snapshot, struct failure *why)
{
    struct state state = {.ledger = ledger, .stretch = stretch, .at = snapshot->taken_at};
    bool ok = read_facts(&state, wishes, why) && add_processes(snapshot, &state.processes, why) &&
              add_sockets(&state, snapshot, why);

    snapshot->ended_count = ok ? state.processes.count - state.running : 0;
    ledger_row_list_clear(&state.rows);
    ledger_process_list_clear(&state.processes);
    ledger_services_clear(&state.services);
    return ok;
}

static bool find_state(struct ledger *ledger, const struct ledger_moment *moment, unsigned wishes,
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
    snapshot->left_out_processes = (uint32_t)stretch.stretch.left_out_processes;
    snapshot->left_out_sockets = (uint32_t)stretch.stretch.left_out_sockets;
    return read_state(ledger, &stretch, wishes, snapshot, why);
}

bool ledger_state(struct ledger *ledger, const struct ledger_moment *moment, unsigned wishes,
                  struct snapshot *snapshot, struct failure *why)
{
    snapshot_reset(snapshot);
    snapshot->awake_at = 0;
    if (!ledger_begin_read(ledger, why)) {
        return false;
    }
    if (!ledger_end_read(ledger, find_state(ledger, moment, wishes, snapshot, why), why)) {
        snapshot_reset(snapshot);
        return false;
    }
    snapshot_sort(snapshot);
    return true;
}

bool ledger_difference(struct ledger *ledger, const struct ledger_moment *from,
                       const struct ledger_moment *to, struct snapshot *before,
                       struct snapshot *after, struct snapshot_diff *diff, struct failure *why)
{
    return ledger_state(ledger, from, 0, before, why) && ledger_state(ledger, to, 0, after, why) &&
           snapshot_diff_make(diff, before, after, why);
}
