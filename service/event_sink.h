/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where events go. In the foreground every event is a line on standard error.
 * Otherwise event_sink_win32.c writes to a log of our own in the Windows event
 * log, and event_sink_linux.c to the journal, or to standard error.
 * event_sink_null.c keeps events in memory for tests.
 *
 * Of one id at most EVENT_BURST are reported in EVENT_WINDOW_MS; how many more
 * there were is an event of its own (EVENT_LEFT_OUT), when that time is over.
 *
 * A sink belongs to one thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "service/events.h"

struct event_sink;

enum {
    EVENT_BURST = 20,
    EVENT_WINDOW_MS = 60000,
    EVENT_ARGUMENTS = 6, /* that an event may have */
};

/*
 * Opens the sink that fits. A system log that cannot be opened is said on
 * standard error, and the events go there. NULL only where memory ran out;
 * the calls below do nothing for NULL.
 */
struct event_sink *event_sink_open(bool foreground);

/* Reports one event; the arguments, all texts, fill the %s of its row. */
void event_report(struct event_sink *sink, enum event_id id, ...);

/* Reports what was left out, where its time is over. Cheap: for every turn of a loop. */
void event_sink_tend(struct event_sink *sink);

/* Reports what was left out, and closes. */
void event_sink_close(struct event_sink *sink);

/* One event, lent for a call. */
struct event_record {
    const struct event *event;
    const char *text;                       /* one line of UTF-8: the whole */
    const char *arguments[EVENT_ARGUMENTS]; /* what fills its %s */
    size_t argument_count;
};

/*
 * The seam, for event_sink.c: the system's own log, which has a clock of its
 * own. event_log_send() is false where the log did not take it.
 */
struct event_log;
struct event_log *event_log_open(void);
bool event_log_send(struct event_log *log, const struct event_record *record) NODISCARD;
void event_log_close(struct event_log *log);
