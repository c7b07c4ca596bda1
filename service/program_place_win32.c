/* SPDX-License-Identifier: MIT */

#include "service/program_place_win32.h"

#include <string.h>

#include <windows.h>
#include <sddl.h>

#include "base/file_place.h"
#include "base/paths.h"
#include "base/text.h"
#include "base/utf16_win32.h"
#include "service/place_calls_win32.h"

/* Who has a hand in what is below may put another program in its place. */
static const DWORD TAKES_OVER =
    FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;

/* In the program's own folder a new file can be a library that it would find first, and a new
 * folder its ".local". */
static const DWORD CHANGES = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE |
                             WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;

/* SYSTEM, administrators, the owner, who is looked at himself, and TrustedInstaller. */
static const wchar_t *const keepers[] = {
    L"SY", L"BA", L"OW", L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"};

static bool is_keeper(PSID sid)
{
    for (size_t i = 0; i < sizeof(keepers) / sizeof(keepers[0]); i++) {
        PSID known = NULL;
        bool equal = ConvertStringSidToSidW(keepers[i], &known) && EqualSid(sid, known);

        LocalFree(known);
        if (equal) {
            return true;
        }
    }
    return place_calls_is_full_administrator(sid);
}

static bool refuse(struct failure *why, const char *path, const char *what)
{
    return FAIL(why, FAILURE_DENIED, 0,
                "others could put another program in the service's place: %s %s; put portledger "
                "into a folder that administrators alone may change, such as C:\\Program "
                "Files\\PortLedger, and install it from there",
                path, what);
}

static bool refuse_sid(struct failure *why, const char *path, const char *what, PSID sid)
{
    struct text words = {0};
    LPWSTR wide = NULL;

    text_add(&words, what);
    if (ConvertSidToStringSidW(sid, &wide)) {
        text_add(&words, " ");
        utf16_add(&words, wide, wcslen(wide));
        LocalFree(wide);
    }
    refuse(why, path, text_bytes(&words));
    text_clear(&words);
    return false;
}

static bool check_line(const char *path, const ACE_HEADER *header, DWORD rights,
                       struct failure *why)
{
    /* The kinds that allow, of a plain right, begin alike. */
    const ACCESS_ALLOWED_ACE *line = (const ACCESS_ALLOWED_ACE *)header;
    bool allows = header->AceType == ACCESS_ALLOWED_ACE_TYPE ||
                  header->AceType == ACCESS_ALLOWED_CALLBACK_ACE_TYPE;

    if (!allows || (header->AceFlags & INHERIT_ONLY_ACE) != 0 || (line->Mask & rights) == 0) {
        return true;
    }
    return is_keeper((PSID)&line->SidStart) ||
           refuse_sid(why, path, "may be changed by", (PSID)&line->SidStart);
}

static bool check_list(const char *path, PACL list, DWORD rights, struct failure *why)
{
    for (DWORD i = 0; i < list->AceCount; i++) {
        void *line = NULL;

        if (!GetAce(list, i, &line)) {
            return failure_from_system(why, (long)GetLastError(), "cannot read who may change %s",
                                       path);
        }
        if (!check_line(path, line, rights, why)) {
            return false;
        }
    }
    return true;
}

static bool check_descriptor(const char *path, PSECURITY_DESCRIPTOR descriptor, DWORD rights,
                             struct failure *why)
{
    PSID owner = NULL;
    PACL list = NULL;
    BOOL there = FALSE;
    BOOL ignored;

    if (!GetSecurityDescriptorOwner(descriptor, &owner, &ignored) ||
        !GetSecurityDescriptorDacl(descriptor, &there, &list, &ignored)) {
        return failure_from_system(why, (long)GetLastError(), "cannot read who may change %s",
                                   path);
    }
    if (owner == NULL || !there || list == NULL) {
        return refuse(why, path, "has no permissions at all");
    }
    if (!is_keeper(owner)) {
        return refuse_sid(why, path, "belongs to", owner);
    }
    return check_list(path, list, rights, why);
}

static bool check_one(const char *path, DWORD rights, struct failure *why)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD error = place_calls_security(path, &descriptor);
    bool safe;

    if (error != ERROR_SUCCESS) {
        return failure_from_system(why, (long)error, "cannot read who may change %s", path);
    }
    safe = check_descriptor(path, descriptor, rights, why);
    LocalFree(descriptor);
    return safe;
}

/* A root is its own folder. */
static bool check_folders(const char *program, struct failure *why)
{
    struct text path = {0};
    struct text folder = {0};
    DWORD rights = CHANGES;
    bool safe = true;

    text_add(&path, program);
    for (;;) {
        text_reset(&folder);
        paths_add_folder(&folder, text_bytes(&path));
        safe = text_ok(&path, why) && text_ok(&folder, why);
        if (!safe || strcmp(text_bytes(&folder), text_bytes(&path)) == 0) {
            break;
        }
        safe = check_one(text_bytes(&folder), rights, why);
        if (!safe) {
            break;
        }
        rights = TAKES_OVER;
        text_reset(&path);
        text_add(&path, text_bytes(&folder));
    }
    text_clear(&path);
    text_clear(&folder);
    return safe;
}

bool program_place_check(const char *path, struct failure *why)
{
    if (file_place_of(path) == FILE_PLACE_REMOTE) {
        return refuse(why, path, "lies on another machine");
    }
    return check_one(path, CHANGES, why) && check_folders(path, why);
}
