/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What Windows thinks of a chain of certificates. It asks nobody: no issuer, no
 * list and no root is fetched, so that a root which Windows would only now
 * load from its maker is an unknown one.
 */

#include <stdint.h>

#include "probes/security_calls_win32.h"

/* Faults (enum tls_fault) of a leaf with the certificates in its store, at `now` (ms, UTC). */
unsigned tls_chain_faults(const struct security_calls *calls, const CERT_CONTEXT *leaf,
                          int64_t now);

enum { TLS_CHAIN_MOST = 32 }; /* certificates of a chain that are told of */

/*
 * The leaf, its issuer, the issuer's issuer, as far as the server sent them, and
 * then what else it sent. Returns how many; the caller gives them back by
 * tls_chain_free().
 */
size_t tls_chain_list(const struct security_calls *calls, const CERT_CONTEXT *leaf,
                      const CERT_CONTEXT *list[TLS_CHAIN_MOST]);
void tls_chain_free(const struct security_calls *calls, const CERT_CONTEXT *const *list,
                    size_t count);
