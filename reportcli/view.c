/* SPDX-License-Identifier: MIT */

#include "reportcli/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time_text.h"
#include "collector/snapshot_diff.h"
#include "reportcli/change_record.h"
#include "reportcli/output.h"
#include "reportcli/process_block.h"
#include "reportcli/process_list.h"
#include "reportcli/socket_record.h"
#include "reportcli/states.h"

static const struct column watched_column[] = {
    {.name = "change",
     .type = COLUMN_TEXT,
     .heading = "Change",
     .help = "found (open when watching began), opened, closed, state (the same socket in another "
             "state) or owner (the same ends, another process)"},
};

/* A change's columns, and when it was seen. */
enum {
    AT = CHANGE_RECORD_FIELDS,
    WATCHED_COLUMNS,
};

const struct column_table view_table = {
    .name = "watched",
    .title = "one socket that a watch found, or saw change",
    .groups = {{watched_column, 1},
               SOCKET_RECORD_GROUPS,
               {change_before_columns, CHANGE_RECORD_BEFORE},
               {state_at_column, 1}},
};

enum { ROOM_FOR_STATES = 120 }; /* columns, from which on a change tells both states */

static const struct column mark_column[] = {
    {.name = "change",
     .type = COLUMN_TEXT,
     .heading = "Change",
     .help = "What is not as it was in the block before",
     .rank = 1},
};

static const struct column_table block_table = {
    .name = "socket",
    .title = "one socket of a block",
    .groups = {{mark_column, 1}, SOCKET_RECORD_GROUPS},
};

/* What a block says of a socket: one of the earlier or of the later moment. */
struct line {
    const struct socket_row *row;
    const struct change_side *side;
    const struct snapshot_change *change; /* NULL: none */
};

struct view {
    const struct command_context *context;
    struct view_subject subject;
    struct text name;
    struct render *render; /* of the records; NULL where people are shown blocks */
    struct snapshot before, after;
    struct process_index before_index, after_index;
    struct snapshot_diff diff;
    struct socket_record record;
    struct process_block block;
    struct text words;
    struct text mark;
    struct text left_out;
    size_t kept_back; /* by --limit, of all blocks */
    struct line *lines;
    size_t line_capacity;
    const struct process_instance *run; /* of a process: the run that was seen last */
    bool ended;                         /* and it does not run any more */
    bool begun;                         /* a moment was shown */
    size_t seen;
};

bool view_open(struct view **out, const struct command_context *context,
               const struct view_subject *subject, struct failure *why)
{
    struct view *view = calloc(1, sizeof(*view));

    *out = view;
    if (view == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the view");
    }
    view->context = context;
    view->subject = *subject;
    view->record.instance.no_command_lines = context->no_command_lines;
    view->block.context = context;
    if (subject->kind == VIEW_MACHINE) {
        text_add(&view->name, "the machine");
    } else {
        text_addf(&view->name, "%s %" PRIu32, subject->kind == VIEW_PORT ? "port" : "process",
                  subject->number);
    }
    return text_ok(&view->name, why) && (context->renderer == &render_table ||
                                         command_begin(context, &view_table, &view->render, why));
}

const char *view_name(const struct view *view)
{
    return text_bytes(&view->name);
}

struct snapshot *view_next(struct view *view)
{
    return &view->after;
}

struct snapshot *view_shown(struct view *view)
{
    return &view->before;
}

size_t view_socket_count(const struct view *view)
{
    return view->before.socket_count;
}

size_t view_seen_count(const struct view *view)
{
    return view->seen;
}

bool view_is_full(const struct view *view)
{
    return view->render != NULL && render_is_full(view->render);
}

static bool is_own(const struct view_subject *subject, const struct snapshot *snapshot,
                   const struct socket_row *row)
{
    const struct process_instance *owner = snapshot_owner(snapshot, row);

    if (subject->filter != NULL && !ledger_filter_takes(&subject->filter->filter, snapshot, row)) {
        return false;
    }
    if (subject->kind != VIEW_PROCESS) {
        return subject->kind == VIEW_MACHINE || row->local.port == subject->number;
    }
    return owner != NULL ? owner->pid == subject->number
                         : row->pid == subject->number && row->pid != 0;
}

static bool is_listed(const struct snapshot *snapshot, uint32_t pid)
{
    for (size_t i = 0; i < snapshot->process_count; i++) {
        if (snapshot->processes[i]->pid == pid) {
            return true;
        }
    }
    return false;
}

size_t view_count_hidden(const struct view_subject *subject, const struct snapshot *snapshot)
{
    struct history_filter asked = {.filter = {0}};

    if (subject->filter != NULL) {
        asked = *subject->filter;
    }
    if (subject->kind == VIEW_PORT) {
        asked.filter.local_port = (int)subject->number;
    }
    if (subject->kind == VIEW_PROCESS) {
        asked.filter.has_pid = true;
        asked.filter.pid = subject->number;
    }
    return subject->kind == VIEW_PROCESS && !is_listed(snapshot, subject->number)
               ? 0 /* it does not run */
               : history_filter_hidden(&asked, snapshot);
}

void view_keep_own(const struct view_subject *subject, struct snapshot *snapshot)
{
    size_t kept = 0;

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        if (is_own(subject, snapshot, &snapshot->sockets[i])) {
            snapshot->sockets[kept++] = snapshot->sockets[i];
        }
    }
    snapshot->socket_count = kept;
}

/* By process, then by port: PortQry's order. */
static int compare_lines(const void *left, const void *right)
{
    const struct socket_row *a = ((const struct line *)left)->row;
    const struct socket_row *b = ((const struct line *)right)->row;

    if (a->pid != b->pid) {
        return a->pid < b->pid ? -1 : 1;
    }
    if (a->local.port != b->local.port) {
        return a->local.port < b->local.port ? -1 : 1;
    }
    return socket_row_compare(a, b);
}

static bool make_room(struct view *view, size_t count, struct failure *why)
{
    struct line *lines;

    if (count <= view->line_capacity) {
        return true;
    }
    lines = realloc(view->lines, count * sizeof(*lines));
    if (lines == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu sockets", count);
    }
    view->lines = lines;
    view->line_capacity = count;
    return true;
}

/* Thousands of sockets that stay as they are would hide the few that do not. */
static void drop_unchanged(struct view *view, size_t *count)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++) {
        if (view->lines[i].change != NULL) {
            view->lines[kept++] = view->lines[i];
        }
    }
    *count = kept;
}

/* The sockets of the later moment, and those that closed. */
static bool gather_lines(struct view *view, const struct change_side *before,
                         const struct change_side *after, size_t *count, struct failure *why)
{
    size_t later = view->after.socket_count;

    if (!make_room(view, later + view->diff.count + 1, why)) {
        return false;
    }
    *count = later;
    for (size_t i = 0; i < later; i++) {
        view->lines[i] = (struct line){.row = &view->after.sockets[i], .side = after};
    }
    for (size_t i = 0; view->begun && i < view->diff.count; i++) {
        const struct snapshot_change *change = &view->diff.changes[i];

        if (change->after != SNAPSHOT_NO_ROW) {
            view->lines[change->after].change = change;
        } else {
            view->lines[(*count)++] =
                (struct line){&view->before.sockets[change->before], before, change};
        }
    }
    if (view->begun && view->subject.kind == VIEW_MACHINE) {
        drop_unchanged(view, count);
    }
    qsort(view->lines, *count, sizeof(view->lines[0]), compare_lines);
    return true;
}

static void add_owner(struct text *text, const struct snapshot *snapshot,
                      const struct socket_row *row)
{
    const struct process_instance *owner = snapshot_owner(snapshot, row);

    if (row->pid == 0 && owner == NULL) {
        text_add(text, "nobody known");
        return;
    }
    text_addf(text, "%" PRIu32, owner != NULL ? owner->pid : row->pid);
    if (owner != NULL) {
        text_addf(text, " %s", process_instance_shown_name(owner));
    }
}

/* Where there is little room the two states would push out which connection it is that changed. */
static bool has_little_room(const struct render *render)
{
    const struct render_options *options = &render->options;

    return options->columns > 0 && options->columns < ROOM_FOR_STATES && !options->wide;
}

/*
 * "+ opened", "- closed", "* ESTABLISHED -> CLOSE WAIT", or "* state" where there is little room,
 * "* owner: 100 sshd -> 300 nginx".
 */
static struct value mark_value(struct view *view, const struct line *line, bool brief)
{
    const struct snapshot_change *change = line->change;
    const struct socket_row *before;

    if (change == NULL) { /* a "-" would be taken for a mark */
        return view->begun && view->diff.count > 0 ? value_text(" ") : (struct value){0};
    }
    text_reset(&view->mark);
    if (change->kind == SNAPSHOT_OPENED || change->kind == SNAPSHOT_CLOSED) {
        return value_text(change->kind == SNAPSHOT_OPENED ? "+ opened" : "- closed");
    }
    before = &view->before.sockets[change->before];
    text_add(&view->mark, "*");
    if (before->state != line->row->state && brief) {
        text_add(&view->mark, " state");
    } else if (before->state != line->row->state) {
        text_addf(&view->mark, " %s -> %s", socket_record_state_name(before->state),
                  socket_record_state_name(line->row->state));
    }
    if (change->kind == SNAPSHOT_OWNER_CHANGED) {
        text_add(&view->mark, before->state != line->row->state ? ", owner: " : " owner: ");
        add_owner(&view->mark, &view->before, before);
        text_add(&view->mark, " -> ");
        add_owner(&view->mark, &view->after, line->row);
    }
    return value_text(text_bytes(&view->mark));
}

static bool print_line(struct view *view, const struct line *line, struct render *render,
                       struct failure *why)
{
    struct value values[1 + SOCKET_RECORD_FIELDS];

    values[0] = mark_value(view, line, has_little_room(render));
    return text_ok(&view->mark, why) &&
           socket_record_fill_row(&view->record, line->side->snapshot, line->side->index, line->row,
                                  values + 1, why) &&
           render_record(render, values, why);
}

/* Remembers what the widest block lost, and what --limit kept back, for one note each at the end.
 */
static bool end_rows(struct view *view, struct render *render, struct failure *why)
{
    if (!render_finish(render, why)) {
        return false;
    }
    if (render->left_out.size > view->left_out.size) {
        text_reset(&view->left_out);
        text_add(&view->left_out, text_bytes(&render->left_out));
    }
    view->kept_back += render->options.log_alone ? 0 : render->kept_back;
    return text_ok(&view->left_out, why);
}

static bool print_table(struct view *view, size_t count, const struct render_options *options,
                        struct failure *why)
{
    struct render *render = NULL;
    bool done = render_open(&render, &render_table, &block_table, options, why);

    for (size_t i = 0; done && i < count; i++) {
        done = print_line(view, &view->lines[i], render, why);
    }
    done = done && end_rows(view, render, why);
    render_close(render);
    return done;
}

/* Nobody knows how wide the window will be in which a log is read: it has all columns. */
static bool print_rows(struct view *view, size_t count, struct failure *why)
{
    struct render_options shown = view->context->render;
    struct render_options logged;

    shown.verbose = false;
    shown.also = view->begun && view->diff.count > 0 ? "change" : NULL;
    logged = shown;
    if (shown.log != NULL && shown.columns > 0 && !options_flag(view->context->options, "narrow")) {
        logged.columns = 0;
        logged.log_alone = true;
        shown.log = NULL;
    }
    return print_table(view, count, &shown, why) &&
           (!logged.log_alone || print_table(view, count, &logged, why));
}

static bool write_words(struct view *view, struct failure *why)
{
    return text_ok(&view->words, why) &&
           output_write(view->context->render.log, text_bytes(&view->words), view->words.size, why);
}

static void begin_words(struct view *view, int64_t at)
{
    text_reset(&view->words);
    text_add(&view->words, view->begun ? "\n" : "");
    time_text_add_table(&view->words, at, view->context->render.zone);
    text_add_char(&view->words, ' ');
}

/* "port 4444: 1 opened, 2 changed". */
static void add_counts(struct view *view)
{
    static const char *const words[SNAPSHOT_CHANGE_COUNT] = {
        [SNAPSHOT_OPENED] = "opened",
        [SNAPSHOT_CLOSED] = "closed",
        [SNAPSHOT_STATE_CHANGED] = "in another state",
        [SNAPSHOT_OWNER_CHANGED] = "with another owner",
    };
    size_t counts[SNAPSHOT_CHANGE_COUNT] = {0};
    bool any = false;

    for (size_t i = 0; i < view->diff.count; i++) {
        counts[view->diff.changes[i].kind]++;
    }
    for (int i = 0; i < SNAPSHOT_CHANGE_COUNT; i++) {
        if (counts[i] > 0) {
            text_addf(&view->words, "%s%zu %s", any ? ", " : "", counts[i], words[i]);
            any = true;
        }
    }
    text_add(&view->words, any ? "" : "no socket changed");
}

/* What a filter has left out may be there all the same. */
static const char *nothing_words(const struct view_subject *subject)
{
    static const char *const words[][2] = {
        {"no socket is open", "no socket that matches is open"},
        {"nothing holds it", "nothing that matches holds it"},
    };

    return words[subject->kind == VIEW_PORT][subject->filter != NULL || subject->filtered];
}

static bool say_heading(struct view *view, struct failure *why)
{
    size_t count = view->after.socket_count;

    begin_words(view, view->after.taken_at);
    text_addf(&view->words, "%s", view_name(view));
    if (view->subject.kind == VIEW_PROCESS && view->run != NULL) {
        const char *name = process_instance_shown_name(view->run);

        text_add(&view->words, " (");
        text_add_visible(&view->words, name, name != NULL ? strlen(name) : 0);
        text_add_char(&view->words, ')');
    }
    text_add(&view->words, ": ");
    if (view->begun) {
        add_counts(view);
    } else if (count == 0) {
        text_addf(&view->words, "%s%s", nothing_words(&view->subject),
                  view->subject.hidden > 0 ? ", as far as this user may see" : "");
    } else {
        text_addf(&view->words, "%zu socket%s", count, count == 1 ? "" : "s");
    }
    text_add(&view->words, "\n");
    return write_words(view, why);
}

/* With --verbose: who the processes are. */
static bool print_owners(struct view *view, struct failure *why)
{
    const struct process_choice choice = {.owners = view->subject.kind != VIEW_PROCESS,
                                          .has_pid = view->subject.kind == VIEW_PROCESS,
                                          .pid = view->subject.number};

    if (view->subject.kind == VIEW_MACHINE && view->begun) {
        return true; /* they were shown once; "processes" has those that came since */
    }
    return !view->context->render.verbose ||
           process_block_print_all(&view->block, &view->after, &view->after_index, &choice, why);
}

static bool print_block(struct view *view, const struct change_side *before,
                        const struct change_side *after, struct failure *why)
{
    size_t count;

    if (!say_heading(view, why) || !gather_lines(view, before, after, &count, why)) {
        return false;
    }
    return (count == 0 || print_rows(view, count, why)) && print_owners(view, why) &&
           output_flush(view->context->render.log, why);
}

static bool print_records(struct view *view, const struct change_side *before,
                          const struct change_side *after, struct failure *why)
{
    struct value values[WATCHED_COLUMNS];
    bool done = true;

    values[AT] = value_number(view->after.taken_at);
    for (size_t i = 0; done && i < view->diff.count; i++) {
        done =
            change_record_fill(&view->record, before, after, &view->diff.changes[i], values, why);
        if (!view->begun) {
            values[CHANGE_RECORD_CHANGE] = value_text("found");
            values[CHANGE_RECORD_BEFORE_AT] = (struct value){0};
        }
        done = done && render_record(view->render, values, why);
    }
    return done && output_flush(view->context->render.log, why);
}

/* The run of the process that a moment shows: the newest, should sockets of an older one be left.
 */
static const struct process_instance *find_run(const struct view *view)
{
    const struct snapshot *snapshot = &view->after;
    const struct process_instance *found = NULL;

    for (size_t i = 0; i < snapshot_running_count(snapshot); i++) {
        const struct process_instance *one = snapshot->processes[i];

        if (one->pid == view->subject.number && (found == NULL || one->start > found->start)) {
            found = one;
        }
    }
    return found;
}

static void say_another(struct view *view, const struct process_instance *run)
{
    const char *name = process_instance_shown_name(run);

    begin_words(view, view->after.taken_at);
    text_addf(&view->words, "%s is another process now: ", view_name(view));
    text_add_visible(&view->words, name, name != NULL ? strlen(name) : 0);
    if (run->started_at != 0) {
        text_add(&view->words, ", started ");
        time_text_add_table(&view->words, run->started_at, view->context->render.zone);
    }
    text_add_char(&view->words, '\n');
}

/* A pid is given out again: two runs of one number are never one process. */
static bool follow_run(struct view *view, bool all_running, bool *changed, struct failure *why)
{
    const struct process_instance *run = find_run(view);
    bool ends = run == NULL && all_running && view->run != NULL && !view->ended;
    bool another = run != NULL && view->run != NULL && run->start != view->run->start;

    text_reset(&view->words);
    if (ends) {
        begin_words(view, view->after.taken_at);
        text_addf(&view->words, "%s has ended\n", view_name(view));
    } else if (another) {
        say_another(view, run);
    }
    view->ended = run == NULL && all_running;
    if (run != NULL) {
        process_instance_release(view->run);
        view->run = process_instance_hold(run);
    }
    *changed = ends || another;
    return view->words.size == 0 || view->render != NULL || write_words(view, why);
}

static bool print_change(struct view *view, struct failure *why)
{
    const struct change_side before = {&view->before, &view->before_index};
    const struct change_side after = {&view->after, &view->after_index};

    return process_index_make(&view->before_index, &view->before, why) &&
           process_index_make(&view->after_index, &view->after, why) &&
           (view->render != NULL ? print_records(view, &before, &after, why)
                                 : print_block(view, &before, &after, why));
}

bool view_show(struct view *view, const struct view_wish *wish, bool *changed, struct failure *why)
{
    bool another = false;

    if (wish->all_running && view->after.steady_at != 0 && !view->begun) {
        view->subject.hidden += view_count_hidden(&view->subject, &view->after);
    }
    view_keep_own(&view->subject, &view->after);
    snapshot_sort(&view->after);
    if (!snapshot_diff_make(&view->diff, &view->before, &view->after, why) ||
        (view->subject.kind == VIEW_PROCESS &&
         !follow_run(view, wish->all_running, &another, why))) {
        return false;
    }
    *changed = !view->begun || another || view->diff.count > 0;
    if ((*changed || wish->always) && !print_change(view, why)) {
        return false;
    }
    for (size_t i = 0; i < view->diff.count; i++) {
        view->seen += view->diff.changes[i].before == SNAPSHOT_NO_ROW ? 1 : 0;
    }
    view->begun = true;
    snapshot_sort(&view->after); /* blocks of processes order them otherwise */
    snapshot_swap(&view->before, &view->after);
    return true;
}

bool view_gap(struct view *view, int64_t from, int64_t until, const char *reason,
              struct failure *why)
{
    if (view->render != NULL) {
        return true; /* what is no record is no output: the note about coverage names the gap */
    }
    begin_words(view, from);
    text_add(&view->words, "to ");
    time_text_add_table(&view->words, until, view->context->render.zone);
    text_addf(&view->words, " was not watched: %s\n", reason);
    return write_words(view, why);
}

bool view_say(struct view *view, int64_t at, const char *words, struct failure *why)
{
    if (view->render != NULL) {
        return true;
    }
    begin_words(view, at);
    text_addf(&view->words, "%s\n", words);
    return write_words(view, why);
}

bool view_finish(struct view *view, struct failure *why)
{
    if (view->render != NULL) {
        return command_finish(view->context, view->render, why);
    }
    if (!output_flush(view->context->render.log, why)) {
        return false;
    }
    if (view->left_out.size > 0) {
        command_note(view->context, "columns",
                     "no room in %d columns for: %s (a wider terminal, --json or --csv show them)",
                     view->context->render.columns, text_bytes(&view->left_out));
    }
    command_note_more(view->context, view->kept_back);
    process_block_note(&view->block);
    return true;
}

void view_close(struct view *view)
{
    if (view == NULL) {
        return;
    }
    render_close(view->render);
    snapshot_clear(&view->before);
    snapshot_clear(&view->after);
    process_index_clear(&view->before_index);
    process_index_clear(&view->after_index);
    snapshot_diff_clear(&view->diff);
    socket_record_clear(&view->record);
    process_block_clear(&view->block);
    process_instance_release(view->run);
    text_clear(&view->name);
    text_clear(&view->words);
    text_clear(&view->mark);
    text_clear(&view->left_out);
    free(view->lines);
    free(view);
}
