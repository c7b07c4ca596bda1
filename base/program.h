/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How both programs start.
 *
 * program_win32.c has wmain(), program_linux.c has main(). Each brings the
 * process into a known state (Windows: DLLs come from System32 only, errors
 * show no dialogs, standard handles carry bytes; Linux: SIGPIPE is ignored,
 * standard descriptors are taken) and calls program_main(). After it they
 * close the console: output that could not be written makes a status of 0
 * the one for "the system refused", with a line on standard error.
 */

/*
 * Defined by each program. Arguments are UTF-8 (Linux: the bytes that were
 * given), argv[argc] is NULL. The result is the exit status of the process.
 */
int program_main(int argc, char **argv);
