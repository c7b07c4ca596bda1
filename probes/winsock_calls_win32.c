/* SPDX-License-Identifier: MIT */

#include "probes/winsock_calls_win32.h"

/* ConnectEx is told by the provider of the socket. */
static bool find_connect(struct winsock_calls *calls, struct failure *why)
{
    GUID id = WSAID_CONNECTEX;
    SOCKET handle = calls->open(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    DWORD got;
    bool is_found =
        handle != INVALID_SOCKET &&
        calls->control(handle, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                       &calls->begin_connect, sizeof(calls->begin_connect), &got, NULL, NULL) == 0;

    if (!is_found) {
        failure_from_system(why, calls->last_error(), "cannot find ConnectEx");
    }
    if (handle != INVALID_SOCKET) {
        calls->close(handle);
    }
    return is_found;
}

bool winsock_calls_begin(struct winsock_calls *calls, struct failure *why)
{
    WSADATA about;
    int error = WSAStartup(MAKEWORD(2, 2), &about);

    *calls = (struct winsock_calls){
        .open = WSASocketW,
        .close = closesocket,
        .bind = bind,
        .connect = connect,
        .own_name = getsockname,
        .set_option = setsockopt,
        .get_option = getsockopt,
        .control = WSAIoctl,
        .receive = WSARecvFrom,
        .send = WSASendTo,
        .result = WSAGetOverlappedResult,
        .last_error = WSAGetLastError,
    };
    if (error != 0) {
        return failure_from_system(why, error, "cannot start Winsock");
    }
    if (!find_connect(calls, why)) {
        WSACleanup();
        return false;
    }
    return true;
}

void winsock_calls_end(void)
{
    WSACleanup();
}
