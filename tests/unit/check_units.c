/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/units.h"
#include "tests/support.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct {
    struct text text;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    text_clear(&fixture.text);
}

static const struct {
    const char *word;
    int64_t milliseconds;
    const char *shown;
} durations[] = {
    {"0", 0, "0"},
    {"0s", 0, "0"},
    {"250ms", 250, "250ms"},
    {"1000ms", SECOND, "1s"},
    {"30s", 30 * SECOND, "30s"},
    {"90s", 90 * SECOND, "1m30s"},
    {"5m", 5 * MINUTE, "5m"},
    {"1h30m", 90 * MINUTE, "1h30m"},
    {"24h", DAY, "1d"},
    {"1w1d1h1m1s1ms", 8 * DAY + HOUR + MINUTE + SECOND + 1, "8d1h1m1s1ms"},
    {"400d", 400 * DAY, "400d"},
    {"3w", 21 * DAY, "21d"},
    {"9223372036854775807ms", INT64_MAX, "106751991167d7h12m55s807ms"},
};

START_TEST(a_duration_is_read_and_written)
{
    int64_t milliseconds;

    CHECK_DONE(units_parse_duration(durations[_i].word, &milliseconds, &fixture.why), fixture.why);
    ck_assert_int_eq(milliseconds, durations[_i].milliseconds);
    units_add_duration(&fixture.text, milliseconds);
    ck_assert_str_eq(text_bytes(&fixture.text), durations[_i].shown);
    CHECK_DONE(units_parse_duration(text_bytes(&fixture.text), &milliseconds, &fixture.why),
               fixture.why);
    ck_assert_int_eq(milliseconds, durations[_i].milliseconds);
}
END_TEST

static const char *const bad_durations[] = {
    "",    "s",     "5x",   "5 m",  " 5m",  "5m ",  "-5m",  "+5m", "1.5h", "5M",
    "5mi", "30m1h", "1h1h", "1h30", "5min", "0x5s", "5,5s", "m5",  "1m1w", "\xC2\xB5s",
};

START_TEST(what_is_no_duration_is_refused_with_the_forms)
{
    int64_t milliseconds = 77;

    CHECK_FAILED(units_parse_duration(bad_durations[_i], &milliseconds, &fixture.why),
                 FAILURE_FORMAT, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "is no duration; write a whole number with its unit");
    CHECK_CONTAINS(fixture.why.text, bad_durations[_i]);
    ck_assert_int_eq(milliseconds, 77);
}
END_TEST

static const struct {
    const char *word;
    const char *text;
} unclear[] = {
    {"5", "\"5\" does not say of what; write 5s or 5m"},
    {"00", "\"00\" does not say of what; write 00s or 00m"},
    {"9223372036854775808ms", "\"9223372036854775808ms\" is too large"},
    {"9223372036854775807s", "\"9223372036854775807s\" is too large"},
    {"106751991167d7h12m55s808ms", "\"106751991167d7h12m55s808ms\" is too large"},
};

START_TEST(a_bare_number_and_one_too_large_are_told_apart)
{
    int64_t milliseconds;

    CHECK_FAILED(units_parse_duration(unclear[_i].word, &milliseconds, &fixture.why),
                 FAILURE_FORMAT, fixture.why);
    ck_assert_str_eq(fixture.why.text, unclear[_i].text);
}
END_TEST

static const struct {
    const char *word;
    int64_t bytes;
    const char *shown;
} sizes[] = {
    {"0", 0, "0B"},
    {"0B", 0, "0B"},
    {"512B", 512, "512B"},
    {"1500B", 1500, "1500B"},
    {"64KiB", 65536, "64KiB"},
    {"1024KiB", 1 << 20, "1MiB"},
    {"64MiB", 64 << 20, "64MiB"},
    {"4GiB", INT64_C(4) << 30, "4GiB"},
    {"1TiB", INT64_C(1) << 40, "1TiB"},
    {"5kB", 5000, "5kB"},
    {"3MB", 3000000, "3MB"},
    {"4GB", INT64_C(4000000000), "4GB"},
    {"2TB", INT64_C(2000000000000), "2TB"},
    {"9223372036854775807B", INT64_MAX, "9223372036854775807B"},
};

START_TEST(a_size_is_read_and_written)
{
    int64_t bytes;

    CHECK_DONE(units_parse_size(sizes[_i].word, &bytes, &fixture.why), fixture.why);
    ck_assert_int_eq(bytes, sizes[_i].bytes);
    units_add_size(&fixture.text, bytes);
    ck_assert_str_eq(text_bytes(&fixture.text), sizes[_i].shown);
    CHECK_DONE(units_parse_size(text_bytes(&fixture.text), &bytes, &fixture.why), fixture.why);
    ck_assert_int_eq(bytes, sizes[_i].bytes);
}
END_TEST

static const struct {
    const char *word;
    const char *text;
} bad_sizes[] = {
    {"500", "\"500\" does not say of what; write 500MiB or 500GiB"},
    {"4G", "\"4G\" is no size; write 4GiB or 4GB"},
    {"4gb", "\"4gb\" is no size; write 4GiB or 4GB"},
    {"64KB", "\"64KB\" is no size; write 64KiB or 64kB"},
    {"1t", "\"1t\" is no size; write 1TiB or 1TB"},
    {"9000000TiB", "\"9000000TiB\" is too large"},
    {"99999999999999999999B", "\"99999999999999999999B\" is too large"},
    {"", "\"\" is no size; write a whole number with its unit, such as 512B, 64KiB, 64MiB or 4GiB"},
    {"GiB", "\"GiB\" is no size; write a whole number with its unit, such as 512B, 64KiB, 64MiB or "
            "4GiB"},
    {"1.5GiB", "\"1.5GiB\" is no size; write a whole number with its unit, such as 512B, 64KiB, "
               "64MiB or 4GiB"},
    {"4 GiB", "\"4 GiB\" is no size; write a whole number with its unit, such as 512B, 64KiB, "
              "64MiB or 4GiB"},
    {"-4GiB", "\"-4GiB\" is no size; write a whole number with its unit, such as 512B, 64KiB, "
              "64MiB or 4GiB"},
};

START_TEST(what_is_no_size_is_refused_with_what_would_be_one)
{
    int64_t bytes = 77;

    CHECK_FAILED(units_parse_size(bad_sizes[_i].word, &bytes, &fixture.why), FAILURE_FORMAT,
                 fixture.why);
    ck_assert_str_eq(fixture.why.text, bad_sizes[_i].text);
    ck_assert_int_eq(bytes, 77);
}
END_TEST

static const struct {
    const char *word;
    int64_t number;
} numbers[] = {
    {"0", 0}, {"-0", 0}, {"007", 7}, {"-12", -12}, {"9223372036854775807", INT64_MAX},
};

START_TEST(a_whole_number_is_read)
{
    int64_t number;

    CHECK_DONE(units_parse_number(numbers[_i].word, &number, &fixture.why), fixture.why);
    ck_assert_int_eq(number, numbers[_i].number);
}
END_TEST

static const char *const bad_numbers[] = {
    "", "-", "--1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "1_000", "1,000", "9223372036854775808",
};

START_TEST(what_is_no_whole_number_is_refused)
{
    int64_t number;

    CHECK_FAILED(units_parse_number(bad_numbers[_i], &number, &fixture.why), FAILURE_FORMAT,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, bad_numbers[_i]);
}
END_TEST

START_TEST(negative_amounts_are_written_with_a_minus)
{
    units_add_duration(&fixture.text, -90 * SECOND);
    text_add_char(&fixture.text, ' ');
    units_add_duration_rough(&fixture.text, -1500);
    text_add_char(&fixture.text, ' ');
    units_add_size(&fixture.text, INT64_MIN);
    ck_assert_str_eq(text_bytes(&fixture.text), "-1m30s -1.5 s -8388608TiB");
}
END_TEST

static const struct {
    int64_t milliseconds;
    const char *shown;
} rough_durations[] = {
    {0, "0 s"},
    {1, "0.001 s"},
    {250, "0.25 s"},
    {999, "0.999 s"},
    {1000, "1 s"},
    {1234, "1.23 s"},
    {14234, "14.2 s"},
    {59999, "59.9 s"},
    {MINUTE, "1 m"},
    {MINUTE + SECOND - 1, "1 m"},
    {5 * MINUTE + 3 * SECOND, "5 m 3 s"},
    {HOUR + 30 * SECOND, "1 h"},
    {2 * DAY + 3 * HOUR + 59 * MINUTE, "2 d 3 h"},
    {400 * DAY, "400 d"},
};

START_TEST(a_rough_duration_has_two_units_at_most)
{
    units_add_duration_rough(&fixture.text, rough_durations[_i].milliseconds);
    ck_assert_str_eq(text_bytes(&fixture.text), rough_durations[_i].shown);
}
END_TEST

static const struct {
    int64_t bytes;
    const char *shown;
} rough_sizes[] = {
    {0, "0 B"},
    {512, "512 B"},
    {999, "999 B"},
    {1000, "0.98 KiB"},
    {1024, "1.00 KiB"},
    {1536, "1.50 KiB"},
    {10235, "10.0 KiB"},
    {102400, "100 KiB"},
    {(1 << 20) - 1, "1.00 MiB"},
    {INT64_C(3368550), "3.21 MiB"},
    {INT64_C(4) << 30, "4.00 GiB"},
    {INT64_MAX, "8.00 EiB"},
};

START_TEST(a_rough_size_has_three_digits)
{
    units_add_size_rough(&fixture.text, rough_sizes[_i].bytes);
    ck_assert_str_eq(text_bytes(&fixture.text), rough_sizes[_i].shown);
}
END_TEST

static Suite *units_suite(void)
{
    Suite *suite = suite_create("units");
    TCase *tests = tcase_create("units");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_duration_is_read_and_written, 0, COUNT_OF(durations));
    tcase_add_loop_test(tests, what_is_no_duration_is_refused_with_the_forms, 0,
                        COUNT_OF(bad_durations));
    tcase_add_loop_test(tests, a_bare_number_and_one_too_large_are_told_apart, 0,
                        COUNT_OF(unclear));
    tcase_add_loop_test(tests, a_size_is_read_and_written, 0, COUNT_OF(sizes));
    tcase_add_loop_test(tests, what_is_no_size_is_refused_with_what_would_be_one, 0,
                        COUNT_OF(bad_sizes));
    tcase_add_loop_test(tests, a_whole_number_is_read, 0, COUNT_OF(numbers));
    tcase_add_loop_test(tests, what_is_no_whole_number_is_refused, 0, COUNT_OF(bad_numbers));
    tcase_add_test(tests, negative_amounts_are_written_with_a_minus);
    tcase_add_loop_test(tests, a_rough_duration_has_two_units_at_most, 0,
                        COUNT_OF(rough_durations));
    tcase_add_loop_test(tests, a_rough_size_has_three_digits, 0, COUNT_OF(rough_sizes));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(units_suite());
}
