/* SPDX-License-Identifier: MIT */

#include "store/ledger_copy.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sha256_file.h"
#include "base/text.h"
#include "store/database.h"
#include "store/ledger_handle.h"

enum {
    PAGES_AT_ONCE = 64, /* 256 KiB: a lock is held for far less than a millisecond each */

    /* How often the copy may begin anew because another process wrote. */
    MOST_BEGINNINGS = 20,

    STEPS_BETWEEN = 10000, /* of SQLite's machine, before it asks whether to stop */
};

/* Both end in a copy that needs no other file. SQLite would mark it as one with a log. */
static const char no_log[] = "PRAGMA journal_mode = DELETE";

/* No value is formatted in: the name of the packed file is bound. */
static const char pack[] = "VACUUM INTO :path";

static const char *const settings[] = {
    /* A copy that a power cut tears is not missed: it is made again. */
    "PRAGMA synchronous = OFF",
    "PRAGMA cache_size = -8192",
};

/* Hashes in place of command lines are right in such a copy, and a change in a ledger. */
#define SAY_HASHED                                                                                 \
    "INSERT OR IGNORE INTO meta (name, value) SELECT 'command_lines', 'hashed'"                    \
    " WHERE EXISTS (SELECT 1 FROM withheld)"

static const char *const leave_out[] = {
    "PRAGMA secure_delete = ON",
    "INSERT OR REPLACE INTO meta (name, value) SELECT 'command_lines', 'left out'"
    " WHERE EXISTS (SELECT 1 FROM process WHERE command_line IS NOT NULL)"
    " AND NOT EXISTS (SELECT 1 FROM withheld)",
    SAY_HASHED,
    "UPDATE process SET command_line = NULL WHERE command_line IS NOT NULL",
};

/* Where only some are left out: those whose hashes are kept. */
static const char *const leave_some_out[] = {
    "PRAGMA secure_delete = ON",
    SAY_HASHED,
    ("UPDATE process SET command_line = NULL WHERE command_line IS NOT NULL"
     " AND id IN (SELECT process FROM withheld)"),
};

static const char find_lines[] =
    "SELECT id, command_line FROM process WHERE command_line IS NOT NULL";
static const char add_hash[] =
    "INSERT OR REPLACE INTO withheld (process, digest) VALUES (:process, :digest)";

struct ledger_copy {
    struct ledger *ledger;
    enum ledger_copy_content content;
    ledger_copy_secret_fn *holds_secret; /* NULL: every command line is taken as one */
    int64_t withheld;
    const atomic_bool *stop; /* NULL: nobody stops it */
    struct text path;        /* of the copy; empty while nothing is there to be removed */
    struct text stage;       /* where the pages go; the same file where nothing is left out */
    sqlite3 *db;             /* on the stage */
    sqlite3_backup *backup;
    int beginnings;
    int remaining; /* pages, after the last step */
    int pages;
    bool finished;
};

static void remove_if_there(const struct text *path, const char *suffix)
{
    struct text name = {0};
    struct failure ignored;

    text_add(&name, text_bytes(path));
    text_add(&name, suffix);
    if (path->size > 0 && !name.failed) {
        (void)!file_remove(text_bytes(&name), &ignored);
    }
    text_clear(&name);
}

/* With what SQLite may have left beside it. */
static void remove_database(const struct text *path)
{
    remove_if_there(path, "-journal");
    remove_if_there(path, "-wal");
    remove_if_there(path, "-shm");
    remove_if_there(path, "");
}

/* Makes an empty private file, and remembers it only if it was we who made it. */
static bool make_file(struct text *made, const char *path, const char *suffix, struct failure *why)
{
    struct text name = {0};
    bool done;

    text_add(&name, path);
    text_add(&name, suffix);
    done = text_ok(&name, why) && file_make_private(text_bytes(&name), why);
    if (!done) {
        text_clear(&name);
        return false;
    }
    *made = name;
    return true;
}

static const char *stage_path(const struct ledger_copy *copy)
{
    return text_bytes(copy->stage.size > 0 ? &copy->stage : &copy->path);
}

/* Only the copy grows here: that there is no room for it says nothing of the ledger. */
static enum failure_kind kind_of(const struct failure *why)
{
    bool full = why->kind == FAILURE_DATABASE && (why->code & 0xff) == SQLITE_FULL;

    return full ? FAILURE_SYSTEM : why->kind;
}

static bool fail_copy(const struct ledger_copy *copy, struct failure *why)
{
    return FAIL(why, kind_of(why), why->code, "%s: %s", stage_path(copy), why->text);
}

static bool run_all(sqlite3 *db, const char *const *sql, size_t count, struct failure *why)
{
    for (size_t i = 0; i < count; i++) {
        if (!database_run(db, sql[i], why)) {
            return false;
        }
    }
    return true;
}

static bool open_stage(struct ledger_copy *copy, struct failure *why)
{
    if (!database_open(&copy->db, stage_path(copy), DATABASE_WRITE, why) ||
        !run_all(copy->db, settings, sizeof(settings) / sizeof(settings[0]), why)) {
        return fail_copy(copy, why);
    }
    sqlite3_limit(copy->db, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM INTO attaches what it makes */
    copy->backup = sqlite3_backup_init(copy->db, "main", copy->ledger->db, "main");
    return copy->backup != NULL || database_fail(copy->db, why, "beginning the copy") ||
           fail_copy(copy, why);
}

static bool make_copy(struct ledger_copy *copy, const char *path, struct failure *why)
{
    return make_file(&copy->path, path, "", why) &&
           (copy->content == LEDGER_COPY_WHOLE || make_file(&copy->stage, path, "-part", why)) &&
           open_stage(copy, why);
}

bool ledger_copy_open(struct ledger_copy **out, struct ledger *ledger, const char *path,
                      enum ledger_copy_content content, struct failure *why)
{
    struct ledger_copy *copy = calloc(1, sizeof(*copy));

    if (copy == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to copy the ledger");
    }
    copy->ledger = ledger;
    copy->content = content;
    /* A reader's handle may be one of before the service was started. */
    if ((ledger->access == LEDGER_READ &&
         (!ledger_begin_read(ledger, why) || !ledger_end_read(ledger, true, why))) ||
        !make_copy(copy, path, why)) {
        ledger_copy_close(copy);
        return false;
    }
    *out = copy;
    return true;
}

static bool is_stopped(const struct ledger_copy *copy)
{
    return copy->stop != NULL && atomic_load(copy->stop);
}

/* SQLite asks between its steps: packing is one statement, and takes long. */
static int ask_stopped(void *context)
{
    return is_stopped(context) ? 1 : 0;
}

void ledger_copy_stop_by(struct ledger_copy *copy, const atomic_bool *stop)
{
    copy->stop = stop;
    sqlite3_progress_handler(copy->db, STEPS_BETWEEN, ask_stopped, copy);
}

/* No fewer pages are left than before: somebody else wrote, and SQLite began anew. */
static bool note_progress(struct ledger_copy *copy, struct failure *why)
{
    int remaining = sqlite3_backup_remaining(copy->backup);

    if (copy->pages > 0 && remaining >= copy->remaining && ++copy->beginnings > MOST_BEGINNINGS) {
        return FAIL(why, FAILURE_BUSY, 0,
                    "%s: the ledger is written faster than it can be copied; let the service make "
                    "the copy (setting ledger.share.folder), or stop it for the time of copying",
                    ledger_path(copy->ledger));
    }
    copy->remaining = remaining;
    copy->pages = sqlite3_backup_pagecount(copy->backup);
    return true;
}

static bool refuse_step(const struct ledger_copy *copy, int result, struct failure *why)
{
    database_explain_code(result, why, "copying the ledger");
    return fail_copy(copy, why);
}

/* The result of sqlite3_backup_finish() repeats that of a step that failed. */
static bool end_backup(struct ledger_copy *copy, struct failure *why)
{
    int result = sqlite3_backup_finish(copy->backup);

    copy->backup = NULL;
    return (result == SQLITE_OK || refuse_step(copy, result, why)) &&
           (copy->ledger->access == LEDGER_WRITE || ledger_still_same(copy->ledger, why));
}

bool ledger_copy_step(struct ledger_copy *copy, int64_t milliseconds, bool *done,
                      struct failure *why)
{
    int64_t until = clock_steady() + milliseconds;
    int result;

    *done = false;
    do {
        if (is_stopped(copy)) {
            return FAIL(why, FAILURE_BUSY, 0, "%s: stopped before it was whole", stage_path(copy));
        }
        result = sqlite3_backup_step(copy->backup, PAGES_AT_ONCE);
        if (result != SQLITE_OK && result != SQLITE_DONE && result != SQLITE_BUSY &&
            result != SQLITE_LOCKED) {
            return refuse_step(copy, result, why);
        }
        if ((result == SQLITE_OK || result == SQLITE_DONE) && !note_progress(copy, why)) {
            return false;
        }
    } while (result == SQLITE_OK && clock_steady() < until);
    *done = result == SQLITE_DONE;
    return !*done || end_backup(copy, why);
}

void ledger_copy_progress(const struct ledger_copy *copy, int64_t *pages, int64_t *of)
{
    *pages = copy->pages - copy->remaining;
    *of = copy->pages;
}

static bool pack_into(struct ledger_copy *copy, struct failure *why)
{
    sqlite3_stmt *statement = NULL;
    bool done;

    if (!database_prepare(copy->db, pack, &statement, why)) {
        return false;
    }
    database_bind_text(statement, ":path", text_bytes(&copy->path));
    done = database_finish(copy->db, statement, "packing the copy", why);
    sqlite3_finalize(statement);
    return done;
}

/* Command lines are sealed by their hashes: with those the copy can be verified without them. */
static bool withhold(struct ledger_copy *copy, sqlite3_stmt *lines, sqlite3_stmt *add,
                     struct failure *why)
{
    int result;

    while ((result = sqlite3_step(lines)) == SQLITE_ROW) {
        uint8_t digest[SHA256_SIZE];
        const char *line = database_column_text(lines, 1);

        if (copy->holds_secret != NULL && !copy->holds_secret(line)) {
            continue;
        }
        copy->withheld++;
        if (!sha256_bytes(digest, line, (size_t)sqlite3_column_bytes(lines, 1), why)) {
            return false;
        }
        database_bind(add, ":process", sqlite3_column_int64(lines, 0));
        database_bind_bytes(add, ":digest", digest, sizeof(digest));
        if (!database_finish(copy->db, add, "leaving command lines out", why)) {
            return false;
        }
    }
    return database_end(copy->db, lines, result, "leaving command lines out", why);
}

static bool keep_hashes(struct ledger_copy *copy, struct failure *why)
{
    sqlite3_stmt *lines = NULL;
    sqlite3_stmt *add = NULL;
    bool ok = copy->content != LEDGER_COPY_HASHED_COMMAND_LINES ||
              (database_run(copy->db, "BEGIN", why) &&
               database_prepare(copy->db, find_lines, &lines, why) &&
               database_prepare(copy->db, add_hash, &add, why) && withhold(copy, lines, add, why));

    sqlite3_finalize(lines);
    sqlite3_finalize(add);
    return ok && (sqlite3_get_autocommit(copy->db) || database_run(copy->db, "COMMIT", why));
}

static bool take_out(struct ledger_copy *copy, struct failure *why)
{
    return copy->holds_secret != NULL
               ? run_all(copy->db, leave_some_out,
                         sizeof(leave_some_out) / sizeof(leave_some_out[0]), why)
               : run_all(copy->db, leave_out, sizeof(leave_out) / sizeof(leave_out[0]), why);
}

static bool complete(struct ledger_copy *copy, struct failure *why)
{
    if (!database_run(copy->db, no_log, why)) {
        return false;
    }
    return copy->content == LEDGER_COPY_WHOLE ||
           (keep_hashes(copy, why) && take_out(copy, why) && pack_into(copy, why));
}

void ledger_copy_keep_harmless(struct ledger_copy *copy, ledger_copy_secret_fn *holds_secret)
{
    assert(copy->content == LEDGER_COPY_HASHED_COMMAND_LINES);
    copy->holds_secret = holds_secret;
}

int64_t ledger_copy_withheld(const struct ledger_copy *copy)
{
    return copy->withheld;
}

bool ledger_copy_finish(struct ledger_copy *copy, struct failure *why)
{
    if (!complete(copy, why)) {
        return fail_copy(copy, why);
    }
    database_close(copy->db);
    copy->db = NULL;
    copy->finished = true;
    return true;
}

void ledger_copy_close(struct ledger_copy *copy)
{
    if (copy == NULL) {
        return;
    }
    if (copy->backup != NULL) {
        sqlite3_backup_finish(copy->backup);
    }
    database_close(copy->db);
    remove_database(&copy->stage);
    if (!copy->finished) {
        remove_database(&copy->path);
    }
    text_clear(&copy->stage);
    text_clear(&copy->path);
    free(copy);
}
