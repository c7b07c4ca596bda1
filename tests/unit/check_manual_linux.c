/* SPDX-License-Identifier: MIT */

/*
 * The manual pages: nothing of the help and of the settings is missing. That
 * man(1) has nothing to say against them is for tests/system/test_shell_linux.py.
 */

#include <check.h>
#include <string.h>

#include "base/exit_status.h"
#include "base/text.h"
#include "manual/manual.h"
#include "reportcli/command.h"
#include "reportcli/help.h"
#include "service/verbs.h"
#include "service/watcher.h"
#include "tests/support.h"

static struct text page;

static void make_page(const char *name)
{
    const struct manual_page *found = manual_pages;

    while (found->name != NULL && strcmp(found->name, name) != 0) {
        found++;
    }
    ck_assert_ptr_nonnull(found->name);
    text_clear(&page);
    found->add(&page);
}

static void check_has(const char *before, const char *words)
{
    struct text should = {0};

    text_add(&should, before);
    manual_add_words(&should, words);
    ck_assert_msg(strstr(text_bytes(&page), text_bytes(&should)) != NULL, "no %s",
                  text_bytes(&should));
    text_clear(&should);
}

static void check_options(const struct option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_has("\\-\\-", options[i].name);
        check_has("", options[i].help);
        for (size_t k = 0; options[i].choices != NULL && options[i].choices[k] != NULL; k++) {
            check_has("", options[i].choices[k]);
        }
    }
}

START_TEST(every_command_and_option_is_in_its_page)
{
    make_page("portledger.1");
    for (size_t i = 0; commands[i] != NULL; i++) {
        check_has(".SS \"", commands[i]->name);
        check_has("", commands[i]->summary);
        check_options(commands[i]->options, commands[i]->option_count);
    }
    check_options(program_options.options, program_options.count);
    for (int status = EXIT_YES; status <= EXIT_REFUSED; status++) {
        check_has("", exit_status_text(status));
    }
}
END_TEST

START_TEST(every_verb_is_in_its_page)
{
    make_page("portledgerd.8");
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        if (!verb->hidden) {
            check_has(".B ", verb->name);
            check_has("", verb->summary);
        }
    }
    check_options(verb_options.options, verb_options.count);
}
END_TEST

static void check_keys(const struct setting_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        check_has(".B ", table->keys[i].name);
        check_has("", table->keys[i].help);
        if (table->keys[i].kind == SETTING_LIST) {
            check_keys(table->keys[i].item);
        }
    }
}

START_TEST(every_setting_is_in_its_page)
{
    make_page("portledger.yaml.5");
    for (size_t i = 0; watcher_settings[i] != NULL; i++) {
        check_keys(watcher_settings[i]);
    }
}
END_TEST

/* Of roff's own signs at the begin of a line, and of those that it replaces. */
static const struct {
    const char *words;
    const char *roff;
} forms[] = {
    {".so x", "\\&.so x"},
    {"'x", "\\&\\(aqx"},
    {"a-b \\ \"c\" `d` ^~", "a\\-b \\e \\(dqc\\(dq \\(gad\\(ga \\(ha\\(ti"},
};

START_TEST(words_are_shown_as_they_are)
{
    struct text is = {0};

    manual_add_words(&is, forms[_i].words);
    ck_assert_str_eq(text_bytes(&is), forms[_i].roff);
    text_clear(&is);
}
END_TEST

static void clear_page(void)
{
    text_clear(&page);
}

static Suite *make_suite(void)
{
    Suite *suite = suite_create("manual");
    TCase *pages = tcase_create("pages");

    tcase_add_checked_fixture(pages, NULL, clear_page);
    tcase_add_test(pages, every_command_and_option_is_in_its_page);
    tcase_add_test(pages, every_verb_is_in_its_page);
    tcase_add_test(pages, every_setting_is_in_its_page);
    tcase_add_loop_test(pages, words_are_shown_as_they_are, 0, sizeof(forms) / sizeof(forms[0]));
    suite_add_tcase(suite, pages);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
