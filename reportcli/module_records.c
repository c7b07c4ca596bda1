/* SPDX-License-Identifier: MIT */

#include "reportcli/module_records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reportcli/image_record.h"
#include "base/pattern.h"

static const struct column module_columns[] = {
    {.name = "pid", .type = COLUMN_INTEGER, .heading = "PID", .help = "Process id"},
    {.name = "process",
     .type = COLUMN_TEXT,
     .heading = "Process",
     .help = "Name of the program: the file name of its image; on Linux what it calls itself, "
             "whole where that was cut off and the path is known",
     .rank = 1},
    {.name = "base",
     .type = COLUMN_TEXT,
     .heading = "Base",
     .help = "Address of its lowest mapping, in hexadecimal",
     .rank = 6},
    {.name = "size",
     .type = COLUMN_SIZE,
     .unit = "bytes",
     .heading = "Size",
     .help = "From there to the end of its highest mapping",
     .rank = 7},
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
    {.name = "first_seen_at",
     .type = COLUMN_TIME,
     .heading = "First seen",
     .help = "The first look that found it in the process; only with --at",
     .rank = 8},
    {.name = "gone_at",
     .type = COLUMN_TIME,
     .heading = "Gone",
     .help = "The first look without it, also where that is later than --at; absent where it was "
             "not seen to go before its process",
     .rank = 8},
};

static const struct column process_columns[] = {
    {.name = "own_list",
     .type = COLUMN_BOOLEAN,
     .heading = "Own list",
     .help = "Whether the process's own list of modules could be read: otherwise nothing is known "
             "to be hidden or renamed",
     .rank = -1},
    {.name = "process_started_at",
     .type = COLUMN_TIME,
     .heading = "Process started",
     .help = "When the process started",
     .rank = -1},
};

enum {
    MOMENT,
    PID,
    PROCESS,
    BASE,
    SIZE,
    FLAGS,
    PATH,
    FIRST_SEEN_AT,
    GONE_AT,
    IMAGE, /* the first of the image's columns */
    OWN_LIST = IMAGE + IMAGE_RECORD_FIELDS,
    PROCESS_STARTED_AT,
    AT,
    MODULE_COLUMNS,
};

/* What it is and whom it is by are what one looks for here: all of it, where there is room. */
static const int image_ranks[IMAGE_RECORD_FIELDS] = {
    [IMAGE_RECORD_STATUS] = 12,    [IMAGE_RECORD_SHA256] = 9,    [IMAGE_RECORD_VERSION] = 4,
    [IMAGE_RECORD_COMPANY] = 5,    [IMAGE_RECORD_BUILD_ID] = 10, [IMAGE_RECORD_VERDICT] = 2,
    [IMAGE_RECORD_SIGNATURE] = 11, [IMAGE_RECORD_SIGNER] = 3,    [IMAGE_RECORD_CHECKED_AT] = -1,
};

const struct column_table module_records_table = {
    .name = "module",
    .title = "a file that a process has mapped as code",
    .groups = {{state_moment_column, 1},
               {module_columns, IMAGE - PID},
               {image_columns, IMAGE_RECORD_FIELDS},
               {process_columns, AT - OWN_LIST},
               {state_at_column, 1}},
    .ranks = {[2] = image_ranks},
};

static const int alone_ranks[IMAGE - PID] = {
    [0] = -1,          [PROCESS - PID] = -1, [BASE - PID] = 1,          [SIZE - PID] = 7,
    [FLAGS - PID] = 1, [PATH - PID] = 0,     [FIRST_SEEN_AT - PID] = 8, [GONE_AT - PID] = 8,
};

const struct column_table module_alone_table = {
    .name = "module",
    .title = "a file that a process has mapped as code",
    .groups = {{state_moment_column, 1},
               {module_columns, IMAGE - PID},
               {image_columns, IMAGE_RECORD_FIELDS},
               {process_columns, AT - OWN_LIST},
               {state_at_column, 1}},
    .ranks = {[1] = alone_ranks, [2] = image_ranks},
};

/* By facts of the file. */
static bool is_suspect(const struct image_facts *facts)
{
    static const bool verdicts[IMAGE_VERDICT_COUNT] = {
        [IMAGE_UNSIGNED] = true,
        [IMAGE_UNKNOWN_ROOT] = true,
        [IMAGE_TAMPERED] = true,
        [IMAGE_DISTRUSTED] = true,
    };

    if (facts->status != IMAGE_READ) {
        return facts->status == IMAGE_CHANGED || facts->status == IMAGE_GONE;
    }
    return facts->verdict < IMAGE_VERDICT_COUNT && verdicts[facts->verdict];
}

bool module_is_flagged(const struct module *module)
{
    const struct image_facts *facts = image_facts(module->image);

    return module->flags != 0 || module->image->deleted || (facts != NULL && is_suspect(facts));
}

static bool has_hash(const struct image *image, const uint8_t *sha256)
{
    const struct image_facts *facts = image_facts(image);

    return facts != NULL && facts->status == IMAGE_READ &&
           memcmp(facts->sha256, sha256, IMAGE_HASH_SIZE) == 0;
}

static bool is_chosen(const struct module_choice *choice, const struct module *module)
{
    return (choice->path == NULL || pattern_matches(choice->path, module->image->path)) &&
           (choice->sha256 == NULL || has_hash(module->image, choice->sha256)) &&
           (!choice->flagged || module_is_flagged(module));
}

/* What print_module() needs beside the module. */
struct printing {
    struct render *render;
    int64_t at;
    struct image_record image;
    struct text flags;
    char base[sizeof("0x") + 16];
    size_t moment;
    enum { ALL, FLAGGED, OTHERS } which;
};

/* The names of enum module_flag's bits, in the order of the bits. */
struct value module_flags_value(struct text *text, const struct module *module)
{
    static const char *const names[] = {"hidden", "renamed", "deleted"};
    unsigned flags = module->flags | (module->image->deleted ? MODULE_DELETED : 0U);

    text_reset(text);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((flags & (1U << i)) != 0) {
            text_addf(text, "%s%s", text->size > 0 ? ", " : "", names[i]);
        }
    }
    return value_text(text->size > 0 ? text_bytes(text) : NULL);
}

static bool print_module(struct printing *printing, const struct process_instance *instance,
                         const struct module *module, struct failure *why)
{
    struct value values[MODULE_COLUMNS];

    snprintf(printing->base, sizeof(printing->base), "0x%" PRIx64, module->base);
    values[MOMENT] = value_number((int64_t)printing->moment);
    values[PID] = value_number(instance->pid);
    values[PROCESS] = value_text(process_instance_shown_name(instance));
    values[BASE] = value_text(printing->base);
    values[SIZE] = value_number((int64_t)module->size);
    values[FLAGS] = module_flags_value(&printing->flags, module);
    values[PATH] = value_text(module->image->path);
    values[FIRST_SEEN_AT] = value_known(module->first_seen_at);
    values[GONE_AT] = value_known(module->gone_at);
    image_record_fill(&printing->image, module->image, values + IMAGE);
    values[OWN_LIST] = value_truth(instance->modules->has_own_list);
    values[PROCESS_STARTED_AT] = value_known(instance->started_at);
    values[AT] = value_number(printing->at);
    return text_ok(&printing->flags, why) && render_record(printing->render, values, why);
}

static bool print_process(struct printing *printing, const struct process_instance *instance,
                          const struct module_choice *choice, struct failure *why)
{
    const struct module_list *list = instance->modules;
    bool done = true;

    for (size_t i = 0; done && list != NULL && i < list->count; i++) {
        const struct module *module = &list->modules[i];

        if (is_chosen(choice, module) &&
            (printing->which == ALL || (printing->which == FLAGGED) == module_is_flagged(module))) {
            done = print_module(printing, instance, module, why);
        }
    }
    return done;
}

/* The kernel has no modules of a process: there is nothing to miss. */
void module_sum_count(struct module_sum *sum, const struct process_instance *instance)
{
    unsigned access = instance->modules == NULL ? MODULES_NOT_READ : instance->modules->access;

    if (instance->access == PROCESS_KERNEL) {
        return;
    }
    if (instance->modules == NULL && instance->access == PROCESS_DENIED) {
        access = MODULES_DENIED;
    }
    sum->processes++;
    if (access != MODULES_READ) {
        sum->failed[access < MODULES_ACCESS_COUNT ? access : MODULES_NOT_READ]++;
    }
}

static bool print_state(struct printing *printing, struct snapshot *snapshot,
                        const struct module_choice *choice, struct module_sum *sum,
                        struct failure *why)
{
    struct process_list list = {0};
    bool done = process_list_make(&list, snapshot, &choice->processes, why);

    printing->at = snapshot->taken_at;
    printing->which = FLAGGED; /* what deserves a look comes first */
    for (size_t i = 0; done && i < list.count; i++) {
        module_sum_count(sum, list.items[i].instance);
        done = print_process(printing, list.items[i].instance, choice, why);
    }
    printing->which = OTHERS;
    for (size_t i = 0; done && i < list.count; i++) {
        done = print_process(printing, list.items[i].instance, choice, why);
    }
    process_list_clear(&list);
    return done;
}

bool module_records_print(struct states *states, const struct module_choice *choice,
                          struct render *render, struct module_sum *sum, struct failure *why)
{
    struct printing printing = {.render = render};
    bool done = true;

    for (size_t i = 0; done && i < states->count; i++) {
        printing.moment = i + 1;
        done = states_load(states, i, why) &&
               print_state(&printing, &states->snapshot, choice, sum, why);
    }
    text_clear(&printing.flags);
    return done;
}

bool module_records_print_process(const struct process_instance *instance, int64_t at,
                                  struct render *render, struct module_sum *sum,
                                  struct failure *why)
{
    static const struct module_choice all = {.path = NULL};
    struct printing printing = {.render = render, .at = at, .moment = 1};
    bool done;

    module_sum_count(sum, instance);
    done = print_process(&printing, instance, &all, why);
    text_clear(&printing.flags);
    return done;
}

size_t module_sum_failed(const struct module_sum *sum)
{
    size_t failed = 0;

    for (size_t i = 0; i < MODULES_ACCESS_COUNT; i++) {
        failed += sum->failed[i];
    }
    return failed;
}

void module_sum_note(const struct command_context *context, const struct module_sum *sum)
{
    struct text words = {0};

    for (int i = 0; i < MODULES_ACCESS_COUNT; i++) {
        if (sum->failed[i] > 0) {
            text_addf(&words, "%s%s (%zu)", words.size > 0 ? ", " : "", module_access_name(i),
                      sum->failed[i]);
        }
    }
    if (words.size > 0) {
        command_note(context, "modules", "modules of %zu of %zu processes could not be read: %s",
                     module_sum_failed(sum), sum->processes, text_bytes(&words));
    }
    text_clear(&words);
}
