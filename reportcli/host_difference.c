/* SPDX-License-Identifier: MIT */

#include "reportcli/host_difference.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum scope { SCOPE_ALL, SCOPE_LOOPBACK, SCOPE_OTHER };

/* A listener by what counts of it. */
struct listener {
    uint32_t row; /* in its snapshot */
    int protocol;
    int scope;
    int port;            /* 0: one that the system gave out */
    const char *program; /* NULL: not known */
    const char *service; /* "": none that counts */
};

struct listeners {
    struct listener *items;
    size_t count;
};

static int scope_of(const struct socket_endpoint *end)
{
    static const uint8_t loopback6[16] = {[15] = 1};

    if (socket_endpoint_is_any(end)) {
        return SCOPE_ALL;
    }
    if (end->address_size == 4 ? end->address[0] == 127
                               : memcmp(end->address, loopback6, sizeof(loopback6)) == 0) {
        return SCOPE_LOOPBACK;
    }
    return SCOPE_OTHER;
}

static bool is_listener(const struct socket_row *row)
{
    return row->protocol == SOCKET_UDP ? row->local.port < HOST_DIFFERENCE_DYNAMIC
                                       : row->state == SOCKET_LISTENING;
}

static struct listener make_listener(const struct snapshot *snapshot, size_t i)
{
    const struct socket_row *row = &snapshot->sockets[i];
    const struct process_instance *owner = snapshot_owner(snapshot, row);
    int basis;
    const char *service = snapshot_service_name(snapshot, row, &basis);

    return (struct listener){
        .row = (uint32_t)i,
        .protocol = row->protocol,
        .scope = scope_of(&row->local),
        .port = row->local.port < HOST_DIFFERENCE_DYNAMIC ? row->local.port : 0,
        .program = owner != NULL ? process_instance_shown_name(owner) : NULL,
        .service = service != NULL && basis != SERVICE_BY_CGROUP ? service : "",
    };
}

static int compare_folded(const char *a, const char *b)
{
    for (;; a++, b++) {
        int x = *a >= 'A' && *a <= 'Z' ? *a | 0x20 : (unsigned char)*a;
        int y = *b >= 'A' && *b <= 'Z' ? *b | 0x20 : (unsigned char)*b;

        if (x != y || x == 0) {
            return x - y;
        }
    }
}

static int compare_places(const struct listener *a, const struct listener *b)
{
    if (a->port != b->port) {
        return a->port - b->port;
    }
    return a->protocol != b->protocol ? a->protocol - b->protocol : a->scope - b->scope;
}

/* Those of nobody come last. */
static int compare_programs(const struct listener *a, const struct listener *b)
{
    int order;

    if (a->program == NULL || b->program == NULL) {
        return (a->program == NULL) - (b->program == NULL);
    }
    order = compare_folded(a->program, b->program);
    return order != 0 ? order : compare_folded(a->service, b->service);
}

static int compare_listeners(const void *left, const void *right)
{
    const struct listener *a = left;
    const struct listener *b = right;
    int order = compare_places(a, b);

    order = order != 0 ? order : compare_programs(a, b);
    return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

static bool is_alike(const struct listener *a, const struct listener *b)
{
    return compare_places(a, b) == 0 && compare_programs(a, b) == 0;
}

/* Leaves one of those that are alike. */
static bool gather(struct listeners *listeners, const struct snapshot *snapshot,
                   struct failure *why)
{
    size_t kept = 0;

    listeners->items = malloc((snapshot->socket_count + 1) * sizeof(listeners->items[0]));
    if (listeners->items == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu sockets", snapshot->socket_count);
    }
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        if (is_listener(&snapshot->sockets[i])) {
            listeners->items[listeners->count++] = make_listener(snapshot, i);
        }
    }
    if (listeners->count > 1) {
        qsort(listeners->items, listeners->count, sizeof(listeners->items[0]), compare_listeners);
    }
    for (size_t i = 0; i < listeners->count; i++) {
        if (kept == 0 || !is_alike(&listeners->items[kept - 1], &listeners->items[i])) {
            listeners->items[kept++] = listeners->items[i];
        }
    }
    listeners->count = kept;
    return true;
}

struct comparing {
    struct difference *difference;
    const struct snapshot *before;
    const struct snapshot *after;
    const struct ledger_filter *filter;
};

static bool passes(const struct comparing *comparing, const struct difference_item *item)
{
    return comparing->filter == NULL ||
           (item->before != SNAPSHOT_NO_ROW &&
            ledger_filter_takes(comparing->filter, comparing->before,
                                &comparing->before->sockets[item->before])) ||
           (item->after != SNAPSHOT_NO_ROW &&
            ledger_filter_takes(comparing->filter, comparing->after,
                                &comparing->after->sockets[item->after]));
}

/* `a` or `b` may be NULL. */
static bool add(struct comparing *comparing, const struct listener *a, const struct listener *b,
                struct failure *why)
{
    enum difference_kind kind = a == NULL ? DIFFERENCE_ONLY_AFTER : DIFFERENCE_ONLY_BEFORE;
    struct difference_item item = difference_item(a != NULL && b != NULL ? DIFFERENCE_OWNER : kind);

    if (a != NULL) {
        item.before = a->row;
        item.process_before = comparing->before->sockets[a->row].owner;
    }
    if (b != NULL) {
        item.after = b->row;
        item.process_after = comparing->after->sockets[b->row].owner;
    }
    if (!passes(comparing, &item)) {
        return true;
    }
    if (a != NULL && b != NULL && (a->program == NULL || b->program == NULL)) {
        comparing->difference->unseen_owners++; /* it may be the same program */
        return true;
    }
    return difference_add(comparing->difference, &item, why);
}

/* The next one of the same place that the other side has not; NULL: there is none. */
static const struct listener *next_alone(const struct listener **at, const struct listener *end,
                                         const struct listener *place, const struct listener *other,
                                         const struct listener *other_end)
{
    while (*at < end && compare_places(*at, place) == 0) {
        const struct listener *listener = (*at)++;
        bool found = false;

        for (const struct listener *one = other;
             !found && one < other_end && compare_places(one, place) == 0; one++) {
            found = is_alike(listener, one);
        }
        if (!found) {
            return listener;
        }
    }
    return NULL;
}

/* What is left of a place on both sides is paired: another program has the port. */
static bool compare_place(struct comparing *comparing, const struct listener **before,
                          const struct listener *before_end, const struct listener **after,
                          const struct listener *after_end, struct failure *why)
{
    const struct listener *first_before = *before;
    const struct listener *first_after = *after;
    const struct listener *place = first_before;
    bool done = true;

    if (first_before == before_end ||
        (first_after < after_end && compare_places(first_after, first_before) < 0)) {
        place = first_after;
    }
    while (done) {
        const struct listener *a = next_alone(before, before_end, place, first_after, after_end);
        const struct listener *b = next_alone(after, after_end, place, first_before, before_end);

        if (a == NULL && b == NULL) {
            break;
        }
        if (a != NULL && b != NULL && place->port == 0) {
            done = add(comparing, a, NULL, why) && add(comparing, NULL, b, why);
        } else {
            done = add(comparing, a, b, why);
        }
    }
    return done;
}

bool host_difference_add(struct difference *difference, const struct snapshot *before,
                         const struct snapshot *after, const struct difference_wish *wish,
                         struct failure *why)
{
    struct comparing comparing = {difference, before, after, wish->filter};
    struct listeners earlier = {0};
    struct listeners later = {0};
    bool done = gather(&earlier, before, why) && gather(&later, after, why);

    if (done) {
        const struct listener *a = earlier.items;
        const struct listener *b = later.items;

        while (done && (a < earlier.items + earlier.count || b < later.items + later.count)) {
            done = compare_place(&comparing, &a, earlier.items + earlier.count, &b,
                                 later.items + later.count, why);
        }
    }
    free(earlier.items);
    free(later.items);
    return done;
}
