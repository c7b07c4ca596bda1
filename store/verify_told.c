/* SPDX-License-Identifier: MIT */

#include "store/verify_told.h"

#include <stdlib.h>
#include <string.h>

#include "store/database.h"

static const char folds_sql[] = "SELECT first, last, head FROM fold ORDER BY first, last";
static const char notes_sql[] = "SELECT what, first_row, last_row, rows, at, why, id FROM dropped"
                                " ORDER BY what, first_row";

/* Which notes tell of a kind's rows; what nobody tells of must not be missing. */
enum { UNTOLD = -1, MUST_STAY = 0 };
static const int told_by[SEAL_KINDS] = {
    [SEAL_INTERVAL] = 1, [SEAL_PROCESS] = 2,     [SEAL_PROFILE] = 3,    [SEAL_STRETCH] = 4,
    [SEAL_MODULE] = 5,   [SEAL_STRETCH_END] = 4, [SEAL_IMAGE] = UNTOLD, [SEAL_USER] = UNTOLD,
    [SEAL_RUN] = UNTOLD, [SEAL_JOB_RUN] = 6,     [SEAL_OUTCOME] = 7,    [SEAL_ANSWER] = 8,
    [SEAL_TIMING] = 9,   [SEAL_FIGURE] = 10,
};

static bool add_range(struct verify_notes *notes, int64_t first, int64_t last, struct failure *why)
{
    struct verify_range *newest = notes->count > 0 ? &notes->ranges[notes->count - 1] : NULL;

    if (newest != NULL && (newest->last == INT64_MAX || first <= newest->last + 1)) {
        newest->last = last > newest->last ? last : newest->last;
        return true;
    }
    if (notes->ranges == NULL || notes->count == notes->capacity) {
        size_t capacity = notes->capacity * 2 + 64;
        struct verify_range *ranges = realloc(notes->ranges, capacity * sizeof(*ranges));

        if (ranges == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for what was dropped");
        }
        notes->ranges = ranges;
        notes->capacity = capacity;
    }
    notes->ranges[notes->count++] = (struct verify_range){first, last};
    return true;
}

static bool add_note(struct verify_told *told, sqlite3_stmt *note, struct failure *why)
{
    int64_t what = sqlite3_column_int64(note, 0);
    int64_t rows = sqlite3_column_int64(note, 3);
    int64_t at = sqlite3_column_int64(note, 4);
    bool by_age = sqlite3_column_int64(note, 5) == 1;
    int64_t first = sqlite3_column_int64(note, 1);
    int64_t last = sqlite3_column_int64(note, 2);

    if (what <= 0 || what >= VERIFY_WHATS || rows < 0 || first < 1 || last < first ||
        last > SEAL_MOST_ROWS) {
        told->wrong_note = sqlite3_column_int64(note, 6);
        return true;
    }
    told->notes[what].rows = seal_sum(told->notes[what].rows, rows);
    told->rows = seal_sum(told->rows, rows);
    told->rows_by_age = seal_sum(told->rows_by_age, by_age ? rows : 0);
    told->newest_at = at > told->newest_at ? at : told->newest_at;
    return add_range(&told->notes[what], first, last, why);
}

static void forget(struct verify_told *told)
{
    for (int i = 0; i < VERIFY_WHATS; i++) {
        told->notes[i].count = 0;
        told->notes[i].rows = 0;
    }
    told->rows = told->rows_by_age = told->newest_at = told->wrong_note = 0;
    told->fold_count = 0;
}

/* One that is not a note tells nothing. */
static bool add_fold(struct verify_told *told, sqlite3_stmt *row, struct failure *why)
{
    const void *head = sqlite3_column_blob(row, 2);
    struct verify_fold *fold;

    if (head == NULL || sqlite3_column_bytes(row, 2) != SHA256_SIZE) {
        return true;
    }
    if (told->folds == NULL || told->fold_count == told->fold_capacity) {
        size_t capacity = told->fold_capacity * 2 + 64;
        struct verify_fold *folds = realloc(told->folds, capacity * sizeof(*folds));

        if (folds == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for what was folded");
        }
        told->folds = folds;
        told->fold_capacity = capacity;
    }
    fold = &told->folds[told->fold_count++];
    fold->first = sqlite3_column_int64(row, 0);
    fold->last = sqlite3_column_int64(row, 1);
    memcpy(fold->head, head, SHA256_SIZE);
    return true;
}

typedef bool note_fn(struct verify_told *told, sqlite3_stmt *row, struct failure *why);

static bool read_notes(struct verify_told *told, sqlite3 *db, const char *sql, note_fn *add,
                       struct failure *why)
{
    sqlite3_stmt *note = NULL;
    int result = SQLITE_DONE;
    bool ok = database_prepare(db, sql, &note, why);

    while (ok && (result = sqlite3_step(note)) == SQLITE_ROW) {
        ok = add(told, note, why);
    }
    ok = ok && database_end(db, note, result, "reading what was dropped", why);
    sqlite3_finalize(note);
    return ok;
}

bool verify_told_read(struct verify_told *told, sqlite3 *db, struct failure *why)
{
    forget(told);
    return read_notes(told, db, notes_sql, add_note, why) &&
           read_notes(told, db, folds_sql, add_fold, why);
}

void verify_told_clear(struct verify_told *told)
{
    for (int i = 0; i < VERIFY_WHATS; i++) {
        free(told->notes[i].ranges);
    }
    free(told->folds);
    *told = (struct verify_told){0};
}

/* Whether the notes tell of all rows from `first` up to, not including, `end`. */
static bool is_told(const struct verify_notes *notes, int64_t first, int64_t end)
{
    size_t low = 0;
    size_t high = notes->count;

    while (notes->ranges != NULL && low < high) {
        size_t middle = low + (high - low) / 2;

        if (notes->ranges[middle].last < first) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return notes->ranges != NULL && low < notes->count && notes->ranges[low].first <= first &&
           notes->ranges[low].last >= end - 1;
}

bool verify_told_of(const struct verify_told *told, enum seal_kind kind, int64_t first, int64_t end)
{
    int by = told_by[kind];

    return by == UNTOLD || (by != MUST_STAY && is_told(&told->notes[by], first, end));
}

/* The first note of seals from `first` on, or beyond. */
static size_t find_fold(const struct verify_told *told, int64_t first)
{
    size_t low = 0;
    size_t high = told->fold_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (told->folds[middle].first < first) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool verify_told_folded(const struct verify_told *told, int64_t first, int64_t last,
                        const uint8_t head[SHA256_SIZE])
{
    size_t i = head != NULL ? find_fold(told, first) : 0;

    for (; i < told->fold_count && told->folds[i].first <= first; i++) {
        const struct verify_fold *fold = &told->folds[i];

        if (fold->last >= last && (head == NULL || memcmp(fold->head, head, SHA256_SIZE) == 0)) {
            return true;
        }
    }
    return false;
}

int64_t verify_told_rows(const struct verify_told *told, enum seal_kind kind)
{
    return told_by[kind] > 0 ? told->notes[told_by[kind]].rows : -1;
}
