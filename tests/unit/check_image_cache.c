/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "collector/image_cache.h"

enum { MORE = 3 * IMAGE_CACHE_MOST, HALF = IMAGE_CACHE_MOST / 2 };

static struct {
    struct image_cache cache;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    image_cache_clear(&fixture.cache);
    image_cache_clear(&fixture.cache);
}

static struct image_identity identity_of(int number)
{
    return (struct image_identity){.volume = 1, .file = (uint64_t)number + 1, .size = 100};
}

static void add(const struct image_identity *identity, const char *version)
{
    struct image_facts fields = {.status = IMAGE_READ, .version = version};
    const struct image_facts *facts = image_facts_make(&fields);

    ck_assert_ptr_nonnull(facts);
    CHECK_DONE(image_cache_add(&fixture.cache, identity, facts, &fixture.why), fixture.why);
    image_facts_release(facts);
}

static void add_number(int number)
{
    struct image_identity identity = identity_of(number);
    char version[20];

    snprintf(version, sizeof(version), "%d", number);
    add(&identity, version);
}

/* The version that is remembered for the identity, or -1. */
static int find(const struct image_identity *identity)
{
    const struct image_facts *facts = image_cache_find(&fixture.cache, identity);
    int number = facts == NULL ? -1 : (int)strtol(facts->version, NULL, 10);

    image_facts_release(facts);
    return number;
}

static int find_number(int number)
{
    struct image_identity identity = identity_of(number);

    return find(&identity);
}

START_TEST(an_empty_cache_knows_nothing)
{
    ck_assert_int_eq(find_number(0), -1);
}
END_TEST

START_TEST(what_was_added_is_found)
{
    for (int i = 0; i < 1000; i++) {
        add_number(i);
    }
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(find_number(i), i);
    }
    ck_assert_int_eq(find_number(1000), -1);
}
END_TEST

static const struct image_identity others[] = {
    {.volume = 2, .file = 5, .size = 100, .written_at = 7},
    {.volume = 1, .file = 6, .size = 100, .written_at = 7},
    {.volume = 1, .file = 5, .size = 101, .written_at = 7},
    {.volume = 1, .file = 5, .size = 100, .written_at = 8},
};

START_TEST(a_file_that_differs_in_anything_is_another)
{
    struct image_identity one = {.volume = 1, .file = 5, .size = 100, .written_at = 7};

    add(&one, "1");
    ck_assert_int_eq(find(&one), 1);
    ck_assert_int_eq(find(&others[_i]), -1);
    add(&others[_i], "2");
    ck_assert_int_eq(find(&one), 1);
    ck_assert_int_eq(find(&others[_i]), 2);
}
END_TEST

START_TEST(a_full_cache_keeps_what_was_used_last)
{
    for (int i = 0; i < IMAGE_CACHE_MOST; i++) {
        add_number(i);
    }
    ck_assert_int_eq(find_number(3), 3); /* used again, though it came early */
    add_number(IMAGE_CACHE_MOST);
    ck_assert_uint_eq(fixture.cache.count, HALF + 1);
    ck_assert_int_eq(find_number(3), 3);
    ck_assert_int_eq(find_number(IMAGE_CACHE_MOST), IMAGE_CACHE_MOST);
    ck_assert_int_eq(find_number(HALF), -1);
    for (int i = HALF + 1; i < IMAGE_CACHE_MOST; i++) {
        ck_assert_int_eq(find_number(i), i);
    }
}
END_TEST

START_TEST(a_cache_never_grows_beyond_its_bound)
{
    for (int i = 0; i < MORE; i++) {
        add_number(i);
        ck_assert_uint_le(fixture.cache.count, IMAGE_CACHE_MOST);
    }
    ck_assert_int_eq(find_number(MORE - 1), MORE - 1);
}
END_TEST

START_TEST(facts_outlive_the_cache_for_who_holds_them)
{
    struct image_identity identity = identity_of(9);
    const struct image_facts *facts;

    add_number(9);
    facts = image_cache_find(&fixture.cache, &identity);
    image_cache_clear(&fixture.cache);
    ck_assert_str_eq(facts->version, "9");
    image_facts_release(facts);
    ck_assert_int_eq(find_number(9), -1);
}
END_TEST

static Suite *image_cache_suite(void)
{
    Suite *suite = suite_create("image_cache");
    TCase *tests = tcase_create("image_cache");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, an_empty_cache_knows_nothing);
    tcase_add_test(tests, what_was_added_is_found);
    tcase_add_loop_test(tests, a_file_that_differs_in_anything_is_another, 0, COUNT_OF(others));
    tcase_add_test(tests, a_full_cache_keeps_what_was_used_last);
    tcase_add_test(tests, a_cache_never_grows_beyond_its_bound);
    tcase_add_test(tests, facts_outlive_the_cache_for_who_holds_them);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(image_cache_suite());
}
