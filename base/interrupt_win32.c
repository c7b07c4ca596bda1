/* SPDX-License-Identifier: MIT */

#include "base/interrupt.h"

#include <stddef.h>

#include <windows.h>

/* The system calls the handler in a thread of its own. */
static SRWLOCK lock = SRWLOCK_INIT;
static interrupt_fn *told_fn;
static void *told_context;

/* False: the next handler's turn, which ends the program. */
static BOOL WINAPI on_control(DWORD kind)
{
    interrupt_fn *told;

    if (kind != CTRL_C_EVENT && kind != CTRL_BREAK_EVENT) {
        return FALSE;
    }
    AcquireSRWLockExclusive(&lock);
    told = told_fn;
    told_fn = NULL;
    if (told != NULL) {
        told(told_context);
    }
    ReleaseSRWLockExclusive(&lock);
    return told != NULL;
}

void interrupt_catch(interrupt_fn *told, void *context)
{
    AcquireSRWLockExclusive(&lock);
    told_fn = told;
    told_context = context;
    ReleaseSRWLockExclusive(&lock);
    SetConsoleCtrlHandler(on_control, TRUE);
}

void interrupt_release(void)
{
    SetConsoleCtrlHandler(on_control, FALSE);
    AcquireSRWLockExclusive(&lock);
    told_fn = NULL;
    ReleaseSRWLockExclusive(&lock);
}
