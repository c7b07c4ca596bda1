/* SPDX-License-Identifier: MIT */

#include "reportcli/process_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "reportcli/instance_record.h"

static const struct column process_columns[] = {
    {.name = "pid", .type = COLUMN_INTEGER, .heading = "PID", .help = "Process id"},
    {.name = "name",
     .type = COLUMN_TEXT,
     .heading = "Process",
     .help = "Name of the program: the file name of its image; on Linux what it calls itself, "
             "whole where that was cut off and the path is known"},
    {.name = "sockets",
     .type = COLUMN_INTEGER,
     .heading = "Sockets",
     .help = "How many sockets it owns",
     .rank = 1},
    {.name = "services",
     .type = COLUMN_TEXT,
     .heading = "Services",
     .help = "Services behind its sockets, as in the records of those",
     .rank = 3},
    {.name = "started_at",
     .type = COLUMN_TIME,
     .heading = "Started",
     .help = "When it started",
     .rank = 5},
    {.name = "running",
     .type = COLUMN_BOOLEAN,
     .heading = "Running",
     .help = "false: it has ended, but sockets of it are still there",
     .rank = -1},
    {.name = "parent_pid",
     .type = COLUMN_INTEGER,
     .heading = "Parent PID",
     .help = "Process id of its parent; absent where not known",
     .rank = 6},
    {.name = "access",
     .type = COLUMN_TEXT,
     .heading = "Access",
     .help = "How far it could be looked into",
     .rank = -1},
    {.name = "module_access",
     .type = COLUMN_TEXT,
     .heading = "Modules are",
     .help = "read, or why its modules are not known; absent where nobody looked",
     .rank = -1},
    {.name = "module_count",
     .type = COLUMN_INTEGER,
     .heading = "Modules",
     .help = "How many files it has mapped as code; absent where not known",
     .rank = -1},
    {.name = "path",
     .type = COLUMN_TEXT,
     .heading = "Path",
     .help = "Full path of the image that it runs; absent where not known",
     .rank = 8},
    {.name = "first_seen_at",
     .type = COLUMN_TIME,
     .heading = "First seen",
     .help = "The first sample that saw it; only with --at",
     .rank = 10},
    {.name = "gone_at",
     .type = COLUMN_TIME,
     .heading = "Gone",
     .help = "The first sample without it, also where that is later than --at; absent where it was "
             "not seen to end",
     .rank = 10},
};

enum {
    MOMENT,
    PID,
    NAME,
    SOCKETS,
    SERVICES,
    STARTED_AT,
    RUNNING,
    PARENT_PID,
    ACCESS,
    MODULE_ACCESS,
    MODULE_COUNT,
    PATH,
    FIRST_SEEN_AT,
    GONE_AT,
    INSTANCE, /* the first of the instance's columns */
    AT = INSTANCE + INSTANCE_RECORD_FIELDS,
    PROCESS_COLUMNS,
};

_Static_assert((int)PROCESS_COLUMNS <= (int)COLUMNS_MAX, "a record fits on the stack");

/* Whose it is and how it was called is what one looks for here. */
static const int instance_ranks[INSTANCE_RECORD_OWN] = {
    [INSTANCE_RECORD_PARENT_PROCESS] = 6, [INSTANCE_RECORD_USER] = 2,
    [INSTANCE_RECORD_USER_ID] = -1,       [INSTANCE_RECORD_INTEGRITY] = 7,
    [INSTANCE_RECORD_SESSION] = -1,       [INSTANCE_RECORD_DENIED] = 7,
    [INSTANCE_RECORD_LEFT_OUT] = -1,      [INSTANCE_RECORD_COMMAND_LINE] = 9,
};

const struct column_table process_list_table = {
    .name = "process",
    .title = "one run of a program",
    .groups = {{state_moment_column, 1},
               {process_columns, INSTANCE - PID},
               {instance_columns, INSTANCE_RECORD_OWN},
               {image_columns, IMAGE_RECORD_FIELDS},
               {state_at_column, 1}},
    .ranks = {[2] = instance_ranks},
};

/* The block around it has the pid, the name and the sockets; it is looked for what there is. */
static const int alone_ranks[INSTANCE - PID] = {
    [0] = -1,
    [NAME - PID] = -1,
    [SOCKETS - PID] = -1,
    [SERVICES - PID] = 1,
    [STARTED_AT - PID] = 1,
    [RUNNING - PID] = -1,
    [PARENT_PID - PID] = 1,
    [ACCESS - PID] = -1,
    [MODULE_ACCESS - PID] = 1,
    [MODULE_COUNT - PID] = -1,
    [PATH - PID] = 1,
    [FIRST_SEEN_AT - PID] = 1,
    [GONE_AT - PID] = 1,
};

const struct column_table process_alone_table = {
    .name = "process",
    .title = "one run of a program",
    .single = true,
    .groups = {{state_moment_column, 1},
               {process_columns, INSTANCE - PID},
               {instance_columns, INSTANCE_RECORD_OWN},
               {image_columns, IMAGE_RECORD_FIELDS},
               {state_at_column, 1}},
    .ranks = {[1] = alone_ranks, [2] = instance_ranks},
};

struct process_choice process_choice_read(const struct options *options)
{
    return (struct process_choice){
        .has_pid = options_given(options, "pid"),
        .pid = (uint32_t)options_number(options, "pid", 0),
        .name = options_text(options, "process"),
    };
}

bool process_choice_is_named(const struct process_choice *choice)
{
    return choice->has_pid || choice->name != NULL;
}

static int compare_by_owner(const void *left, const void *right)
{
    const struct socket_row *a = left;
    const struct socket_row *b = right;

    if (a->owner != b->owner) {
        return a->owner < b->owner ? -1 : 1;
    }
    if (a->service != b->service) {
        return a->service < b->service ? -1 : 1;
    }
    return socket_row_compare(left, right);
}

static int compare_by_pid(const void *left, const void *right)
{
    const struct process_instance *a = ((const struct process_list_item *)left)->instance;
    const struct process_instance *b = ((const struct process_list_item *)right)->instance;

    if (a->pid != b->pid) {
        return a->pid < b->pid ? -1 : 1;
    }
    return (a->start > b->start) - (a->start < b->start);
}

/* By its id, or its name with or without the domain. */
static bool is_user(const struct account *account, const char *user)
{
    const char *name = account_name(account);
    const char *bare = name == NULL ? NULL : strrchr(name, '\\');

    return account != NULL &&
           (text_equal_fold(account->id, user) || (name != NULL && text_equal_fold(name, user)) ||
            (bare != NULL && text_equal_fold(bare + 1, user)));
}

static bool is_image(const struct image *image, const uint8_t *sha256)
{
    const struct image_facts *facts = image_facts(image);

    return facts != NULL && facts->status == IMAGE_READ &&
           memcmp(facts->sha256, sha256, IMAGE_HASH_SIZE) == 0;
}

bool process_choice_has(const struct process_choice *choice,
                        const struct process_instance *instance)
{
    return (!choice->has_pid || instance->pid == choice->pid) &&
           (choice->name == NULL || process_instance_is_called(instance, choice->name)) &&
           (choice->path == NULL ||
            (instance->path != NULL && pattern_matches(choice->path, instance->path))) &&
           (choice->user == NULL || is_user(instance->user, choice->user)) &&
           (choice->sha256 == NULL || is_image(instance->image, choice->sha256));
}

static bool is_chosen(const struct process_choice *choice, const struct process_list_item *item)
{
    return process_choice_has(choice, item->instance) && (!choice->owners || item->sockets > 0);
}

static bool make_room(struct process_list *list, size_t count, struct failure *why)
{
    struct process_list_item *items;

    if (count <= list->capacity) {
        return true;
    }
    items = realloc(list->items, count * sizeof(*items));
    if (items == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", count);
    }
    list->items = items;
    list->capacity = count;
    return true;
}

/* The rows are ordered by owner, so that each process takes those that come next. */
static void choose(struct process_list *list, const struct snapshot *snapshot,
                   const struct process_choice *choice)
{
    size_t row = 0;

    list->count = 0;
    for (size_t i = 0; i < snapshot->process_count; i++) {
        struct process_list_item *item = &list->items[list->count];

        *item = (struct process_list_item){
            .instance = snapshot->processes[i],
            .running = i < snapshot_running_count(snapshot),
            .seen = snapshot_when_seen(snapshot, i),
            .first = row,
        };
        while (row < snapshot->socket_count && snapshot->sockets[row].owner == i) {
            row++;
        }
        item->sockets = row - item->first;
        list->count += is_chosen(choice, item) ? 1 : 0;
    }
}

bool process_list_make(struct process_list *list, struct snapshot *snapshot,
                       const struct process_choice *choice, struct failure *why)
{
    if (!make_room(list, snapshot->process_count, why)) {
        return false;
    }
    if (snapshot->socket_count > 1) {
        qsort(snapshot->sockets, snapshot->socket_count, sizeof(snapshot->sockets[0]),
              compare_by_owner);
    }
    choose(list, snapshot, choice);
    if (list->count > 1) {
        qsort(list->items, list->count, sizeof(list->items[0]), compare_by_pid);
    }
    return true;
}

void process_list_clear(struct process_list *list)
{
    free(list->items);
    *list = (struct process_list){0};
}

/* Whether a row before this one of the same process has a service of the same name. */
static bool is_named_before(const struct snapshot *snapshot, const struct process_list_item *item,
                            size_t row)
{
    const char *name = snapshot_service_name(snapshot, &snapshot->sockets[row], NULL);

    for (size_t i = item->first; i < row; i++) {
        const char *other = snapshot_service_name(snapshot, &snapshot->sockets[i], NULL);

        if (other != NULL && strcmp(other, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Equal services are neighbours: most rows are done with after one comparison. */
static void add_services(struct text *text, const struct snapshot *snapshot,
                         const struct process_list_item *item)
{
    uint32_t last = SOCKET_NO_SERVICE;

    text_reset(text);
    for (size_t i = item->first; i < item->first + item->sockets; i++) {
        uint32_t service = snapshot->sockets[i].service;

        if (service != last && !is_named_before(snapshot, item, i)) {
            text_addf(text, "%s%s", text->size > 0 ? ", " : "",
                      snapshot_service_name(snapshot, &snapshot->sockets[i], NULL));
        }
        last = service;
    }
}

static void fill_modules(const struct module_list *list, struct value *values)
{
    values[MODULE_ACCESS] = (struct value){0};
    values[MODULE_COUNT] = (struct value){0};
    if (list != NULL) {
        values[MODULE_ACCESS] = value_text(module_access_name(list->access));
        if (list->access == MODULES_READ) {
            values[MODULE_COUNT] = value_number((int64_t)list->count);
        }
    }
}

static void fill_seen(const struct snapshot_seen *seen, struct value *values)
{
    values[FIRST_SEEN_AT] = value_known(seen != NULL ? seen->first_at : 0);
    values[GONE_AT] = value_known(seen != NULL ? seen->gone_at : 0);
}

bool process_record_fill(struct process_record *record, const struct snapshot *snapshot,
                         const struct process_index *index, const struct process_list_item *item,
                         struct value *values, struct failure *why)
{
    const struct process_instance *instance = item->instance;
    const char *parent = process_index_parent_name(index, instance);

    add_services(&record->services, snapshot, item);
    values[MOMENT] = (struct value){0};
    values[PID] = value_number(instance->pid);
    values[NAME] = value_text(process_instance_shown_name(instance));
    values[SOCKETS] = value_number((int64_t)item->sockets);
    values[SERVICES] = value_text(record->services.size > 0 ? text_bytes(&record->services) : NULL);
    values[STARTED_AT] = value_known(instance->started_at);
    values[RUNNING] = value_truth(item->running);
    values[PARENT_PID] = value_known((int64_t)instance->parent_pid);
    values[ACCESS] = value_text(process_access_name(instance->access));
    values[PATH] = value_text(instance->path);
    values[AT] = value_number(snapshot->taken_at);
    fill_seen(item->seen, values);
    fill_modules(instance->modules, values);
    return text_ok(&record->services, why) &&
           instance_record_fill(&record->instance, instance, parent, values + INSTANCE, why);
}

void process_record_clear(struct process_record *record)
{
    instance_record_clear(&record->instance);
    text_clear(&record->services);
}

/* What print_state() needs beside the choice. */
struct printing {
    struct states *states;
    struct render *render;
    struct process_record record;
    size_t moment;
};

static bool print_item(struct printing *printing, const struct process_list_item *item,
                       struct failure *why)
{
    struct states *states = printing->states;
    struct value values[COLUMNS_MAX];

    if (!process_record_fill(&printing->record, &states->snapshot, &states->index, item, values,
                             why)) {
        return false;
    }
    values[MOMENT] = value_number((int64_t)printing->moment);
    return render_record(printing->render, values, why);
}

static bool print_state(struct printing *printing, const struct process_choice *choice,
                        struct failure *why)
{
    struct process_list list = {0};
    bool done = process_list_make(&list, &printing->states->snapshot, choice, why);

    for (size_t i = 0; done && i < list.count; i++) {
        done = print_item(printing, &list.items[i], why);
    }
    process_list_clear(&list);
    return done;
}

bool process_list_print(struct states *states, const struct process_choice *choice,
                        struct render *render, struct failure *why)
{
    struct printing printing = {
        .states = states,
        .render = render,
        .record.instance.no_command_lines = states->context->no_command_lines,
    };
    bool done = true;

    for (size_t i = 0; done && i < states->count; i++) {
        printing.moment = i + 1;
        done = states_load(states, i, why) && print_state(&printing, choice, why);
    }
    process_record_clear(&printing.record);
    return done;
}

bool process_list_note(struct states *states, const struct process_choice *choice,
                       struct failure *why)
{
    struct process_list list = {0};
    size_t denied = 0;
    bool done = process_list_make(&list, &states->snapshot, choice, why);

    for (size_t i = 0; done && i < list.count; i++) {
        const struct process_instance *instance = list.items[i].instance;

        denied += instance->access == PROCESS_DENIED || instance->denied != 0 ? 1 : 0;
    }
    if (denied > 0) {
        command_note(states->context, "denied",
                     "%zu of %zu processes can be seen only in part by this user; run the command "
                     "elevated, as an administrator or root, to see all",
                     denied, list.count);
    }
    process_list_clear(&list);
    return done;
}
