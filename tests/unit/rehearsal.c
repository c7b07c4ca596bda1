/* SPDX-License-Identifier: MIT */

#include "tests/unit/rehearsal.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

static const int64_t NOW = 1795176000000;

void rehearsal_open(struct rehearsal *rehearsal, const char *protocol, uint8_t transport,
                    uint16_t port)
{
    struct protocol_target *target = &rehearsal->engine.target;
    const struct protocol *found = protocol_find(protocol);

    ck_assert_ptr_nonnull(found);
    rehearsal->shown = (struct text){0};
    fake_engine_open(&rehearsal->engine, found, transport);
    target->port = port;
    target->host = "server.example.com";
    target->address =
        (struct socket_endpoint){.address = {192, 0, 2, 7}, .address_size = 4, .port = port};
    target->dns_name = "example.com";
    target->now = NOW;
    target->now_us = NOW * 1000;
}

void rehearsal_close(struct rehearsal *rehearsal)
{
    fake_engine_close(&rehearsal->engine);
    text_clear(&rehearsal->shown);
}

void rehearsal_begin(struct rehearsal *rehearsal)
{
    fake_engine_begin(&rehearsal->engine);
}

enum protocol_next rehearsal_hear(struct rehearsal *rehearsal, const void *bytes, size_t size,
                                  bool ended)
{
    if (rehearsal->engine.next != PROTOCOL_WAIT) {
        return rehearsal->engine.next;
    }
    return fake_engine_stream(&rehearsal->engine, bytes, size, ended);
}

enum protocol_next rehearsal_datagram(struct rehearsal *rehearsal, const void *bytes, size_t size)
{
    return fake_engine_datagram(&rehearsal->engine, bytes, size);
}

void rehearsal_fixture(struct byte_writer *bytes, const char *name)
{
    struct text path = {0};
    size_t size = 0;
    char *content;

    text_addf(&path, "probes/%s.bin", name);
    content = fake_engine_fixture(text_bytes(&path), &size);
    byte_writer_add(bytes, content, size);
    free(content);
    text_clear(&path);
}

static void add_value(struct text *text, const struct answer_value *value)
{
    if (value->field->type == ANSWER_TEXT) {
        text_add(text, value->text);
    } else {
        text_addf(text, "%lld", (long long)value->number);
    }
}

const char *rehearsal_value(struct rehearsal *rehearsal, const char *field)
{
    const struct answer *answer = &rehearsal->engine.talk.answer;
    bool is_first = true;

    text_reset(&rehearsal->shown);
    for (size_t i = 0; i < answer->count; i++) {
        if (strcmp(answer->values[i].field->name, field) == 0) {
            text_add(&rehearsal->shown, is_first ? "" : " ");
            add_value(&rehearsal->shown, &answer->values[i]);
            is_first = false;
        }
    }
    return text_bytes(&rehearsal->shown);
}

const char *rehearsal_show(struct rehearsal *rehearsal)
{
    static const char *const names[] = {
        [PROTOCOL_WAIT] = "WAIT",   [PROTOCOL_IGNORE] = "IGNORE", [PROTOCOL_ANSWERED] = "ANSWERED",
        [PROTOCOL_WRONG] = "WRONG", [PROTOCOL_TLS] = "TLS",
    };
    const struct answer *answer = &rehearsal->engine.talk.answer;
    struct text *text = &rehearsal->shown;

    text_reset(text);
    text_addf(text, "%s%s %s\n", names[rehearsal->engine.next],
              rehearsal->engine.talk.is_partial ? " (partial)" : "", rehearsal->engine.talk.why);
    for (size_t i = 0; i < answer->count; i++) {
        const struct answer_value *value = &answer->values[i];

        if (value->item != 0) {
            text_addf(text, "%s %u ", value->group, value->item);
        }
        text_addf(text, "%s=", value->field->name);
        add_value(text, value);
        text_add_char(text, '\n');
    }
    return text_bytes(text);
}

void rehearsal_expect(struct rehearsal *rehearsal, const char *expected)
{
    const char *shown = rehearsal_show(rehearsal);
    size_t line = 0;

    for (size_t i = 0; shown[i] != '\0' && shown[i] == expected[i]; i++) {
        line = shown[i] == '\n' ? i + 1 : line;
    }
    ck_assert_msg(strcmp(shown, expected) == 0, "it gave:\n%.500s\nin place of:\n%.500s",
                  shown + line, expected + line);
}

struct torture {
    const char *protocol;
    uint8_t transport;
    uint16_t port;
    void (*prepare)(struct rehearsal *);
    const uint8_t *bytes;
    size_t size;
};

static void begin_again(struct rehearsal *rehearsal, const struct torture *torture)
{
    rehearsal_open(rehearsal, torture->protocol, torture->transport, torture->port);
    if (torture->prepare != NULL) {
        torture->prepare(rehearsal);
    }
    rehearsal_begin(rehearsal);
}

/* The values of an answer belong to the fields of the protocol, and make sense. */
static void check_answer(const struct rehearsal *rehearsal)
{
    const struct protocol *protocol = rehearsal->engine.protocol;
    const struct answer *answer = &rehearsal->engine.talk.answer;

    for (size_t i = 0; i < answer->count; i++) {
        const struct answer_field *field = answer->values[i].field;

        ck_assert(field >= protocol->fields && field < protocol->fields + protocol->field_count);
        ck_assert_int_eq(field->type == ANSWER_TEXT, answer->values[i].text != NULL);
        for (size_t k = 0; k < i && !field->many; k++) {
            ck_assert_msg(answer->values[k].field != field ||
                              answer->values[k].item != answer->values[i].item,
                          "%s twice", field->name);
        }
    }
}

static void hear_in_pieces(const struct torture *torture, size_t first, size_t piece,
                           const char *expected)
{
    struct rehearsal rehearsal;
    size_t at = first;

    begin_again(&rehearsal, torture);
    rehearsal_hear(&rehearsal, torture->bytes, first, false);
    while (at < torture->size) {
        size_t size = torture->size - at < piece ? torture->size - at : piece;

        rehearsal_hear(&rehearsal, torture->bytes + at, size, false);
        at += size;
    }
    rehearsal_expect(&rehearsal, expected);
    rehearsal_close(&rehearsal);
}

static void try_stream_pieces(const struct torture *torture)
{
    struct rehearsal rehearsal;
    char *expected;

    begin_again(&rehearsal, torture);
    rehearsal_hear(&rehearsal, torture->bytes, torture->size, false);
    expected = text_copy(rehearsal_show(&rehearsal));
    ck_assert_ptr_nonnull(expected);
    rehearsal_close(&rehearsal);
    for (size_t first = 0; first <= torture->size; first++) {
        hear_in_pieces(torture, first, torture->size, expected);
    }
    hear_in_pieces(torture, 0, 1, expected);
    free(expected);
}

static void hear_once(const struct torture *torture, const uint8_t *bytes, size_t size)
{
    struct rehearsal rehearsal;

    begin_again(&rehearsal, torture);
    if (torture->transport == PROBE_UDP) {
        rehearsal_datagram(&rehearsal, bytes, size);
        ck_assert_int_ne(rehearsal.engine.next, PROTOCOL_TLS);
    } else {
        rehearsal_hear(&rehearsal, bytes, size, true);
    }
    check_answer(&rehearsal);
    rehearsal_close(&rehearsal);
}

void rehearsal_torture(const char *protocol, uint8_t transport, uint16_t port,
                       void (*prepare)(struct rehearsal *), const void *bytes, size_t size)
{
    static const uint8_t changes[] = {0xff, 0x80, 0x7f, 0x01, 0x00};
    struct torture torture = {protocol, transport, port, prepare, bytes, size};
    uint8_t *changed = malloc(size);

    ck_assert_ptr_nonnull(changed);
    memcpy(changed, bytes, size);
    if (transport == PROBE_TCP) {
        try_stream_pieces(&torture);
    }
    for (size_t cut = 0; cut <= size; cut++) {
        hear_once(&torture, bytes, cut);
    }
    for (size_t i = 0; i < size; i++) {
        for (size_t k = 0; k < sizeof(changes); k++) {
            changed[i] = changes[k];
            hear_once(&torture, changed, size);
        }
        changed[i] = torture.bytes[i];
    }
    free(changed);
}
