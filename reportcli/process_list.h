/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The processes of a state, chosen and ordered for printing, each with the
 * sockets that it owns; and the record "process".
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/options.h"
#include "base/text.h"
#include "reportcli/column.h"
#include "reportcli/instance_record.h"
#include "reportcli/render.h"
#include "reportcli/states.h"

extern const struct column_table process_list_table;

/* The same columns of one process alone: people see it as lines, without what a heading says. */
extern const struct column_table process_alone_table;

/* Which processes; {0}: all. */
struct process_choice {
    bool has_pid;
    uint32_t pid;
    const char *name; /* as of process_instance_is_called(); NULL: any */
    bool owners;      /* only those that own sockets */
    const char *path; /* a pattern (base/pattern.h) for the whole path of the image; NULL: any */
    const char *user; /* id, or name with or without its domain; NULL: any */
    const uint8_t *sha256; /* of what it runs; NULL: any */
};

/* The rows of --pid and --process among a command's options. */
#define PROCESS_CHOICE_OPTIONS                                                                     \
    {.name = "pid",                                                                                \
     .kind = OPTION_NUMBER,                                                                        \
     .value = "PID",                                                                               \
     .help = "Only the process with this id",                                                      \
     .maximum = UINT32_MAX},                                                                       \
    {                                                                                              \
        .name = "process", .kind = OPTION_TEXT, .value = "NAME",                                   \
        .help = "Only programs of this name, as in svchost.exe"                                    \
    }

/* What --pid and --process say; `owners` is not set. */
struct process_choice process_choice_read(const struct options *options);

/* Whether a process is chosen, whatever sockets it owns. */
bool process_choice_has(const struct process_choice *choice,
                        const struct process_instance *instance);

/* --pid or --process was given. */
bool process_choice_is_named(const struct process_choice *choice);

struct process_list_item {
    const struct process_instance *instance;
    bool running;
    const struct snapshot_seen *seen; /* NULL: not known */
    size_t first; /* its sockets are rows first..first + sockets - 1 of the snapshot */
    size_t sockets;
};

/* Starts as {0}. */
struct process_list {
    struct process_list_item *items; /* by pid */
    size_t count;
    size_t capacity;
};

/* Replaces the list. Orders the snapshot's sockets by owner. Lent from the snapshot. */
bool process_list_make(struct process_list *list, struct snapshot *snapshot,
                       const struct process_choice *choice, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void process_list_clear(struct process_list *list);

/* Prints the chosen processes of all states through a renderer of process_list_table. */
bool process_list_print(struct states *states, const struct process_choice *choice,
                        struct render *render, struct failure *why) NODISCARD;

/* A note of kind "denied" where parts of chosen processes of the state in hand were. */
bool process_list_note(struct states *states, const struct process_choice *choice,
                       struct failure *why) NODISCARD;

/* The texts behind the values of one record. Starts as {0}. */
struct process_record {
    struct instance_record instance;
    struct text services;
};

/*
 * Fills the values of a record of process_list_table, COLUMNS_MAX at most, of
 * an item of a list that was made of the snapshot. They are good until the
 * next call, and as long as the snapshot is.
 */
bool process_record_fill(struct process_record *record, const struct snapshot *snapshot,
                         const struct process_index *index, const struct process_list_item *item,
                         struct value *values, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void process_record_clear(struct process_record *record);
