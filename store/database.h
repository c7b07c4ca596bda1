/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The few calls on SQLite that every module of store/ needs, with failures in
 * our form. There is no call that takes SQL with values formatted into it:
 * values are bound.
 */

#include <stdint.h>

#include <sqlite3.h>

#include "base/failure.h"

enum database_mode {
    DATABASE_READ,   /* the file must be there; it is not changed */
    DATABASE_FROZEN, /* the same, for a file that nobody writes: SQLite takes no lock and makes no
                        file beside it, so that a folder that may not be written will do */
    DATABASE_FROZEN_LOG, /* the same where the newest pages are in a log beside the file: its index
                            is made in memory, and neither of the two is changed */
    DATABASE_WRITE,      /* an empty file is made where there is none */
};

/* How long a writer waits for a lock: it holds up the service, a reader only a person. */
enum { DATABASE_WRITER_PATIENCE_MS = 1000 };

/*
 * Opens a connection with our own defaults, whatever SQLite was compiled with:
 * the schema of the file is not trusted, doubled quotes are no strings, foreign
 * keys hold. It belongs to one thread at a time. Nothing of an existing file is
 * changed by opening it. The caller closes *out with database_close().
 *
 * FAILURE_MISSING, FAILURE_DENIED: the file; also where DATABASE_WRITE finds
 * that it may only be read. FAILURE_FORMAT: a folder. The text does not name
 * the file: the caller does.
 */
bool database_open(sqlite3 **out, const char *path, enum database_mode mode,
                   struct failure *why) NODISCARD;

/* All statements must be finalized. Does nothing for NULL. */
void database_close(sqlite3 *db);

/* What stands at the beginning of every SQLite file. */
struct database_header {
    int64_t file_size; /* bytes; 0: nothing else of this is filled */
    bool is_database;  /* it begins as SQLite files do */
    uint32_t application_id;
    uint32_t user_version;
    int64_t whole_size; /* bytes that the file must at least have; 0 where it does not say */
    uint32_t changes;   /* differs after the first page was written */
    bool keeps_log;     /* it is written by way of a log beside it */
};

/*
 * Reads the header as it is on the disk, past SQLite's locks and its log: for
 * a look at a file before SQLite is allowed to touch it. All zero for a
 * database in memory.
 */
bool database_read_header(sqlite3 *db, struct database_header *header,
                          struct failure *why) NODISCARD;

/* Runs SQL without parameters: one or more statements whose rows are ignored. */
bool database_run(sqlite3 *db, const char *sql, struct failure *why) NODISCARD;

/* The number in the first column of the first row of such SQL; `otherwise` where it has no row or
 * is NULL. */
bool database_run_number(sqlite3 *db, const char *sql, int64_t otherwise, int64_t *number,
                         struct failure *why) NODISCARD;

/* Prepares one statement that will be kept. The caller finalizes *out. */
bool database_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out,
                      struct failure *why) NODISCARD;

/*
 * Prepares a module's table of SQL. `statements` starts as NULLs, and after
 * database_finalize_all() is so again, also where preparing failed halfway.
 */
bool database_prepare_all(sqlite3 *db, const char *const *sql, int count, sqlite3_stmt **statements,
                          struct failure *why) NODISCARD;
void database_finalize_all(sqlite3_stmt **statements, int count);

/*
 * Binding by name. It cannot fail: nothing is copied. A name that is not in
 * the SQL, or a statement that has not been reset, is a bug of ours, and asserted.
 */
void database_bind(sqlite3_stmt *statement, const char *name, int64_t value);
void database_bind_null(sqlite3_stmt *statement, const char *name);

/* The same, and NULL for 0. */
void database_bind_known(sqlite3_stmt *statement, const char *name, int64_t value);

/* NULL is bound as NULL. The bytes must live until the statement is reset. */
void database_bind_bytes(sqlite3_stmt *statement, const char *name, const void *bytes, int size);

/* For a function of ours, which asks for it by the same type; SQL sees NULL. Lent, likewise. */
void database_bind_pointer(sqlite3_stmt *statement, const char *name, void *pointer,
                           const char *type);

/* NULL is bound as NULL. The text must live until the statement is reset. */
void database_bind_text(sqlite3_stmt *statement, const char *name, const char *value);

/* Runs a statement that yields no rows, and makes it ready for the next use. */
bool database_finish(sqlite3 *db, sqlite3_stmt *statement, const char *doing,
                     struct failure *why) NODISCARD;

/*
 * Ends the reading of rows: `result` is what the last sqlite3_step() returned.
 * Makes the statement ready for the next use. SQLITE_ROW is no failure: the
 * caller had read enough.
 */
bool database_end(sqlite3 *db, sqlite3_stmt *statement, int result, const char *doing,
                  struct failure *why) NODISCARD;

/* A text column that is never NULL: "" where memory ran out. Lives until the next step. */
const char *database_column_text(sqlite3_stmt *statement, int column);

/* Fills *why from the connection's last error: what SQLite says, while doing what, and what to do.
 */
void database_explain(sqlite3 *db, struct failure *why, const char *doing);

/* The same for the result code of a call that keeps no connection's last error. */
void database_explain_code(int code, struct failure *why, const char *doing);

/* As database_explain(), as a false value. */
static inline bool database_fail(sqlite3 *db, struct failure *why, const char *doing)
{
    database_explain(db, why, doing);
    return false;
}

/* Undoes the open transaction, if any. A rollback that fails has nothing left to tell. */
void database_rollback(sqlite3 *db);
