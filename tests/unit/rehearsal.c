/* SPDX-License-Identifier: MIT */

#include "tests/unit/rehearsal.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

static const int64_t NOW = 1795176000000;

void rehearsal_open(struct rehearsal *rehearsal, const char *protocol, uint8_t transport,
                    uint16_t port)
{
    *rehearsal = (struct rehearsal){
        .protocol = protocol_find(protocol),
        .target =
            {
                .transport = transport,
                .port = port,
                .source_port = 50000,
                .host = "server.example.com",
                .address = {.address = {192, 0, 2, 7}, .address_size = 4, .port = port},
                .community = "public",
                .dns_name = "example.com",
                .now = NOW,
                .now_us = NOW * 1000,
            },
    };
    rehearsal->target.random[0] = 0x12;
    rehearsal->target.random[1] = 0x34;
    for (size_t i = 2; i < sizeof(rehearsal->target.random); i++) {
        rehearsal->target.random[i] = (uint8_t)(i - 1);
    }
    ck_assert_ptr_nonnull(rehearsal->protocol);
    if (rehearsal->protocol->state_size > 0) {
        rehearsal->talk.state = calloc(1, rehearsal->protocol->state_size);
        ck_assert_ptr_nonnull(rehearsal->talk.state);
    }
}

void rehearsal_close(struct rehearsal *rehearsal)
{
    if (rehearsal->protocol != NULL && rehearsal->protocol->clear != NULL) {
        rehearsal->protocol->clear(&rehearsal->talk);
    }
    free(rehearsal->talk.state);
    byte_writer_clear(&rehearsal->talk.out);
    answer_clear(&rehearsal->talk.answer);
    byte_writer_clear(&rehearsal->waiting);
    text_clear(&rehearsal->shown);
    *rehearsal = (struct rehearsal){0};
}

void rehearsal_begin(struct rehearsal *rehearsal)
{
    rehearsal->talk.target = &rehearsal->target;
    if (rehearsal->protocol->begin != NULL) {
        rehearsal->protocol->begin(&rehearsal->talk);
    }
}

/* A copy that ends where its block ends. */
static uint8_t *exact_copy(const void *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);

    ck_assert_ptr_nonnull(copy);
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

enum protocol_next rehearsal_hear(struct rehearsal *rehearsal, const void *bytes, size_t size,
                                  bool ended)
{
    struct byte_writer rest = {0};
    size_t used = 0;
    uint8_t *block;

    if (rehearsal->next != PROTOCOL_WAIT) {
        return rehearsal->next;
    }
    byte_writer_reset(&rehearsal->talk.out);
    byte_writer_add(&rehearsal->waiting, bytes, size);
    size = rehearsal->waiting.size;
    block = exact_copy(rehearsal->waiting.bytes, size);
    rehearsal->next = rehearsal->protocol->stream(&rehearsal->talk, block, size, ended, &used);
    ck_assert_uint_le(used, size);
    ck_assert_int_ne(rehearsal->next, PROTOCOL_IGNORE);
    byte_writer_add(&rest, block + used, size - used);
    byte_writer_clear(&rehearsal->waiting);
    rehearsal->waiting = rest;
    free(block);
    return rehearsal->next;
}

enum protocol_next rehearsal_datagram(struct rehearsal *rehearsal, const void *bytes, size_t size)
{
    uint8_t *block = exact_copy(bytes, size);

    byte_writer_reset(&rehearsal->talk.out);
    rehearsal->next = rehearsal->protocol->datagram(&rehearsal->talk, block, size);
    free(block);
    return rehearsal->next;
}

void rehearsal_fixture(struct byte_writer *bytes, const char *name)
{
    struct text path = {0};
    size_t size = 0;
    char *content;

    text_addf(&path, "%s/probes/%s.bin", PORTLEDGER_FIXTURES, name);
    content = support_read_file(text_bytes(&path), &size);
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
    const struct answer *answer = &rehearsal->talk.answer;
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
    const struct answer *answer = &rehearsal->talk.answer;
    struct text *text = &rehearsal->shown;

    text_reset(text);
    text_addf(text, "%s%s %s\n", names[rehearsal->next],
              rehearsal->talk.is_partial ? " (partial)" : "", rehearsal->talk.why);
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
    const struct protocol *protocol = rehearsal->protocol;
    const struct answer *answer = &rehearsal->talk.answer;

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
        ck_assert_int_ne(rehearsal.next, PROTOCOL_TLS);
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
    uint8_t *changed = exact_copy(bytes, size);

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
