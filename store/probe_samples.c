/* SPDX-License-Identifier: MIT */

#include "store/probe_samples.h"

#include <stdlib.h>

#include "probes/expectation.h"
#include "probes/outcome.h"

enum { CODES = 16, STATUSES = 5 };

int64_t probe_hour(int64_t at)
{
    return at / PROBE_HOUR_MS - (at % PROBE_HOUR_MS < 0 ? 1 : 0);
}

static size_t put_number(uint8_t *bytes, uint64_t number)
{
    size_t size = 0;

    while (number >= 0x80) {
        bytes[size++] = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    bytes[size++] = (uint8_t)number;
    return size;
}

static bool take_number(struct probe_sample_walk *walk, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; shift < 64 && walk->place < walk->size; shift += 7) {
        uint8_t byte = walk->bytes[walk->place++];

        *number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return true;
        }
    }
    return false;
}

size_t probe_sample_put(uint8_t bytes[PROBE_SAMPLE_BYTES], int64_t before,
                        const struct probe_sample *sample)
{
    int64_t step = sample->at - before;
    uint64_t zigzag = step < 0 ? (uint64_t)(-(step + 1)) * 2 + 1 : (uint64_t)step * 2;
    uint64_t us = sample->us < 0 ? 0 : (uint64_t)sample->us + 1;
    size_t size = put_number(bytes, zigzag);

    return size + put_number(bytes + size,
                             us * CODES + sample->judgement * (uint64_t)STATUSES + sample->status);
}

struct probe_sample_walk probe_samples(const void *bytes, size_t size, int64_t hour)
{
    bool sane = hour > INT64_MIN / PROBE_HOUR_MS && hour < INT64_MAX / PROBE_HOUR_MS;

    return (struct probe_sample_walk){
        .bytes = bytes, .size = bytes == NULL ? 0 : size, .at = sane ? hour * PROBE_HOUR_MS : 0};
}

bool probe_sample_next(struct probe_sample_walk *walk, struct probe_sample *sample)
{
    uint64_t step;
    uint64_t code;

    if (!take_number(walk, &step) || !take_number(walk, &code) || code % CODES == CODES - 1) {
        return false;
    }
    walk->at = (int64_t)((uint64_t)walk->at + ((step >> 1) ^ (0 - (step & 1))));
    *sample = (struct probe_sample){
        .at = walk->at,
        .us = (int64_t)(code / CODES) - 1,
        .status = (uint8_t)(code % CODES % STATUSES),
        .judgement = (uint8_t)(code % CODES / STATUSES),
    };
    return true;
}

static bool add_time(struct probe_sum *sum, int64_t us, struct failure *why)
{
    if (sum->count == sum->capacity) {
        size_t capacity = sum->capacity * 2 + 256;
        int64_t *times = realloc(sum->times, capacity * sizeof(*times));

        if (times == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu timings", capacity);
        }
        sum->times = times;
        sum->capacity = capacity;
    }
    sum->times[sum->count++] = us;
    return true;
}

bool probe_sum_add(struct probe_sum *sum, const struct probe_sample *sample, struct failure *why)
{
    struct probe_figure *figure = &sum->figure;

    figure->asked++;
    figure->unasked += sample->status == PROBE_NOT_ASKED ? 1 : 0;
    figure->held += sample->judgement == EXPECTATION_HELD ? 1 : 0;
    figure->undecided += sample->judgement == EXPECTATION_UNDECIDED ? 1 : 0;
    if (sample->status != PROBE_LISTENING) {
        return true;
    }
    figure->listening++;
    return sample->us < 0 || add_time(sum, sample->us, why);
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static int64_t rank(const struct probe_sum *sum, size_t percent)
{
    return sum->count == 0 ? -1 : sum->times[(sum->count * percent + 99) / 100 - 1];
}

void probe_sum_end(struct probe_sum *sum)
{
    if (sum->count > 0) {
        qsort(sum->times, sum->count, sizeof(*sum->times), compare);
    }
    sum->figure.median = rank(sum, 50);
    sum->figure.p95 = rank(sum, 95);
    sum->figure.p99 = rank(sum, 99);
    sum->figure.slowest = rank(sum, 100);
}

void probe_sum_reset(struct probe_sum *sum)
{
    sum->figure = (struct probe_figure){0};
    sum->count = 0;
}

void probe_sum_clear(struct probe_sum *sum)
{
    free(sum->times);
    *sum = (struct probe_sum){0};
}
