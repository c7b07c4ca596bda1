/* SPDX-License-Identifier: MIT */

#include "store/ledger_ways.h"

#include <string.h>

#include "store/database.h"
#include "store/ledger_handle.h"

enum {
    FIRST_CHUNK = 4096,
    WIDE_CHUNK = 1 << 22,   /* where an index names the matches */
    NARROW_CHUNK = 1 << 17, /* where each row must be looked at */
    FEW = 8192,             /* rows that may be sorted for each batch */
    IPV4_SIZE = 4,
    IPV6_SIZE = 16,
    MAPPED_SIZE = IPV6_SIZE - IPV4_SIZE,
    SCOPE_SIZE = 4,
};

#define ALL_IDS INT64_MAX

typedef void bind_fn(sqlite3_stmt *statement, const struct ledger_way_in *in);

struct ledger_way {
    enum ledger_rows_statement statement;
    bool only_few; /* only where few rows have it: they are in no order */
    int64_t first_chunk;
    int64_t widest_chunk;
    bool (*leads)(const struct ledger_filter *filter); /* the filter has a value for it */
    bind_fn *bind;                                     /* that value */
};

static bool has_local_port(const struct ledger_filter *filter)
{
    return filter->local_port != 0;
}

static void bind_local_port(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    database_bind(statement, ":key", in->filter->local_port);
}

static bool has_remote_port(const struct ledger_filter *filter)
{
    return filter->remote_port != 0;
}

static void bind_remote_port(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    database_bind(statement, ":key", in->filter->remote_port);
}

static bool has_port(const struct ledger_filter *filter)
{
    return filter->port != 0;
}

static void bind_port(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    database_bind(statement, ":key", in->filter->port);
}

/* "No pid" is in no index. */
static bool has_pid(const struct ledger_filter *filter)
{
    return filter->has_pid && filter->pid != 0;
}

static void bind_pid(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    database_bind(statement, ":key", in->filter->pid);
}

static bool has_process_id(const struct ledger_filter *filter)
{
    return filter->process_id != 0;
}

static void bind_process_id(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    database_bind(statement, ":key", in->filter->process_id);
}

static bool has_address(const struct ledger_filter *filter)
{
    return address_prefix_is_whole(&filter->remote_address);
}

static void bind_address(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    const struct ledger_address *plain = &in->plain.first;
    const struct ledger_address *mapped = &in->mapped.first;

    database_bind_bytes(statement, ":key", plain->bytes, plain->size);
    database_bind_bytes(statement, ":mapped", mapped->bytes, mapped->size);
}

static bool has_prefix(const struct ledger_filter *filter)
{
    return filter->remote_address.address_size != 0;
}

static void bind_prefix(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    const struct ledger_addresses *plain = &in->plain;
    const struct ledger_addresses *mapped = &in->mapped;

    database_bind_bytes(statement, ":first", plain->first.bytes, plain->first.size);
    database_bind_bytes(statement, ":last", plain->last.bytes, plain->last.size);
    database_bind_bytes(statement, ":first_mapped", mapped->first.bytes, mapped->first.size);
    database_bind_bytes(statement, ":last_mapped", mapped->last.bytes, mapped->last.size);
}

static bool has_image(const struct ledger_filter *filter)
{
    return filter->image != NULL;
}

static void bind_image(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    database_bind_bytes(statement, ":key", in->filter->image, IMAGE_HASH_SIZE);
}

static bool has_name(const struct ledger_filter *filter)
{
    return filter->process != NULL;
}

static void bind_name(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    database_bind_text(statement, ":key", in->filter->process);
}

static bool has_user(const struct ledger_filter *filter)
{
    return filter->user != NULL;
}

static void bind_user(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    database_bind_text(statement, ":key", in->filter->user);
}

static bool always(const struct ledger_filter *filter)
{
    (void)filter;
    return true;
}

static void bind_nothing(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    (void)statement;
    (void)in;
}

/* The first one that the filter leads to is taken. */
static const struct ledger_way ways[] = {
    {ROWS_WALK_PROCESS, false, FIRST_CHUNK, WIDE_CHUNK, has_process_id, bind_process_id},
    {ROWS_WALK_LOCAL_PORT, false, FIRST_CHUNK, WIDE_CHUNK, has_local_port, bind_local_port},
    {ROWS_WALK_REMOTE_PORT, false, FIRST_CHUNK, WIDE_CHUNK, has_remote_port, bind_remote_port},
    {ROWS_WALK_PORT, false, FIRST_CHUNK, WIDE_CHUNK, has_port, bind_port},
    {ROWS_WALK_PID, false, FIRST_CHUNK, WIDE_CHUNK, has_pid, bind_pid},
    {ROWS_WALK_ADDRESS, false, FIRST_CHUNK, WIDE_CHUNK, has_address, bind_address},
    {ROWS_WALK_IMAGE, false, FIRST_CHUNK, WIDE_CHUNK, has_image, bind_image},
    {ROWS_WALK_PREFIX, true, ALL_IDS, ALL_IDS, has_prefix, bind_prefix},
    {ROWS_WALK_NAME, false, FIRST_CHUNK, WIDE_CHUNK, has_name, bind_name},
    {ROWS_WALK_USER, false, FIRST_CHUNK, WIDE_CHUNK, has_user, bind_user},
    {ROWS_WALK_ALL, false, FIRST_CHUNK, NARROW_CHUNK, always, bind_nothing},
};

static void add_scope(struct ledger_address *address, uint32_t scope)
{
    for (int i = 0; i < SCOPE_SIZE; i++) {
        address->bytes[address->size++] = (uint8_t)(scope >> (24 - 8 * i));
    }
}

/* The bytes that can stand in a row are between the two, as SQLite orders them. */
static struct ledger_addresses plain_bounds(const struct address_prefix *prefix)
{
    struct ledger_addresses bounds = {0};
    struct ledger_address *last = &bounds.last;

    memcpy(bounds.first.bytes, prefix->address, prefix->address_size);
    bounds.first.size = prefix->address_size;
    *last = bounds.first;
    for (int bit = prefix->bits; bit < prefix->address_size * 8; bit++) {
        last->bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    }
    if (prefix->scope_id != 0 && address_prefix_is_whole(prefix)) {
        add_scope(&bounds.first, prefix->scope_id);
        add_scope(&bounds.last, prefix->scope_id);
    } else if (prefix->address_size == IPV6_SIZE) {
        add_scope(&bounds.last, UINT32_MAX);
    }
    return bounds;
}

/* Moves an IPv4 address into IPv6; another one stays as it is. */
static void map(struct ledger_address *address)
{
    static const uint8_t prefix[MAPPED_SIZE] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (address->size == IPV4_SIZE) {
        memmove(address->bytes + MAPPED_SIZE, address->bytes, IPV4_SIZE);
        memcpy(address->bytes, prefix, MAPPED_SIZE);
        address->size = IPV6_SIZE;
    }
}

static void find_bounds(struct ledger_way_in *in)
{
    in->plain = plain_bounds(&in->filter->remote_address);
    in->mapped = in->plain;
    map(&in->mapped.first);
    map(&in->mapped.last);
}

static bool count_between(struct ledger *ledger, const struct ledger_addresses *bounds,
                          int64_t *count, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_COUNT_PREFIX];
    int result;

    database_bind_bytes(statement, ":first", bounds->first.bytes, bounds->first.size);
    database_bind_bytes(statement, ":last", bounds->last.bytes, bounds->last.size);
    database_bind(statement, ":limit", FEW);
    result = sqlite3_step(statement);
    *count = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    return database_end(ledger->db, statement, result, "counting addresses", why);
}

static bool has_few(const struct ledger_way_in *in, struct ledger *ledger, bool *few,
                    struct failure *why)
{
    int64_t plain = 0;
    int64_t mapped = 0;
    bool ok;

    if (!ledger_begin_read(ledger, why)) {
        return false;
    }
    ok = count_between(ledger, &in->plain, &plain, why) &&
         count_between(ledger, &in->mapped, &mapped, why);
    *few = plain + mapped < FEW;
    return ledger_end_read(ledger, ok, why);
}

bool ledger_way_choose(struct ledger_way_in *in, struct ledger *ledger,
                       const struct ledger_filter *filter, struct failure *why)
{
    *in = (struct ledger_way_in){.way = ways, .filter = filter};
    find_bounds(in);
    while (true) {
        bool few = true;

        if (in->way->leads(filter)) {
            if (in->way->only_few && !has_few(in, ledger, &few, why)) {
                return false;
            }
            if (few) {
                return true;
            }
        }
        in->way++;
    }
}

enum ledger_rows_statement ledger_way_bind(const struct ledger_way_in *in, struct ledger *ledger,
                                           int64_t low, int64_t high)
{
    sqlite3_stmt *statement = ledger->rows[in->way->statement];

    in->way->bind(statement, in);
    database_bind(statement, ":low", low);
    database_bind(statement, ":high", high);
    database_bind(statement, ":protocol", in->filter->protocol);
    database_bind(statement, ":state", in->filter->state);
    return in->way->statement;
}

int64_t ledger_way_first_chunk(const struct ledger_way_in *in)
{
    return in->way->first_chunk;
}

int64_t ledger_way_widest_chunk(const struct ledger_way_in *in)
{
    return in->way->widest_chunk;
}
