/* SPDX-License-Identifier: MIT */

#include "tests/fake_trust_calls_win32.h"
#include "tests/support.h"

#include <stdlib.h>

#include "base/utf16_win32.h"
#include "collector/image_trust.h"

/* The verdict on the program that the test is. */
static struct {
    struct image image;
    char *path;
    struct image_file *file;
    struct image_trust trust;
} fixture;

static void open_fixture(void)
{
    wchar_t path[1000];

    memset(&fixture, 0, sizeof(fixture));
    fake_trust = (struct fake_trust){.signer = L"Acme \x00fc Co"};
    ck_assert_uint_ne(GetModuleFileNameW(NULL, path, 1000), 0);
    fixture.path = utf16_to_utf8(path);
    fixture.image.path = fixture.path;
    ck_assert_int_eq(image_file_open(&fixture.file, &fixture.image), IMAGE_READ);
}

static void close_fixture(void)
{
    free(fixture.trust.signer);
    free(fixture.path);
    image_file_close(fixture.file);
}

/* Checks, and that nothing was left open and nothing asked wrongly. */
static void check_trust(enum image_verdict verdict, enum image_signature signature)
{
    free(fixture.trust.signer);
    fixture.trust = (struct image_trust){0};
    image_trust_check(fixture.file, &fixture.image, &fixture.trust);
    ck_assert(!fake_trust.wrong);
    ck_assert_int_eq(fake_trust.open_states, 0);
    ck_assert_int_eq(fake_trust.open_catalogs, 0);
    ck_assert_int_eq(fake_trust.open_databases, 0);
    ck_assert_int_eq(fixture.trust.verdict, verdict);
    ck_assert_int_eq(fixture.trust.signature, signature);
}

/* As numbers, as Windows documents them. */
static const struct {
    DWORD code;
    enum image_verdict verdict;
} codes[] = {
    {0, IMAGE_SIGNED},
    {0x800B0109, IMAGE_UNKNOWN_ROOT},
    {0x800B010D, IMAGE_UNKNOWN_ROOT},
    {0x800B0112, IMAGE_UNKNOWN_ROOT},
    {0x800B010A, IMAGE_UNKNOWN_ROOT},
    {0x80096010, IMAGE_TAMPERED},
    {0x80096004, IMAGE_TAMPERED},
    {0x80090006, IMAGE_TAMPERED},
    {0x800B0101, IMAGE_EXPIRED},
    {0x800B0102, IMAGE_EXPIRED},
    {0x800B010C, IMAGE_DISTRUSTED},
    {0x80092010, IMAGE_DISTRUSTED},
    {0x800B0111, IMAGE_DISTRUSTED},
    {0x800B0004, IMAGE_DISTRUSTED},
    {0x80092026, IMAGE_DISTRUSTED},
    {0x800B010B, IMAGE_UNDECIDED},
    {0x80070005, IMAGE_UNDECIDED},
    {0x80096001, IMAGE_UNDECIDED},
    {1, IMAGE_UNDECIDED},
};

START_TEST(every_code_has_its_verdict)
{
    fake_trust.embedded = (LONG)codes[_i].code;
    check_trust(codes[_i].verdict, IMAGE_EMBEDDED);
    ck_assert_str_eq(fixture.trust.signer, "Acme \xc3\xbc Co");
    ck_assert_int_eq(fake_trust.searches, 0);
}
END_TEST

START_TEST(a_verdict_of_a_catalog_is_the_same)
{
    fake_trust.embedded = TRUST_E_NOSIGNATURE;
    fake_trust.algorithm = _i % 2 == 0 ? L"SHA256" : L"SHA1";
    fake_trust.catalogs[0] = (LONG)codes[_i].code;
    fake_trust.catalog_count = 1;
    check_trust(codes[_i].verdict, IMAGE_CATALOG);
    ck_assert_str_eq(fixture.trust.signer, "Acme \xc3\xbc Co");
}
END_TEST

static const DWORD unsigned_codes[] = {0x800B0100, 0x800B0001, 0x800B0003};

START_TEST(a_file_without_signature_and_catalog_is_unsigned)
{
    fake_trust.embedded = (LONG)unsigned_codes[_i];
    check_trust(IMAGE_UNSIGNED, IMAGE_NO_SIGNATURE);
    ck_assert_ptr_null(fixture.trust.signer);
    ck_assert_int_eq(fake_trust.searches, 2);
}
END_TEST

START_TEST(catalogs_are_asked_until_one_is_trusted)
{
    fake_trust.embedded = TRUST_E_NOSIGNATURE;
    fake_trust.algorithm = L"SHA256";
    fake_trust.catalogs[0] = CERT_E_EXPIRED;
    fake_trust.catalogs[1] = TRUST_E_NOSIGNATURE;
    fake_trust.catalogs[3] = CERT_E_REVOKED;
    fake_trust.catalog_count = 4;
    check_trust(IMAGE_SIGNED, IMAGE_CATALOG);
    ck_assert_int_eq(fake_trust.verified, 4);
}
END_TEST

START_TEST(catalogs_without_end_are_not_all_asked)
{
    fake_trust.embedded = TRUST_E_NOSIGNATURE;
    fake_trust.algorithm = L"SHA256";
    for (int i = 0; i < FAKE_CATALOGS; i++) {
        fake_trust.catalogs[i] = CERT_E_EXPIRED;
    }
    fake_trust.catalog_count = FAKE_CATALOGS;
    check_trust(IMAGE_EXPIRED, IMAGE_CATALOG);
    ck_assert_int_eq(fake_trust.verified, 17);
}
END_TEST

START_TEST(catalogs_that_cannot_be_searched_leave_it_open)
{
    fake_trust.embedded = TRUST_E_NOSIGNATURE;
    fake_trust.no_algorithm = L"SHA256";
    check_trust(IMAGE_UNDECIDED, IMAGE_NO_SIGNATURE);
    fake_trust.no_algorithm = L"SHA1";
    check_trust(IMAGE_UNDECIDED, IMAGE_NO_SIGNATURE);
    fake_trust.no_algorithm = NULL;
    fake_trust.no_hash = true;
    check_trust(IMAGE_UNDECIDED, IMAGE_NO_SIGNATURE);
    fake_trust.no_hash = false;
    fake_trust.algorithm = L"SHA256";
    fake_trust.catalog_count = 1;
    fake_trust.no_info = true;
    check_trust(IMAGE_UNDECIDED, IMAGE_NO_SIGNATURE);
}
END_TEST

START_TEST(the_other_catalogs_count_where_some_cannot_be_searched)
{
    fake_trust.embedded = TRUST_E_NOSIGNATURE;
    fake_trust.no_algorithm = L"SHA256";
    fake_trust.algorithm = L"SHA1";
    fake_trust.catalog_count = 1;
    check_trust(IMAGE_SIGNED, IMAGE_CATALOG);
}
END_TEST

START_TEST(a_signer_that_cannot_be_named_is_none)
{
    if (_i == 0) {
        fake_trust.signer = NULL;
    } else if (_i == 1) {
        fake_trust.signer = L"";
    } else {
        fake_trust.no_certificate = true;
    }
    check_trust(IMAGE_SIGNED, IMAGE_EMBEDDED);
    ck_assert_ptr_null(fixture.trust.signer);
}
END_TEST

enum { CALLS = sizeof(struct trust_calls) / sizeof(void *) };

/* The first is the verdict itself, four name the signer, the rest are for catalogs. */
START_TEST(a_call_that_windows_lacks_costs_a_detail)
{
    memset((char *)&fake_trust.missing + (size_t)_i * sizeof(void *), 1, sizeof(void *));
    if (_i == 0) {
        check_trust(IMAGE_NOT_CHECKED, IMAGE_NO_SIGNATURE);
        return;
    }
    check_trust(IMAGE_SIGNED, IMAGE_EMBEDDED);
    ck_assert_int_eq(fixture.trust.signer == NULL, _i < 5);
    fake_trust.embedded = TRUST_E_NOSIGNATURE;
    check_trust(_i < 5 ? IMAGE_UNSIGNED : IMAGE_UNDECIDED, IMAGE_NO_SIGNATURE);
}
END_TEST

static Suite *image_trust_win32_suite(void)
{
    Suite *suite = suite_create("image_trust_win32");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, every_code_has_its_verdict, 0, COUNT_OF(codes));
    tcase_add_loop_test(tests, a_verdict_of_a_catalog_is_the_same, 0, COUNT_OF(codes));
    tcase_add_loop_test(tests, a_file_without_signature_and_catalog_is_unsigned, 0,
                        COUNT_OF(unsigned_codes));
    tcase_add_test(tests, catalogs_are_asked_until_one_is_trusted);
    tcase_add_test(tests, catalogs_without_end_are_not_all_asked);
    tcase_add_test(tests, catalogs_that_cannot_be_searched_leave_it_open);
    tcase_add_test(tests, the_other_catalogs_count_where_some_cannot_be_searched);
    tcase_add_loop_test(tests, a_signer_that_cannot_be_named_is_none, 0, 3);
    tcase_add_loop_test(tests, a_call_that_windows_lacks_costs_a_detail, 0, CALLS);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(image_trust_win32_suite());
}
