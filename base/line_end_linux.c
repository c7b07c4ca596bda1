/* SPDX-License-Identifier: MIT */

#include "base/line_end.h"

const char line_end[] = "\n";
