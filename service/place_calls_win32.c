/* SPDX-License-Identifier: MIT */

#include "service/place_calls_win32.h"

#include <stdint.h>
#include <stdlib.h>

#include <aclapi.h>

#include "base/utf16_win32.h"

DWORD place_calls_security(const char *path, PSECURITY_DESCRIPTOR *descriptor)
{
    wchar_t *wide = utf16_path(path);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (wide != NULL) {
        error = GetNamedSecurityInfoW(wide, SE_FILE_OBJECT,
                                      OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL,
                                      NULL, NULL, NULL, descriptor);
    }
    free(wide);
    return error;
}

static bool is_user(HANDLE token, PSID sid)
{
    union {
        TOKEN_USER user;
        uint8_t bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } told;
    DWORD size;

    return GetTokenInformation(token, TokenUser, &told, sizeof(told), &size) &&
           EqualSid(sid, told.user.User.Sid);
}

/* Of the thread's own token where `token` is NULL. */
static bool is_administrator(HANDLE token)
{
    uint8_t administrators[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof(administrators);
    BOOL is = FALSE;

    return CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, administrators, &size) &&
           CheckTokenMembership(token, administrators, &is) && is;
}

/* The token that the same user's other programs have. */
static bool is_administrator_unelevated(HANDLE token)
{
    TOKEN_ELEVATION_TYPE type;
    TOKEN_LINKED_TOKEN other;
    DWORD size;
    bool is;

    if (!GetTokenInformation(token, TokenElevationType, &type, sizeof(type), &size)) {
        return false;
    }
    if (type == TokenElevationTypeDefault) { /* there is no other */
        return is_administrator(NULL);
    }
    if (!GetTokenInformation(token, TokenLinkedToken, &other, sizeof(other), &size)) {
        return false;
    }
    is = is_administrator(NULL) && is_administrator(other.LinkedToken);
    CloseHandle(other.LinkedToken);
    return is;
}

bool place_calls_is_full_administrator(PSID sid)
{
    HANDLE token;
    bool is;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        return false;
    }
    is = is_user(token, sid) && is_administrator_unelevated(token);
    CloseHandle(token);
    return is;
}
