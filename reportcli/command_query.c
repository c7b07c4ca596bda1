/* SPDX-License-Identifier: MIT */

/*
 * Asks remote ports.
 *
 * A table is sorted, and of a sweep it shows what listens, and counts the
 * rest; the other formats print each outcome when it is there.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/interrupt.h"
#include "base/units.h"
#include "probes/reactor.h"
#include "reportcli/command.h"
#include "reportcli/outcome_record.h"
#include "reportcli/query_plan.h"

enum {
    SWEEP = 32, /* more queries than that are one */
    PROGRESS_AFTER_MS = 1000,
    WORDS_MAX = 4096,
    NAMES_NOTED = 5, /* of those that have several addresses */
    ADDRESSES_NOTED = 8,
};

/* Which of the plan's queries it is; but for the address, as a number, the tag. */
struct place {
    uint64_t target; /* in the order in which they were named */
    uint64_t address;
    uint64_t port; /* as the target */
};

/* An outcome that waits to be sorted. */
struct kept {
    struct outcome outcome;
    struct place place;
};

struct run {
    const struct command_context *context;
    const struct query_plan *plan;
    struct render *render;
    struct outcome_record record;
    struct target_walk walk;
    struct text host;
    struct kept *kept;
    size_t kept_count;
    size_t kept_capacity;
    uint64_t targets; /* pulled so far */
    uint64_t counts[PROBE_STATUS_COUNT];
    uint64_t hidden[PROBE_STATUS_COUNT];
    char not_asked[400];            /* why, of the first that was hidden */
    struct text named[NAMES_NOTED]; /* names that have addresses which are not asked */
    uint64_t named_count;           /* of all such names */
    uint64_t more_addresses;        /* of names, that are asked besides their first ones */
    int64_t began;
    bool is_table;
    bool hides; /* all but what listens */
    bool shows_progress;
    bool drew; /* progress on the terminal */
};

static bool next_target(void *context, struct engine_target *target)
{
    struct run *run = context;

    if (!target_list_next(&run->plan->targets, &run->walk, &run->host, &target->address)) {
        return false;
    }
    target->host = text_bytes(&run->host);
    target->tag = run->targets++;
    return true;
}

static struct place place_of(const struct run *run, uint64_t tag, const struct outcome *outcome)
{
    return (struct place){.target = tag / run->plan->list.count,
                          .address = outcome->address_number,
                          .port = tag % run->plan->list.count};
}

/* As far as it is known: what names have is known when they are asked. */
static uint64_t size_of(const struct run *run)
{
    return query_plan_size(run->plan) + run->more_addresses * run->plan->list.count;
}

/* A name has addresses that nobody looks at: that may be what is wrong. */
static void resolved(void *context, const char *host, const struct address_list *addresses)
{
    struct run *run = context;
    struct address_list told = *addresses;
    struct text *note;

    if (run->plan->engine.all_addresses) {
        run->more_addresses += addresses->count - 1;
        return;
    }
    if (run->named_count++ >= NAMES_NOTED) {
        return;
    }
    note = &run->named[run->named_count - 1];
    told.count = told.count > ADDRESSES_NOTED + 1 ? ADDRESSES_NOTED + 1 : told.count;
    text_addf(note, "%s is asked at ", host);
    socket_endpoint_add_address(note, &addresses->items[0]);
    text_add(note, ", and not at ");
    address_list_add_others(note, &told, 0);
    if (told.count < addresses->count) {
        text_addf(note, " and %zu more", addresses->count - told.count);
    }
}

static bool query_at(void *context, uint64_t target_tag, size_t i, struct engine_query *query)
{
    struct run *run = context;
    const struct query_port *port;

    if (i == run->plan->list.count) {
        return false;
    }
    port = &run->plan->ports[i];
    *query = (struct engine_query){
        .transport = port->item.transport,
        .port = port->item.port,
        .protocol = port->protocol,
        .service = port->service,
        .tag = target_tag * run->plan->list.count + i,
    };
    return true;
}

static bool keep(struct run *run, struct outcome *outcome, struct place place, struct failure *why)
{
    if (run->kept_count == run->kept_capacity) {
        size_t capacity = run->kept_capacity * 2 + 64;
        struct kept *kept = realloc(run->kept, capacity * sizeof(*kept));

        if (kept == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the outcomes");
        }
        run->kept = kept;
        run->kept_capacity = capacity;
    }
    if (outcome->answer.count > 0 && !run->render->options.verbose) {
        outcome_record_condense(outcome);
    }
    run->kept[run->kept_count++] = (struct kept){*outcome, place};
    *outcome = (struct outcome){0}; /* it is ours now */
    return true;
}

static void hide(struct run *run, const struct outcome *outcome)
{
    struct text words = {0};

    run->hidden[outcome->status]++;
    if (outcome->status == PROBE_NOT_ASKED && run->not_asked[0] == '\0') {
        text_addf(&words, "%s: ", outcome->host);
        outcome_add_cause(&words, outcome);
        text_addf(&words, "%s%s", outcome->detail == NULL ? "" : ", ",
                  outcome->detail == NULL ? "" : outcome->detail);
        (void)snprintf(run->not_asked, sizeof(run->not_asked), "%s", text_bytes(&words));
        text_clear(&words);
    }
}

/* Why no more is known of a port that may well be open. */
static void say_left_out(const struct run *run, uint64_t tag, struct outcome *outcome)
{
    const struct protocol *left_out = run->plan->ports[tag % run->plan->list.count].left_out;
    struct text words = {0};

    if (left_out == NULL || run->plan->engine.no_ask || outcome->detail != NULL ||
        (outcome->status != PROBE_LISTENING && outcome->status != PROBE_LISTENING_OR_FILTERED)) {
        return;
    }
    text_addf(&words, "not asked in %s, which takes --as %s", left_out->name, left_out->name);
    outcome->detail = words.failed ? NULL : text_copy(text_bytes(&words));
    text_clear(&words);
}

static bool deliver(void *context, uint64_t tag, struct outcome *outcome, struct failure *why)
{
    struct run *run = context;

    say_left_out(run, tag, outcome);
    run->counts[outcome->status]++;
    if (run->hides && outcome->status != PROBE_LISTENING) {
        hide(run, outcome);
        return true;
    }
    if (run->is_table) {
        return keep(run, outcome, place_of(run, tag, outcome), why);
    }
    return outcome_record_print(&run->record, run->render, outcome, why);
}

static void warn(void *context, const char *text)
{
    struct run *run = context;

    command_note(run->context, "limit", "%s", text);
}

/* Writes to the terminal at once; who cannot read it misses nothing. */
static void draw(const char *text)
{
    struct failure why;

    (void)!(console_write(CONSOLE_ERROR, text, strlen(text), &why) &&
            console_flush(CONSOLE_ERROR, &why));
}

static void progress(void *context, const struct engine_sum *sum)
{
    struct run *run = context;
    struct text line = {0};
    struct failure why;

    (void)!console_flush(CONSOLE_OUT, &why); /* found again by whoever writes next */
    if (!run->shows_progress || clock_steady() - run->began < PROGRESS_AFTER_MS) {
        return;
    }
    run->drew = true;
    text_addf(&line, "\r\x1b[K%zu of %" PRIu64 " ports asked, %" PRIu64 " listen", sum->delivered,
              size_of(run), run->counts[PROBE_LISTENING]);
    draw(text_bytes(&line));
    text_clear(&line);
}

static bool shows_progress(const struct run *run)
{
    return !run->context->quiet && console_takes_movements(CONSOLE_ERROR) &&
           console_is_terminal(CONSOLE_ERROR);
}

static int compare(const void *left, const void *right)
{
    const struct place *a = &((const struct kept *)left)->place;
    const struct place *b = &((const struct kept *)right)->place;

    if (a->target != b->target) {
        return a->target < b->target ? -1 : 1;
    }
    if (a->address != b->address) {
        return a->address < b->address ? -1 : 1;
    }
    return (a->port > b->port) - (a->port < b->port);
}

static bool print_kept(struct run *run, struct failure *why)
{
    if (run->kept_count > 0) {
        qsort(run->kept, run->kept_count, sizeof(*run->kept), compare);
    }
    for (size_t i = 0; i < run->kept_count; i++) {
        if (!outcome_record_print(&run->record, run->render, &run->kept[i].outcome, why)) {
            return false;
        }
    }
    return true;
}

static void note_hidden(const struct run *run)
{
    struct text words = {0};

    for (int i = 0; i < PROBE_STATUS_COUNT; i++) {
        if (run->hidden[i] > 0) {
            text_addf(&words, "%s%" PRIu64 " %s", words.size > 0 ? ", " : "", run->hidden[i],
                      probe_status_name(i));
        }
    }
    if (words.size > 0) {
        command_note(run->context, "hidden", "not shown: %s%s", text_bytes(&words),
                     run->is_table ? " (--all shows them)" : "");
    }
    if (run->not_asked[0] != '\0') {
        command_note(run->context, "hidden", "not asked, for instance %s", run->not_asked);
    }
    text_clear(&words);
}

static void note_addresses(const struct run *run)
{
    for (size_t i = 0; i < NAMES_NOTED && i < run->named_count; i++) {
        command_note(run->context, "addresses", "%s (--all-addresses asks each)",
                     text_bytes(&run->named[i]));
    }
    if (run->named_count > NAMES_NOTED) {
        command_note(run->context, "addresses",
                     "%" PRIu64 " more names have several addresses: --verbose shows them",
                     run->named_count - NAMES_NOTED);
    }
}

/* Ports that have no outcome, since it was stopped. */
static uint64_t count_unknown(const struct run *run, const struct engine_sum *sum)
{
    uint64_t size = size_of(run);

    return sum->was_stopped && sum->delivered < size ? size - sum->delivered : 0;
}

static void note_run(const struct run *run, const struct engine_sum *sum)
{
    uint64_t unknown = count_unknown(run, sum);

    note_hidden(run);
    note_addresses(run);
    if (unknown > 0) {
        command_note(run->context, "stopped",
                     "stopped: %" PRIu64 " of %" PRIu64 " ports have no outcome", unknown,
                     size_of(run));
    }
    if (sum->cut_short > 0) {
        command_note(run->context, "stopped", "stopped: %zu %s reached, and not asked to the end",
                     sum->cut_short, sum->cut_short == 1 ? "port was" : "ports were");
    }
}

static bool leaves_out(const struct run *run, const struct protocol *protocol)
{
    for (size_t i = 0; i < run->plan->list.count; i++) {
        if (run->plan->ports[i].left_out == protocol) {
            return true;
        }
    }
    return false;
}

static void note_plan(const struct run *run)
{
    for (const struct protocol *const *at = protocols; *at != NULL && !run->plan->engine.no_ask;
         at++) {
        if ((*at)->side_effect != NULL && leaves_out(run, *at)) {
            command_note(run->context, "side-effect",
                         "not asked in %s, only reached: %s; --as %s asks all the same",
                         (*at)->name, (*at)->side_effect, (*at)->name);
        }
    }
}

/* What each status means for the exit; the highest counts. */
static enum exit_status judge(const struct run *run, const struct engine_sum *sum)
{
    static const enum exit_status exits[PROBE_STATUS_COUNT] = {
        [PROBE_NOT_ASKED] = EXIT_REFUSED,
        [PROBE_LISTENING] = EXIT_YES,
        [PROBE_NOT_LISTENING] = EXIT_NO,
        [PROBE_FILTERED] = EXIT_UNDECIDED,
        [PROBE_LISTENING_OR_FILTERED] = EXIT_UNDECIDED,
    };
    enum exit_status highest =
        count_unknown(run, sum) > 0 || sum->cut_short > 0 ? EXIT_UNDECIDED : EXIT_YES;

    for (int i = 0; i < PROBE_STATUS_COUNT; i++) {
        if (run->counts[i] > 0 && exits[i] > highest) {
            highest = exits[i];
        }
    }
    return highest;
}

static void stop(void *engine)
{
    engine_stop(engine);
}

/* No more at once than this machine can bear. */
static struct engine_options limit(const struct run *run)
{
    struct engine_options options = run->plan->engine;
    uint64_t size = query_plan_size(run->plan);
    size_t wanted = size < options.in_flight ? (size_t)size : options.in_flight;
    char why[200] = "";
    size_t most = reactor_limit(wanted, why, sizeof(why));

    if (most < wanted) {
        options.in_flight = most;
        command_note(run->context, "limit", "%zu ports at once instead of %zu: %s", most, wanted,
                     why);
    }
    return options;
}

static bool ask(struct run *run, struct engine_sum *sum, struct failure *why)
{
    const struct engine_options options = limit(run);
    const struct engine_work work = {
        .context = run,
        .next_target = next_target,
        .query_at = query_at,
        .deliver = deliver,
        .resolved = resolved,
        .warn = warn,
        .progress = progress,
    };
    struct engine *engine = NULL;
    bool done;

    if (!engine_open(&engine, &options, why)) {
        return false;
    }
    interrupt_catch(stop, engine);
    run->began = clock_steady();
    run->shows_progress = shows_progress(run);
    done = engine_run(engine, &work, sum, why);
    interrupt_release();
    engine_close(engine);
    if (run->drew) {
        draw("\r\x1b[K");
    }
    return done;
}

static bool print(struct run *run, enum exit_status *status, struct failure *why)
{
    const struct column_table *table =
        run->plan->engine.all_addresses ? &outcome_record_table_by_address : &outcome_record_table;
    struct engine_sum sum = {0};
    bool done;

    note_plan(run);
    done = command_begin(run->context, table, &run->render, why) && ask(run, &sum, why) &&
           print_kept(run, why) && command_finish(run->context, run->render, why);
    if (done) {
        note_run(run, &sum);
        *status = judge(run, &sum);
    }
    return done;
}

static void clear(struct run *run)
{
    render_close(run->render);
    outcome_record_clear(&run->record);
    text_clear(&run->host);
    for (size_t i = 0; i < run->kept_count; i++) {
        outcome_clear(&run->kept[i].outcome);
    }
    for (size_t i = 0; i < NAMES_NOTED; i++) {
        text_clear(&run->named[i]);
    }
    free(run->kept);
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct query_plan plan = {0};
    struct run under_way = {.context = context, .plan = &plan};
    bool done = query_plan_read(&plan, context, why);

    under_way.is_table = context->renderer == &render_table;
    under_way.hides = options_flag(context->options, "open") ||
                      (under_way.is_table && query_plan_size(&plan) > SWEEP &&
                       !options_flag(context->options, "all"));
    done = done && print(&under_way, status, why);
    clear(&under_way);
    query_plan_clear(&plan);
    return done;
}

static const struct column_table *const tables[] = {&outcome_record_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "every port is LISTENING"},
    {EXIT_NO, "a port is NOT LISTENING, and none is worse"},
    {EXIT_UNDECIDED, "a port is FILTERED, or LISTENING or FILTERED; or it was stopped"},
    {EXIT_REFUSED, "a port was not asked: the name has no address, or this machine could not"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger query dc1 -o 53,88,389,445 -p both",
     "Whether a domain controller can be reached."},
    {"portledger query dc1 --group domains-and-trusts",
     "The same, with PortQryUI's list of ports."},
    {"portledger query 10.0.0.0/24 -e 443 --jsonl", "Who serves HTTPS in a network, a line each."},
    {"portledger query web1 -r 1:65535 --no-ask", "Every TCP port of a host, without a word."},
    {"portledger query router -e udp/161 --community-file c.txt --verbose", "What SNMP says."},
    {NULL, NULL},
};

const struct command command_query = {
    .name = "query",
    .words = "HOST...",
    .summary = "Ask remote ports whether they listen, and in their protocols",
    .text =
        "HOST is a name, an address, a prefix (10.0.0.0/24) or a range (10.0.0.1-50). A port is "
        "reached first, by a TCP connection or a UDP datagram, and then asked in the protocol "
        "that belongs to its service or number. Protocols that leave something behind on the "
        "server are asked only by --as. UDP that stays silent is LISTENING or FILTERED: "
        "nobody can tell.",
    .options = query_options,
    .option_count = QUERY_OPTION_COUNT,
    .words_min = 1,
    .words_max = WORDS_MAX,
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
