/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Files that are read as the test says, in the place of image_facts.c.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/thread.h"
#include "collector/image.h"

/* Set while nothing is being read, and looked at likewise. */
struct fake_image_facts {
    uint8_t status;       /* what every reading gives */
    bool no_memory;       /* it gives nothing */
    struct bell *nobody;  /* never rung: to let time pass; needed where `takes` is not 0 */
    int64_t takes;        /* milliseconds */
    struct bell *entered; /* where there is `let_go`: rung when a reading begins, */
    struct bell *let_go;  /* which waits for this one */

    int calls;
    int64_t largest;       /* of the last call */
    int64_t begun, ended;  /* clock_awake() of the last call */
    int64_t shortest_rest; /* between the end of one and the beginning of the next */
};

extern struct fake_image_facts fake_image_facts;

/* As at the start of a program: every file is read, in no time. */
void fake_image_facts_reset(void);
