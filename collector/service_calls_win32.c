/* SPDX-License-Identifier: MIT */

#include "collector/service_calls_win32.h"

#include "base/system_dll_win32.h"

enum {
    NAME_FROM_TAG = 1, /* of the kinds of question */
    TAG_OF_SERVICE = 1 /* of the kinds of tag */
};

/* Not documented. The first two are the question, the others the answer. */
struct tag_question {
    DWORD pid;
    DWORD tag;
    DWORD kind;
    wchar_t *name;
};

typedef DWORD WINAPI query_tag_fn(void *reserved, int question, struct tag_question *tag);

DWORD service_calls_open(SC_HANDLE *manager)
{
    *manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
    return *manager != NULL ? ERROR_SUCCESS : GetLastError();
}

void service_calls_close(SC_HANDLE manager)
{
    CloseServiceHandle(manager);
}

DWORD service_calls_list(SC_HANDLE manager, void *buffer, DWORD size, DWORD *needed, DWORD *count,
                         DWORD *resume)
{
    *needed = 0;
    *count = 0;
    if (EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE, buffer,
                              size, needed, count, resume, NULL)) {
        return ERROR_SUCCESS;
    }
    return GetLastError();
}

DWORD service_calls_name_of_tag(uint32_t pid, uint32_t tag, wchar_t **name)
{
    query_tag_fn *query = (query_tag_fn *)system_dll_find(L"advapi32.dll", "I_QueryTagInformation");
    struct tag_question question = {.pid = pid, .tag = tag};
    DWORD error;

    *name = NULL;
    if (query == NULL) {
        return ERROR_PROC_NOT_FOUND;
    }
    error = query(NULL, NAME_FROM_TAG, &question);
    if (error != ERROR_SUCCESS) {
        return error;
    }
    if (question.kind != TAG_OF_SERVICE || question.name == NULL) {
        LocalFree(question.name);
        return ERROR_NOT_FOUND;
    }
    *name = question.name;
    return ERROR_SUCCESS;
}
