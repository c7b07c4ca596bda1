/* SPDX-License-Identifier: MIT */
#pragma once

/* Opens a process, reads what there is, and closes it again, for tests. */

#include "collector/process_details.h"

/* *details is cleared first. Whatever cannot be had for want of memory fails the test. */
void support_read_details(uint32_t pid, uint64_t start, unsigned wishes,
                          struct process_details *details);
