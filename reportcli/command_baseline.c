/* SPDX-License-Identifier: MIT */

/*
 * The state of a moment as a file to keep, and what is in such a file.
 */

#include <string.h>

#include "base/machine.h"
#include "base/sha256_file.h"
#include "base/text.h"
#include "base/version.h"
#include "reportcli/baseline.h"
#include "reportcli/command.h"
#include "reportcli/diff_side.h"
#include "reportcli/output.h"
#include "reportcli/port_statistics.h"
#include "reportcli/process_block.h"
#include "reportcli/socket_list.h"
#include "reportcli/states.h"
#include "store/verify.h"

static const struct column columns[] = {
    {.name = "file", .type = COLUMN_TEXT, .heading = "File", .help = "The baseline's file"},
    {.name = "taken_at",
     .type = COLUMN_TIME,
     .heading = "State of",
     .help = "The moment whose state it has"},
    {.name = "host",
     .type = COLUMN_TEXT,
     .heading = "Machine",
     .help = "Name of the machine; absent where not known",
     .rank = 1},
    {.name = "sockets", .type = COLUMN_INTEGER, .heading = "Sockets", .help = "How many it has"},
    {.name = "processes",
     .type = COLUMN_INTEGER,
     .heading = "Processes",
     .help = "How many it has, those without sockets among them"},
    {.name = "basis",
     .type = COLUMN_TEXT,
     .heading = "Rests on",
     .help = "sealed: a ledger, under the seal; not sealed yet: a ledger, newer than its newest "
             "seal; older than sealing: a ledger, before it had seals; live: the system itself"},
    {.name = "ledger_id",
     .type = COLUMN_TEXT,
     .heading = "Ledger id",
     .help = "Of the ledger; absent where it is live",
     .rank = 1},
    {.name = "seal",
     .type = COLUMN_INTEGER,
     .heading = "Seal",
     .help = "Number of the first seal that binds all up to that moment; absent where there is "
             "none, as are the next ones",
     .rank = 1},
    {.name = "seal_until",
     .type = COLUMN_TIME,
     .heading = "Sealed until",
     .help = "The sample up to which it binds",
     .rank = 1},
    {.name = "seal_head",
     .type = COLUMN_TEXT,
     .heading = "Head",
     .help = "Its head, which binds the seals before it; \"verify --anchor FILE\" holds the ledger "
             "against it",
     .rank = 1},
    {.name = "seal_mac",
     .type = COLUMN_TEXT,
     .heading = "MAC",
     .help = "Its mac, as in the ledger",
     .rank = 1},
    {.name = "detail",
     .type = COLUMN_TEXT,
     .heading = "Detail",
     .help =
         "whole; partly or dropped: retention had dropped a part of that moment, or nearly all"},
    {.name = "command_lines",
     .type = COLUMN_BOOLEAN,
     .heading = "Command lines",
     .help = "Whether the command lines of processes are in it"},
    {.name = "made_at", .type = COLUMN_TIME, .heading = "Made", .help = "When the file was made"},
    {.name = "program",
     .type = COLUMN_TEXT,
     .heading = "Made by",
     .help = "The program that made it"},
    {.name = "sha256",
     .type = COLUMN_TEXT,
     .heading = "SHA-256",
     .help = "Hash of all but the last line, which has it; to be kept elsewhere"},
};

enum {
    BASELINE_FILE,
    TAKEN_AT,
    HOST,
    SOCKETS,
    PROCESSES,
    BASIS,
    LEDGER_ID,
    SEAL_NUMBER,
    SEAL_UNTIL,
    SEAL_HEAD,
    SEAL_MAC,
    DETAIL,
    COMMAND_LINES,
    MADE_AT,
    PROGRAM,
    SHA256,
    BASELINE_COLUMNS,
};

static const struct column_table baseline_table = {
    .name = "baseline",
    .title = "the state of a machine at a moment, kept in a file",
    .single = true,
    .groups = {{columns, BASELINE_COLUMNS}},
};

static const char *detail_name(enum ledger_detail_kind detail)
{
    static const char *const names[] = {
        [LEDGER_DETAIL_WHOLE] = "whole",
        [LEDGER_DETAIL_PARTLY] = "partly",
        [LEDGER_DETAIL_DROPPED] = "dropped",
    };

    return names[detail];
}

/* The texts behind the values of the record. */
struct words {
    struct text head;
    struct text mac;
};

static void fill(const struct baseline *baseline, const char *file, struct words *words,
                 struct value *values)
{
    for (int i = 0; i < BASELINE_COLUMNS; i++) {
        values[i] = (struct value){0};
    }
    values[BASELINE_FILE] = value_text(file);
    values[TAKEN_AT] = value_number(baseline->snapshot.taken_at);
    values[HOST] = value_text(baseline->host);
    values[SOCKETS] = value_number((int64_t)baseline->snapshot.socket_count);
    values[PROCESSES] = value_number((int64_t)baseline->snapshot.process_count);
    values[BASIS] = value_text(baseline_basis_name(baseline->basis));
    values[LEDGER_ID] = value_text(baseline->ledger_id[0] != '\0' ? baseline->ledger_id : NULL);
    values[DETAIL] = value_text(detail_name(baseline->detail));
    values[COMMAND_LINES] = value_truth(baseline->command_lines);
    values[MADE_AT] = value_known(baseline->made_at);
    values[PROGRAM] = value_text(baseline->program);
    values[SHA256] = value_text(baseline->hash);
    if (baseline->basis == BASELINE_SEALED) {
        sha256_add_hex(&words->head, baseline->head);
        sha256_add_hex(&words->mac, baseline->mac);
        values[SEAL_NUMBER] = value_number(baseline->seal);
        values[SEAL_UNTIL] = value_number(baseline->seal_until);
        values[SEAL_HEAD] = value_text(text_bytes(&words->head));
        values[SEAL_MAC] = value_text(text_bytes(&words->mac));
    }
}

static bool print_about(const struct command_context *context, const struct baseline *baseline,
                        const char *file, struct failure *why)
{
    struct value values[BASELINE_COLUMNS];
    struct words words = {{0}, {0}};
    struct render *render = NULL;
    bool done;

    fill(baseline, file, &words, values);
    done = text_ok(&words.head, why) && text_ok(&words.mac, why) &&
           command_begin(context, &baseline_table, &render, why) &&
           render_record(render, values, why) && command_finish(context, render, why);
    render_close(render);
    text_clear(&words.head);
    text_clear(&words.mac);
    return done;
}

/* The first seal that binds the moment. */
static bool find_seal(struct baseline *baseline, struct ledger *ledger,
                      const struct ledger_moment *moment, struct failure *why)
{
    static const enum baseline_basis bases[] = {
        [SEAL_FOUND] = BASELINE_SEALED,
        [SEAL_NOT_YET] = BASELINE_NOT_SEALED,
        [SEAL_NEVER] = BASELINE_BEFORE_SEALS,
    };
    const struct ledger_position position = {moment->stretch.id, moment->at};
    struct seal_found found;

    if (!seal_find(&found, ledger, &position, why)) {
        return false;
    }
    baseline->basis = bases[found.basis];
    memcpy(baseline->ledger_id, found.ledger_id, sizeof(baseline->ledger_id));
    baseline->seal = found.seal.number;
    baseline->seal_until = found.seal.until.at;
    memcpy(baseline->head, found.head, sizeof(baseline->head));
    memcpy(baseline->mac, found.seal.mac, sizeof(baseline->mac));
    return true;
}

/* Of several moments the newest is taken: a baseline is of one. */
static void note_several(const struct command_context *context, const struct diff_side *side)
{
    size_t count = diff_side_count(side);

    if (count > 1) {
        command_note(context, "moments", "%s was %zu moments; the last one is saved", side->word,
                     count);
    }
}

static bool take_state(struct baseline *baseline, struct diff_side *side, struct failure *why)
{
    size_t last = diff_side_count(side) - 1;

    if (!diff_side_sample(side, true, why) || !diff_side_load(side, last, why)) {
        return false;
    }
    baseline->detail = side->detail;
    baseline->basis = BASELINE_LIVE;
    if (side->kind != DIFF_SIDE_LIVE &&
        !find_seal(baseline, diff_side_ledger(side), &side->moments.found[last], why)) {
        return false;
    }
    snapshot_swap(&baseline->snapshot, &side->snapshot);
    return true;
}

static bool describe(struct baseline *baseline, const struct command_context *context,
                     const struct diff_side *side, struct failure *why)
{
    struct text program = {0};
    struct text host = {0};
    struct machine_facts machine = {0};
    bool done;

    text_addf(&program, "portledger %s", portledger_version);
    done = diff_side_add_host(side, &host, why) && machine_read(&machine, why);
    if (done) {
        baseline->made_at = context->now;
        baseline->command_lines = options_flag(context->options, "with-command-lines");
        baseline->program = text_take(&program);
        baseline->host = host.size > 0 ? text_take(&host) : NULL;
        if (side->kind == DIFF_SIDE_LIVE) {
            baseline->system = text_copy(machine.system != NULL ? machine.system : "");
        }
        done = baseline->program != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for a name");
    }
    machine_facts_clear(&machine);
    text_clear(&program);
    text_clear(&host);
    return done;
}

static bool save_side(const struct command_context *context, struct diff_side *side,
                      enum exit_status *status, struct failure *why)
{
    const char *file = options_word(context->options, 1);
    struct baseline baseline = {0};
    bool done;

    if (diff_side_count(side) == 0) {
        *status = EXIT_UNDECIDED;
        return true;
    }
    done = take_state(&baseline, side, why) && describe(&baseline, context, side, why) &&
           baseline_write(&baseline, file, options_flag(context->options, "overwrite"), why) &&
           print_about(context, &baseline, file, why);
    if (done) {
        note_several(context, side);
        if (side->kind == DIFF_SIDE_LIVE) {
            socket_list_note(context, &baseline.snapshot, 0);
        }
    }
    baseline_clear(&baseline);
    return done;
}

static bool save(const struct command_context *context, enum exit_status *status,
                 struct failure *why)
{
    const char *at = options_text(context->options, "at");
    struct command_ledger usual = {0};
    struct diff_side side = {0};
    bool done;

    if (options_flag(context->options, "with-command-lines") && context->no_command_lines) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--with-command-lines and --no-command-lines exclude each other");
    }
    done = diff_side_read(&side, context, at != NULL ? at : "now", why);
    if (done && side.kind == DIFF_SIDE_BASELINE) {
        done = FAIL(why, FAILURE_USAGE, 0, "--at: %s is a baseline already", at);
    }
    done = done &&
           (!diff_side_needs_ledger(&side) || command_open_ledger(context, &usual, status, why)) &&
           diff_side_open(&side, &usual, status, why) && save_side(context, &side, status, why);
    if (done) {
        diff_side_note(&side);
    }
    diff_side_clear(&side);
    ledger_close(usual.ledger);
    return done;
}

static bool say_statistics(const struct command_context *context, const struct snapshot *snapshot,
                           struct failure *why)
{
    struct port_statistics statistics = {0};
    struct text words = {0};
    bool done;

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        port_statistics_add(&statistics, &snapshot->sockets[i]);
    }
    text_add(&words, "\nPort Statistics\n");
    port_statistics_add_text(&words, &statistics);
    done = text_ok(&words, why) && process_block_say(context, text_bytes(&words), why);
    text_clear(&words);
    return done;
}

/* As `local --at` shows a moment; takes the snapshot out of the baseline. */
static bool print_sockets(const struct command_context *context, struct baseline *baseline,
                          struct failure *why)
{
    struct states states = {.is_live = true, .count = 1, .context = context};
    struct render *render = NULL;
    bool table = context->renderer == &render_table;
    bool done;

    snapshot_swap(&states.snapshot, &baseline->snapshot);
    done = (!table || process_block_say(context, "\n", why)) &&
           command_begin(context, &socket_list_table, &render, why) &&
           socket_list_print(&states, NULL, render, why) && command_finish(context, render, why) &&
           (!table || (say_statistics(context, &states.snapshot, why) &&
                       output_flush(context->render.log, why)));
    render_close(render);
    states_close(&states);
    return done;
}

/* What a person should know who sees records of sockets only. */
static void note_basis(const struct command_context *context, const struct baseline *baseline)
{
    struct text words = {0};

    text_addf(&words, "the file agrees with its hash; the state is of ");
    time_text_add_table(&words, baseline->snapshot.taken_at, context->render.zone);
    text_addf(&words, ", %s", baseline_basis_name(baseline->basis));
    if (baseline->host != NULL) {
        text_addf(&words, ", of %s", baseline->host);
    }
    if (baseline->detail != LEDGER_DETAIL_WHOLE) {
        text_add(&words, "; a part of it was dropped before the file was made");
    }
    command_note(context, "baseline", "%s", text_bytes(&words));
    text_clear(&words);
}

static bool show(const struct command_context *context, enum exit_status *status,
                 struct failure *why)
{
    const char *file = options_word(context->options, 1);
    bool about = options_flag(context->options, "about");
    struct baseline baseline = {0};
    bool done = baseline_read(&baseline, file, why);

    if (!done) {
        *status = why->kind == FAILURE_FORMAT ? EXIT_NO : EXIT_LEDGER;
        return false;
    }
    note_basis(context, &baseline);
    if (about || context->renderer == &render_table) {
        done = print_about(context, &baseline, file, why);
    }
    done = done && (about || print_sockets(context, &baseline, why));
    baseline_clear(&baseline);
    return done;
}

static const struct {
    const char *word;
    bool (*run)(const struct command_context *context, enum exit_status *status,
                struct failure *why);
} verbs[] = {
    {"save", save},
    {"show", show},
};

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    const char *word = options_word(context->options, 0);

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].word, word) == 0) {
            return verbs[i].run(context, status, why);
        }
    }
    return FAIL(why, FAILURE_USAGE, 0, "\"%s\" is neither save nor show", word);
}

static const struct option options[] = {
    {.name = "at",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "save: the state at that moment, out of the ledger, or LEDGER@TIME; without it the "
             "present, asked of the system"},
    {.name = "overwrite", .kind = OPTION_FLAG, .help = "save: replace the file if it is there"},
    {.name = "with-command-lines",
     .kind = OPTION_FLAG,
     .help = "save: put the command lines of processes in, too: they may hold secrets"},
    {.name = "about",
     .kind = OPTION_FLAG,
     .help = "show: what the baseline is and rests on, and not its sockets"},
};

static const struct column_table *const tables[] = {&baseline_table, &socket_list_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "the file was made; it agrees with its hash"},
    {EXIT_NO, "show: the file was changed since it was made, or is no baseline"},
    {EXIT_UNDECIDED, "save: nothing was watched at the time that --at names; no file was made"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger baseline save good.json", "The present state, to compare with later."},
    {"portledger baseline save monday.json --at \"2026-11-23 08:00\"",
     "That of a moment in the ledger, with the seal that it rests on."},
    {"portledger baseline show good.json",
     "Whether the file is as it was made, and what is in it."},
    {"portledger baseline show good.json --about --json", "What it rests on, for a program."},
    {NULL, NULL},
};

const struct command command_baseline = {
    .name = "baseline",
    .words = "save|show FILE",
    .summary = "The state of a moment as a file to keep, and to compare with",
    .text = "\"save\" writes a JSON file with sockets, processes, files and modules, a hash of its "
            "own, and the seal of the ledger that it rests on. A file that is there is not "
            "overwritten; the new one can be read by administrators and by whoever made it. "
            "\"show\" refuses a file that was changed. The hash tells damage and edits; who "
            "can calculate it anew is told by the seal: \"portledger verify --anchor FILE\" holds "
            "the ledger against it.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .words_min = 2,
    .words_max = 2,
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
