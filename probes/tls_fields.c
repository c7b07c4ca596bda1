/* SPDX-License-Identifier: MIT */

#include "probes/tls_fields.h"

/* RFC 8446, RFC 5246, RFC 5280 section 4. */
const struct answer_field tls_fields[] = {
    [TLS_FIELD_VERSION] = {"tls_version", ANSWER_TEXT, NULL, "Version that was agreed on: TLS 1.3",
                           false, false},
    [TLS_FIELD_CIPHER] = {"tls_cipher", ANSWER_TEXT, NULL,
                          "Cipher suite that was agreed on, by its IANA name", false, false},
    [TLS_FIELD_VERDICT] = {"tls_verdict", ANSWER_TEXT, NULL,
                           "trusted, or each thing that is wrong with the certificates; "
                           "revocation is never looked up",
                           true, false},
    [TLS_FIELD_NAME_MATCHES] = {"tls_name_matches", ANSWER_TRUTH, NULL,
                                "The certificate is for the host that was asked", false, false},
    [TLS_FIELD_ALERT] = {"tls_alert", ANSWER_TEXT, NULL,
                         "Why the server refused, or ended, the session", false, false},
    [TLS_FIELD_SUBJECT] = {"certificate_subject", ANSWER_TEXT, NULL,
                           "Whom the certificate is for (RFC 4514)", false, false},
    [TLS_FIELD_ISSUER] = {"certificate_issuer", ANSWER_TEXT, NULL,
                          "Who signed the certificate (RFC 4514)", false, false},
    [TLS_FIELD_NAME] = {"certificate_name", ANSWER_TEXT, NULL,
                        "DNS name or IP address that the certificate is for", true, false},
    [TLS_FIELD_SERIAL] = {"certificate_serial", ANSWER_TEXT, NULL, "Serial number, in hexadecimal",
                          false, false},
    [TLS_FIELD_NOT_BEFORE] = {"certificate_not_before", ANSWER_TIME, NULL,
                              "When the certificate begins to be valid", false, false},
    [TLS_FIELD_NOT_AFTER] = {"certificate_not_after", ANSWER_TIME, NULL,
                             "When the certificate ceases to be valid", false, false},
    [TLS_FIELD_DAYS_LEFT] = {"certificate_days_left", ANSWER_NUMBER, "days",
                             "Whole days for which it is still valid; negative: since it expired",
                             false, true},
    [TLS_FIELD_KEY] = {"certificate_key", ANSWER_TEXT, NULL,
                       "Kind and size of the public key: RSA 2048, EC P-256", false, false},
    [TLS_FIELD_SIGNATURE] = {"certificate_signature", ANSWER_TEXT, NULL,
                             "How the certificate was signed: RSA with SHA-256", false, false},
    [TLS_FIELD_SHA256] = {"certificate_sha256", ANSWER_TEXT, NULL,
                          "SHA-256 of the whole certificate, in hexadecimal", false, false},
};

const size_t tls_field_count = sizeof(tls_fields) / sizeof(tls_fields[0]);
