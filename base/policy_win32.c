/* SPDX-License-Identifier: MIT */

/*
 * Windows: the registry, in the view that 64-bit programs have.
 */

#include "base/policy.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/text.h"
#include "base/utf16_win32.h"

const char policy_place[] = "HKLM\\SOFTWARE\\Policies\\PortLedger";

enum {
    NAME_SIZE = 16384, /* characters that a value's name may have, and one: "Registry Element Size
                          Limits" */
    LARGEST_VALUE = 1 << 20,
};

/* Room for one value. */
struct room {
    wchar_t name[NAME_SIZE];
    BYTE *data;
    DWORD size;
    DWORD type;
};

static bool refused(LONG error, struct failure *why)
{
    return failure_from_system(why, error, "reading the policies of %s", policy_place);
}

/* Of a text, or of a list of them, which the registry need not have ended. */
static void add_texts(struct text *texts, const struct room *room)
{
    size_t count = room->size / sizeof(wchar_t);
    const wchar_t *wide = (const wchar_t *)(const void *)room->data;
    size_t begin = 0;

    while (begin < count && wide[begin] != 0) {
        size_t end = begin;

        while (end < count && wide[end] != 0) {
            end++;
        }
        utf16_add(texts, wide + begin, end - begin);
        text_add_bytes(texts, "", 1);
        begin = end + 1;
    }
    text_add_bytes(texts, "", 1);
}

static void take_number(struct policy *policy, const struct room *room)
{
    if (room->type == REG_DWORD && room->size == sizeof(DWORD)) {
        DWORD number;

        memcpy(&number, room->data, sizeof(number));
        policy->kind = POLICY_NUMBER;
        policy->number = number;
    } else if (room->type == REG_QWORD && room->size == sizeof(policy->number)) {
        memcpy(&policy->number, room->data, sizeof(policy->number));
        policy->kind = POLICY_NUMBER;
    }
}

static bool visit_value(const struct room *room, policy_fn *visit, void *context, bool *more,
                        struct failure *why)
{
    struct policy policy = {.kind = POLICY_OTHER};
    struct text texts = {0};
    struct text name = {0};
    bool ok;

    utf16_add(&name, room->name, wcslen(room->name));
    if (room->type == REG_SZ || room->type == REG_EXPAND_SZ || room->type == REG_MULTI_SZ) {
        add_texts(&texts, room);
        policy.kind = room->type == REG_MULTI_SZ ? POLICY_LIST : POLICY_TEXT;
        policy.text = text_bytes(&texts);
    } else {
        take_number(&policy, room);
    }
    policy.name = text_bytes(&name);
    ok = text_ok(&name, why) && text_ok(&texts, why);
    if (ok) {
        *more = visit(context, &policy);
    }
    text_clear(&name);
    text_clear(&texts);
    return ok;
}

/* Reads value `i`, if there is one: *found says so. */
static bool read_value(HKEY key, DWORD i, struct room *room, bool *found, struct failure *why)
{
    DWORD name_size = NAME_SIZE;
    LONG error;

    room->size = LARGEST_VALUE;
    error =
        RegEnumValueW(key, i, room->name, &name_size, NULL, &room->type, room->data, &room->size);
    *found = error == ERROR_SUCCESS;
    return *found || error == ERROR_NO_MORE_ITEMS || refused(error, why);
}

static bool walk(HKEY key, struct room *room, policy_fn *visit, void *context, struct failure *why)
{
    bool more = true;

    for (DWORD i = 0; more; i++) {
        bool found;

        if (!read_value(key, i, room, &found, why)) {
            return false;
        }
        if (!found) {
            return true;
        }
        if (!visit_value(room, visit, context, &more, why)) {
            return false;
        }
    }
    return true;
}

bool policy_walk(policy_fn *visit, void *context, struct failure *why)
{
    struct room *room;
    HKEY key;
    LONG error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Policies\\PortLedger", 0,
                               KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key);
    bool ok;

    if (error == ERROR_FILE_NOT_FOUND) {
        return true;
    }
    if (error != ERROR_SUCCESS) {
        return refused(error, why);
    }
    room = calloc(1, sizeof(*room));
    if (room != NULL) {
        room->data = malloc(LARGEST_VALUE);
    }
    if (room == NULL || room->data == NULL) {
        ok = FAIL(why, FAILURE_MEMORY, 0, "no memory for the policies");
    } else {
        ok = walk(key, room, visit, context, why);
    }
    if (room != NULL) {
        free(room->data);
    }
    free(room);
    RegCloseKey(key);
    return ok;
}
