/* SPDX-License-Identifier: MIT */

#include "base/program_end.h"

#include "base/console.h"
#include "base/exit_status.h"

int program_end(int status)
{
    struct failure why;

    if (console_close(&why) || status != EXIT_YES) {
        return status;
    }
    console_complain("%s", why.text);
    return EXIT_REFUSED;
}
