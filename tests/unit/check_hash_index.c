/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/hash_index.h"
#include "tests/support.h"

static struct {
    struct hash_index index;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    hash_index_clear(&fixture.index);
}

static void add(uint64_t hash, uint32_t place)
{
    CHECK_DONE(hash_index_add(&fixture.index, hash, place, &fixture.why), fixture.why);
}

START_TEST(an_empty_index_finds_nothing)
{
    ck_assert_uint_eq(hash_index_first(&fixture.index, 7), HASH_INDEX_END);
    ck_assert_uint_eq(hash_index_next(&fixture.index), HASH_INDEX_END);
    hash_index_reset(&fixture.index);
    hash_index_clear(&fixture.index);
    hash_index_clear(&fixture.index);
    ck_assert_uint_eq(hash_index_first(&fixture.index, 0), HASH_INDEX_END);
}
END_TEST

START_TEST(what_was_added_is_found)
{
    for (uint32_t i = 0; i < 10000; i++) {
        add(hash_bytes(1, &i, sizeof(i)), i);
    }
    ck_assert_uint_eq(fixture.index.count, 10000);
    ck_assert_uint_ge(fixture.index.capacity, 20000);
    for (uint32_t i = 0; i < 10000; i++) {
        ck_assert_uint_eq(hash_index_first(&fixture.index, hash_bytes(1, &i, sizeof(i))), i);
        ck_assert_uint_eq(hash_index_next(&fixture.index), HASH_INDEX_END);
    }
    for (uint32_t i = 10000; i < 11000; i++) {
        ck_assert_uint_eq(hash_index_first(&fixture.index, hash_bytes(1, &i, sizeof(i))),
                          HASH_INDEX_END);
    }
}
END_TEST

/*
 * Hashes whose run of slots goes over the end of the array, with others that
 * are in the way. Growing must not change the order of one hash.
 */
static const uint64_t crowded[] = {15, 14, 13, 0, UINT64_MAX, 31};

START_TEST(items_of_one_hash_keep_their_order)
{
    uint64_t hash = crowded[_i];

    for (uint32_t i = 0; i < 40; i++) {
        uint32_t found = 0;

        add(hash, 2 * i);
        add(i % 3 == 0 ? 15 + hash : i, 2 * i + 1);
        for (uint32_t at = hash_index_first(&fixture.index, hash); at != HASH_INDEX_END;
             at = hash_index_next(&fixture.index)) {
            if (at % 2 == 0) {
                ck_assert_uint_eq(at / 2, found);
                found++;
            }
        }
        ck_assert_uint_eq(found, i + 1);
    }
}
END_TEST

START_TEST(a_reserved_index_does_not_move)
{
    const struct hash_index_slot *slots;

    CHECK_DONE(hash_index_reserve(&fixture.index, 1000, &fixture.why), fixture.why);
    slots = fixture.index.slots;
    for (uint32_t i = 0; i < 1000; i++) {
        add(i, i);
    }
    ck_assert_ptr_eq(fixture.index.slots, slots);
}
END_TEST

START_TEST(room_that_no_machine_has_is_refused)
{
    add(1, 2);
    ck_assert(!hash_index_reserve(&fixture.index, SIZE_MAX, &fixture.why));
    ck_assert_int_eq(fixture.why.kind, FAILURE_MEMORY);
    ck_assert_uint_eq(hash_index_first(&fixture.index, 1), 2);
}
END_TEST

START_TEST(a_reset_index_is_empty_and_keeps_its_memory)
{
    size_t capacity;

    for (uint32_t i = 0; i < 100; i++) {
        add(i, i);
    }
    capacity = fixture.index.capacity;
    hash_index_reset(&fixture.index);
    ck_assert_uint_eq(fixture.index.count, 0);
    ck_assert_uint_eq(fixture.index.capacity, capacity);
    ck_assert_uint_eq(hash_index_first(&fixture.index, 5), HASH_INDEX_END);
    add(5, 9);
    ck_assert_uint_eq(hash_index_first(&fixture.index, 5), 9);
}
END_TEST

START_TEST(a_hash_depends_on_seed_size_and_every_byte)
{
    unsigned char bytes[40] = {0};
    uint64_t seen[400];
    int count = 0;

    for (size_t size = 0; size <= sizeof(bytes); size++) {
        seen[count++] = hash_bytes(0, bytes, size);
        seen[count++] = hash_bytes(1, bytes, size);
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = 1;
        seen[count++] = hash_bytes(0, bytes, sizeof(bytes));
        bytes[i] = 0x80;
        seen[count++] = hash_bytes(0, bytes, sizeof(bytes));
        bytes[i] = 0;
    }
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
            ck_assert_uint_ne(seen[i], seen[j]);
        }
    }
}
END_TEST

/* The index takes the low bits: keys that count up must spread over them. */
START_TEST(hashes_spread_over_the_low_bits)
{
    int buckets[64] = {0};

    for (uint32_t i = 0; i < 6400; i++) {
        buckets[hash_bytes(0, &i, sizeof(i)) % 64]++;
    }
    for (int i = 0; i < 64; i++) {
        ck_assert_int_ge(buckets[i], 50);
        ck_assert_int_le(buckets[i], 150);
    }
}
END_TEST

static Suite *hash_index_suite(void)
{
    Suite *suite = suite_create("hash_index");
    TCase *tests = tcase_create("hash_index");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, an_empty_index_finds_nothing);
    tcase_add_test(tests, what_was_added_is_found);
    tcase_add_loop_test(tests, items_of_one_hash_keep_their_order, 0, COUNT_OF(crowded));
    tcase_add_test(tests, a_reserved_index_does_not_move);
    tcase_add_test(tests, room_that_no_machine_has_is_refused);
    tcase_add_test(tests, a_reset_index_is_empty_and_keeps_its_memory);
    tcase_add_test(tests, a_hash_depends_on_seed_size_and_every_byte);
    tcase_add_test(tests, hashes_spread_over_the_low_bits);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(hash_index_suite());
}
