/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Names as DNS has them on the wire (RFC 1035 sections 3.1 and 4.1.4), for DNS
 * and for mDNS.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"
#include "probes/byte_reader.h"
#include "probes/byte_writer.h"

/* Whether every label of the name can be sent; one dot at its end is none of its own. */
bool dns_name_is_sendable(const char *name);

/*
 * The same of one that somebody wrote, with the reason in *why; and the root is
 * ".". Letters beyond ASCII are not for DNS (RFC 5890 section 2.3.2.1), though
 * mDNS has them.
 */
bool dns_name_check(const char *name, struct failure *why) NODISCARD;

/* Writes a name that is sendable; "" is the root. */
void dns_name_put(struct byte_writer *writer, const char *name);

/*
 * Appends a name, which ends in a dot and may go on elsewhere in the message:
 * the reader's first byte is that of the message. Every pointer must lead to
 * before the place that the one before led to, so that no loop is possible. The
 * reader stands behind the name afterwards, and is short where it is none.
 */
void dns_name_read(struct byte_reader *reader, struct text *name);
