/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/options.h"
#include "tests/support.h"

static const char *const formats[] = {"table", "json", "csv", NULL};

static const struct option own[] = {
    {.name = "port",
     .letter = 'p',
     .kind = OPTION_NUMBER,
     .value = "PORT",
     .help = "Only this port",
     .minimum = 0,
     .maximum = 65535,
     .repeats = true},
    {.name = "since", .kind = OPTION_TEXT, .value = "TIME", .help = "From this time on"},
    {.name = "wt",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .help = "Watch that often",
     .minimum = 1000,
     .maximum = 1200000},
    {.name = "cache",
     .kind = OPTION_SIZE,
     .value = "SIZE",
     .help = "Memory to use",
     .minimum = 1024,
     .maximum = INT64_MAX},
    {.name = "format",
     .kind = OPTION_CHOICE,
     .value = "FORMAT",
     .help = "What the output looks like",
     .choices = formats},
};

static const struct option common[] = {
    {.name = "verbose", .letter = 'v', .kind = OPTION_FLAG, .help = "Say more"},
    {.name = "ledger", .kind = OPTION_TEXT, .value = "FILE", .help = "The ledger"},
};

static const struct option_set set = {
    .tables = {{own, COUNT_OF(own)}, {common, COUNT_OF(common)}},
};

enum { MOST_WORDS = 12 };

static struct {
    struct options *options;
    struct failure why;
    struct text text;
    int next;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    options_free(fixture.options);
    text_clear(&fixture.text);
}

/* Parses words that are ended by NULL. */
static bool parse_words(const char *const *words, bool stop_at_word)
{
    static char storage[MOST_WORDS][100];
    static char *argv[MOST_WORDS + 1];
    int argc = 0;

    for (; words[argc] != NULL; argc++) {
        ck_assert_int_lt(argc, MOST_WORDS);
        ck_assert_uint_lt(strlen(words[argc]), sizeof(storage[0]));
        memcpy(storage[argc], words[argc], strlen(words[argc]) + 1);
        argv[argc] = storage[argc];
    }
    argv[argc] = NULL;
    options_free(fixture.options);
    return options_parse(&fixture.options, &set, argc, argv, 0, stop_at_word, &fixture.next,
                         &fixture.why);
}

#define PARSE(...) parse_words((const char *const[]){__VA_ARGS__, NULL}, false)
#define PARSE_FIRST(...) parse_words((const char *const[]){__VA_ARGS__, NULL}, true)

START_TEST(nothing_given_is_nothing_found)
{
    const char *const none[] = {NULL};

    CHECK_DONE(parse_words(none, false), fixture.why);
    ck_assert(!options_help(fixture.options));
    ck_assert(!options_given(fixture.options, "since"));
    ck_assert(!options_flag(fixture.options, "verbose"));
    ck_assert_ptr_null(options_text(fixture.options, "ledger"));
    ck_assert_int_eq(options_number(fixture.options, "wt", -3), -3);
    ck_assert_uint_eq(options_count(fixture.options, "port"), 0);
    ck_assert_uint_eq(options_words(fixture.options), 0);
    ck_assert_ptr_null(options_word(fixture.options, 0));
}
END_TEST

/* Every way to write the same. */
static const char *const spellings[][4] = {
    {"--port", "443", NULL}, {"--port=443", NULL}, {"-port", "443", NULL},
    {"-port=443", NULL},     {"-p", "443", NULL},  {"-p=443", NULL},
};

START_TEST(an_option_may_be_written_in_several_ways)
{
    CHECK_DONE(parse_words(spellings[_i], false), fixture.why);
    ck_assert_int_eq(options_number(fixture.options, "port", -1), 443);
    ck_assert_uint_eq(options_words(fixture.options), 0);
}
END_TEST

START_TEST(values_of_every_kind_are_read)
{
    CHECK_DONE(PARSE("--wt", "2s", "-v", "--cache=64KiB", "--format", "json", "--since", "-2h"),
               fixture.why);
    ck_assert_int_eq(options_number(fixture.options, "wt", 0), 2000);
    ck_assert(options_flag(fixture.options, "verbose"));
    ck_assert_int_eq(options_number(fixture.options, "cache", 0), 65536);
    ck_assert_str_eq(options_text(fixture.options, "format"), "json");
    ck_assert_str_eq(options_text(fixture.options, "since"), "-2h");
}
END_TEST

START_TEST(words_and_options_may_be_mixed)
{
    CHECK_DONE(PARSE("a", "-v", "-2h", "-", "--since=--x", "--", "-v", "--help"), fixture.why);
    ck_assert_uint_eq(options_words(fixture.options), 5);
    ck_assert_str_eq(options_word(fixture.options, 0), "a");
    ck_assert_str_eq(options_word(fixture.options, 1), "-2h");
    ck_assert_str_eq(options_word(fixture.options, 2), "-");
    ck_assert_str_eq(options_word(fixture.options, 3), "-v");
    ck_assert_str_eq(options_word(fixture.options, 4), "--help");
    ck_assert_ptr_null(options_word(fixture.options, 5));
    ck_assert_str_eq(options_text(fixture.options, "since"), "--x");
    ck_assert(!options_help(fixture.options));
    ck_assert_int_eq(fixture.next, 8);
}
END_TEST

START_TEST(an_option_that_repeats_keeps_all_values)
{
    CHECK_DONE(PARSE("--port", "1", "-p", "2", "--port=3"), fixture.why);
    ck_assert_uint_eq(options_count(fixture.options, "port"), 3);
    ck_assert_str_eq(options_text_at(fixture.options, "port", 0), "1");
    ck_assert_str_eq(options_text_at(fixture.options, "port", 2), "3");
    ck_assert_ptr_null(options_text_at(fixture.options, "port", 3));
    ck_assert_int_eq(options_number(fixture.options, "port", 0), 3);
}
END_TEST

START_TEST(parsing_can_end_at_the_name_of_the_command)
{
    CHECK_DONE(PARSE_FIRST("--ledger", "local", "-v", "diff", "--nonsense"), fixture.why);
    ck_assert_int_eq(fixture.next, 3);
    ck_assert_str_eq(options_text(fixture.options, "ledger"), "local");
    ck_assert(options_flag(fixture.options, "verbose"));
    ck_assert_uint_eq(options_words(fixture.options), 0);
}
END_TEST

static const struct {
    const char *words[MOST_WORDS];
    bool stop_at_word;
    bool help;
} helps[] = {
    {{"-h"}, false, true},
    {{"-?"}, false, true},
    {{"/?"}, false, true},
    {{"--help"}, false, true},
    {{"-help"}, false, true},
    {{"--nonsense", "--help"}, false, true},
    {{"--port", "x", "-h"}, false, true},
    {{"--port", "--help"}, false, true},
    {{"word", "--help"}, false, true},
    {{"--", "--help"}, false, false},
    {{"--help", "local"}, true, true},
    {{"local", "--help"}, true, false},
    {{"--ledger", "file", "--help"}, true, true},
    {{"--ledger=file", "local", "--help"}, true, false},
    {{"-v", "local", "--help"}, true, false},
};

START_TEST(help_is_found_where_it_is_asked_for)
{
    CHECK_DONE(parse_words(helps[_i].words, helps[_i].stop_at_word), fixture.why);
    ck_assert_int_eq(options_help(fixture.options), helps[_i].help);
}
END_TEST

START_TEST(the_word_behind_help_may_be_a_command)
{
    CHECK_DONE(PARSE_FIRST("-v", "--help", "local"), fixture.why);
    ck_assert(options_help(fixture.options));
    ck_assert_int_eq(fixture.next, 2);
    ck_assert(!options_flag(fixture.options, "verbose"));
}
END_TEST

static const struct {
    const char *words[MOST_WORDS];
    const char *text;
} refusals[] = {
    {{"--sincee", "x"}, "unknown option --sincee; did you mean --since?"},
    {{"-legder=x"}, "unknown option -legder; did you mean --ledger?"},
    {{"--colour"}, "unknown option --colour; --help shows them all"},
    {{"-x"}, "unknown option -x; --help shows them all"},
    {{"--v"}, "unknown option --v; --help shows them all"},
    {{"-p443"}, "unknown option -p443; --help shows them all"},
    {{"--verbose=yes"}, "--verbose takes no value"},
    {{"--since"}, "--since needs a value: --since TIME"},
    {{"--since="}, "--since needs a value: --since TIME"},
    {{"--since", ""}, "--since needs a value: --since TIME"},
    {{"--since", "--ledger", "x"}, "--since needs a value: --since TIME"},
    {{"--since", "1", "--since", "2"}, "--since is given twice"},
    {{"-v", "--verbose"}, "--verbose is given twice"},
    {{"--port", "http"}, "--port: \"http\" is not a whole number"},
    {{"--port", "65536"}, "--port: \"65536\" is not from 0 to 65535"},
    {{"--port=-1"}, "--port: \"-1\" is not from 0 to 65535"},
    {{"--port", "99999999999999999999"}, "--port: \"99999999999999999999\" is too large"},
    {{"--wt", "5"}, "--wt: \"5\" does not say of what; write 5s or 5m"},
    {{"--wt", "1h"}, "--wt: \"1h\" is not from 1s to 20m"},
    {{"--cache", "512B"}, "--cache: \"512B\" is not 1KiB or more"},
    {{"--format", "jsn"}, "--format: \"jsn\" is not one of table, json or csv"},
    {{"--\x1B[2J"}, "unknown option --\\x1B[2J; --help shows them all"},
};

START_TEST(what_is_wrong_is_said_in_words)
{
    CHECK_FAILED(parse_words(refusals[_i].words, false), FAILURE_USAGE, fixture.why);
    ck_assert_str_eq(fixture.why.text, refusals[_i].text);
    ck_assert_ptr_null(fixture.options);
}
END_TEST

/* An option whose value may be left out, and one whose value may look like an option. */
static const struct option special[] = {
    {.name = "csv",
     .kind = OPTION_CHOICE,
     .optional = true,
     .value = "raw",
     .help = "As CSV",
     .choices = formats},
    {.name = "sort", .kind = OPTION_TEXT, .dashed = true, .value = "NAMES", .help = "Sort"},
};

static const struct option_set special_set = {.tables = {{special, COUNT_OF(special)}}};

static bool parse_special(char **argv, int argc)
{
    options_free(fixture.options);
    return options_parse(&fixture.options, &special_set, argc, argv, 0, false, &fixture.next,
                         &fixture.why);
}

START_TEST(a_value_may_be_left_out_where_the_option_says_so)
{
    char *without[] = {(char[]){"--csv"}, (char[]){"table"}};
    char *with[] = {(char[]){"--csv=table"}};
    char *wrong[] = {(char[]){"--csv=raw"}};
    char *help[] = {(char[]){"--csv"}, (char[]){"-h"}};

    CHECK_DONE(parse_special(without, 2), fixture.why);
    ck_assert(options_flag(fixture.options, "csv"));
    ck_assert_ptr_null(options_text(fixture.options, "csv"));
    ck_assert_str_eq(options_word(fixture.options, 0), "table");
    CHECK_DONE(parse_special(with, 1), fixture.why);
    ck_assert_str_eq(options_text(fixture.options, "csv"), "table");
    CHECK_FAILED(parse_special(wrong, 1), FAILURE_USAGE, fixture.why);
    CHECK_DONE(parse_special(help, 2), fixture.why);
    ck_assert(options_help(fixture.options));
    options_add_help(&fixture.text, &special_set.tables[0], 80);
    CHECK_CONTAINS(text_bytes(&fixture.text), "      --csv[=raw]   As CSV: table, json or csv\n");
}
END_TEST

START_TEST(a_value_may_begin_with_a_dash_where_the_option_says_so)
{
    char *dashed[] = {(char[]){"--sort"}, (char[]){"-pid"}};
    char *none[] = {(char[]){"--sort"}};

    CHECK_DONE(parse_special(dashed, 2), fixture.why);
    ck_assert_str_eq(options_text(fixture.options, "sort"), "-pid");
    CHECK_FAILED(parse_special(none, 1), FAILURE_USAGE, fixture.why);
}
END_TEST

START_TEST(help_lines_are_aligned)
{
    options_add_help(&fixture.text, &set.tables[0], 0);
    ck_assert_str_eq(text_bytes(&fixture.text),
                     "  -p, --port PORT      Only this port\n"
                     "      --since TIME     From this time on\n"
                     "      --wt TIME        Watch that often\n"
                     "      --cache SIZE     Memory to use\n"
                     "      --format FORMAT  What the output looks like: table, json or csv\n");
}
END_TEST

START_TEST(help_lines_are_wrapped)
{
    options_add_help(&fixture.text, &set.tables[0], 45);
    CHECK_CONTAINS(text_bytes(&fixture.text), "      --format FORMAT  What the output looks\n"
                                              "                       like: table, json or\n"
                                              "                       csv\n");
}
END_TEST

START_TEST(a_long_label_has_a_line_of_its_own)
{
    static const struct option options[] = {
        {.name = "short", .letter = 's', .kind = OPTION_FLAG, .help = "One"},
        {.name = "a-name-that-is-really-long",
         .kind = OPTION_TEXT,
         .value = "VALUE",
         .help = "Two"},
    };
    const struct option_table table = {options, COUNT_OF(options)};

    options_add_help(&fixture.text, &table, 80);
    ck_assert_str_eq(text_bytes(&fixture.text), "  -s, --short  One\n"
                                                "      --a-name-that-is-really-long VALUE\n"
                                                "               Two\n");
}
END_TEST

static Suite *options_suite(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, nothing_given_is_nothing_found);
    tcase_add_loop_test(tests, an_option_may_be_written_in_several_ways, 0, COUNT_OF(spellings));
    tcase_add_test(tests, values_of_every_kind_are_read);
    tcase_add_test(tests, words_and_options_may_be_mixed);
    tcase_add_test(tests, an_option_that_repeats_keeps_all_values);
    tcase_add_test(tests, parsing_can_end_at_the_name_of_the_command);
    tcase_add_loop_test(tests, help_is_found_where_it_is_asked_for, 0, COUNT_OF(helps));
    tcase_add_test(tests, the_word_behind_help_may_be_a_command);
    tcase_add_loop_test(tests, what_is_wrong_is_said_in_words, 0, COUNT_OF(refusals));
    tcase_add_test(tests, a_value_may_be_left_out_where_the_option_says_so);
    tcase_add_test(tests, a_value_may_begin_with_a_dash_where_the_option_says_so);
    tcase_add_test(tests, help_lines_are_aligned);
    tcase_add_test(tests, help_lines_are_wrapped);
    tcase_add_test(tests, a_long_label_has_a_line_of_its_own);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(options_suite());
}
