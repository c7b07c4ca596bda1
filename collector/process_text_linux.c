/* SPDX-License-Identifier: MIT */

#include "collector/process_text_linux.h"

#include <string.h>
#include <sys/sysmacros.h>

enum {
    DECIMAL = 10,
    HEXADECIMAL = 16,
};

/* What is still to be read. */
struct rest {
    const char *at;
    const char *end;
};

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + DECIMAL : HEXADECIMAL;
}

static bool take_number(struct rest *rest, int base, uint64_t *number)
{
    const char *begin = rest->at;

    *number = 0;
    while (rest->at < rest->end && digit_value(*rest->at) < base) {
        *number = *number * (uint64_t)base + (uint64_t)digit_value(*rest->at++);
    }
    return rest->at > begin;
}

static bool take_char(struct rest *rest, char c)
{
    if (rest->at == rest->end || *rest->at != c) {
        return false;
    }
    rest->at++;
    return true;
}

static void skip_blanks(struct rest *rest)
{
    while (rest->at < rest->end && (*rest->at == ' ' || *rest->at == '\t')) {
        rest->at++;
    }
}

/* proc(5): "Uid:" and the real, the effective, the saved and the file system's id. A line end in
 * the name, which comes first, is written as \n: no name looks like this line. */
bool process_text_user(const char *status, size_t size, uint32_t *user)
{
    static const char key[] = "\nUid:";
    const char *line = memmem(status, size, key, sizeof(key) - 1);
    struct rest rest = {.end = status + size};
    uint64_t number = 0;

    if (line == NULL) {
        return false;
    }
    rest.at = line + sizeof(key) - 1;
    for (int i = 0; i < 2; i++) {
        skip_blanks(&rest);
        if (!take_number(&rest, DECIMAL, &number) || number > UINT32_MAX) {
            return false;
        }
    }
    *user = (uint32_t)number;
    return true;
}

static bool is_plain(char c)
{
    unsigned char byte = (unsigned char)c;

    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           byte >= 0x80 || (c != '\0' && strchr("@%+=:,./_-", c) != NULL);
}

static bool needs_quotes(const char *argument, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!is_plain(argument[i])) {
            return true;
        }
    }
    return size == 0;
}

/* POSIX, Shell Command Language 2.2.2: nothing but a single quote ends single quotes. */
static void add_argument(struct text *text, const char *argument, size_t size)
{
    const char *end = argument + size;

    if (!needs_quotes(argument, size)) {
        text_add_utf8(text, argument, size);
        return;
    }
    text_add_char(text, '\'');
    while (argument < end) {
        const char *quote = memchr(argument, '\'', (size_t)(end - argument));
        const char *stop = quote == NULL ? end : quote;

        text_add_utf8(text, argument, (size_t)(stop - argument));
        text_add(text, quote == NULL ? "" : "'\\''");
        argument = quote == NULL ? end : quote + 1;
    }
    text_add_char(text, '\'');
}

/* "nginx: master process", but no "/opt/My Program/run": a path before the first blank. */
static bool looks_like_title(const char *text, size_t size)
{
    const char *blank = memchr(text, ' ', size);

    return blank != NULL && memchr(text, '/', (size_t)(blank - text)) == NULL;
}

/*
 * How much of the arguments is the text of a process that wrote over them; 0:
 * they are arguments. Where there is no 0 at the end of the arguments, the
 * kernel gives the text up to the 0 that follows, and that 0 with it
 * (get_mm_proctitle() in fs/proc/base.c); other programs, as nginx, fill what
 * is behind their text with 0. Both look like one argument.
 */
static size_t title_size(const char *arguments, size_t size)
{
    size_t title = strnlen(arguments, size);

    for (size_t i = title; i < size; i++) {
        if (arguments[i] != '\0') {
            return 0;
        }
    }
    return title == size || looks_like_title(arguments, title) ? title : 0;
}

static void add_arguments(struct text *text, const char *arguments, size_t size, size_t limit)
{
    size_t argument = 0;

    for (size_t at = 0; at < size && text->size <= limit && !text->failed; at += argument + 1) {
        argument = strnlen(arguments + at, size - at);
        if (at > 0) {
            text_add_char(text, ' ');
        }
        add_argument(text, arguments + at, argument);
    }
}

static void cut(struct text *text, size_t limit)
{
    static const char mark[] = " [...]";

    if (text->size > limit) {
        text->size = text_whole(text->bytes, limit - (sizeof(mark) - 1));
        text_add(text, mark);
    }
}

void process_text_add_command_line(struct text *text, const char *arguments, size_t size,
                                   size_t limit)
{
    size_t title = title_size(arguments, size);

    if (title > 0) {
        text_add_utf8(text, arguments, title);
    } else {
        add_arguments(text, arguments, size, limit);
    }
    cut(text, limit);
}

static bool take_range(struct rest *rest, struct process_mapping *mapping)
{
    return take_number(rest, HEXADECIMAL, &mapping->begin) && take_char(rest, '-') &&
           take_number(rest, HEXADECIMAL, &mapping->end) && take_char(rest, ' ') &&
           mapping->end > mapping->begin;
}

/* "r-xp" */
static bool take_rights(struct rest *rest, struct process_mapping *mapping)
{
    if (rest->end - rest->at < 4) {
        return false;
    }
    mapping->is_code = rest->at[2] == 'x';
    rest->at += 4;
    return take_char(rest, ' ');
}

/* "00002000 fe:01 131": offset, device and inode. */
static bool take_file(struct rest *rest, struct process_mapping *mapping)
{
    uint64_t number;
    uint64_t minor_number;

    if (!take_number(rest, HEXADECIMAL, &number) || !take_char(rest, ' ') ||
        !take_number(rest, HEXADECIMAL, &number) || !take_char(rest, ':') ||
        !take_number(rest, HEXADECIMAL, &minor_number) || !take_char(rest, ' ')) {
        return false;
    }
    mapping->volume = makedev((unsigned)number, (unsigned)minor_number);
    return take_number(rest, DECIMAL, &mapping->inode);
}

bool process_text_mapping(const char *line, size_t size, struct process_mapping *mapping)
{
    struct rest rest = {line, line + size};

    *mapping = (struct process_mapping){0};
    if (!take_range(&rest, mapping) || !take_rights(&rest, mapping) || !take_file(&rest, mapping) ||
        (rest.at < rest.end && *rest.at != ' ')) {
        return false;
    }
    /* The name stands in a column of its own, and may begin with anything but a blank that the
     * column would hide: names of files begin with '/'. */
    skip_blanks(&rest);
    mapping->name = rest.at;
    mapping->name_size = (size_t)(rest.end - rest.at);
    return true;
}

void process_text_add_name(struct text *text, const char *name, size_t size)
{
    static const char line_end[] = "\\012";
    const size_t length = sizeof(line_end) - 1;
    const char *end = name + size;
    const char *found;

    while ((found = memmem(name, (size_t)(end - name), line_end, length)) != NULL) {
        text_add_bytes(text, name, (size_t)(found - name));
        text_add_char(text, '\n');
        name = found + length;
    }
    text_add_bytes(text, name, (size_t)(end - name));
}

size_t process_text_unmarked(const char *name, size_t size)
{
    static const char mark[] = " (deleted)";
    const size_t length = sizeof(mark) - 1;

    return size > length && memcmp(name + size - length, mark, length) == 0 ? size - length : size;
}
