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
#include "base/text.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_query.h"
#include "store/ledger_rows.h"

enum {
    BATCH = 1024,           /* intervals */
    FIRST_CHUNK = 4096,     /* ids that are looked through at once, to begin with */
    OWNERS_KEPT = 4096,     /* processes that are remembered from batch to batch */
    SERVICES_KEPT = 256,    /* likewise */
    WIDE_CHUNK = 1 << 22,   /* ids, where an index names the matches */
    NARROW_CHUNK = 1 << 17, /* ids, where each row must be looked at */
};

/* The ways in. The first one that the filter has a value for is taken. */
static const struct way {
    enum ledger_rows_statement statement;
    int64_t widest;
} ways[] = {
    {ROWS_WALK_LOCAL_PORT, WIDE_CHUNK}, {ROWS_WALK_REMOTE_PORT, WIDE_CHUNK},
    {ROWS_WALK_PORT, WIDE_CHUNK},       {ROWS_WALK_PID, WIDE_CHUNK},
    {ROWS_WALK_NAME, WIDE_CHUNK},       {ROWS_WALK_ALL, NARROW_CHUNK},
};

struct walk {
    struct ledger *ledger;
    const struct ledger_filter *filter;
    int64_t until; /* the filter's, or beyond all times */
    ledger_interval_fn *visit;
    void *context;
    bool stopped; /* the visitor has seen enough */

    const struct way *way;
    int64_t key;                        /* what the way's index is asked for */
    struct ledger_stretch_rows stretch; /* the present one */
    struct ledger_row_list batch;
    struct ledger_process_list owners; /* of the batch, and of those before */
    struct hash_index owner_places;    /* by id */
    struct ledger_service_list services;
};

static const struct way *choose_way(const struct ledger_filter *filter, int64_t *key)
{
    const struct {
        bool given;
        int64_t key;
    } values[] = {
        {filter->local_port != 0, filter->local_port},
        {filter->remote_port != 0, filter->remote_port},
        {filter->port != 0, filter->port},
        {filter->has_pid && filter->pid != 0, filter->pid}, /* "no pid" is in no index */
        {filter->process != NULL, 0},
        {true, 0},
    };
    size_t i = 0;

    while (!values[i].given) {
        i++;
    }
    *key = values[i].key;
    return &ways[i];
}

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
           hash_index_add(&walk->owner_places, id_hash(id), (uint32_t)place, why);
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

static bool port_matches(const struct ledger_filter *filter, const struct socket_row *row)
{
    bool has_remote = row->remote.address_size != 0;

    if (filter->local_port != 0 && row->local.port != filter->local_port) {
        return false;
    }
    if (filter->remote_port != 0 && !(has_remote && row->remote.port == filter->remote_port)) {
        return false;
    }
    return filter->port == 0 || row->local.port == filter->port ||
           (has_remote && row->remote.port == filter->port);
}

static bool matches(const struct ledger_filter *filter, const struct ledger_row *row,
                    const struct process_instance *owner)
{
    if (row->id <= filter->after_id ||
        (filter->protocol != 0 && row->socket.protocol != filter->protocol) ||
        (filter->state != 0 && row->socket.state != filter->state) ||
        (filter->has_pid && row->socket.pid != filter->pid)) {
        return false;
    }
    if (filter->process != NULL &&
        (owner == NULL || !text_equal_fold(owner->name, filter->process))) {
        return false;
    }
    return port_matches(filter, &row->socket);
}

static struct ledger_interval make_interval(const struct ledger_stretch *stretch,
                                            const struct ledger_row *row,
                                            const struct process_instance *owner)
{
    struct ledger_interval interval = {
        .id = row->id,
        .opened_at = row->opened_at,
        .closed_at = stretch->end_at,
        .ending = stretch->ended == LEDGER_GAP_NONE ? LEDGER_OPEN : LEDGER_CUT,
        .at_begin = row->opened_at == stretch->begin_at,
        .continued = row->opening == LEDGER_CONTINUED,
        .closing = row->opening == LEDGER_CLOSING,
        .socket = row->socket,
        .owner = owner,
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

static void visit_batch(struct walk *walk)
{
    for (size_t i = 0; i < walk->batch.count && !walk->stopped; i++) {
        struct ledger_row *row = &walk->batch.rows[i];
        uint32_t place = row->process == 0 ? HASH_INDEX_END : find_owner(walk, row->process);
        const struct process_instance *owner =
            place == HASH_INDEX_END ? NULL : walk->owners.items[place].instance;
        struct ledger_interval interval;

        if (owner != NULL) {
            row->socket.pid = owner->pid;
        }
        interval = make_interval(&walk->stretch.stretch, row, owner);
        name_service(walk, row, &interval);
        if (matches(walk->filter, row, owner)) {
            walk->stopped = !walk->visit(walk->context, &interval);
        }
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
    sqlite3_stmt *statement = walk->ledger->rows[walk->way->statement];

    if (walk->way->statement == ROWS_WALK_NAME) {
        database_bind_text(statement, ":name", walk->filter->process);
    } else if (walk->way->statement != ROWS_WALK_ALL) {
        database_bind(statement, ":key", walk->key);
    }
    database_bind(statement, ":low", low);
    database_bind(statement, ":high", high);
    database_bind(statement, ":protocol", walk->filter->protocol);
    database_bind(statement, ":state", walk->filter->state);
    database_bind(statement, ":limit", BATCH);
    return ledger_rows_read(walk->ledger, walk->way->statement, &walk->batch, why) &&
           load_owners(walk, why);
}

/* Chunks grow where few rows match, so that many ids without a match cost few steps. */
static bool walk_ids(struct walk *walk, int64_t low, int64_t high, struct failure *why)
{
    int64_t width = FIRST_CHUNK;

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
        if (count < BATCH / 4 && width < walk->way->widest) {
            width *= 2;
        } else if (count == BATCH && width > BATCH) {
            width /= 2;
        }
        visit_batch(walk);
    }
    return true;
}

/* The next stretch that the range of time touches and that has rows behind `after_id`. */
static bool find_stretch(struct walk *walk, bool *found, struct failure *why)
{
    sqlite3_stmt *statement = walk->ledger->rows[ROWS_STRETCHES_AFTER];
    int64_t id = 0;
    int result;

    database_bind(statement, ":id", walk->stretch.stretch.id);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW && id == 0) {
        struct ledger_stretch_rows rows;

        ledger_rows_take_stretch(statement, &rows);
        if (rows.stretch.begin_at <= walk->until && rows.stretch.end_at >= walk->filter->since) {
            id = rows.stretch.id;
        }
    }
    *found = id != 0;
    return database_end(walk->ledger->db, statement, result, "looking for a stretch", why) &&
           (id == 0 || ledger_rows_stretch(walk->ledger, id, &walk->stretch, found, why));
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

    walk.way = choose_way(filter, &walk.key);
    ok = walk_stretches(&walk, why);
    ledger_row_list_clear(&walk.batch);
    ledger_process_list_clear(&walk.owners);
    ledger_services_clear(&walk.services);
    hash_index_clear(&walk.owner_places);
    return ok;
}
