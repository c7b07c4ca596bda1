/* SPDX-License-Identifier: MIT */

/*
 * Windows: a control handler sets an event; one wait is for it and for the
 * console's input.
 */

#include "base/user_stop.h"

#include <windows.h>

#include "base/failure_system.h"

enum {
    PATIENCE_MS = 5000, /* the system ends us about then, whatever the handler does */
    RECORDS_AT_ONCE = 32,
};

static struct {
    HANDLE stop;     /* set by the handler */
    HANDLE finished; /* set when all is written */
    HANDLE input;    /* NULL: no console */
    DWORD mode;      /* that it had */
    volatile LONG signals;
} only;

/* Runs in a thread of its own. When it returns after a close, the process is over. */
static BOOL WINAPI on_control(DWORD event)
{
    if (InterlockedIncrement(&only.signals) > 1 &&
        (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT)) {
        return FALSE; /* asked twice: what the system does by itself is to end the process */
    }
    SetEvent(only.stop);
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) {
        (void)WaitForSingleObject(only.finished, PATIENCE_MS);
    }
    return TRUE;
}

static void close_event(HANDLE *event)
{
    if (*event != NULL) {
        CloseHandle(*event);
    }
    *event = NULL;
}

/* Ctrl-C goes on to be an event, and no mouse takes part. */
static void take_keyboard(void)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);

    only.input = NULL;
    if (input != NULL && input != INVALID_HANDLE_VALUE && GetConsoleMode(input, &only.mode) != 0 &&
        SetConsoleMode(input, ENABLE_PROCESSED_INPUT) != 0) {
        only.input = input;
    }
}

bool user_stop_open(struct failure *why)
{
    only.signals = 0;
    only.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    only.finished = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (only.stop == NULL || only.finished == NULL ||
        SetConsoleCtrlHandler(on_control, TRUE) == 0) {
        long error = (long)GetLastError();

        close_event(&only.stop);
        close_event(&only.finished);
        return failure_from_system(why, error, "cannot wait for Ctrl-C");
    }
    take_keyboard();
    return true;
}

/* Takes what was typed. Never waits: the records were there, and are ours alone. */
static bool read_escape(void)
{
    INPUT_RECORD records[RECORDS_AT_ONCE];
    DWORD count = 0;

    if (ReadConsoleInputW(only.input, records, RECORDS_AT_ONCE, &count) == 0) {
        only.input = NULL;
        return false;
    }
    for (DWORD i = 0; i < count; i++) {
        const KEY_EVENT_RECORD *key = &records[i].Event.KeyEvent;

        if (records[i].EventType == KEY_EVENT && key->bKeyDown &&
            key->wVirtualKeyCode == VK_ESCAPE) {
            return true;
        }
    }
    return false;
}

enum user_stop_reason user_stop_wait(int64_t milliseconds)
{
    ULONGLONG deadline = GetTickCount64() + (ULONGLONG)milliseconds;

    for (;;) {
        HANDLE handles[] = {only.stop, only.input};
        ULONGLONG now = GetTickCount64();
        DWORD left = now < deadline ? (DWORD)(deadline - now) : 0;
        DWORD count = only.input != NULL ? 2 : 1;
        DWORD which = WaitForMultipleObjects(count, handles, FALSE, left);

        if (which == WAIT_OBJECT_0) {
            return USER_STOP_SIGNAL;
        }
        if (which != WAIT_OBJECT_0 + 1) {
            return USER_STOP_NONE;
        }
        if (read_escape()) {
            return USER_STOP_ESCAPE;
        }
    }
}

void user_stop_close(void)
{
    if (only.stop == NULL) {
        return;
    }
    if (only.input != NULL) {
        SetConsoleMode(only.input, only.mode);
    }
    /* A handler that waits is let go, and the system ends us; the events stay for its sake. */
    SetConsoleCtrlHandler(on_control, FALSE);
    SetEvent(only.finished);
    only.stop = NULL;
}
