/* SPDX-License-Identifier: MIT */

#include "reportcli/difference_record.h"

static const struct column change_columns[] = {
    {.name = "comparison",
     .type = COLUMN_INTEGER,
     .heading = "Comparison",
     .help = "1; counts on where a time was several moments because the clock was set back",
     .rank = -1},
    {.name = "change",
     .type = COLUMN_TEXT,
     .heading = "Change",
     .help = "opened, closed, state (the same socket in another state), owner (the same ends, "
             "another program, or handed on), reopened (closed and opened again by the same "
             "program), image (the program is another file), module (a file was loaded that was "
             "not before), only in A, only in B (of two machines)"},
};

static const struct column after_columns[] = {
    {.name = "after_at",
     .type = COLUMN_TIME,
     .heading = "After",
     .help = "The later moment",
     .rank = -1},
    {.name = "path_before",
     .type = COLUMN_TEXT,
     .heading = "Path before",
     .help = "Path of that process's image, where both moments have one",
     .rank = -1},
    {.name = "image_sha256_before",
     .type = COLUMN_TEXT,
     .heading = "SHA-256 before",
     .help = "Hash of that file",
     .rank = -1},
    {.name = "module",
     .type = COLUMN_TEXT,
     .heading = "Module",
     .help = "Full path of the file that was loaded; only of the change module",
     .rank = -1},
    {.name = "module_sha256",
     .type = COLUMN_TEXT,
     .heading = "Module SHA-256",
     .help = "Its hash",
     .rank = -1},
    {.name = "module_sha256_before",
     .type = COLUMN_TEXT,
     .heading = "Module before",
     .help = "Hash of the file of the same path that was loaded before; absent where none was",
     .rank = -1},
    {.name = "module_verdict",
     .type = COLUMN_TEXT,
     .heading = "Module signature",
     .help = "What the system says of the module's signature, as in image_verdict",
     .rank = -1},
    {.name = "module_signer",
     .type = COLUMN_TEXT,
     .heading = "Module signer",
     .help = "Common name of whom that signature is by",
     .rank = -1},
    {.name = "processes",
     .type = COLUMN_INTEGER,
     .heading = "Processes",
     .help = "Of the changes image and module: so many processes of the program; pid is the "
             "lowest",
     .rank = -1},
};

enum {
    COMPARISON,
    CHANGE,
    SOCKET, /* the first of the socket's columns */
    STATE_BEFORE = SOCKET + SOCKET_RECORD_FIELDS,
    PID_BEFORE,
    PROCESS_BEFORE,
    ATTRIBUTION_BEFORE,
    BEFORE_AT,
    AFTER_AT,
    PATH_BEFORE,
    SHA256_BEFORE,
    MODULE,
    MODULE_SHA256,
    MODULE_SHA256_BEFORE,
    MODULE_VERDICT,
    MODULE_SIGNER,
    PROCESSES,
    FIELDS,
};

_Static_assert((int)FIELDS == (int)DIFFERENCE_FIELDS, "as many values as columns");

const struct column_table difference_table = {
    .name = "change",
    .title = "one difference between two moments",
    .groups = {{change_columns, 2},
               SOCKET_RECORD_GROUPS,
               {change_before_columns, CHANGE_RECORD_BEFORE},
               {after_columns, FIELDS - AFTER_AT}},
};

/* Of a process without a socket: what is of the socket only is absent. */
static bool fill_process(struct socket_record *record, const struct change_side *side,
                         uint32_t process, struct value *values, struct failure *why)
{
    static const int of_sockets[] = {SOCKET_RECORD_ATTRIBUTION, SOCKET_RECORD_PROTOCOL,
                                     SOCKET_RECORD_LOCAL_PORT,  SOCKET_RECORD_LOCAL_ADDRESS,
                                     SOCKET_RECORD_STATE,       SOCKET_RECORD_REMOTE_ADDRESS,
                                     SOCKET_RECORD_REMOTE_PORT, SOCKET_RECORD_CREATED_AT};
    const struct process_instance *owner = side->snapshot->processes[process];
    const struct socket_row none = {.protocol = SOCKET_UDP, .pid = owner->pid};
    const struct socket_facts facts = {
        .row = &none, .owner = owner, .parent = process_index_parent_name(side->index, owner)};

    if (!socket_record_fill(record, &facts, values, why)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(of_sockets) / sizeof(of_sockets[0]); i++) {
        values[of_sockets[i]] = (struct value){0};
    }
    return true;
}

/* The later socket, with the owner that the earlier one had. */
static bool fill_carried(struct socket_record *record, const struct change_side *before,
                         const struct difference_item *item, struct value *values,
                         struct failure *why)
{
    const struct socket_row *was = &before->snapshot->sockets[item->before];
    struct socket_row row = *item->row;
    struct socket_facts facts = {.row = &row, .owner = snapshot_owner(before->snapshot, was)};

    row.pid = was->pid;
    row.attribution = ATTRIBUTION_CARRIED;
    facts.parent = process_index_parent_name(before->index, facts.owner);
    facts.service = snapshot_service_name(before->snapshot, was, &facts.service_basis);
    return socket_record_fill(record, &facts, values, why);
}

bool difference_record_fill_socket(struct socket_record *record, const struct change_side *before,
                                   const struct change_side *after,
                                   const struct difference_item *item, struct value *values,
                                   struct failure *why)
{
    const struct change_side *side = item->after != SNAPSHOT_NO_ROW ? after : before;

    if (item->row == NULL) {
        return fill_process(record, after, item->process_after, values, why);
    }
    if (difference_is_carried(before->snapshot, after->snapshot, item)) {
        return fill_carried(record, before, item, values, why);
    }
    return socket_record_fill_row(record, side->snapshot, side->index, item->row, values, why);
}

static void fill_before(struct difference_record *record, const struct change_side *before,
                        const struct difference_item *item, struct value *values)
{
    const struct process_instance *owner = NULL;
    struct value image[IMAGE_RECORD_FIELDS];

    if (item->process_before != SOCKET_NO_OWNER) {
        owner = before->snapshot->processes[item->process_before];
        values[PID_BEFORE] = value_number(owner->pid);
        values[PROCESS_BEFORE] = value_text(process_instance_shown_name(owner));
        values[PATH_BEFORE] = value_text(owner->path);
        image_record_fill(&record->before, owner->image, image);
        values[SHA256_BEFORE] = image[IMAGE_RECORD_SHA256];
    }
    if (item->before != SNAPSHOT_NO_ROW) {
        const struct socket_row *row = &before->snapshot->sockets[item->before];

        if (row->state != SOCKET_STATELESS) {
            values[STATE_BEFORE] = value_text(socket_state_name(row->state));
        }
        values[PID_BEFORE] = socket_record_pid(row);
        values[ATTRIBUTION_BEFORE] = value_text(socket_attribution_name(row->attribution));
    }
}

static void fill_module(struct difference_record *record, const struct difference_item *item,
                        struct value *values)
{
    struct value image[IMAGE_RECORD_FIELDS];

    values[MODULE] = value_text(item->module->image->path);
    image_record_fill(&record->module, item->module->image, image);
    values[MODULE_SHA256] = image[IMAGE_RECORD_SHA256];
    values[MODULE_VERDICT] = image[IMAGE_RECORD_VERDICT];
    values[MODULE_SIGNER] = image[IMAGE_RECORD_SIGNER];
    if (item->module_before != NULL) {
        image_record_fill(&record->module_before, item->module_before->image, image);
        values[MODULE_SHA256_BEFORE] = image[IMAGE_RECORD_SHA256];
    }
}

bool difference_record_fill(struct difference_record *record, const struct change_side *before,
                            const struct change_side *after, const struct difference_item *item,
                            size_t comparison, struct value *values, struct failure *why)
{
    bool both = item->row == NULL || item->after != SNAPSHOT_NO_ROW;

    for (int i = 0; i < FIELDS; i++) {
        values[i] = (struct value){0};
    }
    values[COMPARISON] = value_number((int64_t)comparison);
    values[CHANGE] = value_text(difference_name(item->kind));
    values[BEFORE_AT] = value_number(before->snapshot->taken_at);
    values[AFTER_AT] = value_number(after->snapshot->taken_at);
    if (both) {
        fill_before(record, before, item, values);
    }
    if (item->module != NULL) {
        fill_module(record, item, values);
    }
    values[PROCESSES] = value_known((int64_t)item->processes);
    return difference_record_fill_socket(&record->socket, before, after, item, values + SOCKET,
                                         why);
}

void difference_record_clear(struct difference_record *record)
{
    socket_record_clear(&record->socket);
}
