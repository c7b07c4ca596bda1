/* SPDX-License-Identifier: MIT */

#include "reportcli/render.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "reportcli/column_choice.h"
#include "reportcli/row_sorter.h"

enum { PATIENCE_MS = 50 };

const struct renderer *const renderers[] = {
    &render_table, &render_json, &render_jsonl, &render_csv, NULL,
};

const struct renderer *render_find(const char *name)
{
    for (size_t i = 0; renderers[i] != NULL; i++) {
        if (strcmp(renderers[i]->name, name) == 0) {
            return renderers[i];
        }
    }
    return NULL;
}

/* Writes what the renderer made. */
static bool hand_over(struct render *render, struct failure *why)
{
    bool (*write)(struct output_log *, const char *, size_t, struct failure *) =
        render->options.log_alone ? output_write_log : output_write;
    bool written = text_ok(&render->out, why) &&
                   (render->out.size == 0 ||
                    write(render->options.log, render->out.bytes, render->out.size, why));

    text_reset(&render->out);
    return written;
}

static void choose_all(struct column_choice *printed, const struct column_table *table)
{
    printed->count = column_count(table);
    for (size_t i = 0; i < printed->count; i++) {
        printed->places[i] = i;
    }
}

/* A column that tells records apart, or what the table is about, is there unasked. */
static void choose_also(struct column_choice *printed, const struct column_table *table,
                        const char *also)
{
    struct column_choice one;
    struct failure none;

    if (also == NULL || !column_choice_read(&one, table, also, &none)) {
        return;
    }
    for (size_t i = 0; i < printed->count; i++) {
        if (printed->places[i] == one.places[0]) {
            return;
        }
    }
    memmove(printed->places + 1, printed->places, printed->count * sizeof(printed->places[0]));
    printed->places[0] = one.places[0];
    printed->count++;
}

/* What is asked for by name is shown, whatever its rank. */
static void take_columns(struct render *render, const struct column_choice *printed, bool all)
{
    render->all_columns = all;
    render->column_count = printed->count;
    for (size_t i = 0; i < printed->count; i++) {
        render->places[i] = printed->places[i];
        render->columns[i] = column_at(render->table, printed->places[i]);
        render->ranks[i] = all ? column_rank(render->table, printed->places[i]) : 0;
    }
}

static bool open_sorter(struct render *render, const struct column_choice *printed,
                        struct failure *why)
{
    const struct render_wishes *wishes = &render->options.wishes;
    struct column_choice order;

    if (wishes->order == NULL) {
        return true;
    }
    return column_choice_read(&order, render->table, wishes->order, why) &&
           row_sorter_open(&render->sorter, render->table, &order, printed, wishes->most,
                           ROW_SORTER_BYTES, why);
}

static bool prepare(struct render *render, struct failure *why)
{
    const struct render_wishes *wishes = &render->options.wishes;
    struct column_choice printed;

    if (wishes->columns == NULL) {
        choose_all(&printed, render->table);
    } else if (column_choice_read(&printed, render->table, wishes->columns, why)) {
        choose_also(&printed, render->table, render->options.also);
    } else {
        return false;
    }
    take_columns(render, &printed, wishes->columns == NULL);
    return open_sorter(render, &printed, why);
}

bool render_open(struct render **out, const struct renderer *kind, const struct column_table *table,
                 const struct render_options *options, struct failure *why)
{
    struct render *render = calloc(1, sizeof(*render));

    *out = NULL;
    if (render == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the output");
    }
    render->kind = kind;
    render->table = table;
    render->options = *options;
    render->began = clock_steady();
    if (!prepare(render, why) || !kind->begin(render, &render->out, why) ||
        !hand_over(render, why)) {
        render_close(render);
        return false;
    }
    *out = render;
    return true;
}

/* Prints a record of the whole table. */
static bool print_record(void *context, const struct value *values, struct failure *why)
{
    struct render *render = context;
    struct value picked[COLUMNS_MAX];

    if (!render->all_columns) {
        for (size_t i = 0; i < render->column_count; i++) {
            picked[i] = values[render->places[i]];
        }
        values = picked;
    }
    if (!render->kind->record(render, values, &render->out, why)) {
        return false;
    }
    render->records++;
    return hand_over(render, why);
}

bool render_record(struct render *render, const struct value *values, struct failure *why)
{
    size_t most = render->options.wishes.most;

    if (render->sorter != NULL) {
        return row_sorter_add(render->sorter, values, why);
    }
    if (most > 0 && render->records == most) {
        render->kept_back++;
        return true;
    }
    return print_record(render, values, why);
}

bool render_show(struct render *render, struct failure *why)
{
    bool waits = render->options.terminal && clock_steady() - render->began >= PATIENCE_MS;

    if (render->sorter == NULL && waits && render->kind->hurry != NULL &&
        (!render->kind->hurry(render, &render->out, why) || !hand_over(render, why))) {
        return false;
    }
    return output_flush(render->options.log, why);
}

bool render_is_full(const struct render *render)
{
    return render->sorter == NULL && render->kept_back > 0;
}

bool render_takes_first(const struct render *render, const char *column, bool *falls)
{
    const char *order = render->options.wishes.order;
    size_t size = strlen(column);

    if (render->sorter == NULL || render->options.wishes.most == 0) {
        return false;
    }
    order += strspn(order, " ");
    *falls = *order == '-';
    order += *falls ? 1 : 0;
    return strncmp(order, column, size) == 0 && strchr(", ", order[size]) != NULL;
}

void render_turn(struct render *render)
{
    row_sorter_turn(render->sorter);
}

bool render_bound(const struct render *render, int64_t *number)
{
    return row_sorter_bound(render->sorter, number);
}

static bool print_sorted(struct render *render, struct failure *why)
{
    if (render->sorter == NULL) {
        return true;
    }
    if (!row_sorter_walk(render->sorter, print_record, render, why)) {
        return false;
    }
    render->kept_back = row_sorter_added(render->sorter) - render->records;
    return true;
}

bool render_finish(struct render *render, struct failure *why)
{
    return print_sorted(render, why) && render->kind->end(render, &render->out, why) &&
           hand_over(render, why) && text_ok(&render->left_out, why) &&
           output_flush(render->options.log, why);
}

void render_close(struct render *render)
{
    if (render == NULL) {
        return;
    }
    if (render->release != NULL) {
        render->release(render->state);
    } else {
        free(render->state);
    }
    row_sorter_close(render->sorter);
    text_clear(&render->keys);
    text_clear(&render->out);
    text_clear(&render->left_out);
    free(render);
}
