/* SPDX-License-Identifier: MIT */

#include "reportcli/command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/console.h"
#include "base/paths.h"
#include "base/settings.h"
#include "base/settings_policy.h"
#include "collector/collector.h"
#include "probes/job.h"
#include "reportcli/json_text.h"
#include "store/ledger_query.h"
#include "store/ledger_share.h"

/* Without a settings file, and for a ledger from elsewhere. */
enum { USUAL_COMMIT_MS = 5000 };

static setting_tables all_settings = {&collector_settings, &ledger_settings, &probe_settings, NULL};

/* Policies count for the reader too: they may say where the ledger is. */
static bool apply_policies(struct settings **settings, struct failure *why)
{
    struct text unknown = {0}; /* the service tells of them */
    bool ok = settings_apply_policies(*settings, all_settings, &unknown, why);

    text_clear(&unknown);
    if (!ok) {
        settings_free(*settings);
        *settings = NULL;
    }
    return ok;
}

bool command_read_settings(struct settings **settings, struct failure *why)
{
    struct text file = {0};
    bool done =
        paths_settings_file(&file, why) && text_ok(&file, why) &&
        (settings_read(settings, text_bytes(&file), all_settings, why) ||
         (why->kind == FAILURE_MISSING && settings_read(settings, NULL, all_settings, why)));

    text_clear(&file);
    return done && apply_policies(settings, why);
}

bool command_read_config(const struct command_context *context, struct settings **out,
                         enum exit_status *status, struct failure *why)
{
    const char *path = options_text(context->options, "config");

    bool done = path == NULL
                    ? command_read_settings(out, why)
                    : settings_read(out, path, all_settings, why) && apply_policies(out, why);

    *status = done ? *status : EXIT_LEDGER;
    return done;
}

/* The ledger's path and commit by the settings. */
static bool read_ledger_settings(struct text *path, int64_t *commit, struct failure *why)
{
    struct settings *settings = NULL;
    bool done = command_read_settings(&settings, why);

    if (done) {
        const char *named = settings_text(settings, "ledger.path");

        *commit = settings_number(settings, "ledger.commit");
        if (named != NULL) {
            text_add(path, named);
        } else {
            done = paths_ledger_file(path, why);
        }
    }
    settings_free(settings);
    return done && text_ok(path, why);
}

bool command_shared_copy(const struct command_context *context, struct text *path,
                         struct failure *why)
{
    struct settings *settings = NULL;
    const char *folder;

    if (context->ledger != NULL) {
        return true;
    }
    if (!command_read_settings(&settings, why)) {
        return false;
    }
    folder = settings_text(settings, "ledger.share.folder");
    if (folder != NULL) {
        text_add(path, folder);
        paths_add_part(path, LEDGER_SHARE_NAME);
    }
    settings_free(settings);
    return text_ok(path, why);
}

/* What a person can do about it; NULL where the failure's own words say it all. */
static const char *advice(const struct command_context *context, const struct failure *why)
{
    if (why->kind == FAILURE_DENIED) {
        return "run this command elevated, as an administrator or root";
    }
    if (why->kind == FAILURE_MISSING && context->ledger == NULL) {
        return "start the service (portledgerd start), or name a ledger with --ledger FILE";
    }
    return NULL;
}

/* A ledger without its log is an answer, but perhaps not the whole of it. */
static bool note_copy(const struct command_context *context, struct ledger *ledger,
                      struct failure *why)
{
    bool lacks;

    if (!ledger_lacks_log(ledger, &lacks, why)) {
        return false;
    }
    if (lacks) {
        command_note(
            context, "copy",
            "%s was not closed by its service and has no %s-wal: either sqlite3 has moved "
            "it in, or the file was copied without it, and then the newest part is missing "
            "and what was written then may be wrong; portledger export --sqlite makes a "
            "whole copy",
            ledger_path(ledger), paths_base_name(ledger_path(ledger)));
    }
    return true;
}

bool command_open_ledger(const struct command_context *context, struct command_ledger *out,
                         enum exit_status *status, struct failure *why)
{
    struct text path = {0};
    int64_t commit = 0;
    bool done = true;

    *out = (struct command_ledger){.commit = USUAL_COMMIT_MS};
    if (context->ledger != NULL) {
        text_add(&path, context->ledger);
    } else {
        done = read_ledger_settings(&path, &out->commit, why);
    }
    done = done && text_ok(&path, why) &&
           ledger_open(&out->ledger, text_bytes(&path), LEDGER_READ, why) &&
           ledger_read_commit(out->ledger, &commit, why) && note_copy(context, out->ledger, why);
    if (done && commit > 0) { /* what the service that writes it really does */
        out->commit = commit;
    }
    if (!done) {
        const char *what_to_do = advice(context, why);

        *status = EXIT_LEDGER;
        if (what_to_do != NULL) {
            failure_set(why, why->kind, why->code, "%s; %s", why->text, what_to_do);
        }
    }
    text_clear(&path);
    return done;
}

bool command_time(const struct command_context *context, const char *name, enum command_edge edge,
                  int64_t otherwise, int64_t *at, struct failure *why)
{
    const char *word = options_text(context->options, name);
    int64_t second;

    *at = otherwise;
    if (word == NULL) {
        return true;
    }
    if (!time_text_parse(word, context->now, at, &second, why)) {
        return FAIL(why, why->kind, why->code, "--%s: %s", name, why->text);
    }
    if (second != *at) {
        command_note(context, "moments",
                     "--%s %s happened twice, because the clocks were set "
                     "back; the %s one is taken",
                     name, word, edge == COMMAND_LATER ? "second" : "first");
        *at = edge == COMMAND_LATER ? second : *at;
    }
    return true;
}

bool command_begin(const struct command_context *context, const struct column_table *table,
                   struct render **out, struct failure *why)
{
    return render_open(out, context->renderer, table, &context->render, why);
}

bool command_finish(const struct command_context *context, struct render *render,
                    struct failure *why)
{
    if (!render_finish(render, why)) {
        return false;
    }
    if (render->left_out.size > 0) {
        command_note(context, "columns",
                     "no room in %d columns for: %s (a wider terminal, --wide, --columns NAMES or "
                     "--json shows them)",
                     context->render.columns, text_bytes(&render->left_out));
    }
    command_note_more(context, render->kept_back);
    return true;
}

void command_note_more(const struct command_context *context, size_t kept_back)
{
    if (kept_back > 0) {
        command_note(context, "more", "there are more than the %zu that --limit allows",
                     context->render.wishes.most);
    }
}

/* A failure to flush is found again, and told, by whoever writes next. */
static void flush_records(void)
{
    struct failure why;

    (void)!console_flush(CONSOLE_OUT, &why);
}

/* Not by console_complain(), which may wrap it. The JSON holds no control characters. */
static void complain_json(const char *kind, const char *words, const struct text *members)
{
    struct text line = {0};
    struct failure why;

    text_addf(&line, "{\"note\":\"%s\",\"text\":", kind);
    json_add_string(&line, words);
    text_addf(&line, "%s}\n", text_bytes(members));
    if (!console_write(CONSOLE_ERROR, text_bytes(&line), line.size, &why) ||
        !console_flush(CONSOLE_ERROR, &why)) {
        /* A note that nobody can read has nobody to miss it. */
    }
    text_clear(&line);
}

static void say(const struct command_context *context, const char *kind, const char *words,
                const struct text *members)
{
    if (context->quiet) {
        return;
    }
    flush_records();
    if (context->renderer->json_notes) {
        complain_json(kind, words, members);
    } else {
        console_complain("note: %s", words);
    }
}

void command_note(const struct command_context *context, const char *kind, const char *format, ...)
{
    struct text words = {0};
    struct text none = {0};
    va_list args;

    va_start(args, format);
    text_addv(&words, format, args);
    va_end(args);
    say(context, kind, text_bytes(&words), &none);
    text_clear(&words);
}

static void add_time_member(struct text *members, const char *name, int64_t at,
                            enum time_zone_choice zone)
{
    text_addf(members, ",\"%s\":\"", name);
    time_text_add_rfc3339(members, at, zone);
    text_add_char(members, '"');
}

void command_note_range(const struct command_context *context, const struct command_range *range,
                        const char *text)
{
    struct text members = {0};

    add_time_member(&members, "since", range->since, context->render.zone);
    add_time_member(&members, "until", range->until, context->render.zone);
    text_addf(&members, ",\"watched\":%" PRId64 ",\"gaps\":%zu", range->watched, range->gap_count);
    text_addf(&members,
              ",\"missed\":%" PRId64 ",\"left_out_processes\":%" PRId64
              ",\"left_out_sockets\":%" PRId64,
              range->missed, range->left_out_processes, range->left_out_sockets);
    say(context, "coverage", text, &members);
    text_clear(&members);
}
