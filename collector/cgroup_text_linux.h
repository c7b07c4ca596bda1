/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Linux: the file /proc/PID/cgroup, as bytes; systemd_unit.h makes sense of
 * them. fake_cgroup_text_linux.c stands in this place in tests.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Replaces *content by the file of the process (pid, start), or by its first
 * mebibyte. False where it cannot be read: the process has ended, also where
 * another one has its pid now, or may not be seen, or memory or descriptors ran
 * out.
 */
bool cgroup_text_read(uint32_t pid, uint64_t start, struct text *content);
