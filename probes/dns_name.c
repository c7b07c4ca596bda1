/* SPDX-License-Identifier: MIT */

#include "probes/dns_name.h"

#include <string.h>

enum {
    NAME_MOST = 255, /* bytes on the wire, with the lengths (RFC 1035 section 2.3.4) */
    LABEL_MOST = 63,
    POINTER = 0xc0,
    JUMPS_MOST = 127, /* of one name: a name has no more labels */
};

void dns_name_put(struct byte_writer *writer, const char *name)
{
    while (*name != '\0') {
        size_t length = strcspn(name, ".");

        byte_writer_u8(writer, (uint8_t)length);
        byte_writer_add(writer, name, length);
        name += length + (name[length] == '.' ? 1 : 0);
    }
    byte_writer_u8(writer, 0);
}

/* A label with what a zone file would escape: dots of its own, and backslashes. */
static void add_label(struct text *name, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '.' || bytes[i] == '\\') {
            text_add_char(name, '\\');
            text_add_char(name, (char)bytes[i]);
        } else if (bytes[i] <= ' ' || bytes[i] >= 0x7f) {
            text_addf(name, "\\%03u", (unsigned)bytes[i]);
        } else {
            text_add_char(name, (char)bytes[i]);
        }
    }
    text_add_char(name, '.');
}

void dns_name_read(struct byte_reader *reader, struct text *name)
{
    struct byte_reader at = *reader;
    size_t before = reader->at; /* pointers lead to before this */
    size_t total = 0;
    int jumps = 0;

    for (;;) {
        uint8_t length = byte_reader_u8(&at);

        if ((length & POINTER) == POINTER) {
            size_t place = (size_t)(length & ~POINTER) << 8 | byte_reader_u8(&at);

            *reader = jumps > 0 ? *reader : at;
            jumps++;
            reader->short_of =
                reader->short_of || at.short_of || place >= before || jumps > JUMPS_MOST;
            if (reader->short_of) {
                return;
            }
            before = place;
            at.at = place;
            continue;
        }
        total += (size_t)length + 1;
        if (at.short_of || length > LABEL_MOST || total > NAME_MOST || length == 0) {
            break;
        }
        const uint8_t *label = byte_reader_take(&at, length);

        if (label != NULL) {
            add_label(name, label, length);
        }
    }
    at.short_of = at.short_of || total > NAME_MOST || at.bytes[at.at - 1] != 0;
    if (jumps > 0) {
        reader->short_of = reader->short_of || at.short_of;
    } else {
        *reader = at;
    }
    if (total == 1) {
        text_add_char(name, '.');
    }
}
