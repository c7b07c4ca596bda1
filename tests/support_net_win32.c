/* SPDX-License-Identifier: MIT */

#include "tests/support_net.h"

#include <winsock2.h>
#include <ws2tcpip.h>

#include <string.h>

void support_net_start(void)
{
    WSADATA data;

    support_net_require(WSAStartup(MAKEWORD(2, 2), &data) == 0, "WSAStartup");
}

/* The loopback address of a family, with a port. */
struct address {
    struct sockaddr_storage bytes;
    int size;
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

static SOCKET open_socket(enum support_family family, int type)
{
    return socket(family == SUPPORT_IPV4 ? AF_INET : AF_INET6, type, 0);
}

static bool bind_loopback(SOCKET handle, enum support_family family, uint16_t port)
{
    struct address address = loopback(family, port);

    return bind(handle, (struct sockaddr *)&address.bytes, address.size) == 0;
}

static SOCKET open_bound(enum support_family family, int type, uint16_t port)
{
    SOCKET handle = open_socket(family, type);

    support_net_require(handle != INVALID_SOCKET, "socket");
    support_net_require(bind_loopback(handle, family, port), "bind");
    return handle;
}

bool support_net_has(enum support_family family)
{
    SOCKET handle = open_socket(family, SOCK_STREAM);
    bool has = handle != INVALID_SOCKET && bind_loopback(handle, family, 0);

    if (handle != INVALID_SOCKET) {
        closesocket(handle);
    }
    return has;
}

/* Windows does, Wine does not: so it is tried, at a port that was just closed. */
bool support_net_tells_icmp(void)
{
    SOCKET closed = open_bound(SUPPORT_IPV4, SOCK_DGRAM, 0);
    SOCKET asker = open_bound(SUPPORT_IPV4, SOCK_DGRAM, 0);
    struct address address = loopback(SUPPORT_IPV4, support_net_port((intptr_t)closed));
    DWORD patience = 500;
    char byte = 0;
    bool tells;

    closesocket(closed);
    (void)setsockopt(asker, SOL_SOCKET, SO_RCVTIMEO, (const char *)&patience, sizeof(patience));
    support_net_require(
        sendto(asker, &byte, 1, 0, (struct sockaddr *)&address.bytes, address.size) == 1, "sendto");
    tells = recv(asker, &byte, 1, 0) < 0 && WSAGetLastError() == WSAECONNRESET;
    closesocket(asker);
    return tells;
}

intptr_t support_net_listen_at(enum support_family family, uint16_t port)
{
    SOCKET handle = open_bound(family, SOCK_STREAM, port);

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
    SOCKET handle = open_socket(family, SOCK_STREAM);

    support_net_require(handle != INVALID_SOCKET, "socket");
    support_net_require(connect(handle, (struct sockaddr *)&address.bytes, address.size) == 0,
                        "connect");
    return (intptr_t)handle;
}

intptr_t support_net_accept(intptr_t listener)
{
    SOCKET handle = accept((SOCKET)listener, NULL, NULL);

    support_net_require(handle != INVALID_SOCKET, "accept");
    return (intptr_t)handle;
}

uint16_t support_net_port(intptr_t handle)
{
    struct sockaddr_storage bytes;
    struct sockaddr_in6 ipv6;
    int size = sizeof(bytes);

    support_net_require(getsockname((SOCKET)handle, (struct sockaddr *)&bytes, &size) == 0,
                        "getsockname");
    memcpy(&ipv6, &bytes, sizeof(ipv6)); /* the port is in the same place in both families */
    return ntohs(ipv6.sin6_port);
}

void support_net_send(intptr_t handle, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        int sent = send((SOCKET)handle, at, (int)size, 0);

        support_net_require(sent > 0, "send");
        at += sent;
        size -= (size_t)sent;
    }
}

size_t support_net_receive(intptr_t handle, void *bytes, size_t size)
{
    int got = recv((SOCKET)handle, bytes, (int)size, 0);

    support_net_require(got >= 0, "recv");
    return (size_t)got;
}

void support_net_send_to(intptr_t handle, enum support_family family, uint16_t port,
                         const void *bytes, size_t size)
{
    struct address address = loopback(family, port);

    support_net_require(sendto((SOCKET)handle, bytes, (int)size, 0,
                               (struct sockaddr *)&address.bytes, address.size) == (int)size,
                        "sendto");
}

size_t support_net_receive_from(intptr_t handle, void *bytes, size_t size, uint16_t *port)
{
    struct sockaddr_storage from;
    struct sockaddr_in6 ipv6;
    int from_size = sizeof(from);
    int got = recvfrom((SOCKET)handle, bytes, (int)size, 0, (struct sockaddr *)&from, &from_size);

    support_net_require(got >= 0, "recvfrom");
    memcpy(&ipv6, &from, sizeof(ipv6)); /* the port is in the same place in both families */
    *port = ntohs(ipv6.sin6_port);
    return (size_t)got;
}

void support_net_prime(intptr_t handle)
{
    u_long waiting;

    support_net_require(ioctlsocket((SOCKET)handle, FIONREAD, &waiting) == 0, "ioctlsocket");
}

void support_net_close(intptr_t handle)
{
    if (handle != SUPPORT_NET_NONE) {
        closesocket((SOCKET)handle);
    }
}
