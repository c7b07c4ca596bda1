/* SPDX-License-Identifier: MIT */

#include "store/profile_fold.h"

#include <stdlib.h>
#include <string.h>

enum {
    HOUR_MS = 3600000,

    /* Systems choose ports from here on for clients (RFC 6335 says from 49152 on; Linux begins
     * here): one of them that was used rarely and briefly says nothing. */
    FIRST_CHOSEN_PORT = 32768,
    RARE_INTERVALS = 4,
};

static int64_t day_of(int64_t at)
{
    return at >= 0 ? at / PROFILE_DAY_MS : -((PROFILE_DAY_MS - 1 - at) / PROFILE_DAY_MS);
}

static bool reserve(struct profile_fold *fold, size_t more, struct failure *why)
{
    size_t needed = fold->count + more;
    size_t capacity = needed + needed / 2 + 256;
    struct profile_row *rows;

    if (needed <= fold->capacity) {
        return true;
    }
    rows = realloc(fold->rows, capacity * sizeof(*rows));
    if (rows == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu rows of a profile", capacity);
    }
    fold->rows = rows;
    fold->capacity = capacity;
    return true;
}

/* The hours of a day that a part of it touches. */
static uint32_t hours_of(int64_t day, int64_t from, int64_t until)
{
    int64_t begin = day * PROFILE_DAY_MS;
    int64_t last = (until > from ? until - 1 : until) - begin;
    uint32_t hours = 0;

    for (int64_t hour = (from - begin) / HOUR_MS; hour <= last / HOUR_MS && hour < 24; hour++) {
        hours |= UINT32_C(1) << hour;
    }
    return hours;
}

static void add_day(struct profile_fold *fold, const struct profile_interval *interval, int64_t day)
{
    int64_t begin = day * PROFILE_DAY_MS;
    int64_t end = begin + PROFILE_DAY_MS;
    int64_t from = interval->opened_at > begin ? interval->opened_at : begin;
    int64_t until = interval->closed_at < end ? interval->closed_at : end;
    struct profile_row row = {
        .key = interval->key,
        .intervals = 1,
        .lasted = until - from,
        .first_seen_at = from,
        .last_seen_at = until,
        .hours = hours_of(day, from, until),
    };

    row.key.day = day;
    fold->rows[fold->count++] = row;
}

bool profile_fold_add(struct profile_fold *fold, const struct profile_interval *interval,
                      struct failure *why)
{
    struct profile_interval known = *interval;
    int64_t first;
    int64_t last;

    if (known.closed_at < known.opened_at) {
        known.closed_at = known.opened_at;
    }
    first = day_of(known.opened_at);
    /* What ends at midnight is not of the day that begins then. */
    last = day_of(known.closed_at > known.opened_at ? known.closed_at - 1 : known.closed_at);
    if (last - first >= PROFILE_MOST_DAYS) {
        first = last - PROFILE_MOST_DAYS + 1;
    }
    if (!reserve(fold, (size_t)(last - first) + 1, why)) {
        return false;
    }
    for (int64_t day = first; day <= last; day++) {
        add_day(fold, &known, day);
    }
    return true;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* By what the ports of one application have in common. */
static int compare_users(const struct profile_key *a, const struct profile_key *b)
{
    int order = compare_numbers(a->day, b->day);

    order = order != 0 ? order : compare_numbers(a->application, b->application);
    order = order != 0 ? order : compare_numbers(a->user, b->user);
    order = order != 0 ? order : a->protocol - b->protocol;
    return order != 0 ? order : a->direction - b->direction;
}

static int compare_ports(const struct profile_key *a, const struct profile_key *b)
{
    int order = compare_users(a, b);

    return order != 0 ? order : a->port - b->port;
}

static int compare_keys(const struct profile_key *a, const struct profile_key *b)
{
    int order = compare_ports(a, b);

    order = order != 0 ? order : a->peer_size - b->peer_size;
    return order != 0 ? order : memcmp(a->peer, b->peer, sizeof(a->peer));
}

static int by_time(const void *left, const void *right)
{
    const struct profile_row *a = left;
    const struct profile_row *b = right;
    int order = compare_ports(&a->key, &b->key);

    order = order != 0 ? order : compare_numbers(a->first_seen_at, b->first_seen_at);
    return order != 0 ? order : compare_keys(&a->key, &b->key);
}

static int by_key(const void *left, const void *right)
{
    return compare_keys(&((const struct profile_row *)left)->key,
                        &((const struct profile_row *)right)->key);
}

/* Within a port the peers with the most intervals first. */
static int by_weight(const void *left, const void *right)
{
    const struct profile_row *a = left;
    const struct profile_row *b = right;
    int order = compare_ports(&a->key, &b->key);

    order = order != 0 ? order : compare_numbers(b->intervals, a->intervals);
    order = order != 0 ? order : compare_numbers(b->lasted, a->lasted);
    return order != 0 ? order : compare_keys(&a->key, &b->key);
}

/* Each row gets the time that no earlier row of its port has already. */
static void cover(struct profile_fold *fold)
{
    int64_t until = 0;

    for (size_t i = 0; i < fold->count; i++) {
        struct profile_row *row = &fold->rows[i];

        if (i == 0 || compare_ports(&row[-1].key, &row->key) != 0) {
            until = row->first_seen_at;
        }
        if (row->last_seen_at > until) {
            row->covered =
                row->last_seen_at - (row->first_seen_at > until ? row->first_seen_at : until);
            until = row->last_seen_at;
        }
    }
}

static void merge(struct profile_row *into, const struct profile_row *row)
{
    into->intervals += row->intervals;
    into->lasted += row->lasted;
    into->covered += row->covered;
    into->hours |= row->hours;
    if (row->first_seen_at < into->first_seen_at) {
        into->first_seen_at = row->first_seen_at;
    }
    if (row->last_seen_at > into->last_seen_at) {
        into->last_seen_at = row->last_seen_at;
    }
}

/* Rows of one key that stand side by side become one. */
static void merge_equal(struct profile_fold *fold)
{
    size_t kept = 0;

    for (size_t i = 0; i < fold->count; i++) {
        if (kept > 0 && compare_keys(&fold->rows[kept - 1].key, &fold->rows[i].key) == 0) {
            merge(&fold->rows[kept - 1], &fold->rows[i]);
        } else {
            fold->rows[kept++] = fold->rows[i];
        }
    }
    fold->count = kept;
}

static void sort(struct profile_fold *fold, int (*compare)(const void *, const void *))
{
    if (fold->count > 0) {
        qsort(fold->rows, fold->count, sizeof(fold->rows[0]), compare);
    }
}

static void be_others(struct profile_key *key)
{
    key->peer_size = PROFILE_OTHERS;
    memset(key->peer, 0, sizeof(key->peer));
}

/* The rows are in the order of by_weight(). */
static void bound_peers(struct profile_fold *fold)
{
    size_t place = 0; /* among those of the port */

    for (size_t i = 0; i < fold->count; i++) {
        struct profile_row *row = &fold->rows[i];

        place = i > 0 && compare_ports(&row[-1].key, &row->key) == 0 ? place + 1 : 0;
        if (place >= PROFILE_PEERS) {
            be_others(&row->key);
        }
    }
}

/* A port of an application, and how much there is of it. */
struct port_weight {
    size_t first; /* its rows */
    size_t end;
    int64_t intervals;
    int64_t lasted;
};

/* Takes the lightest one out of the list, which has at least one. */
static struct port_weight take_lightest(struct port_weight *ports, size_t count)
{
    size_t lightest = 0;
    struct port_weight taken;

    for (size_t i = 1; i < count; i++) {
        if (ports[i].intervals < ports[lightest].intervals) {
            lightest = i;
        }
    }
    taken = ports[lightest];
    ports[lightest] = ports[count - 1];
    return taken;
}

static void join_ports(struct profile_fold *fold, const struct port_weight *weight)
{
    for (size_t i = weight->first; i < weight->end; i++) {
        fold->rows[i].key.port = PROFILE_OTHERS;
        be_others(&fold->rows[i].key);
    }
}

static bool is_passing(const struct profile_fold *fold, const struct port_weight *weight)
{
    return fold->rows[weight->first].key.port >= FIRST_CHOSEN_PORT &&
           weight->intervals < RARE_INTERVALS && weight->lasted < HOUR_MS;
}

/* Takes the rows of the port that begins at `first` together. */
static struct port_weight weigh_port(const struct profile_fold *fold, size_t first, size_t end)
{
    struct port_weight weight = {.first = first, .end = first};
    int port = fold->rows[first].key.port;

    for (; weight.end < end && fold->rows[weight.end].key.port == port; weight.end++) {
        weight.intervals += fold->rows[weight.end].intervals;
        weight.lasted += fold->rows[weight.end].lasted;
    }
    return weight;
}

/*
 * The ports of the rows first..end-1, which are those of one application. The
 * least of those that have a row of their own is replaced when a heavier one comes.
 */
static void bound_ports_of(struct profile_fold *fold, size_t first, size_t end)
{
    struct port_weight kept[PROFILE_PORTS + 1];
    size_t count = 0;

    while (first < end) {
        struct port_weight port = weigh_port(fold, first, end);

        first = port.end;
        if (is_passing(fold, &port)) {
            join_ports(fold, &port);
            continue;
        }
        kept[count++] = port;
        if (count > PROFILE_PORTS) {
            struct port_weight lightest = take_lightest(kept, count--);

            join_ports(fold, &lightest);
        }
    }
}

static void bound_ports(struct profile_fold *fold)
{
    size_t first = 0;

    for (size_t i = 1; i <= fold->count; i++) {
        if (i == fold->count || compare_users(&fold->rows[first].key, &fold->rows[i].key) != 0) {
            bound_ports_of(fold, first, i);
            first = i;
        }
    }
}

void profile_fold_finish(struct profile_fold *fold)
{
    sort(fold, by_time);
    cover(fold);
    sort(fold, by_key);
    merge_equal(fold);
    sort(fold, by_weight);
    bound_peers(fold);
    bound_ports(fold);
    sort(fold, by_key);
    merge_equal(fold);
}

void profile_fold_reset(struct profile_fold *fold)
{
    fold->count = 0;
}

void profile_fold_clear(struct profile_fold *fold)
{
    free(fold->rows);
    *fold = (struct profile_fold){0};
}
