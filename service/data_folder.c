/* SPDX-License-Identifier: MIT */

#include "service/data_folder.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/file_guard.h"
#include "base/paths.h"
#include "base/time_text.h"

#define MARK ".untrusted-"

enum { MOST_OF_ONE_SECOND = 9 };

/* As in "PortLedger.untrusted-20261120T140000Z". */
static bool move_away(const char *folder, struct text *moved, struct failure *why)
{
    struct calendar_time time = calendar_from_ms(clock_now());

    for (int number = 1; number <= MOST_OF_ONE_SECOND; number++) {
        text_reset(moved);
        text_addf(moved, "%s" MARK "%04d%02d%02dT%02d%02d%02dZ", folder, time.year, time.month,
                  time.day, time.hour, time.minute, time.second);
        if (number > 1) {
            text_addf(moved, "-%d", number);
        }
        if (!text_ok(moved, why)) {
            return false;
        }
        if (file_rename(folder, text_bytes(moved), why)) {
            return true;
        }
        if (why->kind != FAILURE_BUSY) {
            break;
        }
    }
    text_reset(moved);
    return false;
}

/* Where nobody else can have put it there, it is an administrator's doing: he is to decide. */
static bool may_be_planted(const char *folder, struct failure *why)
{
    struct text above = {0};
    struct failure ignored;
    bool may;

    paths_add_folder(&above, folder);
    may =
        text_ok(&above, why) && file_judge_folder(text_bytes(&above), &ignored) != FILE_FOLDER_OURS;
    text_clear(&above);
    return may;
}

bool data_folder_clear_way(struct text *moved, struct failure *because, struct failure *why)
{
    struct text path = {0};
    struct text folder = {0};
    bool ok = paths_ledger_file(&path, why) && text_ok(&path, why);

    paths_add_folder(&folder, text_bytes(&path));
    ok = ok && text_ok(&folder, why) &&
         (file_judge_folder(text_bytes(&folder), because) != FILE_FOLDER_FOREIGN ||
          !may_be_planted(text_bytes(&folder), why) || move_away(text_bytes(&folder), moved, why));
    text_clear(&path);
    text_clear(&folder);
    return ok;
}

static bool is_safe(enum file_folder what)
{
    return what == FILE_FOLDER_OURS || what == FILE_FOLDER_SHARED;
}

static enum file_folder judge(const char *path, struct text *folder, struct failure *why)
{
    paths_add_folder(folder, path);
    return text_ok(folder, why) ? file_judge_folder(text_bytes(folder), why) : FILE_FOLDER_UNKNOWN;
}

bool data_folder_prepare(const char *path, struct failure *why)
{
    struct text folder = {0};
    enum file_folder what = judge(path, &folder, why);
    bool ok = is_safe(what) ||
              (what == FILE_FOLDER_MISSING && file_make_private_folder(text_bytes(&folder), why));

    text_clear(&folder);
    return ok;
}

bool data_folder_is_safe(const char *path, struct failure *why)
{
    struct text folder = {0};
    bool safe = is_safe(judge(path, &folder, why));

    text_clear(&folder);
    return safe;
}
