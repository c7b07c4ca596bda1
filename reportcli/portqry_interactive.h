/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * PortQry's interactive mode: commands from standard input until `exit` or its
 * end.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "probes/ports.h"
#include "reportcli/portqry_options.h"
#include "reportcli/portqry_page.h"

/* *status: that of the last query. */
bool portqry_interactive_run(struct portqry_page *page, const struct portqry_options *options,
                             int *status, struct failure *why) NODISCARD;

/* What the commands change. Starts as {0}. */
struct portqry_session {
    struct text node;
    struct text community;
    uint16_t port;
    uint16_t source_port;
    int transports; /* PORTS_... */
    bool no_reverse;
    bool slow;
};

enum portqry_wish {
    PORTQRY_WISH_NOTHING, /* the session has changed, or an empty line */
    PORTQRY_WISH_NODE,    /* the session has another node */
    PORTQRY_WISH_QUERY,   /* *ports were filled */
    PORTQRY_WISH_SHOW,
    PORTQRY_WISH_HELP,
    PORTQRY_WISH_EXIT,
    PORTQRY_WISH_BAD_COMMAND,
    PORTQRY_WISH_BAD_VALUE,
};

/*
 * Reads one line. What is bad is left as it was, and *word says what it is:
 * lent from the line, in which words are cut apart. Fails where memory ran out.
 */
bool portqry_session_read(struct portqry_session *session, char *line, enum portqry_wish *wish,
                          struct port_list *ports, const char **word,
                          struct failure *why) NODISCARD;

void portqry_session_clear(struct portqry_session *session);
