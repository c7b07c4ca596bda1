/* SPDX-License-Identifier: MIT */

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_CAPACITY = 64,
    REPLACEMENT = 0xFFFD,
    LONGEST_WORD = 64, /* for text_closest(); nobody mistypes a longer one */
};

const char *text_bytes(const struct text *text)
{
    return text->bytes == NULL ? "" : text->bytes;
}

/* Makes room for `more` bytes and the 0 behind them. */
static bool grow(struct text *text, size_t more)
{
    size_t capacity = text->capacity == 0 ? FIRST_CAPACITY : text->capacity;
    char *bytes;

    if (text->failed || more >= SIZE_MAX / 4 - text->size) {
        text->failed = true;
        return false;
    }
    while (capacity <= text->size + more) {
        capacity *= 2;
    }
    if (capacity == text->capacity) {
        return true;
    }
    bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

/* What is mostly asked for is there: a million records are built of some hundred million pieces. */
static inline bool make_room(struct text *text, size_t more)
{
    return (!text->failed && more < text->capacity - text->size) || grow(text, more);
}

void text_add_bytes(struct text *text, const void *bytes, size_t size)
{
    if (make_room(text, size)) {
        if (size > 0) { /* memcpy() may not be given NULL, not even for nothing */
            memcpy(text->bytes + text->size, bytes, size);
        }
        text->size += size;
        text->bytes[text->size] = '\0';
    }
}

char *text_add_room(struct text *text, size_t size)
{
    if (!make_room(text, size)) {
        return NULL;
    }
    text->size += size;
    text->bytes[text->size] = '\0';
    return text->bytes + text->size - size;
}

void text_add(struct text *text, const char *bytes)
{
    text_add_bytes(text, bytes, strlen(bytes));
}

void text_add_char(struct text *text, char c)
{
    text_add_bytes(text, &c, 1);
}

void text_add_repeated(struct text *text, char c, size_t count)
{
    if (make_room(text, count)) {
        memset(text->bytes + text->size, c, count);
        text->size += count;
        text->bytes[text->size] = '\0';
    }
}

void text_add_number(struct text *text, int64_t number)
{
    char digits[20]; /* of the smallest: 19 and a sign */
    char *at = digits + sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        *--at = '-';
    }
    text_add_bytes(text, at, (size_t)(digits + sizeof(digits) - at));
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_addv(text, format, args);
    va_end(args);
}

void text_addv(struct text *text, const char *format, va_list args)
{
    size_t room = text->failed ? 0 : text->capacity - text->size;
    va_list again;
    int size;

    va_copy(again, args);
    size = vsnprintf(room > 0 ? text->bytes + text->size : NULL, room, format, again);
    va_end(again);
    if (size < 0) {
        text->failed = true;
    } else if ((size_t)size < room) {
        text->size += (size_t)size;
        return;
    }
    if (room > 0) {
        text->bytes[text->size] = '\0'; /* not the beginning of what had no room */
    }
    if (size >= 0 && make_room(text, (size_t)size)) {
        vsnprintf(text->bytes + text->size, (size_t)size + 1, format, args);
        text->size += (size_t)size;
    }
}

void text_reset(struct text *text)
{
    text->size = 0;
    if (text->bytes != NULL) {
        text->bytes[0] = '\0';
    }
}

void text_clear(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

bool text_ok(const struct text *text, struct failure *why)
{
    if (text->failed) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a text of more than %zu bytes",
                    text->size);
    }
    return true;
}

char *text_take(struct text *text)
{
    char *bytes;

    text_add_bytes(text, NULL, 0); /* so that an empty text has its 0 */
    bytes = text->bytes;
    if (text->failed) {
        free(bytes);
        bytes = NULL;
    }
    *text = (struct text){0};
    return bytes;
}

char *text_copy(const char *bytes)
{
    return text_copy_size(bytes, strlen(bytes));
}

char *text_copy_size(const char *bytes, size_t size)
{
    char *copy = size == SIZE_MAX ? NULL : malloc(size + 1);

    if (copy != NULL) {
        if (size > 0) {
            memcpy(copy, bytes, size);
        }
        copy[size] = '\0';
    }
    return copy;
}

/* How UTF-8 spells a code point, by the number of bytes. */
static const struct {
    unsigned char mask; /* the bits of the first byte that say how many follow */
    unsigned char lead;
    uint32_t minimum; /* a smaller value has a shorter form */
} forms[] = {
    {0x80, 0x00, 0x0},
    {0xE0, 0xC0, 0x80},
    {0xF0, 0xE0, 0x800},
    {0xF8, 0xF0, 0x10000},
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

/* Bytes of the character that begins with `lead`; 0 where none does. */
static size_t size_by_lead(unsigned char lead)
{
    for (size_t i = 0; i < FORMS; i++) {
        if ((lead & forms[i].mask) == forms[i].lead) {
            return i + 1;
        }
    }
    return 0;
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

static bool is_code_point(uint32_t value)
{
    return value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

uint32_t text_code_point(const char *bytes, size_t size, size_t *taken)
{
    unsigned char lead = (unsigned char)bytes[0];
    size_t count = size_by_lead(lead);
    uint32_t value;

    *taken = 1;
    if (count == 0 || count > size) {
        return REPLACEMENT;
    }
    value = lead & (unsigned char)~forms[count - 1].mask;
    for (size_t i = 1; i < count; i++) {
        if (!is_continuation(bytes[i])) {
            return REPLACEMENT;
        }
        value = value << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    if (value < forms[count - 1].minimum || !is_code_point(value)) {
        return REPLACEMENT;
    }
    *taken = count;
    return value;
}

/* A U+FFFD that stands in the text itself has three bytes. */
static bool is_invalid(uint32_t code_point, size_t taken)
{
    return code_point == REPLACEMENT && taken == 1;
}

void text_add_code_point(struct text *text, uint32_t code_point)
{
    uint32_t value = is_code_point(code_point) ? code_point : REPLACEMENT;
    size_t count = FORMS;
    char bytes[FORMS];

    while (count > 1 && value < forms[count - 1].minimum) {
        count--;
    }
    for (size_t i = count - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (value & 0x3F));
        value >>= 6;
    }
    bytes[0] = (char)(forms[count - 1].lead | value);
    text_add_bytes(text, bytes, count);
}

/* Whether no byte of eight is below ' ' or above '~'. A borrow or carry only comes from one that
 * is. */
static bool are_printable(uint64_t eight)
{
    const uint64_t each = UINT64_C(0x0101010101010101);

    return ((eight | (eight - each * ' ') | (eight + each)) & each << 7) == 0;
}

size_t text_printable(const char *bytes, size_t size)
{
    size_t count = 0;
    uint64_t eight;

    for (; size - count >= sizeof(eight); count += sizeof(eight)) {
        memcpy(&eight, bytes + count, sizeof(eight));
        if (!are_printable(eight)) {
            break;
        }
    }
    while (count < size && bytes[count] >= ' ' && bytes[count] <= '~') {
        count++;
    }
    return count;
}

void text_add_utf8(struct text *text, const char *bytes, size_t size)
{
    size_t begin = 0;
    size_t taken;

    for (size_t i = text_printable(bytes, size); i < size; i += taken) {
        uint32_t code_point = text_code_point(bytes + i, size - i, &taken);

        if (is_invalid(code_point, taken)) {
            text_add_bytes(text, bytes + begin, i - begin);
            text_add_code_point(text, REPLACEMENT);
            begin = i + 1;
        }
    }
    text_add_bytes(text, bytes + begin, size - begin);
}

size_t text_whole(const char *bytes, size_t size)
{
    for (size_t back = 1; back <= FORMS && back <= size; back++) {
        char byte = bytes[size - back];

        if (!is_continuation(byte)) {
            return size_by_lead((unsigned char)byte) > back ? size - back : size;
        }
    }
    return size;
}

/* Characters that act upon a terminal, or that nobody sees. */
static const struct {
    uint32_t first;
    uint32_t last;
} hidden[] = {
    {0x00, 0x1F},       /* C0 */
    {0x7F, 0x9F},       /* DEL and C1 */
    {0xAD, 0xAD},       /* soft hyphen */
    {0x34F, 0x34F},     /* grapheme joiner */
    {0x61C, 0x61C},     /* Arabic letter mark */
    {0x115F, 0x1160},   /* Hangul fillers */
    {0x17B4, 0x17B5},   /* Khmer inherent vowels */
    {0x180E, 0x180E},   /* Mongolian vowel separator */
    {0x200B, 0x200F},   /* zero width, and direction marks */
    {0x2028, 0x202E},   /* line and paragraph separators, directions */
    {0x2060, 0x206F},   /* invisible operators, isolates */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xFEFF, 0xFEFF},   /* byte order mark */
    {0xFFA0, 0xFFA0},   /* half-width Hangul filler */
    {0xFFF9, 0xFFFB},   /* interlinear annotations */
    {0x1BCA0, 0x1BCA3}, /* shorthand format controls */
    {0x1D173, 0x1D17A}, /* musical format controls */
    {0xE0000, 0xE00FF}, /* tags */
};

static bool is_hidden(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (code_point <= hidden[i].last) {
            return code_point >= hidden[i].first;
        }
    }
    return false;
}

static size_t put_named(char *form, char name)
{
    form[0] = '\\';
    form[1] = name;
    return 2;
}

/* The escape of a byte that is no character, or of a character that may not be shown. */
static size_t put_escape(char form[TEXT_VISIBLE_SIZE], uint32_t value, bool is_byte)
{
    switch (value) {
    case '\n':
        return put_named(form, 'n');
    case '\r':
        return put_named(form, 'r');
    case '\t':
        return put_named(form, 't');
    default:
        return (size_t)snprintf(form, TEXT_VISIBLE_SIZE, is_byte ? "\\x%02X" : "\\u{%X}",
                                (unsigned)value);
    }
}

size_t text_visible_form(char form[TEXT_VISIBLE_SIZE], const char *bytes, size_t size,
                         size_t *taken)
{
    uint32_t code_point = text_code_point(bytes, size, taken);

    if (is_invalid(code_point, *taken)) {
        return put_escape(form, (unsigned char)bytes[0], true);
    }
    if (is_hidden(code_point)) {
        return put_escape(form, code_point, *taken == 1);
    }
    memcpy(form, bytes, *taken);
    return *taken;
}

void text_add_visible(struct text *text, const char *bytes, size_t size)
{
    size_t i = 0;

    while (i < size) {
        size_t plain = text_printable(bytes + i, size - i);

        text_add_bytes(text, bytes + i, plain);
        i += plain;
        if (i < size) {
            char form[TEXT_VISIBLE_SIZE];
            size_t taken;

            text_add_bytes(text, form, text_visible_form(form, bytes + i, size - i, &taken));
            i += taken;
        }
    }
}

static char fold(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

void text_add_wrapped(struct text *text, const char *words, size_t at, size_t indent,
                      size_t columns)
{
    bool first = true;

    for (const char *word = words + strspn(words, " "); *word != '\0'; word += strspn(word, " ")) {
        size_t size = strcspn(word, " ");
        size_t width = text_columns(word, size);

        if (!first && at + 1 + width > columns) {
            text_add_char(text, '\n');
            text_add_repeated(text, ' ', indent);
            at = indent;
        } else if (!first) {
            text_add_char(text, ' ');
            at++;
        }
        text_add_bytes(text, word, size);
        at += width;
        word += size;
        first = false;
    }
}

bool text_equal_fold(const char *a, const char *b)
{
    size_t i = 0;

    while (a[i] != '\0' && fold(a[i]) == fold(b[i])) {
        i++;
    }
    return fold(a[i]) == fold(b[i]);
}

bool text_starts_fold(const char *text, const char *beginning)
{
    size_t i = 0;

    while (beginning[i] != '\0' && fold(text[i]) == fold(beginning[i])) {
        i++;
    }
    return beginning[i] == '\0';
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters that are wrong, missing, added or swapped between two words of at most LONGEST_WORD. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][LONGEST_WORD + 1]; /* of the prefixes of a: two letters ago, one ago, this */
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *row = rows[2];

    for (size_t j = 0; j <= b_size; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        size_t *spare = before;

        before = last;
        last = row;
        row = spare;
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            bool equal = fold(a[i - 1]) == fold(b[j - 1]);

            row[j] = smaller(last[j - 1] + (equal ? 0 : 1), smaller(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1])) {
                row[j] = smaller(row[j], before[j - 2] + 1);
            }
        }
    }
    return row[b_size];
}

const char *text_closest(const char *word, const char *const *words)
{
    size_t size = strlen(word);
    size_t allowed = size < 6 ? 1 : size / 3;
    size_t best = allowed + 1;
    const char *closest = NULL;

    if (size < 2 || size > LONGEST_WORD) { /* any other single letter is one letter away */
        return NULL;
    }
    for (const char *const *whole = words; *whole != NULL; whole++) {
        if (text_starts_fold(*whole, word)) {
            return *whole;
        }
    }
    for (; *words != NULL; words++) {
        size_t other = strlen(*words);
        size_t away = other > LONGEST_WORD ? best : distance(word, size, *words, other);

        if (away < best) {
            best = away;
            closest = *words;
        }
    }
    return closest;
}
