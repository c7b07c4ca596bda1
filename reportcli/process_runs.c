/* SPDX-License-Identifier: MIT */

#include "reportcli/process_runs.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_index.h"
#include "reportcli/instance_record.h"
#include "store/ledger_tree.h"

#define NOBODY UINT32_MAX

enum { INDENT_MOST = 24 }; /* generations; a ledger from elsewhere may say anything */

static const struct column run_columns[] = {
    {.name = "tree",
     .type = COLUMN_TEXT,
     .heading = "Process",
     .help = "Name of the program; with --tree behind two blanks for each generation above it"},
    {.name = "pid", .type = COLUMN_INTEGER, .heading = "PID", .help = "Process id"},
    {.name = "first_seen_at",
     .type = COLUMN_TIME,
     .heading = "First seen",
     .help = "The first sample that saw it; absent where the system was asked",
     .rank = 2},
    {.name = "gone_at",
     .type = COLUMN_TIME,
     .heading = "Gone",
     .help = "The first sample without it, or where watching ended; absent while it runs",
     .rank = 3},
    {.name = "ending",
     .type = COLUMN_TEXT,
     .heading = "Ending",
     .help = "closed: it was seen to end; cut: watching ended before it did; open: it runs in the "
             "newest sample",
     .rank = 7},
    {.name = "started_at",
     .type = COLUMN_TIME,
     .heading = "Started",
     .help = "When it started, by the system",
     .rank = 6},
    {.name = "path",
     .type = COLUMN_TEXT,
     .heading = "Path",
     .help = "Full path of the image that it runs; absent where not known",
     .rank = 8},
    {.name = "name",
     .type = COLUMN_TEXT,
     .heading = "Name",
     .help = "Name of the program, without what --tree puts in front",
     .rank = -1},
    {.name = "depth",
     .type = COLUMN_INTEGER,
     .heading = "Depth",
     .help = "With --tree: how many of those that led to it are above it",
     .rank = -1},
    {.name = "chosen",
     .type = COLUMN_BOOLEAN,
     .heading = "Chosen",
     .help = "false: with --tree, it is not what was asked for, but above or below it",
     .rank = -1},
    {.name = "parent_pid",
     .type = COLUMN_INTEGER,
     .heading = "Parent PID",
     .help = "Process id of its parent; absent where not known",
     .rank = 5},
    {.name = "instance",
     .type = COLUMN_INTEGER,
     .heading = "Instance",
     .help = "Its number in the ledger, which history --instance asks for",
     .rank = -1},
    {.name = "parent_instance",
     .type = COLUMN_INTEGER,
     .heading = "Parent's instance",
     .help = "That of the run that started it; absent where not known",
     .rank = -1},
    {.name = "access",
     .type = COLUMN_TEXT,
     .heading = "Access",
     .help = "How far it could be looked into",
     .rank = -1},
};

enum {
    MOMENT,
    TREE,
    PID,
    FIRST_SEEN_AT,
    GONE_AT,
    ENDING,
    STARTED_AT,
    PATH,
    NAME,
    DEPTH,
    CHOSEN,
    PARENT_PID,
    INSTANCE_NUMBER,
    PARENT_INSTANCE,
    ACCESS,
    INSTANCE, /* the first of the instance's columns */
    AT = INSTANCE + INSTANCE_RECORD_FIELDS,
    RUN_COLUMNS,
};

_Static_assert((int)RUN_COLUMNS <= (int)COLUMNS_MAX, "a record fits on the stack");

static const int instance_ranks[INSTANCE_RECORD_OWN] = {
    [INSTANCE_RECORD_PARENT_PROCESS] = -1, [INSTANCE_RECORD_USER] = 1,
    [INSTANCE_RECORD_USER_ID] = -1,        [INSTANCE_RECORD_INTEGRITY] = 9,
    [INSTANCE_RECORD_SESSION] = -1,        [INSTANCE_RECORD_DENIED] = 9,
    [INSTANCE_RECORD_LEFT_OUT] = -1,       [INSTANCE_RECORD_COMMAND_LINE] = 9,
};

const struct column_table process_runs_table = {
    .name = "run",
    .title = "one run of a program, from when to when",
    .groups = {{state_moment_column, 1},
               {run_columns, INSTANCE - TREE},
               {instance_columns, INSTANCE_RECORD_OWN},
               {image_columns, IMAGE_RECORD_FIELDS},
               {state_at_column, 1}},
    .ranks = {[2] = instance_ranks},
};

/* A run of a program, wherever it is from. */
struct node {
    const struct process_instance *instance; /* a reference */
    int64_t id;
    int64_t parent_id; /* 0: not known */
    int64_t first_seen_at;
    int64_t ended_at;
    int ending; /* enum ledger_ending; -1: not known */
    uint32_t parent;
    uint32_t first_child;
    uint32_t last_child;
    uint32_t next; /* of the same parent */
    bool chosen;
    bool shown;
    bool printed;
};

/* What print_node() needs besides. */
struct printing {
    struct render *render;
    struct instance_record record;
    struct text tree;
    size_t moment; /* 0: there is none */
    int64_t at;
};

static void fill_node(const struct node *node, struct value *values)
{
    static const char *const endings[] = {
        [LEDGER_OPEN] = "open", [LEDGER_CLOSED] = "closed", [LEDGER_CUT] = "cut"};
    const struct process_instance *instance = node->instance;

    values[PID] = value_number(instance->pid);
    values[NAME] = value_text(process_instance_shown_name(instance));
    values[FIRST_SEEN_AT] = value_known(node->first_seen_at);
    if (node->ending >= 0) {
        values[ENDING] = value_text(endings[node->ending]);
        values[INSTANCE_NUMBER] = value_known(node->id);
        values[PARENT_INSTANCE] = value_known(node->parent_id);
    }
    if (node->ending != LEDGER_OPEN) {
        values[GONE_AT] = value_known(node->ended_at);
    }
    values[STARTED_AT] = value_known(instance->started_at);
    values[PATH] = value_text(instance->path);
    values[CHOSEN] = value_truth(node->chosen);
    values[PARENT_PID] = value_known((int64_t)instance->parent_pid);
    values[ACCESS] = value_text(process_access_name(instance->access));
}

/* A depth below 0: there is no tree. */
static bool print_node(struct printing *printing, const struct node *node, int depth,
                       const char *parent, struct failure *why)
{
    struct value values[RUN_COLUMNS] = {{0}};

    text_reset(&printing->tree);
    text_add_repeated(&printing->tree, ' ',
                      2 * (size_t)(depth < 0             ? 0
                                   : depth > INDENT_MOST ? INDENT_MOST
                                                         : depth));
    text_add(&printing->tree, process_instance_shown_name(node->instance));
    fill_node(node, values);
    values[MOMENT] = value_known((int64_t)printing->moment);
    values[TREE] = value_text(text_bytes(&printing->tree));
    values[DEPTH] = depth < 0 ? (struct value){0} : value_number(depth);
    values[AT] = value_known(printing->at);
    return text_ok(&printing->tree, why) &&
           instance_record_fill(&printing->record, node->instance, parent, values + INSTANCE,
                                why) &&
           render_record(printing->render, values, why);
}

static void clear_printing(struct printing *printing)
{
    instance_record_clear(&printing->record);
    text_clear(&printing->tree);
}

/*
 * Trees.
 */

/* Starts as {0}. */
struct forest {
    struct node *nodes;
    size_t count;
    size_t capacity;
    struct hash_index places; /* by id */
    int64_t left_out;
};

static uint64_t hash_id(int64_t id)
{
    return hash_bytes(0, &id, sizeof(id));
}

static bool add_node(struct forest *forest, const struct node *node, struct failure *why)
{
    if (forest->count == PROCESS_RUNS_MOST) {
        forest->left_out++;
        return true;
    }
    if (forest->count == forest->capacity) {
        size_t capacity = forest->capacity * 2 + 256;
        struct node *nodes = realloc(forest->nodes, capacity * sizeof(*nodes));

        if (nodes == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", capacity);
        }
        forest->nodes = nodes;
        forest->capacity = capacity;
    }
    if (!hash_index_add(&forest->places, hash_id(node->id), (uint32_t)forest->count, why)) {
        return false;
    }
    forest->nodes[forest->count] = *node;
    (void)process_instance_hold(node->instance);
    forest->nodes[forest->count].first_child = NOBODY;
    forest->nodes[forest->count].last_child = NOBODY;
    forest->nodes[forest->count].next = NOBODY;
    forest->nodes[forest->count++].parent = NOBODY;
    return true;
}

static uint32_t find_node(struct forest *forest, int64_t id)
{
    uint32_t at = id == 0 ? NOBODY : hash_index_first(&forest->places, hash_id(id));

    while (at != NOBODY && forest->nodes[at].id != id) {
        at = hash_index_next(&forest->places);
    }
    return at;
}

/* Children stand in the order in which they were added. */
static void connect_nodes(struct forest *forest)
{
    for (size_t i = 0; i < forest->count; i++) {
        struct node *node = &forest->nodes[i];
        struct node *parent;

        node->parent = find_node(forest, node->parent_id);
        if (node->parent == NOBODY || node->parent == i) {
            node->parent = NOBODY;
            continue;
        }
        parent = &forest->nodes[node->parent];
        if (parent->last_child == NOBODY) {
            parent->first_child = (uint32_t)i;
        } else {
            forest->nodes[parent->last_child].next = (uint32_t)i;
        }
        parent->last_child = (uint32_t)i;
    }
}

/* Those that led to a chosen one. A ring of parents, in a ledger from elsewhere, ends at itself. */
static void show_ancestors(struct forest *forest)
{
    for (size_t i = 0; i < forest->count; i++) {
        uint32_t at = (uint32_t)i;

        while (forest->nodes[i].chosen && at != NOBODY && !forest->nodes[at].shown) {
            forest->nodes[at].shown = true;
            at = forest->nodes[at].parent;
        }
    }
}

/* Where a walk down is. */
struct step {
    uint32_t place;
    int depth;
    bool below; /* a chosen one */
};

/* Prints what is below a root, and the root. The stack has room for all nodes. */
static bool print_tree(struct printing *printing, struct forest *forest, uint32_t root,
                       struct step *stack, struct failure *why)
{
    size_t count = 0;

    stack[count++] = (struct step){.place = root};
    while (count > 0) {
        struct step step = stack[--count];
        struct node *node = &forest->nodes[step.place];
        bool below = step.below || node->chosen;
        size_t first = count;
        const char *parent =
            node->parent == NOBODY
                ? NULL
                : process_instance_shown_name(forest->nodes[node->parent].instance);

        node->printed = true;
        if ((node->shown || below) && !print_node(printing, node, step.depth, parent, why)) {
            return false;
        }
        for (uint32_t child = node->first_child; child != NOBODY;
             child = forest->nodes[child].next) {
            if (!forest->nodes[child].printed) {
                stack[count++] = (struct step){child, step.depth + 1, below};
            }
        }
        for (size_t low = first, high = count; low + 1 < high; low++) { /* the first on top */
            struct step other = stack[low];

            stack[low] = stack[--high];
            stack[high] = other;
        }
    }
    return true;
}

static bool print_forest(struct printing *printing, struct forest *forest, struct failure *why)
{
    struct step *stack = calloc(forest->count + 1, sizeof(*stack));
    bool done = stack != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for a tree");

    connect_nodes(forest);
    show_ancestors(forest);
    for (size_t i = 0; done && i < forest->count; i++) {
        if (forest->nodes[i].parent == NOBODY) {
            done = print_tree(printing, forest, (uint32_t)i, stack, why);
        }
    }
    for (size_t i = 0; done && i < forest->count; i++) { /* rings have no root */
        if (!forest->nodes[i].printed) {
            done = print_tree(printing, forest, (uint32_t)i, stack, why);
        }
    }
    free(stack);
    return done;
}

static void clear_forest(struct forest *forest)
{
    for (size_t i = 0; i < forest->count; i++) {
        process_instance_release(forest->nodes[i].instance);
    }
    free(forest->nodes);
    hash_index_clear(&forest->places);
    *forest = (struct forest){0};
}

/*
 * Out of a ledger, over a time.
 */

struct walking {
    const struct process_runs_question *question;
    struct printing *printing;
    struct forest forest;
    struct failure *why;
    bool failed;
};

static bool take_run(void *context, const struct ledger_process_run *run)
{
    struct walking *walking = context;
    const struct process_runs_question *question = walking->question;
    const struct node node = {
        .instance = run->instance,
        .id = run->id,
        .parent_id = run->parent_id,
        .first_seen_at = run->first_seen_at,
        .ended_at = run->ended_at,
        .ending = (int)run->ending,
        .chosen = process_choice_has(&question->choice, run->instance),
    };

    if (question->tree) {
        walking->failed = !add_node(&walking->forest, &node, walking->why);
    } else if (node.chosen) {
        walking->failed = !print_node(walking->printing, &node, -1, NULL, walking->why);
    }
    return !walking->failed;
}

bool process_runs_print(const struct command_context *context, struct ledger *ledger,
                        const struct process_runs_question *question, struct render *render,
                        int64_t *left_out, struct failure *why)
{
    struct printing printing = {.render = render,
                                .record.no_command_lines = context->no_command_lines};
    struct walking walking = {.question = question, .printing = &printing, .why = why};
    bool done =
        ledger_walk_processes(ledger, question->since, question->until, take_run, &walking, why) &&
        !walking.failed && (!question->tree || print_forest(&printing, &walking.forest, why));

    *left_out = walking.forest.left_out;
    clear_forest(&walking.forest);
    clear_printing(&printing);
    return done;
}

/*
 * Of a moment.
 */

/* Numbers of their own: what a snapshot has of a process is no number. */
static int64_t number_of(const struct process_instance *instance)
{
    const uint64_t both[] = {instance->pid, instance->start};

    return (int64_t)(hash_bytes(1, both, sizeof(both)) >> 1) + 1;
}

static int64_t parent_number_of(const struct process_index *index,
                                const struct process_instance *instance)
{
    const struct process_instance *parent = process_index_parent(index, instance);

    return parent == NULL ? 0 : number_of(parent);
}

static bool gather_state(struct forest *forest, const struct states *states,
                         const struct process_choice *choice, struct failure *why)
{
    const struct snapshot *snapshot = &states->snapshot;
    bool done = true;

    for (size_t i = 0; done && i < snapshot->process_count; i++) {
        const struct process_instance *instance = snapshot->processes[i];
        const struct snapshot_seen *seen = snapshot_when_seen(snapshot, i);
        const struct node node = {
            .instance = instance,
            .id = number_of(instance),
            .parent_id = parent_number_of(&states->index, instance),
            .first_seen_at = seen != NULL ? seen->first_at : 0,
            .ended_at = seen != NULL ? seen->gone_at : 0,
            .ending = -1,
            .chosen = process_choice_has(choice, instance),
        };

        done = add_node(forest, &node, why);
    }
    return done;
}

bool process_runs_print_states(struct states *states, const struct process_choice *choice,
                               struct render *render, struct failure *why)
{
    struct printing printing = {.render = render,
                                .record.no_command_lines = states->context->no_command_lines};
    bool done = true;

    for (size_t i = 0; done && i < states->count; i++) {
        struct forest forest = {0};

        printing.moment = i + 1;
        done = states_load(states, i, why);
        printing.at = states->snapshot.taken_at;
        done = done && gather_state(&forest, states, choice, why) &&
               print_forest(&printing, &forest, why);
        clear_forest(&forest);
    }
    clear_printing(&printing);
    return done;
}
