/* SPDX-License-Identifier: MIT */

#include "reportcli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "base/console_keys.h"
#include "base/file.h"
#include "base/text.h"

struct output_log {
    FILE *file;
    char *path;
};

enum { LEAST_ROWS = 4 };

static const char question[] = "-- more: space, Enter for a line, q to end --";

static struct {
    bool on;
    int rows; /* of a page */
    int columns;
    int used; /* rows of the page in hand */
} pages;

void output_page(bool wanted)
{
    int rows = wanted && console_has_reader() ? console_rows() : 0;

    pages.on = rows >= LEAST_ROWS;
    pages.rows = rows - 1; /* the last one is for the question */
    pages.columns = console_columns(CONSOLE_OUT);
    pages.used = 0;
}

/* Over the question, so that nothing of it stays. */
static bool take_back(struct failure *why)
{
    char blanks[sizeof(question) + 1];

    memset(blanks, ' ', sizeof(blanks));
    blanks[0] = '\r';
    blanks[sizeof(blanks) - 1] = '\r';
    return console_write(CONSOLE_OUT, blanks, sizeof(blanks), why) &&
           console_flush(CONSOLE_OUT, why);
}

/* `rows` more have no room on the page. */
static bool turn_page(int rows, struct failure *why)
{
    enum console_key key;

    if (!console_write(CONSOLE_OUT, question, sizeof(question) - 1, why) ||
        !console_flush(CONSOLE_OUT, why)) {
        return false;
    }
    key = console_read_key();
    if (!take_back(why)) {
        return false;
    }
    pages.on = key != CONSOLE_KEY_NONE;
    pages.used = key == CONSOLE_KEY_LINE ? pages.rows - rows : 0;
    return key != CONSOLE_KEY_END ||
           FAIL(why, FAILURE_NO_READER, 0, "whoever reads has seen enough");
}

/* Rows that a line takes on the terminal, which wraps it. */
static int rows_of(const char *line, size_t size)
{
    int width = (int)text_columns(line, size);

    return pages.columns > 0 && width > pages.columns ? (width - 1) / pages.columns + 1 : 1;
}

static bool write_pages(const char *bytes, size_t size, struct failure *why)
{
    while (size > 0 && pages.on) {
        const char *end = memchr(bytes, '\n', size);
        size_t length = end != NULL ? (size_t)(end - bytes) + 1 : size;
        int rows = rows_of(bytes, end != NULL ? length - 1 : length);

        if (pages.used > 0 && pages.used + rows > pages.rows && !turn_page(rows, why)) {
            return false;
        }
        pages.used += end != NULL ? rows : 0;
        if (!console_write(CONSOLE_OUT, bytes, length, why)) {
            return false;
        }
        bytes += length;
        size -= length;
    }
    return size == 0 || console_write(CONSOLE_OUT, bytes, size, why);
}

static bool open_file(struct output_log *log, const char *path, bool overwrite, struct failure *why)
{
    log->path = text_copy(path);
    if (log->path == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the log");
    }
    log->file = file_open(path, overwrite ? "w" : "wx", why);
    if (log->file != NULL) {
        return true;
    }
    if (!overwrite && file_exists(path)) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "%s is there already; --overwrite replaces it, or name another file", path);
    }
    return file_refuse_folder(path, why);
}

bool output_log_open(struct output_log **out, const char *path, bool overwrite, struct failure *why)
{
    struct output_log *log = calloc(1, sizeof(*log));
    struct failure ignored;

    *out = NULL;
    if (log == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the log");
    }
    if (!open_file(log, path, overwrite, why)) {
        (void)!output_log_close(log, &ignored);
        return false;
    }
    *out = log;
    return true;
}

static bool log_failed(const struct output_log *log, struct failure *why)
{
    return failure_from_system(why, errno, "cannot write to %s", log->path);
}

bool output_write_log(struct output_log *log, const char *bytes, size_t size, struct failure *why)
{
    return fwrite(bytes, 1, size, log->file) == size || log_failed(log, why);
}

bool output_write(struct output_log *log, const char *bytes, size_t size, struct failure *why)
{
    if (log != NULL && !output_write_log(log, bytes, size, why)) {
        return false;
    }
    return write_pages(bytes, size, why);
}

bool output_flush(struct output_log *log, struct failure *why)
{
    if (log != NULL && fflush(log->file) != 0) {
        return log_failed(log, why);
    }
    return console_flush(CONSOLE_OUT, why);
}

bool output_log_close(struct output_log *log, struct failure *why)
{
    bool done = true;

    if (log == NULL) {
        return true;
    }
    if (log->file != NULL && fclose(log->file) != 0) {
        done = log_failed(log, why);
    }
    free(log->path);
    free(log);
    return done;
}
