/* SPDX-License-Identifier: MIT */

/*
 * Windows: the event log, by the calls that every version has.
 */

#include "service/event_sink.h"

#include <stdlib.h>

#include <windows.h>

#include "base/service_state.h"
#include "base/utf16_win32.h"

struct event_log {
    HANDLE source;
};

static const WORD types[] = {
    [EVENT_INFORMATION] = EVENTLOG_INFORMATION_TYPE,
    [EVENT_WARNING] = EVENTLOG_WARNING_TYPE,
    [EVENT_ERROR] = EVENTLOG_ERROR_TYPE,
};

struct event_log *event_log_open(void)
{
    struct event_log *log = calloc(1, sizeof(*log));
    wchar_t *name = utf16_from_utf8(SERVICE_NAME);

    if (log != NULL && name != NULL) {
        log->source = RegisterEventSourceW(NULL, name);
    }
    free(name);
    if (log != NULL && log->source == NULL) {
        free(log);
        return NULL;
    }
    return log;
}

bool event_log_send(struct event_log *log, const struct event *event, int64_t at, const char *text)
{
    wchar_t *wide = utf16_from_utf8(text);
    const wchar_t *strings[] = {wide};
    BOOL sent = FALSE;

    (void)at; /* the event log has its own clock */
    if (wide != NULL) {
        sent = ReportEventW(log->source, types[event->severity], 0, (DWORD)event->id, NULL, 1, 0,
                            strings, NULL);
    }
    free(wide);
    return sent != FALSE;
}

void event_log_close(struct event_log *log)
{
    if (log != NULL) {
        DeregisterEventSource(log->source);
        free(log);
    }
}
