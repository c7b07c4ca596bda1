/* SPDX-License-Identifier: MIT */

#include "store/ledger_writer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash_index.h"
#include "base/text.h"
#include "collector/snapshot_diff.h"
#include "collector/snapshot_gap.h"
#include "store/database.h"
#include "store/ledger_facts.h"
#include "store/ledger_handle.h"
#include "store/ledger_rows.h"
#include "store/ledger_schema.h"

enum {
    MOST_PENDING = 1 << 17, /* files of processes and modules whose facts are waited for */
    MOST_ACCOUNTS = 4096,   /* whose names are waited for */
};

/* What became of a process of the sample before. */
enum fate {
    PROCESS_WENT = 0,
    PROCESS_RUNS = 1,
    PROCESS_IS_NAMED = 2, /* it went, and is still the owner of a socket */
};

#define NOT_SEEN UINT32_MAX /* in `matches`: a process that the sample before did not have */

/* All SQL of this module: what is run when a run begins and ends. */
enum statement {
    ADD_BOOT,
    FIND_BOOT,
    ADD_RUN,
    END_RUN,
    SET_COMMIT,
    ADD_SETTINGS,
    PAST_SETTINGS,
    ADD_ZONE_OFFSET,
    CLOSE_STRETCHES,
    CLOSE_RUNS,
    ORPHAN_PROCESSES,
    STATEMENT_COUNT,
};

static const char *const statement_sql[STATEMENT_COUNT] = {
    [ADD_BOOT] = "INSERT OR IGNORE INTO boot (name, started_at) VALUES (:name, :started_at)",
    [FIND_BOOT] = "SELECT id FROM boot WHERE name = :name",
    [ADD_RUN] = "INSERT INTO run (program, pid, boot, started_at, commit_ms, machine_id, host,"
                "                 domain, system, zone, ended)"
                " VALUES (:program, :pid, :boot, :started_at, :commit_ms, :machine_id, :host,"
                "         :domain, :system, :zone, 0)",
    [END_RUN] = "UPDATE run SET ended = :ended WHERE id = :id",
    [SET_COMMIT] = "UPDATE run SET commit_ms = :commit_ms WHERE id = :id",

    [ADD_SETTINGS] = "INSERT INTO settings (run, at, text) SELECT :run, :at, :text"
                     " WHERE :text IS NOT (SELECT text FROM settings ORDER BY id DESC LIMIT 1)",
    [PAST_SETTINGS] = "SELECT text FROM settings WHERE run < :run ORDER BY id DESC LIMIT 1",
    [ADD_ZONE_OFFSET] = "INSERT INTO zone_offset (run, at, seconds) SELECT :run, :at, :seconds"
                        " WHERE :seconds IS NOT"
                        "       (SELECT seconds FROM zone_offset ORDER BY id DESC LIMIT 1)",

    /* Only the newest stretch and run can be without an end: no more rows need be looked at. */
    [CLOSE_STRETCHES] = "UPDATE stretch SET ended = :ended"
                        " WHERE ended = 0 AND id = (SELECT max(id) FROM stretch)",
    [CLOSE_RUNS] =
        "UPDATE run SET ended = :ended WHERE ended = 0 AND id = (SELECT max(id) FROM run)",

    /* Nobody lives through a restart of the system. */
    [ORPHAN_PROCESSES] = "UPDATE process SET last_stretch = (SELECT max(id) FROM stretch),"
                         "                   span = :across"
                         " WHERE span = :open AND boot <> :boot",
};

/* An open interval, and a process that runs, as far as the writer must know them. */
struct open_interval {
    int64_t id;
    int64_t opened_at;
};

struct seen_process {
    int64_t id;
    int64_t first_stretch;
    int64_t first_seen_at;
    const struct module_list *modules; /* as they were last read: a reference; NULL: never */
};

/* A row whose file is being read. */
struct pending_image {
    int64_t process;
    const struct image *image; /* a reference */
    struct module module;      /* its image: not set */
    bool is_module;
};

struct pending_account {
    const struct account *account; /* a reference */
    bool told;                     /* its name is in the ledger, or will never be */
};

/*
 * What belongs to the newest sample, and what is made of it for the next one.
 * `open` and `seen` go with the sockets and processes of the snapshot.
 */
struct sample {
    struct open_interval *open; /* id 0: of an earlier run, cut already */
    struct seen_process *seen;
    size_t open_capacity;
    size_t seen_capacity;
};

struct ledger_writer {
    struct ledger *ledger;
    bool finished;   /* only to be freed */
    bool is_resumed; /* `before` is what an earlier run recorded */
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct ledger_facts *facts;
    struct sealer *sealer;
    struct probe_writer *probes;

    int64_t run_id;
    int64_t boot_id;
    int64_t interval;    /* milliseconds between samples */
    int64_t commit;      /* milliseconds between commits */
    bool commit_changed; /* and not stored yet */
    char *settings;      /* that are not stored yet; NULL: none */
    int64_t settings_at;
    int zone_offset; /* that was stored, in seconds */
    bool zone_known;
    bool watching;                 /* the stretch goes on */
    bool losing;                   /* what waited was dropped; `before` and ids are not known */
    struct ledger_stretch stretch; /* the newest one, of this run or an earlier one */
    struct ledger_gap_seen gap;    /* before the newest sample; LEDGER_GAP_NONE: there was none */

    int64_t next_stretch; /* ids and numbers */
    int64_t next_sample;
    int64_t next_interval;
    int64_t next_process;
    int64_t changes; /* intervals opened and closed in this run */

    struct snapshot before; /* the newest sample */
    struct sample now;      /* what belongs to it */
    struct sample next;

    struct pending_image *images;
    size_t image_count;
    size_t image_capacity;
    struct pending_account *accounts;
    size_t account_count;
    size_t account_capacity;

    struct snapshot_diff diff; /* from here on: scratch of one ledger_writer_add() */
    struct hash_index index;   /* of before.processes */
    bool indexed;
    uint32_t *matches;  /* for each later process its place in `before` */
    uint8_t *went_on;   /* of the sockets in `before`: their interval goes on */
    uint8_t *lives;     /* of the processes in `before`: enum fate */
    uint32_t *services; /* of the services of the new sample: their numbers among the facts */
    size_t services_capacity;
    size_t matches_capacity;
    size_t went_on_capacity;
    size_t lives_capacity;
};

/*
 * Beginning a run
 */

static bool begin_boot(struct ledger_writer *writer, const struct clock_boot *boot,
                       struct failure *why)
{
    sqlite3_stmt *add = writer->statements[ADD_BOOT];
    sqlite3_stmt *find = writer->statements[FIND_BOOT];
    int result;

    database_bind_text(add, ":name", boot->id);
    database_bind(add, ":started_at", boot->started_at);
    if (!database_finish(writer->ledger->db, add, "adding the boot", why)) {
        return false;
    }
    database_bind_text(find, ":name", boot->id);
    result = sqlite3_step(find);
    if (result == SQLITE_ROW) {
        writer->boot_id = sqlite3_column_int64(find, 0);
    }
    return database_end(writer->ledger->db, find, result, "looking the boot up", why);
}

static bool add_run(struct ledger_writer *writer, const struct ledger_run *run, struct failure *why)
{
    static const struct machine_facts unknown = {"", "", "", "", ""};
    const struct machine_facts *machine = run->machine != NULL ? run->machine : &unknown;
    sqlite3_stmt *add = writer->statements[ADD_RUN];

    database_bind_text(add, ":program", run->program);
    database_bind(add, ":pid", run->pid);
    database_bind(add, ":boot", writer->boot_id);
    database_bind(add, ":started_at", run->started_at);
    database_bind(add, ":commit_ms", run->commit);
    database_bind_text(add, ":machine_id", machine->id);
    database_bind_text(add, ":host", machine->host);
    database_bind_text(add, ":domain", machine->domain);
    database_bind_text(add, ":system", machine->system);
    database_bind_text(add, ":zone", machine->zone);
    if (!database_finish(writer->ledger->db, add, "adding the run", why)) {
        return false;
    }
    writer->run_id = sqlite3_last_insert_rowid(writer->ledger->db);
    return true;
}

static bool add_settings(struct ledger_writer *writer, const char *settings, int64_t at,
                         struct failure *why)
{
    sqlite3_stmt *add = writer->statements[ADD_SETTINGS];

    if (settings == NULL) {
        return true;
    }
    database_bind(add, ":run", writer->run_id);
    database_bind(add, ":at", at);
    database_bind_text(add, ":text", settings);
    return database_finish(writer->ledger->db, add, "storing the settings", why);
}

/* A run that did not say its end is about to be given one. */
static bool note_open_run(struct ledger_writer *writer, struct failure *why)
{
    int64_t run;

    return database_run_number(writer->ledger->db,
                               "SELECT id FROM run WHERE ended = 0"
                               " AND id = (SELECT max(id) FROM run)",
                               0, &run, why) &&
           (run == 0 || sealer_note_change(writer->sealer, SEAL_RUN, run, why));
}

/*
 * An interval without an end lasted to the end of its stretch, by definition:
 * so all that a crash left open is closed by ending the stretch.
 */
static bool close_earlier_runs(struct ledger_writer *writer, enum ledger_gap reason,
                               struct failure *why)
{
    sqlite3_stmt *stretches = writer->statements[CLOSE_STRETCHES];
    sqlite3_stmt *runs = writer->statements[CLOSE_RUNS];
    sqlite3_stmt *orphans = writer->statements[ORPHAN_PROCESSES];

    if (!note_open_run(writer, why)) {
        return false;
    }
    database_bind(stretches, ":ended", reason);
    database_bind(runs, ":ended", reason);
    database_bind(orphans, ":across", LEDGER_SPAN_ACROSS);
    database_bind(orphans, ":open", LEDGER_SPAN_OPEN);
    database_bind(orphans, ":boot", writer->boot_id);
    return database_finish(writer->ledger->db, stretches, "closing an earlier stretch", why) &&
           database_finish(writer->ledger->db, runs, "closing an earlier run", why) &&
           database_finish(writer->ledger->db, orphans, "ending processes of another boot", why);
}

static bool reserve_sample(struct sample *sample, size_t sockets, size_t processes,
                           struct failure *why)
{
    if (sockets > sample->open_capacity) {
        size_t capacity = sockets + sockets / 2;
        struct open_interval *open = realloc(sample->open, capacity * sizeof(*open));

        if (open == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu open sockets", capacity);
        }
        sample->open = open;
        sample->open_capacity = capacity;
    }
    if (processes > sample->seen_capacity) {
        size_t capacity = processes + processes / 2;
        struct seen_process *seen = realloc(sample->seen, capacity * sizeof(*seen));

        if (seen == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", capacity);
        }
        sample->seen = seen;
        sample->seen_capacity = capacity;
    }
    return true;
}

static int compare_process_id(const void *key, const void *item)
{
    int64_t id = *(const int64_t *)key;
    const struct ledger_process *process = item;

    return (id > process->id) - (id < process->id);
}

/* What a sample says of the modules; NULL: nothing, as where nobody looked, or a look failed. */
static const struct module_list *told_modules(const struct process_instance *instance)
{
    return instance->modules != NULL && instance->modules->access == MODULES_READ
               ? instance->modules
               : NULL;
}

static const struct module_list *hold_modules(const struct module_list *list)
{
    return list == NULL ? NULL : module_list_hold(list);
}

/*
 * A command line can change without another program being run, and tells the
 * two apart only while we watch.
 */
static bool add_resumed(struct ledger_writer *writer, const struct process_instance *instance,
                        uint32_t *index, struct failure *why)
{
    struct process_instance fields = *instance;
    const struct process_instance *resumed;
    bool ok;

    fields.command_line = NULL;
    resumed = process_instance_make(&fields);
    if (resumed == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a process");
    }
    ok = snapshot_add_process(&writer->before, resumed, index, why);
    process_instance_release(resumed);
    return ok;
}

static bool resume_processes(struct ledger_writer *writer, const struct ledger_stretch_rows *newest,
                             struct ledger_process_list *list, struct failure *why)
{
    for (size_t i = 0; i < list->count; i++) {
        struct ledger_process *process = &list->items[i];
        uint32_t index;

        if (!ledger_rows_add_modules(writer->ledger, newest, newest->stretch.end_at, process,
                                     why) ||
            !add_resumed(writer, process->instance, &index, why)) {
            return false;
        }
        writer->now.seen[index] = (struct seen_process){
            .id = process->id,
            .first_stretch = process->first_stretch,
            .first_seen_at = process->first_seen_at,
            .modules = hold_modules(told_modules(process->instance)),
        };
    }
    return true;
}

static bool resume_sockets(struct ledger_writer *writer, const struct ledger_row_list *rows,
                           const struct ledger_process_list *list, struct failure *why)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct socket_row row = rows->rows[i].socket;
        const struct ledger_process *owner =
            list->count == 0 ? NULL
                             : bsearch(&rows->rows[i].process, list->items, list->count,
                                       sizeof(list->items[0]), compare_process_id);

        if (owner != NULL) {
            row.owner = (uint32_t)(owner - list->items);
            row.pid = owner->instance->pid;
        }
        writer->now.open[writer->before.socket_count] = (struct open_interval){0, 0};
        if (!snapshot_add_socket(&writer->before, &row, why)) {
            return false;
        }
    }
    return true;
}

/* Takes the end of the newest stretch for the sample before the first one of this run. */
static bool resume_sample(struct ledger_writer *writer, const struct ledger_stretch_rows *newest,
                          struct failure *why)
{
    struct ledger_row_list rows = {0};
    struct ledger_process_list processes = {0};
    int64_t end_at = newest->stretch.end_at;
    bool ok = ledger_rows_alive_at(writer->ledger, newest, end_at, &processes, why) &&
              ledger_rows_open_at(writer->ledger, newest, end_at, &rows, why) &&
              reserve_sample(&writer->now, rows.count, processes.count, why) &&
              resume_processes(writer, newest, &processes, why) &&
              resume_sockets(writer, &rows, &processes, why);

    writer->is_resumed = true;
    ledger_row_list_clear(&rows);
    ledger_process_list_clear(&processes);
    return ok;
}

static int64_t greatest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool resume(struct ledger_writer *writer, struct failure *why)
{
    struct ledger_stretch_rows newest;
    bool found;

    if (!ledger_rows_newest(writer->ledger, &newest, &found, why)) {
        return false;
    }
    writer->next_stretch = writer->next_sample = 1;
    writer->next_interval = writer->next_process = 1;
    if (!found) {
        return true;
    }
    writer->stretch = newest.stretch;
    writer->next_stretch = newest.stretch.id + 1;
    writer->next_sample = newest.stretch.last_sample + 1;
    writer->next_interval = greatest(newest.end_interval, newest.first_interval);
    writer->next_process = greatest(newest.end_process, newest.first_process);
    return newest.stretch.boot_id != writer->boot_id || resume_sample(writer, &newest, why);
}

static bool begin_run(struct ledger_writer *writer, const struct ledger_run *run,
                      struct failure *why)
{
    enum ledger_gap reason =
        run->goes_on_after == LEDGER_GAP_NONE ? LEDGER_GAP_CRASHED : run->goes_on_after;
    sqlite3 *db = writer->ledger->db;
    bool ok = database_run(db, "BEGIN IMMEDIATE", why) && sealer_begin(writer->sealer, why) &&
              begin_boot(writer, &run->boot, why) && close_earlier_runs(writer, reason, why) &&
              add_run(writer, run, why) &&
              add_settings(writer, run->settings, run->started_at, why) && resume(writer, why) &&
              sealer_make(writer->sealer, true, why) && database_run(db, "COMMIT", why);

    if (!ok) {
        database_rollback(db);
    }
    sealer_settle(writer->sealer, ok);
    return ok || ledger_name_failure(writer->ledger, why);
}

/* Whose files and names are waited for. */
/* Forgets the sample before. */
static void forget_sample(struct ledger_writer *writer)
{
    for (size_t i = 0; i < writer->before.process_count; i++) {
        module_list_release(writer->now.seen[i].modules);
    }
    snapshot_reset(&writer->before);
}

static void forget_pending(struct ledger_writer *writer)
{
    for (size_t i = 0; i < writer->image_count; i++) {
        image_release(writer->images[i].image);
    }
    for (size_t i = 0; i < writer->account_count; i++) {
        account_release(writer->accounts[i].account);
    }
    writer->image_count = writer->account_count = 0;
}

static void free_writer(struct ledger_writer *writer)
{
    database_finalize_all(writer->statements, STATEMENT_COUNT);
    ledger_facts_close(writer->facts);
    sealer_close(writer->sealer);
    probe_writer_close(writer->probes);
    forget_pending(writer);
    forget_sample(writer);
    snapshot_clear(&writer->before);
    snapshot_diff_clear(&writer->diff);
    hash_index_clear(&writer->index);
    free(writer->now.open);
    free(writer->now.seen);
    free(writer->next.open);
    free(writer->next.seen);
    free(writer->matches);
    free(writer->went_on);
    free(writer->lives);
    free(writer->services);
    free(writer->images);
    free(writer->settings);
    free(writer->accounts);
    free(writer);
}

bool ledger_writer_open(struct ledger_writer **out, struct ledger *ledger,
                        const struct ledger_run *run, struct failure *why)
{
    struct ledger_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the ledger's writer");
    }
    writer->ledger = ledger;
    writer->interval = run->interval;
    writer->commit = run->commit;
    if (!database_prepare_all(ledger->db, statement_sql, STATEMENT_COUNT, writer->statements,
                              why) ||
        !sealer_open(&writer->sealer, ledger, why) ||
        !probe_writer_open(&writer->probes, ledger, why) ||
        !ledger_facts_open(&writer->facts, ledger, why) || !begin_run(writer, run, why)) {
        free_writer(writer);
        return false;
    }
    ledger_facts_set_sealer(writer->facts, writer->sealer);
    ledger_facts_set_probes(writer->facts, writer->probes);
    *out = writer;
    return true;
}

/*
 * Gaps
 */

static void end_stretch(struct ledger_writer *writer, enum ledger_gap reason)
{
    ledger_facts_end_stretch(writer->facts, reason);
    writer->stretch.ended = reason;
    writer->watching = false;
}

bool ledger_writer_gap(struct ledger_writer *writer, enum ledger_gap reason, struct failure *why)
{
    (void)why; /* to end a stretch takes no memory */
    assert(reason > LEDGER_GAP_NONE && reason < LEDGER_GAP_COUNT);
    if (writer->watching) {
        end_stretch(writer, reason);
    }
    return true;
}

bool ledger_writer_set_interval(struct ledger_writer *writer, int64_t interval, struct failure *why)
{
    if (interval == writer->interval) {
        return true;
    }
    writer->interval = interval;
    return ledger_writer_gap(writer, LEDGER_GAP_INTERVAL, why);
}

/* Why the new sample does not belong to the stretch of the one before; LEDGER_GAP_NONE: it does. */
static enum ledger_gap find_gap(const struct ledger_writer *writer, const struct snapshot *sample)
{
    static const enum ledger_gap gaps[] = {
        [SNAPSHOT_GAP_NONE] = LEDGER_GAP_NONE,
        [SNAPSHOT_GAP_CLOCK_SET] = LEDGER_GAP_CLOCK_SET,
        [SNAPSHOT_GAP_ASLEEP] = LEDGER_GAP_ASLEEP,
        [SNAPSHOT_GAP_LATE] = LEDGER_GAP_LATE,
    };
    enum ledger_gap gap = gaps[snapshot_gap_find(&writer->before, sample, writer->interval)];

    if (gap != LEDGER_GAP_NONE) {
        return gap;
    }
    /* Nothing may end at a moment that is sealed: a clock that stood still was set. */
    if (sample->taken_at <= sealer_until(writer->sealer)->at &&
        sealer_until(writer->sealer)->stretch == writer->stretch.id) {
        return LEDGER_GAP_CLOCK_SET;
    }
    if (sample->lacks != writer->before.lacks) {
        return LEDGER_GAP_TABLES;
    }
    return sample->left_out_by != writer->before.left_out_by ? LEDGER_GAP_SETTINGS
                                                             : LEDGER_GAP_NONE;
}

/*
 * Taking a sample in: first all that can fail and changes nothing, then all
 * that changes something and cannot fail.
 */

static uint64_t process_hash(const struct process_instance *instance)
{
    return hash_bytes(instance->pid, &instance->start, sizeof(instance->start));
}

static bool index_processes(struct ledger_writer *writer, struct failure *why)
{
    const struct snapshot *before = &writer->before;

    if (writer->indexed) {
        return true;
    }
    hash_index_reset(&writer->index);
    for (uint32_t i = 0; i < before->process_count; i++) {
        if (!hash_index_add(&writer->index, process_hash(before->processes[i]), i, why)) {
            return false;
        }
    }
    writer->indexed = true;
    return true;
}

static bool may_be_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL || strcmp(a, b) == 0;
}

/*
 * An instance may run one program after the other (exec). Each has a row of
 * its own: what the ledger said of the first one stays true. A process may
 * also name itself anew: where both paths are known, they decide. After a time
 * in which nobody watched, one file may go by two names, as busybox does: there
 * the command lines do not tell, and the names must be equal too.
 */
static bool same_program(const struct process_instance *a, const struct process_instance *b,
                         bool watched)
{
    bool paths_known = a->path != NULL && b->path != NULL;
    bool named_alike = strcmp(a->name, b->name) == 0;

    if (paths_known) {
        named_alike = (named_alike || watched) && strcmp(a->path, b->path) == 0;
    }
    return process_instance_same(a, b) && named_alike &&
           may_be_equal(a->command_line, b->command_line);
}

static bool match_process(struct ledger_writer *writer, const struct process_instance *instance,
                          uint32_t *match, struct failure *why)
{
    const struct snapshot *before = &writer->before;

    *match = NOT_SEEN;
    if (!index_processes(writer, why)) {
        return false;
    }
    for (uint32_t at = hash_index_first(&writer->index, process_hash(instance));
         at != HASH_INDEX_END; at = hash_index_next(&writer->index)) {
        if (writer->lives[at] == PROCESS_WENT &&
            same_program(before->processes[at], instance, !writer->is_resumed)) {
            *match = at;
            return true;
        }
    }
    return true;
}

/* In a quiet sample the same instances stand in the same places. */
static bool match_processes(struct ledger_writer *writer, const struct snapshot *after,
                            struct failure *why)
{
    const struct snapshot *before = &writer->before;

    writer->indexed = false;
    memset(writer->lives, 0, before->process_count);
    for (uint32_t i = 0; i < after->process_count; i++) {
        if (i < before->process_count && before->processes[i] == after->processes[i] &&
            writer->lives[i] == PROCESS_WENT) {
            writer->matches[i] = i;
        } else if (!match_process(writer, after->processes[i], &writer->matches[i], why)) {
            return false;
        }
        if (writer->matches[i] != NOT_SEEN) {
            writer->lives[writer->matches[i]] =
                i < snapshot_running_count(after) ? PROCESS_RUNS : PROCESS_IS_NAMED;
        }
    }
    return true;
}

/* Makes room for `needed` bytes, or items of four bytes, without content. */
static bool reserve_scratch(void **scratch, size_t *capacity, size_t needed, size_t size,
                            struct failure *why)
{
    void *fresh;

    if (needed <= *capacity && *scratch != NULL) {
        return true;
    }
    fresh = realloc(*scratch, (needed + needed / 2 + 64) * size);
    if (fresh == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to compare %zu rows", needed);
    }
    *scratch = fresh;
    *capacity = needed + needed / 2 + 64;
    return true;
}

/* Asks for the numbers by which the facts know the services of the sample. */
static bool number_services(struct ledger_writer *writer, const struct snapshot *after,
                            struct failure *why)
{
    const char *names = text_bytes(&after->service_names);
    void *services = writer->services;
    bool ok = reserve_scratch(&services, &writer->services_capacity, after->service_count,
                              sizeof(*writer->services), why);

    writer->services = services;
    for (size_t i = 0; ok && i < after->service_count; i++) {
        ok = ledger_facts_service(writer->facts, names + after->services[i].name,
                                  after->services[i].basis, &writer->services[i], why);
    }
    return ok;
}

static bool reserve_all_scratch(struct ledger_writer *writer, const struct snapshot *after,
                                struct failure *why)
{
    void *matches = writer->matches;
    void *went_on = writer->went_on;
    void *lives = writer->lives;
    bool ok = reserve_scratch(&matches, &writer->matches_capacity, after->process_count,
                              sizeof(*writer->matches), why) &&
              reserve_scratch(&went_on, &writer->went_on_capacity, writer->before.socket_count,
                              sizeof(*writer->went_on), why) &&
              reserve_scratch(&lives, &writer->lives_capacity, writer->before.process_count,
                              sizeof(*writer->lives), why);

    writer->matches = matches;
    writer->went_on = went_on;
    writer->lives = lives;
    return ok && reserve_sample(&writer->next, after->socket_count, after->process_count, why) &&
           number_services(writer, after, why);
}

/*
 * Whether two paired rows are one fact: the diff compares owners as far as
 * both sides know them, but the ledger also says how well they were known.
 */
static bool same_fact(const struct ledger_writer *writer, const struct socket_row *was,
                      const struct socket_row *is)
{
    if (was->state != is->state || was->attribution != is->attribution) {
        return false;
    }
    if (was->owner == SOCKET_NO_OWNER || is->owner == SOCKET_NO_OWNER) {
        return was->owner == is->owner && was->pid == is->pid;
    }
    return writer->matches[is->owner] == was->owner;
}

/* The row of `before` whose interval a later row goes on with; SNAPSHOT_NO_ROW: none. */
static uint32_t earlier_row(const struct ledger_writer *writer, const struct snapshot *after,
                            size_t i)
{
    uint32_t partner = writer->diff.partner[i];

    if (partner == SNAPSHOT_NO_ROW ||
        !same_fact(writer, &writer->before.sockets[partner], &after->sockets[i])) {
        return SNAPSHOT_NO_ROW;
    }
    return partner;
}

static int module_access_of(const struct process_instance *instance)
{
    return instance->modules == NULL ? MODULES_NOT_READ : instance->modules->access;
}

/* Something that is not always known became known. */
static bool has_more(const struct process_instance *was, const struct process_instance *is)
{
    return (is->access != PROCESS_NOT_OPENED && is->access != was->access) ||
           (is->path != NULL && was->path == NULL) || (is->user != NULL && was->user == NULL) ||
           (is->command_line != NULL && was->command_line == NULL) ||
           (module_access_of(is) != MODULES_NOT_READ &&
            module_access_of(is) != module_access_of(was)) ||
           is->integrity > was->integrity;
}

/* More is known of the instance than was. It never becomes less. */
static bool is_learned(const struct process_instance *was, const struct process_instance *is)
{
    if (was == is) {
        return false;
    }
    return has_more(was, is) || was->denied != is->denied || was->left_out != is->left_out ||
           was->parent_pid != is->parent_pid || was->parent_start != is->parent_start ||
           was->session != is->session;
}

/*
 * Modules that came and went. Both lists are in the order of bases.
 */

static bool same_module(const struct module *a, const struct module *b)
{
    return a->base == b->base && a->size == b->size && a->flags == b->flags &&
           (a->image == b->image || strcmp(a->image->path, b->image->path) == 0);
}

typedef void module_change_fn(void *context, const struct module *module, bool gone);

/* Calls `tell` for each module that only one of the two lists has; without one it only counts. */
static size_t compare_modules(const struct module_list *known, const struct process_instance *is,
                              module_change_fn *tell, void *context)
{
    static const struct module_list none = {.access = MODULES_READ};
    const struct module_list *before = known == NULL ? &none : known;
    const struct module_list *after = told_modules(is);
    size_t changes = 0;
    size_t i = 0;
    size_t k = 0;

    if (after == NULL || before == after) {
        return 0;
    }
    while (i < before->count || k < after->count) {
        const struct module *old = i < before->count ? &before->modules[i] : NULL;
        const struct module *new = k < after->count ? &after->modules[k] : NULL;
        bool gone = new == NULL || (old != NULL && old->base <= new->base);

        if (old != NULL && new != NULL && same_module(old, new)) {
            i++;
            k++;
            continue;
        }
        i += gone ? 1 : 0;
        k += gone ? 0 : 1;
        changes++;
        if (tell != NULL) {
            tell(context, gone ? old : new, gone);
        }
    }
    return changes;
}

/*
 * Facts of images that are waited for.
 */

static bool reserve_pending(struct ledger_writer *writer, size_t more, struct failure *why)
{
    size_t needed = writer->image_count + more;
    size_t capacity = needed + needed / 2 + 64;
    struct pending_image *images;

    if (needed <= writer->image_capacity) {
        return true;
    }
    images = realloc(writer->images, capacity * sizeof(*images));
    if (images == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu files that are read", capacity);
    }
    writer->images = images;
    writer->image_capacity = capacity;
    return true;
}

/* Beyond the bound the ledger will say "not read" of the file. */
static void wait_for_image(struct ledger_writer *writer, int64_t process,
                           const struct module *module, const struct image *image)
{
    if (writer->image_count == MOST_PENDING) {
        return;
    }
    writer->images[writer->image_count++] = (struct pending_image){
        .process = process,
        .image = image_hold(image),
        .module = module == NULL ? (struct module){0} : *module,
        .is_module = module != NULL,
    };
}

static size_t count_known_images(const struct ledger_writer *writer)
{
    size_t known = 0;

    for (size_t i = 0; i < writer->image_count; i++) {
        known += image_facts(writer->images[i].image) != NULL ? 1 : 0;
    }
    return known;
}

/* Tells the facts of up to `most` images that are known now. */
static void take_images(struct ledger_writer *writer, size_t most)
{
    size_t waiting = 0;

    for (size_t i = 0; i < writer->image_count; i++) {
        struct pending_image *pending = &writer->images[i];

        if (most == 0 || image_facts(pending->image) == NULL) {
            writer->images[waiting++] = *pending;
            continue;
        }
        ledger_facts_learn_image(writer->facts, pending->process,
                                 pending->is_module ? &pending->module : NULL, pending->image);
        image_release(pending->image);
        most--;
    }
    writer->image_count = waiting;
}

static bool is_known_account(const struct ledger_writer *writer, const struct account *account)
{
    for (size_t i = 0; i < writer->account_count; i++) {
        if (writer->accounts[i].account == account) {
            return true;
        }
    }
    return false;
}

/* Remembers the accounts of a sample that it has not seen yet. Rarely are there any. */
static bool meet_account(struct ledger_writer *writer, const struct account *account,
                         struct failure *why)
{
    if (account == NULL || writer->account_count == MOST_ACCOUNTS ||
        is_known_account(writer, account)) {
        return true;
    }
    if (writer->account_count == writer->account_capacity) {
        size_t capacity = writer->account_capacity * 2 + 16;
        struct pending_account *accounts = realloc(writer->accounts, capacity * sizeof(*accounts));

        if (accounts == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu accounts", capacity);
        }
        writer->accounts = accounts;
        writer->account_capacity = capacity;
    }
    writer->accounts[writer->account_count++] =
        (struct pending_account){.account = account_hold(account)};
    return true;
}

/* Of the processes whose object is another one than before, the accounts may be new. */
static bool meet_accounts(struct ledger_writer *writer, const struct snapshot *after,
                          struct failure *why)
{
    for (size_t i = 0; i < after->process_count; i++) {
        uint32_t match = writer->matches[i];

        if ((match == NOT_SEEN || writer->before.processes[match] != after->processes[i]) &&
            !meet_account(writer, after->processes[i]->user, why)) {
            return false;
        }
    }
    return true;
}

static bool is_to_be_named(const struct pending_account *pending)
{
    return !pending->told && account_is_settled(pending->account);
}

static size_t count_named_accounts(const struct ledger_writer *writer)
{
    size_t named = 0;

    for (size_t i = 0; i < writer->account_count; i++) {
        named += is_to_be_named(&writer->accounts[i]) ? 1 : 0;
    }
    return named;
}

static void take_accounts(struct ledger_writer *writer, size_t most)
{
    for (size_t i = 0; i < writer->account_count && most > 0; i++) {
        struct pending_account *pending = &writer->accounts[i];

        if (is_to_be_named(pending)) {
            pending->told = true;
            most--;
            if (account_name(pending->account) != NULL) {
                ledger_facts_name_user(writer->facts, pending->account);
            }
        }
    }
}

/* States in which a connection is when it ends. */
static bool is_closing(const struct socket_row *row)
{
    return row->protocol == SOCKET_TCP && row->state >= SOCKET_FIN_WAIT_1;
}

static struct ledger_facts_room count_facts(struct ledger_writer *writer,
                                            const struct snapshot *after, bool new_stretch)
{
    const struct snapshot *before = &writer->before;
    struct ledger_facts_room room = {0};
    size_t going_on = 0;

    for (size_t i = 0; i < after->socket_count; i++) {
        going_on += earlier_row(writer, after, i) != SNAPSHOT_NO_ROW ? 1 : 0;
    }
    room.intervals = after->socket_count - (new_stretch ? 0 : going_on);
    room.closed = new_stretch ? 0 : before->socket_count - going_on;
    for (size_t i = 0; i < after->process_count; i++) {
        uint32_t match = writer->matches[i];

        if (match == NOT_SEEN) {
            room.started++;
        } else if (is_learned(before->processes[match], after->processes[i])) {
            room.learned++;
        }
        room.modules += compare_modules(match == NOT_SEEN ? NULL : writer->now.seen[match].modules,
                                        after->processes[i], NULL, NULL);
    }
    room.gone = before->process_count + after->ended_count;
    room.images = count_known_images(writer);
    room.users = count_named_accounts(writer);
    return room;
}

/* Called while `stretch` is still the one before. */
static void note_gap(struct ledger_writer *writer, const struct snapshot *after, bool new_stretch)
{
    bool first = writer->stretch.id == 0;

    writer->gap = (struct ledger_gap_seen){.reason = LEDGER_GAP_NONE};
    if (new_stretch && !first && !ledger_gap_seamless((int)writer->stretch.ended)) {
        writer->gap.reason = writer->stretch.ended;
        writer->gap.from = writer->stretch.end_at;
        writer->gap.until = after->taken_at;
    }
}

static void begin_stretch(struct ledger_writer *writer, const struct snapshot *after)
{
    writer->stretch = (struct ledger_stretch){
        .id = writer->next_stretch++,
        .run_id = writer->run_id,
        .begin_at = after->taken_at,
        .end_at = after->taken_at,
        .first_sample = writer->next_sample,
        .last_sample = writer->next_sample,
        .interval = writer->interval,
        .boot_id = writer->boot_id,
        .ended = LEDGER_GAP_NONE,
        .lacks = after->lacks,
    };
    writer->watching = true;
    ledger_facts_begin_stretch(writer->facts, &writer->stretch, writer->next_interval,
                               writer->next_process);
}

/* What tell_module() needs to know. */
struct module_teller {
    struct ledger_writer *writer;
    int64_t process;
    int64_t at;
};

static void tell_module(void *context, const struct module *module, bool gone)
{
    struct module_teller *teller = context;
    struct ledger_fact_module fact = {
        .process = teller->process,
        .stretch = teller->writer->stretch.id,
        .at = teller->at,
        .gone = gone,
        .module = module,
    };

    ledger_facts_change_module(teller->writer->facts, &fact);
    if (!gone) {
        wait_for_image(teller->writer, teller->process, module, module->image);
    }
}

/* What an instance has that it had not before (`was` NULL: all of it). */
static void take_files(struct ledger_writer *writer, struct seen_process *seen,
                       const struct process_instance *was, const struct process_instance *is,
                       int64_t at)
{
    struct module_teller teller = {writer, seen->id, at};
    const struct module_list *told = told_modules(is);

    if (is->image != NULL && (was == NULL || was->image == NULL)) {
        wait_for_image(writer, seen->id, NULL, is->image);
    }
    compare_modules(seen->modules, is, tell_module, &teller);
    if (told != NULL && told != seen->modules) {
        module_list_release(seen->modules);
        seen->modules = module_list_hold(told);
    }
}

/* `stretch_before` is the one that the sample before belongs to. */
static void end_process(struct ledger_writer *writer, const struct seen_process *seen,
                        int64_t stretch_before, int64_t taken_at)
{
    struct ledger_fact_gone gone = {
        .id = seen->id,
        .stretch = stretch_before,
        .within = stretch_before == writer->stretch.id,
        .gone_at = taken_at,
        .span = LEDGER_SPAN_ACROSS,
    };

    if (gone.within && seen->first_stretch == stretch_before) {
        gone.span = ledger_span_of(taken_at - seen->first_seen_at);
    }
    ledger_facts_end_process(writer->facts, &gone);
}

static struct seen_process start_process(struct ledger_writer *writer, int64_t taken_at,
                                         const struct process_instance *instance)
{
    struct seen_process seen = {writer->next_process++, writer->stretch.id, taken_at, NULL};

    ledger_facts_start_process(writer->facts, seen.id, seen.first_stretch, taken_at, instance);
    return seen;
}

static void take_processes(struct ledger_writer *writer, const struct snapshot *after,
                           int64_t stretch_before)
{
    const struct snapshot *before = &writer->before;

    for (size_t i = 0; i < before->process_count; i++) {
        if (i < snapshot_running_count(before) && writer->lives[i] != PROCESS_RUNS) {
            end_process(writer, &writer->now.seen[i], stretch_before, after->taken_at);
        }
        if (writer->lives[i] == PROCESS_WENT) {
            module_list_release(writer->now.seen[i].modules);
        }
    }
    for (size_t i = 0; i < after->process_count; i++) {
        uint32_t match = writer->matches[i];

        if (match == NOT_SEEN) {
            writer->next.seen[i] = start_process(writer, after->taken_at, after->processes[i]);
            take_files(writer, &writer->next.seen[i], NULL, after->processes[i], after->taken_at);
            if (i >= snapshot_running_count(after)) { /* whose sockets are all that we ever saw */
                end_process(writer, &writer->next.seen[i], writer->stretch.id, after->taken_at);
            }
            continue;
        }
        writer->next.seen[i] = writer->now.seen[match];
        take_files(writer, &writer->next.seen[i], before->processes[match], after->processes[i],
                   after->taken_at);
        if (is_learned(before->processes[match], after->processes[i])) {
            ledger_facts_learn_process(writer->facts, writer->now.seen[match].id,
                                       after->processes[i]);
        }
    }
}

/* How the interval of a row begins. `earlier` is the row before that it goes on with. */
static enum ledger_opening opening_of(const struct ledger_writer *writer,
                                      const struct snapshot *after, size_t i, uint32_t earlier,
                                      bool new_stretch)
{
    if (earlier != SNAPSHOT_NO_ROW) {
        return LEDGER_CONTINUED;
    }
    return !new_stretch && writer->diff.partner[i] == SNAPSHOT_NO_ROW &&
                   is_closing(&after->sockets[i])
               ? LEDGER_CLOSING
               : LEDGER_OPENED;
}

static struct open_interval open_interval(struct ledger_writer *writer,
                                          const struct snapshot *after, size_t i,
                                          enum ledger_opening opening)
{
    const struct socket_row *row = &after->sockets[i];
    struct ledger_fact_interval fact = {
        .id = writer->next_interval++,
        .opened_at = after->taken_at,
        .process = row->owner == SOCKET_NO_OWNER ? 0 : writer->next.seen[row->owner].id,
        .service = row->service == SOCKET_NO_SERVICE ? 0 : writer->services[row->service - 1],
        .opening = opening,
        .socket = row,
    };

    writer->stretch.missed += opening == LEDGER_CLOSING ? 1 : 0;
    writer->changes++;
    ledger_facts_open_interval(writer->facts, &fact);
    return (struct open_interval){fact.id, fact.opened_at};
}

/* The intervals of the stretch before were cut with it; what goes on begins anew. */
static void take_sockets(struct ledger_writer *writer, const struct snapshot *after,
                         bool new_stretch)
{
    memset(writer->went_on, 0, writer->before.socket_count);
    for (size_t i = 0; i < after->socket_count; i++) {
        uint32_t earlier = earlier_row(writer, after, i);

        if (earlier == SNAPSHOT_NO_ROW || new_stretch) {
            writer->next.open[i] =
                open_interval(writer, after, i, opening_of(writer, after, i, earlier, new_stretch));
        } else {
            writer->next.open[i] = writer->now.open[earlier];
            writer->went_on[earlier] = 1;
        }
    }
    for (size_t i = 0; i < writer->before.socket_count && !new_stretch; i++) {
        if (writer->went_on[i] == 0) {
            writer->changes++;
            ledger_facts_close_interval(writer->facts, writer->now.open[i].id,
                                        after->taken_at - writer->now.open[i].opened_at);
        }
    }
}

static void note_left_out(struct ledger_stretch *stretch, const struct snapshot *sample)
{
    stretch->left_out_processes = greatest(stretch->left_out_processes, sample->left_out_processes);
    stretch->left_out_sockets = greatest(stretch->left_out_sockets, sample->left_out_sockets);
}

static void take_sample(struct ledger_writer *writer, struct snapshot *after,
                        const struct ledger_facts_room *room, bool new_stretch, enum ledger_gap gap)
{
    int64_t stretch_before = writer->stretch.id;
    struct sample now = writer->now;

    if (gap != LEDGER_GAP_NONE) {
        end_stretch(writer, gap);
    }
    note_gap(writer, after, new_stretch);
    if (new_stretch) {
        begin_stretch(writer, after);
    }
    writer->stretch.end_at = after->taken_at;
    writer->stretch.last_sample = writer->next_sample++;
    take_processes(writer, after, stretch_before);
    take_sockets(writer, after, new_stretch);
    note_left_out(&writer->stretch, after);
    ledger_facts_extend_stretch(writer->facts, &writer->stretch);
    take_images(writer, room->images);
    take_accounts(writer, room->users);
    writer->now = writer->next;
    writer->next = now;
    snapshot_swap(&writer->before, after);
    writer->is_resumed = false;
}

bool ledger_writer_add(struct ledger_writer *writer, struct snapshot *snapshot, struct failure *why)
{
    enum ledger_gap gap = writer->watching ? find_gap(writer, snapshot) : LEDGER_GAP_NONE;
    bool new_stretch = !writer->watching || gap != LEDGER_GAP_NONE;
    struct ledger_facts_room room;

    if (writer->losing) {
        return true;
    }
    if (!snapshot_diff_make(&writer->diff, &writer->before, snapshot, why) ||
        !reserve_all_scratch(writer, snapshot, why) || !match_processes(writer, snapshot, why)) {
        return false;
    }
    room = count_facts(writer, snapshot, new_stretch);
    if (!meet_accounts(writer, snapshot, why) ||
        !reserve_pending(writer, room.modules + snapshot->process_count, why) ||
        !ledger_facts_reserve(writer->facts, &room, why)) {
        return false;
    }
    take_sample(writer, snapshot, &room, new_stretch, gap);
    return true;
}

bool ledger_writer_gap_seen(const struct ledger_writer *writer, struct ledger_gap_seen *gap)
{
    *gap = writer->gap;
    return gap->reason != LEDGER_GAP_NONE;
}

void ledger_writer_set_commit(struct ledger_writer *writer, int64_t commit)
{
    writer->commit_changed = writer->commit_changed || commit != writer->commit;
    writer->commit = commit;
}

/* Inside a transaction: the row as it was is sealed, it may be. */
static bool change_run(struct ledger_writer *writer, enum statement which, const char *doing,
                       struct failure *why)
{
    return sealer_note_change(writer->sealer, SEAL_RUN, writer->run_id, why) &&
           database_finish(writer->ledger->db, writer->statements[which], doing, why);
}

static bool store_commit_time(struct ledger_writer *writer, struct failure *why)
{
    sqlite3_stmt *set = writer->statements[SET_COMMIT];
    sqlite3 *db = writer->ledger->db;

    if (!writer->commit_changed) {
        return true;
    }
    database_bind(set, ":commit_ms", writer->commit);
    database_bind(set, ":id", writer->run_id);
    if (!database_run(db, "BEGIN IMMEDIATE", why) ||
        !change_run(writer, SET_COMMIT, "storing how often to commit", why) ||
        !database_run(db, "COMMIT", why)) {
        database_rollback(db);
        return ledger_name_failure(writer->ledger, why);
    }
    writer->commit_changed = false;
    return true;
}

bool ledger_writer_set_settings(struct ledger_writer *writer, const char *settings,
                                struct failure *why)
{
    char *copy = text_copy(settings);

    if (copy == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the settings");
    }
    free(writer->settings);
    writer->settings = copy;
    writer->settings_at = clock_now();
    return true;
}

bool ledger_writer_add_past_settings(const struct ledger_writer *writer, struct text *settings,
                                     struct failure *why)
{
    sqlite3_stmt *find = writer->statements[PAST_SETTINGS];
    int result;

    database_bind(find, ":run", writer->run_id);
    result = sqlite3_step(find);
    if (result == SQLITE_ROW) {
        text_add(settings, database_column_text(find, 0));
    }
    return (database_end(writer->ledger->db, find, result, "reading the settings of before", why) &&
            text_ok(settings, why)) ||
           ledger_name_failure(writer->ledger, why);
}

static bool store_settings(struct ledger_writer *writer, struct failure *why)
{
    if (!add_settings(writer, writer->settings, writer->settings_at, why)) {
        return ledger_name_failure(writer->ledger, why);
    }
    free(writer->settings);
    writer->settings = NULL;
    return true;
}

/* What local time is, as far as it changed: summer time, or a machine that travels. */
static bool store_zone_offset(struct ledger_writer *writer, struct failure *why)
{
    sqlite3_stmt *add = writer->statements[ADD_ZONE_OFFSET];
    int64_t at = writer->stretch.end_at;
    int offset = clock_zone_offset(at);

    if (writer->stretch.id == 0 || (writer->zone_known && offset == writer->zone_offset)) {
        return true;
    }
    database_bind(add, ":run", writer->run_id);
    database_bind(add, ":at", at);
    database_bind(add, ":seconds", offset);
    if (!database_finish(writer->ledger->db, add, "storing the time zone", why)) {
        return ledger_name_failure(writer->ledger, why);
    }
    writer->zone_offset = offset;
    writer->zone_known = true;
    return true;
}

void ledger_writer_drop(struct ledger_writer *writer)
{
    ledger_facts_drop(writer->facts);
    forget_pending(writer);
    forget_sample(writer);
    writer->stretch = (struct ledger_stretch){.id = 0};
    writer->gap.reason = LEDGER_GAP_NONE;
    writer->watching = false;
    writer->losing = true;
}

bool ledger_writer_is_losing(const struct ledger_writer *writer)
{
    return writer->losing;
}

static bool end_lost_stretch(struct ledger_writer *writer, struct failure *why)
{
    sqlite3_stmt *stretches = writer->statements[CLOSE_STRETCHES];

    database_bind(stretches, ":ended", LEDGER_GAP_LOST);
    return database_finish(writer->ledger->db, stretches, "ending the lost stretch", why);
}

/* To go on after a loss is what a service does that begins: with what is in the ledger. */
static bool take_up_again(struct ledger_writer *writer, struct failure *why)
{
    sqlite3 *db = writer->ledger->db;
    bool ok;

    snapshot_reset(&writer->before);
    ok = database_run(db, "BEGIN IMMEDIATE", why) &&
         ledger_facts_check_hold(writer->facts, writer->run_id, why) &&
         end_lost_stretch(writer, why) && resume(writer, why) && database_run(db, "COMMIT", why);
    if (!ok) {
        database_rollback(db);
        return ledger_name_failure(writer->ledger, why);
    }
    writer->losing = false;
    return true;
}

bool ledger_writer_commit(struct ledger_writer *writer, struct failure *why)
{
    return (!writer->losing || take_up_again(writer, why)) &&
           ledger_facts_commit(writer->facts, why) && store_commit_time(writer, why) &&
           store_settings(writer, why) && store_zone_offset(writer, why);
}

struct probe_writer *ledger_writer_probes(struct ledger_writer *writer)
{
    return writer->probes;
}

void ledger_writer_look_at_seals(const struct ledger_writer *writer, struct sealer_state *state)
{
    sealer_look(writer->sealer, state);
}

int64_t ledger_writer_changes(const struct ledger_writer *writer)
{
    return writer->changes;
}

size_t ledger_writer_waiting(const struct ledger_writer *writer)
{
    return ledger_facts_waiting(writer->facts);
}

/* All that there is, the end of the run included, is sealed with it. */
static bool end_run(struct ledger_writer *writer, enum ledger_gap reason, struct failure *why)
{
    sqlite3_stmt *end = writer->statements[END_RUN];
    sqlite3 *db = writer->ledger->db;
    bool ok;

    database_bind(end, ":ended", reason);
    database_bind(end, ":id", writer->run_id);
    ok = database_run(db, "BEGIN IMMEDIATE", why) &&
         change_run(writer, END_RUN, "ending the run", why) &&
         sealer_make(writer->sealer, true, why) && database_run(db, "COMMIT", why);
    if (!ok) {
        database_rollback(db);
    }
    sealer_settle(writer->sealer, ok);
    return ok || ledger_name_failure(writer->ledger, why);
}

/* What became known since the newest sample. */
static bool take_the_rest(struct ledger_writer *writer, struct failure *why)
{
    struct ledger_facts_room room = {
        .images = count_known_images(writer),
        .users = count_named_accounts(writer),
    };

    if (!ledger_facts_reserve(writer->facts, &room, why)) {
        return false;
    }
    take_images(writer, room.images);
    take_accounts(writer, room.users);
    return true;
}

/* Of what the jobs found a commit writes only so much. */
static bool commit_all(struct ledger_writer *writer, struct failure *why)
{
    bool ok = ledger_writer_commit(writer, why);

    while (ok && ledger_facts_probes_wait(writer->facts)) {
        ok = ledger_writer_commit(writer, why);
    }
    return ok;
}

bool ledger_writer_finish(struct ledger_writer *writer, enum ledger_gap reason, struct failure *why)
{
    writer->finished = true;
    return take_the_rest(writer, why) && ledger_writer_gap(writer, reason, why) &&
           commit_all(writer, why) && end_run(writer, reason, why);
}

bool ledger_writer_close(struct ledger_writer *writer, enum ledger_gap reason, struct failure *why)
{
    bool ok;

    if (writer == NULL) {
        return true;
    }
    ok = writer->finished || ledger_writer_finish(writer, reason, why);
    free_writer(writer);
    return ok;
}
