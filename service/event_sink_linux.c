/* SPDX-License-Identifier: MIT */

/*
 * Linux: the journal, where systemd started us. Its socket takes entries with
 * fields, so that an event can be found by its id. Where there is none,
 * standard error will do, which the journal reads line by line: a line that
 * begins with <N> has that syslog level (sd-daemon(3)).
 */

#include "service/event_sink_linux.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/text.h"

static const char journal[] = "/run/systemd/journal/socket";

struct event_log {
    int socket; /* connected; -1: standard error, or nothing */
    bool lines; /* somebody reads standard error line by line */
};

static const int levels[] = {
    [EVENT_INFORMATION] = LOG_INFO,
    [EVENT_WARNING] = LOG_WARNING,
    [EVENT_ERROR] = LOG_ERR,
};

/* -1 where there is no such socket. A journal that is busy must not hold us up. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(path);
    int fd;

    if (size >= sizeof(address.sun_path)) {
        return -1;
    }
    memcpy(address.sun_path, path, size);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

struct event_log *event_log_open_at(const char *path)
{
    struct event_log *log = calloc(1, sizeof(*log));

    if (log != NULL) {
        log->socket = connect_to(path);
        if (log->socket < 0) {
            free(log);
            log = NULL;
        }
    }
    return log;
}

struct event_log *event_log_open(void)
{
    bool started_by_systemd = getenv("JOURNAL_STREAM") != NULL; /* systemd.exec(5) */
    struct event_log *log = started_by_systemd ? event_log_open_at(journal) : NULL;

    if (log == NULL) {
        log = calloc(1, sizeof(*log));
        if (log != NULL) {
            log->socket = -1;
        }
    }
    if (log != NULL) {
        log->lines = started_by_systemd;
    }
    return log;
}

static void add_field(struct text *entry, const char *name, const char *value)
{
    size_t size = strlen(value);

    text_add(entry, name);
    if (strchr(value, '\n') == NULL) {
        text_add_char(entry, '=');
    } else {
        text_add_char(entry, '\n');
        for (size_t i = 0; i < sizeof(uint64_t); i++) { /* little-endian */
            text_add_char(entry, (char)(uint8_t)((uint64_t)size >> (8 * i)));
        }
    }
    text_add_bytes(entry, value, size);
    text_add_char(entry, '\n');
}

static void add_number(struct text *entry, const char *name, int value)
{
    text_addf(entry, "%s=%d\n", name, value);
}

static bool send_entry(const struct event_log *log, const struct event_record *record)
{
    struct text entry = {0};
    bool sent;

    add_field(&entry, "MESSAGE", record->text);
    add_number(&entry, "PRIORITY", levels[record->event->severity]);
    add_field(&entry, "SYSLOG_IDENTIFIER", "portledgerd");
    add_number(&entry, "PORTLEDGER_EVENT_ID", (int)record->event->id);
    add_field(&entry, "PORTLEDGER_EVENT", record->event->name);
    for (size_t i = 0; i < record->argument_count; i++) {
        char name[sizeof("PORTLEDGER_ARGUMENT_") + 4];

        snprintf(name, sizeof(name), "PORTLEDGER_ARGUMENT_%zu", i + 1);
        add_field(&entry, name, record->arguments[i]);
    }
    sent = !entry.failed && send(log->socket, entry.bytes, entry.size, MSG_NOSIGNAL) >= 0;
    text_clear(&entry);
    return sent;
}

static bool print_line(const struct event_record *record)
{
    return fprintf(stderr, "<%d>%d %s: %s\n", levels[record->event->severity],
                   (int)record->event->id, record->event->name, record->text) > 0;
}

bool event_log_send(struct event_log *log, const struct event_record *record)
{
    return (log->socket >= 0 && send_entry(log, record)) || (log->lines && print_line(record));
}

void event_log_close(struct event_log *log)
{
    if (log != NULL && log->socket >= 0) {
        close(log->socket);
    }
    free(log);
}
