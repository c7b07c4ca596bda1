/* SPDX-License-Identifier: MIT */

/*
 * Events of the ports that events.watch_ports names.
 */

#include "service/watcher_parts.h"

bool watcher_ports_configure(struct watcher *watcher, struct failure *why)
{
    return (watcher->ports != NULL || port_watch_open(&watcher->ports, why)) &&
           port_watch_configure(watcher->ports, watcher->settings, why);
}

static void tell_news(void *context, const struct port_news *news)
{
    const struct watcher *watcher = context;

    switch (news->kind) {
    case PORT_OPENED:
        event_report(watcher->events, EVENT_LISTENER_OPENED, news->socket, news->owner);
        break;
    case PORT_CLOSED:
        event_report(watcher->events, EVENT_LISTENER_CLOSED, news->socket, news->owner);
        break;
    case PORT_IMAGE_CHANGED:
        event_report(watcher->events, EVENT_IMAGE_CHANGED, news->socket, news->owner, news->before);
        break;
    }
}

bool watcher_ports_look(struct watcher *watcher, struct failure *why)
{
    return port_watch_look(watcher->ports, &watcher->snapshot, tell_news, watcher, why);
}
