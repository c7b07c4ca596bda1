/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a command prints: records with columns.
 *
 * Every kind of record has one table of columns. All renderers work from it,
 * docs/output.schema.json and docs/output.md are checked against it, and the
 * help lists it. A record is an array of values, one per column, in the
 * table's order.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column_type {
    COLUMN_TEXT,
    COLUMN_INTEGER,
    COLUMN_REAL,
    COLUMN_BOOLEAN,
    COLUMN_TIME,     /* milliseconds since 1970 UTC; printed as RFC 3339 with offset */
    COLUMN_DURATION, /* milliseconds; JSON and CSV print the number */
    COLUMN_SIZE,     /* bytes; JSON and CSV print the number */
    COLUMN_OBJECT,   /* several things with names: an object in JSON, elsewhere text */
    COLUMN_TYPE_COUNT,
};

/* What a list of several records does with a column that is the same in all of them. */
enum column_same {
    COLUMN_SAME_REPEATED,
    COLUMN_SAME_ONCE,     /* says it once, before them */
    COLUMN_SAME_NEEDLESS, /* leaves it out */
};

struct column {
    const char *name;    /* snake_case: the key in JSON, the head of the CSV column */
    const char *unit;    /* "ms", "bytes"; NULL: none */
    const char *heading; /* of the table */
    const char *ruler;   /* what stands there instead above cells of a fixed form; NULL: nothing */
    const char *help;    /* one line, no period */
    enum column_type type;
    int rank;     /* in a table: 0 is always shown; of the others those with the highest
                     number are left out first, together, where the terminal is too narrow.
                     Negative: only with --verbose */
    bool last;    /* it may be very long: a table shows it behind the others */
    bool digest;  /* of what another column has in full: a table may cut it where room is short */
    bool reason;  /* its beginning tells something, too: a table may cut it before it goes */
    bool below;   /* where there is no room it is told in a line below its row */
    bool open;    /* where there is no value, a table says "open" */
    uint8_t same; /* enum column_same */
};

/* Columns that several tables have in common are a group, written down once. */
struct column_group {
    const struct column *columns;
    size_t count;
};

enum {
    COLUMN_GROUPS = 6,
    COLUMNS_MAX = 64, /* of a table: room for a record on the stack */
};

struct column_table {
    const char *name;  /* of the record: "socket", "interval", "change" */
    const char *title; /* what one record is, for the help */
    bool single;       /* there is one record: people see it as lines of heading and value */
    struct column_group groups[COLUMN_GROUPS]; /* one behind the other; a count of 0 ends them */
    const int *ranks[COLUMN_GROUPS]; /* of a group's columns in this table; NULL: their own */
};

size_t column_count(const struct column_table *table);

/* The column at place i, which must be below column_count(). */
const struct column *column_at(const struct column_table *table, size_t i);

/* Its rank in this table. */
int column_rank(const struct column_table *table, size_t i);

/* "text", "integer" and so on: the words of help and documents. */
const char *column_type_name(enum column_type type);

/* {0} is an absent value: null in JSON, empty in CSV, "-" or "open" in a table. */
struct value {
    bool present;
    const char *text; /* TEXT: UTF-8 from anywhere; lent until the record is written. OBJECT: the
                         form for people */
    union {
        bool truth;       /* BOOLEAN */
        int64_t number;   /* INTEGER, TIME, DURATION, SIZE */
        double real;      /* REAL */
        const char *json; /* OBJECT: the same as JSON; lent likewise */
    };
};

struct value value_text(const char *text); /* absent for NULL */
struct value value_number(int64_t number); /* also times, durations, sizes */
struct value value_known(int64_t number);  /* absent for 0: "not known" in most of our structs */
struct value value_real(double real);
struct value value_truth(bool truth);
struct value value_object(const char *text, const char *json); /* absent for NULL */
