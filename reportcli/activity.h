/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What applications, users, ports, services or runs of programs did with
 * ports, summed up out of a ledger: how long, at which hours, with whom.
 *
 * Memory is bounded: so many rows, and so many things of all rows together.
 * What has no room is counted.
 *
 * Sockets are counted by intervals that begin one: a connection that goes from
 * state to state is one. In daily rows (ledger_profile.h) that is lost: what
 * they count is a connection for each state that it was seen in.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/hash_index.h"
#include "base/hours_of_day.h"
#include "base/text.h"
#include "reportcli/interest.h"
#include "reportcli/listeners.h"
#include "store/ledger_profile.h"
#include "store/ledger_query.h"

enum activity_by {
    ACTIVITY_BY_APPLICATION, /* path of the program, or its name where that is not known */
    ACTIVITY_BY_USER,
    ACTIVITY_BY_PORT,
    ACTIVITY_BY_SERVICE,
    ACTIVITY_BY_INSTANCE, /* one run of a program */
};

enum { DAYS_OF_WEEK = 7, ACTIVITY_ROWS = 1 << 14, ACTIVITY_THINGS = 1 << 18 };

#define ACTIVITY_NONE UINT32_MAX

/* Something that belongs to a row, counted. */
enum activity_thing_kind {
    ACTIVITY_LISTENS,     /* protocol and port that it listened on, or has as UDP */
    ACTIVITY_CONNECTS,    /* protocol and port that it connected to elsewhere */
    ACTIVITY_PEER,        /* address of another end */
    ACTIVITY_SERVICE,     /* text */
    ACTIVITY_APPLICATION, /* text, of rows that are of none */
    ACTIVITY_INTEREST,    /* `port` is the place of an entry of the list */
    ACTIVITY_KINDS,
};

struct activity_thing {
    uint32_t row;
    uint32_t next; /* of the same row; ACTIVITY_NONE: the last */
    uint8_t kind;
    uint8_t protocol;
    int port;
    struct socket_endpoint end; /* address only */
    size_t text;                /* offset in `texts` */
    int64_t count;
    int64_t first_seen_at;
};

struct activity_row {
    size_t name; /* offsets in `texts`; what has none points to an empty text */
    size_t path;
    size_t user;
    int64_t instance;
    int64_t started_at;
    uint32_t pid;
    uint8_t protocol; /* of a port */
    uint16_t port;
    bool elsewhere;  /* of a port: it is the other end's */
    bool misplaced;  /* known_names.h */
    uint32_t things; /* the newest; ACTIVITY_NONE: none */
    int64_t first_seen_at;
    int64_t last_seen_at;
    int64_t intervals;
    int64_t inbound; /* connections */
    int64_t outbound;
    int64_t undirected; /* found when watching began, with nobody listening any more */
    int64_t waiting;    /* SYN SENT: nobody had answered yet */
    int64_t open;       /* milliseconds of the watched time */
    int64_t hours[HOURS_OF_DAY];
    int64_t days[DAYS_OF_WEEK]; /* from Monday on */
    int64_t daily_intervals;    /* out of daily rows */
    int64_t daily_open;         /* the least, milliseconds, likewise */
    int64_t daily_day;          /* for activity.c, from here on */
    int64_t daily_of_day;
    int64_t stretch_id;
    int64_t counted_until;
};

struct activity_question {
    enum activity_by by;
    struct ledger_filter filter;
    const struct interest *interest;   /* NULL: none */
    hours_of_day_zone_fn *zone_offset; /* of hours and weekdays */
    bool daily;                        /* daily rows, too: the filter is one that they can answer */
    struct ledger_position dropped;    /* what ended by then counts in daily rows alone */
};

/* Starts as {0}. */
struct activity {
    struct activity_row *rows; /* in the order in which they were first seen */
    size_t count;
    struct activity_thing *things;
    size_t thing_count;
    struct text texts;       /* each ends in 0; the first is empty */
    int64_t rows_left_out;   /* intervals of rows for which was no room */
    int64_t things_left_out; /* likewise */
    int64_t listeners_left_out;
    int64_t since; /* of what was watched within the range */
    int64_t until;
    int64_t watched; /* milliseconds */
    int64_t hours_watched[HOURS_OF_DAY];
    int64_t days_watched[DAYS_OF_WEEK];
};

/* Replaces what is in *activity. Three walks: stretches, listeners, intervals. */
bool activity_read(struct activity *activity, struct ledger *ledger,
                   const struct activity_question *question, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void activity_clear(struct activity *activity);
