/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the test programs share. Each of them runs in a folder of its own, so
 * that plain names are safe for the files it makes.
 */

#include <check.h>
#include <stddef.h>
#include <string.h>

#include "base/failure.h"

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Asserts that a call that can fail did not, and otherwise shows why. */
#define CHECK_DONE(call, why) ck_assert_msg((call), "%s failed: %s", #call, (why).text)

/* Asserts that a call failed, and with this kind of failure. */
#define CHECK_FAILED(call, expected_kind, why)                                                     \
    do {                                                                                           \
        ck_assert_msg(!(call), "%s did not fail", #call);                                          \
        ck_assert_msg((why).kind == (expected_kind), "%s failed otherwise: %s", #call,             \
                      (why).text);                                                                 \
    } while (0)

/* Asserts that `text` has `part` somewhere in it. */
#define CHECK_CONTAINS(text, part)                                                                 \
    ck_assert_msg(strstr((text), (part)) != NULL, "no \"%s\" in \"%s\"", (part), (text))

/* Removes a database and SQLite's files beside it, where they exist. */
void support_remove_database(const char *path);

/* Runs SQL on a database behind the back of the code under test. */
void support_run_sql(const char *path, const char *sql);

/* The number that a query on a database gives: its first column in its first row. */
long long support_query_number(const char *path, const char *sql);

/* Makes a file of these bytes, in place of one that is there. */
void support_write_file(const char *path, const void *bytes, size_t size);

/* The same for text. */
void support_write_text(const char *path, const char *text);

/* The content of a file, with a zero byte after it; the caller frees it. */
char *support_read_file(const char *path, size_t *size);

/* Runs the suite and returns main()'s exit status. */
int support_run_suite(Suite *suite);
