/* SPDX-License-Identifier: MIT */

#include "store/ledger_health.h"

#include <string.h>

#include "store/database.h"
#include "store/ledger_handle.h"

/* As in the table; of failures, which all begin alike, the rest is the name of the kind. */
#define FAILURE_PREFIX "failed_"

static const char *const number_names[LEDGER_HEALTH_NUMBERS] = {
    [HEALTH_AT] = "at",
    [HEALTH_SAMPLES] = "samples",
    [HEALTH_SAMPLE_MEDIAN] = "sample_median_us",
    [HEALTH_SAMPLE_WORST] = "sample_worst_us",
    [HEALTH_LATE_MEDIAN] = "late_median_ms",
    [HEALTH_LATE_WORST] = "late_worst_ms",
    [HEALTH_SOCKETS] = "sockets",
    [HEALTH_DENIED] = "denied",
    [HEALTH_CHANGES] = "changes",
    [HEALTH_LEDGER] = "ledger_bytes",
    [HEALTH_LOG] = "log_bytes",
    [HEALTH_GROWTH] = "growth_per_day",
    [HEALTH_CPU] = "cpu_us",
    [HEALTH_MEMORY] = "memory",
    [HEALTH_HANDLES] = "handles",
    [HEALTH_JOBS] = "jobs",
    [HEALTH_NEXT_JOB] = "next_job_at",
    [HEALTH_STRETCH] = "interval_set_ms",
    [HEALTH_FAILED_SAMPLES] = FAILURE_PREFIX "samples",
    [HEALTH_FAILED_COMMITS] = FAILURE_PREFIX "commits",
    [HEALTH_FAILED_LOSSES] = FAILURE_PREFIX "losses",
    [HEALTH_FAILED_RETENTION] = FAILURE_PREFIX "retention",
    [HEALTH_FAILED_COPIES] = FAILURE_PREFIX "copies",
    [HEALTH_FAILED_SETTINGS] = FAILURE_PREFIX "settings",
    [HEALTH_FAILED_OUTCOMES] = FAILURE_PREFIX "outcomes",
    [HEALTH_FAILED_METRICS] = FAILURE_PREFIX "metrics",
    [HEALTH_GAPS] = FAILURE_PREFIX "gaps",
};

static const char *const text_names[LEDGER_HEALTH_TEXTS] = {
    [HEALTH_NEXT_JOB_NAME] = "next_job",
    [HEALTH_HARDENING] = "hardening",
    [HEALTH_LIMITS] = "limits",
};

enum statement {
    FORGET,
    ADD,
    READ,
    STATEMENT_COUNT,
};

static const char *const statement_sql[STATEMENT_COUNT] = {
    [FORGET] = "DELETE FROM health",
    [ADD] = "INSERT INTO health (name, value) VALUES (:name, :value)",
    [READ] = "SELECT name, value FROM health",
};

const char *ledger_health_failure(int number)
{
    return number < HEALTH_FAILED_SAMPLES || number >= LEDGER_HEALTH_NUMBERS
               ? NULL
               : number_names[number] + strlen(FAILURE_PREFIX);
}

static bool add_all(sqlite3 *db, sqlite3_stmt *add, const struct ledger_health *health,
                    struct failure *why)
{
    bool ok = true;

    for (int i = 0; ok && i < LEDGER_HEALTH_NUMBERS; i++) {
        if (health->known[i]) {
            database_bind_text(add, ":name", number_names[i]);
            database_bind(add, ":value", health->numbers[i]);
            ok = database_finish(db, add, "storing the state of the service", why);
        }
    }
    for (int i = 0; ok && i < LEDGER_HEALTH_TEXTS; i++) {
        if (health->texts[i].size > 0) {
            database_bind_text(add, ":name", text_names[i]);
            database_bind_text(add, ":value", text_bytes(&health->texts[i]));
            ok = database_finish(db, add, "storing the state of the service", why);
        }
    }
    return ok;
}

bool ledger_health_write(struct ledger *ledger, const struct ledger_health *health,
                         struct failure *why)
{
    sqlite3_stmt *statements[STATEMENT_COUNT] = {0};
    sqlite3 *db = ledger->db;
    bool ok = database_prepare_all(db, statement_sql, STATEMENT_COUNT, statements, why) &&
              database_run(db, "BEGIN IMMEDIATE", why);

    if (ok) {
        ok = database_finish(db, statements[FORGET], "storing the state of the service", why) &&
             add_all(db, statements[ADD], health, why) && database_run(db, "COMMIT", why);
        if (!ok) {
            database_rollback(db);
        }
    }
    database_finalize_all(statements, STATEMENT_COUNT);
    return ok || ledger_name_failure(ledger, why);
}

static int find_name(const char *const *names, int count, const char *name)
{
    int i = 0;

    while (i < count && strcmp(names[i], name) != 0) {
        i++;
    }
    return i;
}

/* A ledger of elsewhere may say anything. */
static void take_row(sqlite3_stmt *row, struct ledger_health *health)
{
    const char *name = database_column_text(row, 0);
    int number = find_name(number_names, LEDGER_HEALTH_NUMBERS, name);
    int text = find_name(text_names, LEDGER_HEALTH_TEXTS, name);
    int type = sqlite3_column_type(row, 1);

    if (number < LEDGER_HEALTH_NUMBERS && type == SQLITE_INTEGER) {
        health->known[number] = true;
        health->numbers[number] = sqlite3_column_int64(row, 1);
    } else if (text < LEDGER_HEALTH_TEXTS && type == SQLITE_TEXT) {
        text_reset(&health->texts[text]);
        text_add(&health->texts[text], database_column_text(row, 1));
    }
}

static bool read_rows(struct ledger *ledger, struct ledger_health *health, struct failure *why)
{
    sqlite3_stmt *rows = NULL;
    int result = SQLITE_DONE;
    bool ok = database_prepare(ledger->db, statement_sql[READ], &rows, why);

    while (ok && (result = sqlite3_step(rows)) == SQLITE_ROW) {
        take_row(rows, health);
    }
    ok = ok && database_end(ledger->db, rows, result, "reading the state of the service", why);
    sqlite3_finalize(rows);
    return ok;
}

bool ledger_health_read(struct ledger *ledger, struct ledger_health *health, struct failure *why)
{
    return ledger_begin_read(ledger, why) &&
           ledger_end_read(ledger, read_rows(ledger, health, why), why);
}

void ledger_health_clear(struct ledger_health *health)
{
    for (int i = 0; i < LEDGER_HEALTH_TEXTS; i++) {
        text_clear(&health->texts[i]);
    }
}
