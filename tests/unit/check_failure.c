/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/failure_system.h"
#include "base/text.h"
#include "tests/support.h"

static struct failure why;

static void open_fixture(void)
{
    memset(&why, 0, sizeof(why));
}

static bool open_something(const char *path)
{
    return FAIL(&why, FAILURE_MISSING, 2, "cannot open %s", path);
}

START_TEST(a_failure_has_a_kind_a_code_and_words)
{
    ck_assert(!open_something("ledger.db"));
    ck_assert_int_eq(why.kind, FAILURE_MISSING);
    ck_assert_int_eq(why.code, 2);
    ck_assert_str_eq(why.text, "cannot open ledger.db");
}
END_TEST

START_TEST(words_can_be_put_before_a_failure)
{
    ck_assert(!open_something("ledger.db"));
    failure_set(&why, why.kind, why.code, "the service did not start: %s", why.text);
    ck_assert_int_eq(why.kind, FAILURE_MISSING);
    ck_assert_str_eq(why.text, "the service did not start: cannot open ledger.db");
}
END_TEST

/* What comes from outside, and what is shown of it. */
static const struct {
    const char *path;
    const char *text;
} hostile[] = {
    {"a\nb", "cannot open a\\nb"},
    {"\x1B[2J", "cannot open \\x1B[2J"},
    {"\xFFz", "cannot open \\xFFz"},
    {"a\xE2\x80\xAE"
     "b",
     "cannot open a\\u{202E}b"},
    {"C:\\new\\table", "cannot open C:\\new\\table"},
    {"\xC3\xA4\xE2\x82\xAC", "cannot open \xC3\xA4\xE2\x82\xAC"},
};

START_TEST(the_text_is_one_line_that_a_terminal_does_not_act_upon)
{
    ck_assert(!open_something(hostile[_i].path));
    ck_assert_str_eq(why.text, hostile[_i].text);
    failure_set(&why, why.kind, why.code, "%s", why.text);
    ck_assert_str_eq(why.text, hostile[_i].text);
}
END_TEST

/* Lengths around the end of the text: every place in a three-byte character is cut once. */
START_TEST(a_long_text_is_cut_between_two_characters)
{
    struct text path = {0};

    text_add_repeated(&path, 'x', sizeof(why.text) - 20 + (size_t)_i);
    for (int i = 0; i < 10; i++) {
        text_add(&path, "\xE2\x82\xAC");
    }
    ck_assert(!open_something(text_bytes(&path)));
    ck_assert_uint_lt(strlen(why.text), sizeof(why.text));
    ck_assert_uint_ge(strlen(why.text), sizeof(why.text) - 4);
    ck_assert_uint_eq(text_whole(why.text, strlen(why.text)), strlen(why.text));
    ck_assert_ptr_null(strstr(why.text, "\\x"));
    text_clear(&path);
}
END_TEST

START_TEST(an_escape_is_not_cut)
{
    struct text path = {0};

    text_add_repeated(&path, 'x', sizeof(why.text) - 20 + (size_t)_i);
    text_add(&path, "\x1B\x1B");
    ck_assert(!open_something(text_bytes(&path)));
    for (const char *at = strchr(why.text, '\\'); at != NULL; at = strchr(at + 1, '\\')) {
        ck_assert_int_eq(strncmp(at, "\\x1B", 4), 0);
    }
    text_clear(&path);
}
END_TEST

/* A code of the system with a kind: the first of each, as the system's table has it. */
static long code_of(enum failure_kind kind)
{
    for (size_t i = 0; i < failure_code_count; i++) {
        if (failure_codes[i].kind == kind) {
            return failure_codes[i].code;
        }
    }
    ck_abort_msg("the system has no code of the kind");
    return 0;
}

static const enum failure_kind kinds[] = {FAILURE_DENIED, FAILURE_MISSING, FAILURE_BUSY,
                                          FAILURE_MEMORY};

START_TEST(a_code_of_the_system_gets_its_kind_and_its_words)
{
    long code = code_of(kinds[_i]);

    ck_assert(!failure_from_system(&why, code, "cannot open %s", "ledger.db"));
    ck_assert_int_eq(why.kind, kinds[_i]);
    ck_assert_int_eq(why.code, code);
    ck_assert_int_eq(strncmp(why.text, "cannot open ledger.db: ", 23), 0);
    ck_assert_uint_gt(strlen(why.text), 30);
}
END_TEST

START_TEST(any_other_code_is_a_failure_of_the_system)
{
    ck_assert(!failure_from_system(&why, 54321, "cannot do it"));
    ck_assert_int_eq(why.kind, FAILURE_SYSTEM);
    ck_assert_int_eq(why.code, 54321);
    CHECK_CONTAINS(why.text, "cannot do it: ");
    CHECK_CONTAINS(why.text, "54321");
}
END_TEST

START_TEST(words_of_the_system_fit_any_room)
{
    char words[8];

    for (size_t size = 1; size <= sizeof(words); size++) {
        memset(words, 'x', sizeof(words));
        failure_describe(words, size, code_of(FAILURE_DENIED));
        ck_assert_uint_lt(strlen(words), size);
    }
}
END_TEST

START_TEST(words_before_and_words_of_the_system_may_share_the_text)
{
    ck_assert(!open_something("ledger.db"));
    ck_assert(!failure_from_system(&why, code_of(FAILURE_DENIED), "retried: %s", why.text));
    ck_assert_int_eq(why.kind, FAILURE_DENIED);
    ck_assert_int_eq(strncmp(why.text, "retried: cannot open ledger.db: ", 32), 0);
}
END_TEST

static Suite *failure_suite(void)
{
    Suite *suite = suite_create("failure");
    TCase *tests = tcase_create("failure");

    tcase_add_checked_fixture(tests, open_fixture, NULL);
    tcase_add_test(tests, a_failure_has_a_kind_a_code_and_words);
    tcase_add_test(tests, words_can_be_put_before_a_failure);
    tcase_add_loop_test(tests, the_text_is_one_line_that_a_terminal_does_not_act_upon, 0,
                        COUNT_OF(hostile));
    tcase_add_loop_test(tests, a_long_text_is_cut_between_two_characters, 0, 12);
    tcase_add_loop_test(tests, an_escape_is_not_cut, 0, 12);
    tcase_add_loop_test(tests, a_code_of_the_system_gets_its_kind_and_its_words, 0,
                        COUNT_OF(kinds));
    tcase_add_test(tests, any_other_code_is_a_failure_of_the_system);
    tcase_add_test(tests, words_of_the_system_fit_any_room);
    tcase_add_test(tests, words_before_and_words_of_the_system_may_share_the_text);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(failure_suite());
}
