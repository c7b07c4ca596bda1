/* SPDX-License-Identifier: MIT */

#include "base/random.h"

#include <errno.h>

#include <sys/random.h>

bool random_fill(void *bytes, size_t size, struct failure *why)
{
    ssize_t filled;

    /* Up to 256 bytes come at once; only before the generator is seeded, at boot, may it wait. */
    do {
        filled = getrandom(bytes, size, 0);
    } while (filled < 0 && errno == EINTR);
    return filled == (ssize_t)size ||
           failure_from_system(why, errno, "cannot get random bytes from the system");
}
