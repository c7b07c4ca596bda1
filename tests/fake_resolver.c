/* SPDX-License-Identifier: MIT */

/*
 * Names without a name service: "here" is 192.0.2.7, and nobody else is.
 */

#include "probes/resolver_system.h"

#include <string.h>

bool resolver_look_up(const char *host, int family, struct socket_endpoint *out,
                      struct failure *why)
{
    static const struct socket_endpoint here = {.address = {192, 0, 2, 7}, .address_size = 4};

    *out = here;
    return (strcmp(host, "here") == 0 && family != 6) ||
           FAIL(why, FAILURE_MISSING, 0, "no such host");
}

bool resolver_look_back(const struct socket_endpoint *address, struct text *name,
                        struct failure *why)
{
    (void)address;
    (void)name;
    return FAIL(why, FAILURE_MISSING, 0, "no such address");
}
