/* SPDX-License-Identifier: MIT */

#include "store/sealer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_writer.h"
#include "store/seal_facts.h"
#include "store/seal_key.h"
#include "store/seal_leaves.h"

/* All SQL of this module. */
enum statement {
    FIRST_SEAL,
    NEWEST_SEAL,
    ALL_SEALS,
    ADD_SEAL,
    IDENTITY,
    HEAD,
    SET_HEAD,
    NEXT_IDS,
    NEXT_INTERVAL,
    NEWEST_STRETCH,
    ADD_CHANGED,
    STRETCH_ENDED,
    NEWEST_RUN,
    FOUND_CHANGED,
    UNSEALED_TIME,
    NEXT_STRETCH,
    LAST_TOLD,
    BOUND_STRETCH,
    STATEMENT_COUNT,
};

enum { SAMPLES_MORE = 8 }; /* than the interval says: the first and the last, and by request */

#define NEXT(table) "(SELECT coalesce(max(id), 0) + 1 FROM " table ")"
#define AND(table) ", " NEXT(table)

static const char *const statement_sql[STATEMENT_COUNT] = {
    [FIRST_SEAL] = "SELECT " SEAL_COLUMNS " FROM seal ORDER BY number LIMIT 1",
    [NEWEST_SEAL] = "SELECT " SEAL_COLUMNS " FROM seal ORDER BY number DESC LIMIT 1",
    [ALL_SEALS] = "SELECT " SEAL_COLUMNS " FROM seal ORDER BY number",
    [ADD_SEAL] = "INSERT INTO seal (" SEAL_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                 " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,"
                 " ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, NULL)",
    [IDENTITY] = "SELECT (SELECT value FROM meta WHERE name = 'ledger_id'),"
                 "       (SELECT value FROM meta WHERE name = 'created_at')",
    [HEAD] = "SELECT value FROM meta WHERE name = 'seal_head'",
    [SET_HEAD] = "INSERT INTO meta (name, value) VALUES ('seal_head', :head)"
                 " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    /* In the order of seal_ranges; how far stretches ended follows from the newest one. */
    [NEXT_IDS] = "SELECT " NEXT("interval") AND("process") AND("module") AND("image") AND("user")
        AND("service") AND("boot") AND("run") AND("settings") AND("zone_offset")
            AND("stretch") ", 1" AND("profile") AND("dropped") AND("job") AND("pair") AND("job_run")
                AND("outcome") AND("answer") AND("timing") AND("figure") AND("fold"),
    [NEXT_INTERVAL] = "SELECT " NEXT("interval"),
    [NEWEST_STRETCH] = "SELECT id, end_at, last_sample, ended FROM stretch ORDER BY id DESC"
                       " LIMIT 1",

    /* Only the first change after a seal: what was in between is sealed nowhere. */
    [ADD_CHANGED] = "INSERT INTO changed (kind, row, seal, was, had)"
                    " SELECT :kind, :row, :next, :was, :had"
                    " WHERE NOT EXISTS (SELECT 1 FROM changed WHERE kind = :kind AND row = :row"
                    "                   AND seal > :newest)",
    [STRETCH_ENDED] = "SELECT ended FROM stretch WHERE id = ?1",
    [NEWEST_RUN] = "SELECT max(id), (SELECT ended FROM run WHERE id = ?1) FROM run",
    [FOUND_CHANGED] = "SELECT DISTINCT kind, row FROM changed WHERE seal > ?1",
    [UNSEALED_TIME] = "SELECT total(end_at - iif(id = ?1, ?2, begin_at))"
                      " FROM stretch WHERE id >= ?1",
    [NEXT_STRETCH] = "SELECT id, begin_at, end_at, first_sample, last_sample, interval_ms, missed,"
                     " first_interval FROM stretch WHERE id >= ?1 ORDER BY id LIMIT 1",
    [LAST_TOLD] = "SELECT (SELECT max(opened_at) FROM interval WHERE id >= ?1 AND opened_at <= ?3),"
                  " (SELECT max(first_seen_at) FROM process WHERE id >= ?2"
                  " AND first_seen_at <= ?3)",
    [BOUND_STRETCH] = "UPDATE stretch SET end_at = ?2, last_sample = ?3, missed = ?4 WHERE id = ?1",
};

/* A row whose end, or whose completion, is in no seal yet. */
struct noted_end {
    enum seal_kind kind;
    int64_t id;
};

struct noted_ends {
    struct noted_end *items;
    size_t count;
    size_t capacity;
};

struct sealer {
    struct ledger *ledger;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct seal_reader *reader;
    struct text key_path; /* empty: of a ledger in memory */
    char *ledger_id;
    int64_t created_at;

    bool any;          /* there is a seal */
    struct seal first; /* with it the chain begins: what was there before is not sealed */
    struct seal newest;
    uint8_t head[SHA256_SIZE];
    struct seal_key key; /* of the next seal */
    enum sealer_key found;
    int64_t begun_before;
    struct text key_line;
    bool key_failing;
    struct failure failure;
    int64_t sealed_at; /* clock_steady() */

    struct noted_ends ends;
    bool look_for_ends; /* those of before this run are not noted */

    /*
     * The table `changed` and new rows can be written by anybody who can write the file. What this
     * run did not do itself it seals only where an earlier one may have left it in a crash.
     */
    struct noted_ends changes;
    bool in_order;              /* the run before had sealed all when it ended */
    int64_t begins[SEAL_KINDS]; /* rows that this run may have made, or may seal for another */
    int64_t begun_intervals;    /* id of the next one when this run began */
    struct sealer_found unsealed;

    bool made; /* in the transaction that is open */
    struct seal making;
    uint8_t making_head[SHA256_SIZE];
    struct noted_ends later; /* that it does not cover */
    struct seal_leaves leaves;
};

void sealer_close(struct sealer *sealer)
{
    if (sealer == NULL) {
        return;
    }
    database_finalize_all(sealer->statements, STATEMENT_COUNT);
    seal_reader_close(sealer->reader);
    secret_wipe(&sealer->key, sizeof(sealer->key));
    if (sealer->key_line.bytes != NULL) {
        secret_wipe(sealer->key_line.bytes, sealer->key_line.size);
    }
    text_clear(&sealer->key_line);
    text_clear(&sealer->key_path);
    seal_leaves_clear(&sealer->leaves);
    free(sealer->ends.items);
    free(sealer->later.items);
    free(sealer->changes.items);
    free(sealer->ledger_id);
    free(sealer);
}

bool sealer_open(struct sealer **out, struct ledger *ledger, struct failure *why)
{
    struct sealer *sealer = calloc(1, sizeof(*sealer));
    bool ok;

    if (sealer == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the seals");
    }
    sealer->ledger = ledger;
    if (strcmp(ledger->file, ":memory:") != 0) {
        text_addf(&sealer->key_path, "%s.key", ledger->file);
    }
    ok =
        text_ok(&sealer->key_path, why) &&
        database_prepare_all(ledger->db, statement_sql, STATEMENT_COUNT, sealer->statements, why) &&
        seal_reader_open(&sealer->reader, ledger->db, why);
    if (!ok) {
        sealer_close(sealer);
        ledger_name_failure(ledger, why);
        return false;
    }
    *out = sealer;
    return true;
}

/*
 * Beginning.
 */

static int64_t greatest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool read_seal(struct sealer *sealer, enum statement which, struct seal *seal, bool *found,
                      struct failure *why)
{
    sqlite3_stmt *find = sealer->statements[which];
    int result = sqlite3_step(find);

    *found = result == SQLITE_ROW;
    if (*found) {
        seal_take(find, seal);
    }
    return database_end(sealer->ledger->db, find, result, "looking for the seals", why);
}

static bool read_identity(struct sealer *sealer, struct failure *why)
{
    sqlite3_stmt *find = sealer->statements[IDENTITY];
    int result = sqlite3_step(find);
    bool ok = true;

    free(sealer->ledger_id);
    sealer->ledger_id = NULL;
    if (result == SQLITE_ROW) {
        char padded[SEAL_LEDGER_ID + 1];

        /* An id of another length, in a ledger that is not ours alone, must not harm the file. */
        snprintf(padded, sizeof(padded), "%-*s", (int)SEAL_LEDGER_ID,
                 database_column_text(find, 0));
        sealer->ledger_id = text_copy(padded);
        sealer->created_at = sqlite3_column_int64(find, 1);
        ok = sealer->ledger_id != NULL;
    }
    if (!database_end(sealer->ledger->db, find, result, "looking for the ledger's id", why)) {
        return false;
    }
    return (ok && sealer->ledger_id != NULL) ||
           FAIL(why, FAILURE_MEMORY, 0, "no memory for the ledger's id");
}

/* Where the newest head is not told, it is worked out from the first seal on. */
static bool work_head_out(struct sealer *sealer, struct failure *why)
{
    sqlite3_stmt *all = sealer->statements[ALL_SEALS];
    struct sha256 *sha256 = seal_reader_sha256(sealer->reader);
    bool ok = seal_begin_head(sealer->head, sha256, sealer->ledger_id, sealer->created_at, why);
    int result = SQLITE_DONE;
    struct seal seal;

    while (ok && (result = sqlite3_step(all)) == SQLITE_ROW) {
        seal_take(all, &seal);
        ok = seal_move_head(sealer->head, sha256, &seal, why);
    }
    if (!ok) {
        sqlite3_reset(all);
        return false;
    }
    return database_end(sealer->ledger->db, all, result, "reading the seals", why);
}

static bool read_head(struct sealer *sealer, struct failure *why)
{
    sqlite3_stmt *find = sealer->statements[HEAD];
    int result = sqlite3_step(find);
    bool known = result == SQLITE_ROW && sqlite3_column_type(find, 0) == SQLITE_BLOB &&
                 sqlite3_column_bytes(find, 0) == SHA256_SIZE;

    if (known) {
        memcpy(sealer->head, sqlite3_column_blob(find, 0), SHA256_SIZE);
    }
    if (!database_end(sealer->ledger->db, find, result, "reading the newest seal", why)) {
        return false;
    }
    return known || work_head_out(sealer, why);
}

static int64_t next_number(const struct sealer *sealer)
{
    return sealer->any ? sealer->newest.number + 1 : 0;
}

static bool store_key(struct sealer *sealer, struct failure *why)
{
    return sealer->key_path.size == 0 ||
           seal_key_store(&sealer->key, text_bytes(&sealer->key_path), sealer->ledger_id, why);
}

static bool make_key(struct sealer *sealer, struct failure *why)
{
    sealer->found = sealer->any ? SEALER_KEY_LOST : SEALER_KEY_FIRST;
    sealer->key.number = sealer->key.from = next_number(sealer);
    if (!random_fill(sealer->key.bytes, sizeof(sealer->key.bytes), why) ||
        !store_key(sealer, why)) {
        return false;
    }
    text_reset(&sealer->key_line);
    seal_key_add_line(&sealer->key_line, &sealer->key, sealer->ledger_id);
    return text_ok(&sealer->key_line, why);
}

/* A crash after a commit leaves the key of the seal that was committed. */
static bool catch_up(struct sealer *sealer, struct failure *why)
{
    bool behind = sealer->key.number < next_number(sealer);

    while (sealer->key.number < next_number(sealer)) {
        if (!seal_move_key(sealer->key.bytes, seal_reader_sha256(sealer->reader), why)) {
            return false;
        }
        sealer->key.number++;
    }
    return !behind || store_key(sealer, why);
}

/* An older file that was put back may hold a key of a chain that has ended. */
static bool is_of_chain(const struct sealer *sealer)
{
    return !sealer->any || sealer->key.from == sealer->newest.key_from ||
           sealer->key.from > sealer->newest.number;
}

static bool find_key(struct sealer *sealer, struct failure *why)
{
    bool found = false;

    /* What stands in the way of reading it is told as "lost", and why in the log of the system. */
    if (sealer->key_path.size > 0 && !seal_key_read(&sealer->key, text_bytes(&sealer->key_path),
                                                    sealer->ledger_id, &found, why)) {
        return false;
    }
    if (!found || !is_of_chain(sealer) ||
        next_number(sealer) - sealer->key.number > SEAL_MOST_MOVES) {
        return make_key(sealer, why);
    }
    sealer->found = sealer->key.number > next_number(sealer) ? SEALER_KEY_AHEAD : SEALER_KEY_FOUND;
    return catch_up(sealer, why);
}

/* What lets rows or seals be gone. */
static bool is_note(enum seal_kind kind)
{
    return kind == SEAL_DROPPED || kind == SEAL_FOLD;
}

static bool make_seal(struct sealer *sealer, struct failure *why);
static bool add_end(struct noted_ends *ends, enum seal_kind kind, int64_t id, struct failure *why);
static bool read_next_ids(struct sealer *sealer, struct seal *seal, struct failure *why);

/*
 * Whether the newest seal was made when its run was stopped. A run seals as it begins: one behind
 * the seal is not of a service, unless that was older than folds.
 */
static bool find_order(struct sealer *sealer, struct failure *why)
{
    sqlite3 *db = sealer->ledger->db;
    sqlite3_stmt *ended = sealer->statements[STRETCH_ENDED];
    sqlite3_stmt *run = sealer->statements[NEWEST_RUN];
    const struct seal *newest = &sealer->newest;
    int result;

    sqlite3_bind_int64(ended, 1, newest->until.stretch);
    result = sqlite3_step(ended);
    sealer->in_order = seal_binds_end(newest) && result == SQLITE_ROW &&
                       sqlite3_column_int64(ended, 0) == LEDGER_GAP_STOPPED;
    if (!database_end(db, ended, result, "looking for the newest stretch", why)) {
        return false;
    }
    sqlite3_bind_int64(run, 1, seal_sum(newest->next[SEAL_RUN], -1));
    result = sqlite3_step(run);
    sealer->in_order =
        sealer->in_order && result == SQLITE_ROW &&
        (newest->next[SEAL_FOLD] > 0 ? sqlite3_column_int64(run, 1) == LEDGER_GAP_STOPPED
                                     : sqlite3_column_int64(run, 0) < newest->next[SEAL_RUN]);
    return database_end(db, run, result, "looking for the newest run", why);
}

/* Completions that are in no seal. */
static bool find_changes(struct sealer *sealer, struct failure *why)
{
    sqlite3_stmt *found = sealer->statements[FOUND_CHANGED];
    bool ok = true;
    int result;

    sqlite3_bind_int64(found, 1, sealer->newest.number);
    while ((result = sqlite3_step(found)) == SQLITE_ROW && ok) {
        sealer->unsealed.changes++;
        ok = sealer->in_order ||
             add_end(&sealer->changes, (enum seal_kind)sqlite3_column_int(found, 0),
                     sqlite3_column_int64(found, 1), why);
    }
    if (!ok) {
        sqlite3_reset(found);
        return false;
    }
    return database_end(sealer->ledger->db, found, result, "reading what was completed", why);
}

/* Rows that are in no seal. Of a kind that the newest seal did not know, that is so with all. */
static bool find_rows(struct sealer *sealer, struct failure *why)
{
    struct seal there = {0};

    if (!read_next_ids(sealer, &there, why)) {
        return false;
    }
    for (int i = 0; i < SEAL_RANGES; i++) {
        enum seal_kind kind = seal_ranges[i];
        int64_t next = sealer->newest.next[kind];

        if (there.next[kind] > SEAL_MOST_ROWS) {
            return FAIL(why, FAILURE_FORMAT, SQLITE_CORRUPT,
                        "the ledger is damaged: it has a number of a row (%s) that leaves no room "
                        "for others",
                        seal_kind_name(kind));
        }
        if (next > 0 && there.next[kind] > next && kind != SEAL_STRETCH_END) {
            sealer->unsealed.rows = seal_sum(sealer->unsealed.rows, there.next[kind] - next);
            sealer->unsealed.drops += is_note(kind) ? there.next[kind] - next : 0;
            sealer->begins[kind] = sealer->in_order ? there.next[kind] : next;
        }
    }
    sealer->begun_intervals = there.next[SEAL_INTERVAL];
    sealer->begins[SEAL_DROPPED] = there.next[SEAL_DROPPED];
    sealer->begins[SEAL_FOLD] = there.next[SEAL_FOLD];
    return true;
}

/*
 * Time that was watched: a row that goes on is in no seal, so that whoever can write the file after
 * a crash could make it longer.
 */

struct unsealed_stretch {
    int64_t id;
    int64_t from; /* what is before is sealed */
    int64_t end_at;
    int64_t first_sample; /* at `from` */
    int64_t last_sample;
    int64_t interval;
    int64_t missed;
    int64_t first_interval;
};

static bool read_stretch(struct sealer *sealer, int64_t first, struct unsealed_stretch *stretch,
                         bool *found, struct failure *why)
{
    const struct seal *newest = &sealer->newest;
    sqlite3_stmt *next = sealer->statements[NEXT_STRETCH];
    int result;

    sqlite3_bind_int64(next, 1, first);
    result = sqlite3_step(next);
    *found = result == SQLITE_ROW;
    if (*found) {
        bool is_sealed_in_part = sqlite3_column_int64(next, 0) == newest->until.stretch;

        *stretch = (struct unsealed_stretch){
            .id = sqlite3_column_int64(next, 0),
            .from = is_sealed_in_part ? newest->until.at : sqlite3_column_int64(next, 1),
            .end_at = sqlite3_column_int64(next, 2),
            .first_sample = is_sealed_in_part ? newest->last_sample : sqlite3_column_int64(next, 3),
            .last_sample = sqlite3_column_int64(next, 4),
            .interval = greatest(sqlite3_column_int64(next, 5), 1),
            .missed = sqlite3_column_int64(next, 6),
            .first_interval = sqlite3_column_int64(next, 7),
        };
    }
    return database_end(sealer->ledger->db, next, result, "looking for what was watched", why);
}

/* The newest row that was recorded until then: a stretch does not end before what it tells. */
static bool find_last_told(struct sealer *sealer, int64_t until, int64_t *at, struct failure *why)
{
    sqlite3_stmt *told = sealer->statements[LAST_TOLD];
    int result;

    sqlite3_bind_int64(told, 1, sealer->newest.next[SEAL_INTERVAL]);
    sqlite3_bind_int64(told, 2, sealer->newest.next[SEAL_PROCESS]);
    sqlite3_bind_int64(told, 3, until);
    result = sqlite3_step(told);
    for (int i = 0; i < 2 && result == SQLITE_ROW; i++) {
        *at = greatest(*at, sqlite3_column_int64(told, i));
    }
    return database_end(sealer->ledger->db, told, result, "looking for what was watched", why);
}

static bool is_longer(int64_t from, int64_t to, int64_t most)
{
    return to > from && (uint64_t)to - (uint64_t)from > (uint64_t)most;
}

static int64_t watched(const struct unsealed_stretch *stretch)
{
    return stretch->end_at > stretch->from ? stretch->end_at - stretch->from : 0;
}

/* Samples that came late may be closer together then, but never twice as many as it says. */
static int64_t most_samples(const struct unsealed_stretch *stretch)
{
    return 2 * (watched(stretch) / stretch->interval) + SAMPLES_MORE;
}

static bool bound_stretch(struct sealer *sealer, struct unsealed_stretch *stretch, int64_t *room,
                          struct failure *why)
{
    const struct unsealed_stretch before = *stretch;
    sqlite3_stmt *bound = sealer->statements[BOUND_STRETCH];
    int64_t intervals;

    if (is_longer(stretch->from, stretch->end_at, *room)) {
        stretch->end_at = stretch->from;
        if (!find_last_told(sealer, seal_sum(stretch->from, *room), &stretch->end_at, why)) {
            return false;
        }
    }
    *room -= watched(stretch);
    if (is_longer(stretch->first_sample, stretch->last_sample, most_samples(stretch))) {
        stretch->last_sample =
            seal_sum(stretch->first_sample, watched(stretch) / stretch->interval);
    }
    /* Each connection that was missed is an interval. */
    intervals = greatest(sealer->begun_intervals - greatest(stretch->first_interval, 0), 0);
    stretch->missed = stretch->missed > intervals ? intervals : stretch->missed;
    if (memcmp(&before, stretch, sizeof(before)) == 0) {
        return true;
    }
    sealer->unsealed.bounded++;
    sqlite3_bind_int64(bound, 1, stretch->id);
    sqlite3_bind_int64(bound, 2, stretch->end_at);
    sqlite3_bind_int64(bound, 3, stretch->last_sample);
    sqlite3_bind_int64(bound, 4, stretch->missed);
    return database_finish(sealer->ledger->db, bound, "bounding what was watched", why);
}

/*
 * After each commit less than SEAL_EVERY_MS of watched time is in no seal: see is_due(). An older
 * program did not look at it, and sealed by the clock alone: it gets as much again.
 */
static bool bound_stretches(struct sealer *sealer, struct failure *why)
{
    struct unsealed_stretch stretch = {.id = sealer->newest.until.stretch - 1};
    int64_t room = INT64_C(2) * SEAL_EVERY_MS;
    bool found = true;

    while (found) {
        if (!read_stretch(sealer, stretch.id + 1, &stretch, &found, why) ||
            (found && !bound_stretch(sealer, &stretch, &room, why))) {
            return false;
        }
    }
    return true;
}

/* A run that was stopped has sealed all: what there is beyond its seal, somebody else put there. */
static bool find_unsealed(struct sealer *sealer, struct failure *why)
{
    sealer->unsealed = (struct sealer_found){0};
    sealer->changes.count = 0;
    sealer->in_order = false;
    memset(sealer->begins, 0, sizeof(sealer->begins));
    if (sealer->any && !(find_order(sealer, why) && find_changes(sealer, why))) {
        return false;
    }
    if (!find_rows(sealer, why)) {
        return false;
    }
    sealer->unsealed.foreign = sealer->in_order;
    return !sealer->any || sealer->in_order || bound_stretches(sealer, why);
}

/* The first seal has nothing under it: it says with which rows sealing begins. */
static bool begin_chain(struct sealer *sealer, struct failure *why)
{
    if (!make_seal(sealer, why)) {
        return false;
    }
    sealer->first = sealer->making;
    return true;
}

bool sealer_begin(struct sealer *sealer, struct failure *why)
{
    bool found;

    if (!read_identity(sealer, why) ||
        !read_seal(sealer, NEWEST_SEAL, &sealer->newest, &sealer->any, why) ||
        !read_seal(sealer, FIRST_SEAL, &sealer->first, &found, why) || !read_head(sealer, why) ||
        !find_key(sealer, why) || !find_unsealed(sealer, why)) {
        return false;
    }
    sealer->sealed_at = clock_steady();
    sealer->begun_before = next_number(sealer);
    sealer->look_for_ends = sealer->any;
    return sealer->any || begin_chain(sealer, why);
}

bool sealer_make_key(struct ledger *ledger, struct text *line, struct failure *why)
{
    struct sealer *sealer = NULL;
    bool ok = sealer_open(&sealer, ledger, why) && read_identity(sealer, why) &&
              read_seal(sealer, NEWEST_SEAL, &sealer->newest, &sealer->any, why) &&
              find_key(sealer, why);

    if (ok && sealer->key_line.size > 0) {
        text_add(line, text_bytes(&sealer->key_line));
    }
    sealer_close(sealer);
    return ok;
}

/*
 * What the writer tells.
 */

static bool add_end(struct noted_ends *ends, enum seal_kind kind, int64_t id, struct failure *why)
{
    if (ends->count == ends->capacity) {
        size_t capacity = ends->capacity * 2 + 256;
        struct noted_end *items = realloc(ends->items, capacity * sizeof(*items));

        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu ends to be sealed", capacity);
        }
        ends->items = items;
        ends->capacity = capacity;
    }
    ends->items[ends->count++] = (struct noted_end){kind, id};
    return true;
}

/* The end of a row that is not sealed yet is found with it. */
bool sealer_note_end(struct sealer *sealer, enum seal_kind kind, int64_t id, struct failure *why)
{
    return sealer->look_for_ends || id < sealer->first.next[kind] ||
           id >= sealer->newest.next[kind] || add_end(&sealer->ends, kind, id, why);
}

bool sealer_note_change(struct sealer *sealer, enum seal_kind kind, int64_t id, struct failure *why)
{
    sqlite3_stmt *add = sealer->statements[ADD_CHANGED];
    uint8_t was[SHA256_SIZE];
    int64_t had = 0;
    bool found;

    if (id < sealer->first.next[kind] || id >= sealer->newest.next[kind]) {
        return true;
    }
    if (!seal_reader_present(sealer->reader, kind, id, was, &had, &found, why)) {
        return false;
    }
    if (!found) {
        return true;
    }
    database_bind(add, ":kind", kind);
    database_bind(add, ":row", id);
    database_bind(add, ":next", sealer->key.number);
    database_bind(add, ":newest", sealer->newest.number);
    database_bind(add, ":had", had);
    database_bind_bytes(add, ":was", was, sizeof(was));
    if (!database_finish(sealer->ledger->db, add, "noting what a row was", why)) {
        return false;
    }
    /* Where a note was there, it is ours and known, or somebody else's. */
    return sqlite3_changes(sealer->ledger->db) == 0 || add_end(&sealer->changes, kind, id, why);
}

/*
 * Making a seal.
 */

static bool read_coverage(struct sealer *sealer, struct seal *seal, struct failure *why)
{
    sqlite3_stmt *newest = sealer->statements[NEWEST_STRETCH];
    int result = sqlite3_step(newest);
    int64_t *next_end = &seal->next[SEAL_STRETCH_END];

    if (result == SQLITE_ROW) {
        bool ended = sqlite3_column_int64(newest, 3) != 0;

        seal->until = (struct ledger_position){sqlite3_column_int64(newest, 0),
                                               sqlite3_column_int64(newest, 1)};
        seal->last_sample = sqlite3_column_int64(newest, 2);
        /* Where sealing begins, what there is is left alone, whatever becomes of it. */
        *next_end = greatest(*next_end, seal->until.stretch + (ended || !sealer->any ? 1 : 0));
    }
    return database_end(sealer->ledger->db, newest, result, "looking for the newest stretch", why);
}

static bool read_next_ids(struct sealer *sealer, struct seal *seal, struct failure *why)
{
    sqlite3_stmt *ids = sealer->statements[NEXT_IDS];
    int result = sqlite3_step(ids);

    for (int i = 0; result == SQLITE_ROW && i < SEAL_RANGES; i++) {
        int64_t *next = &seal->next[seal_ranges[i]];

        *next = greatest(*next, sqlite3_column_int64(ids, i));
    }
    return database_end(sealer->ledger->db, ids, result, "looking for what is to be sealed", why);
}

static bool add_leaf(struct sealer *sealer, enum seal_kind kind, int64_t key,
                     const uint8_t digest[SHA256_SIZE], struct failure *why)
{
    struct seal_leaf leaf = {.first = key, .leaves = 1};

    memcpy(leaf.digest, digest, SHA256_SIZE);
    return seal_leaves_add(&sealer->leaves, kind, &leaf, why);
}

static bool take_fact(void *context, const struct seal_fact *fact, struct failure *why)
{
    struct sealer *sealer = context;

    if (fact->told && !add_leaf(sealer, fact->kind, fact->key, fact->digest, why)) {
        return false;
    }
    if (!fact->ended) {
        return true;
    }
    return seal_covers(&sealer->making, &fact->end)
               ? add_leaf(sealer, fact->end_kind, fact->key, fact->end_digest, why)
               : add_end(&sealer->later, fact->kind, fact->id, why);
}

/* One that is sealed already was noted twice. */
static bool take_noted(void *context, const struct seal_fact *fact, struct failure *why)
{
    const struct sealer *sealer = context;

    return !fact->ended || seal_covers(&sealer->newest, &fact->end) ||
           take_fact(context, fact, why);
}

static int compare_ends(const void *a, const void *b)
{
    const struct noted_end *left = a;
    const struct noted_end *right = b;

    if (left->kind != right->kind) {
        return left->kind < right->kind ? -1 : 1;
    }
    return (left->id > right->id) - (left->id < right->id);
}

static bool take_ends(struct sealer *sealer, struct failure *why)
{
    struct noted_end *ends = sealer->ends.items;
    size_t count = sealer->ends.count;

    if (sealer->look_for_ends) {
        return seal_reader_walk_ends(sealer->reader, &sealer->newest, &sealer->first, take_fact,
                                     sealer, why);
    }
    if (count > 1) {
        qsort(ends, count, sizeof(ends[0]), compare_ends);
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_ends(&ends[i - 1], &ends[i]) == 0) {
            continue; /* a transaction that was rolled back, and tried again */
        }
        if (!seal_reader_walk(sealer->reader, ends[i].kind, ends[i].id, ends[i].id + 1, NULL,
                              take_noted, sealer, why)) {
            return false;
        }
    }
    return true;
}

/* A note of another hand does not make a row what it says. */
static bool take_changed(void *context, const struct seal_fact *fact, struct failure *why)
{
    const struct sealer *sealer = context;
    struct noted_end change = {fact->kind, fact->id};

    return sealer->changes.count == 0 ||
           bsearch(&change, sealer->changes.items, sealer->changes.count, sizeof(change),
                   compare_ends) == NULL ||
           take_fact(context, fact, why);
}

static bool is_own_note(const struct sealer *sealer, enum seal_kind kind, int64_t id)
{
    const struct ledger *ledger = sealer->ledger;
    const struct ledger_notes *notes =
        kind == SEAL_FOLD ? &ledger->fold_notes : &ledger->drop_notes;
    bool own = !sealer->in_order && id < sealer->begins[kind];

    for (size_t i = 0; i < notes->count && !own; i++) {
        own = notes->ids[i] == id;
    }
    return own;
}

/* Nor does a note that retention did not write let rows be gone. */
static bool take_row(void *context, const struct seal_fact *fact, struct failure *why)
{
    struct sealer *sealer = context;

    if ((is_note(fact->kind) && !is_own_note(sealer, fact->kind, fact->id)) ||
        seal_is_backdated(&sealer->newest, fact)) {
        return true;
    }
    return take_fact(context, fact, why);
}

static bool take_facts(struct sealer *sealer, struct failure *why)
{
    const struct seal *seal = &sealer->making;

    for (int i = 0; i < SEAL_RANGES; i++) {
        enum seal_kind kind = seal_ranges[i];

        int64_t first =
            greatest(sealer->newest.next[kind], is_note(kind) ? 0 : sealer->begins[kind]);

        if (!seal_reader_walk(sealer->reader, kind, first, seal->next[kind], seal, take_row, sealer,
                              why)) {
            return false;
        }
    }
    if (sealer->changes.count > 1) {
        qsort(sealer->changes.items, sealer->changes.count, sizeof(sealer->changes.items[0]),
              compare_ends);
    }
    return seal_reader_walk_changed(sealer->reader, sealer->newest.number, seal->number,
                                    take_changed, sealer, why) &&
           take_ends(sealer, why);
}

static bool add_seal(struct sealer *sealer, struct failure *why)
{
    sqlite3_stmt *add = sealer->statements[ADD_SEAL];
    sqlite3_stmt *set = sealer->statements[SET_HEAD];
    const struct seal *seal = &sealer->making;
    int at = 1;

    sqlite3_bind_int64(add, at++, seal->number);
    sqlite3_bind_int64(add, at++, seal->at);
    sqlite3_bind_int64(add, at++, seal->key_from);
    sqlite3_bind_int64(add, at++, seal->until.stretch);
    sqlite3_bind_int64(add, at++, seal->until.at);
    sqlite3_bind_int64(add, at++, seal->last_sample);
    for (int i = 0; i < SEAL_RANGES; i++) {
        sqlite3_bind_int64(add, at++, seal->next[seal_ranges[i]]);
    }
    sqlite3_bind_int64(add, at++, seal->leaves);
    sqlite3_bind_int64(add, at++, 0);
    sqlite3_bind_blob(add, at++, seal->root, SHA256_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(add, at, seal->mac, SHA256_SIZE, SQLITE_STATIC);
    database_bind_bytes(set, ":head", sealer->making_head, SHA256_SIZE);
    return database_finish(sealer->ledger->db, add, "adding a seal", why) &&
           database_finish(sealer->ledger->db, set, "adding a seal", why);
}

static bool make_seal(struct sealer *sealer, struct failure *why)
{
    struct sha256 *sha256 = seal_reader_sha256(sealer->reader);
    struct seal *seal = &sealer->making;

    seal_leaves_reset(&sealer->leaves);
    sealer->later.count = 0;
    *seal = sealer->any ? sealer->newest : (struct seal){0};
    seal->number = sealer->key.number;
    seal->key_from = sealer->key.from;
    seal->at = clock_now();
    seal->emptied = false;
    memcpy(sealer->making_head, sealer->head, SHA256_SIZE);
    if (!read_next_ids(sealer, seal, why) || !read_coverage(sealer, seal, why) ||
        (sealer->any && !take_facts(sealer, why))) {
        return false;
    }
    sealer->made =
        seal_leaves_root(&sealer->leaves, sha256, seal->root, &seal->leaves, why) &&
        seal_move_head(sealer->making_head, sha256, seal, why) &&
        hmac_sha256(seal->mac, sha256, sealer->key.bytes, sealer->making_head, SHA256_SIZE, why) &&
        add_seal(sealer, why);
    return sealer->made;
}

/* Samples that waited for the ledger may arrive all at once. */
static bool is_much_unsealed(struct sealer *sealer, bool *much, struct failure *why)
{
    sqlite3_stmt *time = sealer->statements[UNSEALED_TIME];
    int result;

    sqlite3_bind_int64(time, 1, sealer->newest.until.stretch);
    sqlite3_bind_int64(time, 2, sealer->newest.until.at);
    result = sqlite3_step(time);
    *much = result == SQLITE_ROW && sqlite3_column_int64(time, 0) >= SEAL_EVERY_MS;
    return database_end(sealer->ledger->db, time, result, "looking for what was watched", why);
}

static bool is_due(struct sealer *sealer, bool *due, struct failure *why)
{
    sqlite3_stmt *next = sealer->statements[NEXT_INTERVAL];
    int result;

    *due = clock_steady() - sealer->sealed_at >= SEAL_EVERY_MS;
    if (*due) {
        return true;
    }
    result = sqlite3_step(next);
    *due = result == SQLITE_ROW &&
           sqlite3_column_int64(next, 0) - sealer->newest.next[SEAL_INTERVAL] >= SEAL_EVERY_ROWS;
    return database_end(sealer->ledger->db, next, result, "looking for what is to be sealed",
                        why) &&
           (*due || is_much_unsealed(sealer, due, why));
}

bool sealer_make(struct sealer *sealer, bool now, struct failure *why)
{
    bool due = now;

    return sealer->made || ((now || is_due(sealer, &due, why)) && (!due || make_seal(sealer, why)));
}

static void move_key(struct sealer *sealer)
{
    struct failure why;

    if (seal_move_key(sealer->key.bytes, seal_reader_sha256(sealer->reader), &why)) {
        sealer->key.number++;
        sealer->key_failing = !store_key(sealer, &why);
    } else {
        sealer->key_failing = true;
    }
    if (sealer->key_failing) {
        sealer->failure = why;
    }
}

void sealer_settle(struct sealer *sealer, bool committed)
{
    struct noted_ends ends = sealer->ends;

    if (!sealer->made) {
        return;
    }
    sealer->made = false;
    seal_leaves_clear(&sealer->leaves);
    if (!committed) {
        return;
    }
    sealer->any = true;
    sealer->newest = sealer->making;
    memcpy(sealer->head, sealer->making_head, SHA256_SIZE);
    sealer->ends = sealer->later;
    sealer->later = ends;
    sealer->look_for_ends = false;
    sealer->changes.count = 0;
    sealer->ledger->drop_notes.count = 0;
    sealer->ledger->fold_notes.count = 0;
    sealer->sealed_at = clock_steady();
    move_key(sealer);
}

const struct ledger_position *sealer_until(const struct sealer *sealer)
{
    return &sealer->newest.until;
}

void sealer_look(const struct sealer *sealer, struct sealer_state *state)
{
    *state = (struct sealer_state){
        .key = sealer->found,
        .key_failing = sealer->key_failing,
        .failure = sealer->failure,
        .unsealed = sealer->unsealed,
        .key_line = sealer->key_line.size > 0 ? text_bytes(&sealer->key_line) : NULL,
        .key_from = sealer->key.from,
        .number = sealer->any ? sealer->newest.number : -1,
        .begun_before = sealer->begun_before,
        .until = sealer->newest.until,
        .ledger_id = sealer->ledger_id,
    };
    memcpy(state->head, sealer->head, SHA256_SIZE);
}
