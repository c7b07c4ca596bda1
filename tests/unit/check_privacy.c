/* SPDX-License-Identifier: MIT */

#include <stdio.h>

#include "tests/support.h"

#include "collector/collector.h"

static setting_tables tables = {&collector_settings, NULL};

static struct {
    struct settings *settings;
    struct privacy privacy;
    struct privacy copy;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    settings_free(fixture.settings);
    privacy_clear(&fixture.privacy);
    privacy_clear(&fixture.privacy);
    privacy_clear(&fixture.copy);
}

static void read_file(const char *file)
{
    CHECK_DONE(settings_parse(&fixture.settings, "file", file, strlen(file), tables, &fixture.why),
               fixture.why);
    CHECK_DONE(privacy_read(&fixture.privacy, fixture.settings, &fixture.why), fixture.why);
}

/* A pattern, a process, and whether the one is for the other. */
static const struct {
    const char *pattern;
    const char *name;
    const char *path;
    bool matches;
} patterns[] = {
    {"chrome.exe", "chrome.exe", NULL, true},
    {"Chrome.EXE", "chrome.exe", "C:\\x\\chrome.exe", true},
    {"chrome", "chrome.exe", NULL, false},
    {"chrome*", "chrome.exe", NULL, true},
    {"*", "", NULL, true},
    {"keepass?.exe", "keepassx.exe", NULL, true},
    {"a-name-of-more-than-15", "a-name-of-more-", "/bin/a-name-of-more-than-15", true},
    {"C:\\Users\\*", "a.exe", "c:\\users\\ann\\a.exe", true},
    {"C:\\Users\\*", "a.exe", "D:\\a.exe", false},
    {"/home/*", "a", "/home/ann/a", true},
    {"/home/*", "/home/x", NULL, false}, /* a name is no path */
};

START_TEST(a_pattern_is_for_names_or_for_paths)
{
    const struct process_instance instance = {.name = patterns[_i].name, .path = patterns[_i].path};
    char file[200];

    snprintf(file, sizeof(file), "privacy:\n  exclude_processes: ['%s']\n", patterns[_i].pattern);
    read_file(file);
    ck_assert_int_eq(privacy_leaves_out(&fixture.privacy, &instance), patterns[_i].matches);
    ck_assert(!privacy_hides_command_line(&fixture.privacy, &instance));
}
END_TEST

START_TEST(command_lines_have_patterns_of_their_own)
{
    const struct process_instance instance = {.name = "mysql"};

    read_file("privacy:\n  exclude_command_lines:\n    - psql\n    - my*\n");
    ck_assert(privacy_hides_command_line(&fixture.privacy, &instance));
    ck_assert(!privacy_leaves_out(&fixture.privacy, &instance));
    ck_assert(!privacy_needs_path(&fixture.privacy, &instance));
}
END_TEST

START_TEST(without_settings_nothing_is_left_out)
{
    const struct process_instance instance = {.name = "mysql"};

    read_file("");
    ck_assert(!privacy_leaves_out(&fixture.privacy, &instance));
    ck_assert(!privacy_leaves_out(NULL, &instance));
    ck_assert(!privacy_hides_command_line(NULL, &instance));
}
END_TEST

START_TEST(a_copy_is_equal_until_a_pattern_differs)
{
    read_file("privacy:\n  exclude_processes: [a, b]\n");
    CHECK_DONE(privacy_copy(&fixture.copy, &fixture.privacy, &fixture.why), fixture.why);
    ck_assert(privacy_equal(&fixture.copy, &fixture.privacy));
    fixture.copy.processes.items[1][0] = 'c';
    ck_assert(!privacy_equal(&fixture.copy, &fixture.privacy));
}
END_TEST

static Suite *privacy_suite(void)
{
    Suite *suite = suite_create("privacy");
    TCase *tests = tcase_create("privacy");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_pattern_is_for_names_or_for_paths, 0, COUNT_OF(patterns));
    tcase_add_test(tests, command_lines_have_patterns_of_their_own);
    tcase_add_test(tests, without_settings_nothing_is_left_out);
    tcase_add_test(tests, a_copy_is_equal_until_a_pattern_differs);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(privacy_suite());
}
