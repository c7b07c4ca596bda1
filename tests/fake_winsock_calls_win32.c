/* SPDX-License-Identifier: MIT */

#include "tests/fake_winsock_calls_win32.h"

#include <string.h>

#include <mstcpip.h>

/* The functions of the real file, which the build renames. */
bool real_winsock_calls_begin(struct winsock_calls *calls, struct failure *why);
void real_winsock_calls_end(void);

enum {
    PORT_SCALABILITY = 0x3006,
    REUSE_UNICASTPORT = 0x3007,
    FAIL_ON_ICMP = 18,
    ICMP_ERROR = 19,
};

/* ICMP_ERROR_INFO of ws2ipdef.h. */
struct icmp_info {
    struct sockaddr_in6 source;
    int protocol;
    UINT8 type;
    UINT8 code;
};

struct fake_winsock fake_winsock;

static struct winsock_calls real;

static int fail_with(int error)
{
    WSASetLastError(error);
    return SOCKET_ERROR;
}

static int take(int *next)
{
    int error = *next;

    *next = 0;
    return error;
}

static SOCKET WSAAPI fake_open(int family, int type, int protocol, WSAPROTOCOL_INFOW *info,
                               GROUP group, DWORD flags)
{
    int error = take(&fake_winsock.next_open);

    if (error != 0) {
        WSASetLastError(error);
        return INVALID_SOCKET;
    }
    return real.open(family, type, protocol, info, group, flags);
}

static int WSAAPI fake_set_option(SOCKET handle, int level, int name, const char *value, int size)
{
    struct fake_option *option = &fake_winsock.options[fake_winsock.option_count];

    if (fake_winsock.option_count < FAKE_OPTIONS_MOST && size >= (int)sizeof(option->value)) {
        option->level = level;
        option->name = name;
        memcpy(&option->value, value, sizeof(option->value));
        fake_winsock.option_count++;
    }
    if (level == SOL_SOCKET && name == REUSE_UNICASTPORT) {
        return fake_winsock.lacks_unicast_port ? fail_with(WSAENOPROTOOPT) : 0;
    }
    if (level == SOL_SOCKET && name == PORT_SCALABILITY) {
        return fake_winsock.lacks_scalability ? fail_with(WSAENOPROTOOPT) : 0;
    }
    if (level == IPPROTO_TCP && name == FAIL_ON_ICMP) {
        return 0;
    }
    return real.set_option(handle, level, name, value, size);
}

static int WSAAPI fake_get_option(SOCKET handle, int level, int name, char *value, int *size)
{
    struct icmp_info info = {
        .protocol = IPPROTO_ICMP,
        .type = fake_winsock.icmp_type,
        .code = fake_winsock.icmp_code,
    };
    struct sockaddr_in from = {.sin_family = AF_INET};

    if (level != IPPROTO_TCP || name != ICMP_ERROR) {
        return real.get_option(handle, level, name, value, size);
    }
    if (!fake_winsock.has_icmp || *size < (int)sizeof(info)) {
        return fail_with(WSAENOPROTOOPT);
    }
    memcpy(&from.sin_addr, fake_winsock.icmp_from, sizeof(from.sin_addr));
    memcpy(&info.source, &from, sizeof(from));
    memcpy(value, &info, sizeof(info));
    return 0;
}

static int WSAAPI fake_control(SOCKET handle, DWORD code, void *in, DWORD in_size, void *out,
                               DWORD out_size, DWORD *got, WSAOVERLAPPED *overlapped,
                               LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (code == SIO_TCP_INITIAL_RTO) {
        TCP_INITIAL_RTO_PARAMETERS rto;

        memcpy(&rto, in, sizeof(rto));
        fake_winsock.rtt = rto.Rtt;
        fake_winsock.retransmissions = rto.MaxSynRetransmissions;
        return fake_winsock.lacks_initial_rto ? fail_with(WSAEOPNOTSUPP) : 0;
    }
    if (code == SIO_UDP_CONNRESET) {
        fake_winsock.saw_udp_reset = *(const DWORD *)in == 1;
    }
    return real.control(handle, code, in, in_size, out, out_size, got, overlapped, routine);
}

static int WSAAPI fake_receive(SOCKET handle, WSABUF *buffers, DWORD count, DWORD *got,
                               DWORD *flags, struct sockaddr *from, int *from_size,
                               WSAOVERLAPPED *overlapped,
                               LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    int error = take(&fake_winsock.next_receive);

    return error != 0 ? fail_with(error)
                      : real.receive(handle, buffers, count, got, flags, from, from_size,
                                     overlapped, routine);
}

static BOOL WSAAPI fake_result(SOCKET handle, WSAOVERLAPPED *overlapped, DWORD *got, BOOL wait,
                               DWORD *flags)
{
    int error = take(&fake_winsock.next_result);

    if (error != 0) {
        WSASetLastError(error);
        return FALSE;
    }
    return real.result(handle, overlapped, got, wait, flags);
}

bool winsock_calls_begin(struct winsock_calls *calls, struct failure *why)
{
    if (fake_winsock.lacks_connect) {
        return failure_from_system(why, WSAEOPNOTSUPP, "cannot find ConnectEx");
    }
    if (!real_winsock_calls_begin(&real, why)) {
        return false;
    }
    *calls = real;
    calls->open = fake_open;
    calls->set_option = fake_set_option;
    calls->get_option = fake_get_option;
    calls->control = fake_control;
    calls->receive = fake_receive;
    calls->result = fake_result;
    return true;
}

void winsock_calls_end(void)
{
    real_winsock_calls_end();
}

bool fake_winsock_has_set(int level, int name)
{
    for (int i = 0; i < fake_winsock.option_count; i++) {
        const struct fake_option *option = &fake_winsock.options[i];

        if (option->level == level && option->name == name && option->value == 1) {
            return true;
        }
    }
    return false;
}
