/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A protocol that talks with bytes a test has made, through tests/fake_engine.h:
 * what came of it as one text, and the same talk in many ways.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "probes/protocol.h"
#include "tests/fake_engine.h"

struct rehearsal {
    struct fake_engine engine; /* engine.target: to be changed between open and begin */
    struct text shown;
};

/*
 * The target is server.example.com, at 192.0.2.7; it is 2026-11-20 12:00 UTC. Asserts that there
 * is such a protocol.
 */
void rehearsal_open(struct rehearsal *rehearsal, const char *protocol, uint8_t transport,
                    uint16_t port);
void rehearsal_close(struct rehearsal *rehearsal); /* harmless twice */

/* What is written stays in engine.sent until the next call. */
void rehearsal_begin(struct rehearsal *rehearsal);

/* Gives it bytes of a stream, unless the talk has ended; ended: the last ones. */
enum protocol_next rehearsal_hear(struct rehearsal *rehearsal, const void *bytes, size_t size,
                                  bool ended);
enum protocol_next rehearsal_datagram(struct rehearsal *rehearsal, const void *bytes, size_t size);

/*
 * What a real server said: tests/fixtures/probes/NAME.bin, into *bytes. Adds to
 * what is there already.
 */
void rehearsal_fixture(struct byte_writer *bytes, const char *name);

/* The value of a field as text, a list of them with a blank between; "" where there is none. */
const char *rehearsal_value(struct rehearsal *rehearsal, const char *field);

/* Everything that came of it: what is next, why, all values. */
const char *rehearsal_show(struct rehearsal *rehearsal);

/* Asserts that this is what rehearsal_show() gives; says where it begins to differ. */
void rehearsal_expect(struct rehearsal *rehearsal, const char *expected);

/*
 * The same talk again and again, each from the beginning. Of streams: cut in
 * two at every place, and byte by byte, must come to the same end as in one
 * piece. Of both: cut off at every place, and with every byte changed, must
 * come to some end. `prepare` may be NULL; it changes the target.
 */
void rehearsal_torture(const char *protocol, uint8_t transport, uint16_t port,
                       void (*prepare)(struct rehearsal *), const void *bytes, size_t size);
