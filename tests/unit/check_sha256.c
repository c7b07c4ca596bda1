/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdlib.h>

#include "base/sha256.h"
#include "base/text.h"

static struct {
    struct sha256 *sha256;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    CHECK_DONE(sha256_open(&fixture.sha256, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    sha256_close(fixture.sha256);
}

static void add(const void *bytes, size_t size)
{
    CHECK_DONE(sha256_add(fixture.sha256, bytes, size, &fixture.why), fixture.why);
}

static void check_digest(const char *expected)
{
    uint8_t digest[SHA256_SIZE];
    struct text text = {0};

    CHECK_DONE(sha256_finish(fixture.sha256, digest, &fixture.why), fixture.why);
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        text_addf(&text, "%02x", digest[i]);
    }
    ck_assert_str_eq(text_bytes(&text), expected);
    text_clear(&text);
}

/* The examples that NIST publishes with FIPS 180-4. */
static const struct {
    const char *text;
    const char *digest;
} examples[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
     "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

START_TEST(the_examples_of_the_standard_come_out)
{
    add(examples[_i].text, strlen(examples[_i].text));
    check_digest(examples[_i].digest);
}
END_TEST

START_TEST(it_does_not_matter_how_the_bytes_are_cut)
{
    for (const char *at = examples[_i].text; *at != '\0'; at++) {
        add(at, 1);
    }
    check_digest(examples[_i].digest);
}
END_TEST

START_TEST(a_million_letters_come_out)
{
    char letters[1000];

    memset(letters, 'a', sizeof(letters));
    for (int i = 0; i < 1000; i++) {
        add(letters, sizeof(letters));
    }
    check_digest("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(one_that_was_finished_begins_anew)
{
    add("something", 9);
    check_digest("3fc9b689459d738f8c88a3a48aa9e33542016b7a4052e001aaa536fca74813cb");
    add(examples[1].text, strlen(examples[1].text));
    check_digest(examples[1].digest);
}
END_TEST

START_TEST(one_that_was_reset_forgets_what_was_added)
{
    add("something", 9);
    CHECK_DONE(sha256_reset(fixture.sha256, &fixture.why), fixture.why);
    check_digest(examples[0].digest);
}
END_TEST

static Suite *sha256_suite(void)
{
    Suite *suite = suite_create("sha256");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_examples_of_the_standard_come_out, 0, COUNT_OF(examples));
    tcase_add_loop_test(tests, it_does_not_matter_how_the_bytes_are_cut, 0, COUNT_OF(examples));
    tcase_add_test(tests, a_million_letters_come_out);
    tcase_add_test(tests, one_that_was_finished_begins_anew);
    tcase_add_test(tests, one_that_was_reset_forgets_what_was_added);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(sha256_suite());
}
