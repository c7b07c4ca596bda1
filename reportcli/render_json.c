/* SPDX-License-Identifier: MIT */

/*
 * One JSON array with an object for each record, also where there is only one
 * record or none.
 */

#include "reportcli/json_text.h"
#include "reportcli/render.h"

static bool begin(struct render *render, struct text *out, struct failure *why)
{
    (void)render;
    (void)why;
    text_add_char(out, '[');
    return true;
}

static bool record(struct render *render, const struct value *values, struct text *out,
                   struct failure *why)
{
    (void)why;
    text_add(out, render->records == 0 ? "\n" : ",\n");
    json_add_record(out, render, values);
    return true;
}

static bool end(struct render *render, struct text *out, struct failure *why)
{
    (void)why;
    text_add(out, render->records == 0 ? "]\n" : "\n]\n");
    return true;
}

const struct renderer render_json = {
    .name = "json",
    .help = "one JSON array",
    .json_notes = true,
    .begin = begin,
    .record = record,
    .end = end,
};
