/* SPDX-License-Identifier: MIT */

#include "base/file_guard.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support.h"

#define FOLDER "guard.d"
#define SECRET FOLDER "/secret"
#define OTHER FOLDER "/other"

static struct {
    struct text content;
    struct failure why;
} fixture;

static void remove_all(void)
{
    unlink(SECRET);
    unlink(OTHER);
    rmdir(FOLDER);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_all();
    ck_assert_int_eq(mkdir(FOLDER, 0755), 0);
    support_write_text(SECRET, "hunter2");
}

static void close_fixture(void)
{
    text_clear(&fixture.content);
    remove_all();
}

static bool read_secret(enum file_guard guard)
{
    text_reset(&fixture.content);
    return file_read_guarded(&fixture.content, SECRET, guard, 100, &fixture.why);
}

static const struct {
    mode_t file;
    mode_t folder;
    bool trusted;
    bool secret;
} modes[] = {
    {0600, 0755, true, true},   {0400, 0755, true, true},  {0640, 0755, true, false},
    {0604, 0755, true, false},  {0644, 0755, true, false}, {0620, 0755, false, false},
    {0602, 0755, false, false}, {0610, 0755, true, false}, {0600, 0775, false, false},
    {0600, 0757, false, false}, {0600, 01777, true, true}, {0644, 01777, true, false},
};

START_TEST(the_mode_tells_whether_others_have_their_hands_on_it)
{
    ck_assert_int_eq(chmod(SECRET, modes[_i].file), 0);
    ck_assert_int_eq(chmod(FOLDER, modes[_i].folder), 0);
    ck_assert_int_eq(read_secret(FILE_TRUSTED), modes[_i].trusted);
    ck_assert_int_eq(read_secret(FILE_SECRET), modes[_i].secret);
    if (!modes[_i].secret) {
        ck_assert_int_eq(fixture.why.kind, FAILURE_DENIED);
        CHECK_CONTAINS(fixture.why.text, "is not safe");
        ck_assert_ptr_null(strstr(fixture.why.text, "hunter"));
        ck_assert_uint_eq(fixture.content.size, 0);
    }
}
END_TEST

START_TEST(a_link_and_a_second_name_are_refused)
{
    ck_assert_int_eq(rename(SECRET, OTHER), 0);
    ck_assert_int_eq(chmod(OTHER, 0600), 0);
    ck_assert_int_eq(symlink("other", SECRET), 0);
    CHECK_FAILED(read_secret(FILE_SECRET), FAILURE_DENIED, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "it is a link");
    ck_assert_int_eq(unlink(SECRET), 0);
    ck_assert_int_eq(link(OTHER, SECRET), 0);
    CHECK_FAILED(read_secret(FILE_TRUSTED), FAILURE_DENIED, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "several names");
}
END_TEST

START_TEST(a_pipe_is_not_waited_for)
{
    ck_assert_int_eq(unlink(SECRET), 0);
    ck_assert_int_eq(mkfifo(SECRET, 0600), 0);
    CHECK_FAILED(read_secret(FILE_SECRET), FAILURE_FORMAT, fixture.why);
}
END_TEST

START_TEST(the_file_of_another_user_is_refused)
{
    if (geteuid() != 0) {
        return; /* only root can give a file away */
    }
    ck_assert_int_eq(chmod(SECRET, 0600), 0);
    ck_assert_int_eq(chown(SECRET, 12345, 0), 0);
    CHECK_FAILED(read_secret(FILE_TRUSTED), FAILURE_DENIED, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "another user");
}
END_TEST

static const struct {
    mode_t mode;
    uid_t owner;
    enum file_folder what;
} folders[] = {{0750, 0, FILE_FOLDER_OURS},        {0755, 0, FILE_FOLDER_OURS},
               {01777, 0, FILE_FOLDER_SHARED},     {0770, 0, FILE_FOLDER_OPEN},
               {0707, 0, FILE_FOLDER_OPEN},        {0700, 12345, FILE_FOLDER_FOREIGN},
               {01777, 12345, FILE_FOLDER_FOREIGN}};

START_TEST(a_folder_is_judged_by_its_owner_and_by_who_may_write_into_it)
{
    if (geteuid() != 0) {
        return;
    }
    ck_assert_int_eq(chmod(FOLDER, folders[_i].mode), 0);
    ck_assert_int_eq(chown(FOLDER, folders[_i].owner, 0), 0);
    ck_assert_int_eq(file_judge_folder(FOLDER, &fixture.why), folders[_i].what);
    ck_assert_int_eq(chown(FOLDER, 0, 0), 0);
}
END_TEST

START_TEST(what_is_no_folder_is_none)
{
    ck_assert_int_eq(file_judge_folder(SECRET, &fixture.why), FILE_FOLDER_UNKNOWN);
    ck_assert_int_eq(file_judge_folder(OTHER, &fixture.why), FILE_FOLDER_MISSING);
    ck_assert_int_eq(symlink(".", OTHER), 0);
    ck_assert_int_eq(file_judge_folder(OTHER, &fixture.why),
                     geteuid() == 0 ? FILE_FOLDER_OURS : FILE_FOLDER_FOREIGN);
    if (geteuid() == 0) {
        ck_assert_int_eq(lchown(OTHER, 12345, 0), 0);
        ck_assert_int_eq(file_judge_folder(OTHER, &fixture.why), FILE_FOLDER_FOREIGN);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file_guard_linux");
    TCase *tests = tcase_create("file_guard_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_mode_tells_whether_others_have_their_hands_on_it, 0,
                        COUNT_OF(modes));
    tcase_add_test(tests, a_link_and_a_second_name_are_refused);
    tcase_add_test(tests, a_pipe_is_not_waited_for);
    tcase_add_test(tests, the_file_of_another_user_is_refused);
    tcase_add_loop_test(tests, a_folder_is_judged_by_its_owner_and_by_who_may_write_into_it, 0,
                        COUNT_OF(folders));
    tcase_add_test(tests, what_is_no_folder_is_none);
    suite_add_tcase(suite, tests);
    return support_run_suite(suite);
}
