/* SPDX-License-Identifier: MIT */

#include "store/ledger_usage.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_index.h"

enum {
    MOST_ROWS = 65536,
    FIRST_ROWS = 64,
};

/* Nothing lasts longer (139 years): what a damaged ledger says beyond that is left out. */
#define LONGEST ((int64_t)1 << 42)

/* A sum in the making. */
struct counting {
    struct ledger_usage *usage;
    const struct ledger_usage_question *question;
    size_t most;
    struct hours_of_day hours;
    struct hash_index places; /* of rows */
    struct failure *why;
    bool failed;
};

/* The part of from..until that is in the range. */
static void clip(const struct ledger_usage *usage, int64_t *from, int64_t *until)
{
    *from = *from < usage->since ? usage->since : *from;
    *until = *until > usage->until ? usage->until : *until;
}

static void add_time(struct counting *counting, int64_t from, int64_t until, int64_t *sum,
                     int64_t sums[HOURS_OF_DAY])
{
    if (from >= until) {
        return;
    }
    *sum += until - from;
    if (counting->question->zone_offset != NULL) {
        hours_of_day_add(&counting->hours, from, until, sums);
    }
}

/* Which moments the answer is about: from the first to the last watched one of the range. */
static bool widen(void *context, const struct ledger_stretch *stretch)
{
    struct ledger_usage *usage = context;

    if (stretch->begin_at < usage->since) {
        usage->since = stretch->begin_at;
    }
    if (stretch->end_at > usage->until) {
        usage->until = stretch->end_at;
    }
    return true;
}

static bool find_range(struct counting *counting, struct ledger *ledger, int64_t until,
                       struct failure *why)
{
    struct ledger_usage *usage = counting->usage;
    int64_t since = counting->question->filter.since;

    usage->since = INT64_MAX;
    usage->until = INT64_MIN;
    if (!ledger_walk_coverage(ledger, since, until, widen, usage, why)) {
        return false;
    }
    if (usage->since > usage->until) {
        usage->since = usage->until = 0; /* nothing was watched */
        return true;
    }
    usage->since = usage->since < since ? since : usage->since;
    usage->until = usage->until > until ? until : usage->until;
    if (usage->until < usage->since) {
        usage->until = usage->since;
    }
    if (usage->until - LONGEST > usage->since) {
        usage->since = usage->until - LONGEST;
    }
    return true;
}

static bool count_watched(void *context, const struct ledger_stretch *stretch)
{
    struct counting *counting = context;
    int64_t from = stretch->begin_at;
    int64_t until = stretch->end_at;

    clip(counting->usage, &from, &until);
    add_time(counting, from, until, &counting->usage->watched, counting->usage->hours_watched);
    return true;
}

static const char *application_of(const struct ledger_interval *interval)
{
    const struct process_instance *owner = interval->owner;

    if (owner == NULL) {
        return "";
    }
    return owner->path != NULL ? owner->path : owner->name;
}

/* A row as it is looked for. */
static struct ledger_usage_row key_of(const struct counting *counting,
                                      const struct ledger_interval *interval)
{
    const struct socket_row *socket = &interval->socket;

    return (struct ledger_usage_row){
        .application = application_of(interval),
        .is_path = interval->owner != NULL && interval->owner->path != NULL,
        .protocol = socket->protocol,
        .port = counting->question->side == LEDGER_LOCAL_PORT ? socket->local.port
                                                              : socket->remote.port,
    };
}

static uint64_t hash_of(const struct ledger_usage_row *key)
{
    const uint8_t numbers[] = {key->is_path, key->protocol, (uint8_t)(key->port >> 8),
                               (uint8_t)key->port};

    return hash_bytes(hash_bytes(0, numbers, sizeof(numbers)), key->application,
                      strlen(key->application));
}

static bool is_row(const struct ledger_usage *usage, const struct ledger_usage_row *row,
                   const struct ledger_usage_row *key)
{
    return row->port == key->port && row->protocol == key->protocol &&
           row->is_path == key->is_path &&
           strcmp(text_bytes(&usage->names) + row->name, key->application) == 0;
}

static bool reserve_row(struct ledger_usage *usage, struct failure *why)
{
    size_t capacity = usage->capacity == 0 ? FIRST_ROWS : usage->capacity * 2;
    struct ledger_usage_row *rows;

    if (usage->count < usage->capacity) {
        return true;
    }
    rows = realloc(usage->rows, capacity * sizeof(*rows));
    if (rows == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu applications and ports", capacity);
    }
    usage->rows = rows;
    usage->capacity = capacity;
    return true;
}

static struct ledger_usage_row *add_row(struct counting *counting,
                                        const struct ledger_usage_row *key,
                                        const struct ledger_interval *interval)
{
    struct ledger_usage *usage = counting->usage;
    struct ledger_usage_row *row;

    if (!reserve_row(usage, counting->why) ||
        !hash_index_add(&counting->places, hash_of(key), (uint32_t)usage->count, counting->why)) {
        counting->failed = true;
        return NULL;
    }
    row = &usage->rows[usage->count++];
    *row = *key;
    row->name = usage->names.size;
    row->first_id = interval->id;
    row->first_seen_at = interval->opened_at;
    text_add_bytes(&usage->names, key->application, strlen(key->application) + 1);
    return row;
}

/* NULL where there is no room for another one, or no memory. */
static struct ledger_usage_row *find_row(struct counting *counting,
                                         const struct ledger_interval *interval)
{
    struct ledger_usage *usage = counting->usage;
    struct ledger_usage_row key = key_of(counting, interval);
    uint32_t at = hash_index_first(&counting->places, hash_of(&key));

    while (at != HASH_INDEX_END && !is_row(usage, &usage->rows[at], &key)) {
        at = hash_index_next(&counting->places);
    }
    if (at != HASH_INDEX_END) {
        return &usage->rows[at];
    }
    if (usage->count == counting->most) {
        usage->left_out++;
        return NULL;
    }
    return add_row(counting, &key, interval);
}

/*
 * Within a stretch intervals come by the time of their opening, so that what
 * was counted of a row is known by one number.
 */
static void count_into(struct counting *counting, struct ledger_usage_row *row,
                       const struct ledger_interval *interval)
{
    int64_t from = interval->opened_at;
    int64_t until = interval->closed_at;
    bool same_stretch = row->stretch_id == interval->stretch_id;

    if (!same_stretch || interval->closed_at >= row->last_seen_at) {
        row->last_id = interval->id;
        row->last_seen_at = interval->closed_at;
    }
    clip(counting->usage, &from, &until);
    if (same_stretch && from < row->counted_until) {
        from = row->counted_until;
    }
    add_time(counting, from, until, &row->open, row->hours);
    row->counted_until = same_stretch && row->counted_until > until ? row->counted_until : until;
    row->stretch_id = interval->stretch_id;
    row->intervals++;
}

static bool count_interval(void *context, const struct ledger_interval *interval)
{
    struct counting *counting = context;
    struct ledger_usage_row *row;

    if (counting->question->side == LEDGER_REMOTE_PORT &&
        interval->socket.remote.address_size == 0) {
        return true;
    }
    row = find_row(counting, interval);
    if (row != NULL) {
        count_into(counting, row, interval);
    }
    return !counting->failed;
}

static bool count_all(struct counting *counting, struct ledger *ledger, struct failure *why)
{
    const struct ledger_usage_question *question = counting->question;
    struct ledger_usage *usage = counting->usage;
    int64_t until = question->filter.until == 0 ? INT64_MAX : question->filter.until;

    return find_range(counting, ledger, until, why) &&
           (question->zone_offset == NULL ||
            hours_of_day_open(&counting->hours, question->zone_offset, usage->since, usage->until,
                              why)) &&
           ledger_walk_coverage(ledger, question->filter.since, until, count_watched, counting,
                                why) &&
           ledger_walk_intervals(ledger, &question->filter, count_interval, counting, why) &&
           !counting->failed && text_ok(&usage->names, why);
}

bool ledger_usage_read(struct ledger_usage *usage, struct ledger *ledger,
                       const struct ledger_usage_question *question, struct failure *why)
{
    struct counting counting = {
        .usage = usage,
        .question = question,
        .most = question->most == 0 ? MOST_ROWS : question->most,
        .why = why,
    };
    bool done;

    ledger_usage_clear(usage);
    done = count_all(&counting, ledger, why);
    hours_of_day_close(&counting.hours);
    hash_index_clear(&counting.places);
    for (size_t i = 0; i < usage->count; i++) {
        usage->rows[i].application = text_bytes(&usage->names) + usage->rows[i].name;
    }
    if (!done) {
        ledger_usage_clear(usage);
    }
    return done;
}

void ledger_usage_clear(struct ledger_usage *usage)
{
    free(usage->rows);
    text_clear(&usage->names);
    *usage = (struct ledger_usage){0};
}
