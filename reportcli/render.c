/* SPDX-License-Identifier: MIT */

#include "reportcli/render.h"

#include <stdlib.h>
#include <string.h>

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
    bool written = text_ok(&render->out, why) &&
                   (render->out.size == 0 ||
                    output_write(render->options.log, render->out.bytes, render->out.size, why));

    text_reset(&render->out);
    return written;
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
    render->column_count = column_count(table);
    for (size_t i = 0; i < render->column_count; i++) {
        render->columns[i] = column_at(table, i);
    }
    if (!kind->begin(render, &render->out, why) || !hand_over(render, why)) {
        render_close(render);
        return false;
    }
    *out = render;
    return true;
}

bool render_record(struct render *render, const struct value *values, struct failure *why)
{
    if (!render->kind->record(render, values, &render->out, why)) {
        return false;
    }
    render->records++;
    return hand_over(render, why);
}

bool render_finish(struct render *render, struct failure *why)
{
    return render->kind->end(render, &render->out, why) && hand_over(render, why) &&
           text_ok(&render->left_out, why) && output_flush(render->options.log, why);
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
    text_clear(&render->out);
    text_clear(&render->left_out);
    free(render);
}
