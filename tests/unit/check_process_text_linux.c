/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <sys/sysmacros.h>

#include "collector/process_text_linux.h"

#define STATUS(uid)                                                                                \
    "Name:\tcat\nUmask:\t0022\nState:\tR (running)\nPid:\t7\n" uid "Gid:\t1\t2\t3\t4\n"

static struct text text;

static void clear_text(void)
{
    text_clear(&text);
}

static const struct {
    const char *status;
    bool found;
    uint32_t user;
} statuses[] = {
    {STATUS("Uid:\t1000\t0\t5\t6\n"), true, 0},
    {STATUS("Uid:\t0\t4294967294\t5\t6\n"), true, 4294967294},
    {STATUS("Uid:\t0\t4294967296\t5\t6\n"), false, 0},
    {STATUS("Uid:\t1000\n"), false, 0},
    {STATUS("Uid:\t1000\tx\n"), false, 0},
    {STATUS("Euid:\t1000\t1\n"), false, 0},
    {"Name:\tUid:\t7\t7\nUid:\t8\t9\t9\t9\n", true, 9},
    {"Name:\t\\nUid:\t7\t7\nUid:\t8\t9\t9\t9\n", true, 9},
    {"", false, 0},
};

START_TEST(the_effective_user_is_the_second_number)
{
    const char *status = statuses[_i].status;
    uint32_t user = 0;

    ck_assert_int_eq(process_text_user(status, strlen(status), &user), statuses[_i].found);
    ck_assert_uint_eq(user, statuses[_i].user);
}
END_TEST

#define ARGUMENTS(words) words, sizeof(words) - 1

static const struct {
    const char *arguments;
    size_t size;
    const char *line;
} command_lines[] = {
    {ARGUMENTS("cat\0"), "cat"},
    {ARGUMENTS("/bin/cat\0-n\0--x=a,b:c@d%e_f+g\0"), "/bin/cat -n --x=a,b:c@d%e_f+g"},
    {ARGUMENTS("x\0a b\0"), "x 'a b'"},
    {ARGUMENTS("/opt/my program\0"), "'/opt/my program'"},
    {ARGUMENTS("a\0\0b\0"), "a '' b"},
    {ARGUMENTS("a\0\0"), "a ''"},
    {ARGUMENTS("it's\0"), "'it'\\''s'"},
    {ARGUMENTS("'\0"), "''\\'''"},
    {ARGUMENTS("x\0a\\b\0$HOME\0a*\0~\0a;b\0a\nb\0\"\0!\0{a,b}\0#\0"),
     "x 'a\\b' '$HOME' 'a*' '~' 'a;b' 'a\nb' '\"' '!' '{a,b}' '#'"},
    {ARGUMENTS("\xc3\xa4\xff\0"), "\xc3\xa4\xef\xbf\xbd"},
    /* Written over: no 0 at the end, */
    {ARGUMENTS("sshd: a 'b' [priv]"), "sshd: a 'b' [priv]"},
    {ARGUMENTS("cat"), "cat"},
    /* or nothing but 0 behind a text. */
    {ARGUMENTS("nginx: master /process\0"), "nginx: master /process"},
    {ARGUMENTS("nginx: master process\0\0\0\0"), "nginx: master process"},
    {ARGUMENTS("nginx: master process\0\0\0x"), "'nginx: master process' '' '' x"},
    {ARGUMENTS(""), ""},
    {ARGUMENTS("\0"), "''"},
    {ARGUMENTS("\0\0"), "'' ''"},
};

START_TEST(arguments_become_a_line_that_a_shell_takes)
{
    process_text_add_command_line(&text, command_lines[_i].arguments, command_lines[_i].size, 200);
    ck_assert_str_eq(text_bytes(&text), command_lines[_i].line);
}
END_TEST

static const struct {
    const char *arguments;
    size_t size;
    const char *line;
} long_lines[] = {
    {ARGUMENTS("0123456789abcde\0"), "0123456789abcde"},
    {ARGUMENTS("0123456789abcdef\0"), "0123456789abcdef"},
    {ARGUMENTS("0123456789abcdefg\0"), "0123456789 [...]"},
    {ARGUMENTS("0123456789abcdefg"), "0123456789 [...]"},
    {ARGUMENTS("012345678\xc3\xa4"
               "bcdefg\0"),
     "012345678 [...]"},
    {ARGUMENTS("/1234 6789abcdef\0"), "'/1234 678 [...]"},
    {ARGUMENTS("a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0"), "a b c d e  [...]"},
};

START_TEST(a_line_that_is_too_long_is_cut_between_two_characters)
{
    process_text_add_command_line(&text, long_lines[_i].arguments, long_lines[_i].size, 16);
    ck_assert_str_eq(text_bytes(&text), long_lines[_i].line);
}
END_TEST

static const struct {
    const char *line;
    struct process_mapping mapping;
} lines[] = {
    {"55a4d6a4c000-55a4d6a4e000 r-xp 00002000 fe:01 131                        /usr/bin/cat",
     {0x55a4d6a4c000, 0x55a4d6a4e000, 0xfe01, 131, true, "/usr/bin/cat", 0}},
    {"08048000-08049000 rw-s 00000000 00:05 18446744073709551615 /dev/zero (deleted)",
     {0x08048000, 0x08049000, 5, UINT64_MAX, false, "/dev/zero (deleted)", 0}},
    {"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]",
     {0xffffffffff600000, 0xffffffffff601000, 0, 0, true, "[vsyscall]", 0}},
    {"1000-2000 rwxp 00000000 00:00 0 ", {0x1000, 0x2000, 0, 0, true, "", 0}},
    {"1000-2000 rwxp 00000000 00:00 0", {0x1000, 0x2000, 0, 0, true, "", 0}},
    {"1000-2000 rwxp 00000000 00:01 7 /a  b ", {0x1000, 0x2000, 1, 7, true, "/a  b ", 0}},
};

START_TEST(a_line_of_maps_is_taken_apart)
{
    struct process_mapping mapping;
    const struct process_mapping *wanted = &lines[_i].mapping;

    ck_assert(process_text_mapping(lines[_i].line, strlen(lines[_i].line), &mapping));
    ck_assert_uint_eq(mapping.begin, wanted->begin);
    ck_assert_uint_eq(mapping.end, wanted->end);
    ck_assert_uint_eq(mapping.volume,
                      makedev((unsigned)wanted->volume >> 8, (unsigned)wanted->volume & 0xff));
    ck_assert_uint_eq(mapping.inode, wanted->inode);
    ck_assert_int_eq(mapping.is_code, wanted->is_code);
    ck_assert_uint_eq(mapping.name_size, strlen(wanted->name));
    ck_assert_mem_eq(mapping.name, wanted->name, mapping.name_size);
}
END_TEST

static const char *const no_lines[] = {
    "",
    "1000",
    "1000-2000",
    "2000-2000 r-xp 00000000 00:00 0",
    "2000-1000 r-xp 00000000 00:00 0",
    "1000-2000 r-x",
    "1000-2000 r-xp00000000 00:00 0",
    "1000-2000 r-xp 00000000 0000 0",
    "1000-2000 r-xp 00000000 00:00 x",
    "1000-2000 r-xp 00000000 00:00 1x",
    "x000-2000 r-xp 00000000 00:00 1",
};

START_TEST(what_is_no_line_of_maps_is_refused)
{
    struct process_mapping mapping;

    ck_assert(!process_text_mapping(no_lines[_i], strlen(no_lines[_i]), &mapping));
}
END_TEST

START_TEST(a_line_end_in_a_name_is_read_and_nothing_else)
{
    static const char name[] = "/\\012a\\\\012\\011\\01";

    process_text_add_name(&text, name, sizeof(name) - 1);
    ck_assert_str_eq(text_bytes(&text), "/\na\\\n\\011\\01");
}
END_TEST

START_TEST(a_mark_at_the_end_of_a_name_is_told_from_the_name)
{
    ck_assert_uint_eq(process_text_unmarked("/a (deleted)", 12), 2);
    ck_assert_uint_eq(process_text_unmarked("/a (deleted) (deleted)", 22), 12);
    ck_assert_uint_eq(process_text_unmarked("/a (deleted)b", 13), 13);
    ck_assert_uint_eq(process_text_unmarked(" (deleted)", 10), 10);
    ck_assert_uint_eq(process_text_unmarked("", 0), 0);
}
END_TEST

static Suite *process_text_suite(void)
{
    Suite *suite = suite_create("process_text_linux");
    TCase *tests = tcase_create("process_text_linux");

    tcase_add_checked_fixture(tests, NULL, clear_text);
    tcase_add_loop_test(tests, the_effective_user_is_the_second_number, 0, COUNT_OF(statuses));
    tcase_add_loop_test(tests, arguments_become_a_line_that_a_shell_takes, 0,
                        COUNT_OF(command_lines));
    tcase_add_loop_test(tests, a_line_that_is_too_long_is_cut_between_two_characters, 0,
                        COUNT_OF(long_lines));
    tcase_add_loop_test(tests, a_line_of_maps_is_taken_apart, 0, COUNT_OF(lines));
    tcase_add_loop_test(tests, what_is_no_line_of_maps_is_refused, 0, COUNT_OF(no_lines));
    tcase_add_test(tests, a_line_end_in_a_name_is_read_and_nothing_else);
    tcase_add_test(tests, a_mark_at_the_end_of_a_name_is_told_from_the_name);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(process_text_suite());
}
