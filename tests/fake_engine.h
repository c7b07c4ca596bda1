/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Plays the probe engine for one talk: no socket, no clock.
 *
 * All bytes that came and were not used yet are lent to the protocol in a
 * block of their own, which is freed after the call, so that a sanitizer sees
 * who reads beyond them or keeps them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "probes/protocol.h"

struct fake_engine {
    const struct protocol *protocol;
    struct protocol_target target; /* may be changed before fake_engine_begin() */
    struct talk talk;
    struct byte_writer sent;   /* of the newest step alone */
    struct byte_writer unused; /* of the stream */
    enum protocol_next next;
    int sends; /* steps that sent something */
};

/*
 * A target of 192.0.2.1, asked for as "server.example", at the Unix time of
 * 2026-11-20T13:00:00Z, with random bytes 12 34 01 02 03 ... and the secret
 * of the RADIUS server, as the requests of the fixtures have.
 */
void fake_engine_open(struct fake_engine *engine, const struct protocol *protocol,
                      uint8_t transport);
void fake_engine_close(struct fake_engine *engine);

void fake_engine_begin(struct fake_engine *engine);

/* More of the stream; `ended`: and no more. */
enum protocol_next fake_engine_stream(struct fake_engine *engine, const void *bytes, size_t size,
                                      bool ended);
enum protocol_next fake_engine_datagram(struct fake_engine *engine, const void *bytes, size_t size);

/* Whether a talk goes on in TLS where its protocol says so: what was not used is said inside then.
 */
void fake_engine_go_into_tls(bool goes);

/* What is sent when the talk is over: in engine->sent. */
void fake_engine_farewell(struct fake_engine *engine);

/*
 * The answer, a line a value, in order: "name: value", with "group 1 " before
 * what is of an item. Times are RFC 3339, truths "yes" and "no".
 */
void fake_engine_show(struct text *text, const struct answer *answer);

/* Begins, plays `bytes` as a stream that does not end, or as one datagram, and closes. `shown`:
 * the answer, freed by the caller. */
enum protocol_next fake_engine_play(const struct protocol *protocol, uint8_t transport,
                                    const void *bytes, size_t size, char **shown);

/* Asserts that the reply gives this answer; a stream: also cut in two at every byte (of long
 * ones: at every second, third, ...), and byte by byte. */
void fake_engine_check(const struct protocol *protocol, uint8_t transport, const void *bytes,
                       size_t size, const char *expected);

/*
 * Asserts that no beginning of the reply counts as a whole answer; and that
 * each of its bytes may be another one.
 */
void fake_engine_torment(const struct protocol *protocol, uint8_t transport, const void *bytes,
                         size_t size);

/* A file below tests/fixtures; freed by the caller. */
void *fake_engine_fixture(const char *path, size_t *size);

/* fake_engine_check() with NAME.bin as the reply; the answer is in tests/fixtures/answers/NAME.txt.
 */
void fake_engine_check_answer(const struct protocol *protocol, uint8_t transport, const char *name);

/*
 * fake_engine_check() and fake_engine_torment() with NAME.bin as the reply; the
 * answer to it is in tests/fixtures/answers/NAME.txt.
 */
void fake_engine_check_fixture(const struct protocol *protocol, uint8_t transport,
                               const char *name);

/*
 * The same of a talk that goes on in TLS: all parts are one reply, the first
 * one in plain. `parts` end with NULL; the answer is in answers/ANSWER.txt.
 */
void fake_engine_check_in_tls(const struct protocol *protocol, const char *const *parts,
                              const char *answer);
