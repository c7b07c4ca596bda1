/* SPDX-License-Identifier: MIT */

#include "reportcli/difference_block.h"

#include <inttypes.h>
#include <string.h>

#include "base/paths.h"
#include "base/sha256_file.h"
#include "base/time_text.h"
#include "reportcli/difference_record.h"
#include "reportcli/output.h"
#include "reportcli/port_statistics.h"
#include "reportcli/process_block.h"

enum { HASH_DIGITS = 12 }; /* as many as people compare; --wide and records have all */

static const struct column mark_column[] = {
    {.name = "change", .type = COLUMN_TEXT, .heading = "Change", .help = "What is different"},
};

static const struct column detail_column[] = {
    {.name = "detail",
     .type = COLUMN_TEXT,
     .heading = "Detail",
     .help = "What it was before",
     .rank = 5,
     .last = true,
     .below = true},
};

/* What people need of a socket here; where there is room also where it runs from. */
static const int socket_ranks[SOCKET_RECORD_OWN] = {
    [SOCKET_RECORD_PID] = 0,
    [SOCKET_RECORD_PROCESS] = 0,
    [SOCKET_RECORD_ATTRIBUTION] = 8,
    [SOCKET_RECORD_SERVICE] = 7,
    [SOCKET_RECORD_SERVICE_BASIS] = -1,
    [SOCKET_RECORD_PROTOCOL] = 0,
    [SOCKET_RECORD_LOCAL_PORT] = 0,
    [SOCKET_RECORD_LOCAL_ADDRESS] = 3,
    [SOCKET_RECORD_STATE] = 2,
    [SOCKET_RECORD_REMOTE_ADDRESS] = 4,
    [SOCKET_RECORD_REMOTE_PORT] = 4,
    [SOCKET_RECORD_PATH] = 9,
    [SOCKET_RECORD_PROCESS_STARTED_AT] = -1,
    [SOCKET_RECORD_CREATED_AT] = -1,
    [SOCKET_RECORD_PARENT_PID] = -1,
    [SOCKET_RECORD_PROCESS_ACCESS] = -1,
};

enum {
    MARK,
    SOCKET, /* the first of the socket's columns */
    DETAIL = SOCKET + SOCKET_RECORD_OWN,
};

static const struct column_table block_table = {
    .name = "change",
    .title = "one difference",
    .groups = {{mark_column, 1}, {socket_columns, SOCKET_RECORD_OWN}, {detail_column, 1}},
    .ranks = {[1] = socket_ranks},
};

static const char *mark_of(enum difference_kind kind)
{
    static const char *const marks[DIFFERENCE_KINDS] = {
        [DIFFERENCE_OPENED] = "+ opened",        [DIFFERENCE_CLOSED] = "- closed",
        [DIFFERENCE_STATE] = "* state",          [DIFFERENCE_OWNER] = "* owner",
        [DIFFERENCE_REOPENED] = "* reopened",    [DIFFERENCE_IMAGE] = "* image",
        [DIFFERENCE_MODULE] = "* module",        [DIFFERENCE_ONLY_BEFORE] = "- only in A",
        [DIFFERENCE_ONLY_AFTER] = "+ only in B",
    };

    return marks[kind];
}

/* "was ESTABLISHED, 100 sshd": what is not so any more. */
static void add_socket_before(struct text *words, const struct snapshot *before,
                              const struct snapshot *after, const struct difference_item *item)
{
    const struct socket_row *was = &before->sockets[item->before];
    const struct socket_row *is = &after->sockets[item->after];
    const struct process_instance *owner = snapshot_owner(before, was);
    const char *between = "was ";

    if (was->state != is->state) {
        text_addf(words, "%s%s", between, socket_record_state_name(was->state));
        between = ", ";
    }
    if (item->kind != DIFFERENCE_STATE && was->pid != 0) {
        text_addf(words, "%s%" PRIu32, between, was->pid);
        if (owner != NULL && item->kind == DIFFERENCE_OWNER) {
            text_addf(words, " %s", process_instance_shown_name(owner));
        }
    }
}

static void add_hash(struct difference_block *block, const struct image *image)
{
    struct text *words = &block->words;
    const struct image_facts *facts = image_facts(image);
    struct text hash = {0};

    if (facts == NULL || facts->status != IMAGE_READ) {
        text_add(words, "not known");
        return;
    }
    sha256_add_hex(&hash, facts->sha256);
    text_add_bytes(words, text_bytes(&hash),
                   block->context->render.wide ? hash.size : (size_t)HASH_DIGITS);
    text_clear(&hash);
}

static void add_processes(struct text *words, const struct difference_item *item)
{
    if (item->processes > 1) {
        text_addf(words, ", in %zu processes", item->processes);
    }
}

static void add_image(struct difference_block *block, const struct snapshot *before,
                      const struct snapshot *after, const struct difference_item *item)
{
    struct text *words = &block->words;
    const struct process_instance *is = after->processes[item->process_after];
    const struct process_instance *was = before->processes[item->process_before];

    text_add(words, "hash ");
    add_hash(block, is->image);
    text_add(words, ", was ");
    add_hash(block, was->image);
    if (is->path != NULL && was->path != NULL && strcmp(is->path, was->path) != 0) {
        text_addf(words, " (%s)", was->path);
    }
    add_processes(words, item);
}

/* The name first: a path that is cut would lose it. */
static void add_module(struct text *words, const struct difference_item *item)
{
    const struct image *image = item->module->image;
    const struct image_facts *facts = image_facts(image);
    const char *name = paths_base_name(image->path);
    size_t folder = (size_t)(name - image->path);

    text_add(words, name);
    if (folder > 1) {
        text_add(words, " in ");
        text_add_bytes(words, image->path, folder - 1);
    }
    if (item->module_before != NULL) {
        text_add(words, ", another file than before");
    }
    if (facts != NULL && facts->status == IMAGE_READ && facts->verdict != IMAGE_NOT_CHECKED &&
        facts->verdict != IMAGE_SIGNED) {
        text_addf(words, ", %s", image_verdict_name(facts->verdict));
    }
    add_processes(words, item);
}

static struct value detail_value(struct difference_block *block, const struct change_side *before,
                                 const struct change_side *after,
                                 const struct difference_item *item)
{
    struct text *words = &block->words;

    text_reset(words);
    if (item->kind == DIFFERENCE_IMAGE) {
        add_image(block, before->snapshot, after->snapshot, item);
    } else if (item->kind == DIFFERENCE_MODULE) {
        add_module(words, item);
    } else if (item->before != SNAPSHOT_NO_ROW && item->after != SNAPSHOT_NO_ROW) {
        add_socket_before(words, before->snapshot, after->snapshot, item);
    }
    return words->size > 0 ? value_text(text_bytes(words)) : (struct value){0};
}

static bool print_item(struct difference_block *block, struct render *render,
                       const struct change_side *before, const struct change_side *after,
                       const struct difference_item *item, struct failure *why)
{
    struct value values[SOCKET + SOCKET_RECORD_FIELDS];

    if (!difference_record_fill_socket(&block->record, before, after, item, values + SOCKET, why)) {
        return false;
    }
    values[MARK] = value_text(mark_of(item->kind));
    values[DETAIL] = detail_value(block, before, after, item); /* in place of what is not shown */
    return text_ok(&block->words, why) && render_record(render, values, why);
}

static bool print_items(struct difference_block *block, const struct change_side *before,
                        const struct change_side *after, const struct difference *difference,
                        struct failure *why)
{
    struct render_options shown = block->context->render;
    struct render *render = NULL;
    bool done;

    shown.verbose = false;
    done = render_open(&render, &render_table, &block_table, &shown, why);
    for (size_t i = 0; done && i < difference->count; i++) {
        done = print_item(block, render, before, after, &difference->items[i], why);
    }
    done = done && render_finish(render, why);
    block->kept_back += done ? render->kept_back : 0;
    if (done && render->left_out.size > block->left_out.size) {
        text_reset(&block->left_out);
        text_add(&block->left_out, text_bytes(&render->left_out));
    }
    render_close(render);
    return done && text_ok(&block->left_out, why);
}

static bool say(struct difference_block *block, struct failure *why)
{
    return text_ok(&block->words, why) &&
           process_block_say(block->context, text_bytes(&block->words), why);
}

/* "A: -1h (2026-11-20 14:00:02 +01:00)". */
static void add_side(struct difference_block *block, const char *letter, const char *name,
                     const struct snapshot *snapshot)
{
    text_addf(&block->words, "%s: ", letter);
    text_add_visible(&block->words, name, strlen(name));
    text_add(&block->words, " (");
    time_text_add_table(&block->words, snapshot->taken_at, block->context->render.zone);
    text_add(&block->words, ")\n");
}

void difference_block_add_nothing(struct text *words, const struct snapshot *before,
                                  const struct snapshot *after)
{
    text_addf(words, "no socket matches; there were %zu in A and %zu in B", before->socket_count,
              after->socket_count);
}

/* "3 differences: 1 opened, 2 state". */
static void add_counts(struct text *words, const struct difference *difference)
{
    const char *between = ": ";

    if (difference->count == 0) {
        text_add(words, "no difference\n");
        return;
    }
    text_addf(words, "%zu difference%s", difference->count, difference->count == 1 ? "" : "s");
    for (int i = 0; i < DIFFERENCE_KINDS; i++) {
        if (difference->counts[i] > 0) {
            text_addf(words, "%s%zu %s", between, difference->counts[i],
                      difference_name((enum difference_kind)i));
            between = ", ";
        }
    }
    text_add_char(words, '\n');
}

static bool say_heading(struct difference_block *block, const struct change_side *before,
                        const struct change_side *after, const struct difference *difference,
                        struct failure *why)
{
    text_reset(&block->words);
    text_add(&block->words, block->begun ? "\n" : "");
    block->begun = true;
    add_side(block, "A", block->names[0], before->snapshot);
    add_side(block, "B", block->names[1], after->snapshot);
    if (block->wish->filter != NULL && difference->matching == 0) {
        difference_block_add_nothing(&block->words, before->snapshot, after->snapshot);
        text_add_char(&block->words, '\n');
    } else {
        add_counts(&block->words, difference);
    }
    text_add(&block->words, difference->count > 0 ? "\n" : "");
    return say(block, why);
}

/* Of the sockets that are asked for. */
static struct port_statistics count(const struct difference_block *block,
                                    const struct snapshot *snapshot)
{
    struct port_statistics statistics = {0};

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        if (block->wish->filter == NULL ||
            ledger_filter_takes(block->wish->filter, snapshot, &snapshot->sockets[i])) {
            port_statistics_add(&statistics, &snapshot->sockets[i]);
        }
    }
    return statistics;
}

static void add_line(struct text *words, const char *what, size_t before, size_t after)
{
    size_t used = text_columns(what, strlen(what));

    text_add(words, what);
    text_add_repeated(words, ' ', used < 34 ? 34 - used : 0); /* numbers have room before them */
    text_addf(words, "%7zu %7zu", before, after);
    if (before != after) {
        text_addf(words, "  %c%zu", after > before ? '+' : '-',
                  after > before ? after - before : before - after);
    }
    text_add_char(words, '\n');
}

static bool say_statistics(struct difference_block *block, const struct change_side *before,
                           const struct change_side *after, struct failure *why)
{
    struct port_statistics a = count(block, before->snapshot);
    struct port_statistics b = count(block, after->snapshot);
    struct text name = {0};

    text_reset(&block->words);
    text_addf(&block->words, "\n%-34s%7s %7s\n", "Port Statistics", "A", "B");
    add_line(&block->words, "TCP mappings:", a.tcp, b.tcp);
    add_line(&block->words, "UDP mappings:", a.udp, b.udp);
    for (int i = 0; i < SOCKET_STATE_COUNT; i++) {
        if (a.states[i] > 0 || b.states[i] > 0) {
            text_reset(&name);
            text_addf(&name, "TCP ports in a %s state:", socket_record_state_name(i));
            add_line(&block->words, text_bytes(&name), a.states[i], b.states[i]);
        }
    }
    text_clear(&name);
    return say(block, why);
}

bool difference_block_print(struct difference_block *block, const struct change_side *before,
                            const struct change_side *after, const struct difference *difference,
                            struct failure *why)
{
    return say_heading(block, before, after, difference, why) &&
           (difference->count == 0 || print_items(block, before, after, difference, why)) &&
           say_statistics(block, before, after, why) &&
           output_flush(block->context->render.log, why);
}

void difference_block_note(const struct difference_block *block)
{
    if (block->left_out.size > 0) {
        command_note(block->context, "columns",
                     "no room in %d columns for: %s (a wider terminal, --json or --csv show them)",
                     block->context->render.columns, text_bytes(&block->left_out));
    }
    command_note_more(block->context, block->kept_back);
}

void difference_block_clear(struct difference_block *block)
{
    socket_record_clear(&block->record);
    text_clear(&block->words);
    text_clear(&block->left_out);
}
