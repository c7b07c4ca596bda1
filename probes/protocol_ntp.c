/* SPDX-License-Identifier: MIT */

/*
 * NTP: the answer to one request of a client (RFC 5905 sections 7.3 and 8). The
 * difference of the clocks is measured once, so that it is as good as half the
 * way there and back.
 */

#include <string.h>

#include "probes/protocol_list.h"

enum {
    PACKET_SIZE = 48,
    MODE_SERVER = 4,
    VERSION_MOST = 4,
    FIRST_REQUEST = 0x23, /* no warning, version 4, client */
    TRANSMIT_AT = 40,
    NONCE_AT = 2, /* in the random bytes */
    NONCE_SIZE = 8,
    NOT_SYNCHRONIZED = 3, /* of the leap indicator */
};

enum field {
    STRATUM,
    REFERENCE,
    KISS,
    LEAP,
    VERSION,
    OFFSET,
    DELAY,
    PRECISION,
    ROOT_DELAY,
    ROOT_DISPERSION,
    REFERENCE_TIME,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [STRATUM] = {.name = "stratum",
                 .type = ANSWER_NUMBER,
                 .help = "Steps from a clock that is right: 1 has one itself; 0 is a kiss of death",
                 .telling = true},
    [REFERENCE] =
        {.name = "reference",
         .help = "Where the time is from: kind of clock, IPv4 address, hash of an IPv6 address",
         .telling = true},
    [KISS] = {.name = "kiss", .help = "Why the server tells no time: RATE, DENY", .telling = true},
    [LEAP] = {.name = "leap",
              .help = "Leap second at the end of this day: none, 61 seconds, 59 seconds; or not "
                      "synchronized"},
    [VERSION] = {.name = "version", .type = ANSWER_NUMBER, .help = "Version of the answer"},
    [OFFSET] = {.name = "offset",
                .type = ANSWER_NUMBER,
                .unit = "us",
                .help = "How far the server's clock is ahead of this machine's, where it is set",
                .telling = true,
                .fleeting = true},
    [DELAY] = {.name = "delay",
               .type = ANSWER_NUMBER,
               .unit = "us",
               .help = "Time on the way, there and back",
               .fleeting = true},
    [PRECISION] = {.name = "precision",
                   .type = ANSWER_NUMBER,
                   .help = "Precision of its clock: power of 2, in seconds"},
    [ROOT_DELAY] = {.name = "root_delay",
                    .type = ANSWER_NUMBER,
                    .unit = "us",
                    .help = "Way to the first clock and back",
                    .fleeting = true},
    [ROOT_DISPERSION] = {.name = "root_dispersion",
                         .type = ANSWER_NUMBER,
                         .unit = "us",
                         .help = "How wrong its time may be, as it thinks",
                         .fleeting = true},
    [REFERENCE_TIME] = {.name = "reference_time",
                        .type = ANSWER_TIME,
                        .help = "When its clock was last set",
                        .fleeting = true},
};

static const char *const leaps[] = {"none", "61 seconds", "59 seconds", "not synchronized"};

/*
 * The request tells nothing of this machine's clock: its transmit time is
 * random, and comes back as what the answer belongs to (as data minimization
 * has it, draft-ietf-ntp-data-minimization).
 */
static void begin(struct talk *talk)
{
    byte_writer_u8(&talk->out, FIRST_REQUEST);
    byte_writer_zeros(&talk->out, TRANSMIT_AT - 1);
    byte_writer_add(&talk->out, talk->target->random + NONCE_AT, NONCE_SIZE);
}

/*
 * A time of NTP in microseconds since 1970 UTC: seconds since 1900 in 32 bits,
 * which come round in 2036 (RFC 5905 section 6), the nearest to `now_us` meant.
 */
static int64_t time_of(uint64_t stamp, int64_t now_us)
{
    const int64_t since_1900 = 2208988800;
    const int64_t round = (int64_t)1 << 32;
    int64_t seconds = (int64_t)(stamp >> 32) - since_1900;
    int64_t fraction = (int64_t)(((stamp & 0xffffffff) * 1000000) >> 32);
    int64_t turns = (now_us / 1000000 - seconds + round / 2) / round;

    return (seconds + turns * round) * 1000000 + fraction;
}

/* A fixed point number of 16 bits before and after the point, in microseconds. */
static int64_t short_time(uint32_t number)
{
    return (int64_t)(((uint64_t)number * 1000000) >> 16);
}

static bool is_text(const uint8_t *id)
{
    size_t size = 0;

    while (size < 4 && id[size] >= 0x21 && id[size] <= 0x7e) {
        size++;
    }
    for (size_t i = size; i < 4; i++) {
        if (id[i] != 0) {
            return false;
        }
    }
    return size > 0;
}

/* RFC 5905 section 7.3: text up to stratum 1, else an address or what stands for one. */
static void add_reference(struct talk *talk, uint8_t stratum, const uint8_t *id)
{
    const struct answer_field *field = &fields[stratum == 0 ? KISS : REFERENCE];

    if (stratum <= 1 && is_text(id)) {
        answer_add_text(&talk->answer, field, id, 4);
    } else if (stratum <= 1) {
        answer_add_hex(&talk->answer, field, id, 4);
    } else {
        answer_addf(&talk->answer, field, "%d.%d.%d.%d", id[0], id[1], id[2], id[3]);
    }
}

/* Without both of its times, or where it says itself that its clock is not set, there is nothing to
 * compare (RFC 5905 sections 7.3 and 8). */
static bool has_clock(uint8_t leap, uint64_t received, uint64_t sent)
{
    return leap != NOT_SYNCHRONIZED && received != 0 && sent != 0;
}

/* RFC 5905 section 8: T1 and T4 are ours, T2 and T3 the server's. Clocks that run at different
 * rates, or a server that says anything, may make the way shorter than none. */
static void add_clocks(struct talk *talk, uint64_t received, uint64_t sent)
{
    int64_t t1 = talk->target->now_us;
    int64_t t4 = t1 + talk->elapsed_us;
    int64_t t2 = time_of(received, t1);
    int64_t t3 = time_of(sent, t1);
    int64_t delay = (t4 - t1) - (t3 - t2);

    answer_add_number(&talk->answer, &fields[OFFSET], ((t2 - t1) + (t3 - t4)) / 2);
    answer_add_number(&talk->answer, &fields[DELAY], delay > 0 ? delay : 0);
}

static enum protocol_next read_answer(struct talk *talk, struct byte_reader *packet)
{
    uint8_t first = byte_reader_u8(packet);
    uint8_t stratum = byte_reader_u8(packet);
    int8_t precision;
    uint32_t root_delay;
    uint32_t root_dispersion;
    const uint8_t *id;
    uint64_t reference;
    uint64_t received;
    uint64_t sent;

    byte_reader_skip(packet, 1);
    precision = (int8_t)byte_reader_u8(packet);
    root_delay = byte_reader_be32(packet);
    root_dispersion = byte_reader_be32(packet);
    id = byte_reader_take(packet, 4);
    reference = byte_reader_be64(packet);
    byte_reader_skip(packet, NONCE_SIZE);
    received = byte_reader_be64(packet);
    sent = byte_reader_be64(packet);

    answer_add_number(&talk->answer, &fields[STRATUM], stratum);
    add_reference(talk, stratum, id);
    answer_add_string(&talk->answer, &fields[LEAP], leaps[first >> 6]);
    answer_add_number(&talk->answer, &fields[VERSION], first >> 3 & 7);
    if (stratum == 0) {
        return PROTOCOL_ANSWERED;
    }
    if (has_clock(first >> 6, received, sent)) {
        add_clocks(talk, received, sent);
    }
    answer_add_number(&talk->answer, &fields[PRECISION], precision);
    answer_add_number(&talk->answer, &fields[ROOT_DELAY], short_time(root_delay));
    answer_add_number(&talk->answer, &fields[ROOT_DISPERSION], short_time(root_dispersion));
    if (reference != 0) {
        answer_add_number(&talk->answer, &fields[REFERENCE_TIME],
                          time_of(reference, talk->target->now_us) / 1000);
    }
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader packet = byte_reader_of(bytes, size);
    int version;

    if (size < PACKET_SIZE) {
        return talk_wrong(talk, "not NTP: %zu bytes", size);
    }
    version = bytes[0] >> 3 & 7;
    if ((bytes[0] & 7) != MODE_SERVER || version < 1 || version > VERSION_MOST) {
        return talk_wrong(talk, "not the answer of an NTP server: mode %d, version %d",
                          bytes[0] & 7, version);
    }
    if (memcmp(bytes + 24, talk->target->random + NONCE_AT, NONCE_SIZE) != 0) {
        return PROTOCOL_IGNORE;
    }
    return read_answer(talk, &packet);
}

static const struct protocol_port ports[] = {{123, PROBE_UDP}, {0, 0}};
static const char *const services[] = {"ntp", NULL};

const struct protocol protocol_ntp = {
    .name = "ntp",
    .title = "NTP: stratum and offset",
    .source = "RFC 5905 sections 7.3 and 8",
    .ports = ports,
    .services = services,
    .repeats_anew = true,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
