/* SPDX-License-Identifier: MIT */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

void bench_must(bool ok, const struct failure *why)
{
    if (!ok) {
        fprintf(stderr, "bench: %s\n", why->text);
        exit(1);
    }
}

void bench_figure(const char *name, double value, const char *unit)
{
    printf("%-44s %14.3f %s\n", name, value, unit);
    fflush(stdout);
}

static int compare_times(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

void bench_times(const char *name, double *times, size_t count)
{
    char line[80];

    qsort(times, count, sizeof(times[0]), compare_times);
    snprintf(line, sizeof(line), "%s, median", name);
    bench_figure(line, times[count / 2], "ms");
    snprintf(line, sizeof(line), "%s, worst", name);
    bench_figure(line, times[count - 1], "ms");
}
