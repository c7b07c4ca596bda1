/* SPDX-License-Identifier: MIT */

/*
 * Who started the owners, and which of their modules deserve a look. A chain
 * of parents, and a module, is told of once.
 */

#include <inttypes.h>
#include <string.h>

#include "base/pattern.h"
#include "reportcli/explain.h"
#include "reportcli/known_names.h"
#include "reportcli/module_records.h"
#include "store/ledger_tree.h"

enum {
    MODULES_TOLD = 6,
    MODULES_ELSEWHERE = 3,
    PARENTS_TOLD = 6,
    CHAINS_TOLD = 4,
    RUNS_MOST = 256,
    SHORT_HASH = 12
};

/*
 * Parents.
 */

struct parents {
    struct explain *explain;
    int64_t first;           /* the run that started the owner; 0: not known */
    int64_t told[RUNS_MOST]; /* numbers of runs that were told of */
    size_t told_count;
    size_t depth;
    bool quiet; /* people are not told of this chain */
    bool failed;
    struct failure *why;
};

static bool take_first(void *context, const struct ledger_process_run *run)
{
    struct parents *parents = context;

    parents->first = run->parent_id;
    return false;
}

static bool was_told(const struct parents *parents, int64_t id)
{
    for (size_t i = 0; i < parents->told_count; i++) {
        if (parents->told[i] == id) {
            return true;
        }
    }
    return false;
}

static bool is_owner(const struct explain *explain, int64_t id)
{
    for (size_t i = 0; i < explain->owners.count; i++) {
        if (explain->owners.rows[i]->owner_id == id) {
            return true;
        }
    }
    return false;
}

/* In few words, what explain_tell_process() says at length. */
static void add_process(struct explain *explain, const struct process_instance *process)
{
    struct text *words = &explain->words;

    explain_add_process(words, process);
    text_addf(words, ", %s", process->path != NULL ? process->path : "its path is not known");
    if (known_name_is_misplaced(process->path, process_instance_shown_name(process))) {
        text_add(words, " (misplaced: a name of the system's programs, which lie elsewhere)");
    }
    if (process->user != NULL) {
        const char *name = account_name(process->user);

        text_addf(words, ", %s", name != NULL ? name : process->user->id);
    }
    if (process->started_at != 0) {
        text_add(words, ", started ");
        explain_add_short_time(explain, process->started_at);
    }
}

static bool tell_parent(void *context, const struct ledger_process_run *run)
{
    struct parents *parents = context;
    struct explain *explain = parents->explain;
    const struct explain_line line = {.part = EXPLAIN_PARENT,
                                      .label = parents->depth == 1 ? "by" : "that by",
                                      .process = run->instance,
                                      .instance = run->id,
                                      .quiet = parents->quiet ||
                                               (!explain->whole && parents->depth > PARENTS_TOLD)};
    struct explain_line more = line;
    bool owner = is_owner(explain, run->id);
    bool again = owner || was_told(parents, run->id);

    if (parents->depth++ == 0) { /* itself */
        return true;
    }
    if (again) {
        explain_add_process(&explain->words, run->instance);
    } else {
        add_process(explain, run->instance);
    }
    if (run->ending != LEDGER_OPEN && run->ended_at <= explain->at) {
        text_add(&explain->words, ", which had ended");
    }
    text_add(&explain->words, owner ? ": one of the owners" : again ? ": as above" : "");
    if (parents->told_count < RUNS_MOST) {
        parents->told[parents->told_count++] = run->id;
    }
    more.quiet = !explain->whole || line.quiet;
    parents->failed =
        !explain_say(explain, &line, parents->why) ||
        (!again && (!explain_tell_process(explain, &more, run->instance, parents->why) ||
                    !explain_tell_call(explain, &line, run->instance->command_line, parents->why)));
    return !parents->failed && !again;
}

static bool tell_chain(struct parents *parents, const struct explain_names *children,
                       struct failure *why)
{
    struct explain *explain = parents->explain;
    const struct ledger_interval *owned = children->rows[0];
    const struct explain_line line = {.part = EXPLAIN_PARENT,
                                      .process = owned->owner,
                                      .instance = owned->owner_id,
                                      .quiet = parents->quiet};

    explain_names_say(&explain->words, children, false);
    if (parents->first == 0 && owned->owner->parent_pid == 0) {
        text_add(&explain->words, ": the parent is not known");
    } else if (parents->first == 0) {
        text_addf(&explain->words, ": the parent was pid %" PRIu32 ", of which nothing is known",
                  owned->owner->parent_pid);
    }
    parents->depth = 0;
    return explain_say(explain, &line, why) &&
           (parents->first == 0 || (ledger_walk_ancestors(explain->from->ledger, owned->owner_id,
                                                          tell_parent, parents, why) &&
                                    !parents->failed));
}

static bool read_first(struct parents *parents, const struct ledger_interval *owned, int64_t *first,
                       struct failure *why)
{
    parents->first = 0;
    if (owned->owner != NULL && !ledger_walk_ancestors(parents->explain->from->ledger,
                                                       owned->owner_id, take_first, parents, why)) {
        return false;
    }
    *first = parents->first;
    return true;
}

static bool is_sibling(const struct explain_names *owners, const int64_t *firsts, size_t a,
                       size_t b)
{
    return owners->rows[a]->owner != NULL && owners->rows[b]->owner != NULL &&
           firsts[a] == firsts[b] &&
           (firsts[a] != 0 ||
            owners->rows[a]->owner->parent_pid == owners->rows[b]->owner->parent_pid);
}

static size_t find_siblings(const struct explain_names *owners, const int64_t *firsts, size_t i,
                            struct explain_names *siblings)
{
    size_t first = owners->count;

    for (size_t k = 0; k < owners->count; k++) {
        if (is_sibling(owners, firsts, k, i)) {
            first = first < k ? first : k;
            explain_names_add(siblings, owners->rows[k]);
        }
    }
    return first;
}

/* Those that have a parent in common are told of together. */
bool explain_tell_parents(struct explain *explain, struct failure *why)
{
    const struct explain_names *owners = &explain->owners;
    struct explain_line line = {.part = EXPLAIN_PARENT};
    struct parents parents = {.explain = explain, .why = why};
    int64_t firsts[EXPLAIN_NAMES];
    int chains = 0;
    bool done = true;

    for (size_t i = 0; done && i < owners->count; i++) {
        done = read_first(&parents, owners->rows[i], &firsts[i], why);
    }
    for (size_t i = 0; done && i < owners->count; i++) {
        struct explain_names siblings = {.count = 0};

        if (find_siblings(owners, firsts, i, &siblings) != i) {
            continue;
        }
        parents.first = firsts[i];
        parents.quiet = !explain->whole && chains++ >= CHAINS_TOLD;
        line.count += parents.quiet ? 1 : 0;
        done = tell_chain(&parents, &siblings, why);
    }
    if (done && line.count > 0) {
        text_addf(&explain->words, "and %" PRId64 " more parents: --all tells of them", line.count);
        done = explain_say(explain, &line, why);
    }
    return done;
}

/*
 * Modules.
 */

/* Where modules of the system lie. Folders that only administrators may write to. */
static bool is_of_system(const char *path)
{
    static const char *const patterns[] = {
        "?:\\Windows\\System32\\*",
        "?:\\Windows\\SysWOW64\\*",
        "?:\\Windows\\WinSxS\\*",
        "/lib/*",
        "/lib64/*",
        "/usr/lib/*",
        "/usr/lib64/*",
        "/usr/libexec/*",
        "/usr/bin/*",
        "/usr/sbin/*",
        "/bin/*",
        "/sbin/*",
    };

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        if (pattern_matches(patterns[i], path)) {
            return true;
        }
    }
    return false;
}

/* On the page the beginning of a hash is enough to know the file again. */
static void add_file(struct text *words, const struct image *image, bool whole)
{
    struct image_record record;
    struct value values[IMAGE_RECORD_FIELDS];

    image_record_fill(&record, image, values);
    if (!values[IMAGE_RECORD_STATUS].present) {
        text_add(words, "; not read");
        return;
    }
    if (values[IMAGE_RECORD_VERDICT].present) {
        text_addf(words, "; %s", values[IMAGE_RECORD_VERDICT].text);
    }
    if (values[IMAGE_RECORD_SIGNER].present) {
        text_addf(words, " by %s", values[IMAGE_RECORD_SIGNER].text);
    }
    if (values[IMAGE_RECORD_SHA256].present) {
        text_addf(words, "; SHA-256 %.*s", whole ? 2 * IMAGE_HASH_SIZE : SHORT_HASH,
                  values[IMAGE_RECORD_SHA256].text);
    } else {
        text_addf(words, "; %s", values[IMAGE_RECORD_STATUS].text);
    }
}

static void add_module(struct text *words, const struct module *module, bool whole)
{
    static const char *const names[] = {"hidden", "renamed", "deleted"};
    unsigned flags = module->flags | (module->image->deleted ? MODULE_DELETED : 0U);

    text_add(words, module->image->path);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        text_addf(words, "%s%s", (flags & (1U << i)) != 0 ? ", " : "",
                  (flags & (1U << i)) != 0 ? names[i] : "");
    }
    add_file(words, module->image, whole);
}

/* What hides comes first, then what is not trusted, then what lies elsewhere than the system's. */
enum tier { HIDING, DISTRUSTED, ELSEWHERE, TIERS };

static enum tier tier_of(const struct module *module)
{
    if (module->flags != 0 || module->image->deleted) {
        return HIDING;
    }
    if (module_is_flagged(module)) {
        return DISTRUSTED;
    }
    return is_of_system(module->image->path) ? TIERS : ELSEWHERE;
}

/* The modules of owners that run the same program. */
struct loaded {
    struct explain *explain;
    const struct process_instance *processes[EXPLAIN_NAMES];
    struct explain_names names;
    size_t count;
    size_t told;
    size_t hidden;         /* of those to look at: not told to people */
    size_t ours;           /* the system's */
    const char *not_known; /* why the modules of some are not; NULL: they are */
};

static bool is_same_module(const struct module *a, const struct module *b)
{
    return a->flags == b->flags && a->image->deleted == b->image->deleted &&
           strcmp(a->image->path, b->image->path) == 0;
}

/* Whether an earlier process, or this one before its module `k`, had it too. */
static bool was_seen(const struct loaded *loaded, size_t process, size_t k)
{
    const struct module *module = &loaded->processes[process]->modules->modules[k];

    for (size_t i = 0; i <= process; i++) {
        const struct module_list *list = loaded->processes[i]->modules;
        size_t count = list == NULL ? 0 : i == process ? k : list->count;

        for (size_t j = 0; j < count; j++) {
            if (is_same_module(&list->modules[j], module)) {
                return true;
            }
        }
    }
    return false;
}

static bool tell_module(struct loaded *loaded, size_t process, const struct module *module,
                        bool quiet, struct failure *why)
{
    struct explain *explain = loaded->explain;
    const struct explain_line line = {.part = EXPLAIN_MODULE,
                                      .process = loaded->processes[process],
                                      .instance = loaded->names.rows[process]->owner_id,
                                      .module = module,
                                      .quiet = quiet};

    add_module(&explain->words, module, explain->whole);
    return explain_say(explain, &line, why);
}

/* The program itself is no news: it was told of. */
static bool is_own(const struct process_instance *process, const struct module *module)
{
    return process->path != NULL && strcmp(process->path, module->image->path) == 0;
}

static bool tell_tier(struct loaded *loaded, size_t process, enum tier tier, struct failure *why)
{
    const struct process_instance *owner = loaded->processes[process];
    const struct module_list *list = owner->modules;
    bool whole = loaded->explain->whole;
    bool done = true;

    for (size_t k = 0; done && list != NULL && k < list->count; k++) {
        const struct module *module = &list->modules[k];
        bool again = was_seen(loaded, process, k);

        if (tier_of(module) != tier) {
            continue;
        }
        if (tier == TIERS) {
            loaded->ours += again ? 0 : 1;
            continue;
        }
        if (!whole && !again) {
            if (tier == ELSEWHERE && is_own(owner, module)) {
                again = true;
            } else if (loaded->told >= (tier == ELSEWHERE ? MODULES_ELSEWHERE : MODULES_TOLD)) {
                loaded->hidden++;
                again = true;
            } else {
                loaded->told++;
            }
        }
        done = tell_module(loaded, process, module, again && !whole, why);
    }
    return done;
}

static bool say_rest(struct loaded *loaded, struct failure *why)
{
    struct explain *explain = loaded->explain;
    const struct explain_line line = {.part = EXPLAIN_MODULE,
                                      .process = loaded->processes[0],
                                      .instance = loaded->names.rows[0]->owner_id,
                                      .count = (int64_t)(loaded->hidden + loaded->ours)};

    if (loaded->not_known != NULL) {
        explain_names_say(&explain->words, &loaded->names, false);
        text_addf(&explain->words, ": modules are not known: %s", loaded->not_known);
        return explain_say(explain, &line, why);
    }
    if (loaded->told == 0) {
        explain_names_say(&explain->words, &loaded->names, false);
        text_addf(&explain->words,
                  ": none; the %zu others are in the system's folders, and none is hidden, "
                  "renamed, deleted, replaced or signed by nobody known",
                  loaded->ours);
        return explain_say(explain, &line, why);
    }
    if (loaded->hidden + loaded->ours == 0) {
        return true;
    }
    text_add(&explain->words, "and ");
    if (loaded->hidden > 0) {
        text_addf(&explain->words, "%zu more like that, ", loaded->hidden);
    }
    text_addf(&explain->words, "%zu of the system's: portledger modules --pid %" PRIu32 " --at ",
              loaded->ours, loaded->processes[0]->pid);
    time_text_add_rfc3339(&explain->words, explain->at, explain->context->render.zone);
    return explain_say(explain, &line, why);
}

static bool tell_loaded(struct loaded *loaded, bool named, struct failure *why)
{
    struct explain *explain = loaded->explain;
    const struct explain_line line = {.part = EXPLAIN_MODULE,
                                      .process = loaded->processes[0],
                                      .instance = loaded->names.rows[0]->owner_id};
    bool done = true;

    if (named && loaded->not_known == NULL) {
        explain_names_say(&explain->words, &loaded->names, false);
        done = explain_say(explain, &line, why);
    }
    for (int tier = HIDING; done && tier <= TIERS; tier++) {
        for (size_t i = 0; done && i < loaded->count; i++) {
            done = tell_tier(loaded, i, (enum tier)tier, why);
        }
    }
    return done && say_rest(loaded, why);
}

/* All that were read, before they are told of kind by kind. */
struct looked_at {
    const struct process_instance *processes[EXPLAIN_NAMES]; /* with a reference of each */
    const struct ledger_interval *owned[EXPLAIN_NAMES];
    size_t count;
};

static const char *not_known_because(const struct process_instance *process)
{
    if (process->modules == NULL) {
        return "nobody looked";
    }
    return process->modules->access != MODULES_READ ? module_access_name(process->modules->access)
                                                    : NULL;
}

static bool is_one_kind(const struct looked_at *all, size_t a, size_t b)
{
    const char *because = not_known_because(all->processes[a]);

    return because == not_known_because(all->processes[b]) &&
           (because != NULL || explain_names_alike(all->processes[a], all->processes[b]));
}

static size_t first_of_kind(const struct looked_at *all, size_t i)
{
    size_t first = 0;

    while (!is_one_kind(all, first, i)) {
        first++;
    }
    return first;
}

static bool read_modules(struct explain *explain, struct looked_at *all, struct failure *why)
{
    const struct ledger_module_question question = {.since = explain->at, .until = explain->at};
    const struct explain_names *owners = &explain->owners;
    size_t most = explain->whole ? EXPLAIN_NAMES : EXPLAIN_OWNERS;

    for (size_t i = 0; i < owners->count && all->count < most; i++) {
        if (owners->rows[i]->owner == NULL) {
            continue;
        }
        if (!ledger_read_modules(explain->from->ledger, owners->rows[i]->owner_id, &question,
                                 &all->processes[all->count], why)) {
            return false;
        }
        all->owned[all->count++] = owners->rows[i];
    }
    return true;
}

static bool tell_kinds(struct explain *explain, const struct looked_at *all, struct failure *why)
{
    bool done = true;
    bool several = false;

    for (size_t i = 1; i < all->count; i++) {
        several = several || first_of_kind(all, i) != 0;
    }
    for (size_t i = 0; done && i < all->count; i++) {
        struct loaded loaded = {.explain = explain,
                                .not_known = not_known_because(all->processes[i])};

        for (size_t k = i; k < all->count; k++) {
            if (first_of_kind(all, k) == i) {
                loaded.processes[loaded.count++] = all->processes[k];
                explain_names_add(&loaded.names, all->owned[k]);
            }
        }
        done = loaded.count == 0 || tell_loaded(&loaded, several, why);
    }
    return done;
}

bool explain_tell_modules(struct explain *explain, struct failure *why)
{
    struct looked_at all = {.count = 0};
    bool done = read_modules(explain, &all, why) && tell_kinds(explain, &all, why);

    for (size_t i = 0; i < all.count; i++) {
        process_instance_release(all.processes[i]);
    }
    return done;
}
