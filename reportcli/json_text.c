/* SPDX-License-Identifier: MIT */

#include "reportcli/json_text.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Code points that are escaped although RFC 8259 does not ask for it, or because it does. */
static const struct range {
    uint32_t first;
    uint32_t last;
} escaped[] = {
    {0x00, 0x1F},       /* C0 */
    {0x7F, 0x9F},       /* DEL and C1 */
    {0xAD, 0xAD},       /* soft hyphen */
    {0x61C, 0x61C},     /* Arabic letter mark */
    {0x180E, 0x180E},   /* Mongolian vowel separator */
    {0x200B, 0x200F},   /* zero-width, and marks of direction */
    {0x2028, 0x202E},   /* line and paragraph separators, embeddings and overrides */
    {0x2060, 0x206F},   /* invisible operators, isolates, deprecated controls */
    {0xFEFF, 0xFEFF},   /* byte order mark */
    {0xFFF9, 0xFFFB},   /* interlinear annotation */
    {0xE0000, 0xE0FFF}, /* tags, and variation selectors beside them */
};

static bool is_escaped(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof(escaped) / sizeof(escaped[0]); i++) {
        if (code_point >= escaped[i].first && code_point <= escaped[i].last) {
            return true;
        }
    }
    return false;
}

static void add_escape(struct text *text, uint32_t code_point)
{
    if (code_point > 0xFFFF) {
        uint32_t offset = code_point - 0x10000;

        text_addf(text, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xD800 + (offset >> 10),
                  0xDC00 + (offset & 0x3FF));
    } else {
        text_addf(text, "\\u%04" PRIx32, code_point);
    }
}

static void add_code_point(struct text *text, uint32_t code_point)
{
    if (code_point == '"' || code_point == '\\') {
        text_add_char(text, '\\');
        text_add_char(text, (char)code_point);
    } else if (is_escaped(code_point)) {
        add_escape(text, code_point);
    } else {
        text_add_code_point(text, code_point);
    }
}

static bool is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* Adds it whole where nothing in it is escaped, as in nearly all strings. */
static bool add_plain_string(struct text *text, const char *bytes, size_t size)
{
    char *to;

    for (size_t i = 0; i < size; i++) {
        if (!is_plain(bytes[i])) {
            return false;
        }
    }
    to = text_add_room(text, size + 2);
    if (to != NULL) {
        to[0] = '"';
        memcpy(to + 1, bytes, size);
        to[size + 1] = '"';
    }
    return true;
}

void json_add_string(struct text *text, const char *bytes)
{
    size_t left = strlen(bytes);

    if (add_plain_string(text, bytes, left)) {
        return;
    }
    text_add_char(text, '"');
    while (left > 0) {
        size_t taken = 0;

        while (taken < left && is_plain(bytes[taken])) {
            taken++;
        }
        if (taken > 0) {
            text_add_bytes(text, bytes, taken);
        } else {
            add_code_point(text, text_code_point(bytes, left, &taken));
        }
        bytes += taken;
        left -= taken;
    }
    text_add_char(text, '"');
}

/* As few digits as read back as the same number. JSON knows no infinity. */
static void add_real(struct text *text, double real)
{
    char digits[40] = "null";
    bool inexact = fabs(real) <= DBL_MAX;

    for (int precision = DBL_DIG; inexact && precision <= DBL_DIG + 2; precision++) {
        double back;

        (void)snprintf(digits, sizeof(digits), "%.*g", precision, real);
        back = strtod(digits, NULL);
        inexact = back < real || back > real;
    }
    text_add(text, digits);
}

static void add_time(struct text *text, int64_t at, enum time_zone_choice zone,
                     struct time_kept *kept)
{
    text_add_char(text, '"');
    time_text_add_kept(text, at, zone, kept);
    text_add_char(text, '"');
}

void json_add_value(struct text *text, const struct column *column, const struct value *value,
                    enum time_zone_choice zone, struct time_kept *kept)
{
    if (!value->present) {
        text_add(text, "null");
        return;
    }
    switch (column->type) {
    case COLUMN_TEXT:
        json_add_string(text, value->text);
        break;
    case COLUMN_REAL:
        add_real(text, value->real);
        break;
    case COLUMN_BOOLEAN:
        text_add(text, value->truth ? "true" : "false");
        break;
    case COLUMN_OBJECT:
        text_add(text, value->json);
        break;
    case COLUMN_TIME:
        add_time(text, value->number, zone, kept);
        break;
    default:
        text_add_number(text, value->number);
        break;
    }
}

/*
 * What stands before a value, and in its place where there is none: {"name":null and then
 * ,"name":null. So the beginning of a record, a run of absent values and the next name are one
 * piece of the keys.
 */
static const char null[] = "null";

enum { NULL_SIZE = sizeof(null) - 1 };

static void make_keys(struct render *render)
{
    for (size_t i = 0; i < render->column_count; i++) {
        render->key_at[i] = render->keys.size;
        text_addf(&render->keys, "%c\"%s\":%s", i == 0 ? '{' : ',', render->columns[i]->name, null);
    }
    render->key_at[render->column_count] = render->keys.size;
}

void json_add_record(struct text *text, struct render *render, const struct value *values)
{
    size_t from = 0;

    if (render->keys.size == 0) {
        make_keys(render);
    }
    if (render->keys.failed) {
        text->failed = true;
        return;
    }
    for (size_t i = 0; i < render->column_count; i++) {
        if (values[i].present) {
            size_t end = render->key_at[i + 1];

            text_add_bytes(text, render->keys.bytes + from, end - NULL_SIZE - from);
            json_add_value(text, render->columns[i], &values[i], render->options.zone,
                           &render->times);
            from = end;
        }
    }
    text_add_bytes(text, render->keys.bytes + from, render->keys.size - from);
    text_add_char(text, '}');
}
