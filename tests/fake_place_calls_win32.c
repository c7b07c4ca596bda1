/* SPDX-License-Identifier: MIT */

#include "tests/fake_place_calls_win32.h"

#include <string.h>

#include <sddl.h>

#include "service/place_calls_win32.h"

struct fake_places fake_places;

static const wchar_t *list_of(const char *path)
{
    for (const struct fake_place *place = fake_places.places; place != NULL && place->path != NULL;
         place++) {
        if (strcmp(place->path, path) == 0) {
            return place->sddl;
        }
    }
    return fake_places.usual;
}

DWORD place_calls_security(const char *path, PSECURITY_DESCRIPTOR *descriptor)
{
    const wchar_t *sddl = list_of(path);

    fake_places.looked_at++;
    if (sddl == NULL) {
        return ERROR_ACCESS_DENIED;
    }
    return ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1, descriptor,
                                                                NULL)
               ? ERROR_SUCCESS
               : GetLastError();
}

bool place_calls_is_full_administrator(PSID sid)
{
    PSID known = NULL;
    bool equal = fake_places.administrator != NULL &&
                 ConvertStringSidToSidW(fake_places.administrator, &known) && EqualSid(sid, known);

    LocalFree(known);
    return equal;
}
