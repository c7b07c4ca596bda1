/* SPDX-License-Identifier: MIT */

/*
 * The PR-PORTS file of Microsoft's Port Reporter 1.01, which says what opened
 * since watching began: in local time, to the second. Header, columns and rows as in
 * M. Tulloch, "Watching Ports with Port Reporter", windowsdevcenter.com,
 * 2005-07-19, page 2:
 *
 *     05/7/6,13:52:1,TCP,3389,0.0.0.0,,0.0.0.0,1096,svchost.exe,<NT AUTHORITY\SYSTEM>
 *     05/7/6,13:52:2,TCP,3389,172.16.16.150,1486,172.16.16.100,1096,svchost.exe,<NT ...>
 *     05/7/6,13:52:4,UDP,1088,0.0.0.0,*,*,1540,rdpclip.exe,<TEST\Administrator>
 *
 * What is not known is empty.
 */

#include <string.h>

#include "base/time_text.h"
#include "base/zone.h"
#include "reportcli/foreign.h"
#include "reportcli/port_reporter.h"

static struct calendar_time local_time(const struct foreign_event *event)
{
    return calendar_from_ms(event->at + (event->utc ? 0 : zone_offset(event->at) * INT64_C(1000)));
}

static bool add_date(struct text *text, const struct foreign_event *event)
{
    struct calendar_time time = local_time(event);

    text_addf(text, "%02d/%d/%d", time.year % 100, time.month, time.day);
    return true;
}

static bool add_time(struct text *text, const struct foreign_event *event)
{
    struct calendar_time time = local_time(event);

    text_addf(text, "%d:%d:%d", time.hour, time.minute, time.second);
    return true;
}

static bool add_protocol(struct text *text, const struct foreign_event *event)
{
    text_add(text, socket_protocol_name(event->interval->socket.protocol));
    return true;
}

static bool add_local_address(struct text *text, const struct foreign_event *event)
{
    socket_endpoint_add_address(text, &event->interval->socket.local);
    return true;
}

static bool add_remote_port(struct text *text, const struct foreign_event *event)
{
    if (event->interval->socket.protocol == SOCKET_UDP) {
        text_add_char(text, '*');
        return true;
    }
    return foreign_remote_port(text, event);
}

/* A listener has the address of none, of its own family. */
static bool add_remote_address(struct text *text, const struct foreign_event *event)
{
    const struct socket_row *socket = &event->interval->socket;

    if (socket->protocol == SOCKET_UDP) {
        text_add_char(text, '*');
    } else if (socket->remote.address_size != 0) {
        socket_endpoint_add_address(text, &socket->remote);
    } else {
        text_add(text, socket->local.address_size == 4 ? "0.0.0.0" : "::");
    }
    return true;
}

/* A name is anything: a comma in it would be a column, a line end a row. */
static void add_plain(struct text *text, const char *words)
{
    size_t from = text->size;

    text_add_visible(text, words, strlen(words));
    for (size_t i = from; i < text->size; i++) {
        if (text->bytes[i] == ',') {
            text->bytes[i] = '_';
        }
    }
}

static bool add_module(struct text *text, const struct foreign_event *event)
{
    if (event->owner == NULL) {
        return false;
    }
    add_plain(text, process_instance_shown_name(event->owner));
    return true;
}

static bool add_user(struct text *text, const struct foreign_event *event)
{
    struct text user = {0};
    bool known = foreign_user(&user, event);

    if (known) {
        text_add_char(text, '<');
        add_plain(text, text_bytes(&user));
        text_add_char(text, '>');
    }
    text->failed = text->failed || user.failed;
    text_clear(&user);
    return known;
}

static foreign_add_fn *const columns[] = {
    add_date,        add_time,           add_protocol, foreign_local_port, add_local_address,
    add_remote_port, add_remote_address, foreign_pid,  add_module,         add_user,
};

static void add(struct text *text, const struct foreign_event *event)
{
    if (!listeners_begins(event->interval) || event->interval->at_begin) {
        return;
    }
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        text_add(text, i > 0 ? "," : "");
        (void)columns[i](text, event);
    }
    text_add(text, "\r\n");
}

/* Its own file of process data would be beside it; there is none. */
static void begin(struct text *text)
{
    text_add(text, PORT_REPORTER_TITLE "\r\n\r\n" PORT_REPORTER_FORMAT "\r\n" PORT_REPORTER_COLUMNS
                                       "\r\n\r\n");
}

const struct foreign_format foreign_port_reporter = {
    .name = "port-reporter",
    .kinds = FOREIGN_OPENED,
    .lacks = "sockets that were there when watching began are in another file of Port Reporter's",
    .begin = begin,
    .add = add,
};
