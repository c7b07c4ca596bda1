/* SPDX-License-Identifier: MIT */

#include <stdio.h>

#include "base/file.h"
#include "store/ledger.h"
#include "tests/fake_file_place.h"
#include "tests/support.h"

static const char path[] = "check_ledger_place.db";
static const char lock_path[] = "check_ledger_place.db-lock";

static struct {
    struct ledger *ledger;
    struct ledger *other;
    struct failure why;
} fixture;

static void remove_all(void)
{
    support_remove_database(path);
    remove(lock_path);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_all();
    fake_file_place = FILE_PLACE_LOCAL;
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    ledger_close(fixture.other);
    ledger_close(fixture.ledger);
    remove_all();
}

static void close_ledger(void)
{
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

static void refuse(enum ledger_access access)
{
    CHECK_FAILED(ledger_open(&fixture.other, path, access, &fixture.why), FAILURE_DATABASE,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, "network drive");
    CHECK_CONTAINS(fixture.why.text, path);
}

static void take(void)
{
    CHECK_DONE(ledger_open(&fixture.other, path, LEDGER_READ, &fixture.why), fixture.why);
}

START_TEST(a_live_ledger_on_a_network_drive_is_refused)
{
    fake_file_place = FILE_PLACE_REMOTE;
    refuse(LEDGER_READ);
}
END_TEST

START_TEST(a_closed_ledger_on_a_network_drive_is_read)
{
    close_ledger();
    fake_file_place = FILE_PLACE_REMOTE;
    take();
}
END_TEST

/* The lock of a service on another machine is not seen, the index of its log is. */
START_TEST(a_ledger_on_a_network_drive_that_others_have_open_is_refused)
{
    close_ledger();
    support_write_text("check_ledger_place.db-shm", "");
    fake_file_place = FILE_PLACE_REMOTE;
    refuse(LEDGER_READ);
}
END_TEST

START_TEST(a_ledger_is_not_written_on_a_network_drive)
{
    close_ledger();
    fake_file_place = FILE_PLACE_REMOTE;
    refuse(LEDGER_WRITE);
}
END_TEST

START_TEST(a_place_that_is_not_known_is_no_network_drive)
{
    fake_file_place = FILE_PLACE_UNKNOWN;
    take();
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ledger_place");
    TCase *tests = tcase_create("place");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_live_ledger_on_a_network_drive_is_refused);
    tcase_add_test(tests, a_closed_ledger_on_a_network_drive_is_read);
    tcase_add_test(tests, a_ledger_on_a_network_drive_that_others_have_open_is_refused);
    tcase_add_test(tests, a_ledger_is_not_written_on_a_network_drive);
    tcase_add_test(tests, a_place_that_is_not_known_is_no_network_drive);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
