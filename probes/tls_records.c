/* SPDX-License-Identifier: MIT */

#include "probes/tls_records.h"

#include "probes/byte_reader.h"

enum { OTHER_SHOWN = 60 }; /* bytes of what is no TLS that are shown */

/* RFC 8446 section 6, with the older ones of RFC 5246 section 7.2, RFC 4279 and RFC 7301. */
static const char *const alert_names[256] = {
    [0] = "close notify",
    [10] = "unexpected message",
    [20] = "bad record MAC",
    [21] = "decryption failed",
    [22] = "record overflow",
    [30] = "decompression failure",
    [40] = "handshake failure",
    [41] = "no certificate",
    [42] = "bad certificate",
    [43] = "unsupported certificate",
    [44] = "certificate revoked",
    [45] = "certificate expired",
    [46] = "certificate unknown",
    [47] = "illegal parameter",
    [48] = "unknown CA",
    [49] = "access denied",
    [50] = "decode error",
    [51] = "decrypt error",
    [60] = "export restriction",
    [70] = "protocol version",
    [71] = "insufficient security",
    [80] = "internal error",
    [86] = "inappropriate fallback",
    [90] = "user canceled",
    [100] = "no renegotiation",
    [109] = "missing extension",
    [110] = "unsupported extension",
    [111] = "certificate unobtainable",
    [112] = "unrecognized name",
    [113] = "bad certificate status response",
    [114] = "bad certificate hash value",
    [115] = "unknown PSK identity",
    [116] = "certificate required",
    [120] = "no application protocol",
};

const char *tls_alert_name(uint8_t description)
{
    return alert_names[description];
}

enum tls_record_look tls_record_look(const uint8_t *bytes, size_t size, struct tls_record *record)
{
    struct byte_reader in = byte_reader_of(bytes, size);
    uint8_t type = byte_reader_u8(&in);
    uint8_t major = byte_reader_u8(&in);
    uint8_t minor = byte_reader_u8(&in);
    size_t length = byte_reader_be16(&in);

    /* Each byte is judged as soon as it is there: a banner may be shorter than a header. */
    if ((size > 0 && (type < TLS_RECORD_CHANGE_CIPHER || type > TLS_RECORD_DATA)) ||
        (size > 1 && major != 3) || (size > 2 && minor > 4) ||
        (!in.short_of && length > TLS_RECORD_MOST)) {
        return TLS_RECORD_NONE;
    }
    if (in.short_of || byte_reader_left(&in) < length) {
        return TLS_RECORD_SHORT;
    }
    *record = (struct tls_record){
        .type = type,
        .content = bytes + TLS_RECORD_HEADER,
        .content_size = length,
        .size = TLS_RECORD_HEADER + length,
    };
    return TLS_RECORD_WHOLE;
}

bool tls_record_is_alert(const struct tls_record *record, uint8_t *description)
{
    /* An encrypted one is longer. Level is 1 or 2. */
    if (record->type != TLS_RECORD_ALERT || record->content_size != 2 || record->content[0] < 1 ||
        record->content[0] > 2) {
        return false;
    }
    *description = record->content[1];
    return true;
}

/* Up to the end of the first line. */
static size_t line_size(const uint8_t *bytes, size_t size)
{
    size_t end = 0;

    while (end < size && bytes[end] != '\r' && bytes[end] != '\n') {
        end++;
    }
    return end;
}

void tls_add_other(struct text *text, const uint8_t *bytes, size_t size)
{
    size_t line = line_size(bytes, size);
    size_t shown = line > OTHER_SHOWN ? text_whole((const char *)bytes, OTHER_SHOWN) : line;

    text_add(text, "not TLS: ");
    if (line == 0) {
        text_addf(text, "%zu bytes that begin with an empty line", size);
        return;
    }
    text_add_visible(text, (const char *)bytes, shown);
    if (shown < line) {
        text_add(text, "...");
    }
}
