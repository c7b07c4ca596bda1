/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The PR-PORTS file of Microsoft's Port Reporter: what as_port_reporter.c writes
 * and this reads, line by line. Where the form is from stands there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/socket_row.h"

/* What a file begins with. */
#define PORT_REPORTER_TITLE "Port Reporter Version 1.01 Log File - Port usage log"
#define PORT_REPORTER_FORMAT "Log format:"
#define PORT_REPORTER_COLUMNS                                                                      \
    "date,time,protocol,local port,local IP address,remote port,remote IP address,PID,module,"     \
    "user context"

/* A port that came into use. What the file does not tell is not set. Starts as {0}. */
struct port_reporter_row {
    int64_t at; /* milliseconds since 1970 UTC, on a whole second */
    bool twice; /* clocks were set back: it may also have been an hour later */
    bool has_pid;
    uint32_t pid;
    struct socket_row socket; /* protocol and ends; LISTENING where it has no other end; of a
                                 connection no state */
    struct text module;       /* "" where not known */
    struct text user;         /* likewise; without the < and > around it */
};

enum port_reporter_line {
    PORT_REPORTER_HEADER, /* of the file, or empty */
    PORT_REPORTER_ROW,
    PORT_REPORTER_BAD, /* *why says why, with FAILURE_FORMAT */
};

/*
 * Reads a line without its end, of any bytes. Times are local, as of zone.h. A
 * row of Windows 2000 ends behind the remote address. What is no UTF-8 becomes U+FFFD.
 * FAILURE_MEMORY is PORT_REPORTER_BAD, too.
 */
enum port_reporter_line port_reporter_read(struct port_reporter_row *row, const char *line,
                                           size_t size, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void port_reporter_row_clear(struct port_reporter_row *row);
