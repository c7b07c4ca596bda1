/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What makes the running service of less use to whoever gets a hold in it,
 * beyond what program.h does for both programs. What the system lacks is left
 * out, and is no failure: hardening_describe() tells what is in force.
 *
 * Windows: process mitigations. Linux: no privileges by exec; the rest is in
 * the unit file.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* As early as the program knows that it is the service. */
void hardening_apply(void);

/*
 * On request only (service.no_dynamic_code), since products that watch over
 * other programs write code into them. Does nothing on Linux.
 */
void hardening_forbid_dynamic_code(void);

/* Appends what is in force in the program `pid`, as people read it. False where that cannot be
 * told from here. */
bool hardening_describe(uint32_t pid, struct text *text);
