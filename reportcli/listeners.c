/* SPDX-License-Identifier: MIT */

#include "reportcli/listeners.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_index.h"

#define NO_ONE UINT32_MAX

enum { PORTS = 65536, IPV4 = 4, IPV6 = 16, MAPPED = 12 };

struct listener {
    struct socket_endpoint local;
    int64_t stretch;
    int64_t from;
    int64_t until;
    uint32_t next;    /* of the same port */
    uint32_t program; /* a hash of its name */
};

static bool reserve(struct listeners *listeners)
{
    size_t capacity = listeners->capacity == 0 ? 256 : listeners->capacity * 2;
    struct listener *items;

    if (listeners->count < listeners->capacity) {
        return true;
    }
    items = realloc(listeners->items, capacity * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    listeners->items = items;
    listeners->capacity = capacity;
    return true;
}

static uint32_t program_of(const struct ledger_interval *interval)
{
    const char *name = interval->owner != NULL ? interval->owner->name : NULL;

    return name == NULL ? 0 : (uint32_t)hash_bytes(0, name, strlen(name));
}

static bool take(void *context, const struct ledger_interval *interval)
{
    struct listeners *listeners = context;
    uint16_t port = interval->socket.local.port;
    uint32_t place = (uint32_t)listeners->count;

    if (listeners->count == LISTENERS_MOST) {
        listeners->left_out++;
        return true;
    }
    if (!reserve(listeners)) {
        listeners->failed = true;
        return false;
    }
    listeners->items[listeners->count++] = (struct listener){
        .local = interval->socket.local,
        .stretch = interval->stretch_id,
        .from = interval->opened_at,
        .until = interval->closed_at,
        .next = NO_ONE,
        .program = program_of(interval),
    };
    if (listeners->last[port] == NO_ONE) {
        listeners->first[port] = place;
    } else {
        listeners->items[listeners->last[port]].next = place;
    }
    listeners->last[port] = place;
    return true;
}

bool listeners_read(struct listeners *listeners, struct ledger *ledger, int64_t since,
                    int64_t until, struct failure *why)
{
    const struct ledger_filter filter = {
        .since = since, .until = until, .protocol = SOCKET_TCP, .state = SOCKET_LISTENING};

    listeners->first = malloc(PORTS * sizeof(uint32_t));
    listeners->last = malloc(PORTS * sizeof(uint32_t));
    if (listeners->first == NULL || listeners->last == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the listeners");
    }
    memset(listeners->first, 0xff, PORTS * sizeof(uint32_t));
    memset(listeners->last, 0xff, PORTS * sizeof(uint32_t));
    if (!ledger_walk_intervals(ledger, &filter, take, listeners, why)) {
        return false;
    }
    return !listeners->failed || FAIL(why, FAILURE_MEMORY, 0, "no memory for the listeners");
}

/* The four bytes of an IPv4 address, mapped (RFC 4291 2.5.5.2) or not; NULL: it is none. */
static const uint8_t *ipv4_of(const struct socket_endpoint *end)
{
    static const uint8_t mapped[MAPPED] = {[10] = 0xff, [11] = 0xff};

    if (end->address_size == IPV4) {
        return end->address;
    }
    return end->address_size == IPV6 && memcmp(end->address, mapped, MAPPED) == 0
               ? end->address + MAPPED
               : NULL;
}

static bool hears(const struct socket_endpoint *listener, const struct socket_endpoint *end)
{
    const uint8_t *own = ipv4_of(listener);
    const uint8_t *other = ipv4_of(end);

    if (socket_endpoint_is_any(listener)) {
        return listener->address_size == IPV6 || other != NULL;
    }
    if (own != NULL || other != NULL) {
        return own != NULL && other != NULL && memcmp(own, other, IPV4) == 0;
    }
    return memcmp(listener->address, end->address, IPV6) == 0;
}

bool listeners_had(struct listeners *listeners, const struct ledger_interval *connection)
{
    const struct socket_endpoint *local = &connection->socket.local;
    uint32_t *first = &listeners->first[local->port];

    while (*first != NO_ONE && listeners->items[*first].stretch < connection->stretch_id) {
        *first = listeners->items[*first].next;
    }
    for (uint32_t i = *first; i != NO_ONE; i = listeners->items[i].next) {
        const struct listener *listener = &listeners->items[i];

        if (listener->stretch > connection->stretch_id || listener->from > connection->opened_at) {
            return false;
        }
        if (listener->until >= connection->opened_at && hears(&listener->local, local)) {
            return true;
        }
    }
    return false;
}

/* A record of another program: it tells neither the state nor when a listener closed. */
static bool is_imported(const struct ledger_interval *connection)
{
    return connection->socket.protocol == SOCKET_TCP &&
           connection->socket.state == SOCKET_STATELESS;
}

/* Whether its program was seen to listen there before, in whichever row. */
static bool once_had(const struct listeners *listeners, const struct ledger_interval *connection)
{
    const struct socket_endpoint *local = &connection->socket.local;
    uint32_t program = program_of(connection);

    for (uint32_t i = listeners->first[local->port]; i != NO_ONE; i = listeners->items[i].next) {
        const struct listener *listener = &listeners->items[i];

        if (listener->from <= connection->opened_at && listener->program == program &&
            hears(&listener->local, local)) {
            return true;
        }
    }
    return false;
}

enum listeners_way listeners_way(struct listeners *listeners,
                                 const struct ledger_interval *interval)
{
    const struct socket_row *socket = &interval->socket;

    if (socket->remote.address_size == 0) {
        return LISTENERS_LISTENS;
    }
    if (is_imported(interval)) {
        return once_had(listeners, interval) ? LISTENERS_INBOUND : LISTENERS_UNDIRECTED;
    }
    if (listeners_had(listeners, interval)) {
        return LISTENERS_INBOUND;
    }
    /* Who listened when it was opened may have ended before anybody watched. */
    return interval->at_begin && socket->local.port <= socket->remote.port ? LISTENERS_UNDIRECTED
                                                                           : LISTENERS_OUTBOUND;
}

bool listeners_begins(const struct ledger_interval *interval)
{
    return !interval->continued && (interval->socket.remote.address_size == 0 ||
                                    interval->socket.state == SOCKET_ESTABLISHED ||
                                    interval->socket.state == SOCKET_STATELESS || /* imported */
                                    interval->closing || interval->at_begin);
}

void listeners_clear(struct listeners *listeners)
{
    free(listeners->items);
    free(listeners->first);
    free(listeners->last);
    *listeners = (struct listeners){0};
}
