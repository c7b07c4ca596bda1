/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Names become addresses in a few threads of their own, since the system's
 * calls block. Belongs to one thread but for its wake function.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "probes/address_list.h"

struct resolver;

enum { RESOLVER_THREADS = 8 };

/* Called by a thread of the resolver when an answer can be taken. */
typedef void resolver_wake_fn(void *context);

bool resolver_open(struct resolver **out, resolver_wake_fn *wake, void *context,
                   struct failure *why) NODISCARD;

/*
 * Does not wait for a look-up that hangs: its thread ends when the system lets
 * it. The wake function is not called any more. Does nothing for NULL.
 */
void resolver_close(struct resolver *resolver);

/* Asks for a name, of family 4, 6 or 0: either. `user` comes back in the answer. */
bool resolver_ask(struct resolver *resolver, const char *host, int family, void *user,
                  struct failure *why) NODISCARD;

struct resolver_answer {
    void *user;
    bool found;
    struct address_list addresses; /* none where it was not found */
    int64_t took;                  /* microseconds */
    char why[300];                 /* where it was not found */
};

/* Takes an answer that is there, of which the caller clears the addresses. False: there is none. */
bool resolver_take(struct resolver *resolver, struct resolver_answer *out);
