/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The columns that every record of a socket has, in PortQry's order: who, how
 * sure, which port, in which state, to whom.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/process_instance.h"
#include "collector/snapshot.h"
#include "collector/socket_row.h"
#include "reportcli/column.h"
#include "reportcli/instance_record.h"
#include "reportcli/process_index.h"

enum socket_field {
    SOCKET_RECORD_PID,
    SOCKET_RECORD_PROCESS,
    SOCKET_RECORD_ATTRIBUTION,
    SOCKET_RECORD_SERVICE,
    SOCKET_RECORD_SERVICE_BASIS,
    SOCKET_RECORD_PROTOCOL,
    SOCKET_RECORD_LOCAL_PORT,
    SOCKET_RECORD_LOCAL_ADDRESS,
    SOCKET_RECORD_STATE,
    SOCKET_RECORD_REMOTE_ADDRESS,
    SOCKET_RECORD_REMOTE_PORT,
    SOCKET_RECORD_PATH,
    SOCKET_RECORD_PROCESS_STARTED_AT,
    SOCKET_RECORD_CREATED_AT,
    SOCKET_RECORD_PARENT_PID,
    SOCKET_RECORD_PROCESS_ACCESS,
    SOCKET_RECORD_OWN, /* so many are in socket_columns */
    SOCKET_RECORD_INSTANCE = SOCKET_RECORD_OWN,
    SOCKET_RECORD_FIELDS = SOCKET_RECORD_INSTANCE + INSTANCE_RECORD_FIELDS,
};

extern const struct column socket_columns[SOCKET_RECORD_OWN];

/* The groups of a table with SOCKET_RECORD_FIELDS columns of a socket. */
#define SOCKET_RECORD_GROUPS                                                                       \
    {socket_columns, SOCKET_RECORD_OWN}, {instance_columns, INSTANCE_RECORD_OWN},                  \
    {                                                                                              \
        image_columns, IMAGE_RECORD_FIELDS                                                         \
    }

/* What is known of one socket. */
struct socket_facts {
    const struct socket_row *row;
    const struct process_instance *owner; /* NULL: not known */
    const char *parent;                   /* the name of the owner's parent; NULL: not known */
    const char *service;                  /* NULL: none, or not known */
    int service_basis;                    /* enum service_basis */
};

/* The texts behind the values of one record. Starts as {0}. */
struct socket_record {
    struct text local;
    struct text remote;
    struct instance_record instance;
};

/*
 * Fills values[0..SOCKET_RECORD_FIELDS - 1]. They are good until the next call,
 * and as long as what the facts point to is.
 */
bool socket_record_fill(struct socket_record *record, const struct socket_facts *facts,
                        struct value *values, struct failure *why) NODISCARD;

/* Likewise of a row of a snapshot. */
bool socket_record_fill_row(struct socket_record *record, const struct snapshot *snapshot,
                            const struct process_index *index, const struct socket_row *row,
                            struct value *values, struct failure *why) NODISCARD;

void socket_record_clear(struct socket_record *record);

/* The name of a TCP socket's state for people; "not recorded" where there is none. */
const char *socket_record_state_name(int state);

/* The pid of a row as a value: absent where the system names none. */
struct value socket_record_pid(const struct socket_row *row);
