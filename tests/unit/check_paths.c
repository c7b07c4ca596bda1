/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/file.h"
#include "base/paths.h"
#include "tests/support.h"

static struct {
    struct text path;
    struct text other;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    text_clear(&fixture.path);
    text_clear(&fixture.other);
}

/* What holds on every system. */
static const struct {
    const char *path;
    const char *base_name;
    const char *folder;
} parts[] = {
    {"ledger.db", "ledger.db", "."},
    {"data/ledger.db", "ledger.db", "data"},
    {"a/b/c", "c", "a/b"},
    {"a//c", "c", "a"},
    {"/c", "c", "/"},
    {"/", "", "/"},
    {"/a/", "", "/a"},
    {"../c", "c", ".."},
    {"", "", "."},
    {"data.old/ledger", "ledger", "data.old"},
    {"d\xC3\xA4ten/\xE6\x97\xA5", "\xE6\x97\xA5", "d\xC3\xA4ten"},
};

START_TEST(a_path_is_a_folder_and_a_name)
{
    paths_add_folder(&fixture.path, parts[_i].path);
    ck_assert_str_eq(paths_base_name(parts[_i].path), parts[_i].base_name);
    ck_assert_str_eq(text_bytes(&fixture.path), parts[_i].folder);
}
END_TEST

START_TEST(a_folder_is_appended)
{
    text_add(&fixture.path, "in ");
    paths_add_folder(&fixture.path, "a/b");
    ck_assert_str_eq(text_bytes(&fixture.path), "in a");
}
END_TEST

static const struct {
    const char *folder;
    size_t size; /* of the folder with a part "c" */
} joins[] = {
    {"a", 3}, {"a/", 3}, {"/", 2}, {"", 1}, {"a/b", 5},
};

START_TEST(a_part_is_joined_with_one_separator)
{
    text_add(&fixture.path, joins[_i].folder);
    paths_add_part(&fixture.path, "c");
    ck_assert_uint_eq(fixture.path.size, joins[_i].size);
    ck_assert_str_eq(paths_base_name(text_bytes(&fixture.path)), "c");
}
END_TEST

START_TEST(a_relative_path_begins_at_the_working_folder)
{
    support_write_text("here.txt", "x");
    CHECK_DONE(paths_absolute(&fixture.path, "here.txt", &fixture.why), fixture.why);
    ck_assert_uint_gt(fixture.path.size, strlen("here.txt"));
    ck_assert_str_eq(paths_base_name(text_bytes(&fixture.path)), "here.txt");
    ck_assert_int_eq(file_size(text_bytes(&fixture.path)), 1);
}
END_TEST

START_TEST(an_absolute_path_stays_what_it_is)
{
    CHECK_DONE(paths_absolute(&fixture.path, "here.txt", &fixture.why), fixture.why);
    CHECK_DONE(paths_absolute(&fixture.other, text_bytes(&fixture.path), &fixture.why),
               fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.other), text_bytes(&fixture.path));
}
END_TEST

START_TEST(an_empty_path_is_no_path)
{
    CHECK_FAILED(paths_absolute(&fixture.path, "", &fixture.why), FAILURE_USAGE, fixture.why);
}
END_TEST

START_TEST(the_program_knows_its_own_file)
{
    CHECK_DONE(paths_program_file(&fixture.path, &fixture.why), fixture.why);
    CHECK_CONTAINS(paths_base_name(text_bytes(&fixture.path)), "check_paths");
    ck_assert_int_gt(file_size(text_bytes(&fixture.path)), 0);
}
END_TEST

typedef bool default_path_fn(struct text *path, struct failure *why);

static const struct {
    default_path_fn *add;
    const char *base_name;
} defaults[] = {
    {paths_settings_file, "portledger.yaml"},
    {paths_ledger_file, "ledger.db"},
};

START_TEST(a_default_file_has_an_absolute_path)
{
    CHECK_DONE(defaults[_i].add(&fixture.path, &fixture.why), fixture.why);
    ck_assert_str_eq(paths_base_name(text_bytes(&fixture.path)), defaults[_i].base_name);
    CHECK_DONE(paths_absolute(&fixture.other, text_bytes(&fixture.path), &fixture.why),
               fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.other), text_bytes(&fixture.path));
}
END_TEST

static Suite *paths_suite(void)
{
    Suite *suite = suite_create("paths");
    TCase *tests = tcase_create("paths");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_path_is_a_folder_and_a_name, 0, COUNT_OF(parts));
    tcase_add_test(tests, a_folder_is_appended);
    tcase_add_loop_test(tests, a_part_is_joined_with_one_separator, 0, COUNT_OF(joins));
    tcase_add_test(tests, a_relative_path_begins_at_the_working_folder);
    tcase_add_test(tests, an_absolute_path_stays_what_it_is);
    tcase_add_test(tests, an_empty_path_is_no_path);
    tcase_add_test(tests, the_program_knows_its_own_file);
    tcase_add_loop_test(tests, a_default_file_has_an_absolute_path, 0, COUNT_OF(defaults));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(paths_suite());
}
