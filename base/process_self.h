/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* The pid of the running program, as the collector would report it. */
uint32_t process_self_pid(void);

/* What the running program has used and uses. What the system does not tell is 0. */
struct process_self_usage {
    int64_t cpu;     /* microseconds of the processor's time, user and system, all threads */
    int64_t memory;  /* bytes that are in memory now */
    int64_t handles; /* Windows: handles; Linux: descriptors */
};

struct process_self_usage process_self_usage(void);

/* The same as its `cpu` alone, cheaply; and of the calling thread alone. */
int64_t process_self_cpu(void);
int64_t process_self_thread_cpu(void);

/* How many processors there are; at least 1. */
int process_self_processors(void);

/* Lets what people work with go first, in all threads, from now on. No failure where it may not. */
void process_self_step_back(void);
