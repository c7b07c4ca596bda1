/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reads the system's tables of TCP and UDP sockets, IPv4 and IPv6.
 *
 * socket_table_win32.c asks the IP helper library (ip_helper_win32.h),
 * socket_table_linux.c the kernel by NETLINK_SOCK_DIAG (sock_diag_linux.h).
 * These two headers are where tests put systems of their own.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "collector/socket_row.h"

/* Starts as {0}, which is a valid empty table. */
struct socket_table {
    struct socket_row *rows; /* `owner` is not set yet */
    size_t count;
    size_t capacity;
    unsigned lacks; /* enum snapshot_lack */
};

/* Keeps buffers and handles between readings. Belongs to one thread. */
struct socket_reader;

bool socket_reader_open(struct socket_reader **out, struct failure *why) NODISCARD;

/*
 * Replaces the content of *table by the sockets that are open now.
 *
 * Whole or not at all: where one of the system's tables cannot be read, the
 * call fails and *table is empty, because a ledger with holes would report
 * ports as closed that are open. An address family that this system does not
 * have is no failure: it is noted in `lacks`.
 */
bool socket_reader_read(struct socket_reader *reader, struct socket_table *table,
                        struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void socket_reader_close(struct socket_reader *reader);

/* Appends a copy of *row. Used by the readers and by tests. */
bool socket_table_add(struct socket_table *table, const struct socket_row *row,
                      struct failure *why) NODISCARD;

/* Empties, and keeps the memory for the next reading. */
void socket_table_reset(struct socket_table *table);

/* Frees the rows and leaves an empty table. Harmless on an empty one. */
void socket_table_clear(struct socket_table *table);
