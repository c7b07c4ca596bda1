/* SPDX-License-Identifier: MIT */

#include "store/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/file_place.h"
#include "base/text.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_schema.h"
#include "store/ledger_ways.h"

/*
 * How much work one read may be. Of the log that a service writes meanwhile
 * nothing can be taken away, so that a live ledger is not read for long. Pages of
 * a ledger from anybody can point to each other so that a walk over them has no
 * end that anybody would see; what is asked of a sound one is bounded by its size.
 */
enum {
    READ_AT_MOST_MS = 2000,
    STEPS_AT_ONCE = 4096,
    STEPS_OF_ANY = 1 << 22,
    STEPS_A_BYTE = 64, /* a row has some twenty bytes at the least */
};

/* Facts that a new ledger begins with. */
static const char add_meta[] =
    "INSERT OR IGNORE INTO meta (name, value) VALUES ('ledger_id', :id), ('created_at', :now)";

/* What SQLite keeps beside a ledger while it is written. */
#define JOURNAL_SUFFIX "-journal"
#define LOG_SUFFIX "-wal"
#define INDEX_SUFFIX "-shm"
#define LOCK_SUFFIX "-lock"
#define KEY_SUFFIX ".key"

static bool in_memory(const struct ledger *ledger)
{
    return strcmp(ledger->path, ":memory:") == 0;
}

int64_t ledger_size_beside(const struct ledger *ledger, const char *suffix)
{
    struct text path = {0};
    int64_t size;

    text_add(&path, ledger->file);
    text_add(&path, suffix);
    size = path.failed ? -1 : file_size(text_bytes(&path));
    text_clear(&path);
    return size;
}

/* True while a service writes the ledger, and where it cannot be known. */
static bool is_written(const struct ledger *ledger)
{
    struct text path = {0};
    bool written;

    if (in_memory(ledger)) {
        return true;
    }
    text_add(&path, ledger->file);
    text_add(&path, LOCK_SUFFIX);
    written = path.failed || file_lock_is_held(text_bytes(&path));
    text_clear(&path);
    return written;
}

bool ledger_note_own(struct ledger_notes *notes, int64_t id, struct failure *why)
{
    if (notes->count == notes->capacity) {
        size_t capacity = notes->capacity * 2 + 64;
        int64_t *ids = realloc(notes->ids, capacity * sizeof(*ids));

        if (ids == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for what was dropped");
        }
        notes->ids = ids;
        notes->capacity = capacity;
    }
    notes->ids[notes->count++] = id;
    return true;
}

bool ledger_name_failure(const struct ledger *ledger, struct failure *why)
{
    if (why->code == SQLITE_INTERRUPT && ledger->frozen) {
        return FAIL(
            why, FAILURE_FORMAT, why->code,
            "%s: this is more work than any question to a sound ledger: the file is damaged",
            ledger->path);
    }
    return FAIL(why, why->kind, why->code, "%s: %s", ledger->path, why->text);
}

static int took_too_long(void *context)
{
    const struct ledger *ledger = context;

    return clock_steady() > ledger->read_until ? 1 : 0;
}

static int took_too_many_steps(void *context)
{
    struct ledger *ledger = context;

    ledger->steps_left -= STEPS_AT_ONCE;
    return ledger->steps_left < 0 ? 1 : 0;
}

static void limit_work(struct ledger *ledger)
{
    int64_t size = file_size(ledger->file);
    int64_t log_size = ledger_size_beside(ledger, LOG_SUFFIX);

    if (ledger->access != LEDGER_READ) {
        return;
    }
    ledger->read_until = clock_steady() + READ_AT_MOST_MS;
    ledger->steps_left = STEPS_OF_ANY;
    ledger->steps_left += size > 0 ? size * STEPS_A_BYTE : 0;
    ledger->steps_left += log_size > 0 ? log_size * STEPS_A_BYTE : 0;
    sqlite3_progress_handler(ledger->db, STEPS_AT_ONCE,
                             ledger->frozen ? took_too_many_steps : took_too_long, ledger);
}

/*
 * Whether the file was still empty when the power went: then SQLite will take
 * out of it what the first transaction had put in, and the journal of that one
 * says so. See "Database File Format", 3: behind the magic number come the
 * number of pages in the journal, a nonce, and the size before, in pages.
 */
static bool was_being_made(const struct ledger *ledger)
{
    static const uint8_t magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    static const uint8_t no_pages[4] = {0};
    uint8_t bytes[20];
    struct text path = {0};
    struct failure ignored;
    FILE *journal = NULL;
    bool read = false;

    text_add(&path, ledger->file);
    text_add(&path, JOURNAL_SUFFIX);
    if (!path.failed && file_size(text_bytes(&path)) >= (int64_t)sizeof(bytes)) {
        journal = file_open(text_bytes(&path), "r", &ignored);
    }
    if (journal != NULL) {
        read = fread(bytes, 1, sizeof(bytes), journal) == sizeof(bytes);
        fclose(journal);
    }
    text_clear(&path);
    return read && memcmp(bytes, magic, sizeof(magic)) == 0 &&
           memcmp(bytes + 16, no_pages, sizeof(no_pages)) == 0;
}

static int count_different(uint32_t a, uint32_t b)
{
    int count = 0;

    for (uint32_t rest = a ^ b; rest != 0; rest >>= 8) {
        count += (rest & 0xff) != 0;
    }
    return count;
}

/*
 * Only a ledger that was written has a key or a lock beside it: there a beginning that is not
 * SQLite's, or our mark with one wrong byte, is damage. A whole database of another program, put in
 * the ledger's place, stays what it is.
 */
static bool is_ours_damaged(const struct ledger *ledger, const struct database_header *header)
{
    bool is_ours =
        ledger_size_beside(ledger, KEY_SUFFIX) > 0 || ledger_size_beside(ledger, LOCK_SUFFIX) >= 0;

    return is_ours && header->file_size > 0 &&
           (!header->is_database ||
            count_different(header->application_id, LEDGER_APPLICATION_ID) == 1);
}

static bool recognize(struct ledger *ledger, struct failure *why)
{
    bool writing = ledger->access == LEDGER_WRITE;
    struct database_header header;

    if (!database_read_header(ledger->db, &header, why)) {
        return false;
    }
    if (writing && header.file_size > 0 &&
        (!header.is_database || header.application_id == LEDGER_APPLICATION_ID) &&
        was_being_made(ledger)) {
        header.file_size = 0;
    }
    ledger->frozen_changes = header.changes;
    ledger->keeps_log = header.keeps_log;
    if (ledger_schema_recognize(&header, writing, ledger_size_beside(ledger, LOG_SUFFIX) > 0,
                                why)) {
        return true;
    }
    return writing && is_ours_damaged(ledger, &header)
               ? FAIL(why, FAILURE_FORMAT, SQLITE_NOTADB, "the beginning of the ledger is damaged")
               : false;
}

static bool take_lock(struct ledger *ledger, struct failure *why)
{
    struct text path = {0};
    bool ok;

    if (in_memory(ledger)) {
        return true;
    }
    text_add(&path, ledger->file);
    text_add(&path, LOCK_SUFFIX);
    ok = text_ok(&path, why) && file_lock_take(&ledger->lock, text_bytes(&path), why);
    text_clear(&path);
    if (!ok && why->kind == FAILURE_BUSY) {
        return FAIL(why, FAILURE_BUSY, why->code,
                    "another portledgerd writes this ledger: stop that one first, or set "
                    "ledger.path to another file");
    }
    return ok;
}

/* The pragma says which mode there is now, and leaves the old one where WAL is not possible. */
static bool set_wal(struct ledger *ledger, struct failure *why)
{
    sqlite3_stmt *statement = NULL;
    int result;
    bool ok;

    if (!database_prepare(ledger->db, "PRAGMA journal_mode = WAL", &statement, why)) {
        return false;
    }
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW && !in_memory(ledger) &&
        strcmp(database_column_text(statement, 0), "wal") != 0) {
        ok = FAIL(why, FAILURE_DATABASE, 0,
                  "SQLite cannot keep a write-ahead log here; a ledger needs a local disk");
    } else {
        ok = database_end(ledger->db, statement, result, "switching to a write-ahead log", why);
    }
    sqlite3_finalize(statement);
    return ok;
}

/* A version 4 UUID: the id is no secret, it only tells ledgers apart. */
static void make_uuid(char uuid[37])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    size_t at = 0;

    sqlite3_randomness((int)sizeof(bytes), bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            uuid[at++] = '-';
        }
        uuid[at++] = digits[bytes[i] >> 4];
        uuid[at++] = digits[bytes[i] & 15];
    }
    uuid[at] = '\0';
}

static bool introduce(struct ledger *ledger, struct failure *why)
{
    sqlite3_stmt *statement = NULL;
    char uuid[37];
    bool ok;

    if (!database_prepare(ledger->db, add_meta, &statement, why)) {
        return false;
    }
    make_uuid(uuid);
    database_bind_text(statement, ":id", uuid);
    database_bind(statement, ":now", clock_now());
    ok = database_finish(ledger->db, statement, "naming the ledger", why);
    sqlite3_finalize(statement);
    return ok;
}

/*
 * The index of the log is memory that all who read and write share, which two
 * machines do not have: https://sqlite.org/wal.html, "Overview".
 */
static bool refuse_remote(const struct ledger *ledger, struct failure *why)
{
    return file_place_of(ledger->file) != FILE_PLACE_REMOTE ||
           FAIL(why, FAILURE_DATABASE, 0,
                "this is on a network drive, and a live ledger can be used only on the machine "
                "that writes it: run portledger there, or read a copy (setting "
                "ledger.share.folder, or portledger export --sqlite)");
}

/*
 * Until the file is accepted, nothing may change it: not even closing, which
 * would move a log that is beside it into the file.
 */
static bool open_for_writing(struct ledger *ledger, struct failure *why)
{
    static const char *const settings[] = {
        "PRAGMA synchronous = FULL",
        "PRAGMA cache_size = -8192",
        "PRAGMA journal_size_limit = 16777216",
    };

    if (!database_open(&ledger->db, ledger->file, DATABASE_WRITE, why)) {
        return false;
    }
    sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    /*
     * Until there is a write-ahead log, a transaction ends when its journal is
     * removed. One that comes back after a power cut, because the folder was not
     * synced, would undo all that was committed since: EXTRA syncs it.
     */
    if (!refuse_remote(ledger, why) || !recognize(ledger, why) || !take_lock(ledger, why) ||
        !database_run(ledger->db, "PRAGMA synchronous = EXTRA", why) ||
        !ledger_schema_mark(ledger->db, why) || !set_wal(ledger, why)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (!database_run(ledger->db, settings[i], why)) {
            return false;
        }
    }
    if (!ledger_schema_upgrade(ledger->db, why) || !ledger_schema_compare(ledger->db, why) ||
        !introduce(ledger, why)) {
        return false;
    }
    sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    ledger->accepted = true;
    return true;
}

/*
 * A ledger that nobody writes is read as a frozen file: SQLite would otherwise
 * leave files beside it, and fail where it may not. (On a network drive the
 * lock of a service elsewhere may not be seen, but the index is.) After a crash, and where a
 * ledger was copied with its log, what is in the main file is not the whole.
 */
static bool open_for_reading(struct ledger *ledger, struct failure *why)
{
    enum database_mode mode = DATABASE_READ;
    bool ok;

    ledger->frozen = !is_written(ledger);
    ledger->frozen_log = ledger_size_beside(ledger, LOG_SUFFIX);
    if ((!ledger->frozen || ledger_size_beside(ledger, INDEX_SUFFIX) >= 0) &&
        !refuse_remote(ledger, why)) {
        return false;
    }
    if (ledger->frozen) {
        mode = ledger->frozen_log > 0 ? DATABASE_FROZEN_LOG : DATABASE_FROZEN;
    }
    if (!database_open(&ledger->db, ledger->file, mode, why)) {
        return false;
    }
    limit_work(ledger);
    ok = recognize(ledger, why) && database_run(ledger->db, "PRAGMA cell_size_check = ON", why) &&
         ledger_schema_check(ledger->db, why);
    sqlite3_progress_handler(ledger->db, 0, NULL, NULL);
    return ok;
}

static void close_database(struct ledger *ledger)
{
    database_finalize_all(ledger->rows, LEDGER_ROWS_STATEMENTS);
    database_close(ledger->db);
    ledger->db = NULL;
}

/*
 * SQLite's files and our lock stand beside the name of the file. So a link is
 * followed first, and a file with two names is refused: under each of them
 * there could be a writer who does not see the other.
 */
static bool find_file(struct ledger *ledger, struct failure *why)
{
    struct text resolved = {0};
    struct file_facts facts;
    bool ok;

    free(ledger->file);
    ledger->file = NULL;
    if (in_memory(ledger)) {
        text_add(&resolved, ledger->path);
    } else if (!file_resolve(&resolved, ledger->path, why)) {
        text_clear(&resolved);
        return false;
    }
    ok = text_ok(&resolved, why);
    ledger->file = text_take(&resolved);
    if (!ok || ledger->file == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to open the ledger");
    }
    if (in_memory(ledger) || !file_inspect(ledger->file, &facts)) {
        return true; /* whoever opens it will say that it is not there */
    }
    if (!facts.regular && !file_is_folder(ledger->file)) {
        return FAIL(why, FAILURE_FORMAT, 0, "this is no regular file, so it is no ledger");
    }
    return facts.links <= 1 || file_is_folder(ledger->file) ||
           FAIL(why, FAILURE_FORMAT, 0,
                "the file has %u names (hard links); a ledger must have one: remove the others",
                facts.links);
}

static bool open_database(struct ledger *ledger, struct failure *why)
{
    bool ok =
        find_file(ledger, why) && (ledger->access == LEDGER_WRITE ? open_for_writing(ledger, why)
                                                                  : open_for_reading(ledger, why));

    if (!ok || !ledger_ways_add_functions(ledger->db, why) ||
        !database_prepare_all(ledger->db, ledger_rows_sql, LEDGER_ROWS_STATEMENTS, ledger->rows,
                              why)) {
        close_database(ledger);
        return ledger_name_failure(ledger, why);
    }
    return true;
}

bool ledger_open(struct ledger **out, const char *path, enum ledger_access access,
                 struct failure *why)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));

    if (ledger == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to open the ledger");
    }
    ledger->access = access;
    ledger->path = text_copy(path);
    if (ledger->path == NULL) {
        free(ledger);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to open the ledger");
    }
    if (!open_database(ledger, why)) {
        ledger_close(ledger);
        return false;
    }
    *out = ledger;
    return true;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    if (ledger->accepted && ledger->db != NULL) {
        /* A reader that closes last cannot empty the log: so it is done while we still can. */
        database_finalize_all(ledger->rows, LEDGER_ROWS_STATEMENTS);
        sqlite3_wal_checkpoint_v2(ledger->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    }
    close_database(ledger);
    file_lock_release(ledger->lock);
    free(ledger->drop_notes.ids);
    free(ledger->fold_notes.ids);
    free(ledger->path);
    free(ledger->file);
    free(ledger);
}

const char *ledger_path(const struct ledger *ledger)
{
    return ledger->path;
}

/* Whether a file that was opened as frozen is still as it was then. */
static bool still_frozen(struct ledger *ledger)
{
    struct database_header header;
    struct failure ignored;

    return !is_written(ledger) && ledger_size_beside(ledger, LOG_SUFFIX) == ledger->frozen_log &&
           database_read_header(ledger->db, &header, &ignored) &&
           header.changes == ledger->frozen_changes;
}

bool ledger_begin_read(struct ledger *ledger, struct failure *why)
{
    if (ledger->db == NULL || (ledger->frozen && !still_frozen(ledger))) {
        close_database(ledger); /* and have a look at what is there now */
        if (!open_database(ledger, why)) {
            return false;
        }
    }
    limit_work(ledger);
    return database_run(ledger->db, "BEGIN", why) || ledger_name_failure(ledger, why);
}

bool ledger_end_read(struct ledger *ledger, bool ok, struct failure *why)
{
    sqlite3_progress_handler(ledger->db, 0, NULL, NULL);
    database_rollback(ledger->db);
    if (!ok) {
        return ledger_name_failure(ledger, why);
    }
    return ledger_still_same(ledger, why);
}

/* A service writes page by page into a file of which we took no lock. */
bool ledger_still_same(struct ledger *ledger, struct failure *why)
{
    return !ledger->frozen || still_frozen(ledger) ||
           FAIL(why, FAILURE_BUSY, 0, "%s: the service was started while this was read; ask again",
                ledger->path);
}

/*
 * A service that stops ends its stretch and empties its log. One that crashes
 * leaves the log, and where the file is a copy of ours none was ever needed.
 */
bool ledger_lacks_log(struct ledger *ledger, bool *lacks, struct failure *why)
{
    struct ledger_stretch_rows newest;
    bool found;

    *lacks = false;
    if (!ledger_begin_read(ledger, why) ||
        !ledger_end_read(ledger, ledger_rows_newest(ledger, &newest, &found, why), why)) {
        return false;
    }
    *lacks = ledger->frozen && ledger->frozen_log <= 0 && ledger->keeps_log && found &&
             newest.stretch.ended == LEDGER_GAP_NONE;
    return true;
}
