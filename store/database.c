/* SPDX-License-Identifier: MIT */

#include "store/database.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

enum {
    HEADER_SIZE = 100,
    LONGEST_VALUE = 1 << 20, /* bytes: far above any text of ours, far below what hurts */

    READER_PATIENCE_MS = 5000,
};

/* What a result code means to whoever reads the message. The first row that fits counts. */
static const struct meaning {
    int code; /* the primary one */
    enum failure_kind kind;
    const char *advice;
} meanings[] = {
    {SQLITE_FULL, FAILURE_DATABASE, "make room on the disk"},
    {SQLITE_CORRUPT, FAILURE_FORMAT,
     "the file is damaged: restore it from a copy, or move it away"},
    {SQLITE_NOTADB, FAILURE_FORMAT, "the file is no ledger, or its beginning is damaged"},
    {SQLITE_BUSY, FAILURE_BUSY, "another program has locked the file"},
    {SQLITE_LOCKED, FAILURE_BUSY, "another program has locked the file"},
    {SQLITE_INTERRUPT, FAILURE_BUSY,
     "this takes longer than a live ledger may be held: ask again, when more of it is in memory, "
     "or ask a copy, as portledger export --sqlite makes it"},
    {SQLITE_READONLY, FAILURE_DENIED, "the file or its folder may not be written"},
    {SQLITE_PERM, FAILURE_DENIED, "the file may not be opened"},
    {SQLITE_AUTH, FAILURE_DENIED, "the file may not be used like this"},
    {SQLITE_CANTOPEN, FAILURE_SYSTEM, "the file, or one that SQLite needs beside it, did not open"},
    {SQLITE_IOERR, FAILURE_DATABASE, "the disk reports an error"},
    {SQLITE_NOMEM, FAILURE_MEMORY, "memory ran out"},
    {SQLITE_TOOBIG, FAILURE_FORMAT, "a value is larger than any of a ledger"},
};

static const struct meaning *find_meaning(int code)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].code == (code & 0xff)) {
            return &meanings[i];
        }
    }
    return NULL;
}

/* `where` and `what` go together: "while" and what was done, or "in" and the first line of SQL. */
static void explain_as(int code, const char *words, struct failure *why, const char *where,
                       const char *what)
{
    const struct meaning *meaning = find_meaning(code);
    int length = (int)strcspn(what, "\n");

    if (meaning == NULL) {
        failure_set(why, FAILURE_DATABASE, code, "%s, %s %.*s", words, where, length, what);
    } else {
        failure_set(why, meaning->kind, code, "%s (%s), %s %.*s", words, meaning->advice, where,
                    length, what);
    }
}

void database_explain(sqlite3 *db, struct failure *why, const char *doing)
{
    explain_as(sqlite3_extended_errcode(db), sqlite3_errmsg(db), why, "while", doing);
}

void database_explain_code(int code, struct failure *why, const char *doing)
{
    explain_as(code, sqlite3_errstr(code), why, "while", doing);
}

static bool refuse_sql(sqlite3 *db, struct failure *why, const char *sql)
{
    explain_as(sqlite3_extended_errcode(db), sqlite3_errmsg(db), why, "in", sql);
    return false;
}

/* Where the system itself refused, its reason says more than SQLite's "unable to open". */
static bool refuse_open(sqlite3 *db, const char *path, struct failure *why)
{
    int code = db == NULL ? SQLITE_NOMEM : sqlite3_extended_errcode(db);
    int reason = db == NULL ? 0 : sqlite3_system_errno(db);

    if (file_is_folder(path)) {
        return FAIL(why, FAILURE_FORMAT, code, "cannot open the file: it is a folder");
    }
    if ((code & 0xff) == SQLITE_CANTOPEN && reason != 0) {
        return failure_from_system(why, reason, "cannot open the file");
    }
    explain_as(code, sqlite3_errstr(code), why, "while", "opening the file");
    return false;
}

static bool configure(sqlite3 *db, enum database_mode mode, struct failure *why)
{
    static const struct {
        int option;
        int value;
    } options[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},   {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},     {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1}, {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    };

    sqlite3_extended_result_codes(db, 1);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (sqlite3_db_config(db, options[i].option, options[i].value, NULL) != SQLITE_OK) {
            return database_fail(db, why, "securing the connection");
        }
    }
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_busy_timeout(db,
                         mode == DATABASE_WRITE ? DATABASE_WRITER_PATIENCE_MS : READER_PATIENCE_MS);
    return true;
}

/*
 * The path as a URI that SQLite turns back into the same path. "//" would
 * begin a host name, so a path that begins with a slash gets an empty one.
 */
static void add_frozen_uri(struct text *uri, const char *path)
{
    static const char digits[] = "0123456789abcdef";

    text_add(uri, path[0] == '/' ? "file://" : "file:");
    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;

        if (c == '%' || c == '?' || c == '#') {
            text_add_char(uri, '%');
            text_add_char(uri, digits[c >> 4]);
            text_add_char(uri, digits[c & 15]);
        } else {
            text_add_char(uri, (char)c);
        }
    }
    text_add(uri, "?immutable=1");
}

/* A connection belongs to one thread, so that SQLite need not lock it for each call. */
enum { OPEN_ALWAYS = SQLITE_OPEN_NOMUTEX };

static int open_frozen(sqlite3 **out, const char *path)
{
    struct text uri = {0};
    struct failure why;
    int result = SQLITE_NOMEM;

    add_frozen_uri(&uri, path);
    if (text_ok(&uri, &why)) {
        result = sqlite3_open_v2(text_bytes(&uri), out,
                                 OPEN_ALWAYS | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    }
    text_clear(&uri);
    return result;
}

/* SQLite's file systems that take no locks, by system. */
static const char *lockless(void)
{
    static const char *const names[] = {"unix-none", "win32-none"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (sqlite3_vfs_find(names[i]) != NULL) {
            return names[i];
        }
    }
    return NULL;
}

/*
 * A connection that has the file for itself keeps the log's index in memory,
 * and one that takes no locks does not ask whether it may. Closing it leaves
 * the log as it is.
 */
static int open_frozen_log(sqlite3 **out, const char *path)
{
    int result = sqlite3_open_v2(path, out, SQLITE_OPEN_READONLY, lockless());

    if (result == SQLITE_OK) {
        result = sqlite3_db_config(*out, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    return result != SQLITE_OK
               ? result
               : sqlite3_exec(*out, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
}

static int open_in_mode(sqlite3 **out, const char *path, enum database_mode mode)
{
    if (mode == DATABASE_FROZEN) {
        return open_frozen(out, path);
    }
    if (mode == DATABASE_FROZEN_LOG) {
        return open_frozen_log(out, path);
    }
    return sqlite3_open_v2(path, out,
                           OPEN_ALWAYS |
                               (mode == DATABASE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                       : SQLITE_OPEN_READONLY),
                           NULL);
}

bool database_open(sqlite3 **out, const char *path, enum database_mode mode, struct failure *why)
{
    sqlite3 *db = NULL;
    bool ok;

    if (sqlite3_initialize() != SQLITE_OK) { /* may have been compiled not to do so by itself */
        return FAIL(why, FAILURE_MEMORY, 0, "SQLite did not start");
    }
    ok = open_in_mode(&db, path, mode) == SQLITE_OK || refuse_open(db, path, why);
    ok = ok && configure(db, mode, why);
    if (ok && mode == DATABASE_WRITE && sqlite3_db_readonly(db, "main") == 1) {
        ok = FAIL(why, FAILURE_DENIED, SQLITE_READONLY,
                  "the file may only be read, and must be written");
    }
    if (!ok) {
        database_close(db);
        return false;
    }
    *out = db;
    return true;
}

void database_close(sqlite3 *db)
{
    sqlite3_close(db);
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Offsets from SQLite's description of its file format. */
static void take_header(struct database_header *header, const uint8_t *bytes)
{
    uint32_t page_size = (uint32_t)bytes[16] << 8 | bytes[17];

    header->is_database = memcmp(bytes, "SQLite format 3", 16) == 0;
    header->keeps_log = bytes[18] == 2;
    header->application_id = big_endian(bytes + 68);
    header->user_version = big_endian(bytes + 60);
    header->changes = big_endian(bytes + 24);
    if (big_endian(bytes + 92) == header->changes) { /* else its size was not kept up to date */
        header->whole_size = (int64_t)(page_size == 1 ? 65536 : page_size) * big_endian(bytes + 28);
    }
}

bool database_read_header(sqlite3 *db, struct database_header *header, struct failure *why)
{
    sqlite3_file *file = NULL;
    uint8_t bytes[HEADER_SIZE] = {0};
    sqlite3_int64 size = 0;
    int result;

    memset(header, 0, sizeof(*header));
    result = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (result != SQLITE_OK || file == NULL || file->pMethods == NULL) {
        return true; /* in memory */
    }
    result = file->pMethods->xFileSize(file, &size);
    if (result == SQLITE_OK && size > 0) {
        result = file->pMethods->xRead(file, bytes, sizeof(bytes), 0);
    }
    if (result != SQLITE_OK && result != SQLITE_IOERR_SHORT_READ) {
        explain_as(result, sqlite3_errstr(result), why, "while", "reading the file's beginning");
        return false;
    }
    header->file_size = size;
    if (size > 0) {
        take_header(header, bytes);
    }
    return true;
}

bool database_run(sqlite3 *db, const char *sql, struct failure *why)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || refuse_sql(db, why, sql);
}

bool database_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, struct failure *why)
{
    return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK ||
           refuse_sql(db, why, sql);
}

bool database_run_number(sqlite3 *db, const char *sql, int64_t otherwise, int64_t *number,
                         struct failure *why)
{
    sqlite3_stmt *statement = NULL;
    int result;
    bool ok;

    if (!database_prepare(db, sql, &statement, why)) {
        return false;
    }
    result = sqlite3_step(statement);
    *number = result == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL
                  ? sqlite3_column_int64(statement, 0)
                  : otherwise;
    ok = result == SQLITE_ROW || result == SQLITE_DONE || refuse_sql(db, why, sql);
    sqlite3_finalize(statement);
    return ok;
}

bool database_prepare_all(sqlite3 *db, const char *const *sql, int count, sqlite3_stmt **statements,
                          struct failure *why)
{
    for (int i = 0; i < count; i++) {
        if (!database_prepare(db, sql[i], &statements[i], why)) {
            return false;
        }
    }
    return true;
}

void database_finalize_all(sqlite3_stmt **statements, int count)
{
    for (int i = 0; i < count; i++) {
        sqlite3_finalize(statements[i]);
        statements[i] = NULL;
    }
}

/* SQLite refuses place 0, which a name has that is not in the SQL, and a statement that runs. */
static void check_bound(int result)
{
    assert(result == SQLITE_OK);
    (void)result;
}

void database_bind(sqlite3_stmt *statement, const char *name, int64_t value)
{
    check_bound(
        sqlite3_bind_int64(statement, sqlite3_bind_parameter_index(statement, name), value));
}

void database_bind_null(sqlite3_stmt *statement, const char *name)
{
    check_bound(sqlite3_bind_null(statement, sqlite3_bind_parameter_index(statement, name)));
}

void database_bind_known(sqlite3_stmt *statement, const char *name, int64_t value)
{
    if (value == 0) {
        database_bind_null(statement, name);
    } else {
        database_bind(statement, name, value);
    }
}

void database_bind_text(sqlite3_stmt *statement, const char *name, const char *value)
{
    check_bound(sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, name), value,
                                  -1, SQLITE_STATIC));
}

void database_bind_pointer(sqlite3_stmt *statement, const char *name, void *pointer,
                           const char *type)
{
    check_bound(sqlite3_bind_pointer(statement, sqlite3_bind_parameter_index(statement, name),
                                     pointer, type, NULL));
}

void database_bind_bytes(sqlite3_stmt *statement, const char *name, const void *bytes, int size)
{
    check_bound(sqlite3_bind_blob(statement, sqlite3_bind_parameter_index(statement, name), bytes,
                                  size, SQLITE_STATIC));
}

bool database_finish(sqlite3 *db, sqlite3_stmt *statement, const char *doing, struct failure *why)
{
    int result = sqlite3_step(statement);

    return database_end(db, statement, result, doing, why);
}

bool database_end(sqlite3 *db, sqlite3_stmt *statement, int result, const char *doing,
                  struct failure *why)
{
    bool ok = result == SQLITE_DONE || result == SQLITE_ROW || database_fail(db, why, doing);

    sqlite3_reset(statement);
    return ok;
}

const char *database_column_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *bytes = sqlite3_column_text(statement, column);

    return bytes == NULL ? "" : (const char *)bytes;
}

void database_rollback(sqlite3 *db)
{
    if (!sqlite3_get_autocommit(db)) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
}
