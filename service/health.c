/* SPDX-License-Identifier: MIT */

#include "service/health.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)

static void add(struct health_series *series, int64_t value)
{
    series->values[series->next] = value;
    series->next = (series->next + 1) % HEALTH_LATELY;
    series->count += series->count < HEALTH_LATELY ? 1 : 0;
}

static int compare(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

static void fill_series(const struct health_series *series, struct ledger_health *out,
                        enum ledger_health_number median, enum ledger_health_number worst)
{
    int64_t sorted[HEALTH_LATELY];

    if (series->count == 0) {
        return;
    }
    memcpy(sorted, series->values, series->count * sizeof(sorted[0]));
    qsort(sorted, series->count, sizeof(sorted[0]), compare);
    health_set(out, median, sorted[(series->count - 1) / 2]);
    health_set(out, worst, sorted[series->count - 1]);
}

void health_late(struct health *health, int64_t milliseconds)
{
    add(&health->late, milliseconds);
}

void health_sample(struct health *health, const struct snapshot *snapshot, int64_t microseconds)
{
    add(&health->lasted, microseconds);
    health->samples++;
    health->sockets = (int64_t)snapshot->socket_count;
    health->denied = 0;
    for (size_t i = 0; i < snapshot->process_count; i++) {
        health->denied += snapshot->processes[i]->access == PROCESS_DENIED ? 1 : 0;
    }
}

void health_count(struct health *health, enum ledger_health_number failure, int64_t times)
{
    assert(failure >= HEALTH_FAILED_SAMPLES && failure < LEDGER_HEALTH_NUMBERS);
    health->failures[failure] += times;
}

/* One an hour is kept; of more than a day the oldest goes. */
void health_size(struct health *health, int64_t steady, int64_t bytes)
{
    struct health_size *sizes = health->sizes;
    size_t count = health->size_count;

    if (count > 1 && sizes[count - 1].at - sizes[count - 2].at < HOUR_MS) {
        count--; /* the newest moves on until it is an hour after the one before */
    } else if (count == HEALTH_SIZES) {
        memmove(sizes, sizes + 1, (HEALTH_SIZES - 1) * sizeof(*sizes));
        count--;
    }
    sizes[count] = (struct health_size){steady, bytes};
    health->size_count = count + 1;
}

static void fill_growth(const struct health *health, struct ledger_health *out)
{
    const struct health_size *first = &health->sizes[0];
    const struct health_size *last = first;
    int64_t lasted;

    if (health->size_count > 0) {
        last += health->size_count - 1;
    }
    lasted = last->at - first->at;
    if (lasted >= HOUR_MS) {
        health_set(
            out, HEALTH_GROWTH,
            (int64_t)((double)(last->bytes - first->bytes) * (double)DAY_MS / (double)lasted));
    }
}

void health_set(struct ledger_health *out, enum ledger_health_number which, int64_t number)
{
    out->known[which] = true;
    out->numbers[which] = number;
}

void health_fill(const struct health *health, struct ledger_health *out)
{
    fill_series(&health->lasted, out, HEALTH_SAMPLE_MEDIAN, HEALTH_SAMPLE_WORST);
    fill_series(&health->late, out, HEALTH_LATE_MEDIAN, HEALTH_LATE_WORST);
    health_set(out, HEALTH_SAMPLES, health->samples);
    health_set(out, HEALTH_SOCKETS, health->sockets);
    health_set(out, HEALTH_DENIED, health->denied);
    fill_growth(health, out);
    for (int i = HEALTH_FAILED_SAMPLES; i < LEDGER_HEALTH_NUMBERS; i++) {
        health_set(out, (enum ledger_health_number)i, health->failures[i]);
    }
}
