/* SPDX-License-Identifier: MIT */

#include "probes/tls_fields.h"

#include "base/sha256.h"
#include "base/text.h"
#include "probes/certificate.h"
#include "probes/tls_records.h"

enum { MS_PER_DAY = 24 * 60 * 60 * 1000 };

/* The words of verdicts, in the order in which they are told. */
static const struct {
    unsigned fault;
    const char *name;
} verdicts[] = {
    {TLS_NO_CERTIFICATE, "no certificate"}, {TLS_BROKEN, "broken"},
    {TLS_SELF_SIGNED, "self-signed"},       {TLS_UNKNOWN_ISSUER, "unknown issuer"},
    {TLS_DISTRUSTED, "distrusted"},         {TLS_EXPIRED, "expired"},
    {TLS_NOT_YET_VALID, "not yet valid"},   {TLS_WRONG_NAME, "wrong name"},
    {TLS_WRONG_USE, "wrong use"},           {TLS_WEAK, "weak"},
    {TLS_NOT_CHECKED, "not checked"},
};

static const char *const version_names[] = {
    [0] = "SSL 3.0", [1] = "TLS 1.0", [2] = "TLS 1.1", [3] = "TLS 1.2", [4] = "TLS 1.3",
};

/* RFC 8446, RFC 5246, RFC 5280 section 4. */
const struct answer_field tls_fields[] = {
    [TLS_FIELD_VERSION] = {.name = "tls_version",
                           .help = "Version that was agreed on: TLS 1.3",
                           .telling = true},
    [TLS_FIELD_CIPHER] = {.name = "tls_cipher",
                          .help = "Cipher suite that was agreed on, by its IANA name"},
    [TLS_FIELD_VERDICT] = {.name = "tls_verdict",
                           .help = "trusted, or each thing that is wrong with the certificates; "
                                   "revocation is never looked up",
                           .many = true,
                           .telling = true,
                           .label = "certificate"},
    [TLS_FIELD_NAME_MATCHES] = {.name = "tls_name_matches",
                                .type = ANSWER_TRUTH,
                                .help = "The certificate is for the host that was asked"},
    [TLS_FIELD_ALERT] = {.name = "tls_alert",
                         .help = "Why the server refused, or ended, the session",
                         .telling = true},
    [TLS_FIELD_PLAIN] = {.name = "tls_plain_bytes",
                         .type = ANSWER_NUMBER,
                         .unit = "bytes",
                         .help = "What came in plain where TLS should have begun, and was dropped: "
                                 "somebody may have put it there",
                         .telling = true,
                         .label = "plain bytes before TLS:"},
    [TLS_FIELD_SUBJECT] = {.name = "certificate_subject",
                           .help = "Whom the certificate is for (RFC 4514)"},
    [TLS_FIELD_ISSUER] = {.name = "certificate_issuer",
                          .help = "Who signed the certificate (RFC 4514)"},
    [TLS_FIELD_NAME] = {.name = "certificate_name",
                        .help = "DNS name or IP address that the certificate is for",
                        .many = true},
    [TLS_FIELD_SERIAL] = {.name = "certificate_serial", .help = "Serial number, in hexadecimal"},
    [TLS_FIELD_NOT_BEFORE] = {.name = "certificate_not_before",
                              .type = ANSWER_TIME,
                              .help = "When the certificate begins to be valid"},
    [TLS_FIELD_NOT_AFTER] = {.name = "certificate_not_after",
                             .type = ANSWER_TIME,
                             .help = "When the certificate ceases to be valid"},
    [TLS_FIELD_DAYS_LEFT] =
        {.name = "certificate_days_left",
         .type = ANSWER_NUMBER,
         .unit = "days",
         .help = "Whole days for which it is still valid; negative: since it expired",
         .fleeting = true},
    [TLS_FIELD_KEY] = {.name = "certificate_key",
                       .help = "Kind and size of the public key: RSA 2048, EC P-256"},
    [TLS_FIELD_SIGNATURE] = {.name = "certificate_signature",
                             .help = "How the certificate was signed: RSA with SHA-256"},
    [TLS_FIELD_SHA256] = {.name = "certificate_sha256",
                          .help = "SHA-256 of the whole certificate, in hexadecimal"},
};

const size_t tls_field_count = sizeof(tls_fields) / sizeof(tls_fields[0]);

void tls_tell_version(struct answer *answer, uint16_t version)
{
    size_t minor = version & 0xff;
    const struct answer_field *field = &tls_fields[TLS_FIELD_VERSION];

    if (version >> 8 == 3 && minor < sizeof(version_names) / sizeof(version_names[0])) {
        answer_add_string(answer, field, version_names[minor]);
    } else {
        answer_addf(answer, field, "version 0x%04x", version);
    }
}

void tls_tell_cipher(struct answer *answer, const char *name)
{
    answer_add_string(answer, &tls_fields[TLS_FIELD_CIPHER], name);
}

void tls_tell_alert(struct answer *answer, uint8_t description)
{
    const char *name = tls_alert_name(description);

    if (name != NULL) {
        answer_add_string(answer, &tls_fields[TLS_FIELD_ALERT], name);
    } else {
        answer_addf(answer, &tls_fields[TLS_FIELD_ALERT], "alert %d", description);
    }
}

void tls_tell_plain(struct answer *answer, size_t size)
{
    answer_add_number(answer, &tls_fields[TLS_FIELD_PLAIN], (int64_t)size);
}

typedef void add_fn(struct text *text, const struct certificate *certificate);

static void add_subject(struct text *text, const struct certificate *certificate)
{
    certificate_add_name(text, &certificate->subject);
}

static void add_issuer(struct text *text, const struct certificate *certificate)
{
    certificate_add_name(text, &certificate->issuer);
}

static void tell_text(struct answer *answer, enum tls_field field, add_fn *add,
                      const struct certificate *certificate)
{
    struct text text = {0};

    add(&text, certificate);
    if (text.failed) {
        answer->lacks_memory = true;
    }
    answer_add_text(answer, &tls_fields[field], text_bytes(&text), text.size);
    text_clear(&text);
}

static void tell_names(struct answer *answer, const struct certificate *certificate)
{
    struct byte_reader names = certificate->names;
    struct text name = {0};

    while (certificate_next_name(&names, &name)) {
        answer_add_text(answer, &tls_fields[TLS_FIELD_NAME], text_bytes(&name), name.size);
    }
    text_clear(&name);
}

/* An integer has a zero byte before it where its highest bit is set: that is no digit of it. */
static void tell_serial(struct answer *answer, struct byte_reader serial)
{
    while (serial.size - serial.at > 1 && serial.bytes[serial.at] == 0) {
        serial.at++;
    }
    answer_add_hex(answer, &tls_fields[TLS_FIELD_SERIAL], serial.bytes + serial.at,
                   serial.size - serial.at);
}

static int64_t whole_days(int64_t ms)
{
    return ms / MS_PER_DAY - (ms % MS_PER_DAY < 0 ? 1 : 0);
}

static void tell_digest(struct answer *answer, const struct tls_certificate *sent)
{
    struct sha256 *sha256 = NULL;
    struct failure why;
    uint8_t digest[SHA256_SIZE];

    /* Without it the rest is told all the same: a system that has no SHA-256 has no TLS. */
    if (sha256_open(&sha256, &why) && sha256_add(sha256, sent->bytes, sent->size, &why) &&
        sha256_finish(sha256, digest, &why)) {
        answer_add_hex(answer, &tls_fields[TLS_FIELD_SHA256], digest, sizeof(digest));
    }
    sha256_close(sha256);
}

static void tell_certificate(struct answer *answer, const struct tls_certificate *sent, int64_t now)
{
    struct certificate certificate;

    answer_begin_item(answer, "certificate");
    if (certificate_read(&certificate, sent->bytes, sent->size)) {
        tell_text(answer, TLS_FIELD_SUBJECT, add_subject, &certificate);
        tell_text(answer, TLS_FIELD_ISSUER, add_issuer, &certificate);
        tell_names(answer, &certificate);
        tell_serial(answer, certificate.serial);
        answer_add_number(answer, &tls_fields[TLS_FIELD_NOT_BEFORE], certificate.not_before);
        answer_add_number(answer, &tls_fields[TLS_FIELD_NOT_AFTER], certificate.not_after);
        answer_add_number(answer, &tls_fields[TLS_FIELD_DAYS_LEFT],
                          whole_days(certificate.not_after - now));
        tell_text(answer, TLS_FIELD_KEY, certificate_add_key, &certificate);
        tell_text(answer, TLS_FIELD_SIGNATURE, certificate_add_signature, &certificate);
    }
    tell_digest(answer, sent);
    answer_end_item(answer);
}

/* What is to be seen from the leaf alone. */
static unsigned judge_leaf(const struct certificate *leaf, const char *host, int64_t now,
                           unsigned faults)
{
    faults |= certificate_is_for(leaf, host) ? 0 : TLS_WRONG_NAME;
    faults |= now > leaf->not_after ? TLS_EXPIRED : 0;
    faults |= now < leaf->not_before ? TLS_NOT_YET_VALID : 0;
    if ((faults & TLS_UNKNOWN_ISSUER) != 0 && certificate_is_own_issuer(leaf)) {
        faults = (faults & ~(unsigned)TLS_UNKNOWN_ISSUER) | TLS_SELF_SIGNED;
    }
    return faults;
}

static void tell_verdict(struct answer *answer, unsigned faults)
{
    const struct answer_field *field = &tls_fields[TLS_FIELD_VERDICT];

    if (faults == 0) {
        answer_add_string(answer, field, "trusted");
    }
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if ((faults & verdicts[i].fault) != 0) {
            answer_add_string(answer, field, verdicts[i].name);
        }
    }
}

void tls_tell_chain(struct answer *answer, const struct tls_certificate *chain, size_t count,
                    const char *host, int64_t now, unsigned faults)
{
    struct certificate leaf;

    if (count == 0) {
        tell_verdict(answer, TLS_NO_CERTIFICATE);
        return;
    }
    if (certificate_read(&leaf, chain[0].bytes, chain[0].size)) {
        faults = judge_leaf(&leaf, host, now, faults);
        tell_verdict(answer, faults);
        answer_add_number(answer, &tls_fields[TLS_FIELD_NAME_MATCHES],
                          (faults & TLS_WRONG_NAME) == 0 ? 1 : 0);
    } else {
        tell_verdict(answer, faults | TLS_BROKEN);
    }
    for (size_t i = 0; i < count; i++) {
        tell_certificate(answer, &chain[i], now);
    }
}
