/* SPDX-License-Identifier: MIT */

#include "store/ledger_health.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support.h"

static const char path[] = "check_ledger_health.db";

static struct {
    struct ledger *ledger;
    struct ledger_health written;
    struct ledger_health read;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove("check_ledger_health.db-lock");
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    ledger_health_clear(&fixture.written);
    ledger_health_clear(&fixture.read);
    ledger_close(fixture.ledger);
    support_remove_database(path);
    remove("check_ledger_health.db-lock");
}

static void write_down(void)
{
    CHECK_DONE(ledger_health_write(fixture.ledger, &fixture.written, &fixture.why), fixture.why);
}

static void read_back(void)
{
    ledger_health_clear(&fixture.read);
    fixture.read = (struct ledger_health){0};
    CHECK_DONE(ledger_health_read(fixture.ledger, &fixture.read, &fixture.why), fixture.why);
}

static void set(enum ledger_health_number which, int64_t number)
{
    fixture.written.known[which] = true;
    fixture.written.numbers[which] = number;
}

START_TEST(a_new_ledger_knows_nothing)
{
    read_back();
    for (int i = 0; i < LEDGER_HEALTH_NUMBERS; i++) {
        ck_assert(!fixture.read.known[i]);
    }
}
END_TEST

START_TEST(what_is_written_is_read)
{
    for (int i = 0; i < LEDGER_HEALTH_NUMBERS; i++) {
        set((enum ledger_health_number)i, INT64_C(1) << (i + 20));
    }
    text_add(&fixture.written.texts[HEALTH_LIMITS], "hashing gives way");
    write_down();
    read_back();
    for (int i = 0; i < LEDGER_HEALTH_NUMBERS; i++) {
        ck_assert(fixture.read.known[i]);
        ck_assert_int_eq(fixture.read.numbers[i], INT64_C(1) << (i + 20));
    }
    ck_assert_str_eq(text_bytes(&fixture.read.texts[HEALTH_LIMITS]), "hashing gives way");
    ck_assert_uint_eq(fixture.read.texts[HEALTH_NEXT_JOB_NAME].size, 0);
}
END_TEST

START_TEST(what_is_not_known_any_more_is_not_there_any_more)
{
    set(HEALTH_GROWTH, 5);
    text_add(&fixture.written.texts[HEALTH_LIMITS], "hashing gives way");
    write_down();
    fixture.written.known[HEALTH_GROWTH] = false;
    text_reset(&fixture.written.texts[HEALTH_LIMITS]);
    set(HEALTH_AT, 7);
    write_down();
    read_back();
    ck_assert(!fixture.read.known[HEALTH_GROWTH]);
    ck_assert_uint_eq(fixture.read.texts[HEALTH_LIMITS].size, 0);
    ck_assert_int_eq(fixture.read.numbers[HEALTH_AT], 7);
}
END_TEST

/* A ledger of elsewhere says what it likes. */
START_TEST(what_cannot_be_is_left_out)
{
    set(HEALTH_AT, 7);
    write_down();
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    support_run_sql(path, "INSERT INTO health VALUES ('samples', 'many'), ('limits', 3),"
                          " ('of tomorrow', 1), ('cpu_us', x'00'), ('', 1)");
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    read_back();
    ck_assert_int_eq(fixture.read.numbers[HEALTH_AT], 7);
    ck_assert(!fixture.read.known[HEALTH_SAMPLES]);
    ck_assert(!fixture.read.known[HEALTH_CPU]);
    ck_assert_uint_eq(fixture.read.texts[HEALTH_LIMITS].size, 0);
}
END_TEST

START_TEST(failures_have_names_and_other_numbers_have_none)
{
    ck_assert_str_eq(ledger_health_failure(HEALTH_FAILED_SAMPLES), "samples");
    ck_assert_str_eq(ledger_health_failure(HEALTH_GAPS), "gaps");
    ck_assert_ptr_null(ledger_health_failure(HEALTH_AT));
    ck_assert_ptr_null(ledger_health_failure(LEDGER_HEALTH_NUMBERS));
}
END_TEST

static Suite *ledger_health_suite(void)
{
    Suite *suite = suite_create("ledger_health");
    TCase *tests = tcase_create("ledger_health");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_new_ledger_knows_nothing);
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, what_is_not_known_any_more_is_not_there_any_more);
    tcase_add_test(tests, what_cannot_be_is_left_out);
    tcase_add_test(tests, failures_have_names_and_other_numbers_have_none);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_health_suite());
}
