/* SPDX-License-Identifier: MIT */

#include "base/filetime_win32.h"

static const int64_t EPOCH = 116444736000000000LL; /* 1970 in this count */

int64_t filetime_units(FILETIME time)
{
    return (int64_t)((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime);
}

FILETIME filetime_from_units(int64_t units)
{
    FILETIME time = {
        .dwLowDateTime = (DWORD)((uint64_t)units & 0xFFFFFFFF),
        .dwHighDateTime = (DWORD)((uint64_t)units >> 32),
    };

    return time;
}

int64_t filetime_to_ms(int64_t units)
{
    int64_t since_1970 = units - EPOCH;
    int64_t ms = since_1970 / FILETIME_PER_MS;

    return since_1970 % FILETIME_PER_MS < 0 ? ms - 1 : ms;
}

int64_t filetime_from_ms(int64_t at)
{
    return at * FILETIME_PER_MS + EPOCH;
}
