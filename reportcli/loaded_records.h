/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The record "loaded": which runs of programs had a file mapped as code, from
 * when to when. What deserves a look comes first.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "reportcli/column.h"
#include "reportcli/command.h"
#include "reportcli/module_records.h"
#include "reportcli/render.h"

extern const struct column_table loaded_records_table;

/*
 * Prints the chosen modules of all processes of since..until (until 0: no
 * end), and adds the processes to *sum.
 */
bool loaded_records_print(struct ledger *ledger, const struct module_choice *choice, int64_t since,
                          int64_t until, struct render *render, struct module_sum *sum,
                          struct failure *why) NODISCARD;
