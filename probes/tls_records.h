/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What can be seen of TLS from outside of the encryption: records and alerts
 * (RFC 8446 sections 5.1 and 6, RFC 5246 sections 6.2 and 7.2).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
    TLS_RECORD_HEADER = 5,
    TLS_RECORD_MOST = 16384 + 2048, /* bytes behind the header: RFC 5246 section 6.2.3 */
};

enum tls_record_type {
    TLS_RECORD_CHANGE_CIPHER = 20,
    TLS_RECORD_ALERT = 21,
    TLS_RECORD_HANDSHAKE = 22,
    TLS_RECORD_DATA = 23,
};

struct tls_record {
    uint8_t type;
    const uint8_t *content; /* lent */
    size_t content_size;
    size_t size; /* header included */
};

enum tls_record_look {
    TLS_RECORD_SHORT, /* may become one, when more comes */
    TLS_RECORD_WHOLE,
    TLS_RECORD_NONE, /* is none */
};

/* Looks at the record that `bytes` begin with; fills *record where it is whole. */
enum tls_record_look tls_record_look(const uint8_t *bytes, size_t size, struct tls_record *record);

/*
 * Whether a record is an alert that is not encrypted, which all are that refuse
 * a session before its keys are known. Stores what it says.
 */
bool tls_record_is_alert(const struct tls_record *record, uint8_t *description);

/* "handshake failure" for 40; NULL for a number that has no name. */
const char *tls_alert_name(uint8_t description);

enum { TLS_CLOSE_NOTIFY = 0 }; /* the alert that ends a session in order */

/* Says in one line what a server has sent in place of TLS: "not TLS: SSH-2.0-OpenSSH_9.2". */
void tls_add_other(struct text *text, const uint8_t *bytes, size_t size);
