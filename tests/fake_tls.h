/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * TLS that is none, in the place of probes/tls_*.c: the client says "HELLO",
 * the server answers "UP", "ALERT" or anything else, and then every byte is
 * itself with all of its bits turned, but for an "ALERT".
 */

#include "probes/tls.h"

/* While false, tls_library_open() fails. */
void fake_tls_is_there(bool there);

/* Open libraries and sessions. */
int fake_tls_count(void);
