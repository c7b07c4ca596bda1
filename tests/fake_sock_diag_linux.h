/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A kernel whose socket diagnostics do as they are told, in the place of
 * sock_diag_linux.c. Each answer is one datagram; the requests take them in
 * order.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FAKE_ANSWERS = 32,
    FAKE_ANSWER_SIZE = 1024,
};

/* What stands in a datagram, one message each. */
enum fake_message {
    FAKE_END,         /* no more messages in this datagram */
    FAKE_ROW,         /* an IPv4 socket, listening on 10.0.0.1 */
    FAKE_DONE,        /* the dump is complete */
    FAKE_ERROR,       /* NLMSG_ERROR with `error` */
    FAKE_DONE_ERROR,  /* NLMSG_DONE with `error` */
    FAKE_INTERRUPTED, /* NLMSG_DONE that says the dump was disturbed */
    FAKE_FOREIGN,     /* a row of another request */
    FAKE_CUT,         /* a message that claims more bytes than there are */
    FAKE_SHORT_ROW,   /* a row without its body */
};

struct fake_answer {
    enum fake_message messages[4];
    int error;      /* a positive errno */
    uint16_t port;  /* of the first row; the next ones count up */
    uint32_t inode; /* of the first row; 0: all have none */
    long fails;     /* the receive call itself fails with this errno */
    long full_size; /* where not 0: the size that the datagram is said to have */
};

struct fake_sock_diag {
    struct fake_answer answers[FAKE_ANSWERS];
    int given;    /* answers that were taken */
    int requests; /* that were sent */
    int opened;   /* channels */
    bool no_family;
};

extern struct fake_sock_diag fake_sock_diag;
