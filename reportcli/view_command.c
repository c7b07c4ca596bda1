/* SPDX-License-Identifier: MIT */

#include "reportcli/view_command.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/user_stop.h"
#include "reportcli/last_seen.h"
#include "reportcli/output.h"
#include "reportcli/socket_list.h"
#include "reportcli/view_live.h"
#include "reportcli/view_replay.h"

const struct column_table *const view_command_tables[] = {&socket_list_table, &view_table, NULL};

bool view_command_number(const struct command_context *context, const char *what, uint32_t minimum,
                         uint32_t maximum, uint32_t *number, struct failure *why)
{
    const char *word = options_word(context->options, 0);
    unsigned long long value = 0;
    size_t i;

    for (i = 0; word[i] >= '0' && word[i] <= '9' && value <= maximum; i++) {
        value = value * 10 + (unsigned long long)(word[i] - '0');
    }
    if (i == 0 || word[i] != '\0' || value < minimum || value > maximum) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "\"%s\" is no %s: that is a number from %" PRIu32 " to %" PRIu32, word, what,
                    minimum, maximum);
    }
    *number = (uint32_t)value;
    return true;
}

static bool is_running(const struct snapshot *snapshot, uint32_t pid)
{
    for (size_t i = 0; i < snapshot_running_count(snapshot); i++) {
        if (snapshot->processes[i]->pid == pid) {
            return true;
        }
    }
    return false;
}

/* The block of the state in hand. The snapshot goes through the view and comes back. */
static bool show_state(struct states *states, const struct view_subject *subject,
                       struct failure *why)
{
    static const struct view_wish wish = {.all_running = true};
    struct view *view = NULL;
    bool changed;
    bool done = view_open(&view, states->context, subject, why);

    if (done) {
        snapshot_swap(view_next(view), &states->snapshot);
        done = view_show(view, &wish, &changed, why) && view_finish(view, why);
        snapshot_swap(view_shown(view), &states->snapshot);
    }
    view_close(view);
    return done;
}

static bool print_records(struct states *states, const struct view_subject *subject,
                          struct failure *why)
{
    struct command_context shown = *states->context;
    struct render *render = NULL;
    bool done;

    shown.render.also = states_also(states);
    done = command_begin(&shown, &socket_list_table, &render, why) &&
           socket_list_print(states, subject, render, why) &&
           command_finish(states->context, render, why);
    render_close(render);
    return done;
}

static bool print_blocks(struct states *states, const struct view_subject *subject,
                         struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < states->count; i++) {
        done = (i == 0 || output_write(states->context->render.log, "\n", 1, why)) &&
               states_load(states, i, why) && show_state(states, subject, why);
    }
    return done;
}

/* Whether there is something to see, in the state in hand: the sockets are the view's alone. */
static bool is_there(const struct states *states, const struct view_subject *subject)
{
    return states->snapshot.socket_count > 0 ||
           (subject->kind == VIEW_PROCESS && is_running(&states->snapshot, subject->number));
}

static bool note_nothing(struct states *states, const struct view_subject *subject,
                         struct failure *why)
{
    if (subject->hidden > 0) {
        return true; /* nobody knows: the note "denied" says so */
    }
    if (subject->filter != NULL) {
        command_note(states->context, "empty", "nothing of it matches");
        return true;
    }
    if (subject->kind == VIEW_PORT) {
        command_note(states->context, "empty", "nothing holds port %" PRIu32, subject->number);
        return true;
    }
    return last_seen_note(states->context, subject->number,
                          states->is_live ? 0 : states->snapshot.taken_at, why);
}

/* Only once all is said: an answer that could not be written is none. */
static bool conclude(const struct states *states, size_t hidden, bool any, enum exit_status *status)
{
    *status = any ? EXIT_YES : EXIT_NO;
    *status = hidden > 0 ? EXIT_UNDECIDED : *status;
    *status = states->count == 0 ? EXIT_UNDECIDED : *status;
    return true;
}

static bool show_once(struct states *states, const struct view_subject *subject,
                      enum exit_status *status, struct failure *why)
{
    const struct command_context *context = states->context;
    bool any = false;
    bool done = true;

    if (states->is_live && subject->kind == VIEW_PROCESS) {
        view_keep_own(subject, &states->snapshot);
        if (!is_there(states, subject)) {
            return note_nothing(states, subject, why) && conclude(states, 0, false, status);
        }
    }
    done = context->renderer == &render_table ? print_blocks(states, subject, why)
                                              : print_records(states, subject, why);
    any = done && states->count > 0 && is_there(states, subject);
    if (done && states->count > 0 && !any) {
        done = note_nothing(states, subject, why);
    }
    return done &&
           conclude(states, states->snapshot.socket_count == 0 ? subject->hidden : 0, any, status);
}

static bool run_once(const struct command_context *context, const struct view_subject *subject,
                     enum exit_status *status, struct failure *why)
{
    bool more = context->render.verbose;
    struct states states = {
        .live = {.details = true,
                 .modules = more && context->renderer == &render_table,
                 .images = more,
                 .all_processes = subject->kind == VIEW_PROCESS,
                 .pid = subject->kind == VIEW_PROCESS ? subject->number : 0},
        .wishes = more && context->renderer == &render_table ? LEDGER_STATE_MODULES : 0,
        .filter = subject->filter,
    };
    struct view_subject counted = *subject;
    bool done = states_open(&states, context, status, why);

    if (done && states.is_live) {
        counted.hidden = view_count_hidden(subject, &states.snapshot);
    }
    done = done && show_once(&states, &counted, status, why) && states_note(&states, why);
    if (done && states.is_live) {
        socket_list_note(context, &states.snapshot, counted.hidden);
    }
    states_close(&states);
    return done;
}

static int64_t watch_seconds(const struct command_context *context)
{
    return options_number(context->options, "watch", options_number(context->options, "wt", 0));
}

static bool is_range(const struct command_context *context)
{
    return options_given(context->options, "since") || options_given(context->options, "until");
}

bool view_command_goes_on(const struct command_context *context)
{
    return watch_seconds(context) > 0 || is_range(context);
}

/* What happens over a time has an order of its own, and a block of it is all or nothing. */
static bool check_wishes(const struct command_context *context, struct failure *why)
{
    const struct render_wishes *wishes = &context->render.wishes;

    if (view_command_goes_on(context) && wishes->order != NULL) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "what is watched, or was, is told in the order in which it happened: there is "
                    "no --sort for it");
    }
    if (view_command_goes_on(context) && wishes->most > 0 && context->renderer == &render_table) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--limit counts records: a watch has them with --jsonl, --json or --csv only");
    }
    return true;
}

static bool check_options(const struct command_context *context, struct failure *why)
{
    bool at = options_given(context->options, "at");
    bool watch = watch_seconds(context) > 0;

    if ((at ? 1 : 0) + (watch ? 1 : 0) + (is_range(context) ? 1 : 0) > 1) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "a moment (--at), a time (--since, --until) and a watch are three things: only "
                    "one of them can be asked for");
    }
    return check_wishes(context, why);
}

static bool run(const struct command_context *context, const struct view_subject *subject,
                enum exit_status *status, struct failure *why)
{
    if (watch_seconds(context) > 0) {
        output_page(false); /* it goes on by itself */
        return view_live_run(context, subject, watch_seconds(context), status, why);
    }
    return is_range(context) ? view_replay_run(context, subject, status, why)
                             : run_once(context, subject, status, why);
}

/* What the command's own word says cannot be said otherwise by a filter. */
static bool check_filter(const struct ledger_filter *asked, const struct view_subject *subject,
                         struct failure *why)
{
    if (subject->kind == VIEW_PROCESS && asked->has_pid && asked->pid != subject->number) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--pid or --instance names another process than %" PRIu32, subject->number);
    }
    if (subject->kind == VIEW_PORT && asked->local_port != 0 &&
        asked->local_port != (int)subject->number) {
        return FAIL(why, FAILURE_USAGE, 0, "--local-port is another port than %" PRIu32,
                    subject->number);
    }
    return true;
}

static bool run_logged(const struct command_context *context, const struct view_subject *subject,
                       enum exit_status *status, struct failure *why)
{
    const char *log = options_text(context->options, "log");
    struct command_context logged = *context;
    enum exit_status before = *status;
    struct failure closing;
    bool done;

    if (log != NULL && !output_log_open(&logged.render.log, log,
                                        options_flag(context->options, "overwrite"), why)) {
        return false;
    }
    if (log != NULL) {
        logged.render.colour = false; /* the file gets the same bytes */
    }
    done = run(&logged, subject, status, why);
    if (!output_log_close(logged.render.log, &closing) && done) {
        *why = closing;
        *status = before; /* what was found is not in the log */
        done = false;
    }
    user_stop_close(); /* only now all is written that a system may be waiting for */
    return done;
}

bool view_command_run(const struct command_context *context, const struct view_subject *subject,
                      enum exit_status *status, struct failure *why)
{
    struct view_subject filtered = *subject;
    struct history_filter filter;

    if (!check_options(context, why) || !history_filter_read_facts(&filter, context, why) ||
        !check_filter(&filter.filter, subject, why) ||
        (watch_seconds(context) > 0 && !history_filter_check_live(&filter, why))) {
        return false;
    }
    filtered.filter = history_filter_is_empty(&filter) ? NULL : &filter;
    return run_logged(context, &filtered, status, why);
}
