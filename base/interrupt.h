/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ctrl-C in a command that takes long: it is told, and ends with what is known
 * so far. A second one ends the program as ever.
 */

/* Makes few system calls: it may run in a signal handler, or in a thread of the system's. */
typedef void interrupt_fn(void *context);

/* From now on the first interruption calls `told`, once. */
void interrupt_catch(interrupt_fn *told, void *context);

/* No more; `context` is not used any more after it. */
void interrupt_release(void);
