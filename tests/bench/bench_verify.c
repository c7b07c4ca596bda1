/* SPDX-License-Identifier: MIT */

/* Verification of a ledger that bench_write() has made. */

#include "base/clock.h"
#include "bench.h"
#include "store/ledger.h"
#include "store/verify.h"

void bench_verify(const struct bench_order *order)
{
    struct verify_plan plan = {.key_count = 0};
    struct verify_result result;
    struct ledger *ledger;
    struct failure why;
    int64_t began = clock_steady();

    bench_must(ledger_open(&ledger, order->path, LEDGER_READ, &why), &why);
    bench_must(ledger_verify(&result, ledger, &plan, &why), &why);
    ledger_close(ledger);
    bench_must(result.status == VERIFY_HELD ||
                   FAIL(&why, FAILURE_FORMAT, 0, "the ledger does not hold what was sealed"),
               &why);
    began = clock_steady() - began;
    bench_figure("verify", (double)result.intervals * 1000 / (double)(began + 1), "intervals/s");
    bench_figure("verify, seals", (double)result.seals, "");
}
