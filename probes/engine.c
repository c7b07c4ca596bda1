/* SPDX-License-Identifier: MIT */

/*
 * What is asked when: targets are pulled when those at hand have nothing to
 * start, and take turns in a ring. What may start is bounded by the engine,
 * by target, and by a pace: a burst of connections to one host would be
 * dropped on the way by many a small link, and look like filtered ports.
 */

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "probes/engine_parts.h"
#include "probes/targets.h"

enum {
    EVENTS_AT_ONCE = 256,
    STARTS_AT_ONCE = 256, /* before events are looked at again */
    PACE_BURST = 128,     /* queries that may start at once at a target that has said nothing */
    PACE_PER_MS = 16,     /* and so many more each millisecond */
    PACE_PER_ANSWER = 2,  /* and so many for each that was answered */
    PROGRESS_US = 250000,
    SECOND_US = 1000000,
    RATE_LAG_US = 100000,        /* behind its rate that a run makes up for */
    RECOVERY_US = 1000000,       /* without a want of room, until there may be more at once again */
    NAME_PATIENCE_US = 15000000, /* from when somebody looks it up */
    NAME_LOOK_US = 1000000,      /* whether somebody does */
    FAREWELL_US = 300000,        /* of a run that is stopped */
};

static void set_defaults(struct engine_options *options)
{
    options->in_flight = options->in_flight == 0 ? ENGINE_IN_FLIGHT : options->in_flight;
    options->per_target = options->per_target == 0 ? ENGINE_PER_TARGET : options->per_target;
    options->attempt_ms = options->attempt_ms == 0 ? ENGINE_ATTEMPT_MS : options->attempt_ms;
    if (options->community == NULL) {
        options->community = "public";
    }
    if (options->dns_name == NULL) {
        options->dns_name = "portqry.microsoft.com";
    }
}

/* Else each query would find out by itself. */
static bool check_source(const struct engine *engine, struct failure *why)
{
    struct text words = {0};
    bool done = reactor_check_source(engine->reactor, &engine->options.source, why);

    if (!done) {
        socket_endpoint_add_address(&words, &engine->options.source);
        (void)FAIL(why, why->kind, why->code, "cannot ask from %s: %s", text_bytes(&words),
                   why->text);
        text_clear(&words);
    }
    return done;
}

bool engine_open(struct engine **out, const struct engine_options *options, struct failure *why)
{
    struct engine *engine = calloc(1, sizeof(*engine));

    *out = NULL;
    if (engine == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the probe engine");
    }
    engine->options = *options;
    set_defaults(&engine->options);
    if (!reactor_open(&engine->reactor, engine->options.in_flight, why)) {
        free(engine);
        return false;
    }
    if (!check_source(engine, why)) {
        engine_close(engine);
        return false;
    }
    *out = engine;
    return true;
}

void engine_close(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    tls_library_close(engine->tls);
    reactor_close(engine->reactor);
    timer_heap_clear(&engine->timers);
    free(engine);
}

void engine_stop(struct engine *engine)
{
    atomic_store(&engine->stop, true);
    reactor_wake(engine->reactor);
}

struct tls_library *engine_tls(struct engine *engine)
{
    struct failure why;

    if (engine->tls == NULL && !engine->tls_failed && !tls_library_open(&engine->tls, &why)) {
        engine->tls_failed = true;
        if (engine->work.warn != NULL) {
            engine->work.warn(engine->work.context, why.text);
        }
    }
    return engine->tls;
}

/* The ring of targets that may start a query. */

static void enter_ring(struct engine *engine, struct target *target)
{
    if (target->next != NULL) {
        return;
    }
    if (engine->ring == NULL) {
        target->next = target;
        target->before = target;
        engine->ring = target;
    } else {
        target->next = engine->ring;
        target->before = engine->ring->before;
        target->before->next = target;
        target->next->before = target;
    }
}

static void leave_ring(struct engine *engine, struct target *target)
{
    if (target->next == NULL) {
        return;
    }
    if (engine->ring == target) {
        engine->ring = target->next == target ? NULL : target->next;
    }
    target->before->next = target->next;
    target->next->before = target->before;
    target->next = NULL;
    target->before = NULL;
}

static void refill(struct target *target, int64_t now)
{
    int64_t passed = (now - target->refilled_at) / 1000;

    if (passed > 0) {
        size_t more = passed > PACE_BURST ? (size_t)PACE_BURST : (size_t)passed * PACE_PER_MS;

        target->refilled_at += passed * 1000;
        if (target->tokens < PACE_BURST) {
            target->tokens =
                target->tokens + more > PACE_BURST ? PACE_BURST : target->tokens + more;
        }
    }
}

/* Puts the target where it belongs: into the ring, or not. */
static void place_target(struct engine *engine, struct target *target)
{
    bool has_room = target->in_flight < engine->options.per_target;
    bool may_start = target->state != TARGET_RESOLVING && !target->exhausted && has_room;

    if (may_start && target->tokens == 0) {
        timer_heap_set(&engine->timers, &target->timer, target->refilled_at + 1000);
    }
    if (may_start && target->tokens > 0) {
        enter_ring(engine, target);
    } else {
        leave_ring(engine, target);
    }
}

static void unlink_target(struct engine *engine, struct target *target)
{
    if (target->before_of_all != NULL) {
        target->before_of_all->next_of_all = target->next_of_all;
    } else {
        engine->targets = target->next_of_all;
    }
    if (target->next_of_all != NULL) {
        target->next_of_all->before_of_all = target->before_of_all;
    }
    engine->target_count--;
}

static void free_target(struct engine *engine, struct target *target)
{
    leave_ring(engine, target);
    timer_heap_remove(&engine->timers, &target->timer);
    unlink_target(engine, target);
    free(target->other_addresses);
    free(target->host);
    free(target);
}

/* One of which nothing is left is forgotten, unless the resolver still knows it. */
static void release_target(struct engine *engine, struct target *target)
{
    if (target->exhausted && target->in_flight == 0 && !target->awaits_answer) {
        free_target(engine, target);
    } else {
        place_target(engine, target);
    }
}

/* A failure of ours ends the run. */
static void fail_run(struct engine *engine)
{
    engine->failed = true;
}

static void wake_reactor(void *context)
{
    reactor_wake(context);
}

static bool ask_resolver(struct engine *engine, struct target *target)
{
    if (engine->resolver == NULL &&
        !resolver_open(&engine->resolver, wake_reactor, engine->reactor, engine->why)) {
        return false;
    }
    target->awaits_answer = true;
    target->asked_at = clock_steady_us();
    timer_heap_set(&engine->timers, &target->timer, target->asked_at + NAME_LOOK_US);
    return resolver_ask(engine->resolver, target->host, engine->options.family, target,
                        engine->why);
}

static void fail_name(struct target *target, const char *words)
{
    size_t length = strlen(words);
    size_t size =
        text_whole(words, length < sizeof(target->why) ? length : sizeof(target->why) - 1);

    memcpy(target->why, words, size);
    target->why[size] = '\0';
    target->state = TARGET_UNKNOWN;
}

/*
 * 0.0.0.0 and :: are nobody's (RFC 1122 section 3.2.1.3, RFC 4291 section
 * 2.5.2), though name servers that block names give them. Systems that send to
 * them mean themselves.
 */
static void know_address(struct target *target, const struct socket_endpoint *address)
{
    if (socket_endpoint_is_any(address)) {
        fail_name(target, address->address_size == 4
                              ? "its address is 0.0.0.0, which no host can have"
                              : "its address is ::, which no host can have");
        return;
    }
    if (target_is_group(address)) {
        fail_name(target, "its address is one of multicast or broadcast, which is of many hosts");
        return;
    }
    target->address = *address;
    target->state = TARGET_KNOWN;
}

static struct target *make_target(const struct engine_target *from)
{
    struct target *target = calloc(1, sizeof(*target));

    if (target == NULL) {
        return NULL;
    }
    target->host = text_copy(from->host);
    if (target->host == NULL) {
        free(target);
        return NULL;
    }
    target->tag = from->tag;
    target->name_us = -1;
    target->tokens = PACE_BURST;
    target->refilled_at = clock_steady_us();
    target->timer = (struct timer){.kind = TIMER_TARGET, .owner = target};
    return target;
}

static void link_target(struct engine *engine, struct target *target)
{
    target->next_of_all = engine->targets;
    if (engine->targets != NULL) {
        engine->targets->before_of_all = target;
    }
    engine->targets = target;
    engine->target_count++;
}

static bool find_address(struct engine *engine, struct target *target,
                         const struct engine_target *from)
{
    struct socket_endpoint literal = {0};
    struct failure why;

    if (from->address.address_size != 0) {
        target->host_is_address = socket_endpoint_parse_address(target->host, &literal, &why);
        know_address(target, &from->address);
        return true;
    }
    if (socket_endpoint_parse_address(target->host, &literal, &why)) {
        target->host_is_address = true;
        know_address(target, &literal);
        return true;
    }
    return ask_resolver(engine, target);
}

/* Pulls one more target. False: there is none, or no room. */
static bool pull_target(struct engine *engine)
{
    struct engine_target from = {0};
    struct target *target;

    if (engine->no_more_targets || engine->target_count >= engine->options.in_flight) {
        return false;
    }
    if (!engine->work.next_target(engine->work.context, &from)) {
        engine->no_more_targets = true;
        return false;
    }
    target = make_target(&from);
    if (target == NULL) {
        failure_set(engine->why, FAILURE_MEMORY, 0, "no memory for a target");
        fail_run(engine);
        return false;
    }
    link_target(engine, target);
    engine->sum.targets++;
    if (!find_address(engine, target, &from)) {
        fail_run(engine);
        return false;
    }
    place_target(engine, target);
    return true;
}

static void link_query(struct engine *engine, struct query *query)
{
    query->next_of_all = engine->queries;
    if (engine->queries != NULL) {
        engine->queries->before_of_all = query;
    }
    engine->queries = query;
    query->target->in_flight++;
    engine->sum.started++;
    engine->sum.in_flight++;
    if (engine->sum.in_flight > engine->sum.most_in_flight) {
        engine->sum.most_in_flight = engine->sum.in_flight;
    }
}

static void unlink_query(struct engine *engine, struct query *query)
{
    if (query->before_of_all != NULL) {
        query->before_of_all->next_of_all = query->next_of_all;
    } else {
        engine->queries = query->next_of_all;
    }
    if (query->next_of_all != NULL) {
        query->next_of_all->before_of_all = query->before_of_all;
    }
    query->target->in_flight--;
    engine->sum.in_flight--;
}

static struct query *make_query(struct engine *engine, struct target *target,
                                const struct engine_query *asked)
{
    struct query *query = calloc(1, sizeof(*query));

    if (query == NULL) {
        return NULL;
    }
    query->engine = engine;
    query->target = target;
    query->asked = *asked;
    query->timer = (struct timer){.kind = TIMER_QUERY, .owner = query};
    query->outcome.port = asked->port;
    query->outcome.transport = asked->transport;
    query->outcome.started_at = clock_now();
    query->outcome.timings = (struct probe_timings){
        .name = target->name_us, .connect = -1, .tls = -1, .reply = -1, .total = -1};
    return query;
}

/*
 * Whether a query may begin now, by the rate, which counts it then. How long
 * queries last has no say in it; what was held up otherwise is made up for in
 * part, so that a wait that was a little long costs no query.
 */
static bool may_start(struct engine *engine)
{
    int64_t now = clock_steady_us();

    if (engine->options.rate == 0) {
        return true;
    }
    engine->awaits_start = engine->next_start > now;
    if (engine->awaits_start) {
        return false;
    }
    if (engine->next_start < now - RATE_LAG_US) {
        engine->next_start = now - RATE_LAG_US;
    }
    engine->next_start += SECOND_US / engine->options.rate;
    return true;
}

/* Starts the next query of the target whose turn it is. */
static void start_query(struct engine *engine)
{
    struct target *target = engine->ring;
    struct engine_query asked = {0};
    struct query *query;

    engine->ring = target->next;
    if (!engine->work.query_at(engine->work.context, target->tag, target->query, &asked)) {
        target->exhausted = true;
        release_target(engine, target);
        return;
    }
    if (!may_start(engine)) {
        engine->ring = target;
        return;
    }
    query = make_query(engine, target, &asked);
    if (query == NULL ||
        !timer_heap_reserve(&engine->timers, engine->sum.in_flight + engine->target_count + 1,
                            engine->why)) {
        free(query);
        failure_set(engine->why, FAILURE_MEMORY, 0, "no memory for a query");
        fail_run(engine);
        return;
    }
    target->query++;
    target->tokens--;
    link_query(engine, query);
    place_target(engine, target);
    query_start(query);
}

/* Starts what may start. True where more may, at once. */
static bool start_some(struct engine *engine)
{
    engine->awaits_start = false;
    for (int i = 0; i < STARTS_AT_ONCE && !engine->failed && !engine->awaits_start; i++) {
        if (engine->sum.in_flight >= engine->limit) {
            return false;
        }
        while (engine->ring == NULL) {
            if (!timer_heap_reserve(&engine->timers,
                                    engine->sum.in_flight + engine->target_count + 1,
                                    engine->why)) {
                fail_run(engine);
            }
            if (engine->failed || !pull_target(engine)) {
                return false;
            }
        }
        start_query(engine);
    }
    return !engine->awaits_start;
}

static bool was_answered(const struct outcome *outcome)
{
    return outcome->reach.cause != PROBE_TIMEOUT && outcome->reach.cause != PROBE_LOCAL_ERROR;
}

static bool complete_outcome(struct query *query)
{
    struct outcome *outcome = &query->outcome;

    outcome->timings.total = clock_steady_us() - query->began;
    outcome->host = text_copy(query->target->host);
    if (query->asked.service != NULL) {
        outcome->service = text_copy(query->asked.service);
    }
    if (query->target->other_addresses != NULL) {
        outcome->other_addresses = text_copy(query->target->other_addresses);
    }
    outcome->address_number = query->target->address_number;
    outcome_judge(outcome);
    if (outcome->status == PROBE_NOT_ASKED) {
        outcome->timings.connect = -1;
    }
    return outcome->host != NULL;
}

static bool deliver(struct engine *engine, struct query *query)
{
    int64_t began = clock_steady_us();
    bool done =
        engine->work.deliver(engine->work.context, query->asked.tag, &query->outcome, engine->why);

    engine->away += clock_steady_us() - began;
    return done;
}

void query_finished(struct query *query)
{
    struct engine *engine = query->engine;
    struct target *target = query->target;

    if (!complete_outcome(query)) {
        failure_set(engine->why, FAILURE_MEMORY, 0, "no memory for an outcome");
        fail_run(engine);
    } else if (!engine->failed) {
        engine->sum.delivered++;
        engine->failed = !deliver(engine, query);
    }
    if (was_answered(&query->outcome) && target->tokens < engine->options.per_target) {
        target->tokens += PACE_PER_ANSWER;
    }
    unlink_query(engine, query);
    query_free(query);
    release_target(engine, target);
}

void engine_lacks_room(struct engine *engine, const struct probe_error *error)
{
    struct failure why;
    char text[sizeof(why.text) + 100];
    size_t with_socket = engine->sum.in_flight - engine->waiting;

    /* So many as there is room for; the next one starts when those that wait have had theirs. */
    engine->limit = with_socket < engine->limit ? with_socket : engine->limit;
    engine->limit = engine->limit == 0 ? 1 : engine->limit;
    engine->lacked_at = clock_steady_us();
    if (engine->warned_of_room || engine->work.warn == NULL) {
        return;
    }
    engine->warned_of_room = true;
    (void)failure_from_system(&why, error->code, "no room for more than %zu %s at once",
                              engine->limit, engine->limit == 1 ? "query" : "queries");
    snprintf(text, sizeof(text), "%s; the others wait their turn", why.text);
    engine->work.warn(engine->work.context, text);
}

/* Address `i` of those that the name of the target has. */
static bool take_address(struct target *target, const struct address_list *addresses, size_t i)
{
    struct text others = {0};
    bool done = true;

    know_address(target, &addresses->items[i]);
    target->address_number = (uint16_t)i;
    if (addresses->count > 1) {
        address_list_add_others(&others, addresses, i);
        target->other_addresses = others.failed ? NULL : text_copy(text_bytes(&others));
        done = target->other_addresses != NULL;
    }
    text_clear(&others);
    return done;
}

/* As if the caller had named the other addresses, too. */
static bool add_address(struct engine *engine, const struct target *first,
                        const struct address_list *addresses, size_t i)
{
    struct target *target =
        make_target(&(struct engine_target){.host = first->host, .tag = first->tag});

    if (target == NULL) {
        return false;
    }
    link_target(engine, target);
    engine->sum.more_addresses++;
    target->name_us = first->name_us;
    if (!take_address(target, addresses, i)) {
        return false;
    }
    place_target(engine, target);
    return true;
}

static void take_addresses(struct engine *engine, struct target *target,
                           const struct address_list *addresses)
{
    size_t asked = engine->options.all_addresses ? addresses->count : 1;
    bool done = take_address(target, addresses, 0);

    for (size_t i = 1; i < asked && done; i++) {
        done = add_address(engine, target, addresses, i);
    }
    if (!done) {
        failure_set(engine->why, FAILURE_MEMORY, 0, "no memory for the addresses of a name");
        fail_run(engine);
    }
    if (addresses->count > 1 && engine->work.resolved != NULL) {
        engine->work.resolved(engine->work.context, target->host, addresses);
    }
}

static void take_answer(struct engine *engine, const struct resolver_answer *answer)
{
    struct target *target = answer->user;

    target->awaits_answer = false;
    if (target->state == TARGET_RESOLVING) {
        timer_heap_remove(&engine->timers, &target->timer);
        target->name_us = answer->took;
        if (answer->found) {
            take_addresses(engine, target, &answer->addresses);
        } else {
            fail_name(target, answer->why);
            target->name_is_unsure = answer->is_unsure;
        }
    }
    release_target(engine, target);
}

static void take_answers(struct engine *engine)
{
    struct resolver_answer answer;

    while (engine->resolver != NULL && resolver_take(engine->resolver, &answer)) {
        take_answer(engine, &answer);
        address_list_clear(&answer.addresses);
    }
}

/* A name that has not come back yet: that other names are slow is no fault of its own. */
static void on_name_timer(struct engine *engine, struct target *target, int64_t now)
{
    int64_t end = resolver_give_up_at(engine->resolver, target, NAME_PATIENCE_US);

    if (end <= now) {
        target->name_us = now - target->asked_at;
        fail_name(target, "the name service does not answer");
        target->name_is_unsure = true;
    } else {
        timer_heap_set(&engine->timers, &target->timer,
                       end < now + NAME_LOOK_US ? end : now + NAME_LOOK_US);
    }
}

/* A name that is still being asked for; or a target that may go on. */
static void on_target_timer(struct engine *engine, struct target *target, int64_t now)
{
    if (target->state == TARGET_RESOLVING) {
        on_name_timer(engine, target, now);
    }
    refill(target, now);
    place_target(engine, target);
}

/* Milliseconds until something is due, rounded up. */
static int time_left(const struct engine *engine, int64_t progress_at)
{
    const struct timer *timer = timer_heap_first(&engine->timers);
    int64_t at = timer == NULL ? INT64_MAX : timer->at;
    int64_t now = clock_steady_us();

    if (engine->work.progress != NULL && progress_at < at) {
        at = progress_at;
    }
    if (engine->awaits_start && engine->next_start < at) {
        at = engine->next_start;
    }
    if (at == INT64_MAX) {
        return -1;
    }
    if (at <= now) {
        return 0;
    }
    return (at - now) / 1000 >= INT_MAX - 1 ? INT_MAX : (int)((at - now + 999) / 1000);
}

/* Returns how many there were: 0 means that nothing is unheard. */
static size_t handle_events(struct engine *engine, int milliseconds)
{
    struct reactor_event events[EVENTS_AT_ONCE];
    size_t count = 0;

    if (!reactor_wait(engine->reactor, milliseconds, events, EVENTS_AT_ONCE, &count, engine->why)) {
        fail_run(engine);
        return 0;
    }
    engine->heard_at = clock_steady_us();
    for (size_t i = 0; i < count; i++) {
        query_on_event(events[i].user, &events[i]);
    }
    return count;
}

/*
 * Hears all that came up to now. Sockets have their turns, so that one that
 * always has more does not keep the others from being late.
 */
static void hear_rest(struct engine *engine, int64_t now)
{
    size_t turns = engine->sum.in_flight / EVENTS_AT_ONCE + 2;

    while (turns-- > 0 && !engine->failed && handle_events(engine, 0) > 0) {
    }
    engine->heard_at = now;
}

/*
 * Who takes an outcome may keep us waiting (a pager, a slow disk): what was due
 * meanwhile may well have been answered, and lies in its socket. So nothing
 * expires before everything that came until then was heard.
 */
static void expire(struct engine *engine, bool all_heard)
{
    int64_t now = clock_steady_us();
    struct timer *timer = timer_heap_first(&engine->timers);

    if (timer != NULL && timer->at <= now && !all_heard) {
        hear_rest(engine, now);
    }
    while ((timer = timer_heap_first(&engine->timers)) != NULL && timer->at <= engine->heard_at) {
        timer_heap_remove(&engine->timers, timer);
        if (timer->kind == TIMER_QUERY) {
            query_on_timer(timer->owner);
        } else {
            on_target_timer(engine, timer->owner, engine->heard_at);
        }
    }
}

static bool is_over(const struct engine *engine)
{
    return engine->failed || (engine->no_more_targets && engine->sum.in_flight == 0 &&
                              engine->ring == NULL && engine->target_count == 0);
}

/* Names that are asked for still, though nobody needs them any more, hold nobody up. */
static bool only_zombies(const struct engine *engine)
{
    if (!engine->no_more_targets || engine->sum.in_flight > 0 || engine->ring != NULL) {
        return false;
    }
    for (const struct target *target = engine->targets; target != NULL;
         target = target->next_of_all) {
        if (!target->exhausted) {
            return false;
        }
    }
    return true;
}

static void show_progress(struct engine *engine, int64_t *progress_at)
{
    int64_t now = clock_steady_us();

    if (engine->work.progress != NULL && now >= *progress_at) {
        *progress_at = now + PROGRESS_US;
        engine->work.progress(engine->work.context, &engine->sum);
    }
}

/* A want of room may have been somebody else's doing, and over. */
static void try_more(struct engine *engine)
{
    int64_t now = clock_steady_us();

    if (engine->limit < engine->options.in_flight && now - engine->lacked_at > RECOVERY_US) {
        engine->limit += engine->limit / 8 + 1;
        engine->lacked_at = now;
    }
}

static void loop(struct engine *engine)
{
    int64_t progress_at = clock_steady_us() + PROGRESS_US;

    while (!atomic_load(&engine->stop)) {
        bool more = start_some(engine);
        bool all_heard;

        if (is_over(engine) || only_zombies(engine)) {
            break;
        }
        all_heard = handle_events(engine, more ? 0 : time_left(engine, progress_at)) == 0;
        take_answers(engine);
        expire(engine, all_heard);
        query_start_tls_talks(engine);
        try_more(engine);
        show_progress(engine, &progress_at);
    }
}

/* Tells what is known of it, if anything is. */
static void drop_query(struct engine *engine, struct query *query)
{
    if (query_break_off(query) && !engine->failed && complete_outcome(query)) {
        engine->sum.delivered++;
        engine->sum.cut_short++;
        engine->failed = !deliver(engine, query);
    } else {
        engine->sum.stopped++;
    }
    unlink_query(engine, query);
    query_free(query);
}

/*
 * What was opened on a server can be closed only when the server has said what
 * it is (L2TP): those queries alone have a moment more, and their outcomes, if
 * they come, are known ones.
 */
static void await_farewells(struct engine *engine)
{
    int64_t until = clock_steady_us() + FAREWELL_US;
    struct query *next;

    for (struct query *query = engine->queries; query != NULL; query = next) {
        next = query->next_of_all;
        if (!query_owes_farewell(query)) {
            drop_query(engine, query);
        }
    }
    while (engine->queries != NULL && !engine->failed) {
        int64_t left = until - clock_steady_us();

        if (left <= 0) {
            break;
        }
        (void)handle_events(engine, (int)((left + 999) / 1000));
    }
}

static void drop_rest(struct engine *engine)
{
    resolver_close(engine->resolver);
    engine->resolver = NULL;
    while (engine->queries != NULL) {
        drop_query(engine, engine->queries);
    }
    while (engine->targets != NULL) {
        free_target(engine, engine->targets);
    }
}

bool engine_run(struct engine *engine, const struct engine_work *work, struct engine_sum *sum,
                struct failure *why)
{
    engine->work = *work;
    engine->why = why;
    engine->sum = (struct engine_sum){0};
    engine->limit = engine->options.in_flight;
    engine->waiting = 0;
    engine->heard_at = clock_steady_us();
    engine->away = 0;
    engine->tls_talks = 0;
    engine->no_more_targets = false;
    engine->warned_of_room = false;
    engine->failed = false;
    engine->ring = NULL;
    engine->next_start = clock_steady_us();
    if (engine->options.tls) {
        (void)engine_tls(engine);
    }
    loop(engine);
    await_farewells(engine);
    drop_rest(engine);
    engine->sum.was_stopped = atomic_load(&engine->stop);
    *sum = engine->sum;
    return !engine->failed;
}
