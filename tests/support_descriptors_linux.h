/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Lets this process run out of descriptors.
 */

/* At most `count` can be opened from now on, at the numbers from the lowest one that is free. */
void support_leave_descriptors(int count);

/* Takes every free number below `first`, until support_restore_descriptors(). */
void support_fill_descriptors(int first);

/* Gives back the limit and the numbers. Harmless twice. */
void support_restore_descriptors(void);
