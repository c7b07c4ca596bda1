/* SPDX-License-Identifier: MIT */

/*
 * The tree under a seal: whatever is dropped from it in whatever order, the
 * root stays; whatever is changed, it does not. And HMAC, by RFC 4231.
 */

#include <stdlib.h>

#include "base/hmac.h"
#include "store/seal_leaves.h"
#include "tests/support.h"

enum { FACTS = 300 };

static struct {
    struct sha256 *sha256;
    struct seal_leaves leaves;
    uint64_t random;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(sha256_open(&fixture.sha256, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    sha256_close(fixture.sha256);
    seal_leaves_clear(&fixture.leaves);
}

static uint32_t draw(uint32_t limit)
{
    fixture.random = fixture.random * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(fixture.random >> 33) % limit;
}

static void add(int64_t key, int content)
{
    struct seal_leaf leaf = {.first = key, .leaves = 1};

    memset(leaf.digest, content, sizeof(leaf.digest));
    seal_put(leaf.digest, key);
    CHECK_DONE(seal_leaves_add(&fixture.leaves, SEAL_INTERVAL, &leaf, &fixture.why), fixture.why);
}

static void root(uint8_t digest[SHA256_SIZE], int64_t expected)
{
    int64_t count;

    CHECK_DONE(seal_leaves_root(&fixture.leaves, fixture.sha256, digest, &count, &fixture.why),
               fixture.why);
    ck_assert_int_eq(count, expected);
}

/* Dense here, sparse there, and far apart. */
static void add_facts(void)
{
    int64_t key = 0;

    for (int i = 0; i < FACTS; i++) {
        key += 1 + (draw(10) == 0 ? draw(5000) : draw(2));
        key += draw(100) == 0 ? (int64_t)1 << 33 : 0;
        add(key, i);
    }
}

START_TEST(facts_that_are_dropped_leave_the_root_as_it_was)
{
    struct seal_leaf_list *list = &fixture.leaves.kinds[SEAL_INTERVAL];
    uint8_t before[SHA256_SIZE];
    uint8_t after[SHA256_SIZE];

    fixture.random = (uint64_t)_i;
    add_facts();
    root(before, FACTS);
    for (size_t live = FACTS; live > 0;) {
        size_t drop = 1 + draw(20);

        for (; drop > 0 && live > 0; drop--, live--) {
            size_t at = draw((uint32_t)list->count);

            while (list->items[at].stub) {
                at = (at + 1) % list->count;
            }
            list->items[at].stub = true;
        }
        CHECK_DONE(seal_leaves_collapse(list, 64, fixture.sha256, &fixture.why), fixture.why);
        root(after, FACTS);
        ck_assert_mem_eq(after, before, sizeof(after));
    }
    ck_assert_uint_eq(list->count, 1);
}
END_TEST

START_TEST(every_fact_and_its_place_is_in_the_root)
{
    struct seal_leaf_list *list = &fixture.leaves.kinds[SEAL_INTERVAL];
    uint8_t before[SHA256_SIZE];
    uint8_t after[SHA256_SIZE];

    add_facts();
    root(before, FACTS);
    for (size_t i = 0; i < list->count; i++) {
        list->items[i].digest[SHA256_SIZE - 1] ^= 1;
        root(after, FACTS);
        ck_assert_mem_ne(after, before, sizeof(after));
        list->items[i].digest[SHA256_SIZE - 1] ^= 1;
    }
    list->count--;
    root(after, FACTS - 1);
    ck_assert_mem_ne(after, before, sizeof(after));
    list->count++;
    root(after, FACTS);
    ck_assert_mem_eq(after, before, sizeof(after));
    fixture.leaves.kinds[SEAL_CLOSING] = *list;
    *list = (struct seal_leaf_list){0};
    root(after, FACTS);
    ck_assert_mem_ne(after, before, sizeof(after));
}
END_TEST

START_TEST(what_a_stub_covers_overlaps)
{
    struct seal_leaf stub = {.first = 0x120, .shift = 4, .leaves = 2, .stub = true};
    enum seal_kind kind;
    int64_t key;

    CHECK_DONE(seal_leaves_add(&fixture.leaves, SEAL_INTERVAL, &stub, &fixture.why), fixture.why);
    add(0x11f, 1);
    add(0x130, 1);
    seal_leaves_sort(&fixture.leaves.kinds[SEAL_INTERVAL]);
    ck_assert(!seal_leaves_overlap(&fixture.leaves, &kind, &key));
    add(0x12f, 1);
    seal_leaves_sort(&fixture.leaves.kinds[SEAL_INTERVAL]);
    ck_assert(seal_leaves_overlap(&fixture.leaves, &kind, &key));
    ck_assert_int_eq(key, 0x12f);
}
END_TEST

/* Many are counted into place, few are compared: the order is the same. */
START_TEST(leaves_are_sorted_by_their_places_the_wider_first)
{
    struct seal_leaf_list *list = &fixture.leaves.kinds[SEAL_INTERVAL];
    int count = 10 << (2 * _i);

    fixture.random = (uint64_t)_i;
    for (int i = 0; i < count; i++) {
        struct seal_leaf leaf = {.leaves = i, .stub = draw(4) == 0};

        leaf.first = (int64_t)draw(3) << 40 | (int64_t)draw(1 << 10);
        leaf.first = draw(8) == 0 ? -leaf.first : leaf.first;
        leaf.shift = leaf.stub ? (uint8_t)(4 * (1 + draw(16))) : 0;
        CHECK_DONE(seal_leaves_add(&fixture.leaves, SEAL_INTERVAL, &leaf, &fixture.why),
                   fixture.why);
    }
    seal_leaves_sort(list);
    ck_assert_uint_eq(list->count, (size_t)count);
    for (int i = 1; i < count; i++) {
        const struct seal_leaf *before = &list->items[i - 1];
        const struct seal_leaf *leaf = &list->items[i];

        ck_assert_int_le(before->first, leaf->first);
        ck_assert(before->first < leaf->first || before->shift >= leaf->shift);
    }
    for (int64_t i = 0, sum = 0; i < count; i++) {
        sum += list->items[i].leaves;
        ck_assert(i < count - 1 || sum == (int64_t)count * (count - 1) / 2);
    }
}
END_TEST

/* RFC 4231, 4.2 and 4.3, whose shorter keys are filled up with zeros. */
static const struct {
    const char *key;
    const char *text;
    uint8_t mac[SHA256_SIZE];
} macs[] = {
    {"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
     "Hi There",
     {0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53, 0x5c, 0xa8, 0xaf,
      0xce, 0xaf, 0x0b, 0xf1, 0x2b, 0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83,
      0x3d, 0xa7, 0x26, 0xe9, 0x37, 0x6c, 0x2e, 0x32, 0xcf, 0xf7}},
    {"Jefe", "what do ya want for nothing?", {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
                                              0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
                                              0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83,
                                              0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43}},
};

START_TEST(a_mac_is_that_of_the_rfc)
{
    uint8_t key[HMAC_KEY_SIZE] = {0};
    uint8_t mac[SHA256_SIZE];

    memcpy(key, macs[_i].key, strlen(macs[_i].key));
    CHECK_DONE(
        hmac_sha256(mac, fixture.sha256, key, macs[_i].text, strlen(macs[_i].text), &fixture.why),
        fixture.why);
    ck_assert_mem_eq(mac, macs[_i].mac, sizeof(mac));
}
END_TEST

static Suite *seal_leaves_suite(void)
{
    Suite *suite = suite_create("seal_leaves");
    TCase *tests = tcase_create("seal_leaves");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, facts_that_are_dropped_leave_the_root_as_it_was, 0, 10);
    tcase_add_test(tests, every_fact_and_its_place_is_in_the_root);
    tcase_add_test(tests, what_a_stub_covers_overlaps);
    tcase_add_loop_test(tests, leaves_are_sorted_by_their_places_the_wider_first, 0, 6);
    tcase_add_loop_test(tests, a_mac_is_that_of_the_rfc, 0, COUNT_OF(macs));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(seal_leaves_suite());
}
