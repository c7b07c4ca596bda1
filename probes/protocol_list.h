/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The protocols by their names in C, for protocols.c and for protocols that
 * are another one in TLS. Everybody else asks protocol_find().
 */

#include "probes/protocol.h"

extern const struct protocol protocol_dns;
extern const struct protocol protocol_ldap;
extern const struct protocol protocol_http;
extern const struct protocol protocol_https;
extern const struct protocol protocol_ssh;
