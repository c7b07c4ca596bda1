/* SPDX-License-Identifier: MIT */

#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "base/exit_status.h"
#include "base/program_end.h"

/*
 * Where a standard descriptor is closed, the next file that we open would take
 * its number, and a complaint would be written into the ledger. What we open in
 * its place cannot be used the way it is meant to be, so that reading and
 * writing still fail.
 */
static bool take_standard_descriptors(void)
{
    static const int modes[] = {
        [STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDONLY};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* The lowest free number is this one: those below are taken. */
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[fd]) != fd) {
            return false;
        }
    }
    return true;
}

/* A reader that has gone is a failure of the write, which somebody handles. */
static bool ignore_broken_pipes(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    return sigaction(SIGPIPE, &ignore, NULL) == 0;
}

int main(int argc, char **argv)
{
    if (!take_standard_descriptors() || !ignore_broken_pipes()) {
        return EXIT_REFUSED;
    }
    return program_end(program_main(argc, argv));
}
