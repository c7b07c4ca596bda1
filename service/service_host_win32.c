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
#include "service/manager_calls_win32.h"
#include "service/service_codes_win32.h"

enum {
    START_HINT_MS = 30000, /* a ledger that is brought up to date may take its time */
    STOP_HINT_MS = 10000,
    PAUSE_HINT_MS = 5000, /* a commit */
    ANY_TYPE = 0xffff,    /* no type of a power event */
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

static void want(unsigned wants, unsigned instead_of)
{
    LONG before = only.wants;
    LONG found;

    while ((found = InterlockedCompareExchange(
                &only.wants, (LONG)(((unsigned)before & ~instead_of) | wants), before)) != before) {
        before = found;
    }
    bell_ring(only.bell);
}

/*
 * As a service.
 */

enum {
    CONTROLS_ACCEPTED = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PRESHUTDOWN |
                        SERVICE_ACCEPT_PARAMCHANGE | SERVICE_ACCEPT_PAUSE_CONTINUE |
                        SERVICE_ACCEPT_POWEREVENT | SERVICE_ACCEPT_TIMECHANGE,
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
    status->dwControlsAccepted =
        state == SERVICE_RUNNING || state == SERVICE_PAUSED ? CONTROLS_ACCEPTED : 0;
    (void)manager_calls_report(only.status_handle, status);
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
    DWORD type; /* of event that comes with it; ANY_TYPE */
    unsigned wants;
    unsigned instead_of; /* what was asked for before and is so no more */
} controls[] = {
    {SERVICE_CONTROL_STOP, ANY_TYPE, SERVICE_WANTS_STOP, 0},
    {SERVICE_CONTROL_SHUTDOWN, ANY_TYPE, SERVICE_WANTS_STOP, 0},
    {SERVICE_CONTROL_PRESHUTDOWN, ANY_TYPE, SERVICE_WANTS_STOP, 0},
    {SERVICE_CONTROL_PARAMCHANGE, ANY_TYPE, SERVICE_WANTS_RELOAD, 0},
    {SERVICE_CONTROL_PAUSE, ANY_TYPE, SERVICE_WANTS_PAUSE, SERVICE_WANTS_CONTINUE},
    {SERVICE_CONTROL_CONTINUE, ANY_TYPE, SERVICE_WANTS_CONTINUE, SERVICE_WANTS_PAUSE},
    {SERVICE_CONTROL_POWEREVENT, PBT_APMRESUMEAUTOMATIC, SERVICE_WANTS_WOKE, 0},
    {SERVICE_CONTROL_POWEREVENT, PBT_APMRESUMESUSPEND, SERVICE_WANTS_WOKE, 0},
    {SERVICE_CONTROL_POWEREVENT, ANY_TYPE, SERVICE_WANTS_NOTHING, 0},
    {SERVICE_CONTROL_TIMECHANGE, ANY_TYPE, SERVICE_WANTS_CLOCK, 0},
    {SERVICE_CODE_SAMPLE, ANY_TYPE, SERVICE_WANTS_SAMPLE, 0},
    /* The manager knows the last report. */
    {SERVICE_CONTROL_INTERROGATE, ANY_TYPE, SERVICE_WANTS_NOTHING, 0},
};

static DWORD WINAPI handle_control(DWORD control, DWORD type, LPVOID data, LPVOID context)
{
    (void)data;
    (void)context;
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        if (controls[i].control == control &&
            (controls[i].type == ANY_TYPE || controls[i].type == type)) {
            if (controls[i].wants != SERVICE_WANTS_NOTHING) {
                want(controls[i].wants, controls[i].instead_of);
            }
            return NO_ERROR;
        }
    }
    return ERROR_CALL_NOT_IMPLEMENTED;
}

static void WINAPI service_main(DWORD count, LPWSTR *arguments)
{
    wchar_t *name = utf16_from_utf8(SERVICE_NAME);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    (void)count;
    (void)arguments;
    if (name != NULL) {
        error = manager_calls_register(name, handle_control, &only, &only.status_handle);
    }
    free(name);
    if (error != ERROR_SUCCESS) {
        only.status_handle = NULL;
        only.ok = failure_from_system(only.why, (long)error,
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
    DWORD error;

    only.foreground = false;
    only.body = body;
    only.context = context;
    only.why = why;
    if (name == NULL || !bell_open(&only.bell, why)) {
        free(name);
        return name == NULL ? FAIL(why, FAILURE_MEMORY, 0, "no memory for the service") : false;
    }
    error = manager_calls_dispatch(table); /* returns when the service has stopped */
    if (error != ERROR_SUCCESS) {
        only.ok = FAIL(why, FAILURE_SYSTEM, (long)error,
                       "not started by the service control manager (error %lu); to run in the "
                       "foreground: portledgerd run",
                       error);
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

    want(SERVICE_WANTS_STOP, 0);
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

void service_host_paused(struct service_host *host, bool paused)
{
    (void)host;
    report(paused ? SERVICE_PAUSED : SERVICE_RUNNING, 0);
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
    } else if ((wants & SERVICE_WANTS_PAUSE) != 0) {
        report(SERVICE_PAUSE_PENDING, PAUSE_HINT_MS);
    } else if ((wants & SERVICE_WANTS_CONTINUE) != 0) {
        report(SERVICE_CONTINUE_PENDING, PAUSE_HINT_MS);
    }
    return wants;
}

void service_host_ring(struct service_host *host)
{
    (void)host;
    want(SERVICE_WANTS_LOOK, 0);
}

bool service_host_foreground(const struct service_host *host)
{
    return host->foreground;
}
