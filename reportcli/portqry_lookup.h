/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One name or address, looked up by the system in a thread of its own: the
 * system may take long, and Ctrl-C need not wait for it.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/socket_row.h"

/*
 * The address of a name. PortQry knew IPv4 only, so that an address of it is
 * taken where there is one. *found: it has one. False with *why where the
 * look-up could not be made; a look-up that is *stopped has found nothing.
 */
bool portqry_look_up(const char *host, const volatile bool *stopped,
                     struct socket_endpoint *address, bool *found, struct failure *why) NODISCARD;

/* The same for the name of an address, which is appended. */
bool portqry_look_back(const struct socket_endpoint *address, const volatile bool *stopped,
                       struct text *name, bool *found, struct failure *why) NODISCARD;
