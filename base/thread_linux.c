/* SPDX-License-Identifier: MIT */

/*
 * POSIX threads. A bell is an eventfd, because write() is among the few calls
 * that a signal handler may make.
 */

#include "base/thread.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STEPS_BACK = 10 }; /* of nice(2) */

/* As ioprio_set(2) has them; there is no header for programs that all systems have. */
enum {
    IO_PRIORITY_OF_THREAD = 1, /* IOPRIO_WHO_PROCESS */
    IO_PRIORITY_SHIFT = 13,
    IO_PRIORITY_IDLE = 3,
};

struct thread {
    pthread_t id;
};

struct mutex {
    pthread_mutex_t lock;
};

struct bell {
    int fd;
};

/* What the new thread needs to begin; it frees it. */
struct beginning {
    thread_fn *body;
    void *context;
};

static void *run_thread(void *argument)
{
    struct beginning beginning = *(struct beginning *)argument;

    free(argument);
    beginning.body(beginning.context);
    return NULL;
}

/* Everything that is sent to the process. Faults belong to the thread that commits them. */
static void fill_with_asynchronous_signals(sigset_t *set)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};

    sigfillset(set);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        sigdelset(set, faults[i]);
    }
}

/* pthread_create() for a thread that takes no signals. */
static int create_deaf(pthread_t *id, struct beginning *beginning)
{
    sigset_t deaf;
    sigset_t before;
    int error;

    fill_with_asynchronous_signals(&deaf);
    error = pthread_sigmask(SIG_BLOCK, &deaf, &before);
    if (error == 0) {
        error = pthread_create(id, NULL, run_thread, beginning);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return error;
}

bool thread_start(struct thread **out, thread_fn *body, void *context, struct failure *why)
{
    struct thread *thread = malloc(sizeof(*thread));
    struct beginning *beginning = malloc(sizeof(*beginning));
    int error = ENOMEM;

    if (thread != NULL && beginning != NULL) {
        *beginning = (struct beginning){body, context};
        error = create_deaf(&thread->id, beginning);
    }
    if (error != 0) {
        free(beginning);
        free(thread);
        return failure_from_system(why, error, "cannot start a thread");
    }
    *out = thread;
    return true;
}

void thread_join(struct thread *thread)
{
    if (thread != NULL) {
        pthread_join(thread->id, NULL);
        free(thread);
    }
}

void thread_abandon(struct thread *thread)
{
    if (thread != NULL) {
        pthread_detach(thread->id);
        free(thread);
    }
}

/*
 * setpriority(2): the kernel's nice value belongs to a thread, whatever POSIX
 * says. The idle class counts with schedulers that know classes, and is
 * ignored by the others.
 */
void thread_step_back(void)
{
    id_t self = (id_t)gettid();
    int now = getpriority(PRIO_PROCESS, self);

    (void)setpriority(PRIO_PROCESS, self, now + STEPS_BACK); /* the kernel stops at 19 */
    (void)syscall(SYS_ioprio_set, IO_PRIORITY_OF_THREAD, self,
                  IO_PRIORITY_IDLE << IO_PRIORITY_SHIFT);
}

bool mutex_open(struct mutex **out, struct failure *why)
{
    struct mutex *mutex = malloc(sizeof(*mutex));
    int error = mutex == NULL ? ENOMEM : pthread_mutex_init(&mutex->lock, NULL);

    if (error != 0) {
        free(mutex);
        return failure_from_system(why, error, "cannot make a mutex");
    }
    *out = mutex;
    return true;
}

void mutex_lock(struct mutex *mutex)
{
    pthread_mutex_lock(&mutex->lock);
}

void mutex_unlock(struct mutex *mutex)
{
    pthread_mutex_unlock(&mutex->lock);
}

void mutex_close(struct mutex *mutex)
{
    if (mutex != NULL) {
        pthread_mutex_destroy(&mutex->lock);
        free(mutex);
    }
}

bool bell_open(struct bell **out, struct failure *why)
{
    struct bell *bell = malloc(sizeof(*bell));
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (bell == NULL || fd < 0) {
        int error = fd < 0 ? errno : ENOMEM;

        if (fd >= 0) {
            close(fd);
        }
        free(bell);
        return failure_from_system(why, error, "cannot make a bell");
    }
    bell->fd = fd;
    *out = bell;
    return true;
}

void bell_ring(struct bell *bell)
{
    static const uint64_t once = 1;
    int saved = errno; /* a signal handler must leave it as it was */
    ssize_t written;

    do {
        written = write(bell->fd, &once, sizeof(once));
    } while (written < 0 && errno == EINTR);
    errno = saved; /* the only other failure, a full counter, means that it rings already */
}

/* Milliseconds that stand still while the machine sleeps, as poll() counts them. */
static int64_t awake_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* poll()'s timeout for what is left until `deadline`. */
static int time_left(int64_t deadline)
{
    int64_t left = deadline - awake_now();

    if (left < 0) {
        return 0;
    }
    return left < INT_MAX ? (int)left : INT_MAX;
}

/* Takes the rings back. True where there were any. */
static bool silence(struct bell *bell)
{
    uint64_t rings;
    ssize_t got;

    do {
        got = read(bell->fd, &rings, sizeof(rings));
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(rings);
}

bool bell_wait(struct bell *bell, int64_t milliseconds)
{
    struct pollfd watched = {.fd = bell->fd, .events = POLLIN};
    bool forever = milliseconds < 0;
    int64_t now = forever ? 0 : awake_now();
    int64_t deadline = milliseconds > INT64_MAX - now ? INT64_MAX : now + milliseconds;

    while (!silence(bell)) {
        int left = forever ? -1 : time_left(deadline);

        if (left == 0) {
            return false;
        }
        poll(&watched, 1, left); /* a signal ends it early; the next turn sees whether it rang */
    }
    return true;
}

void bell_close(struct bell *bell)
{
    if (bell != NULL) {
        close(bell->fd);
        free(bell);
    }
}
