/* SPDX-License-Identifier: MIT */

#include "tests/fake_service_calls_win32.h"

#include <stdlib.h>
#include <string.h>

#include "collector/service_calls_win32.h"

enum { FIRST_COPY_PID = 1000 };

struct fake_service_calls fake_service_calls;

DWORD service_calls_open(SC_HANDLE *manager)
{
    fake_service_calls.opened++;
    *manager = NULL;
    if (fake_service_calls.open_error == ERROR_SUCCESS) {
        fake_service_calls.handles++;
        *manager = (SC_HANDLE)&fake_service_calls;
    }
    return fake_service_calls.open_error;
}

void service_calls_close(SC_HANDLE manager)
{
    (void)manager;
    fake_service_calls.handles--;
}

static struct fake_service service_at(size_t i)
{
    if (fake_service_calls.copies == 0) {
        return fake_service_calls.services[i];
    }
    return (struct fake_service){fake_service_calls.services[0].name,
                                 (uint32_t)(FIRST_COPY_PID + i), 0};
}

/* Rows from the front of the buffer, names from its end, as the system has them. */
DWORD service_calls_list(SC_HANDLE manager, void *buffer, DWORD size, DWORD *needed, DWORD *count,
                         DWORD *resume)
{
    size_t all =
        fake_service_calls.copies != 0 ? fake_service_calls.copies : fake_service_calls.count;
    ENUM_SERVICE_STATUS_PROCESSW *rows = buffer;
    BYTE *end = (BYTE *)buffer + size;

    (void)manager;
    *needed = 0;
    *count = 0;
    fake_service_calls.lists++;
    if (fake_service_calls.failing_lists > 0) {
        fake_service_calls.failing_lists--;
        return ERROR_INVALID_HANDLE;
    }
    if (fake_service_calls.list_error != ERROR_SUCCESS) {
        return fake_service_calls.list_error;
    }
    for (; *resume < all; ++*resume, ++*count) {
        struct fake_service service = service_at(*resume);
        size_t bytes = (wcslen(service.name) + 1) * sizeof(wchar_t);

        if ((size_t)(end - (BYTE *)(rows + *count)) < sizeof(*rows) + bytes) {
            *needed = (DWORD)((all - *resume) * (sizeof(*rows) + bytes));
            return ERROR_MORE_DATA;
        }
        end -= bytes;
        memcpy(end, service.name, bytes);
        memset(&rows[*count], 0, sizeof(*rows));
        rows[*count].lpServiceName = (wchar_t *)(void *)end;
        rows[*count].ServiceStatusProcess.dwProcessId = service.pid;
    }
    *resume = 0;
    return ERROR_SUCCESS;
}

DWORD service_calls_name_of_tag(uint32_t pid, uint32_t tag, wchar_t **name)
{
    *name = NULL;
    if (!fake_service_calls.knows_tags) {
        return ERROR_PROC_NOT_FOUND;
    }
    for (size_t i = 0; i < fake_service_calls.count; i++) {
        const struct fake_service *service = &fake_service_calls.services[i];

        if (service->pid == pid && service->tag == tag) {
            size_t bytes = (wcslen(service->name) + 1) * sizeof(wchar_t);

            *name = LocalAlloc(LMEM_FIXED, bytes);
            if (*name == NULL) {
                return ERROR_NOT_ENOUGH_MEMORY;
            }
            memcpy(*name, service->name, bytes);
            return ERROR_SUCCESS;
        }
    }
    return ERROR_NOT_FOUND;
}
