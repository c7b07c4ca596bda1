/* SPDX-License-Identifier: MIT */

#include "probes/winsock_address_win32.h"

#include <string.h>

struct winsock_address winsock_address_of(const struct socket_endpoint *end, uint8_t address_size)
{
    struct winsock_address address = {0};

    if (address_size == 4) {
        address.of.v4.sin_family = AF_INET;
        address.of.v4.sin_port = htons(end->port);
        memcpy(&address.of.v4.sin_addr, end->address, 4);
        address.size = sizeof(address.of.v4);
    } else {
        address.of.v6.sin6_family = AF_INET6;
        address.of.v6.sin6_port = htons(end->port);
        address.of.v6.sin6_scope_id = end->scope_id;
        memcpy(&address.of.v6.sin6_addr, end->address, 16);
        address.size = sizeof(address.of.v6);
    }
    return address;
}

struct socket_endpoint winsock_address_to_endpoint(const struct winsock_address *address)
{
    struct socket_endpoint end = {0};

    if (address->of.any.sa_family == AF_INET) {
        end.address_size = 4;
        end.port = ntohs(address->of.v4.sin_port);
        memcpy(end.address, &address->of.v4.sin_addr, 4);
    } else if (address->of.any.sa_family == AF_INET6) {
        end.address_size = 16;
        end.port = ntohs(address->of.v6.sin6_port);
        end.scope_id = address->of.v6.sin6_scope_id;
        memcpy(end.address, &address->of.v6.sin6_addr, 16);
    }
    return end;
}
