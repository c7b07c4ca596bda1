/* SPDX-License-Identifier: MIT */

#include "store/ledger_profile.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/text.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/profile_fold.h"

enum { BATCH = 512, ADDRESS_4 = 4, ADDRESS_16 = 16 };

/* All SQL of this module. */
static const char rows_sql[] =
    "SELECT p.id, p.day, a.text, u.name, u.sid, p.protocol, p.direction, p.port, p.peers, p.peer,"
    "       p.intervals, p.lasted, p.covered, p.first_seen_at, p.last_seen_at, p.hours"
    " FROM profile AS p LEFT JOIN text AS a ON a.id = p.application"
    " LEFT JOIN user AS u ON u.id = p.user"
    " WHERE p.id > :after AND p.day BETWEEN :first AND :last ORDER BY p.id LIMIT :limit";

/* A row whose texts are offsets into the batch's; SIZE_MAX: there is none. */
struct kept {
    struct ledger_daily_row row;
    size_t texts[3];
};

struct walk {
    struct ledger *ledger;
    int64_t after;
    int64_t first; /* days */
    int64_t last;
    struct kept rows[BATCH];
    size_t count;
    struct text texts; /* each ends in 0 */
};

static int64_t day_of(int64_t at)
{
    return at / PROFILE_DAY_MS - (at % PROFILE_DAY_MS < 0);
}

static size_t keep_text(struct walk *walk, sqlite3_stmt *row, int column)
{
    size_t at = walk->texts.size;
    const char *text;

    if (sqlite3_column_type(row, column) == SQLITE_NULL) {
        return SIZE_MAX;
    }
    text = database_column_text(row, column);
    text_add_bytes(&walk->texts, text, strlen(text) + 1);
    return at;
}

/* As addresses stand in the ledger: 4 or 16 bytes, and 4 more of the interface. */
static void take_peer(sqlite3_stmt *row, struct socket_endpoint *peer)
{
    const uint8_t *bytes = sqlite3_column_blob(row, 9);
    int size = sqlite3_column_bytes(row, 9);

    *peer = (struct socket_endpoint){0};
    if (bytes == NULL || (size != ADDRESS_4 && size != ADDRESS_16 && size != PROFILE_ADDRESS)) {
        return;
    }
    peer->address_size = size == ADDRESS_4 ? ADDRESS_4 : ADDRESS_16;
    memcpy(peer->address, bytes, peer->address_size);
    for (int i = ADDRESS_16; i < size; i++) {
        peer->scope_id = peer->scope_id << 8 | bytes[i];
    }
}

/* What cannot be is held at a bound: the ledger may be from anywhere. */
static int64_t positive(sqlite3_stmt *row, int column)
{
    int64_t number = sqlite3_column_int64(row, column);

    if (number < 0) {
        return 0;
    }
    return number < INT64_C(1) << 48 ? number : INT64_C(1) << 48;
}

static void take_row(struct walk *walk, sqlite3_stmt *row)
{
    struct kept *kept = &walk->rows[walk->count++];
    int peers = sqlite3_column_int(row, 8);

    walk->after = sqlite3_column_int64(row, 0);
    kept->row = (struct ledger_daily_row){
        .day = sqlite3_column_int64(row, 1),
        .protocol = sqlite3_column_int(row, 5),
        .direction = sqlite3_column_int(row, 6),
        .port = sqlite3_column_type(row, 7) == SQLITE_NULL ? PROFILE_OTHERS
                                                           : sqlite3_column_int(row, 7) & 0xffff,
        .peers = peers >= 0 && peers <= LEDGER_DAILY_MORE_PEERS ? (enum ledger_daily_peers)peers
                                                                : LEDGER_DAILY_MORE_PEERS,
        .intervals = positive(row, 10),
        .lasted = positive(row, 11),
        .covered = positive(row, 12),
        .first_seen_at = positive(row, 13),
        .last_seen_at = positive(row, 14),
        .hours = (uint32_t)sqlite3_column_int64(row, 15),
    };
    take_peer(row, &kept->row.peer);
    for (int i = 0; i < 3; i++) {
        kept->texts[i] = keep_text(walk, row, 2 + i);
    }
}

static bool read_rows(struct walk *walk, struct failure *why)
{
    sqlite3_stmt *rows = NULL;
    int result;
    bool ok;

    if (!database_prepare(walk->ledger->db, rows_sql, &rows, why)) {
        return false;
    }
    database_bind(rows, ":after", walk->after);
    database_bind(rows, ":first", walk->first);
    database_bind(rows, ":last", walk->last);
    database_bind(rows, ":limit", BATCH);
    while ((result = sqlite3_step(rows)) == SQLITE_ROW) {
        take_row(walk, rows);
    }
    ok = database_end(walk->ledger->db, rows, result, "reading the profile", why);
    sqlite3_finalize(rows);
    return ok && text_ok(&walk->texts, why);
}

static bool read_batch(struct walk *walk, struct failure *why)
{
    walk->count = 0;
    text_reset(&walk->texts);
    return ledger_begin_read(walk->ledger, why) &&
           ledger_end_read(walk->ledger, read_rows(walk, why), why);
}

static const char *text_at(const struct walk *walk, size_t offset)
{
    return offset == SIZE_MAX ? NULL : text_bytes(&walk->texts) + offset;
}

static bool visit_batch(struct walk *walk, ledger_daily_fn *visit, void *context)
{
    bool goes_on = true;

    for (size_t i = 0; goes_on && i < walk->count; i++) {
        struct ledger_daily_row *row = &walk->rows[i].row;
        const size_t *texts = walk->rows[i].texts;

        row->application = text_at(walk, texts[0]);
        row->user_id = text_at(walk, texts[2]);
        row->user = texts[1] == SIZE_MAX ? row->user_id : text_at(walk, texts[1]);
        goes_on = visit(context, row);
    }
    return goes_on;
}

bool ledger_walk_daily(struct ledger *ledger, int64_t since, int64_t until, ledger_daily_fn *visit,
                       void *context, struct failure *why)
{
    struct walk *walk = calloc(1, sizeof(*walk));
    bool goes_on = true;
    bool ok = true;

    if (walk == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the profile");
    }
    walk->ledger = ledger;
    walk->after = INT64_MIN;
    walk->first = day_of(since);
    walk->last = day_of(until);
    while (ok && goes_on) {
        ok = read_batch(walk, why);
        goes_on = ok && visit_batch(walk, visit, context) && walk->count == BATCH;
    }
    text_clear(&walk->texts);
    free(walk);
    return ok;
}
