/* SPDX-License-Identifier: MIT */

#include "tests/fake_reactor.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/thread.h"

enum {
    SOCKETS_MOST = 70000,
    PASSING_CODE = 24, /* EMFILE: also a code of Winsock's is possible, which nobody looks at */
    WAKE_PATIENCE_MS = 5000,
};

enum kind { CONNECT, FAIL_NOW, SAY, END, WRITABLE, CALL };

struct due {
    struct due *next;
    int64_t at;
    uint64_t order;
    enum kind kind;
    size_t socket;
    struct probe_error error;
    void (*call)(void *context);
    void *context;
    size_t size;
    uint8_t bytes[];
};

struct reactor_socket {
    struct fake_reactor_socket seen;
    struct due *inbox; /* in the order in which it came */
    bool open;
    bool reset;
    bool ended;
};

struct reactor {
    int unused;
};

static struct {
    fake_reactor_open_fn *on_open;
    fake_reactor_send_fn *on_send;
    struct reactor_socket *sockets;
    size_t opened;
    size_t open;
    size_t most;
    size_t sent;
    size_t narrow;
    int least_attempt;
    struct due *due; /* by time */
    uint64_t order;
    bool await;
    atomic_bool woken;
} fake;

static struct reactor only;

static void free_all(struct due *due)
{
    while (due != NULL) {
        struct due *next = due->next;

        free(due);
        due = next;
    }
}

void fake_reactor_clear(void)
{
    for (size_t i = 0; i < fake.opened; i++) {
        free_all(fake.sockets[i].inbox);
    }
    free_all(fake.due);
    free(fake.sockets);
    fake.sockets = NULL;
    fake.due = NULL;
    fake.opened = 0;
    fake.open = 0;
}

void fake_reactor_reset(fake_reactor_open_fn *on_open, fake_reactor_send_fn *on_send)
{
    fake_reactor_clear();
    fake.on_open = on_open;
    fake.on_send = on_send;
    fake.most = 0;
    fake.sent = 0;
    fake.narrow = 0;
    fake.least_attempt = 0;
    fake.await = false;
    atomic_store(&fake.woken, false);
    fake.sockets = calloc(SOCKETS_MOST, sizeof(*fake.sockets));
    assert(fake.sockets != NULL);
}

static struct due *schedule(enum kind kind, size_t socket, int64_t in, const void *bytes,
                            size_t size)
{
    struct due *due = calloc(1, sizeof(*due) + size);
    struct due **at = &fake.due;

    assert(due != NULL);
    due->kind = kind;
    due->socket = socket;
    due->at = clock_steady() + in;
    due->size = size;
    if (size > 0) {
        memcpy(due->bytes, bytes, size);
    }
    while (*at != NULL && (*at)->at <= due->at) {
        at = &(*at)->next;
    }
    due->next = *at;
    *at = due;
    return due;
}

void fake_reactor_connect(size_t socket, int64_t in)
{
    schedule(CONNECT, socket, in, NULL, 0);
}

void fake_reactor_fail(size_t socket, int64_t in, const struct probe_error *error)
{
    schedule(FAIL_NOW, socket, in, NULL, 0)->error = *error;
}

void fake_reactor_say(size_t socket, int64_t in, const void *bytes, size_t size)
{
    schedule(SAY, socket, in, bytes, size);
}

void fake_reactor_end(size_t socket, int64_t in)
{
    schedule(END, socket, in, NULL, 0);
}

void fake_reactor_call(int64_t in, void (*fn)(void *context), void *context)
{
    struct due *due = schedule(CALL, 0, in, NULL, 0);

    due->call = fn;
    due->context = context;
}

void fake_reactor_need_attempts(int milliseconds)
{
    fake.least_attempt = milliseconds;
}

void fake_reactor_narrow(size_t bytes)
{
    fake.narrow = bytes;
}

void fake_reactor_await_wake(bool await)
{
    fake.await = await;
}

size_t fake_reactor_open_sockets(void)
{
    return fake.open;
}

size_t fake_reactor_most_sockets(void)
{
    return fake.most;
}

size_t fake_reactor_opened(void)
{
    return fake.opened;
}

size_t fake_reactor_sent(void)
{
    return fake.sent;
}

bool fake_reactor_was_reset(size_t socket)
{
    return fake.sockets[socket].reset;
}

bool reactor_open(struct reactor **out, size_t most, struct failure *why)
{
    (void)most;
    (void)why;
    *out = &only;
    return true;
}

void reactor_close(struct reactor *reactor)
{
    (void)reactor;
    assert(fake.open == 0);
}

size_t reactor_limit(size_t wanted, char *why_less, size_t why_size)
{
    if (why_size > 0) {
        why_less[0] = '\0';
    }
    return wanted;
}

bool reactor_check_source(const struct reactor *reactor, const struct socket_endpoint *source,
                          struct failure *why)
{
    (void)reactor;
    (void)source;
    (void)why;
    return true;
}

static int count_attempts(const struct reactor_socket_options *options)
{
    int count = 0;

    for (size_t i = 0; i < fake.opened && i < 1000; i++) {
        const struct reactor_socket_options *other = &fake.sockets[i].seen.options;

        count +=
            other->target.port == options->target.port && other->transport == options->transport
                ? 1
                : 0;
    }
    return count;
}

bool reactor_socket_open(struct reactor_socket **out, struct reactor *reactor,
                         const struct reactor_socket_options *options, struct probe_error *error)
{
    size_t number = fake.opened;
    struct reactor_socket *socket = &fake.sockets[number];

    (void)reactor;
    *out = NULL;
    *error = (struct probe_error){0};
    assert(number < SOCKETS_MOST);
    socket->seen.attempt = count_attempts(options);
    socket->seen.options = *options;
    if (fake.on_open != NULL) {
        fake.on_open(number, &socket->seen, error);
    }
    if (error->cause != PROBE_CAUSE_NONE) {
        return false;
    }
    socket->open = true;
    fake.opened++;
    fake.open++;
    fake.most = fake.open > fake.most ? fake.open : fake.most;
    *out = socket;
    return true;
}

bool reactor_error_passes(const struct probe_error *error)
{
    return error->cause == PROBE_LOCAL_ERROR && error->code == PASSING_CODE;
}

void reactor_socket_close(struct reactor_socket *socket, bool reset)
{
    assert(socket->open);
    socket->open = false;
    socket->reset = reset;
    fake.open--;
}

uint16_t reactor_socket_port(const struct reactor_socket *socket)
{
    return (uint16_t)(40000 + (socket - fake.sockets) % 20000);
}

static void put_in(struct reactor_socket *socket, struct due *due)
{
    struct due **at = &socket->inbox;

    while (*at != NULL) {
        at = &(*at)->next;
    }
    due->next = NULL;
    *at = due;
}

/* False: nothing that the engine is told. Takes `due` over. */
static bool happen(struct due *due, struct reactor_event *event)
{
    struct reactor_socket *socket = &fake.sockets[due->socket];
    bool told = true;

    if (due->kind == CALL) {
        due->call(due->context);
        free(due);
        return false;
    }
    if (!socket->open) {
        free(due);
        return false;
    }
    *event = (struct reactor_event){.user = socket->seen.options.user, .error = due->error};
    switch (due->kind) {
    case CONNECT:
        event->happening = REACTOR_CONNECTED;
        break;
    case FAIL_NOW:
        event->happening = REACTOR_FAILED;
        break;
    case WRITABLE:
        event->happening = REACTOR_WRITABLE;
        break;
    case END:
        socket->ended = true;
        event->happening = REACTOR_READABLE;
        break;
    default:
        put_in(socket, due); /* level-triggered: told below, like what was left there */
        return false;
    }
    free(due);
    return told;
}

static size_t tell_readable(struct reactor_event *events, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < fake.opened && count < most; i++) {
        struct reactor_socket *socket = &fake.sockets[i];

        if (socket->open && (socket->inbox != NULL || socket->ended)) {
            events[count++] = (struct reactor_event){.happening = REACTOR_READABLE,
                                                     .user = socket->seen.options.user};
        }
    }
    return count;
}

static bool has_waiting(void)
{
    for (size_t i = 0; i < fake.opened; i++) {
        if (fake.sockets[i].open && (fake.sockets[i].inbox != NULL || fake.sockets[i].ended)) {
            return true;
        }
    }
    return false;
}

/* Really waits, for a thread that wakes us. */
static void await_wake(void)
{
    struct bell *bell = NULL;
    struct failure why;

    if (!bell_open(&bell, &why)) {
        abort();
    }
    for (int i = 0; i < WAKE_PATIENCE_MS && !atomic_load(&fake.woken); i++) {
        (void)bell_wait(bell, 1);
    }
    assert(atomic_load(&fake.woken));
    bell_close(bell);
}

/* Lets time pass up to what comes first. */
static void pass_time(int milliseconds)
{
    int64_t left = fake.due == NULL ? INT64_MAX : fake.due->at - clock_steady();

    if (fake.await) {
        await_wake();
        return;
    }
    if (milliseconds >= 0 && milliseconds < left) {
        left = milliseconds;
    }
    assert(left != INT64_MAX); /* nothing will ever happen */
    if (left > 0) {
        clock_fake_run(left);
    }
}

/* Never more than one event of a socket; and who is called sees what was told before handled. */
static bool may_happen_now(const struct due *due, const struct reactor_event *events, size_t count)
{
    const void *user = fake.sockets[due->socket].seen.options.user;

    for (size_t i = 0; i < count; i++) {
        if (events[i].user == user) {
            return false;
        }
    }
    return due->kind != CALL || count == 0;
}

bool reactor_wait(struct reactor *reactor, int milliseconds, struct reactor_event *events,
                  size_t most, size_t *count, struct failure *why)
{
    (void)reactor;
    (void)why;
    *count = 0;
    if (atomic_exchange(&fake.woken, false)) {
        return true;
    }
    *count = has_waiting() ? tell_readable(events, most) : 0;
    if (*count > 0) {
        return true;
    }
    if (fake.due == NULL || fake.due->at > clock_steady()) {
        pass_time(milliseconds);
    }
    while (fake.due != NULL && fake.due->at <= clock_steady() && *count < most &&
           may_happen_now(fake.due, events, *count)) {
        struct due *due = fake.due;

        fake.due = due->next;
        *count += happen(due, &events[*count]) ? 1 : 0;
    }
    if (*count == 0) {
        *count = tell_readable(events, most);
    }
    return true;
}

int reactor_least_attempt(const struct reactor *reactor)
{
    (void)reactor;
    return fake.least_attempt;
}

void reactor_wake(struct reactor *reactor)
{
    (void)reactor;
    atomic_store(&fake.woken, true);
}

bool reactor_send(struct reactor_socket *socket, const void *bytes, size_t size, size_t *sent,
                  struct probe_error *error)
{
    size_t number = (size_t)(socket - fake.sockets);

    (void)error;
    assert(socket->open);
    *sent = size;
    if (fake.narrow != 0 && size > fake.narrow && socket->seen.options.transport == PROBE_TCP) {
        *sent = fake.narrow;
        schedule(WRITABLE, number, 0, NULL, 0);
    }
    fake.sent++;
    if (fake.on_send != NULL) {
        fake.on_send(number, &socket->seen, bytes, *sent);
    }
    return true;
}

enum reactor_received reactor_receive(struct reactor_socket *socket, void *bytes, size_t size,
                                      size_t *received, struct socket_endpoint *from,
                                      struct probe_error *error)
{
    struct due *due = socket->inbox;
    size_t taken;

    (void)error;
    assert(socket->open);
    if (due == NULL) {
        return socket->ended ? REACTOR_END : REACTOR_NOTHING;
    }
    taken = due->size < size ? due->size : size;
    memcpy(bytes, due->bytes, taken);
    *received = due->size;
    if (from != NULL) {
        *from = socket->seen.options.target;
    }
    socket->inbox = due->next;
    if (socket->seen.options.transport == PROBE_TCP && taken < due->size) {
        /* The rest of a stream stays. */
        memmove(due->bytes, due->bytes + taken, due->size - taken);
        due->size -= taken;
        due->next = socket->inbox;
        socket->inbox = due;
        *received = taken;
    }
    free(due == socket->inbox ? NULL : due);
    return REACTOR_BYTES;
}
