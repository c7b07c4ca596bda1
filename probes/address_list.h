/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The addresses of a name, in the order in which the system would try them
 * (RFC 6724).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "collector/socket_row.h"

enum { ADDRESS_LIST_MOST = 256 }; /* of one name; what is beyond is left out */

/* Starts as {0}; the holder clears it. */
struct address_list {
    struct socket_endpoint *items; /* each once; their ports are 0 */
    size_t count;
};

/* Appends an address, unless it is there, or there are as many as may be. False: no memory. */
bool address_list_add(struct address_list *list, const struct socket_endpoint *address);

/* Appends all but the one at `place`: "192.0.2.8, 2001:db8::8". */
void address_list_add_others(struct text *text, const struct address_list *list, size_t place);

void address_list_clear(struct address_list *list);
