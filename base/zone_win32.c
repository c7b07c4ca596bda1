/* SPDX-License-Identifier: MIT */

/*
 * Windows' zones have names of their own; ICU, which newer systems bring
 * along, translates those of the tz database.
 */

#include "base/zone_system.h"

#include <stdlib.h>
#include <wchar.h>

#include <windows.h>

#include "base/clock_zone_win32.h"
#include "base/system_dll_win32.h"
#include "base/text.h"
#include "base/utf16_win32.h"

enum { NAME_UNITS = 128 }; /* of a registry key: TimeZoneKeyName has as many */

static DYNAMIC_TIME_ZONE_INFORMATION chosen;

static int chosen_offset(int64_t at)
{
    return clock_zone_offset_in(&chosen, at);
}

static bool find_zone(const wchar_t *name)
{
    DYNAMIC_TIME_ZONE_INFORMATION zone;

    for (DWORD i = 0; EnumDynamicTimeZoneInformation(i, &zone) == ERROR_SUCCESS; i++) {
        if (_wcsicmp(zone.TimeZoneKeyName, name) == 0 || _wcsicmp(zone.StandardName, name) == 0) {
            chosen = zone;
            return true;
        }
    }
    return false;
}

/* ucal_getWindowsTimeZoneID() of ICU: its UChar is our wchar_t, its UErrorCode an int. */
typedef int32_t translate_fn(const wchar_t *id, int32_t size, wchar_t *windows_id, int32_t capacity,
                             int *error);

/* The Windows name of a zone of the tz database; false where this system cannot say. */
static bool translate(const wchar_t *name, wchar_t windows_name[NAME_UNITS])
{
    translate_fn *call = (translate_fn *)system_dll_find(L"icu.dll", "ucal_getWindowsTimeZoneID");
    int error = 0;
    int32_t units;

    if (call == NULL) {
        return false;
    }
    units = call(name, -1, windows_name, NAME_UNITS - 1, &error);
    if (error > 0 || units <= 0 || units >= NAME_UNITS) {
        return false;
    }
    windows_name[units] = L'\0';
    return true;
}

bool zone_system_choose(local_time_zone_fn **out, const char *name, struct failure *why)
{
    wchar_t *wide = utf16_from_utf8(name);
    wchar_t windows_name[NAME_UNITS];
    bool found;

    if (wide == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the zone");
    }
    found = find_zone(wide) || (translate(wide, windows_name) && find_zone(windows_name));
    free(wide);
    if (!found) {
        return FAIL(
            why, FAILURE_USAGE, 0,
            "this Windows knows no zone \"%s\"; tzutil /l lists its names, like \"W. Europe "
            "Standard Time\", or write an offset like +05:30",
            name);
    }
    *out = chosen_offset;
    return true;
}
