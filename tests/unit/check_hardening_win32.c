/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "service/hardening.h"
#include "tests/fake_mitigation_calls_win32.h"

static struct text text;

static void open_fixture(void)
{
    memset(&fake_mitigations, 0, sizeof(fake_mitigations));
    for (int i = 0; i < FAKE_POLICIES; i++) {
        fake_mitigations.knows[i] = 0xff;
    }
}

static void close_fixture(void)
{
    text_clear(&text);
}

static const char *described(void)
{
    text_reset(&text);
    ck_assert(hardening_describe(1, &text));
    return text_bytes(&text);
}

START_TEST(a_windows_that_has_all_takes_all_but_what_is_on_request)
{
    hardening_apply();
    ck_assert_uint_eq(fake_mitigations.set[ProcessExtensionPointDisablePolicy], 1);
    ck_assert_uint_eq(fake_mitigations.set[ProcessImageLoadPolicy], 7);
    ck_assert_uint_eq(fake_mitigations.set[ProcessRedirectionTrustPolicy], 1);
    ck_assert_uint_eq(fake_mitigations.set[ProcessChildProcessPolicy], 1);
    ck_assert_uint_eq(fake_mitigations.set[ProcessDynamicCodePolicy], 0);
    ck_assert_str_eq(described(),
                     "extension points off, no remote images, no low-label images, System32 "
                     "preferred, links of ordinary users not followed, no child processes");
}
END_TEST

START_TEST(no_dynamic_code_is_on_request)
{
    hardening_forbid_dynamic_code();
    ck_assert_uint_eq(fake_mitigations.set[ProcessDynamicCodePolicy], 1);
    ck_assert_uint_eq(fake_mitigations.set[ProcessImageLoadPolicy], 0);
    ck_assert_str_eq(described(), "no dynamic code");
}
END_TEST

START_TEST(an_older_windows_takes_what_it_knows)
{
    fake_mitigations.knows[ProcessImageLoadPolicy] = 3; /* it cannot prefer System32 */
    fake_mitigations.knows[ProcessRedirectionTrustPolicy] = 0;
    hardening_apply();
    ck_assert_uint_eq(fake_mitigations.set[ProcessImageLoadPolicy], 3);
    ck_assert_str_eq(described(), "extension points off, no remote images, no low-label images, "
                                  "no child processes");
}
END_TEST

START_TEST(a_windows_without_mitigations_goes_without)
{
    fake_mitigations.missing = true;
    hardening_apply();
    ck_assert_str_eq(described(), "none");
}
END_TEST

START_TEST(what_may_not_be_asked_is_not_told)
{
    fake_mitigations.denied = true;
    ck_assert(!hardening_describe(1, &text));
    ck_assert_uint_eq(text.size, 0);
}
END_TEST

static Suite *hardening_suite(void)
{
    Suite *suite = suite_create("hardening_win32");
    TCase *tests = tcase_create("hardening_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_windows_that_has_all_takes_all_but_what_is_on_request);
    tcase_add_test(tests, no_dynamic_code_is_on_request);
    tcase_add_test(tests, an_older_windows_takes_what_it_knows);
    tcase_add_test(tests, a_windows_without_mitigations_goes_without);
    tcase_add_test(tests, what_may_not_be_asked_is_not_told);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(hardening_suite());
}
