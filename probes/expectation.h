/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the outcome of a probe should be, and whether it is. Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "probes/outcome.h"

enum expected_status {
    EXPECT_ANY,
    EXPECT_LISTENING,
    EXPECT_NOT_LISTENING,
    EXPECT_FILTERED,
    EXPECTED_STATUS_COUNT,
};

/* "any", "listening", "not-listening", "filtered": as the settings have them; ended by NULL. */
extern const char *const expected_status_names[];

enum value_test {
    VALUE_EQUALS,   /* of texts; case does not count */
    VALUE_CONTAINS, /* likewise */
    VALUE_AT_LEAST, /* of numbers */
    VALUE_AT_MOST,
};

/* Something that the server says of itself. */
struct expected_value {
    const char *field; /* an answer_field's name; lent, as `text` */
    const char *text;
    int64_t number;
    enum value_test test;
};

/* {0} expects nothing. */
struct expectation {
    enum expected_status status;
    int64_t certificate_days; /* that the server's certificate is valid for, at least; 0: any */
    struct expected_value *values;
    size_t value_count;
};

enum expectation_result {
    EXPECTATION_HELD,
    EXPECTATION_NOT_HELD,
    EXPECTATION_UNDECIDED, /* the outcome does not tell */
    EXPECTATION_RESULTS,
};

/* "held", "not held", "undecided"; "unknown" of any other number. */
const char *expectation_result_name(enum expectation_result result);

/*
 * Compares, and appends one sentence without a period that says why: the first
 * thing that does not hold, else the first that is undecided, else what held.
 *
 * "LISTENING or FILTERED" leaves both of these undecided, and is not NOT
 * LISTENING. A port that was never asked because the name has no address is
 * not LISTENING, and says nothing else; one that this machine could not ask,
 * or of whose name no name server could say, says nothing at all. Certificate and values are looked
 * for in what the server said: where a port is not LISTENING, or was not asked in a protocol, they
 * are undecided. Of a value that is there several times one is enough; of a chain of certificates
 * the first counts, which is the server's own.
 */
enum expectation_result expectation_judge(const struct expectation *expectation,
                                          const struct outcome *outcome, struct text *sentence);
