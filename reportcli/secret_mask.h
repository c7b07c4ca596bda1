/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Command lines without the secrets that they most likely hold.
 *
 * Secrets are found by their looks: options and settings whose name says so
 * (--db-password X, PASSWORD=X, token=X in a URL, Password=X; of a connection
 * string, /p:X), options and places that certain programs have (mysql -pX,
 * sqlcmd -P X, net user NAME X, also behind sudo or cmd /c), user:X@host, what
 * follows Authorization:, Cookie:, Bearer and Basic, private keys, and
 * the well-known beginnings of tokens. A secret that looks like nothing of
 * that kind stays: this makes leaks rarer, and is no promise.
 */

#include <stdbool.h>

#include "base/text.h"

/*
 * Appends the command line with "***" in the place of each secret, everything else byte for byte.
 * True where there was one.
 */
bool secret_mask_add(struct text *text, const char *command_line);

/* Whether there is one. */
bool secret_mask_finds(const char *command_line);
