/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "base/utf16le.h"

static const struct {
    const char *bytes;
    size_t units;
    const char *text;
} texts[] = {
    {"", 0, ""},
    {"A\0b\0", 2, "Ab"},
    {"\xfc\0\x65\x67", 2, "\xc3\xbc\xe6\x9d\xa5"},
    {"\x3d\xd8\x00\xde", 2, "\xf0\x9f\x98\x80"},         /* a pair */
    {"\xff\xdb\xff\xdf", 2, "\xf4\x8f\xbf\xbf"},         /* the last of all */
    {"\x3d\xd8", 1, "\xef\xbf\xbd"},                     /* the second half is missing */
    {"\x3d\xd8\x41\0", 2, "\xef\xbf\xbd\x41"},           /* something else follows */
    {"\x00\xde\x3d\xd8", 2, "\xef\xbf\xbd\xef\xbf\xbd"}, /* the wrong way round */
    {"\x3d\xd8\x3d\xd8\x00\xde", 3, "\xef\xbf\xbd\xf0\x9f\x98\x80"},
};

START_TEST(units_become_utf8_whatever_they_are)
{
    struct text text = {0};

    utf16le_add(&text, (const uint8_t *)texts[_i].bytes, texts[_i].units);
    ck_assert_str_eq(text_bytes(&text), texts[_i].text);
    text_clear(&text);
}
END_TEST

static Suite *utf16le_suite(void)
{
    Suite *suite = suite_create("utf16le");
    TCase *tests = tcase_create("tests");

    tcase_add_loop_test(tests, units_become_utf8_whatever_they_are, 0, COUNT_OF(texts));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(utf16le_suite());
}
