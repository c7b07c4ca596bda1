/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Runs of jobs that go on until the test lets them end, in the place of
 * probes/job_run.c. Any thread.
 */

#include <stdbool.h>

#include "probes/job_run.h"

/* Begins anew: no run goes on. */
void fake_job_run_open(void);

/* Nobody runs any more. */
void fake_job_run_close(void);

/* From now on no run can be opened, with these words; NULL: they can. */
void fake_job_run_refuse(const char *words);

/* From now on a stop is not heard, as by something that hangs in the system. */
void fake_job_run_hang(bool hangs);

/* How often every run that begins asks its one port; once, if nothing is said. */
void fake_job_run_repeat(int times);

/* What every run finds of its one port, when it is let go. */
void fake_job_run_find(enum probe_status status);

/* Waits until so many runs go on. False: that took too long. */
bool fake_job_run_await(int count);

/* Waits until all runs are closed. Likewise. */
bool fake_job_run_await_closed(void);

int fake_job_run_count(void); /* that go on */
int fake_job_run_most(void);  /* at once */

bool fake_job_run_has(const char *job); /* whether a run of it was opened, and not closed yet */

/* Lets the run of that job find what it finds, and end. */
void fake_job_run_let_go(const char *job);

/* The same for all that go on, and for those that are opened later. */
void fake_job_run_let_all_go(void);
