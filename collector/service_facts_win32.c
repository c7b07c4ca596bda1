/* SPDX-License-Identifier: MIT */

#include "collector/service_facts.h"

#include <windows.h>

#include <stdlib.h>

#include "base/utf16_win32.h"
#include "collector/service_calls_win32.h"

enum { BUFFER_SIZE = 256 * 1024 }; /* the call takes no larger one */

/* A type with another bit in it, such as that of services with windows, is neither. */
static enum service_kind kind_of(DWORD type)
{
    return type == SERVICE_WIN32_OWN_PROCESS     ? SERVICE_KIND_OWN
           : type == SERVICE_WIN32_SHARE_PROCESS ? SERVICE_KIND_SHARED
                                                 : SERVICE_KIND_OTHER;
}

static bool visit_row(const ENUM_SERVICE_STATUS_PROCESSW *row, service_fact_fn *visit,
                      void *context)
{
    char *name = utf16_to_utf8(row->lpServiceName);
    char *title = utf16_to_utf8(row->lpDisplayName);
    const struct service_fact fact = {
        .pid = row->ServiceStatusProcess.dwProcessId,
        .name = name,
        .title = title,
        .kind = kind_of(row->ServiceStatusProcess.dwServiceType),
    };
    bool goes_on = name == NULL || title == NULL || visit(context, &fact);

    free(name);
    free(title);
    return goes_on;
}

static void walk(SC_HANDLE manager, void *buffer, service_fact_fn *visit, void *context)
{
    const ENUM_SERVICE_STATUS_PROCESSW *rows = buffer;
    DWORD resume = 0;
    DWORD error;

    do {
        DWORD needed;
        DWORD count = 0;

        error = service_calls_list(manager, buffer, BUFFER_SIZE, &needed, &count, &resume);
        for (DWORD i = 0; i < count; i++) {
            if (!visit_row(&rows[i], visit, context)) {
                return;
            }
        }
    } while (error == ERROR_MORE_DATA && resume != 0);
}

void service_facts_walk(service_fact_fn *visit, void *context)
{
    SC_HANDLE manager;
    void *buffer = malloc(BUFFER_SIZE);

    if (buffer != NULL && service_calls_open(&manager) == ERROR_SUCCESS) {
        walk(manager, buffer, visit, context);
        service_calls_close(manager);
    }
    free(buffer);
}
