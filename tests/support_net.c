/* SPDX-License-Identifier: MIT */

#include "tests/support_net.h"

#include <stdio.h>
#include <stdlib.h>

void support_net_require(bool done, const char *what)
{
    if (!done) {
        fprintf(stderr, "a socket of the test's own: %s failed\n", what);
        abort();
    }
}
