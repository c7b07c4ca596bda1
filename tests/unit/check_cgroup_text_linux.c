/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdlib.h>
#include <unistd.h>

#include "collector/cgroup_text_linux.h"

static struct text content;

static void open_fixture(void)
{
    content = (struct text){0};
}

static void close_fixture(void)
{
    text_clear(&content);
}

START_TEST(the_file_of_a_process_is_read_whole)
{
    size_t size;
    char *expected = support_read_file("/proc/self/cgroup", &size);

    text_add(&content, "what was there before");
    ck_assert(cgroup_text_read((uint32_t)getpid(), &content));
    ck_assert_uint_gt(size, 0);
    ck_assert_uint_eq(content.size, size);
    ck_assert_mem_eq(content.bytes, expected, size);
    free(expected);
}
END_TEST

static const uint32_t nobody[] = {0, 4194305, UINT32_MAX};

START_TEST(a_process_that_is_not_there_has_none)
{
    ck_assert(!cgroup_text_read(nobody[_i], &content));
}
END_TEST

static Suite *cgroup_text_suite(void)
{
    Suite *suite = suite_create("cgroup_text_linux");
    TCase *tests = tcase_create("cgroup_text_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_file_of_a_process_is_read_whole);
    tcase_add_loop_test(tests, a_process_that_is_not_there_has_none, 0, COUNT_OF(nobody));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(cgroup_text_suite());
}
