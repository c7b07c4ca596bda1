/* SPDX-License-Identifier: MIT */

/*
 * Keys and published seals as people and other programs keep them in files.
 */

#include <stdio.h>
#include <stdlib.h>

#include "reportcli/verify_given.h"
#include "tests/support.h"

#define ID "00112233-4455-4677-8899-aabbccddeeff"
#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SEAL(number) "seal " number " of ledger " ID ": " HEX
#define KEY(number) "portledger seal key of ledger " ID ", from seal " number ": " HEX

static const char path[] = "check_verify_given.txt";

static const struct option table[] = {VERIFY_GIVEN_OPTIONS};
static const struct option_set set = {.tables = {{.options = table, .count = 2}}};

static struct verify_given given;
static struct failure why;

static void write_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static void clear(void)
{
    verify_given_clear(&given);
    given = (struct verify_given){.ledger_id = ID};
    remove(path);
}

static bool read_as(const char *option)
{
    char *argv[] = {(char *)"verify", (char *)option, (char *)path};
    struct options *options = NULL;
    int next;
    bool done;

    CHECK_DONE(options_parse(&options, &set, 3, argv, 1, false, &next, &why), why);
    done = verify_given_read(&given, options, &why);
    options_free(options);
    return done;
}

static void write_utf16(const char *text)
{
    char units[1024] = {'\xFF', '\xFE'};
    size_t size = strlen(text);

    ck_assert_uint_lt(size, sizeof(units) / 2 - 1);
    for (size_t i = 0; i < size; i++) {
        units[2 + 2 * i] = text[i];
    }
    write_bytes(units, 2 + 2 * size);
}

START_TEST(a_zero_does_not_hide_what_follows)
{
    static const char text[] = SEAL("5") "\n\0\0binary\0" SEAL("6") "\r\n" SEAL("7");

    write_bytes(text, sizeof(text) - 1);
    CHECK_DONE(read_as("--anchor"), why);
    ck_assert_uint_eq(given.anchor_count, 3);
    ck_assert_int_eq(given.anchors[1].number, 6);
    ck_assert_int_eq(given.anchors[2].number, 7);
}
END_TEST

START_TEST(utf16_is_read)
{
    write_utf16("It is shown once:\r\n" KEY("0") "\r\n" KEY("9"));
    CHECK_DONE(read_as("--key"), why);
    ck_assert_uint_eq(given.key_count, 2);
    ck_assert_int_eq(given.keys[1].number, 9);
}
END_TEST

START_TEST(capitals_do_not_matter)
{
    static const char text[] = "SEAL 5 OF LEDGER 00112233-4455-4677-8899-AABBCCDDEEFF: "
                               "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF\n";

    write_bytes(text, sizeof(text) - 1);
    CHECK_DONE(read_as("--anchor"), why);
    ck_assert_uint_eq(given.anchor_count, 1);
    ck_assert_uint_eq(given.anchors[0].head[SHA256_SIZE - 1], 0xff);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
} nothing[] = {
    {"", 0},
    {"\xFF\xFE", 2},
    {"\xFF\xFEs", 3},
    {"\0\0\0", 3},
    {"a log with no seal of a ledger in it\n", 37},
};

START_TEST(a_file_with_nothing_in_it_is_refused)
{
    write_bytes(nothing[_i].bytes, nothing[_i].size);
    ck_assert(!read_as("--anchor"));
    ck_assert_int_eq(why.kind, FAILURE_USAGE);
    ck_assert_ptr_nonnull(strstr(why.text, "there is no \"seal"));
}
END_TEST

static const struct {
    const char *option;
    const char *line;
} torn[] = {
    {"--anchor", "seal -5 of ledger " ID ": " HEX},
    {"--anchor", "seal +5 of ledger " ID ": " HEX},
    {"--anchor", "seal 99999999999999999999 of ledger " ID ": " HEX},
    {"--anchor", "seal 5 of ledger " ID ": 0011"},
    {"--anchor", "seal 5 of ledger " ID ": " HEX "0"},
    {"--anchor", "seal 5 of ledger 0011"},
    {"--anchor", SEAL("6") ", then seal -5 of ledger " ID ": " HEX},
    {"--key", "portledger seal key of ledger " ID ", from seal -1: " HEX},
    {"--key", "portledger seal key of ledger " ID ", from seal 99999999999999999999: " HEX},
    {"--key", "portledger seal key of ledger " ID ", from seal 1: 0011"},
    {"--key", "portledger seal key of ledger " ID ", from seal 1: " HEX "00"},
    {"--key", "portledger seal key of ledger 0011"},
};

START_TEST(a_torn_line_is_named)
{
    char text[512];

    snprintf(text, sizeof(text), "%s\n%s\r\n%s\n", SEAL("4") " " KEY("0"), torn[_i].line,
             SEAL("7"));
    write_bytes(text, strlen(text));
    ck_assert_msg(!read_as(torn[_i].option), "%s", torn[_i].line);
    ck_assert_int_eq(why.kind, FAILURE_USAGE);
    ck_assert_msg(strstr(why.text, ": line 2 has a ") != NULL, "%s", why.text);
}
END_TEST

START_TEST(what_only_looks_like_one_is_passed_over)
{
    static const char text[] =
        KEY("0") " a seal 5 of another; sealed, seal of ledger x\n" SEAL("4");

    write_bytes(text, sizeof(text) - 1);
    CHECK_DONE(read_as("--anchor"), why);
    ck_assert_uint_eq(given.anchor_count, 1);
    CHECK_DONE(read_as("--key"), why);
    ck_assert_uint_eq(given.key_count, 1);
}
END_TEST

static Suite *verify_given_suite(void)
{
    Suite *suite = suite_create("verify_given");
    TCase *tests = tcase_create("verify_given");

    tcase_add_checked_fixture(tests, clear, clear);
    tcase_add_test(tests, a_zero_does_not_hide_what_follows);
    tcase_add_test(tests, utf16_is_read);
    tcase_add_test(tests, capitals_do_not_matter);
    tcase_add_loop_test(tests, a_file_with_nothing_in_it_is_refused, 0,
                        sizeof(nothing) / sizeof(nothing[0]));
    tcase_add_loop_test(tests, a_torn_line_is_named, 0, sizeof(torn) / sizeof(torn[0]));
    tcase_add_test(tests, what_only_looks_like_one_is_passed_over);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(verify_given_suite());
}
