/* SPDX-License-Identifier: MIT */

#include "tests/fake_tls.h"

#include <stdlib.h>
#include <string.h>

struct tls_library {
    int unused;
};

struct tls_session {
    struct byte_writer came;
    bool up;
    bool began;
    const char *why;
};

const struct answer_field tls_fields[] = {
    {.name = "tls_version", .type = ANSWER_TEXT, .help = "Version"},
    {.name = "tls_plain_bytes", .type = ANSWER_NUMBER, .help = "Bytes"},
};
const size_t tls_field_count = 2;

static bool missing;
static int count;
static struct tls_library only;

void fake_tls_is_there(bool there)
{
    missing = !there;
}

int fake_tls_count(void)
{
    return count;
}

bool tls_library_open(struct tls_library **out, struct failure *why)
{
    *out = NULL;
    if (missing) {
        return FAIL(why, FAILURE_MISSING, 0, "no TLS in this test");
    }
    *out = &only;
    count++;
    return true;
}

void tls_library_close(struct tls_library *library)
{
    count -= library == NULL ? 0 : 1;
}

bool tls_open(struct tls_session **out, struct tls_library *library, const char *host, int64_t now,
              struct failure *why)
{
    (void)library;
    (void)host;
    (void)now;
    *out = calloc(1, sizeof(**out));
    count += *out == NULL ? 0 : 1;
    return *out != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory");
}

void tls_close(struct tls_session *session)
{
    if (session != NULL) {
        byte_writer_clear(&session->came);
        free(session);
        count--;
    }
}

static void turn(const uint8_t *bytes, size_t size, struct byte_writer *out)
{
    for (size_t i = 0; i < size; i++) {
        byte_writer_u8(out, (uint8_t)~bytes[i]);
    }
}

static enum tls_state shake(struct tls_session *session, struct byte_writer *in)
{
    static const char up[] = "UP";
    static const char alert[] = "ALERT";
    size_t size = session->came.size;
    const uint8_t *bytes = session->came.bytes;

    if (size >= 2 && memcmp(bytes, up, 2) == 0) {
        session->up = true;
        turn(bytes + 2, size - 2, in);
        return TLS_UP;
    }
    if (size >= 5 && memcmp(bytes, alert, 5) == 0) {
        session->why = "handshake failure";
        return TLS_ALERT;
    }
    if (size > 0 && bytes[0] != 'U' && bytes[0] != 'A') {
        session->why = "that is no TLS";
        return TLS_WRONG;
    }
    return TLS_SHAKING;
}

enum tls_state tls_feed(struct tls_session *session, const uint8_t *bytes, size_t size,
                        struct byte_writer *out, struct byte_writer *in)
{
    if (!session->began) {
        session->began = true;
        byte_writer_text(out, "HELLO");
    }
    if (session->up && size >= 5 && memcmp(bytes, "ALERT", 5) == 0) {
        session->why = "certificate required";
        return TLS_ALERT;
    }
    if (session->up) {
        turn(bytes, size, in);
        return TLS_UP;
    }
    byte_writer_add(&session->came, bytes, size);
    return shake(session, in);
}

bool tls_say(struct tls_session *session, const uint8_t *bytes, size_t size,
             struct byte_writer *out)
{
    (void)session;
    turn(bytes, size, out);
    return !out->lacks_memory;
}

const char *tls_why(const struct tls_session *session)
{
    return session->why == NULL ? "" : session->why;
}

void tls_tell(struct tls_session *session, struct answer *answer)
{
    (void)session;
    answer_add_string(answer, &tls_fields[0], "none at all");
}

void tls_tell_plain(struct answer *answer, size_t size)
{
    answer_add_number(answer, &tls_fields[1], (int64_t)size);
}
