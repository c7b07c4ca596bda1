/* SPDX-License-Identifier: MIT */

#include "probes/winsock_error_win32.h"

#include <stddef.h>

#include <winsock2.h>

/* RFC 792; RFC 4443. */
enum {
    ICMP_UNREACHABLE = 3,
    ICMP_PORT = 3,
    ICMP_EXCEEDED = 11,
    ICMP6_UNREACHABLE = 1,
    ICMP6_PORT = 4,
    ICMP6_EXCEEDED = 3,
};

/* A message of ICMP that Winsock has an error for: only sockets of UDP get it. */
enum said {
    SAID_NOTHING,
    SAID_PORT_UNREACHABLE, /* SIO_UDP_CONNRESET */
    SAID_EXCEEDED,         /* SIO_UDP_NETRESET */
};

/*
 * What is not here is an error of this machine. The second half are errors of
 * the system that come where an operation ends later, and that Winsock ought to
 * have put into its own.
 */
static const struct row {
    long code;
    enum probe_cause cause; /* of TCP */
    enum said said;
} rows[] = {
    {WSAECONNREFUSED, PROBE_RESET, SAID_PORT_UNREACHABLE},
    {WSAECONNRESET, PROBE_RESET, SAID_PORT_UNREACHABLE},
    {WSAECONNABORTED, PROBE_RESET, SAID_NOTHING},
    {WSAENETRESET, PROBE_RESET, SAID_EXCEEDED},
    {WSAETIMEDOUT, PROBE_TIMEOUT, SAID_NOTHING},
    {WSAEHOSTUNREACH, PROBE_UNREACHABLE, SAID_NOTHING},
    {WSAENETUNREACH, PROBE_UNREACHABLE, SAID_NOTHING},
    {WSAEHOSTDOWN, PROBE_UNREACHABLE, SAID_NOTHING},
    {WSAENETDOWN, PROBE_UNREACHABLE, SAID_NOTHING},
    {ERROR_NETNAME_DELETED, PROBE_RESET, SAID_NOTHING},
    {ERROR_CONNECTION_REFUSED, PROBE_RESET, SAID_PORT_UNREACHABLE},
    {ERROR_CONNECTION_ABORTED, PROBE_RESET, SAID_NOTHING},
    {ERROR_SEM_TIMEOUT, PROBE_TIMEOUT, SAID_NOTHING},
    {ERROR_NETWORK_UNREACHABLE, PROBE_UNREACHABLE, SAID_NOTHING},
    {ERROR_HOST_UNREACHABLE, PROBE_UNREACHABLE, SAID_NOTHING},
    {ERROR_PORT_UNREACHABLE, PROBE_RESET, SAID_PORT_UNREACHABLE},
};

static void tell_icmp(struct probe_error *error, enum said said, bool is_v6)
{
    error->cause = PROBE_ICMP;
    error->has_icmp = true;
    if (said == SAID_PORT_UNREACHABLE) {
        error->icmp_type = is_v6 ? ICMP6_UNREACHABLE : ICMP_UNREACHABLE;
        error->icmp_code = is_v6 ? ICMP6_PORT : ICMP_PORT;
    } else {
        error->icmp_type = is_v6 ? ICMP6_EXCEEDED : ICMP_EXCEEDED;
    }
}

struct probe_error winsock_error(long code, uint8_t transport, uint8_t address_size)
{
    struct probe_error error = {.cause = PROBE_LOCAL_ERROR, .code = code};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].code != code) {
            continue;
        }
        error.cause = rows[i].cause;
        if (transport == PROBE_UDP && rows[i].said != SAID_NOTHING) {
            tell_icmp(&error, rows[i].said, address_size == 16);
        }
    }
    return error;
}
