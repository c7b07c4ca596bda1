/* SPDX-License-Identifier: MIT */
#pragma once

/* For image_trust_win32.c, which asks Windows about the very file that is open. */

#include <windows.h>

#include "collector/image_file.h"

/* Ours still; valid as long as the file is open. */
HANDLE image_file_handle(const struct image_file *file);
