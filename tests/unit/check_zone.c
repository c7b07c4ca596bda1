/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/clock.h"
#include "base/zone.h"
#include "tests/support.h"

/* 2026-11-20T13:00:00Z, in winter of the north. */
#define WINTER INT64_C(1795179600000)
#define SUMMER INT64_C(1782000000000) /* 2026-06-21T00:00:00Z */

static struct failure why;

static void come_home(void)
{
    CHECK_DONE(zone_choose(NULL, &why), why);
}

static const struct {
    const char *name;
    int seconds;
} offsets[] = {
    {"UTC", 0},         {"utc", 0},       {"Z", 0},        {"+00:00", 0},     {"+05:30", 19800},
    {"-03:30", -12600}, {"+0545", 20700}, {"-03", -10800}, {"+14:00", 50400}, {"-12:00", -43200},
};

START_TEST(an_offset_holds_at_all_times)
{
    CHECK_DONE(zone_choose(offsets[_i].name, &why), why);
    ck_assert_int_eq(zone_offset(WINTER), offsets[_i].seconds);
    ck_assert_int_eq(zone_offset(SUMMER), offsets[_i].seconds);
    ck_assert_int_eq(zone_offset(-1), offsets[_i].seconds);
}
END_TEST

static const char *const none[] = {
    "",          "+",         "+5",          "+05:",
    "+05:3",     "+05:30:00", "+14:01",      "+99:00",
    "+05:60",    "5",         "Europe",      "Europe/Atlantis",
    "/etc/zone", "../zone",   "Europe/../x", "Europe/Berlin ",
    "zone.tab",  "%s%n",
};

START_TEST(what_is_no_zone_is_refused_and_changes_nothing)
{
    int before = zone_offset(WINTER);

    CHECK_FAILED(zone_choose(none[_i], &why), FAILURE_USAGE, why);
    CHECK_CONTAINS(why.text, none[_i]);
    ck_assert_int_eq(zone_offset(WINTER), before);
}
END_TEST

/* The same place, as the one system and as the other calls it. */
static const struct {
    const char *names[2];
    int winter;
    int summer;
} places[] = {
    {{"Europe/Berlin", "W. Europe Standard Time"}, 3600, 7200},
    {{"America/St_Johns", "Newfoundland Standard Time"}, -12600, -9000},
    {{"Asia/Kathmandu", "Nepal Standard Time"}, 20700, 20700},
    {{"Australia/Sydney", "AUS Eastern Standard Time"}, 39600, 36000},
};

START_TEST(a_zone_that_this_system_knows_has_its_rules)
{
    int before = clock_zone_offset(SUMMER);
    bool known = zone_choose(places[_i].names[0], &why) || zone_choose(places[_i].names[1], &why);

    if (known) { /* a small machine may have no zones at all */
        ck_assert_int_eq(zone_offset(WINTER), places[_i].winter);
        ck_assert_int_eq(zone_offset(SUMMER), places[_i].summer);
        ck_assert_int_eq(clock_zone_offset(SUMMER), before);
    }
}
END_TEST

START_TEST(a_change_is_found_to_the_second)
{
    if (zone_choose("Europe/Berlin", &why)) {
        ck_assert_int_eq(zone_offset(1711846799999), 3600); /* 2024-03-31 00:59:59.999 UTC */
        ck_assert_int_eq(zone_offset(1711846800000), 7200);
        ck_assert_int_eq(zone_offset(1729990799999), 7200); /* 2024-10-27 00:59:59.999 UTC */
        ck_assert_int_eq(zone_offset(1729990800000), 3600);
    }
}
END_TEST

START_TEST(without_a_choice_it_is_the_machines_zone)
{
    CHECK_DONE(zone_choose("+05:30", &why), why);
    come_home();
    ck_assert_int_eq(zone_offset(WINTER), clock_zone_offset(WINTER));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("zone");
    TCase *zone = tcase_create("zone");

    tcase_add_checked_fixture(zone, NULL, come_home);
    tcase_add_loop_test(zone, an_offset_holds_at_all_times, 0, COUNT_OF(offsets));
    tcase_add_loop_test(zone, what_is_no_zone_is_refused_and_changes_nothing, 0, COUNT_OF(none));
    tcase_add_loop_test(zone, a_zone_that_this_system_knows_has_its_rules, 0, COUNT_OF(places));
    tcase_add_test(zone, a_change_is_found_to_the_second);
    tcase_add_test(zone, without_a_choice_it_is_the_machines_zone);
    suite_add_tcase(suite, zone);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
