/* SPDX-License-Identifier: MIT */

/*
 * A small ledger over a long time, with a seal a minute: what was recorded is not pushed out by
 * what it was sealed with. That folds can be verified is in check_verify.c.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "store/retention.h"
#include "store/verify.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

#define KIB INT64_C(1024)
#define MINUTE INT64_C(60000)
#define DAY INT64_C(86400000)

enum { LIMIT_KIB = 512, MINUTES = 3000, ROUND = 20 };

static const char path[] = "check_seal_fold.db";

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct retention *retention;
    struct retention_limits limits;
    struct snapshot snapshot;
    struct failure why;
} fixture;

static void remove_files(void)
{
    support_remove_database(path);
    remove("check_seal_fold.db-lock");
}

static void open_fixture(void)
{
    struct ledger_run run = {
        .program = "check_seal_fold", .boot = {.id = "boot"}, .interval = MINUTE};

    memset(&fixture, 0, sizeof(fixture));
    remove_files();
    clock_fake_reset();
    clock_fake_set(1800000000000);
    fixture.limits = (struct retention_limits){4000 * DAY, LIMIT_KIB * KIB, 4000 * DAY};
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    CHECK_DONE(retention_open(&fixture.retention, fixture.ledger, &fixture.limits, &fixture.why),
               fixture.why);
}

static void close_fixture(void)
{
    retention_close(fixture.retention);
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    remove_files();
}

/* A minute: a listener, and a connection that lasts for it. */
static void pass_minute(int minute)
{
    uint32_t owner;

    made_up_begin(&fixture.snapshot, clock_now());
    owner = made_up_process(&fixture.snapshot, 10, 1, "server", "/bin/server");
    made_up_listener(&fixture.snapshot, 80, owner);
    made_up_connection(&fixture.snapshot, 80, (uint16_t)(40000 + minute % 2), SOCKET_ESTABLISHED,
                       owner);
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    clock_fake_run(MINUTE);
}

static void retain(void)
{
    bool more = true;

    while (more) {
        CHECK_DONE(retention_work(fixture.retention, clock_now(), 0, &more, &fixture.why),
                   fixture.why);
    }
}

static long long number(const char *sql)
{
    return support_query_number(path, sql);
}

static enum verify_status verify(void)
{
    struct verify_plan plan = {0};
    struct verify_result result;
    struct ledger *reader;

    CHECK_DONE(ledger_open(&reader, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_verify(&result, reader, &plan, &fixture.why), fixture.why);
    ledger_close(reader);
    ck_assert_int_eq(result.folded_seals, number("SELECT coalesce(max(gone), 0) FROM fold"));
    return result.status;
}

START_TEST(seals_do_not_push_out_what_they_seal)
{
    for (int minute = 1; minute <= MINUTES; minute++) {
        pass_minute(minute);
        if (minute % ROUND == 0) {
            retain();
            ck_assert_int_le(
                number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"),
                LIMIT_KIB * KIB * 21 / 20);
        }
        if (minute % (MINUTES / 10) == 0) {
            ck_assert_int_eq(verify(), VERIFY_HELD);
        }
    }
    /* A quarter of the room is more than 600 seals, and 600 minutes. */
    ck_assert_int_gt(number("SELECT count(*) FROM seal"), 600);
    ck_assert_int_lt(number("SELECT count(*) FROM seal"), MINUTES / 2);
    ck_assert_int_gt(number("SELECT max(gone) FROM fold"), MINUTES / 2);
    ck_assert_int_gt(number("SELECT count(*) FROM interval"), 600);
    ck_assert_int_gt(number("SELECT (max(opened_at) - min(opened_at)) / 60000 FROM interval"
                            " WHERE lasted >= 0"),
                     600);
    ck_assert_int_eq(number("SELECT count(*) FROM dropped WHERE why <> 2"), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM dropped WHERE what = 1 AND of_one = 0") > 0, 1);
}
END_TEST

static Suite *seal_fold_suite(void)
{
    Suite *suite = suite_create("seal_fold");
    TCase *tests = tcase_create("seal_fold");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, seals_do_not_push_out_what_they_seal);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(seal_fold_suite());
}
