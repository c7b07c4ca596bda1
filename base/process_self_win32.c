/* SPDX-License-Identifier: MIT */

#include "base/process_self.h"

#include <windows.h>

uint32_t process_self_pid(void)
{
    return GetCurrentProcessId();
}
