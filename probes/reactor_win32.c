/* SPDX-License-Identifier: MIT */

/*
 * Windows: an I/O completion port. A connection is made by ConnectEx; a read of
 * no bytes ends when there is something to read, so that a socket that waits
 * holds no buffer. What comes is then taken by a call that does not block.
 *
 * The system writes into the memory of an operation until its completion has
 * come: a socket that is closed is freed only then.
 */

#include "probes/reactor.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/winsock_calls_win32.h"

#include <mstcpip.h>

#include "base/clock.h"
#include "probes/dynamic_ports_win32.h"
#include "probes/winsock_address_win32.h"
#include "probes/winsock_error_win32.h"

/* Of newer Windows than the headers of all compilers know. */
enum {
    OPTION_PORT_SCALABILITY = 0x3006,  /* SO_PORT_SCALABILITY */
    OPTION_REUSE_UNICASTPORT = 0x3007, /* SO_REUSE_UNICASTPORT: Windows 10 */
    OPTION_FAIL_ON_ICMP = 18,          /* TCP_FAIL_CONNECT_ON_ICMP_ERROR: Windows 10 2004 */
    OPTION_ICMP_ERROR = 19,            /* TCP_ICMP_ERROR_INFO: the same */
};

static const DWORD control_udp_reset = _WSAIOW(IOC_VENDOR, 12); /* SIO_UDP_CONNRESET */
static const DWORD control_ttl_reset = _WSAIOW(IOC_VENDOR, 15); /* SIO_UDP_NETRESET */

enum {
    COMPLETIONS_AT_ONCE = 256,
    STRANGERS_AT_ONCE = 64, /* datagrams of others that one call drops */
    DATAGRAM_MOST = 65536,  /* more than any has */
    SEND_COPY_MOST = 65536, /* bytes that wait with us where the system has no room */
    FIRST_RTO_MOST = 3000,  /* milliseconds: more than that the system does not take */
    LEAST_ATTEMPT = 3000,   /* three SYNs, and the refusal of each */
    CLOSE_PATIENCE = 2000,  /* milliseconds for the last completions */
    PORT_SHARE = 4,         /* one of so many dynamic ports is ours */
};

/* The answer to OPTION_ICMP_ERROR: ICMP_ERROR_INFO of ws2ipdef.h. */
struct icmp_error_info {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } source;
    int protocol;
    uint8_t type;
    uint8_t code;
};

enum operation_kind { OPERATION_CONNECT, OPERATION_READ, OPERATION_SEND };

/* What the system works on. */
struct operation {
    OVERLAPPED overlapped; /* first: a completion names it */
    struct reactor_socket *socket;
    enum operation_kind kind;
};

/* Bytes that the system had no room for. */
struct pending_send {
    struct operation operation;
    uint8_t bytes[];
};

struct reactor_socket {
    struct reactor *reactor;
    SOCKET handle;
    void *user;
    struct socket_endpoint target;
    struct probe_error error; /* of FAILED */
    struct operation wait;    /* to connect, then to read */
    struct pending_send *send;
    struct reactor_socket *next_ready; /* in the reactor's lists */
    struct reactor_socket *next_idle;
    unsigned happened; /* bits of enum reactor_happening that nobody was told of yet */
    uint8_t transport;
    uint8_t pending; /* operations that the system has */
    bool from_any_port;
    bool is_waiting; /* `wait` is with the system */
    bool is_ready;   /* in the list */
    bool is_idle;    /* likewise */
    bool wants_room;
    bool is_connected; /* TCP */
    bool is_over;      /* TCP: it has failed */
    bool is_closed;
};

struct list {
    struct reactor_socket *first;
    struct reactor_socket *last;
};

struct reactor {
    struct winsock_calls calls;
    HANDLE port;
    struct list ready;           /* something has happened to them */
    struct reactor_socket *idle; /* nobody waits for them: a read begins with the next wait */
    size_t sockets;              /* whose memory is in use */
    volatile LONG is_rung;       /* a wake-up is on its way */
    int least_attempt;
    bool lacks_icmp; /* options that this system does not know */
    bool lacks_unicast;
    bool lacks_scalability;
    uint8_t datagram[DATAGRAM_MOST];
};

static struct probe_error error_of(const struct reactor_socket *socket, int code)
{
    return winsock_error(code, socket->transport, socket->target.address_size);
}

bool reactor_error_passes(const struct probe_error *error)
{
    static const int passing[] = {WSAEMFILE,
                                  WSAENOBUFS,
                                  WSAEADDRINUSE,
                                  ERROR_NOT_ENOUGH_MEMORY,
                                  WSA_NOT_ENOUGH_MEMORY,
                                  ERROR_NO_SYSTEM_RESOURCES};

    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
        if (error->cause == PROBE_LOCAL_ERROR && error->code == passing[i]) {
            return true;
        }
    }
    return false;
}

/* The local end; address_size 0 where it is not known. */
static struct socket_endpoint own_end(const struct reactor_socket *socket)
{
    struct winsock_address own = {.size = sizeof(own.of)};

    if (socket->reactor->calls.own_name(socket->handle, &own.of.any, &own.size) != 0) {
        return (struct socket_endpoint){0};
    }
    return winsock_address_to_endpoint(&own);
}

/* Options. Where one fails, a detail of an outcome is missing, or it takes longer. */

static bool set_option(const struct reactor *reactor, SOCKET handle, int level, int name,
                       DWORD value)
{
    return reactor->calls.set_option(handle, level, name, (const char *)&value, sizeof(value)) == 0;
}

static bool control(const struct reactor *reactor, SOCKET handle, DWORD code, void *value,
                    DWORD size)
{
    DWORD got;

    return reactor->calls.control(handle, code, value, size, NULL, 0, &got, NULL, NULL) == 0;
}

static bool control_flag(const struct reactor *reactor, SOCKET handle, DWORD code)
{
    DWORD on = 1; /* a BOOL or a u_long */

    return control(reactor, handle, code, &on, sizeof(on));
}

/*
 * One SYN, and its time. The time that the system takes is bounded: a longer
 * attempt has as many SYNs, each waiting twice as long, as it takes to fill it.
 */
static bool set_attempt(const struct reactor *reactor, SOCKET handle, int milliseconds)
{
    TCP_INITIAL_RTO_PARAMETERS rto = {
        .Rtt = FIRST_RTO_MOST,
        .MaxSynRetransmissions = TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS,
    };
    int64_t filled = FIRST_RTO_MOST;
    UCHAR again = 0;

    if (milliseconds <= FIRST_RTO_MOST) {
        rto.Rtt = (USHORT)milliseconds;
    }
    while (filled < milliseconds && again < 8) {
        again++;
        filled = filled * 2 + FIRST_RTO_MOST;
    }
    if (again > 0) {
        rto.MaxSynRetransmissions = again;
    }
    return control(reactor, handle, SIO_TCP_INITIAL_RTO, &rto, sizeof(rto));
}

/* Sets an option unless it is known to be missing here: a sweep asks for it 65,535 times. */
static bool set_optional(struct reactor *reactor, SOCKET handle, int level, int name, bool *lacks)
{
    *lacks = *lacks || !set_option(reactor, handle, level, name, 1);
    return !*lacks;
}

static void set_tcp_options(struct reactor *reactor, SOCKET handle,
                            const struct reactor_socket_options *options)
{
    if (options->attempt_ms > 0 && reactor->least_attempt == 0) {
        (void)set_attempt(reactor, handle, options->attempt_ms);
    }
    (void)set_optional(reactor, handle, IPPROTO_TCP, OPTION_FAIL_ON_ICMP, &reactor->lacks_icmp);
    if (options->source.port != 0) {
        (void)set_option(reactor, handle, SOL_SOCKET, SO_REUSEADDR, 1);
    } else if (!set_optional(reactor, handle, SOL_SOCKET, OPTION_REUSE_UNICASTPORT,
                             &reactor->lacks_unicast)) {
        /* Else the port is taken when the socket is bound, and nobody can share it. */
        (void)set_optional(reactor, handle, SOL_SOCKET, OPTION_PORT_SCALABILITY,
                           &reactor->lacks_scalability);
    }
}

static void set_udp_options(const struct reactor *reactor, SOCKET handle)
{
    (void)control_flag(reactor, handle, FIONBIO);
    (void)control_flag(reactor, handle, control_udp_reset);
    (void)control_flag(reactor, handle, control_ttl_reset);
}

/* Whether this system can be told to send one SYN only. */
static bool knows_attempts(const struct reactor *reactor)
{
    SOCKET handle = reactor->calls.open(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                                        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    bool knows = handle != INVALID_SOCKET && set_attempt(reactor, handle, 1000);

    if (handle != INVALID_SOCKET) {
        reactor->calls.close(handle);
    }
    return knows;
}

bool reactor_open(struct reactor **out, size_t most, struct failure *why)
{
    struct reactor *reactor = calloc(1, sizeof(*reactor));

    (void)most;
    *out = NULL;
    if (reactor == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the reactor");
    }
    if (!winsock_calls_begin(&reactor->calls, why)) {
        free(reactor);
        return false;
    }
    reactor->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (reactor->port == NULL) {
        failure_from_system(why, (long)GetLastError(), "cannot make a completion port");
        winsock_calls_end();
        free(reactor);
        return false;
    }
    reactor->least_attempt = knows_attempts(reactor) ? 0 : LEAST_ATTEMPT;
    *out = reactor;
    return true;
}

int reactor_least_attempt(const struct reactor *reactor)
{
    return reactor->least_attempt;
}

size_t reactor_limit(size_t wanted, char *why_less, size_t why_size)
{
    size_t ports = wanted > 1 ? dynamic_ports_free() : PORT_SHARE; /* one may always be asked */
    size_t limit = ports / PORT_SHARE > 0 ? ports / PORT_SHARE : 1;

    /* Handles have no limit that is worth a word. */
    if (wanted <= limit) {
        return wanted;
    }
    snprintf(why_less, why_size,
             "a quarter of the %zu dynamic ports that are free (of 49152 to 65535) is what others "
             "can spare",
             ports);
    return limit;
}

/* Lists. A socket that is closed stays in its list until it is taken out. */

static void list_add(struct list *list, struct reactor_socket *socket)
{
    if (socket->is_ready) {
        return;
    }
    socket->is_ready = true;
    socket->next_ready = NULL;
    if (list->last != NULL) {
        list->last->next_ready = socket;
    } else {
        list->first = socket;
    }
    list->last = socket;
}

static struct reactor_socket *list_take(struct list *list)
{
    struct reactor_socket *socket = list->first;

    if (socket != NULL) {
        list->first = socket->next_ready;
        list->last = list->first == NULL ? NULL : list->last;
        socket->is_ready = false;
    }
    return socket;
}

static void make_idle(struct reactor_socket *socket)
{
    if (!socket->is_idle && !socket->is_over) {
        socket->is_idle = true;
        socket->next_idle = socket->reactor->idle;
        socket->reactor->idle = socket;
    }
}

/* Frees a socket that is closed once nobody refers to it any more. */
static void release(struct reactor_socket *socket)
{
    if (socket->is_closed && socket->pending == 0 && !socket->is_ready && !socket->is_idle) {
        socket->reactor->sockets--;
        free(socket);
    }
}

static void happen(struct reactor_socket *socket, enum reactor_happening happening)
{
    socket->happened |= 1u << happening;
    list_add(&socket->reactor->ready, socket);
}

static void fail(struct reactor_socket *socket, struct probe_error error)
{
    socket->error = error;
    socket->is_over = socket->transport == PROBE_TCP;
    happen(socket, REACTOR_FAILED);
}

/* Operations */

static void begin_operation(struct operation *operation, struct reactor_socket *socket,
                            enum operation_kind kind)
{
    *operation = (struct operation){.socket = socket, .kind = kind};
}

/* Whether the system has the operation. A call that is done at once has its completion, too. */
static bool has_begun(struct reactor_socket *socket, bool is_done)
{
    if (!is_done && socket->reactor->calls.last_error() != WSA_IO_PENDING) {
        return false;
    }
    socket->pending++;
    return true;
}

static bool begin_connect(struct reactor_socket *socket)
{
    struct winsock_address target =
        winsock_address_of(&socket->target, socket->target.address_size);

    begin_operation(&socket->wait, socket, OPERATION_CONNECT);
    socket->is_waiting = has_begun(
        socket, socket->reactor->calls.begin_connect(socket->handle, &target.of.any, target.size,
                                                     NULL, 0, NULL, &socket->wait.overlapped) != 0);
    return socket->is_waiting;
}

/* Starts a read of nothing; the result is Winsock's. */
static int read_nothing(struct reactor_socket *socket, WSAOVERLAPPED *overlapped)
{
    WSABUF nothing = {0};
    DWORD got = 0;
    DWORD flags = socket->transport == PROBE_UDP ? MSG_PEEK : 0; /* else it would be taken away */

    return socket->reactor->calls.receive(socket->handle, &nothing, 1,
                                          overlapped == NULL ? &got : NULL, &flags, NULL, NULL,
                                          overlapped, NULL) == 0
               ? 0
               : socket->reactor->calls.last_error();
}

/* Something is there; a datagram is longer than nothing. */
static bool means_readable(int code)
{
    return code == 0 || code == WSAEMSGSIZE;
}

static void end_read(struct reactor_socket *socket, int code)
{
    if (means_readable(code)) {
        happen(socket, REACTOR_READABLE);
    } else {
        fail(socket, error_of(socket, code));
    }
}

/*
 * A read that ends at once with a warning (WSAEMSGSIZE) has a completion, too, by
 * the rules of the kernel. Should a system see that otherwise, the socket is
 * never waited for again: so a datagram that is there already is found first,
 * without the completion port, and only one that comes in between is at stake.
 */
static void begin_read(struct reactor_socket *socket)
{
    int code;

    if (socket->transport == PROBE_UDP) {
        code = read_nothing(socket, NULL);
        if (code != WSAEWOULDBLOCK) {
            end_read(socket, code);
            return;
        }
    }
    if (socket->is_waiting || socket->is_over) {
        return;
    }
    begin_operation(&socket->wait, socket, OPERATION_READ);
    code = read_nothing(socket, &socket->wait.overlapped);
    if (means_readable(code) || code == WSA_IO_PENDING) {
        socket->is_waiting = true;
        socket->pending++;
    } else {
        fail(socket, error_of(socket, code));
    }
}

static void begin_reads(struct reactor *reactor)
{
    while (reactor->idle != NULL) {
        struct reactor_socket *socket = reactor->idle;

        reactor->idle = socket->next_idle;
        socket->is_idle = false;
        if (socket->is_closed) {
            release(socket);
        } else {
            begin_read(socket);
        }
    }
}

/* Newer systems say which message of ICMP it was that ended an attempt. */
static void add_icmp(const struct reactor_socket *socket, struct probe_error *error)
{
    struct icmp_error_info info = {0};
    struct winsock_address offender = {0};
    int size = sizeof(info);

    if (socket->reactor->lacks_icmp || error->cause == PROBE_LOCAL_ERROR ||
        socket->reactor->calls.get_option(socket->handle, IPPROTO_TCP, OPTION_ICMP_ERROR,
                                          (char *)&info, &size) != 0 ||
        (info.protocol != IPPROTO_ICMP && info.protocol != IPPROTO_ICMPV6)) {
        return;
    }
    memcpy(&offender.of, &info.source, sizeof(info.source));
    error->cause = PROBE_ICMP;
    error->has_icmp = true;
    error->icmp_type = info.type;
    error->icmp_code = info.code;
    error->offender = winsock_address_to_endpoint(&offender);
    error->offender.port = 0;
}

/*
 * Where nobody listens at a dynamic port of this machine, a connection to it may
 * get that very port as its own, and meet itself (RFC 9293 section 3.5, simultaneous open).
 */
static bool has_met_itself(const struct reactor_socket *socket)
{
    struct socket_endpoint own = own_end(socket);

    return own.port == socket->target.port &&
           memcmp(own.address, socket->target.address, sizeof(own.address)) == 0;
}

static void end_connect(struct reactor_socket *socket, int code)
{
    struct probe_error error;

    if (code == 0) {
        /* Without this the socket does not know its names. */
        (void)socket->reactor->calls.set_option(socket->handle, SOL_SOCKET,
                                                SO_UPDATE_CONNECT_CONTEXT, NULL, 0);
        (void)control_flag(socket->reactor, socket->handle, FIONBIO);
        socket->is_connected = true;
        if (!has_met_itself(socket)) {
            happen(socket, REACTOR_CONNECTED);
            return;
        }
        code = WSAECONNREFUSED;
    }
    error = error_of(socket, code);
    add_icmp(socket, &error);
    fail(socket, error);
}

static void end_send(struct reactor_socket *socket, int code)
{
    if (code != 0) {
        fail(socket, error_of(socket, code));
    } else if (socket->wants_room) {
        socket->wants_room = false;
        happen(socket, REACTOR_WRITABLE);
    }
}

static int result_of(struct reactor_socket *socket, struct operation *operation)
{
    const struct winsock_calls *calls = &socket->reactor->calls;
    DWORD got;
    DWORD flags;

    return calls->result(socket->handle, &operation->overlapped, &got, FALSE, &flags) != 0
               ? 0
               : calls->last_error();
}

static void complete(struct operation *operation)
{
    struct reactor_socket *socket = operation->socket;
    enum operation_kind kind = operation->kind;
    int code = socket->is_closed ? 0 : result_of(socket, operation);

    socket->pending--;
    if (kind == OPERATION_SEND) {
        free(socket->send);
        socket->send = NULL;
    } else {
        socket->is_waiting = false;
    }
    if (socket->is_closed) {
        release(socket);
    } else if (kind == OPERATION_CONNECT) {
        end_connect(socket, code);
    } else if (kind == OPERATION_READ) {
        end_read(socket, code);
    } else {
        end_send(socket, code);
    }
}

/* *count: of them; fewer than COMPLETIONS_AT_ONCE are all. *woken is set for a wake-up. */
static bool take_some(struct reactor *reactor, DWORD milliseconds, ULONG *count, bool *woken,
                      struct failure *why)
{
    OVERLAPPED_ENTRY entries[COMPLETIONS_AT_ONCE];

    *count = 0;
    if (!GetQueuedCompletionStatusEx(reactor->port, entries, COMPLETIONS_AT_ONCE, count,
                                     milliseconds, FALSE)) {
        return GetLastError() == WAIT_TIMEOUT ||
               failure_from_system(why, (long)GetLastError(), "cannot wait for sockets");
    }
    for (ULONG i = 0; i < *count; i++) {
        if (entries[i].lpOverlapped != NULL) {
            complete((struct operation *)(void *)entries[i].lpOverlapped);
        } else {
            *woken = true;
            InterlockedExchange(&reactor->is_rung, 0);
        }
    }
    return true;
}

/* Takes all completions that are there, waiting for the first one. *woken: a wake-up was among
 * them. */
static bool take_completions(struct reactor *reactor, DWORD milliseconds, bool *woken,
                             struct failure *why)
{
    ULONG count;

    *woken = false;
    do {
        if (!take_some(reactor, milliseconds, &count, woken, why)) {
            return false;
        }
        milliseconds = 0;
    } while (count == COMPLETIONS_AT_ONCE);
    return true;
}

/* Sockets */

static bool bind_source(const struct reactor_socket *socket,
                        const struct reactor_socket_options *options)
{
    struct winsock_address source =
        winsock_address_of(&options->source, options->target.address_size);

    return socket->reactor->calls.bind(socket->handle, &source.of.any, source.size) == 0;
}

/* A datagram socket begins to read with the next wait, by then somebody may have asked. */
static bool connect_target(struct reactor_socket *socket)
{
    struct winsock_address target;

    if (socket->transport == PROBE_TCP) {
        return begin_connect(socket);
    }
    make_idle(socket);
    target = winsock_address_of(&socket->target, socket->target.address_size);
    return socket->from_any_port ||
           socket->reactor->calls.connect(socket->handle, &target.of.any, target.size) == 0;
}

static bool set_up(struct reactor_socket *socket, const struct reactor_socket_options *options,
                   struct probe_error *error)
{
    struct reactor *reactor = socket->reactor;

    if (options->transport == PROBE_TCP) {
        set_tcp_options(reactor, socket->handle, options);
    } else {
        set_udp_options(reactor, socket->handle);
    }
    if (!bind_source(socket, options)) {
        *error = error_of(socket, reactor->calls.last_error());
        return false;
    }
    if (CreateIoCompletionPort((HANDLE)socket->handle, reactor->port, 0, 0) == NULL) {
        *error = error_of(socket, (int)GetLastError());
        return false;
    }
    if (!connect_target(socket)) {
        *error = error_of(socket, reactor->calls.last_error());
        return false;
    }
    return true;
}

static SOCKET open_handle(const struct reactor *reactor,
                          const struct reactor_socket_options *options)
{
    bool is_tcp = options->transport == PROBE_TCP;

    return reactor->calls.open(options->target.address_size == 4 ? AF_INET : AF_INET6,
                               is_tcp ? SOCK_STREAM : SOCK_DGRAM,
                               is_tcp ? IPPROTO_TCP : IPPROTO_UDP, NULL, 0,
                               WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

bool reactor_check_source(const struct reactor *reactor, const struct socket_endpoint *source,
                          struct failure *why)
{
    struct reactor_socket_options options = {.transport = PROBE_TCP, .target = *source};
    struct socket_endpoint any_port = *source;
    struct winsock_address address;
    bool is_ours;
    SOCKET handle;

    if (source->address_size == 0) {
        return true;
    }
    any_port.port = 0;
    address = winsock_address_of(&any_port, source->address_size);
    handle = open_handle(reactor, &options);
    if (handle == INVALID_SOCKET) {
        return true; /* not known */
    }
    is_ours = reactor->calls.bind(handle, &address.of.any, address.size) == 0 ||
              reactor->calls.last_error() != WSAEADDRNOTAVAIL;
    reactor->calls.close(handle);
    return is_ours ||
           FAIL(why, FAILURE_USAGE, WSAEADDRNOTAVAIL, "this machine has no such address");
}

bool reactor_socket_open(struct reactor_socket **out, struct reactor *reactor,
                         const struct reactor_socket_options *options, struct probe_error *error)
{
    struct reactor_socket *made = calloc(1, sizeof(*made));

    *out = NULL;
    if (made == NULL) {
        *error = winsock_error(WSAENOBUFS, options->transport, options->target.address_size);
        return false;
    }
    made->reactor = reactor;
    made->transport = options->transport;
    made->from_any_port = options->transport == PROBE_UDP && options->from_any_port;
    made->target = options->target;
    made->user = options->user;
    made->handle = open_handle(reactor, options);
    reactor->sockets++;
    if (made->handle == INVALID_SOCKET) {
        *error = error_of(made, reactor->calls.last_error());
    } else if (set_up(made, options, error)) {
        *out = made;
        return true;
    }
    reactor_socket_close(made, false);
    return false;
}

void reactor_socket_close(struct reactor_socket *socket, bool reset)
{
    const struct winsock_calls *calls = &socket->reactor->calls;

    if (reset && socket->is_connected) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};

        (void)calls->set_option(socket->handle, SOL_SOCKET, SO_LINGER, (const char *)&at_once,
                                sizeof(at_once));
    }
    socket->is_closed = true;
    if (socket->handle != INVALID_SOCKET) {
        calls->close(socket->handle); /* what the system works on ends, and is told to the port */
    }
    release(socket);
}

/* Until the system has given back all that it worked on. */
static void drain(struct reactor *reactor)
{
    int64_t until = clock_steady() + CLOSE_PATIENCE;
    struct failure why;
    bool woken;

    while (reactor->idle != NULL) {
        begin_reads(reactor); /* all are closed: they are only taken out */
    }
    for (struct reactor_socket *socket = list_take(&reactor->ready); socket != NULL;
         socket = list_take(&reactor->ready)) {
        release(socket);
    }
    while (reactor->sockets > 0 && clock_steady() < until) {
        if (!take_completions(reactor, 100, &woken, &why)) {
            break;
        }
    }
}

void reactor_close(struct reactor *reactor)
{
    if (reactor == NULL) {
        return;
    }
    drain(reactor);
    CloseHandle(reactor->port);
    winsock_calls_end();
    if (reactor->sockets == 0) { /* else the system still writes into it: better lost than free */
        free(reactor);
    }
}

uint16_t reactor_socket_port(const struct reactor_socket *socket)
{
    return own_end(socket).port;
}

/* Waiting */

/* The order in which what has happened to one socket is told. */
static const enum reactor_happening telling[] = {REACTOR_CONNECTED, REACTOR_FAILED,
                                                 REACTOR_READABLE, REACTOR_WRITABLE};

/* One event of a socket; it goes to the end of the list where there is another. */
static void tell(struct reactor_socket *socket, struct reactor_event *out)
{
    enum reactor_happening happening = REACTOR_FAILED;

    for (size_t i = sizeof(telling) / sizeof(telling[0]); i-- > 0;) {
        if ((socket->happened & 1u << telling[i]) != 0) {
            happening = telling[i];
        }
    }
    *out = (struct reactor_event){.happening = happening, .user = socket->user};
    socket->happened &= ~(1u << happening);
    if (happening == REACTOR_FAILED) {
        out->error = socket->error;
    }
    if (happening != REACTOR_WRITABLE) {
        make_idle(socket);
    }
}

static size_t tell_ready(struct reactor *reactor, struct reactor_event *events, size_t most)
{
    struct list later = {0};
    size_t count = 0;

    while (count < most && reactor->ready.first != NULL) {
        struct reactor_socket *socket = list_take(&reactor->ready);

        if (socket->is_closed) {
            release(socket);
            continue;
        }
        tell(socket, &events[count++]);
        if (socket->happened != 0) {
            list_add(&later, socket);
        }
    }
    while (later.first != NULL) {
        list_add(&reactor->ready, list_take(&later));
    }
    return count;
}

static DWORD time_left(const struct reactor *reactor, int milliseconds, int64_t since)
{
    int64_t left = milliseconds - (clock_steady() - since);

    if (reactor->ready.first != NULL) {
        return 0;
    }
    if (milliseconds < 0) {
        return INFINITE;
    }
    return left > 0 ? (DWORD)left : 0;
}

bool reactor_wait(struct reactor *reactor, int milliseconds, struct reactor_event *events,
                  size_t most, size_t *count, struct failure *why)
{
    int64_t since = clock_steady();

    *count = 0;
    begin_reads(reactor);
    for (;;) {
        DWORD left = time_left(reactor, milliseconds, since);
        bool woken;

        if (!take_completions(reactor, left, &woken, why)) {
            return false;
        }
        *count = tell_ready(reactor, events, most);
        /* What came may have been of sockets that are closed: then the wait goes on. */
        if (*count > 0 || woken || time_left(reactor, milliseconds, since) == 0) {
            return true;
        }
    }
}

void reactor_wake(struct reactor *reactor)
{
    if (InterlockedExchange(&reactor->is_rung, 1) == 0) {
        (void)PostQueuedCompletionStatus(reactor->port, 0, 0, NULL);
    }
}

/* Bytes */

/* The system keeps a copy of ours until it has room. */
static bool send_later(struct reactor_socket *socket, const void *bytes, size_t size,
                       const struct winsock_address *to, struct probe_error *error)
{
    struct pending_send *copy = malloc(sizeof(*copy) + size);
    WSABUF buffer;

    if (copy == NULL) {
        *error = error_of(socket, WSAENOBUFS);
        return false;
    }
    begin_operation(&copy->operation, socket, OPERATION_SEND);
    memcpy(copy->bytes, bytes, size);
    buffer = (WSABUF){.len = (ULONG)size, .buf = (char *)copy->bytes};
    if (!has_begun(socket, socket->reactor->calls.send(socket->handle, &buffer, 1, NULL, 0,
                                                       to->size == 0 ? NULL : &to->of.any, to->size,
                                                       &copy->operation.overlapped, NULL) == 0)) {
        *error = error_of(socket, socket->reactor->calls.last_error());
        free(copy);
        return false;
    }
    socket->send = copy;
    return true;
}

/*
 * A completion port knows no "there is room": where there is none, the system
 * takes the bytes over and says when they are gone. Adds to *sent.
 */
static bool send_without_room(struct reactor_socket *socket, const void *bytes, size_t size,
                              const struct winsock_address *to, size_t *sent,
                              struct probe_error *error)
{
    size_t part = size;

    if (socket->transport == PROBE_TCP && part > SEND_COPY_MOST) {
        part = SEND_COPY_MOST;
    }
    if (!send_later(socket, bytes, part, to, error)) {
        return false;
    }
    *sent += part;
    socket->wants_room = part < size;
    return true;
}

bool reactor_send(struct reactor_socket *socket, const void *bytes, size_t size, size_t *sent,
                  struct probe_error *error)
{
    struct winsock_address to = {0};
    WSABUF buffer = {.len = (ULONG)size, .buf = (char *)(uintptr_t)bytes};
    DWORD taken = 0;
    int code;

    *sent = 0;
    if (socket->send != NULL) { /* what came before goes first */
        socket->wants_room = true;
        return true;
    }
    if (socket->from_any_port) {
        to = winsock_address_of(&socket->target, socket->target.address_size);
    }
    if (socket->reactor->calls.send(socket->handle, &buffer, 1, &taken, 0,
                                    to.size == 0 ? NULL : &to.of.any, to.size, NULL, NULL) == 0) {
        *sent = taken;
        socket->wants_room = false;
        return taken == size || send_without_room(socket, (const uint8_t *)bytes + taken,
                                                  size - taken, &to, sent, error);
    }
    code = socket->reactor->calls.last_error();
    if (code == WSAEWOULDBLOCK) {
        return send_without_room(socket, bytes, size, &to, sent, error);
    }
    *error = error_of(socket, code);
    return false;
}

static bool is_stranger(const struct reactor_socket *socket, const struct socket_endpoint *from)
{
    return socket->from_any_port &&
           (from->address_size != socket->target.address_size ||
            memcmp(from->address, socket->target.address, sizeof(from->address)) != 0);
}

/* The next bytes. False where there are none: the error is the last one of Winsock. */
static bool take(struct reactor_socket *socket, void *bytes, size_t size, size_t *got,
                 struct winsock_address *from)
{
    WSABUF buffer = {.len = (ULONG)size, .buf = bytes};
    DWORD taken = 0;
    DWORD flags = 0;

    *from = (struct winsock_address){.size = sizeof(from->of)};
    if (socket->reactor->calls.receive(socket->handle, &buffer, 1, &taken, &flags, &from->of.any,
                                       &from->size, NULL, NULL) != 0) {
        return false;
    }
    *got = taken;
    return true;
}

static enum reactor_received take_error(const struct reactor_socket *socket,
                                        struct probe_error *error)
{
    int code = socket->reactor->calls.last_error();

    if (code == WSAEWOULDBLOCK) {
        return REACTOR_NOTHING;
    }
    *error = error_of(socket, code);
    return REACTOR_ERROR;
}

static enum reactor_received receive_stream(struct reactor_socket *socket, void *bytes, size_t size,
                                            size_t *received, struct socket_endpoint *from,
                                            struct probe_error *error)
{
    struct winsock_address address;

    if (!take(socket, bytes, size, received, &address)) {
        return take_error(socket, error);
    }
    if (from != NULL) {
        *from = socket->target;
    }
    return *received == 0 ? REACTOR_END : REACTOR_BYTES;
}

/* Through room of our own: Winsock does not say how long a datagram was that it had to cut. */
static enum reactor_received receive_datagram(struct reactor_socket *socket, void *bytes,
                                              size_t size, size_t *received,
                                              struct socket_endpoint *from,
                                              struct probe_error *error)
{
    uint8_t *room = socket->reactor->datagram;

    for (int i = 0; i < STRANGERS_AT_ONCE; i++) {
        struct winsock_address address;
        struct socket_endpoint sender;

        if (!take(socket, room, DATAGRAM_MOST, received, &address)) {
            return take_error(socket, error);
        }
        sender = winsock_address_to_endpoint(&address);
        if (!is_stranger(socket, &sender)) {
            memcpy(bytes, room, *received < size ? *received : size);
            if (from != NULL) {
                *from = sender;
            }
            return REACTOR_BYTES;
        }
    }
    return REACTOR_NOTHING;
}

enum reactor_received reactor_receive(struct reactor_socket *socket, void *bytes, size_t size,
                                      size_t *received, struct socket_endpoint *from,
                                      struct probe_error *error)
{
    return socket->transport == PROBE_TCP
               ? receive_stream(socket, bytes, size, received, from, error)
               : receive_datagram(socket, bytes, size, received, from, error);
}
