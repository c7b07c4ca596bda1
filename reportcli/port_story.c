/* SPDX-License-Identifier: MIT */

#include "reportcli/port_story.h"

#include <stdlib.h>
#include <string.h>

#include "probes/outcome.h"
#include "store/ledger_about.h"
#include "store/ledger_query.h"

/* The end of a listener is seen by the next sample, which a probe may be ahead of. */
enum { SAMPLE_MS = 10000 };

struct names {
    char *host;
    char *domain;
    bool lacks_memory;
};

static void take(struct names *names, char **to, const struct ledger_about_field *field)
{
    if (field->text == NULL || field->text[0] == '\0') {
        return;
    }
    free(*to);
    *to = text_copy(field->text);
    names->lacks_memory = names->lacks_memory || *to == NULL;
}

/* The newest run counts: a machine may have been renamed. */
static void take_run(void *context, const struct ledger_about_field *fields, size_t count)
{
    struct names *names = context;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, "host") == 0) {
            take(names, &names->host, &fields[i]);
        } else if (strcmp(fields[i].name, "domain") == 0) {
            take(names, &names->domain, &fields[i]);
        }
    }
}

static bool add(struct story_ledgers *all, struct ledger *ledger, struct failure *why)
{
    struct names names = {0};
    bool done = ledger_walk_about(ledger, LEDGER_ABOUT_RUNS, take_run, &names, why);

    if (done && names.lacks_memory) {
        done = FAIL(why, FAILURE_MEMORY, 0, "no memory for the name of a machine");
    }
    if (!done) {
        free(names.host);
        free(names.domain);
        return false;
    }
    all->ledgers[all->count] = ledger;
    all->hosts[all->count] = names.host;
    all->domains[all->count++] = names.domain;
    return true;
}

bool story_add_own(struct story_ledgers *all, struct ledger *ledger, struct failure *why)
{
    return add(all, ledger, why);
}

bool story_add(struct story_ledgers *all, const char *path, struct failure *why)
{
    struct ledger *ledger;

    if (all->count == STORY_LEDGERS) {
        return FAIL(why, FAILURE_USAGE, 0, "--ledger: no more than %d", (int)STORY_LEDGERS);
    }
    if (!ledger_open(&ledger, path, LEDGER_READ, why)) {
        return false;
    }
    if (!add(all, ledger, why)) {
        ledger_close(ledger);
        return false;
    }
    return true;
}

void story_clear(struct story_ledgers *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (i > 0) {
            ledger_close(all->ledgers[i]);
        }
        free(all->hosts[i]);
        free(all->domains[i]);
    }
    *all = (struct story_ledgers){0};
}

/*
 * Whose ledger it is.
 */

static bool is_loopback(const struct socket_endpoint *end)
{
    static const uint8_t six[16] = {[15] = 1};

    return (end->address_size == 4 && end->address[0] == 127) ||
           (end->address_size == 16 && memcmp(end->address, six, sizeof(six)) == 0);
}

/* "dc1", or "dc1.example.com" of a machine dc1 in example.com. */
static bool is_named(const struct story_ledgers *all, size_t i, const char *host)
{
    size_t size = all->hosts[i] == NULL ? 0 : strlen(all->hosts[i]);

    if (size == 0 || !text_starts_fold(host, all->hosts[i])) {
        return false;
    }
    return host[size] == '\0' || (host[size] == '.' && all->domains[i] != NULL &&
                                  text_equal_fold(host + size + 1, all->domains[i]));
}

static bool note_found(void *context, const struct ledger_interval *interval)
{
    (void)interval;
    *(bool *)context = true;
    return false;
}

/* It had a socket with that address. */
static bool has_address(struct ledger *ledger, const struct socket_endpoint *end, bool *has,
                        struct failure *why)
{
    struct ledger_filter filter = {
        .local_address = {.address_size = end->address_size,
                          .bits = (uint8_t)(end->address_size * 8)},
    };

    memcpy(filter.local_address.address, end->address, sizeof(end->address));
    *has = false;
    return ledger_walk_intervals(ledger, &filter, note_found, has, why);
}

static bool find_ledger(const struct story_ledgers *all, const struct probe_pair_sum *pair,
                        struct ledger **found, struct failure *why)
{
    const struct socket_endpoint *address = &pair->now.address;

    *found = NULL;
    if (all->count > 0 && is_loopback(address)) {
        *found = all->ledgers[0];
        return true;
    }
    for (size_t i = 0; i < all->count; i++) {
        bool has = is_named(all, i, pair->host);

        if (!has && address->address_size != 0 &&
            !has_address(all->ledgers[i], address, &has, why)) {
            return false;
        }
        if (has) {
            *found = all->ledgers[i];
            return true;
        }
    }
    return true;
}

/*
 * What it has.
 */

/* The newest listener that there was by the moment in question. */
struct listener {
    int64_t at;
    int64_t until; /* it did not answer up to here */
    bool found;
    bool open; /* at that moment */
    bool cut;
    int64_t ended_at;
    uint32_t pid;
    char name[128];
    char service[128];
};

static void copy(char to[128], const char *from)
{
    size_t size = from == NULL ? 0 : strlen(from);

    size = size < 127 ? size : text_whole(from, 127);
    memcpy(to, from == NULL ? "" : from, size);
    to[size] = '\0';
}

static bool take_listener(void *context, const struct ledger_interval *interval)
{
    struct listener *listener = context;

    if (interval->opened_at > listener->at) {
        return true;
    }
    *listener = (struct listener){
        .at = listener->at,
        .until = listener->until,
        .found = true,
        .open = interval->ending == LEDGER_OPEN || interval->closed_at > listener->until,
        .cut = interval->ending == LEDGER_CUT,
        .ended_at = interval->closed_at,
        .pid = interval->owner == NULL ? interval->socket.pid : interval->owner->pid,
    };
    copy(listener->name, interval->owner == NULL ? NULL : interval->owner->name);
    copy(listener->service, interval->service);
    return true;
}

static void add_who(struct text *text, const struct listener *listener)
{
    if (listener->service[0] != '\0') {
        text_add(text, "service ");
        text_add_visible(text, listener->service, strlen(listener->service));
    } else if (listener->name[0] != '\0') {
        text_add_visible(text, listener->name, strlen(listener->name));
    } else {
        text_add(text, "a process that is not known");
    }
    if (listener->pid != 0) {
        text_addf(text, " (pid %u)", (unsigned)listener->pid);
    }
}

static void add_story(struct text *text, const struct listener *listener,
                      enum time_zone_choice zone)
{
    if (!listener->found) {
        text_add(text, "nobody was seen to listen there");
    } else if (listener->open) {
        add_who(text, listener);
        text_add(text, " listened there all the same: something on the way, or the address that it "
                       "is bound to, keeps others out");
    } else {
        text_add(text, "the listener of ");
        add_who(text, listener);
        text_add(text, listener->cut ? " was not watched any more from " : " ended ");
        time_text_add_table(text, listener->ended_at, zone);
        text_add(text, listener->cut ? " on" : "");
    }
}

bool story_tell(const struct story_ledgers *all, const struct probe_pair_sum *pair,
                enum time_zone_choice zone, struct text *text, struct failure *why)
{
    struct ledger_filter filter = {
        .until = pair->now.first_at,
        .local_port = pair->port,
        .protocol = pair->transport,
        .state = pair->transport == PROBE_TCP ? SOCKET_LISTENING : 0,
    };
    int64_t asked = pair->last_at - SAMPLE_MS;
    struct listener listener = {
        .at = pair->now.first_at,
        .until = (asked > pair->now.first_at ? asked : pair->now.first_at) + SAMPLE_MS,
    };
    struct ledger *ledger;

    if (pair->now.status == PROBE_LISTENING || pair->now.status == PROBE_STATUS_GONE) {
        return true;
    }
    if (!find_ledger(all, pair, &ledger, why)) {
        return false;
    }
    if (ledger == NULL) {
        return true;
    }
    if (!ledger_walk_intervals(ledger, &filter, take_listener, &listener, why)) {
        return false;
    }
    add_story(text, &listener, zone);
    return true;
}
