/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "base/file.h"
#include "service/first_key.h"
#include "store/ledger.h"

static const char ledger_file[] = "check_first_key/ledger.db";
static const char waiting_file[] = "check_first_key/ledger.db.first-key";
static const char key_file[] = "check_first_key/ledger.db.key";

static struct {
    struct text out;
    struct failure why;
} fixture;

static void remove_files(void)
{
    struct failure ignored;

    support_remove_database(ledger_file);
    (void)!file_remove(key_file, &ignored);
    (void)!file_remove(waiting_file, &ignored);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
}

static void close_fixture(void)
{
    remove_files();
    text_clear(&fixture.out);
}

START_TEST(the_key_of_a_new_ledger_is_shown_once)
{
    CHECK_DONE(first_key_make(ledger_file, &fixture.out, &fixture.why), fixture.why);
    CHECK_CONTAINS(text_bytes(&fixture.out), "not shown again");
    ck_assert_uint_gt(fixture.out.size, 200);
    ck_assert(file_exists(ledger_file));
    ck_assert(file_exists(key_file));
    text_reset(&fixture.out);
    CHECK_DONE(first_key_make(ledger_file, &fixture.out, &fixture.why), fixture.why);
    ck_assert_uint_eq(fixture.out.size, 0);
}
END_TEST

START_TEST(a_ledger_that_is_written_now_is_left_alone)
{
    struct ledger *ledger = NULL;

    CHECK_DONE(file_make_private_folder("check_first_key", &fixture.why), fixture.why);
    CHECK_DONE(ledger_open(&ledger, ledger_file, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_FAILED(first_key_make(ledger_file, &fixture.out, &fixture.why), FAILURE_BUSY,
                 fixture.why);
    ck_assert_uint_eq(fixture.out.size, 0);
    ledger_close(ledger);
}
END_TEST

/* What waits is what the service wrote, line by line, and nothing that is no key. */
START_TEST(a_key_that_nobody_was_shown_waits)
{
    static const char first[] = "portledger seal key of ledger 00000000-0000-4000-8000-000000000001"
                                ", from seal 0: 000102030405060708090a0b0c0d0e0f"
                                "101112131415161718191a1b1c1d1e1f";
    static const char second[] = "portledger seal key of ledger 00000000-0000-4000-8000-00000000000"
                                 "1, from seal 7: ff0102030405060708090a0b0c0d0e0f"
                                 "101112131415161718191a1b1c1d1e1f";
    struct text expected = {0};

    CHECK_DONE(first_key_read(ledger_file, &fixture.out, &fixture.why), fixture.why);
    ck_assert_uint_eq(fixture.out.size, 0);
    CHECK_DONE(file_make_private_folder("check_first_key", &fixture.why), fixture.why);
    CHECK_DONE(first_key_keep(ledger_file, first, &fixture.why), fixture.why);
    CHECK_DONE(first_key_keep(ledger_file, "root:x:0:0", &fixture.why), fixture.why);
    CHECK_DONE(first_key_keep(ledger_file, second, &fixture.why), fixture.why);
    CHECK_DONE(first_key_read(ledger_file, &fixture.out, &fixture.why), fixture.why);
    text_addf(&expected, "%s\n%s\n", first, second);
    ck_assert_str_eq(text_bytes(&fixture.out), text_bytes(&expected));
    text_clear(&expected);
    CHECK_DONE(first_key_forget(ledger_file, &fixture.why), fixture.why);
    ck_assert(!file_exists(waiting_file));
}
END_TEST

/* Whoever has it open sees what is left of it on the disk. */
START_TEST(a_key_that_was_taken_away_is_overwritten)
{
    static const char secret[] = "000102030405060708090a0b0c0d0e0f";
    static const char nothing[sizeof(secret)] = "";
    char left[sizeof(secret)];
    FILE *file;

    CHECK_DONE(file_make_private_folder("check_first_key", &fixture.why), fixture.why);
    CHECK_DONE(first_key_keep(ledger_file, secret, &fixture.why), fixture.why);
    file = file_open(waiting_file, "r", &fixture.why);
    ck_assert_ptr_nonnull(file);
    CHECK_DONE(first_key_forget(ledger_file, &fixture.why), fixture.why);
    ck_assert_uint_eq(fread(left, 1, sizeof(left), file), sizeof(left));
    ck_assert_mem_eq(left, nothing, sizeof(left));
    fclose(file);
    ck_assert(!file_exists(waiting_file)); /* Windows keeps the name for as long as it is open */
}
END_TEST

static Suite *first_key_suite(void)
{
    Suite *suite = suite_create("first_key");
    TCase *tests = tcase_create("first_key");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_key_of_a_new_ledger_is_shown_once);
    tcase_add_test(tests, a_ledger_that_is_written_now_is_left_alone);
    tcase_add_test(tests, a_key_that_nobody_was_shown_waits);
    tcase_add_test(tests, a_key_that_was_taken_away_is_overwritten);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(first_key_suite());
}
