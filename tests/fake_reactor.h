/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A network as a test wants it, in the place of probes/reactor_*.c. Time is
 * clock_fake's, and passes in reactor_wait() alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/reactor.h"

/* A socket that the engine has opened: by its number, from 0 on. */
struct fake_reactor_socket {
    struct reactor_socket_options options;
    int attempt; /* how many sockets to that port and transport were opened before it */
};

/* Called when a socket is opened; *error is set where that is refused (cause NONE: it is not). */
typedef void fake_reactor_open_fn(size_t socket, const struct fake_reactor_socket *opened,
                                  struct probe_error *error);

/* Called when the engine sends. */
typedef void fake_reactor_send_fn(size_t socket, const struct fake_reactor_socket *sender,
                                  const void *bytes, size_t size);

/* Begins anew. NULL: nothing happens then. */
void fake_reactor_reset(fake_reactor_open_fn *on_open, fake_reactor_send_fn *on_send);
void fake_reactor_clear(void);

/* What happens to a socket in so many milliseconds; nothing where it is closed by then. */
void fake_reactor_connect(size_t socket, int64_t in);
void fake_reactor_fail(size_t socket, int64_t in, const struct probe_error *error);
void fake_reactor_say(size_t socket, int64_t in, const void *bytes, size_t size);
void fake_reactor_end(size_t socket, int64_t in); /* TCP: its side is closed */

/* Calls `fn` when so many milliseconds have passed. */
void fake_reactor_call(int64_t in, void (*fn)(void *context), void *context);

/* A send takes so many bytes at most, and a moment later is writable again; 0: all. */
void fake_reactor_narrow(size_t bytes);

/* What reactor_least_attempt() says; 0 after a reset. */
void fake_reactor_need_attempts(int milliseconds);

/* While nothing is due, wait for reactor_wake() instead of letting time pass. */
void fake_reactor_await_wake(bool await);

size_t fake_reactor_open_sockets(void);
size_t fake_reactor_most_sockets(void); /* open at once */
size_t fake_reactor_opened(void);       /* in all */
size_t fake_reactor_sent(void);         /* datagrams, or pieces of streams */
bool fake_reactor_was_reset(size_t socket);
