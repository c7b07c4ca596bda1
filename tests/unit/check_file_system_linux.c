/* SPDX-License-Identifier: MIT */

#include "base/file_place.h"
#include "base/file_system_linux.h"
#include "tests/support.h"

/* Numbers of statfs(2), "Filesystem types". */
static const struct {
    unsigned long type;
    enum file_system_kind kind;
} types[] = {
    {0xef53, FILE_SYSTEM_LOCAL},       {0x9123683e, FILE_SYSTEM_LOCAL},
    {0x01021994, FILE_SYSTEM_LOCAL},   {0x9fa0, FILE_SYSTEM_KERNEL},
    {0x62656572, FILE_SYSTEM_KERNEL},  {0x6969, FILE_SYSTEM_REMOTE},
    {0xff534d42, FILE_SYSTEM_REMOTE},  {0xffffffffff534d42, FILE_SYSTEM_REMOTE},
    {0xfe534d42, FILE_SYSTEM_REMOTE},  {0x517b, FILE_SYSTEM_REMOTE},
    {0x01021997, FILE_SYSTEM_REMOTE},  {0x65735546, FILE_SYSTEM_STRANGE},
    {0x12345678, FILE_SYSTEM_STRANGE},
};

START_TEST(a_file_system_is_of_the_kind_that_its_number_says)
{
    ck_assert_int_eq(file_system_find(types[_i].type)->kind, types[_i].kind);
}
END_TEST

START_TEST(what_is_here_is_local_and_what_is_nowhere_is_not_known)
{
    ck_assert_int_eq(file_place_of("/proc/self"), FILE_PLACE_LOCAL);
    ck_assert_int_eq(file_place_of("not/here"), FILE_PLACE_UNKNOWN);
    ck_assert_int_ne(file_place_of("."), FILE_PLACE_REMOTE);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("file_system_linux");
    TCase *tests = tcase_create("kinds");

    tcase_add_loop_test(tests, a_file_system_is_of_the_kind_that_its_number_says, 0,
                        COUNT_OF(types));
    tcase_add_test(tests, what_is_here_is_local_and_what_is_nowhere_is_not_known);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
