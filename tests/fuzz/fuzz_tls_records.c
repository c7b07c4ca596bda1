/* SPDX-License-Identifier: MIT */

/*
 * What comes in place of TLS, or before it is encrypted. A record is within
 * what came; and what was a beginning of one does not become one by less.
 */

#include <stdint.h>
#include <stdlib.h>

#include "probes/tls_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_other(const uint8_t *data, size_t size)
{
    struct text text = {0};

    tls_add_other(&text, data, size);
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.bytes[i] < ' ') {
            abort();
        }
    }
    text_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0;
    struct tls_record record;
    uint8_t description;

    check_other(data, size);
    while (tls_record_look(data + at, size - at, &record) == TLS_RECORD_WHOLE) {
        if (record.size > size - at || record.content_size > TLS_RECORD_MOST ||
            record.content != data + at + TLS_RECORD_HEADER ||
            tls_record_look(data + at, record.size - 1, &record) != TLS_RECORD_SHORT) {
            abort();
        }
        (void)tls_record_is_alert(&record, &description);
        at += record.size;
    }
    return 0;
}
