/* SPDX-License-Identifier: MIT */

/*
 * What happened around the moment: to the port where nothing was there then,
 * and otherwise what its owner did.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "reportcli/explain.h"

enum { PEERS_MOST = 512, PEERS_TOLD = 10, PORTS_MOST = 256 };

/*
 * The nearest sockets of a port.
 */

/* How far one looks, step by step; 0: as far as there is anything. */
static const int64_t reaches[] = {600000, INT64_C(6) * 3600000, INT64_C(7) * 86400000, 0};

struct nearest {
    struct explain *explain;
    struct explain_rows before; /* the last of them is the nearest */
    struct explain_rows after;
    int64_t before_at;
    int64_t after_at;
    bool lacks_memory;
};

static bool keep_one(struct explain_rows *rows, const struct ledger_interval *interval)
{
    explain_rows_clear(rows);
    return explain_rows_add(rows, interval);
}

static bool take_before(void *context, const struct ledger_interval *interval)
{
    struct nearest *nearest = context;
    const struct explain *explain = nearest->explain;

    if (explain_target_role(explain->target, &interval->socket) == EXPLAIN_NONE ||
        interval->closed_at > explain->at ||
        (nearest->before.count > 0 && interval->closed_at < nearest->before_at)) {
        return true;
    }
    nearest->before_at = interval->closed_at;
    nearest->lacks_memory = !keep_one(&nearest->before, interval);
    return !nearest->lacks_memory;
}

static bool take_after(void *context, const struct ledger_interval *interval)
{
    struct nearest *nearest = context;
    const struct explain *explain = nearest->explain;

    if (explain_target_role(explain->target, &interval->socket) == EXPLAIN_NONE ||
        interval->opened_at <= explain->at ||
        (nearest->after.count > 0 && interval->opened_at >= nearest->after_at)) {
        return true;
    }
    nearest->after_at = interval->opened_at;
    nearest->lacks_memory = !keep_one(&nearest->after, interval);
    return !nearest->lacks_memory;
}

static bool look(struct nearest *nearest, int64_t since, int64_t until, ledger_interval_fn *take,
                 struct failure *why)
{
    struct ledger_filter filter = {.since = since, .until = until};

    explain_target_filter(nearest->explain->target, &filter);
    if (!ledger_walk_intervals(nearest->explain->from->ledger, &filter, take, nearest, why)) {
        return false;
    }
    return !nearest->lacks_memory || FAIL(why, FAILURE_MEMORY, 0, "no memory for a socket");
}

static bool find_nearest(struct nearest *nearest, struct failure *why)
{
    int64_t at = nearest->explain->at;
    bool done = true;

    for (size_t i = 0; done && i < sizeof(reaches) / sizeof(reaches[0]); i++) {
        int64_t reach = reaches[i];

        if (nearest->before.count == 0) {
            done = look(nearest, reach == 0 ? 0 : at - reach, at, take_before, why);
        }
        if (done && nearest->after.count == 0) {
            done = look(nearest, at, reach == 0 ? 0 : at + reach, take_after, why);
        }
    }
    return done;
}

static bool say_nearest(struct explain *explain, const struct explain_rows *rows, const char *which,
                        int64_t distance, struct failure *why)
{
    struct explain_line line = {.part = EXPLAIN_NEAR};

    text_addf(&explain->words, "%s: ", which);
    if (rows->count == 0) {
        text_add(&explain->words, "nothing that the ledger has");
        return explain_say(explain, &line, why);
    }
    line.interval = explain_rows_at(rows, 0);
    explain_add_socket(&explain->words, &line.interval->socket);
    text_add(&explain->words, ", ");
    explain_add_owner(&explain->words, line.interval);
    text_add(&explain->words, ", ");
    units_add_duration_rough(&explain->words, distance);
    text_addf(&explain->words, " %s; ", rows->kept == EXPLAIN_LAST ? "earlier" : "later");
    explain_add_life(&explain->words, line.interval, explain->context->render.zone);
    return explain_say(explain, &line, why);
}

bool explain_tell_near(struct explain *explain, struct failure *why)
{
    struct nearest nearest = {
        .explain = explain, .before = {.kept = EXPLAIN_LAST}, .after = {.kept = EXPLAIN_FIRST}};
    bool done =
        find_nearest(&nearest, why) &&
        say_nearest(explain, &nearest.before, "before", explain->at - nearest.before_at, why) &&
        say_nearest(explain, &nearest.after, "after", nearest.after_at - explain->at, why);

    explain_rows_clear(&nearest.before);
    explain_rows_clear(&nearest.after);
    return done;
}

/*
 * What an owner did.
 */

/* Of a connection that came in, `end` has the port that it came to: the other one says nothing. */
struct peer {
    struct socket_endpoint end;
    int protocol;
    bool inbound;
    int64_t count;
};

struct doing {
    struct explain *explain;
    struct explain_rows before;
    struct explain_rows after;
    struct peer *peers; /* PEERS_MOST */
    size_t peer_count;
    int64_t peers_left;           /* connections of peers for which was no room */
    uint16_t listens[PORTS_MOST]; /* on which it listened */
    size_t listen_count;
    bool lacks_memory;
};

static bool listens_on(const struct doing *doing, uint16_t port)
{
    for (size_t i = 0; i < doing->listen_count; i++) {
        if (doing->listens[i] == port) {
            return true;
        }
    }
    return false;
}

static bool take_listener(void *context, const struct ledger_interval *interval)
{
    struct doing *doing = context;
    uint16_t port = interval->socket.local.port;

    if (!listens_on(doing, port) && doing->listen_count < PORTS_MOST) {
        doing->listens[doing->listen_count++] = port;
    }
    return true;
}

static void count_peer(struct doing *doing, const struct socket_row *row, bool continued)
{
    struct peer found = {.end = row->remote,
                         .protocol = row->protocol,
                         .inbound = listens_on(doing, row->local.port),
                         .count = 1};

    found.end.port = found.inbound ? row->local.port : row->remote.port;
    for (size_t i = 0; i < doing->peer_count; i++) {
        struct peer *peer = &doing->peers[i];

        if (peer->protocol == found.protocol && peer->inbound == found.inbound &&
            socket_endpoint_equal(&peer->end, &found.end)) {
            peer->count += continued ? 0 : 1;
            return;
        }
    }
    if (doing->peer_count == PEERS_MOST) {
        doing->peers_left++;
        return;
    }
    doing->peers[doing->peer_count++] = found;
}

/* A socket that goes from state to state is one: each state has an interval. */
static bool is_new_socket(const struct ledger_interval *interval)
{
    const uint8_t state = interval->socket.state;

    return state == SOCKET_STATELESS || state == SOCKET_LISTENING || state == SOCKET_SYN_SENT ||
           state == SOCKET_SYN_RECEIVED || state == SOCKET_ESTABLISHED || interval->closing;
}

static bool was_told(const struct explain_rows *rows, const struct socket_row *row)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct socket_row *told = &rows->items[i].socket;

        if (told->protocol == row->protocol && socket_endpoint_equal(&told->local, &row->local) &&
            socket_endpoint_equal(&told->remote, &row->remote)) {
            return true;
        }
    }
    return false;
}

static bool take_done(void *context, const struct ledger_interval *interval)
{
    struct doing *doing = context;
    struct explain *explain = doing->explain;

    if (!is_new_socket(interval)) {
        return true;
    }
    if (interval->socket.remote.address_size != 0) {
        count_peer(doing, &interval->socket, interval->continued);
    }
    if (explain_target_role(explain->target, &interval->socket) == EXPLAIN_HOLDS &&
        interval->socket.remote.address_size == 0) {
        return true; /* it was told of */
    }
    if (interval->continued && (was_told(&doing->before, &interval->socket) ||
                                was_told(&doing->after, &interval->socket))) {
        return true; /* it was there before the gap: it did not open again */
    }
    doing->lacks_memory = !explain_rows_add(
        interval->opened_at <= explain->at ? &doing->before : &doing->after, interval);
    return !doing->lacks_memory;
}

/* Of its whole life there may be a million: only what is near is looked through. */
static bool walk_doing(struct doing *doing, const struct ledger_interval *owned,
                       struct failure *why)
{
    const struct explain *explain = doing->explain;
    struct ledger_filter filter = {
        .since = explain->at - explain->around,
        .until = explain->at + explain->around,
        .process_id = owned->owner_id,
        .state = SOCKET_LISTENING,
    };

    if (!ledger_walk_intervals(explain->from->ledger, &filter, take_listener, doing, why)) {
        return false;
    }
    filter.state = 0;
    if (!ledger_walk_intervals(explain->from->ledger, &filter, take_done, doing, why)) {
        return false;
    }
    return !doing->lacks_memory || FAIL(why, FAILURE_MEMORY, 0, "no memory for the sockets");
}

static int compare_peers(const void *left, const void *right)
{
    const struct peer *a = left;
    const struct peer *b = right;

    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    if (a->end.address_size != b->end.address_size) {
        return a->end.address_size < b->end.address_size ? -1 : 1;
    }
    if (memcmp(a->end.address, b->end.address, sizeof(a->end.address)) != 0) {
        return memcmp(a->end.address, b->end.address, sizeof(a->end.address));
    }
    return (int)a->end.port - (int)b->end.port;
}

static void add_window(struct explain *explain, const struct ledger_interval *owned)
{
    explain_add_process(&explain->words, owned->owner);
    text_add(&explain->words, ", within ");
    units_add_duration_rough(&explain->words, explain->around);
}

static bool tell_peer(struct explain *explain, const struct ledger_interval *owned,
                      const struct peer *peer, struct failure *why)
{
    const struct explain_line line = {.part = EXPLAIN_PEER,
                                      .process = owned->owner,
                                      .instance = owned->owner_id,
                                      .count = peer->count};

    if (peer->inbound) {
        text_addf(&explain->words, "from ");
        socket_endpoint_add_address(&explain->words, &peer->end);
        text_addf(&explain->words, " to its port %d", (int)peer->end.port);
    } else {
        text_add(&explain->words, "to ");
        socket_endpoint_add(&explain->words, &peer->end);
    }
    text_addf(&explain->words, ": %" PRId64 " connection%s", peer->count,
              peer->count == 1 ? "" : "s");
    return explain_say(explain, &line, why);
}

static bool tell_peers(struct doing *doing, const struct ledger_interval *owned,
                       struct failure *why)
{
    struct explain *explain = doing->explain;
    struct explain_line line = {
        .part = EXPLAIN_PEER, .process = owned->owner, .instance = owned->owner_id};
    bool done = true;

    if (doing->peer_count > 1) {
        qsort(doing->peers, doing->peer_count, sizeof(doing->peers[0]), compare_peers);
    }
    add_window(explain, owned);
    text_addf(&explain->words, " before and after: %zu other end%s", doing->peer_count,
              doing->peer_count == 1 ? "" : "s");
    done = explain_say(explain, &line, why);
    for (size_t i = 0; done && i < doing->peer_count && i < PEERS_TOLD; i++) {
        done = tell_peer(explain, owned, &doing->peers[i], why);
    }
    if (done && (doing->peer_count > PEERS_TOLD || doing->peers_left > 0)) {
        text_addf(&explain->words, "and %zu more",
                  doing->peer_count > PEERS_TOLD ? doing->peer_count - PEERS_TOLD : 0);
        if (doing->peers_left > 0) {
            text_addf(&explain->words, ", and %" PRId64 " connections to still others",
                      doing->peers_left);
        }
        done = explain_say(explain, &line, why);
    }
    return done;
}

static bool tell_opened(struct explain *explain, const struct ledger_interval *owned,
                        const struct explain_rows *rows, enum explain_part part,
                        struct failure *why)
{
    struct explain_line line = {.part = part, .process = owned->owner, .instance = owned->owner_id};
    bool done;

    add_window(explain, owned);
    text_addf(&explain->words, ": %zu socket%s", rows->total, rows->total == 1 ? "" : "s");
    if (rows->total > rows->count) {
        text_addf(&explain->words,
                  ", of which the %s %zu; the others: portledger history "
                  "--instance %" PRId64,
                  part == EXPLAIN_BEFORE ? "last" : "first", rows->count, owned->owner_id);
    }
    done = explain_say(explain, &line, why);
    for (size_t i = 0; done && i < rows->count; i++) {
        line.interval = explain_rows_at(rows, i);
        explain_add_short_time(explain, line.interval->opened_at);
        text_add(&explain->words, "  ");
        explain_add_socket(&explain->words, &line.interval->socket);
        text_add(&explain->words, ", ");
        units_add_duration_rough(&explain->words,
                                 line.interval->closed_at - line.interval->opened_at);
        done = explain_say(explain, &line, why);
    }
    return done;
}

/*
 * Other runs of the same program.
 */

enum { OTHERS_MOST = 1024 };

struct others {
    const struct ledger_interval *owned;
    int64_t runs[OTHERS_MOST]; /* numbers in the ledger, each once */
    size_t run_count;
    bool more_runs;
    int64_t sockets;
};

static bool take_other(void *context, const struct ledger_interval *interval)
{
    struct others *others = context;

    /* The path is asked for as a pattern; in a name a * may stand for itself. */
    if (interval->owner_id == others->owned->owner_id || !is_new_socket(interval) ||
        strcmp(interval->owner->path, others->owned->owner->path) != 0) {
        return true;
    }
    for (size_t i = 0; i < others->run_count; i++) {
        if (others->runs[i] == interval->owner_id) {
            others->sockets += interval->continued ? 0 : 1;
            return true;
        }
    }
    others->sockets++;
    if (others->run_count == OTHERS_MOST) {
        others->more_runs = true;
    } else {
        others->runs[others->run_count++] = interval->owner_id;
    }
    return true;
}

static void add_others(struct text *words, const struct others *others)
{
    if (others->run_count == 0) {
        text_add(words, "no other run of the same program had a socket in that time");
        return;
    }
    text_addf(words, "%s%zu other run%s of the same program had %" PRId64 " socket%s in that time",
              others->more_runs ? "more than " : "", others->run_count,
              others->run_count == 1 ? "" : "s", others->sockets, others->sockets == 1 ? "" : "s");
}

static bool tell_others(struct explain *explain, const struct ledger_interval *owned,
                        struct failure *why)
{
    const struct ledger_filter filter = {
        .since = explain->at - explain->around,
        .until = explain->at + explain->around,
        .path = owned->owner->path,
    };
    struct explain_line line = {
        .part = EXPLAIN_AFTER, .process = owned->owner, .instance = owned->owner_id};
    struct others *others = calloc(1, sizeof(*others));
    bool done;

    if (owned->owner->path == NULL) {
        free(others);
        return true;
    }
    if (others == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for other runs");
    }
    others->owned = owned;
    done = ledger_walk_intervals(explain->from->ledger, &filter, take_other, others, why);
    if (done) {
        line.count = (int64_t)others->run_count;
        add_others(&explain->words, others);
        done = explain_say(explain, &line, why);
    }
    free(others);
    return done;
}

bool explain_tell_around(struct explain *explain, const struct ledger_interval *owned,
                         struct failure *why)
{
    struct doing doing = {
        .explain = explain, .before = {.kept = EXPLAIN_LAST}, .after = {.kept = EXPLAIN_FIRST}};
    bool done;

    doing.peers = calloc(PEERS_MOST, sizeof(*doing.peers));
    done = doing.peers != NULL
               ? walk_doing(&doing, owned, why) && tell_peers(&doing, owned, why) &&
                     tell_opened(explain, owned, &doing.before, EXPLAIN_BEFORE, why) &&
                     tell_opened(explain, owned, &doing.after, EXPLAIN_AFTER, why) &&
                     tell_others(explain, owned, why)
               : FAIL(why, FAILURE_MEMORY, 0, "no memory for peers");
    explain_rows_clear(&doing.before);
    explain_rows_clear(&doing.after);
    free(doing.peers);
    return done;
}
