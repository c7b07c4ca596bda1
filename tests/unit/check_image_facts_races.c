/* SPDX-License-Identifier: MIT */

/* What becomes of facts when the file does not stay as it is, and how a verdict gets into them. */

#include "tests/fake_image_file.h"
#include "tests/made_image.h"
#include "tests/support.h"

#include "base/text.h"
#include "collector/image_facts.h"

static struct {
    struct text bytes;
    const struct image_facts *facts;
} fixture;

static void open_fixture(void)
{
    struct made_pe pe = {.plus = true, .version = 1};

    memset(&fixture, 0, sizeof(fixture));
    made_pe(&fixture.bytes, &pe);
    fake_image_file = (struct fake_image_file){
        .opens_as = IMAGE_READ, .bytes = fixture.bytes.bytes, .size = fixture.bytes.size};
}

static void close_fixture(void)
{
    image_facts_release(fixture.facts);
    text_clear(&fixture.bytes);
}

static enum image_status read_facts(void)
{
    struct image image = {.path = "made", .seen_as = IMAGE_READ};

    fixture.facts = image_facts_read(&image, 1 << 20);
    ck_assert_ptr_nonnull(fixture.facts);
    ck_assert_int_eq(fake_image_file.open, 0);
    if (fixture.facts->status != IMAGE_READ) {
        ck_assert_ptr_null(fixture.facts->version);
        ck_assert_ptr_null(fixture.facts->signer);
        ck_assert_int_eq(fixture.facts->verdict, IMAGE_NOT_CHECKED);
    }
    return (enum image_status)fixture.facts->status;
}

START_TEST(a_file_that_stays_as_it_is_is_read)
{
    ck_assert_int_eq(read_facts(), IMAGE_READ);
    ck_assert_str_eq(fixture.facts->version, "0.0.0.1");
}
END_TEST

START_TEST(a_file_that_is_written_to_meanwhile_is_changed)
{
    if (_i == 0) {
        fake_image_file.written_later = 1;
    } else if (_i == 1) {
        fake_image_file.written_later = -1;
    } else if (_i == 2) {
        fake_image_file.grown_later = 1;
    } else {
        fake_image_file.shrinks_to = 100;
    }
    fake_image_file.says = (struct image_trust){.verdict = IMAGE_SIGNED};
    ck_assert_int_eq(read_facts(), IMAGE_CHANGED);
}
END_TEST

START_TEST(a_file_that_fails_is_unreadable)
{
    fake_image_file.unreadable = _i == 0;
    fake_image_file.undescribable = _i;
    ck_assert_int_eq(read_facts(), IMAGE_UNREADABLE);
}
END_TEST

START_TEST(why_a_file_was_not_opened_is_the_status)
{
    fake_image_file.opens_as = (enum image_status)_i;
    ck_assert_int_eq(read_facts(), _i);
    ck_assert_int_eq(fake_image_file.described, 0);
}
END_TEST

START_TEST(the_verdict_and_the_signer_are_facts)
{
    char signer[] = "Acme";

    fake_image_file.says = (struct image_trust){
        .verdict = IMAGE_EXPIRED, .signature = IMAGE_CATALOG, .signer = signer};
    ck_assert_int_eq(read_facts(), IMAGE_READ);
    ck_assert_int_eq(fixture.facts->verdict, IMAGE_EXPIRED);
    ck_assert_int_eq(fixture.facts->signature, IMAGE_CATALOG);
    ck_assert_str_eq(fixture.facts->signer, "Acme");
}
END_TEST

START_TEST(nobody_is_asked_about_what_is_no_windows_program)
{
    fake_image_file.bytes = "plain";
    fake_image_file.size = 5;
    ck_assert_int_eq(read_facts(), IMAGE_READ);
    ck_assert_int_eq(fake_image_file.checked, 0);
}
END_TEST

static Suite *image_facts_races_suite(void)
{
    Suite *suite = suite_create("image_facts_races");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_file_that_stays_as_it_is_is_read);
    tcase_add_loop_test(tests, a_file_that_is_written_to_meanwhile_is_changed, 0, 4);
    tcase_add_loop_test(tests, a_file_that_fails_is_unreadable, 0, 3);
    tcase_add_loop_test(tests, why_a_file_was_not_opened_is_the_status, IMAGE_REMOTE,
                        IMAGE_STATUS_COUNT);
    tcase_add_test(tests, the_verdict_and_the_signer_are_facts);
    tcase_add_test(tests, nobody_is_asked_about_what_is_no_windows_program);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(image_facts_races_suite());
}
