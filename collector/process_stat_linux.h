/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Linux: /proc/PID/stat, the one line that tells pid, parent and start.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct process_stat {
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t session;
    uint64_t start;   /* clock ticks since boot */
    uint64_t program; /* a mark of the program that it runs; 0 where we may not look that far */
    bool is_kernel;   /* a thread of the kernel: no image, no descriptors */
    bool is_zombie;   /* ended; the parent has not asked yet */
    bool is_headless; /* its first thread has ended, others run: what /proc/PID shows of memory and
                         descriptors is empty, see process_stat_open_thread() */
    char name[64];    /* as the kernel has it: up to 15 bytes of anything, 63 for its own threads */
    size_t name_size;
};

/*
 * Takes a line apart. `program` is made of where the kernel put code and stack
 * when the program began: another exec is another mark, be it of the same file,
 * a fork keeps it, and so does a process that gives itself another name. Where
 * the layout of memory is not random, two programs of equal size that are
 * given equally much may have one mark.
 *
 * The name stands in parentheses and may hold any byte
 * but 0, also ") R 1": it ends at the last ')'. False where the line is not of
 * this form.
 */
bool process_stat_parse(const char *line, size_t size, struct process_stat *stat) NODISCARD;

/*
 * Reads `path` ("stat", "17/stat") relative to an open folder. False, with
 * errno, where there is no such process any more, it may not be seen, or
 * something ran out (process_stat_is_lack()).
 */
bool process_stat_read(int folder, const char *path, struct process_stat *stat) NODISCARD;

/*
 * Opens /proc/PID. What is read through the descriptor belongs to this one
 * process: after its end it gives nothing, also when the pid is in use again.
 * -1, with errno, where it cannot be opened.
 */
int process_stat_open_folder(uint32_t pid);

/*
 * Opens the folder of a thread that runs, of a headless process whose own
 * folder is open; it shows what the process has, as long as this thread runs.
 * *tid is the thread's number. -1, with errno, where there is none.
 */
int process_stat_open_thread(int folder, uint32_t *tid);

/*
 * Whether an errno says that descriptors or memory ran out, ours or the
 * system's, or that the system itself failed: it tells nothing of the process
 * that was asked for.
 */
bool process_stat_is_lack(int error);
