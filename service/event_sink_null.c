/* SPDX-License-Identifier: MIT */

#include "service/event_sink_null.h"

#include <stdio.h>

#include "service/event_sink.h"

struct event_kept event_log_kept[EVENT_LOG_KEPT];
size_t event_log_count;

static bool refusing;

struct event_log {
    char unused;
};

static struct event_log only;

void event_log_reset(bool refuse)
{
    event_log_count = 0;
    refusing = refuse;
}

size_t event_log_count_of(enum event_id id)
{
    size_t kept = event_log_count < EVENT_LOG_KEPT ? event_log_count : EVENT_LOG_KEPT;
    size_t count = 0;

    for (size_t i = 0; i < kept; i++) {
        count += event_log_kept[i].id == id;
    }
    return count;
}

struct event_log *event_log_open(void)
{
    return &only;
}

bool event_log_send(struct event_log *log, const struct event_record *record)
{
    struct event_kept *kept = &event_log_kept[event_log_count % EVENT_LOG_KEPT];

    (void)log;
    if (refusing) {
        return false;
    }
    kept->argument_count = record->argument_count;
    kept->id = record->event->id;
    snprintf(kept->text, sizeof(kept->text), "%s", record->text);
    event_log_count++;
    return true;
}

void event_log_close(struct event_log *log)
{
    (void)log;
}
