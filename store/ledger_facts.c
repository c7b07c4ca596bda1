/* SPDX-License-Identifier: MIT */

#include "store/ledger_facts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_schema.h"

/* All SQL of this module. Statements are prepared with the facts and kept. */
enum statement {
    ADD_STRETCH,
    EXTEND_STRETCH,
    FIND_TEXT,
    ADD_TEXT,
    FIND_USER,
    ADD_USER,
    FIND_UNNAMED,
    NAME_USER,
    FIND_SERVICE,
    ADD_SERVICE,
    FIND_IMAGE,
    ADD_IMAGE,
    ADD_PROCESS,
    LEARN_PROCESS,
    END_PROCESS,
    SET_PROCESS_IMAGE,
    ADD_MODULE,
    FIND_MODULE,
    END_MODULE,
    FIND_MODULES_WITHOUT,
    SET_MODULE_IMAGE,
    ADD_INTERVAL,
    ADD_INTERVALS,
    CLOSE_INTERVAL,
    NEWEST_RUN,
    STATEMENT_COUNT,
};

#define WHERE_MODULE                                                                               \
    " WHERE process = :process AND path = :path AND base = :base AND size = :size"                 \
    " AND flags = :flags AND last_stretch IS NULL"
#define WHERE_MODULE_WITHOUT                                                                       \
    " WHERE process = :process AND path = :path AND base = :base AND image IS NULL"

/*
 * Intervals are by far the most. INTERVALS_AT_ONCE are added by one statement, as long as there are
 * so many: to begin one takes a quarter as long as to add a row with all its indexes. FAIL spares
 * SQLite a journal for the statement: if one fails, the transaction is undone anyway.
 */
#define ADD_TO_INTERVAL                                                                            \
    "INSERT OR FAIL INTO interval (id, opened_at, lasted, kind, local_address, local_port,"        \
    "                              remote_address, remote_port, process, pid, age, service)"       \
    " VALUES "
#define ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define ROWS_4 ROW ", " ROW ", " ROW ", " ROW
#define ROWS_8 ROWS_4 ", " ROWS_4

static const char *const statement_sql[STATEMENT_COUNT] = {
    [ADD_STRETCH] = "INSERT INTO stretch (id, run, begin_at, end_at, first_sample, last_sample,"
                    "                     interval_ms, ended, lacks, missed, left_out,"
                    "                     left_out_sockets, first_interval, first_process)"
                    " VALUES (:id, :run, :begin_at, :end_at, :first_sample, :last_sample,"
                    "         :interval_ms, :ended, :lacks, :missed, :left_out,"
                    "         :left_out_sockets, :first_interval, :first_process)",
    [EXTEND_STRETCH] =
        "UPDATE stretch SET end_at = :end_at, last_sample = :last_sample, ended = :ended,"
        "                   missed = :missed, left_out = :left_out,"
        "                   left_out_sockets = :left_out_sockets"
        " WHERE id = :id",

    /* The index has no regard for case, the comparison behind it has. */
    [FIND_TEXT] = "SELECT id FROM text WHERE text = :text COLLATE NOCASE AND text = :text",
    [ADD_TEXT] = "INSERT INTO text (text) VALUES (:text)",

    [FIND_USER] = "SELECT id FROM user WHERE sid = :sid",
    [ADD_USER] = "INSERT INTO user (sid, name) VALUES (:sid, :name)",
    /* An account that gets another name keeps the one by which it was known first. */
    [FIND_UNNAMED] = "SELECT id FROM user WHERE sid = :sid AND name IS NULL",
    [NAME_USER] = "UPDATE user SET name = :name WHERE sid = :sid AND name IS NULL",

    [FIND_SERVICE] = "SELECT id FROM service WHERE name = :name AND basis = :basis",
    [ADD_SERVICE] = "INSERT INTO service (name, basis) VALUES (:name, :basis)",

    /* Version, company and build id follow from the content. */
    [FIND_IMAGE] = "SELECT id FROM image WHERE path = :path AND volume = :volume AND file = :file"
                   " AND size = :size AND written_at = :written_at AND status = :status"
                   " AND sha256 IS :sha256 AND verdict IS :verdict AND signature IS :signature"
                   " AND signer IS :signer",
    [ADD_IMAGE] = "INSERT INTO image (path, volume, file, size, written_at, status, taken_at,"
                  "                   sha256, version, company, build_id, verdict, signature,"
                  "                   signer)"
                  " VALUES (:path, :volume, :file, :size, :written_at, :status, :taken_at,"
                  "         :sha256, :version, :company, :build_id, :verdict, :signature, :signer)",

    [ADD_PROCESS] =
        "INSERT INTO process (id, boot, pid, start, started_at, parent_pid, parent_start, session,"
        "                     name, path, access, integrity, denied, left_out, user, modules,"
        "                     command_line, first_stretch, first_seen_at, span)"
        " VALUES (:id, (SELECT run.boot FROM stretch JOIN run ON run.id = stretch.run"
        "               WHERE stretch.id = :stretch),"
        "         :pid, :start, :started_at, :parent_pid, :parent_start, :session,"
        "         :name, :path, :access, :integrity, :denied, :left_out, :user, :modules,"
        "         :command_line, :stretch, :seen_at, :span)",

    /* What is not known this time was known before, or never; what was known stays as it was:
     * verification holds it against what was sealed (learned[] in seal_facts.c). */
    [LEARN_PROCESS] =
        "UPDATE process SET parent_pid = CASE parent_pid WHEN 0 THEN :parent_pid"
        "                                ELSE parent_pid END,"
        "                   parent_start = CASE WHEN parent_start = 0"
        "                                       AND parent_pid IN (0, :parent_pid)"
        "                                  THEN :parent_start ELSE parent_start END,"
        "                   session = CASE session WHEN 0 THEN :session ELSE session END,"
        "                   path = coalesce(path, :path),"
        "                   access = CASE :access WHEN 0 THEN access ELSE :access END,"
        "                   integrity = max(integrity, :integrity),"
        "                   denied = :denied, left_out = :left_out,"
        "                   user = coalesce(user, :user),"
        "                   modules = CASE :modules WHEN 0 THEN modules"
        "                             ELSE :modules END,"
        "                   command_line = coalesce(command_line, :command_line)"
        " WHERE id = :id",
    [END_PROCESS] = "UPDATE process SET last_stretch = :stretch, gone_at = :gone_at, span = :span"
                    " WHERE id = :id",

    [SET_PROCESS_IMAGE] = "UPDATE process SET image = :image WHERE id = :process"
                          " AND image IS NULL",

    [ADD_MODULE] = "INSERT INTO module (process, path, base, size, flags, first_stretch,"
                   "                    first_seen_at)"
                   " VALUES (:process, :path, :base, :size, :flags, :stretch, :at)",

    /* Of the modules of a process that are there no two are alike in all of these. */
    [FIND_MODULE] = "SELECT id FROM module" WHERE_MODULE,
    [END_MODULE] = "UPDATE module SET last_stretch = :stretch, gone_at = :at" WHERE_MODULE,

    /* Also of one that has gone meanwhile; one that came back has a row of its own. */
    [FIND_MODULES_WITHOUT] = "SELECT id FROM module" WHERE_MODULE_WITHOUT,
    [SET_MODULE_IMAGE] = "UPDATE module SET image = :image" WHERE_MODULE_WITHOUT,

    [ADD_INTERVAL] = ADD_TO_INTERVAL ROW,
    [ADD_INTERVALS] = ADD_TO_INTERVAL ROWS_8 ", " ROWS_8 ", " ROWS_8 ", " ROWS_8,
    [CLOSE_INTERVAL] = "UPDATE interval SET lasted = ?2 WHERE id = ?1",
    [NEWEST_RUN] = "SELECT max(id) FROM run",
};

/*
 * The parameters of a row of ADD_INTERVAL and ADD_INTERVALS have numbers and no names: to look
 * names up would take longer than SQLite takes for the row.
 */
enum interval_parameter {
    AT_ID = 1,
    AT_OPENED_AT,
    AT_LASTED,
    AT_KIND,
    AT_LOCAL_ADDRESS,
    AT_LOCAL_PORT,
    AT_REMOTE_ADDRESS,
    AT_REMOTE_PORT,
    AT_PROCESS,
    AT_PID,
    AT_AGE,
    AT_SERVICE,
    INTERVAL_PARAMETERS = AT_SERVICE,
    INTERVALS_AT_ONCE = 32,
};

/* Likewise of CLOSE_INTERVAL. */
enum close_parameter {
    CLOSE_ID = 1,
    CLOSE_LASTED,
};

struct stretch_fact {
    struct ledger_stretch stretch;
    int64_t first_interval;
    int64_t first_process;
    bool stored;  /* the row is there, and only needs its end */
    bool changed; /* since the last commit */
};

struct interval_fact {
    int64_t id;
    int64_t opened_at;
    int64_t duration; /* -1: it goes on */
    int64_t process;
    struct socket_row socket;
    uint32_t service; /* number in `services`; 0: none */
    uint8_t opening;  /* enum ledger_opening */
};

struct closed_fact {
    int64_t id;
    int64_t duration;
};

struct process_fact {
    int64_t id;
    int64_t stretch;
    int64_t seen_at;
    const struct process_instance *instance; /* a reference */
};

struct module_fact {
    int64_t process;
    int64_t stretch;
    int64_t at;
    struct module module; /* with a reference of its image */
    bool gone;
};

struct image_fact {
    int64_t process;
    uint64_t base; /* of a module */
    bool is_module;
    const struct image *image; /* a reference */
};

struct user_fact {
    const struct account *account; /* a reference */
};

/* A service that facts refer to. Found in the ledger when it is first written. */
struct service_fact {
    char *name;
    int basis;
    int64_t id; /* 0: not looked up yet */
};

/* An array of facts of one kind, in the order in which they came. */
struct fact_list {
    void *items;
    size_t count;
    size_t capacity;
};

/* They are written in this order: a row is there before another refers to it. */
enum list {
    STRETCHES,
    STARTED,
    LEARNED,
    GONE,
    MODULES,
    IMAGES,
    USERS,
    INTERVALS,
    CLOSED,
    LIST_COUNT,
};

static const size_t item_sizes[LIST_COUNT] = {
    [STRETCHES] = sizeof(struct stretch_fact), [INTERVALS] = sizeof(struct interval_fact),
    [CLOSED] = sizeof(struct closed_fact),     [STARTED] = sizeof(struct process_fact),
    [LEARNED] = sizeof(struct process_fact),   [GONE] = sizeof(struct ledger_fact_gone),
    [MODULES] = sizeof(struct module_fact),    [IMAGES] = sizeof(struct image_fact),
    [USERS] = sizeof(struct user_fact),
};

enum {
    KEPT_CAPACITY = 4096, /* facts: what a larger backlog took is given back */
    KEPT_SERVICES = 1024, /* names: forgotten after a commit where there are more */
};

struct ledger_facts {
    struct ledger *ledger;
    struct sealer *sealer;       /* lent; NULL: nothing is sealed */
    struct probe_writer *probes; /* lent; NULL: none */
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct fact_list lists[LIST_COUNT];
    struct service_fact *services; /* number 1 is the first */
    size_t service_count;
    size_t service_capacity;
};

bool ledger_facts_open(struct ledger_facts **out, struct ledger *ledger, struct failure *why)
{
    struct ledger_facts *facts = calloc(1, sizeof(*facts));

    if (facts == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the ledger's writer");
    }
    facts->ledger = ledger;
    if (!database_prepare_all(ledger->db, statement_sql, STATEMENT_COUNT, facts->statements, why)) {
        ledger_facts_close(facts);
        return ledger_name_failure(ledger, why);
    }
    *out = facts;
    return true;
}

void ledger_facts_set_probes(struct ledger_facts *facts, struct probe_writer *probes)
{
    facts->probes = probes;
}

void ledger_facts_set_sealer(struct ledger_facts *facts, struct sealer *sealer)
{
    facts->sealer = sealer;
}

static void empty_list(struct fact_list *list)
{
    list->count = 0;
    if (list->capacity > KEPT_CAPACITY) {
        free(list->items);
        *list = (struct fact_list){0};
    }
}

static void release_processes(const struct fact_list *list)
{
    const struct process_fact *processes = list->items;

    for (size_t i = 0; i < list->count; i++) {
        process_instance_release(processes[i].instance);
    }
}

static void release_modules(const struct fact_list *list)
{
    const struct module_fact *modules = list->items;

    for (size_t i = 0; i < list->count; i++) {
        image_release(modules[i].module.image);
    }
}

static void release_images(const struct fact_list *list)
{
    const struct image_fact *images = list->items;

    for (size_t i = 0; i < list->count; i++) {
        image_release(images[i].image);
    }
}

static void release_users(const struct fact_list *list)
{
    const struct user_fact *users = list->items;

    for (size_t i = 0; i < list->count; i++) {
        account_release(users[i].account);
    }
}

/* Gives back what the facts refer to; the lists are emptied by the caller. */
static void release_references(const struct ledger_facts *facts)
{
    release_processes(&facts->lists[STARTED]);
    release_processes(&facts->lists[LEARNED]);
    release_modules(&facts->lists[MODULES]);
    release_images(&facts->lists[IMAGES]);
    release_users(&facts->lists[USERS]);
}

/* What was added to the ledger was rolled back: it is looked up anew. */
static void lose_services(struct ledger_facts *facts)
{
    for (size_t i = 0; i < facts->service_count; i++) {
        facts->services[i].id = 0;
    }
}

static void forget_services(struct ledger_facts *facts)
{
    for (size_t i = 0; i < facts->service_count; i++) {
        free(facts->services[i].name);
    }
    facts->service_count = 0;
}

void ledger_facts_close(struct ledger_facts *facts)
{
    if (facts == NULL) {
        return;
    }
    database_finalize_all(facts->statements, STATEMENT_COUNT);
    release_references(facts);
    for (int i = 0; i < LIST_COUNT; i++) {
        free(facts->lists[i].items);
    }
    forget_services(facts);
    free(facts->services);
    free(facts);
}

static bool reserve(struct ledger_facts *facts, enum list which, size_t more, struct failure *why)
{
    struct fact_list *list = &facts->lists[which];
    size_t needed = list->count + more;
    size_t capacity = needed + needed / 2 + 16;
    void *items;

    if (needed <= list->capacity) {
        return true;
    }
    items = realloc(list->items, capacity * item_sizes[which]);
    if (items == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu facts of the ledger", capacity);
    }
    list->items = items;
    list->capacity = capacity;
    return true;
}

bool ledger_facts_reserve(struct ledger_facts *facts, const struct ledger_facts_room *room,
                          struct failure *why)
{
    return reserve(facts, STRETCHES, 1, why) && reserve(facts, INTERVALS, room->intervals, why) &&
           reserve(facts, CLOSED, room->closed, why) &&
           reserve(facts, STARTED, room->started, why) &&
           reserve(facts, LEARNED, room->learned, why) && reserve(facts, GONE, room->gone, why) &&
           reserve(facts, MODULES, room->modules, why) &&
           reserve(facts, IMAGES, room->images, why) && reserve(facts, USERS, room->users, why);
}

/* The place of one more item, for which there is room. */
static void *append(struct ledger_facts *facts, enum list which)
{
    struct fact_list *list = &facts->lists[which];

    assert(list->count < list->capacity);
    return (char *)list->items + item_sizes[which] * list->count++;
}

void ledger_facts_begin_stretch(struct ledger_facts *facts, const struct ledger_stretch *stretch,
                                int64_t first_interval, int64_t first_process)
{
    struct stretch_fact *fact = append(facts, STRETCHES);

    *fact = (struct stretch_fact){
        .stretch = *stretch,
        .first_interval = first_interval,
        .first_process = first_process,
        .changed = true,
    };
}

static struct stretch_fact *newest_stretch(struct ledger_facts *facts)
{
    struct fact_list *list = &facts->lists[STRETCHES];
    struct stretch_fact *stretches = list->items;

    assert(list->count > 0);
    return &stretches[list->count - 1];
}

void ledger_facts_extend_stretch(struct ledger_facts *facts, const struct ledger_stretch *stretch)
{
    struct stretch_fact *fact = newest_stretch(facts);

    fact->stretch.end_at = stretch->end_at;
    fact->stretch.last_sample = stretch->last_sample;
    fact->stretch.missed = stretch->missed;
    fact->stretch.left_out_processes = stretch->left_out_processes;
    fact->stretch.left_out_sockets = stretch->left_out_sockets;
    fact->changed = true;
}

static bool reserve_service(struct ledger_facts *facts, struct failure *why)
{
    size_t capacity = facts->service_capacity * 2 + 16;
    struct service_fact *services;

    if (facts->service_count < facts->service_capacity) {
        return true;
    }
    services = realloc(facts->services, capacity * sizeof(*services));
    if (services == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu services", capacity);
    }
    facts->services = services;
    facts->service_capacity = capacity;
    return true;
}

bool ledger_facts_service(struct ledger_facts *facts, const char *name, int basis, uint32_t *number,
                          struct failure *why)
{
    char *copy;

    for (size_t i = 0; i < facts->service_count; i++) {
        if (facts->services[i].basis == basis && strcmp(facts->services[i].name, name) == 0) {
            *number = (uint32_t)i + 1;
            return true;
        }
    }
    if (!reserve_service(facts, why)) {
        return false;
    }
    copy = text_copy(name);
    if (copy == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the name of a service");
    }
    facts->services[facts->service_count] = (struct service_fact){.name = copy, .basis = basis};
    *number = (uint32_t)++facts->service_count;
    return true;
}

void ledger_facts_end_stretch(struct ledger_facts *facts, enum ledger_gap reason)
{
    struct stretch_fact *fact = newest_stretch(facts);

    fact->stretch.ended = reason;
    fact->changed = true;
}

void ledger_facts_open_interval(struct ledger_facts *facts,
                                const struct ledger_fact_interval *interval)
{
    struct interval_fact *fact = append(facts, INTERVALS);

    *fact = (struct interval_fact){
        .id = interval->id,
        .opened_at = interval->opened_at,
        .duration = -1,
        .process = interval->process,
        .socket = *interval->socket,
        .service = interval->service,
        .opening = (uint8_t)interval->opening,
    };
}

/* One that waits itself is closed there: most sockets live for less than a commit. */
void ledger_facts_close_interval(struct ledger_facts *facts, int64_t id, int64_t duration)
{
    const struct fact_list *list = &facts->lists[INTERVALS];
    struct interval_fact *waiting = list->items;

    if (list->count > 0 && id >= waiting[0].id) {
        assert(waiting[id - waiting[0].id].id == id);
        waiting[id - waiting[0].id].duration = duration;
    } else {
        *(struct closed_fact *)append(facts, CLOSED) = (struct closed_fact){id, duration};
    }
}

void ledger_facts_start_process(struct ledger_facts *facts, int64_t id, int64_t stretch,
                                int64_t seen_at, const struct process_instance *instance)
{
    struct process_fact *fact = append(facts, STARTED);

    *fact = (struct process_fact){id, stretch, seen_at, process_instance_hold(instance)};
}

void ledger_facts_learn_process(struct ledger_facts *facts, int64_t id,
                                const struct process_instance *instance)
{
    struct process_fact *fact = append(facts, LEARNED);

    *fact = (struct process_fact){.id = id, .instance = process_instance_hold(instance)};
}

void ledger_facts_change_module(struct ledger_facts *facts, const struct ledger_fact_module *change)
{
    struct module_fact *fact = append(facts, MODULES);

    *fact = (struct module_fact){
        .process = change->process,
        .stretch = change->stretch,
        .at = change->at,
        .module = *change->module,
        .gone = change->gone,
    };
    image_hold(fact->module.image);
}

void ledger_facts_learn_image(struct ledger_facts *facts, int64_t process,
                              const struct module *module, const struct image *image)
{
    struct image_fact *fact = append(facts, IMAGES);

    *fact = (struct image_fact){
        .process = process,
        .base = module == NULL ? 0 : module->base,
        .is_module = module != NULL,
        .image = image_hold(image),
    };
}

void ledger_facts_name_user(struct ledger_facts *facts, const struct account *account)
{
    *(struct user_fact *)append(facts, USERS) = (struct user_fact){account_hold(account)};
}

void ledger_facts_end_process(struct ledger_facts *facts, const struct ledger_fact_gone *gone)
{
    *(struct ledger_fact_gone *)append(facts, GONE) = *gone;
}

static void bind_counts(sqlite3_stmt *statement, const struct ledger_stretch *stretch)
{
    database_bind(statement, ":missed", stretch->missed);
    database_bind(statement, ":left_out", stretch->left_out_processes);
    database_bind(statement, ":left_out_sockets", stretch->left_out_sockets);
}

static bool write_new_stretch(struct ledger_facts *facts, const struct stretch_fact *fact,
                              struct failure *why)
{
    sqlite3_stmt *add = facts->statements[ADD_STRETCH];
    const struct ledger_stretch *stretch = &fact->stretch;

    database_bind(add, ":id", stretch->id);
    database_bind(add, ":run", stretch->run_id);
    database_bind(add, ":begin_at", stretch->begin_at);
    database_bind(add, ":end_at", stretch->end_at);
    database_bind(add, ":first_sample", stretch->first_sample);
    database_bind(add, ":last_sample", stretch->last_sample);
    database_bind(add, ":interval_ms", stretch->interval);
    database_bind(add, ":ended", stretch->ended);
    database_bind(add, ":lacks", stretch->lacks);
    bind_counts(add, stretch);
    database_bind(add, ":first_interval", fact->first_interval);
    database_bind(add, ":first_process", fact->first_process);
    return database_finish(facts->ledger->db, add, "adding a stretch", why);
}

static bool write_stretch(struct ledger_facts *facts, const void *item, struct failure *why)
{
    const struct stretch_fact *fact = item;
    sqlite3_stmt *extend = facts->statements[EXTEND_STRETCH];

    if (!fact->changed) {
        return true;
    }
    if (!fact->stored) {
        return write_new_stretch(facts, fact, why);
    }
    database_bind(extend, ":id", fact->stretch.id);
    database_bind(extend, ":end_at", fact->stretch.end_at);
    database_bind(extend, ":last_sample", fact->stretch.last_sample);
    database_bind(extend, ":ended", fact->stretch.ended);
    bind_counts(extend, &fact->stretch);
    return database_finish(facts->ledger->db, extend, "extending a stretch", why);
}

/* What the sealer must know before rows change. */
typedef bool tell_sealer_fn(struct sealer *sealer, enum seal_kind kind, int64_t id,
                            struct failure *why);

static bool tell_sealer(struct ledger_facts *facts, tell_sealer_fn *tell, enum seal_kind kind,
                        int64_t id, struct failure *why)
{
    return facts->sealer == NULL || tell(facts->sealer, kind, id, why);
}

/* The same of all rows that a bound statement finds. */
static bool tell_sealer_found(struct ledger_facts *facts, enum statement which,
                              tell_sealer_fn *tell, enum seal_kind kind, struct failure *why)
{
    sqlite3_stmt *find = facts->statements[which];
    bool ok = true;
    int result;

    while ((result = sqlite3_step(find)) == SQLITE_ROW && ok) {
        ok = tell_sealer(facts, tell, kind, sqlite3_column_int64(find, 0), why);
    }
    if (!ok) {
        sqlite3_reset(find);
        return false;
    }
    return database_end(facts->ledger->db, find, result, "looking for what changes", why);
}

/*
 * The id of what a bound statement finds, or which another one adds where
 * there is none. `doing` is for failures: "a text".
 */
static bool intern(struct ledger_facts *facts, enum statement find_with, enum statement add_with,
                   const char *what, int64_t *id, struct failure *why)
{
    sqlite3_stmt *find = facts->statements[find_with];
    int result = sqlite3_step(find);

    if (result == SQLITE_ROW) {
        *id = sqlite3_column_int64(find, 0);
    }
    if (!database_end(facts->ledger->db, find, result, what, why) || result == SQLITE_ROW) {
        return result == SQLITE_ROW;
    }
    if (!database_finish(facts->ledger->db, facts->statements[add_with], what, why)) {
        return false;
    }
    *id = sqlite3_last_insert_rowid(facts->ledger->db);
    return true;
}

/* The id under which a text is stored; it is added where it is new. */
static bool intern_text(struct ledger_facts *facts, const char *text, int64_t *id,
                        struct failure *why)
{
    database_bind_text(facts->statements[FIND_TEXT], ":text", text);
    database_bind_text(facts->statements[ADD_TEXT], ":text", text);
    return intern(facts, FIND_TEXT, ADD_TEXT, "storing a text", id, why);
}

/* Binds the id of a text to a parameter; NULL where there is none. */
static bool bind_interned(struct ledger_facts *facts, sqlite3_stmt *statement,
                          const char *parameter, const char *text, struct failure *why)
{
    int64_t id;

    if (text == NULL) {
        database_bind_null(statement, parameter);
        return true;
    }
    if (!intern_text(facts, text, &id, why)) {
        return false;
    }
    database_bind(statement, parameter, id);
    return true;
}

static bool intern_user(struct ledger_facts *facts, const struct account *account, int64_t *id,
                        struct failure *why)
{
    database_bind_text(facts->statements[FIND_USER], ":sid", account->id);
    database_bind_text(facts->statements[ADD_USER], ":sid", account->id);
    database_bind_text(facts->statements[ADD_USER], ":name", account_name(account));
    return intern(facts, FIND_USER, ADD_USER, "storing an account", id, why);
}

static bool bind_user(struct ledger_facts *facts, sqlite3_stmt *statement,
                      const struct account *account, struct failure *why)
{
    int64_t id;

    database_bind_null(statement, ":user");
    if (account == NULL) {
        return true;
    }
    if (!intern_user(facts, account, &id, why)) {
        return false;
    }
    database_bind(statement, ":user", id);
    return true;
}

/* The id of a service by its number; 0 for number 0. */
static bool intern_service(struct ledger_facts *facts, uint32_t number, int64_t *id,
                           struct failure *why)
{
    struct service_fact *service = number == 0 ? NULL : &facts->services[number - 1];

    if (service != NULL && service->id == 0) {
        sqlite3_stmt *find = facts->statements[FIND_SERVICE];
        sqlite3_stmt *add = facts->statements[ADD_SERVICE];

        if (!bind_interned(facts, find, ":name", service->name, why) ||
            !bind_interned(facts, add, ":name", service->name, why)) {
            return false;
        }
        database_bind(find, ":basis", service->basis);
        database_bind(add, ":basis", service->basis);
        if (!intern(facts, FIND_SERVICE, ADD_SERVICE, "storing a service", &service->id, why)) {
            return false;
        }
    }
    *id = service == NULL ? 0 : service->id;
    return true;
}

/* Binds what FIND_IMAGE and ADD_IMAGE have in common. */
static bool bind_image(struct ledger_facts *facts, sqlite3_stmt *statement,
                       const struct image *image, const struct image_facts *found,
                       struct failure *why)
{
    bool read = found->status == IMAGE_READ;

    database_bind(statement, ":volume", (int64_t)image->identity.volume);
    database_bind(statement, ":file", (int64_t)image->identity.file);
    database_bind(statement, ":size", image->identity.size);
    database_bind(statement, ":written_at", image->identity.written_at);
    database_bind(statement, ":status", found->status);
    database_bind_bytes(statement, ":sha256", read ? found->sha256 : NULL, sizeof(found->sha256));
    database_bind_null(statement, ":verdict");
    database_bind_null(statement, ":signature");
    if (read) {
        database_bind(statement, ":verdict", found->verdict);
        database_bind(statement, ":signature", found->signature);
    }
    return bind_interned(facts, statement, ":path", image->path, why) &&
           bind_interned(facts, statement, ":signer", read ? found->signer : NULL, why);
}

static bool intern_image(struct ledger_facts *facts, const struct image *image, int64_t *id,
                         struct failure *why)
{
    const struct image_facts *found = image_facts(image);
    sqlite3_stmt *add = facts->statements[ADD_IMAGE];
    bool read = found->status == IMAGE_READ;

    if (!bind_image(facts, facts->statements[FIND_IMAGE], image, found, why) ||
        !bind_image(facts, add, image, found, why) ||
        !bind_interned(facts, add, ":version", read ? found->version : NULL, why) ||
        !bind_interned(facts, add, ":company", read ? found->company : NULL, why) ||
        !bind_interned(facts, add, ":build_id", read ? found->build_id : NULL, why)) {
        return false;
    }
    database_bind(add, ":taken_at", found->taken_at);
    return intern(facts, FIND_IMAGE, ADD_IMAGE, "storing an image", id, why);
}

/* Binds what may be learned later: the same fields of ADD_PROCESS and LEARN_PROCESS. */
static bool bind_details(struct ledger_facts *facts, sqlite3_stmt *statement,
                         const struct process_fact *fact, struct failure *why)
{
    const struct process_instance *instance = fact->instance;

    if (!bind_interned(facts, statement, ":path", instance->path, why) ||
        !bind_user(facts, statement, instance->user, why)) {
        return false;
    }
    database_bind(statement, ":id", fact->id);
    database_bind(statement, ":parent_pid", instance->parent_pid);
    database_bind(statement, ":parent_start", (int64_t)instance->parent_start);
    database_bind(statement, ":session", instance->session);
    database_bind(statement, ":access", instance->access);
    database_bind(statement, ":integrity", instance->integrity);
    database_bind(statement, ":denied", instance->denied);
    database_bind(statement, ":left_out", instance->left_out);
    database_bind(statement, ":modules",
                  instance->modules == NULL ? MODULES_NOT_READ : instance->modules->access);
    database_bind_text(statement, ":command_line", instance->command_line);
    return true;
}

static bool write_started(struct ledger_facts *facts, const void *item, struct failure *why)
{
    const struct process_fact *fact = item;
    sqlite3_stmt *add = facts->statements[ADD_PROCESS];
    int64_t name;

    if (!bind_details(facts, add, fact, why) ||
        !intern_text(facts, fact->instance->name, &name, why)) {
        return false;
    }
    database_bind(add, ":name", name);
    database_bind(add, ":pid", fact->instance->pid);
    database_bind(add, ":start", (int64_t)fact->instance->start);
    database_bind(add, ":started_at", fact->instance->started_at);
    database_bind(add, ":stretch", fact->stretch);
    database_bind(add, ":seen_at", fact->seen_at);
    database_bind(add, ":span", LEDGER_SPAN_OPEN);
    return database_finish(facts->ledger->db, add, "adding a process", why);
}

static bool write_learned(struct ledger_facts *facts, const void *item, struct failure *why)
{
    const struct process_fact *fact = item;
    sqlite3_stmt *learn = facts->statements[LEARN_PROCESS];

    return bind_details(facts, learn, fact, why) &&
           tell_sealer(facts, sealer_note_change, SEAL_PROCESS, fact->id, why) &&
           database_finish(facts->ledger->db, learn, "completing a process", why);
}

static void bind_span(sqlite3_stmt *statement, int span)
{
    if (span < 0) {
        database_bind_null(statement, ":span");
    } else {
        database_bind(statement, ":span", span);
    }
}

static bool write_gone(struct ledger_facts *facts, const void *item, struct failure *why)
{
    const struct ledger_fact_gone *gone = item;
    sqlite3_stmt *end = facts->statements[END_PROCESS];

    database_bind(end, ":id", gone->id);
    database_bind(end, ":stretch", gone->stretch);
    database_bind_null(end, ":gone_at");
    if (gone->within) {
        database_bind(end, ":gone_at", gone->gone_at);
    }
    bind_span(end, gone->span);
    return tell_sealer(facts, sealer_note_end, SEAL_PROCESS, gone->id, why) &&
           database_finish(facts->ledger->db, end, "ending a process", why);
}

/* The bytes of an address with the scope behind them, where it has one. Returns their number. */
static int pack_address(uint8_t bytes[20], const struct socket_endpoint *end)
{
    memcpy(bytes, end->address, sizeof(end->address));
    if (end->address_size != 16 || end->scope_id == 0) {
        return end->address_size;
    }
    for (int i = 0; i < 4; i++) {
        bytes[16 + i] = (uint8_t)(end->scope_id >> (24 - 8 * i));
    }
    return 20;
}

/* A row of a statement that adds intervals. Its addresses must live until that has run. */
struct interval_row {
    sqlite3_stmt *add;
    int before; /* parameters of the rows before it */
    uint8_t local[20];
    uint8_t remote[20];
};

static void bind_number(const struct interval_row *row, enum interval_parameter which,
                        int64_t value)
{
    sqlite3_bind_int64(row->add, row->before + (int)which, value);
}

static void bind_or_null(const struct interval_row *row, enum interval_parameter which, bool known,
                         int64_t value)
{
    if (known) {
        bind_number(row, which, value);
    } else {
        sqlite3_bind_null(row->add, row->before + (int)which);
    }
}

static void bind_address(const struct interval_row *row, enum interval_parameter which,
                         uint8_t bytes[20], const struct socket_endpoint *end)
{
    int size = pack_address(bytes, end);

    sqlite3_bind_blob(row->add, row->before + (int)which, size == 0 ? NULL : bytes, size,
                      SQLITE_STATIC);
}

/* What is small in one number, as the schema says. */
static int64_t pack_kind(const struct interval_fact *fact)
{
    const struct socket_row *row = &fact->socket;

    return (int64_t)row->protocol << 9 | (row->attribution & 7) << 6 | (fact->opening & 3) << 4 |
           (row->state & 15);
}

static bool bind_interval(struct ledger_facts *facts, struct interval_row *row,
                          const struct interval_fact *fact, struct failure *why)
{
    const struct socket_row *socket = &fact->socket;
    bool has_remote = socket->remote.address_size != 0;
    int64_t service;

    if (!intern_service(facts, fact->service, &service, why)) {
        return false;
    }
    bind_number(row, AT_ID, fact->id);
    bind_number(row, AT_OPENED_AT, fact->opened_at);
    bind_number(row, AT_LASTED, fact->duration < 0 ? LEDGER_LASTS : fact->duration);
    bind_number(row, AT_KIND, pack_kind(fact));
    bind_address(row, AT_LOCAL_ADDRESS, row->local, &socket->local);
    bind_number(row, AT_LOCAL_PORT, socket->local.port);
    bind_address(row, AT_REMOTE_ADDRESS, row->remote, &socket->remote);
    bind_or_null(row, AT_REMOTE_PORT, has_remote, socket->remote.port);
    bind_or_null(row, AT_PROCESS, fact->process != 0, fact->process);
    bind_or_null(row, AT_PID, fact->process == 0 && socket->pid != 0, socket->pid);
    bind_or_null(row, AT_AGE, socket->created_at != 0, fact->opened_at - socket->created_at);
    bind_or_null(row, AT_SERVICE, service != 0, service);
    return true;
}

/* `count` of them, by a statement for as many. */
static bool add_intervals(struct ledger_facts *facts, enum statement which,
                          const struct interval_fact *items, int count, struct failure *why)
{
    struct interval_row rows[INTERVALS_AT_ONCE];

    for (int i = 0; i < count; i++) {
        rows[i].add = facts->statements[which];
        rows[i].before = i * INTERVAL_PARAMETERS;
        if (!bind_interval(facts, &rows[i], &items[i], why)) {
            return false;
        }
    }
    return database_finish(facts->ledger->db, facts->statements[which], "adding intervals", why);
}

static bool write_intervals(struct ledger_facts *facts, struct failure *why)
{
    const struct interval_fact *items = facts->lists[INTERVALS].items;
    size_t count = facts->lists[INTERVALS].count;
    size_t i = 0;

    for (; count - i >= INTERVALS_AT_ONCE; i += INTERVALS_AT_ONCE) {
        if (!add_intervals(facts, ADD_INTERVALS, items + i, INTERVALS_AT_ONCE, why)) {
            return false;
        }
    }
    for (; i < count; i++) {
        if (!add_intervals(facts, ADD_INTERVAL, items + i, 1, why)) {
            return false;
        }
    }
    return true;
}

static bool write_closed(struct ledger_facts *facts, const void *item, struct failure *why)
{
    const struct closed_fact *fact = item;
    sqlite3_stmt *close = facts->statements[CLOSE_INTERVAL];

    sqlite3_bind_int64(close, CLOSE_ID, fact->id);
    sqlite3_bind_int64(close, CLOSE_LASTED, fact->duration);
    return tell_sealer(facts, sealer_note_end, SEAL_INTERVAL, fact->id, why) &&
           database_finish(facts->ledger->db, close, "closing an interval", why);
}

/* Binds which module it is: the same fields of ADD_MODULE, FIND_MODULE and END_MODULE. */
static bool bind_module(struct ledger_facts *facts, sqlite3_stmt *statement,
                        const struct module_fact *fact, struct failure *why)
{
    database_bind(statement, ":process", fact->process);
    database_bind(statement, ":base", (int64_t)fact->module.base);
    database_bind(statement, ":size", (int64_t)fact->module.size);
    database_bind(statement, ":flags", fact->module.flags);
    return bind_interned(facts, statement, ":path", fact->module.image->path, why);
}

static bool write_module(struct ledger_facts *facts, const void *item, struct failure *why)
{
    const struct module_fact *fact = item;
    sqlite3_stmt *statement = facts->statements[fact->gone ? END_MODULE : ADD_MODULE];

    if (fact->gone && !(bind_module(facts, facts->statements[FIND_MODULE], fact, why) &&
                        tell_sealer_found(facts, FIND_MODULE, sealer_note_end, SEAL_MODULE, why))) {
        return false;
    }
    if (!bind_module(facts, statement, fact, why)) {
        return false;
    }
    database_bind(statement, ":stretch", fact->stretch);
    database_bind(statement, ":at", fact->at);
    return database_finish(facts->ledger->db, statement, "storing a module", why);
}

static bool set_process_image(struct ledger_facts *facts, int64_t process, int64_t image,
                              struct failure *why)
{
    sqlite3_stmt *set = facts->statements[SET_PROCESS_IMAGE];

    database_bind(set, ":process", process);
    database_bind(set, ":image", image);
    return tell_sealer(facts, sealer_note_change, SEAL_PROCESS, process, why) &&
           database_finish(facts->ledger->db, set, "storing what was read of an image", why);
}

static bool bind_waiting(struct ledger_facts *facts, sqlite3_stmt *statement,
                         const struct image_fact *fact, struct failure *why)
{
    database_bind(statement, ":process", fact->process);
    database_bind(statement, ":base", (int64_t)fact->base);
    return bind_interned(facts, statement, ":path", fact->image->path, why);
}

static bool set_module_image(struct ledger_facts *facts, const struct image_fact *fact,
                             int64_t image, struct failure *why)
{
    sqlite3_stmt *set = facts->statements[SET_MODULE_IMAGE];

    if (!bind_waiting(facts, facts->statements[FIND_MODULES_WITHOUT], fact, why) ||
        !tell_sealer_found(facts, FIND_MODULES_WITHOUT, sealer_note_change, SEAL_MODULE, why) ||
        !bind_waiting(facts, set, fact, why)) {
        return false;
    }
    database_bind(set, ":image", image);
    return database_finish(facts->ledger->db, set, "storing what was read of an image", why);
}

static bool write_image(struct ledger_facts *facts, const void *item, struct failure *why)
{
    const struct image_fact *fact = item;
    int64_t id;

    if (!intern_image(facts, fact->image, &id, why)) {
        return false;
    }
    return fact->is_module ? set_module_image(facts, fact, id, why)
                           : set_process_image(facts, fact->process, id, why);
}

static void bind_name(sqlite3_stmt *statement, const struct user_fact *fact)
{
    database_bind_text(statement, ":sid", fact->account->id);
    database_bind_text(statement, ":name", account_name(fact->account));
}

static bool write_user(struct ledger_facts *facts, const void *item, struct failure *why)
{
    const struct user_fact *fact = item;

    database_bind_text(facts->statements[FIND_UNNAMED], ":sid", fact->account->id);
    bind_name(facts->statements[NAME_USER], item);
    return tell_sealer_found(facts, FIND_UNNAMED, sealer_note_change, SEAL_USER, why) &&
           database_finish(facts->ledger->db, facts->statements[NAME_USER], "naming an account",
                           why);
}

typedef bool write_fn(struct ledger_facts *facts, const void *item, struct failure *why);

/* Of one item; intervals are not written one by one. */
static write_fn *const writers[LIST_COUNT] = {
    [STRETCHES] = write_stretch, [CLOSED] = write_closed, [STARTED] = write_started,
    [LEARNED] = write_learned,   [GONE] = write_gone,     [MODULES] = write_module,
    [IMAGES] = write_image,      [USERS] = write_user,
};

static bool write_list(struct ledger_facts *facts, enum list which, struct failure *why)
{
    const struct fact_list *list = &facts->lists[which];
    const char *item = list->items;

    for (size_t i = 0; i < list->count; i++, item += item_sizes[which]) {
        if (!writers[which](facts, item, why)) {
            return false;
        }
    }
    return true;
}

static bool write_all(struct ledger_facts *facts, struct failure *why)
{
    for (int i = 0; i < LIST_COUNT; i++) {
        if (!(i == INTERVALS ? write_intervals(facts, why)
                             : write_list(facts, (enum list)i, why))) {
            return false;
        }
    }
    return true;
}

/* Nothing goes into a ledger that has no sample yet: it would be of no run. */
bool ledger_facts_probes_wait(const struct ledger_facts *facts)
{
    return facts->probes != NULL && facts->lists[STRETCHES].count > 0 &&
           probe_writer_waits(facts->probes);
}

static bool something_waits(const struct ledger_facts *facts)
{
    const struct stretch_fact *stretches = facts->lists[STRETCHES].items;

    for (size_t i = 0; i < facts->lists[STRETCHES].count; i++) {
        if (stretches[i].changed) {
            return true;
        }
    }
    return ledger_facts_waiting(facts) > 0 || ledger_facts_probes_wait(facts);
}

/* Only the newest stretch is kept, for its end. */
static void forget(struct ledger_facts *facts)
{
    struct fact_list *list = &facts->lists[STRETCHES];
    struct stretch_fact *stretches = list->items;

    if (list->count > 0) {
        stretches[0] = stretches[list->count - 1];
        stretches[0].stored = true;
        stretches[0].changed = false;
        list->count = 1;
    }
    release_references(facts);
    if (facts->service_count > KEPT_SERVICES) {
        forget_services(facts);
    }
    for (int i = STRETCHES + 1; i < LIST_COUNT; i++) {
        empty_list(&facts->lists[i]);
    }
}

static bool has_moved(const struct ledger_facts *facts)
{
    int moved = 0;

    return sqlite3_file_control(facts->ledger->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
               SQLITE_OK &&
           moved != 0;
}

/*
 * On Linux anybody who may can delete or move a file that is open, and SQLite
 * writes on. SQLite takes a look that fails for whatever reason for one that found nothing.
 */
static bool check_place(struct ledger_facts *facts, struct failure *why)
{
    if (!has_moved(facts)) {
        return true;
    }
    if (!file_look_for(facts->ledger->file, why) && why->kind != FAILURE_MISSING) {
        return false;
    }
    return !has_moved(facts) ||
           FAIL(
               why, FAILURE_MISSING, 0,
               "the ledger was deleted or moved while it was written; what was not stored is lost");
}

/* The lock keeps a second writer out, unless somebody deletes the lock's file. */
static bool check_sole_writer(struct ledger_facts *facts, int64_t own_run, struct failure *why)
{
    sqlite3_stmt *newest = facts->statements[NEWEST_RUN];
    int result = sqlite3_step(newest);
    int64_t run = result == SQLITE_ROW ? sqlite3_column_int64(newest, 0) : 0;

    if (!database_end(facts->ledger->db, newest, result, "looking for the newest run", why)) {
        return false;
    }
    return run == own_run ||
           FAIL(why, FAILURE_FORMAT, 0,
                "another portledgerd has begun to write this ledger; this one ends");
}

bool ledger_facts_check_hold(struct ledger_facts *facts, int64_t run, struct failure *why)
{
    return check_place(facts, why) && check_sole_writer(facts, run, why);
}

static void settle(struct ledger_facts *facts, bool committed)
{
    if (facts->sealer != NULL) {
        sealer_settle(facts->sealer, committed);
    }
    if (facts->probes != NULL) {
        probe_writer_settle(facts->probes, committed);
    }
}

bool ledger_facts_commit(struct ledger_facts *facts, struct failure *why)
{
    sqlite3 *db = facts->ledger->db;

    if (!something_waits(facts)) {
        return true;
    }
    if (!check_place(facts, why) || !database_run(db, "BEGIN IMMEDIATE", why) ||
        !check_sole_writer(facts, newest_stretch(facts)->stretch.run_id, why) ||
        !write_all(facts, why) ||
        (ledger_facts_probes_wait(facts) && !probe_writer_write(facts->probes, why)) ||
        (facts->sealer != NULL && !sealer_make(facts->sealer, false, why)) ||
        !database_run(db, "COMMIT", why)) {
        database_rollback(db);
        lose_services(facts);
        settle(facts, false);
        return ledger_name_failure(facts->ledger, why);
    }
    settle(facts, true);
    forget(facts);
    return true;
}

void ledger_facts_drop(struct ledger_facts *facts)
{
    release_references(facts);
    for (int i = 0; i < LIST_COUNT; i++) {
        empty_list(&facts->lists[i]);
    }
    forget_services(facts);
}

size_t ledger_facts_waiting(const struct ledger_facts *facts)
{
    size_t bytes = 0;

    for (int i = STRETCHES + 1; i < LIST_COUNT; i++) {
        bytes += facts->lists[i].count * item_sizes[i];
    }
    return bytes;
}
