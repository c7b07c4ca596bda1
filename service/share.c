/* SPDX-License-Identifier: MIT */

#include "service/share.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/thread.h"
#include "store/ledger_copy.h"
#include "store/ledger_share.h"

enum {
    STEP_MS = 10, /* of copying between two looks at the sampler */
    STEP_EVERY_MS = 20,
    STEP_WAY_MS = 500,      /* likewise where it gives way */
    FIRST_AFTER_MS = 10000, /* the start of a service has better things to do */
    AGAIN_AFTER_MS = 60000,
};

/* While it is made. SQLite and ledger_copy.h may have files beside it. */
#define NEW_SUFFIX ".new"

enum stage {
    STAGE_IDLE,
    STAGE_COPYING,
    STAGE_PACKING, /* in the thread, which has the copy then */
};

struct share {
    struct ledger *ledger;
    void (*ring)(void *context);
    void *context;

    /* Settings. */
    struct text path; /* of the copy for everyone; empty: none is made */
    struct text group;
    bool command_lines;
    int64_t every;

    enum stage stage;
    int64_t next; /* clock_steady() of the next beginning */
    bool failing;
    bool gives_way;
    bool outdated;    /* the settings were changed while it is packed */
    struct text made; /* path while it is made */
    struct ledger_copy *copy;

    struct thread *thread;
    struct bell *packed;
    struct mutex *mutex; /* of the next one */
    bool abandoned;      /* whoever is to be rung is not there any more */
    bool pack_ok;        /* written by the thread, read after the bell */
    struct failure pack_why;
};

bool share_open(struct share **out, struct ledger *ledger, void (*ring)(void *context),
                void *context, struct failure *why)
{
    struct share *share = calloc(1, sizeof(*share));

    if (share == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to share the ledger");
    }
    share->ledger = ledger;
    share->ring = ring;
    share->context = context;
    if (!bell_open(&share->packed, why) || !mutex_open(&share->mutex, why)) {
        bell_close(share->packed);
        free(share);
        return false;
    }
    *out = share;
    return true;
}

/* Those of a copy that was given up, also by a service that was killed. */
static void remove_unfinished(const struct text *made)
{
    static const char *const suffixes[] = {"", "-journal", "-part", "-part-journal"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        struct text name = {0};
        struct failure ignored;

        text_add(&name, text_bytes(made));
        text_add(&name, suffixes[i]);
        if (!name.failed) {
            (void)!file_remove(text_bytes(&name), &ignored);
        }
        text_clear(&name);
    }
}

/* No thread has the copy. */
static void give_up(struct share *share)
{
    ledger_copy_close(share->copy);
    share->copy = NULL;
    share->stage = STAGE_IDLE;
    if (share->made.size > 0) {
        remove_unfinished(&share->made);
    }
}

static void set_path(struct share *share, const char *folder)
{
    text_reset(&share->path);
    if (folder != NULL) {
        text_add(&share->path, folder);
        paths_add_part(&share->path, LEDGER_SHARE_NAME);
    }
}

bool share_configure(struct share *share, const struct settings *settings, struct failure *why)
{
    const char *group = settings_text(settings, "ledger.share.group");

    if (share->stage == STAGE_PACKING) {
        share->outdated = true;
    } else {
        give_up(share);
    }
    set_path(share, settings_text(settings, "ledger.share.folder"));
    text_reset(&share->group);
    text_add(&share->group, group == NULL ? "" : group);
    share->command_lines = settings_bool(settings, "ledger.share.command_lines");
    share->every = settings_number(settings, "ledger.share.every");
    share->next = clock_steady() + FIRST_AFTER_MS;
    return text_ok(&share->path, why) && text_ok(&share->group, why);
}

/* A folder that is there belongs to whoever made it; one that we make is for the group. */
static bool make_folder(struct share *share, struct failure *why)
{
    struct text folder = {0};
    bool done;

    paths_add_folder(&folder, text_bytes(&share->path));
    done = text_ok(&folder, why) &&
           (file_is_folder(text_bytes(&folder)) ||
            (file_make_private_folder(text_bytes(&folder), why) &&
             (share->group.size == 0 ||
              file_allow_group(text_bytes(&folder), text_bytes(&share->group), why))));
    text_clear(&folder);
    return done;
}

static bool begin(struct share *share, struct failure *why)
{
    text_reset(&share->made);
    text_addf(&share->made, "%s%s", text_bytes(&share->path), NEW_SUFFIX);
    if (!text_ok(&share->made, why)) {
        return false;
    }
    remove_unfinished(&share->made);
    if (!make_folder(share, why) ||
        !ledger_copy_open(&share->copy, share->ledger, text_bytes(&share->made),
                          share->command_lines ? LEDGER_COPY_WHOLE : LEDGER_COPY_NO_COMMAND_LINES,
                          why)) {
        return false;
    }
    share->stage = STAGE_COPYING;
    return true;
}

static void pack(void *context)
{
    struct share *share = context;

    thread_step_back();
    share->pack_ok = ledger_copy_finish(share->copy, &share->pack_why);
    mutex_lock(share->mutex);
    bell_ring(share->packed);
    if (!share->abandoned) {
        share->ring(share->context);
    }
    mutex_unlock(share->mutex);
}

static bool copy_on(struct share *share, struct failure *why)
{
    bool complete;

    if (!ledger_copy_step(share->copy, STEP_MS, &complete, why)) {
        return false;
    }
    if (complete) {
        if (!thread_start(&share->thread, pack, share, why)) {
            return false;
        }
        share->stage = STAGE_PACKING;
    }
    return true;
}

/* The group is let in before the copy gets its name. */
static bool publish(struct share *share, struct failure *why)
{
    const char *made = text_bytes(&share->made);

    ledger_copy_close(share->copy);
    share->copy = NULL;
    return (share->group.size == 0 || file_allow_group(made, text_bytes(&share->group), why)) &&
           file_replace(made, text_bytes(&share->path), why);
}

static bool end(struct share *share, struct failure *why)
{
    thread_join(share->thread);
    share->thread = NULL;
    if (share->outdated) {
        share->outdated = false;
        give_up(share);
        return true;
    }
    share->stage = STAGE_IDLE;
    share->next = clock_steady() + share->every;
    if (!share->pack_ok) {
        *why = share->pack_why;
        return false;
    }
    return publish(share, why);
}

/* *made says whether the thread has ended with a copy that is good. */
static bool go_on(struct share *share, bool *made, struct failure *why)
{
    switch (share->stage) {
    case STAGE_COPYING:
        return copy_on(share, why);
    case STAGE_PACKING:
        if (!bell_wait(share->packed, 0)) {
            return true;
        }
        *made = !share->outdated;
        return end(share, why);
    default:
        return share->path.size == 0 || clock_steady() < share->next || begin(share, why);
    }
}

enum share_news share_work(struct share *share, struct failure *why)
{
    bool made = false;
    bool was_failing = share->failing;

    if (go_on(share, &made, why)) {
        share->failing = share->failing && !made;
        return was_failing && made ? SHARE_RECOVERED : SHARE_NOTHING_NEW;
    }
    give_up(share);
    share->next = clock_steady() + AGAIN_AFTER_MS;
    share->failing = true;
    return was_failing ? SHARE_NOTHING_NEW : SHARE_FAILED;
}

int64_t share_wait(const struct share *share)
{
    int64_t left = share->next - clock_steady();

    if (share->stage == STAGE_COPYING) {
        return share->gives_way ? STEP_WAY_MS : STEP_EVERY_MS;
    }
    if (share->stage == STAGE_PACKING || share->path.size == 0) {
        return -1;
    }
    return left > 0 ? left : 0;
}

void share_give_way(struct share *share, bool give_way)
{
    share->gives_way = give_way;
}

/*
 * A thread that packs years of history takes longer than a service may take
 * to stop. It is left behind with all that it uses, and the process ends.
 */
static bool abandon(struct share *share)
{
    bool abandoned;

    mutex_lock(share->mutex);
    abandoned = share->stage == STAGE_PACKING && !bell_wait(share->packed, 0);
    share->abandoned = abandoned;
    mutex_unlock(share->mutex);
    if (abandoned) {
        thread_abandon(share->thread);
    } else {
        thread_join(share->thread);
    }
    return abandoned;
}

void share_close(struct share *share)
{
    if (share == NULL || abandon(share)) {
        return;
    }
    give_up(share);
    bell_close(share->packed);
    mutex_close(share->mutex);
    text_clear(&share->path);
    text_clear(&share->made);
    text_clear(&share->group);
    free(share);
}
