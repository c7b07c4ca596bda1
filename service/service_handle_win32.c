/* SPDX-License-Identifier: MIT */

#include "service/service_handle_win32.h"

#include <stdlib.h>

#include "base/service_state.h"
#include "base/utf16_win32.h"
#include "service/manager_calls_win32.h"

void service_handle_close(struct service_handle *handle)
{
    if (handle->service != NULL) {
        manager_calls_close(handle->service);
    }
    if (handle->manager != NULL) {
        manager_calls_close(handle->manager);
    }
    *handle = (struct service_handle){0};
}

bool service_handle_refused(struct failure *why, DWORD error, const char *doing)
{
    if (error == ERROR_ACCESS_DENIED) {
        return FAIL(why, FAILURE_DENIED, (long)error,
                    "%s: access denied; run this in a terminal that was started as administrator",
                    doing);
    }
    return failure_from_system(why, (long)error, "%s", doing);
}

bool service_handle_open(struct service_handle *handle, DWORD manager_rights, DWORD rights,
                         struct failure *why)
{
    wchar_t *name = utf16_from_utf8(SERVICE_NAME);
    DWORD error;

    if (name == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the service's name");
    }
    error = manager_calls_open(manager_rights, &handle->manager);
    if (error != ERROR_SUCCESS) {
        free(name);
        return service_handle_refused(why, error, "opening the service control manager");
    }
    error = manager_calls_open_service(handle->manager, name, rights, &handle->service);
    free(name);
    return error == ERROR_SUCCESS || error == ERROR_SERVICE_DOES_NOT_EXIST ||
           service_handle_refused(why, error, "opening the service");
}

bool service_handle_open_installed(struct service_handle *handle, DWORD rights, struct failure *why)
{
    return service_handle_open(handle, SC_MANAGER_CONNECT, rights, why) &&
           (handle->service != NULL ||
            FAIL(why, FAILURE_MISSING, ERROR_SERVICE_DOES_NOT_EXIST,
                 "the service is not installed; install it with: portledgerd install"));
}
