/* SPDX-License-Identifier: MIT */

#include "base/file_guard.h"

#include <windows.h>
#include <sddl.h>

#include "tests/support.h"

#define SECRET "guard.secret"
#define FOLDER "guard.d"

static struct {
    struct text content;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    DeleteFileW(L"" SECRET);
    RemoveDirectoryW(L"" FOLDER);
}

static void close_fixture(void)
{
    text_clear(&fixture.content);
    DeleteFileW(L"" SECRET);
    RemoveDirectoryW(L"" FOLDER);
}

static void set_access(const wchar_t *path, const wchar_t *access)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;

    ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorW(access, SDDL_REVISION_1,
                                                                   &descriptor, NULL));
    ck_assert(SetFileSecurityW(
        path, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, descriptor));
    LocalFree(descriptor);
}

/* SY: SYSTEM, BA: administrators, OW: the owner, WD: everyone, BU: users. */
static const struct {
    const wchar_t *access;
    bool trusted;
    bool secret;
} lists[] = {
    {L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)", true, true},
    {L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)(A;;FR;;;WD)", true, false},
    {L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)(A;;FA;;;WD)", false, false},
};

START_TEST(the_access_list_tells_whether_others_have_their_hands_on_it)
{
    support_write_text(SECRET, "hunter2");
    set_access(L"" SECRET, lists[_i].access);
    ck_assert_msg(file_read_guarded(&fixture.content, SECRET, FILE_TRUSTED, 100, &fixture.why) ==
                      lists[_i].trusted,
                  "%s", fixture.why.text);
    text_reset(&fixture.content);
    ck_assert_msg(file_read_guarded(&fixture.content, SECRET, FILE_SECRET, 100, &fixture.why) ==
                      lists[_i].secret,
                  "%s", fixture.why.text);
    if (!lists[_i].secret) {
        ck_assert_int_eq(fixture.why.kind, FAILURE_DENIED);
        ck_assert_ptr_null(strstr(fixture.why.text, "hunter"));
    }
}
END_TEST

static const struct {
    const wchar_t *access;
    enum file_folder what;
} folders[] = {
    {L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)", FILE_FOLDER_OURS},
    {L"D:P(A;OICI;FA;;;SY)(A;OICI;FRFX;;;WD)(A;OICI;FA;;;OW)", FILE_FOLDER_OURS},
    {L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;WD)", FILE_FOLDER_OPEN},
};

START_TEST(a_folder_is_judged_by_who_may_write_into_it)
{
    ck_assert(CreateDirectoryW(L"" FOLDER, NULL));
    set_access(L"" FOLDER, folders[_i].access);
    ck_assert_msg(file_judge_folder(FOLDER, &fixture.why) == folders[_i].what, "%s",
                  fixture.why.text);
}
END_TEST

START_TEST(what_is_no_folder_is_none)
{
    support_write_text(SECRET, "hunter2");
    ck_assert_int_eq(file_judge_folder(SECRET, &fixture.why), FILE_FOLDER_UNKNOWN);
    ck_assert_int_eq(file_judge_folder(FOLDER, &fixture.why), FILE_FOLDER_MISSING);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file_guard_win32");
    TCase *tests = tcase_create("file_guard_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_access_list_tells_whether_others_have_their_hands_on_it, 0,
                        COUNT_OF(lists));
    tcase_add_loop_test(tests, a_folder_is_judged_by_who_may_write_into_it, 0, COUNT_OF(folders));
    tcase_add_test(tests, what_is_no_folder_is_none);
    suite_add_tcase(suite, tests);
    return support_run_suite(suite);
}
