/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One process as a test wants it, in the place of process_calls_win32.c: of
 * other users, protected, of 32 bits, ending, and with memory that lies.
 */

#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_MEMORY_AT ((uint64_t)0x100000)

enum {
    FAKE_MEMORY_SIZE = 0x40000,
    FAKE_REGIONS = 16,
};

/* What is mapped, in the order of addresses; the rest of the address space is free. */
struct fake_region {
    uint64_t base;
    uint64_t size;
    uint64_t allocation;
    DWORD type;          /* MEM_IMAGE */
    const wchar_t *name; /* of the file; NULL: nobody knows it */
};

struct fake_process_calls {
    DWORD open_error;        /* of every call to open */
    DWORD full_access_error; /* of those that want more than PROCESS_QUERY_LIMITED_INFORMATION */
    DWORD start_error;
    uint64_t start;
    bool ended;
    int ends_after; /* so many calls, where not 0 */
    DWORD image_error;
    const wchar_t *image;
    LONG command_line_status;
    const wchar_t *command_line;
    size_t command_line_units;
    USHORT command_line_extra;    /* bytes that its length says too many */
    ptrdiff_t command_line_shift; /* of its address */
    BYTE protection;
    bool knows_protection;
    DWORD token_error;
    const wchar_t *user; /* a SID */
    DWORD integrity;     /* a RID */
    uint64_t peb;
    uint64_t peb32;
    uint8_t memory[FAKE_MEMORY_SIZE]; /* at FAKE_MEMORY_AT */
    int failing_read;                 /* the n-th reading of memory fails; 0: none */
    struct fake_region regions[FAKE_REGIONS];
    size_t region_count;
    int failing_region; /* the n-th question for a region fails; 0: none */
    DWORD region_error;
    bool stuck; /* the address space does not go on */

    int calls;
    int reads;
    int region_calls;
    int handles; /* that are open */
};

extern struct fake_process_calls fake_process_calls;
