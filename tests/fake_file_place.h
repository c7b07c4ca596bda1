/* SPDX-License-Identifier: MIT */
#pragma once

/* In the place of base/file_place_*.c: every file is where the test says. */

#include "base/file_place.h"

extern enum file_place fake_file_place;
