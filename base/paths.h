/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where things are when nobody says otherwise. From the system's known
 * folders, never from the environment: a service's environment is not the
 * one of the person who asks.
 *
 * All paths are UTF-8. Windows: %ProgramData%\PortLedger\portledger.yaml and
 * ledger.db there. Linux: /etc/portledger/portledger.yaml and
 * /var/lib/portledger/ledger.db.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"

/* Each appends to *path, which the caller has started as {0} and clears. */
bool paths_settings_file(struct text *path, struct failure *why) NODISCARD;
bool paths_ledger_file(struct text *path, struct failure *why) NODISCARD;

/* The running program's own file. */
bool paths_program_file(struct text *path, struct failure *why) NODISCARD;

/* Appends `path` as an absolute path, by the working folder where it is relative. */
bool paths_absolute(struct text *absolute, const char *path, struct failure *why) NODISCARD;

/* Whether c separates the parts of a path. Windows has two such characters. */
bool paths_is_separator(char c);

/* The part of `path` behind the last separator; the whole where there is none. Lives in `path`. */
const char *paths_base_name(const char *path);

/*
 * Appends all before the last separator, without it; "." where there is none.
 * A root keeps its separator: the folder of "/vmlinuz" is "/".
 */
void paths_add_folder(struct text *folder, const char *path);

/* Appends `part` to the folder that *path holds, with one separator between. */
void paths_add_part(struct text *path, const char *part);
