/* SPDX-License-Identifier: MIT */

#include "service/event_sink.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/text.h"
#include "base/time_text.h"

struct event_sink {
    struct event_log *log; /* NULL: events are lines on standard error */
};

struct event_sink *event_sink_open(bool foreground)
{
    struct event_sink *sink = calloc(1, sizeof(*sink));

    if (sink != NULL && !foreground) {
        sink->log = event_log_open();
        if (sink->log == NULL) {
            console_complain("the system's event log cannot be opened; events are written here");
        }
    }
    return sink;
}

static void complain(const struct event *event, int64_t at, const char *text)
{
    struct text line = {0};

    time_text_add_table(&line, at, TIME_ZONE_LOCAL);
    text_addf(&line, " %s %d %s: ", event_severity_name(event->severity), (int)event->id,
              event->name);
    text_add(&line, text);
    console_complain("%s", text_bytes(&line));
    text_clear(&line);
}

void event_report(struct event_sink *sink, enum event_id id, ...)
{
    const struct event *event = event_find(id);
    int64_t now = clock_now();
    struct text text = {0};
    va_list args;

    if (sink == NULL) {
        return;
    }
    va_start(args, id);
    text_addv(&text, event->text, args);
    va_end(args);
    if (sink->log == NULL || !event_log_send(sink->log, event, now, text_bytes(&text))) {
        complain(event, now, text_bytes(&text));
    }
    text_clear(&text);
}

void event_sink_close(struct event_sink *sink)
{
    if (sink != NULL) {
        event_log_close(sink->log);
        free(sink);
    }
}
