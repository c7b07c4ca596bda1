/* SPDX-License-Identifier: MIT */

#include "probes/line_talk.h"

#include "probes/stranger.h"

/* No server begins a line of text with these. */
static bool is_binary(const uint8_t *bytes, size_t size)
{
    return size > 0 && (bytes[0] < ' ' || bytes[0] > '~') && bytes[0] != '\r' && bytes[0] != '\n';
}

const char *const numbered_beginnings[] = {"### ", "###-", NULL};

static bool may_become(const uint8_t *bytes, size_t size, const char *beginning)
{
    for (size_t i = 0; i < size && beginning[i] != '\0'; i++) {
        bool fits = beginning[i] == '#' ? bytes[i] >= '0' && bytes[i] <= '9'
                                        : bytes[i] == (uint8_t)beginning[i];

        if (!fits) {
            return false;
        }
    }
    return true;
}

static bool may_go_on(const uint8_t *bytes, size_t size, const struct line_manner *manner)
{
    for (const char *const *at = manner->beginnings; *at != NULL; at++) {
        if (may_become(bytes, size, *at)) {
            return true;
        }
    }
    return false;
}

enum protocol_next line_talk(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                             size_t *used, bool is_first, const struct line_manner *manner,
                             line_talk_fn *take)
{
    enum protocol_next next = PROTOCOL_WAIT;
    struct line line;

    if (is_first && is_binary(bytes, size)) {
        return stranger_said(talk, manner->name, bytes, size);
    }
    while (next == PROTOCOL_WAIT && line_next(bytes, size, used, &line)) {
        next = take(talk, line);
    }
    if (next == PROTOCOL_WAIT && ended && is_first && *used == 0 && size > 0 &&
        !may_go_on(bytes, size, manner)) {
        return stranger_said(talk, manner->name, bytes, size);
    }
    return next;
}

enum protocol_next line_talk_cut(struct talk *talk, const char *why)
{
    talk->is_partial = true;
    talk_say(talk, "%s", why);
    return PROTOCOL_ANSWERED;
}

/* "220" and what is behind it; 0 where the line begins otherwise. */
static uint16_t read_code(struct line line)
{
    unsigned code = 0;

    if (line.size < 3) {
        return 0;
    }
    for (int i = 0; i < 3; i++) {
        if (line.bytes[i] < '0' || line.bytes[i] > '9') {
            return 0;
        }
        code = code * 10 + (unsigned)(line.bytes[i] - '0');
    }
    return line.size == 3 || line.bytes[3] == ' ' || line.bytes[3] == '-' ? (uint16_t)code : 0;
}

enum numbered_line numbered_reply_add(struct numbered_reply *reply, struct line line,
                                      struct line *text)
{
    uint16_t code = read_code(line);
    bool is_last = line.size == 3 || (line.size > 3 && line.bytes[3] == ' ');

    *text = line;
    if (reply->code == 0 && code < 100) {
        return NUMBERED_NONE;
    }
    if (reply->code != 0 && code != reply->code) {
        return NUMBERED_MORE;
    }
    reply->code = code;
    text->bytes += line.size > 3 ? 4 : 3;
    text->size -= line.size > 3 ? 4 : 3;
    return is_last ? NUMBERED_LAST : NUMBERED_MORE;
}
