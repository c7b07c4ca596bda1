/* SPDX-License-Identifier: MIT */

#include "base/service_state.h"

static const char *const names[SERVICE_STATE_COUNT] = {
    [SERVICE_IS_ABSENT] = "not installed", [SERVICE_IS_STOPPED] = "stopped",
    [SERVICE_IS_STARTING] = "starting",    [SERVICE_IS_RUNNING] = "running",
    [SERVICE_IS_STOPPING] = "stopping",    [SERVICE_IS_PAUSED] = "paused",
    [SERVICE_IS_UNKNOWN] = "unknown",
};

const char *service_state_name(enum service_state state)
{
    return names[state];
}
