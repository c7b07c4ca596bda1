/* SPDX-License-Identifier: MIT */

#include "reportcli/process_index.h"

#include <stdlib.h>
#include <string.h>

static int compare_instances(const void *left, const void *right)
{
    const struct process_instance *a = *(const struct process_instance *const *)left;
    const struct process_instance *b = *(const struct process_instance *const *)right;

    if (a->pid != b->pid) {
        return a->pid < b->pid ? -1 : 1;
    }
    return (a->start > b->start) - (a->start < b->start);
}

static bool make_room(struct process_index *index, size_t count, struct failure *why)
{
    const struct process_instance **sorted;

    if (count <= index->capacity) {
        return true;
    }
    sorted =
        (const struct process_instance **)realloc((void *)index->sorted, count * sizeof(void *));
    if (sorted == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", count);
    }
    index->sorted = sorted;
    index->capacity = count;
    return true;
}

bool process_index_make(struct process_index *index, const struct snapshot *snapshot,
                        struct failure *why)
{
    index->count = 0;
    if (!make_room(index, snapshot->process_count, why)) {
        return false;
    }
    for (size_t i = 0; i < snapshot->process_count; i++) {
        index->sorted[index->count++] = snapshot->processes[i];
    }
    if (index->count > 1) {
        qsort((void *)index->sorted, index->count, sizeof(void *), compare_instances);
    }
    return true;
}

const struct process_instance *process_index_parent(const struct process_index *index,
                                                    const struct process_instance *child)
{
    struct process_instance wanted = {0};
    const struct process_instance *key = &wanted;
    const struct process_instance *const *found;

    if (child == NULL || child->parent_start == 0 || index->count == 0) {
        return NULL;
    }
    wanted.pid = child->parent_pid;
    wanted.start = child->parent_start;
    found = (const struct process_instance *const *)bsearch(
        (const void *)&key, (const void *)index->sorted, index->count, sizeof(void *),
        compare_instances);
    return found == NULL ? NULL : *found;
}

const char *process_index_parent_name(const struct process_index *index,
                                      const struct process_instance *child)
{
    const struct process_instance *parent = process_index_parent(index, child);

    return parent == NULL ? NULL : process_instance_shown_name(parent);
}

void process_index_clear(struct process_index *index)
{
    free((void *)index->sorted);
    *index = (struct process_index){0};
}
