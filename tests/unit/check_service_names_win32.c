/* SPDX-License-Identifier: MIT */

#include "tests/fake_service_calls_win32.h"
#include "tests/support.h"

#include "base/clock_fake.h"
#include "collector/service_names.h"
#include "tests/fake_memory.h"

enum {
    SHARED = 800,
    ALONE = 900,
    NEWCOMER = 950,
    MANY = 20000, /* services, of which a buffer holds no more than some thousands */
};

static const struct fake_service services[] = {
    {L"Dnscache", SHARED, 11}, {L"\x00c4nderung", SHARED, 12}, {L"BFE", SHARED, 13},
    {L"Spooler", ALONE, 21},   {L"Starting", 0, 31},           {L"NewOne", NEWCOMER, 41},
};

static struct {
    struct service_names *names;
    struct text name;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    memset(&fake_service_calls, 0, sizeof(fake_service_calls));
    clock_fake_reset();
    fake_service_calls.services = services;
    fake_service_calls.count = 5; /* the newcomer is none of them yet */
    fake_service_calls.knows_tags = true;
    CHECK_DONE(service_names_open(&fixture.names, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    service_names_close(fixture.names);
    text_clear(&fixture.name);
}

static int find(uint32_t pid, uint32_t tag)
{
    text_reset(&fixture.name);
    return (int)service_names_find(fixture.names, pid, 0, tag, &fixture.name);
}

static const struct {
    uint32_t pid;
    uint32_t tag;
    bool knows_tags;
    int basis;
    const char *name;
} questions[] = {
    {SHARED, 11, true, SERVICE_BY_TAG, "Dnscache"},
    {SHARED, 12, true, SERVICE_BY_TAG, "\xc3\x84nderung"},
    {SHARED, 99, true, SERVICE_ONE_OF, "BFE, Dnscache, \xc3\x84nderung"},
    {SHARED, 11, false, SERVICE_ONE_OF, "BFE, Dnscache, \xc3\x84nderung"},
    {SHARED, 0, true, SERVICE_ONE_OF, "BFE, Dnscache, \xc3\x84nderung"},
    {ALONE, 0, true, SERVICE_ONLY, "Spooler"},
    {ALONE, 99, true, SERVICE_ONLY, "Spooler"},
    {ALONE + 1, 0, true, 0, ""},
    {ALONE + 1, 11, true, 0, ""},
    {0, 0, true, 0, ""}, /* a service that has no process yet is in none */
    {UINT32_MAX, 0, true, 0, ""},
};

START_TEST(a_service_is_named_by_its_tag_or_by_its_process)
{
    fake_service_calls.knows_tags = questions[_i].knows_tags;
    service_names_begin(fixture.names, false);
    ck_assert_int_eq(find(questions[_i].pid, questions[_i].tag), questions[_i].basis);
    ck_assert_str_eq(text_bytes(&fixture.name), questions[_i].name);
}
END_TEST

START_TEST(a_name_is_appended)
{
    service_names_begin(fixture.names, false);
    text_add(&fixture.name, "service ");
    ck_assert_int_eq(service_names_find(fixture.names, ALONE, 0, 0, &fixture.name), SERVICE_ONLY);
    ck_assert_str_eq(text_bytes(&fixture.name), "service Spooler");
}
END_TEST

START_TEST(the_list_is_read_again_only_when_it_is_old)
{
    service_names_begin(fixture.names, false);
    fake_service_calls.count = 6;
    clock_fake_run(60000);
    service_names_begin(fixture.names, false);
    ck_assert_int_eq(fake_service_calls.lists, 1);
    ck_assert_int_eq(find(NEWCOMER, 0), 0);
    service_names_begin(fixture.names, true);
    ck_assert_int_eq(fake_service_calls.lists, 2);
    ck_assert_int_eq(find(NEWCOMER, 0), SERVICE_ONLY);
    ck_assert_int_eq(fake_service_calls.opened, 1);
}
END_TEST

START_TEST(the_list_is_read_at_most_once_a_second_and_then_late)
{
    service_names_begin(fixture.names, true);
    fake_service_calls.count = 6;
    clock_fake_run(999);
    service_names_begin(fixture.names, true);
    ck_assert_int_eq(fake_service_calls.lists, 1);
    clock_fake_run(1);
    service_names_begin(fixture.names, false); /* what was wished before is not forgotten */
    ck_assert_int_eq(fake_service_calls.lists, 2);
    ck_assert_int_eq(find(NEWCOMER, 0), SERVICE_ONLY);
}
END_TEST

START_TEST(a_manager_that_started_anew_is_opened_anew)
{
    service_names_begin(fixture.names, true);
    clock_fake_run(1000);
    fake_service_calls.failing_lists = 1;
    service_names_begin(fixture.names, true);
    ck_assert_int_eq(find(ALONE, 0), SERVICE_ONLY);
    ck_assert_int_eq(fake_service_calls.opened, 2);
    ck_assert_int_eq(fake_service_calls.handles, 1);
}
END_TEST

/* One that cannot be opened, and one that cannot be asked. */
START_TEST(a_manager_that_does_not_answer_costs_the_names_until_it_does)
{
    DWORD *error = _i == 0 ? &fake_service_calls.open_error : &fake_service_calls.list_error;

    *error = ERROR_ACCESS_DENIED;
    service_names_begin(fixture.names, true);
    ck_assert_int_eq(find(ALONE, 0), 0);
    ck_assert_int_eq(find(ALONE, 21), SERVICE_BY_TAG);
    ck_assert_int_eq(fake_service_calls.handles, 0);
    *error = ERROR_SUCCESS;
    clock_fake_run(1000);
    service_names_begin(fixture.names, false);
    ck_assert_int_eq(find(ALONE, 0), SERVICE_ONLY);
    service_names_close(fixture.names);
    fixture.names = NULL;
    ck_assert_int_eq(fake_service_calls.handles, 0);
}
END_TEST

static const struct {
    size_t count;
    int lists;
} sizes[] = {
    {10, 1},
    {1000, 2}, /* a second look with a larger buffer */
    {MANY, 2}, /* more than one buffer may hold: at least that */
};

START_TEST(a_list_of_any_size_is_read_whole)
{
    fake_service_calls.copies = sizes[_i].count;
    service_names_begin(fixture.names, true);
    ck_assert_int_ge(fake_service_calls.lists, sizes[_i].lists);
    for (uint32_t i = 0; i < sizes[_i].count; i++) {
        ck_assert_int_eq(find(1000 + i, 0), SERVICE_ONLY);
    }
    ck_assert_int_eq(find((uint32_t)(1000 + sizes[_i].count), 0), 0);
}
END_TEST

START_TEST(memory_that_runs_out_costs_names_and_nothing_else)
{
    bool refused = true;

    fake_service_calls.copies = MANY;
    for (long n = 1; refused; n++) {
        clock_fake_run(1000);
        fake_memory_refuse(n);
        service_names_begin(fixture.names, true);
        refused = fake_memory_refused() != 0;
        fake_memory_refuse(0);
        ck_assert_int_eq(find(1000, 0), refused ? 0 : SERVICE_ONLY);
    }
    ck_assert_int_eq(find(1000 + MANY - 1, 0), SERVICE_ONLY);
}
END_TEST

static const struct {
    const char *parent;
    bool may;
} parents[] = {
    {NULL, true},
    {"services.exe", true},
    {"SERVICES.EXE", true},
    {"explorer.exe", false},
};

START_TEST(only_children_of_the_manager_host_services)
{
    ck_assert_int_eq(service_names_may_host(parents[_i].parent), parents[_i].may);
}
END_TEST

static Suite *service_names_win32_suite(void)
{
    Suite *suite = suite_create("service_names_win32");
    TCase *tests = tcase_create("service_names_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_service_is_named_by_its_tag_or_by_its_process, 0,
                        COUNT_OF(questions));
    tcase_add_test(tests, a_name_is_appended);
    tcase_add_test(tests, the_list_is_read_again_only_when_it_is_old);
    tcase_add_test(tests, the_list_is_read_at_most_once_a_second_and_then_late);
    tcase_add_test(tests, a_manager_that_started_anew_is_opened_anew);
    tcase_add_loop_test(tests, a_manager_that_does_not_answer_costs_the_names_until_it_does, 0, 2);
    tcase_add_loop_test(tests, a_list_of_any_size_is_read_whole, 0, COUNT_OF(sizes));
    tcase_add_test(tests, memory_that_runs_out_costs_names_and_nothing_else);
    tcase_add_loop_test(tests, only_children_of_the_manager_host_services, 0, COUNT_OF(parents));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(service_names_win32_suite());
}
