/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What servers said, in PortQry's words. Pure: an outcome in, lines out.
 */

#include <stdbool.h>

#include "base/text.h"
#include "probes/outcome.h"
#include "probes/protocol.h"

/* How a protocol that PortQry speaks is told of. */
struct portqry_special {
    const char *name;    /* of ours: struct protocol */
    const char *asks_as; /* another one that is asked in its place, since naming the port is the
                            asking; NULL: it itself */
    const char *title;   /* in the lines about sending; NULL: nothing is said */
    uint8_t ephemeral;   /* PORTS_...: over what it is never asked from the port of -sp */
    uint8_t told;        /* PORTS_...: over what it is told that it was asked */
    void (*add)(struct text *text, const struct outcome *outcome); /* NULL: nothing */
};

/* NULL: PortQry does not speak it, so that it is only reached. */
const struct portqry_special *portqry_special_find(const struct protocol *protocol);

/* Appends the lines about asking, from the first to the last one: what was sent, what was said,
 * and over UDP what the port is then. `community`: of SNMP. */
void portqry_answer_add(struct text *text, const struct portqry_special *special,
                        const struct outcome *outcome, const char *community);
