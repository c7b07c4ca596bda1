/* SPDX-License-Identifier: MIT */

/*
 * A heap with the last record of the order on top: where only some are wanted,
 * a record that comes before it takes its place; at the end taking the top away
 * again and again leaves the records in order.
 *
 * A packed record is the values of the columns of the order and then of the
 * others that are wanted, one behind the other: a byte that says whether there
 * is one, and then 8 bytes, or a text with its 0, or two for an object.
 */

#include "reportcli/row_sorter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct row {
    size_t number; /* in the order of finding */
    size_t size;
    char bytes[];
};

struct row_sorter {
    const struct column_table *table;
    size_t places[COLUMNS_MAX]; /* of what is packed: first the columns of the order */
    size_t place_count;
    bool falls[COLUMNS_MAX];
    size_t key_count;
    size_t most;
    size_t bytes;
    size_t held; /* bytes of rows */
    struct row **rows;
    size_t count;
    size_t capacity;
    size_t added;
    bool turned;        /* what is added later was found before */
    struct text packed; /* scratch */
};

static void add_place(struct row_sorter *sorter, size_t place)
{
    for (size_t i = 0; i < sorter->place_count; i++) {
        if (sorter->places[i] == place) {
            return;
        }
    }
    sorter->places[sorter->place_count++] = place;
}

bool row_sorter_open(struct row_sorter **out, const struct column_table *table,
                     const struct column_choice *order, const struct column_choice *printed,
                     size_t most, size_t bytes, struct failure *why)
{
    struct row_sorter *sorter = calloc(1, sizeof(*sorter));

    *out = sorter;
    if (sorter == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the order");
    }
    sorter->table = table;
    sorter->most = most;
    sorter->bytes = bytes;
    sorter->key_count = order->count;
    for (size_t i = 0; i < order->count; i++) {
        add_place(sorter, order->places[i]);
        sorter->falls[i] = order->falls[i];
    }
    for (size_t i = 0; i < printed->count; i++) {
        add_place(sorter, printed->places[i]);
    }
    return true;
}

static enum column_type type_at(const struct row_sorter *sorter, size_t i)
{
    return column_at(sorter->table, sorter->places[i])->type;
}

static void pack_value(struct text *packed, enum column_type type, const struct value *value)
{
    text_add_char(packed, value->present ? '\1' : '\0');
    if (!value->present) {
        return;
    }
    switch (type) {
    case COLUMN_TEXT:
        text_add_bytes(packed, value->text, strlen(value->text) + 1);
        break;
    case COLUMN_OBJECT:
        text_add_bytes(packed, value->text, strlen(value->text) + 1);
        text_add_bytes(packed, value->json, strlen(value->json) + 1);
        break;
    case COLUMN_REAL:
        text_add_bytes(packed, &value->real, sizeof(value->real));
        break;
    case COLUMN_BOOLEAN:
        text_add_char(packed, value->truth ? '\1' : '\0');
        break;
    default:
        text_add_bytes(packed, &value->number, sizeof(value->number));
        break;
    }
}

static const char *unpack_text(const char *at, const char **text)
{
    *text = at;
    return at + strlen(at) + 1;
}

/* Reads one value, whose texts stay where they are; returns where the next one is. */
static const char *unpack_value(const char *at, enum column_type type, struct value *value)
{
    *value = (struct value){.present = *at++ != '\0'};
    if (!value->present) {
        return at;
    }
    switch (type) {
    case COLUMN_TEXT:
        return unpack_text(at, &value->text);
    case COLUMN_OBJECT:
        return unpack_text(unpack_text(at, &value->text), &value->json);
    case COLUMN_REAL:
        memcpy(&value->real, at, sizeof(value->real));
        return at + sizeof(value->real);
    case COLUMN_BOOLEAN:
        value->truth = *at != '\0';
        return at + 1;
    default:
        memcpy(&value->number, at, sizeof(value->number));
        return at + sizeof(value->number);
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int fold(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

/* Compares the numbers that begin here, of whatever length, and moves behind them. */
static int compare_digits(const char **a, const char **b)
{
    size_t a_size;
    size_t b_size;
    int order;

    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    a_size = strspn(*a, "0123456789");
    b_size = strspn(*b, "0123456789");
    order = a_size != b_size ? (a_size < b_size ? -1 : 1) : memcmp(*a, *b, a_size);
    *a += a_size;
    *b += b_size;
    return order;
}

static int compare_texts(const char *a, const char *b)
{
    const char *whole_a = a;
    const char *whole_b = b;

    while (*a != '\0' && *b != '\0') {
        int order = 0;

        if (is_digit(*a) && is_digit(*b)) {
            order = compare_digits(&a, &b);
        } else {
            order = fold(*a++) - fold(*b++);
        }
        if (order != 0) {
            return order;
        }
    }
    if (*a != *b) {
        return *a == '\0' ? -1 : 1;
    }
    return strcmp(whole_a, whole_b);
}

static int compare_values(enum column_type type, const struct value *a, const struct value *b)
{
    switch (type) {
    case COLUMN_TEXT:
    case COLUMN_OBJECT:
        return compare_texts(a->text, b->text);
    case COLUMN_REAL:
        return (a->real > b->real) - (a->real < b->real);
    case COLUMN_BOOLEAN:
        return (int)a->truth - (int)b->truth;
    default:
        return (a->number > b->number) - (a->number < b->number);
    }
}

static int compare_packed(const struct row_sorter *sorter, const char *a, const char *b)
{
    for (size_t i = 0; i < sorter->key_count; i++) {
        enum column_type type = type_at(sorter, i);
        struct value left;
        struct value right;
        int order;

        a = unpack_value(a, type, &left);
        b = unpack_value(b, type, &right);
        if (left.present != right.present) {
            return left.present ? -1 : 1;
        }
        order = left.present ? compare_values(type, &left, &right) : 0;
        if (order != 0) {
            return sorter->falls[i] ? -order : order;
        }
    }
    return 0;
}

/* Whether the row a comes behind the row b. */
static bool is_behind(const struct row_sorter *sorter, const struct row *a, const struct row *b)
{
    int order = compare_packed(sorter, a->bytes, b->bytes);

    return order != 0 ? order > 0 : (a->number > b->number) != sorter->turned;
}

/* Puts the row at `place` to where it belongs among the first `count`, downwards. */
static void sink(struct row_sorter *sorter, size_t place, size_t count)
{
    struct row **rows = sorter->rows;
    struct row *row = rows[place];

    for (;;) {
        size_t child = 2 * place + 1;

        if (child + 1 < count && is_behind(sorter, rows[child + 1], rows[child])) {
            child++;
        }
        if (child >= count || !is_behind(sorter, rows[child], row)) {
            break;
        }
        rows[place] = rows[child];
        place = child;
    }
    rows[place] = row;
}

static void rise(struct row_sorter *sorter, size_t place)
{
    struct row **rows = sorter->rows;
    struct row *row = rows[place];

    while (place > 0 && is_behind(sorter, row, rows[(place - 1) / 2])) {
        rows[place] = rows[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    rows[place] = row;
}

static size_t row_size(size_t packed)
{
    return sizeof(struct row) + packed +
           2 * sizeof(void *); /* and what the heap takes for itself */
}

static bool make_row(struct row_sorter *sorter, struct row **out, struct failure *why)
{
    size_t size = sorter->packed.size;
    struct row *row = malloc(sizeof(*row) + size);

    *out = row;
    if (row == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to sort more rows");
    }
    row->number = sorter->added;
    row->size = size;
    memcpy(row->bytes, text_bytes(&sorter->packed), size);
    return true;
}

static bool make_room(struct row_sorter *sorter, struct failure *why)
{
    size_t capacity = sorter->capacity * 2 + 256;
    struct row **rows;

    if (sorter->held + row_size(sorter->packed.size) > sorter->bytes) {
        return FAIL(
            why, FAILURE_MEMORY, 0,
            "more than %zu rows cannot be sorted here, in %zu MiB: ask for the first of them "
            "(--limit N), for fewer columns (--columns) or for less, or sort what --jsonl or "
            "--csv prints elsewhere",
            sorter->count, sorter->bytes >> 20);
    }
    if (sorter->count < sorter->capacity) {
        return true;
    }
    rows = realloc(sorter->rows, capacity * sizeof(void *));
    if (rows == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to sort more rows");
    }
    sorter->rows = rows;
    sorter->capacity = capacity;
    return true;
}

static bool append(struct row_sorter *sorter, struct failure *why)
{
    struct row *row;

    if (!make_room(sorter, why) || !make_row(sorter, &row, why)) {
        return false;
    }
    sorter->held += row_size(row->size);
    sorter->rows[sorter->count++] = row;
    rise(sorter, sorter->count - 1);
    return true;
}

/* The new one takes the place of the last of the order; of equal ones the first found stays. */
static bool replace_top(struct row_sorter *sorter, struct failure *why)
{
    int order = compare_packed(sorter, text_bytes(&sorter->packed), sorter->rows[0]->bytes);
    struct row *row;

    if (order > 0 || (order == 0 && !sorter->turned)) {
        return true;
    }
    if (!make_row(sorter, &row, why)) {
        return false;
    }
    sorter->held += row_size(row->size) - row_size(sorter->rows[0]->size);
    free(sorter->rows[0]);
    sorter->rows[0] = row;
    sink(sorter, 0, sorter->count);
    return true;
}

bool row_sorter_add(struct row_sorter *sorter, const struct value *values, struct failure *why)
{
    bool done;

    text_reset(&sorter->packed);
    for (size_t i = 0; i < sorter->place_count; i++) {
        pack_value(&sorter->packed, type_at(sorter, i), &values[sorter->places[i]]);
    }
    done = text_ok(&sorter->packed, why) &&
           (sorter->most > 0 && sorter->count == sorter->most ? replace_top(sorter, why)
                                                              : append(sorter, why));
    sorter->added += done ? 1 : 0;
    return done;
}

void row_sorter_turn(struct row_sorter *sorter)
{
    sorter->turned = true;
}

bool row_sorter_bound(const struct row_sorter *sorter, int64_t *number)
{
    struct value value;

    if (sorter->most == 0 || sorter->added <= sorter->most) {
        return false;
    }
    unpack_value(sorter->rows[0]->bytes, type_at(sorter, 0), &value);
    *number = value.number;
    return true;
}

size_t row_sorter_added(const struct row_sorter *sorter)
{
    return sorter->added;
}

static void put_in_order(struct row_sorter *sorter)
{
    for (size_t count = sorter->count; count > 1; count--) {
        struct row *top = sorter->rows[0];

        sorter->rows[0] = sorter->rows[count - 1];
        sorter->rows[count - 1] = top;
        sink(sorter, 0, count - 1);
    }
}

bool row_sorter_walk(struct row_sorter *sorter, row_sorter_visit_fn *visit, void *context,
                     struct failure *why)
{
    struct value values[COLUMNS_MAX] = {0};
    bool done = true;

    put_in_order(sorter);
    for (size_t i = 0; done && i < sorter->count; i++) {
        const char *at = sorter->rows[i]->bytes;

        for (size_t k = 0; k < sorter->place_count; k++) {
            at = unpack_value(at, type_at(sorter, k), &values[sorter->places[k]]);
        }
        done = visit(context, values, why);
    }
    return done;
}

void row_sorter_close(struct row_sorter *sorter)
{
    if (sorter == NULL) {
        return;
    }
    for (size_t i = 0; i < sorter->count; i++) {
        free(sorter->rows[i]);
    }
    free(sorter->rows);
    text_clear(&sorter->packed);
    free(sorter);
}
