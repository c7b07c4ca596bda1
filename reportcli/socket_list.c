/* SPDX-License-Identifier: MIT */

#include "reportcli/socket_list.h"

#include <stdlib.h>

#include "reportcli/socket_record.h"

enum {
    MOMENT,
    SOCKET, /* the first of the socket's columns */
    AT = SOCKET + SOCKET_RECORD_FIELDS,
    SHORT_AT = SOCKET + SOCKET_RECORD_OWN,
    SOCKET_COLUMNS = AT + 1,
};

const struct column_table socket_list_table = {
    .name = "socket",
    .title = "one socket that a process holds",
    .groups = {{state_moment_column, 1}, SOCKET_RECORD_GROUPS, {state_at_column, 1}},
};

const struct column_table socket_list_short_table = {
    .name = "socket",
    .title = "one socket that a process holds",
    .groups = {{state_moment_column, 1}, {socket_columns, SOCKET_RECORD_OWN}, {state_at_column, 1}},
};

static int compare_by_process(const void *left, const void *right)
{
    const struct socket_row *a = left;
    const struct socket_row *b = right;

    if (a->pid != b->pid) {
        return a->pid < b->pid ? -1 : 1;
    }
    if (a->local.port != b->local.port) {
        return a->local.port < b->local.port ? -1 : 1;
    }
    return socket_row_compare(left, right);
}

static void sort_by_process(struct snapshot *snapshot)
{
    if (snapshot->socket_count > 1) {
        qsort(snapshot->sockets, snapshot->socket_count, sizeof(snapshot->sockets[0]),
              compare_by_process);
    }
}

/* Prints the sockets of the state in hand. */
static bool print_state(struct states *states, struct socket_record *record, size_t moment,
                        struct render *render, struct failure *why)
{
    const struct snapshot *snapshot = &states->snapshot;
    struct value values[SOCKET_COLUMNS];
    bool done = true;

    values[MOMENT] = value_number((int64_t)moment);
    sort_by_process(&states->snapshot);
    for (size_t i = 0; done && i < snapshot->socket_count; i++) {
        done = socket_record_fill_row(record, snapshot, &states->index, &snapshot->sockets[i],
                                      values + SOCKET, why);
        values[render->table == &socket_list_short_table ? SHORT_AT : AT] =
            value_number(snapshot->taken_at);
        done = done && render_record(render, values, why);
    }
    return done;
}

bool socket_list_print(struct states *states, const struct view_subject *subject,
                       struct render *render, struct failure *why)
{
    struct socket_record record = {.instance.no_command_lines = states->context->no_command_lines};
    bool done = true;

    for (size_t i = 0; done && i < states->count; i++) {
        done = states_load(states, i, why);
        if (done && subject != NULL) {
            view_keep_own(subject, &states->snapshot);
        }
        done = done && print_state(states, &record, i + 1, render, why);
    }
    socket_record_clear(&record);
    return done;
}

size_t socket_list_count_denied(const struct snapshot *snapshot)
{
    size_t denied = 0;

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        denied += snapshot->sockets[i].attribution == ATTRIBUTION_DENIED ? 1 : 0;
    }
    return denied;
}

void socket_list_note(const struct command_context *context, const struct snapshot *snapshot,
                      size_t hidden)
{
    size_t denied = socket_list_count_denied(snapshot);

    if (hidden > 0) {
        command_note(
            context, "denied",
            "%zu socket%s to processes that this user may not see, and may be among those "
            "asked for; run the command elevated, as an administrator or root, to see them",
            hidden, hidden == 1 ? " belongs" : "s belong");
    } else if (denied > 0) {
        command_note(context, "denied",
                     "%zu of %zu sockets belong to processes that this user may not see; run the "
                     "command elevated, as an administrator or root, to see them",
                     denied, snapshot->socket_count);
    }
}
