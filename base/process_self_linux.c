/* SPDX-License-Identifier: MIT */

#include "base/process_self.h"

#include <unistd.h>

uint32_t process_self_pid(void)
{
    return (uint32_t)getpid();
}
