/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What came of asking one port: plain data.
 *
 * A query has two phases, as in PortQry: to reach the port (a TCP connection,
 * a UDP datagram), and to ask in the protocol that belongs to it. Both results
 * are kept. The status is PortQry's word for both together; the cause says how
 * we know it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "collector/socket_row.h"
#include "probes/answer.h"

/* The numbers go into the ledger. */
enum probe_status {
    PROBE_NOT_ASKED =
        0, /* the port was never asked: the name has no address, or an error of ours */
    PROBE_LISTENING = 1,
    PROBE_NOT_LISTENING = 2,
    PROBE_FILTERED = 3,
    PROBE_LISTENING_OR_FILTERED = 4, /* UDP that stays silent */
    PROBE_STATUS_COUNT,
};

/* Of a phase, and of the outcome. The numbers go into the ledger. */
enum probe_cause {
    PROBE_CAUSE_NONE = 0,          /* the phase did not take place */
    PROBE_ACCEPTED = 1,            /* the TCP connection was made */
    PROBE_ANSWERED = 2,            /* a reply of the protocol */
    PROBE_RESET = 3,               /* the connection was refused by a reset */
    PROBE_ICMP = 4,                /* an ICMP error: type and code say which */
    PROBE_TIMEOUT = 5,             /* nothing came */
    PROBE_UNREACHABLE = 6,         /* this machine has no way there, or the network says so */
    PROBE_NAME_NOT_RESOLVED = 7,   /* the name has no address */
    PROBE_RESET_AFTER_CONNECT = 8, /* accepted, and reset or closed before it said anything */
    PROBE_WRONG_PROTOCOL = 9,      /* it said something that is not of the protocol */
    PROBE_LOCAL_ERROR = 10,        /* this machine could not ask: `detail` says why */
    PROBE_SILENT = 11,             /* accepted, and then nothing in time */
    PROBE_STOPPED = 12,            /* the run was ended before it was decided */
    PROBE_INCOMPLETE = 13,         /* its reply began well and broke off: `detail` says how */
    PROBE_CAUSE_COUNT,
};

/* An error of a socket, as far as the system tells. {0}: none. */
struct probe_error {
    enum probe_cause cause;
    long code;         /* errno or WSAGetLastError(); 0: none */
    bool stays;        /* LOCAL_ERROR: no want of room, though the code could mean one */
    bool has_icmp;     /* what follows is known */
    uint8_t icmp_type; /* of ICMP, or of ICMPv6 where the target is an IPv6 address */
    uint8_t icmp_code;
    struct socket_endpoint offender; /* who sent it; address_size 0: not told */
};

struct probe_phase {
    enum probe_cause cause;
    struct probe_error error; /* of the last attempt, where there was one */
    uint8_t attempts;         /* that were made */
};

/* Microseconds; -1: did not take place, or did not end. */
struct probe_timings {
    int64_t name;    /* to resolve the name */
    int64_t connect; /* of the attempt that succeeded, or was refused */
    int64_t tls;     /* the handshake alone */
    int64_t reply;   /* from the request to the first byte of the reply; of a server that speaks
                        first, from the connection on */
    int64_t total;   /* all of it, attempts that failed included */
};

enum { PROBE_TCP = SOCKET_TCP, PROBE_UDP = SOCKET_UDP };

/* Starts as {0}; the holder clears it. */
struct outcome {
    char *host;                    /* as it was asked for; owned */
    struct socket_endpoint target; /* address and port; address_size 0: name not resolved */
    char *other_addresses;         /* that the name has, with commas; NULL: none. Owned */
    uint16_t address_number; /* which one of the name's it is, in the system's order: from 0 */
    uint16_t port;
    uint8_t transport;    /* PROBE_TCP, PROBE_UDP */
    const char *protocol; /* name of the protocol that was asked in; NULL: none. Lent for ever */
    char *service;        /* name of the port in the services file; NULL: none. Owned */
    enum probe_status status;
    enum probe_cause cause; /* the one that decided the status */
    bool name_is_unsure;    /* not resolved, since no name server could say whether it has one */
    struct probe_phase reach;
    struct probe_phase ask;
    struct probe_timings timings;
    int64_t started_at;   /* wall clock, milliseconds since 1970 UTC */
    uint16_t source_port; /* the local one; 0: not known */
    struct answer answer; /* of TLS and of the protocol */
    bool is_partial;      /* there was more to answer, which did not come */
    char *detail;         /* one line of text beyond the cause; NULL: none. Owned */
    char *said;           /* the beginning of what came over TCP, up to the first 0, where that was
                             wanted; NULL: nothing did. Owned */
};

void outcome_clear(struct outcome *outcome);

/* "LISTENING", "LISTENING or FILTERED"; "timeout"; both are the words of every output. */
const char *probe_status_name(int status);
const char *probe_cause_name(int cause);
int probe_status_from_name(const char *name); /* -1: no such status */

/*
 * Status and cause from the two phases: the one rule of the product. Sets
 * outcome->status and outcome->cause from transport, protocol, reach and ask.
 */
void outcome_judge(struct outcome *outcome);

/*
 * Appends the cause in words, with what the network said: "answered in part", "ICMP port
 * unreachable", "ICMP administratively prohibited (from 10.0.0.1)", where that is not the target.
 */
void outcome_add_cause(struct text *text, const struct outcome *outcome);

/* "port unreachable": the words for a type and code of ICMP or ICMPv6; "type 3, code 20" for
 * others. */
void icmp_add_name(struct text *text, bool is_version_6, uint8_t type, uint8_t code);
