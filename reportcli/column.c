/* SPDX-License-Identifier: MIT */

#include "reportcli/column.h"

#include <assert.h>

size_t column_count(const struct column_table *table)
{
    size_t count = 0;

    for (size_t i = 0; i < COLUMN_GROUPS; i++) {
        count += table->groups[i].count;
    }
    assert(count <= COLUMNS_MAX);
    return count;
}

/* The group of the column at place *i, which becomes its place in the group. */
static size_t find_group(const struct column_table *table, size_t *i)
{
    size_t group = 0;

    while (*i >= table->groups[group].count) {
        *i -= table->groups[group].count;
        group++;
        assert(group < COLUMN_GROUPS);
    }
    return group;
}

const struct column *column_at(const struct column_table *table, size_t i)
{
    size_t group = find_group(table, &i);

    return &table->groups[group].columns[i];
}

int column_rank(const struct column_table *table, size_t i)
{
    size_t group = find_group(table, &i);
    const int *ranks = table->ranks[group];

    return ranks != NULL ? ranks[i] : table->groups[group].columns[i].rank;
}

const char *column_type_name(enum column_type type)
{
    static const char *const names[COLUMN_TYPE_COUNT] = {
        [COLUMN_TEXT] = "text",       [COLUMN_INTEGER] = "integer", [COLUMN_REAL] = "real",
        [COLUMN_BOOLEAN] = "boolean", [COLUMN_TIME] = "time",       [COLUMN_DURATION] = "duration",
        [COLUMN_SIZE] = "size",       [COLUMN_OBJECT] = "object",
    };

    return names[type];
}

struct value value_text(const char *text)
{
    return (struct value){.present = text != NULL, .text = text};
}

struct value value_number(int64_t number)
{
    return (struct value){.present = true, .number = number};
}

struct value value_known(int64_t number)
{
    return (struct value){.present = number != 0, .number = number};
}

struct value value_real(double real)
{
    return (struct value){.present = true, .real = real};
}

struct value value_truth(bool truth)
{
    return (struct value){.present = true, .truth = truth};
}

struct value value_object(const char *text, const char *json)
{
    return (struct value){.present = json != NULL, .text = text, .json = json};
}
