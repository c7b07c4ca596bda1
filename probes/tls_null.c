/* SPDX-License-Identifier: MIT */

/*
 * A build without TLS.
 */

#include "probes/tls.h"

bool tls_library_open(struct tls_library **out, struct failure *why)
{
    *out = NULL;
    return FAIL(why, FAILURE_MISSING, 0, "this portledger was built without TLS");
}

void tls_library_close(struct tls_library *library)
{
    (void)library;
}

bool tls_open(struct tls_session **out, struct tls_library *library, const char *host, int64_t now,
              struct failure *why)
{
    (void)library;
    (void)host;
    (void)now;
    *out = NULL;
    return FAIL(why, FAILURE_MISSING, 0, "this portledger was built without TLS");
}

void tls_close(struct tls_session *session)
{
    (void)session;
}

enum tls_state tls_feed(struct tls_session *session, const uint8_t *bytes, size_t size,
                        struct byte_writer *out, struct byte_writer *in)
{
    (void)session;
    (void)bytes;
    (void)size;
    (void)out;
    (void)in;
    return TLS_WRONG;
}

bool tls_say(struct tls_session *session, const uint8_t *bytes, size_t size,
             struct byte_writer *out)
{
    (void)session;
    (void)bytes;
    (void)size;
    (void)out;
    return false;
}

const char *tls_why(const struct tls_session *session)
{
    (void)session;
    return "no TLS";
}

void tls_tell(struct tls_session *session, struct answer *answer)
{
    (void)session;
    (void)answer;
}
