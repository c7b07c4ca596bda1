/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reads the list of the machine's processes.
 *
 * process_table_win32.c asks NtQuerySystemInformation once per reading;
 * process_table_linux.c reads /proc.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"

/* What one cheap call tells of every process. */
struct process_row {
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t session;
    uint64_t start;     /* as in process_instance.h */
    int64_t started_at; /* milliseconds since 1970 UTC */
    uint64_t program;   /* differs from one program to the next that the process runs (exec); 0:
                           the system does not tell. Linux: made of where code and stack lie */
    bool headless;      /* Linux: its first thread has ended, others run */
    size_t name;        /* offset into the table's `names`; ends in 0 */
};

/* Starts as {0}, which is a valid empty table. */
struct process_table {
    struct process_row *rows; /* by pid, ascending */
    size_t count;
    size_t capacity;
    struct text names;
};

/* Keeps buffers and handles between readings. Belongs to one thread. */
struct process_reader;

bool process_reader_open(struct process_reader **out, struct failure *why) NODISCARD;

/* Replaces the content of *table. A process that ends meanwhile may be missing. */
bool process_reader_read(struct process_reader *reader, struct process_table *table,
                         struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void process_reader_close(struct process_reader *reader);

/* Appends a row. Used by the readers and by tests, in the order of pids or before a sort. */
bool process_table_add(struct process_table *table, const struct process_row *row, const char *name,
                       size_t name_size, struct failure *why) NODISCARD;

/* Orders the rows by pid. */
void process_table_sort(struct process_table *table);

/* The file name of a row's image. Valid until the table changes. */
const char *process_table_name(const struct process_table *table, const struct process_row *row);

/* The row of a pid; NULL where there is none. */
const struct process_row *process_table_find(const struct process_table *table, uint32_t pid);

/* Empties, and keeps the memory for the next reading. */
void process_table_reset(struct process_table *table);

/* Frees. Harmless twice. */
void process_table_clear(struct process_table *table);
