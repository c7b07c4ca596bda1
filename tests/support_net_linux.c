/* SPDX-License-Identifier: MIT */

#include "tests/support_net.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void support_net_start(void)
{
    /* Linux needs no beginning. */
}

/* The loopback address of a family, with a port. */
struct address {
    struct sockaddr_storage bytes;
    socklen_t size;
};

static struct address loopback(enum support_family family, uint16_t port)
{
    struct address address = {0};

    if (family == SUPPORT_IPV4) {
        struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)};

        ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.size = sizeof(ipv4);
        memcpy(&address.bytes, &ipv4, sizeof(ipv4));
    } else {
        struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

        ipv6.sin6_addr.s6_addr[15] = 1;
        address.size = sizeof(ipv6);
        memcpy(&address.bytes, &ipv6, sizeof(ipv6));
    }
    return address;
}

static int open_socket(enum support_family family, int type)
{
    return socket(family == SUPPORT_IPV4 ? AF_INET : AF_INET6, type, 0);
}

static bool bind_loopback(int handle, enum support_family family, uint16_t port)
{
    struct address address = loopback(family, port);

    return bind(handle, (struct sockaddr *)&address.bytes, address.size) == 0;
}

static int open_bound(enum support_family family, int type, uint16_t port)
{
    int handle = open_socket(family, type);

    support_net_require(handle >= 0, "socket");
    support_net_require(bind_loopback(handle, family, port), "bind");
    return handle;
}

bool support_net_has(enum support_family family)
{
    int handle = open_socket(family, SOCK_STREAM);
    bool has = handle >= 0 && bind_loopback(handle, family, 0);

    if (handle >= 0) {
        close(handle);
    }
    return has;
}

bool support_net_tells_icmp(void)
{
    return true;
}

intptr_t support_net_listen_at(enum support_family family, uint16_t port)
{
    int handle = open_bound(family, SOCK_STREAM, port);

    support_net_require(listen(handle, 8) == 0, "listen");
    return (intptr_t)handle;
}

intptr_t support_net_bind_udp_at(enum support_family family, uint16_t port)
{
    return (intptr_t)open_bound(family, SOCK_DGRAM, port);
}

intptr_t support_net_connect(enum support_family family, uint16_t port)
{
    struct address address = loopback(family, port);
    int handle = open_socket(family, SOCK_STREAM);

    support_net_require(handle >= 0, "socket");
    support_net_require(connect(handle, (struct sockaddr *)&address.bytes, address.size) == 0,
                        "connect");
    return (intptr_t)handle;
}

intptr_t support_net_accept(intptr_t listener)
{
    int handle = accept((int)listener, NULL, NULL);

    support_net_require(handle >= 0, "accept");
    return (intptr_t)handle;
}

uint16_t support_net_port(intptr_t handle)
{
    struct sockaddr_storage bytes;
    struct sockaddr_in6 ipv6;
    socklen_t size = sizeof(bytes);

    support_net_require(getsockname((int)handle, (struct sockaddr *)&bytes, &size) == 0,
                        "getsockname");
    memcpy(&ipv6, &bytes, sizeof(ipv6)); /* the port is in the same place in both families */
    return ntohs(ipv6.sin6_port);
}

void support_net_send(intptr_t handle, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t sent = send((int)handle, at, size, MSG_NOSIGNAL);

        support_net_require(sent > 0, "send");
        at += sent;
        size -= (size_t)sent;
    }
}

size_t support_net_receive(intptr_t handle, void *bytes, size_t size)
{
    ssize_t got = recv((int)handle, bytes, size, 0);

    support_net_require(got >= 0, "recv");
    return (size_t)got;
}

void support_net_send_to(intptr_t handle, enum support_family family, uint16_t port,
                         const void *bytes, size_t size)
{
    struct address address = loopback(family, port);

    support_net_require(sendto((int)handle, bytes, size, 0, (struct sockaddr *)&address.bytes,
                               address.size) == (ssize_t)size,
                        "sendto");
}

size_t support_net_receive_from(intptr_t handle, void *bytes, size_t size, uint16_t *port)
{
    struct sockaddr_storage from;
    struct sockaddr_in6 ipv6;
    socklen_t from_size = sizeof(from);
    ssize_t got = recvfrom((int)handle, bytes, size, 0, (struct sockaddr *)&from, &from_size);

    support_net_require(got >= 0, "recvfrom");
    memcpy(&ipv6, &from, sizeof(ipv6)); /* the port is in the same place in both families */
    *port = ntohs(ipv6.sin6_port);
    return (size_t)got;
}

void support_net_prime(intptr_t handle)
{
    support_net_require(handle != SUPPORT_NET_NONE, "priming");
}

void support_net_close(intptr_t handle)
{
    if (handle != SUPPORT_NET_NONE) {
        close((int)handle);
    }
}
