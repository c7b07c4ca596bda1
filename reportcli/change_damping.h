/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which changes are those of ports that flap, by the rules of steadiness.h, as
 * far as changes tell: between two of them the port was asked at the distance
 * of the last two asks.
 */

#include "base/failure.h"
#include "store/probe_query.h"

/* Sets `flapping` of each row. `rows` are in the order of recording, and stay in it. */
bool change_damping_mark(struct probe_change_rows *rows, struct failure *why) NODISCARD;
