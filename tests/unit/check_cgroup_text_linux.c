/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdlib.h>
#include <unistd.h>

#include "collector/cgroup_text_linux.h"
#include "collector/process_stat_linux.h"

static struct text content;

static void open_fixture(void)
{
    content = (struct text){0};
}

static void close_fixture(void)
{
    text_clear(&content);
}

static uint64_t own_start(void)
{
    int folder = process_stat_open_folder((uint32_t)getpid());
    struct process_stat stat;

    ck_assert_int_ge(folder, 0);
    ck_assert(process_stat_read(folder, "stat", &stat));
    close(folder);
    return stat.start;
}

START_TEST(the_file_of_a_process_is_read_whole)
{
    size_t size;
    char *expected = support_read_file("/proc/self/cgroup", &size);

    text_add(&content, "what was there before");
    ck_assert(cgroup_text_read((uint32_t)getpid(), own_start(), &content));
    ck_assert_uint_gt(size, 0);
    ck_assert_uint_eq(content.size, size);
    ck_assert_mem_eq(content.bytes, expected, size);
    free(expected);
}
END_TEST

static const uint32_t nobody[] = {0, 4194305, UINT32_MAX};

START_TEST(a_process_that_is_not_there_has_none)
{
    ck_assert(!cgroup_text_read(nobody[_i], 0, &content));
}
END_TEST

START_TEST(a_process_with_another_start_has_none)
{
    ck_assert(!cgroup_text_read((uint32_t)getpid(), own_start() - 1, &content));
    ck_assert_uint_eq(content.size, 0);
}
END_TEST

static Suite *cgroup_text_suite(void)
{
    Suite *suite = suite_create("cgroup_text_linux");
    TCase *tests = tcase_create("cgroup_text_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_file_of_a_process_is_read_whole);
    tcase_add_loop_test(tests, a_process_that_is_not_there_has_none, 0, COUNT_OF(nobody));
    tcase_add_test(tests, a_process_with_another_start_has_none);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(cgroup_text_suite());
}
