/* SPDX-License-Identifier: MIT */

/*
 * Windows: the service control manager.
 */

#include "service/service_control.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/exit_status.h"
#include "base/paths.h"
#include "base/service_state.h"
#include "base/utf16_win32.h"

enum {
    LOOK_EVERY_MS = 100,
    START_PATIENCE_MS = 60000,      /* without a new checkpoint */
    START_PATIENCE_ALL_MS = 600000, /* with them */
    STOP_PATIENCE_MS = 30000,
};

static const char display_name[] = "PortLedger port usage ledger";
static const char description[] =
    "Remembers which process held which TCP and UDP port, when. Read it with portledger.exe.";

/* The manager and, mostly, one service. Closed by close_access(). */
struct access {
    SC_HANDLE manager;
    SC_HANDLE service;
};

static void close_access(struct access *access)
{
    if (access->service != NULL) {
        CloseServiceHandle(access->service);
    }
    if (access->manager != NULL) {
        CloseServiceHandle(access->manager);
    }
    *access = (struct access){0};
}

static bool refused(struct failure *why, const char *doing)
{
    DWORD error = GetLastError();

    if (error == ERROR_ACCESS_DENIED) {
        return FAIL(why, FAILURE_DENIED, (long)error,
                    "%s: access denied; run this in a terminal that was started as administrator",
                    doing);
    }
    return failure_from_system(why, (long)error, "%s", doing);
}

static bool open_manager(struct access *access, DWORD rights, struct failure *why)
{
    access->manager = OpenSCManagerW(NULL, NULL, rights);
    return access->manager != NULL || refused(why, "opening the service control manager");
}

/* access->service stays NULL, and that is no failure, where the service is not installed. */
static bool open_service(struct access *access, DWORD rights, struct failure *why)
{
    wchar_t *name = utf16_from_utf8(SERVICE_NAME);

    if (name == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the service's name");
    }
    access->service = OpenServiceW(access->manager, name, rights);
    free(name);
    return access->service != NULL || GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST ||
           refused(why, "opening the service");
}

static bool open_installed(struct access *access, DWORD rights, struct failure *why)
{
    if (!open_manager(access, SC_MANAGER_CONNECT, why) || !open_service(access, rights, why)) {
        return false;
    }
    return access->service != NULL ||
           FAIL(why, FAILURE_MISSING, ERROR_SERVICE_DOES_NOT_EXIST,
                "the service is not installed; install it with: portledgerd install");
}

static bool query(const struct access *access, SERVICE_STATUS_PROCESS *status, struct failure *why)
{
    DWORD needed;

    return QueryServiceStatusEx(access->service, SC_STATUS_PROCESS_INFO, (BYTE *)status,
                                sizeof(*status), &needed) ||
           refused(why, "asking for the service's state");
}

/*
 * One argument as the C runtime will read it back: backslashes count only
 * before a quotation mark, where they are doubled.
 */
static void add_quoted(struct text *line, const char *argument)
{
    size_t backslashes = 0;

    if (line->size > 0) {
        text_add_char(line, ' ');
    }
    text_add_char(line, '"');
    for (const char *c = argument; *c != '\0'; c++) {
        if (*c == '"') {
            text_add_repeated(line, '\\', backslashes + 1);
        }
        backslashes = *c == '\\' ? backslashes + 1 : 0;
        text_add_char(line, *c);
    }
    text_add_repeated(line, '\\', backslashes);
    text_add_char(line, '"');
}

/* The ImagePath: our own file, always quoted, and what it is started with. */
static bool make_command_line(const char *const *arguments, wchar_t **out, struct failure *why)
{
    struct text program = {0};
    struct text line = {0};
    bool ok = paths_program_file(&program, why);

    add_quoted(&line, text_bytes(&program));
    text_add(&line, " service");
    for (size_t i = 0; arguments[i] != NULL; i++) {
        add_quoted(&line, arguments[i]);
    }
    ok = ok && text_ok(&program, why) && text_ok(&line, why);
    if (ok) {
        *out = utf16_from_utf8(text_bytes(&line));
        ok = *out != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for the command line");
    }
    text_clear(&program);
    text_clear(&line);
    return ok;
}

static bool describe(const struct access *access, struct failure *why)
{
    wchar_t *text = utf16_from_utf8(description);
    SERVICE_DESCRIPTIONW info = {.lpDescription = text};
    bool ok = text != NULL &&
              ChangeServiceConfig2W(access->service, SERVICE_CONFIG_DESCRIPTION, &info) != FALSE;

    free(text);
    return ok || refused(why, "setting the service's description");
}

static bool create(struct access *access, const wchar_t *line, struct failure *why)
{
    wchar_t *name = utf16_from_utf8(SERVICE_NAME);
    wchar_t *display = utf16_from_utf8(display_name);

    if (name != NULL && display != NULL) {
        access->service = CreateServiceW(access->manager, name, display, SERVICE_ALL_ACCESS,
                                         SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                         SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL);
    } else {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    free(name);
    free(display);
    return access->service != NULL || refused(why, "creating the service");
}

static bool change(const struct access *access, const wchar_t *line, struct failure *why)
{
    return ChangeServiceConfigW(access->service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL,
                                NULL) != FALSE ||
           refused(why, "changing the service");
}

bool service_control_install(const char *const *arguments, struct text *did, struct failure *why)
{
    struct access access = {0};
    wchar_t *line = NULL;
    bool there = false;
    bool ok = make_command_line(arguments, &line, why) &&
              open_manager(&access, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE, why) &&
              open_service(&access, SERVICE_ALL_ACCESS, why);

    if (ok) {
        there = access.service != NULL;
        ok = (there ? change(&access, line, why) : create(&access, line, why)) &&
             describe(&access, why);
    }
    if (ok) {
        text_add(did, there ? "The service was installed already; it now starts this program."
                            : "The service is installed and will start with Windows.");
        text_add(did, " Start it now with: portledgerd start");
    }
    free(line);
    close_access(&access);
    return ok;
}

/* Waits while the state is `pending`, as long as the service says that it gets on. */
static bool wait_while(const struct access *access, DWORD pending, DWORD patience,
                       SERVICE_STATUS_PROCESS *status, struct failure *why)
{
    DWORD checkpoint = 0;
    DWORD waited = 0;
    DWORD all = 0;

    for (;;) {
        if (!query(access, status, why)) {
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
    struct access access = {0};
    SERVICE_STATUS_PROCESS status = {0};
    bool ok = open_installed(&access, SERVICE_START | SERVICE_QUERY_STATUS, why);
    bool there = false;

    if (ok && !StartServiceW(access.service, 0, NULL)) {
        there = GetLastError() == ERROR_SERVICE_ALREADY_RUNNING;
        ok = there || refused(why, "starting the service");
    }
    ok = ok && wait_while(&access, SERVICE_START_PENDING, START_PATIENCE_MS, &status, why);
    if (ok && status.dwCurrentState != SERVICE_RUNNING) {
        ok = explain_exit(&status, why);
    }
    if (ok) {
        text_addf(did, "The service %s (pid %lu).", there ? "was running already" : "is running",
                  status.dwProcessId);
    }
    close_access(&access);
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
static bool ask_to_stop(const struct access *access, DWORD state, struct failure *why)
{
    SERVICE_STATUS ignored;

    return state == SERVICE_STOP_PENDING ||
           ControlService(access->service, SERVICE_CONTROL_STOP, &ignored) ||
           GetLastError() == ERROR_SERVICE_NOT_ACTIVE ||
           GetLastError() == ERROR_SERVICE_CANNOT_ACCEPT_CTRL ||
           refused(why, "stopping the service");
}

static bool wait_for_stop(const struct access *access, DWORD state, struct failure *why)
{
    SERVICE_STATUS_PROCESS status = {.dwCurrentState = state};

    for (DWORD waited = 0; waited < STOP_PATIENCE_MS; waited += LOOK_EVERY_MS) {
        if (!ask_to_stop(access, status.dwCurrentState, why) || !query(access, &status, why)) {
            return false;
        }
        if (status.dwCurrentState == SERVICE_STOPPED) {
            return true;
        }
        Sleep(LOOK_EVERY_MS);
    }
    return FAIL(why, FAILURE_SYSTEM, WAIT_TIMEOUT, "the service does not stop");
}

static bool stop(const struct access *access, bool *was_running, struct failure *why)
{
    SERVICE_STATUS_PROCESS status;
    HANDLE process;
    bool ok = query(access, &status, why);

    *was_running = ok && status.dwCurrentState != SERVICE_STOPPED;
    if (!*was_running) {
        return ok;
    }
    process = OpenProcess(SYNCHRONIZE, FALSE, status.dwProcessId);
    ok = wait_for_stop(access, status.dwCurrentState, why) && wait_for_end(process, why);
    if (process != NULL) {
        CloseHandle(process);
    }
    return ok;
}

bool service_control_stop(struct text *did, struct failure *why)
{
    struct access access = {0};
    bool was_running = false;
    bool ok = open_installed(&access, SERVICE_STOP | SERVICE_QUERY_STATUS, why) &&
              stop(&access, &was_running, why);

    if (ok) {
        text_add(did, was_running ? "The service has stopped."
                                  : "The service was not running; there was nothing to stop.");
    }
    close_access(&access);
    return ok;
}

bool service_control_reload(struct text *did, struct failure *why)
{
    struct access access = {0};
    SERVICE_STATUS ignored;
    bool ok = open_installed(&access, SERVICE_PAUSE_CONTINUE, why);

    if (ok && !ControlService(access.service, SERVICE_CONTROL_PARAMCHANGE, &ignored)) {
        ok = refused(why, "telling the service to read its settings");
    }
    if (ok) {
        text_add(did, "The service was told to read its settings again; the event log says how "
                      "that went.");
    }
    close_access(&access);
    return ok;
}

bool service_control_uninstall(struct text *did, struct failure *why)
{
    struct access access = {0};
    bool was_running = false;
    bool ok = open_manager(&access, SC_MANAGER_CONNECT, why) &&
              open_service(&access, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE, why);

    if (ok && access.service == NULL) {
        text_add(did, "The service was not installed; there was nothing to remove.");
        goto out;
    }
    ok = ok && stop(&access, &was_running, why);
    if (ok && !DeleteService(access.service) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE) {
        ok = refused(why, "removing the service");
    }
    if (ok) {
        text_addf(did, "The service %sis removed. The ledger stays where it is.",
                  was_running ? "has stopped and " : "");
    }
out:
    close_access(&access);
    return ok;
}
