/* SPDX-License-Identifier: MIT */

#include "tests/fake_engine.h"

#include <stdlib.h>

#include "base/time_text.h"
#include "tests/support.h"

#define NOW INT64_C(1795179600000) /* 2026-11-20T13:00:00Z */

/* The ids and the cookie that the requests had to which the fixtures are the replies. */
static void make_random(uint8_t *random, size_t size)
{
    static const uint8_t first[] = {0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8};

    memcpy(random, first, sizeof(first));
    for (size_t i = sizeof(first); i < size; i++) {
        random[i] = (uint8_t)(i - 1);
    }
}

void fake_engine_open(struct fake_engine *engine, const struct protocol *protocol,
                      uint8_t transport)
{
    memset(engine, 0, sizeof(*engine));
    engine->protocol = protocol;
    engine->target = (struct protocol_target){
        .transport = transport,
        .port = protocol->ports[0].port,
        .source_port = 50000,
        .host = "server.example",
        .address = {.address = {192, 0, 2, 1}, .address_size = 4, .port = protocol->ports[0].port},
        .community = "public",
        .dns_name = "portqry.microsoft.com",
        .secret = "secret of the tests",
        .now = NOW,
        .now_us = NOW * 1000,
    };
    make_random(engine->target.random, sizeof(engine->target.random));
    engine->talk.target = &engine->target;
    if (protocol->state_size > 0) {
        engine->talk.state = calloc(1, protocol->state_size);
        ck_assert_ptr_nonnull(engine->talk.state);
    }
}

void fake_engine_close(struct fake_engine *engine)
{
    if (engine->protocol != NULL && engine->protocol->clear != NULL) {
        engine->protocol->clear(&engine->talk);
    }
    free(engine->talk.state);
    byte_writer_clear(&engine->talk.out);
    byte_writer_clear(&engine->sent);
    byte_writer_clear(&engine->unused);
    answer_clear(&engine->talk.answer);
    memset(engine, 0, sizeof(*engine));
}

static void send_out(struct fake_engine *engine)
{
    byte_writer_reset(&engine->sent);
    byte_writer_add(&engine->sent, engine->talk.out.bytes, engine->talk.out.size);
    engine->sends += engine->talk.out.size > 0 ? 1 : 0;
    byte_writer_reset(&engine->talk.out);
}

void fake_engine_begin(struct fake_engine *engine)
{
    engine->next = PROTOCOL_WAIT;
    engine->protocol->begin(&engine->talk);
    send_out(engine);
}

/* A block of exactly that size. */
static uint8_t *lend(const void *bytes, size_t size)
{
    uint8_t *lent = malloc(size > 0 ? size : 1);

    if (lent == NULL) {
        ck_abort_msg("no memory");
    }
    if (bytes != NULL && size > 0) { /* what is empty may have no memory */
        memcpy(lent, bytes, size);
    }
    return lent;
}

static bool goes_into_tls;

void fake_engine_go_into_tls(bool goes)
{
    goes_into_tls = goes;
}

static void feed_stream(struct fake_engine *engine, const void *bytes, size_t size, bool ended)
{
    size_t used = 0;
    size_t all;
    uint8_t *lent;

    byte_writer_add(&engine->unused, bytes, size);
    all = engine->unused.size;
    lent = lend(engine->unused.bytes, all);
    engine->next = engine->protocol->stream(&engine->talk, lent, all, ended, &used);
    if (used > all) {
        ck_abort_msg("%d of %d bytes were used", (int)used, (int)all);
    }
    if (engine->next == PROTOCOL_IGNORE) {
        ck_abort_msg("a part of a stream belongs to somebody else");
    }
    byte_writer_reset(&engine->unused);
    byte_writer_add(&engine->unused, lent + used, all - used);
    free(lent);
    send_out(engine);
}

/* What was not used is said inside. */
static void go_into_tls(struct fake_engine *engine, bool ended)
{
    engine->talk.in_tls = true;
    engine->protocol->began_tls(&engine->talk);
    if (engine->talk.is_done) {
        engine->next = PROTOCOL_ANSWERED;
    } else {
        feed_stream(engine, "", 0, ended);
    }
}

enum protocol_next fake_engine_stream(struct fake_engine *engine, const void *bytes, size_t size,
                                      bool ended)
{
    feed_stream(engine, bytes, size, ended);
    if (engine->next == PROTOCOL_TLS && goes_into_tls) {
        go_into_tls(engine, ended);
    }
    return engine->next;
}

enum protocol_next fake_engine_datagram(struct fake_engine *engine, const void *bytes, size_t size)
{
    uint8_t *lent = lend(bytes, size);

    engine->next = engine->protocol->datagram(&engine->talk, lent, size);
    free(lent);
    send_out(engine);
    return engine->next;
}

void fake_engine_farewell(struct fake_engine *engine)
{
    if (engine->protocol->farewell != NULL) {
        engine->protocol->farewell(&engine->talk);
    }
    send_out(engine);
}

static void show_value(struct text *text, const struct answer_value *value)
{
    switch (value->field->type) {
    case ANSWER_TEXT:
        text_add(text, value->text);
        return;
    case ANSWER_NUMBER:
        text_addf(text, "%lld", (long long)value->number);
        return;
    case ANSWER_TIME:
        time_text_add_rfc3339(text, value->number, TIME_ZONE_UTC);
        return;
    case ANSWER_TRUTH:
        text_add(text, value->number != 0 ? "yes" : "no");
        return;
    }
}

void fake_engine_show(struct text *text, const struct answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        const struct answer_value *value = &answer->values[i];

        if (value->item != 0) {
            text_addf(text, "%s %u ", value->group, (unsigned)value->item);
        }
        text_addf(text, "%s: ", value->field->name);
        show_value(text, value);
        text_add(text, "\n");
    }
}

/* Whether the field was there before, of the same item; it is near the end then. */
static bool is_again(const struct answer *answer, size_t at)
{
    const struct answer_value *value = &answer->values[at];

    for (size_t i = at; i > 0; i--) {
        const struct answer_value *before = &answer->values[i - 1];

        if (before->field == value->field && before->item == value->item) {
            return true;
        }
        if (value->item != 0 && before->item != value->item) {
            return false;
        }
    }
    return false;
}

/* Every value is of a field of the protocol; what is not many of is there once. Check's assertions
 * are too slow to be asked for each of them. */
static void check_fields(const struct protocol *protocol, const struct answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        const struct answer_field *field = answer->values[i].field;

        if (field < protocol->fields || field >= protocol->fields + protocol->field_count) {
            ck_abort_msg("%s is no field of %s", field->name, protocol->name);
        }
        if (!field->many && is_again(answer, i)) {
            ck_abort_msg("%s twice", field->name);
        }
    }
}

static enum protocol_next give(struct fake_engine *engine, const void *bytes, size_t size,
                               bool ended)
{
    return engine->target.transport == PROBE_UDP ? fake_engine_datagram(engine, bytes, size)
                                                 : fake_engine_stream(engine, bytes, size, ended);
}

/* Gives the stream in pieces that end at `cut`, or of `step` bytes. */
static void give_pieces(struct fake_engine *engine, const uint8_t *bytes, size_t size, size_t cut,
                        size_t step)
{
    for (size_t at = 0; at < size && engine->next == PROTOCOL_WAIT;) {
        size_t end = at < cut ? cut : at + step;

        end = end > size ? size : end;
        fake_engine_stream(engine, bytes + at, end - at, false);
        at = end;
    }
}

static char *take_shown(struct fake_engine *engine)
{
    struct text text = {0};
    char *shown;

    check_fields(engine->protocol, &engine->talk.answer);
    fake_engine_show(&text, &engine->talk.answer);
    shown = text_take(&text);
    shown = shown != NULL ? shown : text_copy("");
    if (shown == NULL) {
        ck_abort_msg("no memory");
    }
    return shown;
}

enum protocol_next fake_engine_play(const struct protocol *protocol, uint8_t transport,
                                    const void *bytes, size_t size, char **shown)
{
    struct fake_engine engine;
    enum protocol_next next;

    fake_engine_open(&engine, protocol, transport);
    fake_engine_begin(&engine);
    next = give(&engine, bytes, size, false);
    *shown = take_shown(&engine);
    fake_engine_farewell(&engine);
    fake_engine_close(&engine);
    return next;
}

/* Of long replies not every byte is tried: that would take minutes. */
static size_t step_of(size_t size)
{
    return 1 + size / 500;
}

static void check_pieces(const struct protocol *protocol, const void *bytes, size_t size,
                         size_t cut, size_t step, const char *expected)
{
    struct fake_engine engine;
    char *shown;

    fake_engine_open(&engine, protocol, PROBE_TCP);
    fake_engine_begin(&engine);
    give_pieces(&engine, bytes, size, cut, step);
    shown = take_shown(&engine);
    ck_assert_msg(engine.next == PROTOCOL_ANSWERED, "%d when cut at %d: %s", (int)engine.next,
                  (int)cut, engine.talk.why);
    ck_assert_str_eq(shown, expected);
    free(shown);
    fake_engine_close(&engine);
}

void fake_engine_check(const struct protocol *protocol, uint8_t transport, const void *bytes,
                       size_t size, const char *expected)
{
    char *shown;
    enum protocol_next next = fake_engine_play(protocol, transport, bytes, size, &shown);

    ck_assert_str_eq(shown, expected);
    ck_assert_int_eq(next, PROTOCOL_ANSWERED);
    free(shown);
    if (transport == PROBE_UDP) {
        return;
    }
    for (size_t cut = 1; cut < size; cut += step_of(size)) {
        check_pieces(protocol, bytes, size, cut, size, expected);
    }
    check_pieces(protocol, bytes, size, 0, 1, expected);
}

static void check_beginning(const struct protocol *protocol, uint8_t transport, const void *bytes,
                            size_t size)
{
    struct fake_engine engine;
    enum protocol_next next;

    fake_engine_open(&engine, protocol, transport);
    fake_engine_begin(&engine);
    next = give(&engine, bytes, size, true);
    ck_assert_msg(next != PROTOCOL_ANSWERED || engine.talk.is_partial,
                  "%d bytes are a whole answer", (int)size);
    fake_engine_close(&engine);
}

void fake_engine_torment(const struct protocol *protocol, uint8_t transport, const void *bytes,
                         size_t size)
{
    static const uint8_t flips[] = {0xff, 0x01, 0x80, 0x7f};
    uint8_t *changed = lend(bytes, size);

    for (size_t i = 0; i < size; i += step_of(size)) {
        check_beginning(protocol, transport, bytes, i);
    }
    for (size_t i = 0; i < size; i += step_of(size)) {
        uint8_t flip = flips[i % COUNT_OF(flips)];
        char *shown;

        changed[i] ^= flip;
        fake_engine_play(protocol, transport, changed, size, &shown);
        free(shown);
        changed[i] ^= flip;
    }
    free(changed);
}

void *fake_engine_fixture(const char *path, size_t *size)
{
    struct text whole = {0};
    char *bytes;

    text_addf(&whole, "%s/%s", PORTLEDGER_FIXTURES, path);
    bytes = support_read_file(text_bytes(&whole), size);
    text_clear(&whole);
    return bytes;
}

static char *read_fixture(const char *folder, const char *name, const char *ending, size_t *size)
{
    struct text path = {0};
    char *bytes;

    text_addf(&path, "%s/%s.%s", folder, name, ending);
    bytes = fake_engine_fixture(text_bytes(&path), size);
    text_clear(&path);
    return bytes;
}

void fake_engine_check_answer(const struct protocol *protocol, uint8_t transport, const char *name)
{
    size_t size;
    size_t ignored;
    char *bytes = read_fixture("probes", name, "bin", &size);
    char *answer = read_fixture("answers", name, "txt", &ignored);

    fake_engine_check(protocol, transport, bytes, size, answer);
    free(answer);
    free(bytes);
}

void fake_engine_check_fixture(const struct protocol *protocol, uint8_t transport, const char *name)
{
    size_t size;
    char *bytes = read_fixture("probes", name, "bin", &size);

    fake_engine_check_answer(protocol, transport, name);
    fake_engine_torment(protocol, transport, bytes, size);
    free(bytes);
}

/* How much of it is the answer; behind that come replies to farewells. */
static size_t size_of_answer(const struct protocol *protocol, const struct byte_writer *reply)
{
    struct fake_engine engine;
    size_t size;

    fake_engine_open(&engine, protocol, PROBE_TCP);
    fake_engine_begin(&engine);
    fake_engine_stream(&engine, reply->bytes, reply->size, false);
    size = reply->size - engine.unused.size;
    fake_engine_close(&engine);
    return size;
}

void fake_engine_check_in_tls(const struct protocol *protocol, const char *const *parts,
                              const char *answer)
{
    struct byte_writer whole = {0};
    size_t size;
    char *expected = read_fixture("answers", answer, "txt", &size);

    for (; *parts != NULL; parts++) {
        char *bytes = read_fixture("probes", *parts, "bin", &size);

        byte_writer_add(&whole, bytes, size);
        free(bytes);
    }
    if (whole.bytes == NULL) {
        ck_abort_msg("no reply");
    }
    fake_engine_go_into_tls(true);
    fake_engine_check(protocol, PROBE_TCP, whole.bytes, whole.size, expected);
    fake_engine_torment(protocol, PROBE_TCP, whole.bytes, size_of_answer(protocol, &whole));
    fake_engine_go_into_tls(false);
    free(expected);
    byte_writer_clear(&whole);
}
