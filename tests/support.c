/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

void support_remove_database(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".key"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char name[300];

        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        remove(name);
    }
}

/* The Windows library is built with SQLITE_OMIT_AUTOINIT. */
static sqlite3 *open_database(const char *path)
{
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_initialize(), SQLITE_OK);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

void support_run_sql(const char *path, const char *sql)
{
    sqlite3 *db = open_database(path);
    char *error = NULL;

    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &error) == SQLITE_OK, "%s: %s", sql, error);
    sqlite3_close(db);
}

long long support_query_number(const char *path, const char *sql)
{
    sqlite3 *db = open_database(path);
    sqlite3_stmt *statement = NULL;
    long long number;

    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    ck_assert_msg(sqlite3_step(statement) == SQLITE_ROW, "%s: %s", sql, sqlite3_errmsg(db));
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

void support_write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    ck_assert_msg(file != NULL, "cannot make %s", path);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

void support_write_text(const char *path, const char *text)
{
    support_write_file(path, text, strlen(text));
}

char *support_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *content = NULL;
    size_t used = 0;
    size_t room = 0;

    ck_assert_msg(file != NULL, "cannot read %s", path);
    for (;;) {
        size_t got;

        if (used == room) {
            char *larger = realloc(content, room * 2 + 4096 + 1);

            ck_assert_ptr_nonnull(larger);
            content = larger;
            room = room * 2 + 4096;
        }
        got = fread(content + used, 1, room - used, file);
        if (got == 0) {
            break;
        }
        used += got;
    }
    ck_assert_int_eq(ferror(file), 0);
    fclose(file);
    content[used] = '\0';
    *size = used;
    return content;
}

int support_run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
