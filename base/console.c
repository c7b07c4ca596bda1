/* SPDX-License-Identifier: MIT */

#include "base/console.h"

#include <stdarg.h>
#include <string.h>

#include "base/console_system.h"
#include "base/text.h"

enum {
    CAPACITY = 32 * 1024,
    CONTINUED_INDENT = 2, /* of the second and further lines of a complaint on a terminal */
};

static struct stream {
    char bytes[CAPACITY];
    size_t size;
    struct failure why; /* the first that happened; FAILURE_NONE: none */
} streams[CONSOLE_STREAM_COUNT];

/* Bytes that may go out now. */
static size_t ready_size(enum console_stream stream)
{
    const struct stream *of = &streams[stream];

    return console_is_terminal(stream) ? text_whole(of->bytes, of->size) : of->size;
}

/* Writes the first `size` gathered bytes and keeps the rest. The lock is held. */
static bool hand_over(enum console_stream stream, size_t size, struct failure *why)
{
    struct stream *of = &streams[stream];

    if (of->why.kind == FAILURE_NONE && size > 0 &&
        !console_system_write(stream, of->bytes, size, &of->why)) {
        of->size = 0; /* how much of it was taken is not known, so nothing can follow */
    }
    if (of->why.kind != FAILURE_NONE) {
        *why = of->why;
        return false;
    }
    of->size -= size;
    memmove(of->bytes, of->bytes + size, of->size);
    return true;
}

/* The lock is held. */
static bool gather(enum console_stream stream, const char *bytes, size_t size, struct failure *why)
{
    struct stream *of = &streams[stream];

    while (of->why.kind == FAILURE_NONE && size > 0) {
        size_t room = CAPACITY - of->size;
        size_t more = size < room ? size : room;

        memcpy(of->bytes + of->size, bytes, more);
        of->size += more;
        bytes += more;
        size -= more;
        if (of->size == CAPACITY && !hand_over(stream, ready_size(stream), why)) {
            return false;
        }
    }
    if (of->why.kind != FAILURE_NONE) {
        *why = of->why;
        return false;
    }
    return true;
}

bool console_write(enum console_stream stream, const char *bytes, size_t size, struct failure *why)
{
    bool done;

    console_system_lock();
    done = gather(stream, bytes, size, why);
    console_system_unlock();
    return done;
}

bool console_flush(enum console_stream stream, struct failure *why)
{
    bool done;

    console_system_lock();
    done = hand_over(stream, ready_size(stream), why);
    console_system_unlock();
    return done;
}

/* A person who sees both streams reads them in the order in which they were written. */
static void complain(const char *line, size_t size)
{
    struct failure nobody;

    console_system_lock();
    if (console_is_terminal(CONSOLE_OUT)) {
        (void)hand_over(CONSOLE_OUT, ready_size(CONSOLE_OUT), &nobody);
    }
    if (gather(CONSOLE_ERROR, line, size, &nobody)) {
        (void)hand_over(CONSOLE_ERROR, ready_size(CONSOLE_ERROR), &nobody);
    }
    console_system_unlock();
}

void console_complain(const char *format, ...)
{
    static const char no_memory[] = "out of memory\n";
    int columns = console_columns(CONSOLE_ERROR);
    struct text words = {0};
    struct text visible = {0};
    struct text lines = {0};
    va_list args;

    va_start(args, format);
    text_addv(&words, format, args);
    va_end(args);
    text_add_visible(&visible, text_bytes(&words), words.size);
    if (columns > 0) {
        text_add_wrapped(&lines, text_bytes(&visible), 0, CONTINUED_INDENT, (size_t)columns);
    } else {
        text_add_bytes(&lines, text_bytes(&visible), visible.size);
    }
    text_add_char(&lines, '\n');
    if (words.failed || visible.failed || lines.failed) {
        complain(no_memory, sizeof(no_memory) - 1);
    } else {
        complain(text_bytes(&lines), lines.size);
    }
    text_clear(&lines);
    text_clear(&visible);
    text_clear(&words);
}

/* Hands over all there is, and forgets the failure that there was. The lock is held. */
static bool finish(enum console_stream stream, struct failure *why)
{
    struct stream *of = &streams[stream];
    bool done = hand_over(stream, of->size, why);

    of->size = 0;
    of->why.kind = FAILURE_NONE;
    return done;
}

bool console_close(struct failure *why)
{
    struct failure nobody;
    bool done;

    console_system_lock();
    done = finish(CONSOLE_OUT, why);
    (void)finish(CONSOLE_ERROR, &nobody);
    console_system_restore();
    console_system_unlock();
    return done;
}
