/* SPDX-License-Identifier: MIT */

/*
 * A whole TLS client, and a server that says anything. The first byte says how
 * many bytes come at once.
 */

#include <stdint.h>
#include <stdlib.h>

#include "probes/tls.h"
#include "probes/tls_fields.h"

enum { NOW_S = 1795176000, SENT_MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Opened once: it reads the roots of the system. */
static struct tls_library *the_library(void)
{
    static struct tls_library *library;
    struct failure why;

    if (library == NULL && !tls_library_open(&library, &why)) {
        abort();
    }
    return library;
}

static enum tls_state feed_all(struct tls_session *session, const uint8_t *data, size_t size,
                               size_t piece, struct byte_writer *out, struct byte_writer *in)
{
    enum tls_state state = tls_feed(session, NULL, 0, out, in);

    for (size_t at = 0; at < size; at += piece) {
        state = tls_feed(session, data + at, size - at < piece ? size - at : piece, out, in);
    }
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct byte_writer out = {0};
    struct byte_writer in = {0};
    struct answer answer = {0};
    struct tls_session *session;
    struct failure why;
    enum tls_state state;

    if (size == 0 ||
        !tls_open(&session, the_library(), "server.example.com", NOW_S * 1000LL, &why)) {
        return 0;
    }
    state = feed_all(session, data + 1, size - 1, data[0] == 0 ? size : data[0], &out, &in);
    if (out.size > SENT_MOST || in.size > size ||
        ((state == TLS_ALERT || state == TLS_WRONG) && tls_why(session)[0] == '\0')) {
        abort();
    }
    tls_tell(session, &answer);
    for (size_t i = 0; i < answer.count; i++) {
        if (answer.values[i].field < tls_fields ||
            answer.values[i].field >= tls_fields + tls_field_count) {
            abort();
        }
    }
    answer_clear(&answer);
    tls_close(session);
    byte_writer_clear(&in);
    byte_writer_clear(&out);
    return 0;
}
