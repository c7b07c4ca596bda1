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
 * Replaces *content by the file, or by its first mebibyte or so. False where it
 * cannot be read: the process has ended, or may not be seen, or memory ran out.
 */
bool cgroup_text_read(uint32_t pid, struct text *content);
