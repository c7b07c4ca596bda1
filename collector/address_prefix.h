/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An address, or all that begin alike: what people ask with, as in 10.0.0.0/8.
 *
 * An IPv4 address and its IPv4-mapped form in IPv6 (RFC 4291 2.5.5.2) are one
 * here: a socket of both families shows its IPv4 peers in the mapped form.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/socket_row.h"

/* Starts as {0}, which contains every end. */
struct address_prefix {
    uint8_t address[16];  /* network byte order; what is behind the first `bits` is 0 */
    uint8_t address_size; /* 4 or 16; 0: asks for nothing. Never 16 for a mapped address */
    uint8_t bits;         /* 0..address_size * 8 */
    uint32_t scope_id;    /* of a link-local address; 0: any interface */
};

/*
 * Reads ADDRESS or ADDRESS/BITS; bits of the address behind those that count
 * are taken for 0. FAILURE_USAGE with a text that shows the forms.
 */
bool address_prefix_parse(const char *word, struct address_prefix *prefix,
                          struct failure *why) NODISCARD;

/* Whether the end's address begins so. An end without an address does not, unless nothing is asked.
 */
bool address_prefix_contains(const struct address_prefix *prefix,
                             const struct socket_endpoint *end);

/* It is one address, and of one interface where that matters. */
bool address_prefix_is_whole(const struct address_prefix *prefix);
