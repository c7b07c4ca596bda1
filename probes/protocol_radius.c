/* SPDX-License-Identifier: MIT */

/*
 * RADIUS: Status-Server (RFC 5997), to which a server replies from the port of
 * log-ons as from that of accounting, and lets nobody in. It replies to clients
 * that it knows alone, so that it takes their shared secret to ask.
 */

#include <string.h>

#include "base/md5.h"
#include "base/secret.h"
#include "base/text.h"
#include "probes/protocol_list.h"
#include "probes/value_name.h"

enum {
    HEADER_SIZE = 20,
    SIZE_MOST = 4096, /* RFC 2865 section 3 */
    AUTHENTICATOR_AT = 4,
    AUTHENTICATOR_SIZE = MD5_SIZE,
    STATUS_SERVER = 12,
    NAS_IDENTIFIER = 32,
    REPLY_MESSAGE = 18,
    MESSAGE_AUTHENTICATOR = 80, /* RFC 3579 section 3.2 */
};

enum {
    CODE,
    REPLY_MESSAGES,
    IS_GUARDED,
    OTHER,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [CODE] = {.name = "code",
              .help = "What the server replied: Access-Accept, Accounting-Response",
              .telling = true},
    [REPLY_MESSAGES] = {.name = "reply_message",
                        .help = "What it says to people",
                        .many = true,
                        .telling = true},
    [IS_GUARDED] = {.name = "message_authenticator",
                    .type = ANSWER_TRUTH,
                    .help =
                        "Whether the reply has one, which nobody can forge by collisions of MD5"},
    [OTHER] = {.name = "other",
               .help = "Other attributes: number and value, hexadecimal",
               .many = true},
};

/* RFC 2865 section 3, RFC 2866 section 3. */
static const struct value_name codes[] = {
    {2, "Access-Accept"},
    {3, "Access-Reject"},
    {5, "Accounting-Response"},
    {11, "Access-Challenge"},
    {0, NULL},
};

static const char self[] = "portledger";

static void lack(struct talk *talk, const char *what)
{
    byte_writer_reset(&talk->out);
    talk->cannot_ask = true;
    talk_say(talk, "%s", what);
}

/* Over the whole packet, in which it is zeros (RFC 3579 section 3.2). */
static void sign(struct talk *talk, size_t at)
{
    const char *secret = talk->target->secret;
    uint8_t mac[MD5_SIZE];
    struct failure why;

    if (talk->out.lacks_memory) {
        return;
    }
    if (!md5_hmac(mac, secret, strlen(secret), talk->out.bytes, talk->out.size, &why)) {
        lack(talk, why.text);
        return;
    }
    for (size_t i = 0; i < sizeof(mac); i++) {
        byte_writer_set_u8(&talk->out, at + i, mac[i]);
    }
}

static void begin(struct talk *talk)
{
    struct byte_writer *out = &talk->out;
    const char *secret = talk->target->secret;
    size_t mac_at;

    if (secret == NULL || secret[0] == '\0') {
        lack(talk, "no shared secret (--secret-file; of a job secret_file)");
        return;
    }
    byte_writer_u8(out, STATUS_SERVER);
    byte_writer_u8(out, talk->target->random[0]);
    byte_writer_be16(out, 0);
    byte_writer_add(out, talk->target->random, AUTHENTICATOR_SIZE);
    byte_writer_u8(out, MESSAGE_AUTHENTICATOR);
    byte_writer_u8(out, 2 + MD5_SIZE);
    mac_at = out->size;
    byte_writer_zeros(out, MD5_SIZE);
    byte_writer_u8(out, NAS_IDENTIFIER);
    byte_writer_u8(out, (uint8_t)(2 + strlen(self)));
    byte_writer_text(out, self);
    byte_writer_set_be16(out, 2, (uint16_t)out->size);
    sign(talk, mac_at);
}

/* What a server computes with the secret over `packet`, in which our own authenticator stands
 * (RFC 2865 section 3). */
static bool is_authentic(const struct talk *talk, const struct byte_writer *packet,
                         const uint8_t *authenticator)
{
    struct byte_writer all = {0};
    uint8_t digest[MD5_SIZE];
    struct failure why;
    bool authentic;

    byte_writer_add(&all, packet->bytes, packet->size);
    byte_writer_text(&all, talk->target->secret);
    authentic = !all.lacks_memory && md5_digest(digest, all.bytes, all.size, &why) &&
                secret_equal(digest, authenticator, sizeof(digest));
    if (all.bytes != NULL) {
        secret_wipe(all.bytes, all.size);
    }
    byte_writer_clear(&all);
    return authentic;
}

/* `packet` as above; its own MAC, of which there are zeros in it then, stood at `at`. */
static bool has_right_mac(const struct talk *talk, struct byte_writer *packet, size_t at,
                          const uint8_t *mac)
{
    const char *secret = talk->target->secret;
    uint8_t right[MD5_SIZE];
    struct failure why;

    for (size_t i = 0; i < MD5_SIZE; i++) {
        byte_writer_set_u8(packet, at + i, 0);
    }
    return md5_hmac(right, secret, strlen(secret), packet->bytes, packet->size, &why) &&
           secret_equal(right, mac, sizeof(right));
}

/* Whether the reply was made by who knows the secret. `mac`: in the reply; NULL: it has none. */
static bool is_of_server(const struct talk *talk, const uint8_t *bytes, size_t size,
                         const uint8_t *mac)
{
    struct byte_writer packet = {0};
    bool right;

    byte_writer_add(&packet, bytes, AUTHENTICATOR_AT);
    byte_writer_add(&packet, talk->target->random, AUTHENTICATOR_SIZE);
    byte_writer_add(&packet, bytes + HEADER_SIZE, size - HEADER_SIZE);
    right = !packet.lacks_memory && is_authentic(talk, &packet, bytes + AUTHENTICATOR_AT) &&
            (mac == NULL || has_right_mac(talk, &packet, (size_t)(mac - bytes), mac));
    byte_writer_clear(&packet);
    return right;
}

static void add_other(struct answer *answer, uint8_t kind, const uint8_t *bytes, size_t size)
{
    struct text text = {0};

    text_addf(&text, "%u ", kind);
    for (size_t i = 0; i < size; i++) {
        text_addf(&text, "%02x", bytes[i]);
    }
    answer_add_text(answer, &fields[OTHER], text_bytes(&text), text.size);
    text_clear(&text);
}

/* False where they are not whole. *mac: where the code of the message is; NULL: nowhere. */
static bool read_attributes(struct answer *answer, struct byte_reader *reader, const uint8_t **mac)
{
    while (byte_reader_left(reader) > 0) {
        uint8_t kind = byte_reader_u8(reader);
        size_t size = byte_reader_u8(reader);
        const uint8_t *bytes = size < 2 ? NULL : byte_reader_take(reader, size - 2);

        if (bytes == NULL) {
            return false;
        }
        if (kind == MESSAGE_AUTHENTICATOR && size == 2 + MD5_SIZE && *mac == NULL) {
            *mac = bytes;
        } else if (kind == REPLY_MESSAGE) {
            answer_add_text(answer, &fields[REPLY_MESSAGES], bytes, size - 2);
        } else {
            add_other(answer, kind, bytes, size - 2);
        }
    }
    return !reader->short_of;
}

/* Nothing that the packet says is told before it is known who has made it. */
static enum protocol_next read_packet(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    struct answer *answer = &talk->answer;
    const uint8_t *mac = NULL;
    bool is_whole;

    byte_reader_skip(&reader, HEADER_SIZE);
    value_name_add(answer, &fields[CODE], codes, bytes[0]);
    is_whole = read_attributes(answer, &reader, &mac);
    answer_add_number(answer, &fields[IS_GUARDED], mac != NULL);
    if (!is_whole || !is_of_server(talk, bytes, size, mac)) {
        answer_clear(answer);
        return talk_wrong(talk, is_whole ? "a reply that was not made with our secret"
                                         : "not RADIUS: attributes that are not whole");
    }
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint8_t code = byte_reader_u8(&reader);
    uint8_t id = byte_reader_u8(&reader);
    size_t length = byte_reader_be16(&reader);

    if (size < HEADER_SIZE || length < HEADER_SIZE || length > size || length > SIZE_MOST ||
        value_name_find(codes, code) == NULL) {
        return talk_wrong(talk, "not RADIUS: a datagram of %zu bytes", size);
    }
    if (id != talk->target->random[0]) {
        return PROTOCOL_IGNORE;
    }
    return read_packet(talk, bytes, length); /* what is behind that is padding */
}

const struct protocol protocol_radius = {
    .name = "radius",
    .title = "RADIUS: whether the server serves",
    .source = "RFC 5997, RFC 2865 section 3, RFC 3579 section 3.2",
    .ports = (const struct protocol_port[]){{1812, PROBE_UDP}, {1813, PROBE_UDP}, {0}},
    .services = (const char *const[]){"radius", "radius-acct", "radacct", NULL},
    .side_effect = "it takes a secret, and the server logs who has a wrong one",
    .silence = "silent to a wrong secret, and to clients that the server does not know",
    .needs_secret = true,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
