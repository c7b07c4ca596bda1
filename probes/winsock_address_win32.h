/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ends of sockets as Winsock takes and gives them.
 */

#include <stdint.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "collector/socket_row.h"

struct winsock_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } of;
    int size; /* of what it has; 0: it is none */
};

/* An end without an address gives the wildcard of the family whose addresses have so many bytes. */
struct winsock_address winsock_address_of(const struct socket_endpoint *end, uint8_t address_size);

/* address_size is 0 where the family is neither IPv4 nor IPv6. */
struct socket_endpoint winsock_address_to_endpoint(const struct winsock_address *address);
