/* SPDX-License-Identifier: MIT */

#include "base/pattern.h"

#include <check.h>

#include "tests/support.h"

static const struct {
    const char *pattern;
    const char *text;
    bool matches;
} cases[] = {
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"**", "", true},
    {"?", "", false},
    {"a", "a", true},
    {"a", "ab", false},
    {"ab", "a", false},
    {"*.dll", "C:\\Windows\\user32.dll", true},
    {"*.DLL", "c:\\windows\\USER32.dll", true}, /* case does not count */
    {"*.dll", "C:\\Windows\\user32.dll.mui", false},
    {"*\\Temp\\*", "C:\\Users\\a\\Temp\\b\\c.dll", true}, /* * takes separators too */
    {"/lib/libc.so.?", "/lib/libc.so.6", true},
    {"/lib/libc.so.?", "/lib/libc.so.", false},
    {"*ab*ab*", "xaabxab", true}, /* the first * has to give way once */
    {"*ab*ab", "xabxaab", true},
    {"*ab*abc", "xababxab", false},
    {"?.dll", "\xc3\xbc.dll", true}, /* a character of two bytes is one */
    {"??.dll", "\xc3\xbc.dll", false},
    {"?.dll", "\xff.dll", true},             /* and so is a byte that is none */
    {"\xc3\x84.dll", "\xc3\xa4.dll", false}, /* only ASCII letters fold */
};

START_TEST(a_pattern_matches_the_whole_text_or_not_at_all)
{
    ck_assert_msg(pattern_matches(cases[_i].pattern, cases[_i].text) == cases[_i].matches,
                  "\"%s\" and \"%s\"", cases[_i].pattern, cases[_i].text);
}
END_TEST

START_TEST(many_stars_take_no_time)
{
    char pattern[401];
    char text[20001];

    for (size_t i = 0; i < sizeof(pattern) - 1; i++) {
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    }
    memset(text, 'a', sizeof(text) - 1);
    pattern[sizeof(pattern) - 2] = 'b';
    pattern[sizeof(pattern) - 1] = '\0';
    text[sizeof(text) - 1] = '\0';
    ck_assert(!pattern_matches(pattern, text));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("pattern");
    TCase *matching = tcase_create("matching");

    tcase_add_loop_test(matching, a_pattern_matches_the_whole_text_or_not_at_all, 0,
                        COUNT_OF(cases));
    tcase_add_test(matching, many_stars_take_no_time);
    suite_add_tcase(suite, matching);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
