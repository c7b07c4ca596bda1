/* SPDX-License-Identifier: MIT */

/*
 * LDAP and CLDAP: what a directory says of itself in its root DSE, without a
 * bind (RFC 4512 section 5.1, MS-ADTS section 3.1.1.3.2). With StartTLS the
 * connection goes on into TLS afterwards, for its certificate (RFC 4511 section
 * 4.14).
 */

#include <string.h>

#include "base/text.h"
#include "probes/ber.h"
#include "probes/line.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"
#include "probes/value_name.h"

/* RFC 4511 section 4.2 and on; the tags of its CHOICE. */
enum {
    UNBIND_REQUEST = 0x42,
    SEARCH_REQUEST = 0x63,
    SEARCH_ENTRY = 0x64,
    SEARCH_DONE = 0x65,
    SEARCH_REFERENCE = 0x73,
    EXTENDED_REQUEST = 0x77,
    EXTENDED_RESPONSE = 0x78,
    REQUEST_NAME = 0x80,
    FILTER_PRESENT = 0x87,
    REFERRAL = 0xa3,
};

enum { REPLY_MOST = 1024 * 1024 };

enum {
    OUR_ID = 1,
    UNBIND_ID = 2,
    START_TLS_ID = 3,
    NOTICE_ID = 0, /* of a notice of disconnection (RFC 4511 section 4.4.1) */
};

struct ldap_state {
    bool has_entry;
    bool wants_tls;
    bool asked_tls;
};

enum {
    RESULT,
    RESULT_MESSAGE,
    REFERRALS,
    CURRENT_TIME,
    SUBSCHEMA_SUBENTRY,
    DS_SERVICE_NAME,
    NAMING_CONTEXTS,
    DEFAULT_NAMING_CONTEXT,
    SCHEMA_NAMING_CONTEXT,
    CONFIGURATION_NAMING_CONTEXT,
    ROOT_DOMAIN_NAMING_CONTEXT,
    SUPPORTED_CONTROLS,
    SUPPORTED_LDAP_VERSIONS,
    SUPPORTED_LDAP_POLICIES,
    HIGHEST_COMMITTED_USN,
    SUPPORTED_SASL_MECHANISMS,
    DNS_HOST_NAME,
    LDAP_SERVICE_NAME,
    SERVER_NAME,
    SUPPORTED_CAPABILITIES,
    IS_SYNCHRONIZED,
    IS_GLOBAL_CATALOG_READY,
    DOMAIN_FUNCTIONALITY,
    DOMAIN_LEVEL,
    FOREST_FUNCTIONALITY,
    DOMAIN_CONTROLLER_FUNCTIONALITY,
    SUPPORTED_EXTENSIONS,
    SUPPORTED_FEATURES,
    ALT_SERVERS,
    VENDOR_NAME,
    VENDOR_VERSION,
    ATTRIBUTE,
    VALUE,
    START_TLS,
    START_TLS_REPLY,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [RESULT] = {.name = "result", .help = "What came of the search: success, or the error"},
    [RESULT_MESSAGE] = {.name = "result_message", .help = "What the server says about the result"},
    [REFERRALS] = {.name = "referrals", .help = "Where the server sends its clients", .many = true},
    [CURRENT_TIME] = {.name = "current_time",
                      .type = ANSWER_TIME,
                      .help = "The server's clock (currentTime)",
                      .fleeting = true},
    [SUBSCHEMA_SUBENTRY] = {.name = "subschema_subentry", .help = "Entry that has the schema"},
    [DS_SERVICE_NAME] = {.name = "ds_service_name",
                         .help = "Entry of the directory service of this server"},
    [NAMING_CONTEXTS] = {.name = "naming_contexts",
                         .help = "Trees of entries that the server holds",
                         .many = true},
    [DEFAULT_NAMING_CONTEXT] = {.name = "default_naming_context", .help = "The server's domain"},
    [SCHEMA_NAMING_CONTEXT] = {.name = "schema_naming_context", .help = "Tree of the schema"},
    [CONFIGURATION_NAMING_CONTEXT] = {.name = "configuration_naming_context",
                                      .help = "Tree of the forest's configuration"},
    [ROOT_DOMAIN_NAMING_CONTEXT] = {.name = "root_domain_naming_context",
                                    .help = "The first domain of the forest"},
    [SUPPORTED_CONTROLS] = {.name = "supported_controls",
                            .help = "Controls (supportedControl), with their name where known",
                            .many = true},
    [SUPPORTED_LDAP_VERSIONS] = {.name = "supported_ldap_versions",
                                 .type = ANSWER_NUMBER,
                                 .help = "Versions of LDAP",
                                 .many = true},
    [SUPPORTED_LDAP_POLICIES] = {.name = "supported_ldap_policies",
                                 .help = "Limits that can be set",
                                 .many = true},
    [HIGHEST_COMMITTED_USN] = {.name = "highest_committed_usn",
                               .type = ANSWER_NUMBER,
                               .help = "Number of the newest change",
                               .fleeting = true},
    [SUPPORTED_SASL_MECHANISMS] = {.name = "supported_sasl_mechanisms",
                                   .help = "Ways to log on",
                                   .many = true},
    [DNS_HOST_NAME] = {.name = "dns_host_name",
                       .help = "The server's name in DNS",
                       .telling = true},
    [LDAP_SERVICE_NAME] = {.name = "ldap_service_name", .help = "The server's name for Kerberos"},
    [SERVER_NAME] = {.name = "server_name", .help = "Entry of the server"},
    [SUPPORTED_CAPABILITIES] = {.name = "supported_capabilities",
                                .help = "What kind of directory it is, with names where known",
                                .many = true},
    [IS_SYNCHRONIZED] = {.name = "is_synchronized",
                         .type = ANSWER_TRUTH,
                         .help = "Whether it has caught up with the other controllers"},
    [IS_GLOBAL_CATALOG_READY] = {.name = "is_global_catalog_ready",
                                 .type = ANSWER_TRUTH,
                                 .help = "Whether it serves as a global catalog"},
    [DOMAIN_FUNCTIONALITY] = {.name = "domain_functionality",
                              .type = ANSWER_NUMBER,
                              .help = "Level of the domain: 7 is that of Windows Server 2016"},
    [DOMAIN_LEVEL] = {.name = "domain_level",
                      .help = "The same as the oldest Windows Server that can be a controller",
                      .telling = true,
                      .label = "domain level"},
    [FOREST_FUNCTIONALITY] = {.name = "forest_functionality",
                              .type = ANSWER_NUMBER,
                              .help = "Level of the forest"},
    [DOMAIN_CONTROLLER_FUNCTIONALITY] = {.name = "domain_controller_functionality",
                                         .type = ANSWER_NUMBER,
                                         .help = "Level that this controller could have"},
    [SUPPORTED_EXTENSIONS] = {.name = "supported_extensions",
                              .help = "Operations beside the usual ones, with names where known",
                              .many = true},
    [SUPPORTED_FEATURES] = {.name = "supported_features",
                            .help = "Features, with their name where known",
                            .many = true},
    [ALT_SERVERS] = {.name = "alt_servers", .help = "Other servers to ask", .many = true},
    [VENDOR_NAME] = {.name = "vendor_name", .help = "Who made the server"},
    [VENDOR_VERSION] = {.name = "vendor_version", .help = "Version of the server"},
    [ATTRIBUTE] = {.name = "attribute", .help = "Name of an attribute that has no field"},
    [VALUE] = {.name = "value", .help = "One value of it"},
    [START_TLS] = {.name = "start_tls",
                   .type = ANSWER_TRUTH,
                   .help = "Whether TLS can begin on this connection (only ldap-starttls)",
                   .telling = true},
    [START_TLS_REPLY] = {.name = "start_tls_reply",
                         .help = "What came of StartTLS (only ldap-starttls)"},
};

/* RFC 4512 section 5.1, RFC 3045, MS-ADTS section 3.1.1.3.2. */
static const struct {
    const char *attribute;
    int field;
} known[] = {
    {"currentTime", CURRENT_TIME},
    {"subschemaSubentry", SUBSCHEMA_SUBENTRY},
    {"dsServiceName", DS_SERVICE_NAME},
    {"namingContexts", NAMING_CONTEXTS},
    {"defaultNamingContext", DEFAULT_NAMING_CONTEXT},
    {"schemaNamingContext", SCHEMA_NAMING_CONTEXT},
    {"configurationNamingContext", CONFIGURATION_NAMING_CONTEXT},
    {"rootDomainNamingContext", ROOT_DOMAIN_NAMING_CONTEXT},
    {"supportedControl", SUPPORTED_CONTROLS},
    {"supportedLDAPVersion", SUPPORTED_LDAP_VERSIONS},
    {"supportedLDAPPolicies", SUPPORTED_LDAP_POLICIES},
    {"highestCommittedUSN", HIGHEST_COMMITTED_USN},
    {"supportedSASLMechanisms", SUPPORTED_SASL_MECHANISMS},
    {"dnsHostName", DNS_HOST_NAME},
    {"ldapServiceName", LDAP_SERVICE_NAME},
    {"serverName", SERVER_NAME},
    {"supportedCapabilities", SUPPORTED_CAPABILITIES},
    {"isSynchronized", IS_SYNCHRONIZED},
    {"isGlobalCatalogReady", IS_GLOBAL_CATALOG_READY},
    {"domainFunctionality", DOMAIN_FUNCTIONALITY},
    {"forestFunctionality", FOREST_FUNCTIONALITY},
    {"domainControllerFunctionality", DOMAIN_CONTROLLER_FUNCTIONALITY},
    {"supportedExtension", SUPPORTED_EXTENSIONS},
    {"supportedFeatures", SUPPORTED_FEATURES},
    {"altServer", ALT_SERVERS},
    {"vendorName", VENDOR_NAME},
    {"vendorVersion", VENDOR_VERSION},
};

static const char start_tls_oid[] = "1.3.6.1.4.1.1466.20037"; /* RFC 4511 section 4.14.1 */

#define MS "1.2.840.113556.1.4."

/* MS-ADTS sections 3.1.1.3.4.1 (controls), .2 (extended operations) and .3 (capabilities); for the
 * others the RFC that is named. */
static const struct {
    const char *oid;
    const char *name;
} oids[] = {
    {MS "319", "paged results"},
    {MS "417", "show deleted"},
    {MS "473", "sort"},
    {MS "474", "sort response"},
    {MS "521", "cross-domain move"},
    {MS "528", "notification"},
    {MS "529", "extended DN"},
    {MS "619", "lazy commit"},
    {MS "801", "SD flags"},
    {MS "802", "range option"},
    {MS "805", "tree delete"},
    {MS "841", "DirSync"},
    {MS "970", "get stats"},
    {MS "1338", "verify name"},
    {MS "1339", "domain scope"},
    {MS "1340", "search options"},
    {MS "1341", "RODC promotion"},
    {MS "1413", "permissive modify"},
    {MS "1504", "attribute scoped query"},
    {MS "1852", "quota"},
    {MS "1907", "shutdown notify"},
    {MS "1948", "range retrieval without error"},
    {MS "1974", "force update"},
    {MS "2026", "DN input"},
    {MS "2064", "show recycled"},
    {MS "2065", "show deactivated links"},
    {MS "2066", "policy hints, old"},
    {MS "2090", "DirSync EX"},
    {MS "2204", "tree delete EX"},
    {MS "2205", "update stats"},
    {MS "2206", "search hints"},
    {MS "2211", "expected entry count"},
    {MS "2239", "policy hints"},
    {MS "2255", "set owner"},
    {MS "2256", "bypass quota"},
    {MS "2309", "link TTL"},
    {MS "1781", "fast bind"},
    {MS "2212", "batch request"},
    {MS "800", "Active Directory"},
    {MS "1670", "Active Directory of Windows Server 2003"},
    {MS "1791", "LDAP signing"},
    {MS "1851", "AD LDS"},
    {MS "1880", "AD LDS digest"},
    {MS "1920", "read-only domain controller"},
    {MS "1935", "Active Directory of Windows Server 2008"},
    {MS "2080", "Active Directory of Windows Server 2008 R2"},
    {MS "2237", "Active Directory of Windows Server 2012"},
    {"2.16.840.1.113730.3.4.2", "ManageDsaIT"}, /* RFC 3296 */
    {"2.16.840.1.113730.3.4.9", "virtual list view"},
    {"2.16.840.1.113730.3.4.10", "virtual list view response"},
    {"2.16.840.1.113730.3.4.18", "proxied authorization"},    /* RFC 4370 */
    {"1.2.826.0.1.3344810.2.3", "matched values"},            /* RFC 3876 */
    {"1.3.6.1.1.8", "cancel"},                                /* RFC 3909 */
    {"1.3.6.1.1.12", "assertion"},                            /* RFC 4528 */
    {"1.3.6.1.1.13.1", "pre-read"},                           /* RFC 4527 */
    {"1.3.6.1.1.13.2", "post-read"},                          /* RFC 4527 */
    {"1.3.6.1.1.14", "modify-increment"},                     /* RFC 4525 */
    {"1.3.6.1.1.22", "don't use copy"},                       /* RFC 6171 */
    {"1.3.6.1.4.1.1466.20037", "StartTLS"},                   /* RFC 4511 section 4.14 */
    {"1.3.6.1.4.1.1466.101.119.1", "dynamic refresh"},        /* RFC 2589 */
    {"1.3.6.1.4.1.4203.1.5.1", "all operational attributes"}, /* RFC 3673 */
    {"1.3.6.1.4.1.4203.1.5.2", "attributes by object class"}, /* RFC 4529 */
    {"1.3.6.1.4.1.4203.1.5.3", "true and false filters"},     /* RFC 4526 */
    {"1.3.6.1.4.1.4203.1.5.4", "language tags"},              /* RFC 3866 */
    {"1.3.6.1.4.1.4203.1.5.5", "language ranges"},            /* RFC 3866 */
    {"1.3.6.1.4.1.4203.1.9.1.1", "content sync"},             /* RFC 4533 */
    {"1.3.6.1.4.1.4203.1.10.1", "subentries"},                /* RFC 3672 */
    {"1.3.6.1.4.1.4203.1.11.1", "modify password"},           /* RFC 3062 */
    {"1.3.6.1.4.1.4203.1.11.3", "who am I"},                  /* RFC 4532 */
};

/* MS-ADTS section 6.1.4.3: Windows Server by its year. */
static const struct value_name levels[] = {
    {0, "2000"}, {1, "2003 interim"}, {2, "2003"}, {3, "2008"},  {4, "2008 R2"},
    {5, "2012"}, {6, "2012 R2"},      {7, "2016"}, {10, "2025"}, {0, NULL},
};

/* RFC 4511 appendix A. */
static const struct value_name results[] = {
    {0, "success"},
    {1, "operationsError"},
    {2, "protocolError"},
    {3, "timeLimitExceeded"},
    {4, "sizeLimitExceeded"},
    {7, "authMethodNotSupported"},
    {8, "strongerAuthRequired"},
    {10, "referral"},
    {11, "adminLimitExceeded"},
    {12, "unavailableCriticalExtension"},
    {13, "confidentialityRequired"},
    {32, "noSuchObject"},
    {48, "inappropriateAuthentication"},
    {49, "invalidCredentials"},
    {50, "insufficientAccessRights"},
    {51, "busy"},
    {52, "unavailable"},
    {53, "unwillingToPerform"},
    {80, "other"},
    {0, NULL},
};

/* A search of the entry with no name, for all that it has: some servers tell operational attributes
 * only to those who ask for "+" (RFC 3673). */
static void begin(struct talk *talk)
{
    struct byte_writer *out = &talk->out;
    size_t message = ber_begin(out, BER_SEQUENCE);
    size_t search;
    size_t wanted;

    ber_put_integer(out, BER_INTEGER, OUR_ID);
    search = ber_begin(out, SEARCH_REQUEST);
    ber_put_text(out, BER_OCTETS, "");
    ber_put_integer(out, BER_ENUMERATED, 0); /* the entry alone */
    ber_put_integer(out, BER_ENUMERATED, 0); /* aliases are not followed */
    ber_put_integer(out, BER_INTEGER, 0);    /* no limit of size */
    ber_put_integer(out, BER_INTEGER, 0);    /* nor of time */
    ber_put(out, BER_BOOLEAN, "\0", 1);      /* values, too */
    ber_put_text(out, FILTER_PRESENT, "objectClass");
    wanted = ber_begin(out, BER_SEQUENCE);
    ber_put_text(out, BER_OCTETS, "*");
    ber_put_text(out, BER_OCTETS, "+");
    ber_end(out, wanted);
    ber_end(out, search);
    ber_end(out, message);
}

static void begin_with_tls(struct talk *talk)
{
    struct ldap_state *state = talk->state;

    state->wants_tls = true;
    begin(talk);
}

static void began_tls(struct talk *talk)
{
    talk->is_done = true;
}

static void ask_for_tls(struct talk *talk)
{
    struct ldap_state *state = talk->state;
    size_t message = ber_begin(&talk->out, BER_SEQUENCE);
    size_t request;

    state->asked_tls = true;
    talk->is_enough = true;
    ber_put_integer(&talk->out, BER_INTEGER, START_TLS_ID);
    request = ber_begin(&talk->out, EXTENDED_REQUEST);
    ber_put_text(&talk->out, REQUEST_NAME, start_tls_oid);
    ber_end(&talk->out, request);
    ber_end(&talk->out, message);
}

static struct line line_of(const struct ber_element *element)
{
    return (struct line){.bytes = (const char *)element->bytes, .size = element->size};
}

/* -1: the attribute has no field. */
static int find_field(const struct ber_element *attribute)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (line_equals(line_of(attribute), known[i].attribute)) {
            return known[i].field;
        }
    }
    return -1;
}

static bool is_of_oids(int field)
{
    return field == SUPPORTED_CONTROLS || field == SUPPORTED_CAPABILITIES ||
           field == SUPPORTED_EXTENSIONS || field == SUPPORTED_FEATURES;
}

static const char *find_oid(struct line value)
{
    for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        if (line_equals(value, oids[i].oid)) {
            return oids[i].name;
        }
    }
    return NULL;
}

static void add_text_value(struct answer *answer, int field, const struct ber_element *value)
{
    const char *name = is_of_oids(field) ? find_oid(line_of(value)) : NULL;

    if (name != NULL) {
        answer_addf(answer, &fields[field], "%.*s %s", (int)value->size, (const char *)value->bytes,
                    name);
    } else {
        answer_add_text(answer, &fields[field], value->bytes, value->size);
    }
}

/* Decimal, of at most 18 digits: what fits into an int64_t without more care. */
static bool read_decimal(struct line value, int64_t *number)
{
    *number = 0;
    if (value.size == 0 || value.size > 18) {
        return false;
    }
    for (size_t i = 0; i < value.size; i++) {
        if (value.bytes[i] < '0' || value.bytes[i] > '9') {
            return false;
        }
        *number = *number * 10 + (value.bytes[i] - '0');
    }
    return true;
}

static bool read_truth(struct line value, int64_t *number)
{
    *number = line_equals(value, "TRUE");
    return *number != 0 || line_equals(value, "FALSE");
}

/* A level that has no name yet is only told as a number. */
static void add_level(struct answer *answer, int64_t level)
{
    const char *name =
        level < 0 || level > UINT32_MAX ? NULL : value_name_find(levels, (uint32_t)level);

    if (name != NULL) {
        answer_add_string(answer, &fields[DOMAIN_LEVEL], name);
    }
}

/* False where the value is not of the field's type. */
static bool add_known(struct answer *answer, int field, const struct ber_element *value)
{
    int64_t number = 0;
    bool is_one = true;

    if (!fields[field].many && answer_find(answer, fields[field].name) != NULL) {
        return false;
    }
    switch (fields[field].type) {
    case ANSWER_TEXT:
        add_text_value(answer, field, value);
        return true;
    case ANSWER_NUMBER:
        is_one = read_decimal(line_of(value), &number);
        break;
    case ANSWER_TIME:
        is_one = ber_read_time(value->bytes, value->size, &number);
        break;
    case ANSWER_TRUTH:
        is_one = read_truth(line_of(value), &number);
        break;
    }
    if (is_one) {
        answer_add_number(answer, &fields[field], number);
    }
    if (is_one && field == DOMAIN_FUNCTIONALITY) {
        add_level(answer, number);
    }
    return is_one;
}

static void add_value(struct answer *answer, const struct ber_element *attribute, int field,
                      const struct ber_element *value)
{
    if (answer->count == ANSWER_VALUES_MOST) {
        answer->cut = true; /* without a look at all of the others */
        return;
    }
    if (field >= 0 && add_known(answer, field, value)) {
        return;
    }
    answer_begin_item(answer, "attribute");
    answer_add_text(answer, &fields[ATTRIBUTE], attribute->bytes, attribute->size);
    answer_add_text(answer, &fields[VALUE], value->bytes, value->size);
    answer_end_item(answer);
}

/* RFC 4511 section 4.5.2. False where it is not whole. */
static bool read_entry(struct answer *answer, struct byte_reader reader)
{
    struct byte_reader attributes;

    ber_take(&reader, BER_OCTETS); /* its name, which is empty */
    attributes = ber_enter(&reader, BER_SEQUENCE);
    while (byte_reader_left(&attributes) > 0) {
        struct byte_reader one = ber_enter(&attributes, BER_SEQUENCE);
        struct ber_element attribute = ber_take(&one, BER_OCTETS);
        struct byte_reader values = ber_enter(&one, BER_SET);
        int field = find_field(&attribute);

        while (byte_reader_left(&values) > 0) {
            struct ber_element value = ber_take(&values, BER_OCTETS);

            if (!values.short_of) {
                add_value(answer, &attribute, field, &value);
            }
        }
        if (one.short_of || values.short_of) {
            return false;
        }
    }
    return !reader.short_of && !attributes.short_of;
}

static void read_referrals(struct answer *answer, struct byte_reader reader)
{
    while (byte_reader_left(&reader) > 0) {
        struct ber_element url = ber_take(&reader, BER_OCTETS);

        if (!reader.short_of) {
            answer_add_text(answer, &fields[REFERRALS], url.bytes, url.size);
        }
    }
}

/* LDAPResult (RFC 4511 section 4.1.9). False where it is not whole. */
static bool read_result(struct answer *answer, struct byte_reader reader)
{
    int64_t code = ber_integer(&reader, BER_ENUMERATED);
    struct ber_element message;

    ber_take(&reader, BER_OCTETS); /* the part of the name that was found */
    message = ber_take(&reader, BER_OCTETS);
    if (reader.short_of) {
        return false;
    }
    value_name_add(answer, &fields[RESULT], results, (uint32_t)code);
    if (message.size > 0) {
        answer_add_text(answer, &fields[RESULT_MESSAGE], message.bytes, message.size);
    }
    if (ber_peek(&reader) == REFERRAL) {
        read_referrals(answer, ber_enter(&reader, REFERRAL));
    }
    return !reader.short_of;
}

/* What was there may be told, even where what follows it is none. */
static enum protocol_next not_whole(struct talk *talk)
{
    struct ldap_state *state = talk->state;

    if (!state->has_entry && !state->asked_tls) {
        return talk_wrong(talk, "not LDAP: a message whose parts do not fit");
    }
    talk->is_partial = true;
    talk_say(talk, "a part of the reply is not LDAP");
    return PROTOCOL_ANSWERED;
}

/* The search is over. Whether the root DSE lists StartTLS does not matter: Samba has it and does
 * not say so, and a server without it answers all the same. */
static enum protocol_next end_search(struct talk *talk)
{
    struct ldap_state *state = talk->state;

    if (!state->wants_tls) {
        return PROTOCOL_ANSWERED;
    }
    ask_for_tls(talk);
    return PROTOCOL_WAIT;
}

/* ExtendedResponse (RFC 4511 section 4.12), or a notice that the server will close. */
static enum protocol_next read_tls_reply(struct talk *talk, uint8_t tag, struct byte_reader reader)
{
    const struct answer_field *field = &fields[START_TLS_REPLY];
    int64_t code = ber_integer(&reader, BER_ENUMERATED);
    const char *name = value_name_find(results, (uint32_t)code);
    struct ber_element message;

    ber_take(&reader, BER_OCTETS);
    message = ber_take(&reader, BER_OCTETS);
    if (tag != EXTENDED_RESPONSE || reader.short_of) {
        return not_whole(talk);
    }
    if (message.size > 0 && name != NULL) {
        answer_addf(&talk->answer, field, "%s: %.*s", name, (int)message.size,
                    (const char *)message.bytes);
    } else {
        value_name_add(&talk->answer, field, results, (uint32_t)code);
    }
    answer_add_number(&talk->answer, &fields[START_TLS], code == 0);
    return code == 0 ? PROTOCOL_TLS : PROTOCOL_ANSWERED;
}

/* One LDAPMessage (RFC 4511 section 4.1.1). */
static enum protocol_next read_message(struct talk *talk, struct byte_reader reader)
{
    struct ldap_state *state = talk->state;
    struct byte_reader message = ber_enter(&reader, BER_SEQUENCE);
    int64_t id = ber_integer(&message, BER_INTEGER);
    struct ber_element operation;
    struct byte_reader content;

    if (!ber_next(&message, &operation)) {
        return not_whole(talk);
    }
    if (id != (state->asked_tls ? START_TLS_ID : OUR_ID) &&
        !(id == NOTICE_ID && operation.tag == EXTENDED_RESPONSE)) {
        return PROTOCOL_IGNORE;
    }
    content = byte_reader_of(operation.bytes, operation.size);
    if (state->asked_tls) {
        return read_tls_reply(talk, operation.tag, content);
    }
    switch (operation.tag) {
    case SEARCH_ENTRY:
        state->has_entry = true;
        return read_entry(&talk->answer, content) ? PROTOCOL_WAIT : not_whole(talk);
    case SEARCH_REFERENCE:
        read_referrals(&talk->answer, content);
        return PROTOCOL_WAIT;
    case SEARCH_DONE:
        return read_result(&talk->answer, content) ? end_search(talk) : not_whole(talk);
    case EXTENDED_RESPONSE:
        return read_result(&talk->answer, content) ? PROTOCOL_ANSWERED : not_whole(talk);
    default:
        return talk_wrong(talk, "an LDAP message of kind 0x%02x, which answers no search",
                          operation.tag);
    }
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct ldap_state *state = talk->state;

    while (*used < size) {
        size_t length;
        enum ber_extent extent = ber_measure(bytes + *used, size - *used, &length);
        enum protocol_next next;

        if (extent == BER_NONE || bytes[*used] != BER_SEQUENCE) {
            return state->has_entry ? not_whole(talk) : stranger_said(talk, "LDAP", bytes, size);
        }
        if (extent == BER_PARTIAL) {
            break;
        }
        next = read_message(talk, byte_reader_of(bytes + *used, length));
        *used += length;
        if (next != PROTOCOL_WAIT && next != PROTOCOL_IGNORE) {
            return next;
        }
    }
    return ended && state->has_entry ? not_whole(talk) : PROTOCOL_WAIT;
}

/* Entry and end come in one datagram; where the end does not, nobody says that it will. */
static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct ldap_state *state = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;
    size_t length;

    if (size == 0) {
        return talk_wrong(talk, "not LDAP: an empty datagram");
    }
    for (size_t at = 0; at < size && next == PROTOCOL_WAIT; at += length) {
        if (ber_measure(bytes + at, size - at, &length) != BER_WHOLE) {
            return not_whole(talk);
        }
        next = read_message(talk, byte_reader_of(bytes + at, length));
    }
    /* What is not ours leaves the answer as it was. */
    if ((next == PROTOCOL_WAIT && state->has_entry) ||
        (next == PROTOCOL_IGNORE && talk->answer.count > 0)) {
        talk->is_partial = true;
        talk_say(talk, next == PROTOCOL_WAIT ? "the reply has no end"
                                             : "the reply goes on with another number");
        return PROTOCOL_ANSWERED;
    }
    return next;
}

static void farewell(struct talk *talk)
{
    size_t message;

    if (talk->target->transport != PROBE_TCP) {
        return;
    }
    message = ber_begin(&talk->out, BER_SEQUENCE);
    ber_put_integer(&talk->out, BER_INTEGER, UNBIND_ID);
    ber_put_text(&talk->out, UNBIND_REQUEST, "");
    ber_end(&talk->out, message);
}

const struct protocol protocol_ldap = {
    .name = "ldap",
    .title = "LDAP: what a directory says of itself (root DSE)",
    .source = "RFC 4511, RFC 4512 section 5.1, MS-ADTS 3.1.1.3.1.11 and 3.1.1.3.2",
    .ports =
        (const struct protocol_port[]){{389, PROBE_TCP}, {389, PROBE_UDP}, {3268, PROBE_TCP}, {0}},
    .services = (const char *const[]){"ldap", "msft-gc", NULL},
    .largest = REPLY_MOST,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct ldap_state),
    .begin = begin,
    .stream = stream,
    .datagram = datagram,
    .farewell = farewell,
};

const struct protocol protocol_ldaps = {
    .name = "ldaps",
    .title = "LDAP in TLS: what a directory says of itself",
    .source = "RFC 4511, RFC 4512 section 5.1, MS-ADTS 5.1.1",
    .ports = (const struct protocol_port[]){{636, PROBE_TCP}, {3269, PROBE_TCP}, {0}},
    .services = (const char *const[]){"ldaps", "msft-gc-ssl", NULL},
    .security = PROTOCOL_IN_TLS,
    .largest = REPLY_MOST,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct ldap_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_ldap_starttls = {
    .name = "ldap-starttls",
    .title = "LDAP that goes on in TLS: root DSE, and certificate",
    .source = "RFC 4511 section 4.14, RFC 4512 section 5.1",
    .ports = (const struct protocol_port[]){{0}},
    .services = (const char *const[]){NULL},
    .largest = REPLY_MOST,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct ldap_state),
    .begin = begin_with_tls,
    .stream = stream,
    .began_tls = began_tls,
    .farewell = farewell,
};
