/* SPDX-License-Identifier: MIT */

/*
 * The ledger in a file of one's own: for another machine, another program,
 * another person.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/console.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/sha256_file.h"
#include "reportcli/command.h"
#include "reportcli/coverage.h"
#include "reportcli/evidence.h"
#include "reportcli/export_as.h"
#include "reportcli/history_filter.h"
#include "reportcli/output.h"
#include "reportcli/secret_mask.h"
#include "reportcli/verify_given.h"
#include "reportcli/verify_words.h"
#include "store/ledger_copy.h"
#include "store/ledger_query.h"

enum { STEP_MS = 200 };

static const struct column export_columns[] = {
    {.name = "file", .type = COLUMN_TEXT, .heading = "File", .help = "The file that was made"},
    {.name = "kind",
     .type = COLUMN_TEXT,
     .heading = "Is",
     .help = "sqlite: a copy of the ledger; evidence: a ZIP file with such a copy, its hash and "
             "what is known of the machine; otherwise the format of --as"},
    {.name = "bytes",
     .type = COLUMN_SIZE,
     .unit = "bytes",
     .heading = "Size",
     .help = "Size of that file"},
    {.name = "sha256",
     .type = COLUMN_TEXT,
     .heading = "SHA-256",
     .help = "Its hash, in lower-case hexadecimal; to be kept elsewhere"},
    {.name = "last_sample_at",
     .type = COLUMN_TIME,
     .heading = "Last sample",
     .help = "When the newest sample in it was taken: it is a copy of that moment"},
    {.name = "command_lines",
     .type = COLUMN_BOOLEAN,
     .heading = "Command lines",
     .help = "Whether the command lines of processes are in it"},
    {.name = "verify",
     .type = COLUMN_TEXT,
     .heading = "Verified",
     .help = "Of evidence: the status of verify, as its manifest has it"},
    {.name = "finding",
     .type = COLUMN_TEXT,
     .heading = "Finding",
     .help = "Of evidence: what verify found, in words",
     .last = true,
     .reason = true},
    {.name = "ledger_id",
     .type = COLUMN_TEXT,
     .heading = "Ledger id",
     .help = "Names the ledger and its copies"},
    {.name = "ledger", .type = COLUMN_TEXT, .heading = "Copied from", .help = "Path of the ledger"},
};

enum {
    FILE_MADE_HERE,
    KIND,
    BYTES,
    SHA256,
    LAST_SAMPLE_AT,
    COMMAND_LINES,
    VERIFY,
    FINDING,
    LEDGER_ID,
    LEDGER,
    EXPORT_COLUMNS
};

static const struct column_table export_table = {
    .name = "export",
    .title = "a file that was made from the ledger",
    .single = true,
    .groups = {{export_columns, EXPORT_COLUMNS}},
};

/* What was asked for. */
struct request {
    const char *path;
    bool evidence;
    const struct foreign_format *as; /* NULL: it is a copy that is made; path may be NULL else */
    bool command_lines;
    bool secrets; /* also those in which a secret is found */
    struct verify_given given;
    struct evidence_verdict verdict; /* of evidence that was made */
};

enum { OPTIONS_IN_FRONT = 7 }; /* of what goes with --as alone */

static const struct option options[] = {
    {.name = "sqlite",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "Make a copy of the ledger, for sqlite3 and for portledger --ledger"},
    {.name = "evidence",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "Make a ZIP file of such a copy, its hash, and what is known of the machine"},
    VERIFY_GIVEN_OPTIONS,
    {.name = "as",
     .kind = OPTION_CHOICE,
     .value = "FORMAT",
     .choices = foreign_names,
     .help = "Write what opened and closed as records of another program; docs/formats.md has "
             "their fields"},
    {.name = "with-command-lines",
     .kind = OPTION_FLAG,
     .help = "Put the command lines of processes in, too, but those that seem to hold a secret; "
             "with --as these with *** in its place"},
    {.name = "with-secrets", .kind = OPTION_FLAG, .help = "And these as well, as they are"},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "Of --as: into this file, and not to standard output"},
    HISTORY_FILTER_OPTIONS,
    {.name = "since",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Only what happened at this time or later: -2h, yesterday, \"2026-11-20 02:13\""},
    {.name = "until",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Only what happened at this time or earlier"},
};

enum { OPTION_COUNT = sizeof(options) / sizeof(options[0]) };

/* What another program's records are not made by. */
static bool refuse(const char *option, struct failure *why)
{
    return FAIL(why, FAILURE_USAGE, 0,
                "--%s is for records of portledger's own, and --as makes those of others", option);
}

/*
 * Records of others are whole, in one form, and of all that matches. Columns
 * and form are of the record about the file, where one is made.
 */
static bool check_as(const struct command_context *context, const char *path, struct failure *why)
{
    const struct render_wishes *wishes = &context->render.wishes;

    if (wishes->most > 0) {
        return refuse("limit", why);
    }
    if (wishes->order != NULL) {
        return refuse("sort", why);
    }
    if (path == NULL && wishes->columns != NULL) {
        return refuse("columns", why);
    }
    return path != NULL || context->renderer == &render_table ||
           refuse(context->renderer->name, why);
}

/* A copy is whole. */
static bool check_whole(const struct command_context *context, struct failure *why)
{
    for (size_t i = OPTIONS_IN_FRONT; i < OPTION_COUNT; i++) {
        if (options_given(context->options, options[i].name)) {
            return FAIL(why, FAILURE_USAGE, 0,
                        "--%s goes with --as: a copy is of all that there is", options[i].name);
        }
    }
    return true;
}

static bool read_request(const struct command_context *context, struct request *request,
                         struct failure *why)
{
    const char *sqlite = options_text(context->options, "sqlite");
    const char *evidence = options_text(context->options, "evidence");
    const char *as = options_text(context->options, "as");

    if ((sqlite != NULL) + (evidence != NULL) + (as != NULL) != 1) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "one of --sqlite FILE, --evidence FILE and --as FORMAT says what to make");
    }
    *request = (struct request){
        .path = sqlite != NULL     ? sqlite
                : evidence != NULL ? evidence
                                   : options_text(context->options, "output"),
        .evidence = evidence != NULL,
        .as = as != NULL ? foreign_find(as) : NULL,
        .command_lines = options_flag(context->options, "with-command-lines"),
        .secrets = options_flag(context->options, "with-secrets"),
    };
    if (as == NULL && !check_whole(context, why)) {
        return false;
    }
    if (as != NULL && !check_as(context, request->path, why)) {
        return false;
    }
    if (request->secrets && !request->command_lines) {
        return FAIL(why, FAILURE_USAGE, 0, "--with-secrets goes with --with-command-lines");
    }
    if (request->command_lines && context->no_command_lines) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--with-command-lines and --no-command-lines exclude each other");
    }
    if (!request->evidence && (options_text(context->options, "key") != NULL ||
                               options_text(context->options, "anchor") != NULL)) {
        return FAIL(why, FAILURE_USAGE, 0, "--key and --anchor go with --evidence");
    }
    return request->path == NULL || !file_exists(request->path) ||
           FAIL(why, FAILURE_USAGE, 0, "%s is there already, and is not overwritten",
                request->path);
}

/* On one line of a terminal that is written over and over. */
static void show_progress(const struct command_context *context, const struct ledger_copy *copy)
{
    struct text line = {0};
    struct failure ignored;
    int64_t pages;
    int64_t of;

    if (context->quiet || !console_takes_movements(CONSOLE_ERROR)) {
        return;
    }
    ledger_copy_progress(copy, &pages, &of);
    text_addf(&line, "\rcopying: %3d %%", of == 0 ? 0 : (int)(100 * pages / of));
    text_add(&line, pages == of ? "\r              \r" : "");
    (void)(console_write(CONSOLE_ERROR, text_bytes(&line), line.size, &ignored) &&
           console_flush(CONSOLE_ERROR, &ignored));
    text_clear(&line);
}

/* Ctrl-C and the like: what was made so far must not stay, it may hold what was to be left out. */
static atomic_bool stopped;

static void stop(void *context)
{
    (void)context;
    atomic_store(&stopped, true);
}

static bool go_on(struct failure *why)
{
    return !atomic_load(&stopped) || FAIL(why, FAILURE_BUSY, 0, "stopped: nothing was made");
}

static bool make_copy(const struct command_context *context, struct ledger *ledger,
                      const struct request *request, const char *path, struct failure *why)
{
    struct ledger_copy *copy = NULL;
    bool complete = false;
    bool done = ledger_copy_open(
        &copy, ledger, path,
        request->secrets ? LEDGER_COPY_WHOLE : LEDGER_COPY_HASHED_COMMAND_LINES, why);

    if (done) {
        ledger_copy_stop_by(copy, &stopped);
    }
    if (done && request->command_lines && !request->secrets) {
        ledger_copy_keep_harmless(copy, secret_mask_finds);
    }
    while (done && !complete) {
        done = ledger_copy_step(copy, STEP_MS, &complete, why);
        show_progress(context, copy);
    }
    done = done && ledger_copy_finish(copy, why);
    if (done && request->command_lines && ledger_copy_withheld(copy) > 0) {
        command_note(context, "secrets",
                     "%" PRId64 " command lines that seem to hold a secret are left out, but for "
                     "their hashes; --with-secrets puts them in",
                     ledger_copy_withheld(copy));
    }
    ledger_copy_close(copy);
    return done;
}

static bool summarize_copy(const char *path, struct ledger_summary *summary, struct failure *why)
{
    struct ledger *copy = NULL;
    bool done = ledger_open(&copy, path, LEDGER_READ, why) && ledger_summarize(copy, summary, why);

    ledger_close(copy);
    return done;
}

/* Behind the name of the evidence while it is made. A run that was killed leaves them there. */
#define PART "-part"
#define PART_LEDGER "-part-ledger"
#define PART_LOCK "-part-lock"

static const char *const leftovers[] = {
    PART,
    PART_LEDGER,
    PART_LEDGER "-journal",
    PART_LEDGER "-wal",
    PART_LEDGER "-shm",
    PART_LEDGER "-part",
    PART_LEDGER "-part-journal",
    PART_LEDGER "-part-wal",
    PART_LEDGER "-part-shm",
};

static void remove_part(const char *path, const char *suffix)
{
    struct text name = {0};
    struct failure ignored;

    text_addf(&name, "%s%s", path, suffix);
    if (text_ok(&name, &ignored)) {
        (void)!file_remove(text_bytes(&name), &ignored);
    }
    text_clear(&name);
}

static void remove_leftovers(const char *path)
{
    for (size_t i = 0; i < sizeof(leftovers) / sizeof(leftovers[0]); i++) {
        remove_part(path, leftovers[i]);
    }
}

static bool pack_evidence(const struct command_context *context, const struct command_ledger *from,
                          struct request *request, struct ledger_summary *summary, const char *part,
                          const char *copy, struct failure *why)
{
    struct evidence evidence = {
        .copy = copy,
        .source = ledger_path(from->ledger),
        .command_lines = request->command_lines,
        .made_at = context->now,
        .commit = from->commit,
        .given = &request->given,
    };

    return make_copy(context, from->ledger, request, copy, why) &&
           summarize_copy(copy, summary, why) && go_on(why) &&
           evidence_write(&evidence, part, &request->verdict, why) &&
           file_rename(part, request->path, why);
}

/* The name is given when all of it is there: however this ends, no torn file has it. What others
 * left behind is not touched while one of us is at work on it. */
static bool make_evidence(const struct command_context *context, const struct command_ledger *from,
                          struct request *request, struct ledger_summary *summary,
                          struct failure *why)
{
    struct text part = {0};
    struct text copy = {0};
    struct text lock_name = {0};
    struct file_lock *lock = NULL;
    bool done;

    text_addf(&part, "%s" PART, request->path);
    text_addf(&copy, "%s" PART_LEDGER, request->path);
    text_addf(&lock_name, "%s" PART_LOCK, request->path);
    done = text_ok(&part, why) && text_ok(&copy, why) && text_ok(&lock_name, why) &&
           file_lock_take(&lock, text_bytes(&lock_name), why);
    if (done) {
        remove_leftovers(request->path);
        done = pack_evidence(context, from, request, summary, text_bytes(&part), text_bytes(&copy),
                             why);
        remove_leftovers(request->path);
        file_lock_release(lock);
        remove_part(request->path, PART_LOCK);
    }
    text_clear(&part);
    text_clear(&copy);
    text_clear(&lock_name);
    return done;
}

static bool make_file(const struct command_context *context, const struct command_ledger *from,
                      struct request *request, struct ledger_summary *summary, struct failure *why)
{
    if (request->evidence) {
        return make_evidence(context, from, request, summary, why);
    }
    return make_copy(context, from->ledger, request, request->path, why) &&
           summarize_copy(request->path, summary, why);
}

/* Whole, or not at all. */
static bool make_file_whole(const struct command_context *context,
                            const struct command_ledger *from, struct request *request,
                            struct ledger_summary *summary, struct failure *why)
{
    struct failure ignored;
    bool made;
    bool done;

    interrupt_catch(stop, NULL);
    made = make_file(context, from, request, summary, why);
    done = made && go_on(why);
    if (made && !done) {
        (void)!file_remove(request->path, &ignored);
    }
    interrupt_release();
    return done || (go_on(why) && false);
}

static const char *kind_of(const struct request *request)
{
    if (request->as != NULL) {
        return request->as->name;
    }
    return request->evidence ? "evidence" : "sqlite";
}

static bool print_made(const struct command_context *context, const struct command_ledger *from,
                       const struct request *request, const struct ledger_summary *summary,
                       struct failure *why)
{
    struct value values[EXPORT_COLUMNS] = {0};
    uint8_t digest[SHA256_SIZE];
    struct text hash = {0};
    struct render *render = NULL;
    bool done = sha256_file(digest, request->path, why);

    if (done) {
        sha256_add_hex(&hash, digest);
        values[FILE_MADE_HERE] = value_text(request->path);
        values[KIND] = value_text(kind_of(request));
        values[BYTES] = value_number(file_size(request->path));
        values[SHA256] = value_text(text_bytes(&hash));
        values[LAST_SAMPLE_AT] = value_known(summary->last_sample_at);
        values[COMMAND_LINES] = value_truth(request->command_lines);
        if (request->evidence) {
            values[VERIFY] = value_text(verify_status_word(request->verdict.status));
            values[FINDING] = value_text(text_bytes(&request->verdict.finding));
        }
        values[LEDGER_ID] = value_text(summary->ledger_id);
        values[LEDGER] = value_text(ledger_path(from->ledger));
        done = text_ok(&hash, why) && command_begin(context, &export_table, &render, why) &&
               render_record(render, values, why) && command_finish(context, render, why);
    }
    render_close(render);
    text_clear(&hash);
    return done;
}

/* Evidence of a change is made all the same, and nobody must take it for a ledger that holds. */
static void note_verdict(const struct command_context *context, const struct request *request)
{
    if (request->evidence &&
        (request->verdict.status == VERIFY_CHANGED || request->verdict.status == VERIFY_CUT)) {
        command_note(context, "verify", "%s", text_bytes(&request->verdict.finding));
    }
}

/* Before a long copy is made, and not after. */
static bool read_given(const struct command_context *context, const struct command_ledger *from,
                       struct request *request, struct ledger_summary *summary,
                       enum exit_status *status, struct failure *why)
{
    if (!ledger_summarize(from->ledger, summary, why)) {
        return false;
    }
    request->given.ledger_id = summary->ledger_id;
    if (!verify_given_read(&request->given, context->options, why)) {
        *status = EXIT_USAGE;
        return false;
    }
    return true;
}

static bool make(const struct command_context *context, struct request *request,
                 enum exit_status *status, struct failure *why)
{
    struct command_ledger from = {0};
    struct ledger_summary summary = {0};
    bool done = command_open_ledger(context, &from, status, why) &&
                read_given(context, &from, request, &summary, status, why);

    /* The ledger is there: what can be missing is the folder of the new file. */
    done = done &&
           (make_file_whole(context, &from, request, &summary, why) ||
            file_refuse_folder(request->path, why)) &&
           print_made(context, &from, request, &summary, why);
    if (done) {
        note_verdict(context, request);
    }
    text_clear(&request->verdict.finding);
    verify_given_clear(&request->given);
    ledger_close(from.ledger);
    return done;
}

/*
 * Formats of others.
 */

static bool open_new(FILE **file, const char *path, struct failure *why)
{
    if (!file_make_private(path, why)) {
        return false;
    }
    *file = file_open(path, "w", why);
    return *file != NULL;
}

static bool close_new(FILE *file, bool done, const char *path, struct failure *why)
{
    if (fclose(file) != 0 && done) {
        return FAIL(why, FAILURE_SYSTEM, errno, "cannot write %s", path);
    }
    return done;
}

/* Whole, or not at all, where it is a file. */
static bool write_records(struct export_as *export, const struct command_ledger *from,
                          const char *path, struct failure *why)
{
    struct failure ignored;
    bool done;

    if (path == NULL) {
        return export_as_write(export, from, why) && output_flush(NULL, why);
    }
    done = open_new(&export->file, path, why) || file_refuse_folder(path, why);
    if (export->file != NULL) {
        done = close_new(export->file, export_as_write(export, from, why), path, why);
        if (!done) {
            (void)!file_remove(path, &ignored);
        }
    }
    return done;
}

static void note_left_out(const struct command_context *context, const struct export_as *export)
{
    if (export->left_out > 0) {
        command_note(context, "left-out", "%" PRId64 " socket%s without a record: %s",
                     export->left_out, export->left_out == 1 ? "" : "s",
                     export->format->lacks != NULL ? export->format->lacks
                                                   : "the format has none for them");
    }
}

static bool print_records(const struct command_context *context, const struct command_ledger *from,
                          const struct request *request, const struct ledger_filter *filter,
                          enum exit_status *status, struct failure *why)
{
    struct export_as export = {
        .format = request->as,
        .filter = filter,
        .utc = context->render.zone == TIME_ZONE_UTC,
        .command_lines = request->command_lines,
        .secrets = request->secrets,
        .stopped = &stopped,
    };
    struct ledger_summary summary = {0};
    bool done;

    interrupt_catch(stop, NULL);
    done = write_records(&export, from, request->path, why);
    interrupt_release();
    done = done && (request->path == NULL || (ledger_summarize(from->ledger, &summary, why) &&
                                              print_made(context, from, request, &summary, why)));
    if (done) {
        note_left_out(context, &export);
    }
    return done && coverage_note_answer(context, from, filter, (size_t) export.events, status, why);
}

static bool export_records(const struct command_context *context, const struct request *request,
                           enum exit_status *status, struct failure *why)
{
    struct command_ledger from = {0};
    struct history_filter filter;
    bool done = history_filter_read(&filter, context, why) &&
                command_open_ledger(context, &from, status, why) &&
                print_records(context, &from, request, &filter.filter, status, why);

    ledger_close(from.ledger);
    return done;
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct request request = {0};

    if (!read_request(context, &request, why)) {
        return false;
    }
    return request.as != NULL ? export_records(context, &request, status, why)
                              : make(context, &request, status, why);
}

static const struct column_table *const tables[] = {&export_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "the file was made; with --as: something matches"},
    {EXIT_NO, "with --as: nothing matches"},
    {EXIT_UNDECIDED,
     "with --as: nothing matches, and nothing was watched in the asked time, or a part of what "
     "was seen was dropped"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger export --sqlite copy.db", "A copy for sqlite3; docs/ledger.md has questions."},
    {"portledger export --evidence host7.zip --key seal-key.txt",
     "To take away, with what `verify --key` finds in its manifest."},
    {"portledger export --evidence host7.zip --with-command-lines --with-secrets",
     "All that there is, to be kept elsewhere."},
    {"portledger export --as ecs --since -1h", "The last hour for Elasticsearch."},
    {"portledger export --as sysmon --process svchost.exe -o host7.jsonl",
     "For rules that were written for Sysmon."},
    {NULL, NULL},
};

const struct command command_export = {
    .name = "export",
    .words = "",
    .summary = "The ledger as a file to take away, or in the format of another program",
    .text =
        "The copy is of one moment, and is made while the service goes on writing. A file that "
        "is there is not overwritten; the new one can be read by administrators and by whoever "
        "made it. Without --with-command-lines only their hashes are left in the copy, by which "
        "it can still be verified. With it those in which a password, a token or the like is found "
        "by its looks are still left out, but for their hashes; such a search finds much and not "
        "all. With --as each socket that opened or closed is a record; what is not known is left "
        "out.",
    .options = options,
    .option_count = OPTION_COUNT,
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
