/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whom to ask: names, addresses, prefixes (10.0.0.0/24, 2001:db8::/120) and
 * ranges (10.0.0.1-10.0.0.50, 10.0.0.1-50). Nothing is resolved, and no range is
 * written out: it is walked.
 *
 * The first and the last address of an IPv4 prefix of 30 bits or fewer are its
 * network and its broadcast address, and left out. 0.0.0.0 and :: are no hosts,
 * nor are groups of them, and refused.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/socket_row.h"

enum { TARGETS_MOST = 65536 }; /* unless more are asked for in words */

/* Some addresses one behind the other, or a name. */
struct target_span {
    char *name;                   /* NULL: addresses */
    struct socket_endpoint first; /* its port is 0 */
    uint64_t count;               /* addresses; 1 of a name */
};

/* Starts as {0}. */
struct target_list {
    struct target_span *spans;
    size_t count;
    size_t capacity;
    uint64_t total; /* all of them, doubles included */
};

/*
 * Whether it is of many hosts: multicast (RFC 5771 section 3, RFC 4291 section
 * 2.7), or 255.255.255.255 (RFC 919 section 7). None of them could be told apart.
 */
bool target_is_group(const struct socket_endpoint *address);

/*
 * Appends one of the forms above. FAILURE_USAGE where it is none, or where
 * there are more than TARGETS_MOST then and it is not `large`.
 */
bool target_list_add(struct target_list *list, const char *word, bool large,
                     struct failure *why) NODISCARD;
void target_list_clear(struct target_list *list);

/* A walk through the list. Starts as {0}. */
struct target_walk {
    size_t span;
    uint64_t offset;
};

/*
 * The next one: a name, or an address in *address and its text in *text, which
 * is reset before. Doubles come once. False: there are no more.
 */
bool target_list_next(const struct target_list *list, struct target_walk *walk, struct text *text,
                      struct socket_endpoint *address);
