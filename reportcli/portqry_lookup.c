/* SPDX-License-Identifier: MIT */

#include "reportcli/portqry_lookup.h"

#include <stdlib.h>

#include "base/thread.h"
#include "probes/resolver_system.h"

enum { LOOK_MS = 100 }; /* how late a stop may be noticed */

/* The thread's. Where nobody waits for it any more it stays until the process ends. */
struct lookup {
    char *host; /* NULL: the name of `address` is wanted */
    struct socket_endpoint address;
    struct text name;
    bool found;
    struct bell *done;
};

static void look_up(struct lookup *lookup)
{
    struct address_list addresses = {0};
    struct failure ignored;

    lookup->found = resolver_look_up(lookup->host, 4, &addresses, &ignored) ||
                    resolver_look_up(lookup->host, 0, &addresses, &ignored);
    if (lookup->found) {
        lookup->address = addresses.items[0];
    }
    address_list_clear(&addresses);
}

static void body(void *context)
{
    struct lookup *lookup = context;
    struct failure ignored;

    if (lookup->host != NULL) {
        look_up(lookup);
    } else {
        lookup->found = resolver_look_back(&lookup->address, &lookup->name, &ignored);
    }
    bell_ring(lookup->done);
}

static void clear(struct lookup *lookup)
{
    if (lookup != NULL) {
        bell_close(lookup->done);
        text_clear(&lookup->name);
        free(lookup->host);
        free(lookup);
    }
}

/* Makes *out, or leaves it NULL. */
static bool make(struct lookup **out, const char *host, const struct socket_endpoint *address,
                 struct failure *why)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));

    *out = NULL;
    if (lookup == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to look a name up");
    }
    lookup->host = host != NULL ? text_copy(host) : NULL;
    lookup->address = *address;
    if ((host != NULL && lookup->host == NULL) || !bell_open(&lookup->done, why)) {
        clear(lookup);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to look a name up");
    }
    *out = lookup;
    return true;
}

/* *out is NULL where it was stopped. */
static bool run(struct lookup **out, const char *host, const struct socket_endpoint *address,
                const volatile bool *stopped, struct failure *why)
{
    struct thread *thread;
    bool is_done = false;

    if (!make(out, host, address, why)) {
        return false;
    }
    if (!thread_start(&thread, body, *out, why)) {
        clear(*out);
        *out = NULL;
        return false;
    }
    while (!is_done && !*stopped) {
        is_done = bell_wait((*out)->done, LOOK_MS);
    }
    if (is_done) {
        thread_join(thread);
    } else {
        thread_abandon(thread);
        *out = NULL;
    }
    return true;
}

bool portqry_look_up(const char *host, const volatile bool *stopped,
                     struct socket_endpoint *address, bool *found, struct failure *why)
{
    struct lookup *lookup;
    bool done = run(&lookup, host, address, stopped, why);

    *found = lookup != NULL && lookup->found;
    if (*found) {
        *address = lookup->address;
    }
    clear(lookup);
    return done;
}

bool portqry_look_back(const struct socket_endpoint *address, const volatile bool *stopped,
                       struct text *name, bool *found, struct failure *why)
{
    struct lookup *lookup;
    bool done = run(&lookup, NULL, address, stopped, why);

    *found = lookup != NULL && lookup->found;
    if (*found) {
        text_add(name, text_bytes(&lookup->name));
    }
    clear(lookup);
    return done;
}
