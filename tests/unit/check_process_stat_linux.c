/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/process_stat_linux.h"

#define NUMBERS " 1 0 0 0 1 0 0 0 20 0 1 0 4711 1000 200 18446744073709551615"

static const struct {
    const char *line;
    const char *name;
    uint32_t pid, parent_pid, session;
    bool is_kernel, is_zombie;
} lines[] = {
    {"17 (cat) R 3 17 9 0 -1 4194304" NUMBERS, "cat", 17, 3, 9, false, false},
    {"17 () S 3 17 9 34816 17 4194304" NUMBERS, "", 17, 3, 9, false, false},
    {"17 (a b) S 3 17 9 0 -1 4194304" NUMBERS, "a b", 17, 3, 9, false, false},
    {"17 (x) R 1 1) S 3 17 9 0 -1 4194304" NUMBERS, "x) R 1 1", 17, 3, 9, false, false},
    {"17 (\n(\xff) S 3 17 9 0 -1 4194304" NUMBERS, "\n(\xff", 17, 3, 9, false, false},
    {"2 (kthreadd) S 0 0 0 0 -1 2129984" NUMBERS, "kthreadd", 2, 0, 0, true, false},
    /* What a worker works on changes all the time, and is no part of its name; */
    {"9 (kworker/u8:0-writeback) I 2 0 0 0 -1 69238880" NUMBERS, "kworker/u8:0", 9, 2, 0, true,
     false},
    {"9 (kworker/1:2H+kblockd) I 2 0 0 0 -1 69238880" NUMBERS, "kworker/1:2H", 9, 2, 0, true,
     false},
    /* a rescuer's is, and anybody may call himself so. */
    {"9 (kworker/R-rcu_gp) I 2 0 0 0 -1 69238880" NUMBERS, "kworker/R-rcu_gp", 9, 2, 0, true,
     false},
    {"9 (kworker/0:1-evil) S 1 9 9 0 -1 4194304" NUMBERS, "kworker/0:1-evil", 9, 1, 9, false,
     false},
    {"17 (gone) Z 3 17 9 0 -1 4194308" NUMBERS, "gone", 17, 3, 9, false, true},
};

START_TEST(a_line_is_taken_apart_from_its_last_parenthesis_on)
{
    struct process_stat stat;

    ck_assert(process_stat_parse(lines[_i].line, strlen(lines[_i].line), &stat));
    ck_assert_str_eq(stat.name, lines[_i].name);
    ck_assert_uint_eq(stat.name_size, strlen(lines[_i].name));
    ck_assert_uint_eq(stat.pid, lines[_i].pid);
    ck_assert_uint_eq(stat.parent_pid, lines[_i].parent_pid);
    ck_assert_uint_eq(stat.session, lines[_i].session);
    ck_assert_uint_eq(stat.start, 4711);
    ck_assert_int_eq(stat.is_kernel, lines[_i].is_kernel);
    ck_assert_int_eq(stat.is_zombie, lines[_i].is_zombie);
}
END_TEST

START_TEST(a_line_that_is_cut_anywhere_before_the_start_is_refused)
{
    const char *line = lines[_i].line;
    size_t start = (size_t)(strstr(line, " 4711") - line);
    struct process_stat stat;

    for (size_t size = 0; size <= start; size++) {
        ck_assert_msg(!process_stat_parse(line, size, &stat), "%zu bytes of \"%s\" were taken",
                      size, line);
    }
}
END_TEST

static const char *const no_lines[] = {
    "",
    ")",
    "()",
    "17 cat R 3 17 9 0 -1 4194304" NUMBERS,
    "x (cat) R 3 17 9 0 -1 4194304" NUMBERS,
    "17 (cat)R 3 17 9 0 -1 4194304" NUMBERS,
    "17 (cat) R three 17 9 0 -1 4194304" NUMBERS,
    "17 (cat) R  3 17 9 0 -1 4194304" NUMBERS,
    "17) (cat R 3 17 9 0 -1 4194304" NUMBERS,
};

START_TEST(what_is_no_such_line_is_refused)
{
    struct process_stat stat;

    ck_assert(!process_stat_parse(no_lines[_i], strlen(no_lines[_i]), &stat));
}
END_TEST

START_TEST(a_name_that_is_too_long_is_cut)
{
    char line[300] = "17 (";
    struct process_stat stat;

    memset(line + 4, 'n', 100);
    memcpy(line + 104, lines[0].line + strlen("17 (cat"), strlen(lines[0].line + 7) + 1);
    ck_assert(process_stat_parse(line, strlen(line), &stat));
    ck_assert_uint_eq(stat.name_size, sizeof(stat.name) - 1);
    ck_assert_uint_eq(strlen(stat.name), stat.name_size);
}
END_TEST

START_TEST(our_own_folder_is_read)
{
    struct process_stat stat;
    int folder = process_stat_open_folder((uint32_t)getpid());

    ck_assert_int_ge(folder, 0);
    ck_assert(process_stat_read(folder, "stat", &stat));
    ck_assert_uint_eq(stat.pid, (uint32_t)getpid());
    ck_assert_uint_eq(stat.parent_pid, (uint32_t)getppid());
    ck_assert(!process_stat_read(folder, "no such file", &stat));
    close(folder);
    ck_assert_int_lt(process_stat_open_folder(0xfffffff0), 0);
}
END_TEST

#define BEFORE "17 (cat) R 3 17 9 0 -1 4194304 1 0 0 0 1 0 0 0 20 0 1 0 4711 1000 200 99"

static uint64_t program_in(const char *line)
{
    struct process_stat stat;

    ck_assert(process_stat_parse(line, strlen(line), &stat));
    return stat.program;
}

START_TEST(the_mark_of_a_program_is_made_of_code_and_stack)
{
    uint64_t program = program_in(BEFORE " 4096 8192 140000 7 7 7\n");

    ck_assert_uint_ne(program, 0);
    ck_assert_uint_eq(program_in(BEFORE " 4096 8192 140000 8 9 10\n"), program);
    ck_assert_uint_ne(program_in(BEFORE " 4097 8192 140000 7 7 7\n"), program);
    ck_assert_uint_ne(program_in(BEFORE " 4096 8193 140000 7 7 7\n"), program);
    ck_assert_uint_ne(program_in(BEFORE " 4096 8192 140016 7 7 7\n"), program);
}
END_TEST

START_TEST(where_we_may_not_look_there_is_no_mark)
{
    ck_assert_uint_eq(program_in(BEFORE " 1 1 0 0 0 0\n"), 0);
    ck_assert_uint_eq(program_in(BEFORE " 0 0 0 0 0 0\n"), 0);
    ck_assert_uint_eq(program_in(BEFORE "\n"), 0);
}
END_TEST

static uint64_t program_of(pid_t pid)
{
    struct process_stat stat;
    int folder = process_stat_open_folder((uint32_t)pid);

    ck_assert_int_ge(folder, 0);
    ck_assert(process_stat_read(folder, "stat", &stat));
    close(folder);
    return stat.program;
}

START_TEST(a_fork_keeps_the_mark)
{
    pid_t child = fork();
    uint64_t program;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        pause();
        _exit(0);
    }
    program = program_of(child);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert_uint_ne(program, 0);
    ck_assert_uint_eq(program, program_of(getpid()));
}
END_TEST

static const struct {
    const char *line; /* as far as the start, where the 20th number counts the threads */
    bool is_zombie;
    bool is_headless;
} endings[] = {
    {"17 (a) S 3 17 9 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 2 0 99", false, false},
    {"17 (a) Z 3 17 9 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 99", true, false},
    {"17 (a) X 3 17 9 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 0 0 99", true, false},
    {"17 (a) Z 3 17 9 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 2 0 99", false, true},
};

START_TEST(a_process_with_other_threads_has_not_ended_with_its_first)
{
    struct process_stat stat;

    ck_assert(process_stat_parse(endings[_i].line, strlen(endings[_i].line), &stat));
    ck_assert_uint_eq(stat.start, 99);
    ck_assert_int_eq(stat.is_zombie, endings[_i].is_zombie);
    ck_assert_int_eq(stat.is_headless, endings[_i].is_headless);
}
END_TEST

static Suite *process_stat_suite(void)
{
    Suite *suite = suite_create("process_stat_linux");
    TCase *tests = tcase_create("process_stat_linux");

    tcase_add_loop_test(tests, a_line_is_taken_apart_from_its_last_parenthesis_on, 0,
                        COUNT_OF(lines));
    tcase_add_loop_test(tests, a_line_that_is_cut_anywhere_before_the_start_is_refused, 0,
                        COUNT_OF(lines));
    tcase_add_loop_test(tests, what_is_no_such_line_is_refused, 0, COUNT_OF(no_lines));
    tcase_add_test(tests, a_name_that_is_too_long_is_cut);
    tcase_add_test(tests, our_own_folder_is_read);
    tcase_add_test(tests, the_mark_of_a_program_is_made_of_code_and_stack);
    tcase_add_test(tests, where_we_may_not_look_there_is_no_mark);
    tcase_add_test(tests, a_fork_keeps_the_mark);
    tcase_add_loop_test(tests, a_process_with_other_threads_has_not_ended_with_its_first, 0,
                        COUNT_OF(endings));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(process_stat_suite());
}
