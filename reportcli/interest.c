/* SPDX-License-Identifier: MIT */

#include "reportcli/interest.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/pattern.h"

enum { LARGEST_FILE = 4 << 20, LAST_PORT = 65535 };

static const char *const kinds[INTEREST_KINDS] = {
    [INTEREST_PORT] = "port",       [INTEREST_ADDRESS] = "address", [INTEREST_USER] = "user",
    [INTEREST_PROGRAM] = "program", [INTEREST_MODULE] = "module",
};

/* Where the parser is. */
struct place {
    const char *name;
    const char *line; /* its begin */
    int number;
};

/* Characters in front of `at`, and one. */
static int column_of(const struct place *place, const char *at)
{
    int column = 1;

    for (const char *c = place->line; c < at; c++) {
        column += ((unsigned char)*c & 0xc0U) != 0x80U ? 1 : 0;
    }
    return column;
}

static bool refuse(const struct place *place, const char *at, const char *what, struct failure *why)
{
    return FAIL(why, FAILURE_FORMAT, 0, "%s:%d:%d: %s", place->name, place->number,
                column_of(place, at), what);
}

static bool reserve(struct interest *interest, struct failure *why)
{
    size_t capacity = interest->capacity == 0 ? 16 : interest->capacity * 2;
    struct interest_entry *entries;

    if (interest->count < interest->capacity) {
        return true;
    }
    entries = realloc(interest->entries, capacity * sizeof(*entries));
    if (entries == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu entries", capacity);
    }
    interest->entries = entries;
    interest->capacity = capacity;
    return true;
}

/* Digits from *at on; 0 where they are no port. Leaves *at behind them. */
static unsigned take_port(const char **at)
{
    unsigned port = 0;

    for (; **at >= '0' && **at <= '9'; (*at)++) {
        port = port > LAST_PORT ? port : port * 10 + (unsigned)(**at - '0');
    }
    return port > LAST_PORT ? 0 : port;
}

static bool read_port(struct interest_entry *entry, const struct place *place, const char *in_line,
                      struct failure *why)
{
    const char *at = entry->text;
    const char *slash = strchr(at, '/');
    unsigned first;
    unsigned last;

    if (slash != NULL) {
        char word[4] = {0};

        if (slash - at == 3) {
            memcpy(word, at, 3);
        }
        entry->protocol = socket_protocol_from_name(word);
        if (entry->protocol < 0) {
            return refuse(place, in_line, "a protocol is tcp or udp", why);
        }
        at = slash + 1;
    }
    first = last = take_port(&at);
    if (*at == '-') {
        at++;
        last = take_port(&at);
    }
    if (*at != '\0' || first == 0 || last < first) {
        return refuse(place, in_line + (at - entry->text),
                      "a port is a number from 1 to 65535, or two with a - between them, the lower "
                      "one first",
                      why);
    }
    entry->first = (uint16_t)first;
    entry->last = (uint16_t)last;
    return true;
}

static bool read_value(struct interest_entry *entry, const struct place *place, const char *in_line,
                       struct failure *why)
{
    struct failure unread;

    if (entry->kind == INTEREST_PORT) {
        return read_port(entry, place, in_line, why);
    }
    if (entry->kind == INTEREST_ADDRESS &&
        !address_prefix_parse(entry->text, &entry->prefix, &unread)) {
        return refuse(place, in_line,
                      "an address is written as 10.0.0.5, 10.0.0.0/8 or 2001:db8::/32", why);
    }
    return true;
}

/* The word at `at`, which ends at a blank; INTEREST_KINDS where it is none. */
static enum interest_kind find_kind(const char *at, size_t size)
{
    for (int i = 0; i < INTEREST_KINDS; i++) {
        if (strlen(kinds[i]) == size && text_starts_fold(at, kinds[i])) {
            return (enum interest_kind)i;
        }
    }
    return INTEREST_KINDS;
}

/* `line` ends in 0, without blanks at its end. */
static bool read_line(struct interest *interest, const struct place *place, struct failure *why)
{
    const char *at = place->line + strspn(place->line, " \t");
    size_t size = strcspn(at, " \t");
    enum interest_kind kind = find_kind(at, size);
    const char *value = at + size + strspn(at + size, " \t");
    struct interest_entry *entry;

    if (*at == '\0' || *at == '#') {
        return true;
    }
    if (kind == INTEREST_KINDS) {
        return refuse(place, at, "an entry begins with port, address, user, program or module",
                      why);
    }
    if (*value == '\0') {
        return refuse(place, value, "something is missing behind the first word", why);
    }
    if (interest->count == INTEREST_MOST) {
        return refuse(place, at, "there are more than 4096 entries", why);
    }
    if (!reserve(interest, why)) {
        return false;
    }
    entry = &interest->entries[interest->count];
    *entry = (struct interest_entry){.kind = kind, .line = place->number, .text = text_copy(value)};
    if (entry->text == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for an entry");
    }
    interest->count++;
    return read_value(entry, place, value, why);
}

/* Cuts the text into lines in place. */
static bool read_lines(struct interest *interest, const char *name, char *text, size_t size,
                       struct failure *why)
{
    struct place place = {.name = name};
    bool done = true;

    for (char *line = text; done && line < text + size;) {
        char *end = memchr(line, '\n', (size_t)(text + size - line));
        char *next = end == NULL ? text + size : end + 1;

        end = end == NULL ? text + size : end;
        place.line = line;
        place.number++;
        if (memchr(line, '\0', (size_t)(end - line)) != NULL) {
            return refuse(&place, line, "the file is no text", why);
        }
        while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) {
            end--;
        }
        *end = '\0';
        done = read_line(interest, &place, why);
        line = next;
    }
    return done;
}

bool interest_parse(struct interest *interest, const char *name, const char *bytes, size_t size,
                    struct failure *why)
{
    static const char mark[] = "\xef\xbb\xbf"; /* Windows' editors put it in front of UTF-8 */
    size_t skip = size >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
    char *copy = text_copy_size(bytes + skip, size - skip);
    bool done;

    if (copy == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %s", name);
    }
    done = read_lines(interest, name, copy, size - skip, why);
    free(copy);
    return done;
}

bool interest_read(struct interest *interest, const char *path, struct failure *why)
{
    struct text content = {0};
    bool done = file_read(&content, path, LARGEST_FILE, why) &&
                interest_parse(interest, path, text_bytes(&content), content.size, why);

    text_clear(&content);
    return done;
}

void interest_clear(struct interest *interest)
{
    for (size_t i = 0; i < interest->count; i++) {
        free(interest->entries[i].text);
    }
    free(interest->entries);
    *interest = (struct interest){0};
}

bool interest_has_port(const struct interest_entry *entry, int protocol, uint16_t port)
{
    return entry->kind == INTEREST_PORT && port >= entry->first && port <= entry->last &&
           (entry->protocol == 0 || entry->protocol == protocol);
}

bool interest_has_address(const struct interest_entry *entry, const struct socket_endpoint *end)
{
    return entry->kind == INTEREST_ADDRESS && end->address_size != 0 &&
           address_prefix_contains(&entry->prefix, end);
}

bool interest_has_user(const struct interest_entry *entry, const char *user)
{
    const char *bare = user == NULL ? NULL : strrchr(user, '\\');

    return entry->kind == INTEREST_USER && user != NULL &&
           (text_equal_fold(user, entry->text) ||
            (bare != NULL && text_equal_fold(bare + 1, entry->text)));
}

bool interest_has_program(const struct interest_entry *entry, const char *name, const char *path)
{
    if (entry->kind != INTEREST_PROGRAM) {
        return false;
    }
    if (strpbrk(entry->text, "/\\*") != NULL) {
        return path != NULL && pattern_matches(entry->text, path);
    }
    return name != NULL && text_equal_fold(name, entry->text);
}

bool interest_has_module(const struct interest_entry *entry, const char *path)
{
    return entry->kind == INTEREST_MODULE && pattern_matches(entry->text, path);
}

void interest_add(struct text *text, const struct interest_entry *entry)
{
    text_addf(text, "%s %s (line %d)", kinds[entry->kind], entry->text, entry->line);
}
