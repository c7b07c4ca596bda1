/* SPDX-License-Identifier: MIT */

/*
 * Whatever happens to a machine and to the service on it: the ledger gives
 * back the snapshots that went in.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "store/retention.h"
#include "store/sealer.h"
#include "store/verify.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

enum {
    EVENTS = 160,
    HISTORIES = 6,
    INTERVAL_MS = 1000,
};

static const char path[] = "check_ledger_history.db";
static const char copy_path[] = "check_ledger_history_copy.db";

/* Every sample that went in, and whether the ledger must have it. */
struct sample {
    struct snapshot snapshot;
    bool committed;
};

static struct {
    struct machine *machine;
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct snapshot state;
    struct sample *samples; /* place = sample number - 1 */
    size_t sample_count;
    int boots;
    uint64_t random;
    bool reader_open; /* a second connection reads while the service writes */
    struct retention *retention;
    struct retention_limits limits; /* keep 0: there is no retention */
    size_t whole;                   /* samples of which a check found that nothing was dropped */
    size_t dropped;
    struct seal_key key; /* the first one */
    struct failure why;
} fixture;

static void remove_files(void)
{
    support_remove_database(path);
    support_remove_database(copy_path);
    remove("check_ledger_history.db-lock");
    remove("check_ledger_history_copy.db-lock");
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    clock_fake_reset();
    remove_files();
    fixture.samples = calloc((size_t)EVENTS * 3, sizeof(*fixture.samples));
    ck_assert_ptr_nonnull(fixture.samples);
}

static void close_fixture(void)
{
    retention_close(fixture.retention);
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    machine_halt(fixture.machine);
    snapshot_clear(&fixture.snapshot);
    snapshot_clear(&fixture.state);
    for (size_t i = 0; i < fixture.sample_count; i++) {
        snapshot_clear(&fixture.samples[i].snapshot);
    }
    free(fixture.samples);
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
}

static uint32_t draw(uint32_t limit)
{
    return made_up_random(&fixture.random, limit);
}

/* As whoever installs the service has it. */
static void take_first_key(void)
{
    char ledger_id[SEAL_LEDGER_ID + 1];
    struct text line = {0};

    CHECK_DONE(sealer_make_key(fixture.ledger, &line, &fixture.why), fixture.why);
    if (line.size > 0) {
        ck_assert(seal_key_parse_line(text_bytes(&line), &fixture.key, ledger_id));
    }
    text_clear(&line);
}

static void start_service(void)
{
    struct ledger_run run = {
        .program = "check_ledger_history",
        .pid = 7,
        .interval = INTERVAL_MS,
        .started_at = machine_clock(fixture.machine),
    };

    snprintf(run.boot.id, sizeof(run.boot.id), "boot %d", fixture.boots);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    take_first_key();
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    if (fixture.limits.keep != 0) {
        CHECK_DONE(
            retention_open(&fixture.retention, fixture.ledger, &fixture.limits, &fixture.why),
            fixture.why);
    }
}

static void mark_committed(void)
{
    for (size_t i = 0; i < fixture.sample_count; i++) {
        fixture.samples[i].committed = true;
    }
}

static void stop_service(void)
{
    struct ledger_writer *writer = fixture.writer;

    fixture.writer = NULL;
    retention_close(fixture.retention);
    fixture.retention = NULL;
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    mark_committed();
}

static void copy_file(const char *from, const char *to)
{
    size_t size;
    char *content = support_read_file(from, &size);

    support_write_file(to, content, size);
    free(content);
}

/*
 * What a killed process leaves behind are its files as they are at that
 * moment. So they are set aside and put back when the writer has closed: no
 * process need be killed, and this runs on every system.
 */
static void kill_service(void)
{
    copy_file(path, copy_path);
    copy_file("check_ledger_history.db-wal", "check_ledger_history_copy.db-wal");
    copy_file("check_ledger_history.db.key", "check_ledger_history_copy.db.key");
    stop_service();
    support_remove_database(path);
    copy_file(copy_path, path);
    copy_file("check_ledger_history_copy.db-wal", "check_ledger_history.db-wal");
    copy_file("check_ledger_history_copy.db.key", "check_ledger_history.db.key");
}

static void reboot(int64_t off)
{
    int64_t wall = machine_clock(fixture.machine) + off;

    machine_halt(fixture.machine);
    fixture.boots++;
    fixture.machine = machine_boot(fixture.random, wall);
}

/* Samples that were not committed are not in the files; their numbers are given again. */
static void forget_samples(size_t committed)
{
    while (fixture.sample_count > committed) {
        snapshot_clear(&fixture.samples[--fixture.sample_count].snapshot);
    }
}

static size_t count_committed(void)
{
    size_t count = 0;

    while (count < fixture.sample_count && fixture.samples[count].committed) {
        count++;
    }
    return count;
}

static void crash(void)
{
    size_t committed = count_committed();

    kill_service();
    forget_samples(committed);
    start_service();
}

static void take_sample(void)
{
    machine_sample(fixture.machine, &fixture.snapshot);
    made_up_copy(&fixture.samples[fixture.sample_count].snapshot, &fixture.snapshot);
    fixture.samples[fixture.sample_count++].committed = false;
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
}

static void commit(void)
{
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    mark_committed();
}

/* One step, or all that there is to do. */
static void retain(bool all)
{
    bool more = fixture.retention != NULL;

    while (more) {
        CHECK_DONE(retention_work(fixture.retention, machine_clock(fixture.machine), 0, &more,
                                  &fixture.why),
                   fixture.why);
        more = more && all;
    }
}

/*
 * The ledger could not be written for so long that what waited was dropped;
 * then it can be written again.
 */
static void lose(void)
{
    forget_samples(count_committed());
    ledger_writer_drop(fixture.writer);
    for (uint32_t i = draw(4); i > 0; i--) {
        machine_wait(fixture.machine, INTERVAL_MS);
        machine_change(fixture.machine);
        machine_sample(fixture.machine, &fixture.snapshot);
        CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    }
    ck_assert(ledger_writer_is_losing(fixture.writer));
    commit();
    ck_assert(!ledger_writer_is_losing(fixture.writer));
}

/* Most of the time nothing special happens. */
static void let_something_happen(void)
{
    switch (draw(60)) {
    case 0:
        machine_set_clock(fixture.machine, -(int64_t)draw(20000));
        break;
    case 1:
        machine_set_clock(fixture.machine, draw(20000));
        break;
    case 2:
        machine_sleep(fixture.machine, 1 + draw(100000));
        break;
    case 3:
        machine_wait(fixture.machine, 10000);
        break;
    case 4:
        stop_service();
        machine_wait(fixture.machine, draw(100000));
        start_service();
        break;
    case 5:
        crash();
        break;
    case 6:
        stop_service();
        reboot((int64_t)draw(100000) - 20000);
        start_service();
        break;
    case 7: {
        size_t committed = count_committed();

        kill_service();
        forget_samples(committed);
        reboot((int64_t)draw(100000));
        start_service();
        break;
    }
    case 8:
        CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_SAMPLE_FAILED, &fixture.why),
                   fixture.why);
        break;
    case 9:
        CHECK_DONE(ledger_writer_set_interval(fixture.writer, INTERVAL_MS + draw(3), &fixture.why),
                   fixture.why);
        break;
    case 10: /* a long time in which the steady machine is sampled on time, to have long rows */
        for (int i = 0; i < 400; i++) {
            machine_wait(fixture.machine, INTERVAL_MS);
            if (i % 200 == 0 && fixture.sample_count < (size_t)EVENTS * 2) {
                take_sample();
            } else {
                CHECK_DONE(ledger_writer_gap(fixture.writer, LEDGER_GAP_PAUSED, &fixture.why),
                           fixture.why);
            }
        }
        break;
    case 11:
    case 12:
        lose();
        break;
    default:
        break;
    }
}

static void live(int events)
{
    for (int i = 0; i < events; i++) {
        let_something_happen();
        machine_wait(fixture.machine, 1 + draw(INTERVAL_MS));
        machine_change(fixture.machine);
        clock_fake_run((int64_t)draw(SEAL_EVERY_MS / 2)); /* a seal with every third commit */
        take_sample();
        if (draw(5) == 0) {
            commit();
            retain(draw(4) == 0);
        }
    }
}

/* The moment of a sample: its time may have happened several times. */
static bool find_sample(struct ledger *reader, int64_t at, int64_t number,
                        struct ledger_moment *moment)
{
    struct ledger_moments moments;

    CHECK_DONE(ledger_find_moments(reader, at, &moments, &fixture.why), fixture.why);
    for (size_t i = 0; i < moments.count; i++) {
        if (moments.moments[i].stretch.first_sample <= number &&
            moments.moments[i].stretch.last_sample >= number) {
            *moment = moments.moments[i];
            return true;
        }
    }
    return moments.more; /* more of them than fit: this one cannot be asked for */
}

static void check_sample(struct ledger *reader, size_t i)
{
    struct snapshot *sample = &fixture.samples[i].snapshot;
    struct ledger_moment moment = {.at = INT64_MIN};

    ck_assert_msg(find_sample(reader, sample->taken_at, (int64_t)i + 1, &moment),
                  "sample %u is in no stretch", (unsigned)i + 1);
    if (moment.at == INT64_MIN) {
        return;
    }
    ck_assert_int_eq(moment.at, sample->taken_at);
    if (moment.detail != LEDGER_DETAIL_WHOLE) {
        ck_assert_int_ne(fixture.limits.keep, 0);
        fixture.dropped++;
        return;
    }
    fixture.whole++;
    CHECK_DONE(ledger_state(reader, &moment, 0, &fixture.state, &fixture.why), fixture.why);
    made_up_check_equal(&fixture.state, sample);
}

static void check_all_samples(void)
{
    struct ledger *reader = NULL;

    CHECK_DONE(ledger_open(&reader, path, LEDGER_READ, &fixture.why), fixture.why);
    for (size_t i = 0; i < fixture.sample_count; i++) {
        if (fixture.samples[i].committed) {
            check_sample(reader, i);
        }
    }
    ledger_close(reader);
}

/* The whole record is as it was sealed, and proven by the first key. */
static void check_seals(void)
{
    struct verify_plan plan = {.keys = &fixture.key, .key_count = 1};
    struct ledger *reader = NULL;
    struct verify_result result;

    CHECK_DONE(ledger_open(&reader, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_verify(&result, reader, &plan, &fixture.why), fixture.why);
    ledger_close(reader);
    ck_assert_msg(result.status == VERIFY_HELD, "seal %d of %d: %d damaged, %d of %s, row %d",
                  (int)result.damaged_seal, (int)result.seals, (int)result.damaged_seals,
                  (int)result.damage, seal_kind_name(result.damaged_kind), (int)result.damaged_row);
    ck_assert_int_eq((int)result.proven_seals, (int)result.seals);
    ck_assert_int_gt((int)result.seals, 5);
}

START_TEST(the_state_at_each_sample_is_the_snapshot_that_was_recorded)
{
    fixture.random = (uint64_t)_i * 7919 + 1;
    fixture.machine = machine_boot((uint64_t)_i, 1700000000000);
    start_service();
    live(EVENTS / 2);
    commit();
    check_all_samples(); /* while the service writes */
    check_seals();
    live(EVENTS / 2);
    stop_service();
    check_all_samples(); /* and when it does not */
    check_seals();
    ck_assert_int_eq(support_query_number(path, "SELECT count(*) FROM pragma_integrity_check"
                                                " WHERE integrity_check <> 'ok'"),
                     0);
}
END_TEST

/* The moments of two samples that are in the ledger; false where one cannot be asked for. */
static bool find_pair(size_t i, size_t k, struct ledger_moment *from, struct ledger_moment *to)
{
    from->at = to->at = INT64_MIN;
    return fixture.samples[i].committed && fixture.samples[k].committed &&
           find_sample(fixture.ledger, fixture.samples[i].snapshot.taken_at, (int64_t)i + 1,
                       from) &&
           find_sample(fixture.ledger, fixture.samples[k].snapshot.taken_at, (int64_t)k + 1, to) &&
           from->at != INT64_MIN && to->at != INT64_MIN;
}

/* How many more sockets there are after a difference. */
static int64_t growth(const struct snapshot_diff *diff)
{
    int64_t more = 0;

    for (size_t i = 0; i < diff->count; i++) {
        more += diff->changes[i].kind == SNAPSHOT_OPENED ? 1 : 0;
        more -= diff->changes[i].kind == SNAPSHOT_CLOSED ? 1 : 0;
    }
    return more;
}

/* The ledger keeps no socket ids: the snapshots are compared without, too. */
static void forget_ids(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        snapshot->sockets[i].socket_id = 0;
    }
    snapshot_sort(snapshot);
}

/* Applied to the rows of the one, a difference makes the rows of the other. */
static void check_difference(const struct snapshot *before, const struct snapshot *after,
                             const struct snapshot_diff *diff)
{
    size_t kept = 0;

    for (size_t i = 0; i < after->socket_count; i++) {
        uint32_t partner = diff->partner[i];

        if (partner != SNAPSHOT_NO_ROW) {
            kept++;
            ck_assert(
                socket_endpoint_equal(&before->sockets[partner].local, &after->sockets[i].local));
        }
    }
    ck_assert_int_eq(growth(diff), (int64_t)after->socket_count - (int64_t)before->socket_count);
    ck_assert_uint_le(kept, before->socket_count);
}

START_TEST(the_difference_of_two_samples_is_that_of_their_snapshots)
{
    struct snapshot_diff diff = {0};
    struct snapshot_diff expected = {0};
    struct snapshot after = {0};
    int compared = 0;

    fixture.random = (uint64_t)_i * 31 + 5;
    fixture.machine = machine_boot((uint64_t)_i, 1700000000000);
    start_service();
    live(EVENTS / 2);
    commit();
    for (size_t i = 0; i < fixture.sample_count; i++) {
        size_t k = draw((uint32_t)fixture.sample_count);
        struct ledger_moment from;
        struct ledger_moment to;

        if (find_pair(i, k, &from, &to)) {
            CHECK_DONE(ledger_difference(fixture.ledger, &from, &to, &fixture.state, &after, &diff,
                                         &fixture.why),
                       fixture.why);
            check_difference(&fixture.state, &after, &diff);
            forget_ids(&fixture.samples[i].snapshot);
            forget_ids(&fixture.samples[k].snapshot);
            CHECK_DONE(snapshot_diff_make(&expected, &fixture.samples[i].snapshot,
                                          &fixture.samples[k].snapshot, &fixture.why),
                       fixture.why);
            ck_assert_uint_eq(diff.count, expected.count);
            ck_assert_int_eq(growth(&diff), growth(&expected));
            compared++;
        }
    }
    snapshot_diff_clear(&diff);
    snapshot_diff_clear(&expected);
    snapshot_clear(&after);
    ck_assert_int_gt(compared, EVENTS / 4);
}
END_TEST

/* Sockets as differences see them, in no order. */
struct row_set {
    struct socket_row rows[200];
    size_t count;
};

static void add_row(struct row_set *set, const struct socket_row *row)
{
    struct socket_row *added = &set->rows[set->count];

    ck_assert_uint_lt(set->count, COUNT_OF(set->rows));
    set->count++;
    *added = *row;
    added->socket_id = 0; /* what the system did not tell both times is no change */
    added->created_at = 0;
}

static void remove_row(struct row_set *set, const struct socket_row *row)
{
    struct row_set one = {.count = 0};
    size_t i = 0;

    add_row(&one, row);
    while (i < set->count && socket_row_compare(&set->rows[i], &one.rows[0]) != 0) {
        i++;
    }
    ck_assert_uint_lt(i, set->count);
    set->rows[i] = set->rows[--set->count];
}

static void add_rows(struct row_set *set, const struct snapshot *snapshot)
{
    set->count = 0;
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        add_row(set, &snapshot->sockets[i]);
    }
}

static void apply(struct row_set *set, const struct snapshot *before, const struct snapshot *after,
                  const struct snapshot_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++) {
        const struct snapshot_change *change = &diff->changes[i];

        if (change->before != SNAPSHOT_NO_ROW) {
            remove_row(set, &before->sockets[change->before]);
        }
        if (change->after != SNAPSHOT_NO_ROW) {
            add_row(set, &after->sockets[change->after]);
        }
    }
}

static void check_rows(const struct row_set *is, const struct snapshot *should)
{
    struct row_set left = *is;

    for (size_t i = 0; i < should->socket_count; i++) {
        remove_row(&left, &should->sockets[i]);
    }
    ck_assert_uint_eq(left.count, 0);
}

START_TEST(differences_from_sample_to_sample_add_up_to_the_whole)
{
    struct snapshot_diff diff = {0};
    struct snapshot after = {0};
    struct row_set sum = {.count = 0};
    struct row_set whole = {.count = 0};
    struct ledger_moment from;
    struct ledger_moment to;

    fixture.random = (uint64_t)_i * 11 + 4;
    fixture.machine = machine_boot((uint64_t)_i + 3, 1700000000000);
    start_service();
    live(EVENTS / 2);
    commit();
    add_rows(&sum, &fixture.samples[0].snapshot);
    add_rows(&whole, &fixture.samples[0].snapshot);
    for (size_t i = 1; i < fixture.sample_count; i++) {
        ck_assert(find_pair(i - 1, i, &from, &to));
        CHECK_DONE(ledger_difference(fixture.ledger, &from, &to, &fixture.state, &after, &diff,
                                     &fixture.why),
                   fixture.why);
        apply(&sum, &fixture.state, &after, &diff);
        check_rows(&sum, &fixture.samples[i].snapshot);
    }
    ck_assert(find_pair(0, fixture.sample_count - 1, &from, &to));
    CHECK_DONE(
        ledger_difference(fixture.ledger, &from, &to, &fixture.state, &after, &diff, &fixture.why),
        fixture.why);
    apply(&whole, &fixture.state, &after, &diff);
    check_rows(&whole, &after);
    check_rows(&sum, &after);
    snapshot_diff_clear(&diff);
    snapshot_clear(&after);
}
END_TEST

/* Every interval that there ever was is in the ledger, or in one profile. */
static void check_sums(void)
{
    ck_assert_int_eq(support_query_number(path, "SELECT sum(intervals) FROM profile"),
                     support_query_number(path, "SELECT sum(rows) FROM dropped WHERE what = 1"));
    ck_assert_int_eq(support_query_number(path, "SELECT max(id) - count(*) FROM interval"),
                     support_query_number(path, "SELECT sum(rows) FROM dropped WHERE what = 1"));
    ck_assert_int_eq(support_query_number(path, "SELECT count(*) FROM pragma_integrity_check"
                                                " WHERE integrity_check <> 'ok'"),
                     0);
    ck_assert_int_eq(support_query_number(path, "SELECT count(*) FROM pragma_foreign_key_check"),
                     0);
    ck_assert_int_eq(support_query_number(path, "SELECT count(*) FROM interval WHERE process NOT IN"
                                                " (SELECT id FROM process)"),
                     0);
}

/* While old samples are dropped, and after that; all within one day. */
START_TEST(the_state_at_each_sample_that_is_kept_is_the_snapshot)
{
    fixture.random = (uint64_t)_i * 104729 + 3;
    fixture.limits = (struct retention_limits){
        .keep = 60000,
        .max_size = INT64_C(1) << 30,
        .keep_profile = INT64_C(86400000),
    };
    fixture.machine = machine_boot((uint64_t)_i, 1700028000000);
    start_service();
    live(EVENTS / 2);
    commit();
    retain(false);
    check_all_samples(); /* while the service writes */
    check_seals();
    live(EVENTS / 2);
    commit();
    retain(true);
    fixture.whole = 0;
    fixture.dropped = 0;
    check_all_samples();
    ck_assert_uint_gt(fixture.whole, 0);
    ck_assert_uint_gt(fixture.dropped, 0);
    stop_service();
    check_all_samples(); /* and when it does not */
    check_seals();
    check_sums();
}
END_TEST

/*
 * The rows of all spans: one stretch of many hours, sampled seldom, in which
 * sockets and processes live for milliseconds and for hours.
 */
START_TEST(short_and_long_intervals_are_found_alike)
{
    fixture.random = 4711 + (uint64_t)_i;
    fixture.machine = machine_boot((uint64_t)_i, 1700000000000);
    start_service();
    CHECK_DONE(ledger_writer_set_interval(fixture.writer, 3600000, &fixture.why), fixture.why);
    for (int i = 0; i < EVENTS * 2; i++) {
        machine_wait(fixture.machine, 1 + (int64_t)draw(1U << draw(22)));
        if (draw(3) != 0) {
            machine_change(fixture.machine);
        }
        take_sample();
    }
    stop_service();
    check_all_samples();
    ck_assert_int_gt(support_query_number(path,
                                          "SELECT count(DISTINCT span) FROM interval"
                                          " WHERE span BETWEEN 18 AND 41 AND duration IS NOT NULL"),
                     3);
    ck_assert_int_gt(support_query_number(path,
                                          "SELECT count(DISTINCT span) FROM process"
                                          " WHERE span BETWEEN 18 AND 41 AND gone_at IS NOT NULL"),
                     3);
}
END_TEST

static Suite *ledger_history_suite(void)
{
    Suite *suite = suite_create("ledger_history");
    TCase *tests = tcase_create("ledger_history");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_state_at_each_sample_is_the_snapshot_that_was_recorded, 0,
                        HISTORIES);
    tcase_add_loop_test(tests, the_state_at_each_sample_that_is_kept_is_the_snapshot, 0,
                        HISTORIES * 2);
    tcase_add_loop_test(tests, short_and_long_intervals_are_found_alike, 0, 4);
    tcase_add_loop_test(tests, the_difference_of_two_samples_is_that_of_their_snapshots, 0, 3);
    tcase_add_loop_test(tests, differences_from_sample_to_sample_add_up_to_the_whole, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_history_suite());
}
