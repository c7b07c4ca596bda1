/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the service control manager's words mean, apart from asking it.
 */

#include <windows.h>

#include "base/service_state.h"

struct service_facts service_state_from_status(const SERVICE_STATUS_PROCESS *status);
