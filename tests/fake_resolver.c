/* SPDX-License-Identifier: MIT */

/*
 * Names without a name service: "here" is 192.0.2.7, "many" has addresses of
 * both families, "blocked" and "blocked6" have nobody's, "group" has one of multicast, "stuck"
 * comes back when it is let go, of "later" nobody can say, and nobody else is.
 */

#include "tests/fake_resolver.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "probes/resolver_system.h"

static atomic_bool held;

void fake_resolver_hold(bool hold)
{
    atomic_store(&held, hold);
}

static void wait_until_let_go(void)
{
    struct bell *bell = NULL;
    struct failure why;

    if (!bell_open(&bell, &why)) {
        abort();
    }
    while (atomic_load(&held)) {
        (void)bell_wait(bell, 1);
    }
    bell_close(bell);
}

static const struct {
    const char *name;
    struct socket_endpoint address;
} names[] = {
    {"here", {.address = {192, 0, 2, 7}, .address_size = 4}},
    {"blocked", {.address_size = 4}},
    {"blocked6", {.address_size = 16}},
    {"group", {.address = {224, 0, 0, 251}, .address_size = 4}},
    {"many", {.address = {0x20, 1, 0xd, 0xb8, [15] = 1}, .address_size = 16}},
    {"many", {.address = {192, 0, 2, 1}, .address_size = 4}},
    {"many", {.address = {192, 0, 2, 1}, .address_size = 4}},
    {"many", {.address = {192, 0, 2, 2}, .address_size = 4}},
};

bool resolver_look_up(const char *host, int family, struct address_list *out, struct failure *why)
{
    *out = (struct address_list){0};
    if (strcmp(host, "stuck") == 0) {
        wait_until_let_go();
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct socket_endpoint *address = &names[i].address;
        bool fits = family == 0 || (family == 6) == (address->address_size == 16);

        if (strcmp(host, names[i].name) == 0 && fits && !address_list_add(out, address)) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for a name");
        }
    }
    if (strcmp(host, "later") == 0) {
        return FAIL(why, FAILURE_BUSY, 0, "ask later");
    }
    return out->count > 0 || FAIL(why, FAILURE_MISSING, 0, "no such host");
}

bool resolver_look_back(const struct socket_endpoint *address, struct text *name,
                        struct failure *why)
{
    (void)address;
    (void)name;
    return FAIL(why, FAILURE_MISSING, 0, "no such address");
}
