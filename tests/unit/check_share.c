/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/thread.h"
#include "service/share.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_share.db";
static const char lock_path[] = "check_share.db-lock";
static const char shared_path[] = "check_share_folder/portledger-copy.db";

enum { SOON_MS = 10000, AN_HOUR_MS = 3600000, PATIENCE_MS = 20000, MOST_LOOKS = 1000 };

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct share *share;
    struct settings *settings;
    struct bell *rung;
    int64_t now;
    struct failure why;
} fixture;

static void ring(void *context)
{
    (void)context;
    bell_ring(fixture.rung);
}

static void sample(void)
{
    fixture.now += 1000;
    made_up_begin(&fixture.snapshot, fixture.now);
    made_up_listener(&fixture.snapshot, 80,
                     made_up_process(&fixture.snapshot, 10, 1, "a.exe", NULL));
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

/* Settings of a copy in the folder `name` beside the ledger, with more lines of ledger.share. */
static void configure(const char *name, const char *more)
{
    static setting_tables tables = {&ledger_settings, NULL};
    struct text folder = {0};
    struct text yaml = {0};

    settings_free(fixture.settings);
    fixture.settings = NULL;
    CHECK_DONE(paths_absolute(&folder, name, &fixture.why), fixture.why);
    text_addf(&yaml, "ledger:\n  share:\n    folder: '%s'\n%s", text_bytes(&folder), more);
    CHECK_DONE(settings_parse(&fixture.settings, "check", text_bytes(&yaml), yaml.size, tables,
                              &fixture.why),
               fixture.why);
    CHECK_DONE(share_configure(fixture.share, fixture.settings, &fixture.why), fixture.why);
    text_clear(&yaml);
    text_clear(&folder);
}

static void remove_all(void)
{
    support_remove_database(path);
    remove(lock_path);
    support_remove_database(shared_path);
    support_remove_database("check_share_folder/portledger-copy.db.new");
    support_remove_database("check_share_folder/portledger-copy.db.new-part");
    remove("check_share_file");
}

static void open_fixture(void)
{
    struct ledger_run run = {.program = "check_share", .boot = {.id = "boot"}, .interval = 1000};

    memset(&fixture, 0, sizeof(fixture));
    remove_all();
    clock_fake_reset();
    CHECK_DONE(bell_open(&fixture.rung, &fixture.why), fixture.why);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    CHECK_DONE(share_open(&fixture.share, fixture.ledger, ring, NULL, &fixture.why), fixture.why);
    sample();
}

static void close_fixture(void)
{
    share_close(fixture.share);
    settings_free(fixture.settings);
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    bell_close(fixture.rung);
    memset(&fixture, 0, sizeof(fixture));
    remove_all();
}

/* Works as the service does, until there is news or it would wait for long. */
static enum share_news work(void)
{
    for (int i = 0; i < MOST_LOOKS; i++) {
        enum share_news news = share_work(fixture.share, &fixture.why);
        int64_t wait = share_wait(fixture.share);

        if (news != SHARE_NOTHING_NEW || wait >= SOON_MS) {
            return news;
        }
        if (wait < 0) {
            ck_assert(bell_wait(fixture.rung, PATIENCE_MS));
        } else {
            clock_fake_run(wait);
        }
    }
    ck_abort_msg("it works for ever");
    return SHARE_NOTHING_NEW; /* never reached, but not every compiler knows */
}

static int64_t newest_shared(void)
{
    struct ledger *copy = NULL;
    struct ledger_summary summary;

    CHECK_DONE(ledger_open(&copy, shared_path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_summarize(copy, &summary, &fixture.why), fixture.why);
    ledger_close(copy);
    return summary.last_sample_at;
}

START_TEST(without_a_folder_nothing_is_shared)
{
    static setting_tables tables = {&ledger_settings, NULL};

    CHECK_DONE(settings_read(&fixture.settings, NULL, tables, &fixture.why), fixture.why);
    CHECK_DONE(share_configure(fixture.share, fixture.settings, &fixture.why), fixture.why);
    ck_assert_int_eq(share_wait(fixture.share), -1);
    ck_assert_int_eq(share_work(fixture.share, &fixture.why), SHARE_NOTHING_NEW);
}
END_TEST

START_TEST(a_copy_is_made_and_replaced_when_it_is_time)
{
    configure("check_share_folder", "");
    clock_fake_run(SOON_MS);
    ck_assert_int_eq(work(), SHARE_NOTHING_NEW);
    ck_assert_int_eq(newest_shared(), fixture.now);
    ck_assert_int_eq(support_query_number(shared_path, "SELECT count(*) FROM pragma_journal_mode "
                                                       "WHERE journal_mode = 'delete'"),
                     1);
    sample();
    ck_assert_int_eq(work(), SHARE_NOTHING_NEW);
    ck_assert_int_eq(newest_shared(), fixture.now - 1000);
    clock_fake_run(AN_HOUR_MS);
    ck_assert_int_eq(work(), SHARE_NOTHING_NEW);
    ck_assert_int_eq(newest_shared(), fixture.now);
    ck_assert(!file_exists("check_share_folder/portledger-copy.db.new"));
    ck_assert(!file_exists("check_share_folder/portledger-copy.db.new-part"));
}
END_TEST

START_TEST(what_a_killed_service_left_is_removed)
{
    configure("check_share_folder", "");
    clock_fake_run(SOON_MS);
    ck_assert_int_eq(work(), SHARE_NOTHING_NEW);
    support_write_text("check_share_folder/portledger-copy.db.new", "half");
    support_write_text("check_share_folder/portledger-copy.db.new-part", "half");
    sample();
    clock_fake_run(AN_HOUR_MS);
    ck_assert_int_eq(work(), SHARE_NOTHING_NEW);
    ck_assert_int_eq(newest_shared(), fixture.now);
}
END_TEST

START_TEST(a_copy_that_gives_way_is_made_in_longer_steps)
{
    int64_t wait;

    configure("check_share_folder", "");
    clock_fake_run(SOON_MS);
    ck_assert_int_eq(share_work(fixture.share, &fixture.why), SHARE_NOTHING_NEW); /* it begins */
    wait = share_wait(fixture.share);
    share_give_way(fixture.share, true);
    ck_assert_int_ge(share_wait(fixture.share), 10 * wait);
    share_give_way(fixture.share, false);
    ck_assert_int_eq(share_wait(fixture.share), wait);
    ck_assert_int_ne(work(), SHARE_FAILED);
}
END_TEST

START_TEST(a_copy_that_fails_is_told_once_and_tried_again)
{
    support_write_text("check_share_file", "no folder");
    configure("check_share_file", "");
    clock_fake_run(SOON_MS);
    ck_assert_int_eq(work(), SHARE_FAILED);
    CHECK_CONTAINS(fixture.why.text, "check_share_file");
    clock_fake_run(share_wait(fixture.share));
    ck_assert_int_eq(share_work(fixture.share, &fixture.why), SHARE_NOTHING_NEW);
    configure("check_share_folder", "");
    clock_fake_run(SOON_MS);
    ck_assert_int_eq(work(), SHARE_RECOVERED);
    ck_assert_int_eq(newest_shared(), fixture.now);
}
END_TEST

START_TEST(a_group_that_is_not_there_is_told)
{
    configure("check_share_folder", "    group: no such group here\n");
    clock_fake_run(SOON_MS);
    ck_assert_int_eq(work(), SHARE_FAILED);
    CHECK_CONTAINS(fixture.why.text, "no such group here");
    ck_assert(!file_exists(shared_path));
}
END_TEST

START_TEST(closing_in_the_middle_leaves_nothing)
{
    configure("check_share_folder", "    command_lines: true\n");
    clock_fake_run(SOON_MS);
    ck_assert_int_eq(share_work(fixture.share, &fixture.why), SHARE_NOTHING_NEW);
    ck_assert(file_exists("check_share_folder/portledger-copy.db.new"));
    share_close(fixture.share);
    fixture.share = NULL;
    ck_assert(!file_exists("check_share_folder/portledger-copy.db.new"));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("share");
    TCase *tests = tcase_create("share");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, without_a_folder_nothing_is_shared);
    tcase_add_test(tests, a_copy_is_made_and_replaced_when_it_is_time);
    tcase_add_test(tests, what_a_killed_service_left_is_removed);
    tcase_add_test(tests, a_copy_that_gives_way_is_made_in_longer_steps);
    tcase_add_test(tests, a_copy_that_fails_is_told_once_and_tried_again);
    tcase_add_test(tests, a_group_that_is_not_there_is_told);
    tcase_add_test(tests, closing_in_the_middle_leaves_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
