/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Queries ports of one host by the probe engine, and says what came of it in
 * PortQry's frames, in the order in which the ports were named.
 *
 * UDP is reached first, by a datagram of no protocol, and asked in its
 * protocol where that stays silent. TCP is asked on the connection that
 * reached it, but for RPC with a source port, which PortQry asks from another one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "reportcli/portqry_page.h"

enum {
    PORTQRY_LISTENING = 0,
    PORTQRY_NOT_LISTENING = 1,
    PORTQRY_FILTERED = 2, /* and LISTENING or FILTERED */
    PORTQRY_FAILED = 99,  /* nothing was queried; more than all that scripts ask for */
};

struct port_list;

struct portqry_query {
    const char *host;
    const struct port_list *ports;
    uint16_t source_port; /* 0: any */
    bool slow;
    bool no_reverse;
    bool spares_rpc;       /* of a range the endpoint mapper is not asked */
    bool interactive;      /* the frame of interactive mode */
    const char *community; /* NULL: "public" */
};

/*
 * *status: one of the above, the highest of all ports. A host that has no
 * address, and a source port that cannot be used, are said on the page, and no failure.
 */
bool portqry_remote_run(struct portqry_page *page, const struct portqry_query *query, int *status,
                        struct failure *why) NODISCARD;
