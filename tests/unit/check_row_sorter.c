/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdlib.h>

#include "base/text.h"
#include "reportcli/row_sorter.h"
#include "tests/support.h"

static const struct column columns[] = {
    {.name = "name", .type = COLUMN_TEXT, .heading = "Name", .help = ""},
    {.name = "number", .type = COLUMN_INTEGER, .heading = "No", .help = ""},
    {.name = "share", .type = COLUMN_REAL, .unit = "%", .heading = "Share", .help = ""},
    {.name = "held", .type = COLUMN_BOOLEAN, .heading = "Held", .help = ""},
    {.name = "answer", .type = COLUMN_OBJECT, .heading = "Answer", .help = ""},
};

enum { NAME, NUMBER, SHARE, HELD, ANSWER, COLUMNS };

static const struct column_table table = {
    .name = "thing",
    .title = "a thing",
    .groups = {{columns, COLUMNS}},
};

static struct {
    struct row_sorter *sorter;
    struct text out;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    row_sorter_close(fixture.sorter);
    fixture.sorter = NULL;
    text_clear(&fixture.out);
}

static void begin(const char *order, const char *printed, size_t most, size_t bytes)
{
    struct column_choice by;
    struct column_choice wanted;

    row_sorter_close(fixture.sorter);
    CHECK_DONE(column_choice_read(&by, &table, order, &fixture.why), fixture.why);
    CHECK_DONE(column_choice_read(&wanted, &table, printed, &fixture.why), fixture.why);
    CHECK_DONE(row_sorter_open(&fixture.sorter, &table, &by, &wanted, most, bytes, &fixture.why),
               fixture.why);
}

static void add(const char *name, int64_t number)
{
    struct value values[COLUMNS] = {0};

    values[NAME] = value_text(name);
    values[NUMBER] = value_known(number);
    values[SHARE] = value_real((double)number / 2);
    values[HELD] = value_truth(number % 2 == 1);
    values[ANSWER] = value_object(name, name);
    CHECK_DONE(row_sorter_add(fixture.sorter, values, &fixture.why), fixture.why);
}

static bool visit(void *context, const struct value *values, struct failure *why)
{
    (void)context;
    (void)why;
    text_addf(&fixture.out, "%s%s", fixture.out.size > 0 ? " " : "",
              values[NAME].present ? values[NAME].text : "-");
    return true;
}

static const char *walk(void)
{
    text_reset(&fixture.out);
    CHECK_DONE(row_sorter_walk(fixture.sorter, visit, NULL, &fixture.why), fixture.why);
    return text_bytes(&fixture.out);
}

static const struct {
    const char *order;
    size_t most;
    const char *names;
} orders[] = {
    {"number", 0, "one Three three nine ten -"},
    {"-number", 0, "ten nine Three three one -"},
    {"number,name", 0, "one Three three nine ten -"},
    {"-number,-name", 0, "ten nine three Three one -"},
    {"name", 0, "nine one ten Three three -"},
    {"-name", 0, "three Three ten one nine -"}, /* what is absent is last, either way */
    {"held,number", 0, "ten - one Three three nine"},
    {"-held,share", 0, "one Three three nine - ten"},
    {"answer", 0, "nine one ten Three three -"},
    {"number", 1, "one"},
    {"number", 3, "one Three three"}, /* of two that are equal the first */
    {"number", 2, "one Three"},
    {"-number", 2, "ten nine"},
    {"number", 100, "one Three three nine ten -"},
};

START_TEST(records_come_in_this_order)
{
    begin(orders[_i].order, "name", orders[_i].most, ROW_SORTER_BYTES);
    add("ten", 10);
    add("Three", 3);
    add(NULL, 0);
    add("nine", 9);
    add("one", 1);
    add("three", 3);
    ck_assert_str_eq(walk(), orders[_i].names);
    ck_assert_uint_eq(row_sorter_added(fixture.sorter), 6);
}
END_TEST

/* The same records from the last to the first: nothing tells it from the order above. */
START_TEST(records_from_the_end_come_in_the_same_order)
{
    int64_t bound = 0;

    begin(orders[_i].order, "name", orders[_i].most, ROW_SORTER_BYTES);
    row_sorter_turn(fixture.sorter);
    add("three", 3);
    add("one", 1);
    add("nine", 9);
    add(NULL, 0);
    add("Three", 3);
    add("ten", 10);
    ck_assert(row_sorter_bound(fixture.sorter, &bound) ==
              (orders[_i].most > 0 && orders[_i].most < 6));
    ck_assert_str_eq(walk(), orders[_i].names);
}
END_TEST

/* Until there is one too many, nobody knows that there are more than are wanted. */
START_TEST(what_cannot_come_first_any_more_is_told)
{
    int64_t bound = 0;

    begin("-number", "name", 2, ROW_SORTER_BYTES);
    add("one", 1);
    add("three", 3);
    ck_assert(!row_sorter_bound(fixture.sorter, &bound));
    add("two", 2);
    ck_assert(row_sorter_bound(fixture.sorter, &bound));
    ck_assert_int_eq(bound, 2);
    add("nine", 9);
    ck_assert(row_sorter_bound(fixture.sorter, &bound));
    ck_assert_int_eq(bound, 3);
}
END_TEST

/* Each is before the next one. */
static const char *const texts[] = {
    "",
    "10.0.0.2",
    "10.0.0.10",
    "10.0.1.1",
    "A",
    "a",
    "A1",
    "a2",
    "a10",
    "a10b",
    "B",
    "fe80::1",
    "fe80::10",
    "svc",
    "svc00000000000000000000000000000000000000001",
    "svc2",
    "svc99999999999999999999999999",
    "\xc3\xa4",
};

static bool check_text(void *context, const struct value *values, struct failure *why)
{
    int *place = context;

    (void)why;
    ck_assert_str_eq(values[NAME].text, texts[(*place)++]);
    return true;
}

START_TEST(texts_are_ordered_as_people_do)
{
    int place = 0;

    begin("name", "name", 0, ROW_SORTER_BYTES);
    for (int i = COUNT_OF(texts) - 1; i >= 0; i--) {
        add(texts[i], i);
    }
    CHECK_DONE(row_sorter_walk(fixture.sorter, check_text, &place, &fixture.why), fixture.why);
    ck_assert_int_eq(place, COUNT_OF(texts));
}
END_TEST

enum { MANY = 20000 };

static bool check_rising(void *context, const struct value *values, struct failure *why)
{
    int64_t *last = context;

    (void)why;
    ck_assert_int_eq(values[NUMBER].number, *last + 1);
    ck_assert(!values[SHARE].present); /* nobody wanted it */
    ck_assert_str_eq(values[NAME].text, values[ANSWER].json);
    *last = values[NUMBER].number;
    return true;
}

START_TEST(many_records_are_all_there)
{
    int64_t last = 0;

    begin("number", "answer,name,number", 0, ROW_SORTER_BYTES);
    for (int64_t i = 0; i < MANY; i++) {
        add("some name", i * 7919 % MANY + 1); /* the factor is a prime: each once */
    }
    CHECK_DONE(row_sorter_walk(fixture.sorter, check_rising, &last, &fixture.why), fixture.why);
    ck_assert_int_eq(last, MANY);
}
END_TEST

START_TEST(too_many_are_refused_but_not_where_few_are_wanted)
{
    struct value values[COLUMNS] = {0};
    size_t held = 0;

    begin("number", "name", 0, 4096);
    while (row_sorter_add(fixture.sorter, values, &fixture.why)) {
        ck_assert_uint_lt(++held, 4096);
    }
    ck_assert_int_eq(fixture.why.kind, FAILURE_MEMORY);
    CHECK_CONTAINS(fixture.why.text, "--limit");
    ck_assert_uint_gt(held, 10);

    begin("-number", "name", 3, 4096);
    for (int64_t i = 1; i <= MANY; i++) {
        add(i > MANY - 3 ? "late" : "early", i);
    }
    ck_assert_str_eq(walk(), "late late late");
}
END_TEST

static const struct {
    const char *words;
    const char *text; /* of the refusal */
} mistakes[] = {
    {"nam", "did you mean name?"},
    {"frobnicate", "but name, number, share, held, answer"},
    {"name,number,name", "\"name\" is named twice"},
    {"name,-name", "\"name\" is named twice"},
    {"", "missing"},
    {"name,,number", "missing"},
    {"-", "missing"},
    {"name number", "no column \"name number\""},
};

START_TEST(a_wrong_name_is_refused)
{
    static const struct column_table *const tables[] = {&table, NULL};
    struct column_choice choice;

    CHECK_FAILED(column_choice_read(&choice, &table, mistakes[_i].words, &fixture.why),
                 FAILURE_USAGE, fixture.why);
    CHECK_CONTAINS(fixture.why.text, mistakes[_i].text);
    CHECK_FAILED(column_choice_check(tables, mistakes[_i].words, &fixture.why), FAILURE_USAGE,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, mistakes[_i].text);
}
END_TEST

START_TEST(names_may_have_blanks_around_them)
{
    struct column_choice choice;

    CHECK_DONE(column_choice_read(&choice, &table, " number , -name ,held ", &fixture.why),
               fixture.why);
    ck_assert_uint_eq(choice.count, 3);
    ck_assert_uint_eq(choice.places[0], NUMBER);
    ck_assert_uint_eq(choice.places[1], NAME);
    ck_assert(!choice.falls[0] && choice.falls[1] && !choice.falls[2]);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("row sorter");
    TCase *sorter = tcase_create("sorter");
    TCase *names = tcase_create("names of columns");

    tcase_add_checked_fixture(sorter, open_fixture, close_fixture);
    tcase_add_loop_test(sorter, records_come_in_this_order, 0, COUNT_OF(orders));
    tcase_add_loop_test(sorter, records_from_the_end_come_in_the_same_order, 0, COUNT_OF(orders));
    tcase_add_test(sorter, what_cannot_come_first_any_more_is_told);
    tcase_add_test(sorter, texts_are_ordered_as_people_do);
    tcase_add_test(sorter, many_records_are_all_there);
    tcase_add_test(sorter, too_many_are_refused_but_not_where_few_are_wanted);
    suite_add_tcase(suite, sorter);

    tcase_add_checked_fixture(names, open_fixture, close_fixture);
    tcase_add_loop_test(names, a_wrong_name_is_refused, 0, COUNT_OF(mistakes));
    tcase_add_test(names, names_may_have_blanks_around_them);
    suite_add_tcase(suite, names);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
