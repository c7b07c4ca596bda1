/* SPDX-License-Identifier: MIT */

#include "base/console.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/console_system.h"

static const struct {
    int fd;
    const char *name;
} streams[CONSOLE_STREAM_COUNT] = {
    [CONSOLE_OUT] = {STDOUT_FILENO, "standard output"},
    [CONSOLE_ERROR] = {STDERR_FILENO, "standard error"},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void console_system_lock(void)
{
    pthread_mutex_lock(&lock);
}

void console_system_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/*
 * True where the same write may be tried again. Whoever shares the terminal
 * or the pipe with us may have made it non-blocking.
 */
static bool wait_for_room(int fd, int error)
{
    struct pollfd watched = {.fd = fd, .events = POLLOUT};

    if (error == EAGAIN || error == EWOULDBLOCK) {
        return poll(&watched, 1, -1) > 0 || errno == EINTR;
    }
    return error == EINTR;
}

bool console_system_write(enum console_stream stream, const char *bytes, size_t size,
                          struct failure *why)
{
    int fd = streams[stream].fd;

    while (size > 0) {
        ssize_t written = write(fd, bytes, size);

        if (written < 0) {
            int error = errno;

            if (!wait_for_room(fd, error)) {
                return failure_from_system(why, error, "cannot write to %s", streams[stream].name);
            }
        } else {
            bytes += written;
            size -= (size_t)written;
        }
    }
    return true;
}

void console_system_restore(void)
{
    /* Nothing was switched on. */
}

bool console_is_terminal(enum console_stream stream)
{
    return isatty(streams[stream].fd) == 1;
}

int console_columns(enum console_stream stream)
{
    struct winsize window = {0};

    return ioctl(streams[stream].fd, TIOCGWINSZ, &window) == 0 ? window.ws_col : 0;
}

static bool is_set(const char *variable)
{
    return variable != NULL && variable[0] != '\0';
}

bool console_takes_movements(enum console_stream stream)
{
    const char *terminal = getenv("TERM");

    return console_is_terminal(stream) && is_set(terminal) && strcmp(terminal, "dumb") != 0;
}

bool console_takes_colour(enum console_stream stream)
{
    return !is_set(getenv("NO_COLOR")) && console_takes_movements(stream);
}
