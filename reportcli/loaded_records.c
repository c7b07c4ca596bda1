/* SPDX-License-Identifier: MIT */

#include "reportcli/loaded_records.h"

#include <inttypes.h>
#include <stdio.h>

#include "reportcli/image_record.h"
#include "store/ledger_tree.h"

static const struct column loaded_columns[] = {
    {.name = "first_seen_at",
     .type = COLUMN_TIME,
     .heading = "Loaded",
     .help = "The first look that found it in the process"},
    {.name = "gone_at",
     .type = COLUMN_TIME,
     .heading = "Gone",
     .help =
         "The first look without it, or the end of its process, or where watching ended; absent "
         "while it is there",
     .rank = 5},
    {.name = "pid", .type = COLUMN_INTEGER, .heading = "PID", .help = "Process id"},
    {.name = "process",
     .type = COLUMN_TEXT,
     .heading = "Process",
     .help = "Name of the program: the file name of its image; on Linux what it calls itself, "
             "whole where that was cut off and the path is known",
     .rank = 1},
    {.name = "flags",
     .type = COLUMN_TEXT,
     .heading = "Flags",
     .help = "hidden: not in the process's own list; renamed: named otherwise there; deleted: the "
             "file had no name any more; absent where none holds",
     .rank = 1},
    {.name = "path",
     .type = COLUMN_TEXT,
     .heading = "Path",
     .help = "Full path of the file, as the kernel names it"},
    {.name = "flagged",
     .type = COLUMN_BOOLEAN,
     .heading = "Flagged",
     .help = "It deserves a look: what --flagged shows",
     .rank = -1},
    {.name = "base",
     .type = COLUMN_TEXT,
     .heading = "Base",
     .help = "Address of its lowest mapping, in hexadecimal",
     .rank = -1},
    {.name = "size",
     .type = COLUMN_SIZE,
     .unit = "bytes",
     .heading = "Size",
     .help = "From there to the end of its highest mapping",
     .rank = -1},
    {.name = "instance",
     .type = COLUMN_INTEGER,
     .heading = "Instance",
     .help = "Number of the process in the ledger, which history --instance asks for",
     .rank = -1},
    {.name = "process_started_at",
     .type = COLUMN_TIME,
     .heading = "Process started",
     .help = "When the process started",
     .rank = -1},
    {.name = "process_path",
     .type = COLUMN_TEXT,
     .heading = "Process's path",
     .help = "Full path of what the process runs; absent where not known",
     .rank = -1},
    {.name = "user",
     .type = COLUMN_TEXT,
     .heading = "User",
     .help = "Account that the process runs as; its id where the name is not known; absent where "
             "neither is",
     .rank = 6},
};

enum {
    FIRST_SEEN_AT,
    GONE_AT,
    PID,
    PROCESS,
    FLAGS,
    PATH,
    FLAGGED,
    BASE,
    SIZE,
    INSTANCE,
    PROCESS_STARTED_AT,
    PROCESS_PATH,
    USER,
    IMAGE, /* the first of the image's columns */
    LOADED_COLUMNS = IMAGE + IMAGE_RECORD_FIELDS,
};

static const int image_ranks[IMAGE_RECORD_FIELDS] = {
    [IMAGE_RECORD_STATUS] = 12,    [IMAGE_RECORD_SHA256] = 9,    [IMAGE_RECORD_VERSION] = 7,
    [IMAGE_RECORD_COMPANY] = 8,    [IMAGE_RECORD_BUILD_ID] = 10, [IMAGE_RECORD_VERDICT] = 2,
    [IMAGE_RECORD_SIGNATURE] = 11, [IMAGE_RECORD_SIGNER] = 3,    [IMAGE_RECORD_CHECKED_AT] = -1,
};

const struct column_table loaded_records_table = {
    .name = "loaded",
    .title = "a file that a process had mapped as code, from when to when",
    .groups = {{loaded_columns, IMAGE}, {image_columns, IMAGE_RECORD_FIELDS}},
    .ranks = {[1] = image_ranks},
};

struct printing {
    struct ledger *ledger;
    const struct module_choice *choice;
    const struct ledger_module_question *question;
    struct render *render;
    struct module_sum *sum;
    struct image_record image;
    struct text flags;
    char base[sizeof("0x") + 16];
    bool flagged; /* those are printed, or the others */
    struct failure *why;
    bool failed;
};

/* It ends with its process at the latest. */
static struct value end_of(const struct module *module, const struct ledger_process_run *run)
{
    if (module->gone_at != 0) {
        return value_number(module->gone_at);
    }
    return run->ending == LEDGER_OPEN ? (struct value){0} : value_known(run->ended_at);
}

static struct value user_of(const struct process_instance *instance)
{
    const char *name = account_name(instance->user);

    return instance->user == NULL ? (struct value){0}
                                  : value_text(name != NULL ? name : instance->user->id);
}

static bool print_module(struct printing *printing, const struct ledger_process_run *run,
                         const struct module *module)
{
    const struct process_instance *instance = run->instance;
    struct value values[LOADED_COLUMNS];

    snprintf(printing->base, sizeof(printing->base), "0x%" PRIx64, module->base);
    values[FIRST_SEEN_AT] = value_known(module->first_seen_at);
    values[GONE_AT] = end_of(module, run);
    values[PID] = value_number(instance->pid);
    values[PROCESS] = value_text(process_instance_shown_name(instance));
    values[FLAGS] = module_flags_value(&printing->flags, module);
    values[PATH] = value_text(module->image->path);
    values[FLAGGED] = value_truth(module_is_flagged(module));
    values[BASE] = value_text(printing->base);
    values[SIZE] = value_number((int64_t)module->size);
    values[INSTANCE] = value_number(run->id);
    values[PROCESS_STARTED_AT] = value_known(instance->started_at);
    values[PROCESS_PATH] = value_text(instance->path);
    values[USER] = user_of(instance);
    image_record_fill(&printing->image, module->image, values + IMAGE);
    return text_ok(&printing->flags, printing->why) &&
           render_record(printing->render, values, printing->why);
}

static bool print_modules(struct printing *printing, const struct ledger_process_run *run,
                          const struct process_instance *instance)
{
    const struct module_list *list = instance->modules;

    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (module_is_flagged(&list->modules[i]) == printing->flagged &&
            !print_module(printing, run, &list->modules[i])) {
            return false;
        }
    }
    return true;
}

static bool take_run(void *context, const struct ledger_process_run *run)
{
    struct printing *printing = context;
    const struct process_instance *instance;
    struct failure gone;

    if (!process_choice_has(&printing->choice->processes, run->instance)) {
        return true;
    }
    if (!ledger_read_modules(printing->ledger, run->id, printing->question, &instance, &gone)) {
        printing->failed = gone.kind != FAILURE_MISSING; /* retention has just dropped it */
        if (printing->failed) {
            *printing->why = gone;
        }
        return !printing->failed;
    }
    if (printing->flagged && instance->modules != NULL) { /* of others nobody wanted to know */
        module_sum_count(printing->sum, instance);
    }
    printing->failed = !print_modules(printing, run, instance);
    process_instance_release(instance);
    return !printing->failed;
}

/* Two walks: all that deserve a look would have to be held for one, and there may be millions. */
bool loaded_records_print(struct ledger *ledger, const struct module_choice *choice, int64_t since,
                          int64_t until, struct render *render, struct module_sum *sum,
                          struct failure *why)
{
    const struct ledger_module_question question = {
        .since = since, .until = until, .path = choice->path, .sha256 = choice->sha256};
    struct printing printing = {.ledger = ledger,
                                .choice = choice,
                                .question = &question,
                                .render = render,
                                .sum = sum,
                                .flagged = true,
                                .why = why};
    bool done =
        ledger_walk_processes(ledger, since, until, take_run, &printing, why) && !printing.failed;

    if (done && !choice->flagged) {
        printing.flagged = false;
        done = ledger_walk_processes(ledger, since, until, take_run, &printing, why) &&
               !printing.failed;
    }
    text_clear(&printing.flags);
    return done;
}
