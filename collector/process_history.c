/* SPDX-License-Identifier: MIT */

/*
 * Both the remembered instances and the list are in the order of pids, so one
 * walk along both finds who stayed.
 */

#include "collector/process_history.h"

#include <stdlib.h>
#include <string.h>

static bool reserve(struct process_history *history, size_t count, struct failure *why)
{
    size_t capacity = count + count / 2 + 16;
    const struct process_instance **instances;
    struct process_latecomer *late;

    if (count <= history->capacity) {
        return true;
    }
    instances =
        realloc((void *)history->instances, capacity * sizeof(const struct process_instance *));
    history->instances = instances != NULL ? instances : history->instances;
    late = realloc(history->late, capacity * sizeof(*late));
    history->late = late != NULL ? late : history->late;
    free((void *)history->other);
    free(history->other_late);
    history->other = malloc(capacity * sizeof(const struct process_instance *));
    history->other_late = malloc(capacity * sizeof(*history->other_late));
    history->capacity = 0;
    if (instances == NULL || late == NULL || history->other == NULL ||
        history->other_late == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember %zu processes", count);
    }
    history->capacity = capacity;
    return true;
}

/* The remembered instance of a row; NULL where there is none. *at only moves forward. */
static const struct process_instance *find_known(const struct process_history *history, size_t *at,
                                                 const struct process_row *row)
{
    while (*at < history->count && history->instances[*at]->pid < row->pid) {
        (*at)++;
    }
    if (*at < history->count && history->instances[*at]->pid == row->pid &&
        history->instances[*at]->start == row->start) {
        return history->instances[*at];
    }
    return NULL;
}

static bool was_late(const struct process_history *history, const struct process_row *row)
{
    for (size_t i = 0; i < history->late_count; i++) {
        if (history->late[i].pid == row->pid && history->late[i].start == row->start) {
            return true;
        }
    }
    return false;
}

/* A pid is believed to be the parent only where that process started before the child. */
static uint64_t parent_start(const struct process_table *table, const struct process_row *row)
{
    const struct process_row *parent = process_table_find(table, row->parent_pid);

    if (row->parent_pid == 0 || parent == NULL || parent->start > row->start) {
        return 0;
    }
    return parent->start;
}

/* What an instance looks like before it was opened. */
static const struct process_instance *make_instance(const struct process_table *table,
                                                    const struct process_row *row,
                                                    const struct process_instance *known)
{
    struct process_instance fields = {
        .pid = row->pid,
        .parent_pid = row->parent_pid,
        .start = row->start,
        .parent_start = parent_start(table, row),
        .started_at = row->started_at,
        .session = row->session,
        .access = PROCESS_NOT_OPENED,
        .name = process_table_name(table, row),
    };

    if (known != NULL) { /* an exec changes the program, not where the process came from */
        fields.parent_pid = known->parent_pid;
        fields.parent_start = known->parent_start;
        fields.started_at = known->started_at;
    }
    return process_instance_make(&fields);
}

static const struct process_instance *take_or_make(const struct process_table *table,
                                                   const struct process_row *row,
                                                   const struct process_instance *known)
{
    if (known != NULL && strcmp(known->name, process_table_name(table, row)) == 0) {
        return process_instance_hold(known);
    }
    return make_instance(table, row, known);
}

static void release_all(const struct process_instance **instances, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        process_instance_release(instances[i]);
    }
}

/* What an update makes of the list: the instances that stay, and who came too late. */
struct merge {
    size_t count;
    size_t late_count;
};

static bool merge_list(struct process_history *history, const struct process_table *table,
                       int64_t latest, struct merge *merge, struct failure *why)
{
    size_t at = 0;

    for (size_t i = 0; i < table->count; i++) {
        const struct process_row *row = &table->rows[i];
        const struct process_instance *known = find_known(history, &at, row);

        if (known == NULL && row->started_at > latest && !was_late(history, row)) {
            history->other_late[merge->late_count++] =
                (struct process_latecomer){row->pid, row->start};
            continue;
        }
        history->other[merge->count] = take_or_make(table, row, known);
        if (history->other[merge->count] == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember a process");
        }
        merge->count++;
    }
    return true;
}

/* Takes the latecomers, who are in the order of the list, out of it. */
static void drop_latecomers(const struct process_history *history, struct process_table *table)
{
    size_t late = 0;
    size_t kept = 0;

    for (size_t i = 0; i < table->count; i++) {
        if (late < history->late_count && history->late[late].pid == table->rows[i].pid &&
            history->late[late].start == table->rows[i].start) {
            late++;
        } else {
            table->rows[kept++] = table->rows[i];
        }
    }
    table->count = kept;
}

static void take_over(struct process_history *history, const struct merge *merge)
{
    const struct process_instance **instances = history->instances;
    struct process_latecomer *late = history->late;

    release_all(history->instances, history->count);
    history->instances = history->other;
    history->other = instances;
    history->count = merge->count;
    history->late = history->other_late;
    history->other_late = late;
    history->late_count = merge->late_count;
}

bool process_history_update(struct process_history *history, struct process_table *table,
                            int64_t latest, struct failure *why)
{
    struct merge merge = {0};

    if (!reserve(history, table->count, why)) {
        return false;
    }
    if (!merge_list(history, table, latest, &merge, why)) {
        release_all(history->other, merge.count);
        return false;
    }
    take_over(history, &merge);
    drop_latecomers(history, table);
    return true;
}

bool process_history_open(struct process_history *history, size_t i, struct failure *why)
{
    struct process_instance fields = *history->instances[i];
    struct process_details details = {0};
    const struct process_instance *opened;
    struct process_handle *handle;
    enum process_access access;

    if (fields.access != PROCESS_NOT_OPENED) {
        return true;
    }
    if (!process_handle_open(&handle, fields.pid, fields.start, &access, why)) {
        return false;
    }
    if (handle != NULL && !process_details_read(handle, 0, &details, why)) {
        process_details_clear(&details);
        process_handle_close(handle);
        return false;
    }
    fields.access = handle == NULL ? (uint8_t)access : details.access;
    process_handle_close(handle);
    fields.path = details.path;
    opened = process_instance_make(&fields);
    process_details_clear(&details);
    if (opened == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember a process");
    }
    process_instance_release(history->instances[i]);
    history->instances[i] = opened;
    return true;
}

void process_history_clear(struct process_history *history)
{
    release_all(history->instances, history->count);
    free((void *)history->instances);
    free((void *)history->other);
    free(history->late);
    free(history->other_late);
    *history = (struct process_history){0};
}
