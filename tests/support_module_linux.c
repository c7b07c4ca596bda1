/* SPDX-License-Identifier: MIT */

#include "tests/support_module.h"

#include <dlfcn.h>
#include <stddef.h>

bool support_load_module(const char *path)
{
    return dlopen(path, RTLD_NOW) != NULL;
}
