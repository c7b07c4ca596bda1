/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/options.h"
#include "collector/image.h"

/*
 * Reads an option of 64 hexadecimal digits, a SHA-256. *given: it was there.
 * FAILURE_USAGE names the option.
 */
bool hash_option_read(const struct options *options, const char *name,
                      uint8_t hash[IMAGE_HASH_SIZE], bool *given, struct failure *why) NODISCARD;
