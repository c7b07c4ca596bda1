/* SPDX-License-Identifier: MIT */

#include "reportcli/health_record.h"

#include <inttypes.h>

enum {
    LIMITS,
    FAILURES,
    CHECKED_AT,
    SAMPLE_TIME,
    SAMPLE_WORST,
    LATE,
    LATE_WORST,
    CHANGES,
    DENIED,
    GROWTH,
    CPU_TIME,
    MEMORY,
    HANDLES,
    NEXT_JOB,
    NEXT_JOB_AT,
    HARDENING,
};

const struct column health_record_columns[HEALTH_RECORD_COLUMNS] = {
    [LIMITS] = {.name = "limits",
                .type = COLUMN_TEXT,
                .heading = "Limits that act",
                .help = "What the service does less of, by which limit; absent where none acts",
                .rank = 1},
    [FAILURES] = {.name = "failures",
                  .type = COLUMN_OBJECT,
                  .heading = "Failures",
                  .help = "What failed since the service began, by kind; absent where nothing did",
                  .rank = 1},
    [CHECKED_AT] = {.name = "health_at",
                    .type = COLUMN_TIME,
                    .heading = "Health as of",
                    .help = "When the service wrote these two and what follows: it does so every "
                            "two minutes",
                    .rank = -1},
    [SAMPLE_TIME] = {.name = "sample_time",
                     .type = COLUMN_REAL,
                     .unit = "ms",
                     .heading = "Sample takes",
                     .help = "What reading the system took: median of the last 600 samples",
                     .rank = -1},
    [SAMPLE_WORST] = {.name = "sample_time_worst",
                      .type = COLUMN_REAL,
                      .unit = "ms",
                      .heading = "At worst",
                      .help = "The longest of them",
                      .rank = -1},
    [LATE] = {.name = "late",
              .type = COLUMN_DURATION,
              .unit = "ms",
              .heading = "Late by",
              .help = "How late samples began: median of the last 600",
              .rank = -1},
    [LATE_WORST] = {.name = "late_worst",
                    .type = COLUMN_DURATION,
                    .unit = "ms",
                    .heading = "At worst late by",
                    .help = "The latest of them",
                    .rank = -1},
    [CHANGES] = {.name = "changes",
                 .type = COLUMN_INTEGER,
                 .heading = "Changes",
                 .help = "Intervals opened and closed since the service began",
                 .rank = -1},
    [DENIED] = {.name = "denied_processes",
                .type = COLUMN_INTEGER,
                .heading = "Denied",
                .help = "Processes that the system did not let the service open",
                .rank = -1},
    [GROWTH] = {.name = "growth_per_day",
                .type = COLUMN_SIZE,
                .unit = "bytes",
                .heading = "Growth a day",
                .help = "By how much the main file grows; absent in the first hour",
                .rank = -1},
    [CPU_TIME] = {.name = "cpu_time",
                  .type = COLUMN_DURATION,
                  .unit = "ms",
                  .heading = "Processor time",
                  .help = "What the service has used since it began",
                  .rank = -1},
    [MEMORY] = {.name = "memory",
                .type = COLUMN_SIZE,
                .unit = "bytes",
                .heading = "Memory",
                .help = "What the service has in memory",
                .rank = -1},
    [HANDLES] = {.name = "handles",
                 .type = COLUMN_INTEGER,
                 .heading = "Handles",
                 .help = "Handles or descriptors that the service has open",
                 .rank = -1},
    [NEXT_JOB] = {.name = "next_job",
                  .type = COLUMN_TEXT,
                  .heading = "Next job",
                  .help = "The job that is due next",
                  .rank = -1},
    [NEXT_JOB_AT] = {.name = "next_job_at",
                     .type = COLUMN_TIME,
                     .heading = "Due at",
                     .help = "When it is",
                     .rank = -1},
    [HARDENING] = {.name = "hardening",
                   .type = COLUMN_TEXT,
                   .heading = "Hardening",
                   .help = "What took effect of the service's hardening",
                   .rank = -1},
};

/* Which number a column shows; a real one is told in thousandths. */
static const struct {
    int column;
    enum ledger_health_number number;
    int64_t parts;
} numbers[] = {
    {CHECKED_AT, HEALTH_AT, 1},
    {SAMPLE_TIME, HEALTH_SAMPLE_MEDIAN, 1000},
    {SAMPLE_WORST, HEALTH_SAMPLE_WORST, 1000},
    {LATE, HEALTH_LATE_MEDIAN, 1},
    {LATE_WORST, HEALTH_LATE_WORST, 1},
    {CHANGES, HEALTH_CHANGES, 1},
    {DENIED, HEALTH_DENIED, 1},
    {GROWTH, HEALTH_GROWTH, 1},
    {CPU_TIME, HEALTH_CPU, 1000},
    {MEMORY, HEALTH_MEMORY, 1},
    {HANDLES, HEALTH_HANDLES, 1},
    {NEXT_JOB_AT, HEALTH_NEXT_JOB, 1},
};

static const struct {
    int column;
    enum ledger_health_text text;
} texts[] = {
    {LIMITS, HEALTH_LIMITS},
    {NEXT_JOB, HEALTH_NEXT_JOB_NAME},
    {HARDENING, HEALTH_HARDENING},
};

/* "samples 3, commits 1" and {"samples":3,"commits":1}. */
static void add_failures(const struct ledger_health *health, struct health_words *words)
{
    for (int i = HEALTH_FAILED_SAMPLES; i < LEDGER_HEALTH_NUMBERS; i++) {
        const char *name = ledger_health_failure(i);
        bool first = words->failures.size == 0;

        if (health->numbers[i] > 0) {
            text_addf(&words->failures, "%s%s %" PRId64, first ? "" : ", ", name,
                      health->numbers[i]);
            text_addf(&words->json, "%s\"%s\":%" PRId64, first ? "{" : ",", name,
                      health->numbers[i]);
        }
    }
    text_add(&words->json, "}");
}

void health_record_fill(const struct ledger_health *health, struct health_words *words,
                        struct value *values)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        int64_t number = health->numbers[numbers[i].number];

        if (!health->known[numbers[i].number]) {
            continue;
        }
        values[numbers[i].column] = health_record_columns[numbers[i].column].type == COLUMN_REAL
                                        ? value_real((double)number / (double)numbers[i].parts)
                                        : value_number(number / numbers[i].parts);
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (health->texts[texts[i].text].size > 0) {
            values[texts[i].column] = value_text(text_bytes(&health->texts[texts[i].text]));
        }
    }
    add_failures(health, words);
    if (words->failures.size > 0) {
        values[FAILURES] = value_object(text_bytes(&words->failures), text_bytes(&words->json));
    }
}

void health_words_clear(struct health_words *words)
{
    text_clear(&words->failures);
    text_clear(&words->json);
}
