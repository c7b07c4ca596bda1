/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Thousands of sockets, one thread: epoll on Linux, I/O completion ports on
 * Windows. Sockets never block. Belongs to one thread but for reactor_wake().
 *
 * The reactor says that something happened; what it means (statuses, attempts,
 * deadlines) is decided by engine.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/socket_row.h"
#include "probes/outcome.h"

struct reactor;
struct reactor_socket;

/* `most`: sockets that may be open at once. */
bool reactor_open(struct reactor **out, size_t most, struct failure *why) NODISCARD;
void reactor_close(struct reactor *reactor); /* all sockets are closed before; nothing for NULL */

/*
 * How many sockets may be open at once on this system: raises the soft limit
 * of descriptors to the hard one, and leaves three quarters of the dynamic
 * ports that are free now to others. *why_less: one line that says what limits
 * it, where it is fewer than `wanted`.
 */
size_t reactor_limit(size_t wanted, char *why_less, size_t why_size);

/*
 * How many milliseconds an attempt to connect must be given at least. Windows
 * sends a SYN again after it was refused, so that a refusal is known only
 * after seconds; where the system cannot be told not to, less would take a
 * refusal for silence. 0: any.
 */
int reactor_least_attempt(const struct reactor *reactor);

/* Whether a socket may have that address as its own: where this machine has it. Any, for size 0. */
bool reactor_check_source(const struct reactor *reactor, const struct socket_endpoint *source,
                          struct failure *why) NODISCARD;

struct reactor_socket_options {
    uint8_t transport;             /* PROBE_TCP, PROBE_UDP */
    struct socket_endpoint target; /* address and port */
    struct socket_endpoint source; /* address_size 0: any address; port 0: any port */
    bool from_any_port;            /* UDP: datagrams of the target's other ports are taken, too */
    int attempt_ms;                /* TCP: how long one attempt lasts (SIO_TCP_INITIAL_RTO) */
    void *user;                    /* comes back in events */
};

/*
 * Opens a socket and begins to connect it (TCP), or sets its peer (UDP). False
 * with *error where that failed at once. reactor_socket_close() gives it back.
 */
bool reactor_socket_open(struct reactor_socket **out, struct reactor *reactor,
                         const struct reactor_socket_options *options,
                         struct probe_error *error) NODISCARD;

/*
 * Whether opening or sending failed because this machine has no more sockets,
 * ports or buffers just now: that passes when others are closed.
 */
bool reactor_error_passes(const struct probe_error *error);

/* No event comes for it after this. TCP: reset, not closed in order, where `reset`. */
void reactor_socket_close(struct reactor_socket *socket, bool reset);

uint16_t reactor_socket_port(const struct reactor_socket *socket); /* the local one; 0: not known */

enum reactor_happening {
    REACTOR_CONNECTED, /* TCP; one that has only met itself is FAILED, refused */
    REACTOR_READABLE,  /* reactor_receive() has something, or the end; comes again with the next
                          wait while something is left */
    REACTOR_WRITABLE,  /* after a send that did not take all */
    REACTOR_FAILED,    /* by `error`; of TCP nothing more comes, of UDP a datagram still may */
};

struct reactor_event {
    enum reactor_happening happening;
    void *user;
    struct probe_error error; /* FAILED */
};

/*
 * Waits at most `milliseconds` (-1: as long as it takes) for events, and stores
 * up to `most`, at most one of each socket. 0 of them: the time has passed, or
 * reactor_wake() was called, and no socket has anything to tell.
 */
bool reactor_wait(struct reactor *reactor, int milliseconds, struct reactor_event *events,
                  size_t most, size_t *count, struct failure *why) NODISCARD;

/* From any thread: ends a wait, or the next one. */
void reactor_wake(struct reactor *reactor);

/*
 * Sends as much as the system takes at once; a datagram goes whole, or not yet
 * (*sent is 0, and WRITABLE comes). False with *error where the socket has failed.
 */
bool reactor_send(struct reactor_socket *socket, const void *bytes, size_t size, size_t *sent,
                  struct probe_error *error) NODISCARD;

enum reactor_received {
    REACTOR_BYTES,   /* *received of them; of UDP one datagram, which may be empty */
    REACTOR_NOTHING, /* not now */
    REACTOR_END,     /* TCP: the other side has closed */
    REACTOR_ERROR,   /* *error; of UDP the next call may have a datagram */
};

/*
 * Never waits. A datagram that is longer than `size` is cut, and *received says
 * how long it was. *from: who sent it (UDP); may be NULL.
 */
enum reactor_received reactor_receive(struct reactor_socket *socket, void *bytes, size_t size,
                                      size_t *received, struct socket_endpoint *from,
                                      struct probe_error *error);
