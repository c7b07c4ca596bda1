/* SPDX-License-Identifier: MIT */

#include "reportcli/view_live.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/user_stop.h"
#include "collector/collector.h"
#include "reportcli/last_seen.h"
#include "reportcli/live.h"

struct watch {
    const struct command_context *context;
    const struct view_subject *subject;
    struct collector_options options;
    struct collector *collector;
    struct view *view;
    int64_t seconds;
    bool stranger; /* there is no such process, and nothing to watch */
};

static bool say_begin(struct watch *watch, int64_t at, struct failure *why)
{
    struct text words = {0};
    bool done;

    text_addf(&words, "watching %s every %" PRId64 " s; Escape or Ctrl-C ends it",
              view_name(watch->view), watch->seconds);
    done = text_ok(&words, why) && view_say(watch->view, at, text_bytes(&words), why);
    text_clear(&words);
    return done;
}

/* The last line of a log says that it is whole. */
static bool say_end(struct watch *watch, enum user_stop_reason reason, struct failure *why)
{
    struct text words = {0};
    bool done;

    text_addf(&words, "%s: stopped watching %s",
              reason == USER_STOP_ESCAPE ? "escape key pressed" : "interrupted",
              view_name(watch->view));
    done = text_ok(&words, why) && view_say(watch->view, clock_now(), text_bytes(&words), why) &&
           view_finish(watch->view, why);
    text_clear(&words);
    return done;
}

/* A watch that fails ends its log as well as it can; the failure itself is told by main(). */
static void say_failure(struct watch *watch, const struct failure *why)
{
    struct failure ignored;

    if (!view_say(watch->view, clock_now(), why->text, &ignored) ||
        !view_finish(watch->view, &ignored)) {
        /* What cannot be written is what failed, mostly. */
    }
}

/* Sockets of a process that has ended may wait for their end: it is no stranger then. */
static bool is_known(const struct watch *watch, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->process_count; i++) {
        if (snapshot->processes[i]->pid == watch->subject->number) {
            return true;
        }
    }
    return watch->subject->kind != VIEW_PROCESS;
}

static bool look(struct watch *watch, bool first, struct failure *why)
{
    static const struct view_wish wish = {.all_running = true};
    struct snapshot *next = view_next(watch->view);
    int64_t patience = history_filter_patience(watch->subject->filter,
                                               live_patience(watch->context, &watch->options));
    bool changed;

    if (!collector_sample(watch->collector, next, why)) {
        return false;
    }
    if (first && !is_known(watch, next)) {
        watch->stranger = true;
        return last_seen_note(watch->context, watch->subject->number, 0, why);
    }
    if (first && patience > 0) {
        (void)collector_complete(watch->collector, patience);
    }
    return (!first || say_begin(watch, next->taken_at, why)) &&
           view_show(watch->view, &wish, &changed, why);
}

static bool keep_looking(struct watch *watch, enum exit_status *status, struct failure *why)
{
    enum user_stop_reason reason = USER_STOP_NONE;
    bool done = look(watch, true, why);

    while (done && !watch->stranger && reason == USER_STOP_NONE && !view_is_full(watch->view)) {
        reason = user_stop_wait(watch->seconds * 1000);
        if (reason == USER_STOP_NONE) {
            done = look(watch, false, why);
        }
    }
    if (done && watch->stranger) {
        done = view_finish(watch->view, why);
        *status = done ? EXIT_NO : *status;
        return done;
    }
    if (!done) {
        say_failure(watch, why);
    }
    return done && say_end(watch, reason, why);
}

bool view_live_run(const struct command_context *context, const struct view_subject *subject,
                   int64_t seconds, enum exit_status *status, struct failure *why)
{
    bool more = context->render.verbose;
    struct watch watch = {
        .context = context,
        .subject = subject,
        .options = {.details = true,
                    .modules = (more && context->renderer == &render_table) ||
                               history_filter_asks_modules(subject->filter),
                    .images = more || history_filter_asks_images(subject->filter),
                    .all_processes = subject->kind == VIEW_PROCESS,
                    .pid = subject->kind == VIEW_PROCESS ? subject->number : 0,
                    .hurry = true,
                    .interval = seconds * 1000},
        .seconds = seconds,
    };
    bool done = collector_open(&watch.collector, &watch.options, why) &&
                view_open(&watch.view, context, subject, why) && user_stop_open(why) &&
                keep_looking(&watch, status, why);

    view_close(watch.view);
    collector_close(watch.collector);
    return done;
}
