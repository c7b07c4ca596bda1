/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/settings_policy.h"
#include "tests/fake_policy.h"
#include "tests/support.h"

static const char *const speeds[] = {"slow", "fast", NULL};

static const struct setting_key keys[] = {
    {.name = "a.every", .kind = SETTING_DURATION, .fallback = "1s", .help = "h", .policy = "Every"},
    {.name = "a.hash", .kind = SETTING_BOOL, .fallback = "true", .help = "h", .policy = "Hash"},
    {.name = "a.pages", .kind = SETTING_NUMBER, .maximum = 9, .help = "h", .policy = "Pages"},
    {.name = "a.speed", .kind = SETTING_CHOICE, .choices = speeds, .help = "h", .policy = "Speed"},
    {.name = "a.texts", .kind = SETTING_TEXT_LIST, .help = "h", .policy = "Texts"},
    {.name = "a.free", .kind = SETTING_NUMBER, .help = "h"},
};
static const struct setting_table table = {.part = "A", .keys = keys, .count = COUNT_OF(keys)};
static setting_tables tables = {&table, NULL};

static struct {
    struct settings *settings;
    struct text unknown;
    struct failure why;
} fixture;

static void set_up(void)
{
    static const char file[] = "a: {every: 5s, pages: 3, texts: [x]}";

    CHECK_DONE(
        settings_parse(&fixture.settings, "p.yaml", file, sizeof(file) - 1, tables, &fixture.why),
        fixture.why);
}

static void tear_down(void)
{
    settings_free(fixture.settings);
    fixture.settings = NULL;
    text_clear(&fixture.unknown);
    fake_policy_set(NULL, 0);
}

static bool apply(void)
{
    return settings_apply_policies(fixture.settings, tables, &fixture.unknown, &fixture.why);
}

START_TEST(without_policies_the_file_counts)
{
    CHECK_DONE(apply(), fixture.why);
    ck_assert_int_eq(settings_number(fixture.settings, "a.every"), 5000);
    ck_assert_uint_eq(fixture.unknown.size, 0);
}
END_TEST

START_TEST(policies_win_over_file_and_default)
{
    static const struct policy policies[] = {
        {.name = "EVERY", .kind = POLICY_TEXT, .text = "30s"},
        {.name = "Hash", .kind = POLICY_NUMBER, .number = 0},
        {.name = "Pages", .kind = POLICY_NUMBER, .number = 7},
        {.name = "Speed", .kind = POLICY_TEXT, .text = "fast"},
        {.name = "Texts", .kind = POLICY_LIST, .text = "it's\0[b]\0"},
    };

    fake_policy_set(policies, COUNT_OF(policies));
    CHECK_DONE(apply(), fixture.why);
    ck_assert_int_eq(settings_number(fixture.settings, "a.every"), 30000);
    ck_assert(!settings_bool(fixture.settings, "a.hash"));
    ck_assert_int_eq(settings_number(fixture.settings, "a.pages"), 7);
    ck_assert_str_eq(settings_text(fixture.settings, "a.speed"), "fast");
    ck_assert_uint_eq(settings_count(fixture.settings, "a.texts"), 2);
    ck_assert_str_eq(settings_text_at(fixture.settings, "a.texts", 0), "it's");
    ck_assert_str_eq(settings_text_at(fixture.settings, "a.texts", 1), "[b]");
    ck_assert_int_eq(settings_place(fixture.settings, "a.every").origin, SETTING_FROM_POLICY);
    ck_assert_str_eq(settings_place(fixture.settings, "a.every").file,
                     "HKLM\\SOFTWARE\\Policies\\PortLedger\\EVERY");
}
END_TEST

START_TEST(a_text_is_a_list_of_one_and_no_text_is_none)
{
    static const struct policy one[] = {{.name = "Texts", .kind = POLICY_TEXT, .text = "a, b\0"}};
    static const struct policy none[] = {{.name = "Texts", .kind = POLICY_LIST, .text = "\0"}};

    fake_policy_set(one, 1);
    CHECK_DONE(apply(), fixture.why);
    ck_assert_uint_eq(settings_count(fixture.settings, "a.texts"), 1);
    ck_assert_str_eq(settings_text_at(fixture.settings, "a.texts", 0), "a, b");
    fake_policy_set(none, 1);
    CHECK_DONE(apply(), fixture.why);
    ck_assert_uint_eq(settings_count(fixture.settings, "a.texts"), 0);
}
END_TEST

START_TEST(policies_that_nobody_knows_are_named)
{
    static const struct policy policies[] = {
        {.name = "Newer", .kind = POLICY_NUMBER, .number = 1},
        {.name = "free", .kind = POLICY_NUMBER, .number = 1},
    };

    fake_policy_set(policies, COUNT_OF(policies));
    CHECK_DONE(apply(), fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.unknown), "Newer, free");
    ck_assert_int_eq(settings_number(fixture.settings, "a.free"), 0);
}
END_TEST

static const struct {
    struct policy policy;
    const char *text;
} wrong[] = {
    {{.name = "Every", .kind = POLICY_NUMBER, .number = 5},
     "HKLM\\SOFTWARE\\Policies\\PortLedger\\Every: a.every: \"5\" does not say of what"},
    {{.name = "Every", .kind = POLICY_LIST, .text = "5s\0"},
     "HKLM\\SOFTWARE\\Policies\\PortLedger\\Every: the value is of the wrong type; REG_SZ is "
     "right"},
    {{.name = "Texts", .kind = POLICY_NUMBER, .number = 5},
     "Texts: the value is of the wrong type; REG_MULTI_SZ is right"},
    {{.name = "Hash", .kind = POLICY_NUMBER, .number = 2}, "Hash: a.hash: \"2\""},
    {{.name = "Pages", .kind = POLICY_OTHER}, "Pages: the value is of the wrong type"},
    {{.name = "Pages", .kind = POLICY_NUMBER, .number = UINT64_MAX}, "Pages: a.pages: "},
    {{.name = "Speed", .kind = POLICY_TEXT, .text = "quick"}, "Speed: a.speed: \"quick\""},
};

START_TEST(a_wrong_policy_is_refused_by_its_name)
{
    fake_policy_set(&wrong[_i].policy, 1);
    CHECK_FAILED(apply(), FAILURE_SETTINGS, fixture.why);
    CHECK_CONTAINS(fixture.why.text, wrong[_i].text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settings_policy");
    TCase *tcase = tcase_create("settings_policy");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, without_policies_the_file_counts);
    tcase_add_test(tcase, policies_win_over_file_and_default);
    tcase_add_test(tcase, a_text_is_a_list_of_one_and_no_text_is_none);
    tcase_add_test(tcase, policies_that_nobody_knows_are_named);
    tcase_add_loop_test(tcase, a_wrong_policy_is_refused_by_its_name, 0, COUNT_OF(wrong));
    suite_add_tcase(suite, tcase);
    return support_run_suite(suite);
}
