/* SPDX-License-Identifier: MIT */

#include "tests/unit/puppet_linux.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support_net.h"

enum action { LISTEN, OPEN_FILE, DUP, CLOSE, REPLACE, SEND, RECEIVE, FORK };

struct order {
    enum action action;
    int first;
    int second;
};

static void send_descriptor(int channel, int number)
{
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &number, sizeof(number));
    support_net_require(sendmsg(channel, &message, 0) == 1, "sending a descriptor");
}

static int receive_descriptor(int channel)
{
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    int number;

    support_net_require(recvmsg(channel, &message, 0) == 1 &&
                            message.msg_controllen >= CMSG_LEN(sizeof(int)),
                        "receiving a descriptor");
    memcpy(&number, CMSG_DATA(&control.header), sizeof(number));
    return number;
}

static void serve(struct puppets *puppets, int puppet);

static int fork_child(struct puppets *puppets, int child)
{
    pid_t pid = fork();

    if (pid == 0) {
        serve(puppets, child);
    }
    return (int)pid;
}

static int obey(struct puppets *puppets, const struct order *order)
{
    switch (order->action) {
    case LISTEN:
        return (int)support_net_listen(SUPPORT_IPV4);
    case OPEN_FILE:
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    case DUP:
        return dup(order->first);
    case CLOSE:
        return close(order->first);
    case REPLACE:
        return dup2(order->first, order->second);
    case SEND:
        send_descriptor(puppets->mail[0], order->first);
        return 0;
    case RECEIVE:
        return receive_descriptor(puppets->mail[1]);
    case FORK:
        return fork_child(puppets, order->first);
    }
    return -1;
}

/* The life of a puppet. */
static void serve(struct puppets *puppets, int puppet)
{
    int string = puppets->strings[puppet][1];
    struct order order;

    while (read(string, &order, sizeof(order)) == (ssize_t)sizeof(order)) {
        int result = obey(puppets, &order);

        if (write(string, &result, sizeof(result)) != (ssize_t)sizeof(result)) {
            break;
        }
    }
    _exit(0);
}

static int tell(struct puppets *puppets, int puppet, struct order order)
{
    int string = puppets->strings[puppet][0];
    int result = -1;

    support_net_require(write(string, &order, sizeof(order)) == (ssize_t)sizeof(order) &&
                            read(string, &result, sizeof(result)) == (ssize_t)sizeof(result) &&
                            result >= 0,
                        "a puppet's work");
    return result;
}

void puppets_open(struct puppets *puppets)
{
    *puppets = (struct puppets){0};
    support_net_start();
    support_net_require(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "adopting processes");
    support_net_require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, puppets->mail) == 0,
                        "making a pair of sockets");
    for (int i = 0; i < PUPPET_COUNT; i++) {
        support_net_require(
            socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, puppets->strings[i]) == 0,
            "making a pair of sockets");
    }
}

void puppets_close(struct puppets *puppets)
{
    for (int i = 0; i < PUPPET_COUNT; i++) {
        puppet_end(puppets, i);
        close(puppets->strings[i][0]);
        close(puppets->strings[i][1]);
    }
    close(puppets->mail[0]);
    close(puppets->mail[1]);
}

void puppet_start(struct puppets *puppets, int puppet, int fillers)
{
    pid_t pid = fork();

    support_net_require(pid >= 0, "a fork");
    if (pid == 0) {
        signal(SIGCHLD, SIG_IGN); /* its own children leave nothing behind */
        for (int i = 0; i < PUPPET_COUNT; i++) {
            close(puppets->strings[i][0]); /* all puppets end when the test does */
        }
        serve(puppets, puppet);
    }
    puppets->pids[puppet] = pid;
    for (int i = 0; i < fillers; i++) {
        puppet_open_file(puppets, puppet);
    }
}

void puppet_end(struct puppets *puppets, int puppet)
{
    pid_t pid = puppets->pids[puppet];

    if (pid == 0) {
        return;
    }
    puppets->pids[puppet] = 0;
    kill(pid, SIGKILL);
    if (waitpid(pid, NULL, 0) == pid) {
        return;
    }
    while (kill(pid, 0) == 0) {
        waitpid(pid, NULL, WNOHANG); /* it has become ours where its parent ended */
        sched_yield();
    }
}

void puppet_fork(struct puppets *puppets, int puppet, int child)
{
    puppets->pids[child] = (pid_t)tell(puppets, puppet, (struct order){FORK, child, 0});
}

int puppet_listen(struct puppets *puppets, int puppet)
{
    return tell(puppets, puppet, (struct order){LISTEN, 0, 0});
}

int puppet_open_file(struct puppets *puppets, int puppet)
{
    return tell(puppets, puppet, (struct order){OPEN_FILE, 0, 0});
}

int puppet_dup(struct puppets *puppets, int puppet, int number)
{
    return tell(puppets, puppet, (struct order){DUP, number, 0});
}

int puppet_receive(struct puppets *puppets, int puppet)
{
    return tell(puppets, puppet, (struct order){RECEIVE, 0, 0});
}

void puppet_close(struct puppets *puppets, int puppet, int number)
{
    tell(puppets, puppet, (struct order){CLOSE, number, 0});
}

void puppet_replace(struct puppets *puppets, int puppet, int from, int to)
{
    tell(puppets, puppet, (struct order){REPLACE, from, to});
}

void puppet_send(struct puppets *puppets, int puppet, int number)
{
    tell(puppets, puppet, (struct order){SEND, number, 0});
}
