/* SPDX-License-Identifier: MIT */

#include "tests/fake_process_calls_win32.h"

#include <sddl.h>
#include <winternl.h>

#include <string.h>

#include "collector/process_calls_win32.h"

struct fake_process_calls fake_process_calls;

static HANDLE the_process(void)
{
    return (HANDLE)&fake_process_calls;
}

void process_calls_enable_debugging(void)
{
}

DWORD process_calls_open(HANDLE *process, DWORD access, uint32_t pid)
{
    DWORD error = fake_process_calls.open_error;

    (void)pid;
    if (error == ERROR_SUCCESS && (access & PROCESS_VM_READ) != 0) {
        error = fake_process_calls.full_access_error;
    }
    *process = NULL;
    if (error == ERROR_SUCCESS) {
        *process = the_process();
        fake_process_calls.handles++;
    }
    return error;
}

void process_calls_close(HANDLE process)
{
    (void)process;
    fake_process_calls.handles--;
}

DWORD process_calls_start(HANDLE process, uint64_t *start)
{
    (void)process;
    *start = fake_process_calls.start;
    return fake_process_calls.start_error;
}

bool process_calls_has_ended(HANDLE process)
{
    const struct fake_process_calls *fake = &fake_process_calls;

    (void)process;
    return fake->ended || (fake->ends_after != 0 && fake->calls > fake->ends_after);
}

DWORD process_calls_image(HANDLE process, wchar_t *path, DWORD *units)
{
    size_t length;

    (void)process;
    fake_process_calls.calls++;
    if (fake_process_calls.image_error != ERROR_SUCCESS) {
        return fake_process_calls.image_error;
    }
    length = wcslen(fake_process_calls.image);
    if (length >= *units) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    memcpy(path, fake_process_calls.image, (length + 1) * sizeof(*path));
    *units = (DWORD)length;
    return ERROR_SUCCESS;
}

static void fill_sid(PSID sid, const wchar_t *from)
{
    PSID made = NULL;

    if (ConvertStringSidToSidW(from, &made)) {
        CopySid(SECURITY_MAX_SID_SIZE, sid, made);
        LocalFree(made);
    }
}

DWORD process_calls_token(HANDLE process, TOKEN_INFORMATION_CLASS class, void *buffer, DWORD size)
{
    SID_AND_ATTRIBUTES label = {.Sid = (BYTE *)buffer + sizeof(label)};

    (void)process;
    fake_process_calls.calls++;
    memset(buffer, 0, size);
    if (fake_process_calls.token_error != ERROR_SUCCESS) {
        return fake_process_calls.token_error;
    }
    memcpy(buffer, &label, sizeof(label));
    if (class == TokenUser) {
        fill_sid(label.Sid, fake_process_calls.user);
    } else {
        fill_sid(label.Sid, L"S-1-16-0");
        *GetSidSubAuthority(label.Sid, 0) = fake_process_calls.integrity;
    }
    return ERROR_SUCCESS;
}

/* A UNICODE_STRING and its text, as NT calls give them. */
static LONG give_text(const wchar_t *text, size_t units, void *buffer, size_t size, size_t *needed)
{
    UNICODE_STRING string = {.Length = (USHORT)(units * sizeof(*text)),
                             .MaximumLength = (USHORT)(units * sizeof(*text)),
                             .Buffer = (wchar_t *)(void *)((BYTE *)buffer + sizeof(string))};

    *needed = sizeof(string) + units * sizeof(*text);
    if (size < *needed) {
        return CALL_LENGTH_MISMATCH;
    }
    memcpy(buffer, &string, sizeof(string));
    memcpy(string.Buffer, text, units * sizeof(*text));
    return 0;
}

static LONG give_command_line(void *buffer, ULONG size, ULONG *needed)
{
    const struct fake_process_calls *fake = &fake_process_calls;
    UNICODE_STRING *string = buffer;
    size_t wanted = 0;
    LONG status = fake->command_line_status;

    if (status == 0) {
        status = give_text(fake->command_line, fake->command_line_units, buffer, size, &wanted);
    }
    if (status == 0) {
        string->Length = (USHORT)(string->Length + fake->command_line_extra);
        string->Buffer = (wchar_t *)(void *)((BYTE *)string->Buffer + fake->command_line_shift);
    }
    *needed = (ULONG)wanted;
    return status;
}

LONG process_calls_query(HANDLE process, int class, void *buffer, ULONG size, ULONG *needed)
{
    PROCESS_BASIC_INFORMATION basic = {0};
    ULONG_PTR peb32 = (ULONG_PTR)fake_process_calls.peb32;

    (void)process;
    fake_process_calls.calls++;
    *needed = 0;
    switch (class) {
    case CALL_BASIC_INFORMATION:
        basic.PebBaseAddress = (PPEB)(uintptr_t)fake_process_calls.peb;
        memcpy(buffer, &basic, sizeof(basic));
        return 0;
    case CALL_WOW64_INFORMATION:
        memcpy(buffer, &peb32, sizeof(peb32));
        return 0;
    case CALL_PROTECTION_INFORMATION:
        memcpy(buffer, &fake_process_calls.protection, 1);
        return fake_process_calls.knows_protection ? 0 : CALL_UNKNOWN_CLASS;
    case CALL_COMMAND_LINE_INFORMATION:
        return give_command_line(buffer, size, needed);
    default:
        return CALL_UNKNOWN_CLASS;
    }
}

DWORD process_calls_read(HANDLE process, uint64_t address, void *buffer, size_t size)
{
    (void)process;
    fake_process_calls.calls++;
    if (++fake_process_calls.reads == fake_process_calls.failing_read || address < FAKE_MEMORY_AT ||
        address - FAKE_MEMORY_AT > FAKE_MEMORY_SIZE ||
        size > FAKE_MEMORY_SIZE - (address - FAKE_MEMORY_AT)) {
        return ERROR_PARTIAL_COPY;
    }
    memcpy(buffer, fake_process_calls.memory + (address - FAKE_MEMORY_AT), size);
    return ERROR_SUCCESS;
}

DWORD process_calls_region(HANDLE process, uint64_t address, MEMORY_BASIC_INFORMATION *region)
{
    const struct fake_region *found = fake_process_calls.regions;
    const struct fake_region *end = found + fake_process_calls.region_count;

    (void)process;
    fake_process_calls.calls++;
    if (++fake_process_calls.region_calls == fake_process_calls.failing_region) {
        return fake_process_calls.region_error;
    }
    *region = (MEMORY_BASIC_INFORMATION){.State = MEM_FREE};
    region->BaseAddress = (void *)(uintptr_t)address;
    while (found < end && found->base + found->size <= address) {
        found++;
    }
    if (fake_process_calls.stuck) {
        return ERROR_SUCCESS;
    }
    if (found == end) {
        return ERROR_INVALID_PARAMETER;
    }
    region->RegionSize = found->base - address;
    if (address >= found->base) {
        region->BaseAddress = (void *)(uintptr_t)found->base;
        region->AllocationBase = (void *)(uintptr_t)found->allocation;
        region->RegionSize = found->size;
        region->State = MEM_COMMIT;
        region->Type = found->type;
    }
    return ERROR_SUCCESS;
}

LONG process_calls_mapped_name(HANDLE process, uint64_t address, void *buffer, size_t size,
                               size_t *needed)
{
    (void)process;
    fake_process_calls.calls++;
    *needed = 0;
    for (size_t i = 0; i < fake_process_calls.region_count; i++) {
        const struct fake_region *region = &fake_process_calls.regions[i];

        if (region->base == address && region->name != NULL) {
            return give_text(region->name, wcslen(region->name), buffer, size, needed);
        }
    }
    return CALL_ACCESS_DENIED;
}
