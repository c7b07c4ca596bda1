/* SPDX-License-Identifier: MIT */

#include "probes/services.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/units.h"
#include "probes/outcome.h"

enum { LARGEST_FILE = 16 * 1024 * 1024 };

/* A word of a line. */
struct word {
    const char *bytes;
    size_t size;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* The next word before `end`, or an empty one; *at is behind it then. */
static struct word next_word(const char **at, const char *end)
{
    struct word word;

    while (*at < end && is_blank(**at)) {
        (*at)++;
    }
    word.bytes = *at;
    while (*at < end && !is_blank(**at)) {
        (*at)++;
    }
    word.size = (size_t)(*at - word.bytes);
    return word;
}

/* "443/tcp"; some files have a comma for the slash. */
static bool read_port(struct word word, uint16_t *port, uint8_t *transport)
{
    unsigned long number = 0;
    size_t i = 0;

    for (; i < word.size && i < 6 && word.bytes[i] >= '0' && word.bytes[i] <= '9'; i++) {
        number = number * 10 + (unsigned long)(word.bytes[i] - '0');
    }
    if (i == 0 || number == 0 || number > UINT16_MAX || word.size != i + 4 ||
        (word.bytes[i] != '/' && word.bytes[i] != ',')) {
        return false;
    }
    *port = (uint16_t)number;
    if (memcmp(word.bytes + i + 1, "tcp", 3) == 0) {
        *transport = PROBE_TCP;
        return true;
    }
    *transport = PROBE_UDP;
    return memcmp(word.bytes + i + 1, "udp", 3) == 0;
}

static bool add(struct service_table *table, struct word name, const struct service *like,
                struct failure *why)
{
    struct text visible = {0};
    struct service *service;

    if (table->count == table->capacity) {
        size_t capacity = table->capacity * 2 + 256;
        struct service *services = realloc(table->services, capacity * sizeof(*services));

        if (services == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the names of services");
        }
        table->services = services;
        table->capacity = capacity;
    }
    text_add_visible(&visible, name.bytes, name.size);
    service = &table->services[table->count];
    *service = *like;
    service->name = text_take(&visible);
    if (service->name == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the names of services");
    }
    table->count++;
    return true;
}

static bool parse_line(struct service_table *table, const char *at, const char *end, size_t line,
                       struct failure *why)
{
    struct word name = next_word(&at, end);
    struct word port = next_word(&at, end);
    struct service like = {.line = line};

    if (name.size == 0 || !read_port(port, &like.port, &like.transport)) {
        return true;
    }
    while (name.size > 0) {
        if (!add(table, name, &like, why)) {
            return false;
        }
        like.is_alias = true;
        name = next_word(&at, end);
    }
    return true;
}

static int compare_numbers(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare(const void *left, const void *right)
{
    const struct service *a = left;
    const struct service *b = right;
    int order = compare_numbers(a->transport, b->transport);

    order = order != 0 ? order : compare_numbers(a->port, b->port);
    order = order != 0 ? order : compare_numbers(a->is_alias, b->is_alias);
    return order != 0 ? order : compare_numbers(a->line, b->line);
}

/* The end of the line that begins at `at`; *text_end: of what is no comment in it. */
static const char *find_line(const char *at, const char *end, const char **text_end)
{
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    const char *comment;

    line_end = line_end == NULL ? end : line_end;
    comment = memchr(at, '#', (size_t)(line_end - at));
    *text_end = comment == NULL ? line_end : comment;
    return line_end;
}

bool service_table_parse(struct service_table *table, const char *bytes, size_t size,
                         struct failure *why)
{
    const char *end = bytes + size;
    size_t line = 0;

    for (const char *at = bytes; at < end; at++) {
        const char *text_end;
        const char *line_end = find_line(at, end, &text_end);

        if (!parse_line(table, at, text_end, ++line, why)) {
            return false;
        }
        at = line_end;
        if (at == end) {
            break;
        }
    }
    if (table->count > 0) {
        qsort(table->services, table->count, sizeof(*table->services), compare);
    }
    return true;
}

bool service_table_read(struct service_table *table, struct failure *why)
{
    struct text path = {0};
    struct text content = {0};
    bool done = services_file_path(&path, why) && text_ok(&path, why);

    if (done) {
        if (file_read(&content, text_bytes(&path), LARGEST_FILE, why)) {
            done = service_table_parse(table, text_bytes(&content), content.size, why);
        } else {
            done = why->kind == FAILURE_MISSING;
        }
    }
    text_clear(&content);
    text_clear(&path);
    return done;
}

const char *service_name(const struct service_table *table, uint8_t transport, uint16_t port)
{
    size_t first = 0;
    size_t last = table->count;

    while (first < last) {
        size_t middle = first + (last - first) / 2;
        const struct service *at = &table->services[middle];

        if (at->transport < transport || (at->transport == transport && at->port < port)) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    if (first == table->count || table->services[first].transport != transport ||
        table->services[first].port != port) {
        return NULL;
    }
    return table->services[first].name;
}

uint16_t service_port(const struct service_table *table, uint8_t transport, const char *name)
{
    const struct service *best = NULL;

    for (size_t i = 0; i < table->count; i++) {
        const struct service *at = &table->services[i];

        if (at->transport == transport && text_equal_fold(at->name, name) &&
            (best == NULL || (!at->is_alias && best->is_alias))) {
            best = at;
        }
    }
    return best == NULL ? 0 : best->port;
}

void service_table_clear(struct service_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->services[i].name);
    }
    free(table->services);
    *table = (struct service_table){0};
}
