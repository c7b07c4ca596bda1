/* SPDX-License-Identifier: MIT */

#include "store/ledger_about.h"

#include "store/database.h"
#include "store/ledger_handle.h"

enum {
    FIELDS_MAX = 32,

    /* A service that is started every minute of a year has half a million runs. */
    ROWS_MAX = 100000,
};

static const char *const about_sql[LEDGER_ABOUT_COUNT] = {
    [LEDGER_ABOUT_BOOTS] = "SELECT * FROM boot ORDER BY id",
    [LEDGER_ABOUT_RUNS] = "SELECT * FROM run ORDER BY id",
    [LEDGER_ABOUT_SETTINGS] = "SELECT * FROM settings ORDER BY id",
    [LEDGER_ABOUT_ZONE_OFFSETS] = "SELECT * FROM zone_offset ORDER BY id",
};

static struct ledger_about_field take_field(sqlite3_stmt *statement, int column)
{
    int type = sqlite3_column_type(statement, column);
    struct ledger_about_field field = {
        .name = sqlite3_column_name(statement, column),
        .present = type != SQLITE_NULL,
    };

    if (type == SQLITE_TEXT) {
        field.text = database_column_text(statement, column);
    } else {
        field.number = sqlite3_column_int64(statement, column);
    }
    return field;
}

static void visit_row(sqlite3_stmt *statement, ledger_about_fn *visit, void *context)
{
    struct ledger_about_field fields[FIELDS_MAX];
    int count = sqlite3_column_count(statement);

    count = count < FIELDS_MAX ? count : FIELDS_MAX;
    for (int i = 0; i < count; i++) {
        fields[i] = take_field(statement, i);
    }
    visit(context, fields, (size_t)count);
}

static bool walk(struct ledger *ledger, sqlite3_stmt *statement, ledger_about_fn *visit,
                 void *context, struct failure *why)
{
    int result = SQLITE_DONE;

    for (int i = 0; i < ROWS_MAX && (result = sqlite3_step(statement)) == SQLITE_ROW; i++) {
        visit_row(statement, visit, context);
    }
    return database_end(ledger->db, statement, result, "reading about the ledger", why);
}

bool ledger_walk_about(struct ledger *ledger, enum ledger_about which, ledger_about_fn *visit,
                       void *context, struct failure *why)
{
    sqlite3_stmt *statement = NULL;
    bool done;

    if (!ledger_begin_read(ledger, why)) {
        return false;
    }
    done = database_prepare(ledger->db, about_sql[which], &statement, why) &&
           walk(ledger, statement, visit, context, why);
    sqlite3_finalize(statement);
    return ledger_end_read(ledger, done, why);
}
