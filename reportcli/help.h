/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Help, made from the rows of commands, options and columns.
 */

#include "base/text.h"
#include "reportcli/command.h"

/* The options that every command knows. Defined in portledger.c's table of them. */
extern const struct option_table program_options;

/* All commands, one line each, and the common options; wrapped at `columns`. */
void help_add_program(struct text *text, int columns);

/* One command: its options, its columns, its exit statuses, examples. */
void help_add_command(struct text *text, const struct command *command, int columns);

/* Prints the help of a command, or of the program for NULL, on standard output. */
bool help_print(const struct command *command, struct failure *why) NODISCARD;
