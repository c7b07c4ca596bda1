/* SPDX-License-Identifier: MIT */

/*
 * portledger: answers from the ledger, or live.
 *
 * The command line is read twice: the common options up to the command's name,
 * then the command's own and the common ones again, so that --ledger may stand
 * on either side of it.
 */

#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/program.h"
#include "base/text.h"
#include "base/version.h"
#include "base/zone.h"
#include "reportcli/column_choice.h"
#include "reportcli/command.h"
#include "reportcli/help.h"
#include "reportcli/output.h"
#include "reportcli/portqry.h"

enum { NARROW_COLUMNS = 80 };

/* The common options as they were given before and after the command. */
struct call {
    struct options *before;
    struct options *after; /* NULL until the command is known */
    const struct command *command;
};

static bool flag(const struct call *call, const char *name)
{
    return options_flag(call->before, name) ||
           (call->after != NULL && options_flag(call->after, name));
}

/* What stands after the command counts more. */
static const char *text_of(const struct call *call, const char *name)
{
    const char *text = call->after != NULL ? options_text(call->after, name) : NULL;

    return text != NULL ? text : options_text(call->before, name);
}

/* --json is short for --format json, and so on. Two that disagree are an error. */
static bool find_renderer(const struct call *call, const struct renderer **out, struct failure *why)
{
    const char *name = text_of(call, "format");

    for (size_t i = 1; renderers[i] != NULL; i++) {
        const char *short_form = renderers[i]->name;

        if (flag(call, short_form) && name != NULL && strcmp(name, short_form) != 0) {
            return FAIL(why, FAILURE_USAGE, 0, "the output cannot be both %s and %s", name,
                        short_form);
        }
        name = flag(call, short_form) ? short_form : name;
    }
    *out = name != NULL ? render_find(name) : renderers[0];
    return true;
}

static bool wants_colour(const struct call *call)
{
    const char *when = text_of(call, "color");

    if (when == NULL || strcmp(when, "auto") == 0) {
        return console_takes_colour(CONSOLE_OUT);
    }
    return strcmp(when, "always") == 0;
}

/* In the order of the command line. Only few commands know what to do with a second one. */
static bool take_ledgers(const struct call *call, struct command_context *context,
                         struct failure *why)
{
    size_t before = options_count(call->before, "ledger");
    size_t count = before + options_count(call->after, "ledger");

    if (count > 1 && !call->command->takes_ledgers) {
        return FAIL(why, FAILURE_USAGE, 0, "--ledger is given twice: %s reads one ledger",
                    call->command->name);
    }
    if (count > COMMAND_LEDGERS_MOST) {
        return FAIL(why, FAILURE_USAGE, 0, "--ledger is given %zu times: no more than %d", count,
                    (int)COMMAND_LEDGERS_MOST);
    }
    for (size_t i = 0; i < count; i++) {
        const char *path = i < before ? options_text_at(call->before, "ledger", i)
                                      : options_text_at(call->after, "ledger", i - before);

        if (i == 0) {
            context->ledger = path;
        } else {
            context->other_ledgers[context->other_ledger_count++] = path;
        }
    }
    return true;
}

/* A choice of columns that no table of the command has is refused before anything is asked. */
static bool check_names(const struct call *call, const char *option, struct failure *why)
{
    const char *names = text_of(call, option);

    return names == NULL || column_choice_check(call->command->tables, names, why) ||
           FAIL(why, FAILURE_USAGE, 0, "--%s: %s", option, why->text);
}

/* Columns that a table is fitted to; 0: no limit. */
static int table_columns(const struct call *call)
{
    return flag(call, "narrow") ? NARROW_COLUMNS : console_columns(CONSOLE_OUT);
}

static bool check_words_of_output(const struct call *call, struct failure *why)
{
    if (flag(call, "wide") && flag(call, "narrow")) {
        return FAIL(why, FAILURE_USAGE, 0, "a table cannot be both wide and narrow");
    }
    if (flag(call, "utc") && text_of(call, "tz") != NULL) {
        return FAIL(why, FAILURE_USAGE, 0, "times cannot be shown both with --utc and with --tz");
    }
    return check_names(call, "columns", why) && check_names(call, "sort", why);
}

static bool use_zone(const struct call *call, struct failure *why)
{
    const char *name = text_of(call, "tz");

    return name == NULL || zone_choose(name, why) ||
           FAIL(why, why->kind, why->code, "--tz: %s", why->text);
}

static int64_t number_of(const struct call *call, const char *name)
{
    return options_number(call->after, name, options_number(call->before, name, 0));
}

static bool prepare(const struct call *call, struct command_context *context, struct failure *why)
{
    const char *csv = text_of(call, "csv");
    int64_t now = clock_now();

    *context = (struct command_context){
        .command = call->command,
        .options = call->after,
        .render = {.zone = flag(call, "utc") ? TIME_ZONE_UTC : TIME_ZONE_LOCAL,
                   .now = now,
                   .columns = table_columns(call),
                   .terminal = console_is_terminal(CONSOLE_OUT),
                   .colour = wants_colour(call),
                   .verbose = flag(call, "verbose"),
                   .wide = flag(call, "wide"),
                   .raw = csv != NULL && strcmp(csv, "raw") == 0,
                   .wishes = {.columns = text_of(call, "columns"),
                              .order = text_of(call, "sort"),
                              .most = (size_t)number_of(call, "limit")}},
        .quiet = flag(call, "quiet"),
        .no_command_lines = flag(call, "no-command-lines"),
        .now = now,
    };
    return take_ledgers(call, context, why) && check_words_of_output(call, why) &&
           use_zone(call, why) && find_renderer(call, &context->renderer, why);
}

static bool check_words(const struct call *call, struct failure *why)
{
    const struct command *command = call->command;
    size_t count = options_words(call->after);

    if (count > command->words_max) {
        return FAIL(why, FAILURE_USAGE, 0, "there is no use for \"%s\" after \"%s\"",
                    options_word(call->after, command->words_max), command->name);
    }
    if (count < command->words_min) {
        return FAIL(why, FAILURE_USAGE, 0, "something is missing: portledger %s %s", command->name,
                    command->words);
    }
    return true;
}

static bool print_version(struct failure *why)
{
    static const char name[] = "portledger ";

    return console_write(CONSOLE_OUT, name, sizeof(name) - 1, why) &&
           console_write(CONSOLE_OUT, portledger_version, strlen(portledger_version), why) &&
           console_write(CONSOLE_OUT, "\n", 1, why) && console_flush(CONSOLE_OUT, why);
}

static bool run_command(const struct call *call, enum exit_status *status, struct failure *why)
{
    struct command_context context;

    if (options_help(call->after)) {
        return help_print(call->command, why);
    }
    if (options_flag(call->after, "version")) {
        return print_version(why);
    }
    if (!check_words(call, why) || !prepare(call, &context, why)) {
        return false;
    }
    /* Records for programs come as they are found: nothing may wait for a key then. */
    output_page(context.renderer == &render_table && !flag(call, "no-pager"));
    return call->command->run(&context, status, why);
}

/* argv[first] is the command, or nothing. */
static bool run_rest(struct call *call, int argc, char **argv, int first, enum exit_status *status,
                     struct failure *why)
{
    struct option_set set = {.tables = {{NULL, 0}, program_options}};
    int next;

    if (first == argc) {
        if (!help_print(NULL, why)) {
            return false;
        }
        *status = EXIT_USAGE;
        return true;
    }
    if (!command_find(&call->command, argv[first], why)) {
        return false;
    }
    set.tables[0] = (struct option_table){call->command->options, call->command->option_count};
    return options_parse(&call->after, &set, argc, argv, first + 1, false, &next, why) &&
           run_command(call, status, why);
}

static bool run(struct call *call, int argc, char **argv, enum exit_status *status,
                struct failure *why)
{
    struct option_set set = {.tables = {program_options}};
    int next;

    if (!options_parse(&call->before, &set, argc, argv, 1, true, &next, why)) {
        return false;
    }
    if (options_help(call->before)) {
        return help_print(NULL, why);
    }
    if (options_flag(call->before, "version")) {
        return print_version(why);
    }
    return run_rest(call, argc, argv, next, status, why);
}

static void complain(const struct call *call, const struct failure *why)
{
    if (why->kind == FAILURE_NO_READER) {
        return; /* `| head` has seen enough: that is no error to talk about */
    }
    console_complain("portledger: %s", why->text);
    if (why->kind == FAILURE_USAGE && call->command != NULL) {
        console_complain("portledger help %s shows how it is called", call->command->name);
    }
}

int program_main(int argc, char **argv)
{
    enum exit_status status = EXIT_YES;
    struct call call = {0};
    struct failure why = {0};

    if (argc > 0 && portqry_is_named(argv[0])) {
        return portqry_main(argc, argv);
    }
    if (argc > 1 && strcmp(argv[1], command_portqry.name) == 0) {
        return portqry_main(argc - 1, argv + 1);
    }
    if (!zone_choose(NULL, &why) || !run(&call, argc, argv, &status, &why)) {
        complain(&call, &why);
        status = status != EXIT_YES ? status : exit_status_of(&why);
    }
    options_free(call.before);
    options_free(call.after);
    return (int)status;
}
