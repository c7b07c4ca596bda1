/* SPDX-License-Identifier: MIT */

/*
 * Keys are read as events, so that no mode of the console is changed. Ctrl-C
 * ends the program as ever.
 */

#include "base/console_keys.h"

#include <windows.h>

#include "base/console.h"

bool console_has_reader(void)
{
    DWORD mode;

    return console_is_terminal(CONSOLE_OUT) &&
           GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode) != 0;
}

int console_rows(void)
{
    CONSOLE_SCREEN_BUFFER_INFO screen;

    if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &screen)) {
        return 0;
    }
    return screen.srWindow.Bottom - screen.srWindow.Top + 1;
}

/* Shift and its like are no answer. */
static bool is_answer(const INPUT_RECORD *record)
{
    WORD key = record->Event.KeyEvent.wVirtualKeyCode;

    return record->EventType == KEY_EVENT && record->Event.KeyEvent.bKeyDown &&
           (record->Event.KeyEvent.uChar.UnicodeChar != 0 || key == VK_NEXT || key == VK_DOWN);
}

static enum console_key key_of(const KEY_EVENT_RECORD *event)
{
    switch (event->wVirtualKeyCode) {
    case VK_RETURN:
    case VK_DOWN:
        return CONSOLE_KEY_LINE;
    case 'Q':
    case VK_ESCAPE:
        return CONSOLE_KEY_END;
    default:
        return CONSOLE_KEY_PAGE;
    }
}

enum console_key console_read_key(void)
{
    HANDLE keyboard = GetStdHandle(STD_INPUT_HANDLE);
    INPUT_RECORD record;
    DWORD count;

    while (ReadConsoleInputW(keyboard, &record, 1, &count) && count == 1) {
        if (is_answer(&record)) {
            return key_of(&record.Event.KeyEvent);
        }
    }
    return CONSOLE_KEY_NONE;
}
