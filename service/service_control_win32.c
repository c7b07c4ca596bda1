/* SPDX-License-Identifier: MIT */

/*
 * Windows: what the service control manager is told of a service that is
 * installed. service_install_win32.c installs it.
 */

#include "service/service_control.h"

#include <string.h>

#include <windows.h>

#include "base/exit_status.h"
#include "base/service_state.h"
#include "service/event_registration_win32.h"
#include "service/manager_calls_win32.h"
#include "service/service_codes_win32.h"
#include "service/service_handle_win32.h"

enum {
    LOOK_EVERY_MS = 100,
    START_PATIENCE_MS = 60000,      /* without a new checkpoint */
    START_PATIENCE_ALL_MS = 600000, /* with them */
    STOP_PATIENCE_MS = 30000,
};

static bool query(const struct service_handle *handle, SERVICE_STATUS_PROCESS *status,
                  struct failure *why)
{
    DWORD error = manager_calls_query(handle->service, status);

    return error == ERROR_SUCCESS ||
           service_handle_refused(why, error, "asking for the service's state");
}

/* Waits while the state is `pending`, as long as the service says that it gets on. */
static bool wait_while(const struct service_handle *handle, DWORD pending, DWORD patience,
                       SERVICE_STATUS_PROCESS *status, struct failure *why)
{
    DWORD checkpoint = 0;
    DWORD waited = 0;
    DWORD all = 0;

    for (;;) {
        if (!query(handle, status, why)) {
            return false;
        }
        if (status->dwCurrentState != pending) {
            return true;
        }
        if (status->dwCheckPoint != checkpoint) {
            checkpoint = status->dwCheckPoint;
            waited = 0;
        }
        if (waited >= patience || all >= START_PATIENCE_ALL_MS) {
            return FAIL(why, FAILURE_SYSTEM, WAIT_TIMEOUT,
                        "the service is still starting after %lu s; look at the event log",
                        all / 1000);
        }
        Sleep(LOOK_EVERY_MS);
        waited += LOOK_EVERY_MS;
        all += LOOK_EVERY_MS;
    }
}

static bool explain_exit(const SERVICE_STATUS_PROCESS *status, struct failure *why)
{
    static const char advice[] = "`portledgerd run` shows the reason in the foreground, and so "
                                 "does the event log";

    if (status->dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR) {
        return FAIL(why, FAILURE_SYSTEM, (long)status->dwServiceSpecificExitCode,
                    "the service ended at once with status %lu (%s); %s",
                    status->dwServiceSpecificExitCode,
                    exit_status_text((int)status->dwServiceSpecificExitCode), advice);
    }
    failure_from_system(why, (long)status->dwWin32ExitCode, "the service ended at once");
    return FAIL(why, why->kind, why->code, "%s; %s", why->text, advice);
}

bool service_control_start(struct text *did, struct failure *why)
{
    struct service_handle handle = {0};
    SERVICE_STATUS_PROCESS status = {0};
    bool ok = service_handle_open_installed(&handle, SERVICE_START | SERVICE_QUERY_STATUS, why);
    bool there = false;

    if (ok) {
        DWORD error = manager_calls_start(handle.service);

        there = error == ERROR_SERVICE_ALREADY_RUNNING;
        ok = error == ERROR_SUCCESS || there ||
             service_handle_refused(why, error, "starting the service");
    }
    ok = ok && wait_while(&handle, SERVICE_START_PENDING, START_PATIENCE_MS, &status, why);
    if (ok && status.dwCurrentState == SERVICE_PAUSED) {
        text_addf(did, "The service is paused (pid %lu); it goes on with: portledgerd continue",
                  status.dwProcessId);
    } else if (ok && status.dwCurrentState != SERVICE_RUNNING) {
        ok = explain_exit(&status, why);
    } else if (ok) {
        text_addf(did, "The service %s (pid %lu).", there ? "was running already" : "is running",
                  status.dwProcessId);
    }
    service_handle_close(&handle);
    return ok;
}

/*
 * A service that says STOPPED may still have its files open: what follows (an
 * upgrade, an uninstall) must wait for the end of the process.
 */
static bool wait_for_end(HANDLE process, struct failure *why)
{
    return process == NULL || WaitForSingleObject(process, STOP_PATIENCE_MS) == WAIT_OBJECT_0 ||
           FAIL(why, FAILURE_SYSTEM, WAIT_TIMEOUT,
                "the service says that it has stopped, but its process is still there");
}

/* Asks once more at each look: a service that is just starting takes no controls yet. */
static bool ask_to_stop(const struct service_handle *handle, DWORD state, struct failure *why)
{
    DWORD error = state == SERVICE_STOP_PENDING
                      ? ERROR_SUCCESS
                      : manager_calls_control(handle->service, SERVICE_CONTROL_STOP);

    return error == ERROR_SUCCESS || error == ERROR_SERVICE_NOT_ACTIVE ||
           error == ERROR_SERVICE_CANNOT_ACCEPT_CTRL ||
           service_handle_refused(why, error, "stopping the service");
}

static bool wait_for_stop(const struct service_handle *handle, DWORD state, struct failure *why)
{
    SERVICE_STATUS_PROCESS status = {.dwCurrentState = state};

    for (DWORD waited = 0; waited < STOP_PATIENCE_MS; waited += LOOK_EVERY_MS) {
        if (!ask_to_stop(handle, status.dwCurrentState, why) || !query(handle, &status, why)) {
            return false;
        }
        if (status.dwCurrentState == SERVICE_STOPPED) {
            return true;
        }
        Sleep(LOOK_EVERY_MS);
    }
    return FAIL(why, FAILURE_SYSTEM, WAIT_TIMEOUT, "the service does not stop");
}

static bool stop(const struct service_handle *handle, bool *was_running, struct failure *why)
{
    SERVICE_STATUS_PROCESS status;
    HANDLE process;
    bool ok = query(handle, &status, why);

    *was_running = ok && status.dwCurrentState != SERVICE_STOPPED;
    if (!*was_running) {
        return ok;
    }
    process = OpenProcess(SYNCHRONIZE, FALSE, status.dwProcessId);
    ok = wait_for_stop(handle, status.dwCurrentState, why) && wait_for_end(process, why);
    if (process != NULL) {
        CloseHandle(process);
    }
    return ok;
}

bool service_control_stop(struct text *did, struct failure *why)
{
    struct service_handle handle = {0};
    bool was_running = false;
    bool ok = service_handle_open_installed(&handle, SERVICE_STOP | SERVICE_QUERY_STATUS, why) &&
              stop(&handle, &was_running, why);

    if (ok) {
        text_add(did, was_running ? "The service has stopped."
                                  : "The service was not running; there was nothing to stop.");
    }
    service_handle_close(&handle);
    return ok;
}

static const struct order {
    DWORD control;
    DWORD rights;
    DWORD state; /* that it leads to; 0: none */
    const char *doing;
    const char *done;
    const char *found; /* where that state was there already */
} orders[] = {
    [SERVICE_RELOAD] = {SERVICE_CONTROL_PARAMCHANGE, SERVICE_PAUSE_CONTINUE, 0,
                        "telling the service to read its settings",
                        "The service was told to read its settings again; the event log says how "
                        "that went.",
                        NULL},
    [SERVICE_PAUSE] = {SERVICE_CONTROL_PAUSE, SERVICE_PAUSE_CONTINUE, SERVICE_PAUSED,
                       "pausing the service",
                       "The service is paused: it takes no samples, and the ledger says so. It "
                       "goes on with: portledgerd continue",
                       "The service was paused already."},
    [SERVICE_CONTINUE] = {SERVICE_CONTROL_CONTINUE, SERVICE_PAUSE_CONTINUE, SERVICE_RUNNING,
                          "continuing the service", "The service takes samples again.",
                          "The service was not paused; there was nothing to continue."},
    [SERVICE_SAMPLE] = {SERVICE_CODE_SAMPLE, SERVICE_USER_DEFINED_CONTROL, 0,
                        "asking the service for a sample",
                        "The service was asked for a sample; it takes at most one a second on "
                        "request.",
                        NULL},
};

static bool refuse_order(const struct order *order, DWORD error, struct failure *why)
{
    switch (error) {
    case ERROR_SERVICE_NOT_ACTIVE:
        return FAIL(why, FAILURE_MISSING, (long)error,
                    "%s: the service is not running; start it with: portledgerd start",
                    order->doing);
    case ERROR_SERVICE_CANNOT_ACCEPT_CTRL:
        return FAIL(why, FAILURE_BUSY, (long)error,
                    "%s: the service is just starting or stopping; try again", order->doing);
    default:
        return service_handle_refused(why, error, order->doing);
    }
}

static bool wait_for_state(const struct service_handle *handle, DWORD state, struct failure *why)
{
    SERVICE_STATUS_PROCESS status;

    for (DWORD waited = 0; waited < STOP_PATIENCE_MS; waited += LOOK_EVERY_MS) {
        if (!query(handle, &status, why)) {
            return false;
        }
        if (status.dwCurrentState == state) {
            return true;
        }
        Sleep(LOOK_EVERY_MS);
    }
    return FAIL(why, FAILURE_SYSTEM, WAIT_TIMEOUT, "the service does not do what it was told");
}

static bool give_order(const struct service_handle *handle, const struct order *order,
                       struct text *did, struct failure *why)
{
    SERVICE_STATUS_PROCESS status;
    DWORD error;

    if (!query(handle, &status, why)) {
        return false;
    }
    if (order->state != 0 && status.dwCurrentState == order->state) {
        text_add(did, order->found);
        return true;
    }
    if (order->control == SERVICE_CODE_SAMPLE && status.dwCurrentState == SERVICE_PAUSED) {
        return FAIL(why, FAILURE_BUSY, 0,
                    "the service is paused and takes no samples; it goes on with: portledgerd "
                    "continue");
    }
    error = manager_calls_control(handle->service, order->control);
    if (error != ERROR_SUCCESS) {
        return refuse_order(order, error, why);
    }
    if (order->state != 0 && !wait_for_state(handle, order->state, why)) {
        return false;
    }
    text_add(did, order->done);
    return true;
}

bool service_control_tell(enum service_order what, struct text *did, struct failure *why)
{
    const struct order *order = &orders[what];
    struct service_handle handle = {0};
    bool ok = service_handle_open_installed(&handle, order->rights | SERVICE_QUERY_STATUS, why) &&
              give_order(&handle, order, did, why);

    service_handle_close(&handle);
    return ok;
}

static bool remove_service(const struct service_handle *handle, struct failure *why)
{
    DWORD error = manager_calls_delete(handle->service);

    return error == ERROR_SUCCESS || error == ERROR_SERVICE_MARKED_FOR_DELETE ||
           service_handle_refused(why, error, "removing the service");
}

/* The events stay, without their texts: those go with the program. */
static void remove_events(struct text *did)
{
    struct failure why;

    if (!event_registration_remove(HKEY_LOCAL_MACHINE, event_registration_key, &why)) {
        text_addf(did, " Warning: %s", why.text);
    }
}

bool service_control_uninstall(struct text *did, struct failure *why)
{
    struct service_handle handle = {0};
    bool was_running = false;
    bool ok = service_handle_open(&handle, SC_MANAGER_CONNECT,
                                  SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE, why);

    if (ok && handle.service == NULL) {
        text_add(did, "The service was not installed; there was nothing to remove.");
    } else if (ok) {
        ok = stop(&handle, &was_running, why) && remove_service(&handle, why);
        if (ok) {
            text_addf(did, "The service %sis removed. The ledger stays where it is.",
                      was_running ? "has stopped and " : "");
            remove_events(did);
        }
    }
    service_handle_close(&handle);
    return ok;
}
