/* SPDX-License-Identifier: MIT */

/*
 * Windows: GetAddrInfoW(), which asks the hosts file, DNS, and what else the
 * machine has.
 */

#include "probes/resolver_system.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "base/utf16_win32.h"
#include "probes/winsock_address_win32.h"

enum { HOST_NAME_UNITS = 1025 };

/* "The name is not known" in all its forms is FAILURE_MISSING; the system has words for each. */
static bool fail(struct failure *why, int code, const char *host)
{
    switch (code) {
    case WSAHOST_NOT_FOUND:
    case WSANO_DATA:
    case WSATRY_AGAIN:
    case WSANO_RECOVERY:
    case WSATYPE_NOT_FOUND:
        failure_from_system(why, code, "cannot find %s", host);
        why->kind = code == WSATRY_AGAIN ? FAILURE_BUSY : FAILURE_MISSING;
        return false;
    default:
        return failure_from_system(why, code, "cannot ask for %s", host);
    }
}

/* Winsock runs while somebody uses it. */
static bool begin_winsock(struct failure *why)
{
    WSADATA about;
    int error = WSAStartup(MAKEWORD(2, 2), &about);

    return error == 0 || failure_from_system(why, error, "cannot start Winsock");
}

static bool take(struct address_list *out, const ADDRINFOW *found)
{
    struct winsock_address address = {0};
    struct socket_endpoint end;

    if (found->ai_addrlen > sizeof(address.of)) {
        return true;
    }
    memcpy(&address.of, found->ai_addr, found->ai_addrlen);
    end = winsock_address_to_endpoint(&address);
    return end.address_size == 0 || address_list_add(out, &end);
}

static int look_up(const wchar_t *host, int family, struct address_list *out)
{
    ADDRINFOW wanted = {
        .ai_family = family == 4   ? AF_INET
                     : family == 6 ? AF_INET6
                                   : AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    ADDRINFOW *found = NULL;
    int code = GetAddrInfoW(host, NULL, &wanted, &found);

    if (code == 0) {
        bool taken = true;

        for (const ADDRINFOW *at = found; at != NULL && taken; at = at->ai_next) {
            taken = take(out, at);
        }
        FreeAddrInfoW(found);
        code = out->count > 0 ? 0 : taken ? WSANO_DATA : WSA_NOT_ENOUGH_MEMORY;
    }
    return code;
}

bool resolver_look_up(const char *host, int family, struct address_list *out, struct failure *why)
{
    wchar_t *wide = utf16_from_utf8(host);
    int code;

    *out = (struct address_list){0};
    if (wide == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the name of a host");
    }
    if (!begin_winsock(why)) {
        free(wide);
        return false;
    }
    code = look_up(wide, family, out);
    free(wide);
    WSACleanup();
    return code == 0 || fail(why, code, host);
}

bool resolver_look_back(const struct socket_endpoint *address, struct text *name,
                        struct failure *why)
{
    struct winsock_address asked = winsock_address_of(address, address->address_size);
    wchar_t host[HOST_NAME_UNITS];
    int code;

    if (!begin_winsock(why)) {
        return false;
    }
    code = GetNameInfoW(&asked.of.any, asked.size, host, HOST_NAME_UNITS, NULL, 0, NI_NAMEREQD);
    WSACleanup();
    if (code != 0) {
        return fail(why, code, "the name of the address");
    }
    utf16_add(name, host, wcslen(host));
    return text_ok(name, why);
}
