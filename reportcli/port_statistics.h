/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How many sockets there are of which kind: PortQry's port statistics, and the
 * record "statistics". A socket that several processes hold counts for each of
 * them: what is counted are mappings of sockets to processes.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/snapshot.h"
#include "reportcli/column.h"
#include "reportcli/render.h"
#include "reportcli/states.h"

/* Starts as {0}. */
struct port_statistics {
    size_t tcp;
    size_t udp;
    size_t states[SOCKET_STATE_COUNT]; /* of the TCP sockets */
};

void port_statistics_add(struct port_statistics *statistics, const struct socket_row *row);

/* Appends them as PortQry words them, a line each. Percentages are of the TCP mappings. */
void port_statistics_add_text(struct text *text, const struct port_statistics *statistics);

extern const struct column_table port_statistics_table;

/*
 * Prints the records of all states: those of the machine, and `by_process`
 * those of every process that owns sockets, behind them.
 */
bool port_statistics_print(struct states *states, bool by_process, struct render *render,
                           struct failure *why) NODISCARD;
