/* SPDX-License-Identifier: MIT */

/*
 * The file that holds the key of the next seal.
 */

#include <stdio.h>
#include <stdlib.h>

#include "store/seal_key.h"
#include "tests/support.h"

static const char path[] = "check_seal_key.key";
static const char id[] = "00112233-4455-4677-8899-aabbccddeeff";
static const char other_id[] = "00112233-4455-4677-8899-aabbccddeef0";

static struct failure why;

static void remove_file(void)
{
    remove(path);
}

static struct seal_key make_key(int64_t number)
{
    struct seal_key key = {.number = number, .from = 3};

    memset(key.bytes, (int)(number & 0x7f) + 1, sizeof(key.bytes));
    return key;
}

static void store(int64_t number)
{
    struct seal_key key = make_key(number);

    CHECK_DONE(seal_key_store(&key, path, id, &why), why);
}

static bool is_there(struct seal_key *key, const char *ledger)
{
    bool found;

    CHECK_DONE(seal_key_read(key, path, ledger, &found, &why), why);
    return found;
}

/* How often the bytes of a key are in the file. */
static int count_in_file(int64_t number)
{
    struct seal_key key = make_key(number);
    size_t size;
    char *bytes = support_read_file(path, &size);
    int count = 0;

    for (size_t i = 0; i + sizeof(key.bytes) <= size; i++) {
        count += memcmp(bytes + i, key.bytes, sizeof(key.bytes)) == 0 ? 1 : 0;
    }
    free(bytes);
    return count;
}

START_TEST(the_newest_key_is_read_and_older_ones_are_gone)
{
    for (int64_t number = 5; number < 12; number++) {
        struct seal_key key;

        store(number);
        ck_assert(is_there(&key, id));
        ck_assert_int_eq(key.number, number);
        ck_assert_int_eq(key.from, 3);
        ck_assert_int_eq(count_in_file(number), 1);
        ck_assert_int_eq(count_in_file(number - 1), 0);
    }
}
END_TEST

START_TEST(a_key_of_another_ledger_is_none)
{
    struct seal_key key;

    ck_assert(!is_there(&key, id));
    store(5);
    ck_assert(!is_there(&key, other_id));
}
END_TEST

/* Whatever byte of the file is lost, a wrong key is not taken for the right one. */
START_TEST(a_damaged_place_is_no_key)
{
    struct seal_key right = make_key(5);
    struct seal_key key;
    size_t size;
    char *bytes;

    store(5);
    bytes = support_read_file(path, &size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (char)(bytes[i] ^ 1);
        support_write_file(path, bytes, size);
        ck_assert(!is_there(&key, id) || memcmp(key.bytes, right.bytes, sizeof(key.bytes)) == 0);
        bytes[i] = (char)(bytes[i] ^ 1);
    }
    free(bytes);
}
END_TEST

/* The power fails after the new key is on the disk, and before the old one is overwritten. */
START_TEST(of_two_keys_the_newer_one_counts)
{
    struct seal_key key;
    char *both = malloc(1024);
    size_t size;
    char *bytes;

    store(5);
    bytes = support_read_file(path, &size);
    ck_assert_uint_eq(size, 1024);
    memcpy(both, bytes, size);
    free(bytes);
    store(6);
    bytes = support_read_file(path, &size);
    for (size_t i = 0; i < size; i++) {
        both[i] = (char)(both[i] | bytes[i]);
    }
    free(bytes);
    support_write_file(path, both, 1024);
    free(both);
    ck_assert(is_there(&key, id));
    ck_assert_int_eq(key.number, 6);
    store(7);
    ck_assert_int_eq(count_in_file(5) + count_in_file(6), 0);
}
END_TEST

START_TEST(a_line_is_read_back)
{
    struct seal_key key = make_key(12);
    struct seal_key parsed;
    struct text line = {0};
    char ledger[SEAL_LEDGER_ID + 1];

    text_add(&line, "Nov 27 host portledgerd: ");
    seal_key_add_line(&line, &key, id);
    text_add(&line, "\r");
    ck_assert(seal_key_parse_line(text_bytes(&line), &parsed, ledger));
    ck_assert_str_eq(ledger, id);
    ck_assert_int_eq(parsed.number, 12);
    ck_assert_int_eq(parsed.from, 12);
    ck_assert_mem_eq(parsed.bytes, key.bytes, sizeof(key.bytes));
    for (size_t size = 0; size + 1 < line.size; size++) {
        line.bytes[line.size - 1 - size] = '\0';
        ck_assert(size == 0 || !seal_key_parse_line(line.bytes, &parsed, ledger));
    }
    text_clear(&line);
}
END_TEST

static Suite *seal_key_suite(void)
{
    Suite *suite = suite_create("seal_key");
    TCase *tests = tcase_create("seal_key");

    tcase_add_checked_fixture(tests, remove_file, remove_file);
    tcase_add_test(tests, the_newest_key_is_read_and_older_ones_are_gone);
    tcase_add_test(tests, a_key_of_another_ledger_is_none);
    tcase_add_test(tests, a_damaged_place_is_no_key);
    tcase_add_test(tests, of_two_keys_the_newer_one_counts);
    tcase_add_test(tests, a_line_is_read_back);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(seal_key_suite());
}
