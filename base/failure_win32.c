/* SPDX-License-Identifier: MIT */

/*
 * GetLastError(), Winsock's codes, HRESULTs and NTSTATUS values all come here.
 * The number is always shown: it is what people look up.
 */

#include "base/failure_system.h"

#include <stdio.h>

#include <winsock2.h>
#include <windows.h>

#include "base/text.h"
#include "base/utf16_win32.h"

const struct failure_code failure_codes[] = {
    {ERROR_ACCESS_DENIED, FAILURE_DENIED},
    {ERROR_PRIVILEGE_NOT_HELD, FAILURE_DENIED},
    {ERROR_NETWORK_ACCESS_DENIED, FAILURE_DENIED},
    {WSAEACCES, FAILURE_DENIED},
    {ERROR_FILE_NOT_FOUND, FAILURE_MISSING},
    {ERROR_PATH_NOT_FOUND, FAILURE_MISSING},
    {ERROR_INVALID_DRIVE, FAILURE_MISSING},
    {ERROR_BAD_NETPATH, FAILURE_MISSING},
    {ERROR_BAD_NET_NAME, FAILURE_MISSING},
    {ERROR_MOD_NOT_FOUND, FAILURE_MISSING},
    {ERROR_PROC_NOT_FOUND, FAILURE_MISSING},
    {ERROR_NOT_FOUND, FAILURE_MISSING},
    {ERROR_SERVICE_DOES_NOT_EXIST, FAILURE_MISSING},
    {ERROR_SHARING_VIOLATION, FAILURE_BUSY},
    {ERROR_LOCK_VIOLATION, FAILURE_BUSY},
    {ERROR_BUSY, FAILURE_BUSY},
    {ERROR_PIPE_BUSY, FAILURE_BUSY},
    {ERROR_SERVICE_DATABASE_LOCKED, FAILURE_BUSY},
    {ERROR_SERVICE_ALREADY_RUNNING, FAILURE_BUSY},
    {WSAEADDRINUSE, FAILURE_BUSY},
    {ERROR_BROKEN_PIPE, FAILURE_NO_READER},
    {ERROR_NO_DATA, FAILURE_NO_READER},
    {ERROR_NOT_ENOUGH_MEMORY, FAILURE_MEMORY},
    {ERROR_OUTOFMEMORY, FAILURE_MEMORY},
    {ERROR_NO_SYSTEM_RESOURCES, FAILURE_MEMORY},
    {ERROR_COMMITMENT_LIMIT, FAILURE_MEMORY},
    {WSAENOBUFS, FAILURE_MEMORY},
};

const size_t failure_code_count = sizeof(failure_codes) / sizeof(failure_codes[0]);

static bool ends_sentence(wchar_t c)
{
    return c == L'.' || c == L' ' || c == L'\r' || c == L'\n';
}

/* The words for the code in the language of the user, without their period; 0 where there are none.
 */
static size_t read_words(wchar_t *wide, DWORD units, long code)
{
    DWORD count = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                     FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                 NULL, (DWORD)code, 0, wide, units, NULL);

    while (count > 0 && ends_sentence(wide[count - 1])) {
        count--;
    }
    return count;
}

void failure_describe(char *words, size_t size, long code)
{
    wchar_t wide[500];
    struct text text = {0};

    utf16_add(&text, wide, read_words(wide, sizeof(wide) / sizeof(wide[0]), code));
    text_add(&text, text.size > 0 ? ", " : "");
    text_addf(&text, code >= 0 && code <= 0xFFFF ? "error %lu" : "error 0x%08lX",
              (unsigned long)code);
    if (text.failed) {
        snprintf(words, size, "error %lu", (unsigned long)code);
    } else {
        size_t room = text.size < size ? text.size : size - 1;

        snprintf(words, size, "%.*s", (int)text_whole(text_bytes(&text), room), text_bytes(&text));
    }
    text_clear(&text);
}
