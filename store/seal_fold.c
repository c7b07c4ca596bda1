/* SPDX-License-Identifier: MIT */

#include "store/seal_fold.h"

#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/seal.h"

enum {
    WORTH = 4,      /* seals: fewer are not worth the note */
    LEAST_STEP = 8, /* seals: more than that, so that a step gets on */
    MOST_RUNS = 32, /* of one step */
};

/* All SQL of this module. */
enum statement {
    IDENTITY,
    SEALS_FROM,
    ADD_FOLD,
    DROP_SEALS,
    FOLD_SEAL,
    STATEMENT_COUNT,
};

static const char *const statement_sql[STATEMENT_COUNT] = {
    [IDENTITY] = "SELECT (SELECT value FROM meta WHERE name = 'ledger_id'),"
                 "       (SELECT value FROM meta WHERE name = 'created_at')",
    [SEALS_FROM] = "SELECT " SEAL_COLUMNS " FROM seal WHERE number > ?1"
                   " AND number < (SELECT max(number) FROM seal) ORDER BY number LIMIT ?2",
    [ADD_FOLD] = "INSERT INTO fold (at, first, last, gone, head)"
                 " VALUES (:at, :first, :last, :seals + coalesce((SELECT gone FROM fold"
                 "         ORDER BY id DESC LIMIT 1), 0), :head)",
    [DROP_SEALS] = "DELETE FROM seal WHERE number >= ?1 AND number < ?2",
    [FOLD_SEAL] = "UPDATE seal SET emptied = 1, head_before = :head WHERE number = :number",
};

/* Empty seals that follow on each other. */
struct run {
    int64_t first;                    /* number: the one behind the seal that the run follows on */
    int64_t last;                     /* number of the newest one, which stays */
    int64_t seals;                    /* rows; 0: there is no run */
    uint8_t head[SHA256_SIZE];        /* of the seal that it follows on */
    uint8_t head_before[SHA256_SIZE]; /* of what comes before the last one */
};

/* A place between two seals. */
struct place {
    bool begun;     /* the first seal was passed */
    int64_t number; /* of the seal before it */
    uint8_t head[SHA256_SIZE];
};

struct seal_fold {
    struct ledger *ledger;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct sha256 *sha256;
    struct place from; /* with what follows on it the next step begins */
    struct place next; /* likewise, once this one is committed */
    struct place at;
    struct run run;
    struct run runs[MOST_RUNS]; /* that ended, and are worth it */
    size_t count;
};

void seal_fold_close(struct seal_fold *fold)
{
    if (fold == NULL) {
        return;
    }
    database_finalize_all(fold->statements, STATEMENT_COUNT);
    sha256_close(fold->sha256);
    free(fold);
}

bool seal_fold_open(struct seal_fold **out, struct ledger *ledger, struct failure *why)
{
    struct seal_fold *fold = calloc(1, sizeof(*fold));

    if (fold == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the seals");
    }
    fold->ledger = ledger;
    if (!sha256_open(&fold->sha256, why) ||
        !database_prepare_all(ledger->db, statement_sql, STATEMENT_COUNT, fold->statements, why)) {
        seal_fold_close(fold);
        return false;
    }
    *out = fold;
    return true;
}

void seal_fold_begin(struct seal_fold *fold)
{
    fold->from = (struct place){.number = INT64_MIN};
}

void seal_fold_settle(struct seal_fold *fold, bool committed)
{
    if (committed) {
        fold->from = fold->next;
    } else {
        fold->ledger->fold_notes.count -= fold->count;
    }
    fold->count = 0;
}

static void end_run(struct seal_fold *fold)
{
    if (fold->run.seals > WORTH) {
        fold->runs[fold->count++] = fold->run;
    }
    fold->run.seals = 0;
}

/* One behind a hole stays: by it the hole is known. */
static bool is_empty(const struct seal_fold *fold, const struct seal *seal,
                     const struct ledger_position *before)
{
    return fold->at.begun && (seal->folded || seal->number == fold->at.number + 1) &&
           (seal->emptied ||
            (seal->leaves == 0 && ledger_position_compare(&seal->until, before) < 0));
}

static void add_to_run(struct seal_fold *fold, const struct seal *seal)
{
    struct run *run = &fold->run;

    if (run->seals == 0) {
        run->first = fold->at.number + 1;
        memcpy(run->head, fold->at.head, SHA256_SIZE);
    }
    run->last = seal->number;
    run->seals++;
    memcpy(run->head_before, seal->folded ? seal->head_before : fold->at.head, SHA256_SIZE);
}

static bool begin_head(struct seal_fold *fold, struct failure *why)
{
    sqlite3_stmt *identity = fold->statements[IDENTITY];
    bool ok = sqlite3_step(identity) == SQLITE_ROW &&
              seal_begin_head(fold->at.head, fold->sha256, database_column_text(identity, 0),
                              sqlite3_column_int64(identity, 1), why);

    sqlite3_reset(identity);
    return ok;
}

static bool take_seal(struct seal_fold *fold, const struct seal *seal,
                      const struct ledger_position *before, struct failure *why)
{
    if (is_empty(fold, seal, before)) {
        add_to_run(fold, seal);
    } else {
        end_run(fold);
    }
    if ((!fold->at.begun && !begin_head(fold, why)) ||
        !seal_move_head(fold->at.head, fold->sha256, seal, why)) {
        return false;
    }
    fold->at.begun = true;
    fold->at.number = seal->number;
    return true;
}

/* Where a run goes on behind this step, the next one begins with it again. */
static void find_next(struct seal_fold *fold)
{
    const struct run *run = &fold->run;

    fold->next = fold->at;
    if (run->seals > 0) {
        fold->next.number = run->first - 1;
        memcpy(fold->next.head, run->head, SHA256_SIZE);
    }
    end_run(fold);
}

static bool read_seals(struct seal_fold *fold, const struct ledger_position *before, int64_t seals,
                       bool *done, struct failure *why)
{
    sqlite3_stmt *from = fold->statements[SEALS_FROM];
    int result = SQLITE_DONE;
    int64_t rows = 0;
    bool ok = true;

    fold->at = fold->from;
    fold->run.seals = 0;
    fold->count = 0;
    sqlite3_bind_int64(from, 1, fold->at.begun ? fold->at.number : INT64_MIN);
    seals = seals > LEAST_STEP ? seals : LEAST_STEP;
    sqlite3_bind_int64(from, 2, seals);
    while (ok && fold->count < MOST_RUNS - 1 && (result = sqlite3_step(from)) == SQLITE_ROW) {
        struct seal seal;

        seal_take(from, &seal);
        ok = take_seal(fold, &seal, before, why);
        rows++;
    }
    if (!ok) {
        sqlite3_reset(from);
        return false;
    }
    *done = result == SQLITE_DONE && rows < seals;
    return database_end(fold->ledger->db, from, result, "looking for empty seals", why);
}

static bool fold_run(struct seal_fold *fold, const struct run *run, int64_t now,
                     struct failure *why)
{
    sqlite3_stmt *add = fold->statements[ADD_FOLD];
    sqlite3_stmt *drop = fold->statements[DROP_SEALS];
    sqlite3_stmt *keep = fold->statements[FOLD_SEAL];
    sqlite3 *db = fold->ledger->db;

    database_bind(add, ":at", now);
    database_bind(add, ":first", run->first);
    database_bind(add, ":last", run->last - 1);
    database_bind(add, ":seals", run->seals - 1);
    database_bind_bytes(add, ":head", run->head, SHA256_SIZE);
    sqlite3_bind_int64(drop, 1, run->first);
    sqlite3_bind_int64(drop, 2, run->last);
    database_bind_bytes(keep, ":head", run->head_before, SHA256_SIZE);
    database_bind(keep, ":number", run->last);
    return database_finish(db, add, "noting that seals were folded", why) &&
           ledger_note_own(&fold->ledger->fold_notes, sqlite3_last_insert_rowid(db), why) &&
           database_finish(db, drop, "folding seals", why) &&
           database_finish(db, keep, "folding seals", why);
}

bool seal_fold_step(struct seal_fold *fold, const struct ledger_position *before, int64_t now,
                    int64_t seals, bool *done, struct failure *why)
{
    size_t count;

    if (!read_seals(fold, before, seals, done, why)) {
        return false;
    }
    find_next(fold);
    count = fold->count;
    fold->count = 0; /* notes to be taken back, should this fail */
    for (size_t i = 0; i < count; i++) {
        if (!fold_run(fold, &fold->runs[i], now, why)) {
            return false;
        }
        fold->count++;
    }
    return true;
}
