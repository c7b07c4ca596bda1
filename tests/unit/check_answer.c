/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdlib.h>

#include "base/text.h"
#include "probes/answer.h"
#include "probes/tls.h"
#include "reportcli/answer_text.h"
#include "reportcli/outcome_record.h"
#include "tests/support.h"

enum { NAME, PORT, SEEN, SAFE, TAGS, UUID, FIELD_COUNT };

static const struct answer_field fields[FIELD_COUNT] = {
    [NAME] = {.name = "name", .type = ANSWER_TEXT, .help = "Name"},
    [PORT] = {.name = "port", .type = ANSWER_NUMBER, .unit = "ms", .help = "Number"},
    [SEEN] = {.name = "seen", .type = ANSWER_TIME, .help = "Time"},
    [SAFE] = {.name = "safe", .type = ANSWER_TRUTH, .help = "Truth"},
    [TAGS] = {.name = "tags", .type = ANSWER_TEXT, .many = true, .help = "Several"},
    [UUID] = {.name = "uuid", .type = ANSWER_TEXT, .telling = true, .help = "Of an item"},
};

static struct {
    struct answer answer;
    struct text text;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    answer_clear(&fixture.answer);
    text_clear(&fixture.text);
}

static const struct {
    const char *bytes;
    size_t size;
    const char *kept;
} texts[] = {
    {"plain", 5, "plain"},          {"blanks \r\n\t", 10, "blanks"},
    {" before", 7, " before"},      {"line\r\nline\r\n", 12, "line\\r\\nline"},
    {"a\x1b[31m", 6, "a\\x1B[31m"}, {"\xff\xfe", 2, "\\xFF\\xFE"},
    {"zero\0in", 7, "zero\\x00in"}, {"", 0, ""},
};

START_TEST(a_text_is_made_visible)
{
    answer_add_text(&fixture.answer, &fields[NAME], texts[_i].bytes, texts[_i].size);
    ck_assert_str_eq(answer_find(&fixture.answer, "name")->text, texts[_i].kept);
    ck_assert(!fixture.answer.cut);
}
END_TEST

START_TEST(what_is_too_much_is_cut_and_said)
{
    size_t size = (size_t)ANSWER_TEXT_MOST + 10;
    char *much = malloc(size);

    ck_assert_ptr_nonnull(much);
    memset(much, 'a', size);
    for (int i = 0; i < 20; i++) {
        answer_add_text(&fixture.answer, &fields[NAME], much, size);
    }
    free(much);
    ck_assert(fixture.answer.cut);
    ck_assert_uint_eq(strlen(fixture.answer.values[0].text), ANSWER_TEXT_MOST);
    ck_assert_uint_eq(fixture.answer.count, ANSWER_TEXTS_MOST / ANSWER_TEXT_MOST);
    for (int i = 0; i < ANSWER_VALUES_MOST + 10; i++) {
        answer_add_number(&fixture.answer, &fields[PORT], i);
    }
    ck_assert_uint_eq(fixture.answer.count, ANSWER_VALUES_MOST);
}
END_TEST

static void add_item(const char *uuid, int64_t port)
{
    answer_begin_item(&fixture.answer, "endpoint");
    answer_add_string(&fixture.answer, &fields[UUID], uuid);
    answer_add_number(&fixture.answer, &fields[PORT], port);
    answer_end_item(&fixture.answer);
}

static void add_some(void)
{
    static const uint8_t bytes[] = {0, 171};

    answer_add_string(&fixture.answer, &fields[NAME], "n\"1");
    answer_add_string(&fixture.answer, &fields[TAGS], "a");
    add_item("u1", 1);
    answer_add_hex(&fixture.answer, &fields[TAGS], bytes, sizeof(bytes));
    add_item("u2", 2);
    answer_add_number(&fixture.answer, &fields[SAFE], 1);
    answer_add_number(&fixture.answer, &fields[SEEN], INT64_C(1795179600000));
}

START_TEST(an_answer_is_an_object)
{
    add_some();
    answer_add_json(&fixture.text, &fixture.answer, TIME_ZONE_UTC);
    ck_assert_str_eq(text_bytes(&fixture.text),
                     "{\"name\":\"n\\\"1\",\"tags\":[\"a\",\"00ab\"],\"safe\":true,"
                     "\"seen\":\"2026-11-20T13:00:00.000Z\","
                     "\"endpoint\":[{\"uuid\":\"u1\",\"port\":1},{\"uuid\":\"u2\",\"port\":2}]}");
}
END_TEST

START_TEST(an_answer_is_pairs)
{
    add_some();
    answer_add_pairs(&fixture.text, &fixture.answer, TIME_ZONE_UTC);
    ck_assert_str_eq(text_bytes(&fixture.text),
                     "name=n\"1; tags=a; endpoint 1 uuid=u1; endpoint 1 port=1 ms; tags=00ab; "
                     "endpoint 2 uuid=u2; endpoint 2 port=2 ms; safe=yes; "
                     "seen=2026-11-20T13:00:00.000Z");
}
END_TEST

START_TEST(the_first_few_values_tell)
{
    static const struct answer_field others[] = {
        {.name = "other", .type = ANSWER_TEXT, .help = "Of another table"},
    };

    answer_add_string(&fixture.answer, &others[0], "other");
    answer_add_number(&fixture.answer, &fields[PORT], 7);
    answer_add_string(&fixture.answer, &fields[NAME], "mine");
    answer_add_telling(&fixture.text, &fixture.answer, fields, FIELD_COUNT);
    ck_assert_str_eq(text_bytes(&fixture.text), "port 7 ms, mine");
    text_reset(&fixture.text);
    answer_add_telling(&fixture.text, &fixture.answer, NULL, 0);
    ck_assert_str_eq(text_bytes(&fixture.text), "other, port 7 ms, mine");
    text_reset(&fixture.text);
    add_item("u1", 1);
    answer_add_telling(&fixture.text, &fixture.answer, fields, FIELD_COUNT);
    ck_assert_str_eq(text_bytes(&fixture.text), "u1");
}
END_TEST

START_TEST(what_does_not_speak_for_itself_is_labelled)
{
    static const struct answer_field labelled[] = {
        {.name = "verdict", .many = true, .telling = true, .label = "certificate", .help = "A"},
        {.name = "status", .type = ANSWER_NUMBER, .telling = true, .label = "", .help = "B"},
        {.name = "is_safe", .type = ANSWER_TRUTH, .telling = true, .help = "C"},
    };

    answer_add_string(&fixture.answer, &labelled[0], "expired");
    answer_add_string(&fixture.answer, &labelled[0], "wrong name");
    answer_add_number(&fixture.answer, &labelled[1], 200);
    answer_add_number(&fixture.answer, &labelled[2], 0);
    answer_add_telling(&fixture.text, &fixture.answer, labelled, 3);
    ck_assert_str_eq(text_bytes(&fixture.text),
                     "certificate expired, wrong name, 200, is safe: no");
}
END_TEST

START_TEST(what_waits_to_be_sorted_keeps_what_is_shown)
{
    struct outcome outcome = {.protocol = NULL};

    answer_add_string(&outcome.answer, &fields[UUID], "u1");
    answer_add_string(&outcome.answer, &fields[NAME], "not shown");
    outcome_record_condense(&outcome);
    ck_assert_str_eq(outcome.detail, "u1");
    ck_assert_uint_eq(outcome.answer.count, 0);
    ck_assert_ptr_null(outcome.answer.values);
    outcome_clear(&outcome);
}
END_TEST

/* Else what a server said well before would look like a good answer. */
START_TEST(what_went_wrong_is_shown_behind_what_was_said)
{
    static const struct {
        enum probe_cause cause;
        const char *shown;
    } causes[] = {{PROBE_WRONG_PROTOCOL, "u1, no end"}, {PROBE_ANSWERED, "u1"}};
    struct outcome outcome = {.cause = causes[_i].cause, .detail = text_copy("no end")};

    answer_add_string(&outcome.answer, &fields[UUID], "u1");
    outcome_record_condense(&outcome);
    ck_assert_str_eq(outcome.detail, causes[_i].shown);
    outcome_clear(&outcome);
}
END_TEST

START_TEST(a_long_value_tells_its_beginning)
{
    for (int i = 0; i < 7; i++) {
        answer_addf(&fixture.answer, &fields[TAGS], "%d", i);
    }
    answer_add_telling(&fixture.text, &fixture.answer, fields, FIELD_COUNT);
    ck_assert_str_eq(text_bytes(&fixture.text), "0, 1, 2, 3, 4, ...");
    answer_clear(&fixture.answer);
    text_reset(&fixture.text);
    answer_addf(&fixture.answer, &fields[NAME], "%0200d", 1);
    answer_add_telling(&fixture.text, &fixture.answer, fields, FIELD_COUNT);
    ck_assert_uint_eq(fixture.text.size, 75);
}
END_TEST

START_TEST(one_answer_is_put_behind_another)
{
    struct answer more = {0};

    add_item("u1", 1);
    answer_begin_item(&more, "chain");
    answer_add_string(&more, &fields[NAME], "moved");
    answer_append(&fixture.answer, &more);
    ck_assert_uint_eq(more.count, 0);
    ck_assert_uint_eq(fixture.answer.items, 2);
    ck_assert_uint_eq(answer_find(&fixture.answer, "name")->item, 2);
    ck_assert_ptr_null(answer_find(&fixture.answer, "safe"));
    answer_clear(&more);
}
END_TEST

START_TEST(tls_comes_first)
{
    answer_add_string(&fixture.answer, &fields[UUID], "a banner");
    tls_tell_plain(&fixture.answer, 7);
    answer_add_telling(&fixture.text, &fixture.answer, fields, FIELD_COUNT);
    ck_assert_str_eq(text_bytes(&fixture.text), "plain bytes before TLS: 7 bytes, a banner");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("answer");
    TCase *answers = tcase_create("answers");

    tcase_add_checked_fixture(answers, open_fixture, close_fixture);
    tcase_add_loop_test(answers, a_text_is_made_visible, 0, COUNT_OF(texts));
    tcase_add_test(answers, what_is_too_much_is_cut_and_said);
    tcase_add_test(answers, an_answer_is_an_object);
    tcase_add_test(answers, an_answer_is_pairs);
    tcase_add_test(answers, the_first_few_values_tell);
    tcase_add_test(answers, what_does_not_speak_for_itself_is_labelled);
    tcase_add_test(answers, what_waits_to_be_sorted_keeps_what_is_shown);
    tcase_add_loop_test(answers, what_went_wrong_is_shown_behind_what_was_said, 0, 2);
    tcase_add_test(answers, a_long_value_tells_its_beginning);
    tcase_add_test(answers, one_answer_is_put_behind_another);
    tcase_add_test(answers, tls_comes_first);
    suite_add_tcase(suite, answers);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
