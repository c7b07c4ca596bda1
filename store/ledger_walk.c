/* SPDX-License-Identifier: MIT */

/*
 * A walk over intervals. It reads a batch, ends its read transaction, visits
 * the batch, and goes on behind the last id: a visitor may take as long as it
 * likes and holds nothing up.
 *
 * In each stretch that the range of time touches come first the intervals
 * that were open when the range begins, and then those that were opened in
 * it, which are a range of ids. Both are in the order of recording.
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
    BATCH = 1024,        /* intervals */
    OWNERS_KEPT = 4096,  /* processes that are remembered from batch to batch */
    SERVICES_KEPT = 256, /* likewise */
};

struct walk {
    struct ledger *ledger;
    const struct ledger_filter *filter;
    int64_t until; /* the filter's, or beyond all times */
    ledger_interval_fn *visit;
    void *context;
    bool stopped; /* the visitor has seen enough */

    struct ledger_way_in in;
    bool needs_owner;                   /* an interval without one cannot match */
    struct ledger_stretch_rows stretch; /* the present one */
    struct ledger_row_list batch;
    struct ledger_process_list owners; /* of the batch, and of those before */
    struct hash_index owner_places;    /* by id */
    struct ledger_service_list services;
};

static uint64_t id_hash(int64_t id)
{
    return hash_bytes(0, &id, sizeof(id));
}

/* The place of a process in `owners`; HASH_INDEX_END where it is not there. */
static uint32_t find_owner(struct walk *walk, int64_t id)
{
    uint32_t at = hash_index_first(&walk->owner_places, id_hash(id));

    while (at != HASH_INDEX_END && walk->owners.items[at].id != id) {
        at = hash_index_next(&walk->owner_places);
    }
    return at;
}

/* Whether it is such an owner is found out once, and not for each of its intervals. */
static bool judge_owner(struct walk *walk, struct ledger_process *owner, struct failure *why)
{
    owner->matches = ledger_filter_owner(walk->filter, owner);
    return !owner->matches || walk->filter->module == NULL ||
           ledger_rows_had_module(walk->ledger, owner->id, walk->filter->module, &owner->matches,
                                  why);
}

static bool load_owner(struct walk *walk, int64_t id, struct failure *why)
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

static bool load_owners(struct walk *walk, struct failure *why)
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
static void name_service(const struct walk *walk, const struct ledger_row *row,
                         struct ledger_interval *interval)
{
    const struct ledger_service *service = ledger_services_known(&walk->services, row->service);

    if (service != NULL) {
        interval->service = service->name;
        interval->service_basis = service->basis;
    }
}

static bool matches(const struct walk *walk, const struct ledger_row *row,
                    const struct ledger_process *owner, const char *service)
{
    return ledger_filter_row(walk->filter, row) &&
           (owner == NULL ? !walk->needs_owner : owner->matches) &&
           ledger_filter_service(walk->filter, service);
}

static void visit_row(struct walk *walk, struct ledger_row *row)
{
    uint32_t place = row->process == 0 ? HASH_INDEX_END : find_owner(walk, row->process);
    const struct ledger_process *owner =
        place == HASH_INDEX_END ? NULL : &walk->owners.items[place];
    struct ledger_interval interval;

    if (owner != NULL) {
        row->socket.pid = owner->instance->pid;
    }
    interval = make_interval(&walk->stretch.stretch, row, owner == NULL ? NULL : owner->instance);
    name_service(walk, row, &interval);
    if (matches(walk, row, owner, interval.service)) {
        walk->stopped = !walk->visit(walk->context, &interval);
    }
}

static void visit_batch(struct walk *walk)
{
    for (size_t i = 0; i < walk->batch.count && !walk->stopped; i++) {
        visit_row(walk, &walk->batch.rows[i]);
    }
    walk->batch.count = 0;
}

/* Those that were open when the range of time begins inside of the stretch. */
static bool walk_open(struct walk *walk, struct failure *why)
{
    if (walk->filter->since <= walk->stretch.stretch.begin_at) {
        return true;
    }
    if (!ledger_begin_read(walk->ledger, why) ||
        !ledger_end_read(walk->ledger,
                         ledger_rows_open_at(walk->ledger, &walk->stretch, walk->filter->since,
                                             &walk->batch, why) &&
                             load_owners(walk, why),
                         why)) {
        return false;
    }
    visit_batch(walk);
    return true;
}

/* The ids of the stretch that were opened within the range of time: *low to *high. */
static bool find_ids(struct walk *walk, int64_t *low, int64_t *high, struct failure *why)
{
    const struct ledger_stretch_rows *stretch = &walk->stretch;

    *low = stretch->first_interval;
    *high = stretch->end_interval;
    if (walk->filter->since > stretch->stretch.begin_at &&
        !ledger_rows_interval_after(walk->ledger, stretch, walk->filter->since, low, why)) {
        return false;
    }
    if (walk->until < stretch->stretch.end_at &&
        !ledger_rows_interval_after(walk->ledger, stretch, walk->until, high, why)) {
        return false;
    }
    if (*low <= walk->filter->after_id) {
        *low = walk->filter->after_id + 1;
    }
    *high -= 1;
    return true;
}

/* The chunk that begins with the first id from `low` on that there is: ids may have large holes. */
static bool find_chunk(struct walk *walk, int64_t width, int64_t *low, int64_t *high,
                       struct failure *why)
{
    int64_t first;

    if (!ledger_rows_interval_from(walk->ledger, *low, &first, why)) {
        return false;
    }
    *low = first;
    if (*high - *low >= width) {
        *high = *low + width - 1;
    }
    return true;
}

static bool read_ids(struct walk *walk, int64_t low, int64_t high, struct failure *why)
{
    enum ledger_rows_statement which = ledger_way_bind(&walk->in, walk->ledger, low, high);

    database_bind(walk->ledger->rows[which], ":limit", BATCH);
    return ledger_rows_read(walk->ledger, which, &walk->batch, why) && load_owners(walk, why);
}

/* Chunks grow where few rows match, so that many ids without a match cost few steps. */
static bool walk_ids(struct walk *walk, int64_t low, int64_t high, struct failure *why)
{
    int64_t width = ledger_way_first_chunk(&walk->in);

    while (low <= high && !walk->stopped) {
        int64_t top = high;
        size_t count;

        if (!ledger_begin_read(walk->ledger, why) ||
            !ledger_end_read(
                walk->ledger,
                find_chunk(walk, width, &low, &top, why) && read_ids(walk, low, top, why), why)) {
            return false;
        }
        count = walk->batch.count;
        low = count == BATCH ? walk->batch.rows[count - 1].id + 1 : top + 1;
        if (count < BATCH / 4 && width < ledger_way_widest_chunk(&walk->in)) {
            width *= 2;
        } else if (count == BATCH && width > BATCH) {
            width /= 2;
        }
        visit_batch(walk);
    }
    return true;
}

/* The next stretch that the range of time touches. */
static bool find_stretch(struct walk *walk, bool *found, struct failure *why)
{
    return ledger_rows_stretch_touching(walk->ledger, walk->stretch.stretch.id, walk->filter->since,
                                        walk->until, &walk->stretch, found, why);
}

static bool begin_stretch(struct walk *walk, bool *found, int64_t *low, int64_t *high,
                          struct failure *why)
{
    return ledger_begin_read(walk->ledger, why) &&
           ledger_end_read(
               walk->ledger,
               find_stretch(walk, found, why) && (!*found || find_ids(walk, low, high, why)), why);
}

static bool walk_stretches(struct walk *walk, struct failure *why)
{
    bool found = true;

    while (!walk->stopped) {
        int64_t low = 0;
        int64_t high = 0;

        if (!begin_stretch(walk, &found, &low, &high, why)) {
            return false;
        }
        if (!found) {
            return true;
        }
        if (walk->stretch.end_interval > walk->filter->after_id &&
            (!walk_open(walk, why) || !walk_ids(walk, low, high, why))) {
            return false;
        }
    }
    return true;
}

bool ledger_walk_intervals(struct ledger *ledger, const struct ledger_filter *filter,
                           ledger_interval_fn *visit, void *context, struct failure *why)
{
    struct walk walk = {
        .ledger = ledger,
        .filter = filter,
        .until = filter->until == 0 ? INT64_MAX : filter->until,
        .visit = visit,
        .context = context,
    };
    bool ok;

    walk.needs_owner = ledger_filter_needs_owner(filter);
    ledger_way_choose(&walk.in, filter);
    ok = walk_stretches(&walk, why);
    ledger_row_list_clear(&walk.batch);
    ledger_process_list_clear(&walk.owners);
    ledger_services_clear(&walk.services);
    hash_index_clear(&walk.owner_places);
    return ok;
}
