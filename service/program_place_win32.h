/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether a program that runs as SYSTEM lies where nobody but administrators,
 * SYSTEM and TrustedInstaller can put another in its place.
 */

#include <stdbool.h>

#include "base/failure.h"

/*
 * `path` is the program's file, absolute and without links in it. Looked at
 * are owner and access list of the file, of its folder, in which nobody
 * else may make a file either, and of every folder above, up to the root, which
 * nobody else may rename or give away. FAILURE_DENIED names the first that is
 * not safe, who may change it, and what to do.
 *
 * A volume without access lists, or one of another machine, is not safe.
 */
bool program_place_check(const char *path, struct failure *why) NODISCARD;
