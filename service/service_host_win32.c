/* SPDX-License-Identifier: MIT */

/*
 * Windows: the service control manager, or a console.
 *
 * The manager calls service_main() on a thread of its own, with no context,
 * and the control handler on another. The handler sets a bit and rings; every
 * status that the manager hears comes from the body's thread.
 */

#include "service/service_host.h"

#include <stdlib.h>

#include <windows.h>

#include "base/exit_status.h"
#include "base/service_state.h"
#include "base/thread.h"
#include "base/utf16_win32.h"

enum {
    START_HINT_MS = 30000, /* a ledger that is brought up to date may take its time */
    STOP_HINT_MS = 10000,
};

struct service_host {
    struct bell *bell;
    volatile LONG wants;
    bool foreground;

    SERVICE_STATUS_HANDLE status_handle; /* as a service only */
    SERVICE_STATUS status;

    HANDLE ended; /* in the foreground only: for controls that end the process on return */

    service_body_fn *body; /* for service_main() */
    void *context;
    struct failure *why;
    bool ok;
};

/* Neither service_main() nor a console handler is given a context: there is one only. */
static struct service_host only;

static void want(unsigned wants)
{
    InterlockedOr(&only.wants, (LONG)wants);
    bell_ring(only.bell);
}

/*
 * As a service.
 */

enum {
    CONTROLS_ACCEPTED = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PRESHUTDOWN |
                        SERVICE_ACCEPT_PARAMCHANGE,
};

/* `hint` is how long until the next report at most; 0 for a state that is not pending. */
static void report(DWORD state, DWORD hint)
{
    SERVICE_STATUS *status = &only.status;

    if (only.status_handle == NULL) {
        return;
    }
    if (hint == 0 || state != status->dwCurrentState) {
        status->dwCheckPoint = 0;
    }
    if (hint > 0) {
        status->dwCheckPoint++;
    }
    status->dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    status->dwCurrentState = state;
    status->dwWaitHint = hint;
    status->dwControlsAccepted = state == SERVICE_RUNNING ? CONTROLS_ACCEPTED : 0;
    SetServiceStatus(only.status_handle, status);
}

/*
 * The manager's recovery actions look at this: success only where the body
 * succeeded. A failure's code may be SQLite's or our own, so what the manager
 * keeps is the status of our documented table, as a code specific to the service.
 */
static void report_stopped(bool ok, const struct failure *why)
{
    only.status.dwWin32ExitCode = ok ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
    only.status.dwServiceSpecificExitCode = ok ? 0 : (DWORD)exit_status_of(why);
    report(SERVICE_STOPPED, 0);
}

static const struct {
    DWORD control;
    unsigned wants;
} controls[] = {
    {SERVICE_CONTROL_STOP, SERVICE_WANTS_STOP},
    {SERVICE_CONTROL_SHUTDOWN, SERVICE_WANTS_STOP},
    {SERVICE_CONTROL_PRESHUTDOWN, SERVICE_WANTS_STOP},
    {SERVICE_CONTROL_PARAMCHANGE, SERVICE_WANTS_RELOAD},
    {SERVICE_CONTROL_INTERROGATE, SERVICE_WANTS_NOTHING}, /* the manager knows the last report */
};

static DWORD WINAPI handle_control(DWORD control, DWORD type, LPVOID data, LPVOID context)
{
    (void)type;
    (void)data;
    (void)context;
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        if (controls[i].control == control) {
            want(controls[i].wants);
            return NO_ERROR;
        }
    }
    return ERROR_CALL_NOT_IMPLEMENTED;
}

static void WINAPI service_main(DWORD count, LPWSTR *arguments)
{
    wchar_t *name = utf16_from_utf8(SERVICE_NAME);

    (void)count;
    (void)arguments;
    if (name != NULL) {
        only.status_handle = RegisterServiceCtrlHandlerExW(name, handle_control, &only);
    }
    free(name);
    if (only.status_handle == NULL) {
        only.ok = failure_from_system(only.why, (long)GetLastError(),
                                      "the service control manager takes no handler of ours");
        return;
    }
    report(SERVICE_START_PENDING, START_HINT_MS);
    only.ok = only.body(&only, only.context, only.why);
    report_stopped(only.ok, only.why);
}

bool service_host_run_service(service_body_fn *body, void *context, struct failure *why)
{
    wchar_t *name = utf16_from_utf8(SERVICE_NAME);
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
    BOOL dispatched;

    only.foreground = false;
    only.body = body;
    only.context = context;
    only.why = why;
    if (name == NULL || !bell_open(&only.bell, why)) {
        free(name);
        return name == NULL ? FAIL(why, FAILURE_MEMORY, 0, "no memory for the service") : false;
    }
    dispatched = StartServiceCtrlDispatcherW(table); /* returns when the service has stopped */
    if (!dispatched) {
        only.ok = FAIL(why, FAILURE_SYSTEM, (long)GetLastError(),
                       "not started by the service control manager (error %lu); to run in the "
                       "foreground: portledgerd run",
                       GetLastError());
    }
    bell_close(only.bell);
    only.bell = NULL;
    free(name);
    return only.ok;
}

/*
 * In the foreground.
 */

static BOOL WINAPI handle_console(DWORD control)
{
    HANDLE ended = only.ended;

    want(SERVICE_WANTS_STOP);
    if (control != CTRL_C_EVENT && control != CTRL_BREAK_EVENT) {
        /* The process ends as soon as this returns; the ledger must be complete by then. */
        WaitForSingleObject(ended, INFINITE);
    }
    return TRUE;
}

bool service_host_run_foreground(service_body_fn *body, void *context, struct failure *why)
{
    bool ok;

    only.foreground = true;
    only.ended = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (only.ended == NULL) {
        return failure_from_system(why, (long)GetLastError(), "cannot create an event");
    }
    if (!bell_open(&only.bell, why)) {
        CloseHandle(only.ended);
        return false;
    }
    SetConsoleCtrlHandler(handle_console, TRUE);
    ok = body(&only, context, why);
    /* The handler, the bell and the event stay: a handler may be waiting until we are gone. */
    SetEvent(only.ended);
    return ok;
}

/*
 * For the body.
 */

void service_host_ready(struct service_host *host)
{
    (void)host;
    report(SERVICE_RUNNING, 0);
}

void service_host_busy(struct service_host *host)
{
    if (host->status.dwCurrentState == SERVICE_STOP_PENDING) {
        report(SERVICE_STOP_PENDING, STOP_HINT_MS);
    } else {
        report(SERVICE_START_PENDING, START_HINT_MS);
    }
}

unsigned service_host_wait(struct service_host *host, int64_t milliseconds)
{
    unsigned wants;

    (void)bell_wait(host->bell, milliseconds);
    wants = (unsigned)InterlockedExchange(&host->wants, 0);
    if ((wants & SERVICE_WANTS_STOP) != 0) {
        report(SERVICE_STOP_PENDING, STOP_HINT_MS);
    }
    return wants;
}

void service_host_ring(struct service_host *host)
{
    (void)host;
    want(SERVICE_WANTS_LOOK);
}

bool service_host_foreground(const struct service_host *host)
{
    return host->foreground;
}
