/* SPDX-License-Identifier: MIT */

/*
 * SMB: what is agreed on before anybody logs on (MS-SMB2 2.2.3 and 2.2.4,
 * MS-SMB 2.2.4.5, MS-CIFS 2.2.4.52).
 *
 * The first request is one of SMB 1 that names SMB 2 as well (MS-SMB2
 * 3.2.4.2.2.1): a server that has nothing but SMB 1 shows itself so. All others
 * answer in SMB 2, and are then asked for the rest.
 */

#include <string.h>

#include "base/text.h"
#include "probes/ber.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum {
    FRAME_HEADER = 4,
    FRAME_MOST = 65536 - FRAME_HEADER,
    SMB1_HEADER = 32,
    SMB1_NEGOTIATE = 0x72,
    SMB1_NO_DIALECT = 0xffff,
    SMB1_SIGNING_ENABLED = 0x04,
    SMB1_SIGNING_REQUIRED = 0x08,
    SMB2_HEADER = 64,
    SMB2_FROM_SERVER = 0x01,  /* of the header's flags */
    SECOND_NUMBER = 1,        /* the answer to SMB 1 took the number 0 (MS-SMB2 3.2.5.2) */
    SMB2_NEGOTIATE_SIZE = 65, /* StructureSize of the answer */
    SMB2_SIGNING_ENABLED = 0x01,
    SMB2_SIGNING_REQUIRED = 0x02,
    SMB2_SOME_DIALECT = 0x02ff, /* one of SMB 2: to be asked for anew */
    SMB2_3_1_1 = 0x0311,
    SALT_SIZE = 32,
    GUID_SIZE = 16,
};

static const uint32_t SMB1_EXTENDED_SECURITY = 0x80000000;

static const uint8_t smb1_mark[] = {0xff, 'S', 'M', 'B'};
static const uint8_t smb2_mark[] = {0xfe, 'S', 'M', 'B'};

enum field {
    DIALECT,
    SIGNING_ENABLED,
    SIGNING_REQUIRED,
    GUID,
    CAPABILITY,
    TRANSACT,
    READ,
    WRITE,
    SYSTEM_TIME,
    START_TIME,
    MECHANISM,
    CIPHER,
    SIGNING,
    HASH,
    COMPRESSION,
    STATUS,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [DIALECT] = {.name = "dialect",
                 .help = "Highest version that was agreed on: 3.1.1, 2.0.2; NT LM 0.12 is SMB 1",
                 .telling = true},
    [SIGNING_ENABLED] = {.name = "signing_enabled",
                         .type = ANSWER_TRUTH,
                         .help = "The server can sign what it sends"},
    [SIGNING_REQUIRED] = {.name = "signing_required",
                          .type = ANSWER_TRUTH,
                          .help = "The server insists on signatures",
                          .telling = true},
    [GUID] = {.name = "server_guid", .help = "Number of the server, the same at all times"},
    [CAPABILITY] = {.name = "capability", .help = "What the server can do", .many = true},
    [TRANSACT] = {.name = "largest_transaction",
                  .type = ANSWER_NUMBER,
                  .unit = "bytes",
                  .help = "Largest transaction"},
    [READ] = {.name = "largest_read",
              .type = ANSWER_NUMBER,
              .unit = "bytes",
              .help = "Largest read"},
    [WRITE] = {.name = "largest_write",
               .type = ANSWER_NUMBER,
               .unit = "bytes",
               .help = "Largest write"},
    [SYSTEM_TIME] = {.name = "system_time",
                     .type = ANSWER_TIME,
                     .help = "Clock of the server",
                     .fleeting = true},
    [START_TIME] = {.name = "start_time",
                    .type = ANSWER_TIME,
                    .help = "When the server started; newer ones do not tell"},
    [MECHANISM] = {.name = "security_mechanism",
                   .help = "Way to log on that is offered",
                   .many = true},
    [CIPHER] = {.name = "cipher", .help = "Cipher that the server chose, of all there are"},
    [SIGNING] = {.name = "signing_algorithm",
                 .help = "Way to sign that the server chose, of all there are"},
    [HASH] = {.name = "integrity_hash", .help = "Hash that protects this very negotiation"},
    [COMPRESSION] = {.name = "compression",
                     .help = "Compression that the server takes",
                     .many = true},
    [STATUS] = {.name = "status", .help = "Why the server would not negotiate", .telling = true},
};

struct name {
    uint32_t number;
    const char *name;
};

#define ALL_NAMES(table) table, sizeof(table) / sizeof((table)[0])

static const struct name dialects[] = {
    {0x0202, "2.0.2"}, {0x0210, "2.1"}, {0x0300, "3.0"}, {0x0302, "3.0.2"}, {0x0311, "3.1.1"},
};

/* MS-SMB2 2.2.4. */
static const struct name capabilities[] = {
    {0x01, "DFS"},
    {0x02, "leasing"},
    {0x04, "large MTU"},
    {0x08, "multi-channel"},
    {0x10, "persistent handles"},
    {0x20, "directory leasing"},
    {0x40, "encryption"},
    {0x80, "notifications"},
};

/* MS-SMB2 2.2.3.1, 2.2.4.1: kinds of contexts and what is in them; 0 is none but for signing. */
enum context_kind {
    CONTEXT_HASHES = 1,
    CONTEXT_CIPHERS = 2,
    CONTEXT_COMPRESSIONS = 3,
    CONTEXT_SIGNINGS = 8,
};

static const struct name hashes[] = {{1, "SHA-512"}};
static const struct name ciphers[] = {
    {4, "AES-256-GCM"}, {3, "AES-256-CCM"}, {2, "AES-128-GCM"}, {1, "AES-128-CCM"}, {0, "none"},
};
static const struct name compressions[] = {
    {1, "LZNT1"}, {2, "LZ77"}, {3, "LZ77+Huffman"}, {4, "Pattern_V1"}, {5, "LZ4"}, {0, "none"},
};
static const struct name signings[] = {{2, "AES-GMAC"}, {1, "AES-CMAC"}, {0, "HMAC-SHA256"}};

/* MS-ERREF 2.3.1. */
static const struct name statuses[] = {
    {0xc000000d, "STATUS_INVALID_PARAMETER"},    {0xc0000022, "STATUS_ACCESS_DENIED"},
    {0xc00000bb, "STATUS_NOT_SUPPORTED"},        {0xc000009a, "STATUS_INSUFFICIENT_RESOURCES"},
    {0xc00000d0, "STATUS_REQUEST_NOT_ACCEPTED"},
};

/* MS-SPNG 1.9, MS-KILE, MS-NLMP, MS-NEGOEX. */
static const struct mechanism {
    const char *oid;
    const char *name;
} mechanisms[] = {
    {"1.3.6.1.4.1.311.2.2.10", "NTLM"},
    {"1.3.6.1.4.1.311.2.2.30", "NEGOEX"},
    {"1.2.840.113554.1.2.2", "Kerberos"},
    {"1.2.840.48018.1.2.2", "Kerberos (MS)"},
    {"1.2.840.113554.1.2.2.3", "Kerberos user to user"},
    {"1.3.6.1.5.2.5", "IAKERB"},
};

struct state {
    bool asked_smb2;
};

static const char *name_of(const struct name *names, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    return NULL;
}

static void add_name(struct talk *talk, enum field field, const struct name *names, size_t count,
                     uint32_t number)
{
    const char *name = name_of(names, count, number);

    if (name != NULL) {
        answer_add_string(&talk->answer, &fields[field], name);
    } else {
        answer_addf(&talk->answer, &fields[field], "0x%04x", number);
    }
}

/* The four bytes before each message (MS-SMB2 2.1); begins and ends one. */
static size_t begin_frame(struct byte_writer *out)
{
    byte_writer_zeros(out, FRAME_HEADER);
    return out->size;
}

static void end_frame(struct byte_writer *out, size_t begin)
{
    byte_writer_set_be32(out, begin - FRAME_HEADER, (uint32_t)(out->size - begin));
}

/* MS-CIFS 2.2.4.52.1. */
static void begin(struct talk *talk)
{
    static const char offered[] = "\x02NT LM 0.12\0\x02SMB 2.002\0\x02SMB 2.???";
    struct byte_writer *out = &talk->out;
    size_t frame = begin_frame(out);

    byte_writer_add(out, smb1_mark, sizeof(smb1_mark));
    byte_writer_u8(out, SMB1_NEGOTIATE);
    byte_writer_le32(out, 0);
    byte_writer_u8(out, 0x18); /* names without regard to case, canonical paths */
    byte_writer_le16(out,
                     0xc853); /* Unicode, NT status, extended security, signatures, long names */
    byte_writer_zeros(out, 2 + 8 + 2);
    byte_writer_le16(out, 0xffff);
    byte_writer_le16(out, 0xfeff);
    byte_writer_zeros(out, 2 + 2);
    byte_writer_u8(out, 0); /* no words */
    byte_writer_le16(out, sizeof(offered));
    byte_writer_add(out, offered, sizeof(offered));
    end_frame(out, frame);
}

/* Ends what begin_context() began; the next one begins at a multiple of 8. */
static void end_context(struct byte_writer *out, size_t begin, size_t frame, bool is_last)
{
    byte_writer_set_le16(out, begin - 6, (uint16_t)(out->size - begin));
    while (!is_last && (out->size - frame) % 8 != 0) {
        byte_writer_u8(out, 0);
    }
}

static size_t begin_context(struct byte_writer *out, enum context_kind kind)
{
    byte_writer_le16(out, (uint16_t)kind);
    byte_writer_zeros(out, 2 + 4);
    return out->size;
}

/* All of a table that are no "none". */
static void write_numbers(struct byte_writer *out, const struct name *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        byte_writer_le16(out, (uint16_t)names[i].number);
    }
}

static void write_contexts(struct talk *talk, size_t frame)
{
    struct byte_writer *out = &talk->out;
    size_t context = begin_context(out, CONTEXT_HASHES);

    byte_writer_le16(out, 1);
    byte_writer_le16(out, SALT_SIZE);
    write_numbers(out, ALL_NAMES(hashes));
    byte_writer_add(out, talk->target->random + GUID_SIZE, SALT_SIZE);
    end_context(out, context, frame, false);

    context = begin_context(out, CONTEXT_CIPHERS);
    byte_writer_le16(out, sizeof(ciphers) / sizeof(ciphers[0]) - 1);
    write_numbers(out, ciphers, sizeof(ciphers) / sizeof(ciphers[0]) - 1);
    end_context(out, context, frame, false);

    context = begin_context(out, CONTEXT_COMPRESSIONS);
    byte_writer_le16(out, sizeof(compressions) / sizeof(compressions[0]) - 1);
    byte_writer_zeros(out, 2);
    byte_writer_le32(out, 1); /* chained */
    write_numbers(out, compressions, sizeof(compressions) / sizeof(compressions[0]) - 1);
    end_context(out, context, frame, false);

    context = begin_context(out, CONTEXT_SIGNINGS);
    byte_writer_le16(out, sizeof(signings) / sizeof(signings[0]));
    write_numbers(out, ALL_NAMES(signings));
    end_context(out, context, frame, true);
}

/* MS-SMB2 2.2.1.2 and 2.2.3. */
static void ask_smb2(struct talk *talk)
{
    enum { DIALECTS = sizeof(dialects) / sizeof(dialects[0]), BODY = 36, CONTEXTS = 4 };
    struct byte_writer *out = &talk->out;
    size_t frame = begin_frame(out);
    uint32_t contexts_at = (SMB2_HEADER + BODY + 2 * DIALECTS + 7) / 8 * 8;

    byte_writer_add(out, smb2_mark, sizeof(smb2_mark));
    byte_writer_le16(out, SMB2_HEADER);
    byte_writer_zeros(out, 2 + 4 + 2); /* command 0 */
    byte_writer_le16(out, 1);          /* credits */
    byte_writer_zeros(out, 4 + 4);
    byte_writer_le64(out, SECOND_NUMBER);
    byte_writer_zeros(out, 4 + 4 + 8 + 16);

    byte_writer_le16(out, BODY);
    byte_writer_le16(out, DIALECTS);
    byte_writer_le16(out, SMB2_SIGNING_ENABLED);
    byte_writer_zeros(out, 2);
    byte_writer_le32(out, 0x7f); /* a server tells those only that the client has, too */
    byte_writer_add(out, talk->target->random, GUID_SIZE);
    byte_writer_le32(out, contexts_at);
    byte_writer_le16(out, CONTEXTS);
    byte_writer_zeros(out, 2);
    write_numbers(out, ALL_NAMES(dialects));
    byte_writer_zeros(out, contexts_at - (out->size - frame));
    write_contexts(talk, frame);
    end_frame(out, frame);
}

/* As Windows shows it: the first three numbers are little-endian. */
static void add_guid(struct talk *talk, struct byte_reader *reader)
{
    uint32_t first = byte_reader_le32(reader);
    uint16_t second = byte_reader_le16(reader);
    uint16_t third = byte_reader_le16(reader);
    const uint8_t *rest = byte_reader_take(reader, 8);

    if (rest != NULL) {
        answer_addf(&talk->answer, &fields[GUID],
                    "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", first, second, third,
                    rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], rest[6], rest[7]);
    }
}

/* Counts of 100 ns since 1601; 0 is none, and so is what lies beyond the year 9999. */
static void add_time(struct talk *talk, enum field field, uint64_t units)
{
    const int64_t since_1601 = 11644473600000;
    const uint64_t last = 2650467744000000000;

    if (units != 0 && units < last) {
        answer_add_number(&talk->answer, &fields[field], (int64_t)(units / 10000) - since_1601);
    }
}

static void add_mechanism(struct talk *talk, const struct ber_element *oid)
{
    struct text text = {0};

    if (ber_add_oid(&text, oid->bytes, oid->size)) {
        const char *name = text_bytes(&text);

        for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
            if (strcmp(text_bytes(&text), mechanisms[i].oid) == 0) {
                name = mechanisms[i].name;
            }
        }
        answer_add_string(&talk->answer, &fields[MECHANISM], name);
    }
    text_clear(&text);
}

/* RFC 4178 section 4.2.1, in the wrapping of RFC 2743 section 3.1. */
static void read_mechanisms(struct talk *talk, struct byte_reader token)
{
    struct byte_reader spnego = ber_enter(&token, BER_APPLICATION + BER_CONSTRUCTED);
    struct byte_reader list;
    struct ber_element oid;

    ber_take(&spnego, BER_OID);
    spnego = ber_enter(&spnego, BER_CONTEXT + BER_CONSTRUCTED);
    spnego = ber_enter(&spnego, BER_SEQUENCE);
    list = ber_enter(&spnego, BER_CONTEXT + BER_CONSTRUCTED);
    list = ber_enter(&list, BER_SEQUENCE);
    while (ber_next(&list, &oid)) {
        if (oid.tag == BER_OID) {
            add_mechanism(talk, &oid);
        }
    }
}

static void add_signing(struct talk *talk, bool is_enabled, bool is_required)
{
    answer_add_number(&talk->answer, &fields[SIGNING_ENABLED], is_enabled ? 1 : 0);
    answer_add_number(&talk->answer, &fields[SIGNING_REQUIRED], is_required ? 1 : 0);
}

static void add_capabilities(struct talk *talk, uint32_t bits)
{
    for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
        if ((bits & capabilities[i].number) != 0) {
            answer_add_string(&talk->answer, &fields[CAPABILITY], capabilities[i].name);
        }
    }
}

/* What the server has chosen, in each kind of context. `skip`: bytes between count and numbers. */
static const struct context {
    enum context_kind kind;
    enum field field;
    size_t skip;
    const struct name *names;
    size_t count;
} contexts[] = {
    {CONTEXT_HASHES, HASH, 2, ALL_NAMES(hashes)},
    {CONTEXT_CIPHERS, CIPHER, 0, ALL_NAMES(ciphers)},
    {CONTEXT_COMPRESSIONS, COMPRESSION, 2 + 4, ALL_NAMES(compressions)},
    {CONTEXT_SIGNINGS, SIGNING, 0, ALL_NAMES(signings)},
};

static void read_context(struct talk *talk, uint16_t kind, struct byte_reader data)
{
    for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
        const struct context *context = &contexts[i];
        const struct answer_field *field = &fields[context->field];
        unsigned count;

        if (kind != (uint16_t)context->kind || answer_find(&talk->answer, field->name) != NULL) {
            continue;
        }
        count = byte_reader_le16(&data);
        byte_reader_skip(&data, context->skip);
        count = field->many || count == 0 ? count : 1; /* a server chooses one */
        while (count-- > 0 && byte_reader_left(&data) >= 2) {
            add_name(talk, context->field, context->names, context->count, byte_reader_le16(&data));
        }
    }
}

/* Of 3.1.1; false where they are cut off. */
static bool read_contexts(struct talk *talk, struct byte_reader message, size_t at, unsigned count)
{
    if (at < message.at || at > message.size) {
        return false;
    }
    message.at = at;
    while (count-- > 0 && !message.short_of) {
        uint16_t kind;
        size_t size;
        struct byte_reader data;

        byte_reader_align(&message, 8);
        kind = byte_reader_le16(&message);
        size = byte_reader_le16(&message);
        byte_reader_skip(&message, 4);
        data = byte_reader_part(&message, size);
        read_context(talk, kind, data);
    }
    return !message.short_of;
}

/* An answer that could not be read to its end. */
static enum protocol_next answered_in_part(struct talk *talk, const char *why)
{
    talk_say(talk, "%s", why);
    talk->is_partial = true;
    return PROTOCOL_ANSWERED;
}

static enum protocol_next refused(struct talk *talk, uint32_t status)
{
    const char *name = name_of(ALL_NAMES(statuses), status);

    if (name != NULL) {
        answer_add_string(&talk->answer, &fields[STATUS], name);
    } else {
        answer_addf(&talk->answer, &fields[STATUS], "0x%08x", status);
    }
    talk_say(talk, "the server would not negotiate");
    return PROTOCOL_ANSWERED;
}

/* MS-SMB2 2.2.4, behind the header. Offsets count from the beginning of that. */
static enum protocol_next read_choice(struct talk *talk, struct byte_reader *message)
{
    uint16_t mode = byte_reader_le16(message);
    uint16_t dialect = byte_reader_le16(message);
    unsigned context_count = byte_reader_le16(message);
    struct byte_reader guid = byte_reader_part(message, GUID_SIZE);
    uint32_t bits = byte_reader_le32(message);
    uint32_t sizes[3];
    uint64_t now;
    uint64_t started;
    size_t token_at;
    size_t token_size;
    size_t contexts_at;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        sizes[i] = byte_reader_le32(message);
    }
    now = byte_reader_le64(message);
    started = byte_reader_le64(message);
    token_at = byte_reader_le16(message);
    token_size = byte_reader_le16(message);
    contexts_at = byte_reader_le32(message);
    if (message->short_of) {
        return answered_in_part(talk, "its answer is cut short");
    }
    add_name(talk, DIALECT, ALL_NAMES(dialects), dialect);
    add_signing(talk, (mode & SMB2_SIGNING_ENABLED) != 0, (mode & SMB2_SIGNING_REQUIRED) != 0);
    add_guid(talk, &guid);
    add_capabilities(talk, bits);
    answer_add_number(&talk->answer, &fields[TRANSACT], sizes[0]);
    answer_add_number(&talk->answer, &fields[READ], sizes[1]);
    answer_add_number(&talk->answer, &fields[WRITE], sizes[2]);
    add_time(talk, SYSTEM_TIME, now);
    add_time(talk, START_TIME, started);
    if (token_at >= message->at && token_at <= message->size &&
        token_size <= message->size - token_at) {
        read_mechanisms(talk, byte_reader_of(message->bytes + token_at, token_size));
    }
    if (dialect == SMB2_3_1_1 && !read_contexts(talk, *message, contexts_at, context_count)) {
        return answered_in_part(talk, "what it has chosen is cut short");
    }
    return PROTOCOL_ANSWERED;
}

/* Which dialect an answer of SMB 2 has, without reading on. */
static uint16_t peek_dialect(struct byte_reader message)
{
    byte_reader_skip(&message, 2);
    return byte_reader_le16(&message);
}

static enum protocol_next read_smb2(struct talk *talk, struct byte_reader message)
{
    struct state *state = talk->state;
    uint32_t status;
    uint16_t command;
    uint32_t flags;
    uint64_t number;
    uint16_t size;

    byte_reader_skip(&message, 4 + 2 + 2);
    status = byte_reader_le32(&message);
    command = byte_reader_le16(&message);
    byte_reader_skip(&message, 2);
    flags = byte_reader_le32(&message);
    byte_reader_skip(&message, 4);
    number = byte_reader_le64(&message);
    message.at = message.short_of ? message.at : SMB2_HEADER;
    if (message.size < SMB2_HEADER || command != 0 || (flags & SMB2_FROM_SERVER) == 0 ||
        number != (state->asked_smb2 ? SECOND_NUMBER : 0)) {
        return talk_wrong(talk, "an SMB 2 message that is no answer to a negotiation");
    }
    if (status != 0) {
        return refused(talk, status);
    }
    size = byte_reader_le16(&message);
    if (size != SMB2_NEGOTIATE_SIZE) {
        return talk_wrong(talk, "an SMB 2 answer of another form");
    }
    if (peek_dialect(message) == SMB2_SOME_DIALECT && !state->asked_smb2) {
        state->asked_smb2 = true;
        ask_smb2(talk);
        return PROTOCOL_WAIT;
    }
    return read_choice(talk, &message);
}

/* MS-SMB 2.2.4.5.2: 17 words, and a GUID where it has extended security. */
static enum protocol_next read_nt_lm(struct talk *talk, struct byte_reader *message)
{
    uint8_t mode = byte_reader_u8(message);
    uint32_t bits;
    uint64_t now;

    byte_reader_skip(message, 2 + 2 + 4 + 4 + 4);
    bits = byte_reader_le32(message);
    now = byte_reader_le64(message);
    byte_reader_skip(message, 2 + 1 + 2);
    if (message->short_of) {
        return answered_in_part(talk, "its answer is cut short");
    }
    answer_add_string(&talk->answer, &fields[DIALECT], "NT LM 0.12");
    add_signing(talk, (mode & SMB1_SIGNING_ENABLED) != 0, (mode & SMB1_SIGNING_REQUIRED) != 0);
    add_time(talk, SYSTEM_TIME, now);
    if ((bits & SMB1_EXTENDED_SECURITY) != 0) {
        add_guid(talk, message);
        read_mechanisms(talk,
                        byte_reader_of(message->bytes + message->at, message->size - message->at));
    }
    talk_say(talk, "the server has nothing newer than SMB 1");
    return PROTOCOL_ANSWERED;
}

static enum protocol_next read_smb1(struct talk *talk, struct byte_reader message)
{
    uint8_t command;
    uint32_t status;
    uint8_t words;
    uint16_t dialect;

    byte_reader_skip(&message, 4);
    command = byte_reader_u8(&message);
    status = byte_reader_le32(&message);
    byte_reader_skip(&message, SMB1_HEADER - 4 - 1 - 4);
    words = byte_reader_u8(&message);
    if (message.short_of || command != SMB1_NEGOTIATE) {
        return talk_wrong(talk, "an SMB 1 message that is no answer to a negotiation");
    }
    if (status != 0) {
        return refused(talk, status);
    }
    dialect = byte_reader_le16(&message);
    if (words == 17 && dialect == 0) {
        return read_nt_lm(talk, &message);
    }
    if (words >= 1 && dialect == SMB1_NO_DIALECT) {
        talk_say(talk, "the server has SMB 1, and no dialect that was offered");
        return PROTOCOL_ANSWERED;
    }
    return talk_wrong(talk, "an SMB 1 answer of another form");
}

static enum protocol_next read_message(struct talk *talk, struct byte_reader message)
{
    if (message.size >= 4 && memcmp(message.bytes, smb2_mark, 4) == 0) {
        return read_smb2(talk, message);
    }
    if (message.size >= 4 && memcmp(message.bytes, smb1_mark, 4) == 0) {
        return read_smb1(talk, message);
    }
    return stranger_said(talk, "SMB", message.bytes, message.size);
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct state *state = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;

    while (next == PROTOCOL_WAIT && size - *used > 0) {
        struct byte_reader reader = byte_reader_of(bytes + *used, size - *used);
        uint8_t kind = byte_reader_u8(&reader);
        size_t length = byte_reader_be24(&reader);

        if (kind != 0 || length > FRAME_MOST) {
            return stranger_said(talk, "SMB", bytes + *used, size - *used);
        }
        if (reader.short_of || byte_reader_left(&reader) < length) {
            break;
        }
        *used += FRAME_HEADER + length;
        next = read_message(talk, byte_reader_part(&reader, length));
    }
    if (next == PROTOCOL_WAIT && ended && state->asked_smb2) {
        return answered_in_part(talk, "the server has SMB 2, and ended when it was asked for more");
    }
    return next;
}

static const struct protocol_port ports[] = {{445, PROBE_TCP}, {0, 0}};
static const char *const services[] = {"microsoft-ds", NULL};

const struct protocol protocol_smb = {
    .name = "smb",
    .title = "SMB: negotiation",
    .source = "MS-SMB2 2.2.3 and 2.2.4, MS-SMB 2.2.4.5",
    .ports = ports,
    .services = services,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .stream = stream,
};
