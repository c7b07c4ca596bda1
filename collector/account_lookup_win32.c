/* SPDX-License-Identifier: MIT */

/*
 * Windows: the name of a SID, as this machine or its domain knows it.
 */

#include "collector/account_names.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <sddl.h>

#include "base/utf16_win32.h"

enum {
    FIRST_SIZE = 64, /* units; user names have up to 256 */
    MAX_ATTEMPTS = 4,
};

/* The two halves of a name. The sizes count units, at first with the 0 that ends them. */
struct halves {
    wchar_t *domain;
    wchar_t *name;
    DWORD domain_size;
    DWORD name_size;
};

static void clear(struct halves *halves)
{
    free(halves->domain);
    free(halves->name);
    halves->domain = NULL;
    halves->name = NULL;
}

/* One question. GetLastError() says whether there was room. */
static bool ask(PSID sid, struct halves *halves)
{
    SID_NAME_USE use = SidTypeUnknown;

    clear(halves);
    halves->domain = calloc(halves->domain_size, sizeof(wchar_t));
    halves->name = calloc(halves->name_size, sizeof(wchar_t));
    if (halves->domain == NULL || halves->name == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return false;
    }
    if (!LookupAccountSidW(NULL, sid, halves->name, &halves->name_size, halves->domain,
                           &halves->domain_size, &use)) {
        return false;
    }
    SetLastError(ERROR_NONE_MAPPED);
    return use != SidTypeDeletedAccount && use != SidTypeInvalid && use != SidTypeUnknown;
}

/* Asks with more room until there is enough. */
static bool look_up(PSID sid, struct halves *halves)
{
    halves->domain_size = FIRST_SIZE;
    halves->name_size = FIRST_SIZE;
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        if (ask(sid, halves)) {
            return true;
        }
        if (GetLastError() != ERROR_INSUFFICIENT_BUFFER) {
            return false;
        }
        /* Only the half that was too small tells the size that it needs. */
        halves->domain_size += FIRST_SIZE;
        halves->name_size += FIRST_SIZE;
    }
    return false;
}

/* The system's reader also takes SDDL's words, as BA for the administrators: an id is none. */
static PSID sid_from(const char *id)
{
    wchar_t *wide = strncmp(id, "S-", 2) == 0 ? utf16_from_utf8(id) : NULL;
    PSID sid = NULL;

    if (wide == NULL || !ConvertStringSidToSidW(wide, &sid)) {
        sid = NULL;
    }
    free(wide);
    return sid;
}

bool account_lookup(const char *id, struct text *name)
{
    PSID sid = sid_from(id);
    struct halves halves = {0};
    bool found = sid != NULL && look_up(sid, &halves);

    if (found) {
        utf16_add(name, halves.domain, wcslen(halves.domain));
        if (halves.domain[0] != L'\0') { /* "Everyone" is of no domain */
            text_add_char(name, '\\');
        }
        utf16_add(name, halves.name, wcslen(halves.name));
    }
    clear(&halves);
    LocalFree(sid);
    return found;
}
