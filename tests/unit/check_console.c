/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/console.h"
#include "base/console_system.h"
#include "base/text.h"
#include "tests/support.h"

#define EURO "\xE2\x82\xAC"
#define SMILE "\xF0\x9F\x98\x80"

/* The system: what it was given, piece by piece, on both streams in one order. */
static struct {
    int columns; /* 0: no terminal that says */
    bool terminal[CONSOLE_STREAM_COUNT];
    bool full; /* takes nothing any more */
    int locked;
    int writes;
    int restored;
    size_t largest;
    struct text written[CONSOLE_STREAM_COUNT];
    struct text in_order;
} made_up;

static struct failure why;

bool console_system_write(enum console_stream stream, const char *bytes, size_t size,
                          struct failure *failure)
{
    ck_assert_int_eq(made_up.locked, 1);
    ck_assert_uint_gt(size, 0);
    made_up.writes++;
    if (made_up.full) {
        return FAIL(failure, FAILURE_SYSTEM, 28, "cannot write to the made-up stream");
    }
    made_up.largest = size > made_up.largest ? size : made_up.largest;
    text_add_bytes(&made_up.written[stream], bytes, size);
    text_add_bytes(&made_up.in_order, bytes, size);
    return true;
}

bool console_is_terminal(enum console_stream stream)
{
    return made_up.terminal[stream];
}

int console_columns(enum console_stream stream)
{
    (void)stream;
    return made_up.columns;
}

void console_system_restore(void)
{
    made_up.restored++;
}

void console_system_lock(void)
{
    made_up.locked++;
}

void console_system_unlock(void)
{
    made_up.locked--;
}

static const char *written(enum console_stream stream)
{
    return text_bytes(&made_up.written[stream]);
}

/* The console keeps what nobody flushed, and its first failure, also for the next test. */
static void close_fixture(void)
{
    made_up.locked = 0; /* where an assertion left the console in the middle of a call */
    if (!console_close(&why)) {
        memset(&why, 0, sizeof(why));
    }
    text_clear(&made_up.written[CONSOLE_OUT]);
    text_clear(&made_up.written[CONSOLE_ERROR]);
    text_clear(&made_up.in_order);
    memset(&made_up, 0, sizeof(made_up));
}

static void put(enum console_stream stream, const char *bytes)
{
    CHECK_DONE(console_write(stream, bytes, strlen(bytes), &why), why);
}

static void flush(enum console_stream stream)
{
    CHECK_DONE(console_flush(stream, &why), why);
}

START_TEST(text_is_gathered_until_it_is_flushed)
{
    put(CONSOLE_OUT, "one ");
    put(CONSOLE_OUT, "two\n");
    ck_assert_int_eq(made_up.writes, 0);
    flush(CONSOLE_OUT);
    ck_assert_int_eq(made_up.writes, 1);
    ck_assert_str_eq(written(CONSOLE_OUT), "one two\n");
    flush(CONSOLE_OUT);
    ck_assert_int_eq(made_up.writes, 1);
}
END_TEST

START_TEST(the_streams_are_gathered_apart)
{
    put(CONSOLE_OUT, "out");
    put(CONSOLE_ERROR, "error");
    flush(CONSOLE_ERROR);
    ck_assert_str_eq(written(CONSOLE_OUT), "");
    ck_assert_str_eq(written(CONSOLE_ERROR), "error");
    flush(CONSOLE_OUT);
    ck_assert_str_eq(written(CONSOLE_OUT), "out");
}
END_TEST

static const size_t sizes[] = {1, 32767, 32768, 32769, 65536, 1000000};

START_TEST(much_text_goes_out_whole_and_in_large_pieces)
{
    struct text text = {0};

    while (text.size < sizes[_i]) {
        text_addf(&text, "line %zu\n", text.size);
    }
    put(CONSOLE_OUT, text_bytes(&text));
    flush(CONSOLE_OUT);
    ck_assert_uint_eq(made_up.written[CONSOLE_OUT].size, text.size);
    ck_assert_str_eq(written(CONSOLE_OUT), text_bytes(&text));
    ck_assert_int_le(made_up.writes, (int)(text.size / 30000 + 1));
    text_clear(&text);
}
END_TEST

static const struct {
    bool terminal;
    const char *first;  /* written and flushed */
    const char *seen;   /* after that */
    const char *second; /* written and flushed then */
    const char *all;
} halves[] = {
    {true, "a\xE2\x82", "a", "\xAC!", "a" EURO "!"},
    {true, "\xF0", "", "\x9F\x98\x80", SMILE},
    {true, "\xF0\x9F\x98", "", "\x80", SMILE},
    {true, "a\xE2", "a", "z", "a\xE2z"}, /* the other half never comes */
    {true, EURO, EURO, "", EURO},
    {true, "a\xFF", "a\xFF", "", "a\xFF"},
    {false, "a\xE2\x82", "a\xE2\x82", "\xAC!", "a" EURO "!"},
};

START_TEST(a_terminal_gets_whole_characters)
{
    made_up.terminal[CONSOLE_OUT] = halves[_i].terminal;
    put(CONSOLE_OUT, halves[_i].first);
    flush(CONSOLE_OUT);
    ck_assert_str_eq(written(CONSOLE_OUT), halves[_i].seen);
    put(CONSOLE_OUT, halves[_i].second);
    flush(CONSOLE_OUT);
    ck_assert_str_eq(written(CONSOLE_OUT), halves[_i].all);
}
END_TEST

/* Each of the four ways in which a buffer's end can lie within a character. */
START_TEST(a_full_buffer_does_not_split_a_character)
{
    struct text text = {0};

    made_up.terminal[CONSOLE_OUT] = true;
    text_add_repeated(&text, 'x', (size_t)_i);
    while (text.size < 200000) {
        text_add(&text, SMILE);
    }
    for (size_t at = 0; at < text.size; at += 1000) {
        size_t size = text.size - at < 1000 ? text.size - at : 1000;
        size_t seen;

        CHECK_DONE(console_write(CONSOLE_OUT, text.bytes + at, size, &why), why);
        seen = made_up.written[CONSOLE_OUT].size;
        ck_assert_uint_eq(text_whole(text.bytes, seen), seen);
    }
    flush(CONSOLE_OUT);
    ck_assert_str_eq(written(CONSOLE_OUT), text_bytes(&text));
    text_clear(&text);
}
END_TEST

START_TEST(a_full_disk_fails_the_flush)
{
    put(CONSOLE_OUT, "lost");
    made_up.full = true;
    CHECK_FAILED(console_flush(CONSOLE_OUT, &why), FAILURE_SYSTEM, why);
    CHECK_CONTAINS(why.text, "made-up");
}
END_TEST

START_TEST(a_full_disk_fails_the_write_that_fills_the_buffer)
{
    static char much[100000];

    memset(much, 'x', sizeof(much));
    made_up.full = true;
    CHECK_FAILED(console_write(CONSOLE_OUT, much, sizeof(much), &why), FAILURE_SYSTEM, why);
    ck_assert_int_eq(made_up.writes, 1);
}
END_TEST

/* What comes after a gap must not look as if it belonged to what came before. */
START_TEST(a_stream_that_failed_stays_failed)
{
    put(CONSOLE_OUT, "lost");
    made_up.full = true;
    ck_assert(!console_flush(CONSOLE_OUT, &why));
    made_up.full = false;
    memset(&why, 0, sizeof(why));
    CHECK_FAILED(console_write(CONSOLE_OUT, "late", 4, &why), FAILURE_SYSTEM, why);
    CHECK_CONTAINS(why.text, "made-up");
    CHECK_FAILED(console_flush(CONSOLE_OUT, &why), FAILURE_SYSTEM, why);
    CHECK_FAILED(console_close(&why), FAILURE_SYSTEM, why);
    ck_assert_str_eq(written(CONSOLE_OUT), "");
    CHECK_DONE(console_close(&why), why); /* which forgets it */
}
END_TEST

START_TEST(one_stream_fails_without_the_other)
{
    made_up.full = true;
    console_complain("nobody hears this");
    made_up.full = false;
    put(CONSOLE_OUT, "fine");
    CHECK_DONE(console_close(&why), why);
    ck_assert_str_eq(written(CONSOLE_OUT), "fine");
    ck_assert_str_eq(written(CONSOLE_ERROR), "");
}
END_TEST

START_TEST(a_complaint_is_a_line_at_once)
{
    console_complain("cannot open %s: error %d", "ledger.db", 5);
    ck_assert_str_eq(written(CONSOLE_ERROR), "cannot open ledger.db: error 5\n");
    ck_assert_int_eq(made_up.writes, 1);
}
END_TEST

START_TEST(a_complaint_holds_nothing_that_a_terminal_acts_upon)
{
    console_complain("no file %s", "\x1B[2Jname\n\xE2\x80\xAEtxt." EURO);
    ck_assert_ptr_null(strchr(written(CONSOLE_ERROR), '\x1B'));
    ck_assert_ptr_null(strstr(written(CONSOLE_ERROR), "\xE2\x80\xAE"));
    ck_assert_ptr_eq(strchr(written(CONSOLE_ERROR), '\n') + 1,
                     written(CONSOLE_ERROR) + made_up.written[CONSOLE_ERROR].size);
    CHECK_CONTAINS(written(CONSOLE_ERROR), "txt." EURO);
}
END_TEST

static const struct {
    bool terminal;
    const char *in_order;
} orders[] = {
    {true, "row\nusage\nwrong\n"},
    {false, "usage\nwrong\n"}, /* a file has no reader who could mix them up */
};

START_TEST(a_complaint_is_wrapped_for_a_terminal_that_says_its_width)
{
    made_up.columns = 16;
    console_complain("cannot open %s: error %d", "ledger.db", 5);
    ck_assert_str_eq(written(CONSOLE_ERROR), "cannot open\n  ledger.db:\n  error 5\n");
    ck_assert_int_eq(made_up.writes, 1);
}
END_TEST

START_TEST(a_complaint_comes_after_what_a_person_has_read)
{
    made_up.terminal[CONSOLE_OUT] = orders[_i].terminal;
    put(CONSOLE_OUT, "row\n");
    put(CONSOLE_ERROR, "usage\n");
    console_complain("wrong");
    ck_assert_str_eq(text_bytes(&made_up.in_order), orders[_i].in_order);
    CHECK_DONE(console_close(&why), why);
    ck_assert_str_eq(written(CONSOLE_OUT), "row\n");
}
END_TEST

START_TEST(closing_hands_over_all_there_is)
{
    made_up.terminal[CONSOLE_OUT] = true;
    put(CONSOLE_OUT, "half \xE2\x82");
    put(CONSOLE_ERROR, "note");
    CHECK_DONE(console_close(&why), why);
    ck_assert_str_eq(written(CONSOLE_OUT), "half \xE2\x82");
    ck_assert_str_eq(written(CONSOLE_ERROR), "note");
    ck_assert_int_eq(made_up.restored, 1);
}
END_TEST

START_TEST(closing_says_that_output_was_lost)
{
    put(CONSOLE_OUT, "lost");
    made_up.full = true;
    CHECK_FAILED(console_close(&why), FAILURE_SYSTEM, why);
    ck_assert_int_eq(made_up.restored, 1);
}
END_TEST

START_TEST(nothing_written_is_nothing_lost)
{
    made_up.full = true;
    CHECK_DONE(console_write(CONSOLE_OUT, "", 0, &why), why);
    CHECK_DONE(console_flush(CONSOLE_OUT, &why), why);
    CHECK_DONE(console_close(&why), why);
    ck_assert_int_eq(made_up.writes, 0);
}
END_TEST

static TCase *writing_tests(void)
{
    TCase *tests = tcase_create("writing");

    tcase_add_checked_fixture(tests, NULL, close_fixture);
    tcase_add_test(tests, text_is_gathered_until_it_is_flushed);
    tcase_add_test(tests, the_streams_are_gathered_apart);
    tcase_add_loop_test(tests, much_text_goes_out_whole_and_in_large_pieces, 0, COUNT_OF(sizes));
    tcase_add_loop_test(tests, a_terminal_gets_whole_characters, 0, COUNT_OF(halves));
    tcase_add_loop_test(tests, a_full_buffer_does_not_split_a_character, 0, 4);
    tcase_add_test(tests, a_complaint_is_a_line_at_once);
    tcase_add_test(tests, a_complaint_holds_nothing_that_a_terminal_acts_upon);
    tcase_add_test(tests, a_complaint_is_wrapped_for_a_terminal_that_says_its_width);
    tcase_add_loop_test(tests, a_complaint_comes_after_what_a_person_has_read, 0, COUNT_OF(orders));
    tcase_add_test(tests, closing_hands_over_all_there_is);
    tcase_add_test(tests, nothing_written_is_nothing_lost);
    return tests;
}

static TCase *failing_tests(void)
{
    TCase *tests = tcase_create("failing");

    tcase_add_checked_fixture(tests, NULL, close_fixture);
    tcase_add_test(tests, a_full_disk_fails_the_flush);
    tcase_add_test(tests, a_full_disk_fails_the_write_that_fills_the_buffer);
    tcase_add_test(tests, a_stream_that_failed_stays_failed);
    tcase_add_test(tests, one_stream_fails_without_the_other);
    tcase_add_test(tests, closing_says_that_output_was_lost);
    return tests;
}

static Suite *console_suite(void)
{
    Suite *suite = suite_create("console");

    suite_add_tcase(suite, writing_tests());
    suite_add_tcase(suite, failing_tests());
    return suite;
}

int main(void)
{
    return support_run_suite(console_suite());
}
