/* SPDX-License-Identifier: MIT */

#include "service/port_watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time_text.h"
#include "probes/outcome.h"
#include "probes/ports.h"

enum { PORTS = 1 << 16, NS_PER_MS = 1000000 };

/* One end that is, or was, listened on. Closed ones are kept, to know the file of before. */
struct listener {
    struct socket_endpoint local;
    uint8_t protocol;
    bool open;
    bool seen;                            /* in the sample that is being looked at */
    const struct process_instance *owner; /* a reference; NULL: not known */
    const struct image *image;            /* a reference; the last one that was known */
};

struct port_watch {
    uint8_t ports[2][PORTS / 8]; /* a bit for each: TCP, UDP */
    bool any;
    bool quiet; /* what the next sample has is no news */
    struct listener *listeners;
    size_t count;
};

/* What the look of one sample is about. */
struct look {
    struct port_watch *watch;
    const struct snapshot *sample;
    port_news_fn *tell;
    void *context;
};

bool port_watch_open(struct port_watch **out, struct failure *why)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for the ports to watch");
}

static void forget(struct port_watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        process_instance_release(watch->listeners[i].owner);
        image_release(watch->listeners[i].image);
    }
    free(watch->listeners);
    watch->listeners = NULL;
    watch->count = 0;
}

void port_watch_close(struct port_watch *watch)
{
    if (watch != NULL) {
        forget(watch);
        free(watch);
    }
}

static bool read_list(const struct settings *settings, struct port_list *ports, struct failure *why)
{
    const struct port_words words = {0};
    size_t count = settings_count(settings, "events.watch_ports");

    for (size_t i = 0; i < count; i++) {
        const char *part = settings_text_at(settings, "events.watch_ports", i);

        if (!port_list_add(ports, part, &words, why)) {
            return why->kind == FAILURE_MEMORY
                       ? false
                       : FAIL(why, FAILURE_SETTINGS, 0, "events.watch_ports: %s", why->text);
        }
    }
    return true;
}

static void take_list(struct port_watch *watch, const struct port_list *ports)
{
    memset(watch->ports, 0, sizeof(watch->ports));
    for (size_t i = 0; i < ports->count; i++) {
        const struct port_item *item = &ports->items[i];

        watch->ports[item->transport == PROBE_UDP][item->port / 8] |=
            (uint8_t)(1U << (item->port % 8));
    }
    watch->any = ports->count > 0;
    watch->quiet = true;
    forget(watch);
}

bool port_watch_configure(struct port_watch *watch, const struct settings *settings,
                          struct failure *why)
{
    struct port_list ports = {0};
    bool ok = read_list(settings, &ports, why);

    if (ok && watch != NULL) {
        take_list(watch, &ports);
    }
    port_list_clear(&ports);
    return ok;
}

static bool is_watched(const struct port_watch *watch, const struct socket_row *row)
{
    bool udp = row->protocol == SOCKET_UDP;

    if (!udp && row->state != SOCKET_LISTENING) {
        return false;
    }
    return (watch->ports[udp][row->local.port / 8] >> (row->local.port % 8) & 1U) != 0;
}

/* NULL where there are too many, or memory ran out. */
static struct listener *add_listener(struct port_watch *watch, const struct socket_row *row)
{
    struct listener *added;

    if (watch->listeners == NULL) {
        watch->listeners = calloc(PORT_WATCH_MOST, sizeof(*watch->listeners));
    }
    if (watch->listeners == NULL || watch->count == PORT_WATCH_MOST) {
        return NULL;
    }
    added = &watch->listeners[watch->count++];
    *added = (struct listener){.local = row->local, .protocol = row->protocol};
    return added;
}

static struct listener *find_listener(struct port_watch *watch, const struct socket_row *row)
{
    for (size_t i = 0; i < watch->count; i++) {
        struct listener *listener = &watch->listeners[i];

        if (listener->protocol == row->protocol &&
            socket_endpoint_equal(&listener->local, &row->local)) {
            return listener;
        }
    }
    return add_listener(watch, row);
}

/*
 * Words.
 */

static void add_owner(struct text *text, const struct process_instance *owner)
{
    if (owner == NULL) {
        text_add(text, "an owner that is not known");
        return;
    }
    text_addf(text, "%s (pid %lu", owner->name, (unsigned long)owner->pid);
    if (owner->path != NULL) {
        text_addf(text, ", %s", owner->path);
    }
    text_add_char(text, ')');
}

static void add_image(struct text *text, const struct image *image)
{
    text_addf(text, "%s (%lld bytes, written ", image->path, (long long)image->identity.size);
    time_text_add_table(text, image->identity.written_at / NS_PER_MS, TIME_ZONE_LOCAL);
    text_add_char(text, ')');
}

static bool report(const struct look *look, const struct listener *listener,
                   enum port_news_kind kind, const struct image *image, struct failure *why)
{
    struct text socket = {0};
    struct text owner = {0};
    struct text before = {0};
    bool ok;

    text_addf(&socket, "%s ", socket_protocol_name(listener->protocol));
    socket_endpoint_add(&socket, &listener->local);
    if (kind == PORT_IMAGE_CHANGED) {
        add_image(&owner, image);
        add_image(&before, listener->image);
    } else {
        add_owner(&owner, listener->owner);
    }
    ok = text_ok(&socket, why) && text_ok(&owner, why) && text_ok(&before, why);
    if (ok) {
        const struct port_news news = {kind, text_bytes(&socket), text_bytes(&owner),
                                       text_bytes(&before)};

        look->tell(look->context, &news);
    }
    text_clear(&socket);
    text_clear(&owner);
    text_clear(&before);
    return ok;
}

/*
 * The look.
 */

static bool is_known(const struct image *image)
{
    static const struct image_identity nothing;

    return image != NULL && memcmp(&image->identity, &nothing, sizeof(nothing)) != 0;
}

static bool is_other(const struct image *a, const struct image *b)
{
    return strcmp(a->path, b->path) != 0 ||
           memcmp(&a->identity, &b->identity, sizeof(a->identity)) != 0;
}

static void hold_owner(struct listener *listener, const struct process_instance *owner)
{
    if (listener->owner != owner) {
        process_instance_release(listener->owner);
        listener->owner = owner == NULL ? NULL : process_instance_hold(owner);
    }
}

static bool compare_image(const struct look *look, struct listener *listener,
                          const struct image *image, struct failure *why)
{
    if (!is_known(image) || image == listener->image) {
        return true;
    }
    if (listener->image != NULL && is_other(listener->image, image) &&
        !report(look, listener, PORT_IMAGE_CHANGED, image, why)) {
        return false;
    }
    image_release(listener->image);
    listener->image = image_hold(image);
    return true;
}

/* Of several processes that hold one socket, the first row speaks for all. */
static bool look_at_row(const struct look *look, const struct socket_row *row, struct failure *why)
{
    struct listener *listener = find_listener(look->watch, row);
    const struct process_instance *owner = snapshot_owner(look->sample, row);
    bool opened;

    if (listener == NULL || listener->seen) {
        return true;
    }
    opened = !listener->open;
    listener->seen = true;
    listener->open = true;
    hold_owner(listener, owner);
    if (opened && !look->watch->quiet && !report(look, listener, PORT_OPENED, NULL, why)) {
        return false;
    }
    return owner == NULL || compare_image(look, listener, owner->image, why);
}

static bool look_for_ends(const struct look *look, struct failure *why)
{
    for (size_t i = 0; i < look->watch->count; i++) {
        struct listener *listener = &look->watch->listeners[i];

        if (listener->open && !listener->seen) {
            listener->open = false;
            if (!report(look, listener, PORT_CLOSED, NULL, why)) {
                return false;
            }
            hold_owner(listener, NULL); /* it has ended, or will */
        }
        listener->seen = false;
    }
    return true;
}

bool port_watch_look(struct port_watch *watch, const struct snapshot *sample, port_news_fn *tell,
                     void *context, struct failure *why)
{
    const struct look look = {watch, sample, tell, context};

    if (!watch->any) {
        return true;
    }
    for (size_t i = 0; i < sample->socket_count; i++) {
        if (is_watched(watch, &sample->sockets[i]) &&
            !look_at_row(&look, &sample->sockets[i], why)) {
            return false;
        }
    }
    watch->quiet = false;
    return look_for_ends(&look, why);
}
