/* SPDX-License-Identifier: MIT */

#include "reportcli/export_as.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash_index.h"
#include "collector/image.h"
#include "reportcli/output.h"
#include "store/ledger_about.h"
#include "store/ledger_tree.h"

enum { BUFFER_SIZE = 1 << 16, HOSTS_MOST = 256 };

/* What a machine was called from a run of the service on. Offsets into the texts. */
struct host {
    int64_t run;
    size_t host;
    size_t domain;
    size_t system;
};

struct exporting {
    struct export_as *export;
    struct ledger *ledger;
    struct failure *why;
    struct listeners listeners;
    struct ledger_stretch stretch; /* id 0: none yet */
    struct host hosts[HOSTS_MOST]; /* the first of those that are alike */
    size_t host_count;
    struct text texts;
    struct ledger_summary summary;
    struct foreign_machine machine;
    int64_t *told; /* processes that were told of */
    size_t told_count;
    size_t told_capacity;
    struct hash_index told_index;
    struct text buffer;
};

/*
 * The machine.
 */

static size_t add_text(struct exporting *exporting, const char *words)
{
    size_t at = exporting->texts.size;

    text_add_bytes(&exporting->texts, words, strlen(words) + 1);
    return at;
}

static const char *field_text(const struct ledger_about_field *fields, size_t count,
                              const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return fields[i].present && fields[i].text != NULL ? fields[i].text : "";
        }
    }
    return "";
}

static bool same_host(const struct exporting *exporting, const struct host *host,
                      const char *const words[3])
{
    const char *texts = text_bytes(&exporting->texts);

    return strcmp(texts + host->host, words[0]) == 0 &&
           strcmp(texts + host->domain, words[1]) == 0 &&
           strcmp(texts + host->system, words[2]) == 0;
}

static void take_run(void *context, const struct ledger_about_field *fields, size_t count)
{
    struct exporting *exporting = context;
    const char *words[3] = {field_text(fields, count, "host"), field_text(fields, count, "domain"),
                            field_text(fields, count, "system")};

    if (exporting->texts.failed || exporting->host_count == HOSTS_MOST ||
        (exporting->host_count > 0 &&
         same_host(exporting, &exporting->hosts[exporting->host_count - 1], words))) {
        return;
    }
    exporting->hosts[exporting->host_count++] = (struct host){
        .run = fields[0].number, /* its id */
        .host = add_text(exporting, words[0]),
        .domain = add_text(exporting, words[1]),
        .system = add_text(exporting, words[2]),
    };
}

static void choose_machine(struct exporting *exporting, int64_t run)
{
    const char *texts = text_bytes(&exporting->texts);
    const struct host *host = &exporting->hosts[0];

    for (size_t i = 1; i < exporting->host_count && exporting->hosts[i].run <= run; i++) {
        host = &exporting->hosts[i];
    }
    exporting->machine = (struct foreign_machine){"", "", "", exporting->summary.ledger_id};
    if (exporting->host_count > 0) {
        exporting->machine.host = texts + host->host;
        exporting->machine.domain = texts + host->domain;
        exporting->machine.system = texts + host->system;
    }
}

/* Intervals come stretch by stretch. */
static bool find_stretch(struct exporting *exporting, const struct ledger_interval *interval)
{
    bool found;

    if (exporting->stretch.id == interval->stretch_id) {
        return true;
    }
    if (!ledger_find_stretch(exporting->ledger, interval->stretch_id, &exporting->stretch, &found,
                             exporting->why)) {
        return false;
    }
    choose_machine(exporting, exporting->stretch.run_id);
    return true;
}

/*
 * Events.
 */

static bool flush(struct exporting *exporting)
{
    struct text *buffer = &exporting->buffer;
    FILE *file = exporting->export->file;
    struct failure *why = exporting->why;
    bool done = text_ok(buffer, why);

    if (done && buffer->size > 0) {
        done = file == NULL ? output_write(NULL, buffer->bytes, buffer->size, why)
                            : fwrite(buffer->bytes, 1, buffer->size, file) == buffer->size ||
                                  FAIL(why, FAILURE_SYSTEM, errno, "cannot write the export");
    }
    text_reset(buffer);
    return done;
}

static bool tell(struct exporting *exporting, struct foreign_event *event)
{
    const struct export_as *export = exporting->export;
    const struct ledger_filter *filter = export->filter;
    size_t before = exporting->buffer.size;

    if ((export->format->kinds & event->kind) == 0 || event->at < filter->since ||
        (filter->until != 0 && event->at > filter->until)) {
        return true;
    }
    event->machine = &exporting->machine;
    event->utc = export->utc;
    event->command_lines = export->command_lines;
    event->secrets = export->secrets;
    export->format->add(&exporting->buffer, event);
    if (exporting->buffer.size > before) {
        exporting->export->events++;
    } else if (event->kind == FOREIGN_OPENED && listeners_begins(event->interval)) {
        exporting->export->left_out++;
    }
    return exporting->buffer.size < BUFFER_SIZE || flush(exporting);
}

/*
 * Processes.
 */

struct family {
    struct ledger_process_run run;
    struct ledger_process_run parent;
    int seen;
};

static bool take_family(void *context, const struct ledger_process_run *run)
{
    struct family *family = context;
    struct ledger_process_run *to = family->seen == 0 ? &family->run : &family->parent;

    *to = *run;
    to->instance = process_instance_hold(run->instance);
    return ++family->seen < 2;
}

static void release_family(struct family *family)
{
    process_instance_release(family->run.instance);
    process_instance_release(family->parent.instance);
}

static bool tell_start(struct exporting *exporting, const struct family *family)
{
    struct foreign_event event = {
        .kind = FOREIGN_STARTED,
        .at = family->run.instance->started_at,
        .owner_id = family->run.id,
        .owner = family->run.instance,
        .parent_id = family->parent.id,
        .parent = family->parent.instance,
    };

    /* What ran when watching began was not seen to start. */
    return family->run.at_begin || event.at == 0 || tell(exporting, &event);
}

static bool tell_modules(struct exporting *exporting, int64_t id)
{
    const struct ledger_module_question question = {.since = exporting->export->filter->since,
                                                    .until = exporting->export->filter->until};
    const struct process_instance *instance = NULL;
    bool done = ledger_read_modules(exporting->ledger, id, &question, &instance, exporting->why);

    if (!done) {
        return exporting->why->kind == FAILURE_MISSING; /* retention has just dropped it */
    }
    for (size_t i = 0; done && instance->modules != NULL && i < instance->modules->count; i++) {
        struct foreign_event event = {
            .kind = FOREIGN_LOADED,
            .at = instance->modules->modules[i].first_seen_at,
            .owner_id = id,
            .owner = instance,
            .module = &instance->modules->modules[i],
        };

        done = tell(exporting, &event);
    }
    process_instance_release(instance);
    return done;
}

/* False where memory ran out. */
static bool remember(struct exporting *exporting, int64_t id, bool *is_new)
{
    uint64_t hash = hash_bytes(0, &id, sizeof(id));

    *is_new = false;
    for (uint32_t at = hash_index_first(&exporting->told_index, hash); at != HASH_INDEX_END;
         at = hash_index_next(&exporting->told_index)) {
        if (exporting->told[at] == id) {
            return true;
        }
    }
    if (exporting->told_count == exporting->told_capacity) {
        size_t capacity = exporting->told_capacity * 2 + 64;
        int64_t *grown = realloc(exporting->told, capacity * sizeof(*grown));

        if (grown == NULL) {
            return FAIL(exporting->why, FAILURE_MEMORY, 0, "no memory for the processes");
        }
        exporting->told = grown;
        exporting->told_capacity = capacity;
    }
    exporting->told[exporting->told_count] = id;
    *is_new = true;
    return hash_index_add(&exporting->told_index, hash, (uint32_t)exporting->told_count++,
                          exporting->why);
}

/* What an owner is, in front of the first that it did. */
static bool tell_owner(struct exporting *exporting, const struct ledger_interval *interval)
{
    unsigned kinds = exporting->export->format->kinds;
    struct family family = {0};
    bool is_new;
    bool done;

    if ((kinds & (FOREIGN_STARTED | FOREIGN_LOADED)) == 0 || interval->owner_id == 0) {
        return true;
    }
    if (!remember(exporting, interval->owner_id, &is_new)) {
        return false;
    }
    if (!is_new) {
        return true;
    }
    done = ledger_walk_ancestors(exporting->ledger, interval->owner_id, take_family, &family,
                                 exporting->why) ||
           exporting->why->kind == FAILURE_MISSING;
    done = done && (family.seen == 0 || tell_start(exporting, &family)) &&
           tell_modules(exporting, interval->owner_id);
    release_family(&family);
    return done;
}

/*
 * Intervals.
 */

static bool tell_interval(struct exporting *exporting, const struct ledger_interval *interval)
{
    struct foreign_event event = {
        .kind = FOREIGN_OPENED,
        .at = interval->opened_at,
        .interval = interval,
        .owner_id = interval->owner_id,
        .owner = interval->owner,
    };

    if (!find_stretch(exporting, interval) || !tell_owner(exporting, interval)) {
        return false;
    }
    event.way = listeners_way(&exporting->listeners, interval);
    event.stretch = exporting->stretch.id != 0 ? &exporting->stretch : NULL;
    if (!tell(exporting, &event)) {
        return false;
    }
    event.kind = FOREIGN_CLOSED;
    event.at = interval->closed_at;
    return interval->ending != LEDGER_CLOSED || tell(exporting, &event);
}

static bool tell_all(struct exporting *exporting, struct ledger_walk *walk)
{
    struct export_as *export = exporting->export;
    const struct ledger_interval *interval = NULL;
    bool done = ledger_walk_next(walk, &interval, exporting->why);

    while (done && interval != NULL) {
        export->intervals++;
        done =
            (!atomic_load(export->stopped) || FAIL(exporting->why, FAILURE_BUSY, 0, "stopped")) &&
            tell_interval(exporting, interval) && (!ledger_walk_pauses(walk) || flush(exporting)) &&
            ledger_walk_next(walk, &interval, exporting->why);
    }
    return done && flush(exporting);
}

static bool prepare(struct exporting *exporting, struct failure *why)
{
    const struct ledger_filter *filter = exporting->export->filter;
    struct ledger *ledger = exporting->ledger;

    return ledger_summarize(ledger, &exporting->summary, why) &&
           ledger_walk_about(ledger, LEDGER_ABOUT_RUNS, take_run, exporting, why) &&
           text_ok(&exporting->texts, why) &&
           listeners_read(&exporting->listeners, ledger, filter->since, filter->until, why);
}

static void clear(struct exporting *exporting)
{
    listeners_clear(&exporting->listeners);
    hash_index_clear(&exporting->told_index);
    text_clear(&exporting->texts);
    text_clear(&exporting->buffer);
    free(exporting->told);
    free(exporting);
}

bool export_as_write(struct export_as *export, const struct command_ledger *from,
                     struct failure *why)
{
    struct exporting *exporting = calloc(1, sizeof(*exporting));
    struct ledger_walk *walk = NULL;
    bool done;

    if (exporting == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the export");
    }
    exporting->export = export;
    exporting->ledger = from->ledger;
    exporting->why = why;
    if (export->format->begin != NULL) {
        export->format->begin(&exporting->buffer);
    }
    done = prepare(exporting, why) && ledger_walk_open(&walk, from->ledger, export->filter, why);
    if (done) {
        choose_machine(exporting, 0);
        done = tell_all(exporting, walk);
    }
    ledger_walk_close(walk);
    clear(exporting);
    return done;
}
