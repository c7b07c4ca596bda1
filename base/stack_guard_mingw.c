/* SPDX-License-Identifier: MIT */

/*
 * The stack protector's run-time half for MinGW-w64, in place of libssp.
 *
 * libssp draws its guard from CryptAcquireContext() in a constructor, before
 * any line of ours runs. That call loads cryptographic DLLs which are no
 * KnownDLLs, and the default search looks beside the program first: a planted
 * one would be loaded. So the guard is made of what needs no DLL but kernel32,
 * as Microsoft's own runtime makes its __security_cookie.
 *
 * The names are the compiler's. This file itself is compiled without the
 * protector, because the guard changes while it runs.
 */

#include <stdint.h>

#include <windows.h>

extern uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);
_Noreturn void __chk_fail(void); /* of _FORTIFY_SOURCE */

uintptr_t __stack_chk_guard;

static uintptr_t stir(uintptr_t guard, uintptr_t more)
{
    guard ^= more;
    guard *= UINT64_C(0x9E3779B97F4A7C15);
    return guard ^ (guard >> 29);
}

static void __attribute__((constructor(101))) make_guard(void)
{
    LARGE_INTEGER counter = {0};
    FILETIME now;
    uintptr_t guard = (uintptr_t)&counter; /* the stack's place is random */

    GetSystemTimeAsFileTime(&now);
    QueryPerformanceCounter(&counter);
    guard = stir(guard, (uintptr_t)&make_guard);
    guard = stir(guard, (uintptr_t)counter.QuadPart);
    guard = stir(guard, ((uintptr_t)now.dwHighDateTime << 32) | now.dwLowDateTime);
    guard = stir(guard, ((uintptr_t)GetCurrentProcessId() << 32) | GetCurrentThreadId());
    __stack_chk_guard = guard & ~(uintptr_t)0xFF; /* a 0 byte stops text that runs over */
}

/* Nothing of this process can be trusted any more, its exit handlers included. */
static _Noreturn void die(void)
{
    TerminateProcess(GetCurrentProcess(), (UINT)STATUS_STACK_BUFFER_OVERRUN);
    for (;;) {
    }
}

void __stack_chk_fail(void)
{
    die();
}

void __chk_fail(void)
{
    die();
}
