/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A server that does not speak what it was asked in: what it speaks instead,
 * as far as its first bytes tell.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/protocol.h"

/*
 * Ends the talk with PROTOCOL_WRONG: "not HTTP: it speaks SSH", or the bytes
 * made visible where they are not known, or could be the wanted one's: "not
 * HTTP: it said \x00\x01".
 */
enum protocol_next stranger_said(struct talk *talk, const char *wanted, const uint8_t *bytes,
                                 size_t size);

/* Whether bytes begin as those of a protocol do that is known here. */
bool stranger_is_known(const uint8_t *bytes, size_t size);
