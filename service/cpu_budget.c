/* SPDX-License-Identifier: MIT */

#include "service/cpu_budget.h"

#include <string.h>

static int64_t window_of(const struct cpu_budget *budget, const struct cpu_limit *limit)
{
    int64_t some = limit->interval * budget->stretch * CPU_BUDGET_SAMPLES;

    return some > CPU_BUDGET_MS ? some : CPU_BUDGET_MS;
}

/* Keeps what is needed to look back over the window: from its newest mark before that on. */
static void forget_older(struct cpu_budget *budget, int64_t since)
{
    size_t first = 0;

    while (first + 1 < budget->count && budget->marks[first + 1].at <= since) {
        first++;
    }
    budget->count -= first;
    memmove(budget->marks, budget->marks + first, budget->count * sizeof(budget->marks[0]));
}

static void add_mark(struct cpu_budget *budget, int64_t window, const struct cpu_reading *now)
{
    size_t count = budget->count;

    if (count > 0 && now->at - budget->marks[count - 1].at < window / (CPU_BUDGET_MARKS - 2)) {
        return;
    }
    forget_older(budget, now->at - window);
    if (budget->count == CPU_BUDGET_MARKS) {
        return;
    }
    budget->marks[budget->count++] = *now;
}

static bool change(struct cpu_budget *budget, bool yielding, int stretch, int64_t at)
{
    if (budget->yielding == yielding && budget->stretch == stretch) {
        return false;
    }
    budget->yielding = yielding;
    budget->stretch = stretch;
    budget->changed_at = at;
    budget->count = 0;
    return true;
}

/* By how much the interval must be stretched for what it costs now. */
static int stretch_for(const struct cpu_budget *budget, const struct cpu_limit *limit,
                       int64_t sampling, int64_t allowed)
{
    int stretch = budget->stretch;

    while (sampling > allowed && stretch < CPU_BUDGET_STRETCH &&
           limit->interval * stretch * 2 <= CPU_BUDGET_LONGEST) {
        stretch *= 2;
        sampling /= 2;
    }
    return stretch;
}

static bool judge(struct cpu_budget *budget, const struct cpu_limit *limit, int64_t allowed,
                  const struct cpu_reading *now)
{
    int64_t total = now->total - budget->marks[0].total;
    int64_t sampling = now->sampling - budget->marks[0].sampling;
    int stretch = budget->stretch;

    if (!budget->yielding) {
        return change(budget, total > allowed, stretch, now->at);
    }
    if (sampling > allowed) {
        return change(budget, true, stretch_for(budget, limit, sampling, allowed), now->at);
    }
    if (stretch > 1) {
        return now->at - budget->changed_at >= CPU_BUDGET_CALM_MS && sampling <= allowed / 3 &&
               change(budget, true, stretch / 2, now->at);
    }
    return total < allowed / 2 && change(budget, false, stretch, now->at);
}

bool cpu_budget_look(struct cpu_budget *budget, const struct cpu_limit *limit,
                     const struct cpu_reading *now)
{
    int64_t window = window_of(budget, limit);
    int64_t lasted;

    if (limit->percent == 0) {
        return change(budget, false, 1, now->at);
    }
    add_mark(budget, window, now);
    lasted = now->at - budget->marks[0].at;
    if (lasted < window) {
        return false;
    }
    /* A millisecond of all processors is a thousand microseconds of each. */
    return judge(budget, limit, lasted * 10 * limit->percent * limit->processors, now);
}
