/* SPDX-License-Identifier: MIT */

/*
 * Linux: signals ring a bell in the form of a pipe, so that one poll() waits
 * for them and for the keyboard.
 */

#include "base/user_stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/failure_system.h"

enum {
    ESCAPE = 0x1b,
    KEYS_AT_ONCE = 64,
};

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]) };

static struct {
    int ends[2]; /* of the pipe: what a handler writes is read here */
    bool open;
    bool keyboard; /* standard input is a terminal, and its modes were changed */
    struct termios modes;
    struct sigaction actions[SIGNAL_COUNT];
} only;

static void on_signal(int number)
{
    static const char ring = 1;
    int saved = errno;
    ssize_t written = write(only.ends[1], &ring, sizeof(ring));

    (void)written; /* a full pipe rings already */
    (void)number;
    errno = saved;
}

/* Somebody else's terminal may not be read, nor its modes changed: that would stop us. */
static bool owns_keyboard(void)
{
    return isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Ctrl-C goes on to be a signal. */
static void take_keyboard(void)
{
    struct termios modes;

    if (!owns_keyboard() || tcgetattr(STDIN_FILENO, &only.modes) != 0) {
        return;
    }
    modes = only.modes;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    modes.c_cc[VMIN] = 0;
    modes.c_cc[VTIME] = 0;
    only.keyboard = tcsetattr(STDIN_FILENO, TCSANOW, &modes) == 0;
}

/* What is ignored stays ignored: nohup means it so. */
static void take_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        sigaction(signals[i], NULL, &only.actions[i]);
        if (only.actions[i].sa_handler != SIG_IGN) {
            sigaction(signals[i], &action, NULL);
        }
    }
}

bool user_stop_open(struct failure *why)
{
    if (pipe2(only.ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return failure_from_system(why, errno, "cannot make a pipe");
    }
    only.open = true;
    take_signals();
    take_keyboard();
    return true;
}

/* Escape alone is a key; with something behind it, it is a part of one, such as an arrow. */
static bool read_escape(void)
{
    unsigned char keys[KEYS_AT_ONCE];
    ssize_t got = owns_keyboard() ? read(STDIN_FILENO, keys, sizeof(keys)) : -1;

    if (got <= 0) {
        /* Nobody can type any more, or not to us. */
        only.keyboard = got < 0 && (errno == EINTR || errno == EAGAIN);
        return false;
    }
    return keys[got - 1] == ESCAPE;
}

static int64_t steady_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum user_stop_reason user_stop_wait(int64_t milliseconds)
{
    int64_t deadline = steady_now() + milliseconds;

    for (;;) {
        struct pollfd watched[] = {
            {.fd = only.ends[0], .events = POLLIN},
            {.fd = only.keyboard ? STDIN_FILENO : -1, .events = POLLIN},
        };
        int64_t left = deadline - steady_now();

        poll(watched, sizeof(watched) / sizeof(watched[0]), left > 0 ? (int)left : 0);
        if (watched[0].revents != 0) {
            return USER_STOP_SIGNAL;
        }
        if (watched[1].revents != 0 && read_escape()) {
            return USER_STOP_ESCAPE;
        }
        if (left <= 0) {
            return USER_STOP_NONE;
        }
    }
}

void user_stop_close(void)
{
    if (!only.open) {
        return;
    }
    if (only.keyboard && owns_keyboard()) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &only.modes);
    }
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        sigaction(signals[i], &only.actions[i], NULL);
    }
    close(only.ends[0]);
    close(only.ends[1]);
    only.open = false;
    only.keyboard = false;
}
