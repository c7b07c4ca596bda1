/* SPDX-License-Identifier: MIT */

/* The texts as the event log reads them out of the library that was built. */

#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/text.h"
#include "base/utf16_win32.h"
#include "service/events.h"

enum { ARGUMENTS = 9, MESSAGE_SIZE = 2000 };

static const wchar_t *const arguments[ARGUMENTS] = {
    L"first", L"second", L"third", L"fourth", L"fifth", L"sixth", L"seventh", L"eighth", L"ninth"};
static const char *const narrow[ARGUMENTS] = {"first", "second",  "third",  "fourth", "fifth",
                                              "sixth", "seventh", "eighth", "ninth"};

static HMODULE library;

static void open_fixture(void)
{
    wchar_t *path = utf16_absolute(PORTLEDGER_EVENTS);

    ck_assert_ptr_nonnull(path);
    library = LoadLibraryExW(path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    ck_assert_msg(library != NULL, "%s: error %lu", PORTLEDGER_EVENTS, GetLastError());
    free(path);
}

static void close_fixture(void)
{
    FreeLibrary(library);
}

/* False where there is no such message. */
static bool read_message(DWORD id, struct text *text)
{
    wchar_t message[MESSAGE_SIZE];
    DWORD units = FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                                 library, id, 0, message, MESSAGE_SIZE, (va_list *)arguments);

    utf16_add(text, message, units);
    return units > 0;
}

/* What event_report() would make of the row, and the end of the line. */
static void add_expected(struct text *text, const char *format)
{
    size_t argument = 0;
    const char *at;

    for (; (at = strstr(format, "%s")) != NULL; format = at + 2) {
        text_add_bytes(text, format, (size_t)(at - format));
        text_add(text, narrow[argument++]);
    }
    text_add(text, format);
    text_add(text, "\r\n");
}

START_TEST(every_event_has_its_text)
{
    for (size_t i = 0; i < event_count; i++) {
        struct text expected = {0};
        struct text is = {0};

        ck_assert_msg(read_message((DWORD)events[i].id, &is), "event %d has no text",
                      (int)events[i].id);
        add_expected(&expected, events[i].text);
        ck_assert_str_eq(text_bytes(&is), text_bytes(&expected));
        text_clear(&expected);
        text_clear(&is);
    }
}
END_TEST

START_TEST(every_category_has_its_name)
{
    for (DWORD i = 0; i < EVENT_CATEGORIES; i++) {
        struct text expected = {0};
        struct text is = {0};

        ck_assert(read_message(i + 1, &is));
        add_expected(&expected, event_categories[i]);
        ck_assert_str_eq(text_bytes(&is), text_bytes(&expected));
        text_clear(&expected);
        text_clear(&is);
    }
}
END_TEST

START_TEST(what_is_no_event_has_no_text)
{
    struct text is = {0};

    ck_assert(!read_message(EVENT_CATEGORIES + 1, &is));
    ck_assert(!read_message(999, &is));
    text_clear(&is);
}
END_TEST

static Suite *messages_suite(void)
{
    Suite *suite = suite_create("event_messages_win32");
    TCase *tests = tcase_create("event_messages_win32");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, every_event_has_its_text);
    tcase_add_test(tests, every_category_has_its_name);
    tcase_add_test(tests, what_is_no_event_has_no_text);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(messages_suite());
}
