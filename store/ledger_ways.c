/* SPDX-License-Identifier: MIT */

#include "store/ledger_ways.h"

#include <string.h>

#include "base/pattern.h"
#include "store/database.h"
#include "store/ledger_handle.h"

enum {
    WIDE_CHUNK = 1 << 22,   /* where an index names the matches */
    NARROW_CHUNK = 1 << 17, /* where each row must be looked at */
    IPV4_SIZE = 4,
    IPV6_SIZE = 16,
    MAPPED_SIZE = IPV6_SIZE - IPV4_SIZE,
    SCOPE_SIZE = 4,
    ROWS_AN_OWNER = 8, /* are looked at in the time that it takes to look for the first of one */
    FEW_OWNERS = 256,  /* whose intervals are counted, ... */
    FEW_ROWS = 4096,   /* ... up to this */
};

/* Of the pointer that SQL lends to may_match(). */
#define LEDGER_WAY "struct ledger_way_in"

typedef void bind_fn(sqlite3_stmt *statement, const struct ledger_way_in *in);

struct ledger_way {
    enum ledger_rows_statement statement;
    int64_t widest_chunk;
    bool (*leads)(const struct ledger_way_in *in); /* the filter has a value for it */
    bind_fn *bind;                                 /* that value */
};

static bool has_port(const struct ledger_way_in *in)
{
    const struct ledger_filter *filter = in->filter;

    return filter->local_port != 0 || filter->remote_port != 0 || filter->port != 0;
}

/* Of several that must all hold, one leads. */
static void bind_port(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    const struct ledger_filter *filter = in->filter;
    int local = filter->remote_port != 0 ? 0 : filter->port;
    int remote = filter->remote_port != 0 ? filter->remote_port : filter->port;

    if (filter->local_port != 0) {
        local = filter->local_port;
        remote = 0;
    }
    database_bind_known(statement, ":local", local);
    database_bind_known(statement, ":remote", remote);
}

/* "No pid" is in no index. */
static bool has_pid(const struct ledger_way_in *in)
{
    return in->filter->has_pid && in->filter->pid != 0;
}

static void bind_pid(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    database_bind(statement, ":key", in->filter->pid);
}

static bool has_prefix(const struct ledger_way_in *in)
{
    return in->filter->remote_address.address_size != 0;
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

static bool has_owners(const struct ledger_way_in *in)
{
    return in->owners.known;
}

static void bind_owners(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    database_bind_text(statement, ":json", text_bytes(&in->owners.json));
}

static bool always(const struct ledger_way_in *in)
{
    (void)in;
    return true;
}

static void bind_nothing(sqlite3_stmt *statement, const struct ledger_way_in *in)
{
    (void)statement;
    (void)in;
}

/* The first one that the filter leads to is taken; that of owners first where theirs are few. */
static const struct ledger_way owners_first = {ROWS_WALK_OWNERS, WIDE_CHUNK, has_owners,
                                               bind_owners};
static const struct ledger_way ways[] = {
    {ROWS_WALK_PORTS, WIDE_CHUNK, has_port, bind_port},
    {ROWS_WALK_PID, WIDE_CHUNK, has_pid, bind_pid},
    {ROWS_WALK_PREFIX, WIDE_CHUNK, has_prefix, bind_prefix},
    {ROWS_WALK_OWNERS, WIDE_CHUNK, has_owners, bind_owners},
    {ROWS_WALK_ALL, NARROW_CHUNK, always, bind_nothing},
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

/* Of a port all may have many intervals, and of one program few: or the other way round. */
static bool choose_few(struct ledger_way_in *in, struct ledger *ledger, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_OWNED_COUNT];
    int result;

    if (!in->owners.known || in->owners.count > FEW_OWNERS) {
        return true;
    }
    bind_owners(statement, in);
    database_bind(statement, ":limit", FEW_ROWS);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW && sqlite3_column_int(statement, 0) < FEW_ROWS) {
        in->way = &owners_first;
    }
    return database_end(ledger->db, statement, result, "counting intervals", why);
}

bool ledger_way_choose(struct ledger_way_in *in, struct ledger *ledger,
                       const struct ledger_filter *filter, struct failure *why)
{
    *in = (struct ledger_way_in){.way = ways, .filter = filter};
    find_bounds(in);
    if (!ledger_ids_of_owners(&in->owners, ledger, filter, why) ||
        !ledger_ids_of_services(&in->services, ledger, filter, why)) {
        return false;
    }
    while (!in->way->leads(in)) {
        in->way++;
    }
    return choose_few(in, ledger, why);
}

void ledger_way_clear(struct ledger_way_in *in)
{
    ledger_ids_clear(&in->owners);
    ledger_ids_clear(&in->services);
}

bool ledger_way_is_vain(const struct ledger_way_in *in)
{
    return (in->owners.known && in->owners.count == 0) ||
           (in->services.known && in->services.count == 0);
}

/* What a row is before it is read. Ids: 0 where there is none. */
struct row {
    int64_t process;
    int64_t service;
    struct socket_endpoint local;
    struct socket_endpoint remote;
};

static bool may_be(const struct ledger_way_in *in, const struct row *row)
{
    const struct ledger_filter *filter = in->filter;

    return (!in->owners.known || ledger_ids_contain(&in->owners, row->process)) &&
           (!in->services.known || ledger_ids_contain(&in->services, row->service)) &&
           address_prefix_contains(&filter->local_address, &row->local) &&
           (address_prefix_contains(&filter->address, &row->local) ||
            address_prefix_contains(&filter->address, &row->remote));
}

/* All that may_be() would find out is known already. */
static bool takes_any(const struct ledger_way_in *in, bool by_owner)
{
    return (by_owner || !in->owners.known) && !in->services.known &&
           in->filter->local_address.address_size == 0 && in->filter->address.address_size == 0;
}

/* Of many owners each would be looked for in vain where few ids are to be looked through. */
static bool goes_by_owner(const struct ledger_way_in *in, int64_t width)
{
    return in->way->statement == ROWS_WALK_OWNERS &&
           (int64_t)in->owners.count * ROWS_AN_OWNER <= width;
}

enum ledger_rows_statement ledger_way_bind(struct ledger_way_in *in, struct ledger *ledger,
                                           int64_t low, int64_t high)
{
    bool by_owner = goes_by_owner(in, high - low + 1);
    enum ledger_rows_statement which =
        by_owner || in->way->statement != ROWS_WALK_OWNERS ? in->way->statement : ROWS_WALK_ALL;
    sqlite3_stmt *statement = ledger->rows[which];

    if (which == in->way->statement) {
        in->way->bind(statement, in);
    }
    database_bind(statement, ":low", low);
    database_bind(statement, ":high", high);
    database_bind(statement, ":protocol", in->filter->protocol);
    database_bind(statement, ":state", in->filter->state);
    database_bind(statement, ":any", takes_any(in, by_owner));
    database_bind_pointer(statement, ":way", in, LEDGER_WAY);
    return which;
}

bool ledger_way_from(const struct ledger_way_in *in, struct ledger *ledger, int64_t width,
                     int64_t low, int64_t *first, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_OWNED_FROM];
    int result;

    if (!goes_by_owner(in, width)) {
        return ledger_rows_interval_from(ledger, low, first, why);
    }
    bind_owners(statement, in);
    database_bind(statement, ":low", low);
    result = sqlite3_step(statement);
    *first = result == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL
                 ? sqlite3_column_int64(statement, 0)
                 : LEDGER_ROWS_NONE;
    return database_end(ledger->db, statement, result, "looking for the next interval", why);
}

int64_t ledger_way_widest_chunk(const struct ledger_way_in *in)
{
    return in->way->widest_chunk;
}

static void is_like(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *pattern = (const char *)sqlite3_value_text(values[0]);
    const char *text = (const char *)sqlite3_value_text(values[1]);

    (void)count;
    sqlite3_result_int(context, pattern != NULL && text != NULL && pattern_matches(pattern, text));
}

static struct socket_endpoint take_address(sqlite3_value *value)
{
    const void *bytes = sqlite3_value_blob(value);
    struct socket_endpoint end = {0};

    ledger_rows_take_address(bytes, sqlite3_value_bytes(value), &end);
    return end;
}

static void may_match(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct ledger_way_in *in = sqlite3_value_pointer(values[0], LEDGER_WAY);
    const struct row row = {
        .process = sqlite3_value_int64(values[1]),
        .service = sqlite3_value_int64(values[2]),
        .local = take_address(values[3]),
        .remote = take_address(values[4]),
    };

    (void)count;
    sqlite3_result_int(context, in != NULL && may_be(in, &row));
}

bool ledger_ways_add_functions(sqlite3 *db, struct failure *why)
{
    /* Not for a schema, which may be anybody's. */
    enum { FLAGS = SQLITE_UTF8 | SQLITE_DIRECTONLY };

    return (sqlite3_create_function(db, "is_like", 2, FLAGS, NULL, is_like, NULL, NULL) ==
                SQLITE_OK &&
            sqlite3_create_function(db, "may_match", 5, FLAGS, NULL, may_match, NULL, NULL) ==
                SQLITE_OK) ||
           database_fail(db, why, "making functions");
}
