/* SPDX-License-Identifier: MIT */

/*
 * What a server may say in a protocol, whose name is FUZZ_PROTOCOL.
 *
 * The bytes are what it says: as one datagram (or several, with "|CUT|" in
 * between), as a stream in one piece, and in small pieces. Both streams must
 * come to the same answer; every value must be one that outputs can show. Where
 * TLS begins, what was not used is what the server says inside.
 */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "probes/protocol.h"

#define NOW INT64_C(1795179600000) /* 2026-11-20T13:00:00Z */

enum {
    OUT_MOST = 1024 * 128, /* no request is as long */
    STREAM_MOST = 1024 * 1024,
    PIECES = 256, /* at most, since what is not used yet is lent again with each */
};

static const char cut[] = "|CUT|";

struct play {
    const struct protocol *protocol;
    struct protocol_target target;
    struct talk talk;
    enum protocol_next next;
};

static void demand(bool is_so)
{
    if (!is_so) {
        abort();
    }
}

static void make_random(uint8_t *random, size_t size)
{
    static const uint8_t first[] = {0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8}; /* as the fixtures have */

    memcpy(random, first, sizeof(first));
    for (size_t i = sizeof(first); i < size; i++) {
        random[i] = (uint8_t)(i - 1);
    }
}

static void take_out(struct play *play)
{
    demand(play->talk.out.size <= OUT_MOST);
    byte_writer_reset(&play->talk.out);
}

static void begin(struct play *play, uint8_t transport)
{
    const struct protocol *protocol = protocol_find(FUZZ_PROTOCOL);

    demand(protocol != NULL);
    memset(play, 0, sizeof(*play));
    play->protocol = protocol;
    play->target = (struct protocol_target){
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
    make_random(play->target.random, sizeof(play->target.random));
    play->talk.target = &play->target;
    play->talk.state = calloc(1, protocol->state_size + 1);
    demand(play->talk.state != NULL);
    play->next = PROTOCOL_WAIT;
    protocol->begin(&play->talk);
    take_out(play);
}

static void check_values(const struct play *play)
{
    const struct answer *answer = &play->talk.answer;
    const struct protocol *protocol = play->protocol;

    demand(answer->count <= ANSWER_VALUES_MOST && !answer->in_item);
    demand(memchr(play->talk.why, '\0', sizeof(play->talk.why)) != NULL);
    demand(play->next != PROTOCOL_WRONG || play->talk.why[0] != '\0');
    for (size_t i = 0; i < answer->count; i++) {
        const struct answer_value *value = &answer->values[i];

        demand(value->field >= protocol->fields &&
               value->field < protocol->fields + protocol->field_count);
        demand((value->text != NULL) == (value->field->type == ANSWER_TEXT));
        demand((value->item == 0) == (value->group == NULL));
    }
}

static void end(struct play *play)
{
    check_values(play);
    /* A talk that is broken off in the middle takes leave as well. */
    if (play->next != PROTOCOL_WRONG && play->protocol->farewell != NULL) {
        play->protocol->farewell(&play->talk);
        take_out(play);
    }
    if (play->protocol->clear != NULL) {
        play->protocol->clear(&play->talk);
    }
    free(play->talk.state);
    byte_writer_clear(&play->talk.out);
    answer_clear(&play->talk.answer);
}

/* A block of exactly that size, so that reading beyond it is seen. */
static uint8_t *lend(const uint8_t *bytes, size_t size)
{
    uint8_t *lent = malloc(size > 0 ? size : 1);

    demand(lent != NULL);
    if (size > 0) {
        memcpy(lent, bytes, size);
    }
    return lent;
}

static void give_datagrams(struct play *play, const uint8_t *data, size_t size)
{
    while (play->next == PROTOCOL_WAIT || play->next == PROTOCOL_IGNORE) {
        const uint8_t *end = memmem(data, size, cut, strlen(cut));
        size_t length = end != NULL ? (size_t)(end - data) : size;
        uint8_t *lent = lend(data, length);

        play->next = play->protocol->datagram(&play->talk, lent, length);
        free(lent);
        take_out(play);
        if (end == NULL) {
            return;
        }
        data = end + strlen(cut);
        size -= length + strlen(cut);
    }
}

static void go_into_tls(struct play *play)
{
    demand(play->protocol->began_tls != NULL && !play->talk.in_tls);
    play->talk.in_tls = true;
    play->protocol->began_tls(&play->talk);
    take_out(play);
    play->next = play->talk.is_done ? PROTOCOL_ANSWERED : PROTOCOL_WAIT;
}

/* In pieces of `step` bytes; the server closes behind them. */
static void give_stream(struct play *play, const uint8_t *data, size_t size, size_t step)
{
    size_t unused = 0;

    for (size_t at = 0; play->next == PROTOCOL_WAIT;) {
        size_t behind = size - at > step ? at + step : size;
        uint8_t *lent = lend(data + unused, behind - unused);
        size_t used = 0;

        play->next =
            play->protocol->stream(&play->talk, lent, behind - unused, behind == size, &used);
        demand(used <= behind - unused);
        free(lent);
        take_out(play);
        unused += used;
        at = behind;
        if (play->next == PROTOCOL_TLS) {
            go_into_tls(play);
        } else if (behind == size) {
            return;
        }
    }
}

static bool is_same(const struct answer *one, const struct answer *other)
{
    bool same = one->count == other->count && one->items == other->items;

    for (size_t i = 0; same && i < one->count; i++) {
        const struct answer_value *a = &one->values[i];
        const struct answer_value *b = &other->values[i];

        same = a->field == b->field && a->item == b->item && a->number == b->number &&
               (a->text == NULL || strcmp(a->text, b->text) == 0);
    }
    return same;
}

static void play_streams(const uint8_t *data, size_t size)
{
    struct play whole;
    struct play pieces;

    begin(&whole, PROBE_TCP);
    begin(&pieces, PROBE_TCP);
    give_stream(&whole, data, size, STREAM_MOST);
    give_stream(&pieces, data, size, size > 0 ? 1 + data[size / 2] % 61 + size / PIECES : 1);
    demand(whole.next != PROTOCOL_IGNORE && pieces.next != PROTOCOL_IGNORE);
    demand(whole.next != PROTOCOL_ANSWERED || pieces.next != PROTOCOL_ANSWERED ||
           whole.talk.is_partial || pieces.talk.is_partial ||
           is_same(&whole.talk.answer, &pieces.talk.answer));
    end(&whole);
    end(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct protocol *protocol = protocol_find(FUZZ_PROTOCOL);
    struct play play;

    if (protocol->datagram != NULL) {
        begin(&play, PROBE_UDP);
        give_datagrams(&play, data, size);
        end(&play);
    }
    if (protocol->stream != NULL) {
        play_streams(data, size);
    }
    return 0;
}
