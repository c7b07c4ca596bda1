/* SPDX-License-Identifier: MIT */

#include "collector/socket_table.h"

#include <stdlib.h>

enum { FIRST_ROWS = 256 };

bool socket_table_add(struct socket_table *table, const struct socket_row *row, struct failure *why)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity == 0 ? FIRST_ROWS : table->capacity * 2;
        struct socket_row *rows = realloc(table->rows, capacity * sizeof(*rows));

        if (rows == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu sockets", capacity);
        }
        table->rows = rows;
        table->capacity = capacity;
    }
    table->rows[table->count++] = *row;
    return true;
}

void socket_table_reset(struct socket_table *table)
{
    table->count = 0;
    table->lacks = 0;
}

void socket_table_clear(struct socket_table *table)
{
    free(table->rows);
    *table = (struct socket_table){0};
}
