/* SPDX-License-Identifier: MIT */

#include "reportcli/process_block.h"

#include <inttypes.h>
#include <string.h>

#include "reportcli/output.h"
#include "reportcli/port_statistics.h"
#include "reportcli/states.h"

enum { RULE_WIDTH = 54 }; /* PortQry's */

/* Who it is stands above; what is asked of a row is where it leads. */
static const int socket_ranks[SOCKET_RECORD_OWN] = {
    [SOCKET_RECORD_PID] = -1,
    [SOCKET_RECORD_PROCESS] = -1,
    [SOCKET_RECORD_ATTRIBUTION] = 6,
    [SOCKET_RECORD_SERVICE] = 3,
    [SOCKET_RECORD_SERVICE_BASIS] = -1,
    [SOCKET_RECORD_PROTOCOL] = 0,
    [SOCKET_RECORD_LOCAL_PORT] = 0,
    [SOCKET_RECORD_LOCAL_ADDRESS] = 4,
    [SOCKET_RECORD_STATE] = 2,
    [SOCKET_RECORD_REMOTE_ADDRESS] = 5,
    [SOCKET_RECORD_REMOTE_PORT] = 5,
    [SOCKET_RECORD_PATH] = -1,
    [SOCKET_RECORD_PROCESS_STARTED_AT] = -1,
    [SOCKET_RECORD_CREATED_AT] = 8,
    [SOCKET_RECORD_PARENT_PID] = -1,
    [SOCKET_RECORD_PROCESS_ACCESS] = -1,
};

static const struct column_table socket_table = {
    .name = "socket",
    .title = "one socket that a process holds",
    .groups = {{socket_columns, SOCKET_RECORD_OWN}},
    .ranks = {socket_ranks},
};

bool process_block_say(const struct command_context *context, const char *words,
                       struct failure *why)
{
    return output_write(context->render.log, words, strlen(words), why);
}

static bool say_words(struct process_block *block, struct failure *why)
{
    return text_ok(&block->words, why) &&
           process_block_say(block->context, text_bytes(&block->words), why);
}

/* Begins a table of the block: whole columns for all, the rest is told in other ways. */
static bool begin_table(const struct process_block *block, const struct column_table *table,
                        struct render **render, struct failure *why)
{
    struct render_options shown = block->context->render;

    shown.verbose = false;
    shown.also = NULL;
    shown.wishes = (struct render_wishes){0};
    return render_open(render, &render_table, table, &shown, why);
}

/* Ends it. Of many tables the one that lost the most is noted. */
static bool end_table(struct process_block *block, struct render *render, struct failure *why)
{
    if (!render_finish(render, why)) {
        return false;
    }
    if (render->left_out.size > block->left_out.size) {
        text_reset(&block->left_out);
        text_add(&block->left_out, text_bytes(&render->left_out));
    }
    return text_ok(&block->left_out, why);
}

static bool say_heading(struct process_block *block, const struct process_instance *instance,
                        struct failure *why)
{
    const char *name = process_instance_shown_name(instance);

    text_reset(&block->words);
    text_add_char(&block->words, '\n');
    text_add_repeated(&block->words, '=', RULE_WIDTH);
    text_addf(&block->words, "\n\nProcess ID: %" PRIu32, instance->pid);
    if (name != NULL) {
        text_add(&block->words, " (");
        text_add_visible(&block->words, name, strlen(name));
        text_add_char(&block->words, ')');
    }
    text_add(&block->words, "\n\n");
    return say_words(block, why);
}

static bool print_facts(struct process_block *block, const struct snapshot *snapshot,
                        const struct process_index *index, const struct process_list_item *item,
                        struct failure *why)
{
    struct value values[COLUMNS_MAX];
    struct render *render = NULL;
    bool done;

    block->process.instance.no_command_lines = block->context->no_command_lines;
    done = begin_table(block, &process_alone_table, &render, why) &&
           process_record_fill(&block->process, snapshot, index, item, values, why) &&
           render_record(render, values, why) && end_table(block, render, why);
    render_close(render);
    return done;
}

static bool print_rows(struct process_block *block, const struct snapshot *snapshot,
                       const struct process_index *index, const struct process_list_item *item,
                       struct render *render, struct failure *why)
{
    struct value values[SOCKET_RECORD_FIELDS];
    bool done = true;

    for (size_t i = item->first; done && i < item->first + item->sockets; i++) {
        done = socket_record_fill_row(&block->socket, snapshot, index, &snapshot->sockets[i],
                                      values, why) &&
               render_record(render, values, why);
    }
    return done && end_table(block, render, why);
}

static bool print_sockets(struct process_block *block, const struct snapshot *snapshot,
                          const struct process_index *index, const struct process_list_item *item,
                          struct failure *why)
{
    struct render *render = NULL;
    bool done;

    if (item->sockets == 0) {
        return process_block_say(block->context, "\nNo sockets\n", why);
    }
    done = process_block_say(block->context, "\n", why) &&
           begin_table(block, &socket_table, &render, why) &&
           print_rows(block, snapshot, index, item, render, why);
    render_close(render);
    return done;
}

static bool say_statistics(struct process_block *block, const struct snapshot *snapshot,
                           const struct process_list_item *item, struct failure *why)
{
    struct port_statistics statistics = {0};

    if (item->sockets == 0) {
        return true;
    }
    for (size_t i = item->first; i < item->first + item->sockets; i++) {
        port_statistics_add(&statistics, &snapshot->sockets[i]);
    }
    text_reset(&block->words);
    text_add(&block->words, "\nPort Statistics\n");
    port_statistics_add_text(&block->words, &statistics);
    return say_words(block, why);
}

/* Where there are none to be told, "Modules are" of the facts says why. */
static bool print_modules(struct process_block *block, const struct process_instance *instance,
                          int64_t at, struct failure *why)
{
    bool any = instance->modules != NULL && instance->modules->count > 0;
    struct render *render = NULL;
    bool done = (!any || process_block_say(block->context, "\nLoaded modules\n", why)) &&
                begin_table(block, &module_alone_table, &render, why) &&
                module_records_print_process(instance, at, render, &block->modules, why) &&
                end_table(block, render, why);

    render_close(render);
    return done;
}

bool process_block_print(struct process_block *block, const struct snapshot *snapshot,
                         const struct process_index *index, const struct process_list_item *item,
                         struct failure *why)
{
    return say_heading(block, item->instance, why) &&
           print_facts(block, snapshot, index, item, why) &&
           print_sockets(block, snapshot, index, item, why) &&
           say_statistics(block, snapshot, item, why) &&
           print_modules(block, item->instance, snapshot->taken_at, why);
}

bool process_block_print_all(struct process_block *block, struct snapshot *snapshot,
                             const struct process_index *index, const struct process_choice *choice,
                             struct failure *why)
{
    struct process_list list = {0};
    bool done = process_list_make(&list, snapshot, choice, why);

    for (size_t i = 0; done && i < list.count; i++) {
        done = process_block_print(block, snapshot, index, &list.items[i], why);
    }
    process_list_clear(&list);
    return done;
}

void process_block_note(const struct process_block *block)
{
    module_sum_note(block->context, &block->modules);
    if (block->left_out.size > 0) {
        command_note(block->context, "columns",
                     "no room in %d columns for: %s (a wider terminal, or \"processes\" and "
                     "\"modules\", show them)",
                     block->context->render.columns, text_bytes(&block->left_out));
    }
}

void process_block_clear(struct process_block *block)
{
    process_record_clear(&block->process);
    socket_record_clear(&block->socket);
    text_clear(&block->words);
    text_clear(&block->left_out);
}
