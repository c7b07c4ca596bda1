/* SPDX-License-Identifier: MIT */

#include "collector/http_config_win32.h"

#include <http.h>

#include "base/system_dll_win32.h"

typedef ULONG WINAPI initialize_fn(HTTPAPI_VERSION version, ULONG flags, void *reserved);
typedef ULONG WINAPI terminate_fn(ULONG flags, void *reserved);
typedef ULONG WINAPI query_fn(HANDLE service, HTTP_SERVICE_CONFIG_ID id, void *input,
                              ULONG input_size, void *output, ULONG output_size, ULONG *needed,
                              OVERLAPPED *overlapped);

ULONG http_config_open(void)
{
    initialize_fn *initialize = (initialize_fn *)system_dll_find(L"httpapi.dll", "HttpInitialize");
    HTTPAPI_VERSION version = {2, 0};

    if (initialize == NULL) {
        return ERROR_PROC_NOT_FOUND;
    }
    return initialize(version, HTTP_INITIALIZE_CONFIG, NULL);
}

ULONG http_config_reservation(ULONG which, void *buffer, ULONG size, ULONG *needed)
{
    query_fn *query = (query_fn *)system_dll_find(L"httpapi.dll", "HttpQueryServiceConfiguration");
    HTTP_SERVICE_CONFIG_URLACL_QUERY input = {.QueryDesc = HttpServiceConfigQueryNext,
                                              .dwToken = which};

    if (query == NULL) {
        return ERROR_PROC_NOT_FOUND;
    }
    return query(NULL, HttpServiceConfigUrlAclInfo, &input, sizeof(input), buffer, size, needed,
                 NULL);
}

void http_config_close(void)
{
    terminate_fn *terminate = (terminate_fn *)system_dll_find(L"httpapi.dll", "HttpTerminate");

    if (terminate != NULL) {
        (void)terminate(HTTP_INITIALIZE_CONFIG, NULL);
    }
}
