/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/systemd_unit.h"

#define ESCAPED "dev-disk-by\\x2duuid-1\\x2d2.swap"
#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A247 A50 A50 A50 A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct text unit;

static void open_fixture(void)
{
    unit = (struct text){0};
}

static void close_fixture(void)
{
    text_clear(&unit);
}

static const struct {
    const char *cgroup;
    const char *unit; /* NULL: none */
} texts[] = {
    /* Version 2. */
    {"0::/system.slice/ssh.service\n", "ssh.service"},
    {"0::/system.slice/ssh.service", "ssh.service"},
    {"0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service"},
    {"0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope"},
    {"0::/init.scope\n", "init.scope"},
    {"0::/system.slice/docker-0123.scope\n", "docker-0123.scope"},
    {"0::/../../system.slice/cron.service\n", "cron.service"},

    /* Version 1, and both at once. */
    {"12:cpu,cpuacct:/wrong.service\n1:name=systemd:/system.slice/cron.service\n", "cron.service"},
    {"1:name=systemd:/system.slice/a.service\n0::/system.slice/b.service\n", "a.service"},
    {"0::/system.slice/b.service\n1:name=systemd:/system.slice/a.service\n", "a.service"},
    {"1:name=systemd:/\n0::/system.slice/b.service\n", "b.service"},
    {"5:name=other:/x.service\n", NULL},

    /* What a unit keeps below itself, and a manager of a user. */
    {"0::/system.slice/foo.service/sub\n", "foo.service"},
    {"0::/system.slice/foo.service/a/b/c\n", "foo.service"},
    {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.service\n", "app-x.service"},
    {"0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "init.scope"},

    /* Kinds. */
    {"0::/system.slice/cups.socket\n", "cups.socket"},
    {"0::/system.slice/mnt-x.mount\n", "mnt-x.mount"},
    {"0::/system.slice/" ESCAPED "\n", ESCAPED},
    {"0::/system.slice\n", NULL},
    {"0::/system.slice/foo.timer\n", NULL},
    {"0::/system.slice/foo.services\n", NULL},
    {"0::/system.slice/.service\n", NULL},
    {"0::/docker/0123456789\n", NULL},
    {"0::/\n", NULL},

    /* Escapes, and the mark of a group that is gone. */
    {"0::/system.slice/_cpu.service\n", "cpu.service"},
    {"0::/system.slice/__x.service\n", "_x.service"},
    {"0::/system.slice/_.service\n", NULL},
    {"0::/system.slice/foo.service (deleted)\n", "foo.service"},
    {"0::/system.slice/foo.service/sub (deleted)\n", "foo.service"},

    /* No name of a unit. */
    {"0::/system.slice/good.service/b d.service\n", "good.service"},
    {"0::/system.slice/b\x1b[1md.service\n", NULL},
    {"0::/system.slice/b\xc3\xa4h.service\n", NULL},
    {"0::/" A247 ".service\n", A247 ".service"},
    {"0::/a" A247 ".service\n", NULL},

    /* Colons, and no lines. */
    {"0::/system.slice/a:b.service\n", "a:b.service"},
    {"0:/system.slice/foo.service\n", NULL},
    {"foo.service\n", NULL},
    {"::/foo.service\n", "foo.service"},
    {"0::", NULL},
    {"0::foo.service", "foo.service"},
    {"0:", NULL},
    {"\n\n\n", NULL},
    {"", NULL},
};

START_TEST(the_innermost_unit_is_found)
{
    bool found = systemd_unit_find(texts[_i].cgroup, strlen(texts[_i].cgroup), &unit);

    ck_assert_str_eq(text_bytes(&unit), texts[_i].unit == NULL ? "" : texts[_i].unit);
    ck_assert_int_eq(found, texts[_i].unit != NULL);
}
END_TEST

START_TEST(a_byte_of_0_is_no_part_of_a_name)
{
    static const char cgroup[] = "0::/good.service/b\0d.service\n";

    ck_assert(systemd_unit_find(cgroup, sizeof(cgroup) - 1, &unit));
    ck_assert_str_eq(text_bytes(&unit), "good.service");
}
END_TEST

START_TEST(only_so_many_bytes_are_read)
{
    static const char cgroup[] = "0::/foo.serviceX";

    text_add(&unit, "unit ");
    ck_assert(systemd_unit_find(cgroup, sizeof(cgroup) - 2, &unit));
    ck_assert_str_eq(text_bytes(&unit), "unit foo.service");
    ck_assert(!systemd_unit_find(cgroup, sizeof(cgroup) - 3, &unit));
    ck_assert(!systemd_unit_find(NULL, 0, &unit));
}
END_TEST

static Suite *systemd_unit_suite(void)
{
    Suite *suite = suite_create("systemd_unit");
    TCase *tests = tcase_create("systemd_unit");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_innermost_unit_is_found, 0, COUNT_OF(texts));
    tcase_add_test(tests, a_byte_of_0_is_no_part_of_a_name);
    tcase_add_test(tests, only_so_many_bytes_are_read);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(systemd_unit_suite());
}
