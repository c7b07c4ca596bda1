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

enum {
    PEERS_MOST = 512,
    PEERS_TOLD = 5,
    PEERS_FEW = 10,
    PORTS_MOST = 256,
    OPENED_TOLD = 4,
    BEGUN_MOST = 64
};

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
    explain_add_life(explain, line.interval);
    return explain_say(explain, &line, why);
}

bool explain_tell_near(struct explain *explain, struct failure *why)
{
    struct nearest nearest = {.explain = explain,
                              .before = {.kept = EXPLAIN_LAST, .most = 1},
                              .after = {.kept = EXPLAIN_FIRST, .most = 1}};
    bool done =
        find_nearest(&nearest, why) &&
        say_nearest(explain, &nearest.before, "before", explain->at - nearest.before_at, why) &&
        say_nearest(explain, &nearest.after, "after", nearest.after_at - explain->at, why);

    explain_rows_clear(&nearest.before);
    explain_rows_clear(&nearest.after);
    return done;
}

/*
 * What the owners did, taken together.
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
    const struct ledger_interval *owners[EXPLAIN_NAMES]; /* whose doings are read */
    size_t owner_count;
    struct ledger_interval begun[BEGUN_MOST]; /* the last that were not established yet; of their
                                                 texts and owners nothing is looked at */
    size_t begun_count;                       /* of all */
    bool left_out;                            /* there are still others */
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

/* An established connection that was seen before, when it was not established yet. */
static bool goes_on(struct doing *doing, const struct ledger_interval *interval)
{
    size_t count = doing->begun_count < BEGUN_MOST ? doing->begun_count : BEGUN_MOST;
    uint8_t state = interval->socket.state;

    for (size_t i = 0; i < count; i++) {
        const struct ledger_interval *begun = &doing->begun[i];

        if (begun->stretch_id == interval->stretch_id && begun->socket.state != state &&
            begun->ending == LEDGER_CLOSED && begun->closed_at == interval->opened_at &&
            explain_same_ends(&begun->socket, &interval->socket)) {
            return true;
        }
    }
    if (state == SOCKET_SYN_SENT || state == SOCKET_SYN_RECEIVED) {
        doing->begun[doing->begun_count++ % BEGUN_MOST] = *interval;
    }
    return false;
}

/* The connection that was asked for, in this state or one that touches it. */
static bool is_asked_for(const struct doing *doing, const struct ledger_interval *interval)
{
    const struct explain *explain = doing->explain;

    for (size_t i = 0; i < explain->held.count; i++) {
        const struct ledger_interval *held = explain_rows_at(&explain->held, i);

        if (held->socket.remote.address_size != 0 && held->stretch_id == interval->stretch_id &&
            interval->opened_at <= held->closed_at && interval->closed_at >= held->opened_at &&
            explain_same_ends(&held->socket, &interval->socket)) {
            return true;
        }
    }
    return false;
}

static bool was_told(const struct explain_rows *rows, const struct socket_row *row)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (explain_same_ends(&rows->items[i].socket, row)) {
            return true;
        }
    }
    return false;
}

static bool take_done(void *context, const struct ledger_interval *interval)
{
    struct doing *doing = context;
    struct explain *explain = doing->explain;

    if (!is_new_socket(interval) || goes_on(doing, interval)) {
        return true;
    }
    if (interval->socket.remote.address_size != 0) {
        count_peer(doing, &interval->socket, interval->continued);
    }
    if ((explain_target_role(explain->target, &interval->socket) == EXPLAIN_HOLDS &&
         interval->socket.remote.address_size == 0) ||
        is_asked_for(doing, interval)) {
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

/* Of a whole life there may be a million: only what is near is looked through. */
static bool walk_state(struct doing *doing, int state, ledger_interval_fn *take,
                       struct failure *why)
{
    const struct explain *explain = doing->explain;

    for (size_t i = 0; i < doing->owner_count; i++) {
        const struct ledger_filter filter = {
            .since = explain->at - explain->around,
            .until = explain->at + explain->around,
            .process_id = doing->owners[i]->owner_id,
            .state = state,
        };

        if (!ledger_walk_intervals(explain->from->ledger, &filter, take, doing, why)) {
            return false;
        }
    }
    return !doing->lacks_memory || FAIL(why, FAILURE_MEMORY, 0, "no memory for the sockets");
}

static bool walk_doing(struct doing *doing, struct failure *why)
{
    return walk_state(doing, SOCKET_LISTENING, take_listener, why) &&
           walk_state(doing, 0, take_done, why);
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

/* A line that is about one owner, or about all of them. */
static struct explain_line make_line(const struct doing *doing, enum explain_part part)
{
    const struct ledger_interval *first = doing->owners[0];

    return (struct explain_line){.part = part,
                                 .process = doing->owner_count == 1 ? first->owner : NULL,
                                 .instance = doing->owner_count == 1 ? first->owner_id : 0};
}

/* Whose doings, where not those of all. */
static void add_window(const struct doing *doing)
{
    struct explain *explain = doing->explain;

    if (doing->left_out) {
        text_addf(&explain->words, "of the first %zu owners ", doing->owner_count);
    }
    text_add(&explain->words, "within ");
    units_add_duration_rough(&explain->words, explain->around);
}

/* How to see all of it. */
static void add_command(const struct doing *doing)
{
    enum { NUMBERS_TOLD = 4 };
    struct text *words = &doing->explain->words;

    text_addf(words, "portledger history --instance %" PRId64, doing->owners[0]->owner_id);
    for (size_t i = 1; i < doing->owner_count && i < NUMBERS_TOLD; i++) {
        text_addf(words, "%s%" PRId64, i == 1 ? " (or " : ", ", doing->owners[i]->owner_id);
    }
    text_add(words, doing->owner_count > NUMBERS_TOLD ? " ...)"
                    : doing->owner_count > 1          ? ")"
                                                      : "");
}

static bool tell_peer(const struct doing *doing, const struct peer *peer, bool quiet,
                      struct failure *why)
{
    struct explain *explain = doing->explain;
    struct explain_line line = make_line(doing, EXPLAIN_PEER);

    line.count = peer->count;
    line.quiet = quiet;
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

static bool tell_more_peers(const struct doing *doing, size_t told, struct failure *why)
{
    struct explain *explain = doing->explain;
    const struct explain_line line = make_line(doing, EXPLAIN_PEER);
    int64_t connections = doing->peers_left;

    for (size_t i = told; i < doing->peer_count; i++) {
        connections += doing->peers[i].count;
    }
    if (doing->peer_count <= told && doing->peers_left == 0) {
        return true;
    }
    text_addf(&explain->words, "and %s%zu more, with %" PRId64 " connection%s: ",
              doing->peers_left > 0 ? "at least " : "", doing->peer_count - told, connections,
              connections == 1 ? "" : "s");
    add_command(doing);
    return explain_say(explain, &line, why);
}

static bool tell_peers(struct doing *doing, struct failure *why)
{
    struct explain *explain = doing->explain;
    struct explain_line line = make_line(doing, EXPLAIN_PEER);
    size_t shown = explain->whole ? PEERS_MOST : PEERS_TOLD;
    size_t wanted = explain->whole ? PEERS_MOST : PEERS_FEW;
    bool done;

    if (doing->peer_count > 1) {
        qsort(doing->peers, doing->peer_count, sizeof(doing->peers[0]), compare_peers);
    }
    line.begins = true;
    add_window(doing);
    text_addf(&explain->words, " before and after: %zu other end%s", doing->peer_count,
              doing->peer_count == 1 ? "" : "s");
    done = explain_say(explain, &line, why);
    for (size_t i = 0; done && i < doing->peer_count && i < wanted; i++) {
        done = tell_peer(doing, &doing->peers[i], i >= shown, why);
    }
    return done &&
           tell_more_peers(doing, doing->peer_count < shown ? doing->peer_count : shown, why);
}

static bool tell_one(const struct doing *doing, const struct ledger_interval *interval,
                     enum explain_part part, bool quiet, struct failure *why)
{
    struct explain *explain = doing->explain;
    struct explain_line line = make_line(doing, part);
    struct socket_row row = interval->socket;

    line.interval = interval;
    line.quiet = quiet;
    if (row.state == SOCKET_ESTABLISHED) { /* as goes without saying: a line is short */
        row.state = SOCKET_STATELESS;
    }
    explain_add_short_time(explain, interval->opened_at);
    text_add(&explain->words, "  ");
    explain_add_socket(&explain->words, &row);
    text_add(&explain->words, ", ");
    units_add_duration_rough(&explain->words, interval->closed_at - interval->opened_at);
    if (doing->owner_count > 1) {
        text_addf(&explain->words, ", pid %" PRIu32, interval->owner->pid);
    }
    return explain_say(explain, &line, why);
}

/* The nearest ones: the last before the moment, the first after it. */
static bool tell_opened(const struct doing *doing, const struct explain_rows *rows,
                        enum explain_part part, struct failure *why)
{
    struct explain *explain = doing->explain;
    struct explain_line line = make_line(doing, part);
    size_t shown = explain->whole || rows->count < OPENED_TOLD ? rows->count : OPENED_TOLD;
    bool done;

    line.begins = true;
    add_window(doing);
    text_addf(&explain->words, ": %zu socket%s", rows->total, rows->total == 1 ? "" : "s");
    if (rows->total > shown) {
        text_addf(&explain->words,
                  ", of which the %s %zu; all: ", part == EXPLAIN_BEFORE ? "last" : "first", shown);
        add_command(doing);
    }
    done = explain_say(explain, &line, why);
    for (size_t i = 0; done && i < rows->count; i++) {
        bool quiet = part == EXPLAIN_BEFORE ? i + shown < rows->count : i >= shown;

        done = tell_one(doing, explain_rows_at(rows, i), part, quiet, why);
    }
    return done;
}

/*
 * Other runs of the same program.
 */

enum { OTHERS_MOST = 1024 };

struct others {
    const struct doing *doing;
    const char *path;
    int64_t runs[OTHERS_MOST]; /* numbers in the ledger, each once */
    size_t run_count;
    bool more_runs;
    int64_t sockets;
};

static bool is_owner(const struct doing *doing, int64_t id)
{
    for (size_t i = 0; i < doing->owner_count; i++) {
        if (doing->owners[i]->owner_id == id) {
            return true;
        }
    }
    return false;
}

static bool take_other(void *context, const struct ledger_interval *interval)
{
    struct others *others = context;

    /* The path is asked for as a pattern; in a name a * may stand for itself. */
    if (is_owner(others->doing, interval->owner_id) || !is_new_socket(interval) ||
        strcmp(interval->owner->path, others->path) != 0) {
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

static bool tell_others(const struct doing *doing, size_t owner, struct failure *why)
{
    struct explain *explain = doing->explain;
    const struct ledger_filter filter = {
        .since = explain->at - explain->around,
        .until = explain->at + explain->around,
        .path = doing->owners[owner]->owner->path,
    };
    struct explain_line line = make_line(doing, EXPLAIN_AFTER);
    struct others *others = calloc(1, sizeof(*others));
    bool done;

    if (others == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for other runs");
    }
    others->doing = doing;
    others->path = filter.path;
    done = ledger_walk_intervals(explain->from->ledger, &filter, take_other, others, why);
    if (done) {
        line.count = (int64_t)others->run_count;
        add_others(&explain->words, others);
        done = explain_say(explain, &line, why);
    }
    free(others);
    return done;
}

/* Of the same program, whichever owner runs it. */
static bool tell_all_others(const struct doing *doing, struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < doing->owner_count; i++) {
        const char *path = doing->owners[i]->owner->path;
        bool first = path != NULL;

        for (size_t k = 0; first && k < i; k++) {
            const char *other = doing->owners[k]->owner->path;

            first = other == NULL || strcmp(other, path) != 0;
        }
        done = !first || tell_others(doing, i, why);
    }
    return done;
}

static bool tell_doing(struct doing *doing, struct failure *why)
{
    return walk_doing(doing, why) && tell_peers(doing, why) &&
           tell_opened(doing, &doing->before, EXPLAIN_BEFORE, why) &&
           tell_opened(doing, &doing->after, EXPLAIN_AFTER, why) && tell_all_others(doing, why);
}

static void choose_owners(struct doing *doing)
{
    const struct explain_names *names = &doing->explain->owners;
    size_t most = doing->explain->whole ? EXPLAIN_NAMES : EXPLAIN_OWNERS;

    for (size_t i = 0; i < names->count; i++) {
        if (names->rows[i]->owner == NULL || is_owner(doing, names->rows[i]->owner_id)) {
            continue;
        }
        if (doing->owner_count == most) {
            doing->left_out = true;
            return;
        }
        doing->owners[doing->owner_count++] = names->rows[i];
    }
    doing->left_out = names->more;
}

bool explain_tell_around(struct explain *explain, struct failure *why)
{
    size_t most = explain->whole ? EXPLAIN_ALL : EXPLAIN_FEW;
    struct doing doing = {.explain = explain,
                          .before = {.kept = EXPLAIN_LAST, .most = most},
                          .after = {.kept = EXPLAIN_FIRST, .most = most}};
    bool done;

    choose_owners(&doing);
    if (doing.owner_count == 0) {
        return true;
    }
    doing.peers = calloc(PEERS_MOST, sizeof(*doing.peers));
    done = doing.peers != NULL ? tell_doing(&doing, why)
                               : FAIL(why, FAILURE_MEMORY, 0, "no memory for peers");
    explain_rows_clear(&doing.before);
    explain_rows_clear(&doing.after);
    free(doing.peers);
    return done;
}
