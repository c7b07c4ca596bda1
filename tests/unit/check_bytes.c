/* SPDX-License-Identifier: MIT */

/*
 * byte_reader and byte_writer: what one writes the other reads.
 */

#include <check.h>

#include "probes/byte_reader.h"
#include "probes/byte_writer.h"
#include "tests/support.h"

static struct byte_writer writer;

static void open_fixture(void)
{
    writer = (struct byte_writer){0};
}

static void close_fixture(void)
{
    byte_writer_clear(&writer);
}

static void write_some(void)
{
    byte_writer_u8(&writer, 0x01);
    byte_writer_be16(&writer, 0x0203);
    byte_writer_be32(&writer, 0x04050607);
    byte_writer_be64(&writer, 0x08090a0b0c0d0e0f);
    byte_writer_le16(&writer, 0x1110);
    byte_writer_le32(&writer, 0x15141312);
    byte_writer_le64(&writer, 0x1d1c1b1a19181716);
    byte_writer_text(&writer, "ab");
    byte_writer_zeros(&writer, 3);
}

START_TEST(bytes_are_in_their_order)
{
    write_some();
    ck_assert(!writer.lacks_memory);
    ck_assert_uint_eq(writer.size, 34);
    for (uint8_t i = 0; i < 0x1d; i++) {
        ck_assert_uint_eq(writer.bytes[i], i + 1u);
    }
    ck_assert_mem_eq(writer.bytes + 0x1d, "ab\0\0\0", 5);
}
END_TEST

START_TEST(what_was_written_is_read)
{
    struct byte_reader reader;

    write_some();
    reader = byte_reader_of(writer.bytes, writer.size);
    ck_assert_uint_eq(byte_reader_u8(&reader), 0x01);
    ck_assert_uint_eq(byte_reader_be16(&reader), 0x0203);
    ck_assert_uint_eq(byte_reader_be32(&reader), 0x04050607);
    ck_assert_uint_eq(byte_reader_be64(&reader), 0x08090a0b0c0d0e0f);
    ck_assert_uint_eq(byte_reader_le16(&reader), 0x1110);
    ck_assert_uint_eq(byte_reader_le32(&reader), 0x15141312);
    ck_assert_uint_eq(byte_reader_le64(&reader), 0x1d1c1b1a19181716);
    ck_assert_mem_eq(byte_reader_take(&reader, 2), "ab", 2);
    ck_assert_uint_eq(byte_reader_left(&reader), 3);
    ck_assert_uint_eq(byte_reader_be24(&reader), 0);
    ck_assert(!reader.short_of);
    ck_assert_uint_eq(byte_reader_left(&reader), 0);
}
END_TEST

START_TEST(numbers_that_were_written_are_changed)
{
    byte_writer_zeros(&writer, 16);
    byte_writer_set_u8(&writer, 0, 1);
    byte_writer_set_be16(&writer, 1, 0x0203);
    byte_writer_set_be32(&writer, 3, 0x04050607);
    byte_writer_set_le16(&writer, 7, 0x0908);
    byte_writer_set_le32(&writer, 9, 0x0d0c0b0a);
    for (uint8_t i = 0; i < 13; i++) {
        ck_assert_uint_eq(writer.bytes[i], i + 1u);
    }
}
END_TEST

START_TEST(a_writer_is_used_again)
{
    for (int i = 0; i < 10000; i++) {
        byte_writer_be32(&writer, 7);
    }
    byte_writer_reset(&writer);
    ck_assert_uint_eq(writer.size, 0);
    byte_writer_add(&writer, NULL, 0);
    byte_writer_u8(&writer, 9);
    ck_assert_uint_eq(writer.size, 1);
    ck_assert_uint_eq(writer.bytes[0], 9);
}
END_TEST

static const uint8_t five[] = {1, 2, 3, 4, 5};

START_TEST(a_read_beyond_the_end_gives_zeros_for_good)
{
    struct byte_reader reader = byte_reader_of(five, sizeof(five));

    byte_reader_skip(&reader, 3);
    ck_assert_uint_eq(byte_reader_be32(&reader), 0);
    ck_assert(reader.short_of);
    ck_assert_uint_eq(byte_reader_u8(&reader), 0);
    ck_assert_uint_eq(byte_reader_left(&reader), 0);
    ck_assert_ptr_null(byte_reader_take(&reader, 1));
}
END_TEST

START_TEST(no_length_is_too_large_to_be_refused)
{
    struct byte_reader reader = byte_reader_of(five, sizeof(five));
    struct byte_reader part;

    ck_assert_uint_eq(byte_reader_u8(&reader), 1);
    part = byte_reader_part(&reader, SIZE_MAX);
    ck_assert(part.short_of);
    ck_assert(reader.short_of);
    ck_assert_uint_eq(byte_reader_u8(&part), 0);
}
END_TEST

START_TEST(a_part_ends_where_it_ends)
{
    struct byte_reader reader = byte_reader_of(five, sizeof(five));
    struct byte_reader part = byte_reader_part(&reader, 2);

    ck_assert_uint_eq(byte_reader_be16(&part), 0x0102);
    ck_assert_uint_eq(byte_reader_u8(&part), 0);
    ck_assert(part.short_of);
    ck_assert_uint_eq(byte_reader_u8(&reader), 3);
    byte_reader_align(&reader, 4);
    ck_assert_uint_eq(byte_reader_u8(&reader), 5);
    byte_reader_align(&reader, 4);
    ck_assert(reader.short_of);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("bytes");
    TCase *bytes = tcase_create("bytes");

    tcase_add_checked_fixture(bytes, open_fixture, close_fixture);
    tcase_add_test(bytes, bytes_are_in_their_order);
    tcase_add_test(bytes, what_was_written_is_read);
    tcase_add_test(bytes, numbers_that_were_written_are_changed);
    tcase_add_test(bytes, a_writer_is_used_again);
    tcase_add_test(bytes, a_read_beyond_the_end_gives_zeros_for_good);
    tcase_add_test(bytes, no_length_is_too_large_to_be_refused);
    tcase_add_test(bytes, a_part_ends_where_it_ends);
    suite_add_tcase(suite, bytes);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
