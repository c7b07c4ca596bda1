/* SPDX-License-Identifier: MIT */

/*
 * What is remembered of processes must give the answer of a walk over all of
 * them: every test here compares the two after each step.
 */

#include "tests/support.h"

#include <sched.h>
#include <stdlib.h>

#include "collector/process_sockets_linux.h"
#include "collector/process_table.h"
#include "collector/socket_owners.h"
#include "collector/socket_table.h"
#include "tests/support_descriptors_linux.h"
#include "tests/unit/puppet_linux.h"

enum {
    FEW = 3,    /* fillers of a puppet of which everything is read again */
    MANY = 150, /* of one of which only a part is */
    RANDOM_STEPS = 1000,
    MAX_NUMBERS = 40,
};

/* What a test knows of the descriptors of a puppet. */
struct numbers {
    int items[MAX_NUMBERS];
    int count;
};

static struct {
    struct puppets puppets;
    struct numbers numbers[PUPPET_COUNT];
    struct socket_reader *sockets;
    struct process_reader *processes;
    struct socket_owners *owners;
    struct socket_table table;
    struct socket_table expected;
    struct process_table list;
    struct process_sockets process;
    struct failure why;
    uint32_t random;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.random = 1;
    puppets_open(&fixture.puppets);
    CHECK_DONE(socket_reader_open(&fixture.sockets, &fixture.why), fixture.why);
    CHECK_DONE(process_reader_open(&fixture.processes, &fixture.why), fixture.why);
    CHECK_DONE(socket_owners_open(&fixture.owners, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    support_restore_descriptors();
    puppets_close(&fixture.puppets);
    socket_table_clear(&fixture.table);
    socket_table_clear(&fixture.expected);
    process_table_clear(&fixture.list);
    process_sockets_clear(&fixture.process);
    socket_reader_close(fixture.sockets);
    process_reader_close(fixture.processes);
    socket_owners_close(fixture.owners);
}

static int compare_rows(const void *left, const void *right)
{
    const struct socket_row *a = left;
    const struct socket_row *b = right;

    if (a->socket_id != b->socket_id) {
        return a->socket_id < b->socket_id ? -1 : 1;
    }
    return (a->pid > b->pid) - (a->pid < b->pid);
}

static void sort(struct socket_table *table)
{
    if (table->count > 0) {
        qsort(table->rows, table->count, sizeof(*table->rows), compare_rows);
    }
}

/* Finds the owners in `table` from what is remembered, those in `expected` from nothing. */
static void sample(void)
{
    struct socket_owners *fresh;

    CHECK_DONE(socket_reader_read(fixture.sockets, &fixture.table, &fixture.why), fixture.why);
    CHECK_DONE(process_reader_read(fixture.processes, &fixture.list, &fixture.why), fixture.why);
    socket_table_reset(&fixture.expected);
    for (size_t i = 0; i < fixture.table.count; i++) {
        CHECK_DONE(socket_table_add(&fixture.expected, &fixture.table.rows[i], &fixture.why),
                   fixture.why);
    }
    CHECK_DONE(socket_owners_find(fixture.owners, &fixture.list, &fixture.table, &fixture.why),
               fixture.why);
    CHECK_DONE(socket_owners_open(&fresh, &fixture.why), fixture.why);
    CHECK_DONE(socket_owners_find(fresh, &fixture.list, &fixture.expected, &fixture.why),
               fixture.why);
    socket_owners_close(fresh);
    sort(&fixture.table);
    sort(&fixture.expected);
}

static bool is_as_expected(void)
{
    if (fixture.table.count != fixture.expected.count) {
        return false;
    }
    for (size_t i = 0; i < fixture.table.count; i++) {
        if (compare_rows(&fixture.table.rows[i], &fixture.expected.rows[i]) != 0 ||
            fixture.table.rows[i].attribution != fixture.expected.rows[i].attribution) {
            return false;
        }
    }
    return true;
}

static void sample_and_compare(const char *step)
{
    sample();
    ck_assert_msg(is_as_expected(), "after this the owners are others: %s", step);
}

/* How many listeners a puppet is said to have. */
static int sockets_of(int puppet)
{
    int count = 0;

    for (size_t i = 0; i < fixture.table.count; i++) {
        count += fixture.table.rows[i].pid == (uint32_t)fixture.puppets.pids[puppet];
    }
    return count;
}

static const int fillers[] = {FEW, MANY};

static void start_puppets(int count, int filler_count)
{
    for (int i = 0; i < count; i++) {
        puppet_start(&fixture.puppets, i, filler_count);
    }
    sample_and_compare("the start");
}

START_TEST(a_new_socket_has_its_owner_and_a_closed_one_has_none)
{
    int number;

    start_puppets(1, fillers[_i]);
    number = puppet_listen(&fixture.puppets, 0);
    sample_and_compare("listening");
    ck_assert_int_eq(sockets_of(0), 1);
    puppet_close(&fixture.puppets, 0, number);
    sample_and_compare("closing");
    ck_assert_int_eq(sockets_of(0), 0);
    ck_assert_uint_eq(fixture.table.count, 0);
}
END_TEST

START_TEST(a_number_that_is_used_again_names_the_new_socket)
{
    int number;

    start_puppets(1, fillers[_i]);
    number = puppet_listen(&fixture.puppets, 0);
    sample_and_compare("listening");
    puppet_close(&fixture.puppets, 0, number);
    ck_assert_int_eq(puppet_listen(&fixture.puppets, 0), number);
    sample_and_compare("listening at the same number");
    ck_assert_int_eq(sockets_of(0), 1);
}
END_TEST

START_TEST(a_number_of_a_file_may_become_one_of_a_socket)
{
    int number;

    start_puppets(1, fillers[_i]);
    number = puppet_open_file(&fixture.puppets, 0);
    sample_and_compare("opening a file");
    puppet_close(&fixture.puppets, 0, number);
    ck_assert_int_eq(puppet_listen(&fixture.puppets, 0), number);
    sample_and_compare("listening at the number of the file");
    ck_assert_int_eq(sockets_of(0), 1);
}
END_TEST

START_TEST(the_last_descriptor_of_a_socket_counts)
{
    int first;
    int second;

    start_puppets(1, fillers[_i]);
    first = puppet_listen(&fixture.puppets, 0);
    second = puppet_dup(&fixture.puppets, 0, first);
    sample_and_compare("dup");
    puppet_close(&fixture.puppets, 0, first);
    sample_and_compare("closing the first");
    ck_assert_int_eq(sockets_of(0), 1);
    puppet_close(&fixture.puppets, 0, second);
    sample_and_compare("closing the second");
    ck_assert_int_eq(sockets_of(0), 0);
}
END_TEST

START_TEST(a_child_holds_what_its_parent_held)
{
    int number;

    start_puppets(1, fillers[_i]);
    number = puppet_listen(&fixture.puppets, 0);
    sample_and_compare("listening");
    puppet_fork(&fixture.puppets, 0, 1);
    sample_and_compare("fork");
    ck_assert_int_eq(sockets_of(0), 1);
    ck_assert_int_eq(sockets_of(1), 1);
    puppet_replace(&fixture.puppets, 0, 0, number);
    sample_and_compare("something else at the number in the parent");
    ck_assert_int_eq(sockets_of(0), 0);
    ck_assert_int_eq(sockets_of(1), 1);
    puppet_end(&fixture.puppets, 1);
    sample_and_compare("the end of the child");
    ck_assert_uint_eq(fixture.table.count, 0);
}
END_TEST

START_TEST(a_child_that_ends_leaves_its_parent)
{
    start_puppets(1, fillers[_i]);
    puppet_listen(&fixture.puppets, 0);
    puppet_fork(&fixture.puppets, 0, 1);
    sample_and_compare("fork");
    puppet_end(&fixture.puppets, 1);
    sample_and_compare("the end of the child");
    ck_assert_int_eq(sockets_of(0), 1);
    ck_assert_uint_eq(fixture.table.count, 1);
}
END_TEST

START_TEST(a_socket_may_be_handed_to_a_process_that_was_there)
{
    int number;

    start_puppets(2, fillers[_i]);
    number = puppet_listen(&fixture.puppets, 0);
    sample_and_compare("listening");
    puppet_send(&fixture.puppets, 0, number);
    sample_and_compare("sending");
    puppet_receive(&fixture.puppets, 1);
    sample_and_compare("receiving");
    ck_assert_int_eq(sockets_of(0), 1);
    ck_assert_int_eq(sockets_of(1), 1);
    puppet_close(&fixture.puppets, 0, number);
    sample_and_compare("closing in the first");
    ck_assert_int_eq(sockets_of(0), 0);
    ck_assert_int_eq(sockets_of(1), 1);
}
END_TEST

START_TEST(a_socket_may_be_handed_over_between_two_samples)
{
    int number;

    start_puppets(2, fillers[_i]);
    number = puppet_listen(&fixture.puppets, 0);
    sample_and_compare("listening");
    puppet_send(&fixture.puppets, 0, number);
    puppet_close(&fixture.puppets, 0, number);
    sample_and_compare("sending");
    ck_assert_int_eq(sockets_of(0), 0); /* it is on its way, and nobody's */
    puppet_receive(&fixture.puppets, 1);
    sample_and_compare("receiving");
    ck_assert_int_eq(sockets_of(1), 1);
}
END_TEST

START_TEST(one_that_hands_on_each_socket_does_not_keep_them)
{
    int number;

    start_puppets(2, fillers[_i]);
    number = puppet_listen(&fixture.puppets, 0);
    sample_and_compare("listening");
    for (int i = 0; i < 3; i++) {
        puppet_send(&fixture.puppets, 0, number);
        puppet_close(&fixture.puppets, 0, number);
        puppet_receive(&fixture.puppets, 1);
        ck_assert_int_eq(puppet_listen(&fixture.puppets, 0), number);
        sample_and_compare("the next socket at the same number");
        ck_assert_int_eq(sockets_of(0), 1);
        ck_assert_int_eq(sockets_of(1), i + 1);
    }
}
END_TEST

START_TEST(a_socket_may_be_received_in_the_place_of_another)
{
    int number;
    int other;

    start_puppets(2, fillers[_i]);
    number = puppet_listen(&fixture.puppets, 0);
    other = puppet_listen(&fixture.puppets, 1);
    sample_and_compare("listening");
    puppet_send(&fixture.puppets, 0, number);
    puppet_close(&fixture.puppets, 1, other);
    ck_assert_int_eq(puppet_receive(&fixture.puppets, 1), other);
    sample_and_compare("receiving");
    ck_assert_int_eq(sockets_of(0), 1);
    ck_assert_int_eq(sockets_of(1), 1);
    ck_assert_uint_eq(fixture.table.count, 2);
}
END_TEST

/* Each of the two exchanges one descriptor for another, so that their counts stay. */
START_TEST(an_exchange_that_leaves_no_sign_is_seen_in_time)
{
    int number;
    int file;
    int samples = 1;

    start_puppets(2, fillers[_i]);
    number = puppet_listen(&fixture.puppets, 0);
    file = puppet_open_file(&fixture.puppets, 1);
    sample_and_compare("listening");
    puppet_send(&fixture.puppets, 0, number);
    puppet_replace(&fixture.puppets, 0, 0, number);
    puppet_close(&fixture.puppets, 1, file);
    ck_assert_int_eq(puppet_receive(&fixture.puppets, 1), file);
    for (sample(); !is_as_expected(); sample()) {
        samples++;
        ck_assert_int_le(samples, fillers[_i] == FEW ? 1 : PROCESS_SOCKETS_ROUND + 1);
    }
    ck_assert_int_eq(sockets_of(0), 0);
    ck_assert_int_eq(sockets_of(1), 1);
}
END_TEST

/* The same numbers in each run. */
static int pick(int count)
{
    fixture.random = fixture.random * 1664525 + 1013904223;
    return (int)(fixture.random >> 8) % count;
}

static void keep_number(int puppet, int number)
{
    struct numbers *numbers = &fixture.numbers[puppet];

    for (int i = 0; i < numbers->count; i++) {
        if (numbers->items[i] == number) {
            return;
        }
    }
    numbers->items[numbers->count++] = number;
}

/* Takes one of its numbers out. */
static int lose_number(int puppet)
{
    struct numbers *numbers = &fixture.numbers[puppet];
    int at = pick(numbers->count);
    int number = numbers->items[at];

    numbers->items[at] = numbers->items[--numbers->count];
    return number;
}

static int some_number(int puppet)
{
    return fixture.numbers[puppet].items[pick(fixture.numbers[puppet].count)];
}

/* A puppet that is there or, where `there` is false, is not; -1 where it does not come to it. */
static int some_puppet(bool there)
{
    int puppet = pick(PUPPET_COUNT);

    return (fixture.puppets.pids[puppet] != 0) == there ? puppet : -1;
}

static const char *open_something(int puppet)
{
    if (fixture.numbers[puppet].count == MAX_NUMBERS) {
        return NULL;
    }
    if (pick(3) == 0) {
        keep_number(puppet, puppet_open_file(&fixture.puppets, puppet));
        return "opening a file";
    }
    keep_number(puppet, puppet_listen(&fixture.puppets, puppet));
    return "listening";
}

static const char *close_something(int puppet)
{
    if (fixture.numbers[puppet].count == 0) {
        return NULL;
    }
    puppet_close(&fixture.puppets, puppet, lose_number(puppet));
    return "closing";
}

static const char *dup_something(int puppet)
{
    if (fixture.numbers[puppet].count == 0 || fixture.numbers[puppet].count == MAX_NUMBERS) {
        return NULL;
    }
    keep_number(puppet, puppet_dup(&fixture.puppets, puppet, some_number(puppet)));
    return "dup";
}

static const char *replace_something(int puppet)
{
    if (fixture.numbers[puppet].count == 0) {
        return NULL;
    }
    puppet_replace(&fixture.puppets, puppet, some_number(puppet), some_number(puppet));
    return "putting one in the place of another";
}

static const char *hand_over_something(int puppet)
{
    int other = some_puppet(true);

    if (other < 0 || fixture.numbers[puppet].count == 0 ||
        fixture.numbers[other].count == MAX_NUMBERS) {
        return NULL;
    }
    puppet_send(&fixture.puppets, puppet, some_number(puppet));
    keep_number(other, puppet_receive(&fixture.puppets, other));
    return "handing over";
}

static const char *fork_one(int puppet)
{
    int child = some_puppet(false);

    if (child < 0) {
        return NULL;
    }
    puppet_fork(&fixture.puppets, puppet, child);
    fixture.numbers[child] = fixture.numbers[puppet];
    return "fork";
}

static const char *end_one(int puppet)
{
    if (puppet < 2) {
        return NULL; /* some remain */
    }
    puppet_end(&fixture.puppets, puppet);
    fixture.numbers[puppet].count = 0;
    return "an end";
}

static const char *do_nothing(int puppet)
{
    (void)puppet;
    return "nothing";
}

START_TEST(random_steps_give_what_a_walk_finds)
{
    static const char *(*const steps[])(int) = {
        open_something,    open_something,      close_something, close_something, dup_something,
        replace_something, hand_over_something, fork_one,        end_one,         do_nothing,
    };

    puppet_start(&fixture.puppets, 0, FEW);
    puppet_start(&fixture.puppets, 1, MANY);
    sample_and_compare("the start");
    for (int done = 0; done < RANDOM_STEPS;) {
        int puppet = some_puppet(true);
        const char *step = puppet < 0 ? NULL : steps[pick(COUNT_OF(steps))](puppet);

        if (step != NULL) {
            sample_and_compare(step);
            done++;
        }
    }
}
END_TEST

/* A number of a sample in which it is not the turn of this pid. */
static uint32_t out_of_turn(uint32_t pid)
{
    return pid % PROCESS_SOCKETS_ROUND + 1;
}

static void watch_puppet(int puppet)
{
    const struct process_row *row;

    CHECK_DONE(process_reader_read(fixture.processes, &fixture.list, &fixture.why), fixture.why);
    row = process_table_find(&fixture.list, (uint32_t)fixture.puppets.pids[puppet]);
    ck_assert_ptr_nonnull(row);
    fixture.process = (struct process_sockets){.pid = row->pid, .start = row->start};
}

static void read_due(uint32_t sample)
{
    CHECK_DONE(process_sockets_read(&fixture.process, PROCESS_SOCKETS_DUE, sample, &fixture.why),
               fixture.why);
}

/* Whether it is due in one of the samples after that in which it was read. */
static bool is_due_again(uint32_t sample)
{
    fixture.process.known = false;
    ck_assert(process_sockets_is_due(&fixture.process, sample, true));
    read_due(sample);
    for (int i = 1; i <= 3; i++) {
        if (process_sockets_is_due(&fixture.process, sample + (uint32_t)i, true)) {
            return true;
        }
    }
    return false;
}

START_TEST(a_process_that_sleeps_is_not_read)
{
    uint32_t sample;

    puppet_start(&fixture.puppets, 0, fillers[_i]);
    watch_puppet(0);
    sample = out_of_turn(fixture.process.pid);
    while (is_due_again(sample)) { /* for ever is ctest's business */
        sched_yield();             /* it is still on its way to sleep */
    }
    puppet_open_file(&fixture.puppets, 0);
    ck_assert(process_sockets_is_due(&fixture.process, sample + 4, true));
}
END_TEST

START_TEST(each_process_is_read_when_it_is_its_turn)
{
    uint32_t sample;
    int due = 0;

    puppet_start(&fixture.puppets, 0, FEW);
    watch_puppet(0);
    sample = out_of_turn(fixture.process.pid);
    for (int i = 0; i < PROCESS_SOCKETS_ROUND * 3; i++, sample++) {
        if (process_sockets_is_due(&fixture.process, sample, true)) {
            read_due(sample);
            due++;
        }
    }
    ck_assert_int_ge(due, 3);
}
END_TEST

START_TEST(without_the_time_that_it_ran_a_process_is_always_read)
{
    uint32_t sample;

    puppet_start(&fixture.puppets, 0, FEW);
    watch_puppet(0);
    sample = out_of_turn(fixture.process.pid);
    for (int i = 0; i < 5; i++, sample++) {
        ck_assert(process_sockets_is_due(&fixture.process, sample, false));
        read_due(sample);
    }
}
END_TEST

START_TEST(a_pid_that_is_another_process_now_holds_nothing)
{
    puppet_start(&fixture.puppets, 0, fillers[_i]);
    puppet_listen(&fixture.puppets, 0);
    watch_puppet(0);
    ck_assert(process_sockets_is_due(&fixture.process, 1, true));
    read_due(1);
    ck_assert_uint_gt(fixture.process.count, 0);
    fixture.process.start++; /* as if this one had been seen, and ended */
    puppet_open_file(&fixture.puppets, 0);
    ck_assert(process_sockets_is_due(&fixture.process, 2, true));
    read_due(2);
    ck_assert_uint_eq(fixture.process.count, 0);
}
END_TEST

/* A list that is not complete would be one of processes that have ended. */
START_TEST(the_list_is_not_read_without_a_descriptor)
{
    support_leave_descriptors(0);
    CHECK_FAILED(process_reader_read(fixture.processes, &fixture.list, &fixture.why),
                 FAILURE_SYSTEM, fixture.why);
    ck_assert_uint_eq(fixture.list.count, 0);
    support_leave_descriptors(1);
    CHECK_DONE(process_reader_read(fixture.processes, &fixture.list, &fixture.why), fixture.why);
}
END_TEST

enum { NEEDED_DESCRIPTORS = 2 }; /* the folder of a process, and the one in it */

START_TEST(who_lacks_descriptors_does_not_take_processes_for_ended)
{
    start_puppets(1, FEW);
    puppet_listen(&fixture.puppets, 0);
    CHECK_DONE(socket_reader_read(fixture.sockets, &fixture.table, &fixture.why), fixture.why);
    support_leave_descriptors(_i);
    CHECK_FAILED(socket_owners_find(fixture.owners, &fixture.list, &fixture.table, &fixture.why),
                 FAILURE_SYSTEM, fixture.why);
    ck_assert_ptr_nonnull(strstr(fixture.why.text, "cannot look into the process"));
    support_leave_descriptors(NEEDED_DESCRIPTORS);
    CHECK_DONE(socket_owners_find(fixture.owners, &fixture.list, &fixture.table, &fixture.why),
               fixture.why);
    ck_assert_int_eq(sockets_of(0), 1);
}
END_TEST

static Suite *process_sockets_suite(void)
{
    Suite *suite = suite_create("process_sockets_linux");
    TCase *tests = tcase_create("process_sockets_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_new_socket_has_its_owner_and_a_closed_one_has_none, 0,
                        COUNT_OF(fillers));
    tcase_add_loop_test(tests, a_number_that_is_used_again_names_the_new_socket, 0,
                        COUNT_OF(fillers));
    tcase_add_loop_test(tests, a_number_of_a_file_may_become_one_of_a_socket, 0, COUNT_OF(fillers));
    tcase_add_loop_test(tests, the_last_descriptor_of_a_socket_counts, 0, COUNT_OF(fillers));
    tcase_add_loop_test(tests, a_child_holds_what_its_parent_held, 0, COUNT_OF(fillers));
    tcase_add_loop_test(tests, a_child_that_ends_leaves_its_parent, 0, COUNT_OF(fillers));
    tcase_add_loop_test(tests, a_socket_may_be_handed_to_a_process_that_was_there, 0,
                        COUNT_OF(fillers));
    tcase_add_loop_test(tests, a_socket_may_be_handed_over_between_two_samples, 0,
                        COUNT_OF(fillers));
    tcase_add_loop_test(tests, one_that_hands_on_each_socket_does_not_keep_them, 0,
                        COUNT_OF(fillers));
    tcase_add_loop_test(tests, a_socket_may_be_received_in_the_place_of_another, 0,
                        COUNT_OF(fillers));
    tcase_add_loop_test(tests, an_exchange_that_leaves_no_sign_is_seen_in_time, 0,
                        COUNT_OF(fillers));
    tcase_add_test(tests, random_steps_give_what_a_walk_finds);
    tcase_add_loop_test(tests, a_process_that_sleeps_is_not_read, 0, COUNT_OF(fillers));
    tcase_add_test(tests, each_process_is_read_when_it_is_its_turn);
    tcase_add_test(tests, without_the_time_that_it_ran_a_process_is_always_read);
    tcase_add_loop_test(tests, a_pid_that_is_another_process_now_holds_nothing, 0,
                        COUNT_OF(fillers));
    tcase_add_test(tests, the_list_is_not_read_without_a_descriptor);
    tcase_add_loop_test(tests, who_lacks_descriptors_does_not_take_processes_for_ended, 0,
                        NEEDED_DESCRIPTORS);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(process_sockets_suite());
}
