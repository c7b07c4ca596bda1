/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/file.h"
#include "store/ledger_begin.h"
#include "store/ledger_query.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger_begin.db";
static const char first_kept[] = "check_ledger_begin.db.damaged-20231114T221320Z";

enum {
    START = 1700000000, /* seconds: 2023-11-14 22:13:20 UTC */
    PAGE = 4096,
    FLIPS = 60,
};

static struct {
    struct ledger_begun begun;
    struct ledger *reader;
    struct snapshot snapshot;
    char *content; /* of a sound ledger */
    size_t size;
    uint64_t random;
    struct failure why;
} fixture;

/* Where tests put their files there is nothing else. */
static bool remove_ours(void *context, const char *name)
{
    struct failure ignored;

    (void)context;
    if (strncmp(name, path, strlen(path)) == 0) {
        (void)!file_remove(name, &ignored);
    }
    return true;
}

static void remove_files(void)
{
    CHECK_DONE(file_walk_folder(".", remove_ours, NULL, &fixture.why), fixture.why);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
    clock_fake_reset();
    clock_fake_set(START * INT64_C(1000));
}

static void close_fixture(void)
{
    if (!ledger_begun_end(&fixture.begun, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    text_clear(&fixture.begun.kept);
    ledger_close(fixture.reader);
    snapshot_clear(&fixture.snapshot);
    free(fixture.content);
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
}

static bool begin(bool suspect)
{
    struct ledger_run run = {
        .program = "check_ledger_begin", .boot = {.id = "boot"}, .interval = 1000};

    text_clear(&fixture.begun.kept);
    return ledger_begin(&fixture.begun, path, &run, suspect, &fixture.why);
}

static void end(void)
{
    CHECK_DONE(ledger_begun_end(&fixture.begun, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
}

static void write_samples(int64_t at, int samples)
{
    for (int i = 0; i < samples; i++) {
        made_up_begin(&fixture.snapshot, at + i * INT64_C(1000));
        for (int port = 0; port < 40; port++) {
            made_up_listener(&fixture.snapshot, (uint16_t)(1000 + port + i * 7),
                             made_up_process(&fixture.snapshot, (uint32_t)(10 + port), 1, "a.exe",
                                             "/usr/bin/a.exe"));
        }
        CHECK_DONE(ledger_writer_add(fixture.begun.writer, &fixture.snapshot, &fixture.why),
                   fixture.why);
    }
    CHECK_DONE(ledger_writer_commit(fixture.begun.writer, &fixture.why), fixture.why);
}

/* A ledger with some pages, and its bytes. */
static void make_ledger(void)
{
    CHECK_DONE(begin(false), fixture.why);
    write_samples(5000, 20);
    end();
    free(fixture.content);
    fixture.content = support_read_file(path, &fixture.size);
    ck_assert_uint_gt(fixture.size, (size_t)10 * PAGE);
}

static void write_back(size_t size)
{
    support_write_file(path, fixture.content, size);
}

/* The pages behind the first one, of which the ledger is recognized, mean nothing any more. */
static void damage_all(void)
{
    make_ledger();
    memset(fixture.content + PAGE, 0xA5, fixture.size - PAGE);
    write_back(fixture.size);
}

static void cut_off(void)
{
    make_ledger();
    write_back(fixture.size - (size_t)2 * PAGE);
}

/* What SQLite has in the first page behind the header: the tables. */
static void damage_schema(void)
{
    make_ledger();
    memset(fixture.content + 100, 0xFF, PAGE - 100);
    write_back(fixture.size);
}

/* As a disk leaves what it wrote last when the power goes. */
static void zero_first_page(void)
{
    make_ledger();
    memset(fixture.content, 0, PAGE);
    write_back(fixture.size);
}

static void change_byte(size_t at)
{
    make_ledger();
    fixture.content[at] = (char)(fixture.content[at] ^ 0x55);
    write_back(fixture.size);
}

static void damage_magic(void)
{
    change_byte(3);
}

static void damage_mark(void)
{
    change_byte(70);
}

static void (*const damages[])(void) = {damage_all,      cut_off,      damage_schema,
                                        zero_first_page, damage_magic, damage_mark};

static void check_kept_as_it_was(const char *kept)
{
    size_t size;
    char *now = support_read_file(kept, &size);

    ck_assert_uint_le(size, fixture.size);
    ck_assert_mem_eq(now, fixture.content, size);
    free(now);
}

START_TEST(a_damaged_ledger_is_moved_aside_and_a_new_one_begun)
{
    damages[_i]();
    CHECK_DONE(begin(false), fixture.why);
    CHECK_CONTAINS(text_bytes(&fixture.begun.kept), first_kept);
    ck_assert_int_eq(fixture.begun.damage.kind, FAILURE_FORMAT);
    CHECK_CONTAINS(fixture.begun.damage.text, path);
    check_kept_as_it_was(first_kept);
    write_samples(100000, 2);
    end();
    ck_assert_int_eq(support_query_number(path, "SELECT min(begin_at) FROM stretch"), 100000);
    ck_assert_int_eq(support_query_number(path, "SELECT count(*) FROM meta WHERE value = "
                                                "'check_ledger_begin.db.damaged-20231114T221320Z'"),
                     1);
    CHECK_DONE(begin(false), fixture.why); /* and it stays the ledger */
    ck_assert_uint_eq(fixture.begun.kept.size, 0);
}
END_TEST

/* Which hinders no reader of the coverage. */
static void damage_index(const char *name)
{
    char sql[100];
    size_t page;

    snprintf(sql, sizeof(sql), "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", name);
    page = (size_t)support_query_number(path, sql);
    memset(fixture.content + (page - 1) * PAGE, 0xA5, PAGE);
    write_back(fixture.size);
}

START_TEST(a_new_ledger_says_until_when_the_damaged_one_had_samples)
{
    make_ledger();
    damage_index("interval_pid");
    CHECK_DONE(begin(true), fixture.why);
    CHECK_CONTAINS(text_bytes(&fixture.begun.kept), first_kept);
    end();
    ck_assert_int_eq(
        support_query_number(path, "SELECT value FROM meta WHERE name = 'earlier_last_sample_at'"),
        24000);
}
END_TEST

START_TEST(a_sound_ledger_that_was_suspected_goes_on)
{
    make_ledger();
    CHECK_DONE(begin(true), fixture.why);
    ck_assert_uint_eq(fixture.begun.kept.size, 0);
    ck_assert(!file_exists(first_kept));
    end();
    ck_assert_int_eq(support_query_number(path, "SELECT min(begin_at) FROM stretch"), 5000);
}
END_TEST

/* The log of a service that was killed, with a ledger that is damaged. */
START_TEST(what_sqlite_has_beside_a_ledger_goes_with_it)
{
    char log[sizeof(path) + 4];
    char kept_log[sizeof(first_kept) + 4];

    snprintf(log, sizeof(log), "%s-wal", path);
    snprintf(kept_log, sizeof(kept_log), "%s-wal", first_kept);
    damage_all();
    support_write_text(log, "this is no log");
    CHECK_DONE(begin(false), fixture.why);
    ck_assert(file_exists(first_kept));
    ck_assert_int_eq(file_size(kept_log), (int64_t)strlen("this is no log"));
}
END_TEST

static bool count_damaged(void *context, const char *name)
{
    const char *mark = strstr(name, ".damaged-2");

    /* Without what belongs to one of them. */
    *(int *)context += mark != NULL && strstr(mark, "-wal") == NULL && strstr(mark, "-shm") == NULL;
    return true;
}

START_TEST(three_damaged_ledgers_are_kept_and_the_oldest_goes)
{
    int kept = 0;

    support_write_text("check_ledger_begin.db.damaged-mine", "not one of ours");
    for (int i = 0; i < 5; i++) {
        damage_all();
        clock_fake_run(i == 3 ? 0 : 60000); /* two in one second */
        CHECK_DONE(begin(false), fixture.why);
        ck_assert_uint_gt(fixture.begun.kept.size, 0);
        end();
    }
    CHECK_DONE(file_walk_folder(".", count_damaged, &kept, &fixture.why), fixture.why);
    ck_assert_int_eq(kept, LEDGER_DAMAGED_KEPT);
    ck_assert(!file_exists("check_ledger_begin.db.damaged-20231114T221420Z"));
    ck_assert(file_exists("check_ledger_begin.db.damaged-20231114T221620Z"));
    ck_assert(file_exists("check_ledger_begin.db.damaged-20231114T221620Z-2"));
    ck_assert(file_exists("check_ledger_begin.db.damaged-mine"));
}
END_TEST

static void write_text(void)
{
    support_write_text(path, "dear diary, today I have opened a port");
}

static void write_foreign_database(void)
{
    support_run_sql(path, "CREATE TABLE mine (a)");
}

static void write_damaged_foreign_database(void)
{
    support_run_sql(path, "CREATE TABLE mine (a); INSERT INTO mine VALUES (zeroblob(20000))");
    fixture.content = support_read_file(path, &fixture.size);
    write_back(fixture.size - PAGE);
}

/* Where there was a ledger, of which the key is still there. */
static void put_foreign_database_in_place(void)
{
    make_ledger();
    CHECK_DONE(file_remove(path, &fixture.why), fixture.why);
    write_foreign_database();
}

static void write_newer_ledger(void)
{
    make_ledger();
    support_run_sql(path, "PRAGMA user_version = 999");
}

static const struct {
    void (*write)(void);
    enum failure_kind kind;
} strangers[] = {
    {write_text, FAILURE_FORMAT},
    {write_foreign_database, FAILURE_FORMAT},
    {write_damaged_foreign_database, FAILURE_FORMAT},
    {put_foreign_database_in_place, FAILURE_FORMAT},
    {write_newer_ledger, FAILURE_VERSION},
};

START_TEST(what_is_not_ours_to_write_is_never_moved)
{
    size_t size;
    char *before;
    char *after;

    strangers[_i].write();
    before = support_read_file(path, &size);
    for (int suspect = 0; suspect < 2; suspect++) {
        CHECK_FAILED(begin(suspect != 0), strangers[_i].kind, fixture.why);
        ck_assert_ptr_null(fixture.begun.ledger);
        ck_assert_uint_eq(fixture.begun.kept.size, 0);
    }
    after = support_read_file(path, &size);
    ck_assert_mem_eq(before, after, size);
    free(before);
    free(after);
    ck_assert(!file_exists(first_kept));
}
END_TEST

START_TEST(a_damaged_ledger_that_another_service_writes_is_left_to_it)
{
    struct file_lock *lock = NULL;

    damage_all();
    CHECK_DONE(file_lock_take(&lock, "check_ledger_begin.db-lock", &fixture.why), fixture.why);
    CHECK_FAILED(begin(false), FAILURE_BUSY, fixture.why);
    file_lock_release(lock);
    ck_assert(!file_exists(first_kept));
    ck_assert(file_exists(path));
}
END_TEST

static void flip_bytes(int count)
{
    for (int i = 0; i < count; i++) {
        size_t at = 100 + made_up_random(&fixture.random, (uint32_t)fixture.size - 100);

        fixture.content[at] = (char)made_up_random(&fixture.random, 256);
    }
}

static bool pass_stretch(void *context, const struct ledger_stretch *stretch)
{
    (void)stretch;
    return ++*(int *)context < 100000;
}

static bool pass_interval(void *context, const struct ledger_interval *interval)
{
    (void)interval;
    return ++*(int *)context < 100000;
}

/* Asks whatever can be asked: an answer or a failure in words, and nothing else. */
static void read_all(void)
{
    struct ledger_filter filter = {.since = 6000, .until = 20000};
    struct ledger_moments moments;
    struct ledger_summary summary;
    int visits = 0;

    failure_set(&fixture.why, FAILURE_NONE, 0, "-");
    if (ledger_open(&fixture.reader, path, LEDGER_READ, &fixture.why)) {
        if (ledger_summarize(fixture.reader, &summary, &fixture.why) &&
            ledger_walk_coverage(fixture.reader, 0, INT64_MAX, pass_stretch, &visits,
                                 &fixture.why) &&
            ledger_find_moments(fixture.reader, 9000, &moments, &fixture.why) &&
            moments.count > 0 &&
            ledger_state(fixture.reader, &moments.moments[0], LEDGER_STATE_MODULES,
                         &fixture.snapshot, &fixture.why)) {
            ck_assert(ledger_walk_intervals(fixture.reader, &filter, pass_interval, &visits,
                                            &fixture.why) ||
                      fixture.why.text[0] != '\0');
        }
    }
    ck_assert_int_lt(visits, 100000);
    ck_assert_str_ne(fixture.why.text, "");
    ledger_close(fixture.reader);
    fixture.reader = NULL;
}

/*
 * Bytes here and there are wrong, as of a disk that dies: whoever reads gets an
 * answer or an error, and the service goes on, in this ledger or in another.
 */
START_TEST(a_service_goes_on_whatever_bytes_are_wrong)
{
    char *sound;
    int replaced = 0;

    make_ledger();
    sound = fixture.content;
    fixture.random = 1;
    for (int i = 0; i < FLIPS; i++) {
        remove_files();
        fixture.content = malloc(fixture.size);
        ck_assert_ptr_nonnull(fixture.content);
        memcpy(fixture.content, sound, fixture.size);
        flip_bytes(1 + (int)made_up_random(&fixture.random, 30));
        write_back(fixture.size);
        free(fixture.content);
        read_all();
        clock_fake_run(1000);
        CHECK_DONE(begin(true), fixture.why);
        replaced += fixture.begun.kept.size > 0 ? 1 : 0;
        write_samples(100000, 1);
        end();
    }
    fixture.content = sound;
    ck_assert_int_gt(replaced, FLIPS / 4);
    ck_assert_int_lt(replaced, FLIPS); /* bytes in free places are no damage */
}
END_TEST

static Suite *ledger_begin_suite(void)
{
    Suite *suite = suite_create("ledger_begin");
    TCase *tests = tcase_create("ledger_begin");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_damaged_ledger_is_moved_aside_and_a_new_one_begun, 0,
                        COUNT_OF(damages));
    tcase_add_test(tests, a_new_ledger_says_until_when_the_damaged_one_had_samples);
    tcase_add_test(tests, a_sound_ledger_that_was_suspected_goes_on);
    tcase_add_test(tests, what_sqlite_has_beside_a_ledger_goes_with_it);
    tcase_add_test(tests, three_damaged_ledgers_are_kept_and_the_oldest_goes);
    tcase_add_loop_test(tests, what_is_not_ours_to_write_is_never_moved, 0, COUNT_OF(strangers));
    tcase_add_test(tests, a_damaged_ledger_that_another_service_writes_is_left_to_it);
    tcase_add_test(tests, a_service_goes_on_whatever_bytes_are_wrong);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_begin_suite());
}
