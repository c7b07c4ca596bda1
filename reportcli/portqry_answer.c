/* SPDX-License-Identifier: MIT */

#include "reportcli/portqry_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time_text.h"
#include "probes/ports.h"
#include "reportcli/portqry_words.h"

enum {
    NUMBER_SIZE = 24,
    ISAKMP_PORT = 500,
};

static void add(struct text *text, enum portqry_word word, const char *const *arguments)
{
    portqry_add_words(text, word, arguments);
}

/* Attributes whose names are not those of our fields, with their words run together. */
static const struct {
    const char *field;
    const char *attribute; /* NULL: it is none */
} attributes[] = {
    {"result", NULL},
    {"result_message", NULL},
    {"referrals", NULL},
    {"domain_level", NULL},
    {"value", NULL},
    {"start_tls", NULL},
    {"start_tls_reply", NULL},
    {"supported_controls", "supportedControl"},
    {"supported_ldap_versions", "supportedLDAPVersion"},
    {"supported_ldap_policies", "supportedLDAPPolicies"},
    {"highest_committed_usn", "highestCommittedUSN"},
    {"supported_sasl_mechanisms", "supportedSASLMechanisms"},
    {"supported_extensions", "supportedExtension"},
    {"alt_servers", "altServer"},
};

/* naming_contexts: namingContexts. False where the field is no attribute. */
static bool add_attribute_name(struct text *name, const char *field)
{
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (strcmp(field, attributes[i].field) == 0) {
            text_add(name, attributes[i].attribute != NULL ? attributes[i].attribute : "");
            return attributes[i].attribute != NULL;
        }
    }
    for (const char *at = field; *at != '\0'; at++) {
        if (*at == '_' && at[1] >= 'a' && at[1] <= 'z') {
            at++;
            text_add_char(name, (char)(*at - 'a' + 'A'));
        } else {
            text_add_char(name, *at);
        }
    }
    return true;
}

/* 12/15/2003 10:24:50. */
static void add_date(struct text *text, int64_t at)
{
    struct text form = {0};
    struct text date = {0};

    time_text_add_rfc3339(&form, at, TIME_ZONE_UTC);
    if (form.size > 19) {
        const char *bytes = text_bytes(&form);

        text_addf(&date, "%.2s/%.2s/%.4s %.8s", bytes + 5, bytes + 8, bytes, bytes + 11);
    }
    add(text, PORTQRY_LDAP_DATE, (const char *const[]){text_bytes(&date)});
    text_clear(&date);
    text_clear(&form);
}

/* As the server sent it: what we know of an OID is not of it. */
static void add_value(struct text *text, const struct answer_value *value)
{
    const char *words = value->text != NULL ? value->text : "";
    bool is_oid =
        strncmp(value->field->name, "supported_", 10) == 0 && strncmp(words, "1.", 2) == 0;

    if (value->field->type == ANSWER_TRUTH) {
        text_add(text, value->number != 0 ? "TRUE" : "FALSE");
    } else if (value->field->type == ANSWER_TEXT) {
        text_add_bytes(text, words, is_oid ? strcspn(words, " ") : strlen(words));
    } else {
        text_add_number(text, value->number);
    }
}

/* No attribute of that name was told yet. */
static bool is_first(const struct answer *answer, size_t i)
{
    const struct answer_value *value = &answer->values[i];

    for (size_t k = 0; k < i; k++) {
        const struct answer_value *before = &answer->values[k];

        if (before->field == value->field &&
            (value->item == 0 || value->text == NULL || before->text == NULL ||
             strcmp(before->text, value->text) == 0)) {
            return false;
        }
    }
    return true;
}

static void add_attribute_line(struct text *text, const char *name,
                               const struct answer_value *value)
{
    struct text shown = {0};

    if (value->field->type == ANSWER_TIME) {
        add_date(text, value->number);
    } else {
        add_value(&shown, value);
        add(text, PORTQRY_LDAP_ATTRIBUTE, (const char *const[]){name, text_bytes(&shown)});
    }
    text_clear(&shown);
}

/* An attribute that has no field is an item: its name, and its value behind it. */
static void add_attribute(struct text *text, const struct answer *answer, size_t i)
{
    const struct answer_value *value = &answer->values[i];
    struct text name = {0};

    if (value->item == 0) {
        if (add_attribute_name(&name, value->field->name)) {
            add_attribute_line(text, text_bytes(&name), value);
        }
    } else if (value->text != NULL && i + 1 < answer->count &&
               answer->values[i + 1].item == value->item) {
        add_attribute_line(text, value->text, &answer->values[i + 1]);
    }
    text_clear(&name);
}

/* One value of each attribute, the first. */
static void add_ldap(struct text *text, const struct outcome *outcome)
{
    const struct answer *answer = &outcome->answer;

    add(text, PORTQRY_LDAP_RESPONSE, NULL);
    for (size_t i = 0; i < answer->count; i++) {
        if (strcmp(answer->values[i].field->name, "value") != 0 && is_first(answer, i)) {
            add_attribute(text, answer, i);
        }
    }
    add(text, PORTQRY_LDAP_END, NULL);
}

enum {
    RPC_UUID,
    RPC_ANNOTATION,
    RPC_PROTOCOL,
    RPC_ADDRESS,
    RPC_ENDPOINT,
    RPC_PARTS,
};

static const char *const rpc_parts[RPC_PARTS] = {"uuid", "annotation", "protocol", "address",
                                                 "endpoint"};

/* A server that binds to all of its addresses is found at the one that was asked for. */
static void add_endpoint(struct text *text, const char *const *parts, const char *host)
{
    const char *address = parts[RPC_ADDRESS];
    bool is_any = address[0] == '\0' || strcmp(address, "0.0.0.0") == 0;

    add(text, PORTQRY_RPC_ENDPOINT,
        (const char *const[]){parts[RPC_UUID], parts[RPC_ANNOTATION][0] != '\0' ? " " : "",
                              parts[RPC_ANNOTATION], parts[RPC_PROTOCOL], is_any ? host : address,
                              parts[RPC_ENDPOINT]});
}

static void add_rpc(struct text *text, const struct outcome *outcome)
{
    const struct answer *answer = &outcome->answer;
    char total[NUMBER_SIZE];

    add(text, PORTQRY_RESPONSE, NULL);
    for (size_t i = 0; i < answer->count;) {
        const char *parts[RPC_PARTS] = {"", "", "", "", ""};
        uint32_t item = answer->values[i].item;

        for (; i < answer->count && answer->values[i].item == item; i++) {
            for (int k = 0; k < RPC_PARTS && item != 0; k++) {
                if (strcmp(answer->values[i].field->name, rpc_parts[k]) == 0) {
                    parts[k] = answer->values[i].text;
                }
            }
        }
        if (item != 0) {
            add_endpoint(text, parts, outcome->host);
        }
    }
    (void)snprintf(total, sizeof(total), "%" PRIu32, answer->items);
    add(text, PORTQRY_RPC_TOTAL, (const char *const[]){total});
    add(text, PORTQRY_RPC_END, NULL);
}

/* Fields of ours, and their keys on the wire (MC-SQLR section 2.2.5). */
static const struct {
    const char *field;
    const char *key;
} sql_keys[] = {
    {"server", "ServerName"}, {"instance", "InstanceName"}, {"clustered", "IsClustered"},
    {"version", "Version"},   {"tcp_port", "tcp"},          {"pipe", "np"},
};

static void add_sql_value(struct text *text, const struct answer_value *value)
{
    char number[NUMBER_SIZE];
    const char *shown = value->text;

    if (value->field->type == ANSWER_TRUTH) {
        shown = value->number != 0 ? "Yes" : "No";
    } else if (value->field->type == ANSWER_NUMBER) {
        (void)snprintf(number, sizeof(number), "%" PRId64, value->number);
        shown = number;
    }
    for (size_t i = 0; i < sizeof(sql_keys) / sizeof(sql_keys[0]); i++) {
        if (strcmp(value->field->name, sql_keys[i].field) == 0) {
            add(text, PORTQRY_SQL_VALUE, (const char *const[]){sql_keys[i].key, shown});
            return;
        }
    }
    if (value->text != NULL && value->text[0] != '\0') { /* key=value */
        struct text key = {0};
        size_t size = strcspn(value->text, "=");

        text_add_bytes(&key, value->text, size);
        add(text, PORTQRY_SQL_VALUE,
            (const char *const[]){text_bytes(&key),
                                  value->text + size + (value->text[size] == '=' ? 1 : 0)});
        text_clear(&key);
    }
}

static void add_sql(struct text *text, const struct outcome *outcome)
{
    const struct answer *answer = &outcome->answer;

    add(text, PORTQRY_RESPONSE, NULL);
    for (size_t i = 0; i < answer->count; i++) {
        const struct answer_value *value = &answer->values[i];

        if (value->item != 0) {
            if (value->item > 1 && value->item != answer->values[i - 1].item) {
                text_add_char(text, '\n');
            }
            add_sql_value(text, value);
        }
    }
    add(text, PORTQRY_SQL_END, NULL);
}

/* 00:15:5d:01:c6:1e is 00155d01c61e. */
static void add_netbios(struct text *text, const struct outcome *outcome)
{
    const struct answer_value *value = answer_find(&outcome->answer, "mac_address");
    struct text mac = {0};

    for (const char *at = value != NULL ? value->text : ""; *at != '\0'; at++) {
        if (*at != ':') {
            text_add_char(&mac, *at);
        }
    }
    add(text, PORTQRY_MAC, (const char *const[]){text_bytes(&mac)});
    text_clear(&mac);
}

/* The last line of a reply of FTP and SMTP (RFC 959 section 4.2); of POP3 and IMAP the only one. */
static bool is_last(const char *line, size_t size)
{
    bool has_code = size >= 3 && strspn(line, "0123456789") >= 3;

    return !has_code || size == 3 || line[3] != '-';
}

/* The first `most` replies as they came, with an empty line between them. */
static void add_said(struct text *text, const struct outcome *outcome, int most)
{
    const char *at = outcome->said != NULL ? outcome->said : "";
    struct text shown = {0};
    int replies = 0;
    bool in_reply = false;

    while (*at != '\0' && replies < most) {
        size_t size = strcspn(at, "\r\n");
        const char *next = at + size + strspn(at + size, "\r\n");

        text_add(&shown, shown.size == 0 ? "" : in_reply ? "\n" : "\n\n");
        text_add_bytes(&shown, at, size);
        /* In the middle of a reply any text may stand, but its end has a code. */
        in_reply =
            in_reply ? !(strspn(at, "0123456789") >= 3 && is_last(at, size)) : !is_last(at, size);
        replies += !in_reply;
        at = next;
    }
    if (shown.size > 0) {
        add(text, PORTQRY_DATA, (const char *const[]){text_bytes(&shown)});
    }
    text_clear(&shown);
}

static void add_banner(struct text *text, const struct outcome *outcome)
{
    add_said(text, outcome, 1);
}

/* The greeting, and what the server says to the user anonymous. */
static void add_ftp(struct text *text, const struct outcome *outcome)
{
    add_said(text, outcome, 2);
}

static const struct portqry_special specials[] = {
    {.name = "dns", .title = "DNS", .told = PORTS_UDP},
    {.name = "ldap", .title = "LDAP", .ephemeral = PORTS_UDP, .told = PORTS_BOTH, .add = add_ldap},
    {.name = "rpc", .title = "RPC", .ephemeral = PORTS_BOTH, .told = PORTS_BOTH, .add = add_rpc},
    {.name = "netbios",
     .title = "NETBIOS",
     .ephemeral = PORTS_UDP,
     .told = PORTS_UDP,
     .add = add_netbios},
    {.name = "snmp", .title = "SNMP", .told = PORTS_UDP},
    {.name = "isa", .title = "ISA", .told = PORTS_UDP},
    {.name = "sqlbrowser", .title = "SQL Server", .told = PORTS_UDP, .add = add_sql},
    {.name = "tftp", .title = "TFTP", .told = PORTS_UDP},
    {.name = "l2tp", .title = "L2TP", .told = PORTS_UDP},
    {.name = "ike", .title = "ISAKMP", .ephemeral = PORTS_UDP, .told = PORTS_UDP},
    {.name = "smtp", .add = add_banner},
    {.name = "pop3", .add = add_banner},
    {.name = "imap", .add = add_banner},
    {.name = "ftp", .asks_as = "ftp-anonymous", .add = add_ftp},
};

const struct portqry_special *portqry_special_find(const struct protocol *protocol)
{
    for (size_t i = 0; protocol != NULL && i < sizeof(specials) / sizeof(specials[0]); i++) {
        if (strcmp(specials[i].name, protocol->name) == 0) {
            return &specials[i];
        }
    }
    return NULL;
}

static bool is_named(const struct portqry_special *special, const char *name)
{
    return strcmp(special->name, name) == 0;
}

static void add_sending(struct text *text, const struct portqry_special *special,
                        const struct outcome *outcome, const char *community)
{
    bool is_tcp = outcome->transport == PROBE_TCP;
    char port[NUMBER_SIZE];

    (void)snprintf(port, sizeof(port), "%u", outcome->port);
    if (is_named(special, "ike")) {
        if (outcome->source_port != ISAKMP_PORT) {
            add(text, PORTQRY_SOURCE_500_IN_USE, NULL);
        }
    } else if ((special->ephemeral & (is_tcp ? PORTS_TCP : PORTS_UDP)) != 0) {
        add(text, PORTQRY_EPHEMERAL, NULL);
    }
    if (is_named(special, "snmp")) {
        add(text, PORTQRY_COMMUNITY, (const char *const[]){community});
    }
    if (is_named(special, "rpc")) {
        add(text, PORTQRY_SENDING_RPC, NULL);
    } else if (is_named(special, "netbios")) {
        add(text, PORTQRY_SENDING_NETBIOS, (const char *const[]){port});
    } else {
        add(text, PORTQRY_SENDING,
            (const char *const[]){special->title, is_tcp ? "TCP" : "UDP", port});
    }
}

static void add_status(struct text *text, const struct portqry_special *special,
                       const struct outcome *outcome, enum probe_status status)
{
    char port[NUMBER_SIZE];

    (void)snprintf(port, sizeof(port), "%u", outcome->port);
    if (is_named(special, "netbios")) {
        add(text, PORTQRY_NETBIOS_STATUS, (const char *const[]){probe_status_name((int)status)});
    } else {
        add(text, PORTQRY_UDP_STATUS, (const char *const[]){port, probe_status_name((int)status)});
    }
}

/* Who is silent to a well-formed query is filtered, to PortQry. */
static void add_silence(struct text *text, const struct portqry_special *special,
                        const struct outcome *outcome)
{
    bool is_udp = outcome->transport == PROBE_UDP;
    bool is_dns = is_named(special, "dns");

    if (is_udp && !is_dns) {
        add_status(text, special, outcome,
                   outcome->status == PROBE_NOT_LISTENING ? PROBE_NOT_LISTENING : PROBE_FILTERED);
    }
    if (is_dns) {
        add(text, PORTQRY_SILENT_DNS, NULL);
    } else if (is_named(special, "ldap") || !is_udp) {
        text_add(text, is_udp ? "\n" : "");
        add(text, PORTQRY_SILENT, (const char *const[]){special->title});
    }
}

void portqry_answer_add(struct text *text, const struct portqry_special *special,
                        const struct outcome *outcome, const char *community)
{
    bool is_udp = outcome->transport == PROBE_UDP;
    bool is_told = (special->told & (is_udp ? PORTS_UDP : PORTS_TCP)) != 0;
    bool is_answered =
        is_udp ? outcome->status == PROBE_LISTENING : outcome->ask.cause == PROBE_ANSWERED;
    size_t before;

    if (is_told) {
        add_sending(text, special, outcome, community);
    }
    if (is_told && !is_answered) {
        add_silence(text, special, outcome);
        return;
    }
    before = text->size;
    if (special->add != NULL && (!is_told || outcome->ask.cause == PROBE_ANSWERED)) {
        special->add(text, outcome);
    }
    if (is_udp) {
        text_add(text, text->size > before && !is_named(special, "netbios") ? "\n" : "");
        add_status(text, special, outcome, PROBE_LISTENING);
    }
}
