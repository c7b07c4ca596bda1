/* SPDX-License-Identifier: MIT */

#include "collector/sock_diag_linux.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

/* The kernel answers at once; without a limit a lost answer would hold up sampling for ever. */
static const struct timeval patience = {.tv_sec = 30};

int sock_diag_open(void)
{
    int channel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    if (channel >= 0 &&
        setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0) {
        close(channel);
        return -1;
    }
    return channel;
}

bool sock_diag_send(int channel, const void *request, size_t size)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;

    do {
        sent = sendto(channel, request, size, 0, (struct sockaddr *)&kernel, sizeof(kernel));
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

long sock_diag_receive(int channel, void *buffer, size_t size)
{
    for (;;) {
        struct sockaddr_nl from = {0};
        struct iovec part = {.iov_base = buffer, .iov_len = size};
        struct msghdr message = {
            .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1};
        ssize_t length = recvmsg(channel, &message, MSG_TRUNC);

        if (length < 0 && errno == EINTR) {
            continue;
        }
        /* Another process can write to our port; only pid 0 is the kernel. */
        if (length < 0 || from.nl_pid == 0) {
            return (long)length;
        }
    }
}

void sock_diag_close(int channel)
{
    if (channel >= 0) {
        close(channel);
    }
}

bool sock_diag_has_family(int family, int type)
{
    int probe = socket(family, type | SOCK_CLOEXEC, 0);

    if (probe < 0) {
        return errno != EAFNOSUPPORT;
    }
    close(probe);
    return true;
}
