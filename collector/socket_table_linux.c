/* SPDX-License-Identifier: MIT */

/*
 * Linux: the kernel's socket diagnostics, one dump per family and protocol.
 * The owner stays open here: socket_owners_linux.c finds it by inode.
 */

#include "collector/socket_table.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hash_index.h"
#include "collector/snapshot.h"
#include "collector/sock_diag_linux.h"

enum {
    FIRST_SIZE = 64 * 1024, /* the kernel fills up to 32 KiB at a time */
    LAST_SIZE = 16 * 1024 * 1024,
    MAX_ATTEMPTS = 8,
    ALL_STATES = 0xfff, /* bits 1 to 11: the states that RFC 9293 knows */
    STATE_SYN_RECEIVED_NEW = 12,
};

/* Linux numbers its states from ESTABLISHED = 1; see include/net/tcp_states.h. */
static const uint8_t states[] = {
    [1] = SOCKET_ESTABLISHED,  [2] = SOCKET_SYN_SENT,
    [3] = SOCKET_SYN_RECEIVED, [4] = SOCKET_FIN_WAIT_1,
    [5] = SOCKET_FIN_WAIT_2,   [6] = SOCKET_TIME_WAIT,
    [7] = SOCKET_CLOSED,       [8] = SOCKET_CLOSE_WAIT,
    [9] = SOCKET_LAST_ACK,     [10] = SOCKET_LISTENING,
    [11] = SOCKET_CLOSING,     [STATE_SYN_RECEIVED_NEW] = SOCKET_SYN_RECEIVED,
};

static const struct source {
    const char *name;
    const char *module; /* of the kernel, that answers for it */
    uint8_t family;
    int type;
    enum socket_protocol protocol;
    enum snapshot_lack lack;
} sources[] = {
    {"IPv4 TCP", "tcp_diag", AF_INET, SOCK_STREAM, SOCKET_TCP, SNAPSHOT_NO_IPV4_TCP},
    {"IPv6 TCP", "tcp_diag", AF_INET6, SOCK_STREAM, SOCKET_TCP, SNAPSHOT_NO_IPV6_TCP},
    {"IPv4 UDP", "udp_diag", AF_INET, SOCK_DGRAM, SOCKET_UDP, SNAPSHOT_NO_IPV4_UDP},
    {"IPv6 UDP", "udp_diag", AF_INET6, SOCK_DGRAM, SOCKET_UDP, SNAPSHOT_NO_IPV6_UDP},
};

struct socket_reader {
    int channel; /* -1: not open */
    uint32_t sequence;
    uint8_t *buffer;
    size_t size;
    struct hash_index seen; /* rows of the table, by what must be unique */
};

/* How far a dump has come. */
enum progress {
    PROGRESS_MORE,
    PROGRESS_DONE,
    PROGRESS_AGAIN,  /* it cannot be trusted: ask anew */
    PROGRESS_LACKS,  /* the kernel has nothing that answers for this table */
    PROGRESS_FAILED, /* *why says why */
};

static enum progress fail_with(const struct source *source, int error, struct failure *why)
{
    failure_from_system(why, error, "cannot read the %s table", source->name);
    return PROGRESS_FAILED;
}

static struct socket_endpoint endpoint_from(const struct source *source, const __be32 *address,
                                            __be16 port, uint32_t interface)
{
    struct socket_endpoint end = {
        .address_size =
            source->family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr),
        .port = ntohs(port),
        .scope_id = interface, /* dropped where the address is not of one link */
    };

    memcpy(end.address, address, end.address_size);
    return end;
}

static struct socket_row row_from(const struct source *source, const struct inet_diag_msg *message)
{
    struct socket_row row = {
        .protocol = (uint8_t)source->protocol,
        .local = endpoint_from(source, message->id.idiag_src, message->id.idiag_sport,
                               message->id.idiag_if),
        .remote = endpoint_from(source, message->id.idiag_dst, message->id.idiag_dport,
                                message->id.idiag_if),
        .socket_id = message->idiag_inode,
        .owner = SOCKET_NO_OWNER,
    };

    if (source->protocol == SOCKET_TCP) {
        row.state = message->idiag_state < sizeof(states) ? states[message->idiag_state]
                                                          : (uint8_t)SOCKET_CLOSED;
    }
    socket_row_normalize(&row);
    return row;
}

/* Sockets with an inode are told apart by it; connections that only wait have none. */
static uint64_t hash_of(const struct socket_row *row)
{
    uint64_t words[6] = {row->protocol, row->socket_id, 0, 0, 0, 0};

    if (row->socket_id == 0) {
        words[2] = (uint64_t)row->local.port << 16 | row->remote.port;
        words[3] = row->remote.scope_id;
        memcpy(&words[4], row->remote.address, sizeof(row->remote.address));
    }
    return hash_bytes(0, words, sizeof(words));
}

static bool is_same_socket(const struct socket_row *a, const struct socket_row *b)
{
    return a->protocol == b->protocol && a->socket_id == b->socket_id &&
           (a->socket_id != 0 || (socket_endpoint_equal(&a->local, &b->local) &&
                                  socket_endpoint_equal(&a->remote, &b->remote)));
}

/*
 * A dump goes on by position, so a socket that moves back while it runs comes
 * twice. Of these the later one counts: its state is the newer.
 */
static bool add_once(struct socket_reader *reader, struct socket_table *table,
                     const struct socket_row *row, struct failure *why)
{
    uint64_t hash = hash_of(row);

    for (uint32_t at = hash_index_first(&reader->seen, hash); at != HASH_INDEX_END;
         at = hash_index_next(&reader->seen)) {
        if (is_same_socket(&table->rows[at], row)) {
            table->rows[at] = *row;
            return true;
        }
    }
    return hash_index_add(&reader->seen, hash, (uint32_t)table->count, why) &&
           socket_table_add(table, row, why);
}

static enum progress take_error(const struct source *source, const struct nlmsghdr *header,
                                struct failure *why)
{
    struct nlmsgerr body;

    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(body))) {
        return fail_with(source, EBADMSG, why);
    }
    memcpy(&body, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(body));
    if (body.error == -EINTR || body.error == -EAGAIN || body.error == -EBUSY) {
        return PROGRESS_AGAIN;
    }
    if (body.error == -ENOENT || body.error == -EAFNOSUPPORT || body.error == -EPROTONOSUPPORT) {
        return PROGRESS_LACKS;
    }
    return fail_with(source, body.error < 0 ? -body.error : EBADMSG, why);
}

/* A dump may also report its error in its last message. */
static enum progress take_end(const struct source *source, const struct nlmsghdr *header,
                              struct failure *why)
{
    int error = 0;

    if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(error))) {
        memcpy(&error, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(error));
    }
    if (error == -ENOENT) {
        return PROGRESS_LACKS;
    }
    return error < 0 ? fail_with(source, -error, why) : PROGRESS_DONE;
}

static enum progress take_row(struct socket_reader *reader, const struct source *source,
                              const struct nlmsghdr *header, struct socket_table *table,
                              struct failure *why)
{
    struct inet_diag_msg body;
    struct socket_row row;

    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(body))) {
        return fail_with(source, EBADMSG, why);
    }
    memcpy(&body, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(body));
    if (body.idiag_family != source->family) {
        return PROGRESS_MORE; /* IPv4 rows also come with the IPv6 ones on some old kernels */
    }
    row = row_from(source, &body);
    return add_once(reader, table, &row, why) ? PROGRESS_MORE : PROGRESS_FAILED;
}

static enum progress take_message(struct socket_reader *reader, const struct source *source,
                                  const struct nlmsghdr *header, struct socket_table *table,
                                  struct failure *why)
{
    if (header->nlmsg_seq != reader->sequence) {
        return PROGRESS_MORE; /* the rest of a dump that we gave up */
    }
    if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
        return PROGRESS_AGAIN;
    }
    switch (header->nlmsg_type) {
    case NLMSG_DONE:
        return take_end(source, header, why);
    case NLMSG_ERROR:
        return take_error(source, header, why);
    case SOCK_DIAG_BY_FAMILY:
        return take_row(reader, source, header, table, why);
    default:
        return PROGRESS_MORE;
    }
}

static enum progress take_datagram(struct socket_reader *reader, const struct source *source,
                                   size_t size, struct socket_table *table, struct failure *why)
{
    enum progress progress = PROGRESS_MORE;
    size_t at = 0;

    while (progress == PROGRESS_MORE && size - at >= sizeof(struct nlmsghdr)) {
        const struct nlmsghdr *header = (const struct nlmsghdr *)(reader->buffer + at);

        if (header->nlmsg_len < sizeof(*header) || header->nlmsg_len > size - at) {
            return fail_with(source, EBADMSG, why);
        }
        progress = take_message(reader, source, header, table, why);
        if (NLMSG_ALIGN(header->nlmsg_len) >= size - at) {
            break;
        }
        at += NLMSG_ALIGN(header->nlmsg_len);
    }
    return progress;
}

static bool reserve(struct socket_reader *reader, size_t size, struct failure *why)
{
    uint8_t *buffer = size <= reader->size ? reader->buffer : realloc(reader->buffer, size);

    if (buffer == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu bytes of sockets", size);
    }
    reader->buffer = buffer;
    reader->size = size > reader->size ? size : reader->size;
    return true;
}

static enum progress receive(struct socket_reader *reader, const struct source *source,
                             struct socket_table *table, struct failure *why)
{
    long length = sock_diag_receive(reader->channel, reader->buffer, reader->size);

    if (length < 0) {
        /* ENOBUFS: the kernel had to drop a part. */
        return errno == ENOBUFS ? PROGRESS_AGAIN : fail_with(source, errno, why);
    }
    if ((size_t)length > reader->size) {
        if (length > LAST_SIZE) {
            return fail_with(source, EMSGSIZE, why);
        }
        return reserve(reader, (size_t)length * 2, why) ? PROGRESS_AGAIN : PROGRESS_FAILED;
    }
    return take_datagram(reader, source, (size_t)length, table, why);
}

static bool ask(struct socket_reader *reader, const struct source *source)
{
    const struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } request = {
        .header = {.nlmsg_len = sizeof(request),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                   .nlmsg_seq = ++reader->sequence},
        .body = {.sdiag_family = source->family,
                 .sdiag_protocol = (uint8_t)source->protocol,
                 .idiag_states = ALL_STATES},
    };

    return sock_diag_send(reader->channel, &request, sizeof(request));
}

static bool reopen(struct socket_reader *reader, struct failure *why)
{
    sock_diag_close(reader->channel);
    reader->channel = sock_diag_open();
    return reader->channel >= 0 ||
           failure_from_system(why, errno, "cannot reach the kernel's socket diagnostics");
}

/* Forgets the rows from `count` on. */
static void drop_rows(struct socket_reader *reader, struct socket_table *table, size_t count)
{
    table->count = count;
    hash_index_reset(&reader->seen); /* no row of one table is in another one */
}

static enum progress dump(struct socket_reader *reader, const struct source *source,
                          struct socket_table *table, struct failure *why)
{
    size_t count = table->count;
    enum progress progress = PROGRESS_AGAIN;

    for (int attempt = 0; attempt < MAX_ATTEMPTS && progress == PROGRESS_AGAIN; attempt++) {
        drop_rows(reader, table, count);
        /* A channel with an unfinished dump refuses the next one. */
        if ((attempt > 0 || reader->channel < 0) && !reopen(reader, why)) {
            return PROGRESS_FAILED;
        }
        if (!ask(reader, source)) {
            return fail_with(source, errno, why);
        }
        do {
            progress = receive(reader, source, table, why);
        } while (progress == PROGRESS_MORE);
    }
    if (progress == PROGRESS_AGAIN) {
        return fail_with(source, EAGAIN, why);
    }
    return progress;
}

static bool read_source(struct socket_reader *reader, const struct source *source,
                        struct socket_table *table, struct failure *why)
{
    switch (dump(reader, source, table, why)) {
    case PROGRESS_DONE:
        return true;
    case PROGRESS_LACKS:
        if (sock_diag_has_family(source->family, source->type)) {
            return FAIL(why, FAILURE_MISSING, ENOENT,
                        "cannot read the %s table: the kernel has no %s; try 'modprobe %s'",
                        source->name, source->module, source->module);
        }
        table->lacks |= (unsigned)source->lack;
        return true;
    default:
        return false;
    }
}

bool socket_reader_open(struct socket_reader **out, struct failure *why)
{
    struct socket_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to read the socket tables");
    }
    reader->channel = -1;
    if (!reserve(reader, FIRST_SIZE, why) || !reopen(reader, why)) {
        socket_reader_close(reader);
        return false;
    }
    *out = reader;
    return true;
}

bool socket_reader_read(struct socket_reader *reader, struct socket_table *table,
                        struct failure *why)
{
    socket_table_reset(table);
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (!read_source(reader, &sources[i], table, why)) {
            socket_table_reset(table);
            sock_diag_close(reader->channel); /* what is left of the dump goes with it */
            reader->channel = -1;
            return false;
        }
    }
    return true;
}

void socket_reader_close(struct socket_reader *reader)
{
    if (reader != NULL) {
        sock_diag_close(reader->channel);
        hash_index_clear(&reader->seen);
        free(reader->buffer);
        free(reader);
    }
}
