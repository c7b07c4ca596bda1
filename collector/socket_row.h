/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One TCP or UDP socket, as the system reports it at one moment. Plain data.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"

/* IANA protocol numbers: they go into the ledger as they are. */
enum socket_protocol {
    SOCKET_TCP = 6,
    SOCKET_UDP = 17,
};

/* RFC 9293's states, numbered as in Windows' MIB (RFC 4022 tcpConnectionState). */
enum socket_state {
    SOCKET_STATELESS = 0, /* UDP */
    SOCKET_CLOSED = 1,    /* Windows also shows bound TCP sockets that neither listen nor connect */
    SOCKET_LISTENING = 2,
    SOCKET_SYN_SENT = 3,
    SOCKET_SYN_RECEIVED = 4,
    SOCKET_ESTABLISHED = 5,
    SOCKET_FIN_WAIT_1 = 6,
    SOCKET_FIN_WAIT_2 = 7,
    SOCKET_CLOSE_WAIT = 8,
    SOCKET_CLOSING = 9,
    SOCKET_LAST_ACK = 10,
    SOCKET_TIME_WAIT = 11,
    SOCKET_STATE_COUNT,
};

struct socket_endpoint {
    uint8_t address[16]; /* network byte order; the first address_size bytes count, the rest is 0 */
    uint32_t scope_id;   /* of a link-local IPv6 address: the interface; else 0 */
    uint16_t port;       /* host byte order */
    uint8_t address_size; /* 4 or 16; 0 where there is no such end */
};

/* How we know the owner of a row. The numbers go into the ledger. */
enum socket_attribution {
    ATTRIBUTION_UNKNOWN = 0, /* the system names no owner */
    ATTRIBUTION_EXACT = 1,   /* the process started no later than the socket was created */
    ATTRIBUTION_EXITED = 2,  /* bound by a process that is gone; another may hold the socket now */
    ATTRIBUTION_CARRIED = 3, /* the five-tuple's owner in the sample directly before */
    ATTRIBUTION_KERNEL = 4,  /* the system itself, or a driver of it */
    ATTRIBUTION_DENIED = 5,  /* somebody owns it whom we may not see */
    ATTRIBUTION_COUNT,
};

#define SOCKET_NO_OWNER UINT32_MAX /* in `owner`: no process of the snapshot */
#define SOCKET_NO_SERVICE 0        /* in `service`: none, or not known */

/*
 * A socket that several processes hold has one row for each of them; the rows
 * differ in pid and owner only.
 *
 * The remote end of a LISTENING row and of a UDP row means nothing and is
 * empty: socket_row_normalize() sees to it before anything compares rows.
 */
struct socket_row {
    struct socket_endpoint local;
    struct socket_endpoint remote;
    uint64_t socket_id; /* tells two sockets with equal ends apart (Linux: the inode); 0: unknown */
    int64_t created_at; /* milliseconds since 1970 UTC; 0 where the system does not tell */
    uint32_t pid;       /* as the system says; 0: nobody, or a system that does not tell */
    uint32_t owner;     /* index into the snapshot's processes, or SOCKET_NO_OWNER */
    uint32_t service;   /* 1 + index into the snapshot's services, or SOCKET_NO_SERVICE */
    uint32_t service_tag; /* Windows: which service in its process bound it; 0: not told */
    uint8_t protocol;     /* enum socket_protocol */
    uint8_t state;        /* enum socket_state */
    uint8_t attribution;  /* enum socket_attribution */
};

/* Drops the remote end where it has no meaning, and scope ids where there is none. */
void socket_row_normalize(struct socket_row *row);

/* Order of tables: protocol, local address, local port, remote end, state, pid. For qsort(). */
int socket_row_compare(const void *left, const void *right);

bool socket_endpoint_equal(const struct socket_endpoint *a, const struct socket_endpoint *b);

/* True for 0.0.0.0 and ::. */
bool socket_endpoint_is_any(const struct socket_endpoint *end);

/*
 * Appends 127.0.0.1:80 or [fe80::1%3]:80 (RFC 5952 form); "*:80" is not used;
 * nothing where there is no such end.
 */
void socket_endpoint_add(struct text *text, const struct socket_endpoint *end);

/* Appends the address alone, without brackets. */
void socket_endpoint_add_address(struct text *text, const struct socket_endpoint *end);

/* Reads an address in either family's form, with %scope; the port is left as it is. */
bool socket_endpoint_parse_address(const char *word, struct socket_endpoint *end,
                                   struct failure *why) NODISCARD;

/* "TCP"; "LISTENING" (PortQry's and netstat's words, with a blank: "TIME WAIT"); "exact". */
const char *socket_protocol_name(int protocol);
const char *socket_state_name(int state);
const char *socket_attribution_name(int attribution);

/* The number for a name, without regard to case, '_' or '-' for the blank; -1 where it is none. */
int socket_protocol_from_name(const char *name);
int socket_state_from_name(const char *name);
