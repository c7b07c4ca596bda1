/* SPDX-License-Identifier: MIT */

#include "base/program.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>

#include <windows.h>

#include "base/console.h"
#include "base/exit_status.h"
#include "base/program_end.h"
#include "base/utf16_win32.h"

typedef BOOL WINAPI default_dll_directories_fn(DWORD flags);

/* No DLL from beside the exe, from the working folder or from PATH. */
static void load_from_system32_only(void)
{
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    default_dll_directories_fn *set_directories =
        (default_dll_directories_fn *)(void (*)(void))GetProcAddress(kernel,
                                                                     "SetDefaultDllDirectories");

    if (set_directories != NULL) {
        set_directories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    }
    SetDllDirectoryW(L"");
    SetSearchPathMode(BASE_SEARCH_PATH_ENABLE_SAFE_SEARCHMODE | BASE_SEARCH_PATH_PERMANENT);
}

/* A service has nobody who could press a button. Crashes are still reported. */
static void show_no_dialogs(void)
{
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
}

static void carry_bytes(void)
{
    FILE *const streams[] = {stdin, stdout, stderr};

    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        int fd = _fileno(streams[i]);

        if (fd >= 0) { /* a service has no standard handles */
            (void)_setmode(fd, _O_BINARY);
        }
    }
}

static void free_arguments(char **argv)
{
    for (char **at = argv; at != NULL && *at != NULL; at++) {
        free(*at);
    }
    free(argv);
}

/* UTF-8 copies, ended by NULL. NULL where memory ran out. */
static char **convert_arguments(int argc, wchar_t **wide)
{
    char **argv = calloc((size_t)argc + 1, sizeof(*argv));

    for (int i = 0; argv != NULL && i < argc; i++) {
        argv[i] = utf16_to_utf8(wide[i]);
        if (argv[i] == NULL) {
            free_arguments(argv);
            argv = NULL;
        }
    }
    return argv;
}

int wmain(int argc, wchar_t **wide); /* no header declares it */

int wmain(int argc, wchar_t **wide)
{
    char **argv;
    int status = EXIT_REFUSED;

    HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
    load_from_system32_only();
    show_no_dialogs();
    carry_bytes();
    argv = convert_arguments(argc, wide);
    if (argv == NULL) {
        console_complain("no memory for the command line");
    } else {
        status = program_main(argc, argv);
        free_arguments(argv);
    }
    return program_end(status);
}
