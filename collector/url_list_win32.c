/* SPDX-License-Identifier: MIT */

/*
 * Windows: the reservations that netsh shows by `http show urlacl`.
 */

#include "collector/url_list.h"

#include <stdlib.h>

#include "collector/http_config_win32.h" /* winsock2.h must be before http.h */

#include <http.h>

#include "base/utf16_win32.h"

enum {
    FIRST_SIZE = 1024,
    LAST_SIZE = 1024 * 1024,      /* of one reservation */
    MAX_RESERVATIONS = 64 * 1024, /* so that a list without end comes to one */
    MAX_ATTEMPTS = 4,             /* a reservation may be exchanged for a longer one meanwhile */
};

/* For one reservation after the other. */
struct buffer {
    BYTE *bytes;
    ULONG size;
};

static bool grow(struct buffer *buffer, ULONG size)
{
    BYTE *bytes = size > LAST_SIZE ? NULL : realloc(buffer->bytes, size);

    if (bytes == NULL) {
        return false;
    }
    *buffer = (struct buffer){bytes, size};
    return true;
}

static ULONG read_reservation(struct buffer *buffer, ULONG which)
{
    ULONG error = ERROR_INSUFFICIENT_BUFFER;
    ULONG needed = FIRST_SIZE;

    for (int attempt = 0; attempt < MAX_ATTEMPTS && error == ERROR_INSUFFICIENT_BUFFER; attempt++) {
        if (needed > buffer->size && !grow(buffer, needed)) {
            return needed > LAST_SIZE ? ERROR_INSUFFICIENT_BUFFER : ERROR_NOT_ENOUGH_MEMORY;
        }
        error = http_config_reservation(which, buffer->bytes, buffer->size, &needed);
    }
    return error;
}

static ULONG add_url(struct url_list *list, const struct buffer *buffer)
{
    const HTTP_SERVICE_CONFIG_URLACL_SET *set = (const void *)buffer->bytes;
    struct failure ignored;
    char *url;
    bool added;

    if (set->KeyDesc.pUrlPrefix == NULL) {
        return NO_ERROR;
    }
    url = utf16_to_utf8(set->KeyDesc.pUrlPrefix);
    added = url != NULL && url_list_add(list, url, &ignored);
    free(url);
    return added ? NO_ERROR : ERROR_NOT_ENOUGH_MEMORY;
}

/* ERROR_NO_MORE_ITEMS where all was read. */
static ULONG read_all(struct url_list *list)
{
    struct buffer buffer = {0};
    ULONG error = NO_ERROR;

    for (ULONG i = 0; error == NO_ERROR && i < MAX_RESERVATIONS; i++) {
        error = read_reservation(&buffer, i);
        if (error == NO_ERROR) {
            error = add_url(list, &buffer);
        }
    }
    free(buffer.bytes);
    return error;
}

bool url_list_read(struct url_list *list, struct failure *why)
{
    ULONG error;

    url_list_clear(list);
    if (http_config_open() != NO_ERROR) {
        return true;
    }
    error = read_all(list);
    http_config_close();
    if (error != ERROR_NO_MORE_ITEMS) {
        url_list_clear(list); /* a part of it would name some ports and not others */
    }
    return error != ERROR_NOT_ENOUGH_MEMORY ||
           FAIL(why, FAILURE_MEMORY, (long)error, "no memory for the URL reservations");
}
