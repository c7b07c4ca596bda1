/* SPDX-License-Identifier: MIT */

/*
 * Windows: the event log, by the calls that every version has. The texts are
 * in portledger_events.dll, made of the table in events.c: an event carries
 * its id, its category and what fills the text.
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

bool event_log_send(struct event_log *log, const struct event_record *record)
{
    wchar_t *wide[EVENT_ARGUMENTS] = {NULL};
    const wchar_t *strings[EVENT_ARGUMENTS];
    bool ok = true;

    for (size_t i = 0; i < record->argument_count; i++) {
        wide[i] = utf16_from_utf8(record->arguments[i]);
        strings[i] = wide[i];
        ok = ok && wide[i] != NULL;
    }
    ok = ok && ReportEventW(log->source, types[record->event->severity],
                            (WORD)event_category_of(record->event->id), (DWORD)record->event->id,
                            NULL, (WORD)record->argument_count, 0, strings, NULL);
    for (size_t i = 0; i < record->argument_count; i++) {
        free(wide[i]);
    }
    return ok;
}

void event_log_close(struct event_log *log)
{
    if (log != NULL) {
        DeregisterEventSource(log->source);
        free(log);
    }
}
