/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The head of an answer in HTTP/1.1 (RFC 9112 sections 4 and 5), line by line,
 * and the parts of a request that every protocol over HTTP has.
 */

#include <stdbool.h>
#include <stdint.h>

#include "probes/byte_writer.h"
#include "probes/line.h"
#include "probes/protocol.h"

/* Starts as {0}. An interim answer (1xx) is skipped: another one follows (RFC 9110 section 15.2).
 */
struct http_head {
    bool has_status; /* the status line of this answer, or of an interim one, was read */
    bool is_interim;
    uint16_t status;     /* 0: not known yet */
    struct line version; /* "1.1"; lent, like the two below, from the line that was read last */
    struct line reason;
    struct line name; /* of a header */
    struct line value;
};

enum http_line {
    HTTP_NOTHING, /* a line that tells nothing */
    HTTP_STATUS,  /* status, version and reason are there */
    HTTP_HEADER,  /* name and value are */
    HTTP_END,     /* the head is over */
    HTTP_WRONG,   /* the line is not of HTTP */
};

enum http_line http_head_read(struct http_head *head, struct line line);

/* "Host: name:port" and the end of the line; without the port where that is `usual_port`. */
void http_write_host(struct byte_writer *out, const struct protocol_target *target,
                     uint16_t usual_port);

/* Decimal. */
void http_write_number(struct byte_writer *out, uint32_t number);
