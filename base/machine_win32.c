/* SPDX-License-Identifier: MIT */

#include "base/machine_system.h"

#include <stdlib.h>

#include <windows.h>

#include "base/system_dll_win32.h"
#include "base/utf16_win32.h"

enum {
    FIRST_UNITS = 256,
    LAST_UNITS = 32768,
};

/* A text value of the 64-bit registry below HKEY_LOCAL_MACHINE. */
static void add_registry_text(struct text *text, const wchar_t *key, const wchar_t *value)
{
    for (DWORD units = FIRST_UNITS; units <= LAST_UNITS; units *= 2) {
        DWORD bytes = units * (DWORD)sizeof(wchar_t);
        wchar_t *wide = malloc(bytes);
        LSTATUS status;

        if (wide == NULL) {
            text->failed = true;
            return;
        }
        status = RegGetValueW(HKEY_LOCAL_MACHINE, key, value, RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY,
                              NULL, wide, &bytes);
        if (status == ERROR_SUCCESS) {
            utf16_add(text, wide, wcslen(wide));
        }
        free(wide);
        if (status != ERROR_MORE_DATA) {
            return;
        }
    }
}

static DWORD registry_number(const wchar_t *key, const wchar_t *value)
{
    DWORD number = 0;
    DWORD bytes = sizeof(number);

    return RegGetValueW(HKEY_LOCAL_MACHINE, key, value, RRF_RT_REG_DWORD | RRF_SUBKEY_WOW6464KEY,
                        NULL, &number, &bytes) == ERROR_SUCCESS
               ? number
               : 0;
}

void machine_add_id(struct text *text)
{
    add_registry_text(text, L"SOFTWARE\\Microsoft\\Cryptography", L"MachineGuid");
}

static void add_computer_name(struct text *text, COMPUTER_NAME_FORMAT format)
{
    DWORD units = 0;
    wchar_t *wide;

    (void)GetComputerNameExW(format, NULL, &units);
    if (units == 0) {
        return;
    }
    wide = malloc(units * sizeof(*wide));
    if (wide == NULL) {
        text->failed = true;
        return;
    }
    if (GetComputerNameExW(format, wide, &units)) {
        utf16_add(text, wide, units);
    }
    free(wide);
}

void machine_add_host(struct text *text)
{
    add_computer_name(text, ComputerNamePhysicalDnsHostname);
}

void machine_add_domain(struct text *text)
{
    add_computer_name(text, ComputerNamePhysicalDnsDomain);
}

/* GetVersionEx() tells what the manifest asks for; RtlGetVersion() (MSDN) what runs. */
typedef LONG WINAPI version_fn(OSVERSIONINFOW *version);

void machine_add_system(struct text *text)
{
    static const wchar_t key[] = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
    version_fn *read = (version_fn *)system_dll_find(L"ntdll.dll", "RtlGetVersion");
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};
    DWORD revision = registry_number(key, L"UBR");

    if (read == NULL || read(&version) != 0) {
        return;
    }
    text_addf(text, "Windows %lu.%lu.%lu", version.dwMajorVersion, version.dwMinorVersion,
              version.dwBuildNumber);
    if (revision != 0) {
        text_addf(text, ".%lu", revision);
    }
    text_add(text, " x64");
}

/* The name of the registry, which is the same in every language. */
void machine_add_zone(struct text *text)
{
    DYNAMIC_TIME_ZONE_INFORMATION zone;

    if (GetDynamicTimeZoneInformation(&zone) != TIME_ZONE_ID_INVALID) {
        utf16_add(text, zone.TimeZoneKeyName, wcslen(zone.TimeZoneKeyName));
    }
}
