/* SPDX-License-Identifier: MIT */

#include "probes/certificate.h"

#include <string.h>

#include "base/time_text.h"
#include "collector/socket_row.h"
#include "probes/ber.h"
#include "probes/byte_writer.h"

/* Tags of X.690 that occur here. */
enum {
    TAG_BOOLEAN = 0x01,
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x03,
    TAG_OCTET_STRING = 0x04,
    TAG_OBJECT_ID = 0x06,
    TAG_UTF8 = 0x0c,
    TAG_NUMERIC = 0x12,
    TAG_PRINTABLE = 0x13,
    TAG_TELETEX = 0x14,
    TAG_IA5 = 0x16,
    TAG_UTC_TIME = 0x17,
    TAG_GENERAL_TIME = 0x18,
    TAG_VISIBLE = 0x1a,
    TAG_UNIVERSAL = 0x1c,
    TAG_BMP = 0x1e,
    TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31,
    TAG_VERSION = 0xa0,    /* [0] of a TBSCertificate */
    TAG_EXTENSIONS = 0xa3, /* [3] */
    TAG_DNS_NAME = 0x82,   /* [2] of a GeneralName */
    TAG_IP_ADDRESS = 0x87, /* [7] */
};

struct id_name {
    const char *id;
    const char *name;
};

/* RFC 4514 section 3; the last ones are what people know from other programs. */
static const struct id_name attribute_names[] = {
    {"2.5.4.3", "CN"},
    {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {"2.5.4.6", "C"},
    {"2.5.4.9", "STREET"},
    {"0.9.2342.19200300.100.1.25", "DC"},
    {"0.9.2342.19200300.100.1.1", "UID"},
    {"2.5.4.4", "SN"},
    {"2.5.4.5", "serialNumber"},
    {"2.5.4.12", "title"},
    {"2.5.4.42", "GN"},
    {"2.5.4.97", "organizationIdentifier"},
    {"1.2.840.113549.1.9.1", "emailAddress"},
};

/* RFC 5480 section 2.1.1.1, RFC 5639, SEC 2. */
static const struct id_name curve_names[] = {
    {"1.2.840.10045.3.1.1", "P-192"},
    {"1.3.132.0.33", "P-224"},
    {"1.2.840.10045.3.1.7", "P-256"},
    {"1.3.132.0.34", "P-384"},
    {"1.3.132.0.35", "P-521"},
    {"1.3.132.0.10", "secp256k1"},
    {"1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"},
    {"1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"},
    {"1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"},
};

/* Of keys. RFC 3279, RFC 4055, RFC 8410, FIPS 204. */
static const struct id_name key_names[] = {
    {"1.2.840.113549.1.1.1", "RSA"},
    {"1.2.840.113549.1.1.10", "RSA-PSS"},
    {"1.2.840.10045.2.1", "EC"},
    {"1.2.840.10040.4.1", "DSA"},
    {"1.3.101.112", "Ed25519"},
    {"1.3.101.113", "Ed448"},
    {"2.16.840.1.101.3.4.3.17", "ML-DSA-44"},
    {"2.16.840.1.101.3.4.3.18", "ML-DSA-65"},
    {"2.16.840.1.101.3.4.3.19", "ML-DSA-87"},
};

/* RFC 3279, RFC 4055, RFC 5758, RFC 8410, FIPS 204. */
static const struct id_name signature_names[] = {
    {"1.2.840.113549.1.1.2", "RSA with MD2"},
    {"1.2.840.113549.1.1.4", "RSA with MD5"},
    {"1.2.840.113549.1.1.5", "RSA with SHA-1"},
    {"1.3.14.3.2.29", "RSA with SHA-1"},
    {"1.2.840.113549.1.1.14", "RSA with SHA-224"},
    {"1.2.840.113549.1.1.11", "RSA with SHA-256"},
    {"1.2.840.113549.1.1.12", "RSA with SHA-384"},
    {"1.2.840.113549.1.1.13", "RSA with SHA-512"},
    {"1.2.840.10045.4.1", "ECDSA with SHA-1"},
    {"1.2.840.10045.4.3.1", "ECDSA with SHA-224"},
    {"1.2.840.10045.4.3.2", "ECDSA with SHA-256"},
    {"1.2.840.10045.4.3.3", "ECDSA with SHA-384"},
    {"1.2.840.10045.4.3.4", "ECDSA with SHA-512"},
    {"1.2.840.10040.4.3", "DSA with SHA-1"},
    {"2.16.840.1.101.3.4.3.2", "DSA with SHA-256"},
    {"1.3.101.112", "Ed25519"},
    {"1.3.101.113", "Ed448"},
    {"2.16.840.1.101.3.4.3.17", "ML-DSA-44"},
    {"2.16.840.1.101.3.4.3.18", "ML-DSA-65"},
    {"2.16.840.1.101.3.4.3.19", "ML-DSA-87"},
};

/* Of RSASSA-PSS, which names its hash in its parameters: RFC 4055 section 2.1. */
static const struct id_name hash_names[] = {
    {"1.3.14.3.2.26", "SHA-1"},
    {"2.16.840.1.101.3.4.2.4", "SHA-224"},
    {"2.16.840.1.101.3.4.2.1", "SHA-256"},
    {"2.16.840.1.101.3.4.2.2", "SHA-384"},
    {"2.16.840.1.101.3.4.2.3", "SHA-512"},
};

static const char rsa_pss[] = "1.2.840.113549.1.1.10";

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* X.690 section 8.1.3; DER has definite lengths only. */
static size_t read_length(struct byte_reader *in)
{
    size_t length = byte_reader_u8(in);
    size_t bytes = length & 0x7f;

    if (length < 0x80) {
        return length;
    }
    if (bytes == 0 || bytes > 4) {
        in->short_of = true;
        return 0;
    }
    length = 0;
    for (size_t i = 0; i < bytes; i++) {
        length = length << 8 | byte_reader_u8(in);
    }
    return length;
}

/* The next element; its content. False where there is none. */
static bool next_element(struct byte_reader *in, uint8_t *tag, struct byte_reader *content)
{
    if (byte_reader_left(in) == 0) {
        return false;
    }
    *tag = byte_reader_u8(in);
    *content = byte_reader_part(in, read_length(in));
    return !in->short_of && !content->short_of;
}

/* The content of the next element, which has to be of this tag; else it is short at once. */
static struct byte_reader expect(struct byte_reader *in, uint8_t tag)
{
    struct byte_reader content = byte_reader_of(NULL, 0);
    uint8_t found = 0;

    if (!next_element(in, &found, &content) || found != tag) {
        in->short_of = true;
        content.short_of = true;
    }
    return content;
}

static bool next_has_tag(const struct byte_reader *in, uint8_t tag)
{
    struct byte_reader ahead = *in;

    return byte_reader_left(&ahead) > 0 && byte_reader_u8(&ahead) == tag;
}

/* The name of an object identifier; NULL where the table has none. */
static const char *find_name(const struct id_name *table, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].id, id) == 0) {
            return table[i].name;
        }
    }
    return NULL;
}

static void add_hex(struct text *text, struct byte_reader content)
{
    text_add_char(text, '#');
    while (byte_reader_left(&content) > 0) {
        text_addf(text, "%02x", byte_reader_u8(&content));
    }
}

/* "1.2.840.113549"; false where it is none, be it cut or with a number that fits nowhere. */
static bool add_id(struct text *text, const struct byte_reader *id)
{
    size_t size = byte_reader_left(id);

    return size > 0 && ber_add_oid(text, id->bytes + id->at, size);
}

/* Appends the name of an object identifier, or itself; its bytes where it is none. */
static void add_id_name(struct text *text, const struct id_name *table, size_t count,
                        struct byte_reader id)
{
    struct text dotted = {0};
    const char *name;

    if (!add_id(&dotted, &id)) {
        add_hex(text, id);
        return;
    }
    name = find_name(table, count, text_bytes(&dotted));
    text_add(text, name == NULL ? text_bytes(&dotted) : name);
    text_clear(&dotted);
}

static bool id_is(struct byte_reader id, const char *dotted)
{
    struct text text = {0};
    bool is_equal;

    is_equal = add_id(&text, &id) && strcmp(text_bytes(&text), dotted) == 0;
    text_clear(&text);
    return is_equal;
}

/* `count` digits as a number; *ok is made false by anything else. */
static int read_digits(struct byte_reader *in, int count, bool *ok)
{
    int number = 0;

    for (int i = 0; i < count; i++) {
        uint8_t digit = byte_reader_u8(in);

        *ok = *ok && digit >= '0' && digit <= '9';
        number = *ok ? number * 10 + (digit - '0') : 0;
    }
    return number;
}

/* UTCTime or GeneralizedTime, always in Z: RFC 5280 section 4.1.2.5. */
static bool read_time(struct byte_reader *in, int64_t *at)
{
    struct byte_reader content;
    struct calendar_time time = {0};
    uint8_t tag;
    bool ok = next_element(in, &tag, &content) && (tag == TAG_UTC_TIME || tag == TAG_GENERAL_TIME);

    if (!ok) {
        return false;
    }
    if (tag == TAG_UTC_TIME) {
        time.year = read_digits(&content, 2, &ok);
        time.year += time.year < 50 ? 2000 : 1900;
    } else {
        time.year = read_digits(&content, 4, &ok);
    }
    time.month = read_digits(&content, 2, &ok);
    time.day = read_digits(&content, 2, &ok);
    time.hour = read_digits(&content, 2, &ok);
    time.minute = read_digits(&content, 2, &ok);
    time.second = read_digits(&content, 2, &ok);
    ok = ok && byte_reader_u8(&content) == 'Z' && calendar_valid(&time);
    *at = ok ? calendar_to_ms(&time) : 0;
    return ok;
}

static void read_extensions(struct certificate *certificate, struct byte_reader extensions)
{
    struct byte_reader list = expect(&extensions, TAG_SEQUENCE);

    while (byte_reader_left(&list) > 0) {
        struct byte_reader extension = expect(&list, TAG_SEQUENCE);
        struct byte_reader id = expect(&extension, TAG_OBJECT_ID);
        struct byte_reader value;

        if (next_has_tag(&extension, TAG_BOOLEAN)) {
            (void)expect(&extension, TAG_BOOLEAN);
        }
        value = expect(&extension, TAG_OCTET_STRING);
        if (!value.short_of && id_is(id, "2.5.29.17")) { /* section 4.2.1.6 */
            certificate->names = expect(&value, TAG_SEQUENCE);
        }
    }
}

/* RFC 5280 section 4.1. */
bool certificate_read(struct certificate *certificate, const uint8_t *bytes, size_t size)
{
    struct byte_reader in = byte_reader_of(bytes, size);
    struct byte_reader outer = expect(&in, TAG_SEQUENCE);
    struct byte_reader body = expect(&outer, TAG_SEQUENCE);
    struct byte_reader validity;
    struct byte_reader key;
    bool has_times;

    *certificate = (struct certificate){0};
    if (next_has_tag(&body, TAG_VERSION)) {
        (void)expect(&body, TAG_VERSION);
    }
    certificate->serial = expect(&body, TAG_INTEGER);
    certificate->signature_algorithm = expect(&body, TAG_SEQUENCE);
    certificate->issuer = expect(&body, TAG_SEQUENCE);
    validity = expect(&body, TAG_SEQUENCE);
    has_times = read_time(&validity, &certificate->not_before) &&
                read_time(&validity, &certificate->not_after);
    certificate->subject = expect(&body, TAG_SEQUENCE);
    key = expect(&body, TAG_SEQUENCE);
    certificate->key_algorithm = expect(&key, TAG_SEQUENCE);
    certificate->key = expect(&key, TAG_BIT_STRING);
    byte_reader_skip(&certificate->key, 1); /* bits that are not used: none */
    if (body.short_of || key.short_of || !has_times) {
        return false;
    }
    while (byte_reader_left(&body) > 0) {
        struct byte_reader content;
        uint8_t tag;

        if (next_element(&body, &tag, &content) && tag == TAG_EXTENSIONS) {
            read_extensions(certificate, content);
        }
    }
    return true;
}

bool certificate_is_own_issuer(const struct certificate *certificate)
{
    const struct byte_reader *issuer = &certificate->issuer;
    const struct byte_reader *subject = &certificate->subject;

    return issuer->size == subject->size && issuer->size > 0 &&
           memcmp(issuer->bytes, subject->bytes, issuer->size) == 0;
}

/* UTF-16 (2 bytes a unit) or UTF-32 (4), the highest byte first; a surrogate becomes U+FFFD. */
static void add_wide(struct text *text, struct byte_reader content, size_t width)
{
    while (byte_reader_left(&content) >= width) {
        text_add_code_point(text,
                            width == 2 ? byte_reader_be16(&content) : byte_reader_be32(&content));
    }
}

static void add_latin1(struct text *text, struct byte_reader content)
{
    while (byte_reader_left(&content) > 0) {
        text_add_code_point(text, byte_reader_u8(&content));
    }
}

/* The text of a DirectoryString and its like; false where it is none. */
static bool add_string(struct text *text, uint8_t tag, struct byte_reader content)
{
    switch (tag) {
    case TAG_UTF8:
    case TAG_NUMERIC:
    case TAG_PRINTABLE:
    case TAG_IA5:
    case TAG_VISIBLE:
        text_add_utf8(text, (const char *)content.bytes, content.size);
        return true;
    case TAG_TELETEX: /* whatever T.61 says, what is written there is Latin-1 */
        add_latin1(text, content);
        return true;
    case TAG_BMP:
        add_wide(text, content, 2);
        return true;
    case TAG_UNIVERSAL:
        add_wide(text, content, 4);
        return true;
    default:
        return false;
    }
}

/* RFC 4514 section 2.4. */
static void add_escaped(struct text *text, const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool at_edge = i == 0 || i == size - 1;

        if (value[i] == '\0') { /* a name that hides its end must not look like another */
            text_add(text, "\\00");
            continue;
        }
        if (strchr("\"+,;<>\\", value[i]) != NULL || (value[i] == ' ' && at_edge) ||
            (value[i] == '#' && i == 0)) {
            text_add_char(text, '\\');
        }
        text_add_char(text, value[i]);
    }
}

/* Type and value of one attribute. */
static void add_attribute(struct text *text, struct byte_reader attribute)
{
    struct byte_reader id = expect(&attribute, TAG_OBJECT_ID);
    struct byte_reader content = byte_reader_of(NULL, 0);
    struct text value = {0};
    uint8_t tag = 0;

    add_id_name(text, attribute_names, COUNT(attribute_names), id);
    text_add_char(text, '=');
    if (next_element(&attribute, &tag, &content) && add_string(&value, tag, content)) {
        add_escaped(text, text_bytes(&value), value.size);
    } else {
        add_hex(text, content);
    }
    text_clear(&value);
}

static void add_part(struct text *text, struct byte_reader part, const char *before)
{
    while (byte_reader_left(&part) > 0) {
        text_add(text, before);
        add_attribute(text, expect(&part, TAG_SEQUENCE));
        before = "+";
    }
}

void certificate_add_name(struct text *text, const struct byte_reader *name)
{
    struct byte_reader in = *name;
    struct byte_writer places = {0}; /* where each part begins, in 4 bytes */

    while (byte_reader_left(&in) > 0) {
        byte_writer_be32(&places, (uint32_t)in.at);
        (void)expect(&in, TAG_SET);
    }
    text->failed = text->failed || places.lacks_memory;
    for (size_t at = places.size; at > 0; at -= 4) { /* the last one is said first */
        struct byte_reader place = byte_reader_of(places.bytes + at - 4, 4);

        in = *name;
        in.at = byte_reader_be32(&place);
        add_part(text, expect(&in, TAG_SET), at == places.size ? "" : ",");
    }
    byte_writer_clear(&places);
}

/* The bytes of an address as an end; false where they are none. */
static bool to_endpoint(struct byte_reader content, struct socket_endpoint *end)
{
    *end = (struct socket_endpoint){0};
    if (content.size != 4 && content.size != 16) {
        return false;
    }
    memcpy(end->address, content.bytes, content.size);
    end->address_size = (uint8_t)content.size;
    return true;
}

bool certificate_next_name(struct byte_reader *names, struct text *text)
{
    struct byte_reader content;
    struct socket_endpoint end;
    uint8_t tag;

    text_reset(text);
    while (next_element(names, &tag, &content)) {
        if (tag == TAG_DNS_NAME && content.size > 0) {
            text_add_utf8(text, (const char *)content.bytes, content.size);
            return true;
        }
        if (tag == TAG_IP_ADDRESS && to_endpoint(content, &end)) {
            socket_endpoint_add_address(text, &end);
            return true;
        }
    }
    return false;
}

/* Without the dot that ends a name from the root on. */
static size_t host_size(const char *host)
{
    size_t size = strlen(host);

    return size > 0 && host[size - 1] == '.' ? size - 1 : size;
}

static int fold(char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool equal_part(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (fold(a[i]) != fold(b[i])) {
            return false;
        }
    }
    return true;
}

/* RFC 9525 section 6.3: a star stands for the whole first label, and for one label. */
static bool pattern_matches(const char *pattern, size_t pattern_size, const char *host)
{
    size_t size = host_size(host);
    const char *dot = memchr(host, '.', size);

    if (pattern_size > 2 && pattern[0] == '*' && pattern[1] == '.' && dot != NULL && dot != host) {
        size -= (size_t)(dot - host);
        return pattern_size - 1 == size && equal_part(pattern + 1, dot, size);
    }
    return pattern_size == size && size > 0 && equal_part(pattern, host, size);
}

static bool general_name_is(uint8_t tag, struct byte_reader content, const char *host,
                            const struct socket_endpoint *address)
{
    struct socket_endpoint end;

    if (tag == TAG_DNS_NAME) {
        return address->address_size == 0 &&
               pattern_matches((const char *)content.bytes, content.size, host);
    }
    if (tag == TAG_IP_ADDRESS && to_endpoint(content, &end)) {
        return address->address_size == end.address_size &&
               memcmp(address->address, end.address, sizeof(end.address)) == 0;
    }
    return false;
}

bool certificate_is_for(const struct certificate *certificate, const char *host)
{
    struct byte_reader names = certificate->names;
    struct byte_reader content;
    struct socket_endpoint address = {0};
    struct failure why;
    uint8_t tag;

    if (!socket_endpoint_parse_address(host, &address, &why)) {
        address = (struct socket_endpoint){0};
    }
    while (next_element(&names, &tag, &content)) {
        if (general_name_is(tag, content, host, &address)) {
            return true;
        }
    }
    return false;
}

/* Bits of an integer that stands first in a sequence, as the modulus of an RSA key does. */
static size_t bits_of_integer(struct byte_reader in)
{
    struct byte_reader number = expect(&in, TAG_INTEGER);
    size_t bits;

    while (byte_reader_left(&number) > 0 && number.bytes[number.at] == 0) {
        byte_reader_skip(&number, 1);
    }
    bits = byte_reader_left(&number) * 8;
    if (bits > 0) {
        for (uint8_t top = number.bytes[number.at]; (top & 0x80) == 0; top = (uint8_t)(top << 1)) {
            bits--;
        }
    }
    return bits;
}

void certificate_add_key(struct text *text, const struct certificate *certificate)
{
    struct byte_reader algorithm = certificate->key_algorithm;
    struct byte_reader id = expect(&algorithm, TAG_OBJECT_ID);
    struct byte_reader key = certificate->key;

    add_id_name(text, key_names, COUNT(key_names), id);
    if (id_is(id, "1.2.840.10045.2.1")) {
        if (next_has_tag(&algorithm, TAG_OBJECT_ID)) { /* else the curve has no name */
            text_add_char(text, ' ');
            add_id_name(text, curve_names, COUNT(curve_names), expect(&algorithm, TAG_OBJECT_ID));
        }
    } else if (id_is(id, "1.2.840.113549.1.1.1") || id_is(id, rsa_pss)) {
        text_addf(text, " %zu", bits_of_integer(expect(&key, TAG_SEQUENCE)));
    } else if (id_is(id, "1.2.840.10040.4.1")) {
        text_addf(text, " %zu", bits_of_integer(expect(&algorithm, TAG_SEQUENCE)));
    }
}

void certificate_add_signature(struct text *text, const struct certificate *certificate)
{
    struct byte_reader algorithm = certificate->signature_algorithm;
    struct byte_reader id = expect(&algorithm, TAG_OBJECT_ID);
    struct byte_reader parameters;

    if (!id_is(id, rsa_pss)) {
        add_id_name(text, signature_names, COUNT(signature_names), id);
        return;
    }
    text_add(text, "RSA-PSS with ");
    parameters = expect(&algorithm, TAG_SEQUENCE);
    if (next_has_tag(&parameters, TAG_VERSION)) { /* [0]: hashAlgorithm */
        struct byte_reader outer = expect(&parameters, TAG_VERSION);
        struct byte_reader hash = expect(&outer, TAG_SEQUENCE);

        add_id_name(text, hash_names, COUNT(hash_names), expect(&hash, TAG_OBJECT_ID));
    } else {
        text_add(text, "SHA-1"); /* the default */
    }
}
