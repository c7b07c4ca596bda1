/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Starts the process actor (process_actor_linux.c) and tells it what to do.
 * Every order is done when the call returns; what fails fails the test.
 */

#include <stdint.h>
#include <sys/types.h>

/* Starts as {0}. */
struct process_actor {
    pid_t pid; /* 0: there is none */
    uint64_t start;
    int string; /* by which it is told */
};

/* `program` is run with these arguments, of which the first is its own name; NULL ends them. */
void process_actor_start(struct process_actor *actor, const char *program, char *const *arguments);

/* The same for a copy of the program that is nothing but memory, named `name`. */
void process_actor_start_memory(struct process_actor *actor, const char *program, const char *name,
                                char *const *arguments);

/* One line: "name ghost". */
void process_actor_tell(struct process_actor *actor, const char *line);

/* Ends it and leaves a zombie, until process_actor_end(). */
void process_actor_kill(struct process_actor *actor);

/* Harmless twice. */
void process_actor_end(struct process_actor *actor);
