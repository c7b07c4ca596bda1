/* SPDX-License-Identifier: MIT */

/*
 * A sweep over the intervals of the view, stretch by stretch. Within a
 * stretch intervals are recorded in the order in which they opened, and each
 * tells when it closed. So only those that are open at the moment in hand are
 * held, however long the time is, and those that closed at it.
 *
 * Of the machine a view shows all sockets once, and then what changed. From
 * the second moment of a stretch on it gets only what closed and what opened
 * at a moment: what stays is on both sides of a difference, and cannot change
 * it. Otherwise one socket that opens costs as much as all that are open.
 */

#include "reportcli/view_replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "reportcli/coverage.h"
#include "reportcli/detail_note.h"
#include "store/ledger_query.h"

/* An interval that is open at the moment in hand, or was until then. */
struct open {
    struct socket_row row;
    const struct process_instance *owner; /* a reference; NULL: not known */
    char *service;                        /* NULL: none */
    int service_basis;
    int64_t until; /* the moment without it; INT64_MAX: it lasts as long as the stretch */
};

struct replay {
    const struct command_context *context;
    struct ledger *ledger;
    struct ledger_filter filter;
    struct view *view;
    struct ledger_walk *walk;
    const struct ledger_interval *next; /* not taken yet; NULL: there are no more */
    struct open *open;                  /* those of the moment in hand behind the others */
    size_t open_count;
    size_t known; /* so many of them were open before the moment in hand */
    int64_t at;   /* that moment */
    size_t open_capacity;
    struct ledger_stretch *stretches;
    size_t stretch_count;
    size_t stretch_capacity;
    bool changes_only; /* the view needs no more of a moment than what changed */
    bool no_memory;    /* in a visitor, which cannot say more */
};

static bool gather_stretch(void *context, const struct ledger_stretch *stretch)
{
    struct replay *replay = context;

    if (replay->stretch_count == replay->stretch_capacity) {
        size_t capacity = replay->stretch_capacity * 2 + 16;
        struct ledger_stretch *stretches =
            realloc(replay->stretches, capacity * sizeof(*stretches));

        if (stretches == NULL) {
            replay->no_memory = true;
            return false;
        }
        replay->stretches = stretches;
        replay->stretch_capacity = capacity;
    }
    replay->stretches[replay->stretch_count++] = *stretch;
    return true;
}

static void drop(struct open *open)
{
    process_instance_release(open->owner);
    free(open->service);
}

/* Drops those that are gone at a moment. */
static void drop_closed(struct replay *replay, int64_t at)
{
    size_t kept = 0;

    for (size_t i = 0; i < replay->open_count; i++) {
        if (replay->open[i].until <= at) {
            drop(&replay->open[i]);
        } else {
            replay->open[kept++] = replay->open[i];
        }
    }
    replay->open_count = kept;
}

static bool make_room(struct replay *replay, struct failure *why)
{
    size_t capacity = replay->open_capacity * 2 + 64;
    struct open *open;

    if (replay->open_count < replay->open_capacity) {
        return true;
    }
    open = realloc(replay->open, capacity * sizeof(*open));
    if (open == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu sockets", capacity);
    }
    replay->open = open;
    replay->open_capacity = capacity;
    return true;
}

static bool take(struct replay *replay, struct failure *why)
{
    const struct ledger_interval *interval = replay->next;
    struct open *open;

    if (interval->ending == LEDGER_CLOSED && interval->closed_at <= replay->at) {
        return ledger_walk_next(replay->walk, &replay->next, why); /* no moment has it */
    }
    if (!make_room(replay, why)) {
        return false;
    }
    open = &replay->open[replay->open_count++];
    *open = (struct open){
        .row = interval->socket,
        .service_basis = interval->service_basis,
        .until = interval->ending == LEDGER_CLOSED ? interval->closed_at : INT64_MAX,
    };
    if (interval->owner != NULL) {
        open->owner = process_instance_hold(interval->owner);
    }
    if (interval->service != NULL) {
        open->service = text_copy(interval->service);
        if (open->service == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for a service");
        }
    }
    return ledger_walk_next(replay->walk, &replay->next, why);
}

/* Goes to a moment: takes what the stretch had opened up to then. */
static bool go_to(struct replay *replay, int64_t stretch, int64_t at, struct failure *why)
{
    drop_closed(replay, replay->at);
    replay->known = replay->open_count;
    replay->at = at;
    while (replay->next != NULL &&
           (replay->next->stretch_id < stretch ||
            (replay->next->stretch_id == stretch && replay->next->opened_at <= at))) {
        if (replay->next->stretch_id < stretch) { /* its stretch is outside of the asked time */
            if (!ledger_walk_next(replay->walk, &replay->next, why)) {
                return false;
            }
        } else if (!take(replay, why)) {
            return false;
        }
    }
    return true;
}

/* The next moment at which something of the stretch opens or closes; INT64_MAX: there is none. */
static int64_t next_event(const struct replay *replay, int64_t stretch)
{
    int64_t at = INT64_MAX;

    if (replay->next != NULL && replay->next->stretch_id == stretch) {
        at = replay->next->opened_at;
    }
    for (size_t i = 0; i < replay->open_count; i++) {
        int64_t until = replay->open[i].until;

        at = until > replay->at && until < at ? until : at;
    }
    return at;
}

/* Which of those that are held make a snapshot. */
enum part {
    PART_OPEN,   /* what is open at the moment in hand */
    PART_OPENED, /* and was not before */
    PART_CLOSED, /* what is not open any more */
};

static bool is_part(const struct replay *replay, size_t i, enum part part)
{
    bool lasts = replay->open[i].until > replay->at;

    if (part == PART_CLOSED) {
        return !lasts && i < replay->known;
    }
    return lasts && (part == PART_OPEN || i >= replay->known);
}

/*
 * Processes and services are in a snapshot in the order of the sockets. Where all sockets are
 * shown, nobody asks any more which were there before.
 */
static int compare_rows(const void *left, const void *right)
{
    return socket_row_compare(&((const struct open *)left)->row,
                              &((const struct open *)right)->row);
}

static void put_in_order(struct replay *replay)
{
    if (replay->open_count > 1) {
        qsort(replay->open, replay->open_count, sizeof(replay->open[0]), compare_rows);
    }
}

/* The place of an owner in the snapshot, which has few. */
static bool add_owner(struct snapshot *snapshot, const struct process_instance *owner,
                      uint32_t *place, struct failure *why)
{
    for (size_t i = 0; i < snapshot->process_count; i++) {
        const struct process_instance *other = snapshot->processes[i];

        if (other->pid == owner->pid && other->start == owner->start) {
            *place = (uint32_t)i;
            return true;
        }
    }
    return snapshot_add_process(snapshot, owner, place, why);
}

static bool add_open(struct snapshot *snapshot, const struct open *open, struct failure *why)
{
    struct socket_row row = open->row;

    row.owner = SOCKET_NO_OWNER;
    row.service = SOCKET_NO_SERVICE;
    return (open->owner == NULL || add_owner(snapshot, open->owner, &row.owner, why)) &&
           (open->service == NULL ||
            snapshot_add_service(snapshot, open->service, (enum service_basis)open->service_basis,
                                 &row.service, why)) &&
           snapshot_add_socket(snapshot, &row, why);
}

/* A parent has its name from the snapshot, in which it is where it had sockets at the moment. */
static bool add_parent(struct snapshot *snapshot, const struct replay *replay, bool before,
                       const struct process_instance *child, struct failure *why)
{
    size_t count = before ? replay->known : replay->open_count;
    uint32_t place;

    if (child == NULL || child->parent_start == 0) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        const struct process_instance *owner = replay->open[i].owner;

        if (owner != NULL && owner->pid == child->parent_pid &&
            owner->start == child->parent_start && (before || replay->open[i].until > replay->at)) {
            return add_owner(snapshot, owner, &place, why);
        }
    }
    return true;
}

static bool fill(struct snapshot *snapshot, struct replay *replay, enum part part, int64_t at,
                 struct failure *why)
{
    bool done = true;

    if (part == PART_OPEN) {
        put_in_order(replay);
    }
    snapshot_reset(snapshot);
    snapshot->taken_at = at;
    for (size_t i = 0; done && i < replay->open_count; i++) {
        if (is_part(replay, i, part)) {
            done = add_open(snapshot, &replay->open[i], why) &&
                   (part == PART_OPEN ||
                    add_parent(snapshot, replay, part == PART_CLOSED, replay->open[i].owner, why));
        }
    }
    snapshot_sort(snapshot);
    return done;
}

/* Hands the moment in hand to the view, or what changed at it. */
static bool show(struct replay *replay, enum part part, struct failure *why)
{
    static const struct view_wish wish = {.all_running = false};
    struct snapshot *before = view_shown(replay->view);
    bool changed;

    return (part == PART_OPEN || fill(before, replay, PART_CLOSED, before->taken_at, why)) &&
           fill(view_next(replay->view), replay, part, replay->at, why) &&
           view_show(replay->view, &wish, &changed, why);
}

/* A gap is told where there was something before or behind it; the last note tells all. */
static bool say_gap(struct replay *replay, const struct ledger_stretch *before,
                    const struct ledger_stretch *stretch, struct failure *why)
{
    if (ledger_gap_seamless((int)before->ended) ||
        (view_socket_count(replay->view) == 0 && replay->open_count == 0)) {
        return true;
    }
    return view_gap(replay->view, before->end_at, stretch->begin_at,
                    ledger_gap_name((int)before->ended), why);
}

/* The next stretch is compared with all that was open at the last moment shown. */
static bool end_stretch(struct replay *replay, bool partly, struct failure *why)
{
    struct snapshot *shown = view_shown(replay->view);
    bool done = !partly || fill(shown, replay, PART_OPEN, shown->taken_at, why);

    drop_closed(replay, INT64_MAX);
    replay->known = 0;
    replay->at = INT64_MIN;
    return done;
}

static bool sweep_stretch(struct replay *replay, size_t i, struct failure *why)
{
    const struct ledger_stretch *stretch = &replay->stretches[i];
    int64_t since = replay->filter.since;
    int64_t until = replay->filter.until < stretch->end_at ? replay->filter.until : stretch->end_at;
    int64_t at = stretch->begin_at > since ? stretch->begin_at : since;
    enum part part = PART_OPEN;
    bool done = go_to(replay, stretch->id, at, why) &&
                (i == 0 || say_gap(replay, stretch - 1, stretch, why));

    while (done && at <= until && !view_is_full(replay->view)) {
        done = show(replay, part, why);
        part = replay->changes_only ? PART_OPENED : PART_OPEN;
        at = next_event(replay, stretch->id);
        done = done && (at > until || go_to(replay, stretch->id, at, why));
    }
    return done && end_stretch(replay, part != PART_OPEN, why);
}

static bool sweep(struct replay *replay, struct failure *why)
{
    bool done = ledger_walk_next(replay->walk, &replay->next, why);

    for (size_t i = 0; done && i < replay->stretch_count && !view_is_full(replay->view); i++) {
        done = sweep_stretch(replay, i, why);
    }
    return done;
}

static bool find_stretches(struct replay *replay, enum exit_status *status, struct failure *why)
{
    if (!ledger_walk_coverage(replay->ledger, replay->filter.since, replay->filter.until,
                              gather_stretch, replay, why)) {
        return false;
    }
    for (size_t i = 0; i < replay->stretch_count; i++) {
        if (!moments_check(&replay->stretches[i], status, why)) {
            return false;
        }
    }
    return !replay->no_memory || FAIL(why, FAILURE_MEMORY, 0, "no memory for the stretches");
}

/* What of the time was watched, and what retention has left of it. */
static bool note(struct replay *replay, int64_t commit, enum exit_status *status,
                 struct failure *why)
{
    const struct command_context *context = replay->context;
    struct ledger_coverage_range range = {
        .since = options_given(context->options, "since") ? replay->filter.since : INT64_MIN,
        .until = replay->filter.until,
        .commit = commit,
    };
    struct ledger_coverage coverage = {0};
    struct ledger_summary summary;
    bool dropped = false;
    bool done = ledger_coverage_read(&coverage, replay->ledger, &range, why) &&
                ledger_summarize(replay->ledger, &summary, why) &&
                detail_note_range(context, replay->ledger, range.since, &dropped, why);

    if (done && view_seen_count(replay->view) == 0) {
        command_note(context, "empty",
                     "no socket of %s was seen; the ledger has %" PRId64 " intervals",
                     view_name(replay->view), summary.intervals);
        *status = ledger_coverage_is_empty(&coverage) || dropped ? EXIT_UNDECIDED : EXIT_NO;
    }
    if (done) {
        coverage_note(context, &coverage, NULL);
    }
    ledger_coverage_clear(&coverage);
    return done;
}

static bool read_range(struct replay *replay, const struct view_subject *subject,
                       struct failure *why)
{
    const struct command_context *context = replay->context;
    int64_t until;

    if (subject->filter != NULL) {
        replay->filter = subject->filter->filter;
    }
    if (!command_time(context, "since", COMMAND_EARLIER, 0, &replay->filter.since, why) ||
        !command_time(context, "until", COMMAND_LATER, context->now, &until, why)) {
        return false;
    }
    replay->filter.until = until < context->now ? until : context->now;
    if (replay->filter.until < replay->filter.since) {
        return FAIL(why, FAILURE_USAGE, 0, "--until is before --since");
    }
    if (subject->kind == VIEW_PORT) {
        replay->filter.local_port = (int)subject->number;
    } else if (subject->kind == VIEW_PROCESS) {
        replay->filter.has_pid = true;
        replay->filter.pid = subject->number;
    }
    return true;
}

static void clear(struct replay *replay)
{
    drop_closed(replay, INT64_MAX);
    free(replay->open);
    free(replay->stretches);
    ledger_walk_close(replay->walk);
    view_close(replay->view);
}

bool view_replay_run(const struct command_context *context, const struct view_subject *subject,
                     enum exit_status *status, struct failure *why)
{
    struct replay replay = {
        .context = context,
        .at = INT64_MIN,
        .changes_only = subject->kind == VIEW_MACHINE,
    };
    /* what the filter asks for is asked of the ledger: the view gets nothing else */
    const struct view_subject passed = {
        .kind = subject->kind, .number = subject->number, .filtered = subject->filter != NULL};
    struct command_ledger from = {0};
    bool done =
        read_range(&replay, subject, why) && command_open_ledger(context, &from, status, why);

    replay.ledger = from.ledger;
    done = done && find_stretches(&replay, status, why) &&
           ledger_walk_open(&replay.walk, replay.ledger, &replay.filter, why) &&
           view_open(&replay.view, context, &passed, why) && sweep(&replay, why) &&
           view_finish(replay.view, why) && note(&replay, from.commit, status, why);
    clear(&replay);
    ledger_close(from.ledger);
    return done;
}
