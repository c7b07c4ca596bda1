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

bool service_control_install(const struct service_plan *plan, struct text *did, struct failure *why)
{
    (void)plan;
    (void)did;
    return refer(why, "systemctl enable " SERVICE_UNIT);
}

bool service_control_uninstall(struct text *did, struct failure *why)
{
    (void)did;
    return refer(why, "systemctl disable --now " SERVICE_UNIT);
}

bool service_control_admit(const struct service_plan *plan, const char *path, struct failure *why)
{
    (void)plan;
    (void)path;
    (void)why;
    return true; /* the package makes the folder for the user that the unit names */
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

/* systemd knows no pause: signals say it, as service_host_linux.c hears them. */
static const char *const orders[] = {
    [SERVICE_RELOAD] = "systemctl reload " SERVICE_UNIT,
    [SERVICE_PAUSE] = "systemctl kill --kill-who=main --signal=SIGUSR2 " SERVICE_UNIT,
    [SERVICE_CONTINUE] = "systemctl kill --kill-who=main --signal=SIGCONT " SERVICE_UNIT,
    [SERVICE_SAMPLE] = "systemctl kill --kill-who=main --signal=SIGUSR1 " SERVICE_UNIT,
};

bool service_control_tell(enum service_order order, struct text *did, struct failure *why)
{
    (void)did;
    return refer(why, orders[order]);
}
