/* SPDX-License-Identifier: MIT */

#include "store/seal_drop.h"

#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "store/seal_facts.h"
#include "store/seal_leaves.h"

enum {
    STEPS_ON = 4,   /* seals that are tried one after the other, before the search halves */
    BLOCK_BITS = 12 /* of ids: closings of a process in so many rows are looked at together */
};

/* All SQL of this module. */
enum statement {
    FIRST_SEAL,
    NEWEST_SEAL,
    SEAL_FROM,
    SEAL_BEFORE,
    CHANGES_OF,
    DROP_CHANGES,
    STUBS_OF,
    ADD_STUB,
    DROP_STUB,
    INTERVALS_OF,
    INTERVALS_OF_NOBODY,
    CHANGED_IN,
    COUNT_LEAVES,
    EMPTY_SEAL,
    DROP_STUBS,
    STATEMENT_COUNT,
};

static const char *const statement_sql[STATEMENT_COUNT] = {
    [FIRST_SEAL] = "SELECT " SEAL_COLUMNS " FROM seal ORDER BY number LIMIT 1",
    [NEWEST_SEAL] = "SELECT " SEAL_COLUMNS " FROM seal ORDER BY number DESC LIMIT 1",
    [SEAL_FROM] = "SELECT " SEAL_COLUMNS " FROM seal WHERE number >= ?1 ORDER BY number LIMIT 1",
    [SEAL_BEFORE] = "SELECT " SEAL_COLUMNS " FROM seal WHERE number < ?1 ORDER BY number DESC"
                    " LIMIT 1",
    [CHANGES_OF] = "SELECT seal FROM changed WHERE kind = ?1 AND row = ?2 ORDER BY seal",
    [DROP_CHANGES] = "DELETE FROM changed WHERE kind = ?1 AND row = ?2",
    [STUBS_OF] = "SELECT first, shift, leaves, digest FROM stub"
                 " WHERE seal = ?1 AND kind = ?2 AND first >= ?3 AND first < ?4 ORDER BY first",
    [ADD_STUB] = "INSERT INTO stub (seal, kind, first, shift, leaves, digest)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [DROP_STUB] = "DELETE FROM stub WHERE seal = ?1 AND kind = ?2 AND first = ?3",
    [INTERVALS_OF] = "SELECT id, opened_at, lasted FROM interval INDEXED BY interval_process"
                     " WHERE process = ?3 AND id >= ?1 AND id < ?2",
    [INTERVALS_OF_NOBODY] = "SELECT id, opened_at, lasted FROM interval WHERE process IS NULL"
                            " AND id >= ?1 AND id < ?2",
    [CHANGED_IN] = "SELECT DISTINCT row FROM changed WHERE seal > ?1 AND seal <= ?2 AND kind = ?3",
    [COUNT_LEAVES] = "SELECT total(leaves) FROM stub WHERE seal = ?1",
    [EMPTY_SEAL] = "UPDATE seal SET emptied = 1 WHERE number = ?1",
    [DROP_STUBS] = "DELETE FROM stub WHERE seal = ?1",
};

/* The rows that are left of a kind. */
static const char *const rows_left[SEAL_KINDS] = {
    [SEAL_PROCESS] = "SELECT id FROM process WHERE id >= ?1 AND id < ?2",
    [SEAL_MODULE] = "SELECT id FROM module WHERE id >= ?1 AND id < ?2",
    [SEAL_IMAGE] = "SELECT id FROM image WHERE id >= ?1 AND id < ?2",
    [SEAL_USER] = "SELECT id FROM user WHERE id >= ?1 AND id < ?2",
    [SEAL_RUN] = "SELECT id FROM run WHERE id >= ?1 AND id < ?2",
    [SEAL_STRETCH] = "SELECT id FROM stretch WHERE id >= ?1 AND id < ?2",
    [SEAL_STRETCH_END] = "SELECT id FROM stretch WHERE id >= ?1 AND id < ?2",
    [SEAL_PROFILE] = "SELECT id FROM profile WHERE id >= ?1 AND id < ?2",
    [SEAL_JOB_RUN] = "SELECT id FROM job_run WHERE id >= ?1 AND id < ?2",
    [SEAL_OUTCOME] = "SELECT id FROM outcome WHERE id >= ?1 AND id < ?2",
    [SEAL_ANSWER] = "SELECT id FROM answer WHERE id >= ?1 AND id < ?2",
    [SEAL_TIMING] = "SELECT id FROM timing WHERE id >= ?1 AND id < ?2",
    [SEAL_FIGURE] = "SELECT id FROM figure WHERE id >= ?1 AND id < ?2",
};

/* A dropped fact. */
struct dropped_leaf {
    int64_t seal;
    enum seal_kind kind;
    struct seal_leaf leaf;
};

struct stored {
    int64_t first;
    uint8_t shift;
};

struct seal_drop {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    sqlite3_stmt *left[SEAL_KINDS];
    struct seal_reader *reader;
    bool known; /* what follows was read in the transaction that is open */
    bool any;
    struct seal first;
    struct seal newest;
    struct seal found[SEAL_KINDS]; /* the one that the last row of a kind belonged to */
    struct dropped_leaf *dropped;
    size_t count;
    size_t capacity;
    struct seal_leaves leaves; /* scratch */
    struct stored *stored;     /* likewise: stubs that were there, by `first` */
    size_t stored_count;
    size_t stored_capacity;
};

void seal_drop_close(struct seal_drop *drop)
{
    if (drop == NULL) {
        return;
    }
    database_finalize_all(drop->statements, STATEMENT_COUNT);
    database_finalize_all(drop->left, SEAL_KINDS);
    seal_reader_close(drop->reader);
    seal_leaves_clear(&drop->leaves);
    free(drop->stored);
    free(drop->dropped);
    free(drop);
}

bool seal_drop_open(struct seal_drop **out, sqlite3 *db, struct failure *why)
{
    struct seal_drop *drop = calloc(1, sizeof(*drop));
    bool ok;

    if (drop == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the seals");
    }
    drop->db = db;
    ok = database_prepare_all(db, statement_sql, STATEMENT_COUNT, drop->statements, why) &&
         seal_reader_open(&drop->reader, db, why);
    for (int i = 0; ok && i < SEAL_KINDS; i++) {
        ok = rows_left[i] == NULL || database_prepare(db, rows_left[i], &drop->left[i], why);
    }
    if (!ok) {
        seal_drop_close(drop);
        return false;
    }
    *out = drop;
    return true;
}

void seal_drop_forget(struct seal_drop *drop)
{
    drop->count = 0;
    drop->known = false;
}

/*
 * Which seal
 */

static bool read_seal(struct seal_drop *drop, enum statement which, int64_t number,
                      struct seal *seal, bool *found, struct failure *why)
{
    sqlite3_stmt *find = drop->statements[which];
    int result;

    if (sqlite3_bind_parameter_count(find) > 0) {
        sqlite3_bind_int64(find, 1, number);
    }
    result = sqlite3_step(find);
    *found = result == SQLITE_ROW;
    if (*found) {
        seal_take(find, seal);
    }
    return database_end(drop->db, find, result, "looking for a seal", why);
}

static bool look(struct seal_drop *drop, struct failure *why)
{
    bool found;

    if (drop->known) {
        return true;
    }
    drop->known = true;
    drop->any = false;
    for (int i = 0; i < SEAL_KINDS; i++) {
        drop->found[i] = (struct seal){.number = -1};
    }
    return read_seal(drop, FIRST_SEAL, 0, &drop->first, &found, why) &&
           read_seal(drop, NEWEST_SEAL, 0, &drop->newest, &drop->any, why);
}

/* What is looked for: the first seal that has a row, an end or a number. */
struct target {
    enum seal_kind kind;
    int64_t id;
    const struct ledger_position *end; /* NULL: the row counts */
};

static bool has(const struct seal *seal, const struct target *target)
{
    return target->end != NULL ? seal_covers(seal, target->end)
                               : seal->next[target->kind] > target->id;
}

/* `low` has it not, `high` has. Numbers may have holes. */
static bool halve(struct seal_drop *drop, const struct target *target, int64_t low,
                  struct seal *high, struct failure *why)
{
    while (low + 1 < high->number) {
        struct seal middle;
        bool found;

        if (!read_seal(drop, SEAL_FROM, low + (high->number - low) / 2, &middle, &found, why)) {
            return false;
        }
        if (found && middle.number < high->number) {
            if (has(&middle, target)) {
                *high = middle;
            } else {
                low = middle.number;
            }
        } else { /* nothing between there and `high` */
            if (!read_seal(drop, SEAL_BEFORE, high->number, &middle, &found, why)) {
                return false;
            }
            if (!found || middle.number <= low || !has(&middle, target)) {
                return true;
            }
            *high = middle;
        }
    }
    return true;
}

/* The newest seal has it. */
static bool find_seal(struct seal_drop *drop, const struct target *target, struct seal *seal,
                      struct failure *why)
{
    struct seal *last = &drop->found[target->kind];
    int64_t low = drop->first.number - 1;
    bool found = last->number >= 0;

    *seal = *last;
    for (int i = 0; found && i < STEPS_ON; i++) {
        if (has(seal, target)) {
            struct seal before;
            bool any;

            /* Is it the first one that has it? */
            if (!read_seal(drop, SEAL_BEFORE, seal->number, &before, &any, why)) {
                return false;
            }
            if (!any || !has(&before, target)) {
                *last = *seal;
                return true;
            }
            break;
        }
        low = seal->number;
        if (!read_seal(drop, SEAL_FROM, seal->number + 1, seal, &found, why)) {
            return false;
        }
    }
    if (!found || !has(seal, target)) {
        *seal = drop->newest;
    }
    if (!halve(drop, target, low, seal, why)) {
        return false;
    }
    *last = *seal;
    return true;
}

/*
 * Rows that go
 */

static bool add_dropped(struct seal_drop *drop, int64_t seal, enum seal_kind kind, int64_t key,
                        const uint8_t digest[SHA256_SIZE], struct failure *why)
{
    struct dropped_leaf *leaf;

    if (drop->count == drop->capacity) {
        size_t capacity = drop->capacity * 2 + 1024;
        struct dropped_leaf *dropped = realloc(drop->dropped, capacity * sizeof(*dropped));

        if (dropped == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu dropped facts", capacity);
        }
        drop->dropped = dropped;
        drop->capacity = capacity;
    }
    leaf = &drop->dropped[drop->count++];
    *leaf = (struct dropped_leaf){
        .seal = seal, .kind = kind, .leaf = {.first = key, .leaves = 1, .stub = true}};
    memcpy(leaf->leaf.digest, digest, SHA256_SIZE);
    return true;
}

/* What take_fact() adds a row to. */
struct taking {
    struct seal_drop *drop;
    const struct seal *seal;
};

static bool take_fact(void *context, const struct seal_fact *fact, struct failure *why)
{
    const struct taking *taking = context;
    struct seal_drop *drop = taking->drop;
    struct target target = {fact->end_kind, fact->id, &fact->end};
    struct seal seal;

    if (!add_dropped(drop, taking->seal->number, fact->kind, fact->key, fact->digest, why)) {
        return false;
    }
    if (!fact->ended || !seal_covers(&drop->newest, &fact->end)) {
        return true;
    }
    /* It cannot have ended before it was sealed. */
    if (seal_covers(taking->seal, &fact->end)) {
        seal = *taking->seal;
    } else if (!find_seal(drop, &target, &seal, why)) {
        return false;
    }
    return add_dropped(drop, seal.number, fact->end_kind, fact->key, fact->end_digest, why);
}

static bool take_version(struct seal_drop *drop, enum seal_kind kind, int64_t id, int64_t change,
                         int64_t *sealed, struct failure *why)
{
    uint8_t digest[SHA256_SIZE];
    struct seal seal;
    bool found;

    if (!read_seal(drop, SEAL_FROM, change, &seal, &found, why)) {
        return false;
    }
    if (!found || seal.number == *sealed) { /* not sealed yet, or replaced before it was */
        return true;
    }
    *sealed = seal.number;
    return seal_reader_version(drop->reader, kind, id, seal.number, digest, &found, why) &&
           (!found || add_dropped(drop, seal.number, kind, id, digest, why));
}

/* The versions that came later. */
static bool take_versions(struct seal_drop *drop, enum seal_kind kind, int64_t id,
                          struct failure *why)
{
    sqlite3_stmt *changes = drop->statements[CHANGES_OF];
    sqlite3_stmt *forget = drop->statements[DROP_CHANGES];
    int64_t sealed = -1;
    bool any = false;
    bool ok = true;
    int result;

    sqlite3_bind_int64(changes, 1, kind);
    sqlite3_bind_int64(changes, 2, id);
    while ((result = sqlite3_step(changes)) == SQLITE_ROW && ok) {
        any = true;
        ok = take_version(drop, kind, id, sqlite3_column_int64(changes, 0), &sealed, why);
    }
    if (!ok) {
        sqlite3_reset(changes);
        return false;
    }
    if (!database_end(drop->db, changes, result, "looking for what a row was", why)) {
        return false;
    }
    if (!any) {
        return true;
    }
    sqlite3_bind_int64(forget, 1, kind);
    sqlite3_bind_int64(forget, 2, id);
    return database_finish(drop->db, forget, "dropping what a row was", why);
}

bool seal_drop_row(struct seal_drop *drop, enum seal_kind kind, int64_t id, struct failure *why)
{
    struct target target = {kind, id, NULL};
    struct taking taking = {drop, NULL};
    struct seal seal;

    if (!look(drop, why)) {
        return false;
    }
    if (!drop->any || id < drop->first.next[kind] || id >= drop->newest.next[kind]) {
        return true;
    }
    if (!find_seal(drop, &target, &seal, why)) {
        return false;
    }
    taking.seal = &seal;
    return seal_reader_walk(drop->reader, kind, id, id + 1, &seal, take_fact, &taking, why) &&
           take_versions(drop, kind, id, why);
}

/*
 * What stays of them
 */

static int compare_dropped(const void *a, const void *b)
{
    const struct dropped_leaf *left = a;
    const struct dropped_leaf *right = b;

    if (left->seal != right->seal) {
        return left->seal < right->seal ? -1 : 1;
    }
    if (left->kind != right->kind) {
        return left->kind < right->kind ? -1 : 1;
    }
    return (left->leaf.first > right->leaf.first) - (left->leaf.first < right->leaf.first);
}

/* The dropped facts of one seal and kind, and which part of its tree is looked at. */
struct group {
    struct seal seal;
    struct seal before;
    enum seal_kind kind;
    const struct dropped_leaf *dropped;
    size_t count;
    int64_t low; /* ids */
    int64_t high;
    int floor; /* of seal_leaves_collapse() */
};

static bool keep_stored(struct seal_drop *drop, const struct seal_leaf *leaf, struct failure *why)
{
    if (drop->stored_count == drop->stored_capacity) {
        size_t capacity = drop->stored_capacity * 2 + 64;
        struct stored *stored = realloc(drop->stored, capacity * sizeof(*stored));

        if (stored == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu stubs", capacity);
        }
        drop->stored = stored;
        drop->stored_capacity = capacity;
    }
    drop->stored[drop->stored_count++] = (struct stored){leaf->first, leaf->shift};
    return true;
}

static bool read_stub(struct seal_drop *drop, const struct group *group, sqlite3_stmt *stub,
                      struct failure *why)
{
    struct seal_leaf leaf = {
        .first = sqlite3_column_int64(stub, 0),
        .shift = (uint8_t)(sqlite3_column_int64(stub, 1) & 0x7f),
        .leaves = sqlite3_column_int64(stub, 2),
        .stub = true,
    };
    const void *digest = sqlite3_column_blob(stub, 3);

    if (digest != NULL && sqlite3_column_bytes(stub, 3) == SHA256_SIZE) {
        memcpy(leaf.digest, digest, SHA256_SIZE);
    }
    return keep_stored(drop, &leaf, why) && seal_leaves_add(&drop->leaves, group->kind, &leaf, why);
}

static bool read_stubs(struct seal_drop *drop, const struct group *group, struct failure *why)
{
    sqlite3_stmt *stubs = drop->statements[STUBS_OF];
    bool ok = true;
    int result;

    drop->stored_count = 0;
    sqlite3_bind_int64(stubs, 1, group->seal.number);
    sqlite3_bind_int64(stubs, 2, group->kind);
    sqlite3_bind_int64(stubs, 3, group->low);
    sqlite3_bind_int64(stubs, 4, group->high);
    while ((result = sqlite3_step(stubs)) == SQLITE_ROW && ok) {
        ok = read_stub(drop, group, stubs, why);
    }
    if (!ok) {
        sqlite3_reset(stubs);
        return false;
    }
    return database_end(drop->db, stubs, result, "reading what was dropped", why);
}

static bool add_live(struct seal_drop *drop, enum seal_kind kind, int64_t key, struct failure *why)
{
    struct seal_leaf leaf = {.first = key, .leaves = 1};

    return seal_leaves_add(&drop->leaves, kind, &leaf, why);
}

static bool add_rows(struct seal_drop *drop, sqlite3_stmt *rows, enum seal_kind kind,
                     struct failure *why)
{
    bool ok = true;
    int result;

    while ((result = sqlite3_step(rows)) == SQLITE_ROW && ok) {
        ok = add_live(drop, kind, sqlite3_column_int64(rows, 0), why);
    }
    if (!ok) {
        sqlite3_reset(rows);
        return false;
    }
    return database_end(drop->db, rows, result, "looking for what is left", why);
}

/* Rows that the seal has as new ones, and those that were completed in it. */
static bool add_rows_left(struct seal_drop *drop, const struct group *group, struct failure *why)
{
    sqlite3_stmt *rows = drop->left[group->kind];
    sqlite3_stmt *changed = drop->statements[CHANGED_IN];

    sqlite3_bind_int64(rows, 1, group->before.next[group->kind]);
    sqlite3_bind_int64(rows, 2, group->seal.next[group->kind]);
    sqlite3_bind_int64(changed, 1, group->before.number);
    sqlite3_bind_int64(changed, 2, group->seal.number);
    sqlite3_bind_int64(changed, 3, group->kind);
    return add_rows(drop, rows, group->kind, why) && add_rows(drop, changed, group->kind, why);
}

/* One that is left, as an interval that the seal has, or as a closing. */
static bool add_interval_left(struct seal_drop *drop, const struct group *group, sqlite3_stmt *row,
                              int64_t process, struct failure *why)
{
    int64_t id = sqlite3_column_int64(row, 0);
    int64_t lasted = sqlite3_column_int64(row, 2);
    struct ledger_position end = {.at = seal_sum(sqlite3_column_int64(row, 1), lasted)};
    bool is_new = id >= group->before.next[SEAL_INTERVAL] && id < group->seal.next[SEAL_INTERVAL];

    if (group->kind == SEAL_INTERVAL) {
        return !is_new || add_live(drop, SEAL_INTERVAL, seal_key_of(process, id), why);
    }
    if (lasted < 0 || id >= group->before.next[SEAL_INTERVAL] ||
        id < drop->first.next[SEAL_INTERVAL]) {
        return true;
    }
    if (!seal_reader_stretch_of(drop->reader, id, &end.stretch, why)) {
        return false;
    }
    return !seal_covers(&group->seal, &end) || seal_covers(&group->before, &end) ||
           add_live(drop, SEAL_CLOSING, seal_key_of(process, id), why);
}

static bool add_intervals_left(struct seal_drop *drop, const struct group *group,
                               struct failure *why)
{
    int64_t process = group->low >> 32;
    sqlite3_stmt *rows = drop->statements[process == 0 ? INTERVALS_OF_NOBODY : INTERVALS_OF];
    bool ok = true;
    int result;

    sqlite3_bind_int64(rows, 1, group->low & 0xffffffff);
    sqlite3_bind_int64(rows, 2, (group->low & 0xffffffff) + (group->high - group->low));
    if (process != 0) {
        sqlite3_bind_int64(rows, 3, process);
    }
    while ((result = sqlite3_step(rows)) == SQLITE_ROW && ok) {
        ok = add_interval_left(drop, group, rows, process, why);
    }
    if (!ok) {
        sqlite3_reset(rows);
        return false;
    }
    return database_end(drop->db, rows, result, "looking for what is left", why);
}

static bool drop_stub(struct seal_drop *drop, const struct group *group, int64_t first,
                      struct failure *why)
{
    sqlite3_stmt *statement = drop->statements[DROP_STUB];

    sqlite3_bind_int64(statement, 1, group->seal.number);
    sqlite3_bind_int64(statement, 2, group->kind);
    sqlite3_bind_int64(statement, 3, first);
    return database_finish(drop->db, statement, "joining stubs", why);
}

static bool add_stub(struct seal_drop *drop, const struct group *group,
                     const struct seal_leaf *leaf, struct failure *why)
{
    sqlite3_stmt *add = drop->statements[ADD_STUB];

    sqlite3_bind_int64(add, 1, group->seal.number);
    sqlite3_bind_int64(add, 2, group->kind);
    sqlite3_bind_int64(add, 3, leaf->first);
    sqlite3_bind_int64(add, 4, leaf->shift);
    sqlite3_bind_int64(add, 5, leaf->leaves);
    sqlite3_bind_blob(add, 6, leaf->digest, SHA256_SIZE, SQLITE_STATIC);
    return database_finish(drop->db, add, "keeping the digest of what is dropped", why);
}

/* Writes the difference between the stubs that were there and those that are left of them. */
static bool store_stubs(struct seal_drop *drop, const struct group *group, struct failure *why)
{
    const struct seal_leaf_list *list = &drop->leaves.kinds[group->kind];
    const struct stored *stored = drop->stored;
    const struct stored *end = drop->stored_count == 0 ? stored : stored + drop->stored_count;

    for (size_t i = 0; i < list->count; i++) {
        const struct seal_leaf *leaf = &list->items[i];

        if (!leaf->stub) {
            continue;
        }
        while (stored < end && (stored->first < leaf->first ||
                                (stored->first == leaf->first && stored->shift != leaf->shift))) {
            if (!drop_stub(drop, group, stored++->first, why)) {
                return false;
            }
        }
        if (stored < end && stored->first == leaf->first) {
            stored++;
        } else if (!add_stub(drop, group, leaf, why)) {
            return false;
        }
    }
    for (; stored < end; stored++) {
        if (!drop_stub(drop, group, stored->first, why)) {
            return false;
        }
    }
    return true;
}

static bool keep_group(struct seal_drop *drop, const struct group *group, struct failure *why)
{
    struct seal_leaf_list *list = &drop->leaves.kinds[group->kind];
    bool ok;

    seal_leaves_reset(&drop->leaves);
    ok = read_stubs(drop, group, why);
    for (size_t i = 0; ok && i < group->count; i++) {
        ok = seal_leaves_add(&drop->leaves, group->kind, &group->dropped[i].leaf, why);
    }
    if (ok && drop->left[group->kind] != NULL) {
        ok = add_rows_left(drop, group, why);
    } else if (ok && group->floor > 0) {
        ok = add_intervals_left(drop, group, why);
    }
    if (!ok) {
        return false;
    }
    seal_leaves_sort(list);
    return seal_leaves_collapse(list, group->floor, seal_reader_sha256(drop->reader), why) &&
           store_stubs(drop, group, why);
}

/* Of intervals, and of ends, a block of keys is a group of its own: there may be many. */
static bool is_same_group(const struct dropped_leaf *a, const struct dropped_leaf *b, bool blocks)
{
    return a->seal == b->seal && a->kind == b->kind &&
           (!blocks || a->leaf.first >> BLOCK_BITS == b->leaf.first >> BLOCK_BITS);
}

static bool is_of_interval(enum seal_kind kind)
{
    return kind == SEAL_INTERVAL || kind == SEAL_CLOSING;
}

static bool begin_group(struct seal_drop *drop, struct group *group,
                        const struct dropped_leaf *first, struct failure *why)
{
    int64_t block = first->leaf.first >> BLOCK_BITS;
    bool whole = drop->left[first->kind] != NULL;
    bool found;

    if (group->count == 0 || group->seal.number != first->seal) {
        if (!read_seal(drop, SEAL_FROM, first->seal, &group->seal, &found, why) ||
            !read_seal(drop, SEAL_BEFORE, first->seal, &group->before, &found, why)) {
            return false;
        }
    }
    group->kind = first->kind;
    group->dropped = first;
    group->count = 0;
    group->low = whole ? 0 : block << BLOCK_BITS;
    group->high = whole ? INT64_MAX : (block + 1) << BLOCK_BITS;
    group->floor = whole ? 64 : (is_of_interval(first->kind) ? BLOCK_BITS : 0);
    return true;
}

/* Where nothing is left under a seal, its root tells all that there is to tell. */
static bool empty_seal(struct seal_drop *drop, const struct seal *seal, struct failure *why)
{
    sqlite3_stmt *count = drop->statements[COUNT_LEAVES];
    sqlite3_stmt *empty = drop->statements[EMPTY_SEAL];
    sqlite3_stmt *forget = drop->statements[DROP_STUBS];
    int64_t leaves;
    int result;

    sqlite3_bind_int64(count, 1, seal->number);
    result = sqlite3_step(count);
    leaves = result == SQLITE_ROW ? sqlite3_column_int64(count, 0) : -1;
    if (!database_end(drop->db, count, result, "counting what was dropped", why)) {
        return false;
    }
    if (leaves != seal->leaves) {
        return true;
    }
    sqlite3_bind_int64(empty, 1, seal->number);
    sqlite3_bind_int64(forget, 1, seal->number);
    return database_finish(drop->db, empty, "emptying a seal", why) &&
           database_finish(drop->db, forget, "emptying a seal", why);
}

static bool keep_groups(struct seal_drop *drop, struct failure *why)
{
    struct group group = {.count = 0};

    for (size_t i = 0; i < drop->count; i += group.count) {
        const struct dropped_leaf *first = &drop->dropped[i];
        bool last;

        if (!begin_group(drop, &group, first, why)) {
            return false;
        }
        while (i + group.count < drop->count &&
               is_same_group(first, first + group.count, group.floor != 64)) {
            group.count++;
        }
        last = i + group.count == drop->count || first[group.count].seal != first->seal;
        if (!keep_group(drop, &group, why) || (last && !empty_seal(drop, &group.seal, why))) {
            return false;
        }
    }
    return true;
}

bool seal_drop_finish(struct seal_drop *drop, struct failure *why)
{
    bool ok;

    if (drop->count > 1) {
        qsort(drop->dropped, drop->count, sizeof(drop->dropped[0]), compare_dropped);
    }
    ok = keep_groups(drop, why);
    seal_drop_forget(drop);
    return ok;
}
