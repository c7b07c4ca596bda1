/* SPDX-License-Identifier: MIT */

#include "reportcli/query_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/file_guard.h"
#include "base/secret.h"
#include "base/settings.h"
#include "probes/dns_name.h"
#include "probes/exchange.h"
#include "probes/job.h"

enum {
    LARGEST_SECRET = 4096,
    IN_FLIGHT_MOST = 65536,
    HOUR_MS = 3600000,
};

static const char *const transport_choices[] = {"tcp", "udp", "both", NULL};

const struct option query_options[QUERY_OPTION_COUNT] = {
    {.name = "port",
     .letter = 'e',
     .kind = OPTION_TEXT,
     .repeats = true,
     .value = "PORT",
     .help = "A port: its number, its name in the services file, or tcp/443, udp/53, both/88; 80 "
             "where none is named"},
    {.name = "ports",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .repeats = true,
     .value = "LIST",
     .help = "Ports with commas between them, asked in this order; ranges and groups may be among "
             "them"},
    {.name = "range",
     .letter = 'r',
     .kind = OPTION_TEXT,
     .repeats = true,
     .value = "A:B",
     .help = "Ports from A to B; A-B and A;B are the same"},
    {.name = "group",
     .kind = OPTION_TEXT,
     .repeats = true,
     .value = "NAME",
     .help = "A group of ports: domains-and-trusts, ipsec, networking, sql-service, web-service, "
             "exchange-server, netmeeting, miscellaneous, or one of the settings (probes.groups)"},
    {.name = "protocol",
     .letter = 'p',
     .kind = OPTION_CHOICE,
     .value = "WHICH",
     .choices = transport_choices,
     .help = "What ports are of that do not say it themselves; TCP without it"},
    {.name = "as",
     .kind = OPTION_TEXT,
     .value = "PROTOCOL",
     .help = "Ask in this protocol, whatever the port: ldap, dns, tls and so on"},
    {.name = "no-ask",
     .kind = OPTION_FLAG,
     .help = "Only reach the ports, and say nothing to who listens there"},
    {.name = "attempts",
     .kind = OPTION_NUMBER,
     .value = "N",
     .minimum = 1,
     .maximum = ENGINE_ATTEMPTS_MOST,
     .help = "How often a silent port is tried: 3 times for TCP and once for UDP without it"},
    {.name = "timeout",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .minimum = 10,
     .maximum = HOUR_MS,
     .help = "How long an attempt lasts: 1s without it. A reply in a protocol of TCP may take as "
             "long as all attempts together"},
    {.name = "slow", .kind = OPTION_FLAG, .help = "A slow link: wait twice as long for UDP"},
    {.name = "in-flight",
     .kind = OPTION_NUMBER,
     .value = "N",
     .minimum = 1,
     .maximum = IN_FLIGHT_MOST,
     .help = "How many ports are asked at once: 4096 without it. Of those in TLS 1536 "
             "talk at once, for the sake of memory"},
    {.name = "per-target",
     .kind = OPTION_NUMBER,
     .value = "N",
     .minimum = 1,
     .maximum = IN_FLIGHT_MOST,
     .help = "How many of one target: 1024 without it"},
    {.name = "source-port",
     .kind = OPTION_NUMBER,
     .value = "N",
     .minimum = 1,
     .maximum = UINT16_MAX,
     .help = "Ask from this port of ours"},
    {.name = "source-address",
     .kind = OPTION_TEXT,
     .value = "ADDRESS",
     .help = "Ask from this address of ours"},
    {.name = "ipv4", .kind = OPTION_FLAG, .help = "Names: their IPv4 addresses only; also -4"},
    {.name = "ipv6", .kind = OPTION_FLAG, .help = "Names: their IPv6 addresses only; also -6"},
    {.name = "all-addresses",
     .kind = OPTION_FLAG,
     .help = "Names: ask each of their addresses, not only the first one in the system's order"},
    {.name = "community",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "SNMP community: public without it"},
    {.name = "community-file",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "The same from the first line of a file, so that no list of processes shows it"},
    {.name = "secret-file",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "Shared secret of RADIUS, likewise; nobody else may read the file"},
    {.name = "dns-name",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "What DNS servers are asked for: portqry.microsoft.com without it"},
    {.name = "large",
     .kind = OPTION_FLAG,
     .help = "Ask more than 65536 addresses where so many were named"},
    {.name = "all",
     .kind = OPTION_FLAG,
     .help = "Show every port in the table of a sweep, not only those that listen"},
    {.name = "open", .kind = OPTION_FLAG, .help = "Show only ports that listen, in every format"},
};

void query_plan_clear(struct query_plan *plan)
{
    service_table_clear(&plan->services);
    target_list_clear(&plan->targets);
    port_list_clear(&plan->list);
    free(plan->ports);
    settings_free(plan->settings);
    free(plan->community);
    if (plan->secret != NULL) {
        secret_wipe(plan->secret, strlen(plan->secret));
    }
    free(plan->secret);
    *plan = (struct query_plan){0};
}

uint64_t query_plan_size(const struct query_plan *plan)
{
    uint64_t ports = plan->list.count;

    return ports != 0 && plan->targets.total > UINT64_MAX / ports ? UINT64_MAX
                                                                  : plan->targets.total * ports;
}

static bool fail_families(struct failure *why)
{
    return FAIL(why, FAILURE_USAGE, 0, "only IPv4 and only IPv6 leave nothing to ask");
}

/* -4 and -6 are no options for the parser: a dash and a digit begin a time. */
static bool read_hosts(struct query_plan *plan, const struct options *options, struct failure *why)
{
    bool large = options_flag(options, "large");

    for (size_t i = 0; i < options_words(options); i++) {
        const char *word = options_word(options, i);

        if (strcmp(word, "-4") == 0 || strcmp(word, "-6") == 0) {
            int family = word[1] - '0';

            if (plan->engine.family != 0 && plan->engine.family != family) {
                return fail_families(why);
            }
            plan->engine.family = family;
        } else if (!target_list_add(&plan->targets, word, large, why)) {
            return !large && plan->targets.total > TARGETS_MOST
                       ? FAIL(why, why->kind, 0, "%s; --large asks them all the same", why->text)
                       : false;
        }
    }
    if (plan->targets.count == 0) {
        return FAIL(why, FAILURE_USAGE, 0, "a host is missing: portledger query HOST...");
    }
    return true;
}

static int transports_of(const struct options *options)
{
    const char *word = options_text(options, "protocol");

    if (word == NULL) {
        return 0;
    }
    return strcmp(word, "tcp") == 0 ? PORTS_TCP : strcmp(word, "udp") == 0 ? PORTS_UDP : PORTS_BOTH;
}

/* A port_group_fn. The settings are read for the first name that may be in them. */
static const char *find_own_group(void *context, const char *name, size_t i)
{
    struct query_plan *plan = context;

    if (!plan->tried_settings) {
        plan->tried_settings = true;
        (void)!command_read_settings(&plan->settings, &plan->settings_why);
    }
    return plan->settings == NULL ? NULL : job_settings_group(plan->settings, name, i);
}

/* A group that is not found may be one of the settings that this user may not read. */
static bool fail_ports(const struct query_plan *plan, const char *option, struct failure *why)
{
    if (plan->settings_why.kind != FAILURE_NONE) {
        return FAIL(why, why->kind, why->code,
                    "--%s: %s (groups of the settings are not known: %s)", option, why->text,
                    plan->settings_why.text);
    }
    return FAIL(why, why->kind, why->code, "--%s: %s", option, why->text);
}

static bool add_ports(struct query_plan *plan, const char *option, const char *word, int transports,
                      struct failure *why)
{
    const struct port_words how = {.services = &plan->services,
                                   .group = find_own_group,
                                   .context = plan,
                                   .transports = transports};
    bool added = strcmp(option, "group") == 0 ? port_list_add_group(&plan->list, word, &how, why)
                                              : port_list_add(&plan->list, word, &how, why);

    return added || fail_ports(plan, option, why);
}

static bool read_ports(struct query_plan *plan, const struct options *options, struct failure *why)
{
    static const char *const names[] = {"port", "ports", "range", "group"};
    int transports = transports_of(options);

    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        for (size_t i = 0; i < options_count(options, names[n]); i++) {
            if (!add_ports(plan, names[n], options_text_at(options, names[n], i), transports,
                           why)) {
                return false;
            }
        }
    }
    return plan->list.count > 0 || add_ports(plan, "port", "80", transports, why);
}

static bool fail_protocol(const char *name, struct failure *why)
{
    struct text names = {0};

    for (const struct protocol *const *at = protocols; *at != NULL; at++) {
        const char *one[] = {(*at)->name, NULL};

        if (text_closest(name, one) != NULL) {
            text_clear(&names);
            return FAIL(why, FAILURE_USAGE, 0,
                        "--as: there is no protocol \"%s\"; did you mean \"%s\"?", name,
                        (*at)->name);
        }
        text_addf(&names, "%s%s", names.size > 0 ? ", " : "", (*at)->name);
    }
    failure_set(why, FAILURE_USAGE, 0, "--as: there is no protocol \"%s\"; there are %s", name,
                names.size > 0 ? text_bytes(&names) : "none");
    text_clear(&names);
    return false;
}

static bool has_transport(const struct protocol *protocol, uint8_t transport)
{
    return transport == PROBE_TCP ? protocol->stream != NULL : protocol->datagram != NULL;
}

static bool fit_forced(const struct protocol *forced, const struct port_item *item,
                       struct failure *why)
{
    const struct protocol_port *own = forced->ports;

    if (has_transport(forced, item->transport)) {
        return true;
    }
    if (own->port == 0) {
        return FAIL(why, FAILURE_USAGE, 0, "--as: %s is not spoken over %s", forced->name,
                    socket_protocol_name(item->transport));
    }
    return FAIL(why, FAILURE_USAGE, 0, "--as: %s is not spoken over %s; its own port is -e %s/%u",
                forced->name, socket_protocol_name(item->transport),
                own->transport == PROBE_TCP ? "tcp" : "udp", own->port);
}

static void choose_protocol(struct query_plan *plan, struct query_port *port,
                            const struct protocol *forced)
{
    const struct protocol *chosen = forced;

    if (chosen == NULL) {
        chosen = protocol_of_port(port->item.transport, port->item.port, port->service);
        if (chosen != NULL && chosen->side_effect != NULL) {
            port->left_out = chosen;
            chosen = NULL;
        }
    }
    port->protocol = chosen;
    if (chosen != NULL && exchange_may_need_tls(chosen, port->item.transport)) {
        plan->engine.tls = true;
    }
}

static bool choose_protocols(struct query_plan *plan, const struct options *options,
                             struct failure *why)
{
    const char *name = options_text(options, "as");
    const struct protocol *forced = name == NULL ? NULL : protocol_find(name);

    if (name != NULL && forced == NULL) {
        return fail_protocol(name, why);
    }
    plan->ports = calloc(plan->list.count, sizeof(*plan->ports));
    if (plan->ports == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the ports");
    }
    for (size_t i = 0; i < plan->list.count; i++) {
        struct query_port *port = &plan->ports[i];

        port->item = plan->list.items[i];
        port->service = service_name(&plan->services, port->item.transport, port->item.port);
        if (forced != NULL && !fit_forced(forced, &port->item, why)) {
            return false;
        }
        choose_protocol(plan, port, forced);
    }
    return true;
}

typedef bool read_file_fn(struct text *content, const char *path, size_t limit,
                          struct failure *why);

/* A secret that others may read is none; a community goes over the network in clear text anyway. */
static bool read_guarded(struct text *content, const char *path, size_t limit, struct failure *why)
{
    return file_read_guarded(content, path, FILE_SECRET, limit, why);
}

/* The first line of a file. */
static bool read_secret(char **out, const struct options *options, const char *name,
                        read_file_fn *read, struct failure *why)
{
    const char *path = options_text(options, name);
    struct text content = {0};
    bool done;

    if (path == NULL) {
        return true;
    }
    done = read(&content, path, LARGEST_SECRET, why);
    if (done) {
        *out = text_copy_size(text_bytes(&content), strcspn(text_bytes(&content), "\r\n"));
        done = *out != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for --%s", name);
    }
    if (content.bytes != NULL) {
        secret_wipe(content.bytes, content.size);
    }
    text_clear(&content);
    return done;
}

static bool read_source(struct engine_options *engine, const struct options *options,
                        struct failure *why)
{
    const char *address = options_text(options, "source-address");

    engine->source.port = (uint16_t)options_number(options, "source-port", 0);
    if (address != NULL && !socket_endpoint_parse_address(address, &engine->source, why)) {
        return FAIL(why, FAILURE_USAGE, 0, "--source-address: %s", why->text);
    }
    return true;
}

/* Else it would be the root that a server is asked for. */
static bool check_dns_name(const struct engine_options *engine, struct failure *why)
{
    return engine->dns_name == NULL || dns_name_check(engine->dns_name, why) ||
           FAIL(why, why->kind, 0, "--dns-name: %s", why->text);
}

/* An address of ours is of one family, and so are those of the others then. */
static bool choose_family(struct engine_options *engine, const struct options *options,
                          struct failure *why)
{
    bool v4 = options_flag(options, "ipv4") || engine->family == 4;
    bool v6 = options_flag(options, "ipv6") || engine->family == 6;
    int of_source = engine->source.address_size == 4    ? 4
                    : engine->source.address_size == 16 ? 6
                                                        : 0;

    if (v4 && v6) {
        return fail_families(why);
    }
    engine->family = v4 ? 4 : v6 ? 6 : of_source;
    if (of_source != 0 && engine->family != of_source) {
        return FAIL(why, FAILURE_USAGE, 0, "--source-address is of the other family");
    }
    return true;
}

/* An address of the other family cannot be asked from ours. */
static bool check_targets(const struct query_plan *plan, struct failure *why)
{
    const struct socket_endpoint *source = &plan->engine.source;
    struct text words = {0};
    const struct target_span *other = NULL;

    for (size_t i = 0; i < plan->targets.count && source->address_size != 0; i++) {
        const struct target_span *span = &plan->targets.spans[i];

        if (span->name == NULL && span->first.address_size != source->address_size) {
            other = span;
        }
    }
    if (other != NULL) {
        socket_endpoint_add_address(&words, &other->first);
        (void)FAIL(why, FAILURE_USAGE, 0, "--source-address is of the other family than %s",
                   text_bytes(&words));
        text_clear(&words);
    }
    return other == NULL;
}

static bool read_engine(struct query_plan *plan, const struct options *options, struct failure *why)
{
    struct engine_options *engine = &plan->engine;

    engine->attempts = (int)options_number(options, "attempts", 0);
    engine->attempt_ms = (int)options_number(options, "timeout", 0);
    engine->slow = options_flag(options, "slow");
    engine->in_flight = (size_t)options_number(options, "in-flight", ENGINE_IN_FLIGHT);
    engine->per_target = (size_t)options_number(options, "per-target", ENGINE_PER_TARGET);
    engine->all_addresses = options_flag(options, "all-addresses");
    engine->no_ask = options_flag(options, "no-ask");
    engine->tls = engine->tls && !engine->no_ask;
    engine->dns_name = options_text(options, "dns-name");
    engine->community =
        plan->community != NULL ? plan->community : options_text(options, "community");
    engine->secret = plan->secret;
    return check_dns_name(engine, why) && read_source(engine, options, why) &&
           choose_family(engine, options, why) && check_targets(plan, why);
}

bool query_plan_read(struct query_plan *plan, const struct command_context *context,
                     struct failure *why)
{
    const struct options *options = context->options;

    return service_table_read(&plan->services, why) && read_hosts(plan, options, why) &&
           read_ports(plan, options, why) && choose_protocols(plan, options, why) &&
           read_secret(&plan->community, options, "community-file", file_read, why) &&
           read_secret(&plan->secret, options, "secret-file", read_guarded, why) &&
           read_engine(plan, options, why);
}
