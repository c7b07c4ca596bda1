/* SPDX-License-Identifier: MIT */

/*
 * How fast and how small the ledger is.
 *
 *   bench_ledger PART MACHINE AMOUNT FILE [SEED]
 *
 * FILE is made anew and left, but for the parts "ask" and "verify", which read it, and
 * "retain", which drops a part of it; what
 * else is written stands beside it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const struct part {
    const char *name;
    bench_part_fn *run;
} parts[] = {
    {"write", bench_write}, {"ask", bench_ask},       {"readers", bench_readers},
    {"plain", bench_plain}, {"retain", bench_retain}, {"verify", bench_verify},
};

static const struct part *find_part(const char *name)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(parts[i].name, name) == 0) {
            return &parts[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const struct part *part = argc > 4 ? find_part(argv[1]) : NULL;
    int machine = argc > 4 ? made_machine_from_name(argv[2]) : -1;
    struct bench_order order;

    if (part == NULL || machine < 0) {
        fputs("usage: bench_ledger write|ask|readers|plain|retain|verify MACHINE AMOUNT FILE "
              "[SEED]\n",
              stderr);
        return 3;
    }
    order = (struct bench_order){
        .machine = (enum made_machine)machine,
        .amount = strtoll(argv[3], NULL, 10),
        .path = argv[4],
        .seed = argc > 5 ? strtoull(argv[5], NULL, 10) : 1,
    };
    part->run(&order);
    return 0;
}
