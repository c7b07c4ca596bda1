/* SPDX-License-Identifier: MIT */

/*
 * Windows: how the service is registered with the service control manager.
 *
 * What its safety rests on (its SID, its privileges, who may control it) is
 * set before a service that is there already is changed in anything else, so
 * that a refusal leaves that one as it was; one that was made for it goes
 * again. A Windows that does not know a part of the configuration says
 * ERROR_INVALID_LEVEL, and then it goes without.
 */

#include "service/service_control.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/service_state.h"
#include "base/utf16_win32.h"
#include "service/event_registration_win32.h"
#include "service/manager_calls_win32.h"
#include "service/program_place_win32.h"
#include "service/service_codes_win32.h"
#include "service/service_handle_win32.h"

#define VIRTUAL_ACCOUNT "NT SERVICE\\" SERVICE_NAME
#define SYSTEM_ACCOUNT "LocalSystem"

static const wchar_t display_name[] = L"PortLedger port usage ledger";

/*
 * Windows' own list for a service, less the one right that lets everybody who
 * sits at the machine, and every other service, send the codes that a service
 * makes up for itself (CR): administrators ask for samples, nobody else.
 */
static const wchar_t service_access[] = L"D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)"
                                        L"(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)"
                                        L"(A;;CCLCSWLORC;;;IU)"
                                        L"(A;;CCLCSWLORC;;;SU)";

/* Lists of names, each ended by 0, and by one more. */
static wchar_t debug_privilege[] = L"SeDebugPrivilege\0";
static wchar_t least_privilege[] = L"SeChangeNotifyPrivilege\0"; /* everybody has it */

static SC_ACTION restarts[] = {
    {SC_ACTION_RESTART, 5000},
    {SC_ACTION_RESTART, 30000},
    {SC_ACTION_RESTART, 300000}, /* and every time after */
};

enum {
    FORGET_FAILURES_S = 86400,
    PRESHUTDOWN_MS = 10000, /* it takes 2 s */
};

struct configuration {
    SERVICE_SID_INFO sid;
    SERVICE_REQUIRED_PRIVILEGES_INFOW privileges;
    SERVICE_DESCRIPTIONW description;
    SERVICE_FAILURE_ACTIONSW failure;
    SERVICE_FAILURE_ACTIONS_FLAG flag;
    SERVICE_PRESHUTDOWN_INFO preshutdown;
    SERVICE_DELAYED_AUTO_START_INFO delayed;
};

struct part {
    const char *name;
    DWORD level;
    size_t at; /* of its structure in struct configuration */
};

static const struct part guards[] = {
    {"the service's own SID", SERVICE_CONFIG_SERVICE_SID_INFO, offsetof(struct configuration, sid)},
    {"the list of privileges", SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO,
     offsetof(struct configuration, privileges)},
};

static const struct part details[] = {
    {"the description", SERVICE_CONFIG_DESCRIPTION, offsetof(struct configuration, description)},
    {"the restart after a failure", SERVICE_CONFIG_FAILURE_ACTIONS,
     offsetof(struct configuration, failure)},
    {"the restart after an orderly end with a failure", SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
     offsetof(struct configuration, flag)},
    {"the time for the end at shutdown", SERVICE_CONFIG_PRESHUTDOWN_INFO,
     offsetof(struct configuration, preshutdown)},
    {"the moment of the start", SERVICE_CONFIG_DELAYED_AUTO_START_INFO,
     offsetof(struct configuration, delayed)},
};

static const struct configuration usual = {
    .sid = {SERVICE_SID_TYPE_UNRESTRICTED},
    .privileges = {debug_privilege},
    .description = {(wchar_t *)L"Remembers which process held which TCP and UDP port, when. Read "
                               L"it with portledger.exe."},
    .failure = {.dwResetPeriod = FORGET_FAILURES_S,
                .cActions = sizeof(restarts) / sizeof(restarts[0]),
                .lpsaActions = restarts},
    .flag = {TRUE},
    .preshutdown = {PRESHUTDOWN_MS},
};

/*
 * The account.
 */

static bool is_system(const char *account)
{
    return account == NULL || text_equal_fold(account, SYSTEM_ACCOUNT);
}

/* Accounts that services share are refused: the ledger would be open to all of these. */
static bool check_account(const char *account, struct failure *why)
{
    return is_system(account) || text_equal_fold(account, VIRTUAL_ACCOUNT) ||
           FAIL(why, FAILURE_USAGE, 0,
                "--account \"%s\": the service runs as " SYSTEM_ACCOUNT
                " or as its own account, " VIRTUAL_ACCOUNT,
                account);
}

static bool holds_debug_privilege(void)
{
    PSID sid = NULL;
    bool holds = ConvertStringSidToSidW(SERVICE_SID, &sid) &&
                 manager_calls_account_holds(sid, debug_privilege);

    LocalFree(sid);
    return holds;
}

/* A service does not start that asks for what its account does not have. */
static void choose_privileges(struct configuration *configuration, const struct service_plan *plan,
                              struct text *did)
{
    if (is_system(plan->account) || holds_debug_privilege()) {
        return;
    }
    configuration->privileges.pmszRequiredPrivileges = least_privilege;
    text_add(did, "Note: " VIRTUAL_ACCOUNT " does not have SeDebugPrivilege. Of processes of "
                  "other users the ledger will have name and start alone: no path, user, command "
                  "line and modules, which are recorded as denied.\n");
}

/*
 * What is registered.
 */

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

/* Our own file, behind any links: a link could lead elsewhere tomorrow. */
static bool find_program(struct text *program, struct failure *why)
{
    struct text named = {0};
    bool ok = paths_program_file(&named, why) && text_ok(&named, why) &&
              file_resolve(program, text_bytes(&named), why) && text_ok(program, why);

    text_clear(&named);
    return ok;
}

/* The ImagePath: the file, always quoted, and what it is started with. */
static bool make_command_line(const char *program, const char *const *arguments, wchar_t **out,
                              struct failure *why)
{
    struct text line = {0};
    bool ok;

    add_quoted(&line, program);
    text_add(&line, " service");
    for (size_t i = 0; arguments[i] != NULL; i++) {
        add_quoted(&line, arguments[i]);
    }
    ok = text_ok(&line, why);
    if (ok) {
        *out = utf16_from_utf8(text_bytes(&line));
        ok = *out != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for the command line");
    }
    text_clear(&line);
    return ok;
}

/* Error 124 is what the level is not known by. */
static bool is_unknown(DWORD error, const char *name, struct text *did)
{
    if (error == ERROR_INVALID_LEVEL) {
        text_addf(did, "Note: this Windows does not know %s (error %lu).\n", name, error);
    }
    return error == ERROR_INVALID_LEVEL;
}

static DWORD configure(const struct service_handle *handle, const struct part *part,
                       struct configuration *configuration)
{
    return manager_calls_configure(handle->service, part->level, (char *)configuration + part->at);
}

static DWORD protect(const struct service_handle *handle)
{
    PSECURITY_DESCRIPTOR access;
    DWORD error;

    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(service_access, SDDL_REVISION_1,
                                                              &access, NULL)) {
        return GetLastError();
    }
    error = manager_calls_protect(handle->service, access);
    LocalFree(access);
    return error;
}

static bool set_guard(DWORD error, const char *name, struct text *did, struct failure *why)
{
    return error == ERROR_SUCCESS || is_unknown(error, name, did) ||
           (service_handle_refused(why, error, "setting"),
            FAIL(why, why->kind, why->code, "%s, which it must have, was refused: %s", name,
                 why->text));
}

static bool set_guards(const struct service_handle *handle, struct configuration *configuration,
                       struct text *did, struct failure *why)
{
    for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
        if (!set_guard(configure(handle, &guards[i], configuration), guards[i].name, did, why)) {
            return false;
        }
    }
    return set_guard(protect(handle), "the list of who may control the service", did, why);
}

static void set_details(const struct service_handle *handle, struct configuration *configuration,
                        struct text *did)
{
    for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
        DWORD error = configure(handle, &details[i], configuration);

        if (error != ERROR_SUCCESS && !is_unknown(error, details[i].name, did)) {
            text_addf(did, "Warning: %s could not be set (error %lu).\n", details[i].name, error);
        }
    }
}

/* What runs now was started by what was registered before. */
static bool is_running(const struct service_handle *handle)
{
    SERVICE_STATUS_PROCESS status;

    return manager_calls_query(handle->service, &status) == ERROR_SUCCESS &&
           status.dwCurrentState != SERVICE_STOPPED;
}

static void say_what_now(const struct service_handle *handle, bool there, bool delayed,
                         struct text *did)
{
    text_add(did, there ? "The service was installed already; it now starts this program."
                        : "The service is installed and will start with Windows.");
    if (delayed) {
        text_add(did, " It starts some minutes after Windows, which are not watched then.");
    }
    text_add(did, is_running(handle) ? " It runs as it was started: for the new settings of the "
                                       "service stop it and start it again.\n"
                                     : " Start it now with: portledgerd start\n");
}

/* A log without texts is still a log: the service is installed all the same. */
static void register_events(const char *program, struct text *did)
{
    struct text messages = {0};
    struct failure why;

    paths_add_folder(&messages, program);
    paths_add_part(&messages, "portledger_events.dll");
    if (!text_ok(&messages, &why) ||
        !event_registration_add(HKEY_LOCAL_MACHINE, event_registration_key, text_bytes(&messages),
                                &why)) {
        text_addf(did, "Warning: %s\n", why.text);
    } else if (!file_exists(text_bytes(&messages))) {
        text_addf(did, "Warning: %s is missing: the event log will show no texts.\n",
                  text_bytes(&messages));
    }
    text_clear(&messages);
}

static bool create(struct service_handle *handle, const struct manager_service *service,
                   struct failure *why)
{
    wchar_t *name = utf16_from_utf8(SERVICE_NAME);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (name != NULL) {
        error = manager_calls_create(handle->manager, name, service, &handle->service);
    }
    free(name);
    return error == ERROR_SUCCESS || service_handle_refused(why, error, "creating the service");
}

static bool change(const struct service_handle *handle, const struct manager_service *service,
                   struct failure *why)
{
    DWORD error = manager_calls_change(handle->service, service);

    return error == ERROR_SUCCESS || service_handle_refused(why, error, "changing the service");
}

static bool install_new(struct service_handle *handle, const struct manager_service *service,
                        struct configuration *configuration, struct text *did, struct failure *why)
{
    if (!create(handle, service, why)) {
        return false;
    }
    if (!set_guards(handle, configuration, did, why)) {
        DWORD error = manager_calls_delete(handle->service);

        return error == ERROR_SUCCESS
                   ? FAIL(why, why->kind, why->code, "%s; the service was not installed", why->text)
                   : FAIL(why, why->kind, why->code,
                          "%s; the service could not be removed again (error %lu): do it with "
                          "portledgerd uninstall",
                          why->text, error);
    }
    return true;
}

static bool install_over(struct service_handle *handle, const struct manager_service *service,
                         struct configuration *configuration, struct text *did, struct failure *why)
{
    return set_guards(handle, configuration, did, why) && change(handle, service, why);
}

static bool install(const char *program, const struct manager_service *service,
                    struct configuration *configuration, struct text *did, struct failure *why)
{
    struct service_handle handle = {0};
    bool ok = service_handle_open(&handle, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE,
                                  SERVICE_ALL_ACCESS, why);
    bool there = handle.service != NULL;

    ok = ok && (there ? install_over : install_new)(&handle, service, configuration, did, why);
    if (ok) {
        set_details(&handle, configuration, did);
        register_events(program, did);
        say_what_now(&handle, there, configuration->delayed.fDelayedAutostart != FALSE, did);
    }
    service_handle_close(&handle);
    return ok;
}

bool service_control_install(const struct service_plan *plan, struct text *did, struct failure *why)
{
    struct manager_service service = {.display = display_name, .start = SERVICE_AUTO_START};
    struct configuration configuration = usual;
    struct text program = {0};
    wchar_t *line = NULL;
    bool ok = check_account(plan->account, why) && find_program(&program, why) &&
              program_place_check(text_bytes(&program), why) &&
              make_command_line(text_bytes(&program), plan->arguments, &line, why);

    if (ok) {
        service.line = line;
        service.account =
            is_system(plan->account) ? L"" SYSTEM_ACCOUNT : L"NT SERVICE\\" SERVICE_NAME;
        configuration.delayed.fDelayedAutostart = plan->delayed;
        choose_privileges(&configuration, plan, did);
        ok = install(text_bytes(&program), &service, &configuration, did, why);
    }
    free(line);
    text_clear(&program);
    return ok;
}

/*
 * What an account of its own must get into: the ledger and its key.
 */

/* What is protected from what is above, as all that we make, stays so. */
static SECURITY_INFORMATION protection_of(PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision;

    return GetSecurityDescriptorControl(descriptor, &control, &revision) &&
                   (control & SE_DACL_PROTECTED) != 0
               ? PROTECTED_DACL_SECURITY_INFORMATION
               : 0;
}

static DWORD admit(wchar_t *path, bool folder, PSID sid)
{
    EXPLICIT_ACCESSW access = {
        .grfAccessPermissions = FILE_ALL_ACCESS & ~(WRITE_DAC | WRITE_OWNER),
        .grfAccessMode = SET_ACCESS,
        .grfInheritance = folder ? SUB_CONTAINERS_AND_OBJECTS_INHERIT : NO_INHERITANCE,
        .Trustee = {.TrusteeForm = TRUSTEE_IS_SID, .ptstrName = sid},
    };
    PSECURITY_DESCRIPTOR before = NULL;
    PACL list = NULL;
    PACL wider = NULL;
    DWORD error = GetNamedSecurityInfoW(path, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL,
                                        &list, NULL, &before);

    if (error == ERROR_SUCCESS) {
        error = SetEntriesInAclW(1, &access, list, &wider);
    }
    if (error == ERROR_SUCCESS) {
        error = SetNamedSecurityInfoW(path, SE_FILE_OBJECT,
                                      DACL_SECURITY_INFORMATION | protection_of(before), NULL, NULL,
                                      wider, NULL);
    }
    LocalFree(before);
    LocalFree(wider);
    return error;
}

bool service_control_admit(const struct service_plan *plan, const char *path, struct failure *why)
{
    wchar_t *wide;
    PSID sid = NULL;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (is_system(plan->account)) {
        return true;
    }
    wide = utf16_path(path);
    if (wide != NULL && ConvertStringSidToSidW(SERVICE_SID, &sid)) {
        error = admit(wide, file_is_folder(path), sid);
    }
    LocalFree(sid);
    free(wide);
    return error == ERROR_SUCCESS ||
           failure_from_system(why, (long)error, "cannot let " VIRTUAL_ACCOUNT " into %s", path);
}
