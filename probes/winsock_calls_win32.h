/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The calls of Winsock that the reactor needs.
 *
 * fake_winsock_calls_win32.c stands in this place in tests: there the real
 * calls are made as well, but for those whose result is told beforehand.
 */

#include <stdbool.h>

#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>

#include "base/compiler.h"
#include "base/failure.h"

struct winsock_calls {
    SOCKET(WSAAPI *open)
    (int family, int type, int protocol, WSAPROTOCOL_INFOW *info, GROUP group, DWORD flags);
    int(WSAAPI *close)(SOCKET handle);
    int(WSAAPI *bind)(SOCKET handle, const struct sockaddr *address, int size);
    int(WSAAPI *connect)(SOCKET handle, const struct sockaddr *address, int size);
    int(WSAAPI *own_name)(SOCKET handle, struct sockaddr *address, int *size);
    int(WSAAPI *set_option)(SOCKET handle, int level, int name, const char *value, int size);
    int(WSAAPI *get_option)(SOCKET handle, int level, int name, char *value, int *size);
    int(WSAAPI *control)(SOCKET handle, DWORD code, void *in, DWORD in_size, void *out,
                         DWORD out_size, DWORD *got, WSAOVERLAPPED *overlapped,
                         LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
    int(WSAAPI *receive)(SOCKET handle, WSABUF *buffers, DWORD count, DWORD *got, DWORD *flags,
                         struct sockaddr *from, int *from_size, WSAOVERLAPPED *overlapped,
                         LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
    int(WSAAPI *send)(SOCKET handle, WSABUF *buffers, DWORD count, DWORD *sent, DWORD flags,
                      const struct sockaddr *to, int to_size, WSAOVERLAPPED *overlapped,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
    BOOL(WSAAPI *result)
    (SOCKET handle, WSAOVERLAPPED *overlapped, DWORD *got, BOOL wait, DWORD *flags);
    LPFN_CONNECTEX begin_connect; /* of IPv4 and IPv6 alike */
    int(WSAAPI *last_error)(void);
};

/* Starts Winsock, and finds its calls; winsock_calls_end() once for each time this is true. */
bool winsock_calls_begin(struct winsock_calls *calls, struct failure *why) NODISCARD;
void winsock_calls_end(void);
