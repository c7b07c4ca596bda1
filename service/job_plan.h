/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the jobs of this machine will do, for people.
 */

#include <stdint.h>

#include "base/text.h"
#include "probes/job.h"

/*
 * Appends what each job will do: how many queries, what is expected, and its
 * next runs after `now`, in local time. Nothing where there are no jobs. A file
 * that cannot be used is said, and is no failure: it may be mended until the
 * run begins. Nothing of what is in a file is told.
 */
void job_plan_add(struct text *text, const struct job_list *list, const struct settings *settings,
                  int64_t now);
