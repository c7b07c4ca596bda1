/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The PR-PORTS file of Microsoft's Port Reporter: what as_port_reporter.c writes
 * and port_reporter.c reads.
 */

/* What a file begins with. */
#define PORT_REPORTER_TITLE "Port Reporter Version 1.01 Log File - Port usage log"
#define PORT_REPORTER_FORMAT "Log format:"
#define PORT_REPORTER_COLUMNS                                                                      \
    "date,time,protocol,local port,local IP address,remote port,remote IP address,PID,module,"     \
    "user context"
