/* SPDX-License-Identifier: MIT */

/*
 * Linux: systemd's business. The program starts no other program, so the
 * verbs name the command that does what was asked.
 */

#include "service/service_control.h"

#include "base/service_state.h"

static bool refer(struct failure *why, const char *command)
{
    return FAIL(why, FAILURE_SYSTEM, 0,
                "on Linux systemd keeps the service: %s (in the foreground: portledgerd run)",
                command);
}

bool service_control_install(const char *const *arguments, struct text *did, struct failure *why)
{
    (void)arguments;
    (void)did;
    return refer(why, "systemctl enable " SERVICE_UNIT);
}

bool service_control_uninstall(struct text *did, struct failure *why)
{
    (void)did;
    return refer(why, "systemctl disable --now " SERVICE_UNIT);
}

bool service_control_start(struct text *did, struct failure *why)
{
    (void)did;
    return refer(why, "systemctl start " SERVICE_UNIT);
}

bool service_control_stop(struct text *did, struct failure *why)
{
    (void)did;
    return refer(why, "systemctl stop " SERVICE_UNIT);
}

bool service_control_reload(struct text *did, struct failure *why)
{
    (void)did;
    return refer(why, "systemctl reload " SERVICE_UNIT);
}
