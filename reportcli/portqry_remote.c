/* SPDX-License-Identifier: MIT */

#include "reportcli/portqry_remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure_system.h"
#include "base/interrupt.h"
#include "probes/engine.h"
#include "probes/ports.h"
#include "probes/reactor.h"
#include "probes/services.h"
#include "reportcli/portqry_answer.h"
#include "reportcli/portqry_lookup.h"

enum {
    AT_ONCE = 1024, /* ports whose outcomes are gathered before the first is said */
    NUMBER_SIZE = 24,
};

static const char default_community[] = "public";

/* One port, and what comes of it. */
struct asked {
    struct port_item item;
    const char *service;
    const struct portqry_special *special; /* NULL: it is only reached */
    const struct protocol *protocol;
    struct outcome outcome;
    bool has_outcome;
};

struct run {
    struct portqry_page *page;
    const struct portqry_query *query;
    struct service_table services;
    struct socket_endpoint address;
    bool is_address; /* the host was named by one */
    struct text name;
    bool is_named; /* `name` is that of the address */
    struct engine *engine;
    struct engine *ephemeral; /* from any port of ours; NULL: `engine` does so */
    volatile bool stopped;
    struct asked *asked; /* those that are asked at once */
    size_t count;
    bool reach_only; /* what is under way */
    bool pulled;     /* its target */
    int status;
    bool gave_up; /* the source port cannot be used */
};

static void say(struct run *run, enum portqry_word word, const char *argument)
{
    portqry_say(run->page, word, (const char *const[]){argument});
}

static bool is_udp(const struct asked *asked)
{
    return asked->item.transport == PROBE_UDP;
}

static unsigned bit_of(const struct asked *asked)
{
    return is_udp(asked) ? PORTS_UDP : PORTS_TCP;
}

/* Reached by a query of its own, and asked by another one. */
static bool is_asked_apart(const struct run *run, const struct asked *asked)
{
    return is_udp(asked) || (run->query->source_port != 0 && asked->special != NULL &&
                             (asked->special->ephemeral & bit_of(asked)) != 0);
}

static bool next_target(void *context, struct engine_target *target)
{
    struct run *run = context;

    if (run->pulled) {
        return false;
    }
    run->pulled = true;
    *target = (struct engine_target){.host = run->query->host, .address = run->address};
    return true;
}

static bool query_at(void *context, uint64_t target_tag, size_t i, struct engine_query *query)
{
    struct run *run = context;
    const struct asked *asked = &run->asked[i];

    (void)target_tag;
    if (i >= run->count) {
        return false;
    }
    *query = (struct engine_query){
        .transport = asked->item.transport,
        .port = asked->item.port,
        .protocol = run->reach_only && is_asked_apart(run, asked) ? NULL : asked->protocol,
        .service = asked->service,
        .keeps_said = !is_udp(asked) && asked->special != NULL && asked->special->told == 0,
        .tag = i,
    };
    return true;
}

static bool deliver(void *context, uint64_t tag, struct outcome *outcome, struct failure *why)
{
    struct run *run = context;
    struct asked *asked = &run->asked[tag];

    (void)why;
    outcome_clear(&asked->outcome);
    asked->outcome = *outcome;
    asked->has_outcome = true;
    *outcome = (struct outcome){0};
    return true;
}

static bool run_engine(struct run *run, struct engine *engine, bool reach_only, struct failure *why)
{
    const struct engine_work work = {
        .context = run, .next_target = next_target, .query_at = query_at, .deliver = deliver};
    struct engine_sum sum;

    run->pulled = false;
    run->reach_only = reach_only;
    return engine_run(engine, &work, &sum, why);
}

static void note_status(struct run *run, enum probe_status status)
{
    static const int statuses[PROBE_STATUS_COUNT] = {
        [PROBE_NOT_ASKED] = PORTQRY_FAILED,
        [PROBE_LISTENING] = PORTQRY_LISTENING,
        [PROBE_NOT_LISTENING] = PORTQRY_NOT_LISTENING,
        [PROBE_FILTERED] = PORTQRY_FILTERED,
        [PROBE_LISTENING_OR_FILTERED] = PORTQRY_FILTERED,
    };

    if (statuses[status] > run->status) {
        run->status = statuses[status];
    }
}

static void say_not_asked(struct run *run, const struct asked *asked, const char *const *words)
{
    struct failure why = {0};

    (void)failure_from_system(&why, asked->outcome.reach.error.code, "cannot ask");
    if (run->query->source_port != 0 && asked->outcome.reach.cause == PROBE_LOCAL_ERROR &&
        why.kind == FAILURE_BUSY) {
        portqry_say_error(run->page, PORTQRY_SOURCE_IN_USE, NULL);
        run->gave_up = true;
        return;
    }
    portqry_say_error(run->page, PORTQRY_NOT_ASKED, words);
}

static void say_status(struct run *run, const struct asked *asked)
{
    const struct outcome *outcome = &asked->outcome;
    const char *service =
        asked->service != NULL ? asked->service : portqry_word_text(PORTQRY_UNKNOWN_SERVICE);
    char port[NUMBER_SIZE];
    const char *words[] = {is_udp(asked) ? "UDP" : "TCP", port, service,
                           probe_status_name((int)outcome->status)};

    (void)snprintf(port, sizeof(port), "%u", asked->item.port);
    if (outcome->status == PROBE_NOT_ASKED) {
        words[3] =
            outcome->detail != NULL ? outcome->detail : probe_cause_name((int)outcome->cause);
        say_not_asked(run, asked, words);
    } else {
        portqry_say(run->page, PORTQRY_STATUS, words);
    }
}

/* The second query of a port. */
static bool ask_apart(struct run *run, struct asked *asked, struct failure *why)
{
    bool from_any = run->ephemeral != NULL && (asked->special->ephemeral & bit_of(asked)) != 0;
    struct asked *all = run->asked;
    size_t count = run->count;
    bool done;

    asked->has_outcome = false;
    run->asked = asked;
    run->count = 1;
    done = run_engine(run, from_any ? run->ephemeral : run->engine, false, why);
    run->asked = all;
    run->count = count;
    return done;
}

/* UDP that has answered what is no query needs none. */
static bool is_to_be_asked(const struct asked *asked)
{
    enum probe_status status = asked->outcome.status;

    return asked->special != NULL &&
           status == (is_udp(asked) ? PROBE_LISTENING_OR_FILTERED : PROBE_LISTENING);
}

static bool say_special(struct run *run, struct asked *asked, struct failure *why)
{
    const char *community =
        run->query->community != NULL ? run->query->community : default_community;
    struct text lines = {0};

    if (is_asked_apart(run, asked) && (!ask_apart(run, asked, why) || !asked->has_outcome)) {
        return run->stopped;
    }
    portqry_answer_add(&lines, asked->special, &asked->outcome, community);
    if (lines.size > 0) {
        portqry_say(run->page, PORTQRY_EMPTY, NULL);
        portqry_say_text(run->page, &lines);
    }
    text_clear(&lines);
    return true;
}

static bool say_port(struct run *run, struct asked *asked, bool is_first, struct failure *why)
{
    bool asks = is_to_be_asked(asked);
    bool done = true;

    if (!is_first) {
        portqry_say(run->page, PORTQRY_EMPTY, NULL);
    }
    say_status(run, asked);
    if (asks) {
        done = say_special(run, asked, why);
    }
    note_status(run, asked->has_outcome ? asked->outcome.status : PROBE_LISTENING_OR_FILTERED);
    return done;
}

static void clear_asked(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        outcome_clear(&run->asked[i].outcome);
    }
    run->count = 0;
}

static void choose(struct run *run, struct asked *asked, struct port_item item)
{
    const struct protocol *protocol;

    *asked = (struct asked){.item = item};
    asked->service = service_name(&run->services, item.transport, item.port);
    protocol = protocol_of_port(item.transport, item.port, asked->service);
    asked->special = portqry_special_find(protocol);
    if (run->query->spares_rpc && asked->special != NULL &&
        strcmp(asked->special->name, "rpc") == 0) {
        asked->special = NULL;
    }
    if (asked->special != NULL) {
        asked->protocol =
            asked->special->asks_as != NULL ? protocol_find(asked->special->asks_as) : protocol;
    }
}

static void say_resolving(struct run *run, const struct asked *asked)
{
    const char *transport = is_udp(asked) ? "UDP" : "TCP";

    portqry_say(run->page, PORTQRY_RESOLVING, NULL);
    portqry_say(run->page, asked->service != NULL ? PORTQRY_RESOLVED : PORTQRY_NOT_RESOLVED,
                (const char *const[]){transport, asked->service});
}

/* What the address is called, or the name's address. */
static void say_host(struct run *run)
{
    struct text address = {0};

    if (!run->is_address) {
        socket_endpoint_add_address(&address, &run->address);
        say(run, PORTQRY_NAME_RESOLVED, text_bytes(&address));
        text_clear(&address);
    } else if (!run->query->no_reverse) {
        say(run, run->is_named ? PORTQRY_ADDRESS_RESOLVED : PORTQRY_ADDRESS_FAILED,
            text_bytes(&run->name));
    }
}

/* With -nr nothing is said of the query that begins, as in PortQry's own log. */
static void say_querying(struct run *run)
{
    if (!run->is_address || !run->query->no_reverse || run->query->interactive) {
        portqry_say(run->page, PORTQRY_QUERYING, NULL);
    }
}

static bool ask_some(struct run *run, size_t first, struct failure *why)
{
    bool done = true;

    if (run->query->interactive) {
        say_resolving(run, &run->asked[0]);
        say_host(run);
        say_querying(run);
    }
    done = run_engine(run, run->engine, true, why);
    for (size_t i = 0; done && i < run->count && !run->stopped && !run->gave_up; i++) {
        if (run->asked[i].has_outcome) {
            done = say_port(run, &run->asked[i], (first == 0 || run->query->interactive) && i == 0,
                            why);
        }
        done = done && (!run->page->failed || (*why = run->page->why, false));
    }
    return done;
}

static bool ask_all(struct run *run, struct failure *why)
{
    const struct port_list *list = run->query->ports;
    bool alone = run->query->interactive || run->query->source_port != 0;
    size_t at_once = alone ? 1 : AT_ONCE;
    bool done = true;

    for (size_t at = 0; done && at < list->count && !run->stopped && !run->gave_up; at += at_once) {
        while (run->count < at_once && at + run->count < list->count) {
            choose(run, &run->asked[run->count], list->items[at + run->count]);
            run->count++;
        }
        done = ask_some(run, at, why);
        if (run->query->interactive) {
            portqry_say(run->page, PORTQRY_EMPTY, NULL);
        }
        clear_asked(run);
    }
    return done;
}

static void say_unless_interactive(struct run *run, enum portqry_word word)
{
    if (!run->query->interactive) {
        portqry_say(run->page, word, NULL);
    }
}

/* Names of addresses are only for people; *goes_on: the host can be queried. */
static bool look_up(struct run *run, bool *goes_on, struct failure *why)
{
    const struct portqry_query *query = run->query;
    bool done = true;

    *goes_on = true;
    if (!run->is_address) {
        say_unless_interactive(run, PORTQRY_RESOLVE_NAME);
        done = portqry_look_up(query->host, &run->stopped, &run->address, goes_on, why);
        if (done && !*goes_on && !run->stopped) {
            portqry_say_error(run->page, PORTQRY_NAME_FAILED, NULL);
        }
    } else if (!query->no_reverse) {
        say_unless_interactive(run, PORTQRY_RESOLVE_ADDRESS);
        done = portqry_look_back(&run->address, &run->stopped, &run->name, &run->is_named, why);
    }
    *goes_on = *goes_on && !run->stopped;
    return done;
}

static bool resolve(struct run *run, bool *goes_on, struct failure *why)
{
    struct failure ignored;

    if (!run->query->interactive) {
        say(run, PORTQRY_TARGET, run->query->host);
    }
    run->is_address = socket_endpoint_parse_address(run->query->host, &run->address, &ignored);
    if (!look_up(run, goes_on, why)) {
        return false;
    }
    if (*goes_on && !run->query->interactive) {
        say_host(run);
        say_querying(run);
    }
    return true;
}

static bool open_engine(const struct run *run, struct engine **engine, uint16_t source,
                        struct failure *why)
{
    char ignored[200];
    const struct engine_options options = {
        .in_flight = reactor_limit(AT_ONCE, ignored, sizeof(ignored)),
        .per_target = AT_ONCE,
        .slow = run->query->slow,
        .source = {.port = source},
        .community = run->query->community,
    };

    return engine_open(engine, &options, why);
}

/* May be called while another thread runs the engines, and as a signal handler. */
static void stop(void *context)
{
    struct run *run = context;

    run->stopped = true;
    engine_stop(run->engine);
    if (run->ephemeral != NULL) {
        engine_stop(run->ephemeral);
    }
}

static bool ask(struct run *run, struct failure *why)
{
    uint16_t source = run->query->source_port;
    bool goes_on = false;
    bool done = open_engine(run, &run->engine, source, why) &&
                (source == 0 || open_engine(run, &run->ephemeral, 0, why));

    if (done) {
        interrupt_catch(stop, run);
        done = resolve(run, &goes_on, why) && (!goes_on || ask_all(run, why));
        interrupt_release();
        run->status = goes_on || run->stopped ? run->status : PORTQRY_FAILED;
    }
    if (done && run->stopped) {
        portqry_say_error(run->page, PORTQRY_INTERRUPTED, NULL);
        run->status = run->status > PORTQRY_FILTERED ? run->status : PORTQRY_FILTERED;
    }
    engine_close(run->engine);
    engine_close(run->ephemeral);
    return done;
}

bool portqry_remote_run(struct portqry_page *page, const struct portqry_query *query, int *status,
                        struct failure *why)
{
    struct run run = {.page = page, .query = query};
    bool done;

    run.asked = calloc(AT_ONCE, sizeof(*run.asked));
    done = (run.asked != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for the ports")) &&
           service_table_read(&run.services, why) && ask(&run, why);
    *status = !done || run.gave_up ? PORTQRY_FAILED : run.status;
    clear_asked(&run);
    free(run.asked);
    service_table_clear(&run.services);
    text_clear(&run.name);
    return done;
}
