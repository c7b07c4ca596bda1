/* SPDX-License-Identifier: MIT */

#include "tests/fake_process_details.h"
#include "tests/support.h"

#include <stdio.h>

#include "base/file.h"
#include "collector/process_history.h"

enum { NOW = 1000000 };

static struct {
    struct process_history history;
    struct process_table table;
    struct image_library *images;
    struct text path;
    struct failure why;
} fixture;

/* Nobody to ask for accounts and images. */
static const struct process_sources nobody = {.accounts = NULL};

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fake_process_details =
        (struct fake_process_details){.access = PROCESS_OPENED, .path = "/bin/program"};
}

static void close_fixture(void)
{
    process_history_clear(&fixture.history);
    process_history_clear(&fixture.history);
    process_table_clear(&fixture.table);
    image_library_close(fixture.images);
    text_clear(&fixture.path);
    remove("program");
}

/* A process as the list tells it. Its start in milliseconds is ten times its count. */
struct brief {
    uint32_t pid;
    uint32_t parent_pid;
    uint64_t start;
    const char *name;
    uint64_t program;
};

static void update(const struct brief *list, int count, int64_t latest)
{
    process_table_reset(&fixture.table);
    for (int i = 0; i < count; i++) {
        struct process_row row = {.pid = list[i].pid,
                                  .start = list[i].start,
                                  .parent_pid = list[i].parent_pid,
                                  .program = list[i].program,
                                  .started_at = (int64_t)list[i].start * 10};
        const char *name = list[i].name == NULL ? "program" : list[i].name;

        CHECK_DONE(process_table_add(&fixture.table, &row, name, strlen(name), &fixture.why),
                   fixture.why);
    }
    CHECK_DONE(process_history_update(&fixture.history, &fixture.table, latest, NULL, &fixture.why),
               fixture.why);
    ck_assert_uint_eq(fixture.history.count, fixture.table.count);
    for (size_t i = 0; i < fixture.history.count; i++) {
        ck_assert_uint_eq(fixture.history.entries[i].instance->pid, fixture.table.rows[i].pid);
        ck_assert_uint_eq(fixture.history.entries[i].instance->start, fixture.table.rows[i].start);
    }
}

/* How the file "program" is seen of a process that says what file it runs. */
static int image_seen_as(const struct image_identity *identity)
{
    static const struct brief list[] = {{.pid = 4, .start = 6}};
    struct process_sources sources = {.accounts = NULL};

    CHECK_DONE(file_resolve(&fixture.path, "program", &fixture.why), fixture.why);
    fake_process_details.path = text_bytes(&fixture.path);
    fake_process_details.image = *identity;
    CHECK_DONE(image_library_open(&fixture.images, NULL, &fixture.why), fixture.why);
    sources.images = fixture.images;
    update(list, 1, NOW);
    CHECK_DONE(process_history_open(&fixture.history, 0, &sources, &fixture.why), fixture.why);
    ck_assert_ptr_nonnull(fixture.history.entries[0].instance->image);
    return fixture.history.entries[0].instance->image->seen_as;
}

static void open_instance(size_t i)
{
    CHECK_DONE(process_history_open(&fixture.history, i, &nobody, &fixture.why), fixture.why);
}

START_TEST(a_process_that_stays_keeps_its_object)
{
    static const struct brief first[] = {{.pid = 1, .start = 5}, {.pid = 4, .start = 6}};
    static const struct brief second[] = {
        {.pid = 1, .start = 5}, {.pid = 3, .start = 9}, {.pid = 4, .start = 6}};
    const struct process_instance *one;
    const struct process_instance *four;

    update(first, COUNT_OF(first), NOW);
    one = fixture.history.entries[0].instance;
    four = fixture.history.entries[1].instance;
    update(second, COUNT_OF(second), NOW);
    ck_assert_ptr_eq(fixture.history.entries[0].instance, one);
    ck_assert_ptr_eq(fixture.history.entries[2].instance, four);
    update(first, COUNT_OF(first), NOW);
    ck_assert_ptr_eq(fixture.history.entries[1].instance, four);
}
END_TEST

START_TEST(a_reused_pid_inherits_nothing)
{
    static const struct brief first[] = {{.pid = 4, .start = 6}};
    static const struct brief second[] = {{.pid = 4, .start = 7}};

    update(first, 1, NOW);
    open_instance(0);
    ck_assert_str_eq(fixture.history.entries[0].instance->path, "/bin/program");
    update(second, 1, NOW);
    ck_assert_int_eq(fixture.history.entries[0].instance->access, PROCESS_NOT_OPENED);
    ck_assert_ptr_null(fixture.history.entries[0].instance->path);
}
END_TEST

START_TEST(a_process_is_opened_once)
{
    static const struct brief list[] = {{.pid = 4, .start = 6}};
    const struct process_instance *opened;

    update(list, 1, NOW);
    open_instance(0);
    ck_assert_uint_eq(fake_process_details.last_pid, 4);
    ck_assert_uint_eq(fake_process_details.last_start, 6);
    opened = fixture.history.entries[0].instance;
    ck_assert_int_eq(opened->access, PROCESS_OPENED);
    open_instance(0);
    update(list, 1, NOW);
    open_instance(0);
    ck_assert_ptr_eq(fixture.history.entries[0].instance, opened);
    ck_assert_int_eq(fake_process_details.calls, 1);
}
END_TEST

static const uint8_t refusals[] = {PROCESS_DENIED, PROCESS_GONE, PROCESS_KERNEL};

START_TEST(a_process_that_could_not_be_opened_is_not_asked_again)
{
    static const struct brief list[] = {{.pid = 4, .start = 6}};

    fake_process_details = (struct fake_process_details){.access = refusals[_i]};
    update(list, 1, NOW);
    open_instance(0);
    open_instance(0);
    ck_assert_int_eq(fixture.history.entries[0].instance->access, refusals[_i]);
    ck_assert_ptr_null(fixture.history.entries[0].instance->path);
    ck_assert_int_eq(fake_process_details.calls, 1);
}
END_TEST

START_TEST(a_failure_to_open_leaves_the_instance_as_it_was)
{
    static const struct brief list[] = {{.pid = 4, .start = 6}};

    fake_process_details.no_memory = true;
    update(list, 1, NOW);
    CHECK_FAILED(process_history_open(&fixture.history, 0, &nobody, &fixture.why), FAILURE_MEMORY,
                 fixture.why);
    ck_assert_int_eq(fixture.history.entries[0].instance->access, PROCESS_NOT_OPENED);
}
END_TEST

START_TEST(a_process_that_could_not_be_read_for_a_lack_is_read_later)
{
    static const struct brief list[] = {{.pid = 4, .start = 6}};
    const struct process_instance *before;

    fake_process_details.lacks = true;
    update(list, 1, NOW);
    before = fixture.history.entries[0].instance;
    open_instance(0);
    ck_assert_ptr_eq(fixture.history.entries[0].instance, before);
    fake_process_details.lacks = false;
    open_instance(0);
    ck_assert_int_eq(fixture.history.entries[0].instance->access, PROCESS_OPENED);
    ck_assert_str_eq(fixture.history.entries[0].instance->path, "/bin/program");
}
END_TEST

static const struct {
    struct image_identity identity;
    enum image_status seen_as;
} images[] = {
    {{.volume = 0}, IMAGE_READ},               /* the process does not say */
    {{.volume = 1, .file = 1}, IMAGE_CHANGED}, /* another file has the name */
};

START_TEST(an_image_is_the_file_that_the_process_says)
{
    support_write_file("program", "bytes", 5);
    ck_assert_int_eq(image_seen_as(&images[_i].identity), images[_i].seen_as);
}
END_TEST

START_TEST(a_process_that_runs_another_program_is_opened_again)
{
    static const struct brief shell[] = {{.pid = 3, .start = 2},
                                         {.pid = 4, .start = 6, .parent_pid = 3, .name = "sh"}};
    static const struct brief other[] = {{.pid = 4, .start = 6, .parent_pid = 1, .name = "nginx"}};

    update(shell, 2, NOW);
    open_instance(1);
    fake_process_details.path = "/usr/sbin/nginx";
    update(other, 1, NOW);
    ck_assert_int_eq(fixture.history.entries[0].instance->access, PROCESS_NOT_OPENED);
    open_instance(0);
    ck_assert_str_eq(fixture.history.entries[0].instance->name, "nginx");
    ck_assert_str_eq(fixture.history.entries[0].instance->path, "/usr/sbin/nginx");
    ck_assert_uint_eq(fixture.history.entries[0].instance->parent_pid,
                      3); /* who made it, not who adopted it */
    ck_assert_uint_eq(fixture.history.entries[0].instance->parent_start, 2);
}
END_TEST

static const struct {
    struct brief first;
    struct brief second;
    bool same;
} programs[] = {
    {{.name = "a", .program = 1}, {.name = "a", .program = 1}, true},
    {{.name = "a", .program = 1}, {.name = "b", .program = 1}, true}, /* it named itself anew */
    {{.name = "a", .program = 1}, {.name = "a", .program = 2}, false},
    {{.name = "a", .program = 1}, {.name = "a"}, true}, /* the mark may not be seen any more */
    {{.name = "a", .program = 1}, {.name = "b"}, false},
    {{.name = "a"}, {.name = "a", .program = 2}, true},
    {{.name = "a"}, {.name = "b"}, false},
};

START_TEST(another_program_is_told_by_its_mark_or_else_by_the_name)
{
    struct brief first = programs[_i].first;
    struct brief second = programs[_i].second;
    const struct process_instance *before;

    first.pid = second.pid = 4;
    first.start = second.start = 6;
    update(&first, 1, NOW);
    before = process_instance_hold(fixture.history.entries[0].instance);
    update(&second, 1, NOW);
    ck_assert_int_eq(fixture.history.entries[0].instance == before, programs[_i].same);
    process_instance_release(before);
}
END_TEST

static const struct {
    uint64_t parent_start;
    uint64_t believed;
} parents[] = {
    {5, 5},
    {6, 6}, /* within one tick */
    {7, 0}, /* the parent's pid is in use again */
};

START_TEST(a_parent_counts_only_if_it_started_before_the_child)
{
    const struct brief list[] = {{.pid = 3, .start = parents[_i].parent_start},
                                 {.pid = 4, .start = 6, .parent_pid = 3},
                                 {.pid = 8, .start = 6, .parent_pid = 99}};

    update(list, COUNT_OF(list), NOW);
    ck_assert_uint_eq(fixture.history.entries[1].instance->parent_pid, 3);
    ck_assert_uint_eq(fixture.history.entries[1].instance->parent_start, parents[_i].believed);
    ck_assert_uint_eq(fixture.history.entries[2].instance->parent_start, 0);
    ck_assert_uint_eq(fixture.history.entries[0].instance->parent_start, 0);
}
END_TEST

START_TEST(a_process_that_started_after_the_sockets_were_read_is_left_out)
{
    static const struct brief list[] = {
        {.pid = 3, .start = 9}, {.pid = 4, .start = 10}, {.pid = 5, .start = 11}};

    update(list, COUNT_OF(list), 100);
    ck_assert_uint_eq(fixture.table.count, 2);
    ck_assert_uint_eq(fixture.table.rows[1].pid, 4);
    update(list, COUNT_OF(list), 200);
    ck_assert_uint_eq(fixture.table.count, 3);
}
END_TEST

START_TEST(a_clock_that_was_set_back_hides_nobody_for_more_than_a_sample)
{
    static const struct brief list[] = {{.pid = 3, .start = 9}, {.pid = 4, .start = 10}};

    update(list, COUNT_OF(list), 50);
    ck_assert_uint_eq(fixture.table.count, 0);
    for (int i = 0; i < 3; i++) {
        update(list, COUNT_OF(list), 50);
        ck_assert_uint_eq(fixture.table.count, 2);
    }
}
END_TEST

START_TEST(thousands_of_processes_come_and_go)
{
    enum { MANY = 3000 };
    static struct brief list[MANY];

    for (int i = 0; i < MANY; i++) {
        list[i] = (struct brief){.pid = (uint32_t)i * 4, .start = 1};
    }
    update(list, MANY, NOW);
    update(list, 0, NOW);
    ck_assert_uint_eq(fixture.history.count, 0);
    update(list, MANY, NOW);
    ck_assert_uint_eq(fixture.history.count, MANY);
}
END_TEST

static Suite *process_history_suite(void)
{
    Suite *suite = suite_create("process_history");
    TCase *tests = tcase_create("process_history");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_process_that_stays_keeps_its_object);
    tcase_add_test(tests, a_reused_pid_inherits_nothing);
    tcase_add_test(tests, a_process_is_opened_once);
    tcase_add_loop_test(tests, a_process_that_could_not_be_opened_is_not_asked_again, 0,
                        COUNT_OF(refusals));
    tcase_add_test(tests, a_failure_to_open_leaves_the_instance_as_it_was);
    tcase_add_test(tests, a_process_that_could_not_be_read_for_a_lack_is_read_later);
    tcase_add_loop_test(tests, an_image_is_the_file_that_the_process_says, 0, COUNT_OF(images));
    tcase_add_test(tests, a_process_that_runs_another_program_is_opened_again);
    tcase_add_loop_test(tests, another_program_is_told_by_its_mark_or_else_by_the_name, 0,
                        COUNT_OF(programs));
    tcase_add_loop_test(tests, a_parent_counts_only_if_it_started_before_the_child, 0,
                        COUNT_OF(parents));
    tcase_add_test(tests, a_process_that_started_after_the_sockets_were_read_is_left_out);
    tcase_add_test(tests, a_clock_that_was_set_back_hides_nobody_for_more_than_a_sample);
    tcase_add_test(tests, thousands_of_processes_come_and_go);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(process_history_suite());
}
