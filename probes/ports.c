/* SPDX-License-Identifier: MIT */

#include "probes/ports.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "probes/outcome.h"

enum {
    SEEN_SIZE = 2 * 65536 / 8,
    LONGEST_PART = 256,
    GROUPS_DEEP = 4, /* a group of the user's may name groups */
};

/*
 * The first one is PortQryUI's, whose ports are known. Of the others only the
 * names are: their ports are ours.
 */
const struct port_group port_groups[] = {
    {"domains-and-trusts", "Domains and Trusts",
     "tcp/135,both/389,tcp/636,tcp/3268,tcp/3269,both/53,both/88,tcp/445,udp/137,udp/138,tcp/139,"
     "tcp/42"},
    {"ipsec", "IPSec", "udp/500,udp/4500,udp/1701,both/88"},
    {"networking", "Networking",
     "both/53,udp/67,udp/68,udp/69,udp/123,tcp/135,udp/137,udp/138,tcp/139,udp/161,tcp/445"},
    {"sql-service", "SQL Service", "tcp/1433,udp/1434,tcp/2383,tcp/4022,tcp/135"},
    {"web-service", "Web Service", "tcp/80,tcp/443,tcp/8080,tcp/8443"},
    {"exchange-server", "Exchange Server",
     "tcp/25,tcp/587,tcp/110,tcp/995,tcp/143,tcp/993,tcp/80,tcp/443,tcp/135,both/389,tcp/3268,"
     "both/53,both/88"},
    {"netmeeting", "NetMeeting", "tcp/389,tcp/522,tcp/1503,tcp/1720,tcp/1731"},
    {"miscellaneous", "Miscellaneous",
     "tcp/21,tcp/22,tcp/23,udp/69,udp/123,udp/161,udp/514,tcp/3389,tcp/5985,tcp/5986"},
    {NULL, NULL, NULL},
};

void port_list_clear(struct port_list *list)
{
    free(list->items);
    free(list->seen);
    *list = (struct port_list){0};
}

static bool reserve(struct port_list *list, struct failure *why)
{
    size_t capacity = list->capacity * 2 + 16;
    struct port_item *items;

    if (list->seen == NULL) {
        list->seen = calloc(1, SEEN_SIZE);
        if (list->seen == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the ports");
        }
    }
    if (list->count < list->capacity) {
        return true;
    }
    items = realloc(list->items, capacity * sizeof(*items));
    if (items == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the ports");
    }
    list->items = items;
    list->capacity = capacity;
    return true;
}

bool port_list_add_port(struct port_list *list, uint8_t transport, uint16_t port,
                        struct failure *why)
{
    size_t bit = (transport == PROBE_UDP ? 65536u : 0u) + port;
    uint8_t mask = (uint8_t)(1u << bit % 8);

    if (!reserve(list, why)) {
        return false;
    }
    if ((list->seen[bit / 8] & mask) == 0) {
        list->seen[bit / 8] |= mask;
        list->items[list->count++] = (struct port_item){.port = port, .transport = transport};
    }
    return true;
}

static bool add_both(struct port_list *list, int transports, uint16_t port, struct failure *why)
{
    return ((transports & PORTS_TCP) == 0 || port_list_add_port(list, PROBE_TCP, port, why)) &&
           ((transports & PORTS_UDP) == 0 || port_list_add_port(list, PROBE_UDP, port, why));
}

/* One part of a list, without blanks around it. */
struct part {
    char text[LONGEST_PART];
    int transports; /* that it names itself; 0: it does not */
};

static const struct transport_word {
    const char *name;
    int transports;
} transport_words[] = {
    {"tcp", PORTS_TCP},
    {"udp", PORTS_UDP},
    {"both", PORTS_BOTH},
};

static int find_transport(const char *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof(transport_words) / sizeof(transport_words[0]); i++) {
        const char *name = transport_words[i].name;

        if (strlen(name) == size && text_starts_fold(bytes, name)) {
            return transport_words[i].transports;
        }
    }
    return 0;
}

/* Takes "tcp/" from the beginning, or "/tcp" from the end. */
static void take_transport(struct part *part)
{
    char *slash = strchr(part->text, '/');

    if (slash == NULL) {
        return;
    }
    part->transports = find_transport(part->text, (size_t)(slash - part->text));
    if (part->transports != 0) {
        memmove(part->text, slash + 1, strlen(slash + 1) + 1);
        return;
    }
    part->transports = find_transport(slash + 1, strlen(slash + 1));
    if (part->transports != 0) {
        *slash = '\0';
    }
}

static bool cut_part(struct part *part, const char *bytes, size_t size, struct failure *why)
{
    while (size > 0 && isspace((unsigned char)bytes[0])) {
        bytes++;
        size--;
    }
    while (size > 0 && isspace((unsigned char)bytes[size - 1])) {
        size--;
    }
    if (size == 0) {
        return FAIL(why, FAILURE_USAGE, 0, "a port is missing: a list is 80,443 or tcp/80,udp/53");
    }
    if (size >= sizeof(part->text)) {
        return FAIL(why, FAILURE_USAGE, 0, "no port has so long a name: %.40s...", bytes);
    }
    memcpy(part->text, bytes, size);
    part->text[size] = '\0';
    part->transports = 0;
    take_transport(part);
    return true;
}

/* A number at the beginning; *end is behind it. 0: there is none, or it is no port. */
static uint16_t read_port(const char *text, const char **end)
{
    unsigned long number = 0;
    size_t digits = 0;

    for (; text[digits] >= '0' && text[digits] <= '9'; digits++) {
        number = number > UINT16_MAX ? number : number * 10 + (unsigned long)(text[digits] - '0');
    }
    *end = text + digits;
    return number <= UINT16_MAX ? (uint16_t)number : 0;
}

static bool add_range(struct port_list *list, const struct part *part, int transports,
                      struct failure *why)
{
    const char *end;
    uint16_t first = read_port(part->text, &end);
    uint16_t last = first;

    if (*end == '-' || *end == ':' || *end == ';') {
        last = read_port(end + 1, &end);
    }
    if (*end != '\0' || first == 0 || last == 0) {
        return FAIL(why, FAILURE_USAGE, 0, "\"%s\" is no port: they go from 1 to 65535",
                    part->text);
    }
    if (last < first) {
        return FAIL(why, FAILURE_USAGE, 0, "\"%s\" is no range: it ends before it begins",
                    part->text);
    }
    for (uint32_t port = first; port <= last; port++) {
        if (!add_both(list, transports, (uint16_t)port, why)) {
            return false;
        }
    }
    return true;
}

/* Names of groups are the same without regard to case, blanks, '-' and '_'. */
static bool is_same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == ' ' || *a == '-' || *a == '_') {
            a++;
        }
        while (*b == ' ' || *b == '-' || *b == '_') {
            b++;
        }
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) {
            return false;
        }
        if (*a == '\0') {
            return true;
        }
    }
}

static const struct port_group *find_group(const char *name)
{
    for (const struct port_group *group = port_groups; group->name != NULL; group++) {
        if (is_same_name(group->name, name)) {
            return group;
        }
    }
    return NULL;
}

static bool add_list(struct port_list *list, const char *words, const struct port_words *how,
                     int depth, struct failure *why);

/* *found: there is such a group. */
static bool add_group(struct port_list *list, const char *name, const struct port_words *how,
                      int depth, bool *found, struct failure *why)
{
    const struct port_group *group = find_group(name);
    const char *part = how->group != NULL ? how->group(how->context, name, 0) : NULL;

    *found = part != NULL || group != NULL;
    if (*found && depth == GROUPS_DEEP) {
        return FAIL(why, FAILURE_USAGE, 0, "the group \"%s\" names groups too deep", name);
    }
    if (part == NULL) {
        return group == NULL || add_list(list, group->ports, how, depth + 1, why);
    }
    for (size_t i = 0; part != NULL; part = how->group(how->context, name, ++i)) {
        if (!add_list(list, part, how, depth + 1, why)) {
            return false;
        }
    }
    return true;
}

/* Of which transports a service is meant that says it, or does not. */
static int wanted_transports(const struct part *part, const struct port_words *how)
{
    if (part->transports != 0) {
        return part->transports;
    }
    return how->transports;
}

static bool add_service(struct port_list *list, const struct part *part,
                        const struct port_words *how, bool *found, struct failure *why)
{
    uint16_t tcp = service_port(how->services, PROBE_TCP, part->text);
    uint16_t udp = service_port(how->services, PROBE_UDP, part->text);
    int wanted = wanted_transports(part, how);
    bool is_wanted;

    *found = tcp != 0 || udp != 0;
    wanted = wanted == 0 ? (tcp != 0 ? PORTS_TCP : PORTS_UDP) : wanted;
    is_wanted = (tcp != 0 && (wanted & PORTS_TCP) != 0) || (udp != 0 && (wanted & PORTS_UDP) != 0);
    if (*found && !is_wanted) {
        return FAIL(why, FAILURE_USAGE, 0, "\"%s\" is a service of %s", part->text,
                    tcp != 0 ? "TCP: -p tcp" : "UDP: -p udp");
    }
    return (tcp == 0 || add_both(list, wanted & PORTS_TCP, tcp, why)) &&
           (udp == 0 || add_both(list, wanted & PORTS_UDP, udp, why));
}

/* The name that may have been meant; NULL where none is near. */
static const char *closest_name(const char *name, const struct port_words *how)
{
    size_t most = how->services == NULL ? 0 : how->services->count;
    const char **names =
        calloc(most + sizeof(port_groups) / sizeof(port_groups[0]) + 1, sizeof(const char *));
    const char *closest;
    size_t count = 0;

    if (names == NULL) {
        return NULL;
    }
    for (const struct port_group *group = port_groups; group->name != NULL; group++) {
        names[count++] = group->name;
    }
    for (size_t i = 0; i < most; i++) {
        names[count++] = how->services->services[i].name;
    }
    closest = text_closest(name, names);
    free((void *)names);
    return closest;
}

static bool fail_name(const char *name, const struct port_words *how, struct failure *why)
{
    const char *closest = closest_name(name, how);

    if (closest != NULL) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "\"%s\" is no port, service or group; did you mean \"%s\"?", name, closest);
    }
    return FAIL(why, FAILURE_USAGE, 0, "\"%s\" is no port, service or group", name);
}

static bool add_name(struct port_list *list, const struct part *part, const struct port_words *how,
                     int depth, struct failure *why)
{
    bool found = false;

    if (!add_group(list, part->text, how, depth, &found, why)) {
        return false;
    }
    if (!found && how->services != NULL && !add_service(list, part, how, &found, why)) {
        return false;
    }
    return found || fail_name(part->text, how, why);
}

static bool add_part(struct port_list *list, const struct part *part, const struct port_words *how,
                     int depth, struct failure *why)
{
    int transports = wanted_transports(part, how);

    if (part->text[0] >= '0' && part->text[0] <= '9') {
        return add_range(list, part, transports == 0 ? PORTS_TCP : transports, why);
    }
    return add_name(list, part, how, depth, why);
}

static bool add_list(struct port_list *list, const char *words, const struct port_words *how,
                     int depth, struct failure *why)
{
    for (;;) {
        size_t size = strcspn(words, ",");
        struct part part;

        if (!cut_part(&part, words, size, why) || !add_part(list, &part, how, depth, why)) {
            return false;
        }
        if (words[size] == '\0') {
            return true;
        }
        words += size + 1;
    }
}

bool port_list_add(struct port_list *list, const char *words, const struct port_words *how,
                   struct failure *why)
{
    return add_list(list, words, how, 0, why);
}

bool port_list_add_group(struct port_list *list, const char *name, const struct port_words *how,
                         struct failure *why)
{
    bool found = false;

    return add_group(list, name, how, 0, &found, why) && (found || fail_name(name, how, why));
}
