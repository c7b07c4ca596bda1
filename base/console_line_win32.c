/* SPDX-License-Identifier: MIT */

/*
 * Windows: a console gives wide characters, a line at a time; all else gives
 * bytes, which are taken to be UTF-8.
 */

#include "base/console_line.h"

#include <stdio.h>

#include <windows.h>

#include "base/utf16_win32.h"

enum {
    UNITS = 512,
    CTRL_Z = 0x1a, /* how a person says that nothing more comes */
};

static bool read_console(HANDLE console, struct text *line)
{
    wchar_t units[UNITS];
    DWORD count = 0;

    do {
        DWORD kept;

        if (!ReadConsoleW(console, units, UNITS, &count, NULL) || count == 0) {
            return false;
        }
        if (line->size == 0 && units[0] == CTRL_Z) {
            return false;
        }
        for (kept = count; kept > 0 && (units[kept - 1] == L'\r' || units[kept - 1] == L'\n');) {
            kept--;
        }
        if (line->size < CONSOLE_LINE_MOST) {
            utf16_add(line, units, kept);
        }
    } while (units[count - 1] != L'\n');
    return true;
}

static bool read_bytes(struct text *line)
{
    bool any = false;
    int c;

    while ((c = getc(stdin)) != EOF && c != '\n') {
        any = true;
        if (c != '\r' && c != '\0' && line->size < CONSOLE_LINE_MOST) {
            text_add_char(line, (char)c);
        }
    }
    return c != EOF || any;
}

bool console_read_line(struct text *line)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD mode;

    text_reset(line);
    return GetConsoleMode(input, &mode) ? read_console(input, line) : read_bytes(line);
}
