/* SPDX-License-Identifier: MIT */

/*
 * One page about a port or a connection at a moment, for whoever writes the
 * report about it.
 */

#include <string.h>

#include "reportcli/command.h"
#include "reportcli/explain.h"
#include "store/ledger_about.h"

enum { AROUND_MS = 3600000 };

/* The newest run counts: a machine may have been renamed. */
static void take_host(void *context, const struct ledger_about_field *fields, size_t count)
{
    struct text *host = context;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, "host") == 0 && fields[i].text != NULL) {
            text_reset(host);
            text_add(host, fields[i].text);
        }
    }
}

static bool name_source(struct text *source, struct ledger *ledger, struct failure *why)
{
    struct ledger_summary summary;
    struct text host = {0};
    bool done = ledger_summarize(ledger, &summary, why) &&
                ledger_walk_about(ledger, LEDGER_ABOUT_RUNS, take_host, &host, why) &&
                text_ok(&host, why);

    if (done) {
        text_addf(source, "Host %s, ledger %s", host.size > 0 ? text_bytes(&host) : "not known",
                  summary.ledger_id);
        done = text_ok(source, why);
    }
    text_clear(&host);
    return done;
}

/* Why a moment has no answer, and what there is next to it. */
static void add_unwatched(struct text *words, const struct moments *moments,
                          const struct command_context *context)
{
    const struct ledger_moments *around = &moments->around;

    text_add(words, "Nothing was watched at that moment");
    if (moments->readings[0] > context->now) {
        text_add(words, ": it is still to come");
    } else if (around->watched_before != INT64_MIN) {
        text_addf(words, ": %s",
                  ledger_gap_seamless((int)around->reason) ? "no sample since"
                                                           : ledger_gap_name((int)around->reason));
    }
    if (around->watched_before != INT64_MIN) {
        text_add(words, "; the last sample before it is of ");
        time_text_add_table(words, around->watched_before, context->render.zone);
    }
    if (around->watched_after != INT64_MAX) {
        text_add(words, "; the first one after it is of ");
        time_text_add_table(words, around->watched_after, context->render.zone);
    }
    text_add_char(words, '.');
}

static bool tell_moment(struct explain *common, const struct ledger_moment *moment, int64_t at,
                        const char *unwatched, enum explain_answer *answer, struct failure *why)
{
    struct explain explain = *common;
    bool done;

    explain.at = at;
    explain.moment = moment;
    done = explain_moment(&explain, unwatched, why);
    *answer = explain.answer;
    explain_clear(&explain);
    return done;
}

/* Where a time was several moments, nobody knows which one was meant: they must agree. */
static enum exit_status judge(const enum explain_answer *answers, size_t count)
{
    static const enum exit_status statuses[] = {
        [EXPLAIN_OWNED] = EXIT_YES,
        [EXPLAIN_NOTHING] = EXIT_NO,
        [EXPLAIN_UNDECIDED] = EXIT_UNDECIDED,
    };

    for (size_t i = 1; i < count; i++) {
        if (answers[i] != answers[0]) {
            return EXIT_UNDECIDED;
        }
    }
    return statuses[answers[0]];
}

static bool tell_all(struct explain *common, const struct moments *moments,
                     enum exit_status *status, struct failure *why)
{
    size_t count = moments->count == 0 ? 1 : moments->count;
    enum explain_answer answers[MOMENTS_MAX];
    struct text unwatched = {0};
    bool done = true;

    add_unwatched(&unwatched, moments, common->context);
    for (size_t i = 0; done && i < count; i++) {
        const struct ledger_moment *moment = moments->count == 0 ? NULL : &moments->found[i];
        int64_t at = moment == NULL ? moments->readings[0] : moment->at;

        done = explain_page_begin(common->page, i + 1, at, why) && text_ok(&unwatched, why) &&
               tell_moment(common, moment, at, text_bytes(&unwatched), &answers[i], why);
    }
    done = done && explain_page_finish(common->page, why);
    text_clear(&unwatched);
    if (done) {
        *status = judge(answers, count);
    }
    return done;
}

static struct explain *with_source(struct explain *explain, const struct text *source)
{
    explain->source = text_bytes(source);
    return explain;
}

/* The page is made to be handed on: command lines are on it only where somebody wants them. */
static bool read_wishes(struct command_context *context, struct failure *why)
{
    bool wanted = options_flag(context->options, "with-command-lines");

    if (!wanted && options_flag(context->options, "with-secrets")) {
        return FAIL(why, FAILURE_USAGE, 0, "--with-secrets goes with --with-command-lines");
    }
    if (wanted && context->no_command_lines) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--with-command-lines and --no-command-lines exclude each other");
    }
    context->no_command_lines = !wanted;
    return true;
}

static bool find(struct moments *moments, const struct command_context *context,
                 const struct command_ledger *from, enum exit_status *status, struct failure *why)
{
    if (moments->word != NULL) {
        return moments_find(moments, context, from, status, why);
    }
    if (!moments_find_newest(moments, from, status, why)) {
        return false;
    }
    if (moments->count == 0) { /* the ledger is empty: it is the present that is not in it */
        moments->readings[0] = context->now;
    }
    return true;
}

static bool run(const struct command_context *called, enum exit_status *status, struct failure *why)
{
    struct command_context own = *called;
    const struct command_context *context = &own;
    const char *word = options_text(context->options, "at");
    struct command_ledger from = {0};
    struct explain_target target;
    struct explain explain = {
        .context = context,
        .from = &from,
        .target = &target,
        .around = options_number(context->options, "around", AROUND_MS),
        .whole = context->render.verbose || options_flag(context->options, "all"),
    };
    struct text source = {0};
    struct moments moments = {0};
    bool done = read_wishes(&own, why) &&
                explain_target_parse(options_word(context->options, 0), &target, why) &&
                (word == NULL || moments_read(&moments, context, word, why)) &&
                command_open_ledger(context, &from, status, why) &&
                find(&moments, context, &from, status, why) &&
                name_source(&source, from.ledger, why) &&
                explain_page_open(&explain.page, context, why) &&
                tell_all(with_source(&explain, &source), &moments, status, why);

    if (done && moments.count > 0) {
        moments_note(context, &moments); /* of an unwatched one the page itself speaks */
    }
    explain_page_close(explain.page);
    text_clear(&source);
    ledger_close(from.ledger);
    return done;
}

static const struct option options[] = {
    {.name = "at",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "The moment: -2h, 14:00, yesterday, \"2026-11-20 02:13\"; without it the newest that "
             "is stored"},
    {.name = "around",
     .kind = OPTION_DURATION,
     .value = "DURATION",
     .help = "How far before and after the moment is looked for what the owner did, and for gaps: "
             "5m, 1d; without it 1h",
     .minimum = 1000,
     .maximum = INT64_C(366) * 86400000},
    {.name = "all",
     .kind = OPTION_FLAG,
     .help = "All of each list, and all about each process, also of the other formats; so does -v"},
    {.name = "with-command-lines",
     .kind = OPTION_FLAG,
     .help = "Command lines of processes; what looks like a secret in them is ***"},
    {.name = "with-secrets", .kind = OPTION_FLAG, .help = "And the secrets"},
};

static const struct column_table *const tables[] = {&explain_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "something was there, and its owner is known"},
    {EXIT_NO, "nothing was there, and the moment was watched"},
    {EXIT_UNDECIDED, "the owner is not known for sure, nothing was watched then, a part of it was "
                     "dropped, or the time was several moments that differ"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger explain 4444 --at 02:13", "Who held port 4444 tonight, and all about it."},
    {"portledger explain 10.0.0.5:4444 --at \"2026-11-20 02:13\"", "Who held or reached that end."},
    {"portledger explain tcp/10.0.0.1:5555-10.0.0.2:443 --at -2h",
     "Whose connection that was two hours ago."},
    {"portledger explain 4444 --at 02:13 --around 10m --json",
     "The same for a program, a record a line."},
    {NULL, NULL},
};

const struct command command_explain = {
    .name = "explain",
    .words = "PORT|END|END-END",
    .summary = "One page about a port or a connection at a moment",
    .text = "Out of the ledger: what was there and whose it was, how sure that is, who started the "
            "owner, which of its modules deserve a look, whom it was connected to, what it opened "
            "before and afterwards, what was watched and what may have been missed, and whether "
            "that part of the ledger is as it was sealed. An END is a port, ADDRESS:PORT, or "
            "[ADDRESS]:PORT of IPv6; tcp/ or udp/ in front of it asks for one protocol. The page "
            "is plain text of 78 columns: of lists it has the nearest, with the count of the rest; "
            "--all tells everything. Command lines are on it only with --with-command-lines: what "
            "looks like a secret is *** then, one that does not look so stays.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .words_min = 1,
    .words_max = 1,
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
