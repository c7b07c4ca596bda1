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

enum {
    RESOLVER_THREADS = 8,
    RESOLVER_THREADS_MOST = 64, /* while names wait for a thread */
};

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

/*
 * When the name that was asked for with `user` is to be given up, by
 * clock_steady_us(): `patience` microseconds after a thread took it, or, where
 * all threads hang in others, after the newest of those was taken. INT64_MAX:
 * not known yet; then there is one thread more from now on, if there may be.
 */
int64_t resolver_give_up_at(struct resolver *resolver, const void *user, int64_t patience);

struct resolver_answer {
    void *user;
    bool found;
    bool is_unsure;                /* nobody could say whether it has one */
    struct address_list addresses; /* none where it was not found */
    int64_t took;                  /* microseconds */
    char why[300];                 /* where it was not found */
};

/* Takes an answer that is there, of which the caller clears the addresses. False: there is none. */
bool resolver_take(struct resolver *resolver, struct resolver_answer *out);
