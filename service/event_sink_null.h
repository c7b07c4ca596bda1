/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Events kept in memory, for tests: the newest EVENT_LOG_KEPT of them, of all
 * sinks of the process.
 */

#include <stdbool.h>
#include <stddef.h>

#include "service/events.h"

enum { EVENT_LOG_KEPT = 64 };

struct event_kept {
    enum event_id id;
    size_t argument_count;
    char text[300];
};

extern struct event_kept event_log_kept[EVENT_LOG_KEPT];
extern size_t event_log_count; /* all that were sent; the n-th is at n % EVENT_LOG_KEPT */

/* Forgets all. With `refuse`, the log takes nothing from here on. */
void event_log_reset(bool refuse);

/* How many of the kept events have this id. */
size_t event_log_count_of(enum event_id id);
