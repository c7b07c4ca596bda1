/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* Whether the name "stuck" stays where it is. Any thread. */
void fake_resolver_hold(bool hold);
