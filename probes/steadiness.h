/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which changes of a port are told: pure, and the same for events as they come
 * and for the changes that a ledger has.
 *
 * A change is told when the run after finds the same again, so that a single
 * lost packet is nothing. A port flaps that had four such changes within an
 * hour, or six results in sixteen runs that the run after did not find again:
 * then it is told once that it does, and nothing more until it was steady for
 * an hour, and for eight runs.
 */

#include <stdbool.h>
#include <stdint.h>

enum { STEADINESS_CHANGES = 4 };

/* Starts as {0}, and has seen nothing then. */
struct steadiness {
    int told;           /* the state that was told last */
    int told_before;    /* and the one before that */
    int seen;           /* in the newest run */
    int64_t seen_since; /* the first of the runs in a row that saw it */
    unsigned runs;      /* of them */

    int64_t confirmed[STEADINESS_CHANGES]; /* when the newest changes of these were, in a ring */
    unsigned confirmed_count;
    uint16_t alone; /* a bit a run: the next one did not find the same; the newest: not known yet */

    unsigned changes; /* confirmed or not, since it was steady for as long */
    int64_t since;    /* the first of them */
    int64_t changed_at;
    bool flaps;
};

enum steadiness_news {
    STEADINESS_SAME,    /* nothing is to be told */
    STEADINESS_CHANGED, /* from told_before to told, since seen_since */
    STEADINESS_FLAPS,   /* so many `changes` since `since` */
    STEADINESS_STEADY,  /* it flapped: `changes` since `since`, and is `seen` since seen_since */
};

/* A state: an enum probe_status with an enum expectation_result, and the status of it again. */
int steadiness_state(int status, int judgement);
int steadiness_status(int state);
int steadiness_judgement(int state);

/*
 * Takes in the state that a run found, at a moment. A clock that was set back
 * says nothing about how long it was steady.
 */
enum steadiness_news steadiness_take(struct steadiness *port, int state, int64_t at);
