/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The part of BER (X.690) that LDAP, SNMP and Kerberos need: tags of one byte,
 * definite lengths.
 *
 * Reading is done on a byte_reader, and fails as that does: what is no such
 * element, is of another tag than was asked for, or says that it is longer than
 * what there is, makes the reader short, and gives zeros. So a parser reads a
 * whole piece and asks once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "probes/byte_reader.h"
#include "probes/byte_writer.h"

enum ber_tag {
    BER_BOOLEAN = 0x01,
    BER_INTEGER = 0x02,
    BER_BITS = 0x03,
    BER_OCTETS = 0x04,
    BER_NULL = 0x05,
    BER_OID = 0x06,
    BER_ENUMERATED = 0x0a,
    BER_GENERALIZED_TIME = 0x18,
    BER_GENERAL_STRING = 0x1b,
    BER_SEQUENCE = 0x30,
    BER_SET = 0x31,
    /* To be added to a number below 31. */
    BER_APPLICATION = 0x40,
    BER_CONTEXT = 0x80,
    BER_CONSTRUCTED = 0x20,
};

struct ber_element {
    uint8_t tag;
    const uint8_t *bytes; /* lent; of the content */
    size_t size;
};

/* How much of a stream is one element. */
enum ber_extent {
    BER_WHOLE,   /* *size bytes, which are there */
    BER_PARTIAL, /* more must come */
    BER_NONE,    /* it is no element, or longer than 2 GiB */
};

enum ber_extent ber_measure(const uint8_t *bytes, size_t have, size_t *size);

/* The tag of the next element; 0 where there is none. */
uint8_t ber_peek(const struct byte_reader *reader);

/* The next element, of any tag. False at the end, and where it is none (then the reader is short).
 */
bool ber_next(struct byte_reader *reader, struct ber_element *out);

/* A reader of the content of the next element, which must have that tag; else short, and so is
 * *reader. */
struct byte_reader ber_enter(struct byte_reader *reader, uint8_t tag);

/* The content likewise; {0} where it is short. */
struct ber_element ber_take(struct byte_reader *reader, uint8_t tag);

/* A number of at most 8 bytes: INTEGER, ENUMERATED, or of an implicit tag. */
int64_t ber_integer(struct byte_reader *reader, uint8_t tag);

/* The same of an element that was taken already. False where it is no number of 1 to 8 bytes. */
bool ber_element_integer(const struct ber_element *element, int64_t *number);

/* Unsigned, as SNMP's counters are, which may have a leading zero byte. */
bool ber_element_unsigned(const struct ber_element *element, uint64_t *number);

/* "1.3.6.1.2": appends the content of an OBJECT IDENTIFIER. False where it is none; nothing is
 * appended then. */
bool ber_add_oid(struct text *text, const void *bytes, size_t size);

/*
 * GeneralizedTime in UTC, "20261120130000.0Z" (X.680 section 46, RFC 4517
 * section 3.3.13): the fraction and minutes and seconds may be missing, an
 * offset may stand for Z. False where it is none. *at: ms since 1970 UTC.
 */
bool ber_read_time(const void *bytes, size_t size, int64_t *at);

/*
 * Writing. What ber_begin() returns belongs to the ber_end() of the same
 * element; elements are ended from the inside out. Lengths are as short as can
 * be, as DER has them.
 */
size_t ber_begin(struct byte_writer *writer, uint8_t tag);
void ber_end(struct byte_writer *writer, size_t begin);

void ber_put(struct byte_writer *writer, uint8_t tag, const void *bytes, size_t size);
void ber_put_text(struct byte_writer *writer, uint8_t tag, const char *text);
void ber_put_integer(struct byte_writer *writer, uint8_t tag, int64_t number);
