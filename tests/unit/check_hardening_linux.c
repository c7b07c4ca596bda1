/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <unistd.h>

#include "service/hardening.h"

START_TEST(a_hardened_program_says_so)
{
    struct text text = {0};

    hardening_apply();
    ck_assert(hardening_describe((uint32_t)getpid(), &text));
    CHECK_CONTAINS(text_bytes(&text), "no privileges by exec");
    text_clear(&text);
}
END_TEST

START_TEST(of_a_program_that_is_not_there_nothing_is_told)
{
    struct text text = {0};

    ck_assert(!hardening_describe(0x7fffffff, &text));
    ck_assert_uint_eq(text.size, 0);
    text_clear(&text);
}
END_TEST

static Suite *hardening_suite(void)
{
    Suite *suite = suite_create("hardening_linux");
    TCase *tests = tcase_create("hardening_linux");

    tcase_add_test(tests, a_hardened_program_says_so);
    tcase_add_test(tests, of_a_program_that_is_not_there_nothing_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(hardening_suite());
}
