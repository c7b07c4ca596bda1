/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "store/ledger.h"
#include "store/ledger_copy.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger_copy.db";
static const char lock_path[] = "check_ledger_copy.db-lock";
static const char copy_path[] = "check_ledger_copy.copy";
static const char part_path[] = "check_ledger_copy.copy-part";

/* In the command line of every process, and nowhere else. */
static const char secret[] = "--password=swordfish";

enum { SAMPLES = 60, LISTENERS = 400, INTERVALS = 24000 };

static struct {
    struct ledger *ledger; /* the service's */
    struct ledger *reader;
    struct ledger_writer *writer;
    struct ledger_copy *copy;
    struct snapshot snapshot;
    int64_t now;
    struct failure why;
} fixture;

static void remove_all(void)
{
    support_remove_database(path);
    support_remove_database(copy_path);
    support_remove_database(part_path);
    remove(lock_path);
}

static void add_process(void)
{
    const struct process_instance fields = {
        .pid = 10,
        .start = 1,
        .access = PROCESS_OPENED,
        .name = "a.exe",
        .path = "/bin/a.exe",
        .command_line = "a.exe --password=swordfish",
    };
    const struct process_instance *made = process_instance_make(&fields);
    uint32_t place;

    ck_assert_ptr_nonnull(made);
    CHECK_DONE(snapshot_add_process(&fixture.snapshot, made, &place, &fixture.why), fixture.why);
    process_instance_release(made);
}

/* All ports are others in each sample, so that the ledger grows. */
static void sample(int listeners)
{
    fixture.now += 1000;
    made_up_begin(&fixture.snapshot, fixture.now);
    add_process();
    for (int i = 0; i < listeners; i++) {
        made_up_listener(&fixture.snapshot,
                         (uint16_t)(1 + ((int)(fixture.now / 1000) * listeners + i) % 65535), 0);
    }
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
}

static void commit(void)
{
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

static void open_fixture(void)
{
    struct ledger_run run = {
        .program = "check_ledger_copy", .boot = {.id = "boot"}, .interval = 1000};

    memset(&fixture, 0, sizeof(fixture));
    remove_all();
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    for (int i = 0; i < SAMPLES; i++) {
        sample(LISTENERS);
    }
    commit();
}

static void close_fixture(void)
{
    ledger_copy_close(fixture.copy);
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.reader);
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    memset(&fixture, 0, sizeof(fixture));
    remove_all();
}

static void begin_copy(struct ledger *ledger, enum ledger_copy_content content)
{
    CHECK_DONE(ledger_copy_open(&fixture.copy, ledger, copy_path, content, &fixture.why),
               fixture.why);
}

static struct ledger *open_reader(void)
{
    CHECK_DONE(ledger_open(&fixture.reader, path, LEDGER_READ, &fixture.why), fixture.why);
    return fixture.reader;
}

/* One step that copies as little as possible. */
static bool step(void)
{
    bool done;

    CHECK_DONE(ledger_copy_step(fixture.copy, 0, &done, &fixture.why), fixture.why);
    return done;
}

static void end_copy(void)
{
    CHECK_DONE(ledger_copy_finish(fixture.copy, &fixture.why), fixture.why);
    ledger_copy_close(fixture.copy);
    fixture.copy = NULL;
}

static void copy_all(struct ledger *ledger, enum ledger_copy_content content)
{
    begin_copy(ledger, content);
    while (!step()) {
    }
    end_copy();
}

static bool copy_holds(const char *bytes)
{
    size_t size;
    char *content = support_read_file(copy_path, &size);
    size_t length = strlen(bytes);
    bool found = false;

    for (size_t i = 0; i + length <= size && !found; i++) {
        found = memcmp(content + i, bytes, length) == 0;
    }
    free(content);
    return found;
}

static int64_t newest_in_copy(void)
{
    struct ledger *copy = NULL;
    struct ledger_summary summary;

    CHECK_DONE(ledger_open(&copy, copy_path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_summarize(copy, &summary, &fixture.why), fixture.why);
    ledger_close(copy);
    return summary.last_sample_at;
}

static void check_nothing_is_left(void)
{
    ck_assert(!file_exists(copy_path));
    ck_assert(!file_exists(part_path));
}

static const enum ledger_copy_content contents[] = {LEDGER_COPY_WHOLE,
                                                    LEDGER_COPY_NO_COMMAND_LINES};

START_TEST(a_copy_is_one_sound_file_with_the_same_facts)
{
    copy_all(open_reader(), contents[_i]);
    ck_assert(!file_exists(part_path));
    ck_assert_int_eq(newest_in_copy(), fixture.now);
    ck_assert_int_eq(support_query_number(copy_path, "SELECT count(*) FROM interval"), INTERVALS);
    ck_assert_int_eq(support_query_number(copy_path, "SELECT count(*) FROM pragma_integrity_check "
                                                     "WHERE integrity_check = 'ok'"),
                     1);
    ck_assert_int_eq(support_query_number(copy_path, "SELECT count(*) FROM pragma_journal_mode "
                                                     "WHERE journal_mode = 'delete'"),
                     1);
    ck_assert(!file_exists("check_ledger_copy.copy-wal"));
}
END_TEST

START_TEST(a_whole_copy_has_the_command_lines)
{
    copy_all(open_reader(), LEDGER_COPY_WHOLE);
    ck_assert(copy_holds(secret));
}
END_TEST

START_TEST(of_command_lines_that_are_left_out_not_a_byte_is_there)
{
    copy_all(open_reader(), LEDGER_COPY_NO_COMMAND_LINES);
    ck_assert(copy_holds("a.exe"));
    ck_assert(!copy_holds("swordfish"));
    ck_assert_int_eq(support_query_number(copy_path, "SELECT count(command_line) FROM process"), 0);
    ck_assert_int_eq(support_query_number(path, "SELECT count(command_line) FROM process"), 1);
}
END_TEST

static bool is_secret(const char *line)
{
    return strstr(line, "swordfish") != NULL;
}

static bool is_never_secret(const char *line)
{
    (void)line;
    return false;
}

static void copy_harmless(ledger_copy_secret_fn *holds_secret)
{
    bool complete = false;

    begin_copy(open_reader(), LEDGER_COPY_HASHED_COMMAND_LINES);
    ledger_copy_keep_harmless(fixture.copy, holds_secret);
    while (!complete) {
        CHECK_DONE(ledger_copy_step(fixture.copy, 1000, &complete, &fixture.why), fixture.why);
    }
    CHECK_DONE(ledger_copy_finish(fixture.copy, &fixture.why), fixture.why);
}

START_TEST(a_command_line_with_a_secret_leaves_its_hash)
{
    copy_harmless(is_secret);
    ck_assert_int_eq(ledger_copy_withheld(fixture.copy), 1);
    ck_assert(!copy_holds("swordfish"));
    ck_assert_int_eq(support_query_number(copy_path, "SELECT count(*) FROM withheld"), 1);
    ck_assert_int_eq(support_query_number(copy_path, "SELECT count(command_line) FROM process"), 0);
}
END_TEST

START_TEST(a_command_line_without_a_secret_stays)
{
    copy_harmless(is_never_secret);
    ck_assert_int_eq(ledger_copy_withheld(fixture.copy), 0);
    ck_assert(copy_holds(secret));
    ck_assert_int_eq(support_query_number(copy_path, "SELECT count(*) FROM withheld"), 0);
}
END_TEST

/* In the middle of copying, or of packing: nothing stays of what was to be left out. */
START_TEST(a_copy_that_is_stopped_leaves_nothing)
{
    atomic_bool stop = false;
    bool complete = false;

    begin_copy(open_reader(), LEDGER_COPY_HASHED_COMMAND_LINES);
    ledger_copy_stop_by(fixture.copy, &stop);
    ck_assert(!step());
    while (_i == 1 && !complete) {
        CHECK_DONE(ledger_copy_step(fixture.copy, 1000, &complete, &fixture.why), fixture.why);
    }
    ck_assert(file_exists(part_path));
    atomic_store(&stop, true);
    if (_i == 0) {
        ck_assert(!ledger_copy_step(fixture.copy, 1000, &complete, &fixture.why));
        ck_assert_int_eq(fixture.why.kind, FAILURE_BUSY);
    } else {
        ck_assert(!ledger_copy_finish(fixture.copy, &fixture.why));
    }
    ledger_copy_close(fixture.copy);
    fixture.copy = NULL;
    check_nothing_is_left();
}
END_TEST

START_TEST(a_file_that_is_there_is_left_alone)
{
    size_t size;
    char *content;

    support_write_text(copy_path, "mine");
    CHECK_FAILED(
        ledger_copy_open(&fixture.copy, open_reader(), copy_path, contents[_i], &fixture.why),
        FAILURE_USAGE, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "not overwritten");
    content = support_read_file(copy_path, &size);
    ck_assert_str_eq(content, "mine");
    free(content);
    ck_assert(!file_exists(part_path));
}
END_TEST

START_TEST(a_copy_that_is_given_up_leaves_nothing)
{
    begin_copy(open_reader(), contents[_i]);
    ck_assert(!step());
    ledger_copy_close(fixture.copy);
    fixture.copy = NULL;
    check_nothing_is_left();
}
END_TEST

START_TEST(what_the_service_writes_while_it_copies_is_in_the_copy)
{
    int64_t pages;
    int64_t before = 0;
    int64_t of;

    begin_copy(fixture.ledger, contents[_i]);
    for (bool done = false; !done; sample(1), commit()) {
        done = step();
        ledger_copy_progress(fixture.copy, &pages, &of);
        ck_assert_int_gt(pages, before); /* it never begins anew */
        before = done ? 0 : pages;
    }
    end_copy();
    ck_assert_int_eq(newest_in_copy(), fixture.now - 1000); /* the last one came after its end */
}
END_TEST

START_TEST(a_copy_begins_anew_where_somebody_else_writes)
{
    begin_copy(open_reader(), LEDGER_COPY_WHOLE);
    ck_assert(!step());
    sample(1);
    commit();
    while (!step()) {
    }
    end_copy();
    ck_assert_int_eq(newest_in_copy(), fixture.now);
}
END_TEST

START_TEST(a_ledger_that_is_written_too_fast_is_given_up_in_words)
{
    bool done = false;
    bool copying = true;

    begin_copy(open_reader(), LEDGER_COPY_WHOLE);
    for (int i = 0; copying && i < 100; i++) {
        copying = ledger_copy_step(fixture.copy, 0, &done, &fixture.why);
        ck_assert(!done);
        sample(1);
        commit();
    }
    ck_assert(!copying);
    ck_assert_int_eq(fixture.why.kind, FAILURE_BUSY);
    CHECK_CONTAINS(fixture.why.text, "written faster than it can be copied");
    ledger_copy_close(fixture.copy);
    fixture.copy = NULL;
    check_nothing_is_left();
}
END_TEST

/* A reader's transaction would keep the log from being emptied. */
START_TEST(between_two_steps_no_lock_is_held)
{
    begin_copy(open_reader(), LEDGER_COPY_WHOLE);
    ck_assert(!step());
    ck_assert_int_eq(support_query_number(path, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
    ck_assert_int_eq(file_size("check_ledger_copy.db-wal"), 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ledger_copy");
    TCase *tests = tcase_create("copy");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_copy_is_one_sound_file_with_the_same_facts, 0, COUNT_OF(contents));
    tcase_add_test(tests, a_whole_copy_has_the_command_lines);
    tcase_add_test(tests, of_command_lines_that_are_left_out_not_a_byte_is_there);
    tcase_add_test(tests, a_command_line_with_a_secret_leaves_its_hash);
    tcase_add_test(tests, a_command_line_without_a_secret_stays);
    tcase_add_loop_test(tests, a_copy_that_is_stopped_leaves_nothing, 0, 2);
    tcase_add_loop_test(tests, a_file_that_is_there_is_left_alone, 0, COUNT_OF(contents));
    tcase_add_loop_test(tests, a_copy_that_is_given_up_leaves_nothing, 0, COUNT_OF(contents));
    tcase_add_loop_test(tests, what_the_service_writes_while_it_copies_is_in_the_copy, 0,
                        COUNT_OF(contents));
    tcase_add_test(tests, a_copy_begins_anew_where_somebody_else_writes);
    tcase_add_test(tests, a_ledger_that_is_written_too_fast_is_given_up_in_words);
    tcase_add_test(tests, between_two_steps_no_lock_is_held);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
