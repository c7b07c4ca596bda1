/* SPDX-License-Identifier: MIT */

/*
 * Whether the ledger still says what it was sealed with.
 */

#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/time_text.h"
#include "reportcli/command.h"
#include "reportcli/verify_given.h"
#include "reportcli/verify_words.h"
#include "store/ledger_query.h"
#include "store/verify.h"

enum { PROGRESS_MS = 500 };

static const struct column verify_columns[] = {
    {.name = "finding",
     .type = COLUMN_TEXT,
     .heading = "Finding",
     .help = "What was found, in words",
     .last = true,
     .reason = true},
    {.name = "status",
     .type = COLUMN_TEXT,
     .heading = "Status",
     .help = "held: all is as it was sealed; changed: edited, removed, inserted or reordered; cut "
             "off: the end is missing, or was once; undecided"},
    {.name = "sealed_until",
     .type = COLUMN_TIME,
     .heading = "Sealed until",
     .help = "Up to this sample the record is sealed; what is newer is not, yet"},
    {.name = "sealed_from",
     .type = COLUMN_TIME,
     .heading = "Sealed from",
     .help = "When sealing began; what was recorded before is not sealed"},
    {.name = "proven",
     .type = COLUMN_TEXT,
     .heading = "Proven by",
     .help = "key: all seals are of the key that was given; partly: some are; anchors: only "
             "published seals agree; nothing: neither was given"},
    {.name = "damage",
     .type = COLUMN_TEXT,
     .heading = "Damage",
     .help = "What is wrong with the first seal that does not hold",
     .rank = 1},
    {.name = "damaged_from",
     .type = COLUMN_TIME,
     .heading = "From",
     .help = "Where the first stretch of time begins that does not hold",
     .rank = 1},
    {.name = "damaged_until",
     .type = COLUMN_TIME,
     .heading = "To",
     .help = "Where it ends",
     .rank = 1},
    {.name = "damaged_seal",
     .type = COLUMN_INTEGER,
     .heading = "Its seal",
     .help = "Number of the first seal that does not hold",
     .rank = 1},
    {.name = "damaged_kind",
     .type = COLUMN_TEXT,
     .heading = "Kind of fact",
     .help = "Which kind of fact is damaged there, as far as that can be told",
     .rank = 1},
    {.name = "damaged_row",
     .type = COLUMN_INTEGER,
     .heading = "Row",
     .help = "Number of its row in its table, likewise",
     .rank = 1},
    {.name = "damaged_seals",
     .type = COLUMN_INTEGER,
     .heading = "Damaged seals",
     .help = "How many seals do not hold; after one that was made anew none does",
     .rank = 1},
    {.name = "cut_before",
     .type = COLUMN_INTEGER,
     .heading = "First lost seal",
     .help = "The first seal that was made and is missing, with all that it covered",
     .rank = 1},
    {.name = "lost_from",
     .type = COLUMN_TIME,
     .heading = "Lost from",
     .help = "Where the time begins whose record is missing: what was sealed before is there",
     .rank = 1},
    {.name = "lost_until",
     .type = COLUMN_TIME,
     .heading = "Lost to",
     .help = "When the service took up what was left; null: it is the end that is missing",
     .rank = 1},
    {.name = "lost_seals",
     .type = COLUMN_INTEGER,
     .heading = "Lost seals",
     .help = "Seals that are missing there; of an end that is missing: at least",
     .rank = 1},
    {.name = "seals", .type = COLUMN_INTEGER, .heading = "Seals", .help = "Seals in the ledger"},
    {.name = "seals_folded",
     .type = COLUMN_INTEGER,
     .heading = "Seals folded",
     .help = "Older seals of which retention has left nothing: later ones stand for them"},
    {.name = "newest_seal",
     .type = COLUMN_TEXT,
     .heading = "Newest seal",
     .help = "The newest seal as the service publishes it; kept elsewhere, it is an anchor",
     .last = true},
    {.name = "intervals",
     .type = COLUMN_INTEGER,
     .heading = "Intervals checked",
     .help = "Sealed intervals that were looked at"},
    {.name = "intervals_unsealed",
     .type = COLUMN_INTEGER,
     .heading = "Not sealed yet",
     .help = "Intervals that began after the newest seal"},
    {.name = "intervals_before",
     .type = COLUMN_INTEGER,
     .heading = "Before sealing",
     .help = "Intervals of before sealing began"},
    {.name = "completed",
     .type = COLUMN_INTEGER,
     .heading = "Completed later",
     .help = "Sealed rows of processes, modules, users and runs that were completed in place; "
             "each version is sealed"},
    {.name = "completed_unsealed",
     .type = COLUMN_INTEGER,
     .heading = "Of them not sealed yet",
     .help = "Of those, the ones whose completion no seal binds yet: they are not proven"},
    {.name = "command_lines_withheld",
     .type = COLUMN_INTEGER,
     .heading = "Command lines left out",
     .help = "Command lines that this copy was made without; their hashes are sealed"},
    {.name = "dropped_rows",
     .type = COLUMN_INTEGER,
     .heading = "Rows dropped",
     .help = "Rows that retention has dropped, as its sealed notes say"},
    {.name = "dropped_by_age",
     .type = COLUMN_INTEGER,
     .heading = "Of them by age",
     .help = "Of those, the ones that were dropped for their age; the others made room"},
    {.name = "dropped_at",
     .type = COLUMN_TIME,
     .heading = "Dropped last",
     .help = "When the last of them were dropped",
     .rank = 1},
    {.name = "drop_notes_unsealed",
     .type = COLUMN_INTEGER,
     .heading = "Notes not sealed yet",
     .help = "Notes of retention that no seal binds yet: that these rows were dropped is not "
             "proven"},
    {.name = "ledger_id",
     .type = COLUMN_TEXT,
     .heading = "Ledger id",
     .help = "Names the ledger and its copies"},
    {.name = "ledger", .type = COLUMN_TEXT, .heading = "Ledger", .help = "Path of the ledger"},
};

enum {
    FINDING,
    STATUS,
    SEALED_UNTIL,
    SEALED_FROM,
    PROVEN,
    DAMAGE,
    DAMAGED_FROM,
    DAMAGED_UNTIL,
    DAMAGED_SEAL,
    DAMAGED_KIND,
    DAMAGED_ROW,
    DAMAGED_SEALS,
    CUT_BEFORE,
    LOST_FROM,
    LOST_UNTIL,
    LOST_SEALS,
    SEALS,
    SEALS_FOLDED,
    NEWEST_SEAL,
    INTERVALS,
    INTERVALS_UNSEALED,
    INTERVALS_BEFORE,
    COMPLETED,
    COMPLETED_UNSEALED,
    WITHHELD,
    DROPPED_ROWS,
    DROPPED_BY_AGE,
    DROPPED_AT,
    DROP_NOTES_UNSEALED,
    LEDGER_ID,
    LEDGER,
    VERIFY_COLUMNS
};

static const struct column_table verify_table = {
    .name = "verify",
    .title = "what became of what was sealed",
    .single = true,
    .groups = {{verify_columns, VERIFY_COLUMNS}},
};

/* Shown on one line of a terminal that is written over and over. */
struct progress {
    const struct command_context *context;
    int64_t shown_at; /* clock_steady() */
    int64_t of;
};

static void write_progress(const char *line)
{
    struct failure ignored;

    (void)(console_write(CONSOLE_ERROR, line, strlen(line), &ignored) &&
           console_flush(CONSOLE_ERROR, &ignored));
}

static void show_progress(void *context, int64_t done, int64_t total)
{
    struct progress *progress = context;
    struct text line = {0};

    (void)total;
    if (progress->context->quiet || !console_takes_movements(CONSOLE_ERROR) ||
        clock_steady() - progress->shown_at < PROGRESS_MS) {
        return;
    }
    progress->shown_at = clock_steady();
    text_addf(&line, "\rverifying: %3d %%",
              progress->of == 0
                  ? 0
                  : (int)(100 * (done < progress->of ? done : progress->of) / progress->of));
    write_progress(text_bytes(&line));
    text_clear(&line);
}

static void end_progress(const struct progress *progress)
{
    if (progress->shown_at != INT64_MIN / 2) {
        write_progress("\r                \r");
    }
}

static void fill_damage(struct value values[VERIFY_COLUMNS], const struct verify_result *result)
{
    if (result->damaged_seals > 0) {
        values[DAMAGE] = value_text(verify_damage_word(result->damage));
        values[DAMAGED_FROM] = value_known(result->damaged_from);
        values[DAMAGED_UNTIL] = value_known(result->damaged_until);
        values[DAMAGED_SEAL] = value_number(result->damaged_seal);
        values[DAMAGED_ROW] = value_known(result->damaged_row);
        values[DAMAGED_SEALS] = value_number(result->damaged_seals);
        if (result->damaged_kind != 0) {
            values[DAMAGED_KIND] = value_text(seal_kind_name(result->damaged_kind));
        }
    }
    if (result->cut_before >= 0) {
        values[CUT_BEFORE] = value_number(result->cut_before);
        values[LOST_FROM] = value_known(result->lost_from);
        values[LOST_UNTIL] = value_known(result->lost_until);
        values[LOST_SEALS] = value_number(result->lost_seals);
    }
}

static void fill(struct value values[VERIFY_COLUMNS], const char *ledger_id,
                 const struct verify_result *result)
{
    values[STATUS] = value_text(verify_status_word(result->status));
    values[SEALED_UNTIL] = value_known(result->seals > 1 ? result->sealed_until : 0);
    values[SEALED_FROM] = value_known(result->sealed_from);
    values[PROVEN] = value_text(verify_proven_word(result));
    values[SEALS] = value_number(result->seals);
    values[SEALS_FOLDED] = value_number(result->folded_seals);
    values[INTERVALS] = value_number(result->intervals);
    values[INTERVALS_UNSEALED] = value_number(result->unsealed);
    values[INTERVALS_BEFORE] = value_number(result->older);
    values[COMPLETED] = value_number(result->completed);
    values[COMPLETED_UNSEALED] = value_number(result->completed_unsealed);
    values[WITHHELD] = value_number(result->withheld);
    values[DROPPED_ROWS] = value_number(result->dropped);
    values[DROPPED_BY_AGE] = value_number(result->dropped_by_age);
    values[DROPPED_AT] = value_known(result->dropped_at);
    values[DROP_NOTES_UNSEALED] = value_number(result->drops_unsealed);
    values[LEDGER_ID] = value_text(ledger_id);
    fill_damage(values, result);
}

static void add_since(struct text *finding, int64_t since)
{
    if (since != 0) {
        text_add(finding, " Rows from before ");
        time_text_add_table(finding, since, TIME_ZONE_LOCAL);
        text_add(finding, " were not looked at.");
    }
}

static bool print(const struct command_context *context, const struct verify_plan *plan,
                  const char *ledger_id, const struct verify_result *result, const char *ledger,
                  struct failure *why)
{
    struct verify_anchor newest = {.number = result->newest};
    struct value values[VERIFY_COLUMNS] = {0};
    struct text finding = {0};
    struct text seal = {0};
    struct render *render = NULL;
    bool done;

    memcpy(newest.head, result->head, sizeof(newest.head));
    verify_add_finding(&finding, result);
    add_since(&finding, plan->since);
    verify_add_anchor(&seal, &newest, ledger_id);
    fill(values, ledger_id, result);
    values[FINDING] = value_text(text_bytes(&finding));
    values[LEDGER] = value_text(ledger);
    if (result->newest >= 0) {
        values[NEWEST_SEAL] = value_text(text_bytes(&seal));
    }
    done = text_ok(&finding, why) && text_ok(&seal, why) &&
           command_begin(context, &verify_table, &render, why) &&
           render_record(render, values, why) && command_finish(context, render, why);
    render_close(render);
    text_clear(&finding);
    text_clear(&seal);
    return done;
}

static bool verify(const struct command_context *context, struct ledger *ledger,
                   const struct ledger_summary *summary, const struct verify_plan *plan,
                   struct verify_result *result, struct failure *why)
{
    struct progress progress = {context, INT64_MIN / 2, summary->intervals};
    struct verify_plan shown = *plan;
    bool done;

    shown.progress = show_progress;
    shown.context = &progress;
    done = ledger_verify(result, ledger, &shown, why);
    end_progress(&progress);
    return done;
}

static enum exit_status status_of(const struct verify_result *result)
{
    static const enum exit_status statuses[] = {
        [VERIFY_HELD] = EXIT_YES,
        [VERIFY_CHANGED] = EXIT_NO,
        [VERIFY_CUT] = EXIT_NO,
        [VERIFY_UNDECIDED] = EXIT_UNDECIDED,
    };

    return statuses[result->status];
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct command_ledger from = {0};
    struct ledger_summary summary = {0};
    struct verify_given given = {.ledger_id = summary.ledger_id};
    struct verify_plan plan = {.since = 0};
    struct verify_result result;
    bool done = command_time(context, "since", COMMAND_EARLIER, 0, &plan.since, why) &&
                command_open_ledger(context, &from, status, why);

    if (done) {
        *status = EXIT_LEDGER;
        done = ledger_summarize(from.ledger, &summary, why);
    }
    if (done && !verify_given_read(&given, context->options, why)) {
        *status = EXIT_USAGE;
        done = false;
    }
    verify_given_plan(&given, &plan);
    done = done && verify(context, from.ledger, &summary, &plan, &result, why);
    if (done) {
        *status = EXIT_YES; /* what cannot be printed says itself why */
        done = print(context, &plan, summary.ledger_id, &result, ledger_path(from.ledger), why);
    }
    if (done) {
        *status = status_of(&result);
    }
    verify_given_clear(&given);
    ledger_close(from.ledger);
    return done;
}

static const struct option options[] = {
    VERIFY_GIVEN_OPTIONS,
    {.name = "since",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Look only at what was recorded from this time on, also after an older copy was put "
             "back; the chain of seals is checked from its beginning"},
};

static const struct column_table *const tables[] = {&verify_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "all is as it was sealed"},
    {EXIT_NO, "the ledger was changed, or its end was cut off"},
    {EXIT_UNDECIDED,
     "nothing of the asked time is sealed yet, or a key is missing for a part of it"},
    {EXIT_LEDGER, "the ledger cannot be read"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger verify --key seal-key.txt", "Nobody has changed what was sealed, proven."},
    {"portledger verify --anchor events.txt",
     "The same by what was published, without the key: and the end was not cut off."},
    {"portledger --ledger copy.db verify --since -7d", "A quick look at the last week of a copy."},
    {NULL, NULL},
};

const struct command command_verify = {
    .name = "verify",
    .words = "",
    .summary = "Whether the ledger was changed since it was recorded",
    .text = "Each minute the service seals what it recorded. Without the first key or a published "
            "seal only that is found which was changed by somebody who did not make new seals. "
            "docs/ledger.md says what is sealed and against whom.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
