/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * PortQry's local mode: all ports of this computer, and the watches of a port
 * and of a process, read by the collector and told in PortQry's lines.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "reportcli/portqry_options.h"
#include "reportcli/portqry_page.h"

/* A watch goes on until Escape or Ctrl-C. */
bool portqry_local_run(struct portqry_page *page, const struct portqry_options *options,
                       struct failure *why) NODISCARD;
