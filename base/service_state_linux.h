/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a file system tells of our unit. `root` is put before every path: ""
 * for this machine, another folder for tests.
 */

#include "base/service_state.h"

struct service_facts service_state_below(const char *root);
