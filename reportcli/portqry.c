/* SPDX-License-Identifier: MIT */

#include "reportcli/portqry.h"

#include <string.h>

#include "base/console.h"
#include "base/text.h"
#include "base/zone.h"
#include "reportcli/command.h"
#include "reportcli/portqry_interactive.h"
#include "reportcli/portqry_local.h"
#include "reportcli/portqry_options.h"
#include "reportcli/portqry_page.h"
#include "reportcli/portqry_remote.h"

bool portqry_is_named(const char *program)
{
    const char *name = program;

    for (const char *at = program; *at != '\0'; at++) {
        if (*at == '/' || *at == '\\') {
            name = at + 1;
        }
    }
    return text_equal_fold(name, "portqry") || text_equal_fold(name, "portqry.exe");
}

static bool query(struct portqry_page *page, const struct portqry_options *options, int *status,
                  struct failure *why)
{
    struct port_list list = {0};
    const struct portqry_query query = {
        .host = options->host,
        .ports = &list,
        .source_port = options->source_port,
        .slow = options->slow,
        .no_reverse = options->no_reverse,
        .spares_rpc = options->how == PORTQRY_RANGE,
        .community = options->community,
    };
    bool done = portqry_options_add_ports(options, &list, why) &&
                portqry_remote_run(page, &query, status, why);

    portqry_say(page, PORTQRY_EMPTY, NULL);
    port_list_clear(&list);
    return done;
}

static bool run(struct portqry_page *page, const struct portqry_options *options, int *status,
                struct failure *why)
{
    switch (options->mode) {
    case PORTQRY_HELP:
        portqry_say(page, PORTQRY_USAGE, NULL);
        return true;
    case PORTQRY_REMOTE:
        return query(page, options, status, why);
    case PORTQRY_INTERACTIVE:
        return portqry_interactive_run(page, options, status, why);
    default:
        return portqry_local_run(page, options, why);
    }
}

/* The log gets its end whatever has happened. */
static bool open_and_run(const struct portqry_options *options, int argc, char **argv, int *status,
                         struct failure *why)
{
    struct portqry_page page = {.quiet = options->quiet && options->mode == PORTQRY_REMOTE};
    struct failure ends = {0};
    bool done =
        portqry_page_begin_log(&page, options, argc, argv, why) && run(&page, options, status, why);

    if (!portqry_page_end(&page, &ends) && done) {
        *why = ends;
        done = false;
    }
    return done;
}

static void complain(const struct failure *why)
{
    if (why->kind == FAILURE_NO_READER) {
        return; /* `| more` has seen enough */
    }
    console_complain("portqry: %s", why->text);
    if (why->kind == FAILURE_USAGE) {
        console_complain("portqry -? shows the options");
    }
}

int portqry_main(int argc, char **argv)
{
    struct portqry_options options = {0};
    struct failure why = {0};
    int status = PORTQRY_LISTENING;

    if (!zone_choose(NULL, &why) || !portqry_options_read(&options, argc, argv, &why) ||
        !open_and_run(&options, argc, argv, &status, &why)) {
        status = PORTQRY_FAILED;
        complain(&why);
    }
    portqry_options_clear(&options);
    return status;
}

/* Only where an option of ours stands before the command: it has options of its own. */
static bool refuse(const struct command_context *context, enum exit_status *status,
                   struct failure *why)
{
    (void)context;
    *status = EXIT_USAGE;
    return FAIL(why, FAILURE_USAGE, 0,
                "portqry takes PortQry's options and no others: portledger portqry -n NAME");
}

static const struct column_table *const tables[] = {NULL};

static const struct command_status statuses[] = {
    {(enum exit_status)PORTQRY_LISTENING, "LISTENING; or there was nothing to query: local mode, "
                                          "a watch"},
    {(enum exit_status)PORTQRY_NOT_LISTENING, "NOT LISTENING"},
    {(enum exit_status)PORTQRY_FILTERED, "LISTENING or FILTERED, or FILTERED; or it was "
                                         "interrupted"},
    {(enum exit_status)PORTQRY_FAILED, "nothing was queried: the command line is wrong, the name "
                                       "has no address, the source port is in use"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger portqry -n dc1 -e 389 -p udp", "As PortQry 2.0 asks, and in its words."},
    {NULL, NULL},
};

const struct command command_portqry = {
    .name = "portqry",
    .words = "...",
    .summary = "Stand in for PortQry 2.0, with its options, words and exit codes",
    .text = "So does a copy of this program that is named portqry.exe. portledger portqry -? shows "
            "the options.",
    .words_max = 4096,
    .stands_alone = true,
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = refuse,
};
