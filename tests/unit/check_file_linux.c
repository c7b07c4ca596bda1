/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support.h"

#define LOCK_NAME "ledger.lock"

static struct {
    struct failure why;
    FILE *file;
    struct file_lock *lock;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    (void)rmdir("folder/inner");
    (void)rmdir("folder");
    unlink("link");
}

static void close_fixture(void)
{
    if (fixture.file != NULL) {
        fclose(fixture.file);
    }
    file_lock_release(fixture.lock);
}

START_TEST(a_private_folder_is_closed_to_others)
{
    static const char *const made[] = {"folder", "folder/inner"};
    mode_t before = umask(0);
    bool done = file_make_private_folder("folder/inner", &fixture.why);

    umask(before);
    CHECK_DONE(done, fixture.why);
    for (int i = 0; i < COUNT_OF(made); i++) {
        struct stat facts;

        ck_assert_int_eq(stat(made[i], &facts), 0);
        ck_assert_uint_eq(facts.st_mode & 07777, 0750);
    }
}
END_TEST

START_TEST(a_folder_that_is_there_keeps_its_mode)
{
    struct stat facts;

    ck_assert_int_eq(mkdir("folder", 0700), 0);
    CHECK_DONE(file_make_private_folder("folder", &fixture.why), fixture.why);
    ck_assert_int_eq(stat("folder", &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 07777, 0700);
}
END_TEST

START_TEST(an_open_file_is_not_inherited)
{
    fixture.file = file_open("content", "w", &fixture.why);
    CHECK_DONE(fixture.file != NULL, fixture.why);
    ck_assert_int_ne(fcntl(fileno(fixture.file), F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

/* Takes the lock in a process of its own, which then lives until it is killed. */
static pid_t start_holder(void)
{
    int ready[2];
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct file_lock *lock;
        struct failure why;

        if (file_lock_take(&lock, LOCK_NAME, &why) && write(ready[1], "x", 1) == 1) {
            pause();
        }
        _exit(1);
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

START_TEST(a_pipe_is_read_only_where_that_is_asked_for)
{
    struct text content = {0};
    struct failure why;
    char path[64];
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "seal", 4), 4);
    close(ends[1]);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
    ck_assert(!file_read(&content, path, 100, &why));
    CHECK_DONE(file_read_stream(&content, path, 100, &why), why);
    ck_assert_str_eq(text_bytes(&content), "seal");
    text_clear(&content);
    close(ends[0]);
}
END_TEST

START_TEST(a_lock_ends_with_its_process)
{
    pid_t pid = start_holder();
    bool taken = file_lock_take(&fixture.lock, LOCK_NAME, &fixture.why);

    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ck_assert(!taken);
    ck_assert_int_eq(fixture.why.kind, FAILURE_BUSY);
    CHECK_DONE(file_lock_take(&fixture.lock, LOCK_NAME, &fixture.why), fixture.why);
}
END_TEST

START_TEST(a_lock_is_not_taken_through_a_link)
{
    support_write_text("content", "precious");
    ck_assert_int_eq(symlink("content", "link"), 0);
    ck_assert(!file_lock_take(&fixture.lock, "link", &fixture.why));
    ck_assert_int_eq(file_size("content"), 8);
}
END_TEST

START_TEST(a_private_file_is_for_its_maker_and_then_for_a_group)
{
    struct group *group = getgrgid(getegid());
    struct stat facts;

    ck_assert_ptr_nonnull(group);
    unlink("private");
    CHECK_DONE(file_make_private("private", &fixture.why), fixture.why);
    ck_assert_int_eq(stat("private", &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 0777, 0600);
    CHECK_DONE(file_allow_group("private", group->gr_name, &fixture.why), fixture.why);
    ck_assert_int_eq(stat("private", &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 0777, 0640);
    ck_assert_uint_eq(facts.st_gid, getegid());
    unlink("private");
}
END_TEST

static Suite *file_linux_suite(void)
{
    Suite *suite = suite_create("file_linux");
    TCase *tests = tcase_create("file_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_private_folder_is_closed_to_others);
    tcase_add_test(tests, a_folder_that_is_there_keeps_its_mode);
    tcase_add_test(tests, an_open_file_is_not_inherited);
    tcase_add_test(tests, a_pipe_is_read_only_where_that_is_asked_for);
    tcase_add_test(tests, a_lock_ends_with_its_process);
    tcase_add_test(tests, a_lock_is_not_taken_through_a_link);
    tcase_add_test(tests, a_private_file_is_for_its_maker_and_then_for_a_group);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(file_linux_suite());
}
