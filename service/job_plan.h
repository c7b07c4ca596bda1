/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The jobs of this machine: those of the settings, with its name, its services
 * file and the protocols of this program.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/settings.h"
#include "base/text.h"
#include "probes/job.h"

/* As job_list_read(). */
bool job_plan_read(struct job_list *list, const struct settings *settings,
                   struct failure *why) NODISCARD;

/*
 * Appends what each job will do: how many queries, what is expected, and its
 * next runs after `now`, in local time. Nothing where there are no jobs. A file
 * that cannot be used is said, and is no failure: it may be mended until the
 * run begins. Nothing of what is in a file is told.
 */
void job_plan_add(struct text *text, const struct job_list *list, int64_t now);
