/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is different between two states of a machine, or between two machines,
 * as an administrator asks: which sockets, whose, and what of the programs
 * behind them. Pure: two snapshots in, items out. Sockets of one machine are
 * compared by snapshot_diff.c; what it finds is sorted by what it means.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/snapshot.h"
#include "collector/snapshot_diff.h"
#include "store/ledger_query.h"

enum difference_kind {
    DIFFERENCE_OPENED,
    DIFFERENCE_CLOSED,
    DIFFERENCE_STATE,       /* the same socket in another state */
    DIFFERENCE_OWNER,       /* the same ends, handed on or taken over by another process */
    DIFFERENCE_REOPENED,    /* closed and opened again between the two: the same ends, by another
                               socket of the same program; its state may differ too */
    DIFFERENCE_IMAGE,       /* a program runs another file than it did, by its hash */
    DIFFERENCE_MODULE,      /* a process has a file loaded that it, or its program, had not */
    DIFFERENCE_ONLY_BEFORE, /* of two machines: a listener that only the first one has */
    DIFFERENCE_ONLY_AFTER,  /* that only the second one has */
    DIFFERENCE_KINDS,
};

/*
 * One difference. Sockets and processes are places in the two snapshots. Of a
 * program or a module there is no socket, and `process_after` is the first of
 * its processes.
 */
struct difference_item {
    enum difference_kind kind;
    uint32_t before; /* SNAPSHOT_NO_ROW: none */
    uint32_t after;
    uint32_t process_before; /* SOCKET_NO_OWNER: not known, or none */
    uint32_t process_after;
    const struct module *module;        /* MODULE: lent from the later snapshot */
    const struct module *module_before; /* of the same path and another hash; NULL: none */
    size_t processes;                   /* IMAGE and MODULE: so many have it */

    const struct socket_row *row; /* what is shown: the later one where there is one; NULL: none */
    uint32_t pid;                 /* likewise, or of the owner that is carried forward */
};

struct difference_wish {
    const struct ledger_filter *filter; /* a difference counts where either side of it passes;
                                           programs count whose sockets do. NULL: all */
    bool by_program;                    /* two machines: see host_difference.h */
};

/* Starts as {0}. Kept between calls, it is not allocated anew. */
struct difference {
    struct difference_item *items; /* by process, then by port; what nobody owns comes last */
    size_t count;
    size_t capacity;
    size_t counts[DIFFERENCE_KINDS];
    size_t matching;       /* sockets of both sides that the filter takes */
    size_t unseen_owners;  /* sockets whose owner one of the two was not allowed to see */
    size_t unread_files;   /* processes whose file's hash one of the two does not know */
    size_t unread_modules; /* processes whose modules the earlier, or the later one does not know */

    struct snapshot_diff sockets; /* for difference.c only */
    uint8_t *kept;
    size_t kept_capacity;
};

/* Both snapshots are sorted, and outlive what the difference says of them. */
bool difference_make(struct difference *difference, const struct snapshot *before,
                     const struct snapshot *after, const struct difference_wish *wish,
                     struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void difference_clear(struct difference *difference);

/*
 * Whether a socket that is in another state has lost its owner, whom the earlier moment knew: a
 * connection that waits for its end has none any more, and an ordinary user sees few. Then that
 * one stands for it, as carried forward.
 */
bool difference_is_carried(const struct snapshot *before, const struct snapshot *after,
                           const struct difference_item *item);

/* "opened", "reopened", "image", "only in A": the words of every output. */
const char *difference_name(enum difference_kind kind);

/* For those who find items. An item without sockets and processes, of the kind. */
struct difference_item difference_item(enum difference_kind kind);
bool difference_add(struct difference *difference, const struct difference_item *item,
                    struct failure *why) NODISCARD;

/* By path, or by name where a path is not known. Both are known. */
bool difference_same_program(const struct process_instance *a, const struct process_instance *b);
