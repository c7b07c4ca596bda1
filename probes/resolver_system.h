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
#include "probes/address_list.h"

/*
 * The addresses of a name, of family 4 or 6 where that is not 0. *out is
 * replaced, and the caller clears it. FAILURE_MISSING where the name has none,
 * in the system's words; FAILURE_BUSY where nobody can say now whether it has
 * one, since no name server answers.
 */
bool resolver_look_up(const char *host, int family, struct address_list *out,
                      struct failure *why) NODISCARD;

/* Appends the name of an address. FAILURE_MISSING where it has none. */
bool resolver_look_back(const struct socket_endpoint *address, struct text *name,
                        struct failure *why) NODISCARD;
