/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Sockets of our own for the tests to find, the same on both systems. All are
 * on the loopback address. A call that fails ends the program: the machine
 * cannot run the test. (No ck_assert: programs that are no Check suite use these.)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A socket, or SUPPORT_NET_NONE. */
#define SUPPORT_NET_NONE ((intptr_t)-1)

enum support_family {
    SUPPORT_IPV4 = 4,
    SUPPORT_IPV6 = 6,
};

/* Ends the program, with words, unless it was done. For the files behind this header. */
void support_net_require(bool done, const char *what);

/* Before all others, as often as one likes. */
void support_net_start(void);

/* Whether sockets of the family can be bound to its loopback address here. */
bool support_net_has(enum support_family family);

/* Whether a socket of UDP is told of the ICMP message that its datagram was answered with. */
bool support_net_tells_icmp(void);

/* Port 0 is a free one. */
intptr_t support_net_listen_at(enum support_family family, uint16_t port);
intptr_t support_net_bind_udp_at(enum support_family family, uint16_t port);

static inline intptr_t support_net_listen(enum support_family family)
{
    return support_net_listen_at(family, 0);
}

static inline intptr_t support_net_bind_udp(enum support_family family)
{
    return support_net_bind_udp_at(family, 0);
}

/* Returns when the connection is established. */
intptr_t support_net_connect(enum support_family family, uint16_t port);
intptr_t support_net_accept(intptr_t listener);

/* The local port. */
uint16_t support_net_port(intptr_t handle);

/*
 * Makes a call on the socket after which Wine knows who owns it. Changes
 * nothing elsewhere.
 */
void support_net_prime(intptr_t handle);

/* Waits until all of it is sent. */
void support_net_send(intptr_t handle, const void *bytes, size_t size);

/* Waits for bytes, of a datagram socket for a datagram; 0: the other side has closed. */
size_t support_net_receive(intptr_t handle, void *bytes, size_t size);

/* Datagrams to and from a port of the loopback address. */
void support_net_send_to(intptr_t handle, enum support_family family, uint16_t port,
                         const void *bytes, size_t size);
size_t support_net_receive_from(intptr_t handle, void *bytes, size_t size, uint16_t *port);

/* Does nothing for SUPPORT_NET_NONE. */
void support_net_close(intptr_t handle);
