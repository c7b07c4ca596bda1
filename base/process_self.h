/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* The pid of the running program, as the collector would report it. */
uint32_t process_self_pid(void);
