/* SPDX-License-Identifier: MIT */

#include "tests/made_image.h"
#include "tests/support.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "collector/image_facts.h"

enum { LARGEST = 1 << 20 };

static struct {
    struct text path;
    const struct image_facts *facts;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    image_facts_release(fixture.facts);
    text_clear(&fixture.path);
}

/* Makes a file and reads its facts. */
static const struct image_facts *facts_of(const void *bytes, size_t size, int64_t largest)
{
    struct image image = {.seen_as = IMAGE_READ};
    struct failure why;

    support_write_file("made.bin", bytes, size);
    text_reset(&fixture.path);
    CHECK_DONE(file_resolve(&fixture.path, "made.bin", &why), why);
    image.path = text_bytes(&fixture.path);
    image_facts_release(fixture.facts);
    fixture.facts = image_facts_read(&image, largest);
    ck_assert_ptr_nonnull(fixture.facts);
    return fixture.facts;
}

static void check_digest(const struct image_facts *facts, const void *bytes, size_t size)
{
    uint8_t digest[SHA256_SIZE];
    struct sha256 *sha256;
    struct failure why;

    CHECK_DONE(sha256_open(&sha256, &why), why);
    CHECK_DONE(sha256_add(sha256, bytes, size, &why), why);
    CHECK_DONE(sha256_finish(sha256, digest, &why), why);
    sha256_close(sha256);
    ck_assert_mem_eq(facts->sha256, digest, sizeof(digest));
}

START_TEST(a_file_of_no_kind_has_a_hash_and_no_more)
{
    static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                  0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                  0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    const struct image_facts *facts = facts_of("abc", 3, LARGEST);

    ck_assert_int_eq(facts->status, IMAGE_READ);
    ck_assert_mem_eq(facts->sha256, abc, sizeof(abc));
    ck_assert_int_eq(facts->verdict, IMAGE_NOT_CHECKED);
    ck_assert_int_eq(facts->signature, IMAGE_NO_SIGNATURE);
    ck_assert_int_gt(facts->taken_at, clock_now() - 60000);
    ck_assert_int_le(facts->taken_at, clock_now());
    ck_assert(facts->version == NULL && facts->company == NULL && facts->build_id == NULL &&
              facts->signer == NULL);
}
END_TEST

START_TEST(a_windows_program_says_its_version_and_company)
{
    static const uint16_t acme[] = {'A', 'c', 'm', 'e'};
    struct made_pe pe = {.plus = true, .company = acme, .company_units = 4, .version = 1};
    struct text bytes = {0};
    const struct image_facts *facts;

    made_pe(&bytes, &pe);
    facts = facts_of(bytes.bytes, bytes.size, LARGEST);
    ck_assert_int_eq(facts->status, IMAGE_READ);
    ck_assert_str_eq(facts->version, "0.0.0.1");
    ck_assert_str_eq(facts->company, "Acme");
    ck_assert_ptr_null(facts->build_id);
    ck_assert_int_eq(facts->signature, IMAGE_NO_SIGNATURE);
    check_digest(facts, bytes.bytes, bytes.size);
    text_clear(&bytes);
}
END_TEST

START_TEST(an_elf_program_says_its_build_id)
{
    struct made_elf elf = {
        .wide = true, .alignment = 4, .owner = "GNU", .type = 3, .id = "\x01\xfe", .id_size = 2};
    struct text bytes = {0};
    const struct image_facts *facts;

    made_elf(&bytes, &elf);
    facts = facts_of(bytes.bytes, bytes.size, LARGEST);
    ck_assert_int_eq(facts->status, IMAGE_READ);
    ck_assert_str_eq(facts->build_id, "01fe");
    ck_assert_int_eq(facts->verdict, IMAGE_NOT_CHECKED);
    ck_assert(facts->version == NULL && facts->company == NULL && facts->signer == NULL);
    text_clear(&bytes);
}
END_TEST

START_TEST(a_file_of_any_length_is_hashed_to_its_end)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 200000};
    char *bytes = calloc(1, 200000);

    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 'x', 200000);
    for (int i = 0; i < COUNT_OF(sizes); i++) {
        ck_assert_int_eq(facts_of(bytes, sizes[i], LARGEST)->status, IMAGE_READ);
        check_digest(fixture.facts, bytes, sizes[i]);
    }
    free(bytes);
}
END_TEST

START_TEST(a_file_above_the_cap_is_too_large)
{
    static const uint8_t none[IMAGE_HASH_SIZE];

    ck_assert_int_eq(facts_of("0123456789", 10, 10)->status, IMAGE_READ);
    ck_assert_int_eq(facts_of("0123456789", 10, 9)->status, IMAGE_TOO_LARGE);
    ck_assert_mem_eq(fixture.facts->sha256, none, sizeof(none));
}
END_TEST

START_TEST(what_cannot_be_read_gets_facts_that_say_so)
{
    struct image image = {.seen_as = IMAGE_READ};
    struct failure why;

    facts_of("x", 1, LARGEST);
    image.path = text_bytes(&fixture.path);
    image.seen_as = (uint8_t)_i;
    image_facts_release(fixture.facts);
    fixture.facts = image_facts_read(&image, LARGEST);
    ck_assert_int_eq(fixture.facts->status, _i); /* as it was seen, though it could be read */
    CHECK_DONE(file_remove("made.bin", &why), why);
    image.seen_as = IMAGE_READ;
    image_facts_release(fixture.facts);
    fixture.facts = image_facts_read(&image, LARGEST);
    ck_assert_int_eq(fixture.facts->status, IMAGE_GONE);
}
END_TEST

static Suite *image_facts_suite(void)
{
    Suite *suite = suite_create("image_facts");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_file_of_no_kind_has_a_hash_and_no_more);
    tcase_add_test(tests, a_windows_program_says_its_version_and_company);
    tcase_add_test(tests, an_elf_program_says_its_build_id);
    tcase_add_test(tests, a_file_of_any_length_is_hashed_to_its_end);
    tcase_add_test(tests, a_file_above_the_cap_is_too_large);
    tcase_add_loop_test(tests, what_cannot_be_read_gets_facts_that_say_so, IMAGE_REMOTE,
                        IMAGE_STATUS_COUNT);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(image_facts_suite());
}
