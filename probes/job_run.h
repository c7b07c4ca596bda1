/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One run of a job: asks all its ports of all its targets, and compares what
 * comes with what should come. The service and `audit --run` run jobs here.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/settings.h"
#include "probes/engine.h"
#include "probes/job.h"

/*
 * The jobs of this machine: those of the settings, with its identity, its
 * services file and the protocols of this program. As job_list_read().
 */
bool job_list_read_here(struct job_list *list, const struct settings *settings,
                        struct failure *why) NODISCARD;

/*
 * Reads the secret of a safe file: its first line, which must hold something. `path` NULL: *out is
 * NULL. The caller forgets it.
 */
bool job_read_secret(char **out, const char *path, struct failure *why) NODISCARD;
void job_forget_secret(char *secret); /* wipes and frees; does nothing for NULL */

struct job_run;

/*
 * Reads what a run needs: files of targets, secrets, names of services. The
 * job outlives *out, which the caller closes. Fails where the run cannot begin:
 * a file is not there, or not safe.
 */
bool job_run_open(struct job_run **out, const struct job *job, struct failure *why) NODISCARD;
void job_run_close(struct job_run *run); /* does nothing for NULL */

/* How many queries it will be. */
uint64_t job_run_size(const struct job_run *run);

/*
 * Takes an outcome, how it compares, and one sentence about that; all is lent.
 * False ends the run, with *why.
 */
typedef bool job_outcome_fn(void *context, const struct outcome *outcome,
                            enum expectation_result result, const char *sentence,
                            struct failure *why);

/*
 * Asks until all is asked, or job_run_stop() is called: *stopped, which is no
 * failure. `warn` may be NULL. Once.
 */
bool job_run_ask(struct job_run *run, job_outcome_fn *take, void (*warn)(void *, const char *),
                 void *context, bool *stopped, struct failure *why) NODISCARD;

/* Any thread, and a signal handler; also before job_run_ask(). For good. */
void job_run_stop(struct job_run *run);
