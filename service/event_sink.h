/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where events go. In the foreground every event is a line on standard error.
 * Otherwise event_sink_win32.c writes to the Windows event log, source
 * "PortLedger", and event_sink_linux.c to standard error, with the level
 * prefixes of sd-daemon(3) where the journal reads it. event_sink_null.c keeps
 * events in memory for tests.
 *
 * A sink belongs to one thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "service/events.h"

struct event_sink;

/*
 * Opens the sink that fits. A system log that cannot be opened is said on
 * standard error, and the events go there. NULL only where memory ran out;
 * the calls below do nothing for NULL.
 */
struct event_sink *event_sink_open(bool foreground);

/* Reports one event; the arguments, all texts, fill the %s of its row. */
void event_report(struct event_sink *sink, enum event_id id, ...);

void event_sink_close(struct event_sink *sink);

/*
 * The seam, for event_sink.c: the system's own log. `text` is one line
 * of UTF-8. event_log_send() is false where the log did not take it.
 */
struct event_log;
struct event_log *event_log_open(void);
bool event_log_send(struct event_log *log, const struct event *event, int64_t at,
                    const char *text) NODISCARD;
void event_log_close(struct event_log *log);
