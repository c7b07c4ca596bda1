/* SPDX-License-Identifier: MIT */

#include "reportcli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/console.h"
#include "base/file.h"
#include "base/text.h"

struct output_log {
    FILE *file;
    char *path;
};

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
    return false;
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
    return FAIL(why, FAILURE_SYSTEM, errno, "cannot write to %s", log->path);
}

bool output_write(struct output_log *log, const char *bytes, size_t size, struct failure *why)
{
    if (log != NULL && fwrite(bytes, 1, size, log->file) != size) {
        return log_failed(log, why);
    }
    return console_write(CONSOLE_OUT, bytes, size, why);
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
