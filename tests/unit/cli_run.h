/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Runs portledger inside of a test program: console_fake.c stands for the
 * console, clock_fake.c for the clock.
 */

/*
 * Empties the console and runs the program with the words of `line`, which
 * are separated by single blanks. Returns the exit status.
 */
int cli_run(const char *line);

/* What it wrote. Valid until the next run. */
const char *cli_out(void);
const char *cli_error(void);
