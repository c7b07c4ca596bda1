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

    if (walk->place == walk->size) {
        return false;
    }
    if (!take_number(walk, &step) || !take_number(walk, &code) || code % CODES == CODES - 1) {
        walk->damaged = true;
        walk->place = walk->size;
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

/*
 * Of several times.
 */

/* What is known of the times of a part, and which share of them is not above it. */
enum { POINTS = 5 };

static const double shares[POINTS] = {0, 0.5, 0.95, 0.99, 1};

struct known_times {
    int64_t us[POINTS]; /* rising */
};

static struct known_times times_of(const struct probe_figure *part)
{
    return (struct known_times){{0, part->median, part->p95, part->p99, part->slowest}};
}

/* A ledger from elsewhere may hold anything: what could not have been measured is made to fit. */
static struct probe_figure fit(const struct probe_figure *part)
{
    static const int64_t most = INT64_C(1) << 50; /* exact as a double, and years */
    struct probe_figure fitting = *part;
    int64_t *times[] = {&fitting.median, &fitting.p95, &fitting.p99, &fitting.slowest};
    int64_t least = part->median < 0 ? -1 : 0;

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        *times[i] = *times[i] > most ? most : *times[i];
        *times[i] = *times[i] < least || least < 0 ? least : *times[i];
        least = *times[i];
    }
    return fitting;
}

bool probe_mix_add(struct probe_mix *mix, const struct probe_figure *part, struct failure *why)
{
    if (part->asked == 0) {
        return true;
    }
    if (mix->count == mix->capacity) {
        size_t capacity = mix->capacity * 2 + 64;
        struct probe_figure *parts = realloc(mix->parts, capacity * sizeof(*parts));

        if (parts == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu figures", capacity);
        }
        mix->parts = parts;
        mix->capacity = capacity;
    }
    mix->parts[mix->count++] = fit(part);
    return true;
}

/* Which share of a part's times is not above one. */
static double share_up_to(const struct probe_figure *part, int64_t us)
{
    struct known_times known = times_of(part);

    for (int i = 1; i < POINTS; i++) {
        if (us < known.us[i]) {
            return shares[i - 1] + (shares[i] - shares[i - 1]) * (double)(us - known.us[i - 1]) /
                                       (double)(known.us[i] - known.us[i - 1]);
        }
    }
    return 1;
}

static bool is_reached(const struct probe_mix *mix, int64_t us, double share)
{
    static const double rounding = 1e-9;
    double below = 0;
    double all = 0;

    for (size_t i = 0; i < mix->count; i++) {
        const struct probe_figure *part = &mix->parts[i];

        if (part->median >= 0) {
            below += (double)part->listening * share_up_to(part, us);
            all += (double)part->listening;
        }
    }
    return below >= all * (share - rounding);
}

/* The least time that a share of all is not above. */
static int64_t find_time(const struct probe_mix *mix, double share, int64_t most)
{
    int64_t low = 0;

    while (low < most) {
        int64_t middle = low + (most - low) / 2;

        if (is_reached(mix, middle, share)) {
            most = middle;
        } else {
            low = middle + 1;
        }
    }
    return most;
}

static void add_counts(struct probe_figure *to, const struct probe_figure *from)
{
    to->asked += from->asked;
    to->listening += from->listening;
    to->unasked += from->unasked;
    to->held += from->held;
    to->undecided += from->undecided;
    to->slowest = from->slowest > to->slowest ? from->slowest : to->slowest;
}

void probe_mix_end(const struct probe_mix *mix, struct probe_figure *figure)
{
    *figure = (struct probe_figure){.median = -1, .p95 = -1, .p99 = -1, .slowest = -1};
    if (mix->count == 1) {
        *figure = mix->parts[0];
        return;
    }
    for (size_t i = 0; i < mix->count; i++) {
        add_counts(figure, &mix->parts[i]);
    }
    if (figure->slowest >= 0) {
        figure->median = find_time(mix, shares[1], figure->slowest);
        figure->p95 = find_time(mix, shares[2], figure->slowest);
        figure->p99 = find_time(mix, shares[3], figure->slowest);
    }
}

void probe_mix_reset(struct probe_mix *mix)
{
    mix->count = 0;
}

void probe_mix_clear(struct probe_mix *mix)
{
    free(mix->parts);
    *mix = (struct probe_mix){0};
}
