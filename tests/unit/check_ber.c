/* SPDX-License-Identifier: MIT */

/* Examples of X.690, and what no element is. */

#include "tests/support.h"

#include "probes/ber.h"

static struct {
    struct byte_writer writer;
    struct text text;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    byte_writer_clear(&fixture.writer);
    text_clear(&fixture.text);
}

static const struct {
    const char *bytes;
    size_t have;
    enum ber_extent extent;
    size_t size;
} extents[] = {
    {"", 0, BER_PARTIAL, 0},
    {"\x30", 1, BER_PARTIAL, 0},
    {"\x30\x00", 2, BER_WHOLE, 2},
    {"\x30\x02\x05", 3, BER_PARTIAL, 4},
    {"\x30\x02\x05\x00\x30", 5, BER_WHOLE, 4},
    {"\x30\x82\x00", 3, BER_PARTIAL, 0},
    {"\x30\x82\x00\x01\x05", 5, BER_WHOLE, 5},                            /* longer than needed */
    {"\x30\x84\x7f\xff\xff\xff", 6, BER_PARTIAL, 6 + (size_t)0x7fffffff}, /* the longest */
    {"\x30\x84\x80\x00\x00\x00", 6, BER_NONE, 0},                         /* one more */
    {"\x30\x88\x80\x00\x00\x00\x00\x00\x00\x00", 10, BER_NONE, 0},        /* 2^63 */
    {"\x30\x88\x00\x00\x00\x00\x00\x00\x00\x00", 10, BER_WHOLE, 10},      /* zeros before */
    {"\x30\x89\x00\x00\x00\x00\x00\x00\x00\x00\x00", 11, BER_NONE, 0},    /* nine bytes of it */
    {"\x30\x80\x00\x00", 4, BER_NONE, 0},                                 /* no definite length */
    {"\x3f\x01\x00", 3, BER_NONE, 0},                                     /* a tag that goes on */
    {"\x30\xff", 2, BER_NONE, 0},
};

START_TEST(an_element_of_a_stream_is_measured)
{
    size_t size;

    ck_assert_int_eq(ber_measure((const uint8_t *)extents[_i].bytes, extents[_i].have, &size),
                     extents[_i].extent);
    ck_assert_uint_eq(size, extents[_i].size);
}
END_TEST

START_TEST(what_is_longer_than_what_there_is_makes_the_reader_short)
{
    struct byte_reader reader = byte_reader_of("\x04\x03xy", 4);
    struct ber_element element;

    ck_assert(!ber_next(&reader, &element));
    ck_assert(reader.short_of);
    ck_assert_uint_eq(element.size, 0);
    ck_assert_ptr_null(element.bytes);
}
END_TEST

START_TEST(the_end_is_not_short)
{
    struct byte_reader reader = byte_reader_of("\x05\x00", 2);
    struct ber_element element;

    ck_assert(ber_next(&reader, &element));
    ck_assert_int_eq(element.tag, BER_NULL);
    ck_assert(!ber_next(&reader, &element));
    ck_assert(!reader.short_of);
    ck_assert_int_eq(ber_peek(&reader), 0);
}
END_TEST

START_TEST(another_tag_makes_all_that_follows_short)
{
    struct byte_reader reader = byte_reader_of("\x30\x03\x02\x01\x07\x02\x01\x08", 8);
    struct byte_reader inside = ber_enter(&reader, BER_SET);

    ck_assert(reader.short_of);
    ck_assert(inside.short_of);
    ck_assert_int_eq(ber_integer(&inside, BER_INTEGER), 0);
    ck_assert_int_eq(ber_integer(&reader, BER_INTEGER), 0);
}
END_TEST

static const int64_t numbers[] = {
    0,         1,        127,   128,       255,    256,    -1,        -128,
    -129,      32767,    32768, INT32_MAX, -32768, -32769, INT32_MIN, INT64_C(1) << 55,
    INT64_MAX, INT64_MIN};

START_TEST(a_number_comes_back_as_it_was_written)
{
    struct byte_reader reader;

    ber_put_integer(&fixture.writer, BER_INTEGER, numbers[_i]);
    reader = byte_reader_of(fixture.writer.bytes, fixture.writer.size);
    ck_assert_int_eq(ber_integer(&reader, BER_INTEGER), numbers[_i]);
    ck_assert(!reader.short_of);
    ck_assert_uint_eq(byte_reader_left(&reader), 0);
}
END_TEST

static const struct {
    int64_t number;
    const char *bytes;
    size_t size;
} shortest[] = {
    {0, "\x02\x01\x00", 3},        {127, "\x02\x01\x7f", 3},
    {128, "\x02\x02\x00\x80", 4},  {-128, "\x02\x01\x80", 3},
    {-129, "\x02\x02\xff\x7f", 4}, {INT64_MAX, "\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff", 10},
};

START_TEST(a_number_is_as_short_as_can_be)
{
    ber_put_integer(&fixture.writer, BER_INTEGER, shortest[_i].number);
    ck_assert_uint_eq(fixture.writer.size, shortest[_i].size);
    ck_assert_mem_eq(fixture.writer.bytes, shortest[_i].bytes, shortest[_i].size);
}
END_TEST

START_TEST(numbers_of_no_or_nine_bytes_are_none)
{
    struct byte_reader none = byte_reader_of("\x02\x00", 2);
    struct byte_reader nine = byte_reader_of("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff", 11);
    const struct ber_element counter = {
        .bytes = (const uint8_t *)"\x00\xff\xff\xff\xff\xff\xff\xff\xff", .size = 9};
    uint64_t number;

    ck_assert_int_eq(ber_integer(&none, BER_INTEGER), 0);
    ck_assert(none.short_of);
    ck_assert_int_eq(ber_integer(&nine, BER_INTEGER), 0);
    ck_assert(nine.short_of);
    ck_assert(ber_element_unsigned(&counter, &number));
    ck_assert(number == UINT64_MAX);
}
END_TEST

static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 65535, 65536};

START_TEST(what_is_written_is_read_with_its_length)
{
    size_t outer = ber_begin(&fixture.writer, BER_SEQUENCE);
    size_t inner = ber_begin(&fixture.writer, BER_OCTETS);
    struct byte_reader reader;
    struct ber_element element;

    byte_writer_zeros(&fixture.writer, lengths[_i]);
    ber_end(&fixture.writer, inner);
    ber_put_text(&fixture.writer, BER_OCTETS, "behind");
    ber_end(&fixture.writer, outer);
    reader = byte_reader_of(fixture.writer.bytes, fixture.writer.size);
    reader = ber_enter(&reader, BER_SEQUENCE);
    element = ber_take(&reader, BER_OCTETS);
    ck_assert_uint_eq(element.size, lengths[_i]);
    element = ber_take(&reader, BER_OCTETS);
    ck_assert_uint_eq(element.size, 6);
    ck_assert_mem_eq(element.bytes, "behind", 6);
    ck_assert(!reader.short_of);
    ck_assert_uint_eq(byte_reader_left(&reader), 0);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *text; /* NULL: no identifier */
} oids[] = {
    {"\x2b\x06\x01\x02\x01", 5, "1.3.6.1.2.1"},
    {"\x2a\x86\x48\x86\xf7\x14", 6, "1.2.840.113556"},
    {"\x88\x37\x03", 3, "2.999.3"}, /* X.690 section 8.19.5 */
    {"\x00", 1, "0.0"},
    {"\x4f", 1, "1.39"},
    {"\x50", 1, "2.0"},
    {"", 0, NULL},
    {"\x2b\x86", 2, NULL},
    {"\x2b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 12, NULL}, /* more than 64 bits */
};

START_TEST(an_object_identifier_is_written_with_dots)
{
    bool is_one = ber_add_oid(&fixture.text, oids[_i].bytes, oids[_i].size);

    ck_assert_int_eq(is_one, oids[_i].text != NULL);
    ck_assert_str_eq(text_bytes(&fixture.text), is_one ? oids[_i].text : "");
}
END_TEST

static const struct {
    const char *text;
    int64_t at; /* -1: no time */
} times[] = {
    {"20261120130000.0Z", INT64_C(1795179600000)},
    {"20261120130000Z", INT64_C(1795179600000)},
    {"202611201300Z", INT64_C(1795179600000)},
    {"2026112013Z", INT64_C(1795179600000)},
    {"20261120130000.25Z", INT64_C(1795179600250)},
    {"20261120130000,2509Z", INT64_C(1795179600250)},
    {"20261120130000.00000000000000000000001Z", INT64_C(1795179600000)},
    {"2026112013.5Z", INT64_C(1795181400000)},
    {"20261120140000+0100", INT64_C(1795179600000)},
    {"20261120100000-03", INT64_C(1795179600000)},
    {"19700101000000Z", 0},
    {"20261120130000", -1},
    {"20261120130000.Z", -1},
    {"20261120130000Zx", -1},
    {"2026112013000Z", -1},
    {"20261320130000Z", -1},
    {"20260230130000Z", -1},
    {"2026112Z", -1},
    {"", -1},
};

START_TEST(a_generalized_time_is_read)
{
    int64_t at = -1;
    bool is_one = ber_read_time(times[_i].text, strlen(times[_i].text), &at);

    ck_assert_int_eq(is_one, times[_i].at != -1);
    ck_assert_int_eq(at, times[_i].at);
}
END_TEST

static Suite *ber_suite(void)
{
    Suite *suite = suite_create("ber");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, an_element_of_a_stream_is_measured, 0, COUNT_OF(extents));
    tcase_add_test(tests, what_is_longer_than_what_there_is_makes_the_reader_short);
    tcase_add_test(tests, the_end_is_not_short);
    tcase_add_test(tests, another_tag_makes_all_that_follows_short);
    tcase_add_loop_test(tests, a_number_comes_back_as_it_was_written, 0, COUNT_OF(numbers));
    tcase_add_loop_test(tests, a_number_is_as_short_as_can_be, 0, COUNT_OF(shortest));
    tcase_add_test(tests, numbers_of_no_or_nine_bytes_are_none);
    tcase_add_loop_test(tests, what_is_written_is_read_with_its_length, 0, COUNT_OF(lengths));
    tcase_add_loop_test(tests, an_object_identifier_is_written_with_dots, 0, COUNT_OF(oids));
    tcase_add_loop_test(tests, a_generalized_time_is_read, 0, COUNT_OF(times));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ber_suite());
}
