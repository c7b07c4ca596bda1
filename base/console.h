/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Standard output and standard error, as they really are: a terminal, a pipe
 * or a file. Text is UTF-8 on all of them; on a Windows console it is written
 * with the wide calls, so that no code page matters.
 *
 * All calls: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/failure.h"

enum console_stream {
    CONSOLE_OUT,
    CONSOLE_ERROR,
    CONSOLE_STREAM_COUNT,
};

/*
 * Writes `size` bytes, gathered in a buffer of its own per stream. They go out
 * as they are: a line ends in LF on every system. Fails where the reader has
 * gone or the disk is full, and then for good: a program that prints a result
 * must not end as if all was well.
 */
bool console_write(enum console_stream stream, const char *bytes, size_t size,
                   struct failure *why) NODISCARD;

/*
 * Hands what was gathered to the system. A terminal gets whole characters
 * only: the beginning of one waits for its end.
 */
bool console_flush(enum console_stream stream, struct failure *why) NODISCARD;

/*
 * A line on standard error, at once; a failure there has nobody to tell. What
 * a terminal would act upon is shown as an escape, so the text may hold names
 * from outside. A terminal gets it wrapped between words; elsewhere it is one
 * line. What was written to either stream before is before it on a terminal
 * that shows both.
 */
void console_complain(const char *format, ...) PRINTF_LIKE(1, 2);

bool console_is_terminal(enum console_stream stream);

/* Columns of the terminal behind the stream; 0 where it is none, or does not say. */
int console_columns(enum console_stream stream);

/*
 * Whether cursor movements may be written: a terminal that understands them
 * (Windows: where virtual terminal sequences can be switched on, which the
 * first call does; Linux: TERM is set and not "dumb").
 */
bool console_takes_movements(enum console_stream stream);

/* Colours too: the same, and NO_COLOR is not set to anything. */
bool console_takes_colour(enum console_stream stream);

/*
 * For the end of the program: hands over what is left, half characters too,
 * and leaves the terminal as it was. False where standard output did not take
 * all that was written to it, now or earlier. After it all is as at the start.
 */
bool console_close(struct failure *why) NODISCARD;
