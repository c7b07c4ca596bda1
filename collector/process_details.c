/* SPDX-License-Identifier: MIT */

#include "collector/process_details.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROWS = 64 };

void process_details_clear(struct process_details *details)
{
    free(details->path);
    free(details->image_source);
    free(details->command_line);
    free(details->user);
    *details = (struct process_details){0};
}

static size_t add_text(struct text *texts, const char *text)
{
    size_t at = texts->size;

    text_add_bytes(texts, text, strlen(text) + 1);
    return at;
}

bool module_table_add(struct module_table *table, const struct module_row *row, const char *path,
                      const char *source, struct failure *why)
{
    struct module_row *added;

    if (table->count == table->capacity) {
        size_t capacity = table->capacity == 0 ? FIRST_ROWS : table->capacity * 2;
        struct module_row *rows = realloc(table->rows, capacity * sizeof(*rows));

        if (rows == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu modules", capacity);
        }
        table->rows = rows;
        table->capacity = capacity;
    }
    added = &table->rows[table->count];
    *added = *row;
    added->path = add_text(&table->texts, path);
    added->source = strcmp(path, source) == 0 ? added->path : add_text(&table->texts, source);
    if (!text_ok(&table->texts, why)) {
        return false;
    }
    table->count++;
    return true;
}

static int compare_bases(const void *left, const void *right)
{
    const struct module_row *a = left;
    const struct module_row *b = right;

    return (a->base > b->base) - (a->base < b->base);
}

void module_table_sort(struct module_table *table)
{
    if (table->count > 1) {
        qsort(table->rows, table->count, sizeof(table->rows[0]), compare_bases);
    }
}

const char *module_table_path(const struct module_table *table, const struct module_row *row)
{
    return text_bytes(&table->texts) + row->path;
}

const char *module_table_source(const struct module_table *table, const struct module_row *row)
{
    return text_bytes(&table->texts) + row->source;
}

void module_table_reset(struct module_table *table)
{
    table->access = MODULES_NOT_READ;
    table->has_own_list = false;
    table->count = 0;
    if (table->texts.failed) {
        text_clear(&table->texts);
    }
    text_reset(&table->texts);
}

void module_table_clear(struct module_table *table)
{
    free(table->rows);
    text_clear(&table->texts);
    *table = (struct module_table){0};
}
