/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The columns that every record of a process, or of what a process owns, has
 * beyond the process's name: whose it is, what it may do, how it was called,
 * and which file it runs. Those of the file (image_record.h) come last.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/process_instance.h"
#include "reportcli/column.h"
#include "reportcli/image_record.h"

enum instance_field {
    INSTANCE_RECORD_PARENT_PROCESS,
    INSTANCE_RECORD_USER,
    INSTANCE_RECORD_USER_ID,
    INSTANCE_RECORD_INTEGRITY,
    INSTANCE_RECORD_SESSION,
    INSTANCE_RECORD_DENIED,
    INSTANCE_RECORD_LEFT_OUT,
    INSTANCE_RECORD_COMMAND_LINE,
    INSTANCE_RECORD_OWN, /* so many are in instance_columns */
    INSTANCE_RECORD_IMAGE = INSTANCE_RECORD_OWN,
    INSTANCE_RECORD_FIELDS = INSTANCE_RECORD_IMAGE + IMAGE_RECORD_FIELDS,
};

extern const struct column instance_columns[INSTANCE_RECORD_OWN];

/* The texts behind the values of one record. Starts as {0}. */
struct instance_record {
    struct text denied;
    struct text left_out;
    struct image_record image;
    bool no_command_lines; /* they may hold secrets */
};

/*
 * Fills values[0..INSTANCE_RECORD_FIELDS - 1]: all absent where the instance is
 * NULL. `parent` is the name of its parent, NULL where not known. They are good
 * until the next call, and as long as the instance and the name are.
 */
bool instance_record_fill(struct instance_record *record, const struct process_instance *instance,
                          const char *parent, struct value *values, struct failure *why) NODISCARD;

void instance_record_clear(struct instance_record *record);
