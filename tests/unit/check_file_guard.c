/* SPDX-License-Identifier: MIT */

#include "base/file_guard.h"

#include <stdio.h>

#include "base/file.h"
#include "tests/support.h"

/* What others may do is the system's business: see check_file_guard_linux.c and _win32.c. */

#define SECRET "guard.secret"

static struct {
    struct text content;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove(SECRET);
}

static void close_fixture(void)
{
    text_clear(&fixture.content);
    remove(SECRET);
}

/* A private file, with a content. */
static void make_secret(const char *content)
{
    FILE *file;

    CHECK_DONE(file_make_private(SECRET, &fixture.why), fixture.why);
    file = file_open(SECRET, "r+", &fixture.why);
    ck_assert_ptr_nonnull(file);
    fputs(content, file);
    fclose(file);
}

START_TEST(a_private_file_is_safe)
{
    make_secret("hunter2\n");
    CHECK_DONE(file_read_guarded(&fixture.content, SECRET, FILE_SECRET, 100, &fixture.why),
               fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.content), "hunter2\n");
    text_reset(&fixture.content);
    CHECK_DONE(file_read_guarded(&fixture.content, SECRET, FILE_TRUSTED, 8, &fixture.why),
               fixture.why);
    ck_assert_uint_eq(fixture.content.size, 8);
}
END_TEST

START_TEST(a_file_that_is_too_large_is_refused_without_its_content)
{
    make_secret("hunter2");
    CHECK_FAILED(file_read_guarded(&fixture.content, SECRET, FILE_SECRET, 6, &fixture.why),
                 FAILURE_FORMAT, fixture.why);
    ck_assert_ptr_null(strstr(fixture.why.text, "hunter"));
}
END_TEST

START_TEST(what_is_not_there_or_no_file_is_refused)
{
    CHECK_FAILED(file_read_guarded(&fixture.content, SECRET, FILE_SECRET, 6, &fixture.why),
                 FAILURE_MISSING, fixture.why);
    ck_assert(!file_read_guarded(&fixture.content, ".", FILE_SECRET, 6, &fixture.why));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file_guard");
    TCase *tests = tcase_create("file_guard");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_private_file_is_safe);
    tcase_add_test(tests, a_file_that_is_too_large_is_refused_without_its_content);
    tcase_add_test(tests, what_is_not_there_or_no_file_is_refused);
    suite_add_tcase(suite, tests);
    return support_run_suite(suite);
}
