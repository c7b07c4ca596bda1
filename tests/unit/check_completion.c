/* SPDX-License-Identifier: MIT */

/*
 * The scripts for shells: nothing of the help is missing, and no text of a
 * table can end a quotation. That bash does with them what it should is for
 * tests/system/test_shell_linux.py.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit_status.h"
#include "base/text.h"
#include "reportcli/command.h"
#include "reportcli/completion.h"
#include "reportcli/help.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"

typedef void add_fn(struct text *text);

static const struct {
    const char *shell;
    add_fn *add;
} shells[] = {
    {"bash", completion_add_bash},
    {"powershell", completion_add_powershell},
};

static void check_word(const char *script, const char *format, const char *word)
{
    struct text should = {0};

    text_addf(&should, format, word);
    ck_assert_msg(strstr(script, text_bytes(&should)) != NULL, "no %s", text_bytes(&should));
    text_clear(&should);
}

/* A value that may be left out is behind a "=", and is not completed. */
static bool takes_choice(const struct option *option)
{
    return option->choices != NULL && !option->optional;
}

static void check_options(const char *script, const struct option *options, size_t count,
                          const char *format)
{
    for (size_t i = 0; i < count; i++) {
        check_word(script, format, options[i].name);
        for (size_t k = 0; takes_choice(&options[i]) && options[i].choices[k] != NULL; k++) {
            check_word(script, "%s", options[i].choices[k]);
        }
    }
}

/* What a script has of one command; it ends at the next one. */
static char *part_of(const char *script, const char *shell, const char *name)
{
    struct text head = {0};
    const char *begin;
    const char *end;

    text_addf(&head, strcmp(shell, "bash") == 0 ? "        %s) options='" : "    '%s' = @(\n",
              name);
    begin = strstr(script, text_bytes(&head));
    ck_assert_msg(begin != NULL, "no %s", text_bytes(&head));
    text_clear(&head);
    end = strstr(begin, strcmp(shell, "bash") == 0 ? ";;\n" : "\n    )\n");
    ck_assert_ptr_nonnull(end);
    return text_copy_size(begin, (size_t)(end - begin));
}

START_TEST(every_command_and_option_is_in_the_script)
{
    const char *format = strcmp(shells[_i].shell, "bash") == 0 ? " --%s" : "@('--%s', '";
    struct text script = {0};

    shells[_i].add(&script);
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->option_count > 0) {
            char *part = part_of(text_bytes(&script), shells[_i].shell, commands[i]->name);

            for (size_t k = 0; k < commands[i]->option_count; k++) {
                check_word(part, format, commands[i]->options[k].name);
            }
            free(part);
        }
        check_options(text_bytes(&script), commands[i]->options, commands[i]->option_count, "--%s");
        check_word(text_bytes(&script),
                   strcmp(shells[_i].shell, "bash") == 0 ? "%s" : "    '%s' = '",
                   commands[i]->name);
    }
    check_options(text_bytes(&script), program_options.options, program_options.count, format);
    text_clear(&script);
}
END_TEST

/* Every line closes what it opens. */
START_TEST(quotations_are_closed)
{
    struct text script = {0};
    bool open = false;
    bool has_word = false;

    shells[_i].add(&script);
    for (const char *c = text_bytes(&script); *c != '\0'; c++) {
        if (*c == '\n') {
            ck_assert_msg(!open, "before: %.60s", c);
        }
        open = *c == '\'' ? !open : open;
        has_word = has_word || *c == '-';
        ck_assert(*c != '\r' && (unsigned char)*c < 0x80);
    }
    ck_assert(has_word);
    text_clear(&script);
}
END_TEST

START_TEST(the_command_prints_the_script)
{
    struct text script = {0};
    struct text line = {0};

    shells[_i].add(&script);
    text_addf(&line, "completion %s", shells[_i].shell);
    ck_assert_int_eq(cli_run(text_bytes(&line)), EXIT_YES);
    ck_assert_str_eq(cli_out(), text_bytes(&script));
    text_clear(&line);
    text_clear(&script);
}
END_TEST

START_TEST(another_shell_is_refused)
{
    ck_assert_int_eq(cli_run("completion fish"), EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(cli_error(), "for bash and for powershell"));
    ck_assert_int_eq(cli_run("completion"), EXIT_USAGE);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("completion");
    TCase *scripts = tcase_create("scripts");
    int count = (int)(sizeof(shells) / sizeof(shells[0]));

    tcase_add_loop_test(scripts, every_command_and_option_is_in_the_script, 0, count);
    tcase_add_loop_test(scripts, quotations_are_closed, 0, count);
    tcase_add_loop_test(scripts, the_command_prints_the_script, 0, count);
    tcase_add_test(scripts, another_shell_is_refused);
    suite_add_tcase(suite, scripts);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
