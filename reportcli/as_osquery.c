/* SPDX-License-Identifier: MIT */

/*
 * osquery's results log, event format: what its scheduled queries of
 * process_open_sockets and listening_ports would have logged. Columns: osquery
 * 5, specs/process_open_sockets.table and specs/listening_ports.table; the rest
 * of a line: docs/wiki/deployment/logging.md and osquery/core/query.cpp, as of
 * commit a5b14f63d98c (2026-08-06). Not known: fd, socket, net_namespace.
 */

#include <stddef.h>

#include "base/time_text.h"
#include "reportcli/foreign.h"

/* AF_INET6 on the watched system; AF_INET is the same on both. */
enum { IPV4_FAMILY = 2, IPV6_FAMILY_WINDOWS = 23, IPV6_FAMILY_LINUX = 10 };

/* Tue Sep 30 17:37:30 2014 UTC: asctime(3), and the zone. */
static bool add_calendar_time(struct text *text, const struct foreign_event *event)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    struct calendar_time time = calendar_from_ms(event->at);
    int64_t day = event->at / (INT64_C(24) * 3600 * 1000);

    text_add_bytes(text, days + (day % 7 + 7) % 7 * 3, 3);
    text_add_char(text, ' ');
    text_add_bytes(text, months + ((ptrdiff_t)time.month - 1) * 3, 3);
    text_addf(text, " %2d %02d:%02d:%02d %d UTC", time.day, time.hour, time.minute, time.second,
              time.year);
    return true;
}

static bool add_unix_time(struct text *text, const struct foreign_event *event)
{
    text_add_number(text, event->at / 1000);
    return true;
}

/* A stretch is what osquery calls an epoch: what is there when it begins is told anew. */
static bool add_epoch(struct text *text, const struct foreign_event *event)
{
    text_add_number(text, event->interval->stretch_id);
    return true;
}

/* 0: the first look of the epoch. */
static bool add_counter(struct text *text, const struct foreign_event *event)
{
    const struct ledger_stretch *stretch = event->stretch;
    int64_t counter;

    if (stretch == NULL || stretch->interval <= 0) {
        return false;
    }
    counter = (event->at - stretch->begin_at + stretch->interval / 2) / stretch->interval;
    text_add_number(text, counter > 0 || event->at == stretch->begin_at ? counter : 1);
    return true;
}

static bool add_action(struct text *text, const struct foreign_event *event)
{
    text_add(text, event->kind == FOREIGN_OPENED ? "added" : "removed");
    return true;
}

static bool add_family(struct text *text, const struct foreign_event *event)
{
    int ipv6 = foreign_os(event) == FOREIGN_OS_WINDOWS ? IPV6_FAMILY_WINDOWS : IPV6_FAMILY_LINUX;

    text_add_number(text, event->interval->socket.local.address_size == 4 ? IPV4_FAMILY : ipv6);
    return true;
}

static bool add_state(struct text *text, const struct foreign_event *event)
{
    static const char *const names[SOCKET_STATE_COUNT] = {
        [SOCKET_CLOSED] = "CLOSED",           [SOCKET_LISTENING] = "LISTEN",
        [SOCKET_SYN_SENT] = "SYN_SENT",       [SOCKET_SYN_RECEIVED] = "SYN_RECV",
        [SOCKET_ESTABLISHED] = "ESTABLISHED", [SOCKET_FIN_WAIT_1] = "FIN_WAIT1",
        [SOCKET_FIN_WAIT_2] = "FIN_WAIT2",    [SOCKET_CLOSE_WAIT] = "CLOSE_WAIT",
        [SOCKET_CLOSING] = "CLOSING",         [SOCKET_LAST_ACK] = "LAST_ACK",
        [SOCKET_TIME_WAIT] = "TIME_WAIT",
    };
    int state = event->interval->socket.state;

    if (state >= SOCKET_STATE_COUNT || names[state] == NULL) {
        return false; /* UDP */
    }
    text_add(text, state == SOCKET_SYN_RECEIVED && foreign_os(event) == FOREIGN_OS_WINDOWS
                       ? "SYN_RCVD"
                       : names[state]);
    return true;
}

/* Both tables have the same frame: values of columns are texts, as "numerics" says. */
#define FRAME                                                                                      \
    {.name = "hostIdentifier", .add = foreign_host},                                               \
        {.name = "calendarTime", .add = add_calendar_time},                                        \
        {.name = "unixTime", .type = FOREIGN_RAW, .add = add_unix_time},                           \
        {.name = "epoch", .type = FOREIGN_RAW, .add = add_epoch},                                  \
        {.name = "counter", .type = FOREIGN_RAW, .add = add_counter},                              \
        {.name = "numerics", .type = FOREIGN_RAW, .constant = "false"},                            \
        {.name = "columns.pid", .add = foreign_pid},                                               \
        {.name = "columns.family", .add = add_family},                                             \
    {                                                                                              \
        .name = "columns.protocol", .add = foreign_protocol                                        \
    }

static const struct foreign_field socket_fields[] = {
    {.name = "name", .constant = "process_open_sockets"},
    FRAME,
    {.name = "columns.local_address", .add = foreign_local_address},
    {.name = "columns.local_port", .add = foreign_local_port},
    {.name = "columns.remote_address", .add = foreign_remote_address},
    {.name = "columns.remote_port", .add = foreign_remote_port},
    {.name = "columns.state", .add = add_state},
    {.name = "action", .add = add_action},
};

static const struct foreign_field port_fields[] = {
    {.name = "name", .constant = "listening_ports"},
    FRAME,
    {.name = "columns.address", .add = foreign_local_address},
    {.name = "columns.port", .add = foreign_local_port},
    {.name = "action", .add = add_action},
};

/* A socket that listens, or is bound for UDP, is a row of both tables. */
static void add(struct text *text, const struct foreign_event *event)
{
    const struct socket_row *socket = &event->interval->socket;

    foreign_add_json(text, socket_fields, sizeof(socket_fields) / sizeof(socket_fields[0]), event);
    if (socket->protocol == SOCKET_UDP || socket->state == SOCKET_LISTENING) {
        foreign_add_json(text, port_fields, sizeof(port_fields) / sizeof(port_fields[0]), event);
    }
}

const struct foreign_format foreign_osquery = {
    .name = "osquery",
    .kinds = FOREIGN_SOCKET,
    .add = add,
};
