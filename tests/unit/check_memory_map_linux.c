/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/memory_map_linux.h"

enum { MANY = 60000 };

static struct {
    struct memory_map map;
    struct text lines;
    struct failure why;
} fixture;

static void clear_fixture(void)
{
    memory_map_clear(&fixture.map);
    memory_map_clear(&fixture.map);
    text_clear(&fixture.lines);
}

static void parse(const char *lines)
{
    CHECK_DONE(memory_map_parse(&fixture.map, lines, strlen(lines), &fixture.why), fixture.why);
}

START_TEST(the_parts_of_a_file_are_one_file)
{
    parse("1000-2000 r--p 00000000 08:01 5 /lib/a.so\n"
          "2000-4000 r-xp 00001000 08:01 5 /lib/a.so\n"
          "4000-5000 rw-p 00000000 00:00 0 \n"
          "5000-6000 r--p 00000000 08:01 6 /lib/data\n"
          "7000-9000 rw-p 00003000 08:01 5 /lib/a.so\n"
          "a000-b000 r-xp 00000000 00:00 0 [vdso]\n");
    ck_assert_uint_eq(fixture.map.file_count, 2);
    ck_assert_uint_eq(fixture.map.files[0].base, 0x1000);
    ck_assert_uint_eq(fixture.map.files[0].first_end, 0x2000);
    ck_assert_uint_eq(fixture.map.files[0].end, 0x9000);
    ck_assert(fixture.map.files[0].is_code);
    ck_assert_str_eq(memory_map_name(&fixture.map, &fixture.map.files[0]), "/lib/a.so");
    ck_assert(!fixture.map.files[1].is_code);
    ck_assert_str_eq(memory_map_name(&fixture.map, &fixture.map.files[1]), "/lib/data");
}
END_TEST

START_TEST(files_are_told_apart_by_device_inode_and_name)
{
    parse("1000-2000 r-xp 00000000 08:01 5 /a\n"
          "2000-3000 r-xp 00000000 08:02 5 /a\n"
          "3000-4000 r-xp 00000000 08:01 6 /a\n"
          "4000-5000 r-xp 00000000 08:01 5 /b\n"
          "5000-6000 r-xp 00000000 08:01 5 /a\n");
    ck_assert_uint_eq(fixture.map.file_count, 4);
    ck_assert_uint_eq(fixture.map.files[0].end, 0x6000);
}
END_TEST

START_TEST(an_address_leads_to_what_is_mapped_there)
{
    parse("1000-2000 r-xp 00000000 08:01 5 /a\n"
          "2000-3000 r-xp 00000000 08:01 6 /b\n"
          "5000-6000 r-xp 00000000 08:01 5 /a\n");
    ck_assert_uint_eq(memory_map_find(&fixture.map, 0xfff), SIZE_MAX);
    ck_assert_uint_eq(memory_map_find(&fixture.map, 0x1000), 0);
    ck_assert_uint_eq(memory_map_find(&fixture.map, 0x1fff), 0);
    ck_assert_uint_eq(memory_map_find(&fixture.map, 0x2000), 1); /* within /a, but not of it */
    ck_assert_uint_eq(memory_map_find(&fixture.map, 0x3000), SIZE_MAX);
    ck_assert_uint_eq(memory_map_find(&fixture.map, 0x5fff), 0);
    ck_assert_uint_eq(memory_map_find(&fixture.map, 0x6000), SIZE_MAX);
}
END_TEST

START_TEST(what_is_no_line_is_left_out)
{
    parse("\nnonsense\n"
          "2000-3000 r-xp 00000000 08:01 5 /a\n"
          "1000-2800 r-xp 00000000 08:01 6 /overlaps\n"
          "4000-5000 r-xp 00000000 08:01 7 /cut");
    ck_assert_uint_eq(fixture.map.file_count, 1);
    parse("");
    ck_assert_uint_eq(fixture.map.file_count, 0);
    ck_assert_uint_eq(memory_map_find(&fixture.map, 0x2000), SIZE_MAX);
}
END_TEST

START_TEST(many_mappings_are_all_there)
{
    for (unsigned i = 1; i <= MANY; i++) {
        text_addf(&fixture.lines, "%x000-%x000 r-xp 00000000 08:01 %u /lib/%u.so\n", i, i + 1,
                  i % 20000 + 1, i % 20000);
    }
    parse(text_bytes(&fixture.lines));
    ck_assert_uint_eq(fixture.map.file_count, 20000);
    ck_assert_uint_eq(fixture.map.part_count, MANY);
    ck_assert_uint_eq(memory_map_find(&fixture.map, UINT64_C(59999) << 12),
                      memory_map_find(&fixture.map, UINT64_C(19999) << 12));
}
END_TEST

static Suite *memory_map_suite(void)
{
    Suite *suite = suite_create("memory_map_linux");
    TCase *tests = tcase_create("memory_map_linux");

    tcase_add_checked_fixture(tests, NULL, clear_fixture);
    tcase_add_test(tests, the_parts_of_a_file_are_one_file);
    tcase_add_test(tests, files_are_told_apart_by_device_inode_and_name);
    tcase_add_test(tests, an_address_leads_to_what_is_mapped_there);
    tcase_add_test(tests, what_is_no_line_is_left_out);
    tcase_add_test(tests, many_mappings_are_all_there);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(memory_map_suite());
}
