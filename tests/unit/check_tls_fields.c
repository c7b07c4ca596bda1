/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "probes/tls_fields.h"

enum { CHAIN = 3 };

static const int64_t today = INT64_C(1795788296000); /* in 2026 */
static const int64_t day = INT64_C(24) * 60 * 60 * 1000;

static struct {
    char *bytes[CHAIN];
    struct tls_certificate chain[CHAIN];
    size_t count;
    struct answer answer;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    for (size_t i = 0; i < fixture.count; i++) {
        free(fixture.bytes[i]);
    }
    answer_clear(&fixture.answer);
}

static void add_file(const char *name)
{
    char path[500];
    size_t size;

    snprintf(path, sizeof(path), "%s/certificates/%s.der", PORTLEDGER_FIXTURES, name);
    fixture.bytes[fixture.count] = support_read_file(path, &size);
    fixture.chain[fixture.count].bytes = (const uint8_t *)fixture.bytes[fixture.count];
    fixture.chain[fixture.count].size = size;
    fixture.count++;
}

static void tell(const char *host, int64_t now, unsigned faults)
{
    tls_tell_chain(&fixture.answer, fixture.chain, fixture.count, host, now, faults);
}

/* All values of a field, parted by ", ". */
static const char *values_of(const char *name)
{
    static char all[500];

    all[0] = '\0';
    for (size_t i = 0; i < fixture.answer.count; i++) {
        const struct answer_value *value = &fixture.answer.values[i];

        if (strcmp(value->field->name, name) == 0) {
            size_t size = strlen(all);

            snprintf(all + size, sizeof(all) - size, "%s%s", size == 0 ? "" : ", ", value->text);
        }
    }
    return all;
}

static const struct {
    const char *file;
    const char *host;
    unsigned faults;
    const char *verdict;
    int matches;
} verdicts[] = {
    {"valid", "www.example.test", 0, "trusted", 1},
    {"valid", "www.example.net", 0, "wrong name", 0},
    {"valid", "www.example.test", TLS_UNKNOWN_ISSUER, "unknown issuer", 1},
    {"expired", "www.example.test", 0, "expired", 1},
    {"future", "www.example.test", 0, "not yet valid", 1},
    {"self-signed", "www.example.test", TLS_UNKNOWN_ISSUER, "self-signed", 1},
    {"self-signed", "www.example.test", TLS_SELF_SIGNED, "self-signed", 1},
    {"wrong-name", "www.example.test", TLS_UNKNOWN_ISSUER, "unknown issuer, wrong name", 0},
    {"expired", "x", TLS_WEAK | TLS_EXPIRED, "expired, wrong name, weak", 0},
    {"valid", "www.example.test", TLS_NOT_CHECKED, "not checked", 1},
    {"valid", "www.example.test", TLS_BROKEN | TLS_WRONG_USE | TLS_DISTRUSTED,
     "broken, distrusted, wrong use", 1},
};

START_TEST(verdicts_name_each_fault)
{
    add_file(verdicts[_i].file);
    tell(verdicts[_i].host, today, verdicts[_i].faults);
    ck_assert_str_eq(values_of("tls_verdict"), verdicts[_i].verdict);
    ck_assert_int_eq(answer_find(&fixture.answer, "tls_name_matches")->number,
                     verdicts[_i].matches);
}
END_TEST

START_TEST(each_certificate_is_an_item)
{
    add_file("valid");
    add_file("between");
    add_file("root");
    tell("www.example.test", today, 0);
    ck_assert_uint_eq(fixture.answer.items, 3);
    ck_assert_str_eq(values_of("certificate_serial"), "12a72a9a1b56533f03bb02e7cab4d2c128522d32, "
                                                      "26f1de0f3f5fbb53d343c925ca95bf183fde85cc, "
                                                      "0b4d7ebb008507a18bc6e347660735d55508518d");
    ck_assert_str_eq(values_of("certificate_key"), "EC P-256, RSA 2048, EC P-256");
    ck_assert_str_eq(values_of("certificate_name"),
                     "www.example.test, *.example.test, 10.77.0.1, fd77::1");
    CHECK_CONTAINS(values_of("certificate_sha256"),
                   "ac3af3633b19f8c874dc2b409e4fba512b8fbf40be958552b768df46fdd6a17d, 1595b9");
    for (size_t i = 0; i < fixture.answer.count; i++) {
        const struct answer_value *value = &fixture.answer.values[i];

        ck_assert_int_eq(value->item == 0, strncmp(value->field->name, "tls_", 4) == 0);
    }
}
END_TEST

static const struct {
    int64_t after; /* ms after its end */
    int64_t days;
} ends[] = {
    {-2 * 86400000LL - 1, 2}, {-2 * 86400000LL, 2}, {-1, 0}, {0, 0}, {1, -1}, {86400000LL, -1},
};

START_TEST(days_are_whole_ones)
{
    const int64_t end = INT64_C(1012709106000);

    ck_assert_int_eq(day, 86400000);
    add_file("expired");
    tell("www.example.test", end + ends[_i].after, 0);
    ck_assert_int_eq(answer_find(&fixture.answer, "certificate_days_left")->number, ends[_i].days);
    ck_assert_str_eq(values_of("tls_verdict"), ends[_i].after > 0 ? "expired" : "trusted");
}
END_TEST

START_TEST(what_is_no_certificate_is_told_by_its_digest)
{
    static const uint8_t garbage[] = {1, 2, 3};

    fixture.chain[0] = (struct tls_certificate){garbage, sizeof(garbage)};
    tls_tell_chain(&fixture.answer, fixture.chain, 1, "x", today, 0);
    ck_assert_str_eq(values_of("tls_verdict"), "broken");
    ck_assert_ptr_null(answer_find(&fixture.answer, "tls_name_matches"));
    ck_assert_ptr_null(answer_find(&fixture.answer, "certificate_subject"));
    ck_assert_str_eq(values_of("certificate_sha256"),
                     "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81");
}
END_TEST

START_TEST(a_server_may_have_no_certificate)
{
    tell("x", today, 0);
    ck_assert_str_eq(values_of("tls_verdict"), "no certificate");
}
END_TEST

START_TEST(versions_and_alerts_have_names)
{
    tls_tell_version(&fixture.answer, 0x0300);
    tls_tell_version(&fixture.answer, 0x0304);
    tls_tell_version(&fixture.answer, 0x0305);
    tls_tell_version(&fixture.answer, 0x7f1c);
    ck_assert_str_eq(values_of("tls_version"), "SSL 3.0, TLS 1.3, version 0x0305, version 0x7f1c");
    tls_tell_alert(&fixture.answer, 40);
    tls_tell_alert(&fixture.answer, 255);
    ck_assert_str_eq(values_of("tls_alert"), "handshake failure, alert 255");
}
END_TEST

START_TEST(the_table_is_whole)
{
    ck_assert_uint_eq(tls_field_count, TLS_FIELD_COUNT);
    for (size_t i = 0; i < tls_field_count; i++) {
        ck_assert_ptr_nonnull(tls_fields[i].name);
        ck_assert_ptr_nonnull(tls_fields[i].help);
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(tls_fields[i].name, tls_fields[j].name);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_fields");
    TCase *tcase = tcase_create("fields");

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_loop_test(tcase, verdicts_name_each_fault, 0, COUNT_OF(verdicts));
    tcase_add_test(tcase, each_certificate_is_an_item);
    tcase_add_loop_test(tcase, days_are_whole_ones, 0, COUNT_OF(ends));
    tcase_add_test(tcase, what_is_no_certificate_is_told_by_its_digest);
    tcase_add_test(tcase, a_server_may_have_no_certificate);
    tcase_add_test(tcase, versions_and_alerts_have_names);
    tcase_add_test(tcase, the_table_is_whole);
    suite_add_tcase(suite, tcase);
    return support_run_suite(suite);
}
