/* SPDX-License-Identifier: MIT */

#include "store/seal_find.h"

#include <stdio.h>

#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_query.h"

enum { AT_ONCE = 10000 }; /* seals in one read transaction */

/* All SQL of this module. */
static const char seals_sql[] =
    "SELECT " SEAL_COLUMNS " FROM seal WHERE number > :after ORDER BY number";

struct search {
    struct seal_found *found;
    struct ledger *ledger;
    const struct ledger_position *moment;
    int64_t created_at;
    struct sha256 *sha256;
    sqlite3_stmt *statement;
    int64_t after;
    bool begun; /* the first seal, under which nothing is, was read */
    bool ended;
};

static bool take(struct search *search, struct failure *why)
{
    struct seal_found *found = search->found;
    bool done;

    seal_take(search->statement, &found->seal);
    search->after = found->seal.number;
    done = (search->begun || seal_begin_head(found->head, search->sha256, found->ledger_id,
                                             search->created_at, why)) &&
           seal_move_head(found->head, search->sha256, &found->seal, why);
    if (seal_covers(&found->seal, search->moment)) {
        found->basis = search->begun ? SEAL_FOUND : SEAL_NEVER;
        search->ended = true;
    }
    search->begun = true;
    return done;
}

static bool read_some(struct search *search, struct failure *why)
{
    int result = SQLITE_DONE;
    bool done = true;

    database_bind(search->statement, ":after", search->after);
    for (int i = 0; done && !search->ended && i < AT_ONCE; i++) {
        result = sqlite3_step(search->statement);
        if (result != SQLITE_ROW) {
            search->ended = true;
            break;
        }
        done = take(search, why);
    }
    return database_end(search->ledger->db, search->statement, result, "reading seals", why) &&
           done;
}

static bool read_all(struct search *search, struct failure *why)
{
    while (!search->ended) {
        if (!ledger_begin_read(search->ledger, why) ||
            !ledger_end_read(search->ledger, read_some(search, why), why)) {
            return false;
        }
    }
    return true;
}

bool seal_find(struct seal_found *found, struct ledger *ledger,
               const struct ledger_position *moment, struct failure *why)
{
    struct search search = {.found = found, .ledger = ledger, .moment = moment, .after = INT64_MIN};
    struct ledger_summary summary;
    bool done;

    *found = (struct seal_found){.basis = SEAL_NOT_YET};
    if (!ledger_summarize(ledger, &summary, why)) {
        return false;
    }
    search.created_at = summary.created_at;
    snprintf(found->ledger_id, sizeof(found->ledger_id), "%.*s", SEAL_LEDGER_ID, summary.ledger_id);
    done = sha256_open(&search.sha256, why) &&
           database_prepare(ledger->db, seals_sql, &search.statement, why) &&
           read_all(&search, why);
    sqlite3_finalize(search.statement);
    sha256_close(search.sha256);
    return done;
}
