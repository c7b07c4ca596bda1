/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Standard output, and the log file that a command was asked to keep beside
 * it. Both get the same bytes, but for tables, which in the log have no width to keep to, and
 * for a terminal's colours, which a command that logs does not use.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/failure.h"

struct output_log;

/*
 * Begins the log at `path`. A file that is there is refused with FAILURE_USAGE,
 * and left as it was, unless `overwrite` is set. The caller closes *out.
 */
bool output_log_open(struct output_log **out, const char *path, bool overwrite,
                     struct failure *why) NODISCARD;

/*
 * From now on standard output is shown page by page, where a person reads it on
 * a terminal and has a keyboard; or, with false, not any more.
 */
void output_page(bool wanted);

/*
 * Writes to standard output and to the log (NULL: there is none). FAILURE_NO_READER
 * where the person has seen enough.
 */
bool output_write(struct output_log *log, const char *bytes, size_t size,
                  struct failure *why) NODISCARD;

/* Writes to the log alone: standard output has it in another form. */
bool output_write_log(struct output_log *log, const char *bytes, size_t size,
                      struct failure *why) NODISCARD;

/* Hands what was written to the system: whoever looks at either sees it. */
bool output_flush(struct output_log *log, struct failure *why) NODISCARD;

/* False where the file did not take all of it. Does nothing for NULL. */
bool output_log_close(struct output_log *log, struct failure *why) NODISCARD;
