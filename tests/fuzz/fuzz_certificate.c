/* SPDX-License-Identifier: MIT */

/*
 * Certificates of any server: whatever they hold, what is told is whole, and
 * fit for every output.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/certificate.h"
#include "probes/tls_fields.h"

static void check_values(const struct answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        const struct answer_value *value = &answer->values[i];

        if ((value->field->type == ANSWER_TEXT) != (value->text != NULL)) {
            abort();
        }
        for (const char *at = value->text; at != NULL && *at != '\0'; at++) {
            if ((unsigned char)*at < ' ') {
                abort();
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct certificate certificate;
    struct answer answer = {0};

    tls_tell_chain(&answer, &(struct tls_certificate){data, size}, 1, "www.example.test",
                   INT64_C(1795788296000), 0);
    check_values(&answer);
    if (certificate_read(&certificate, data, size)) {
        (void)certificate_is_for(&certificate, "10.77.0.1");
        (void)certificate_is_own_issuer(&certificate);
    } else if (answer_find(&answer, "certificate_subject") != NULL) {
        abort();
    }
    answer_clear(&answer);
    return 0;
}
