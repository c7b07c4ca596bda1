/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the system's service manager says of our service. Both programs ask:
 * `portledgerd status` and `portledger status`.
 *
 * Windows: the service control manager. Linux: what systemd leaves in the file
 * system (the unit's file, /run/systemd/units and the unit's control group),
 * without starting a program.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

/* The service's name with both managers. */
#define SERVICE_NAME "PortLedger"
#define SERVICE_UNIT "portledger.service"

enum service_state {
    SERVICE_IS_ABSENT,
    SERVICE_IS_STOPPED,
    SERVICE_IS_STARTING,
    SERVICE_IS_RUNNING,
    SERVICE_IS_STOPPING,
    SERVICE_IS_PAUSED,
    SERVICE_IS_UNKNOWN, /* there is no manager that we can ask, or it does not tell us */
    SERVICE_STATE_COUNT,
};

struct service_facts {
    enum service_state state;
    uint32_t pid;   /* 0 where it does not run, or cannot be told */
    long last_exit; /* what it ended with the last time; 0: well, or never ran, or not known */
};

/* Fails where the manager gives an answer that makes no sense, or memory runs out. */
bool service_state_read(struct service_facts *facts, struct failure *why) NODISCARD;

/* "running" and so on. */
const char *service_state_name(enum service_state state);
