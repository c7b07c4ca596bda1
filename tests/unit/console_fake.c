/* SPDX-License-Identifier: MIT */

#include "tests/unit/console_fake.h"

#include <stdarg.h>

struct console_fake console_fake;

void console_fake_reset(void)
{
    text_clear(&console_fake.out);
    text_clear(&console_fake.error);
    console_fake = (struct console_fake){0};
}

static struct text *stream_text(enum console_stream stream)
{
    return stream == CONSOLE_OUT ? &console_fake.out : &console_fake.error;
}

bool console_write(enum console_stream stream, const char *bytes, size_t size, struct failure *why)
{
    if (console_fake.full) {
        return FAIL(why, FAILURE_SYSTEM, 28, "cannot write: no space left");
    }
    text_add_bytes(stream_text(stream), bytes, size);
    return true;
}

bool console_flush(enum console_stream stream, struct failure *why)
{
    (void)stream;
    return !console_fake.full || FAIL(why, FAILURE_SYSTEM, 28, "cannot write: no space left");
}

void console_complain(const char *format, ...)
{
    va_list args;

    if (console_fake.error.size == 0) {
        console_fake.error_after_out = console_fake.out.size;
    }
    va_start(args, format);
    text_addv(&console_fake.error, format, args);
    va_end(args);
    text_add_char(&console_fake.error, '\n');
}

bool console_is_terminal(enum console_stream stream)
{
    (void)stream;
    return console_fake.terminal;
}

int console_columns(enum console_stream stream)
{
    (void)stream;
    return console_fake.columns;
}

bool console_takes_movements(enum console_stream stream)
{
    (void)stream;
    return console_fake.colour;
}

bool console_takes_colour(enum console_stream stream)
{
    (void)stream;
    return console_fake.colour;
}

bool console_has_reader(void)
{
    return console_fake.rows > 0;
}

int console_rows(void)
{
    return console_fake.rows;
}

enum console_key console_read_key(void)
{
    char key = console_fake.keys != NULL ? *console_fake.keys : '\0';

    if (key == '\0') {
        return CONSOLE_KEY_NONE;
    }
    console_fake.keys++;
    if (key == 'q') {
        return CONSOLE_KEY_END;
    }
    return key == 'l' ? CONSOLE_KEY_LINE : CONSOLE_KEY_PAGE;
}
