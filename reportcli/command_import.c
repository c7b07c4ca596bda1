/* SPDX-License-Identifier: MIT */

/*
 * The records of another program as a ledger of their own.
 *
 * Port Reporter wrote down what opened, and nothing of when it closed: each row
 * is a stretch of its own, which ends where it was written. So no answer takes
 * a port for open later than it was seen, or for closed where nobody looked.
 */

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/console.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/process_self.h"
#include "base/sha256_file.h"
#include "base/version.h"
#include "collector/account.h"
#include "collector/snapshot.h"
#include "reportcli/command.h"
#include "reportcli/port_reporter.h"
#include "store/ledger_writer.h"

enum {
    FILES_MOST = 1024,
    LINE_MOST = 1 << 16,
    COMMIT_BYTES = 1 << 22,
    SECOND = 1000, /* milliseconds: how exact times are */
};

static const struct column import_columns[] = {
    {.name = "file", .type = COLUMN_TEXT, .heading = "File", .help = "The file that was read"},
    {.name = "lines", .type = COLUMN_INTEGER, .heading = "Lines", .help = "Lines in it"},
    {.name = "rows",
     .type = COLUMN_INTEGER,
     .heading = "Rows",
     .help = "Of them, rows that are in the ledger now"},
    {.name = "bad",
     .type = COLUMN_INTEGER,
     .heading = "Bad",
     .help = "Of them, lines that are not: a note names each, and why"},
    {.name = "first_at",
     .type = COLUMN_TIME,
     .heading = "First",
     .help = "The earliest time of a row"},
    {.name = "last_at", .type = COLUMN_TIME, .heading = "Last", .help = "The latest time of a row"},
    {.name = "sha256",
     .type = COLUMN_TEXT,
     .heading = "SHA-256",
     .help = "Hash of the file, in lower-case hexadecimal; the ledger has it, too",
     .rank = 1},
};

enum { FILE_READ, LINES, ROWS, BAD, FIRST_AT, LAST_AT, SHA256, IMPORT_COLUMNS };

static const struct column_table import_table = {
    .name = "import",
    .title = "a file that was read into a new ledger",
    .groups = {{import_columns, IMPORT_COLUMNS}},
};

/* What is known of one file. */
struct source {
    const char *path;
    char sha256[2 * SHA256_SIZE + 1];
    int64_t lines;
    int64_t rows;
    int64_t bad;
    int64_t twice;
    int64_t first_at;
    int64_t last_at;
};

struct import {
    const struct command_context *context;
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct source source;
    struct port_reporter_row row;
    struct text line;
    int64_t rows; /* of all files, as is the next one */
    int64_t bad;
};

static atomic_bool stopped;

static void stop(void *context)
{
    (void)context;
    atomic_store(&stopped, true);
}

/*
 * One row.
 */

/* The file knows no start of a process: the number of the line is what tells runs apart. */
static bool add_process(struct import *import, uint32_t *owner, struct failure *why)
{
    const struct port_reporter_row *row = &import->row;
    struct process_instance fields = {
        .pid = row->pid,
        .start = (uint64_t)import->source.lines,
        .name = text_bytes(&row->module),
    };
    const struct process_instance *instance;
    bool done;

    if (row->user.size > 0) {
        fields.user = account_make(text_bytes(&row->user));
        if (fields.user == NULL || !account_publish(fields.user, text_bytes(&row->user))) {
            account_release(fields.user);
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for an account");
        }
    }
    instance = process_instance_make(&fields);
    account_release(fields.user);
    if (instance == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a process");
    }
    done = snapshot_add_process(&import->snapshot, instance, owner, why);
    process_instance_release(instance);
    return done;
}

static void begin_sample(struct import *import, int64_t at)
{
    snapshot_reset(&import->snapshot);
    import->snapshot.taken_at = at;
    import->snapshot.steady_at = at;
    import->snapshot.awake_at = 0;
}

/*
 * The moment before is one without the socket: it came into use, and was not
 * there already.
 */
static bool add_row(struct import *import, struct failure *why)
{
    struct socket_row socket = import->row.socket;

    begin_sample(import, import->row.at - 1);
    if (!ledger_writer_add(import->writer, &import->snapshot, why)) {
        return false;
    }
    begin_sample(import, import->row.at);
    if ((import->row.has_pid || import->row.module.size > 0) &&
        !add_process(import, &socket.owner, why)) {
        return false;
    }
    return snapshot_add_socket(&import->snapshot, &socket, why) &&
           ledger_writer_add(import->writer, &import->snapshot, why) &&
           ledger_writer_gap(import->writer, LEDGER_GAP_IMPORTED, why) &&
           (ledger_writer_waiting(import->writer) < COMMIT_BYTES ||
            ledger_writer_commit(import->writer, why));
}

static void count_row(struct source *source, const struct port_reporter_row *row)
{
    source->first_at = source->rows == 0 || row->at < source->first_at ? row->at : source->first_at;
    source->last_at = source->rows == 0 || row->at > source->last_at ? row->at : source->last_at;
    source->rows++;
    source->twice += row->twice ? 1 : 0;
}

static bool take_line(struct import *import, struct failure *why)
{
    struct source *source = &import->source;
    struct failure bad;

    source->lines++;
    switch (port_reporter_read(&import->row, text_bytes(&import->line), import->line.size, &bad)) {
    case PORT_REPORTER_ROW:
        count_row(source, &import->row);
        return add_row(import, why);
    case PORT_REPORTER_BAD:
        if (bad.kind == FAILURE_MEMORY) {
            *why = bad;
            return false;
        }
        source->bad++;
        command_note(import->context, "bad-line", "%s:%" PRId64 ": %s", source->path, source->lines,
                     bad.text);
        return true;
    default:
        return true;
    }
}

/*
 * One file.
 */

/* False at the end of the file. What is behind LINE_MOST bytes of a line is a line of its own. */
static bool read_line(FILE *file, struct text *line)
{
    int c = getc(file);

    text_reset(line);
    if (c == EOF) {
        return false;
    }
    while (c != EOF && c != '\n' && line->size < LINE_MOST) {
        text_add_char(line, (char)c);
        c = getc(file);
    }
    return true;
}

static bool read_lines(struct import *import, FILE *file, struct failure *why)
{
    bool done = true;

    while (done && read_line(file, &import->line)) {
        done =
            text_ok(&import->line, why) &&
            (!atomic_load(&stopped) || FAIL(why, FAILURE_BUSY, 0, "stopped: nothing was made")) &&
            take_line(import, why);
    }
    if (done && ferror(file) != 0) {
        return FAIL(why, FAILURE_SYSTEM, 0, "cannot read %s", import->source.path);
    }
    return done;
}

/* What the ledger says of where its facts are from. */
static void add_origin(struct text *origin, const struct source *source)
{
    text_add(origin, "import:\n  as: port-reporter\n  file: ");
    text_add_visible(origin, source->path, strlen(source->path));
    text_addf(origin, "\n  sha256: %s\n", source->sha256);
}

/* As the service shows it: to a person, whole on its line, and in no log. */
static void show_key(struct import *import)
{
    struct sealer_state state;
    struct failure ignored;

    ledger_writer_look_at_seals(import->writer, &state);
    if (state.key_line != NULL && !import->context->quiet && console_is_terminal(CONSOLE_ERROR)) {
        (void)(console_write(CONSOLE_ERROR, state.key_line, strlen(state.key_line), &ignored) &&
               console_write(CONSOLE_ERROR, "\n", 1, &ignored));
        command_note(import->context, "key",
                     "keep this line elsewhere, it is not shown again; `portledger verify --key "
                     "FILE` proves by it that the ledger was not changed since");
    }
}

static bool begin_file(struct import *import, struct failure *why)
{
    struct ledger_run run = {
        .program = "portledger import --as port-reporter",
        .pid = process_self_pid(),
        .boot = {.id = "imported"},
        .started_at = import->context->now,
        .interval = SECOND,
        .goes_on_after = LEDGER_GAP_IMPORTED,
    };
    uint8_t digest[SHA256_SIZE];
    struct text hash = {0};
    struct text origin = {0};
    bool done = sha256_file(digest, import->source.path, why);

    if (done) {
        sha256_add_hex(&hash, digest);
        (void)snprintf(import->source.sha256, sizeof(import->source.sha256), "%s",
                       text_bytes(&hash));
        add_origin(&origin, &import->source);
        run.settings = text_bytes(&origin);
        done = text_ok(&hash, why) && text_ok(&origin, why) &&
               ledger_writer_open(&import->writer, import->ledger, &run, why);
    }
    if (done) {
        show_key(import);
    }
    text_clear(&hash);
    text_clear(&origin);
    return done;
}

static bool read_file(struct import *import, const char *path, struct failure *why)
{
    struct failure ignored;
    FILE *file;
    bool done;

    import->source = (struct source){.path = path};
    file = file_open(path, "r", why);
    if (file == NULL) {
        return false;
    }
    done = begin_file(import, why);
    if (done) {
        done = read_lines(import, file, why);
        done =
            ledger_writer_close(import->writer, LEDGER_GAP_IMPORTED, done ? why : &ignored) && done;
        import->writer = NULL;
    }
    (void)fclose(file);
    return done;
}

static bool print_file(const struct import *import, struct render *render, struct failure *why)
{
    const struct source *source = &import->source;
    struct value values[IMPORT_COLUMNS] = {0};

    values[FILE_READ] = value_text(source->path);
    values[LINES] = value_number(source->lines);
    values[ROWS] = value_number(source->rows);
    values[BAD] = value_number(source->bad);
    if (source->rows > 0) {
        values[FIRST_AT] = value_number(source->first_at);
        values[LAST_AT] = value_number(source->last_at);
    }
    values[SHA256] = value_text(source->sha256);
    if (source->twice > 0) {
        command_note(import->context, "moments",
                     "%s: %" PRId64 " rows are of an hour that happened twice; the first one is "
                     "taken",
                     source->path, source->twice);
    }
    return render_record(render, values, why);
}

/*
 * All files.
 */

static bool read_files(struct import *import, struct render *render, struct failure *why)
{
    const struct options *options = import->context->options;
    bool done = true;

    for (size_t i = 0; done && i < options_words(options); i++) {
        done = read_file(import, options_word(options, i), why) && print_file(import, render, why);
        import->rows += import->source.rows;
        import->bad += import->source.bad;
    }
    return done && (import->rows > 0 || FAIL(why, FAILURE_FORMAT, 0,
                                             "there is no row of Port Reporter in what was read: "
                                             "no ledger was made"));
}

/* The ledger, and what the lock, SQLite and the seals put beside it. */
static const char *const aside[] = {"-lock", "", "-wal", "-shm", ".key"};

enum { ONLY_THE_LOCK = 1, ALL_OF_THEM = sizeof(aside) / sizeof(aside[0]) };

static void remove_files(const char *path, size_t count)
{
    struct failure ignored;

    for (size_t i = 0; i < count; i++) {
        struct text file = {0};

        text_addf(&file, "%s%s", path, aside[i]);
        (void)!file_remove(text_bytes(&file), &ignored);
        text_clear(&file);
    }
}

static void clear(struct import *import)
{
    ledger_close(import->ledger);
    snapshot_clear(&import->snapshot);
    port_reporter_row_clear(&import->row);
    text_clear(&import->line);
}

static bool make_ledger(struct import *import, struct render *render, struct failure *why)
{
    const char *path = import->context->ledger;
    bool made;
    bool done;

    interrupt_catch(stop, NULL);
    made = file_make_private(path, why);
    done = made && ledger_open(&import->ledger, path, LEDGER_WRITE, why) &&
           read_files(import, render, why);
    clear(import);
    interrupt_release();
    if (made) { /* a part of the evidence would look like all of it */
        remove_files(path, done ? ONLY_THE_LOCK : ALL_OF_THEM);
    }
    return done;
}

static bool check(const struct command_context *context, struct failure *why)
{
    if (options_text(context->options, "as") == NULL) {
        return FAIL(why, FAILURE_USAGE, 0, "--as port-reporter says what the files are");
    }
    if (context->ledger == NULL) {
        return FAIL(why, FAILURE_USAGE, 0, "--ledger FILE names the ledger that is made");
    }
    return !file_exists(context->ledger) ||
           FAIL(why, FAILURE_USAGE, 0, "%s is there already: an import makes a ledger of its own",
                context->ledger);
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct import import = {.context = context};
    struct render *render = NULL;
    bool done = check(context, why) && command_begin(context, &import_table, &render, why) &&
                make_ledger(&import, render, why) && command_finish(context, render, why);

    if (done) {
        *status = import.bad > 0 ? EXIT_NO : EXIT_YES;
    } else if (why->kind == FAILURE_MISSING || why->kind == FAILURE_FORMAT) {
        *status = EXIT_REFUSED; /* no ledger was to be read: it is of a file that was */
    }
    render_close(render);
    return done;
}

static const char *const formats[] = {"port-reporter", NULL};

static const struct option options[] = {
    {.name = "as",
     .kind = OPTION_CHOICE,
     .value = "FORMAT",
     .choices = formats,
     .help = "What the files are: PR-PORTS files of Microsoft's Port Reporter"},
};

static const struct column_table *const tables[] = {&import_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "every line was read"},
    {EXIT_NO, "some lines could not be read; the others are in the ledger"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger import --as port-reporter PR-PORTS-host7.log --ledger old.db",
     "A ledger of what Port Reporter saw, for history and the others."},
    {NULL, NULL},
};

const struct command command_import = {
    .name = "import",
    .words = "FILE...",
    .summary = "Old records of Port Reporter as a ledger of their own",
    .text = "The ledger is made anew, and is for reading. Port Reporter wrote down what opened, to "
            "the second and in local time (--tz says in which), and not when it closed: so each "
            "row is a moment in which its socket was there, and nothing is known of the time "
            "between. State, path, start and service of a process are not in its files and stay "
            "unknown. Of every file its path and hash are in the ledger, which is sealed.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .words_min = 1,
    .words_max = FILES_MOST,
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
