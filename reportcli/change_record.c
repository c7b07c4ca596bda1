/* SPDX-License-Identifier: MIT */

#include "reportcli/change_record.h"

const struct column change_before_columns[CHANGE_RECORD_BEFORE] = {
    {.name = "state_before",
     .type = COLUMN_TEXT,
     .heading = "State before",
     .help = "State of the earlier moment, where both moments have the socket",
     .rank = 7},
    {.name = "pid_before",
     .type = COLUMN_INTEGER,
     .heading = "PID before",
     .help = "Process id of the earlier moment, where both moments have the socket",
     .rank = 7},
    {.name = "process_before",
     .type = COLUMN_TEXT,
     .heading = "Process before",
     .help = "Process of the earlier moment, where both moments have the socket",
     .rank = 8},
    {.name = "attribution_before",
     .type = COLUMN_TEXT,
     .heading = "Owner before",
     .help = "How that owner is known",
     .rank = 8},
    {.name = "before_at",
     .type = COLUMN_TIME,
     .heading = "Before",
     .help = "The earlier moment",
     .rank = -1},
};

static void fill_before(const struct snapshot *before, const struct snapshot_change *change,
                        struct value *values)
{
    const struct process_instance *owner;
    const struct socket_row *row;

    for (int i = CHANGE_RECORD_STATE_BEFORE; i < CHANGE_RECORD_BEFORE_AT; i++) {
        values[i] = (struct value){0};
    }
    if (change->before == SNAPSHOT_NO_ROW || change->after == SNAPSHOT_NO_ROW) {
        return;
    }
    row = &before->sockets[change->before];
    owner = snapshot_owner(before, row);
    if (row->state != SOCKET_STATELESS) {
        values[CHANGE_RECORD_STATE_BEFORE] = value_text(socket_state_name(row->state));
    }
    values[CHANGE_RECORD_PID_BEFORE] = socket_record_pid(row);
    values[CHANGE_RECORD_PROCESS_BEFORE] =
        value_text(owner != NULL ? process_instance_shown_name(owner) : NULL);
    values[CHANGE_RECORD_ATTRIBUTION_BEFORE] =
        value_text(socket_attribution_name(row->attribution));
}

bool change_record_fill(struct socket_record *record, const struct change_side *before,
                        const struct change_side *after, const struct snapshot_change *change,
                        struct value *values, struct failure *why)
{
    bool closed = change->after == SNAPSHOT_NO_ROW;
    const struct change_side *side = closed ? before : after;
    const struct socket_row *row =
        &side->snapshot->sockets[closed ? change->before : change->after];

    values[CHANGE_RECORD_CHANGE] = value_text(snapshot_change_name(change->kind));
    values[CHANGE_RECORD_BEFORE_AT] = value_number(before->snapshot->taken_at);
    fill_before(before->snapshot, change, values);
    return socket_record_fill_row(record, side->snapshot, side->index, row,
                                  values + CHANGE_RECORD_SOCKET, why);
}
