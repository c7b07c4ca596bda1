/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What machine.c asks the system. Each appends what there is, or nothing.
 */

#include <stddef.h>

#include "base/text.h"

typedef void machine_detail_fn(struct text *text);

machine_detail_fn machine_add_id;
machine_detail_fn machine_add_host;
machine_detail_fn machine_add_domain;
machine_detail_fn machine_add_system;
machine_detail_fn machine_add_zone;
