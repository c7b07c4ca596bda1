/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "probes/tls_records.h"

static const struct {
    const char *bytes;
    size_t size;
    enum tls_record_look look;
} beginnings[] = {
    {"", 0, TLS_RECORD_SHORT},
    {"\x16", 1, TLS_RECORD_SHORT},
    {"\x16\x03", 2, TLS_RECORD_SHORT},
    {"\x16\x03\x03\0", 4, TLS_RECORD_SHORT},
    {"\x16\x03\x03\0\2a", 6, TLS_RECORD_SHORT},
    {"\x16\x03\x03\0\2ab", 7, TLS_RECORD_WHOLE},
    {"\x16\x03\x03\0\2abc", 8, TLS_RECORD_WHOLE},
    {"\x17\x03\x01\0\0", 5, TLS_RECORD_WHOLE},
    {"\x16\x03\x03\x48\0", 5, TLS_RECORD_SHORT}, /* the longest there may be */
    {"\x16\x03\x03\x48\1", 5, TLS_RECORD_NONE},
    {"S", 1, TLS_RECORD_NONE},
    {"\x13\x03", 2, TLS_RECORD_NONE},
    {"\x18", 1, TLS_RECORD_NONE},
    {"\x16\x02", 2, TLS_RECORD_NONE},
    {"\x16\x03\x05", 3, TLS_RECORD_NONE},
};

START_TEST(records_are_known_by_their_beginning)
{
    struct tls_record record = {0};

    ck_assert_int_eq(
        tls_record_look((const uint8_t *)beginnings[_i].bytes, beginnings[_i].size, &record),
        beginnings[_i].look);
    if (beginnings[_i].look == TLS_RECORD_WHOLE) {
        ck_assert_uint_eq(record.size, TLS_RECORD_HEADER + record.content_size);
        ck_assert_uint_le(record.size, beginnings[_i].size);
        ck_assert_ptr_eq(record.content, beginnings[_i].bytes + TLS_RECORD_HEADER);
    }
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    int description; /* -1: it is none that can be read */
} alerts[] = {
    {"\x15\x03\x03\0\2\2\x28", 7, 40},
    {"\x15\x03\x03\0\2\1\0", 7, TLS_CLOSE_NOTIFY},
    {"\x15\x03\x03\0\2\3\x28", 7, -1},
    {"\x15\x03\x03\0\3\2\x28\0", 8, -1}, /* encrypted ones are longer */
    {"\x16\x03\x03\0\2\2\x28", 7, -1},
};

START_TEST(alerts_are_read)
{
    struct tls_record record;
    uint8_t description = 0;

    ck_assert_int_eq(tls_record_look((const uint8_t *)alerts[_i].bytes, alerts[_i].size, &record),
                     TLS_RECORD_WHOLE);
    ck_assert_int_eq(tls_record_is_alert(&record, &description), alerts[_i].description >= 0);
    if (alerts[_i].description >= 0) {
        ck_assert_int_eq(description, alerts[_i].description);
    }
}
END_TEST

START_TEST(alerts_have_names)
{
    ck_assert_str_eq(tls_alert_name(0), "close notify");
    ck_assert_str_eq(tls_alert_name(120), "no application protocol");
    ck_assert_ptr_null(tls_alert_name(255));
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *said;
} others[] = {
    {"SSH-2.0-x\r\nmore", 15, "not TLS: SSH-2.0-x"},
    {"\0\1\x1b[31m", 7, "not TLS: \\x00\\x01\\x1B[31m"},
    {"\r\n", 2, "not TLS: 2 bytes that begin with an empty line"},
    {"0123456789012345678901234567890123456789012345678901234567890123", 64,
     "not TLS: 012345678901234567890123456789012345678901234567890123456789..."},
};

START_TEST(what_is_no_tls_is_shown)
{
    struct text text = {0};

    tls_add_other(&text, (const uint8_t *)others[_i].bytes, others[_i].size);
    ck_assert_str_eq(text_bytes(&text), others[_i].said);
    text_clear(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_records");
    TCase *tcase = tcase_create("records");

    tcase_add_loop_test(tcase, records_are_known_by_their_beginning, 0, COUNT_OF(beginnings));
    tcase_add_loop_test(tcase, alerts_are_read, 0, COUNT_OF(alerts));
    tcase_add_test(tcase, alerts_have_names);
    tcase_add_loop_test(tcase, what_is_no_tls_is_shown, 0, COUNT_OF(others));
    suite_add_tcase(suite, tcase);
    return support_run_suite(suite);
}
