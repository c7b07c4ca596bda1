/* SPDX-License-Identifier: MIT */

#include "store/ledger_ids.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "store/ledger_filter.h"
#include "store/ledger_handle.h"
#include "store/ledger_rows.h"

enum {
    MOST = 1 << 18,    /* beyond that many it is quicker to look at intervals */
    MODULES = 1 << 14, /* likewise, of rows that lie far apart */
    FEW = 256,         /* to find out which of them are meant costs more than their intervals do */
    STARTS = 1 << 21,  /* processes whose start is looked at: it is in no index */
};

static bool add_id(struct ledger_ids *ids, int64_t id, struct failure *why)
{
    if (ids->count == ids->capacity) {
        size_t capacity = ids->capacity * 2 + 64;
        int64_t *grown = realloc(ids->ids, capacity * sizeof(*grown));

        if (grown == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", capacity);
        }
        ids->ids = grown;
        ids->capacity = capacity;
    }
    ids->ids[ids->count++] = id;
    return true;
}

static int compare_ids(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;

    return (*a > *b) - (*a < *b);
}

bool ledger_ids_contain(const struct ledger_ids *ids, int64_t id)
{
    return ids->count > 0 &&
           bsearch(&id, ids->ids, ids->count, sizeof(ids->ids[0]), compare_ids) != NULL;
}

static void put_in_order(struct ledger_ids *ids)
{
    size_t kept = 0;

    if (ids->count > 0) {
        qsort(ids->ids, ids->count, sizeof(ids->ids[0]), compare_ids);
    }
    for (size_t i = 0; i < ids->count; i++) {
        if (kept == 0 || ids->ids[i] != ids->ids[kept - 1]) {
            ids->ids[kept++] = ids->ids[i];
        }
    }
    ids->count = kept;
}

/* Appends the first column of each row. With more than `most` rows, nothing is known by them. */
static bool read_ids(struct ledger_ids *ids, struct ledger *ledger, sqlite3_stmt *statement,
                     size_t most, struct failure *why)
{
    int result;

    while ((result = sqlite3_step(statement)) == SQLITE_ROW && ids->count < most) {
        if (!add_id(ids, sqlite3_column_int64(statement, 0), why)) {
            sqlite3_reset(statement);
            return false;
        }
    }
    ids->known = result != SQLITE_ROW;
    put_in_order(ids);
    return database_end(ledger->db, statement, result, "looking for processes", why);
}

/* Leaves in *owners what is in both; a list that knows nothing takes nothing away. */
static void intersect(struct ledger_ids *owners, struct ledger_ids *found)
{
    size_t kept = 0;

    if (!found->known) {
        return;
    }
    if (!owners->known) {
        struct ledger_ids before = *owners;

        *owners = *found;
        *found = before;
        return;
    }
    for (size_t i = 0; i < owners->count; i++) {
        if (ledger_ids_contain(found, owners->ids[i])) {
            owners->ids[kept++] = owners->ids[i];
        }
    }
    owners->count = kept;
}

/* The statement is bound, but for a :key that is a text. */
static bool narrow(struct ledger_ids *owners, struct ledger *ledger,
                   enum ledger_rows_statement which, struct failure *why)
{
    struct ledger_ids found = {0};
    bool ok = read_ids(&found, ledger, ledger->rows[which],
                       which == ROWS_OWNERS_BY_MODULE ? MODULES : MOST, why);

    if (ok) {
        intersect(owners, &found);
    }
    ledger_ids_clear(&found);
    return ok;
}

static bool are_few(const struct ledger_ids *owners)
{
    return owners->known && owners->count <= FEW;
}

static bool narrow_by_image(struct ledger_ids *owners, struct ledger *ledger,
                            const struct ledger_filter *filter, struct failure *why)
{
    if (filter->image == NULL || are_few(owners)) {
        return true;
    }
    database_bind_bytes(ledger->rows[ROWS_OWNERS_BY_IMAGE], ":key", filter->image, IMAGE_HASH_SIZE);
    return narrow(owners, ledger, ROWS_OWNERS_BY_IMAGE, why);
}

/* Also names that the system cut off: process_instance_is_called() decides. */
static bool narrow_by_name(struct ledger_ids *owners, struct ledger *ledger,
                           const struct ledger_filter *filter, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_OWNERS_BY_NAME];
    struct text cut = {0};
    bool ok;

    if (filter->process == NULL || are_few(owners)) {
        return true;
    }
    process_instance_cut_name(&cut, filter->process);
    database_bind_text(statement, ":key", filter->process);
    database_bind_text(statement, ":cut", text_bytes(&cut));
    ok = text_ok(&cut, why) && narrow(owners, ledger, ROWS_OWNERS_BY_NAME, why);
    text_clear(&cut);
    return ok;
}

/* What costs least comes first. */
static bool narrow_by_texts(struct ledger_ids *owners, struct ledger *ledger,
                            const struct ledger_filter *filter, struct failure *why)
{
    const struct {
        enum ledger_rows_statement statement;
        const char *key;
    } questions[] = {
        {ROWS_OWNERS_BY_PATH, filter->path},
        {ROWS_OWNERS_BY_USER, filter->user},
        {ROWS_OWNERS_BY_MODULE, filter->module},
    };

    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        if (questions[i].key == NULL || are_few(owners)) {
            continue;
        }
        database_bind_text(ledger->rows[questions[i].statement], ":key", questions[i].key);
        if (!narrow(owners, ledger, questions[i].statement, why)) {
            return false;
        }
    }
    return true;
}

static bool narrow_by_start(struct ledger_ids *owners, struct ledger *ledger,
                            const struct ledger_filter *filter, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_OWNERS_BY_START];
    int64_t low;
    int64_t beyond;

    if ((filter->started_since == 0 && filter->started_before == 0) || are_few(owners)) {
        return true;
    }
    if (!ledger_rows_process_from(ledger, INT64_MIN, &low, why) ||
        !ledger_rows_process_from(ledger, low + STARTS, &beyond, why)) {
        return false;
    }
    if (beyond < LEDGER_ROWS_NONE) {
        return true;
    }
    database_bind(statement, ":low", low);
    database_bind(statement, ":high", low + STARTS);
    database_bind(statement, ":since", filter->started_since);
    database_bind(statement, ":before",
                  filter->started_before == 0 ? INT64_MAX : filter->started_before);
    return narrow(owners, ledger, ROWS_OWNERS_BY_START, why);
}

static bool write_json(struct ledger_ids *ids, struct failure *why)
{
    for (size_t i = 0; i < ids->count; i++) {
        text_addf(&ids->json, "%c%" PRId64, i == 0 ? '[' : ',', ids->ids[i]);
    }
    text_add(&ids->json, ids->count == 0 ? "[]" : "]");
    return text_ok(&ids->json, why);
}

bool ledger_ids_of_owners(struct ledger_ids *owners, struct ledger *ledger,
                          const struct ledger_filter *filter, struct failure *why)
{
    owners->known = filter->process_id != 0;
    return (!owners->known || add_id(owners, filter->process_id, why)) &&
           narrow_by_image(owners, ledger, filter, why) &&
           narrow_by_name(owners, ledger, filter, why) &&
           narrow_by_texts(owners, ledger, filter, why) &&
           narrow_by_start(owners, ledger, filter, why) && write_json(owners, why);
}

bool ledger_ids_of_services(struct ledger_ids *services, struct ledger *ledger,
                            const struct ledger_filter *filter, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_SERVICES];
    bool ok = true;
    int result = SQLITE_DONE;

    services->known = filter->service != NULL;
    if (!services->known) {
        return true;
    }
    while (ok && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        ok = !ledger_filter_service(filter, database_column_text(statement, 1)) ||
             add_id(services, sqlite3_column_int64(statement, 0), why);
    }
    if (!ok) {
        sqlite3_reset(statement);
        return false;
    }
    put_in_order(services);
    return database_end(ledger->db, statement, result, "looking for services", why);
}

void ledger_ids_clear(struct ledger_ids *ids)
{
    free(ids->ids);
    text_clear(&ids->json);
    *ids = (struct ledger_ids){0};
}
