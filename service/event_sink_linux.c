/* SPDX-License-Identifier: MIT */

/*
 * Linux: standard error, which the journal reads line by line where systemd
 * started us. sd-daemon(3): a line that begins with <N> has that syslog level.
 */

#include "service/event_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

struct event_log {
    bool journal;
};

static const int levels[] = {
    [EVENT_INFORMATION] = LOG_INFO,
    [EVENT_WARNING] = LOG_WARNING,
    [EVENT_ERROR] = LOG_ERR,
};

struct event_log *event_log_open(void)
{
    struct event_log *log = calloc(1, sizeof(*log));

    if (log != NULL) {
        log->journal = getenv("JOURNAL_STREAM") != NULL; /* systemd.exec(5) */
    }
    return log;
}

bool event_log_send(struct event_log *log, const struct event *event, int64_t at, const char *text)
{
    (void)at; /* the journal has its own clock */
    return log->journal && fprintf(stderr, "<%d>%d %s: %s\n", levels[event->severity],
                                   (int)event->id, event->name, text) > 0;
}

void event_log_close(struct event_log *log)
{
    free(log);
}
