/* SPDX-License-Identifier: MIT */

#include "tests/fake_sock_diag_linux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "collector/sock_diag_linux.h"

enum {
    FAKE_CHANNEL = 1000,
    KERNEL_LISTEN = 10,
};

struct fake_sock_diag fake_sock_diag;

static uint32_t sequence;

int sock_diag_open(void)
{
    fake_sock_diag.opened++;
    return FAKE_CHANNEL;
}

void sock_diag_close(int channel)
{
    (void)channel;
}

bool sock_diag_has_family(int family, int type)
{
    (void)family;
    (void)type;
    return !fake_sock_diag.no_family;
}

bool sock_diag_send(int channel, const void *request, size_t size)
{
    struct nlmsghdr header;

    if (channel != FAKE_CHANNEL || size < sizeof(header)) {
        errno = EBADF;
        return false;
    }
    memcpy(&header, request, sizeof(header));
    sequence = header.nlmsg_seq;
    fake_sock_diag.requests++;
    return true;
}

static struct inet_diag_msg make_row(const struct fake_answer *answer, uint16_t row)
{
    struct inet_diag_msg body = {.idiag_family = AF_INET, .idiag_state = KERNEL_LISTEN};

    body.id.idiag_src[0] = htonl(0x0a000001);
    body.id.idiag_sport = htons((uint16_t)(answer->port + row));
    body.idiag_inode = answer->inode == 0 ? 0 : answer->inode + row;
    return body;
}

/* Writes one message and returns its aligned size. */
static size_t put(uint8_t *at, const struct fake_answer *answer, enum fake_message kind,
                  uint16_t row)
{
    struct nlmsghdr header = {.nlmsg_seq = sequence, .nlmsg_type = NLMSG_DONE};
    struct inet_diag_msg body = make_row(answer, row);
    int error = -answer->error;
    size_t size = sizeof(error);

    memcpy(at + NLMSG_HDRLEN, &error, sizeof(error));
    if (kind == FAKE_ROW || kind == FAKE_FOREIGN || kind == FAKE_CUT || kind == FAKE_SHORT_ROW) {
        header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
        header.nlmsg_seq -= kind == FAKE_FOREIGN;
        size = kind == FAKE_SHORT_ROW ? 8 : sizeof(body);
        memcpy(at + NLMSG_HDRLEN, &body, sizeof(body));
    } else if (kind == FAKE_ERROR) {
        header.nlmsg_type = NLMSG_ERROR;
        size = sizeof(struct nlmsgerr);
    } else if (kind == FAKE_INTERRUPTED) {
        header.nlmsg_flags = NLM_F_DUMP_INTR;
    }
    header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size) + (kind == FAKE_CUT ? 4096U : 0U);
    memcpy(at, &header, sizeof(header));
    return NLMSG_SPACE(size);
}

static size_t build(uint8_t *bytes, const struct fake_answer *answer)
{
    size_t size = 0;
    uint16_t row = 0;

    for (int i = 0; i < 4 && answer->messages[i] != FAKE_END; i++) {
        size += put(bytes + size, answer, answer->messages[i], row);
        row = (uint16_t)(row + (answer->messages[i] == FAKE_ROW));
    }
    return size;
}

/* Where the script has ended, every further table is empty. */
long sock_diag_receive(int channel, void *buffer, size_t size)
{
    static const struct fake_answer empty = {.messages = {FAKE_DONE}};
    const struct fake_answer *answer = fake_sock_diag.given < FAKE_ANSWERS
                                           ? &fake_sock_diag.answers[fake_sock_diag.given]
                                           : &empty;
    uint8_t bytes[FAKE_ANSWER_SIZE] = {0};
    size_t length;

    if (channel != FAKE_CHANNEL) {
        errno = EBADF;
        return -1;
    }
    fake_sock_diag.given++;
    if (answer->fails != 0) {
        errno = (int)answer->fails;
        return -1;
    }
    if (answer->messages[0] == FAKE_END && answer->full_size == 0) {
        answer = &empty;
    }
    length = build(bytes, answer);
    memcpy(buffer, bytes, length < size ? length : size);
    return answer->full_size != 0 ? answer->full_size : (long)length;
}
