/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Listeners on ports that an administrator wants to hear of: what was opened
 * and closed, and whether the file behind one is another than before. Plain
 * data: samples in, news out.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/settings.h"
#include "collector/snapshot.h"

struct port_watch;

enum { PORT_WATCH_MOST = 1000 }; /* listeners; what comes beyond is not told of */

enum port_news_kind {
    PORT_OPENED,
    PORT_CLOSED,
    PORT_IMAGE_CHANGED, /* the listener belongs to another file than the one before it did */
};

/* Lent for the call; all of it words for people. */
struct port_news {
    enum port_news_kind kind;
    const char *socket; /* "TCP 0.0.0.0:443" */
    const char *owner;  /* "nginx (pid 12, /usr/sbin/nginx)"; PORT_IMAGE_CHANGED: the file */
    const char *before; /* PORT_IMAGE_CHANGED: the file before */
};

typedef void port_news_fn(void *context, const struct port_news *news);

bool port_watch_open(struct port_watch **out, struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void port_watch_close(struct port_watch *watch);

/*
 * Takes events.watch_ports of the settings; FAILURE_SETTINGS where that is no
 * list of ports, and then what was watched stays. `watch` may be NULL, to
 * check the settings only. What the next sample has is no news.
 */
bool port_watch_configure(struct port_watch *watch, const struct settings *settings,
                          struct failure *why) NODISCARD;

/*
 * Compares the sample with the one before. A steady one costs a look at each
 * row, and no memory. Fails where memory runs out.
 */
bool port_watch_look(struct port_watch *watch, const struct snapshot *sample, port_news_fn *tell,
                     void *context, struct failure *why) NODISCARD;
