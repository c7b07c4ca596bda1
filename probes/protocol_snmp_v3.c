/* SPDX-License-Identifier: MIT */

/*
 * SNMP 3: the discovery of an engine (RFC 3414 section 4), which needs no user.
 * The report that comes back has the engine's id, and of most agents how often
 * it was started and how long it has been running.
 */

#include <string.h>

#include "base/text.h"
#include "collector/socket_row.h"
#include "probes/ber.h"
#include "probes/protocol_list.h"
#include "probes/value_name.h"

enum {
    VERSION_3 = 3,
    SIZE_MOST = 65507, /* of a message that we take */
    FLAG_REPORTABLE = 0x04,
    SECURITY_BY_USER = 3, /* RFC 3411 section 5, SnmpSecurityModel */
    GET_REQUEST = 0xa0,
    REPORT = 0xa8,
    COUNTER = 0x41,
};

enum {
    ENGINE_ID,
    ENTERPRISE,
    MAKER,
    ID_FORMAT,
    ID_DATA,
    BOOTS,
    ENGINE_TIME,
    REPORT_NAME,
    REPORT_COUNT,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [ENGINE_ID] = {.name = "engine_id",
                   .help = "Number of the engine, the same at all times, hexadecimal"},
    [ENTERPRISE] = {.name = "enterprise",
                    .type = ANSWER_NUMBER,
                    .help = "The maker's number at IANA, which the id begins with"},
    [MAKER] = {.name = "maker", .help = "Its name, where known", .telling = true},
    [ID_FORMAT] =
        {.name = "id_format",
         .help =
             "What the rest of the id is: IPv4 address, IPv6 address, MAC address, text, octets, "
             "the maker's own"},
    [ID_DATA] = {.name = "id_data", .help = "The rest of the id in that form", .telling = true},
    [BOOTS] = {.name = "boots",
               .type = ANSWER_NUMBER,
               .help = "How often the engine has been started since it was set up",
               .telling = true},
    [ENGINE_TIME] = {.name = "engine_time",
                     .type = ANSWER_NUMBER,
                     .unit = "s",
                     .help = "How long it has been running",
                     .fleeting = true},
    [REPORT_NAME] = {.name = "report",
                     .help = "Why it took no request: usmStatsUnknownEngineIDs, as it should be"},
    [REPORT_COUNT] = {.name = "report_count",
                      .type = ANSWER_NUMBER,
                      .help = "How many requests it has turned down for that",
                      .fleeting = true},
};

/* RFC 3414 section 5: 1.3.6.1.6.3.15.1.1.x.0. */
static const uint8_t usm_stats[] = {0x2b, 6, 1, 6, 3, 15, 1, 1};

static const struct value_name reports[] = {
    {1, "usmStatsUnsupportedSecLevels"},
    {2, "usmStatsNotInTimeWindows"},
    {3, "usmStatsUnknownUserNames"},
    {4, "usmStatsUnknownEngineIDs"},
    {5, "usmStatsWrongDigests"},
    {6, "usmStatsDecryptionErrors"},
    {0, NULL},
};

/* IANA's private enterprise numbers, of makers whose agents are met. */
static const struct value_name makers[] = {
    {2, "IBM"},           {9, "Cisco"},       {11, "HP"},          {42, "Sun"},
    {43, "3Com"},         {63, "Apple"},      {171, "D-Link"},     {207, "Allied Telesis"},
    {253, "Xerox"},       {311, "Microsoft"}, {318, "APC"},        {343, "Intel"},
    {367, "Ricoh"},       {534, "Eaton"},     {674, "Dell"},       {789, "NetApp"},
    {1588, "Brocade"},    {1602, "Canon"},    {1916, "Extreme"},   {1991, "Foundry"},
    {2011, "Huawei"},     {2021, "UCD-SNMP"}, {2435, "Brother"},   {2636, "Juniper"},
    {3375, "F5"},         {4526, "Netgear"},  {6486, "Alcatel"},   {6574, "Synology"},
    {6876, "VMware"},     {8072, "Net-SNMP"}, {10002, "Ubiquiti"}, {11863, "TP-Link"},
    {12356, "Fortinet"},  {14823, "Aruba"},   {14988, "MikroTik"}, {24681, "QNAP"},
    {25461, "Palo Alto"}, {25506, "H3C"},     {30065, "Arista"},   {0, NULL},
};

static int64_t message_id(const struct talk *talk)
{
    return talk->target->random[0] << 8 | talk->target->random[1];
}

static void put_header(struct byte_writer *out, int64_t id)
{
    size_t header = ber_begin(out, BER_SEQUENCE);
    const uint8_t flags = FLAG_REPORTABLE;

    ber_put_integer(out, BER_INTEGER, id);
    ber_put_integer(out, BER_INTEGER, SIZE_MOST);
    ber_put(out, BER_OCTETS, &flags, sizeof(flags));
    ber_put_integer(out, BER_INTEGER, SECURITY_BY_USER);
    ber_end(out, header);
}

/* No engine, no user, no keys. */
static void put_security(struct byte_writer *out)
{
    size_t parameters = ber_begin(out, BER_OCTETS);
    size_t list = ber_begin(out, BER_SEQUENCE);

    ber_put_text(out, BER_OCTETS, "");
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_text(out, BER_OCTETS, "");
    ber_put_text(out, BER_OCTETS, "");
    ber_put_text(out, BER_OCTETS, "");
    ber_end(out, list);
    ber_end(out, parameters);
}

/* A get of nothing. */
static void put_request(struct byte_writer *out, int64_t id)
{
    size_t scoped = ber_begin(out, BER_SEQUENCE);
    size_t request;

    ber_put_text(out, BER_OCTETS, "");
    ber_put_text(out, BER_OCTETS, "");
    request = ber_begin(out, GET_REQUEST);
    ber_put_integer(out, BER_INTEGER, id);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_end(out, ber_begin(out, BER_SEQUENCE));
    ber_end(out, request);
    ber_end(out, scoped);
}

static void begin(struct talk *talk)
{
    size_t message = ber_begin(&talk->out, BER_SEQUENCE);

    ber_put_integer(&talk->out, BER_INTEGER, VERSION_3);
    put_header(&talk->out, message_id(talk));
    put_security(&talk->out);
    put_request(&talk->out, message_id(talk));
    ber_end(&talk->out, message);
}

static void add_address(struct answer *answer, const uint8_t *bytes, size_t size)
{
    struct socket_endpoint endpoint = {.address_size = (uint8_t)size};
    struct text text = {0};

    memcpy(endpoint.address, bytes, size);
    socket_endpoint_add_address(&text, &endpoint);
    answer_add_string(answer, &fields[ID_DATA], text_bytes(&text));
    text_clear(&text);
}

static void add_mac(struct answer *answer, const uint8_t *bytes, size_t size)
{
    (void)size;
    answer_addf(answer, &fields[ID_DATA], "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
                bytes[2], bytes[3], bytes[4], bytes[5]);
}

static void add_words(struct answer *answer, const uint8_t *bytes, size_t size)
{
    answer_add_text(answer, &fields[ID_DATA], bytes, size);
}

static void add_octets(struct answer *answer, const uint8_t *bytes, size_t size)
{
    answer_add_hex(answer, &fields[ID_DATA], bytes, size);
}

/* RFC 3411 section 5, SnmpEngineID; `size` 0: any. */
static const struct id_format {
    uint8_t number;
    const char *name;
    size_t size;
    void (*add)(struct answer *answer, const uint8_t *bytes, size_t size);
} id_formats[] = {
    {1, "IPv4 address", 4, add_address}, {2, "IPv6 address", 16, add_address},
    {3, "MAC address", 6, add_mac},      {4, "text", 0, add_words},
    {5, "octets", 0, add_octets},
};

/* What the id has behind the maker's number. */
static void add_rest(struct answer *answer, uint8_t format, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof(id_formats) / sizeof(id_formats[0]); i++) {
        const struct id_format *row = &id_formats[i];

        if (row->number == format && (row->size == 0 || row->size == size)) {
            answer_add_string(answer, &fields[ID_FORMAT], row->name);
            row->add(answer, bytes, size);
            return;
        }
    }
    if (format >= 128) {
        answer_add_string(answer, &fields[ID_FORMAT], "the maker's own");
    } else {
        answer_addf(answer, &fields[ID_FORMAT], "%u", format);
    }
    add_octets(answer, bytes, size);
}

static void add_engine(struct answer *answer, const struct ber_element *id)
{
    struct byte_reader reader = byte_reader_of(id->bytes, id->size);
    uint32_t first = byte_reader_be32(&reader);
    uint32_t enterprise = first & INT32_MAX;
    uint8_t format = byte_reader_u8(&reader);
    const char *maker = value_name_find(makers, enterprise);

    answer_add_hex(answer, &fields[ENGINE_ID], id->bytes, id->size);
    if (reader.short_of) {
        return;
    }
    answer_add_number(answer, &fields[ENTERPRISE], enterprise);
    if (maker != NULL) {
        answer_add_string(answer, &fields[MAKER], maker);
    }
    if ((first & ~(uint32_t)INT32_MAX) != 0) {
        add_rest(answer, format, id->bytes + reader.at, byte_reader_left(&reader));
    } else { /* of before the formats: eight bytes that only the maker can read */
        add_rest(answer, UINT8_MAX, id->bytes + reader.at - 1, byte_reader_left(&reader) + 1);
    }
}

/* The one counter that a report is about. */
static void add_report(struct answer *answer, struct byte_reader *list)
{
    struct byte_reader binding = ber_enter(list, BER_SEQUENCE);
    struct ber_element oid = ber_take(&binding, BER_OID);
    struct ber_element value = ber_take(&binding, COUNTER);
    struct text text = {0};
    uint64_t count;

    if (binding.short_of) {
        return;
    }
    if (oid.size == sizeof(usm_stats) + 2 && memcmp(oid.bytes, usm_stats, sizeof(usm_stats)) == 0) {
        value_name_add(answer, &fields[REPORT_NAME], reports, oid.bytes[sizeof(usm_stats)]);
    } else if (ber_add_oid(&text, oid.bytes, oid.size)) {
        answer_add_text(answer, &fields[REPORT_NAME], text_bytes(&text), text.size);
    }
    text_clear(&text);
    if (ber_element_unsigned(&value, &count) && count <= UINT32_MAX) {
        answer_add_number(answer, &fields[REPORT_COUNT], (int64_t)count);
    }
}

static enum protocol_next read_body(struct talk *talk, struct byte_reader *message)
{
    struct byte_reader parameters = ber_enter(message, BER_OCTETS);
    struct byte_reader security = ber_enter(&parameters, BER_SEQUENCE);
    struct ber_element engine = ber_take(&security, BER_OCTETS);
    int64_t boots = ber_integer(&security, BER_INTEGER);
    int64_t seconds = ber_integer(&security, BER_INTEGER);
    struct byte_reader scoped = ber_enter(message, BER_SEQUENCE);
    struct byte_reader pdu;
    struct byte_reader list;

    (void)ber_take(&scoped, BER_OCTETS);
    (void)ber_take(&scoped, BER_OCTETS);
    pdu = ber_enter(&scoped, REPORT);
    for (int i = 0; i < 3; i++) {
        (void)ber_integer(&pdu, BER_INTEGER);
    }
    list = ber_enter(&pdu, BER_SEQUENCE);
    if (security.short_of || list.short_of) {
        return talk_wrong(talk, "not a report of SNMP 3");
    }
    add_engine(&talk->answer, &engine);
    answer_add_number(&talk->answer, &fields[BOOTS], boots);
    answer_add_number(&talk->answer, &fields[ENGINE_TIME], seconds);
    add_report(&talk->answer, &list);
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    struct byte_reader message = ber_enter(&reader, BER_SEQUENCE);
    int64_t version = ber_integer(&message, BER_INTEGER);
    struct byte_reader header = ber_enter(&message, BER_SEQUENCE);
    int64_t id = ber_integer(&header, BER_INTEGER);

    if (header.short_of || version != VERSION_3) {
        return talk_wrong(talk, "not SNMP 3: a datagram of %zu bytes", size);
    }
    if (id != message_id(talk)) {
        return PROTOCOL_IGNORE;
    }
    return read_body(talk, &message);
}

/* Found by its name, since the port is that of version 2c. */
const struct protocol protocol_snmp_v3 = {
    .name = "snmp-v3",
    .title = "SNMP 3: which engine it is",
    .source = "RFC 3412, RFC 3414 section 4, RFC 3411 section 5",
    .ports = (const struct protocol_port[]){{161, PROBE_UDP}, {0}},
    .services = (const char *const[]){NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
