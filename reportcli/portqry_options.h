/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * PortQry's command line: one dash and a whole word (-wt), and the slashes of
 * version 1, where /i and /s are other options than -i and -s. What is known
 * of it is from Microsoft's articles; docs/portqry.md says what is our own.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "probes/ports.h"

enum {
    PORTQRY_PORT = 80,
    PORTQRY_SECONDS = 60,
    PORTQRY_SECONDS_LEAST = 1,
    PORTQRY_SECONDS_MOST = 1200,
};

enum portqry_mode {
    PORTQRY_REMOTE,
    PORTQRY_INTERACTIVE,
    PORTQRY_LOCAL,
    PORTQRY_WATCH_PORT,
    PORTQRY_WATCH_PID,
    PORTQRY_HELP,
};

/* Which of -e, -o and -r named the ports. */
enum portqry_ports {
    PORTQRY_ONE, /* -e, or the usual port */
    PORTQRY_ORDER,
    PORTQRY_RANGE,
};

/* Starts as {0}. Texts are lent from the command line, but for `community`. */
struct portqry_options {
    enum portqry_mode mode;
    const char *host; /* NULL: not named */
    int transports;   /* PORTS_... */
    enum portqry_ports how;
    uint16_t first; /* of a range, or the only one; of an order see `ports` */
    uint16_t last;
    const char *order;    /* the words of -o, each a port; NULL: none */
    uint16_t source_port; /* 0: any */
    bool slow;
    bool no_reverse;
    bool quiet;
    bool verbose;
    bool overwrite;
    const char *log; /* NULL: none */
    char *community; /* without the marks around it; owned; NULL: the usual one */
    uint32_t watched;
    uint32_t seconds;
};

/* Reads argv[1..argc-1]. FAILURE_USAGE with a line that says what is wrong. */
bool portqry_options_read(struct portqry_options *options, int argc, char **argv,
                          struct failure *why) NODISCARD;
void portqry_options_clear(struct portqry_options *options);

/* Appends the ports, of TCP before those of UDP for each number. */
bool portqry_options_add_ports(const struct portqry_options *options, struct port_list *list,
                               struct failure *why) NODISCARD;

/* A whole number in decimal digits; false for all else. Also for interactive mode. */
bool portqry_number(const char *word, uint32_t least, uint32_t most, uint32_t *number);

/* "tcp", "udp" or "both", in any case. */
bool portqry_transports(const char *word, int *transports);
