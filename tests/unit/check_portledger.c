/* SPDX-License-Identifier: MIT */

/*
 * The command line of portledger: help, mistakes, options on either side of
 * the command.
 */

#include <check.h>
#include <stdio.h>

#include "base/clock_fake.h"
#include "base/exit_status.h"
#include "base/process_self.h"
#include "base/text.h"
#include "base/version.h"
#include "reportcli/command.h"
#include "reportcli/help.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/console_fake.h"

static void open_fixture(void)
{
    console_fake_reset();
    clock_fake_reset();
}

static void close_fixture(void)
{
    console_fake_reset();
}

/* A part of what comes out, and how it ends; "" where a stream stays empty. */
static const struct {
    const char *line;
    const char *out;
    const char *error;
    enum exit_status status;
} calls[] = {
    {"", "Usage: portledger [OPTIONS] COMMAND", "", EXIT_USAGE},
    {"--utc", "Usage: portledger [OPTIONS] COMMAND", "", EXIT_USAGE},
    {"help", "\nCommands:\n  local ", "", EXIT_YES},
    {"--help", "\nCommands:\n  local ", "", EXIT_YES},
    {"-h", "\nCommands:\n  local ", "", EXIT_YES},
    {"-?", "\nCommands:\n  local ", "", EXIT_YES},
    {"/?", "\nCommands:\n  local ", "", EXIT_YES},
    {"help diff", "Usage: portledger diff A [B] [OPTIONS]\n", "", EXIT_YES},
    {"diff --help", "Usage: portledger diff A [B] [OPTIONS]\n", "", EXIT_YES},
    {"diff /?", "Usage: portledger diff A [B] [OPTIONS]\n", "", EXIT_YES},
    {"history --bogus -h", "Usage: portledger history [OPTIONS]\n", "", EXIT_YES},
    {"help help", "Usage: portledger help [COMMAND]\n", "", EXIT_YES},
    {"help dif", "", "there is no command \"dif\"; did you mean \"diff\"?", EXIT_USAGE},
    {"stauts", "", "there is no command \"stauts\"; did you mean \"status\"?", EXIT_USAGE},
    {"histroy --port 1", "", "did you mean \"history\"?", EXIT_USAGE},
    {"frobnicate", "", "there is no command \"frobnicate\"; portledger help lists them all",
     EXIT_USAGE},
    {"--ldger x.db status", "", "did you mean --ledger?", EXIT_USAGE},
    {"history --prot tcp", "", "unknown option --prot", EXIT_USAGE},
    {"history --potr 1", "", "did you mean --port?", EXIT_USAGE},
    {"history --port x", "", "portledger help history shows how it is called", EXIT_USAGE},
    {"status --format xml", "", "xml", EXIT_USAGE},
    {"--json status --csv", "", "the output cannot be both json and csv", EXIT_USAGE},
    {"status --format table --json", "", "the output cannot be both table and json", EXIT_USAGE},
    {"status --color sometimes", "", "sometimes", EXIT_USAGE},
    {"status --csv=cooked", "", "--csv: \"cooked\" is not one of raw", EXIT_USAGE},
    {"status --csv raw", "", "there is no use for \"raw\" after \"status\"", EXIT_USAGE},
    {"status --format json --csv=raw", "", "the output cannot be both json and csv", EXIT_USAGE},
    {"local --columns pid,proces", "",
     "--columns: a record \"socket\" has no column \"proces\"; did "
     "you mean process?",
     EXIT_USAGE},
    {"export --evidence x.zip --sort weight", "", "--sort: a record \"export\" has no column",
     EXIT_USAGE},
    {"export --evidence x.zip --sort sizes", "", "has no column \"sizes\"", EXIT_USAGE},
    {"history --sort pid,-pid", "", "--sort: the column \"pid\" is named twice", EXIT_USAGE},
    {"history --limit 0", "", "--limit: \"0\" is not from 1", EXIT_USAGE},
    {"status --wide --narrow", "", "both wide and narrow", EXIT_USAGE},
    {"status --utc --tz +01:00", "", "both with --utc and with --tz", EXIT_USAGE},
    {"status --tz Atlantis", "", "--tz: ", EXIT_USAGE},
    {"local --watch 1 --sort pid", "", "there is no --sort for it", EXIT_USAGE},
    {"wport 1 --since -1h --limit 3", "", "--limit counts records", EXIT_USAGE},
    {"--ledger a.db status", "", "a.db", EXIT_LEDGER},
    {"status --ledger a.db", "", "a.db", EXIT_LEDGER},
    {"--ledger a.db status", "", "a.db", EXIT_LEDGER},
    {"status --ledger b.db", "", "b.db", EXIT_LEDGER},
    {"--ledger a.db status --ledger b.db", "", "--ledger is given twice: status reads one ledger",
     EXIT_USAGE},
};

START_TEST(a_call_has_this_outcome)
{
    int status = cli_run(calls[_i].line);

    CHECK_CONTAINS(cli_out(), calls[_i].out);
    CHECK_CONTAINS(cli_error(), calls[_i].error);
    ck_assert_int_eq(cli_out()[0] != '\0', calls[_i].out[0] != '\0');
    ck_assert_int_eq(cli_error()[0] != '\0', calls[_i].error[0] != '\0');
    ck_assert_int_eq(status, calls[_i].status);
}
END_TEST

static const char *const version_calls[] = {"--version", "-version", "status --version"};

START_TEST(the_version_is_one_line)
{
    struct text expected = {0};

    ck_assert_int_eq(cli_run(version_calls[_i]), EXIT_YES);
    text_addf(&expected, "portledger %s\n", portledger_version);
    ck_assert_str_eq(cli_out(), text_bytes(&expected));
    text_clear(&expected);
}
END_TEST

static int longest_line(const char *text)
{
    int longest = 0;
    int length = 0;

    for (; *text != '\0'; text++) {
        length = *text == '\n' ? 0 : length + 1;
        longest = length > longest ? length : longest;
    }
    return longest;
}

START_TEST(the_help_of_a_command_is_complete)
{
    const struct command *command;

    for (size_t i = 0; (command = commands[i]) != NULL; i++) {
        struct text help = {0};

        help_add_command(&help, command, 80);
        CHECK_CONTAINS(text_bytes(&help), command->summary);
        CHECK_CONTAINS(text_bytes(&help), "\nExamples:\n");
        CHECK_CONTAINS(text_bytes(&help), "\nExit status of this command:\n");
        ck_assert(command->stands_alone == (strstr(text_bytes(&help), "--ledger FILE") == NULL));
        for (size_t k = 0; k < command->option_count; k++) {
            CHECK_CONTAINS(text_bytes(&help), command->options[k].name);
        }
        for (size_t k = 0; command->statuses[k].text != NULL; k++) {
            char line[16];

            snprintf(line, sizeof(line), "\n  %d ", (int)command->statuses[k].status);
            CHECK_CONTAINS(text_bytes(&help), line);
        }
        for (size_t k = 0; command->tables[k] != NULL; k++) {
            CHECK_CONTAINS(text_bytes(&help), column_at(command->tables[k], 0)->name);
        }
        text_clear(&help);
    }
}
END_TEST

START_TEST(every_command_is_found_and_every_example_is_one_of_its_own)
{
    const struct command *command;

    for (size_t i = 0; (command = commands[i]) != NULL; i++) {
        const struct command *found = NULL;
        struct failure why;
        int examples = 0;

        CHECK_DONE(command_find(&found, command->name, &why), why);
        ck_assert_ptr_eq(found, command);
        for (size_t k = 0; command->examples[k].line != NULL; k++) {
            ck_assert_int_eq(strncmp(command->examples[k].line, "portledger ", 11), 0);
            CHECK_CONTAINS(command->examples[k].line, command->name);
            examples++;
        }
        ck_assert_int_gt(examples, 0);
    }
}
END_TEST

static const int help_widths[] = {0, 60, 80, 200};

START_TEST(help_fits_the_terminal)
{
    int width = help_widths[_i] == 0 ? 80 : help_widths[_i];

    console_fake.columns = help_widths[_i];
    ck_assert_int_eq(cli_run("help"), EXIT_YES);
    ck_assert_int_le(longest_line(cli_out()), width);
    ck_assert_int_gt(longest_line(cli_out()), 40);
}
END_TEST

START_TEST(an_output_that_cannot_be_written_is_told)
{
    console_fake.full = true;
    ck_assert_int_eq(cli_run("help"), EXIT_REFUSED);
    CHECK_CONTAINS(cli_error(), "no space left");
    ck_assert_int_eq(cli_run("--version"), EXIT_REFUSED);
}
END_TEST

#define AFTER_EVERYTHING INT64_C(4102444800000) /* 2100-01-01 */

/* The machine itself, and not one that is made up. */
START_TEST(the_running_program_finds_itself)
{
    struct text line = {0};

    clock_fake_set(AFTER_EVERYTHING); /* who started later than the sample is not of it */
    text_addf(&line, "processes --jsonl --pid %lu", (unsigned long)process_self_pid());
    ck_assert_int_eq(cli_run(text_bytes(&line)), EXIT_YES);
    text_reset(&line);
    /* Linux cuts names after 15 bytes. */
    text_addf(&line, "\"pid\":%lu,\"name\":\"check_portledge", (unsigned long)process_self_pid());
    CHECK_CONTAINS(cli_out(), text_bytes(&line));
    ck_assert_ptr_eq(strchr(cli_out(), '\n') + 1, cli_out() + strlen(cli_out()));
    text_clear(&line);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("portledger");
    TCase *line = tcase_create("command line");

    tcase_add_checked_fixture(line, open_fixture, close_fixture);
    tcase_add_loop_test(line, a_call_has_this_outcome, 0, COUNT_OF(calls));
    tcase_add_test(line, the_running_program_finds_itself);
    tcase_add_loop_test(line, the_version_is_one_line, 0, COUNT_OF(version_calls));
    tcase_add_loop_test(line, help_fits_the_terminal, 0, COUNT_OF(help_widths));
    tcase_add_test(line, the_help_of_a_command_is_complete);
    tcase_add_test(line, every_command_is_found_and_every_example_is_one_of_its_own);
    tcase_add_test(line, an_output_that_cannot_be_written_is_told);
    suite_add_tcase(suite, line);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
