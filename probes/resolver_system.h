/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the system knows of names: resolver_win32.c, resolver_linux.c, and
 * tests/fake_resolver.c. The calls block, maybe for long, and are made by any
 * thread.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/socket_row.h"

/*
 * The first address of a name, in the system's order (RFC 6724); of family 4
 * or 6 where that is not 0. The port of *out is 0. FAILURE_MISSING where the
 * name has none, in the system's words.
 */
bool resolver_look_up(const char *host, int family, struct socket_endpoint *out,
                      struct failure *why) NODISCARD;

/* Appends the name of an address. FAILURE_MISSING where it has none. */
bool resolver_look_back(const struct socket_endpoint *address, struct text *name,
                        struct failure *why) NODISCARD;
