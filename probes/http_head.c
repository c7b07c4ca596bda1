/* SPDX-License-Identifier: MIT */

#include "probes/http_head.h"

#include <string.h>

/* The name of the target, as far as it can stand in a line: no blanks, no scope of an address. */
static void write_name(struct byte_writer *out, const char *host)
{
    bool is_version_6 = strchr(host, ':') != NULL;

    if (is_version_6) {
        byte_writer_u8(out, '[');
    }
    for (const char *at = host; *at != '\0' && *at != '%'; at++) {
        if (*at > ' ' && *at < 0x7f) {
            byte_writer_u8(out, (uint8_t)*at);
        }
    }
    if (is_version_6) {
        byte_writer_u8(out, ']');
    }
}

void http_write_number(struct byte_writer *out, uint32_t number)
{
    if (number >= 10) {
        http_write_number(out, number / 10);
    }
    byte_writer_u8(out, (uint8_t)('0' + number % 10));
}

void http_write_host(struct byte_writer *out, const struct protocol_target *target,
                     uint16_t usual_port)
{
    byte_writer_text(out, "Host: ");
    write_name(out, target->host);
    if (target->port != usual_port) {
        byte_writer_u8(out, ':');
        http_write_number(out, target->port);
    }
    byte_writer_text(out, "\r\n");
}

static bool is_version(struct line word)
{
    return word.size == 8 && line_starts(word, "HTTP/") && word.bytes[6] == '.';
}

/* "HTTP/1.1 301 Moved Permanently" */
static enum http_line read_status(struct http_head *head, struct line line)
{
    struct line version;
    struct line code;
    uint32_t number;

    if (!line_split(&line, ' ', &version)) {
        return HTTP_WRONG;
    }
    line = line_trimmed(line);
    if (!line_split(&line, ' ', &code)) {
        code = line;
        line.size = 0;
    }
    if (!is_version(version) || code.size != 3 || !line_number(code, &number)) {
        return HTTP_WRONG;
    }
    head->has_status = true;
    head->is_interim = number >= 100 && number < 200;
    if (head->is_interim) {
        return HTTP_NOTHING;
    }
    head->status = (uint16_t)number;
    head->version = (struct line){version.bytes + 5, 3};
    head->reason = line;
    return HTTP_STATUS;
}

static enum http_line end_head(struct http_head *head)
{
    bool is_interim = head->is_interim;

    head->has_status = false;
    head->is_interim = false;
    return is_interim ? HTTP_NOTHING : HTTP_END;
}

enum http_line http_head_read(struct http_head *head, struct line line)
{
    if (!head->has_status) {
        return read_status(head, line);
    }
    if (line.size == 0) {
        return end_head(head);
    }
    if (head->is_interim || !line_split(&line, ':', &head->name)) {
        return HTTP_NOTHING;
    }
    head->value = line_trimmed(line);
    return HTTP_HEADER;
}
