/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the settings say not to record, by patterns for programs.
 *
 * A pattern with a slash or backslash in it is for the full path of the image,
 * any other for its file name; pattern_matches() compares.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/settings.h"
#include "collector/process_instance.h"

/* Patterns. Starts as {0}. */
struct pattern_list {
    char **items;
    size_t count;
};

/* Starts as {0}, which leaves nothing out. */
struct privacy {
    struct pattern_list processes;     /* these are not recorded, and their sockets are not */
    struct pattern_list command_lines; /* of these the command line is not recorded */
};

/* Reads the keys privacy.*. *privacy is cleared first. */
bool privacy_read(struct privacy *privacy, const struct settings *settings,
                  struct failure *why) NODISCARD;
bool privacy_copy(struct privacy *to, const struct privacy *from, struct failure *why) NODISCARD;

bool privacy_equal(const struct privacy *a, const struct privacy *b);

/* Whether an instance may turn out to be left out only when its path is known. */
bool privacy_needs_path(const struct privacy *privacy, const struct process_instance *instance);

/* For NULL nothing is left out. */
bool privacy_leaves_out(const struct privacy *privacy, const struct process_instance *instance);
bool privacy_hides_command_line(const struct privacy *privacy,
                                const struct process_instance *instance);

/* Frees. Harmless twice. */
void privacy_clear(struct privacy *privacy);
