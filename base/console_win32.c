/* SPDX-License-Identifier: MIT */

#include "base/console.h"

#include <stdlib.h>

#include <windows.h>

#include "base/console_system.h"
#include "base/utf16_win32.h"

static const struct {
    DWORD id;
    const char *name;
} streams[CONSOLE_STREAM_COUNT] = {
    [CONSOLE_OUT] = {STD_OUTPUT_HANDLE, "standard output"},
    [CONSOLE_ERROR] = {STD_ERROR_HANDLE, "standard error"},
};

/* The modes that consoles had before we changed them. */
static struct {
    bool changed;
    DWORD mode;
} before[CONSOLE_STREAM_COUNT];

static SRWLOCK lock = SRWLOCK_INIT;

void console_system_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void console_system_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}

/* The handle and the mode of the console behind the stream; false where there is none. */
static bool find_console(enum console_stream stream, HANDLE *handle, DWORD *mode)
{
    *handle = GetStdHandle(streams[stream].id);
    return *handle != NULL && *handle != INVALID_HANDLE_VALUE && GetConsoleMode(*handle, mode) != 0;
}

/* One that says that all is well and takes nothing would never end. */
static DWORD error_of(BOOL done, const DWORD *taken)
{
    if (!done) {
        return GetLastError();
    }
    return *taken == 0 ? ERROR_WRITE_FAULT : NO_ERROR;
}

static DWORD write_wide(HANDLE console, const char *bytes, size_t size)
{
    size_t units = 0;
    wchar_t *wide = utf16_from_bytes(bytes, size, &units);
    DWORD error = wide == NULL ? ERROR_NOT_ENOUGH_MEMORY : NO_ERROR;

    for (size_t at = 0; at < units && error == NO_ERROR;) {
        DWORD taken = 0;
        BOOL done = WriteConsoleW(console, wide + at, (DWORD)(units - at), &taken, NULL);

        error = error_of(done, &taken);
        at += taken;
    }
    free(wide);
    return error;
}

static DWORD write_bytes(HANDLE file, const char *bytes, size_t size)
{
    DWORD error = NO_ERROR;

    for (size_t at = 0; at < size && error == NO_ERROR;) {
        DWORD taken = 0;
        BOOL done = WriteFile(file, bytes + at, (DWORD)(size - at), &taken, NULL);

        error = error_of(done, &taken);
        at += taken;
    }
    return error;
}

bool console_system_write(enum console_stream stream, const char *bytes, size_t size,
                          struct failure *why)
{
    HANDLE handle;
    DWORD mode;
    DWORD error;

    if (find_console(stream, &handle, &mode)) {
        error = write_wide(handle, bytes, size);
    } else if (handle == NULL || handle == INVALID_HANDLE_VALUE) {
        error = ERROR_INVALID_HANDLE; /* a service has none, nor has a program started so */
    } else {
        error = write_bytes(handle, bytes, size);
    }
    if (error != NO_ERROR) {
        return failure_from_system(why, (long)error, "cannot write to %s", streams[stream].name);
    }
    return true;
}

void console_system_restore(void)
{
    for (int i = CONSOLE_STREAM_COUNT - 1; i >= 0; i--) { /* both may be the same console */
        if (before[i].changed) {
            SetConsoleMode(GetStdHandle(streams[i].id), before[i].mode);
            before[i].changed = false;
        }
    }
}

bool console_is_terminal(enum console_stream stream)
{
    HANDLE handle;
    DWORD mode;

    return find_console(stream, &handle, &mode);
}

int console_columns(enum console_stream stream)
{
    HANDLE handle;
    DWORD mode;
    CONSOLE_SCREEN_BUFFER_INFO screen;

    if (!find_console(stream, &handle, &mode) || !GetConsoleScreenBufferInfo(handle, &screen)) {
        return 0;
    }
    return screen.srWindow.Right - screen.srWindow.Left + 1;
}

/* The variable exists, and not as an empty text. */
static bool is_set(const wchar_t *variable)
{
    return GetEnvironmentVariableW(variable, NULL, 0) > 1; /* counts the 0 */
}

/* The lock is held: the mode that is restored must be the one from before the first change. */
static bool switch_sequences_on(enum console_stream stream)
{
    HANDLE handle;
    DWORD mode;

    if (!find_console(stream, &handle, &mode)) {
        return false;
    }
    if ((mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0) {
        return true;
    }
    if (!SetConsoleMode(handle,
                        mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING)) {
        return false;
    }
    before[stream].changed = true;
    before[stream].mode = mode;
    return true;
}

bool console_takes_movements(enum console_stream stream)
{
    bool takes;

    console_system_lock();
    takes = switch_sequences_on(stream);
    console_system_unlock();
    return takes;
}

bool console_takes_colour(enum console_stream stream)
{
    return !is_set(L"NO_COLOR") && console_takes_movements(stream);
}
