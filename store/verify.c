/* SPDX-License-Identifier: MIT */

#include "store/verify.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/sha256_file.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/seal_facts.h"
#include "store/seal_leaves.h"

enum { READ_MS = 700 }; /* of one transaction, before the next seal is begun in another one */

/* All SQL of this module. Prepared for each transaction: the file may be opened anew between. */
enum statement {
    IDENTITY,
    SEALS,
    STUBS,
    TOLD,
    COUNTS,
    NEWEST_STRETCH,
    HEAD,
    LOWEST,
    STATEMENT_COUNT,
};

static const char *const statement_sql[STATEMENT_COUNT] = {
    [IDENTITY] = "SELECT (SELECT value FROM meta WHERE name = 'ledger_id'),"
                 "       (SELECT value FROM meta WHERE name = 'created_at')",
    [SEALS] = "SELECT " SEAL_COLUMNS " FROM seal WHERE number > ?1 ORDER BY number",
    [STUBS] = "SELECT kind, first, shift, leaves, digest FROM stub WHERE seal = ?1",
    [TOLD] = "SELECT what, first_row, last_row, rows, id, at, why FROM dropped"
             " ORDER BY what, first_row",
    [COUNTS] = "SELECT (SELECT coalesce(max(id), 0) FROM interval),"
               "       (SELECT coalesce(min(id), 0) FROM interval),"
               "       (SELECT count(*) FROM withheld),"
               "       (SELECT count(*) FROM changed),"
               "       (SELECT count(*) FROM meta WHERE name = 'command_lines')",
    [HEAD] = "SELECT value FROM meta WHERE name = 'seal_head'",
    /* Ids begin with 1: what has a lower one was put before all that is sealed. */
    [LOWEST] = "SELECT 1, min(id) FROM interval UNION ALL SELECT 3, min(id) FROM process"
               " UNION ALL SELECT 5, min(id) FROM module UNION ALL SELECT 7, min(id) FROM image"
               " UNION ALL SELECT 8, min(id) FROM user UNION ALL SELECT 9, min(id) FROM service"
               " UNION ALL SELECT 10, min(id) FROM boot UNION ALL SELECT 11, min(id) FROM run"
               " UNION ALL SELECT 12, min(id) FROM settings"
               " UNION ALL SELECT 13, min(id) FROM zone_offset"
               " UNION ALL SELECT 14, min(id) FROM stretch"
               " UNION ALL SELECT 16, min(id) FROM profile"
               " UNION ALL SELECT 17, min(id) FROM dropped"
               " UNION ALL SELECT 18, min(id) FROM job UNION ALL SELECT 19, min(id) FROM pair"
               " UNION ALL SELECT 20, min(id) FROM job_run"
               " UNION ALL SELECT 21, min(id) FROM outcome"
               " UNION ALL SELECT 22, min(id) FROM answer"
               " UNION ALL SELECT 23, min(id) FROM timing"
               " UNION ALL SELECT 24, min(id) FROM figure",
    [NEWEST_STRETCH] = "SELECT end_at, last_sample FROM stretch WHERE id = ?1",
};

/* Which notes of `dropped` tell of a kind's rows; what nobody tells of must not be missing. */
enum { UNTOLD = -1, MUST_STAY = 0 };
static const int told_by[SEAL_KINDS] = {
    [SEAL_INTERVAL] = 1, [SEAL_PROCESS] = 2,     [SEAL_PROFILE] = 3, [SEAL_STRETCH] = 4,
    [SEAL_MODULE] = 5,   [SEAL_STRETCH_END] = 4, [SEAL_IMAGE] = -1,  [SEAL_USER] = -1,
    [SEAL_RUN] = -1,     [SEAL_JOB_RUN] = 6,     [SEAL_OUTCOME] = 7, [SEAL_ANSWER] = 8,
    [SEAL_TIMING] = 9,   [SEAL_FIGURE] = 10,
};

enum { WHATS = 11 };

struct range {
    int64_t first;
    int64_t last;
};

/* What the notes of one kind say to be dropped: ranges that do not touch, ascending. */
struct told {
    struct range *ranges;
    size_t count;
    size_t capacity;
    int64_t rows;
};

/* An end that belongs to a seal that was not reached yet. */
struct pending {
    struct ledger_position at;
    int64_t id;
    int64_t key;
    enum seal_kind kind; /* of the row */
    enum seal_kind end_kind;
    uint8_t digest[SHA256_SIZE];
};

/* A heap: the earliest is the first. */
struct pendings {
    struct pending *items;
    size_t count;
    size_t capacity;
};

struct verify {
    struct ledger *ledger;
    const struct verify_plan *plan;
    struct verify_result *result;

    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct seal_reader *reader;

    bool begun; /* there was a first seal */
    bool skipping;
    struct seal first;
    struct seal before; /* the newest one that was walked */
    uint8_t head[SHA256_SIZE];
    struct seal_key key; /* of the chain that is walked */
    bool keyed;
    int64_t agreed_until; /* the sample of the newest anchor that agreed, or where sealing began */

    struct seal_leaves leaves;
    struct pendings pendings;
    struct told told[WHATS];
    int64_t missing[SEAL_KINDS];
    int64_t expected; /* the next id of the kind that is walked, and of what seal */
    struct seal seal;
    bool faulty; /* something is wrong with the seal */
    enum verify_damage damage;
    enum seal_kind damaged_kind;
    int64_t damaged_row;
};

/*
 * Lines
 */

static const char seal_word[] = "seal ";
static const char of_words[] = " of ledger ";

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_head(const char *text, uint8_t head[SHA256_SIZE])
{
    for (int i = 0; i < SHA256_SIZE; i++, text += 2) {
        int high = digit_of(text[0]);
        int low = high < 0 ? -1 : digit_of(text[1]);

        if (low < 0) {
            return false;
        }
        head[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* From a "seal " on. */
static bool parse_from(const char *at, struct verify_anchor *anchor,
                       char ledger_id[SEAL_LEDGER_ID + 1])
{
    char *end;

    anchor->number = strtoll(at, &end, 10);
    if (end == at || strncmp(end, of_words, sizeof(of_words) - 1) != 0) {
        return false;
    }
    end += sizeof(of_words) - 1;
    if (strlen(end) < SEAL_LEDGER_ID + 2 || strncmp(end + SEAL_LEDGER_ID, ": ", 2) != 0) {
        return false;
    }
    memcpy(ledger_id, end, SEAL_LEDGER_ID);
    ledger_id[SEAL_LEDGER_ID] = '\0';
    return parse_head(end + SEAL_LEDGER_ID + 2, anchor->head);
}

bool verify_parse_anchor(const char *line, struct verify_anchor *anchor,
                         char ledger_id[SEAL_LEDGER_ID + 1])
{
    while ((line = strstr(line, seal_word)) != NULL) {
        line += sizeof(seal_word) - 1;
        if (parse_from(line, anchor, ledger_id)) {
            return true;
        }
    }
    return false;
}

void verify_add_anchor(struct text *text, const struct verify_anchor *anchor, const char *ledger_id)
{
    text_addf(text, "%s%" PRId64 "%s%s: ", seal_word, anchor->number, of_words, ledger_id);
    sha256_add_hex(text, anchor->head);
}

/*
 * Damage
 */

/* The first thing that is found wrong with a seal says most. */
static void blame(struct verify *verify, enum verify_damage damage, enum seal_kind kind,
                  int64_t row)
{
    if (!verify->faulty) {
        verify->faulty = true;
        verify->damage = damage;
        verify->damaged_kind = kind;
        verify->damaged_row = row;
    }
}

static void note_damage(struct verify *verify)
{
    struct verify_result *result = verify->result;

    if (!verify->faulty) {
        return;
    }
    if (result->damaged_seals++ == 0) {
        result->damage = verify->damage;
        result->damaged_seal = verify->seal.number;
        result->damaged_from =
            verify->before.until.stretch != 0 ? verify->before.until.at : verify->before.at;
        result->damaged_until = verify->seal.until.at;
        result->damaged_kind = verify->damaged_kind;
        result->damaged_row = verify->damaged_row;
        if (verify->damage == VERIFY_NOT_ANCHOR) {
            result->damaged_from = verify->agreed_until;
        }
    }
}

/*
 * Ends that are still to come.
 */

static bool is_before(const struct pending *a, const struct pending *b)
{
    return ledger_position_compare(&a->at, &b->at) < 0;
}

static bool push(struct pendings *heap, const struct pending *pending, struct failure *why)
{
    size_t at = heap->count;

    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity * 2 + 1024;
        struct pending *items = realloc(heap->items, capacity * sizeof(*items));

        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu open intervals", capacity);
        }
        heap->items = items;
        heap->capacity = capacity;
    }
    heap->count++;
    while (at > 0 && is_before(pending, &heap->items[(at - 1) / 2])) {
        heap->items[at] = heap->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->items[at] = *pending;
    return true;
}

static struct pending pop(struct pendings *heap)
{
    struct pending first = heap->items[0];
    struct pending last = heap->items[--heap->count];
    size_t at = 0;

    for (;;) {
        size_t child = at * 2 + 1;

        if (child + 1 < heap->count && is_before(&heap->items[child + 1], &heap->items[child])) {
            child++;
        }
        if (child >= heap->count || !is_before(&heap->items[child], &last)) {
            break;
        }
        heap->items[at] = heap->items[child];
        at = child;
    }
    heap->items[at] = last;
    return first;
}

static bool keep_end(struct verify *verify, const struct seal_fact *fact, struct failure *why)
{
    struct pending pending = {.at = fact->end,
                              .id = fact->id,
                              .key = fact->key,
                              .kind = fact->kind,
                              .end_kind = fact->end_kind};

    memcpy(pending.digest, fact->end_digest, SHA256_SIZE);
    return push(&verify->pendings, &pending, why);
}

static bool keep_later_end(void *context, const struct seal_fact *fact, struct failure *why)
{
    return !fact->ended || keep_end(context, fact, why);
}

/*
 * What the notes of retention say.
 */

static bool add_range(struct told *told, int64_t first, int64_t last, struct failure *why)
{
    struct range *newest = told->count > 0 ? &told->ranges[told->count - 1] : NULL;

    if (newest != NULL && (newest->last == INT64_MAX || first <= newest->last + 1)) {
        newest->last = last > newest->last ? last : newest->last;
        return true;
    }
    if (told->ranges == NULL || told->count == told->capacity) {
        size_t capacity = told->capacity * 2 + 64;
        struct range *ranges = realloc(told->ranges, capacity * sizeof(*ranges));

        if (ranges == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for what was dropped");
        }
        told->ranges = ranges;
        told->capacity = capacity;
    }
    told->ranges[told->count++] = (struct range){first, last};
    return true;
}

static bool read_told(struct verify *verify, struct failure *why)
{
    sqlite3_stmt *notes = verify->statements[TOLD];
    struct verify_result *result = verify->result;
    bool ok = true;
    int result_code;

    for (int i = 0; i < WHATS; i++) {
        verify->told[i].count = 0;
        verify->told[i].rows = 0;
    }
    result->dropped = result->dropped_by_age = 0;
    while ((result_code = sqlite3_step(notes)) == SQLITE_ROW && ok) {
        int64_t what = sqlite3_column_int64(notes, 0);
        int64_t rows = sqlite3_column_int64(notes, 3);
        int64_t at = sqlite3_column_int64(notes, 5);

        if (what <= 0 || what >= WHATS || rows < 0) {
            continue;
        }
        verify->told[what].rows = seal_sum(verify->told[what].rows, rows);
        ok = add_range(&verify->told[what], sqlite3_column_int64(notes, 1),
                       sqlite3_column_int64(notes, 2), why);
        result->dropped = seal_sum(result->dropped, rows);
        result->dropped_by_age =
            seal_sum(result->dropped_by_age, sqlite3_column_int64(notes, 6) == 1 ? rows : 0);
        result->dropped_at = at > result->dropped_at ? at : result->dropped_at;
    }
    if (!ok) {
        sqlite3_reset(notes);
        return false;
    }
    return database_end(verify->ledger->db, notes, result_code, "reading what was dropped", why);
}

/* Whether the notes tell of all rows from `first` up to, not including, `end`. */
static bool is_told(const struct told *told, int64_t first, int64_t end)
{
    size_t low = 0;
    size_t high = told->count;

    while (told->ranges != NULL && low < high) {
        size_t middle = low + (high - low) / 2;

        if (told->ranges[middle].last < first) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return told->ranges != NULL && low < told->count && told->ranges[low].first <= first &&
           told->ranges[low].last >= end - 1;
}

/* Rows of a kind are not there. */
static void note_missing(struct verify *verify, enum seal_kind kind, int64_t first, int64_t end)
{
    int by = told_by[kind];

    verify->missing[kind] =
        seal_sum(verify->missing[kind], (int64_t)((uint64_t)end - (uint64_t)first));
    if (by == MUST_STAY || (by > 0 && !is_told(&verify->told[by], first, end))) {
        blame(verify, VERIFY_REMOVED, kind, first);
    }
}

/*
 * One seal.
 */

static bool add_leaf(struct verify *verify, enum seal_kind kind, int64_t key,
                     const uint8_t digest[SHA256_SIZE], struct failure *why)
{
    struct seal_leaf leaf = {.first = key, .leaves = 1};

    memcpy(leaf.digest, digest, SHA256_SIZE);
    return seal_leaves_add(&verify->leaves, kind, &leaf, why);
}

static bool take_fact(void *context, const struct seal_fact *fact, struct failure *why)
{
    struct verify *verify = context;

    if (fact->id > verify->expected) {
        note_missing(verify, fact->kind, verify->expected, fact->id);
    }
    verify->expected = seal_sum(fact->id, 1);
    verify->result->intervals += fact->kind == SEAL_INTERVAL ? 1 : 0;
    if (verify->seal.emptied) {
        blame(verify, VERIFY_INSERTED, fact->kind, fact->id);
        return true;
    }
    if (fact->told && !add_leaf(verify, fact->kind, fact->key, fact->digest, why)) {
        return false;
    }
    if (!fact->ended) {
        return true;
    }
    return seal_covers(&verify->seal, &fact->end)
               ? add_leaf(verify, fact->end_kind, fact->key, fact->end_digest, why)
               : keep_end(verify, fact, why);
}

static bool take_rows(struct verify *verify, struct failure *why)
{
    const struct seal *seal = &verify->seal;

    for (int i = 0; i < SEAL_RANGES; i++) {
        enum seal_kind kind = seal_ranges[i];
        int64_t next = seal->next[kind];

        /* A kind that the seal before did not know begins with its first row. */
        verify->expected = verify->before.next[kind] > 0 ? verify->before.next[kind] : 1;
        if (next == 0 && verify->before.next[kind] == 0) {
            continue;
        }
        if (next < verify->expected) {
            blame(verify, VERIFY_SEAL_CHANGED, 0, 0);
            continue;
        }
        if (!seal_reader_walk(verify->reader, kind, verify->expected, next, seal, take_fact, verify,
                              why)) {
            return false;
        }
        if (verify->expected < next) {
            note_missing(verify, kind, verify->expected, next);
        }
    }
    return true;
}

static bool take_changed(void *context, const struct seal_fact *fact, struct failure *why)
{
    struct verify *verify = context;

    return add_leaf(verify, fact->kind, fact->key, fact->digest, why);
}

static bool take_stub(struct verify *verify, sqlite3_stmt *stub, struct failure *why)
{
    struct seal_leaf leaf = {
        .first = sqlite3_column_int64(stub, 1),
        .shift = (uint8_t)(sqlite3_column_int64(stub, 2) & 0x7f),
        .leaves = sqlite3_column_int64(stub, 3),
        .stub = true,
    };
    int64_t kind = sqlite3_column_int64(stub, 0);
    const void *digest = sqlite3_column_blob(stub, 4);

    if (kind <= 0 || kind >= SEAL_KINDS || digest == NULL ||
        sqlite3_column_bytes(stub, 4) != SHA256_SIZE) {
        blame(verify, VERIFY_EDITED, 0, 0);
        return true;
    }
    memcpy(leaf.digest, digest, SHA256_SIZE);
    return seal_leaves_add(&verify->leaves, (enum seal_kind)kind, &leaf, why);
}

static bool take_stubs(struct verify *verify, struct failure *why)
{
    sqlite3_stmt *stubs = verify->statements[STUBS];
    bool ok = true;
    int result;

    sqlite3_bind_int64(stubs, 1, verify->seal.number);
    while ((result = sqlite3_step(stubs)) == SQLITE_ROW && ok) {
        ok = take_stub(verify, stubs, why);
    }
    if (!ok) {
        sqlite3_reset(stubs);
        return false;
    }
    return database_end(verify->ledger->db, stubs, result, "reading what was dropped", why);
}

static bool note_row(void *context, const struct seal_fact *fact, struct failure *why)
{
    (void)fact;
    (void)why;
    *(bool *)context = true;
    return true;
}

/* A stub that stands for the end of this row: the row was dropped after it was read, or it lies. */
static bool find_stub(const struct verify *verify, const struct pending *pending)
{
    const struct seal_leaf_list *list = &verify->leaves.kinds[pending->end_kind];

    for (size_t i = 0; i < list->count; i++) {
        const struct seal_leaf *leaf = &list->items[i];

        if (leaf->stub && leaf->shift < 64 &&
            pending->key >> leaf->shift == leaf->first >> leaf->shift) {
            return true;
        }
    }
    return false;
}

static bool take_pending(struct verify *verify, const struct pending *pending, bool stubs,
                         struct failure *why)
{
    bool there = false;

    if (!verify->seal.emptied && !(stubs && find_stub(verify, pending))) {
        return add_leaf(verify, pending->end_kind, pending->key, pending->digest, why);
    }
    if (!seal_reader_walk(verify->reader, pending->kind, pending->id, seal_sum(pending->id, 1),
                          NULL, note_row, &there, why)) {
        return false;
    }
    if (there) {
        blame(verify, VERIFY_INSERTED, pending->end_kind, pending->id);
    }
    return true;
}

static bool take_ends(struct verify *verify, struct failure *why)
{
    struct pendings *heap = &verify->pendings;
    bool stubs = false;

    for (int kind = 0; kind < SEAL_KINDS; kind++) {
        for (size_t i = 0; i < verify->leaves.kinds[kind].count && !stubs; i++) {
            stubs = verify->leaves.kinds[kind].items[i].stub;
        }
    }
    while (heap->count > 0 && seal_covers(&verify->seal, &heap->items[0].at)) {
        struct pending pending = pop(heap);

        if (!take_pending(verify, &pending, stubs, why)) {
            return false;
        }
    }
    return true;
}

/* Whether the facts that are there are those of the seal. */
static bool compare_root(struct verify *verify, struct failure *why)
{
    const struct seal *seal = &verify->seal;
    uint8_t root[SHA256_SIZE];
    enum seal_kind kind;
    int64_t leaves;
    int64_t id;

    if (seal->emptied) {
        return true;
    }
    if (!seal_leaves_root(&verify->leaves, seal_reader_sha256(verify->reader), root, &leaves,
                          why)) {
        return false;
    }
    if (seal_leaves_overlap(&verify->leaves, &kind, &id)) {
        blame(verify, VERIFY_INSERTED, kind, id & 0xffffffff);
    } else if (memcmp(root, seal->root, sizeof(root)) != 0) {
        blame(verify,
              leaves < seal->leaves   ? VERIFY_REMOVED
              : leaves > seal->leaves ? VERIFY_INSERTED
                                      : VERIFY_EDITED,
              0, 0);
    }
    return true;
}

static bool check_rows(struct verify *verify, struct failure *why)
{
    seal_leaves_reset(&verify->leaves);
    /* Stubs first: where an end has one, that counts. */
    return take_stubs(verify, why) && take_ends(verify, why) && take_rows(verify, why) &&
           (verify->seal.emptied ||
            seal_reader_walk_changed(verify->reader, verify->before.number, verify->seal.number,
                                     take_changed, verify, why)) &&
           compare_root(verify, why);
}

/* Makes `key` that of the seal; *known is false where its chain's first key was not given. */
static bool find_key(struct verify *verify, bool *known, struct failure *why)
{
    const struct verify_plan *plan = verify->plan;
    const struct seal *seal = &verify->seal;

    *known = verify->keyed && verify->key.from == seal->key_from;
    for (size_t i = 0; i < plan->key_count && !*known; i++) {
        if (plan->keys[i].from == seal->key_from) {
            verify->key = plan->keys[i];
            verify->keyed = *known = true;
        }
    }
    *known = *known && verify->key.number <= seal->number &&
             (uint64_t)seal->number - (uint64_t)verify->key.number <= SEAL_MOST_MOVES;
    while (*known && verify->key.number < seal->number) {
        if (!seal_move_key(verify->key.bytes, seal_reader_sha256(verify->reader), why)) {
            return false;
        }
        verify->key.number++;
    }
    *known = *known && verify->key.number == seal->number;
    return true;
}

static bool check_mac(struct verify *verify, struct failure *why)
{
    struct verify_result *result = verify->result;
    const struct seal *seal = &verify->seal;
    uint8_t mac[SHA256_SIZE];
    bool known;

    if (verify->plan->key_count == 0) {
        return true;
    }
    if (!find_key(verify, &known, why)) {
        return false;
    }
    if (!known) {
        result->unproven = result->unproven < 0 ? seal->number : result->unproven;
        return true;
    }
    if (!hmac_sha256(mac, seal_reader_sha256(verify->reader), verify->key.bytes, verify->head,
                     SHA256_SIZE, why)) {
        return false;
    }
    if (!secret_equal(mac, seal->mac, sizeof(mac))) {
        blame(verify, VERIFY_SEAL_CHANGED, 0, 0);
    } else {
        result->proven_seals++;
    }
    return true;
}

static void check_anchors(struct verify *verify)
{
    for (size_t i = 0; i < verify->plan->anchor_count; i++) {
        const struct verify_anchor *anchor = &verify->plan->anchors[i];

        if (anchor->number > verify->before.number && anchor->number < verify->seal.number &&
            verify->begun) {
            blame(verify, VERIFY_SEALS_GONE, 0, 0);
        }
        if (anchor->number != verify->seal.number) {
            continue;
        }
        if (memcmp(anchor->head, verify->head, SHA256_SIZE) == 0) {
            verify->result->anchors++;
            verify->agreed_until = verify->seal.until.at;
        } else {
            blame(verify, VERIFY_NOT_ANCHOR, 0, 0);
        }
    }
}

static bool read_created_at(struct verify *verify, int64_t *created_at, struct failure *why)
{
    sqlite3_stmt *identity = verify->statements[IDENTITY];
    int result = sqlite3_step(identity);

    *created_at = 0;
    if (result == SQLITE_ROW) {
        snprintf(verify->result->ledger_id, sizeof(verify->result->ledger_id), "%-*s",
                 (int)SEAL_LEDGER_ID, database_column_text(identity, 0));
        *created_at = sqlite3_column_int64(identity, 1);
    }
    return database_end(verify->ledger->db, identity, result, "looking for the ledger's id", why);
}

/* The one with which sealing begins. Nothing is under it. */
static bool check_first(struct verify *verify, struct failure *why)
{
    const struct seal *seal = &verify->seal;
    int64_t created_at;

    verify->first = *seal;
    verify->result->sealed_from = seal->at;
    verify->agreed_until = seal->at;
    if (!read_created_at(verify, &created_at, why) ||
        !seal_begin_head(verify->head, seal_reader_sha256(verify->reader),
                         verify->result->ledger_id, created_at, why)) {
        return false;
    }
    if (seal->leaves != 0) {
        blame(verify, VERIFY_SEALS_GONE, 0, 0);
    }
    return true;
}

static void check_order(struct verify *verify)
{
    const struct seal *seal = &verify->seal;

    if (seal->number != seal_sum(verify->before.number, 1)) {
        verify->result->cuts++;
        if (verify->result->cut_before < 0) {
            verify->result->cut_before = seal_sum(verify->before.number, 1);
        }
    }
    if (ledger_position_compare(&seal->until, &verify->before.until) < 0) {
        blame(verify, VERIFY_SEAL_CHANGED, 0, 0);
    }
}

/* The ends of what is skipped come when their seals do. */
static bool end_skipping(struct verify *verify, struct failure *why)
{
    verify->skipping = false;
    return seal_reader_walk_ends(verify->reader, &verify->before, &verify->first, keep_later_end,
                                 verify, why);
}

static bool check_later(struct verify *verify, struct failure *why)
{
    check_order(verify);
    if (verify->skipping && verify->seal.until.at >= verify->plan->since &&
        !end_skipping(verify, why)) {
        return false;
    }
    return verify->skipping || check_rows(verify, why);
}

static bool check_seal(struct verify *verify, struct failure *why)
{
    struct verify_result *result = verify->result;

    verify->faulty = false;
    if (!(verify->begun ? check_later(verify, why) : check_first(verify, why)) ||
        !seal_move_head(verify->head, seal_reader_sha256(verify->reader), &verify->seal, why) ||
        !check_mac(verify, why)) {
        return false;
    }
    check_anchors(verify);
    note_damage(verify);
    verify->begun = true;
    verify->before = verify->seal;
    result->seals++;
    result->newest = verify->seal.number;
    result->sealed_until = verify->seal.until.at;
    return true;
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
        verify->faulty = false;
        blame(verify, VERIFY_EDITED, SEAL_STRETCH_END, seal->until.stretch);
        verify->seal = *seal;
        note_damage(verify);
    }
    return database_end(verify->ledger->db, newest, result, "looking for the newest stretch", why);
}

/* Something that is not of one seal: it counts where nothing else was found. */
static void blame_all(struct verify *verify, enum verify_damage damage, enum seal_kind kind,
                      int64_t row)
{
    if (verify->result->damaged_seals == 0) {
        verify->faulty = false;
        blame(verify, damage, kind, row);
        verify->seal = verify->before;
        note_damage(verify);
        verify->result->damaged_from = verify->first.at;
    }
}

/* More rows are missing than the notes tell of. */
static void check_missing(struct verify *verify)
{
    for (int kind = 0; kind < SEAL_KINDS; kind++) {
        int by = told_by[kind];

        if (by > 0 && verify->missing[kind] > verify->told[by].rows) {
            blame_all(verify, VERIFY_REMOVED, (enum seal_kind)kind, 0);
        }
    }
}

static bool check_lowest(struct verify *verify, struct failure *why)
{
    sqlite3_stmt *lowest = verify->statements[LOWEST];
    int result;

    while ((result = sqlite3_step(lowest)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(lowest, 1);

        if (sqlite3_column_type(lowest, 1) != SQLITE_NULL && id < 1) {
            blame_all(verify, VERIFY_INSERTED, (enum seal_kind)sqlite3_column_int(lowest, 0), id);
        }
    }
    return database_end(verify->ledger->db, lowest, result, "looking for the oldest rows", why);
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

static bool count_rest(struct verify *verify, struct failure *why)
{
    sqlite3_stmt *counts = verify->statements[COUNTS];
    struct verify_result *result = verify->result;
    int code = sqlite3_step(counts);

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
        result->stripped = sqlite3_column_int64(counts, 4) > 0;
    }
    return database_end(verify->ledger->db, counts, code, "counting what is not sealed", why);
}

static bool finish(struct verify *verify, struct failure *why)
{
    if (verify->begun) {
        check_missing(verify);
        if (!check_lowest(verify, why) || !check_coverage(verify, why) ||
            !check_head(verify, why)) {
            return false;
        }
    }
    return count_rest(verify, why);
}

/* What is open during one transaction. */
static bool open_reading(struct verify *verify, struct failure *why)
{
    return database_prepare_all(verify->ledger->db, statement_sql, STATEMENT_COUNT,
                                verify->statements, why) &&
           seal_reader_open(&verify->reader, verify->ledger->db, why);
}

static void close_reading(struct verify *verify)
{
    database_finalize_all(verify->statements, STATEMENT_COUNT);
    seal_reader_close(verify->reader);
    verify->reader = NULL;
}

static bool read_piece(struct verify *verify, bool *more, struct failure *why)
{
    return open_reading(verify, why) && read_told(verify, why) && walk_seals(verify, more, why) &&
           (*more || finish(verify, why));
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

static void judge(struct verify *verify)
{
    struct verify_result *result = verify->result;

    for (size_t i = 0; i < verify->plan->anchor_count; i++) {
        int64_t number = verify->plan->anchors[i].number;

        if (number > result->newest && (result->cut_before < 0 || number < result->cut_before)) {
            result->cut_before = seal_sum(result->newest, 1);
        }
    }
    memcpy(result->head, verify->head, SHA256_SIZE);
    if (result->damaged_seals > 0) {
        result->status = result->stripped ? VERIFY_UNDECIDED : VERIFY_CHANGED;
    } else if (result->cut_before >= 0) {
        result->status = VERIFY_CUT;
    } else if (result->seals < 2 || result->unproven >= 0) {
        result->status = VERIFY_UNDECIDED;
    }
}

static void clear(struct verify *verify)
{
    secret_wipe(&verify->key, sizeof(verify->key));
    seal_leaves_clear(&verify->leaves);
    free(verify->pendings.items);
    for (int i = 0; i < WHATS; i++) {
        free(verify->told[i].ranges);
    }
}

bool ledger_verify(struct verify_result *result, struct ledger *ledger,
                   const struct verify_plan *plan, struct failure *why)
{
    struct verify verify = {
        .ledger = ledger, .plan = plan, .result = result, .skipping = plan->since != 0};
    bool more = true;
    bool ok = true;

    *result = (struct verify_result){
        .status = VERIFY_HELD, .newest = -1, .cut_before = -1, .unproven = -1};
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
