/* SPDX-License-Identifier: MIT */

#include "store/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_writer.h"
#include "store/verify_parts.h"

enum { READ_MS = 700 }; /* of one transaction, before the next seal is begun in another one */

/* The lowest and the highest id of a kind. */
#define ENDS(kind, table)                                                                          \
    "SELECT " kind ", (SELECT min(id) FROM " table "), (SELECT max(id) FROM " table ")"
#define AND(kind, table) " UNION ALL " ENDS(kind, table)

/* All SQL of verification but that of verify_told.c. Prepared for each transaction: the file may be
 * opened anew between. */
static const char *const statement_sql[VERIFY_STATEMENTS] = {
    [IDENTITY] = "SELECT (SELECT value FROM meta WHERE name = 'ledger_id'),"
                 "       (SELECT value FROM meta WHERE name = 'created_at')",
    [TAKEN_UP] = "SELECT started_at FROM run WHERE id = ?1",
    [SEAL_THERE] = "SELECT 1 FROM seal WHERE number = ?1",
    [SEALS] = "SELECT " SEAL_COLUMNS " FROM seal WHERE number > ?1 ORDER BY number",
    [STUBS] = "SELECT kind, first, shift, leaves, digest FROM stub WHERE seal = ?1",
    [NOTES] = "SELECT kind, row, had, was FROM changed WHERE seal > ?1 AND seal <= ?2",
    [COUNTS] = "SELECT (SELECT coalesce(max(id), 0) FROM interval),"
               "       (SELECT coalesce(min(id), 0) FROM interval),"
               "       (SELECT count(*) FROM withheld),"
               "       (SELECT count(*) FROM changed),"
               /* Made without command lines: nowhere is one, nor what a ledger keeps of it. */
               "       EXISTS (SELECT 1 FROM meta WHERE name = 'command_lines'"
               "               AND value = 'left out') AND NOT EXISTS (SELECT 1 FROM withheld)"
               "       AND NOT EXISTS (SELECT 1 FROM process WHERE command_line IS NOT NULL),"
               "       EXISTS (SELECT 1 FROM meta WHERE name = 'command_lines'"
               "               AND value = 'hashed'),"
               "       (SELECT process FROM withheld LIMIT 1)",
    /* What was sealed once, and what a service recorded. */
    [TRACES] = "SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'seal_head')"
               "       OR EXISTS (SELECT 1 FROM changed) OR EXISTS (SELECT 1 FROM stub),"
               "       EXISTS (SELECT 1 FROM run)",
    [HEAD] = "SELECT value FROM meta WHERE name = 'seal_head'",
    /* Ids begin with 1: what has a lower one was put before all that is sealed. */
    [ENDS_OF] = ENDS("1", "interval") AND("3", "process") AND("5", "module") AND("7", "image")
        AND("8", "user") AND("9", "service") AND("10", "boot") AND("11", "run")
            AND("12", "settings") AND("13", "zone_offset") AND("14", "stretch") AND("16", "profile")
                AND("17", "dropped") AND("18", "job") AND("19", "pair") AND("20", "job_run")
                    AND("21", "outcome") AND("22", "answer") AND("23", "timing") AND("24", "figure")
                        AND("25", "fold"),
    [UNSEALED] = "SELECT (SELECT count(*) FROM changed WHERE seal > ?1),"
                 "       (SELECT kind FROM changed WHERE seal > ?1 ORDER BY seal LIMIT 1),"
                 "       (SELECT row FROM changed WHERE seal > ?1 ORDER BY seal LIMIT 1),"
                 "       (SELECT count(*) FROM dropped WHERE id >= ?2)"
                 "       + (SELECT count(*) FROM fold WHERE id >= ?4),"
                 "       (SELECT ended FROM stretch WHERE id = ?3),"
                 "       (SELECT max(id) FROM run), (SELECT ended FROM run WHERE id = ?5)",
    [NEWEST_STRETCH] = "SELECT end_at, last_sample FROM stretch WHERE id = ?1",
};

void verify_blame(struct verify *verify, enum verify_damage damage, enum seal_kind kind,
                  int64_t row)
{
    if (!verify->blame.any) {
        verify->blame =
            (struct verify_blame){.any = true, .damage = damage, .kind = kind, .row = row};
    }
}

static const struct verify_blame *first_blame(const struct verify_root *root)
{
    return root->rows.any ? &root->rows : root->root.any ? &root->root : &root->chain;
}

/* One with nothing sealed before it stands for the moment at which it was made. */
static int64_t reached_by(const struct seal *seal)
{
    return seal->until.stretch != 0 ? seal->until.at : seal->at;
}

/* What a copy shows that was made without command lines and their hashes: processes are others. */
static bool may_be_stripped(const struct verify_root *root, const struct verify_blame *blame)
{
    return blame->damage == VERIFY_EDITED &&
           (blame->kind == SEAL_PROCESS ||
            (blame->kind == 0 && root->leaves.kinds[SEAL_PROCESS].count > 0));
}

/* Seals come in their order. */
static void note_damage(void *context, const struct verify_root *root)
{
    struct verify *verify = context;
    const struct verify_blame *blame = first_blame(root);
    const struct seal *before = &root->before;
    struct verify_result *result = verify->result;

    if (!blame->any) {
        return;
    }
    verify->unexplained = verify->unexplained || !may_be_stripped(root, blame);
    if (result->damaged_seals++ == 0) {
        result->damage = blame->damage;
        result->damaged_seal = root->seal.number;
        result->damaged_from = reached_by(before->at != 0 ? before : &root->seal);
        result->damaged_until = reached_by(&root->seal);
        result->damaged_kind = blame->kind;
        result->damaged_row = blame->row;
        if (blame->damage == VERIFY_NOT_ANCHOR) {
            result->damaged_from = root->agreed_until;
        }
    }
}

/* Behind what was asked for. Of such a seal only the chain is looked at. */
static bool is_past(const struct verify *verify)
{
    return verify->plan->until != 0 && verify->before.until.at > verify->plan->until;
}

static bool check_later(struct verify *verify, struct failure *why)
{
    if (!verify_chain_check_order(verify, why)) {
        return false;
    }
    if (verify->skipping && verify->seal.until.at >= verify->plan->since) {
        verify->skipping = false;
        if (!verify_rows_begin(verify, why)) {
            return false;
        }
    }
    verify->root->read = !verify->skipping && !is_past(verify);
    verify->result->read_seals += verify->root->read;
    return !verify->root->read || verify_rows_read(verify, why);
}

/* What was found wrong since the last call. */
static struct verify_blame take_blame(struct verify *verify)
{
    struct verify_blame blame = verify->blame;

    verify->blame = (struct verify_blame){0};
    return blame;
}

static bool check_seal(struct verify *verify, struct failure *why)
{
    struct verify_result *result = verify->result;
    struct verify_root *root = verify_roots_next(verify->roots);

    verify->root = root;
    verify->leaves = &root->leaves;
    root->seal = verify->seal;
    root->before = verify->before;
    if (verify->begun ? !check_later(verify, why) : !verify_chain_begin(verify, why)) {
        return false;
    }
    root->rows = take_blame(verify);
    root->agreed_until = verify->agreed_until;
    if (!verify_chain_move(verify, why)) {
        return false;
    }
    root->chain = take_blame(verify);
    verify->begun = true;
    verify->before = verify->seal;
    result->seals++;
    result->newest = verify->seal.number;
    result->sealed_until = verify->seal.until.at;
    return verify_roots_add(verify->roots, note_damage, verify, why);
}

/*
 * All seals
 */

static bool walk_seals(struct verify *verify, bool *more, struct failure *why)
{
    sqlite3_stmt *seals = verify->statements[SEALS];
    int64_t began = clock_steady();
    bool ok = true;
    int result = SQLITE_ROW;

    sqlite3_bind_int64(seals, 1, verify->begun ? verify->before.number : INT64_MIN);
    *more = true;
    while (ok && *more && clock_steady() - began < READ_MS) {
        result = sqlite3_step(seals);
        *more = result == SQLITE_ROW;
        if (*more) {
            seal_take(seals, &verify->seal);
            ok = check_seal(verify, why);
        }
    }
    if (!ok) {
        sqlite3_reset(seals);
        return false;
    }
    return database_end(verify->ledger->db, seals, result, "reading the seals", why);
}

/* Damage that shows when all seals were walked. */
static void note_last(struct verify *verify, const struct seal *before, const struct seal *seal,
                      struct verify_blame blame)
{
    struct verify_root root = {.before = *before, .seal = *seal, .chain = blame};

    note_damage(verify, &root);
}

/* How far the newest seal says that was watched, its stretch must say, too. */
static bool check_coverage(struct verify *verify, struct failure *why)
{
    sqlite3_stmt *newest = verify->statements[NEWEST_STRETCH];
    const struct seal *seal = &verify->before;
    int result;
    bool there;

    if (seal->until.stretch == 0) {
        return true;
    }
    sqlite3_bind_int64(newest, 1, seal->until.stretch);
    result = sqlite3_step(newest);
    there = result == SQLITE_ROW && sqlite3_column_int64(newest, 0) >= seal->until.at &&
            sqlite3_column_int64(newest, 1) >= seal->last_sample;
    if (!there && verify->result->damaged_seals == 0) {
        note_last(verify, seal, seal,
                  (struct verify_blame){.any = true,
                                        .damage = VERIFY_EDITED,
                                        .kind = SEAL_STRETCH_END,
                                        .row = seal->until.stretch});
    }
    return database_end(verify->ledger->db, newest, result, "looking for the newest stretch", why);
}

/* Something that is not of one seal: it counts where nothing else was found. */
static void blame_all(struct verify *verify, enum verify_damage damage, enum seal_kind kind,
                      int64_t row)
{
    if (verify->result->damaged_seals == 0) {
        note_last(verify, &verify->before, &verify->before,
                  (struct verify_blame){.any = true, .damage = damage, .kind = kind, .row = row});
        verify->result->damaged_from = verify->first.at;
    }
}

/* Seals that were published are missing, and nothing tells that the service had lost them. */
static void check_gone(struct verify *verify)
{
    if (verify->gone && verify->result->damaged_seals == 0) {
        note_last(verify, &verify->gone_before, &verify->gone_after,
                  (struct verify_blame){.any = true, .damage = VERIFY_SEALS_GONE});
    }
}

/* More rows are missing than the notes tell of. */
static void check_missing(struct verify *verify)
{
    for (int kind = 0; kind < SEAL_KINDS; kind++) {
        int64_t rows = verify_told_rows(&verify->told, (enum seal_kind)kind);

        if (rows >= 0 && verify->missing[kind] > rows) {
            blame_all(verify, VERIFY_REMOVED, (enum seal_kind)kind, 0);
        }
    }
}

/*
 * Rows that no seal binds. Where the newest run was stopped, its last seal was made of all that
 * there was: what is beyond it, nobody recorded.
 */
static void check_ends(struct verify *verify, enum seal_kind kind, int64_t low, int64_t high)
{
    int64_t next = verify->before.next[kind];

    if (low < 1 || high > SEAL_MOST_ROWS) {
        blame_all(verify, VERIFY_INSERTED, kind, low < 1 ? low : high);
    }
    if (verify->in_order && next > 0 && high >= next) {
        blame_all(verify, VERIFY_INSERTED, kind, high);
    }
}

static bool check_rows_beyond(struct verify *verify, struct failure *why)
{
    sqlite3_stmt *ends = verify->statements[ENDS_OF];
    int result;

    while ((result = sqlite3_step(ends)) == SQLITE_ROW) {
        if (sqlite3_column_type(ends, 1) != SQLITE_NULL) {
            check_ends(verify, (enum seal_kind)sqlite3_column_int(ends, 0),
                       sqlite3_column_int64(ends, 1), sqlite3_column_int64(ends, 2));
        }
    }
    return database_end(verify->ledger->db, ends, result, "looking for the oldest rows", why);
}

/* Notes that make a change rightful count once they are sealed; until then whoever can write the
 * file can write them. */
static bool check_unsealed(struct verify *verify, struct failure *why)
{
    sqlite3_stmt *unsealed = verify->statements[UNSEALED];
    struct verify_result *result = verify->result;
    const struct seal *newest = &verify->before;
    int code;

    sqlite3_bind_int64(unsealed, 1, newest->number);
    sqlite3_bind_int64(unsealed, 2, newest->next[SEAL_DROPPED]);
    sqlite3_bind_int64(unsealed, 3, newest->until.stretch);
    sqlite3_bind_int64(unsealed, 4, newest->next[SEAL_FOLD]);
    sqlite3_bind_int64(unsealed, 5, seal_sum(newest->next[SEAL_RUN], -1));
    code = sqlite3_step(unsealed);
    if (code == SQLITE_ROW) {
        result->completed_unsealed = sqlite3_column_int64(unsealed, 0);
        result->drops_unsealed = sqlite3_column_int64(unsealed, 3);
        verify->in_order = seal_binds_end(newest) &&
                           sqlite3_column_int64(unsealed, 4) == LEDGER_GAP_STOPPED &&
                           (newest->next[SEAL_FOLD] > 0
                                ? sqlite3_column_int64(unsealed, 6) == LEDGER_GAP_STOPPED
                                : sqlite3_column_int64(unsealed, 5) < newest->next[SEAL_RUN]);
        if (verify->in_order && result->completed_unsealed > 0) {
            blame_all(verify, VERIFY_EDITED, (enum seal_kind)sqlite3_column_int(unsealed, 1),
                      sqlite3_column_int64(unsealed, 2));
        }
    }
    return database_end(verify->ledger->db, unsealed, code, "looking for what is not sealed", why);
}

/* Completions that no seal binds yet must be ones, too. */
static bool check_latest_notes(struct verify *verify, struct failure *why)
{
    struct verify_blame blame;

    if (!verify_rows_notes(verify, verify->before.number, INT64_MAX, why)) {
        return false;
    }
    blame = take_blame(verify);
    if (blame.any) {
        blame_all(verify, blame.damage, blame.kind, blame.row);
    }
    return true;
}

/* A note tells of rows that there were; what is found by a column must be what that is made of. */
static void check_derived(struct verify *verify)
{
    if (verify->told.wrong_note != 0) {
        blame_all(verify, VERIFY_EDITED, SEAL_DROPPED, verify->told.wrong_note);
    }
    if (verify->misplaced != 0) {
        blame_all(verify, VERIFY_EDITED, SEAL_PROCESS, verify->misplaced);
    }
}

/* What the writer goes on from: whoever changed seals and forgot it is found without a key. */
static bool check_head(struct verify *verify, struct failure *why)
{
    sqlite3_stmt *head = verify->statements[HEAD];
    int result = sqlite3_step(head);
    bool same = result == SQLITE_ROW && sqlite3_column_bytes(head, 0) == SHA256_SIZE &&
                memcmp(sqlite3_column_blob(head, 0), verify->head, SHA256_SIZE) == 0;

    if (!same) {
        blame_all(verify, VERIFY_SEAL_CHANGED, 0, 0);
    }
    return database_end(verify->ledger->db, head, result, "looking for the newest seal", why);
}

/* Nothing is sealed, and something tells that it was. A key alone is as old as the service is. */
static void check_none(struct verify *verify, bool head, bool runs)
{
    const struct verify_plan *plan = verify->plan;

    if (head || plan->anchor_count > 0 || (plan->key_count > 0 && runs)) {
        note_last(verify, &verify->before, &verify->before,
                  (struct verify_blame){.any = true, .damage = VERIFY_SEALS_GONE});
    }
}

static bool look_for_traces(struct verify *verify, struct failure *why)
{
    sqlite3_stmt *traces = verify->statements[TRACES];
    int result = sqlite3_step(traces);

    if (result == SQLITE_ROW) {
        check_none(verify, sqlite3_column_int64(traces, 0) != 0,
                   sqlite3_column_int64(traces, 1) != 0);
    }
    return database_end(verify->ledger->db, traces, result, "looking for traces of seals", why);
}

static bool count_rest(struct verify *verify, struct failure *why)
{
    sqlite3_stmt *counts = verify->statements[COUNTS];
    struct verify_result *result = verify->result;
    int code = sqlite3_step(counts);

    result->dropped = verify->told.rows;
    result->dropped_by_age = verify->told.rows_by_age;
    result->dropped_at = verify->told.newest_at;
    if (code == SQLITE_ROW) {
        int64_t newest = sqlite3_column_int64(counts, 0);
        int64_t oldest = sqlite3_column_int64(counts, 1);
        int64_t next = verify->begun ? verify->before.next[SEAL_INTERVAL] : seal_sum(newest, 1);
        int64_t first = verify->begun ? verify->first.next[SEAL_INTERVAL] : seal_sum(newest, 1);

        result->unsealed = newest >= next ? (int64_t)((uint64_t)newest - (uint64_t)next + 1) : 0;
        result->older =
            oldest > 0 && oldest < first ? (int64_t)((uint64_t)first - (uint64_t)oldest) : 0;
        result->withheld = sqlite3_column_int64(counts, 2);
        result->completed = sqlite3_column_int64(counts, 3);
        result->stripped = sqlite3_column_int64(counts, 4) != 0;
        result->hashed = sqlite3_column_int64(counts, 5) != 0;
        if (result->withheld > 0 && !result->hashed) {
            blame_all(verify, VERIFY_EDITED, SEAL_PROCESS, sqlite3_column_int64(counts, 6));
        }
    }
    return database_end(verify->ledger->db, counts, code, "counting what is not sealed", why);
}

static bool finish(struct verify *verify, struct failure *why)
{
    if (!verify_roots_finish(verify->roots, note_damage, verify, why)) {
        return false;
    }
    if (verify->begun) {
        check_missing(verify);
        check_derived(verify);
        if (!check_unsealed(verify, why) || !check_latest_notes(verify, why) ||
            !check_rows_beyond(verify, why) || !check_coverage(verify, why) ||
            !check_head(verify, why)) {
            return false;
        }
    }
    if ((!verify->begun && !look_for_traces(verify, why)) || !count_rest(verify, why)) {
        return false;
    }
    check_gone(verify);
    return true;
}

/* What is open during one transaction. */
static bool open_reading(struct verify *verify, struct failure *why)
{
    if (!database_prepare_all(verify->ledger->db, statement_sql, VERIFY_STATEMENTS,
                              verify->statements, why) ||
        !seal_reader_open(&verify->reader, verify->ledger->db, why)) {
        return false;
    }
    seal_reader_leave_hashing(verify->reader);
    return true;
}

static void close_reading(struct verify *verify)
{
    database_finalize_all(verify->statements, VERIFY_STATEMENTS);
    seal_reader_close(verify->reader);
    verify->reader = NULL;
}

static bool read_piece(struct verify *verify, bool *more, struct failure *why)
{
    return open_reading(verify, why) && verify_told_read(&verify->told, verify->ledger->db, why) &&
           walk_seals(verify, more, why) && (*more || finish(verify, why));
}

static bool walk_piece(struct verify *verify, bool *more, struct failure *why)
{
    bool ok;

    if (!ledger_begin_read(verify->ledger, why)) {
        return false;
    }
    ok = read_piece(verify, more, why);
    close_reading(verify);
    return ledger_end_read(verify->ledger, ok, why);
}

static void tell_progress(const struct verify *verify)
{
    if (verify->plan->progress != NULL) {
        verify->plan->progress(verify->plan->context, verify->result->intervals,
                               verify->result->intervals + verify->result->unsealed);
    }
}

/* A seal was published that is newer than all there are. */
static void check_end(struct verify *verify)
{
    struct verify_result *result = verify->result;
    int64_t newest = result->newest;

    for (size_t i = 0; i < verify->plan->anchor_count; i++) {
        int64_t number = verify->plan->anchors[i].number;

        newest = number > newest ? number : newest;
    }
    if (result->seals > 0 && newest > result->newest && result->cut_before < 0) {
        result->cut_before = seal_sum(result->newest, 1);
        result->lost_seals = (int64_t)((uint64_t)newest - (uint64_t)result->newest);
        result->lost_from = result->sealed_until;
    }
}

static void judge(struct verify *verify)
{
    struct verify_result *result = verify->result;

    check_end(verify);
    memcpy(result->head, verify->head, SHA256_SIZE);
    if (result->damaged_seals > 0) {
        result->status =
            result->stripped && !verify->unexplained ? VERIFY_UNDECIDED : VERIFY_CHANGED;
    } else if (result->cut_before >= 0) {
        result->status = VERIFY_CUT;
    } else if (result->read_seals == 0 || result->unproven >= 0 || result->anchor_folded) {
        result->status = VERIFY_UNDECIDED;
    }
}

static void clear(struct verify *verify)
{
    secret_wipe(&verify->key, sizeof(verify->key));
    verify_roots_close(verify->roots);
    free(verify->anchors);
    verify_ends_clear(&verify->ends);
    verify_told_clear(&verify->told);
}

bool ledger_verify(struct verify_result *result, struct ledger *ledger,
                   const struct verify_plan *plan, struct failure *why)
{
    struct verify verify = {
        .ledger = ledger, .plan = plan, .result = result, .skipping = plan->since != 0};
    bool more = true;
    bool ok;

    *result = (struct verify_result){.status = VERIFY_HELD,
                                     .newest = -1,
                                     .cut_before = -1,
                                     .unproven = -1,
                                     .keys_given = plan->key_count,
                                     .anchors_given = plan->anchor_count};
    ok = verify_chain_sort_anchors(&verify, why) && verify_roots_open(&verify.roots, why);
    while (ok && more) {
        ok = walk_piece(&verify, &more, why);
        tell_progress(&verify);
    }
    if (ok) {
        judge(&verify);
    }
    clear(&verify);
    return ok;
}
