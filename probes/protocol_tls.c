/* SPDX-License-Identifier: MIT */

/*
 * TLS and nothing in it: the handshake, of which tls.h tells all there is. For
 * ports whose protocol is not known here.
 */

#include "probes/protocol_list.h"
#include "probes/tls.h"

static void begin(struct talk *talk)
{
    talk->is_done = true;
}

/* Only where TLS is up, and then the talk has ended. */
static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    (void)talk;
    (void)bytes;
    (void)ended;
    *used = size;
    return PROTOCOL_ANSWERED;
}

/* Any port can be asked so; none has nothing better. */
static const struct protocol_port ports[] = {{0, 0}};
static const char *const services[] = {NULL};

const struct protocol protocol_tls = {
    .name = "tls",
    .title = "TLS: handshake and certificates",
    .source = "RFC 8446, RFC 5246, RFC 6066 section 3",
    .ports = ports,
    .services = services,
    .security = PROTOCOL_IN_TLS,
    .begin = begin,
    .stream = stream,
};
