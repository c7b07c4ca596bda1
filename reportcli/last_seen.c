/* SPDX-License-Identifier: MIT */

#include "reportcli/last_seen.h"

#include <inttypes.h>

#include "base/time_text.h"
#include "store/ledger_query.h"

/* The socket that was seen last: in the newest stretch, since clocks are set back, the longest. */
struct last {
    const struct process_instance *owner;
    int64_t stretch;
    int64_t until;
};

static void take(struct last *last, const struct ledger_interval *interval)
{
    if (interval->owner != NULL &&
        (interval->stretch_id > last->stretch ||
         (interval->stretch_id == last->stretch && interval->closed_at >= last->until))) {
        process_instance_release(last->owner);
        last->owner = process_instance_hold(interval->owner);
        last->stretch = interval->stretch_id;
        last->until = interval->closed_at;
    }
}

static bool find_last(struct last *last, struct ledger *ledger, const struct ledger_filter *filter,
                      struct failure *why)
{
    const struct ledger_interval *interval = NULL;
    struct ledger_walk *walk = NULL;
    bool done =
        ledger_walk_open(&walk, ledger, filter, why) && ledger_walk_next(walk, &interval, why);

    while (done && interval != NULL) {
        take(last, interval);
        done = ledger_walk_next(walk, &interval, why);
    }
    ledger_walk_close(walk);
    return done;
}

static void add_last(struct text *words, const struct last *last, enum time_zone_choice zone)
{
    text_addf(words, "; the ledger saw sockets of it until ");
    time_text_add_table(words, last->until, zone);
    text_addf(words, ", when it was %s", process_instance_shown_name(last->owner));
}

static void add_absence(struct text *words, const struct command_context *context, uint32_t pid,
                        int64_t at)
{
    text_addf(words, "no process %" PRIu32 " %s", pid, at == 0 ? "runs" : "ran at ");
    if (at != 0) {
        time_text_add_table(words, at, context->render.zone);
    }
}

bool last_seen_note(const struct command_context *context, uint32_t pid, int64_t at,
                    struct failure *why)
{
    const struct ledger_filter filter = {.has_pid = true, .pid = pid, .until = at};
    struct command_context silent = *context;
    enum exit_status ignored = EXIT_YES;
    struct command_ledger from = {0};
    struct failure unread;
    struct last last = {0};
    struct text words = {0};
    bool done;

    silent.quiet = true;
    add_absence(&words, context, pid, at);
    if (command_open_ledger(&silent, &from, &ignored, &unread) &&
        find_last(&last, from.ledger, &filter, &unread) && last.owner != NULL) {
        add_last(&words, &last, context->render.zone);
    }
    done = text_ok(&words, why);
    if (done) {
        command_note(context, "empty", "%s", text_bytes(&words));
    }
    process_instance_release(last.owner);
    ledger_close(from.ledger);
    text_clear(&words);
    return done;
}
