/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One moment of this machine as plain data.
 *
 * collector.c reads the system through socket_table.h, process_table.h and
 * socket_owners.h, and remembers process instances between samples, so that a
 * process is opened once. collector_replay.c (tests, benchmarks) gives made-up
 * snapshots through the same header.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/settings.h"
#include "collector/snapshot.h"

/* Belongs to one thread at a time. */
struct collector;

bool collector_open(struct collector **out, struct failure *why) NODISCARD;

/*
 * Replaces *snapshot by the present moment. May take as long as the system
 * wants: whoever must stay reachable calls it in a thread of its own. On
 * failure *snapshot is empty and the next call starts afresh.
 */
bool collector_sample(struct collector *collector, struct snapshot *snapshot,
                      struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void collector_close(struct collector *collector);

/* The settings of this part: collector.interval and its like. */
extern const struct setting_table collector_settings;
