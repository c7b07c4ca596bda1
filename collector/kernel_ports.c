/* SPDX-License-Identifier: MIT */

#include "collector/kernel_ports.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_URLS = 8,      /* that are shown */
    LONGEST_URL = 200,  /* bytes of one that are shown */
    LONGEST_SCHEME = 8, /* "https://" */
    NO_PORT = 0,
};

static const struct {
    uint8_t protocol;
    uint16_t port;
    const char *driver;
} known_ports[] = {
    {SOCKET_TCP, 445, "srv2"},  /* MS-SMB2 2.1: SMB over TCP directly */
    {SOCKET_TCP, 139, "netbt"}, /* RFC 1002 4.3: the session service of NetBIOS */
    {SOCKET_UDP, 137, "netbt"}, /* RFC 1002 4.2: its name service */
    {SOCKET_UDP, 138, "netbt"}, /* RFC 1002 4.4: its datagrams */
};

static const struct {
    char scheme[LONGEST_SCHEME + 1];
    uint16_t port;
} schemes[] = {
    {"http://", 80},
    {"https://", 443},
};

/* Whether somebody may have come to the row's port: see the header. */
static bool is_server_side(const struct socket_row *row)
{
    return row->protocol != SOCKET_TCP ||
           (row->state != SOCKET_SYN_SENT && row->state != SOCKET_CLOSED);
}

static const char *driver_of(const struct socket_row *row)
{
    for (size_t i = 0; i < sizeof(known_ports) / sizeof(known_ports[0]); i++) {
        if (known_ports[i].protocol == row->protocol && known_ports[i].port == row->local.port) {
            return known_ports[i].driver;
        }
    }
    return NULL;
}

static bool begins_with(const char *url, const char *scheme)
{
    char begin[LONGEST_SCHEME + 1] = {0};
    size_t size = strlen(scheme);

    for (size_t i = 0; i < size && url[i] != '\0'; i++) {
        begin[i] = url[i];
    }
    return text_equal_fold(begin, scheme);
}

/* The port behind the host, with its ':' at `at`; NO_PORT where it is no number of one. */
static uint16_t parse_port(const char *at)
{
    unsigned port = 0;

    for (at++; *at >= '0' && *at <= '9' && port <= UINT16_MAX; at++) {
        port = port * 10 + (unsigned)(*at - '0');
    }
    return (*at == '/' || *at == '\0') && port <= UINT16_MAX ? (uint16_t)port : NO_PORT;
}

/* Behind the host, which may be an IPv6 address in brackets; NULL where there is none. */
static const char *skip_host(const char *at)
{
    const char *begin = at;

    if (*at == '[') {
        at = strchr(at, ']');
        return at == NULL ? NULL : at + 1;
    }
    at += strcspn(at, ":/");
    return at == begin ? NULL : at;
}

/* UrlPrefix strings are scheme://host:port/path; the host is "+" or "*" for any. */
static uint16_t port_of(const char *url)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        const char *at;

        if (!begins_with(url, schemes[i].scheme)) {
            continue;
        }
        at = skip_host(url + strlen(schemes[i].scheme));
        if (at == NULL) {
            return NO_PORT;
        }
        if (*at == ':') {
            return parse_port(at);
        }
        return *at == '/' || *at == '\0' ? schemes[i].port : NO_PORT;
    }
    return NO_PORT;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sorts the URLs and leaves each of them once. The result is how many there are. */
static size_t sort_once(const char **urls, size_t count)
{
    size_t kept = 0;

    qsort(urls, count, sizeof(*urls), compare_texts);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(urls[kept - 1], urls[i]) != 0) {
            urls[kept++] = urls[i];
        }
    }
    return kept;
}

static void add_url(struct text *name, const char *url)
{
    size_t size = strlen(url);

    if (size <= LONGEST_URL) {
        text_add_bytes(name, url, size);
        return;
    }
    text_add_bytes(name, url, text_whole(url, LONGEST_URL));
    text_add(name, "...");
}

static void add_urls(struct text *name, const char *const *urls, size_t count)
{
    text_add(name, "http.sys (");
    for (size_t i = 0; i < count && i < MOST_URLS; i++) {
        text_add(name, i == 0 ? "" : ", ");
        add_url(name, urls[i]);
    }
    if (count > MOST_URLS) {
        text_addf(name, " and %zu more", count - MOST_URLS);
    }
    text_add_char(name, ')');
}

/* True where there are URLs of the port. */
static bool add_reservations(uint16_t port, const struct url_list *list, struct text *name)
{
    const char **urls = list->count == 0 ? NULL : calloc(list->count, sizeof(*urls));
    size_t count = 0;

    if (urls == NULL) {
        name->failed = name->failed || list->count > 0;
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (port_of(list->urls[i]) == port) {
            urls[count++] = list->urls[i];
        }
    }
    count = sort_once(urls, count);
    if (count > 0) {
        add_urls(name, urls, count);
    }
    free(urls);
    return count > 0;
}

enum service_basis kernel_port_name(const struct socket_row *row, const struct url_list *list,
                                    struct text *name)
{
    const char *driver = driver_of(row);

    if (!is_server_side(row) || row->local.port == NO_PORT) {
        return (enum service_basis)0;
    }
    if (driver != NULL) {
        text_add(name, driver);
        return SERVICE_BY_PORT;
    }
    if (row->protocol == SOCKET_TCP && add_reservations(row->local.port, list, name)) {
        return SERVICE_BY_URL;
    }
    return (enum service_basis)0;
}
