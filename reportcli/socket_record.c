/* SPDX-License-Identifier: MIT */

#include "reportcli/socket_record.h"

const struct column socket_columns[SOCKET_RECORD_OWN] = {
    [SOCKET_RECORD_PID] = {.name = "pid",
                           .type = COLUMN_INTEGER,
                           .heading = "PID",
                           .help = "Process id as the system gave it; absent where it named none"},
    [SOCKET_RECORD_PROCESS] =
        {.name = "process",
         .type = COLUMN_TEXT,
         .heading = "Process",
         .help = "Name of the owner: the file name of its image; on Linux what it calls itself, "
                 "whole where that was cut off and the path is known"},
    [SOCKET_RECORD_ATTRIBUTION] =
        {.name = "attribution",
         .type = COLUMN_TEXT,
         .heading = "Owner",
         .help = "How the owner is known: exact, exited, carried forward, kernel, denied, unknown",
         .rank = 5},
    [SOCKET_RECORD_SERVICE] = {.name = "service",
                               .type = COLUMN_TEXT,
                               .heading = "Service",
                               .help = "Service behind the socket; where it may be one of several, "
                                       "all of them; of a kernel's socket the driver",
                               .rank = 6},
    [SOCKET_RECORD_SERVICE_BASIS] =
        {.name = "service_basis",
         .type = COLUMN_TEXT,
         .heading = "Service known",
         .help = "How the service is known: by tag, the only one, one of several, by cgroup, by "
                 "port, by URL reservation",
         .rank = -1},
    [SOCKET_RECORD_PROTOCOL] = {.name = "protocol",
                                .type = COLUMN_TEXT,
                                .heading = "Proto",
                                .help = "TCP or UDP"},
    [SOCKET_RECORD_LOCAL_PORT] = {.name = "local_port",
                                  .type = COLUMN_INTEGER,
                                  .heading = "Port",
                                  .help = "Local port"},
    [SOCKET_RECORD_LOCAL_ADDRESS] = {.name = "local_address",
                                     .type = COLUMN_TEXT,
                                     .heading = "Local IP",
                                     .help =
                                         "Local address, with %interface where it is link-local",
                                     .rank = 4},
    [SOCKET_RECORD_STATE] = {.name = "state",
                             .type = COLUMN_TEXT,
                             .heading = "State",
                             .help = "State of a TCP socket, as in LISTENING; absent for UDP",
                             .rank = 1},
    [SOCKET_RECORD_REMOTE_ADDRESS] = {.name = "remote_address",
                                      .type = COLUMN_TEXT,
                                      .heading = "Remote IP",
                                      .help =
                                          "Address of the other end; absent for LISTENING and UDP",
                                      .rank = 3},
    [SOCKET_RECORD_REMOTE_PORT] = {.name = "remote_port",
                                   .type = COLUMN_INTEGER,
                                   .heading = "RPort",
                                   .help = "Port of the other end; absent for LISTENING and UDP",
                                   .rank = 3},
    [SOCKET_RECORD_PATH] =
        {.name = "path",
         .type = COLUMN_TEXT,
         .heading = "Path",
         .help = "Full path of the image that the owner runs; absent where not known",
         .rank = 9},
    [SOCKET_RECORD_PROCESS_STARTED_AT] = {.name = "process_started_at",
                                          .type = COLUMN_TIME,
                                          .heading = "Process started",
                                          .help = "When the owner started",
                                          .rank = -1},
    [SOCKET_RECORD_CREATED_AT] = {.name = "created_at",
                                  .type = COLUMN_TIME,
                                  .heading = "Socket created",
                                  .help =
                                      "When the socket was bound; absent where the system keeps no "
                                      "such time",
                                  .rank = -1},
    [SOCKET_RECORD_PARENT_PID] = {.name = "parent_pid",
                                  .type = COLUMN_INTEGER,
                                  .heading = "Parent PID",
                                  .help =
                                      "Process id of the owner's parent; absent where not known",
                                  .rank = -1},
    [SOCKET_RECORD_PROCESS_ACCESS] = {.name = "process_access",
                                      .type = COLUMN_TEXT,
                                      .heading = "Access",
                                      .help = "How far the owner could be looked into",
                                      .rank = -1},
};

const char *socket_record_state_name(int state)
{
    return state == SOCKET_STATELESS ? "not recorded" : socket_state_name(state);
}

struct value socket_record_pid(const struct socket_row *row)
{
    return value_known((int64_t)row->pid);
}

static void fill_owner(const struct process_instance *owner, struct value *values)
{
    if (owner == NULL) {
        return;
    }
    values[SOCKET_RECORD_PROCESS] = value_text(process_instance_shown_name(owner));
    values[SOCKET_RECORD_PATH] = value_text(owner->path);
    values[SOCKET_RECORD_PROCESS_STARTED_AT] = value_known(owner->started_at);
    values[SOCKET_RECORD_PARENT_PID] = value_known((int64_t)owner->parent_pid);
    values[SOCKET_RECORD_PROCESS_ACCESS] = value_text(process_access_name(owner->access));
}

/* An end that is not there has neither address nor port. */
static void fill_end(const struct socket_endpoint *end, struct text *address, struct value *words,
                     struct value *port)
{
    text_reset(address);
    if (end->address_size == 0) {
        return;
    }
    socket_endpoint_add_address(address, end);
    *words = value_text(text_bytes(address));
    *port = value_number(end->port);
}

static void fill_service(const struct socket_facts *facts, struct value *values)
{
    values[SOCKET_RECORD_SERVICE] = value_text(facts->service);
    if (facts->service != NULL) {
        values[SOCKET_RECORD_SERVICE_BASIS] = value_text(service_basis_name(facts->service_basis));
    }
}

static void fill_row(const struct socket_row *row, struct value *values)
{
    values[SOCKET_RECORD_PID] = socket_record_pid(row);
    values[SOCKET_RECORD_ATTRIBUTION] = value_text(socket_attribution_name(row->attribution));
    values[SOCKET_RECORD_PROTOCOL] = value_text(socket_protocol_name(row->protocol));
    if (row->state != SOCKET_STATELESS) {
        values[SOCKET_RECORD_STATE] = value_text(socket_state_name(row->state));
    }
    values[SOCKET_RECORD_CREATED_AT] = value_known(row->created_at);
}

bool socket_record_fill(struct socket_record *record, const struct socket_facts *facts,
                        struct value *values, struct failure *why)
{
    for (size_t i = 0; i < SOCKET_RECORD_OWN; i++) {
        values[i] = (struct value){0};
    }
    fill_row(facts->row, values);
    fill_owner(facts->owner, values);
    fill_service(facts, values);
    fill_end(&facts->row->local, &record->local, &values[SOCKET_RECORD_LOCAL_ADDRESS],
             &values[SOCKET_RECORD_LOCAL_PORT]);
    fill_end(&facts->row->remote, &record->remote, &values[SOCKET_RECORD_REMOTE_ADDRESS],
             &values[SOCKET_RECORD_REMOTE_PORT]);
    return text_ok(&record->local, why) && text_ok(&record->remote, why) &&
           instance_record_fill(&record->instance, facts->owner, facts->parent,
                                values + SOCKET_RECORD_INSTANCE, why);
}

bool socket_record_fill_row(struct socket_record *record, const struct snapshot *snapshot,
                            const struct process_index *index, const struct socket_row *row,
                            struct value *values, struct failure *why)
{
    struct socket_facts facts = {.row = row, .owner = snapshot_owner(snapshot, row)};

    facts.parent = process_index_parent_name(index, facts.owner);
    facts.service = snapshot_service_name(snapshot, row, &facts.service_basis);
    return socket_record_fill(record, &facts, values, why);
}

void socket_record_clear(struct socket_record *record)
{
    text_clear(&record->local);
    text_clear(&record->remote);
    instance_record_clear(&record->instance);
}
