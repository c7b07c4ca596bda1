/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Made-up snapshots for the tests of the ledger: small ones that a test
 * builds row by row, and those of a machine on which things happen at random,
 * the same for the same seed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "collector/snapshot.h"

/*
 * Begins a small snapshot: all clocks show `taken_at`. Whatever cannot be made
 * for want of memory fails the test.
 */
void made_up_begin(struct snapshot *snapshot, int64_t taken_at);

/* Adds a process that started at `start`; returns its index. `path` may be NULL. */
uint32_t made_up_process(struct snapshot *snapshot, uint32_t pid, uint64_t start, const char *name,
                         const char *path);

/* Adds a TCP socket on 127.0.0.1. `owner` is an index, or SOCKET_NO_OWNER. */
void made_up_listener(struct snapshot *snapshot, uint16_t port, uint32_t owner);
void made_up_connection(struct snapshot *snapshot, uint16_t port, uint16_t remote_port,
                        enum socket_state state, uint32_t owner);

/* Asserts that two snapshots tell the same: sockets, owners, processes. Sorts both. */
void made_up_check_equal(struct snapshot *is, struct snapshot *should);

/* Another reference to everything in `from`. */
void made_up_copy(struct snapshot *to, const struct snapshot *from);

/* A number below `limit`. The state is any number, and moves on. */
uint32_t made_up_random(uint64_t *state, uint32_t limit);

/* A machine with processes and sockets. */
struct machine;

/* Boots at the time `wall`. Pids are given out anew, so they are those of the boot before. */
struct machine *machine_boot(uint64_t seed, int64_t wall);
void machine_halt(struct machine *machine);

/* Lets time pass; asleep, only the awake clock stands still. */
void machine_wait(struct machine *machine, int64_t milliseconds);
void machine_sleep(struct machine *machine, int64_t milliseconds);
void machine_set_clock(struct machine *machine, int64_t forward);
int64_t machine_clock(const struct machine *machine);

/* Something happens: processes and sockets come, change and go. */
void machine_change(struct machine *machine);

/* Replaces *snapshot by the present moment. */
void machine_sample(const struct machine *machine, struct snapshot *snapshot);
