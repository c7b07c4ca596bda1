/* SPDX-License-Identifier: MIT */

#include "base/file_place.h"
#include "tests/support.h"

static const struct {
    const char *path;
    enum file_place place;
} paths[] = {
    {"C:\\windows", FILE_PLACE_LOCAL},
    {"C:/windows", FILE_PLACE_LOCAL},
    {"\\\\?\\C:\\windows", FILE_PLACE_LOCAL},
    {"check_file_place", FILE_PLACE_LOCAL},
    {"\\\\server\\share\\ledger.db", FILE_PLACE_REMOTE},
    {"//server/share/ledger.db", FILE_PLACE_REMOTE},
    {"\\\\?\\UNC\\server\\share\\ledger.db", FILE_PLACE_REMOTE},
    {"\\\\?\\unc\\server\\share\\ledger.db", FILE_PLACE_REMOTE},
};

START_TEST(a_share_of_a_server_is_remote)
{
    ck_assert_msg(file_place_of(paths[_i].path) == paths[_i].place, "%s", paths[_i].path);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("file_place_win32");
    TCase *tests = tcase_create("place");

    tcase_add_loop_test(tests, a_share_of_a_server_is_remote, 0, COUNT_OF(paths));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
