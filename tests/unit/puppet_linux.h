/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Child processes that do to descriptors what they are told, and sleep
 * otherwise. Every order is done when the call returns. What fails ends the
 * program: the machine cannot run the test.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PUPPET_COUNT = 6 };

struct puppets {
    pid_t pids[PUPPET_COUNT]; /* 0: there is none */
    int strings[PUPPET_COUNT][2];
    int mail[2]; /* by which descriptors are sent; everybody has it */
};

void puppets_open(struct puppets *puppets);

/* Ends all of them. */
void puppets_close(struct puppets *puppets);

/* Starts one that has `fillers` descriptors of no sockets. */
void puppet_start(struct puppets *puppets, int puppet, int fillers);
void puppet_end(struct puppets *puppets, int puppet);

/* `puppet` makes `child` out of itself. */
void puppet_fork(struct puppets *puppets, int puppet, int child);

/* Each gives the descriptor's number in the puppet. */
int puppet_listen(struct puppets *puppets, int puppet);
int puppet_open_file(struct puppets *puppets, int puppet);
int puppet_dup(struct puppets *puppets, int puppet, int number);
int puppet_receive(struct puppets *puppets, int puppet);

void puppet_close(struct puppets *puppets, int puppet, int number);

/* Puts `from` in the place of `to`, without a moment in which there is nothing. */
void puppet_replace(struct puppets *puppets, int puppet, int from, int to);

/* Sends a descriptor to whoever receives next. */
void puppet_send(struct puppets *puppets, int puppet, int number);
