/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A protocol that a port can be asked in: one file that ends in its
 * `const struct protocol`, and one row in protocols.c.
 *
 * A protocol is pure: it is given the bytes that came and says what to send,
 * what they mean and what is next. It knows no socket, no clock and no random
 * source but those of its target, so that the same bytes always give the same
 * answer; bytes are from outside and may be anything.
 *
 * The engine calls begin(), sends what it wrote into `out`, and calls stream()
 * or datagram() with what comes, until one of them ends the talk. Deadlines,
 * attempts and limits are the engine's business.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/answer.h"
#include "probes/byte_reader.h"
#include "probes/byte_writer.h"
#include "probes/outcome.h"

/* Whom it is said to, and what it may depend on. */
struct protocol_target {
    uint8_t transport; /* PROBE_TCP, PROBE_UDP */
    uint16_t port;
    uint16_t source_port;           /* ours */
    const char *host;               /* as it was asked for: a name, or an address in text form */
    bool host_is_address;           /* then no name is told to the server (SNI, Host) */
    struct socket_endpoint address; /* of the target */
    const char *community;          /* SNMP: "public" where none was given */
    const char *dns_name;           /* what a DNS server is asked for */
    const char *secret;             /* shared secret, from a safe file; NULL: none */
    int64_t now;                    /* wall clock when the attempt began, ms since 1970 UTC */
    int64_t now_us;     /* the same in microseconds, for protocols that measure clocks */
    uint8_t random[64]; /* other bytes for each attempt: ids, nonces, keys */
};

enum protocol_next {
    PROTOCOL_WAIT,   /* more must come; `out`, where it is not empty, is sent first */
    PROTOCOL_IGNORE, /* a datagram that belongs to somebody else (another id): as if it had not come
                      */
    PROTOCOL_ANSWERED, /* the server speaks the protocol; the answer is as complete as it will be */
    PROTOCOL_WRONG,    /* what came is not of the protocol: `why` says what it was */
    PROTOCOL_TLS,      /* `out` is sent, then TLS begins on the connection; the talk goes on inside
                          of it with began_tls(). What came and was not used is dropped, and told */
};

/* One talk with one server. The engine makes it; a protocol writes what is marked so. */
struct talk {
    const struct protocol_target *target;
    struct byte_writer out; /* written: what to send next; the engine sends and resets it */
    struct answer answer;   /* written */
    char why[200];   /* written: one line; with WRONG what came instead, with ANSWERED what is
                        worth knowing beside the answer */
    bool in_tls;     /* it goes on inside TLS */
    bool is_partial; /* written: ANSWERED, but a part of the answer did not come */
    bool is_enough;  /* written: what came so far is an answer. Should no more come, in time or at
                        all, or TLS not come up, it ends as with ANSWERED, and is partial */
    bool cannot_ask; /* written by begin() or began_tls(): this machine lacks what asking takes (a
                        secret, an algorithm), which `why` names. Nothing is sent */
    bool is_done;    /* written by begin() or began_tls(): there is nothing to wait for. Once `out`
                        is sent, the talk has ended as with ANSWERED */
    int64_t elapsed_us; /* since the moment just before the request was given to the system (after
                           it would be too late: the reply may be there by then); for protocols that
                           measure clocks */
    void *state;        /* state_size bytes of the protocol, zero at first. Nothing in it needs to
                           be freed, unless the protocol has clear() */
};

/* A port that is known for the protocol. */
struct protocol_port {
    uint16_t port;
    uint8_t transport;
};

enum protocol_security {
    PROTOCOL_PLAIN,
    PROTOCOL_IN_TLS, /* TLS begins at once: https, ldaps */
};

struct protocol {
    const char *name;   /* "ldap": what --as and the settings take, and outputs show */
    const char *title;  /* "LDAP: rootDSE" */
    const char *source; /* where its form is from: "RFC 4511, MS-ADTS 3.1.1.3.1.11" */
    const struct protocol_port *ports; /* ended by port 0 */
    const char *const *services;       /* names in the services file; ended by NULL */
    const char *side_effect; /* what asking does to the server, in words: such a protocol is asked
                                only where it was asked for by name. NULL: nothing that matters */
    const char *repetition;  /* what becomes of who asks again and again, in words: told with a job.
                                NULL: nothing */
    const char *silence; /* UDP: why a server that is there may say nothing to us, in words: told
                            with a timeout. NULL: for no reason of its own */
    enum protocol_security security;
    bool other_port_replies; /* UDP: the reply comes from another port of the target (TFTP) */
    bool repeats_anew;       /* UDP: where nothing came, the next request has ids of its own, since
                                a late reply to the first one would mislead (NTP). Else the same is
                                sent again, and a reply to either will do */
    bool needs_secret;       /* without the server's secret it cannot be asked in */
    uint16_t source_port;    /* that the request prefers to come from; 0: any */
    size_t largest;          /* bytes of a stream that are read at most; 0: 64 KiB */
    const struct answer_field *fields;
    size_t field_count;
    size_t state_size;

    /* Writes the request into `out`, or nothing where the server speaks first. IN_TLS: when TLS is
     * up. */
    void (*begin)(struct talk *talk);

    /*
     * TCP, also inside TLS. `bytes` are all that came and were not used yet.
     * *used says how many of them need not come again; the rest does, with
     * more behind it. `ended`: the server has closed its side, nothing more
     * will come: after that WAIT means that it ended too early. NULL: no TCP.
     */
    enum protocol_next (*stream)(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used);

    /* UDP, once a datagram, which may have 0 bytes. NULL: no UDP. */
    enum protocol_next (*datagram)(struct talk *talk, const uint8_t *bytes, size_t size);

    /* After PROTOCOL_TLS, when TLS is up: writes what to say next, as begin(). NULL: never asked
     * for. */
    void (*began_tls)(struct talk *talk);

    /* What to send when the talk has ended with ANSWERED, or is broken off after begin(), so that
     * nothing is left behind on the server (QUIT, StopCCN): written into `out`. NULL: nothing. */
    void (*farewell)(struct talk *talk);

    /* Frees what `state` holds. NULL: nothing. */
    void (*clear)(struct talk *talk);
};

/* All protocols, in the order of docs/probes.md; ended by NULL. */
extern const struct protocol *const protocols[];

/* By name, without regard to case; NULL where there is none. */
const struct protocol *protocol_find(const char *name);

/*
 * The protocol of a port: by the name that the services file has for it (NULL:
 * none), else by the well-known port. NULL: it is only reached.
 */
const struct protocol *protocol_of_port(uint8_t transport, uint16_t port, const char *service);

/* talk->why, cut to its room, control characters made visible. */
void talk_say(struct talk *talk, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same, as PROTOCOL_WRONG. */
enum protocol_next talk_wrong(struct talk *talk, const char *format, ...) PRINTF_LIKE(2, 3);
