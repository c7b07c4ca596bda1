/* SPDX-License-Identifier: MIT */

#include "tests/fake_cgroup_text_linux.h"
#include "tests/support.h"

#include "collector/service_names.h"

static struct {
    struct service_names *names;
    struct text name;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fake_cgroup_text = (struct fake_cgroup_text){.pid = 17, .start = 4};
    CHECK_DONE(service_names_open(&fixture.names, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    text_clear(&fixture.name);
    service_names_close(fixture.names);
}

static int find_instance(uint32_t pid, uint64_t start)
{
    service_names_begin(fixture.names, pid != 17);
    return (int)service_names_find(fixture.names, pid, start, 0, &fixture.name);
}

static int find(uint32_t pid)
{
    return find_instance(pid, 4);
}

START_TEST(a_process_has_the_unit_of_its_group)
{
    fake_cgroup_text.text = "0::/system.slice/ssh.service\n";
    text_add(&fixture.name, "unit ");
    ck_assert_int_eq(find(17), SERVICE_BY_CGROUP);
    ck_assert_str_eq(text_bytes(&fixture.name), "unit ssh.service");
}
END_TEST

START_TEST(a_process_that_was_moved_has_another)
{
    fake_cgroup_text.text = "0::/system.slice/ssh.service\n";
    ck_assert_int_eq(find(17), SERVICE_BY_CGROUP);
    text_reset(&fixture.name);
    fake_cgroup_text.text = "0::/a.scope\n";
    ck_assert_int_eq(find(17), SERVICE_BY_CGROUP);
    ck_assert_str_eq(text_bytes(&fixture.name), "a.scope");
}
END_TEST

START_TEST(a_process_of_no_unit_has_none)
{
    fake_cgroup_text.text = "0::/user.slice\n";
    ck_assert_int_eq(find(17), 0);
    ck_assert_uint_eq(fixture.name.size, 0);
}
END_TEST

START_TEST(a_process_that_cannot_be_read_has_none)
{
    fake_cgroup_text.text = "0::/system.slice/ssh.service\n";
    ck_assert_int_eq(find(17), SERVICE_BY_CGROUP);
    text_reset(&fixture.name);
    ck_assert_int_eq(find(18), 0); /* and not that of the one before */
    ck_assert_uint_eq(fixture.name.size, 0);
}
END_TEST

START_TEST(a_process_that_had_the_pid_before_has_none)
{
    fake_cgroup_text.text = "0::/system.slice/ssh.service\n";
    ck_assert_int_eq(find_instance(17, 3), 0);
    ck_assert_uint_eq(fixture.name.size, 0);
}
END_TEST

START_TEST(nothing_is_closed_without_harm)
{
    service_names_close(NULL);
    ck_assert_int_eq(find(17), 0);
}
END_TEST

static Suite *service_names_suite(void)
{
    Suite *suite = suite_create("service_names_linux");
    TCase *tests = tcase_create("service_names_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_process_has_the_unit_of_its_group);
    tcase_add_test(tests, a_process_that_was_moved_has_another);
    tcase_add_test(tests, a_process_of_no_unit_has_none);
    tcase_add_test(tests, a_process_that_cannot_be_read_has_none);
    tcase_add_test(tests, a_process_that_had_the_pid_before_has_none);
    tcase_add_test(tests, nothing_is_closed_without_harm);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(service_names_suite());
}
