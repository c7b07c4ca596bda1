/* SPDX-License-Identifier: MIT */

/*
 * Linux: getaddrinfo(), which asks whatever nsswitch.conf says.
 */

#include "probes/resolver_system.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static struct socket_endpoint endpoint_of(const struct sockaddr *address)
{
    struct socket_endpoint end = {0};

    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;

        end.address_size = 4;
        memcpy(end.address, &v4->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address;

        end.address_size = 16;
        end.scope_id = v6->sin6_scope_id;
        memcpy(end.address, &v6->sin6_addr, 16);
    }
    return end;
}

static bool fail(struct failure *why, int code, int error)
{
    if (code == EAI_SYSTEM) {
        return failure_from_system(why, error, "cannot ask for the name");
    }
    return FAIL(why, code == EAI_AGAIN ? FAILURE_BUSY : FAILURE_MISSING, code, "%s",
                gai_strerror(code));
}

/* Also where an address is of a family that we do not know. */
static bool take_all(struct address_list *out, const struct addrinfo *found)
{
    bool taken = true;

    for (; found != NULL && taken; found = found->ai_next) {
        struct socket_endpoint end = endpoint_of(found->ai_addr);

        taken = end.address_size == 0 || address_list_add(out, &end);
    }
    return taken;
}

bool resolver_look_up(const char *host, int family, struct address_list *out, struct failure *why)
{
    struct addrinfo wanted = {
        .ai_family = family == 4   ? AF_INET
                     : family == 6 ? AF_INET6
                                   : AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *found = NULL;
    int code = getaddrinfo(host, NULL, &wanted, &found);

    *out = (struct address_list){0};
    if (code != 0) {
        return fail(why, code, errno);
    }
    code = take_all(out, found) ? EAI_NONAME : EAI_MEMORY;
    freeaddrinfo(found);
    return out->count > 0 || fail(why, code, 0);
}

bool resolver_look_back(const struct socket_endpoint *address, struct text *name,
                        struct failure *why)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_scope_id = address->scope_id};
    bool is_v4 = address->address_size == 4;
    char host[NI_MAXHOST];
    int code;

    memcpy(&v4.sin_addr, address->address, sizeof(v4.sin_addr));
    memcpy(&v6.sin6_addr, address->address, sizeof(v6.sin6_addr));
    code = getnameinfo(is_v4 ? (const void *)&v4 : (const void *)&v6,
                       is_v4 ? sizeof(v4) : sizeof(v6), host, sizeof(host), NULL, 0, NI_NAMEREQD);
    if (code != 0) {
        return fail(why, code, errno);
    }
    text_add_utf8(name, host, strlen(host));
    return text_ok(name, why);
}
