/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Linux: what the texts in /proc/PID say, apart from "stat". Every function
 * takes bytes that a process may have chosen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/text.h"

/* The effective user id out of "status". False where there is none in it. */
bool process_text_user(const char *status, size_t size, uint32_t *user) NODISCARD;

/*
 * Appends what "cmdline" holds as one line of UTF-8: arguments that a POSIX
 * shell would take apart into the same ones. Those that hold anything but
 * letters, digits and @%+=:,./_- are put in single quotes. The text of a
 * process that wrote over its arguments is appended as it is: it has no 0 at
 * its end, or it is the only one that is not empty and has a blank, and no '/'
 * before that.
 *
 * What is longer than `limit` bytes is cut between two characters, and ends in
 * " [...]", which counts as well. `text` has to be empty.
 */
void process_text_add_command_line(struct text *text, const char *arguments, size_t size,
                                   size_t limit);

/* A line of "maps", without its end. */
struct process_mapping {
    uint64_t begin;
    uint64_t end;     /* of the first byte behind it */
    uint64_t volume;  /* as st_dev */
    uint64_t inode;   /* 0: no file */
    bool is_code;     /* it may be executed */
    const char *name; /* lies in the line; as the kernel wrote it; "" where it has none */
    size_t name_size;
};

/* False where the line is not of this form. */
bool process_text_mapping(const char *line, size_t size, struct process_mapping *mapping) NODISCARD;

/* Appends a name, in which the kernel writes a line end as \012 and nothing else otherwise. */
void process_text_add_name(struct text *text, const char *name, size_t size);

/* The size of a name without the " (deleted)" that the kernel puts behind the name of a file that
 * has none any more; `size` where it does not end so. A file may also be named so. */
size_t process_text_unmarked(const char *name, size_t size);
