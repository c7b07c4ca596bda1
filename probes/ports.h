/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which ports to ask: as people write it.
 *
 * A list is parts with commas between them. A part is a number, a range (A-B,
 * A:B or, as in some texts about PortQry, A;B), a name of the services file,
 * or the name of a group. "tcp/", "udp/" or "both/" before it, or "/tcp" and so
 * on behind it, say of what; otherwise the caller does.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "probes/services.h"

struct port_item {
    uint16_t port;
    uint8_t transport; /* PROBE_TCP, PROBE_UDP */
};

/* In the order in which they were named, each once. Starts as {0}. */
struct port_list {
    struct port_item *items;
    size_t count;
    size_t capacity;
    uint8_t *seen; /* a bit for each port: TCP, then UDP; NULL: none yet */
};

enum {
    PORTS_TCP = 1,
    PORTS_UDP = 2,
    PORTS_BOTH = PORTS_TCP | PORTS_UDP,
};

/* A named group that somebody has: part `i` of it; NULL where it has no more, or there is none. */
typedef const char *port_group_fn(void *context, const char *name, size_t i);

struct port_words {
    const struct service_table *services; /* NULL: no names of services */
    port_group_fn *group;                 /* the user's own; NULL: none. Before the built-in ones */
    void *context;
    int transports; /* of what does not say: PORTS_...; 0: TCP, and a service's own */
};

/* Appends a list. FAILURE_USAGE names the part that is none, and what may have been meant. */
bool port_list_add(struct port_list *list, const char *words, const struct port_words *how,
                   struct failure *why) NODISCARD;

/* Appends one port; nothing where it is there already. */
bool port_list_add_port(struct port_list *list, uint8_t transport, uint16_t port,
                        struct failure *why) NODISCARD;

/* Appends a built-in group or one of the user's; FAILURE_USAGE where there is none. */
bool port_list_add_group(struct port_list *list, const char *name, const struct port_words *how,
                         struct failure *why) NODISCARD;

void port_list_clear(struct port_list *list);

/* The built-in groups; ended by a NULL name. docs/probes.md is checked against them. */
struct port_group {
    const char *name;  /* "domains-and-trusts": blanks and case do not count */
    const char *title; /* "Domains and Trusts" */
    const char *ports; /* a list */
};

extern const struct port_group port_groups[];
