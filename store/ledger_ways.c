/* SPDX-License-Identifier: MIT */

#include "store/ledger_ways.h"

#include <string.h>

#include "store/database.h"
#include "store/ledger_handle.h"

enum {
    FIRST_CHUNK = 4096,
    WIDE_CHUNK = 1 << 22,   /* where an index names the matches */
    NARROW_CHUNK = 1 << 17, /* where each row must be looked at */
    IPV4_SIZE = 4,
    IPV6_SIZE = 16,
    MAPPED_SIZE = IPV6_SIZE - IPV4_SIZE,
    SCOPE_SIZE = 4,
};

typedef void bind_fn(sqlite3_stmt *statement, const struct ledger_way_in *in);

struct ledger_way {
    enum ledger_rows_statement statement;
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
    {ROWS_WALK_PROCESS, FIRST_CHUNK, WIDE_CHUNK, has_process_id, bind_process_id},
    {ROWS_WALK_LOCAL_PORT, FIRST_CHUNK, WIDE_CHUNK, has_local_port, bind_local_port},
    {ROWS_WALK_REMOTE_PORT, FIRST_CHUNK, WIDE_CHUNK, has_remote_port, bind_remote_port},
    {ROWS_WALK_PORT, FIRST_CHUNK, WIDE_CHUNK, has_port, bind_port},
    {ROWS_WALK_PID, FIRST_CHUNK, WIDE_CHUNK, has_pid, bind_pid},
    {ROWS_WALK_ADDRESS, FIRST_CHUNK, WIDE_CHUNK, has_address, bind_address},
    {ROWS_WALK_IMAGE, FIRST_CHUNK, WIDE_CHUNK, has_image, bind_image},
    {ROWS_WALK_PREFIX, FIRST_CHUNK, WIDE_CHUNK, has_prefix, bind_prefix},
    {ROWS_WALK_NAME, FIRST_CHUNK, WIDE_CHUNK, has_name, bind_name},
    {ROWS_WALK_USER, FIRST_CHUNK, WIDE_CHUNK, has_user, bind_user},
    {ROWS_WALK_ALL, FIRST_CHUNK, NARROW_CHUNK, always, bind_nothing},
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

void ledger_way_choose(struct ledger_way_in *in, const struct ledger_filter *filter)
{
    *in = (struct ledger_way_in){.way = ways, .filter = filter};
    find_bounds(in);
    while (!in->way->leads(filter)) {
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
