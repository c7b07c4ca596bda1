/* SPDX-License-Identifier: MIT */

/*
 * JSON lines: one object a line, nothing around them.
 */

#include "reportcli/json_text.h"
#include "reportcli/render.h"

static bool nothing(struct render *render, struct text *out, struct failure *why)
{
    (void)render;
    (void)out;
    (void)why;
    return true;
}

static bool record(struct render *render, const struct value *values, struct text *out,
                   struct failure *why)
{
    (void)why;
    json_add_record(out, render, values);
    text_add_char(out, '\n');
    return true;
}

const struct renderer render_jsonl = {
    .name = "jsonl",
    .help = "one JSON object a line",
    .json_notes = true,
    .begin = nothing,
    .record = record,
    .end = nothing,
};
