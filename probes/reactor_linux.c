/* SPDX-License-Identifier: MIT */

/*
 * Linux: epoll. What the network said comes from the sockets' error queues
 * (IP_RECVERR), also of a TCP socket that is being connected.
 */

#include "probes/reactor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

enum {
    EVENTS_AT_ONCE = 256,
    STRANGERS_AT_ONCE = 64,     /* datagrams of others that one call drops */
    DESCRIPTORS_OF_OTHERS = 64, /* files, threads and the like of this program */
    PORT_SHARE = 4,             /* one of so many dynamic ports is ours */
    ERRORS_AT_ONCE = 16,
};

struct reactor {
    int epoll;
    int wake;
};

struct reactor_socket {
    struct reactor *reactor;
    int fd;
    uint8_t transport;
    bool connecting;    /* TCP */
    bool from_any_port; /* its peer is not set */
    struct socket_endpoint target;
    void *user;
};

/* An address as the system's calls take it. */
struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } of;
    socklen_t size;
};

static struct address to_address(const struct socket_endpoint *end, uint8_t family_size)
{
    struct address address = {0};

    if (family_size == 4) {
        address.of.v4.sin_family = AF_INET;
        address.of.v4.sin_port = htons(end->port);
        memcpy(&address.of.v4.sin_addr, end->address, 4);
        address.size = sizeof(address.of.v4);
    } else {
        address.of.v6.sin6_family = AF_INET6;
        address.of.v6.sin6_port = htons(end->port);
        address.of.v6.sin6_scope_id = end->scope_id;
        memcpy(&address.of.v6.sin6_addr, end->address, 16);
        address.size = sizeof(address.of.v6);
    }
    return address;
}

static struct socket_endpoint from_address(const struct address *address)
{
    struct socket_endpoint end = {0};

    if (address->of.any.sa_family == AF_INET) {
        end.address_size = 4;
        end.port = ntohs(address->of.v4.sin_port);
        memcpy(end.address, &address->of.v4.sin_addr, 4);
    } else if (address->of.any.sa_family == AF_INET6) {
        end.address_size = 16;
        end.port = ntohs(address->of.v6.sin6_port);
        end.scope_id = address->of.v6.sin6_scope_id;
        memcpy(end.address, &address->of.v6.sin6_addr, 16);
    }
    return end;
}

bool reactor_open(struct reactor **out, size_t most, struct failure *why)
{
    struct epoll_event event = {.events = EPOLLIN}; /* no socket: the wake-up */
    struct reactor *reactor = malloc(sizeof(*reactor));

    (void)most;
    *out = NULL;
    if (reactor == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the reactor");
    }
    reactor->epoll = epoll_create1(EPOLL_CLOEXEC);
    reactor->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reactor->epoll < 0 || reactor->wake < 0 ||
        epoll_ctl(reactor->epoll, EPOLL_CTL_ADD, reactor->wake, &event) != 0) {
        failure_from_system(why, errno, "cannot make an epoll");
        reactor_close(reactor);
        return false;
    }
    *out = reactor;
    return true;
}

static void close_fd(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

void reactor_close(struct reactor *reactor)
{
    if (reactor != NULL) {
        close_fd(reactor->wake);
        close_fd(reactor->epoll);
        free(reactor);
    }
}

/* Descriptors that this process may have, after raising the limit to what it may be raised to. */
static size_t raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 1024;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max, limit.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit = raised;
        }
    }
    return limit.rlim_cur > SIZE_MAX ? SIZE_MAX : (size_t)limit.rlim_cur;
}

/* 0: not known. */
static size_t count_dynamic_ports(void)
{
    struct text content = {0};
    struct failure why;
    unsigned long first = 0;
    unsigned long last = 0;

    if (file_read(&content, "/proc/sys/net/ipv4/ip_local_port_range", 100, &why)) {
        char *end;

        first = strtoul(text_bytes(&content), &end, 10);
        last = strtoul(end, NULL, 10);
    }
    text_clear(&content);
    return last > first && last <= UINT16_MAX ? last - first + 1 : 0;
}

/* The number behind a word of a line of sockstat: "TCP: inuse 5 orphan 0 tw 3 alloc 6 mem 1". */
static size_t number_of(const char *content, const char *line, const char *word)
{
    const char *at = strstr(content, line);
    const char *end = at == NULL ? NULL : strchr(at, '\n');

    at = at == NULL ? NULL : strstr(at, word);
    return at == NULL || (end != NULL && at > end) ? 0 : strtoul(at + strlen(word), NULL, 10);
}

/* Sockets that may hold a port each, of both families: some hold none, or the same one. */
static size_t count_taken_ports(void)
{
    static const struct {
        const char *file;
        const char *line;
        const char *word;
    } counts[] = {
        {"/proc/net/sockstat", "TCP:", " inuse "},   {"/proc/net/sockstat", "TCP:", " tw "},
        {"/proc/net/sockstat", "UDP:", " inuse "},   {"/proc/net/sockstat6", "TCP6:", " inuse "},
        {"/proc/net/sockstat6", "UDP6:", " inuse "},
    };
    size_t taken = 0;

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct text content = {0};
        struct failure why;

        if (file_read(&content, counts[i].file, 4096, &why)) {
            taken += number_of(text_bytes(&content), counts[i].line, counts[i].word);
        }
        text_clear(&content);
    }
    return taken;
}

size_t reactor_limit(size_t wanted, char *why_less, size_t why_size)
{
    size_t descriptors = raise_descriptors();
    size_t all = count_dynamic_ports();
    size_t taken = count_taken_ports();
    size_t ports = taken < all ? all - taken : 1;
    size_t limit = wanted;

    if (descriptors < wanted + DESCRIPTORS_OF_OTHERS) {
        limit = descriptors > DESCRIPTORS_OF_OTHERS ? descriptors - DESCRIPTORS_OF_OTHERS : 1;
        snprintf(why_less, why_size, "this process may have %zu descriptors (ulimit -n)",
                 descriptors);
    }
    if (all != 0 && ports / PORT_SHARE < limit) {
        limit = ports / PORT_SHARE > 0 ? ports / PORT_SHARE : 1;
        snprintf(why_less, why_size,
                 "a quarter of the %zu dynamic ports that are free (of %zu, "
                 "net.ipv4.ip_local_port_range) is what others can spare",
                 ports, all);
    }
    return limit;
}

/* A refusal is told at once. */
int reactor_least_attempt(const struct reactor *reactor)
{
    (void)reactor;
    return 0;
}

/* Errors that a connection or a datagram can end with; all others are of this machine. */
static const struct error_cause {
    int code;
    enum probe_cause cause;
} error_causes[] = {
    {ECONNREFUSED, PROBE_RESET},
    {ECONNRESET, PROBE_RESET},
    {EPIPE, PROBE_RESET},
    {ETIMEDOUT, PROBE_TIMEOUT},
    {EHOSTUNREACH, PROBE_UNREACHABLE},
    {ENETUNREACH, PROBE_UNREACHABLE},
    {EHOSTDOWN, PROBE_UNREACHABLE},
    {ENETDOWN, PROBE_UNREACHABLE},
    {ENONET, PROBE_UNREACHABLE},
};

static enum probe_cause cause_of(int code)
{
    for (size_t i = 0; i < sizeof(error_causes) / sizeof(error_causes[0]); i++) {
        if (error_causes[i].code == code) {
            return error_causes[i].cause;
        }
    }
    return PROBE_LOCAL_ERROR;
}

static struct probe_error error_of(int code)
{
    return (struct probe_error){.cause = cause_of(code), .code = code};
}

bool reactor_error_passes(const struct probe_error *error)
{
    static const int passing[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EAGAIN};

    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
        if (error->cause == PROBE_LOCAL_ERROR && !error->stays && error->code == passing[i]) {
            return true;
        }
    }
    return false;
}

/* It is this machine that says so: no neighbour answers for the address, for instance. */
static bool is_own_voice(const struct reactor_socket *socket,
                         const struct socket_endpoint *offender)
{
    struct address own = {.size = sizeof(own.of)};
    struct socket_endpoint local;

    if (getsockname(socket->fd, &own.of.any, &own.size) != 0) {
        return false;
    }
    local = from_address(&own);
    return local.address_size == offender->address_size &&
           memcmp(local.address, offender->address, sizeof(local.address)) == 0 &&
           memcmp(socket->target.address, offender->address, sizeof(local.address)) != 0;
}

static void take_icmp(const struct reactor_socket *socket, const struct sock_extended_err *said,
                      const struct sockaddr *offender, struct probe_error *error)
{
    struct address from = {0};

    *error = error_of((int)said->ee_errno);
    if (said->ee_origin != SO_EE_ORIGIN_ICMP && said->ee_origin != SO_EE_ORIGIN_ICMP6) {
        return;
    }
    memcpy(&from.of, offender,
           offender->sa_family == AF_INET    ? sizeof(from.of.v4)
           : offender->sa_family == AF_INET6 ? sizeof(from.of.v6)
                                             : 0);
    error->has_icmp = true;
    error->icmp_type = said->ee_type;
    error->icmp_code = said->ee_code;
    error->offender = from_address(&from);
    error->offender.port = 0;
    error->cause = is_own_voice(socket, &error->offender) ? PROBE_UNREACHABLE : PROBE_ICMP;
}

/* What a message of the error queue tells. False: no error. */
static bool read_message(const struct reactor_socket *socket, struct msghdr *message,
                         struct probe_error *error)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
         part = CMSG_NXTHDR(message, part)) {
        bool is_v4 = part->cmsg_level == SOL_IP && part->cmsg_type == IP_RECVERR;
        bool is_v6 = part->cmsg_level == SOL_IPV6 && part->cmsg_type == IPV6_RECVERR;

        if (is_v4 || is_v6) {
            const struct sock_extended_err *said = (const void *)CMSG_DATA(part);

            take_icmp(socket, said, SO_EE_OFFENDER(said), error);
            return said->ee_errno != 0;
        }
    }
    return false;
}

/* Takes the next error from the error queue. False where there is none. */
static bool read_error_queue(const struct reactor_socket *socket, struct probe_error *error)
{
    for (int i = 0; i < ERRORS_AT_ONCE; i++) {
        _Alignas(struct cmsghdr) char control[512];
        struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};

        if (recvmsg(socket->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
            return false;
        }
        if (read_message(socket, &message, error)) {
            return true;
        }
    }
    return false;
}

/* Of UDP it is only ICMP that refuses. */
static struct probe_error error_of_socket(const struct reactor_socket *socket, int code)
{
    struct probe_error error = error_of(code);

    if (socket->transport == PROBE_UDP && error.cause == PROBE_RESET) {
        error.cause = PROBE_ICMP;
    }
    return error;
}

/* What is wrong with a socket after a call has failed with `code`. */
static struct probe_error find_error(const struct reactor_socket *socket, int code)
{
    struct probe_error error;

    if (cause_of(code) != PROBE_LOCAL_ERROR && read_error_queue(socket, &error)) {
        return error;
    }
    return error_of_socket(socket, code);
}

static bool set_flag(int fd, int level, int name)
{
    static const int on = 1;

    return setsockopt(fd, level, name, &on, sizeof(on)) == 0;
}

/* Where these fail, a detail of an outcome is missing, or a port is refused in words. */
static void set_options(int fd, const struct reactor_socket_options *options)
{
    bool is_v6 = options->target.address_size == 16;

    (void)set_flag(fd, is_v6 ? SOL_IPV6 : SOL_IP, is_v6 ? IPV6_RECVERR : IP_RECVERR);
    if (options->source.port != 0) {
        (void)set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
    } else if (options->source.address_size != 0) {
        /* The port is chosen with the peer in view: many sockets can share it. */
        (void)set_flag(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT);
    }
}

static bool bind_source(int fd, const struct reactor_socket_options *options)
{
    struct address source;

    if (options->source.address_size == 0 && options->source.port == 0) {
        return true;
    }
    source = to_address(&options->source, options->target.address_size);
    return bind(fd, &source.of.any, source.size) == 0;
}

bool reactor_check_source(const struct reactor *reactor, const struct socket_endpoint *source,
                          struct failure *why)
{
    struct socket_endpoint any_port = *source;
    struct address address;
    bool is_ours;
    int fd;

    (void)reactor;
    if (source->address_size == 0) {
        return true;
    }
    any_port.port = 0;
    address = to_address(&any_port, source->address_size);
    fd = socket(source->address_size == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    is_ours = fd < 0 || bind(fd, &address.of.any, address.size) == 0 || errno != EADDRNOTAVAIL;
    close_fd(fd);
    return is_ours || FAIL(why, FAILURE_USAGE, EADDRNOTAVAIL, "this machine has no such address");
}

/* An error that the system keeps for the socket; cause NONE where there is none. */
static struct probe_error pending_error(const struct reactor_socket *socket)
{
    struct probe_error error;
    int code = 0;
    socklen_t size = sizeof(code);

    if (read_error_queue(socket, &error)) {
        return error;
    }
    if (getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0 || code == 0) {
        return (struct probe_error){0};
    }
    return error_of_socket(socket, code);
}

/* The connection was made, and reset before we came to look. */
static bool is_of_connected(const struct probe_error *error)
{
    return !error->has_icmp && (error->code == ECONNRESET || error->code == EPIPE);
}

static bool has_failed(const struct probe_error *error)
{
    return error->cause != PROBE_CAUSE_NONE && !is_of_connected(error);
}

static bool is_loopback(const struct socket_endpoint *end)
{
    static const uint8_t version_6[16] = {[15] = 1};

    return end->address_size == 4 ? end->address[0] == 127
                                  : memcmp(end->address, version_6, sizeof(version_6)) == 0;
}

/* A closed port of this machine has refused by now, which spares the epoll the trouble. */
static bool was_refused_already(const struct reactor_socket *socket, struct probe_error *error)
{
    if (!is_loopback(&socket->target)) {
        return false;
    }
    *error = pending_error(socket);
    return has_failed(error);
}

static bool connect_target(struct reactor_socket *socket, struct probe_error *error)
{
    struct address target = to_address(&socket->target, socket->target.address_size);

    if (socket->from_any_port || connect(socket->fd, &target.of.any, target.size) == 0) {
        socket->connecting = socket->transport == PROBE_TCP; /* told by an event all the same */
        return true;
    }
    if (errno == EINPROGRESS) {
        socket->connecting = true;
        return !was_refused_already(socket, error);
    }
    *error = find_error(socket, errno);
    return false;
}

static bool set_up(struct reactor_socket *socket, const struct reactor_socket_options *options,
                   struct probe_error *error)
{
    struct epoll_event event = {
        .events = EPOLLIN | (options->transport == PROBE_TCP ? EPOLLOUT : 0u),
        .data.ptr = socket,
    };

    set_options(socket->fd, options);
    if (!bind_source(socket->fd, options)) {
        *error = error_of(errno);
        error->stays = error->code == EADDRNOTAVAIL; /* from connect() it is a want of ports */
        return false;
    }
    if (!connect_target(socket, error)) {
        return false;
    }
    if (epoll_ctl(socket->reactor->epoll, EPOLL_CTL_ADD, socket->fd, &event) != 0) {
        *error = error_of(errno);
        return false;
    }
    return true;
}

bool reactor_socket_open(struct reactor_socket **out, struct reactor *reactor,
                         const struct reactor_socket_options *options, struct probe_error *error)
{
    int family = options->target.address_size == 4 ? AF_INET : AF_INET6;
    int type = options->transport == PROBE_TCP ? SOCK_STREAM : SOCK_DGRAM;
    struct reactor_socket *made = malloc(sizeof(*made));

    *out = NULL;
    if (made == NULL) {
        *error = error_of(ENOMEM);
        return false;
    }
    *made = (struct reactor_socket){
        .reactor = reactor,
        .fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
        .transport = options->transport,
        .from_any_port = options->transport == PROBE_UDP && options->from_any_port,
        .target = options->target,
        .user = options->user,
    };
    if (made->fd < 0) {
        *error = error_of(errno);
    } else if (set_up(made, options, error)) {
        *out = made;
        return true;
    }
    close_fd(made->fd);
    free(made);
    return false;
}

void reactor_socket_close(struct reactor_socket *socket, bool reset)
{
    if (reset && socket->transport == PROBE_TCP && !socket->connecting) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};

        (void)setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
    close(socket->fd); /* which takes it out of the epoll */
    free(socket);
}

uint16_t reactor_socket_port(const struct reactor_socket *socket)
{
    struct address own = {.size = sizeof(own.of)};

    return getsockname(socket->fd, &own.of.any, &own.size) == 0 ? from_address(&own).port : 0;
}

static void watch(struct reactor_socket *socket, bool room)
{
    struct epoll_event event = {
        .events = EPOLLIN | (room ? EPOLLOUT : 0u),
        .data.ptr = socket,
    };

    (void)epoll_ctl(socket->reactor->epoll, EPOLL_CTL_MOD, socket->fd, &event);
}

/*
 * Where nobody listens at a dynamic port of this machine, a connection to it may
 * get that very port as its own, and meet itself (RFC 9293 section 3.5, simultaneous open).
 */
static bool has_met_itself(const struct reactor_socket *socket)
{
    struct address own = {.size = sizeof(own.of)};
    struct socket_endpoint local;

    if (getsockname(socket->fd, &own.of.any, &own.size) != 0) {
        return false;
    }
    local = from_address(&own);
    return local.port == socket->target.port &&
           memcmp(local.address, socket->target.address, sizeof(local.address)) == 0;
}

/* False: nothing that anybody needs to know. */
static bool tell_connecting(struct reactor_socket *socket, uint32_t events,
                            struct reactor_event *out)
{
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
        out->error = pending_error(socket);
        if (has_failed(&out->error)) {
            out->happening = REACTOR_FAILED;
            return true;
        }
        if (out->error.cause == PROBE_CAUSE_NONE && (events & EPOLLHUP) == 0) {
            return false;
        }
        out->error = (struct probe_error){0}; /* what is read next tells how it ended */
    } else if ((events & (EPOLLOUT | EPOLLIN)) == 0) {
        return false;
    }
    if (has_met_itself(socket)) {
        out->happening = REACTOR_FAILED;
        out->error = error_of(ECONNREFUSED);
        return true;
    }
    socket->connecting = false;
    watch(socket, false);
    out->happening = REACTOR_CONNECTED;
    return true;
}

static bool tell(struct reactor_socket *socket, uint32_t events, struct reactor_event *out)
{
    *out = (struct reactor_event){.user = socket->user};
    if (socket->connecting) {
        return tell_connecting(socket, events, out);
    }
    /* What came before a reset is still there to be read, and may say why; the error comes behind.
     */
    if ((events & EPOLLERR) != 0 && (socket->transport == PROBE_UDP || (events & EPOLLIN) == 0)) {
        out->error = pending_error(socket);
        if (out->error.cause != PROBE_CAUSE_NONE) {
            out->happening = REACTOR_FAILED;
            return true;
        }
    }
    if ((events & (EPOLLIN | EPOLLHUP)) != 0) {
        out->happening = REACTOR_READABLE;
        return true;
    }
    if ((events & EPOLLOUT) != 0) {
        watch(socket, false);
        out->happening = REACTOR_WRITABLE;
        return true;
    }
    return false;
}

static void take_wake(struct reactor *reactor)
{
    uint64_t rings;

    (void)!read(reactor->wake, &rings, sizeof(rings));
}

bool reactor_wait(struct reactor *reactor, int milliseconds, struct reactor_event *events,
                  size_t most, size_t *count, struct failure *why)
{
    struct epoll_event found[EVENTS_AT_ONCE];
    int room = most < EVENTS_AT_ONCE ? (int)most : EVENTS_AT_ONCE;
    int got = epoll_wait(reactor->epoll, found, room, milliseconds);

    *count = 0;
    if (got < 0 && errno != EINTR) {
        return failure_from_system(why, errno, "cannot wait for sockets");
    }
    for (int i = 0; i < got; i++) {
        if (found[i].data.ptr == NULL) {
            take_wake(reactor);
        } else if (tell(found[i].data.ptr, found[i].events, &events[*count])) {
            (*count)++;
        }
    }
    return true;
}

void reactor_wake(struct reactor *reactor)
{
    static const uint64_t once = 1;
    int saved = errno; /* a signal handler must leave it as it was */

    (void)!write(reactor->wake, &once, sizeof(once));
    errno = saved;
}

bool reactor_send(struct reactor_socket *socket, const void *bytes, size_t size, size_t *sent,
                  struct probe_error *error)
{
    struct address target = to_address(&socket->target, socket->target.address_size);
    ssize_t taken =
        sendto(socket->fd, bytes, size, MSG_NOSIGNAL, socket->from_any_port ? &target.of.any : NULL,
               socket->from_any_port ? target.size : 0);

    *sent = taken < 0 ? 0 : (size_t)taken;
    if (taken < 0 && errno != EAGAIN && errno != EINTR) {
        *error = find_error(socket, errno);
        return false;
    }
    if (taken < 0 || *sent < size) {
        watch(socket, true);
    }
    return true;
}

static bool is_stranger(const struct reactor_socket *socket, const struct socket_endpoint *from)
{
    return socket->from_any_port &&
           (from->address_size != socket->target.address_size ||
            memcmp(from->address, socket->target.address, sizeof(from->address)) != 0);
}

enum reactor_received reactor_receive(struct reactor_socket *socket, void *bytes, size_t size,
                                      size_t *received, struct socket_endpoint *from,
                                      struct probe_error *error)
{
    bool is_tcp = socket->transport == PROBE_TCP;

    for (int i = 0; i < STRANGERS_AT_ONCE; i++) {
        struct address address = {.size = sizeof(address.of)};
        ssize_t got = recvfrom(socket->fd, bytes, size, is_tcp ? 0 : MSG_TRUNC, &address.of.any,
                               &address.size);
        struct socket_endpoint sender = from_address(&address);

        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return REACTOR_NOTHING;
        }
        if (got < 0) {
            *error = find_error(socket, errno);
            return REACTOR_ERROR;
        }
        if (is_tcp || !is_stranger(socket, &sender)) {
            *received = (size_t)got;
            if (from != NULL) {
                *from = sender;
            }
            return is_tcp && got == 0 ? REACTOR_END : REACTOR_BYTES;
        }
    }
    return REACTOR_NOTHING;
}
