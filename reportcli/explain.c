/* SPDX-License-Identifier: MIT */

#include "reportcli/explain.h"

#include <inttypes.h>
#include <string.h>

#include "base/pattern.h"
#include "reportcli/known_names.h"
#include "reportcli/module_records.h"
#include "reportcli/secret_mask.h"
#include "store/ledger_tree.h"

enum { MODULES_TOLD = 24, SHORT_ROWS = 6 };

/* What the words of an attribution mean. */
static const char *const meanings[ATTRIBUTION_COUNT] = {
    [ATTRIBUTION_UNKNOWN] = "unknown: the system named no owner",
    [ATTRIBUTION_EXACT] =
        "exact: the system named this process, which started no later than the socket",
    [ATTRIBUTION_EXITED] = "exited: this process made the socket and had ended; who held it "
                           "afterwards is not known",
    [ATTRIBUTION_CARRIED] = "carried forward: the system named nobody any more; this was the "
                            "owner of the same connection in the sample directly before",
    [ATTRIBUTION_KERNEL] = "kernel: the system itself, or a driver of it",
    [ATTRIBUTION_DENIED] = "denied: somebody owned it whom the service might not see",
};

static const bool certain[ATTRIBUTION_COUNT] = {
    [ATTRIBUTION_EXACT] = true,
    [ATTRIBUTION_CARRIED] = true,
    [ATTRIBUTION_KERNEL] = true,
};

bool explain_say(struct explain *explain, const struct explain_line *line, struct failure *why)
{
    struct explain_line told = *line;
    bool done;

    told.words = text_bytes(&explain->words);
    done = text_ok(&explain->words, why) && explain_page_add(explain->page, &told, why);
    text_reset(&explain->words);
    return done;
}

void explain_add_short_time(struct explain *explain, int64_t at)
{
    enum { DATE = 11, OFFSET = 7 };
    struct text asked = {0};
    struct text told = {0};
    const char *from;
    size_t size;

    time_text_add_table(&asked, explain->at, explain->context->render.zone);
    time_text_add_table(&told, at, explain->context->render.zone);
    from = text_bytes(&told);
    size = told.size;
    if (asked.size > DATE + OFFSET && size > DATE + OFFSET &&
        strncmp(from, text_bytes(&asked), DATE) == 0 &&
        strcmp(from + size - OFFSET, text_bytes(&asked) + asked.size - OFFSET) == 0) {
        from += DATE;
        size -= DATE + OFFSET;
    }
    text_add_bytes(&explain->words, from, size);
    text_clear(&asked);
    text_clear(&told);
}

/*
 * What was there.
 */

static bool was_open(const struct explain *explain, const struct ledger_interval *interval)
{
    return interval->stretch_id == explain->moment->stretch.id &&
           interval->opened_at <= explain->at &&
           (interval->closed_at > explain->at || interval->ending != LEDGER_CLOSED);
}

static bool take_row(void *context, const struct ledger_interval *interval)
{
    struct explain *explain = context;
    enum explain_role role = explain_target_role(explain->target, &interval->socket);
    struct explain_rows *rows = &explain->held;

    if (role == EXPLAIN_NONE || !was_open(explain, interval)) {
        return true;
    }
    /* Whoever listens is the answer, and not one of its thousand connections. */
    if (role == EXPLAIN_REACHES ||
        (explain->target->count == 1 && interval->socket.remote.address_size != 0)) {
        rows = &explain->reached;
    }
    explain->lacks_memory = !explain_rows_add(rows, interval);
    return !explain->lacks_memory;
}

static bool gather(struct explain *explain, struct failure *why)
{
    struct ledger_filter filter = {.since = explain->at, .until = explain->at};

    if (explain->moment == NULL) {
        return true;
    }
    explain_target_filter(explain->target, &filter);
    if (!ledger_walk_intervals(explain->from->ledger, &filter, take_row, explain, why)) {
        return false;
    }
    return !explain->lacks_memory || FAIL(why, FAILURE_MEMORY, 0, "no memory for the sockets");
}

/* The sockets that the question is answered with: who holds the port, else who is connected. */
static const struct explain_rows *answering(const struct explain *explain)
{
    return explain->held.count > 0 ? &explain->held : &explain->reached;
}

static enum explain_answer judge(const struct explain *explain)
{
    const struct explain_rows *rows = answering(explain);

    if (explain->moment == NULL) {
        return EXPLAIN_UNDECIDED;
    }
    if (rows->count == 0) {
        return explain->moment->detail == LEDGER_DETAIL_WHOLE ? EXPLAIN_NOTHING : EXPLAIN_UNDECIDED;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const struct ledger_interval *interval = explain_rows_at(rows, i);

        if (interval->owner == NULL || !certain[interval->socket.attribution]) {
            return EXPLAIN_UNDECIDED;
        }
    }
    return EXPLAIN_OWNED;
}

static void note_owner(struct explain *explain, int64_t owner)
{
    for (size_t i = 0; i < explain->owner_count; i++) {
        if (explain->owners[i] == owner) {
            return;
        }
    }
    if (owner != 0 && explain->owner_count < EXPLAIN_OWNERS) {
        explain->owners[explain->owner_count++] = owner;
    }
}

static void find_owners(struct explain *explain)
{
    const struct explain_rows *all[] = {&explain->held, &explain->reached};

    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < all[k]->count; i++) {
            note_owner(explain, explain_rows_at(all[k], i)->owner_id);
        }
    }
}

/* A kept interval of an owner. */
static const struct ledger_interval *row_of(const struct explain *explain, int64_t owner)
{
    const struct explain_rows *all[] = {&explain->held, &explain->reached};

    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < all[k]->count; i++) {
            if (explain_rows_at(all[k], i)->owner_id == owner) {
                return explain_rows_at(all[k], i);
            }
        }
    }
    return NULL;
}

/*
 * The answer.
 */

static void add_answer(struct explain *explain, const char *unwatched)
{
    const struct explain_rows *rows = answering(explain);
    struct text *words = &explain->words;

    if (explain->moment == NULL) {
        text_add(words, unwatched);
        return;
    }
    if (rows->count == 0) {
        text_add(words, explain->answer == EXPLAIN_NOTHING
                            ? "Nothing was there, and the moment was watched."
                            : "Nothing of it is in the ledger, but a part of what was seen then "
                              "has been dropped since.");
        return;
    }
    text_add(words, rows == &explain->held ? "Held by " : "Not held here; connected to it: ");
    explain_add_owner(words, explain_rows_at(rows, 0));
    if (rows->total > 1) {
        text_addf(words, ", and %zu more socket%s", rows->total - 1, rows->total == 2 ? "" : "s");
    }
    if (rows == &explain->held && explain->reached.total > 0) {
        text_addf(words, "; %zu connection%s", explain->reached.total,
                  explain->reached.total == 1 ? "" : "s");
    }
    text_add(words, explain->answer == EXPLAIN_OWNED
                        ? "."
                        : ". The owner is not known for sure: see \"owner\" below.");
}

static bool tell_question(struct explain *explain, const char *unwatched, struct failure *why)
{
    struct explain_line line = {.part = EXPLAIN_QUESTION, .label = "question"};

    explain_target_add(explain->target, &explain->words);
    text_add(&explain->words, " at ");
    time_text_add_table(&explain->words, explain->at, explain->context->render.zone);
    if (!explain_say(explain, &line, why)) {
        return false;
    }
    line.label = "source";
    text_addf(&explain->words, "%s; told at ", explain->source);
    time_text_add_table(&explain->words, explain->context->now, explain->context->render.zone);
    if (!explain_say(explain, &line, why)) {
        return false;
    }
    line.label = "answer";
    add_answer(explain, unwatched);
    return explain_say(explain, &line, why);
}

/*
 * Sockets and their owners.
 */

static bool tell_fact(struct explain *explain, const struct explain_line *of, const char *label,
                      const char *fact, struct failure *why)
{
    struct explain_line line = *of;

    if (fact == NULL) {
        return true;
    }
    line.label = label;
    text_add(&explain->words, fact);
    return explain_say(explain, &line, why);
}

static void add_user(struct text *words, const struct process_instance *process)
{
    const char *name = account_name(process->user);

    text_add(words, name != NULL ? name : process->user->id);
    if (name != NULL) {
        text_addf(words, " (%s)", process->user->id);
    }
    if (process->integrity != PROCESS_INTEGRITY_UNKNOWN) {
        text_addf(words, ", integrity %s", process_integrity_name(process->integrity));
    }
}

static void add_file(struct text *words, const struct image *image)
{
    struct image_record record;
    struct value values[IMAGE_RECORD_FIELDS];

    image_record_fill(&record, image, values);
    if (!values[IMAGE_RECORD_STATUS].present) {
        text_add(words, "not read");
        return;
    }
    if (values[IMAGE_RECORD_SHA256].present) {
        text_addf(words, "SHA-256 %s", values[IMAGE_RECORD_SHA256].text);
    } else {
        text_add(words, values[IMAGE_RECORD_STATUS].text);
    }
    if (values[IMAGE_RECORD_VERDICT].present) {
        text_addf(words, ", %s", values[IMAGE_RECORD_VERDICT].text);
    }
    if (values[IMAGE_RECORD_SIGNER].present) {
        text_addf(words, " by %s", values[IMAGE_RECORD_SIGNER].text);
    }
}

static bool tell_file(struct explain *explain, const struct explain_line *of,
                      const struct image *image, struct failure *why)
{
    struct image_record record;
    struct value values[IMAGE_RECORD_FIELDS];

    image_record_fill(&record, image, values);
    return (values[IMAGE_RECORD_SHA256].present
                ? tell_fact(explain, of, "sha-256", values[IMAGE_RECORD_SHA256].text, why)
                : tell_fact(explain, of, "file", values[IMAGE_RECORD_STATUS].text, why)) &&
           tell_fact(explain, of, "signature", values[IMAGE_RECORD_VERDICT].text, why) &&
           tell_fact(explain, of, "signer", values[IMAGE_RECORD_SIGNER].text, why);
}

/* The page is made to be handed on: a secret on it would be, too. */
static bool tell_command_line(struct explain *explain, const struct explain_line *of,
                              const char *command_line, struct failure *why)
{
    struct explain_line line = *of;

    if (explain->context->no_command_lines || command_line == NULL) {
        return true;
    }
    if (options_flag(explain->context->options, "with-secrets")) {
        return tell_fact(explain, of, "called as", command_line, why);
    }
    line.label = "called as";
    (void)secret_mask_add(&explain->words, command_line);
    return explain_say(explain, &line, why);
}

/* What there is to say of a process, whoever it is. */
static bool tell_process(struct explain *explain, const struct explain_line *line,
                         const struct process_instance *process, struct failure *why)
{
    struct explain_line own = *line;

    if (!tell_fact(explain, line, "program",
                   process->path != NULL ? process->path : "its path is not known", why) ||
        (known_name_is_misplaced(process->path, process_instance_shown_name(process)) &&
         !tell_fact(explain, line, "notice",
                    "misplaced: this is a name of the system's programs, which lie elsewhere",
                    why))) {
        return false;
    }
    if (process->image != NULL && !tell_file(explain, line, process->image, why)) {
        return false;
    }
    if (process->user != NULL) {
        own.label = "user";
        add_user(&explain->words, process);
        if (!explain_say(explain, &own, why)) {
            return false;
        }
    }
    if (process->started_at != 0) {
        own.label = "started";
        time_text_add_table(&explain->words, process->started_at, explain->context->render.zone);
        if (!explain_say(explain, &own, why)) {
            return false;
        }
    }
    return tell_command_line(explain, line, process->command_line, why);
}

/* One of many: who listens, or the first one of a process, is told of in full. */
static bool tell_short_row(struct explain *explain, const struct ledger_interval *interval,
                           bool quiet, struct failure *why)
{
    const struct explain_line line = {.part = EXPLAIN_HOLDER, .interval = interval, .quiet = quiet};

    explain_add_socket(&explain->words, &interval->socket);
    text_add(&explain->words, ", since ");
    explain_add_short_time(explain, interval->opened_at);
    text_add(&explain->words, ", ");
    explain_add_owner(&explain->words, interval);
    text_addf(&explain->words, ": %s", socket_attribution_name(interval->socket.attribution));
    return explain_say(explain, &line, why);
}

static bool tell_row(struct explain *explain, const struct ledger_interval *interval,
                     struct failure *why)
{
    struct explain_line line = {.part = EXPLAIN_HOLDER, .interval = interval};

    explain_add_socket(&explain->words, &interval->socket);
    text_add(&explain->words, ", ");
    explain_add_owner(&explain->words, interval);
    if (!explain_say(explain, &line, why)) {
        return false;
    }
    line.label = "open";
    explain_add_life(&explain->words, interval, explain->context->render.zone);
    if (!explain_say(explain, &line, why) ||
        !tell_fact(explain, &line, "owner", meanings[interval->socket.attribution], why)) {
        return false;
    }
    if (interval->service != NULL) {
        line.label = "service";
        text_addf(&explain->words, "%s (%s)", interval->service,
                  service_basis_name(interval->service_basis));
        return explain_say(explain, &line, why);
    }
    return true;
}

static bool tell_rows(struct explain *explain, const struct explain_rows *rows, const char *more,
                      struct failure *why)
{
    struct explain_line line = {.part = EXPLAIN_HOLDER,
                                .count = (int64_t)(rows->total - rows->count)};
    bool done = true;

    for (size_t i = 0; done && i < rows->count; i++) {
        const struct ledger_interval *interval = explain_rows_at(rows, i);
        const struct explain_line of = {.part = EXPLAIN_HOLDER, .interval = interval};
        bool first = row_of(explain, interval->owner_id) == interval;

        if (first || rows == &explain->held) {
            done = tell_row(explain, interval, why) &&
                   (!first || interval->owner == NULL ||
                    tell_process(explain, &of, interval->owner, why));
        } else {
            line.count += i >= SHORT_ROWS ? 1 : 0;
            done = tell_short_row(explain, interval, i >= SHORT_ROWS, why);
        }
    }
    if (done && line.count > 0) {
        text_addf(&explain->words, "and %" PRId64 " more %s", line.count, more);
        done = explain_say(explain, &line, why);
    }
    return done;
}

/*
 * Parents and modules of an owner.
 */

struct parents {
    struct explain *explain;
    size_t told;
    bool failed;
    struct failure *why;
};

static bool tell_parent(void *context, const struct ledger_process_run *run)
{
    struct parents *parents = context;
    struct explain *explain = parents->explain;
    const struct explain_line line = {
        .part = EXPLAIN_PARENT, .process = run->instance, .instance = run->id};

    if (parents->told++ == 0) { /* itself */
        return true;
    }
    text_addf(&explain->words, "%s", parents->told == 2 ? "started by " : "that one by ");
    explain_add_process(&explain->words, run->instance);
    if (run->ending != LEDGER_OPEN && run->ended_at <= explain->at) {
        text_add(&explain->words, ", which had ended");
    }
    parents->failed = !explain_say(explain, &line, parents->why) ||
                      !tell_process(explain, &line, run->instance, parents->why);
    return !parents->failed;
}

static bool tell_parents(struct explain *explain, const struct ledger_interval *owned,
                         struct failure *why)
{
    const struct explain_line line = {.part = EXPLAIN_PARENT, .process = owned->owner};
    struct parents parents = {.explain = explain, .why = why};

    if (!ledger_walk_ancestors(explain->from->ledger, owned->owner_id, tell_parent, &parents,
                               why) ||
        parents.failed) {
        return false;
    }
    if (parents.told > 1) {
        return true;
    }
    explain_add_process(&explain->words, owned->owner);
    if (owned->owner->parent_pid == 0) {
        text_add(&explain->words, ": its parent is not known");
    } else {
        text_addf(&explain->words, ": its parent was pid %" PRIu32 ", of which nothing is known",
                  owned->owner->parent_pid);
    }
    return explain_say(explain, &line, why);
}

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

static void add_module(struct text *words, const struct module *module)
{
    static const char *const names[] = {"hidden", "renamed", "deleted"};
    unsigned flags = module->flags | (module->image->deleted ? MODULE_DELETED : 0U);

    text_add(words, module->image->path);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        text_addf(words, "%s%s", (flags & (1U << i)) != 0 ? ", " : "",
                  (flags & (1U << i)) != 0 ? names[i] : "");
    }
    text_add(words, "; ");
    add_file(words, module->image);
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

static bool tell_tier(struct explain *explain, const struct process_instance *process,
                      enum tier tier, int64_t *left, struct failure *why)
{
    const struct module_list *list = process->modules;

    for (size_t i = 0; i < list->count; i++) {
        struct explain_line line = {
            .part = EXPLAIN_MODULE, .process = process, .module = &list->modules[i]};

        if (tier_of(line.module) != tier) {
            continue;
        }
        line.quiet = (*left)-- <= 0;
        add_module(&explain->words, line.module);
        if (!explain_say(explain, &line, why)) {
            return false;
        }
    }
    return true;
}

static bool tell_tiers(struct explain *explain, const struct process_instance *process,
                       int64_t *left, struct failure *why)
{
    bool done = true;

    for (int tier = HIDING; done && tier < TIERS; tier++) {
        done = tell_tier(explain, process, (enum tier)tier, left, why);
    }
    return done;
}

static bool say_modules(struct explain *explain, const struct process_instance *process,
                        int64_t left, struct failure *why)
{
    const struct explain_line line = {.part = EXPLAIN_MODULE, .process = process};
    const struct module_list *list = process->modules;

    if (list == NULL || list->access != MODULES_READ) {
        explain_add_process(&explain->words, process);
        text_addf(&explain->words, ": its modules are not known: %s",
                  list == NULL ? "nobody looked" : module_access_name(list->access));
    } else if (left == MODULES_TOLD) {
        explain_add_process(&explain->words, process);
        text_addf(&explain->words,
                  ": none; all %zu are in the system's folders, and none is hidden, renamed, "
                  "deleted, replaced or signed by nobody known",
                  list->count);
    } else if (left < 0) {
        text_addf(&explain->words, "and %" PRId64 " more: portledger modules lists them", -left);
    } else {
        return true;
    }
    return explain_say(explain, &line, why);
}

static bool tell_modules(struct explain *explain, const struct ledger_interval *owned,
                         struct failure *why)
{
    const struct ledger_module_question question = {.since = explain->at, .until = explain->at};
    const struct process_instance *process;
    int64_t left = MODULES_TOLD;
    bool done;

    if (!ledger_read_modules(explain->from->ledger, owned->owner_id, &question, &process, why)) {
        return false;
    }
    done = process->modules == NULL || process->modules->access != MODULES_READ ||
           tell_tiers(explain, process, &left, why);
    done = done && say_modules(explain, process, left, why);
    process_instance_release(process);
    return done;
}

typedef bool owner_fn(struct explain *explain, const struct ledger_interval *owned,
                      struct failure *why);

static bool tell_owners(struct explain *explain, owner_fn *tell, struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < explain->owner_count; i++) {
        const struct ledger_interval *owned = row_of(explain, explain->owners[i]);

        done = owned->owner == NULL || tell(explain, owned, why);
    }
    return done;
}

bool explain_moment(struct explain *explain, const char *unwatched, struct failure *why)
{
    if (!gather(explain, why)) {
        return false;
    }
    explain->answer = judge(explain);
    find_owners(explain);
    return tell_question(explain, unwatched, why) &&
           tell_rows(explain, &explain->held, "sockets of it", why) &&
           tell_rows(explain, &explain->reached, "connections", why) &&
           (answering(explain)->count > 0 || explain_tell_near(explain, why)) &&
           tell_owners(explain, tell_parents, why) && tell_owners(explain, tell_modules, why) &&
           tell_owners(explain, explain_tell_around, why) && explain_tell_coverage(explain, why) &&
           explain_tell_seal(explain, why);
}

void explain_clear(struct explain *explain)
{
    explain_rows_clear(&explain->held);
    explain_rows_clear(&explain->reached);
    text_clear(&explain->words);
}
