/* SPDX-License-Identifier: MIT */

#include "tests/made_image.h"
#include "tests/support.h"

#include "collector/elf_image.h"

/* Where things are in a 64-bit file that is made with one segment. */
enum {
    SEGMENTS_AT = 32,
    SEGMENT_SIZE_AND_COUNT = 54,
    SEGMENT = 64,
    NOTES = 120,
    NOTE = NOTES + 24,
};

static const char id[] = "\xab\xcd\x00\x12\x34\x56\x78\x9a\xbc\xde";
static const char id_text[] = "abcd00123456789abcde";

static struct {
    struct text file;
    struct text build_id;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    text_clear(&fixture.file);
    text_clear(&fixture.build_id);
}

static struct made_elf usual(void)
{
    return (struct made_elf){.wide = true,
                             .alignment = 4,
                             .owner = "GNU",
                             .type = 3,
                             .id = id,
                             .id_size = sizeof(id) - 1};
}

static bool read_image(void)
{
    struct image_bytes bytes = made_bytes(&fixture.file);

    text_reset(&fixture.build_id);
    return elf_image_read(&bytes, &fixture.build_id);
}

START_TEST(the_build_id_is_read_of_every_kind_of_file)
{
    struct made_elf elf = usual();

    elf.wide = (_i & 1) != 0;
    elf.big = (_i & 2) != 0;
    elf.in_section = (_i & 4) != 0;
    elf.alignment = (_i & 8) != 0 ? 8 : 4;
    made_elf(&fixture.file, &elf);
    ck_assert(read_image());
    ck_assert_str_eq(text_bytes(&fixture.build_id), id_text);
}
END_TEST

START_TEST(a_note_of_another_kind_is_none)
{
    static const struct {
        const char *owner;
        uint32_t type;
        uint32_t size;
    } others[] = {{"GNV", 3, 8}, {"GN", 3, 8}, {"GNU", 1, 8}, {"GNU", 3, 0}, {"GNUC", 3, 8}};

    for (int i = 0; i < COUNT_OF(others); i++) {
        struct made_elf elf = usual();

        elf.owner = others[i].owner;
        elf.type = others[i].type;
        elf.id_size = others[i].size;
        text_reset(&fixture.file);
        made_elf(&fixture.file, &elf);
        ck_assert(read_image());
        ck_assert_str_eq(text_bytes(&fixture.build_id), "");
    }
}
END_TEST

START_TEST(an_id_is_as_long_as_the_limit_and_no_longer)
{
    uint8_t many[ELF_IMAGE_BUILD_ID_LIMIT + 1] = {0};
    struct made_elf elf = usual();

    elf.id = many;
    elf.id_size = ELF_IMAGE_BUILD_ID_LIMIT;
    made_elf(&fixture.file, &elf);
    ck_assert(read_image());
    ck_assert_uint_eq(fixture.build_id.size, 2 * (size_t)ELF_IMAGE_BUILD_ID_LIMIT);
    text_reset(&fixture.file);
    elf.id_size++;
    made_elf(&fixture.file, &elf);
    ck_assert(read_image());
    ck_assert_uint_eq(fixture.build_id.size, 0);
}
END_TEST

/* 32-bit numbers put into a 64-bit little-endian file. */
static const struct {
    size_t at;
    uint32_t number;
    bool is_elf;
} damages[] = {
    {0, 0x464c457e, false},
    {4, 0x00010103, false},                     /* no such class */
    {4, 0x00010302, false},                     /* no such order */
    {SEGMENTS_AT, 0, true},                     /* no table */
    {SEGMENTS_AT, 0xffffffff, true},            /* beyond everything */
    {SEGMENTS_AT + 4, 0xffffffff, true},        /* far beyond everything */
    {SEGMENT_SIZE_AND_COUNT, 0x00010037, true}, /* rows too short */
    {SEGMENT_SIZE_AND_COUNT, 0x00000038, true},
    {SEGMENT, 1, true},              /* a segment of another kind */
    {SEGMENT + 8, 0xffffffff, true}, /* notes that are not there */
    {SEGMENT + 12, 0xffffffff, true},
    {SEGMENT + 32, 30, true}, /* too few bytes for the second one */
    {SEGMENT + 32, 49, true},
    {SEGMENT + 36, 0xffffffff, true},
    {NOTES, 0xffffffff, true},     /* an owner of 4 GiB */
    {NOTES + 4, 0xffffffff, true}, /* a description likewise */
    {NOTE, 0xffffffff, true},
    {NOTE + 4, 0xffffffff, true},
};

START_TEST(what_is_damaged_is_not_there)
{
    struct made_elf elf = usual();

    made_elf(&fixture.file, &elf);
    made_put32(&fixture.file, damages[_i].at, damages[_i].number);
    ck_assert_int_eq(read_image(), damages[_i].is_elf);
    ck_assert_str_eq(text_bytes(&fixture.build_id), "");
}
END_TEST

START_TEST(a_file_may_end_anywhere)
{
    struct made_elf elf = usual();
    size_t without_padding;

    made_elf(&fixture.file, &elf);
    without_padding = NOTE + 16 + sizeof(id) - 1;
    for (size_t size = 0; size < without_padding; size++) {
        fixture.file.size = size;
        ck_assert_int_eq(read_image(), size >= SEGMENT);
        ck_assert_uint_eq(fixture.build_id.size, 0);
    }
    fixture.file.size = without_padding;
    ck_assert(read_image());
    ck_assert_str_eq(text_bytes(&fixture.build_id), id_text);
}
END_TEST

static int reads;

/* A file whose tables never end, and whose notes are all empty. */
static int64_t read_empty_notes(void *context, uint64_t offset, void *buffer, size_t size)
{
    const struct text *file = context;

    reads++;
    memset(buffer, 0, size);
    if (offset + size <= SEGMENT) {
        memcpy(buffer, file->bytes + offset, size);
    } else if (size == 56) {
        memcpy(buffer, file->bytes + SEGMENT, size);
    }
    return (int64_t)size;
}

START_TEST(a_file_that_leads_nowhere_costs_a_bounded_number_of_reads)
{
    struct image_bytes bytes = {.read = read_empty_notes, .context = &fixture.file};
    struct made_elf elf = usual();

    made_elf(&fixture.file, &elf);
    made_put32(&fixture.file, SEGMENT_SIZE_AND_COUNT, 0xffff0038);
    made_put32(&fixture.file, SEGMENT + 36, 0x7fff);
    reads = 0;
    ck_assert(elf_image_read(&bytes, &fixture.build_id));
    ck_assert_int_gt(reads, 1000);
    ck_assert_int_lt(reads, 5000);
}
END_TEST

static Suite *elf_image_suite(void)
{
    Suite *suite = suite_create("elf_image");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_build_id_is_read_of_every_kind_of_file, 0, 16);
    tcase_add_test(tests, a_note_of_another_kind_is_none);
    tcase_add_test(tests, an_id_is_as_long_as_the_limit_and_no_longer);
    tcase_add_loop_test(tests, what_is_damaged_is_not_there, 0, COUNT_OF(damages));
    tcase_add_test(tests, a_file_may_end_anywhere);
    tcase_add_test(tests, a_file_that_leads_nowhere_costs_a_bounded_number_of_reads);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(elf_image_suite());
}
