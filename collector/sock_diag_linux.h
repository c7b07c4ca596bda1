/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Linux: the channel to the kernel's socket diagnostics. Bytes go in and come
 * out; socket_table_linux.c makes sense of them. fake_sock_diag_linux.c stands
 * in this place in tests.
 */

#include <stdbool.h>
#include <stddef.h>

/* A descriptor, or -1 with errno. */
int sock_diag_open(void);

/* Sends one request. False with errno. */
bool sock_diag_send(int channel, const void *request, size_t size);

/*
 * Waits for the next datagram from the kernel and copies what fits. The result
 * is its full size, which may be more than `size`; -1 with errno.
 */
long sock_diag_receive(int channel, void *buffer, size_t size);

/* Does nothing for -1. */
void sock_diag_close(int channel);

/* Whether the kernel has sockets of an address family and type at all. */
bool sock_diag_has_family(int family, int type);
