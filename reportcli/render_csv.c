/* SPDX-License-Identifier: MIT */

/*
 * CSV after RFC 4180, with a line of column names. An absent value is an empty
 * cell, an empty text is "".
 *
 * Spreadsheets run a cell that begins with certain characters as a formula.
 * Texts here come from whoever names a process, so such a cell gets an
 * apostrophe before it, but where programs are to read it (--csv=raw). Numbers and times are ours
 * and stay as they are.
 */

#include <inttypes.h>
#include <string.h>

#include "reportcli/json_text.h"
#include "reportcli/render.h"

static const char line_end[] = "\r\n";
static const char starts_formula[] = "=+-@\t\r";

static void add_quoted(struct text *out, const char *bytes)
{
    text_add_char(out, '"');
    for (const char *c = bytes; *c != '\0'; c++) {
        if (*c == '"') {
            text_add_char(out, '"');
        }
        text_add_char(out, *c);
    }
    text_add_char(out, '"');
}

/* A terminal must not act upon a name; a file gets it as it is. */
static bool add_text(struct text *out, const char *bytes, const struct render_options *options,
                     struct failure *why)
{
    struct text cell = {0};
    bool done;

    if (!options->raw && bytes[0] != '\0' && strchr(starts_formula, bytes[0]) != NULL) {
        text_add_char(&cell, '\'');
    }
    if (options->terminal) {
        text_add_visible(&cell, bytes, strlen(bytes));
    } else {
        text_add_utf8(&cell, bytes, strlen(bytes));
    }
    done = text_ok(&cell, why);
    if (done && cell.size > 0 && strpbrk(text_bytes(&cell), "\",\r\n") == NULL) {
        text_add_bytes(out, cell.bytes, cell.size);
    } else if (done) {
        add_quoted(out, text_bytes(&cell));
    }
    text_clear(&cell);
    return done;
}

static bool add_cell(struct text *out, struct render *render, size_t i, const struct value *value,
                     struct failure *why)
{
    const struct column *column = render->columns[i];

    if (!value->present) {
        return true;
    }
    if (column->type == COLUMN_TEXT || column->type == COLUMN_OBJECT) {
        return add_text(out, value->text, &render->options, why);
    }
    if (column->type == COLUMN_TIME) {
        time_text_add_kept(out, value->number, render->options.zone, &render->times);
    } else {
        json_add_value(out, column, value, render->options.zone, &render->times);
    }
    return true;
}

static bool begin(struct render *render, struct text *out, struct failure *why)
{
    (void)why;
    for (size_t i = 0; i < render->column_count; i++) {
        text_addf(out, "%s%s", i == 0 ? "" : ",", render->columns[i]->name);
    }
    text_add(out, line_end);
    return true;
}

static bool record(struct render *render, const struct value *values, struct text *out,
                   struct failure *why)
{
    for (size_t i = 0; i < render->column_count; i++) {
        text_add(out, i == 0 ? "" : ",");
        if (!add_cell(out, render, i, &values[i], why)) {
            return false;
        }
    }
    text_add(out, line_end);
    return true;
}

static bool end(struct render *render, struct text *out, struct failure *why)
{
    (void)render;
    (void)out;
    (void)why;
    return true;
}

const struct renderer render_csv = {
    .name = "csv",
    .help = "comma-separated values with a line of names",
    .begin = begin,
    .record = record,
    .end = end,
};
