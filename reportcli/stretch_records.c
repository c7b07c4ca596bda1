/* SPDX-License-Identifier: MIT */

#include "reportcli/stretch_records.h"

#include "store/ledger_query.h"

static const struct column columns[] = {
    {.name = "from_at", .type = COLUMN_TIME, .heading = "From", .help = "First sample"},
    {.name = "until_at",
     .type = COLUMN_TIME,
     .heading = "Until",
     .help = "Last sample",
     .rank = 5}, /* it is as wide as any two others, and follows from how long it lasted */
    {.name = "duration",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Lasted",
     .help = "From the first to the last sample",
     .rank = 1},
    {.name = "interval",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Every",
     .help = "Time between two samples",
     .rank = 3},
    {.name = "samples",
     .type = COLUMN_INTEGER,
     .heading = "Samples",
     .help = "How many samples were taken",
     .rank = 2},
    {.name = "ended",
     .type = COLUMN_TEXT,
     .heading = "Ended because",
     .help = "Why watching was interrupted; absent where it goes on"},
    {.name = "missed",
     .type = COLUMN_INTEGER,
     .heading = "Missed",
     .help = "Connections that were first seen already closing: at least so many came and went "
             "between two samples"},
    {.name = "left_out_processes",
     .type = COLUMN_INTEGER,
     .heading = "Owners left out",
     .help = "The most processes at a time that the settings said not to record",
     .rank = 4},
    {.name = "left_out_sockets",
     .type = COLUMN_INTEGER,
     .heading = "Sockets left out",
     .help = "The most sockets at a time: theirs, and those of the service's own probes",
     .rank = 4},
};

enum {
    FROM_AT,
    UNTIL_AT,
    DURATION,
    INTERVAL,
    SAMPLES,
    ENDED,
    MISSED,
    LEFT_OUT_PROCESSES,
    LEFT_OUT_SOCKETS,
    STRETCH_COLUMNS,
};

const struct column_table stretch_records_table = {
    .name = "stretch",
    .title = "a time of uninterrupted watching",
    .groups = {{columns, STRETCH_COLUMNS}},
};

struct printing {
    struct render *render;
    struct failure *why;
    bool failed;
};

static bool print_stretch(void *context, const struct ledger_stretch *stretch)
{
    struct printing *printing = context;
    struct value values[STRETCH_COLUMNS] = {0};

    values[FROM_AT] = value_number(stretch->begin_at);
    values[UNTIL_AT] = value_number(stretch->end_at);
    values[DURATION] = value_number(stretch->end_at - stretch->begin_at);
    values[INTERVAL] = value_number(stretch->interval);
    values[SAMPLES] = value_number(stretch->last_sample - stretch->first_sample + 1);
    if (stretch->ended != LEDGER_GAP_NONE) {
        values[ENDED] = value_text(ledger_gap_name((int)stretch->ended));
    }
    values[MISSED] = value_number(stretch->missed);
    values[LEFT_OUT_PROCESSES] = value_number(stretch->left_out_processes);
    values[LEFT_OUT_SOCKETS] = value_number(stretch->left_out_sockets);
    printing->failed = !render_record(printing->render, values, printing->why);
    return !printing->failed;
}

bool stretch_records_print(struct render *render, struct ledger *ledger, int64_t since,
                           int64_t until, struct failure *why)
{
    struct printing printing = {.render = render, .why = why};

    return ledger_walk_coverage(ledger, since, until, print_stretch, &printing, why) &&
           !printing.failed;
}
