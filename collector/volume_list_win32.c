/* SPDX-License-Identifier: MIT */

/*
 * Windows: the volumes that the mount manager knows, and drive letters that
 * it was not told of.
 */

#include "collector/volume_list_win32.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/utf16_win32.h"

enum {
    VOLUME_NAME_UNITS = 64, /* \\?\Volume{GUID}\ is 49 units and a 0 */
    DEVICE_UNITS = 512,     /* names of local volumes are far shorter; a longer one is left out */
    VOLUME_PREFIX = 4,      /* \\?\ */
    LETTERS = 26,
};

static const wchar_t device_folder[] = L"\\Device\\";

/*
 * What a name stands for, \Device\HarddiskVolume3. Longer paths are those of
 * redirectors (\Device\LanmanRedirector\;Z:...\server\share) and of SUBST
 * (\??\C:\...): no volumes of their own.
 */
static bool query_device(const wchar_t *name, wchar_t device[DEVICE_UNITS])
{
    size_t folder = wcslen(device_folder);

    return QueryDosDeviceW(name, device, DEVICE_UNITS) != 0 &&
           _wcsnicmp(device, device_folder, folder) == 0 && wcschr(device + folder, L'\\') == NULL;
}

static bool add(struct volume_list *list, const wchar_t *device, const wchar_t *name, bool fixed,
                bool for_people)
{
    char *device_text = utf16_to_utf8(device);
    char *name_text = utf16_to_utf8(name);
    bool added = device_text != NULL && name_text != NULL &&
                 volume_list_add(list, device_text, name_text, fixed, for_people);

    free(device_text);
    free(name_text);
    return added;
}

/* The places that a volume is mounted in, each ended by 0, all by one more; for free(). NULL where
 * memory ran out. */
static wchar_t *read_places(const wchar_t *volume)
{
    wchar_t *places = NULL;
    DWORD units = VOLUME_NAME_UNITS;

    for (;;) {
        wchar_t *larger = realloc(places, units * sizeof(*places));

        if (larger == NULL) {
            free(places);
            return NULL;
        }
        places = larger;
        if (GetVolumePathNamesForVolumeNameW(volume, places, units, &units)) {
            return places;
        }
        if (GetLastError() != ERROR_MORE_DATA) {
            places[0] = L'\0'; /* one without a place */
            return places;
        }
    }
}

/* Not every system tells it for the volume's own name. */
static bool is_fixed(const wchar_t *volume, const wchar_t *places)
{
    UINT type = GetDriveTypeW(volume);

    if (type <= DRIVE_NO_ROOT_DIR && places[0] != L'\0') {
        type = GetDriveTypeW(places);
    }
    return type == DRIVE_FIXED;
}

static bool add_volume(struct volume_list *list, const wchar_t *volume)
{
    wchar_t device[DEVICE_UNITS];
    wchar_t name[VOLUME_NAME_UNITS] = {0};
    size_t units = wcslen(volume);
    wchar_t *places;
    bool fixed;
    bool added;

    if (units <= VOLUME_PREFIX) {
        return true;
    }
    /* QueryDosDeviceW() wants it without the prefix and the last backslash. */
    memcpy(name, volume + VOLUME_PREFIX, (units - VOLUME_PREFIX - 1) * sizeof(*name));
    if (!query_device(name, device)) {
        return true;
    }
    places = read_places(volume);
    if (places == NULL) {
        return false;
    }
    fixed = is_fixed(volume, places);
    added = add(list, device, volume, fixed, false);
    for (const wchar_t *place = places; added && *place != L'\0'; place += wcslen(place) + 1) {
        added = add(list, device, place, fixed, true);
    }
    free(places);
    return added;
}

static bool is_known(const struct volume_list *list, const wchar_t *place)
{
    const char *texts = text_bytes(&list->texts);
    char name[] = {(char)place[0], ':', '\\', '\0'};

    for (size_t i = 0; i < list->count; i++) {
        if (text_equal_fold(texts + list->names[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Letters of volumes that have no name of their own: some drivers make such ones. */
static bool add_letters(struct volume_list *list)
{
    wchar_t device[DEVICE_UNITS];
    DWORD letters = GetLogicalDrives();

    for (DWORD i = 0; i < LETTERS; i++) {
        wchar_t place[] = {(wchar_t)(L'A' + i), L':', L'\\', L'\0'};
        wchar_t name[] = {place[0], L':', L'\0'};

        if ((letters >> i & 1) == 0 || is_known(list, place) || !query_device(name, device)) {
            continue;
        }
        if (!add(list, device, place, GetDriveTypeW(place) == DRIVE_FIXED, true)) {
            return false;
        }
    }
    return true;
}

bool volume_list_read(struct volume_list *list)
{
    wchar_t volume[VOLUME_NAME_UNITS];
    HANDLE search = FindFirstVolumeW(volume, VOLUME_NAME_UNITS);
    bool more = search != INVALID_HANDLE_VALUE;
    bool added = true;

    while (more && added) {
        added = add_volume(list, volume);
        more = FindNextVolumeW(search, volume, VOLUME_NAME_UNITS);
    }
    if (search != INVALID_HANDLE_VALUE) {
        FindVolumeClose(search);
    }
    return added && add_letters(list);
}
