/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What `portledger query` was told to ask: targets, ports, and how.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/text.h"
#include "probes/engine.h"
#include "probes/ports.h"
#include "probes/targets.h"
#include "reportcli/command.h"

/* One port of the list, and the protocol that it is asked in. */
struct query_port {
    struct port_item item;
    const struct protocol *protocol; /* NULL: only reach it */
    const struct protocol *left_out; /* its own, which is asked only by name; NULL: none was */
    const char *service;             /* lent from `services` */
};

/* Starts as {0}. */
struct query_plan {
    struct engine_options engine;
    struct service_table services;
    struct target_list targets;
    struct port_list list;
    struct query_port *ports;  /* as many as in `list` */
    struct settings *settings; /* for groups of the user's; NULL: not needed yet, or not readable */
    bool tried_settings;
    struct failure settings_why; /* kind NONE: they were read */
    char *community;             /* from a file; NULL: none */
    char *secret;
};

/* The options, for the command's table. */
enum { QUERY_OPTION_COUNT = 24 };
extern const struct option query_options[QUERY_OPTION_COUNT];

bool query_plan_read(struct query_plan *plan, const struct command_context *context,
                     struct failure *why) NODISCARD;
void query_plan_clear(struct query_plan *plan);

/* Queries in all, doubles of targets included. */
uint64_t query_plan_size(const struct query_plan *plan);
