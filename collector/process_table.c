/* SPDX-License-Identifier: MIT */

#include "collector/process_table.h"

#include <stdlib.h>

enum { FIRST_ROWS = 128 };

static int compare_pids(const void *left, const void *right)
{
    const struct process_row *a = left;
    const struct process_row *b = right;

    return (a->pid > b->pid) - (a->pid < b->pid);
}

bool process_table_add(struct process_table *table, const struct process_row *row, const char *name,
                       size_t name_size, struct failure *why)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity == 0 ? FIRST_ROWS : table->capacity * 2;
        struct process_row *rows = realloc(table->rows, capacity * sizeof(*rows));

        if (rows == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", capacity);
        }
        table->rows = rows;
        table->capacity = capacity;
    }
    table->rows[table->count] = *row;
    table->rows[table->count].name = table->names.size;
    text_add_utf8(&table->names, name, name_size);
    text_add_bytes(&table->names, "", 1);
    if (!text_ok(&table->names, why)) {
        return false;
    }
    table->count++;
    return true;
}

void process_table_sort(struct process_table *table)
{
    if (table->count > 1) {
        qsort(table->rows, table->count, sizeof(table->rows[0]), compare_pids);
    }
}

const char *process_table_name(const struct process_table *table, const struct process_row *row)
{
    return text_bytes(&table->names) + row->name;
}

const struct process_row *process_table_find(const struct process_table *table, uint32_t pid)
{
    struct process_row key = {.pid = pid};

    if (table->count == 0) {
        return NULL;
    }
    return bsearch(&key, table->rows, table->count, sizeof(key), compare_pids);
}

void process_table_reset(struct process_table *table)
{
    table->count = 0;
    if (table->names.failed) {
        text_clear(&table->names); /* a failure is remembered until then */
    }
    text_reset(&table->names);
}

void process_table_clear(struct process_table *table)
{
    free(table->rows);
    text_clear(&table->names);
    *table = (struct process_table){0};
}
