/* SPDX-License-Identifier: MIT */

#include "probes/ber.h"

#include <string.h>

#include "base/time_text.h"

enum {
    HIGH_TAG = 0x1f,    /* the tag goes on in the next byte */
    LONG_LENGTH = 0x80, /* the other bits say in how many bytes the length is */
    LENGTH_BYTES_MOST = 8,
    ELEMENT_MOST = 0x7fffffff,
};

/* Tag and length. False where `reader` is short, or what it has is none. */
static bool read_header(struct byte_reader *reader, uint8_t *tag, uint64_t *length, bool *bad)
{
    uint8_t first;
    int bytes;

    *tag = byte_reader_u8(reader);
    *bad = !reader->short_of && (*tag & HIGH_TAG) == HIGH_TAG;
    first = byte_reader_u8(reader);
    if (first < LONG_LENGTH) {
        *length = first;
        return !*bad && !reader->short_of;
    }
    bytes = first - LONG_LENGTH;
    *bad = *bad || bytes == 0 || bytes > LENGTH_BYTES_MOST;
    *length = 0;
    for (int i = 0; i < bytes && !*bad; i++) {
        *length = *length << 8 | byte_reader_u8(reader);
        *bad = *length > ELEMENT_MOST;
    }
    return !*bad && !reader->short_of;
}

enum ber_extent ber_measure(const uint8_t *bytes, size_t have, size_t *size)
{
    struct byte_reader reader = byte_reader_of(bytes, have);
    uint64_t length;
    uint8_t tag;
    bool bad;

    *size = 0;
    if (!read_header(&reader, &tag, &length, &bad)) {
        return bad ? BER_NONE : BER_PARTIAL;
    }
    *size = reader.at + (size_t)length;
    return length <= byte_reader_left(&reader) ? BER_WHOLE : BER_PARTIAL;
}

uint8_t ber_peek(const struct byte_reader *reader)
{
    return byte_reader_left(reader) == 0 ? 0 : reader->bytes[reader->at];
}

bool ber_next(struct byte_reader *reader, struct ber_element *out)
{
    uint64_t length = 0;
    bool bad = false;

    *out = (struct ber_element){0};
    if (byte_reader_left(reader) == 0) {
        return false;
    }
    if (!read_header(reader, &out->tag, &length, &bad) || length > byte_reader_left(reader)) {
        reader->short_of = true;
        return false;
    }
    out->size = (size_t)length;
    out->bytes = byte_reader_take(reader, out->size);
    return true;
}

struct ber_element ber_take(struct byte_reader *reader, uint8_t tag)
{
    struct ber_element element;

    if (!ber_next(reader, &element) || element.tag != tag) {
        reader->short_of = true;
        return (struct ber_element){0};
    }
    return element;
}

struct byte_reader ber_enter(struct byte_reader *reader, uint8_t tag)
{
    struct ber_element element = ber_take(reader, tag);
    struct byte_reader content = byte_reader_of(element.bytes, element.size);

    content.short_of = reader->short_of;
    return content;
}

bool ber_element_integer(const struct ber_element *element, int64_t *number)
{
    uint64_t bits;

    *number = 0;
    if (element->size < 1 || element->size > 8) {
        return false;
    }
    bits = (element->bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < element->size; i++) {
        bits = bits << 8 | element->bytes[i];
    }
    *number = (int64_t)bits;
    return true;
}

bool ber_element_unsigned(const struct ber_element *element, uint64_t *number)
{
    size_t size = element->size;

    *number = 0;
    if (size < 1 || size > 9 || (size == 9 && element->bytes[0] != 0)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        *number = *number << 8 | element->bytes[i];
    }
    return true;
}

int64_t ber_integer(struct byte_reader *reader, uint8_t tag)
{
    struct ber_element element = ber_take(reader, tag);
    int64_t number;

    if (!ber_element_integer(&element, &number)) {
        reader->short_of = true;
    }
    return number;
}

/* One arc: seven bits a byte (X.690 section 8.19). False where it is cut, or does not fit. */
static bool read_arc(struct byte_reader *reader, uint64_t *arc)
{
    uint8_t byte;

    *arc = 0;
    do {
        byte = byte_reader_u8(reader);
        if (reader->short_of || *arc > UINT64_MAX >> 7) {
            return false;
        }
        *arc = *arc << 7 | (byte & 0x7f);
    } while ((byte & 0x80) != 0);
    return true;
}

bool ber_add_oid(struct text *text, const void *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    struct text oid = {0};
    uint64_t arc;
    uint64_t root;
    bool whole = read_arc(&reader, &arc);

    root = arc < 80 ? arc / 40 : 2; /* the first two arcs are one number: 40 * first + second */
    text_addf(&oid, "%llu.%llu", (unsigned long long)root, (unsigned long long)(arc - 40 * root));
    while (whole && byte_reader_left(&reader) > 0) {
        whole = read_arc(&reader, &arc);
        text_addf(&oid, ".%llu", (unsigned long long)arc);
    }
    if (whole) {
        text_add(text, text_bytes(&oid));
    }
    text_clear(&oid);
    return whole;
}

/* Two digits, or -1; nothing is read where the next byte is no digit. */
static int read_pair(struct byte_reader *reader)
{
    int number = 0;

    for (int i = 0; i < 2; i++) {
        uint8_t digit = byte_reader_u8(reader);

        if (digit < '0' || digit > '9') {
            reader->short_of = true;
            return -1;
        }
        number = number * 10 + (digit - '0');
    }
    return number;
}

static bool is_digit_next(const struct byte_reader *reader)
{
    uint8_t next = ber_peek(reader);

    return next >= '0' && next <= '9';
}

/* ".25": in milliseconds, of a whole that has `unit` of them. What is finer is left out. */
static int64_t read_fraction(struct byte_reader *reader, int64_t unit)
{
    int64_t part = 0;

    if (ber_peek(reader) != '.' && ber_peek(reader) != ',') {
        return 0;
    }
    byte_reader_skip(reader, 1);
    if (!is_digit_next(reader)) {
        reader->short_of = true;
    }
    for (int64_t digit = unit / 10; is_digit_next(reader); digit /= 10) {
        part += digit * (byte_reader_u8(reader) - '0');
    }
    return part;
}

/* "Z", "+0100", "-03": how far local time is ahead, in milliseconds. */
static int64_t read_offset(struct byte_reader *reader)
{
    uint8_t sign = byte_reader_u8(reader);
    int minutes;

    if (sign == 'Z') {
        return 0;
    }
    if (sign != '+' && sign != '-') {
        reader->short_of = true;
        return 0;
    }
    minutes = read_pair(reader) * 60;
    if (is_digit_next(reader)) {
        minutes += read_pair(reader);
    }
    return (int64_t)(sign == '+' ? minutes : -minutes) * 60 * 1000;
}

bool ber_read_time(const void *bytes, size_t size, int64_t *at)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    struct calendar_time time = {0};
    int64_t unit = INT64_C(60) * 60 * 1000; /* of what the fraction is one */
    int64_t more;

    time.year = read_pair(&reader) * 100;
    time.year += read_pair(&reader);
    time.month = read_pair(&reader);
    time.day = read_pair(&reader);
    time.hour = read_pair(&reader);
    if (is_digit_next(&reader)) {
        time.minute = read_pair(&reader);
        unit = INT64_C(60) * 1000;
    }
    if (unit == INT64_C(60) * 1000 && is_digit_next(&reader)) {
        time.second = read_pair(&reader);
        unit = 1000;
    }
    more = read_fraction(&reader, unit);
    more -= read_offset(&reader);
    if (reader.short_of || byte_reader_left(&reader) > 0 || !calendar_valid(&time)) {
        return false;
    }
    *at = calendar_to_ms(&time) + more;
    return true;
}

size_t ber_begin(struct byte_writer *writer, uint8_t tag)
{
    byte_writer_u8(writer, tag);
    byte_writer_u8(writer, 0);
    return writer->size;
}

/* How many bytes a length needs beside the first one. */
static size_t length_bytes(size_t length)
{
    size_t bytes = 0;

    if (length < LONG_LENGTH) {
        return 0;
    }
    for (; length > 0; length >>= 8) {
        bytes++;
    }
    return bytes;
}

void ber_end(struct byte_writer *writer, size_t begin)
{
    size_t length = writer->size - begin;
    size_t more = length_bytes(length);

    byte_writer_zeros(writer, more); /* room, to where the content moves */
    if (writer->lacks_memory) {
        return;
    }
    if (more == 0) {
        byte_writer_set_u8(writer, begin - 1, (uint8_t)length);
        return;
    }
    memmove(writer->bytes + begin + more, writer->bytes + begin, length);
    byte_writer_set_u8(writer, begin - 1, (uint8_t)(LONG_LENGTH | more));
    for (size_t i = more; i > 0; i--) {
        byte_writer_set_u8(writer, begin + i - 1, (uint8_t)length);
        length >>= 8;
    }
}

void ber_put(struct byte_writer *writer, uint8_t tag, const void *bytes, size_t size)
{
    size_t begin = ber_begin(writer, tag);

    byte_writer_add(writer, bytes, size);
    ber_end(writer, begin);
}

void ber_put_text(struct byte_writer *writer, uint8_t tag, const char *text)
{
    ber_put(writer, tag, text, strlen(text));
}

void ber_put_integer(struct byte_writer *writer, uint8_t tag, int64_t number)
{
    size_t begin = ber_begin(writer, tag);
    int bytes = 8;

    /* As long as the first nine bits are the same, the first byte says nothing. */
    while (bytes > 1 && (number >> (8 * bytes - 9) == 0 || number >> (8 * bytes - 9) == -1)) {
        bytes--;
    }
    for (int i = bytes - 1; i >= 0; i--) {
        byte_writer_u8(writer, (uint8_t)((uint64_t)number >> (8 * i)));
    }
    ber_end(writer, begin);
}
