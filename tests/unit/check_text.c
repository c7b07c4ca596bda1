/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <stdlib.h>

#include "base/text.h"
#include "tests/support.h"

static struct {
    struct text text;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    text_clear(&fixture.text);
}

START_TEST(a_new_text_is_empty)
{
    ck_assert_str_eq(text_bytes(&fixture.text), "");
    text_add_bytes(&fixture.text, NULL, 0);
    text_reset(&fixture.text);
    ck_assert_str_eq(text_bytes(&fixture.text), "");
    CHECK_DONE(text_ok(&fixture.text, &fixture.why), fixture.why);
}
END_TEST

START_TEST(a_text_grows_by_many_calls)
{
    text_add(&fixture.text, "port ");
    text_addf(&fixture.text, "%d/%s", 443, "tcp");
    text_add_char(&fixture.text, ':');
    text_add_repeated(&fixture.text, '-', 3);
    text_add_bytes(&fixture.text, "a\0b", 3);
    ck_assert_uint_eq(fixture.text.size, 19);
    ck_assert_int_eq(memcmp(text_bytes(&fixture.text), "port 443/tcp:---a\0b", 20), 0);
}
END_TEST

/* Sizes around those at which the memory grows. */
START_TEST(a_formatted_text_of_any_size_is_whole)
{
    char *word = calloc(1, 300);

    memset(word, 'x', (size_t)_i);
    text_addf(&fixture.text, "<%s>", word);
    ck_assert_uint_eq(fixture.text.size, (size_t)_i + 2);
    ck_assert_uint_eq(strlen(text_bytes(&fixture.text)), (size_t)_i + 2);
    ck_assert_int_eq(text_bytes(&fixture.text)[_i + 1], '>');
    free(word);
}
END_TEST

static const struct {
    int64_t number;
    const char *digits;
} numbers[] = {
    {0, "0"},
    {7, "7"},
    {-7, "-7"},
    {1234567890, "1234567890"},
    {INT64_MAX, "9223372036854775807"},
    {INT64_MIN, "-9223372036854775808"},
};

START_TEST(a_number_is_written_in_digits)
{
    text_add_number(&fixture.text, numbers[_i].number);
    ck_assert_str_eq(text_bytes(&fixture.text), numbers[_i].digits);
}
END_TEST

START_TEST(memory_that_is_refused_is_remembered)
{
    text_add(&fixture.text, "begin");
    text_add_repeated(&fixture.text, 'x', SIZE_MAX);
    text_add(&fixture.text, "end");
    text_addf(&fixture.text, "%d", 1);
    ck_assert_str_eq(text_bytes(&fixture.text), "begin");
    CHECK_FAILED(text_ok(&fixture.text, &fixture.why), FAILURE_MEMORY, fixture.why);
    text_reset(&fixture.text);
    CHECK_FAILED(text_ok(&fixture.text, &fixture.why), FAILURE_MEMORY, fixture.why);
    ck_assert_ptr_null(text_take(&fixture.text));
}
END_TEST

START_TEST(taking_leaves_an_empty_text)
{
    char *empty = text_take(&fixture.text);
    char *word;

    text_add(&fixture.text, "word");
    word = text_take(&fixture.text);
    ck_assert_str_eq(empty, "");
    ck_assert_str_eq(word, "word");
    ck_assert_str_eq(text_bytes(&fixture.text), "");
    free(empty);
    free(word);
}
END_TEST

START_TEST(a_copy_has_its_own_end)
{
    char *copy = text_copy_size("portledger", 4);
    char *empty = text_copy_size(NULL, 0);

    ck_assert_str_eq(copy, "port");
    ck_assert_str_eq(empty, "");
    ck_assert_ptr_null(text_copy_size("", SIZE_MAX));
    free(copy);
    free(empty);
}
END_TEST

static const struct {
    const char *bytes;
    uint32_t code_point;
    size_t taken;
} characters[] = {
    {"a", 'a', 1},
    {"\x7F", 0x7F, 1},
    {"\xC2\x80", 0x80, 2},
    {"\xDF\xBF", 0x7FF, 2},
    {"\xE0\xA0\x80", 0x800, 3},
    {"\xED\x9F\xBF", 0xD7FF, 3},
    {"\xEE\x80\x80", 0xE000, 3},
    {"\xEF\xBF\xBD", 0xFFFD, 3},
    {"\xEF\xBF\xBF", 0xFFFF, 3},
    {"\xF0\x90\x80\x80", 0x10000, 4},
    {"\xF4\x8F\xBF\xBF", 0x10FFFF, 4},
};

START_TEST(a_character_is_read_and_written)
{
    size_t taken;

    ck_assert_uint_eq(text_code_point(characters[_i].bytes, strlen(characters[_i].bytes), &taken),
                      characters[_i].code_point);
    ck_assert_uint_eq(taken, characters[_i].taken);
    text_add_code_point(&fixture.text, characters[_i].code_point);
    ck_assert_str_eq(text_bytes(&fixture.text), characters[_i].bytes);
}
END_TEST

/* None of these is UTF-8: each byte is replaced by itself. */
static const char *const invalid[] = {
    "\x80",             /* a continuation without a beginning */
    "\xBF",             /* */
    "\xC0\x80",         /* overlong */
    "\xC1\xBF",         /* */
    "\xE0\x9F\xBF",     /* */
    "\xF0\x8F\xBF\xBF", /* */
    "\xED\xA0\x80",     /* surrogates */
    "\xED\xBF\xBF",     /* */
    "\xF4\x90\x80\x80", /* above the last */
    "\xF8\x88\x80\x80", /* */
    "\xFF",             /* */
    "\xE2\x82",         /* cut */
    "\xF0\x9F\x98",     /* */
};

START_TEST(every_invalid_byte_becomes_one_replacement)
{
    size_t size = strlen(invalid[_i]);
    struct text expected = {0};
    size_t taken;

    ck_assert_uint_eq(text_code_point(invalid[_i], size, &taken), 0xFFFD);
    ck_assert_uint_eq(taken, 1);
    text_add(&expected, "a");
    for (size_t i = 0; i < size; i++) {
        text_add(&expected, "\xEF\xBF\xBD");
    }
    text_add_utf8(&fixture.text, "a", 1);
    text_add_utf8(&fixture.text, invalid[_i], size);
    ck_assert_str_eq(text_bytes(&fixture.text), text_bytes(&expected));
    text_clear(&expected);
}
END_TEST

START_TEST(what_is_no_code_point_is_written_as_a_replacement)
{
    text_add_code_point(&fixture.text, 0xD800);
    text_add_code_point(&fixture.text, 0xDFFF);
    text_add_code_point(&fixture.text, 0x110000);
    ck_assert_str_eq(text_bytes(&fixture.text), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    size_t whole;
} cuts[] = {
    {"", 0, 0},
    {"ab", 2, 2},
    {"a\xC3", 2, 1},
    {"a\xC3\xA4", 3, 3},
    {"a\xE2\x82", 3, 1},
    {"a\xE2\x82\xAC", 4, 4},
    {"\xF0\x9F\x98", 3, 0},
    {"\xF0\x9F\x98\x80", 4, 4},
    {"a\x80\x80\x80\x80", 5, 5}, /* what is invalid is not cut off */
    {"\xFF", 1, 1},
};

START_TEST(a_cut_character_is_left_out)
{
    ck_assert_uint_eq(text_whole(cuts[_i].bytes, cuts[_i].size), cuts[_i].whole);
}
END_TEST

static const struct {
    const char *bytes;
    const char *visible;
} sights[] = {
    {"plain C:\\path", "plain C:\\path"},
    {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
    {"\x1B[31mred\x1B[0m", "\\x1B[31mred\\x1B[0m"},
    {"\x01\x7F", "\\x01\\x7F"},
    {"\xC2\x9B"
     "31m",
     "\\u{9B}31m"}, /* C1: the other CSI */
    {"\x9B"
     "31m",
     "\\x9B"
     "31m"},                       /* the same as a lone byte */
    {"\xE2\x80\xA8", "\\u{2028}"}, /* line separator */
    {"exe\xE2\x80\xAE"
     "fdp",
     "exe\\u{202E}fdp"}, /* right to left from here */
    {"a\xE2\x80\x8B"
     "b",
     "a\\u{200B}b"}, /* zero width */
    {"\xEF\xBB\xBF", "\\u{FEFF}"},
    {"\xF3\xA0\x81\x81", "\\u{E0041}"},
    {"Pr\xC3\xBC"
     "fer \xE6\x97\xA5 \xF0\x9F\x98\x80",
     "Pr\xC3\xBC"
     "fer \xE6\x97\xA5 \xF0\x9F\x98\x80"},
    {"\xE2\x82", "\\xE2\\x82"},
};

START_TEST(what_a_terminal_acts_upon_is_shown_as_an_escape)
{
    text_add_visible(&fixture.text, sights[_i].bytes, strlen(sights[_i].bytes));
    ck_assert_str_eq(text_bytes(&fixture.text), sights[_i].visible);
}
END_TEST

START_TEST(a_zero_byte_is_shown_too)
{
    text_add_visible(&fixture.text, "a\0b", 3);
    ck_assert_str_eq(text_bytes(&fixture.text), "a\\x00b");
}
END_TEST

/* Every code point: what is shown is there, and showing it again changes nothing. */
START_TEST(what_is_visible_stays_as_it_is)
{
    struct text again = {0};
    struct text one = {0};
    int wrong = 0;

    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        text_reset(&one);
        text_reset(&fixture.text);
        text_reset(&again);
        text_add_code_point(&one, c);
        text_add_visible(&fixture.text, text_bytes(&one), one.size);
        text_add_visible(&again, text_bytes(&fixture.text), fixture.text.size);
        wrong +=
            fixture.text.size == 0 || strcmp(text_bytes(&fixture.text), text_bytes(&again)) != 0;
    }
    ck_assert_int_eq(wrong, 0);
    text_clear(&again);
    text_clear(&one);
}
END_TEST

static const struct {
    const char *bytes;
    size_t columns;
} widths[] = {
    {"", 0},
    {"port", 4},
    {"Pr\xC3\xBC"
     "fer",
     6},
    {"u\xCC\x88", 1},                            /* a combining diaeresis */
    {"\xE6\x97\xA5\xE6\x9C\xAC", 4},             /* Japanese */
    {"\xEF\xBC\xA1", 2},                         /* full-width A */
    {"\xEF\xBD\xB1", 1},                         /* half-width kana */
    {"\xF0\x9F\x98\x80", 2},                     /* emoji */
    {"\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", 2}, /* Hangul in parts */
    {"\xE2\x82\xAC", 1},
    {"\xF0\xA0\x80\x80", 2}, /* beyond the first plane */
};

START_TEST(columns_are_those_of_a_terminal)
{
    ck_assert_uint_eq(text_columns(widths[_i].bytes, strlen(widths[_i].bytes)), widths[_i].columns);
}
END_TEST

/* Each byte there is, before each number of printable ones, behind each number of them. */
START_TEST(printable_bytes_are_counted_up_to_the_first_other_one)
{
    enum { MOST = 20 };
    char bytes[2 * MOST];

    for (int byte = 0; byte < 256; byte++) {
        for (size_t before = 0; before < MOST; before++) {
            size_t size = before + 1 + (before * 7) % MOST;

            memset(bytes, '~', sizeof(bytes));
            bytes[before] = (char)byte;
            ck_assert_uint_eq(text_printable(bytes, size),
                              byte >= ' ' && byte <= '~' ? size : before);
            ck_assert_uint_eq(text_printable(bytes, before), before);
        }
    }
}
END_TEST

START_TEST(room_is_added_at_the_end)
{
    struct text text = {0};
    char *room;

    text_add(&text, "ab");
    for (int i = 0; i < 100; i++) {
        room = text_add_room(&text, 3);
        ck_assert_ptr_nonnull(room);
        memset(room, 'c', 3);
    }
    ck_assert_uint_eq(text.size, 302);
    ck_assert_uint_eq(strlen(text_bytes(&text)), 302);
    ck_assert(memcmp(text_bytes(&text), "abcccccc", 8) == 0);
    text_clear(&text);
    text_add_room(&text, 0);
    ck_assert_str_eq(text_bytes(&text), "");
    ck_assert_ptr_null(text_add_room(&text, SIZE_MAX / 2));
    ck_assert(text.failed);
    text_clear(&text);
}
END_TEST

START_TEST(case_does_not_count_for_ascii_letters)
{
    ck_assert(text_equal_fold("", ""));
    ck_assert(text_equal_fold("PortLedger", "portLEDGER"));
    ck_assert(!text_equal_fold("port", "ports"));
    ck_assert(!text_equal_fold("ports", "port"));
    ck_assert(!text_equal_fold("[", "{"));
    ck_assert(!text_equal_fold("\xC3\x84", "\xC3\xA4"));
}
END_TEST

static const char *const words[] = {"interval", "history", "local", "diff", "pid", "port", NULL};

static const struct {
    const char *typed;
    const char *meant;
} typos[] = {
    {"intervall", "interval"}, /* added */
    {"inteval", "interval"},   /* missing */
    {"intreval", "interval"},  /* swapped */
    {"Interval", "interval"},  /* case */
    {"imterwal", "interval"},  /* two wrong */
    {"histroy", "history"},
    {"loacl", "local"},
    {"dif", "diff"},
    {"pd", "pid"},
    {"prot", "port"},
    {"hist", "history"}, /* the beginning of it, also where another is nearer */
    {"LO", "local"},
    {"po", "port"},
    {"", NULL},
    {"x", NULL},
    {"p", NULL},
    {"status", NULL},
    {"lcoa", NULL}, /* two away from "local", which is too much for four letters */
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL},
};

START_TEST(the_closest_word_is_what_was_meant)
{
    const char *meant = text_closest(typos[_i].typed, words);

    if (typos[_i].meant == NULL) {
        ck_assert_ptr_null(meant);
    } else {
        ck_assert_ptr_nonnull(meant);
        ck_assert_str_eq(meant, typos[_i].meant);
    }
}
END_TEST

START_TEST(of_equally_near_words_the_first_is_meant)
{
    static const char *const near[] = {"pad", "pod", NULL};

    ck_assert_str_eq(text_closest("pud", near), "pad");
}
END_TEST

static const struct {
    const char *words;
    size_t at, indent, columns;
    const char *lines;
} wrappings[] = {
    {"", 0, 2, 10, ""},
    {"one two", 0, 2, 10, "one two"},
    {"one two three", 0, 2, 7, "one two\n  three"},
    {"one two", 5, 5, 12, "one two"},                 /* what stands before counts */
    {"one two", 5, 5, 11, "one\n     two"},           /* and the next line stands below it */
    {"immeasurable x", 0, 2, 4, "immeasurable\n  x"}, /* nothing is broken or lost */
    {"日本 日本", 0, 0, 8, "日本\n日本"},             /* columns, not bytes */
    {"  one   two ", 0, 0, 80, "one two"},
};

START_TEST(words_are_wrapped_between_blanks)
{
    struct text text = {0};

    text_add_wrapped(&text, wrappings[_i].words, wrappings[_i].at, wrappings[_i].indent,
                     wrappings[_i].columns);
    ck_assert_str_eq(text_bytes(&text), wrappings[_i].lines);
    text_clear(&text);
}
END_TEST

static Suite *text_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_new_text_is_empty);
    tcase_add_test(tests, a_text_grows_by_many_calls);
    tcase_add_loop_test(tests, a_formatted_text_of_any_size_is_whole, 60, 130);
    tcase_add_loop_test(tests, a_number_is_written_in_digits, 0, COUNT_OF(numbers));
    tcase_add_test(tests, memory_that_is_refused_is_remembered);
    tcase_add_test(tests, taking_leaves_an_empty_text);
    tcase_add_test(tests, a_copy_has_its_own_end);
    tcase_add_loop_test(tests, a_character_is_read_and_written, 0, COUNT_OF(characters));
    tcase_add_loop_test(tests, every_invalid_byte_becomes_one_replacement, 0, COUNT_OF(invalid));
    tcase_add_test(tests, what_is_no_code_point_is_written_as_a_replacement);
    tcase_add_loop_test(tests, a_cut_character_is_left_out, 0, COUNT_OF(cuts));
    tcase_add_loop_test(tests, what_a_terminal_acts_upon_is_shown_as_an_escape, 0,
                        COUNT_OF(sights));
    tcase_add_test(tests, a_zero_byte_is_shown_too);
    tcase_add_test(tests, what_is_visible_stays_as_it_is);
    tcase_add_loop_test(tests, columns_are_those_of_a_terminal, 0, COUNT_OF(widths));
    tcase_add_test(tests, printable_bytes_are_counted_up_to_the_first_other_one);
    tcase_add_test(tests, room_is_added_at_the_end);
    tcase_add_test(tests, case_does_not_count_for_ascii_letters);
    tcase_add_loop_test(tests, the_closest_word_is_what_was_meant, 0, COUNT_OF(typos));
    tcase_add_test(tests, of_equally_near_words_the_first_is_meant);
    tcase_add_loop_test(tests, words_are_wrapped_between_blanks, 0, COUNT_OF(wrappings));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(text_suite());
}
