/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the modules of store/ know of an open ledger. Nobody else includes this.
 */

#include <sqlite3.h>

#include "base/file.h"
#include "store/ledger.h"
#include "store/ledger_rows.h"

/* Ids of rows that retention wrote and no seal has yet: who seals takes no others. */
struct ledger_notes {
    int64_t *ids;
    size_t count;
    size_t capacity;
};

bool ledger_note_own(struct ledger_notes *notes, int64_t id, struct failure *why) NODISCARD;

struct ledger {
    sqlite3 *db;
    sqlite3_stmt *rows[LEDGER_ROWS_STATEMENTS]; /* by enum ledger_rows_statement */
    char *path;                                 /* as it was given, for people */
    char *file; /* where that leads: what SQLite opens, and what "-wal" and "-lock" stand beside */
    enum ledger_access access;
    struct file_lock *lock; /* of the only writer; NULL for a reader, and in memory */
    bool accepted;          /* the file is a ledger of ours, and may be touched */
    int64_t read_until;     /* clock_steady() when a read of a live ledger must be over */
    bool frozen;            /* opened as a file that nobody writes */
    uint32_t frozen_changes;
    int64_t frozen_log; /* bytes of the log beside it; -1: there is none */
    bool keeps_log;     /* a service wrote the file by way of a log, and no copy of ours did */
    struct ledger_notes drop_notes; /* of `dropped` */
    struct ledger_notes fold_notes; /* of `fold` */
    int64_t steps_left; /* of SQLite's machine, that a frozen ledger may still be asked */
};

/* Size of a file beside the ledger, such as "-wal"; -1 where there is none. */
int64_t ledger_size_beside(const struct ledger *ledger, const char *suffix);

/* Puts the ledger's path before the text of a failure, and is false. */
bool ledger_name_failure(const struct ledger *ledger, struct failure *why);

/*
 * Everything that is read between these two calls is of one moment, and holds
 * back the writer's log: end it soon, and before a visitor is called. After
 * two seconds SQLite is told to give up: FAILURE_BUSY. A file that nobody
 * writes may be read for longer.
 * ledger_end_read() is called where the begin was true, with the success so
 * far, and returns it; a failure of its own counts only where there was none.
 */
bool ledger_begin_read(struct ledger *ledger, struct failure *why) NODISCARD;
bool ledger_end_read(struct ledger *ledger, bool ok, struct failure *why) NODISCARD;

/*
 * What was read past SQLite's locks is of one moment only if nobody wrote
 * meanwhile: FAILURE_BUSY where somebody did. Called by ledger_end_read().
 */
bool ledger_still_same(struct ledger *ledger, struct failure *why) NODISCARD;
