/* SPDX-License-Identifier: MIT */

/* The rows under a seal: they are read as they were sealed, and must give its root. */

#include <string.h>

#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/verify_parts.h"

/* Rows of a kind are not there. */
static void note_missing(struct verify *verify, enum seal_kind kind, int64_t first, int64_t end)
{
    verify->missing[kind] =
        seal_sum(verify->missing[kind], (int64_t)((uint64_t)end - (uint64_t)first));
    if (!verify_told_of(&verify->told, kind, first, end)) {
        verify_blame(verify, VERIFY_REMOVED, kind, first);
    }
}

static bool keep_end(struct verify *verify, const struct seal_fact *fact, struct failure *why)
{
    struct verify_end end = {.at = fact->end,
                             .id = fact->id,
                             .key = fact->key,
                             .kind = fact->kind,
                             .end_kind = fact->end_kind,
                             .form_size = fact->end_form_size};

    memcpy(end.digest, fact->end_digest, SHA256_SIZE);
    return verify_ends_add(&verify->ends, &end, why);
}

static bool add_leaf(struct verify *verify, enum seal_kind kind, int64_t key,
                     const uint8_t digest[SHA256_SIZE], struct failure *why)
{
    struct seal_leaf leaf = {.first = key, .leaves = 1};

    memcpy(leaf.digest, digest, SHA256_SIZE);
    return seal_leaves_add(verify->leaves, kind, &leaf, why);
}

/* `bytes` are the digest, or of `form_size` the form. */
static bool add_end(struct verify *verify, enum seal_kind kind, int64_t key,
                    const uint8_t bytes[SHA256_SIZE], size_t form_size, struct failure *why)
{
    return form_size > 0 ? seal_leaves_add_form(verify->leaves, kind, key, bytes, form_size, why)
                         : add_leaf(verify, kind, key, bytes, why);
}

static bool add_fact(struct verify *verify, const struct seal_fact *fact, struct failure *why)
{
    return fact->form != NULL ? seal_leaves_add_form(verify->leaves, fact->kind, fact->key,
                                                     fact->form, fact->form_size, why)
                              : add_leaf(verify, fact->kind, fact->key, fact->digest, why);
}

static bool take_fact(void *context, const struct seal_fact *fact, struct failure *why)
{
    struct verify *verify = context;

    if (fact->id > verify->expected) {
        note_missing(verify, fact->kind, verify->expected, fact->id);
    }
    verify->expected = seal_sum(fact->id, 1);
    if (fact->kind == SEAL_INTERVAL) {
        verify->result->intervals++;
        verify->result->late += fact->begin.at < verify->hole_until ? 1 : 0;
    }
    if (verify->seal.emptied || seal_is_backdated(&verify->before, fact)) {
        verify_blame(verify, VERIFY_INSERTED, fact->kind, fact->id);
        return true;
    }
    verify->misplaced = fact->misplaced && verify->misplaced == 0 ? fact->id : verify->misplaced;
    if (fact->told && !add_fact(verify, fact, why)) {
        return false;
    }
    if (!fact->ended) {
        return true;
    }
    return seal_covers(&verify->seal, &fact->end)
               ? add_end(verify, fact->end_kind, fact->key, fact->end_digest, fact->end_form_size,
                         why)
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
            verify_blame(verify, VERIFY_SEAL_CHANGED, 0, 0);
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

    if (verify->seal.emptied) { /* the row is there: its version would be under the seal */
        verify_blame(verify, VERIFY_EDITED, fact->kind, fact->id);
        return true;
    }
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
        verify_blame(verify, VERIFY_EDITED, 0, 0);
        return true;
    }
    memcpy(leaf.digest, digest, SHA256_SIZE);
    return seal_leaves_add(verify->leaves, (enum seal_kind)kind, &leaf, why);
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
static bool find_stub(const struct verify *verify, const struct verify_end *end)
{
    const struct seal_leaf_list *list = &verify->leaves->kinds[end->end_kind];

    for (size_t i = 0; i < list->count; i++) {
        const struct seal_leaf *leaf = &list->items[i];

        if (leaf->stub && leaf->shift < 64 &&
            end->key >> leaf->shift == leaf->first >> leaf->shift) {
            return true;
        }
    }
    return false;
}

static bool take_end(struct verify *verify, const struct verify_end *end, bool stubs,
                     struct failure *why)
{
    bool there = false;

    if (!verify->seal.emptied && !(stubs && find_stub(verify, end))) {
        return add_end(verify, end->end_kind, end->key, end->digest, end->form_size, why);
    }
    if (!seal_reader_walk(verify->reader, end->kind, end->id, seal_sum(end->id, 1), NULL, note_row,
                          &there, why)) {
        return false;
    }
    if (there) {
        verify_blame(verify, VERIFY_INSERTED, end->end_kind, end->id);
    }
    return true;
}

static bool take_ends(struct verify *verify, struct failure *why)
{
    struct verify_ends *ends = &verify->ends;
    bool stubs = false;

    for (int kind = 0; kind < SEAL_KINDS; kind++) {
        for (size_t i = 0; i < verify->leaves->kinds[kind].count && !stubs; i++) {
            stubs = verify->leaves->kinds[kind].items[i].stub;
        }
    }
    while (ends->count > 0 && seal_covers(&verify->seal, &ends->items[0].at)) {
        struct verify_end end = verify_ends_take(ends);

        if (!take_end(verify, &end, stubs, why)) {
            return false;
        }
    }
    return true;
}

/*
 * Whether the row is what it was before, and more is known of it: the old version is made anew out
 * of the present one. Notes say what that takes since the seals know of folds.
 */
static bool check_note(struct verify *verify, sqlite3_stmt *note, struct failure *why)
{
    enum seal_kind kind = (enum seal_kind)sqlite3_column_int(note, 0);
    int64_t row = sqlite3_column_int64(note, 1);
    const void *was = sqlite3_column_blob(note, 3);
    bool known = sqlite3_column_type(note, 2) != SQLITE_NULL;
    uint8_t digest[SHA256_SIZE];
    bool there;

    if (!seal_reader_rebuild(verify->reader, kind, row, sqlite3_column_int64(note, 2), digest,
                             &there, why)) {
        return false;
    }
    if (known ? there && (was == NULL || sqlite3_column_bytes(note, 3) != SHA256_SIZE ||
                          memcmp(was, digest, SHA256_SIZE) != 0)
              : verify->before.next[SEAL_FOLD] > 0) {
        verify_blame(verify, VERIFY_EDITED, kind, row);
    }
    return true;
}

bool verify_rows_notes(struct verify *verify, int64_t after, int64_t until, struct failure *why)
{
    sqlite3_stmt *notes = verify->statements[NOTES];
    bool ok = true;
    int result;

    sqlite3_bind_int64(notes, 1, after);
    sqlite3_bind_int64(notes, 2, until);
    while ((result = sqlite3_step(notes)) == SQLITE_ROW && ok) {
        ok = check_note(verify, notes, why);
    }
    if (!ok) {
        sqlite3_reset(notes);
        return false;
    }
    return database_end(verify->ledger->db, notes, result, "reading what was completed", why);
}

bool verify_rows_read(struct verify *verify, struct failure *why)
{
    /* Stubs first: where an end has one, that counts. */
    return take_stubs(verify, why) && take_ends(verify, why) && take_rows(verify, why) &&
           verify_rows_notes(verify, verify->before.number, verify->seal.number, why) &&
           seal_reader_walk_changed(verify->reader, verify->before.number, verify->seal.number,
                                    take_changed, verify, why);
}

static bool keep_later_end(void *context, const struct seal_fact *fact, struct failure *why)
{
    return !fact->ended || keep_end(context, fact, why);
}

bool verify_rows_begin(struct verify *verify, struct failure *why)
{
    return seal_reader_walk_ends(verify->reader, &verify->before, &verify->first, keep_later_end,
                                 verify, why);
}
