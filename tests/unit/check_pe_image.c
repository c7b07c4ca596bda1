/* SPDX-License-Identifier: MIT */

#include "tests/made_image.h"
#include "tests/support.h"

#include "collector/pe_image.h"

enum {
    PE_MAGIC = MADE_PE_HEADER + 24,
    PE32_DIRECTORIES = PE_MAGIC + 96, /* of a PE32 file */
    PE32_SECTION = PE32_DIRECTORIES + 128,
    TYPES = MADE_PE_RESOURCES,
    NAMES = MADE_PE_RESOURCES + 0x20,
    LANGUAGES = MADE_PE_RESOURCES + 0x38,
    DATA = MADE_PE_RESOURCES + 0x50,
    FIXED_INFO = MADE_PE_VERSION + 40,
};

static const uint16_t acme[] = {'A', 'c', 'm', 'e'};
static const uint16_t strange[] = {0xfc, 0xd83d, 0xde00, 0xd83d, 'x'};
static uint16_t endless[PE_IMAGE_COMPANY_LIMIT + 50];

static struct {
    struct text file;
    struct pe_image image;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    text_clear(&fixture.file);
    pe_image_clear(&fixture.image);
}

static void make(bool plus, const uint16_t *company, size_t units)
{
    struct made_pe pe = {.plus = plus,
                         .company = company,
                         .company_units = units,
                         .version = UINT64_C(0x000a00004a610001)};

    made_pe(&fixture.file, &pe);
}

static bool read_image(void)
{
    struct image_bytes bytes = made_bytes(&fixture.file);

    pe_image_clear(&fixture.image);
    return pe_image_read(&bytes, &fixture.image);
}

static void check_texts(const char *version, const char *company)
{
    ck_assert(read_image());
    ck_assert_str_eq(text_bytes(&fixture.image.version), version);
    ck_assert_str_eq(text_bytes(&fixture.image.company), company);
}

START_TEST(version_and_company_are_read_of_both_forms)
{
    make(_i == 1, acme, 4);
    check_texts("10.0.19041.1", "Acme");
}
END_TEST

START_TEST(a_name_of_any_units_becomes_utf8)
{
    make(true, strange, COUNT_OF(strange));
    check_texts("10.0.19041.1", "\xc3\xbc\xf0\x9f\x98\x80\xef\xbf\xbdx");
}
END_TEST

START_TEST(a_name_that_is_too_long_is_cut)
{
    for (int i = 0; i < COUNT_OF(endless); i++) {
        endless[i] = 'e';
    }
    make(true, endless, COUNT_OF(endless));
    ck_assert(read_image());
    ck_assert_uint_eq(fixture.image.company.size, PE_IMAGE_COMPANY_LIMIT);
}
END_TEST

START_TEST(an_empty_name_is_none)
{
    make(true, acme, 0);
    check_texts("10.0.19041.1", "");
}
END_TEST

START_TEST(a_resource_without_its_fixed_part_has_no_version)
{
    struct made_pe pe = {.company = acme, .company_units = 4, .no_fixed = true};

    made_pe(&fixture.file, &pe);
    check_texts("", "Acme");
}
END_TEST

START_TEST(a_resource_without_strings_has_no_company)
{
    make(false, NULL, 0);
    check_texts("10.0.19041.1", "");
}
END_TEST

/* 32-bit numbers put into a PE32 file, and what is still to be read of it. */
static const struct {
    size_t at;
    uint32_t number;
    bool is_pe;
    const char *version;
    const char *company;
} damages[] = {
    {0, 0x5a4e, false, "", ""},                        /* no MZ */
    {0x3c, 0, false, "", ""},                          /* the header is at itself */
    {0x3c, 0xffffffff, false, "", ""},                 /* or beyond everything */
    {MADE_PE_HEADER, 0x454e, false, "", ""},           /* NE: a 16-bit program */
    {PE_MAGIC, 0x107, false, "", ""},                  /* a ROM image */
    {MADE_PE_HEADER + 20, 0, true, "", ""},            /* no optional header */
    {PE32_DIRECTORIES - 4, 2, true, "", ""},           /* too few directories */
    {PE32_DIRECTORIES + 16, 0, true, "", ""},          /* no resources */
    {PE32_DIRECTORIES + 16, 0xfffffff0, true, "", ""}, /* in no section */
    {PE32_DIRECTORIES + 16, 0xfff, true, "", ""},      /* just before it */
    {PE32_SECTION + 8, 0x58, true, "", ""},            /* the section ends too early */
    {PE32_SECTION + 16, 0xffffffff, true, "10.0.19041.1", "Acme"},
    {PE32_SECTION + 20, 0xffffff00, true, "", ""},          /* its bytes are not there */
    {TYPES + 12, 0xffffffff, true, "10.0.19041.1", "Acme"}, /* 131,070 types */
    {TYPES + 24, 17, true, "", ""},                         /* none of them the version */
    {TYPES + 28, 0x80000000, true, "", ""},                 /* the tree leads to itself */
    {TYPES + 28, 0x20, true, "", ""},                       /* no table where one must be */
    {TYPES + 28, 0xffffffff, true, "", ""},
    {NAMES + 12, 0, true, "", ""}, /* a table of nothing */
    {NAMES + 20, 0x80000020, true, "", ""},
    {LANGUAGES + 20, 0x80000050, true, "", ""}, /* a table too many */
    {LANGUAGES + 20, 0x7fffffff, true, "", ""},
    {DATA, 0xffffffff, true, "", ""},
    {DATA, 0, true, "", ""},
    {DATA + 4, 0xffffffff, true, "", ""}, /* more than there is */
    {DATA + 4, 0, true, "", ""},
    {DATA + 4, 5, true, "", ""},
    {DATA + 4, 60, true, "", ""},              /* the block is longer */
    {MADE_PE_VERSION, 0x340000, true, "", ""}, /* a block of no length */
    {MADE_PE_VERSION, 0xffff | 0x340000, true, "", ""},
    {MADE_PE_VERSION, 60 | 0x340000, true, "", ""},             /* ends within its fixed part */
    {MADE_PE_VERSION, 92 | 0x340000, true, "10.0.19041.1", ""}, /* and right behind it */
    {MADE_PE_VERSION + 6, 'x', true, "", ""},                   /* another key */
    {FIXED_INFO, 0xFEEF04BE, true, "", "Acme"},
};

START_TEST(what_is_damaged_is_not_there)
{
    make(false, acme, 4);
    made_put32(&fixture.file, damages[_i].at, damages[_i].number);
    ck_assert_int_eq(read_image(), damages[_i].is_pe);
    ck_assert_str_eq(text_bytes(&fixture.image.version), damages[_i].version);
    ck_assert_str_eq(text_bytes(&fixture.image.company), damages[_i].company);
}
END_TEST

START_TEST(a_file_may_end_anywhere)
{
    size_t whole;

    make(true, acme, 4);
    whole = fixture.file.size;
    for (size_t size = 0; size < whole; size++) {
        fixture.file.size = size;
        if (read_image()) {
            ck_assert_uint_ge(size, PE_MAGIC);
        }
        ck_assert_uint_eq(fixture.image.company.size, 0);
    }
    fixture.file.size = whole;
    check_texts("10.0.19041.1", "Acme");
}
END_TEST

static int reads;

/* Says that every byte of a file without end is the same. */
static int64_t read_same(void *context, uint64_t offset, void *buffer, size_t size)
{
    const struct text *file = context;
    struct image_bytes bytes = made_bytes(file);

    reads++;
    if (offset + size <= PE32_SECTION + 40) {
        return bytes.read(bytes.context, offset, buffer, size);
    }
    memset(buffer, 0x80, size);
    return (int64_t)size;
}

START_TEST(a_file_that_leads_nowhere_costs_a_bounded_number_of_reads)
{
    struct image_bytes bytes = {.read = read_same, .context = &fixture.file};

    make(false, acme, 4);
    made_put32(&fixture.file, PE32_SECTION + 8, 0xffffffff);
    made_put32(&fixture.file, PE32_SECTION + 16, 0xffffffff);
    made_put32(&fixture.file, MADE_PE_HEADER + 4, 0xffff014c); /* 65,535 sections */
    reads = 0;
    ck_assert(pe_image_read(&bytes, &fixture.image));
    ck_assert_int_gt(reads, 1000);
    ck_assert_int_lt(reads, 5000);
}
END_TEST

static Suite *pe_image_suite(void)
{
    Suite *suite = suite_create("pe_image");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, version_and_company_are_read_of_both_forms, 0, 2);
    tcase_add_test(tests, a_name_of_any_units_becomes_utf8);
    tcase_add_test(tests, a_name_that_is_too_long_is_cut);
    tcase_add_test(tests, an_empty_name_is_none);
    tcase_add_test(tests, a_resource_without_its_fixed_part_has_no_version);
    tcase_add_test(tests, a_resource_without_strings_has_no_company);
    tcase_add_loop_test(tests, what_is_damaged_is_not_there, 0, COUNT_OF(damages));
    tcase_add_test(tests, a_file_may_end_anywhere);
    tcase_add_test(tests, a_file_that_leads_nowhere_costs_a_bounded_number_of_reads);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(pe_image_suite());
}
