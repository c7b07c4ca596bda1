/* SPDX-License-Identifier: MIT */

#include "store/ledger_log.h"

#include "store/database.h"
#include "store/ledger_handle.h"

/* In the log are frames of pages; all of them are in the main file where the two are equal. */
static int empty(struct ledger *ledger)
{
    int in_log = 0;
    int moved = 0;
    int result =
        sqlite3_wal_checkpoint_v2(ledger->db, "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);

    if (result != SQLITE_OK || moved < in_log) {
        return result == SQLITE_OK ? SQLITE_BUSY : result;
    }
    return sqlite3_wal_checkpoint_v2(ledger->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

bool ledger_tend_log(struct ledger *ledger, bool *held, struct failure *why)
{
    int result;

    *held = false;
    if (ledger_size_beside(ledger, "-wal") < LEDGER_LOG_BOUND) {
        return true;
    }
    sqlite3_busy_timeout(ledger->db, 0);
    result = empty(ledger);
    sqlite3_busy_timeout(ledger->db, DATABASE_WRITER_PATIENCE_MS);
    *held = (result & 0xff) == SQLITE_BUSY || (result & 0xff) == SQLITE_LOCKED;
    if (*held || result == SQLITE_OK) {
        return true;
    }
    database_explain_code(result, why, "emptying the log");
    return ledger_name_failure(ledger, why);
}
