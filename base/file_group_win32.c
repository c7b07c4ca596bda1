/* SPDX-License-Identifier: MIT */

/*
 * Windows: a group that may read a file.
 */

#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <sddl.h>

#include "base/file.h"
#include "base/utf16_win32.h"

/* [MS-DTYP] 2.4.2: S-1-, an authority and up to 15 numbers. */
enum { DOMAIN_UNITS = 256, SID_BYTES = SECURITY_MAX_SID_SIZE };

/*
 * As file_make_private() does, and one line more. What a folder holds later
 * takes it over. The rights to read, and to pass through a folder.
 */
static const char file_access[] = "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)(A;;FR;;;";
static const char folder_access[] =
    "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)(A;OICI;FRFX;;;";

/* The SID of an account by its name, as text. */
static bool look_up(struct text *sid, const wchar_t *name)
{
    uint8_t bytes[SID_BYTES];
    wchar_t domain[DOMAIN_UNITS];
    DWORD size = sizeof(bytes);
    DWORD units = DOMAIN_UNITS;
    SID_NAME_USE use;
    wchar_t *words = NULL;

    if (!LookupAccountNameW(NULL, name, bytes, &size, domain, &units, &use) ||
        !ConvertSidToStringSidW(bytes, &words)) {
        return false;
    }
    utf16_add(sid, words, wcslen(words));
    LocalFree(words);
    return true;
}

/* A group is given by its name or as "S-1-...", which needs nobody to be asked. */
static bool find_sid(struct text *sid, const char *group, struct failure *why)
{
    wchar_t *wide = utf16_from_utf8(group);
    PSID known = NULL;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    bool found = false;

    if (wide != NULL && strncmp(group, "S-1-", 4) == 0) {
        found = ConvertStringSidToSidW(wide, &known) != 0;
        error = GetLastError();
        text_add(sid, found ? group : "");
        LocalFree(known);
    } else if (wide != NULL) {
        found = look_up(sid, wide);
        error = GetLastError();
    }
    free(wide);
    return (found || failure_from_system(why, (long)error, "cannot look up the group %s", group)) &&
           text_ok(sid, why);
}

static DWORD set_access(const wchar_t *path, const wchar_t *access)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD error = NO_ERROR;

    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(access, SDDL_REVISION_1, &descriptor,
                                                              NULL)) {
        return GetLastError();
    }
    if (!SetFileSecurityW(path, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                          descriptor)) {
        error = GetLastError();
    }
    LocalFree(descriptor);
    return error;
}

bool file_allow_group(const char *path, const char *group, struct failure *why)
{
    struct text sid = {0};
    struct text access = {0};
    wchar_t *wide = utf16_path(path);
    wchar_t *words = NULL;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    bool done = find_sid(&sid, group, why);

    if (done) {
        text_addf(&access, "%s%s)", file_is_folder(path) ? folder_access : file_access,
                  text_bytes(&sid));
        words = access.failed ? NULL : utf16_from_utf8(text_bytes(&access));
        error = wide == NULL || words == NULL ? ERROR_NOT_ENOUGH_MEMORY : set_access(wide, words);
        done =
            error == NO_ERROR ||
            failure_from_system(why, (long)error, "cannot let the group %s read %s", group, path);
    }
    free(words);
    free(wide);
    text_clear(&access);
    text_clear(&sid);
    return done;
}
