/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/service_state_linux.h"
#include "tests/support.h"

#define ROOT "machine"
#define MANAGER "/run/systemd/system/"
#define UNIT "/usr/lib/systemd/system/portledger.service"
#define LOCAL_UNIT "/etc/systemd/system/portledger.service"
#define ACTIVE "/run/systemd/units/invocation:portledger.service"
#define GROUP "/sys/fs/cgroup/system.slice/portledger.service/cgroup.procs"
#define OLD_GROUP "/sys/fs/cgroup/systemd/system.slice/portledger.service/cgroup.procs"

enum { MOST_FILES = 4 };

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *where)
{
    (void)facts;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_machine(void)
{
    (void)nftw(ROOT, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes what is there; a name that ends in a separator is a folder. */
static void make_entry(const char *path, const char *content)
{
    struct text whole = {0};
    struct text folder = {0};
    struct failure why;

    text_addf(&whole, "%s%s", ROOT, path);
    paths_add_folder(&folder, text_bytes(&whole));
    CHECK_DONE(file_make_private_folder(text_bytes(&folder), &why), why);
    if (strcmp(path, ACTIVE) == 0) {
        ck_assert_int_eq(symlink("0123456789abcdef", text_bytes(&whole)), 0);
    } else if (*paths_base_name(path) != '\0') {
        support_write_text(text_bytes(&whole), content);
    }
    text_clear(&folder);
    text_clear(&whole);
}

static const struct {
    const char *entries[MOST_FILES];
    const char *processes; /* content of the files */
    enum service_state state;
    uint32_t pid;
} machines[] = {
    {{NULL}, "", SERVICE_IS_UNKNOWN, 0},
    {{UNIT}, "", SERVICE_IS_UNKNOWN, 0}, /* nobody to run it: a container */
    {{MANAGER}, "", SERVICE_IS_ABSENT, 0},
    {{MANAGER, UNIT}, "", SERVICE_IS_STOPPED, 0},
    {{MANAGER, LOCAL_UNIT}, "", SERVICE_IS_STOPPED, 0},
    {{MANAGER, UNIT, GROUP}, "", SERVICE_IS_STOPPED, 0}, /* an empty group is being removed */
    {{MANAGER, UNIT, ACTIVE, GROUP}, "4321\n", SERVICE_IS_RUNNING, 4321},
    {{MANAGER, UNIT, GROUP}, "4321\n4322\n", SERVICE_IS_RUNNING, 4321},
    {{MANAGER, UNIT, OLD_GROUP}, "17\n", SERVICE_IS_RUNNING, 17},
    {{MANAGER, UNIT, ACTIVE}, "", SERVICE_IS_UNKNOWN, 0}, /* in another slice */
};

START_TEST(the_traces_of_the_manager_tell_the_state)
{
    struct service_facts facts;

    for (int i = 0; i < MOST_FILES && machines[_i].entries[i] != NULL; i++) {
        make_entry(machines[_i].entries[i], machines[_i].processes);
    }
    facts = service_state_below(ROOT);
    ck_assert_int_eq(facts.state, machines[_i].state);
    ck_assert_uint_eq(facts.pid, machines[_i].pid);
    ck_assert_int_eq(facts.last_exit, 0);
}
END_TEST

static Suite *service_state_linux_suite(void)
{
    Suite *suite = suite_create("service_state_linux");
    TCase *tests = tcase_create("service_state_linux");

    tcase_add_checked_fixture(tests, remove_machine, remove_machine);
    tcase_add_loop_test(tests, the_traces_of_the_manager_tell_the_state, 0, COUNT_OF(machines));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(service_state_linux_suite());
}
