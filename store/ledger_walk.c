/* SPDX-License-Identifier: MIT */

/*
 * A walk over intervals. It reads a batch, ends its read transaction, hands
 * out the batch, and goes on behind the last id: who gets them may take as long
 * as it likes and holds nothing up.
 *
 * In each stretch that the range of time touches come first the intervals
 * that were open when the range begins, and then those that were opened in
 * it, which are a range of ids. Both are in the order of recording. Backwards
 * all of it goes from the end.
 */

#include <stdlib.h>

#include "base/hash_index.h"
#include "store/database.h"
#include "store/ledger_filter.h"
#include "store/ledger_handle.h"
#include "store/ledger_query.h"
#include "store/ledger_rows.h"
#include "store/ledger_ways.h"

enum {
    FIRST_CHUNK = 4096,  /* ids that are looked through at once; more where few match */
    FIRST_BATCH = 64,    /* intervals: the first ones are soon there, and each is twice ... */
    BATCH = 1024,        /* ... the one before, up to this */
    OWNERS_KEPT = 4096,  /* processes that are remembered from batch to batch */
    SERVICES_KEPT = 256, /* likewise */
};

/* What is to be read next. Forwards a stretch's parts come in this order. */
enum part { PART_STRETCH, PART_OPEN, PART_IDS, PART_NONE };

struct ledger_walk {
    struct ledger *ledger;
    struct ledger_filter filter;
    int64_t until; /* the filter's, or beyond all times */
    int64_t opened_since;
    int64_t opened_until;
    bool narrowed; /* since `low` and `high` were found */

    struct ledger_way_in in;
    bool needs_owner; /* an interval without one cannot match */
    enum part next;
    struct ledger_stretch_rows stretch; /* the present one */
    int64_t low;                        /* ids of it that were not looked through */
    int64_t high;
    int64_t width; /* ids to look through at once */

    struct ledger_row_list batch;
    size_t most;                       /* of the next batch */
    size_t at;                         /* rows of it that were handed out */
    struct ledger_process_list owners; /* of the batch, and of those before */
    struct hash_index owner_places;    /* by id */
    struct ledger_service_list services;
    struct ledger_interval interval; /* the one that was handed out last */
};

static uint64_t id_hash(int64_t id)
{
    return hash_bytes(0, &id, sizeof(id));
}

/* The place of a process in `owners`; HASH_INDEX_END where it is not there. */
static uint32_t find_owner(struct ledger_walk *walk, int64_t id)
{
    uint32_t at = hash_index_first(&walk->owner_places, id_hash(id));

    while (at != HASH_INDEX_END && walk->owners.items[at].id != id) {
        at = hash_index_next(&walk->owner_places);
    }
    return at;
}

/* Whether it is such an owner is found out once, and not for each of its intervals. */
static bool judge_owner(struct ledger_walk *walk, struct ledger_process *owner, struct failure *why)
{
    owner->matches = ledger_filter_owner(&walk->filter, owner);
    return !owner->matches || walk->filter.module == NULL ||
           ledger_rows_had_module(walk->ledger, owner->id, walk->filter.module, &owner->matches,
                                  why);
}

static bool load_owner(struct ledger_walk *walk, int64_t id, struct failure *why)
{
    size_t place = walk->owners.count;

    if (id == 0 || find_owner(walk, id) != HASH_INDEX_END) {
        return true;
    }
    if (!ledger_rows_process(walk->ledger, id, &walk->owners, why)) {
        return false;
    }
    return walk->owners.count == place ||
           (judge_owner(walk, &walk->owners.items[place], why) &&
            hash_index_add(&walk->owner_places, id_hash(id), (uint32_t)place, why));
}

static bool load_owners(struct ledger_walk *walk, struct failure *why)
{
    if (walk->services.count > SERVICES_KEPT) {
        ledger_services_clear(&walk->services);
    }
    if (walk->owners.count > OWNERS_KEPT) {
        ledger_process_list_clear(&walk->owners);
        hash_index_reset(&walk->owner_places);
    }
    for (size_t i = 0; i < walk->batch.count; i++) {
        const struct ledger_service *service;

        if (!load_owner(walk, walk->batch.rows[i].process, why) ||
            !ledger_services_find(&walk->services, walk->ledger, walk->batch.rows[i].service,
                                  &service, why)) {
            return false;
        }
    }
    return true;
}

static struct ledger_interval make_interval(const struct ledger_stretch *stretch,
                                            const struct ledger_row *row,
                                            const struct process_instance *owner)
{
    struct ledger_interval interval = {
        .id = row->id,
        .stretch_id = stretch->id,
        .opened_at = row->opened_at,
        .closed_at = stretch->end_at,
        .ending = stretch->ended == LEDGER_GAP_NONE ? LEDGER_OPEN : LEDGER_CUT,
        .at_begin = row->opened_at == stretch->begin_at,
        .continued = row->opening == LEDGER_CONTINUED,
        .closing = row->opening == LEDGER_CLOSING,
        .socket = row->socket,
        .owner = owner,
        .owner_id = owner == NULL ? 0 : row->process,
    };

    if (row->duration >= 0) {
        interval.ending = LEDGER_CLOSED;
        interval.closed_at = row->opened_at + row->duration;
    }
    return interval;
}

/* The services of the batch were read with it. */
static void name_service(const struct ledger_walk *walk, const struct ledger_row *row,
                         struct ledger_interval *interval)
{
    const struct ledger_service *service = ledger_services_known(&walk->services, row->service);

    if (service != NULL) {
        interval->service = service->name;
        interval->service_basis = service->basis;
    }
}

static bool matches(const struct ledger_walk *walk, const struct ledger_row *row,
                    const struct ledger_process *owner, const char *service)
{
    return row->opened_at >= walk->opened_since && row->opened_at <= walk->opened_until &&
           ledger_filter_row(&walk->filter, row) &&
           (owner == NULL ? !walk->needs_owner : owner->matches) &&
           ledger_filter_service(&walk->filter, service);
}

/* Whether it is one that is asked for, which it then becomes. */
static bool take_row(struct ledger_walk *walk, struct ledger_row *row)
{
    uint32_t place = row->process == 0 ? HASH_INDEX_END : find_owner(walk, row->process);
    const struct ledger_process *owner =
        place == HASH_INDEX_END ? NULL : &walk->owners.items[place];

    if (owner != NULL) {
        row->socket.pid = owner->instance->pid;
    }
    walk->interval =
        make_interval(&walk->stretch.stretch, row, owner == NULL ? NULL : owner->instance);
    name_service(walk, row, &walk->interval);
    return matches(walk, row, owner, walk->interval.service);
}

/* Those that were open when the range of time begins inside of the stretch. */
static bool read_open(struct ledger_walk *walk, struct failure *why)
{
    walk->next = walk->filter.backwards ? PART_STRETCH : PART_IDS;
    return ledger_rows_open_at(walk->ledger, &walk->stretch, walk->filter.since, &walk->batch,
                               why) &&
           load_owners(walk, why);
}

/* The first id of the stretch that was opened after `at`, where that is not before all of it. */
static bool find_after(struct ledger_walk *walk, int64_t at, int64_t *id, struct failure *why)
{
    return ledger_rows_interval_after(walk->ledger, &walk->stretch, at, id, why);
}

/* Leaves of *low to *high the ids that were opened within the times. */
static bool find_ids(struct ledger_walk *walk, int64_t *low, int64_t *high, struct failure *why)
{
    const struct ledger_stretch *stretch = &walk->stretch.stretch;
    int64_t since = walk->filter.since > stretch->begin_at ? walk->filter.since : INT64_MIN;
    int64_t until = walk->until < walk->opened_until ? walk->until : walk->opened_until;
    int64_t first = *low;
    int64_t end = *high + 1;

    if (walk->opened_since > stretch->begin_at && walk->opened_since > since) {
        since = walk->opened_since - 1;
    }
    if ((since != INT64_MIN && !find_after(walk, since, &first, why)) ||
        (until < stretch->end_at && !find_after(walk, until, &end, why))) {
        return false;
    }
    *low = first > *low ? first : *low;
    *high = end <= *high ? end - 1 : *high;
    return true;
}

/*
 * The next chunk. Forwards it begins with the first id that there is, or that
 * can match: ids may have large holes.
 */
static bool find_chunk(struct ledger_walk *walk, int64_t *low, int64_t *high, struct failure *why)
{
    *low = walk->low;
    *high = walk->high;
    if (walk->filter.backwards) {
        *low = *high - *low >= walk->width ? *high - walk->width + 1 : *low;
        return true;
    }
    if (!ledger_way_from(&walk->in, walk->ledger, walk->width, *low, low, why)) {
        return false;
    }
    *high = *high - *low >= walk->width ? *low + walk->width - 1 : *high;
    return true;
}

static bool read_chunk(struct ledger_walk *walk, int64_t low, int64_t high, size_t most,
                       struct failure *why)
{
    enum ledger_rows_statement which = ledger_way_bind(&walk->in, walk->ledger, low, high);

    database_bind(walk->ledger->rows[which], ":limit", (int64_t)most);
    return ledger_rows_read(walk->ledger, which, &walk->batch, why);
}

/* Chunks grow where few rows match, so that many ids without a match cost few steps. */
static void adapt(struct ledger_walk *walk, bool full)
{
    if (walk->batch.count < walk->most / 4 && walk->width < ledger_way_widest_chunk(&walk->in)) {
        walk->width *= 2;
    } else if (full && walk->width > BATCH) {
        walk->width /= 2;
    }
}

/* What a batch cannot hold is read later: forwards what follows, backwards all of the chunk. */
static bool read_ids(struct ledger_walk *walk, struct failure *why)
{
    bool backwards = walk->filter.backwards;
    size_t most = backwards ? BATCH : walk->most;
    int64_t low;
    int64_t high;
    bool full;

    if (!find_chunk(walk, &low, &high, why) || !read_chunk(walk, low, high, most, why)) {
        return false;
    }
    full = walk->batch.count == most;
    adapt(walk, full);
    if (!backwards) {
        walk->low = full ? walk->batch.rows[most - 1].id + 1 : high + 1;
    } else if (full && high - low >= BATCH) {
        walk->batch.count = 0;
    } else {
        walk->high = low - 1;
    }
    walk->most = walk->most < BATCH ? walk->most * 2 : BATCH;
    return load_owners(walk, why);
}

static bool read_part(struct ledger_walk *walk, struct failure *why)
{
    if (walk->narrowed && !find_ids(walk, &walk->low, &walk->high, why)) {
        return false;
    }
    walk->narrowed = false;
    return walk->low > walk->high || read_ids(walk, why);
}

/* The next stretch that the range of time touches. */
static bool find_stretch(struct ledger_walk *walk, bool *found, struct failure *why)
{
    int64_t since =
        walk->filter.since > walk->opened_since ? walk->filter.since : walk->opened_since;
    int64_t until = walk->until < walk->opened_until ? walk->until : walk->opened_until;
    int64_t id = walk->stretch.stretch.id;

    return walk->filter.backwards ? ledger_rows_stretch_before(walk->ledger, id, since, until,
                                                               &walk->stretch, found, why)
                                  : ledger_rows_stretch_touching(walk->ledger, id, since, until,
                                                                 &walk->stretch, found, why);
}

static bool begin_stretch(struct ledger_walk *walk, struct failure *why)
{
    bool found;

    if (!find_stretch(walk, &found, why)) {
        return false;
    }
    walk->low = walk->stretch.first_interval;
    walk->high = walk->stretch.end_interval - 1;
    walk->next = walk->filter.backwards ? PART_IDS : PART_OPEN;
    if (!found) {
        walk->next = PART_NONE;
    } else if (walk->high <= walk->filter.after_id) {
        walk->next = PART_STRETCH;
    } else if (walk->low <= walk->filter.after_id) {
        walk->low = walk->filter.after_id + 1;
    }
    walk->width = FIRST_CHUNK;
    return walk->next == PART_STRETCH || !found || find_ids(walk, &walk->low, &walk->high, why);
}

/* Goes past parts of which is known that they have nothing: no lock is taken for these. */
static void skip_parts(struct ledger_walk *walk)
{
    bool backwards = walk->filter.backwards;

    for (int i = 0; i < 2; i++) { /* in either order */
        if (walk->next == PART_OPEN && walk->filter.since <= walk->stretch.stretch.begin_at) {
            walk->next = backwards ? PART_STRETCH : PART_IDS;
        }
        if (walk->next == PART_IDS && !walk->narrowed && walk->low > walk->high) {
            walk->next = backwards ? PART_OPEN : PART_STRETCH;
        }
    }
}

static bool read_next(struct ledger_walk *walk, struct failure *why)
{
    if (walk->next == PART_STRETCH && !begin_stretch(walk, why)) {
        return false;
    }
    skip_parts(walk);
    switch (walk->next) {
    case PART_OPEN:
        return read_open(walk, why);
    case PART_IDS:
        return read_part(walk, why);
    default:
        return true;
    }
}

static bool choose_way(struct ledger_walk *walk, struct failure *why)
{
    return ledger_begin_read(walk->ledger, why) &&
           ledger_end_read(walk->ledger,
                           ledger_way_choose(&walk->in, walk->ledger, &walk->filter, why), why);
}

bool ledger_walk_open(struct ledger_walk **out, struct ledger *ledger,
                      const struct ledger_filter *filter, struct failure *why)
{
    struct ledger_walk *walk = calloc(1, sizeof(*walk));

    *out = NULL;
    if (walk == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the intervals");
    }
    walk->ledger = ledger;
    walk->filter = *filter;
    walk->until = filter->until == 0 ? INT64_MAX : filter->until;
    walk->opened_since = INT64_MIN;
    walk->opened_until = INT64_MAX;
    walk->stretch.stretch.id = filter->backwards ? INT64_MAX : 0;
    walk->most = FIRST_BATCH;
    walk->needs_owner = ledger_filter_needs_owner(filter);
    if (!choose_way(walk, why)) {
        ledger_walk_close(walk);
        return false;
    }
    walk->next = ledger_way_is_vain(&walk->in) ? PART_NONE : PART_STRETCH;
    *out = walk;
    return true;
}

bool ledger_walk_next(struct ledger_walk *walk, const struct ledger_interval **interval,
                      struct failure *why)
{
    *interval = NULL;
    for (;;) {
        while (walk->at < walk->batch.count) {
            size_t place = walk->at++;

            place = walk->filter.backwards ? walk->batch.count - 1 - place : place;
            if (take_row(walk, &walk->batch.rows[place])) {
                *interval = &walk->interval;
                return true;
            }
        }
        walk->at = walk->batch.count = 0;
        skip_parts(walk);
        if (walk->next == PART_NONE) {
            return true;
        }
        if (!ledger_begin_read(walk->ledger, why) ||
            !ledger_end_read(walk->ledger, read_next(walk, why), why)) {
            return false;
        }
    }
}

bool ledger_walk_pauses(const struct ledger_walk *walk)
{
    return walk->at == walk->batch.count && walk->next != PART_NONE;
}

void ledger_walk_narrow(struct ledger_walk *walk, int64_t opened_since, int64_t opened_until)
{
    walk->opened_since = opened_since;
    walk->opened_until = opened_until;
    walk->narrowed = true;
}

void ledger_walk_close(struct ledger_walk *walk)
{
    if (walk == NULL) {
        return;
    }
    ledger_row_list_clear(&walk->batch);
    ledger_process_list_clear(&walk->owners);
    ledger_services_clear(&walk->services);
    hash_index_clear(&walk->owner_places);
    ledger_way_clear(&walk->in);
    free(walk);
}

bool ledger_walk_intervals(struct ledger *ledger, const struct ledger_filter *filter,
                           ledger_interval_fn *visit, void *context, struct failure *why)
{
    const struct ledger_interval *interval = NULL;
    struct ledger_walk *walk = NULL;
    bool ok =
        ledger_walk_open(&walk, ledger, filter, why) && ledger_walk_next(walk, &interval, why);

    while (ok && interval != NULL && visit(context, interval)) {
        ok = ledger_walk_next(walk, &interval, why);
    }
    ledger_walk_close(walk);
    return ok;
}
