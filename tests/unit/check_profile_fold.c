/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "collector/socket_row.h"
#include "store/profile_fold.h"
#include "tests/support.h"

#define HOUR INT64_C(3600000)

#define DAY PROFILE_DAY_MS

static struct {
    struct profile_fold fold;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    profile_fold_clear(&fixture.fold);
}

static void add(const struct profile_key *key, int64_t opened_at, int64_t closed_at)
{
    struct profile_interval interval = {*key, opened_at, closed_at};

    CHECK_DONE(profile_fold_add(&fixture.fold, &interval, &fixture.why), fixture.why);
}

static struct profile_key key_of(int port, int peer)
{
    return (struct profile_key){
        .application = 7,
        .protocol = SOCKET_TCP,
        .direction = PROFILE_INBOUND,
        .port = port,
        .peer_size = 4,
        .peer = {10, 0, (uint8_t)(peer >> 8), (uint8_t)peer},
    };
}

static void connect_from(int port, int peer, int64_t opened_at, int64_t closed_at)
{
    struct profile_key key = key_of(port, peer);

    add(&key, opened_at, closed_at);
}

static const struct profile_row *only_row(void)
{
    profile_fold_finish(&fixture.fold);
    ck_assert_uint_eq(fixture.fold.count, 1);
    return &fixture.fold.rows[0];
}

/* The sum over all rows of what both are given for. */
static struct profile_row sum_of(void)
{
    struct profile_row sum = {0};

    for (size_t i = 0; i < fixture.fold.count; i++) {
        sum.intervals += fixture.fold.rows[i].intervals;
        sum.lasted += fixture.fold.rows[i].lasted;
        sum.covered += fixture.fold.rows[i].covered;
    }
    return sum;
}

START_TEST(nothing_makes_no_row)
{
    profile_fold_finish(&fixture.fold);
    ck_assert_uint_eq(fixture.fold.count, 0);
}
END_TEST

START_TEST(intervals_that_differ_only_in_time_are_one_row)
{
    const struct profile_row *row;

    connect_from(443, 1, 5 * HOUR, 5 * HOUR + 100);
    connect_from(443, 1, 2 * HOUR, 2 * HOUR + 50);
    row = only_row();
    ck_assert_int_eq(row->intervals, 2);
    ck_assert_int_eq(row->lasted, 150);
    ck_assert_int_eq(row->covered, 150);
    ck_assert_int_eq(row->first_seen_at, 2 * HOUR);
    ck_assert_int_eq(row->last_seen_at, 5 * HOUR + 100);
    ck_assert_uint_eq(row->hours, 1U << 2 | 1U << 5);
}
END_TEST

/* Two intervals, and how long their port was in use. */
static const struct {
    int64_t a[2];
    int64_t b[2];
    int64_t covered;
} unions[] = {
    {{0, 10}, {20, 30}, 20},                          /* apart */
    {{0, 10}, {10, 30}, 30},                          /* side by side */
    {{0, 20}, {10, 30}, 30},                          /* across */
    {{0, 100}, {10, 30}, 100},                        /* one within the other */
    {{0, 10}, {0, 10}, 10},    {{5, 5}, {0, 10}, 10}, /* seen in one sample and in no other */
};

START_TEST(time_that_two_peers_share_counts_once)
{
    struct profile_row sum;

    connect_from(443, 1, unions[_i].b[0], unions[_i].b[1]);
    connect_from(443, 2, unions[_i].a[0], unions[_i].a[1]);
    profile_fold_finish(&fixture.fold);
    sum = sum_of();
    ck_assert_uint_eq(fixture.fold.count, 2);
    ck_assert_int_eq(sum.covered, unions[_i].covered);
    ck_assert_int_eq(sum.lasted,
                     unions[_i].a[1] - unions[_i].a[0] + unions[_i].b[1] - unions[_i].b[0]);
}
END_TEST

START_TEST(time_that_two_ports_share_counts_for_both)
{
    connect_from(443, 1, 0, 10);
    connect_from(80, 1, 0, 10);
    profile_fold_finish(&fixture.fold);
    ck_assert_int_eq(sum_of().covered, 20);
}
END_TEST

/* Where intervals lie, and which days and hours they are of. */
static const struct {
    int64_t opened_at;
    int64_t closed_at;
    int64_t day;
    size_t days;
    uint32_t first_hours;
    uint32_t last_hours;
} nights[] = {
    {DAY - 1, DAY + 1, 0, 2, 1U << 23, 1U << 0},
    {DAY - 1, DAY, 0, 1, 1U << 23, 1U << 23},
    {DAY, DAY, 1, 1, 1U << 0, 1U << 0},
    {DAY, 4 * DAY, 1, 3, 0xffffff, 0xffffff},
    {22 * HOUR, 2 * DAY + 2 * HOUR, 0, 3, 3U << 22, 3U << 0},
    {-1, 1, -1, 2, 1U << 23, 1U << 0},
    {-DAY, 0, -1, 1, 0xffffff, 0xffffff},
};

START_TEST(an_interval_over_midnight_is_in_each_of_its_days)
{
    const struct profile_row *rows;

    connect_from(443, 1, nights[_i].opened_at, nights[_i].closed_at);
    profile_fold_finish(&fixture.fold);
    rows = fixture.fold.rows;
    ck_assert_uint_eq(fixture.fold.count, nights[_i].days);
    for (size_t i = 0; i < nights[_i].days; i++) {
        ck_assert_int_eq(rows[i].key.day, nights[_i].day + (int64_t)i);
        ck_assert_int_eq(rows[i].intervals, 1);
    }
    ck_assert_uint_eq(rows[0].hours, nights[_i].first_hours);
    ck_assert_uint_eq(rows[nights[_i].days - 1].hours, nights[_i].last_hours);
    ck_assert_int_eq(sum_of().lasted, nights[_i].closed_at - nights[_i].opened_at);
}
END_TEST

START_TEST(an_interval_that_ends_before_it_begins_has_no_length)
{
    connect_from(443, 1, 50, 10);
    ck_assert_int_eq(only_row()->lasted, 0);
}
END_TEST

/* A clock that was wrong, or a ledger that is: nothing is endless by that. */
START_TEST(an_endless_interval_has_a_bounded_number_of_rows)
{
    connect_from(443, 1, -(INT64_C(1) << 60), INT64_C(1) << 60);
    profile_fold_finish(&fixture.fold);
    ck_assert_uint_eq(fixture.fold.count, PROFILE_MOST_DAYS);
}
END_TEST

START_TEST(whatever_differs_is_a_row_of_its_own)
{
    struct profile_key keys[7];

    for (int i = 0; i < COUNT_OF(keys); i++) {
        keys[i] = key_of(443, 1);
    }
    keys[1].application++;
    keys[2].user++;
    keys[3].protocol = SOCKET_UDP;
    keys[4].direction = PROFILE_OUTBOUND;
    keys[5].port++;
    keys[6].peer[3]++;
    for (int i = 0; i < COUNT_OF(keys); i++) {
        add(&keys[i], 0, 10);
    }
    profile_fold_finish(&fixture.fold);
    ck_assert_uint_eq(fixture.fold.count, COUNT_OF(keys));
}
END_TEST

START_TEST(of_many_peers_those_with_the_most_have_rows)
{
    enum { PEERS = 3000 };
    size_t others = 0;

    for (int peer = 0; peer < PEERS; peer++) {
        connect_from(443, peer, peer, peer + 1);
        if (peer % 100 == 7 && peer / 100 < PROFILE_PEERS) {
            connect_from(443, peer, peer, peer + 1);
        }
    }
    profile_fold_finish(&fixture.fold);
    ck_assert_uint_eq(fixture.fold.count, PROFILE_PEERS + 1);
    for (size_t i = 0; i < fixture.fold.count; i++) {
        const struct profile_row *row = &fixture.fold.rows[i];

        if (row->key.peer_size == PROFILE_OTHERS) {
            ck_assert_int_eq(row->intervals, PEERS - PROFILE_PEERS);
            others++;
        } else {
            ck_assert_int_eq(row->intervals, 2);
        }
    }
    ck_assert_uint_eq(others, 1);
    ck_assert_int_eq(sum_of().intervals, PEERS + PROFILE_PEERS);
    ck_assert_int_eq(sum_of().covered, PEERS);
}
END_TEST

START_TEST(of_many_ports_those_with_the_most_have_rows)
{
    enum { PORTS = 2000 };
    int kept = 0;

    for (int port = 1; port <= PORTS; port++) {
        for (int i = 0; i < (port % 20 == 0 && port / 20 <= PROFILE_PORTS ? 3 : 1); i++) {
            connect_from(port, i, port, port + 10);
        }
    }
    profile_fold_finish(&fixture.fold);
    for (size_t i = 0; i < fixture.fold.count; i++) {
        const struct profile_key *key = &fixture.fold.rows[i].key;

        if (key->port == PROFILE_OTHERS) {
            ck_assert_int_eq(key->peer_size, PROFILE_OTHERS);
            ck_assert_int_eq(fixture.fold.rows[i].intervals, PORTS - PROFILE_PORTS);
        } else {
            ck_assert_int_eq(key->port % 20, 0);
            kept++;
        }
    }
    ck_assert_int_eq(kept, PROFILE_PORTS + PROFILE_PORTS + PROFILE_PORTS);
    ck_assert_uint_eq(fixture.fold.count, PROFILE_PORTS * 3 + 1);
    ck_assert_int_eq(sum_of().intervals, PORTS + PROFILE_PORTS + PROFILE_PORTS);
}
END_TEST

/* How often and how long a port was in use, and whether it is named. */
static const struct {
    int port;
    int times;
    int64_t lasted;
    bool named;
} chosen[] = {
    {32767, 1, 1, true},    {32768, 1, 1, false},       {65535, 3, HOUR / 3 - 1, false},
    {50000, 1, HOUR, true}, {50000, 3, HOUR / 3, true}, {50000, 4, 1, true},
};

START_TEST(a_port_that_a_client_had_for_a_moment_is_not_named)
{
    for (int i = 0; i < chosen[_i].times; i++) {
        connect_from(chosen[_i].port, 1, 0, chosen[_i].lasted);
    }
    ck_assert_int_eq(only_row()->key.port, chosen[_i].named ? chosen[_i].port : PROFILE_OTHERS);
    ck_assert_int_eq(sum_of().intervals, chosen[_i].times);
}
END_TEST

START_TEST(it_can_be_filled_again)
{
    connect_from(443, 1, 0, 10);
    profile_fold_finish(&fixture.fold);
    profile_fold_reset(&fixture.fold);
    connect_from(80, 1, 0, 10);
    ck_assert_int_eq(only_row()->key.port, 80);
    profile_fold_clear(&fixture.fold);
    profile_fold_clear(&fixture.fold);
}
END_TEST

/* The same by brute force: each millisecond of a short day of random intervals. */
START_TEST(what_is_covered_is_the_union)
{
    enum { LENGTH = 400, PORTS = 3 };
    uint64_t random = (uint64_t)_i + 1;
    bool used[PORTS][LENGTH] = {{false}};
    int64_t covered = 0;

    for (int i = 0; i < 40; i++) {
        int64_t numbers[3];

        for (int k = 0; k < 3; k++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            numbers[k] = (int64_t)(random >> 40);
        }
        numbers[0] %= LENGTH - 50;
        connect_from((int)(numbers[2] % PORTS) + 1, (int)numbers[2] % 5, numbers[0],
                     numbers[0] + numbers[1] % 50);
        for (int64_t at = numbers[0]; at < numbers[0] + numbers[1] % 50; at++) {
            used[numbers[2] % PORTS][at] = true;
        }
    }
    for (int i = 0; i < PORTS * LENGTH; i++) {
        covered += used[i / LENGTH][i % LENGTH] ? 1 : 0;
    }
    profile_fold_finish(&fixture.fold);
    ck_assert_int_eq(sum_of().covered, covered);
    ck_assert_int_eq(sum_of().intervals, 40);
}
END_TEST

static Suite *profile_fold_suite(void)
{
    Suite *suite = suite_create("profile_fold");
    TCase *tests = tcase_create("profile_fold");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, nothing_makes_no_row);
    tcase_add_test(tests, intervals_that_differ_only_in_time_are_one_row);
    tcase_add_loop_test(tests, time_that_two_peers_share_counts_once, 0, COUNT_OF(unions));
    tcase_add_test(tests, time_that_two_ports_share_counts_for_both);
    tcase_add_loop_test(tests, an_interval_over_midnight_is_in_each_of_its_days, 0,
                        COUNT_OF(nights));
    tcase_add_test(tests, an_interval_that_ends_before_it_begins_has_no_length);
    tcase_add_test(tests, an_endless_interval_has_a_bounded_number_of_rows);
    tcase_add_test(tests, whatever_differs_is_a_row_of_its_own);
    tcase_add_test(tests, of_many_peers_those_with_the_most_have_rows);
    tcase_add_test(tests, of_many_ports_those_with_the_most_have_rows);
    tcase_add_loop_test(tests, a_port_that_a_client_had_for_a_moment_is_not_named, 0,
                        COUNT_OF(chosen));
    tcase_add_test(tests, it_can_be_filled_again);
    tcase_add_loop_test(tests, what_is_covered_is_the_union, 0, 20);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(profile_fold_suite());
}
