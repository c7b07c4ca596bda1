/* SPDX-License-Identifier: MIT */

#include "base/failure_system.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct failure_code failure_codes[] = {
    {EACCES, FAILURE_DENIED},   {EPERM, FAILURE_DENIED},    {ENOENT, FAILURE_MISSING},
    {ENOTDIR, FAILURE_MISSING}, {ESRCH, FAILURE_MISSING},   {ENODEV, FAILURE_MISSING},
    {ENXIO, FAILURE_MISSING},   {EBUSY, FAILURE_BUSY},      {EAGAIN, FAILURE_BUSY},
    {ETXTBSY, FAILURE_BUSY},    {EADDRINUSE, FAILURE_BUSY}, {ENOMEM, FAILURE_MEMORY},
    {ENOBUFS, FAILURE_MEMORY},  {EPIPE, FAILURE_NO_READER},
};

const size_t failure_code_count = sizeof(failure_codes) / sizeof(failure_codes[0]);

void failure_describe(char *words, size_t size, long code)
{
    char buffer[200];

    snprintf(words, size, "%s", strerror_r((int)code, buffer, sizeof(buffer)));
}
