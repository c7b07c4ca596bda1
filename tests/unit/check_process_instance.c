/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/process_instance.h"

static const struct process_instance *make(uint32_t pid, uint64_t start, const char *path)
{
    struct process_instance fields = {
        .pid = pid, .start = start, .session = 3, .name = "svc.exe", .path = path};
    const struct process_instance *instance = process_instance_make(&fields);

    ck_assert_ptr_nonnull(instance);
    return instance;
}

START_TEST(an_instance_has_texts_of_its_own)
{
    char path[] = "C:\\svc.exe";
    const struct process_instance *instance = make(7, 8, path);

    path[0] = 'D';
    ck_assert_str_eq(instance->path, "C:\\svc.exe");
    ck_assert_str_eq(instance->name, "svc.exe");
    ck_assert_uint_eq(instance->pid, 7);
    ck_assert_uint_eq(instance->start, 8);
    ck_assert_uint_eq(instance->session, 3);
    process_instance_release(instance);
}
END_TEST

START_TEST(a_path_may_be_unknown_and_a_name_is_never_null)
{
    struct process_instance nothing = {0};
    const struct process_instance *instance = process_instance_make(&nothing);

    ck_assert_ptr_nonnull(instance);
    ck_assert_ptr_null(instance->path);
    ck_assert_str_eq(instance->name, "");
    process_instance_release(instance);
}
END_TEST

START_TEST(an_instance_lives_as_long_as_somebody_holds_it)
{
    const struct process_instance *instance = make(7, 8, "C:\\svc.exe");

    ck_assert_ptr_eq(process_instance_hold(instance), instance);
    process_instance_release(instance);
    ck_assert_str_eq(instance->path, "C:\\svc.exe");
    process_instance_release(instance);
    process_instance_release(NULL);
}
END_TEST

static const struct {
    uint32_t pid;
    uint64_t start;
    bool same;
} others[] = {
    {7, 8, true},
    {7, 9, false}, /* the pid was used again */
    {6, 8, false},
};

START_TEST(an_identity_is_pid_and_start)
{
    const struct process_instance *one = make(7, 8, NULL);
    const struct process_instance *other = make(others[_i].pid, others[_i].start, "/bin/other");

    ck_assert_int_eq(process_instance_same(one, other), others[_i].same);
    process_instance_release(one);
    process_instance_release(other);
}
END_TEST

static const struct {
    const char *name;
    const char *path; /* NULL: not known */
    const char *shown;
    const char *word;
    bool called;
} names[] = {
    {"sshd", "/usr/sbin/sshd", "sshd", "SSHD", true},
    {"systemd-resolve", "/usr/lib/systemd/systemd-resolved", "systemd-resolved", "systemd-resolved",
     true},
    {"systemd-resolve", "/usr/lib/systemd/systemd-resolved", "systemd-resolved", "systemd-resolve",
     true},
    {"systemd-resolve", "/usr/lib/systemd/systemd-resolved", "systemd-resolved", "systemd-resolve2",
     false},
    {"systemd-resolve", NULL, "systemd-resolve", "Systemd-Resolved", true}, /* it may be */
    {"systemd-resolve", NULL, "systemd-resolve", "systemd-resumed", false},
    {"thirteen-byte\xef\xbf\xbd\xef\xbf\xbd", "/opt/thirteen-byte\xe2\x82\xac.bin",
     "thirteen-byte\xe2\x82\xac.bin", "THIRTEEN-byte\xe2\x82\xac.bin", true}, /* inside of one */
    {"thirteen-byte\xef\xbf\xbd\xef\xbf\xbd", NULL, "thirteen-byte\xef\xbf\xbd\xef\xbf\xbd",
     "thirteen-byte\xe2\x82\xac.bin", true},
    {"thirteen-byte\xef\xbf\xbd\xef\xbf\xbd", NULL, "thirteen-byte\xef\xbf\xbd\xef\xbf\xbd",
     "thirteen-bytes.bin", false},
    {"python3", "/usr/bin/python3.11", "python3", "python3.11", false}, /* not cut off */
    {"python3", NULL, "python3", "python3.11", false},
    {"a-name-of-its-o", "/usr/bin/program", "a-name-of-its-o", "program", false},
    {"fifteen-bytes-x", "/usr/bin/fifteen-bytes-x", "fifteen-bytes-x", "fifteen-bytes-x", true},
    {"svchost.exe", "C:\\Windows\\System32\\svchost.exe", "svchost.exe", "svchost", false},
};

START_TEST(a_name_that_was_cut_off_is_shown_and_found_whole)
{
    struct process_instance fields = {.name = names[_i].name, .path = names[_i].path};

    ck_assert_str_eq(process_instance_shown_name(&fields), names[_i].shown);
    ck_assert_int_eq(process_instance_is_called(&fields, names[_i].word), names[_i].called);
}
END_TEST

START_TEST(every_access_has_a_name)
{
    for (int i = 0; i < PROCESS_ACCESS_COUNT; i++) {
        ck_assert_str_ne(process_access_name(i), "unknown");
    }
    ck_assert_str_eq(process_access_name(PROCESS_DENIED), "denied");
    ck_assert_str_eq(process_access_name(PROCESS_ACCESS_COUNT), "unknown");
    ck_assert_str_eq(process_access_name(-1), "unknown");
}
END_TEST

static Suite *process_instance_suite(void)
{
    Suite *suite = suite_create("process_instance");
    TCase *tests = tcase_create("process_instance");

    tcase_add_test(tests, an_instance_has_texts_of_its_own);
    tcase_add_test(tests, a_path_may_be_unknown_and_a_name_is_never_null);
    tcase_add_test(tests, an_instance_lives_as_long_as_somebody_holds_it);
    tcase_add_loop_test(tests, an_identity_is_pid_and_start, 0, COUNT_OF(others));
    tcase_add_loop_test(tests, a_name_that_was_cut_off_is_shown_and_found_whole, 0,
                        COUNT_OF(names));
    tcase_add_test(tests, every_access_has_a_name);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(process_instance_suite());
}
