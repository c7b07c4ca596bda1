/* SPDX-License-Identifier: MIT */

#include "service/event_registration_win32.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/utf16_win32.h"
#include "service/events.h"
#include "service/service_codes_win32.h"

const wchar_t event_registration_key[] = L"SYSTEM\\CurrentControlSet\\Services\\EventLog";

static const wchar_t log_name[] = L"PortLedger";
static const wchar_t source_name[] = L"PortLedger\\PortLedger";

/*
 * Rights of a log: 1 read, 2 write, 4 clear. SYSTEM has all; the service, by
 * its SID, reads and writes; administrators read and clear; Event Log Readers
 * read. Nobody else gets in, and none of these but the service forges events.
 */
static const wchar_t log_access[] = L"O:BAG:SYD:(A;;0x7;;;SY)(A;;0x5;;;BA)(A;;0x1;;;S-1-5-32-573)"
                                    L"(A;;0x3;;;" SERVICE_SID L")";

enum {
    LOG_BYTES = 20 << 20,
    OVERWRITE_OLD = 0, /* as the value Retention has it */
};

/* A value of a key, of the kind of its members: a text, or a number. */
struct value {
    const wchar_t *name;
    const wchar_t *text;
    DWORD number;
    bool keep; /* one that is there stays */
};

static LSTATUS set_value(HKEY key, const struct value *value)
{
    if (value->keep &&
        RegQueryValueExW(key, value->name, NULL, NULL, NULL, NULL) == ERROR_SUCCESS) {
        return ERROR_SUCCESS;
    }
    if (value->text == NULL) {
        return RegSetValueExW(key, value->name, 0, REG_DWORD, (const BYTE *)&value->number,
                              sizeof(value->number));
    }
    return RegSetValueExW(key, value->name, 0, REG_SZ, (const BYTE *)value->text,
                          (DWORD)((wcslen(value->text) + 1) * sizeof(wchar_t)));
}

static LSTATUS set_values(HKEY parent, const wchar_t *name, const struct value *values,
                          size_t count)
{
    HKEY key;
    LSTATUS error = RegCreateKeyExW(parent, name, 0, NULL, 0, KEY_QUERY_VALUE | KEY_SET_VALUE, NULL,
                                    &key, NULL);

    if (error != ERROR_SUCCESS) {
        return error;
    }
    for (size_t i = 0; i < count && error == ERROR_SUCCESS; i++) {
        error = set_value(key, &values[i]);
    }
    RegCloseKey(key);
    return error;
}

static LSTATUS set_log(HKEY parent)
{
    const struct value values[] = {
        {L"CustomSD", log_access, 0, false},
        {L"MaxSize", NULL, LOG_BYTES, true},
        {L"Retention", NULL, OVERWRITE_OLD, true},
    };

    return set_values(parent, log_name, values, sizeof(values) / sizeof(values[0]));
}

static LSTATUS set_source(HKEY parent, const wchar_t *messages)
{
    const struct value values[] = {
        {L"EventMessageFile", messages, 0, false},
        {L"CategoryMessageFile", messages, 0, false},
        {L"CategoryCount", NULL, EVENT_CATEGORIES, false},
        {L"TypesSupported", NULL,
         EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE, false},
    };

    return set_values(parent, source_name, values, sizeof(values) / sizeof(values[0]));
}

bool event_registration_add(HKEY root, const wchar_t *under, const char *messages,
                            struct failure *why)
{
    wchar_t *wide = utf16_from_utf8(messages);
    LSTATUS error = ERROR_NOT_ENOUGH_MEMORY;
    HKEY parent;

    if (wide != NULL) {
        error = RegOpenKeyExW(root, under, 0, KEY_CREATE_SUB_KEY, &parent);
    }
    if (error == ERROR_SUCCESS) {
        error = set_log(parent);
        error = error == ERROR_SUCCESS ? set_source(parent, wide) : error;
        RegCloseKey(parent);
    }
    free(wide);
    return error == ERROR_SUCCESS ||
           failure_from_system(why, (long)error, "cannot register the event log");
}

bool event_registration_remove(HKEY root, const wchar_t *under, struct failure *why)
{
    HKEY parent;
    LSTATUS error =
        RegOpenKeyExW(root, under, 0, DELETE | KEY_ENUMERATE_SUB_KEYS | KEY_QUERY_VALUE, &parent);

    if (error == ERROR_SUCCESS) {
        error = RegDeleteTreeW(parent, log_name);
        RegCloseKey(parent);
    }
    return error == ERROR_SUCCESS || error == ERROR_FILE_NOT_FOUND ||
           failure_from_system(why, (long)error, "cannot remove the event log's registration");
}
