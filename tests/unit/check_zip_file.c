/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/zip_file.h"
#include "tests/support.h"

#define AT INT64_C(1795179602000) /* 2026-11-20T13:00:02Z */

static const char path[] = "check_zip_file.zip";
static const char member_path[] = "check_zip_file.txt";

static struct {
    struct zip_file *zip;
    uint8_t *bytes;
    size_t size;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove(path);
    remove(member_path);
}

static void close_fixture(void)
{
    zip_file_close(fixture.zip);
    free(fixture.bytes);
    open_fixture();
}

static void begin(uint64_t limit)
{
    CHECK_DONE(zip_file_open(&fixture.zip, path, AT, limit, &fixture.why), fixture.why);
}

static void end(void)
{
    CHECK_DONE(zip_file_finish(fixture.zip, &fixture.why), fixture.why);
    zip_file_close(fixture.zip);
    fixture.zip = NULL;
    fixture.bytes = (uint8_t *)support_read_file(path, &fixture.size);
}

static uint64_t number(size_t at, int bytes)
{
    uint64_t value = 0;

    ck_assert_uint_le(at + (size_t)bytes, fixture.size);
    for (int i = bytes; i-- > 0;) {
        value = value << 8 | fixture.bytes[at + (size_t)i];
    }
    return value;
}

/* Offsets of APPNOTE 4.3.16: the record is the last 22 bytes, because there is no comment. */
static size_t end_record(void)
{
    size_t at = fixture.size - 22;

    ck_assert_uint_eq(number(at, 4), 0x06054b50);
    return at;
}

START_TEST(an_empty_zip_is_its_end_record)
{
    begin(ZIP_LIMIT);
    end();
    ck_assert_uint_eq(fixture.size, 22);
    ck_assert_uint_eq(number(end_record() + 10, 2), 0);
}
END_TEST

START_TEST(a_member_stands_where_the_list_says)
{
    size_t list;

    begin(ZIP_LIMIT);
    CHECK_DONE(zip_file_add_bytes(fixture.zip, "a.txt", "first", 5, &fixture.why), fixture.why);
    support_write_text(member_path, "123456789");
    CHECK_DONE(zip_file_add_file(fixture.zip, "b.txt", member_path, &fixture.why), fixture.why);
    end();
    ck_assert_uint_eq(number(end_record() + 10, 2), 2);
    list = (size_t)number(end_record() + 16, 4);
    ck_assert_uint_eq(number(list, 4), 0x02014b50);
    list += 46 + 5; /* the second one */
    ck_assert_uint_eq(number(list, 4), 0x02014b50);
    ck_assert_uint_eq(number(list + 16, 4), 0xcbf43926); /* the check value of this CRC */
    ck_assert_uint_eq(number(list + 24, 4), 9);
    ck_assert_uint_eq(number(list + 42, 4), 30 + 5 + 5);
    ck_assert_mem_eq(fixture.bytes + list + 46, "b.txt", 5);
    ck_assert_uint_eq(number(40, 4), 0x04034b50);
    ck_assert_uint_eq(number(40 + 14, 4), 0xcbf43926);
    ck_assert_mem_eq(fixture.bytes + 40 + 30, "b.txt123456789", 14);
    ck_assert_uint_eq(list + 46 + 5, end_record());
}
END_TEST

START_TEST(members_have_the_time_they_are_given)
{
    begin(ZIP_LIMIT);
    CHECK_DONE(zip_file_add_bytes(fixture.zip, "a", "", 0, &fixture.why), fixture.why);
    end();
    ck_assert_uint_eq(number(10, 2), 13 << 11 | 0 << 5 | 1);
    ck_assert_uint_eq(number(12, 2), (2026 - 1980) << 9 | 11 << 5 | 20);
}
END_TEST

/* The forms for 4 GiB and more, at the limit of a few bytes. */
START_TEST(what_is_large_is_said_in_the_larger_forms)
{
    size_t list;
    size_t end64;

    begin(9);
    CHECK_DONE(zip_file_add_bytes(fixture.zip, "a", "123456789", 9, &fixture.why), fixture.why);
    CHECK_DONE(zip_file_add_bytes(fixture.zip, "b", "12345678", 8, &fixture.why), fixture.why);
    end();
    ck_assert_uint_eq(number(4, 2), 45);
    ck_assert_uint_eq(number(18, 4), UINT32_MAX);
    ck_assert_uint_eq(number(28, 2), 20);
    ck_assert_uint_eq(number(31, 2), 1);
    ck_assert_uint_eq(number(35, 8), 9);
    ck_assert_uint_eq(number(43, 8), 9);
    ck_assert_mem_eq(fixture.bytes + 51, "123456789", 9);

    ck_assert_uint_eq(number(end_record() + 10, 2), 0xffff);
    ck_assert_uint_eq(number(end_record() + 16, 4), UINT32_MAX);
    ck_assert_uint_eq(number(end_record() - 20, 4), 0x07064b50);
    end64 = (size_t)number(end_record() - 20 + 8, 8);
    ck_assert_uint_eq(number(end64, 4), 0x06064b50);
    ck_assert_uint_eq(number(end64 + 4, 8) + 12, end_record() - 20 - end64);
    ck_assert_uint_eq(number(end64 + 32, 8), 2);
    list = (size_t)number(end64 + 48, 8);
    ck_assert_uint_eq(number(list, 4), 0x02014b50);
    ck_assert_uint_eq(number(list + 30, 2), 20); /* near the beginning: no offset in it */
    list += 46 + 1 + 20;
    ck_assert_uint_eq(number(list + 24, 4), 8); /* small, but far */
    ck_assert_uint_eq(number(list + 42, 4), UINT32_MAX);
    ck_assert_uint_eq(number(list + 30, 2), 12);
    ck_assert_uint_eq(number(list + 47 + 4, 8), 60);
    ck_assert_uint_eq(number(60, 4), 0x04034b50);
}
END_TEST

START_TEST(a_file_that_is_there_is_left_alone)
{
    support_write_text(path, "mine");
    CHECK_FAILED(zip_file_open(&fixture.zip, path, AT, ZIP_LIMIT, &fixture.why), FAILURE_USAGE,
                 fixture.why);
    fixture.bytes = (uint8_t *)support_read_file(path, &fixture.size);
    ck_assert_str_eq((char *)fixture.bytes, "mine");
}
END_TEST

START_TEST(what_is_not_finished_is_removed)
{
    begin(ZIP_LIMIT);
    CHECK_FAILED(zip_file_add_file(fixture.zip, "a", member_path, &fixture.why), FAILURE_MISSING,
                 fixture.why);
    ck_assert(file_exists(path));
    zip_file_close(fixture.zip);
    fixture.zip = NULL;
    ck_assert(!file_exists(path));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("zip_file");
    TCase *tests = tcase_create("zip");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, an_empty_zip_is_its_end_record);
    tcase_add_test(tests, a_member_stands_where_the_list_says);
    tcase_add_test(tests, members_have_the_time_they_are_given);
    tcase_add_test(tests, what_is_large_is_said_in_the_larger_forms);
    tcase_add_test(tests, a_file_that_is_there_is_left_alone);
    tcase_add_test(tests, what_is_not_finished_is_removed);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
