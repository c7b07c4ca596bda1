/* SPDX-License-Identifier: MIT */

#include "base/file_guard.h"

#include <stdint.h>
#include <stdlib.h>

#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include "base/utf16_win32.h"

enum { PIECE = 4096 };

/* FILE_DELETE_CHILD means something of folders only, where the first two are adding files. */
static const DWORD CHANGES = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE |
                             WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;
static const DWORD READS = FILE_READ_DATA | GENERIC_READ;

/*
 * The account of the service, where it has one: NT SERVICE\\PortLedger. The
 * number is made of the name: MS-DTYP section 2.4.2.4.
 */
static const wchar_t *const own_account[] = {
    L"S-1-5-80-3364485507-433462380-2821526545-1572748023-1640636442", NULL};

/* SYSTEM, administrators, the owner, and what installs Windows' own files. */
static const wchar_t *const keepers[] = {
    L"SY", L"BA", L"OW", L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464", NULL};

/* Everyone, Users, Authenticated Users, Interactive, Network, Guests, Anonymous. */
static const wchar_t *const anybody[] = {L"WD", L"BU", L"AU", L"IU", L"NU", L"BG", L"AN", NULL};

static bool is_one_of(PSID sid, const wchar_t *const *names)
{
    for (; *names != NULL; names++) {
        PSID known = NULL;
        bool equal = ConvertStringSidToSidW(*names, &known) && EqualSid(sid, known);

        LocalFree(known);
        if (equal) {
            return true;
        }
    }
    return false;
}

/* Whether the SID is that of the user who runs this program. */
static bool is_ourselves(PSID sid)
{
    union {
        TOKEN_USER user;
        uint8_t bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } told;
    HANDLE token;
    DWORD size;
    bool equal;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        return false;
    }
    equal = GetTokenInformation(token, TokenUser, &told, sizeof(told), &size) &&
            EqualSid(sid, told.user.User.Sid);
    CloseHandle(token);
    return equal;
}

static bool is_keeper(PSID sid)
{
    return is_one_of(sid, keepers) || is_ourselves(sid);
}

static bool refuse(struct failure *why, const char *path, const char *what, const char *cure)
{
    return FAIL(why, FAILURE_DENIED, 0, "%s is not safe: %s; %s", path, what, cure);
}

/* Whether a line of the access list lets somebody do what nobody else may. */
static bool is_harmless(const ACE_HEADER *header, enum file_guard guard)
{
    /* The kinds that allow, of a plain right, begin alike. */
    const ACCESS_ALLOWED_ACE *line = (const ACCESS_ALLOWED_ACE *)header;
    bool allows = header->AceType == ACCESS_ALLOWED_ACE_TYPE ||
                  header->AceType == ACCESS_ALLOWED_CALLBACK_ACE_TYPE;
    DWORD rights = guard == FILE_SECRET ? CHANGES | READS : CHANGES;
    PSID sid = (PSID)&line->SidStart;

    if (!allows || (header->AceFlags & INHERIT_ONLY_ACE) != 0 || (line->Mask & rights) == 0) {
        return true;
    }
    return guard == FILE_SECRET ? is_keeper(sid) : !is_one_of(sid, anybody);
}

static bool check_list(const char *path, PACL list, enum file_guard guard, struct failure *why)
{
    for (DWORD i = 0; list != NULL && i < list->AceCount; i++) {
        void *line = NULL;

        if (!GetAce(list, i, &line)) {
            return failure_from_system(why, (long)GetLastError(), "cannot read who may open %s",
                                       path);
        }
        if (!is_harmless(line, guard)) {
            return guard == FILE_SECRET
                       ? refuse(why, path, "others can read or change it",
                                "leave SYSTEM and Administrators alone in its permissions")
                       : refuse(why, path, "others can change it",
                                "take the right to write from them");
        }
    }
    /* No list at all lets everybody in. */
    return list != NULL || refuse(why, path, "it has no permissions at all", "give it some");
}

static bool check_access(const char *path, HANDLE file, enum file_guard guard, struct failure *why)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    PACL list = NULL;
    DWORD error = GetSecurityInfo(file, SE_FILE_OBJECT,
                                  OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                  NULL, &list, NULL, &descriptor);
    bool safe;

    if (error != NO_ERROR) {
        return failure_from_system(why, (long)error, "cannot read who may open %s", path);
    }
    if (owner == NULL || !is_keeper(owner)) {
        safe = refuse(why, path, "it belongs to another user", "give it to Administrators");
    } else {
        safe = check_list(path, list, guard, why);
    }
    LocalFree(descriptor);
    return safe;
}

static bool check_kind(const char *path, HANDLE file, struct failure *why)
{
    BY_HANDLE_FILE_INFORMATION facts;

    if (!GetFileInformationByHandle(file, &facts)) {
        return failure_from_system(why, (long)GetLastError(), "cannot look at %s", path);
    }
    if ((facts.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
        return refuse(why, path, "it is a link", "name the file itself");
    }
    if (GetFileType(file) != FILE_TYPE_DISK ||
        (facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        return FAIL(why, FAILURE_FORMAT, 0, "cannot read %s: it is no regular file", path);
    }
    return facts.nNumberOfLinks <= 1 ||
           refuse(why, path, "it has several names", "make a copy of it");
}

static bool read_all(struct text *content, HANDLE file, const char *path, size_t limit,
                     struct failure *why)
{
    size_t before = content->size;
    char piece[PIECE];
    DWORD got;

    do {
        if (!ReadFile(file, piece, sizeof(piece), &got, NULL)) {
            return failure_from_system(why, (long)GetLastError(), "cannot read %s", path);
        }
        text_add_bytes(content, piece, got);
        if (content->size - before > limit) {
            return FAIL(why, FAILURE_FORMAT, 0, "%s is larger than the %zu bytes that it may have",
                        path, limit);
        }
    } while (got > 0);
    return text_ok(content, why);
}

/* A pipe of that name could take our rights, if it were let. */
static HANDLE open_as_it_is(const char *path)
{
    wchar_t *wide = utf16_path(path);
    HANDLE file = INVALID_HANDLE_VALUE;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (wide != NULL) {
        file = CreateFileW(
            wide, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
            FILE_FLAG_OPEN_REPARSE_POINT | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
        error = GetLastError();
    }
    free(wide);
    SetLastError(error);
    return file;
}

bool file_read_guarded(struct text *content, const char *path, enum file_guard guard, size_t limit,
                       struct failure *why)
{
    HANDLE file = open_as_it_is(path);
    bool ok;

    if (file == INVALID_HANDLE_VALUE) {
        return failure_from_system(why, (long)GetLastError(), "cannot open %s", path);
    }
    ok = check_kind(path, file, why) && check_access(path, file, guard, why) &&
         read_all(content, file, path, limit, why);
    CloseHandle(file);
    return ok;
}

static enum file_folder judge_access(const char *path, HANDLE folder, struct failure *why)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    PACL list = NULL;
    DWORD error = GetSecurityInfo(folder, SE_FILE_OBJECT,
                                  OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                  NULL, &list, NULL, &descriptor);
    enum file_folder what = FILE_FOLDER_OURS;

    if (error != NO_ERROR) {
        failure_from_system(why, (long)error, "cannot read who may open %s", path);
        return FILE_FOLDER_UNKNOWN;
    }
    if (owner == NULL || !(is_keeper(owner) || is_one_of(owner, own_account))) {
        refuse(why, path, "it belongs to another user", "move it away");
        what = FILE_FOLDER_FOREIGN;
    } else if (!check_list(path, list, FILE_TRUSTED, why)) {
        what = FILE_FOLDER_OPEN;
    }
    LocalFree(descriptor);
    return what;
}

static enum file_folder judge(const char *path, HANDLE folder, struct failure *why)
{
    BY_HANDLE_FILE_INFORMATION facts;

    if (!GetFileInformationByHandle(folder, &facts)) {
        failure_from_system(why, (long)GetLastError(), "cannot look at %s", path);
        return FILE_FOLDER_UNKNOWN;
    }
    if ((facts.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
        refuse(why, path, "it is a link", "remove it; ledger.path can name another folder");
        return FILE_FOLDER_FOREIGN;
    }
    if ((facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
        failure_set(why, FAILURE_FORMAT, 0, "%s is no folder", path);
        return FILE_FOLDER_UNKNOWN;
    }
    return judge_access(path, folder, why);
}

enum file_folder file_judge_folder(const char *path, struct failure *why)
{
    wchar_t *wide = utf16_path(path);
    HANDLE folder = INVALID_HANDLE_VALUE;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    enum file_folder what;

    if (wide != NULL) {
        folder =
            CreateFileW(wide, READ_CONTROL | FILE_READ_ATTRIBUTES,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                        FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        error = GetLastError();
    }
    free(wide);
    if (folder == INVALID_HANDLE_VALUE) {
        failure_from_system(why, (long)error, "cannot look at the folder %s", path);
        return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? FILE_FOLDER_MISSING
                                                                              : FILE_FOLDER_UNKNOWN;
    }
    what = judge(path, folder, why);
    CloseHandle(folder);
    return what;
}
