/* SPDX-License-Identifier: MIT */

#include "service/event_sink.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/text.h"
#include "base/time_text.h"

/* What was reported of an id lately. */
struct lately {
    int64_t since; /* clock_steady() of the first; of no meaning where count is 0 */
    int count;     /* all of them, those that were left out included */
};

struct event_sink {
    struct event_log *log; /* NULL: events are lines on standard error */
    struct lately *lately; /* by the rows of events[] */
    int64_t next_look;     /* INT64_MAX: nothing was left out */
};

struct event_sink *event_sink_open(bool foreground)
{
    struct event_sink *sink = calloc(1, sizeof(*sink));

    if (sink == NULL) {
        return NULL;
    }
    sink->next_look = INT64_MAX;
    sink->lately = calloc(event_count, sizeof(*sink->lately));
    if (sink->lately == NULL) {
        free(sink);
        return NULL;
    }
    if (!foreground) {
        sink->log = event_log_open();
        if (sink->log == NULL) {
            console_complain("the system's event log cannot be opened; events are written here");
        }
    }
    return sink;
}

static void complain(const struct event *event, const char *text)
{
    struct text line = {0};

    time_text_add_table(&line, clock_now(), TIME_ZONE_LOCAL);
    text_addf(&line, " %s %d %s: ", event_severity_name(event->severity), (int)event->id,
              event->name);
    text_add(&line, text);
    console_complain("%s", text_bytes(&line));
    text_clear(&line);
}

/* The arguments, all texts, are those of the %s in the event's row. */
static void take_arguments(struct event_record *record, va_list args)
{
    for (const char *c = record->event->text; (c = strstr(c, "%s")) != NULL; c += 2) {
        assert(record->argument_count < EVENT_ARGUMENTS);
        record->arguments[record->argument_count++] = va_arg(args, const char *);
    }
}

static void send(struct event_sink *sink, const struct event *event, va_list args)
{
    struct event_record record = {.event = event};
    struct text text = {0};
    va_list again;

    va_copy(again, args);
    take_arguments(&record, again);
    va_end(again);
    text_addv(&text, event->text, args);
    record.text = text_bytes(&text);
    if (sink->log == NULL || !event_log_send(sink->log, &record)) {
        complain(event, record.text);
    }
    text_clear(&text);
}

static void send_now(struct event_sink *sink, enum event_id id, ...)
{
    va_list args;

    va_start(args, id);
    send(sink, event_find(id), args);
    va_end(args);
}

/* The time of an id is over: what was left out of it is told, and it begins anew. */
static void settle(struct event_sink *sink, size_t row)
{
    struct lately *lately = &sink->lately[row];
    struct text count = {0};
    struct text id = {0};

    if (lately->count > EVENT_BURST) {
        text_addf(&count, "%d", lately->count - EVENT_BURST);
        text_addf(&id, "%d", (int)events[row].id);
        send_now(sink, EVENT_LEFT_OUT, text_bytes(&count), text_bytes(&id), events[row].name);
        text_clear(&count);
        text_clear(&id);
    }
    lately->count = 0;
}

/* Counts the event; false where there were too many of its kind. */
static bool may_be_sent(struct event_sink *sink, const struct event *event, int64_t now)
{
    size_t row = (size_t)(event - events);
    struct lately *lately = &sink->lately[row];

    if (lately->count > 0 && now - lately->since >= EVENT_WINDOW_MS) {
        settle(sink, row);
    }
    if (lately->count == 0) {
        lately->since = now;
    }
    if (lately->count++ < EVENT_BURST) {
        return true;
    }
    if (lately->since + EVENT_WINDOW_MS < sink->next_look) {
        sink->next_look = lately->since + EVENT_WINDOW_MS;
    }
    return false;
}

void event_report(struct event_sink *sink, enum event_id id, ...)
{
    const struct event *event = event_find(id);
    va_list args;

    if (sink == NULL || !may_be_sent(sink, event, clock_steady())) {
        return;
    }
    va_start(args, id);
    send(sink, event, args);
    va_end(args);
}

/* Those of which nothing was left out wait for their next event. */
void event_sink_tend(struct event_sink *sink)
{
    int64_t now = clock_steady();
    int64_t next = INT64_MAX;

    if (sink == NULL || now < sink->next_look) {
        return;
    }
    for (size_t i = 0; i < event_count; i++) {
        int64_t ends = sink->lately[i].since + EVENT_WINDOW_MS;

        if (sink->lately[i].count <= EVENT_BURST) {
            continue;
        }
        if (ends <= now) {
            settle(sink, i);
        } else if (ends < next) {
            next = ends;
        }
    }
    sink->next_look = next;
}

void event_sink_close(struct event_sink *sink)
{
    if (sink == NULL) {
        return;
    }
    for (size_t i = 0; i < event_count; i++) {
        settle(sink, i);
    }
    event_log_close(sink->log);
    free(sink->lately);
    free(sink);
}
