/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a server said, in named fields.
 *
 * A protocol has one table of fields; docs/probes.md is checked against it. A
 * value belongs to a field, and where a server lists things that have several
 * fields each (RPC endpoints, SQL instances, certificates of a chain), to one of
 * them: its `item`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum answer_type {
    ANSWER_TEXT,   /* UTF-8; what came as bytes that are none is made visible */
    ANSWER_NUMBER, /* in `unit` */
    ANSWER_TIME,   /* milliseconds since 1970 UTC */
    ANSWER_TRUTH,  /* 0 or 1 */
};

struct answer_field {
    const char *name; /* snake_case: the key of outputs, and of expectations of jobs */
    enum answer_type type;
    const char *unit;  /* "ms", "bytes"; NULL: none */
    const char *help;  /* one line, no period */
    bool many;         /* there can be several of it in an answer, or in an item */
    bool telling;      /* shown where there is room for little: without any, the first few are */
    const char *label; /* words before it there; NULL: its name, and none before a text */
    bool fleeting;     /* differs from one time to the next (a clock): no change of the server */
};

/* One of them. */
struct answer_value {
    const struct answer_field *field;
    uint32_t item; /* 0: of the answer as a whole; else the number of its item, from 1 on */
    const char
        *group;     /* of an item: what it is one of, "endpoint"; NULL for item 0. Lent for ever */
    int64_t number; /* NUMBER, TIME, TRUTH */
    const char *text; /* TEXT; lives as long as the answer; NULL for the others */
};

/* Starts as {0}. Belongs to one thread. */
struct answer {
    struct answer_value *values; /* in the order in which they were added */
    size_t count;
    size_t capacity;
    size_t text_size;  /* of all texts together */
    uint32_t items;    /* that were begun */
    const char *group; /* of the newest item */
    bool in_item;
    bool cut;          /* there was more than is kept: see the limits */
    bool lacks_memory; /* likewise, since memory ran out */
};

enum {
    ANSWER_VALUES_MOST = 8192, /* an endpoint mapper of a large server has a thousand endpoints */
    ANSWER_TEXT_MOST = 1024 * 64,    /* bytes of one text */
    ANSWER_TEXTS_MOST = 1024 * 1024, /* bytes of all texts */
};

void answer_clear(struct answer *answer);

/* Bytes as the server sent them: made valid and visible UTF-8, without blanks at the end. */
void answer_add_text(struct answer *answer, const struct answer_field *field, const void *bytes,
                     size_t size);
void answer_add_string(struct answer *answer, const struct answer_field *field, const char *text);
void answer_addf(struct answer *answer, const struct answer_field *field, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* As hexadecimal digits, two each, with nothing in between. */
void answer_add_hex(struct answer *answer, const struct answer_field *field, const void *bytes,
                    size_t size);

/* NUMBER, TIME or TRUTH. */
void answer_add_number(struct answer *answer, const struct answer_field *field, int64_t number);

/* What is added from here on belongs to a new item, up to answer_end_item(). */
void answer_begin_item(struct answer *answer, const char *group);
void answer_end_item(struct answer *answer);

/* The first value of that field; NULL where there is none. */
const struct answer_value *answer_find(const struct answer *answer, const char *name);

/* Moves all of *from behind what *to has; its items follow those of *to. *from is empty then. */
void answer_append(struct answer *to, struct answer *from);
