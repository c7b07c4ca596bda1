/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A protocol tower of RPC: over which protocols an interface is reached, and
 * where (C706 appendices I and L, MS-RPCE section 2.2.1.2).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { RPC_UUID_SIZE = 16 };

/* Starts as {0}; the holder clears it. */
struct rpc_tower {
    uint8_t uuid[RPC_UUID_SIZE]; /* of the interface, little-endian */
    uint16_t major;
    uint16_t minor;
    struct text protocol; /* "ncacn_ip_tcp"; of ones that are not known the numbers of the floors */
    struct text address;  /* empty where it has none */
    struct text endpoint; /* a port or a pipe, likewise */
};

void rpc_tower_clear(struct rpc_tower *tower);

/* False where the bytes are no whole tower; *tower has what was read up to there. */
bool rpc_tower_read(struct rpc_tower *tower, const uint8_t *bytes, size_t size);

/* "e1af8308-5d1f-11c9-91a4-08002b14a0fa". `is_big`: the byte order of the numbers in it. */
void rpc_uuid_add(struct text *text, const uint8_t uuid[RPC_UUID_SIZE], bool is_big);
