/* SPDX-License-Identifier: MIT */

#include "probes/stranger.h"

#include <string.h>

enum { SHOWN_MOST = 60 }; /* bytes that nobody knows */

#define BEGINS(name, text)                                                                         \
    {                                                                                              \
        name, text, sizeof(text) - 1                                                               \
    }

static const struct beginning {
    const char *name;
    const char *bytes;
    size_t size;
} beginnings[] = {
    BEGINS("HTTP", "HTTP/"),
    BEGINS("RTSP", "RTSP/"),
    BEGINS("SIP", "SIP/"),
    BEGINS("SSH", "SSH-"),
    BEGINS("VNC", "RFB "),
    BEGINS("POP3", "+OK"),
    BEGINS("IMAP", "* OK"),
    BEGINS("IMAP", "* PREAUTH"),
    BEGINS("SMTP or FTP", "220 "),
    BEGINS("SMTP or FTP", "220-"),
    BEGINS("HTML without HTTP", "<html"),
    BEGINS("HTML without HTTP", "<!DOCTYPE"),
    /* Records of RFC 8446 section 5.1: a handshake, an alert. */
    BEGINS("TLS", "\x16\x03"),
    BEGINS("TLS", "\x15\x03"),
    /* TPKT, RFC 1006 section 6. */
    BEGINS("RDP or another over TPKT", "\x03\x00"),
};

static const char *name_of(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        const struct beginning *beginning = &beginnings[i];

        if (size >= beginning->size && memcmp(bytes, beginning->bytes, beginning->size) == 0) {
            return beginning->name;
        }
    }
    return NULL;
}

/* Whether `wanted` is one of those that "SMTP or FTP" names: that it is another says nothing then.
 */
static bool is_among(const char *wanted, const char *name)
{
    size_t size = strlen(wanted);

    for (const char *at = name; at != NULL; at = strstr(at, " or ")) {
        at += at == name ? 0 : strlen(" or ");
        if (strncmp(at, wanted, size) == 0 && (at[size] == '\0' || at[size] == ' ')) {
            return true;
        }
    }
    return false;
}

static size_t line_size(const uint8_t *bytes, size_t size)
{
    size_t length = 0;

    while (length < size && length < SHOWN_MOST && bytes[length] != '\r' && bytes[length] != '\n') {
        length++;
    }
    return length;
}

/* talk_say() makes bytes visible, but for zeros, at which its text would end. */
static void copy_without_zeros(char *shown, const uint8_t *bytes, size_t size)
{
    memcpy(shown, bytes, size);
    shown[size] = '\0';
    for (size_t i = 0; i < size; i++) {
        if (shown[i] == '\0') {
            shown[i] = '.';
        }
    }
}

/* Ends of lines at the beginning, behind which the words are. */
static size_t empty_lines(const uint8_t *bytes, size_t size)
{
    size_t length = 0;

    while (length < size && (bytes[length] == '\r' || bytes[length] == '\n')) {
        length++;
    }
    return length;
}

enum protocol_next stranger_said(struct talk *talk, const char *wanted, const uint8_t *bytes,
                                 size_t size)
{
    size_t skipped = empty_lines(bytes, size);
    const uint8_t *words = size == 0 ? bytes : bytes + skipped;
    const char *name = name_of(words, size - skipped);
    char shown[SHOWN_MOST + 1];

    if (name != NULL && !is_among(wanted, name)) {
        return talk_wrong(talk, "not %s: it speaks %s", wanted, name);
    }
    if (size == 0) {
        return talk_wrong(talk, "not %s: it sent an empty message", wanted);
    }
    if (size == skipped) {
        return talk_wrong(talk, "not %s: it sent empty lines", wanted);
    }
    copy_without_zeros(shown, words, line_size(words, size - skipped));
    return talk_wrong(talk, "not %s: it said %s", wanted, shown);
}

bool stranger_is_known(const uint8_t *bytes, size_t size)
{
    return name_of(bytes, size) != NULL;
}
