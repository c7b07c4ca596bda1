/* SPDX-License-Identifier: MIT */

/*
 * The bytes of table `timing`, which may come from another machine's ledger.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "store/probe_samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct probe_sample_walk walk = probe_samples(bytes, size, size > 0 ? bytes[0] : 0);
    struct probe_sum sum = {0};
    struct probe_sample sample;
    struct failure why;

    while (probe_sample_next(&walk, &sample)) {
        if (sample.judgement > 2 || sample.status > 4 || sample.us < -1 ||
            !probe_sum_add(&sum, &sample, &why)) {
            abort();
        }
    }
    probe_sum_end(&sum);
    if (sum.figure.median > sum.figure.slowest || sum.figure.listening > sum.figure.asked) {
        abort();
    }
    probe_sum_clear(&sum);
    return 0;
}
