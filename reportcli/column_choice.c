/* SPDX-License-Identifier: MIT */

#include "reportcli/column_choice.h"

#include <string.h>

#include "base/text.h"

enum { NAME_SIZE = 64 };

/* The next name of the list, without blanks around it; moves *at behind its comma. */
static const char *next_name(const char **at, size_t *size)
{
    const char *begin = *at + strspn(*at, " ");
    size_t length = strcspn(begin, ",");

    *at = begin + length + (begin[length] == ',' ? 1 : 0);
    while (length > 0 && begin[length - 1] == ' ') {
        length--;
    }
    *size = length;
    return begin;
}

static bool is_letter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool column_is_headed(const struct column *column, const char *name, size_t size)
{
    const char *heading = column->heading;
    size_t i = 0;

    for (;;) {
        while (*heading != '\0' && !is_letter(*heading)) {
            heading++;
        }
        while (i < size && !is_letter(name[i])) {
            i++;
        }
        if (*heading == '\0' || i == size) {
            return *heading == '\0' && i == size && size > 0;
        }
        if ((*heading++ | 0x20) != (name[i++] | 0x20)) {
            return false;
        }
    }
}

/* What a table says above a column is as good as its name, where no other one is called so. */
static bool find_heading(const struct column_table *table, const char *name, size_t size,
                         size_t *place)
{
    for (size_t i = 0; i < column_count(table); i++) {
        if (column_is_headed(column_at(table, i), name, size)) {
            *place = i;
            return true;
        }
    }
    return false;
}

static bool find(const struct column_table *table, const char *name, size_t size, size_t *place)
{
    for (size_t i = 0; i < column_count(table); i++) {
        const char *known = column_at(table, i)->name;

        if (strlen(known) == size && memcmp(known, name, size) == 0) {
            *place = i;
            return true;
        }
    }
    return find_heading(table, name, size, place);
}

static const char *closest(const struct column_table *table, const char *name, size_t size)
{
    const char *names[COLUMNS_MAX + 1] = {NULL};
    char mistyped[NAME_SIZE];

    if (size >= sizeof(mistyped)) {
        return NULL;
    }
    for (size_t i = 0; i < column_count(table); i++) {
        names[i] = column_at(table, i)->name;
    }
    memcpy(mistyped, name, size);
    mistyped[size] = '\0';
    return text_closest(mistyped, names);
}

static bool refuse_unknown(const struct column_table *table, const char *name, size_t size,
                           struct failure *why)
{
    const char *meant = closest(table, name, size);
    struct text known = {0};

    if (meant != NULL) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "a record \"%s\" has no column \"%.*s\"; did you mean %s?", table->name,
                    (int)size, name, meant);
    }
    for (size_t i = 0; i < column_count(table); i++) {
        text_addf(&known, "%s%s", i == 0 ? "" : ", ", column_at(table, i)->name);
    }
    failure_set(why, FAILURE_USAGE, 0, "a record \"%s\" has no column \"%.*s\", but %s",
                table->name, (int)size, name, text_bytes(&known));
    text_clear(&known);
    return false;
}

static bool is_chosen(const struct column_choice *choice, size_t place)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (choice->places[i] == place) {
            return true;
        }
    }
    return false;
}

static bool add(struct column_choice *choice, const struct column_table *table, const char *name,
                size_t size, struct failure *why)
{
    bool falls = size > 0 && name[0] == '-';
    size_t place;

    name += falls ? 1 : 0;
    size -= falls ? 1 : 0;
    if (size == 0) {
        return FAIL(why, FAILURE_USAGE, 0, "a name of a column is missing");
    }
    if (!find(table, name, size, &place)) {
        return refuse_unknown(table, name, size, why);
    }
    if (is_chosen(choice, place)) {
        return FAIL(why, FAILURE_USAGE, 0, "the column \"%.*s\" is named twice", (int)size, name);
    }
    choice->places[choice->count] = place;
    choice->falls[choice->count++] = falls;
    return true;
}

bool column_choice_read(struct column_choice *choice, const struct column_table *table,
                        const char *words, struct failure *why)
{
    const char *at = words;

    choice->count = 0;
    do {
        size_t size;
        const char *name = next_name(&at, &size);

        if (!add(choice, table, name, size, why)) {
            return false;
        }
    } while (*at != '\0');
    return true;
}

bool column_choice_check(const struct column_table *const *tables, const char *words,
                         struct failure *why)
{
    struct column_choice choice;

    if (tables[0] == NULL) {
        return FAIL(why, FAILURE_USAGE, 0, "there are no records that have columns");
    }
    for (size_t i = 0; tables[i] != NULL; i++) {
        struct failure other;

        if (column_choice_read(&choice, tables[i], words, i == 0 ? why : &other)) {
            return true;
        }
    }
    return false; /* the first table is what the command is mostly asked for */
}
