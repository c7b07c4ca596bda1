/* SPDX-License-Identifier: MIT */

/*
 * portledgerd: the service, and the verbs that administrators give it.
 */

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/exit_status.h"
#include "base/options.h"
#include "base/paths.h"
#include "base/process_self.h"
#include "base/program.h"
#include "base/secret.h"
#include "base/service_state.h"
#include "base/text.h"
#include "base/version.h"
#include "probes/job_run.h"
#include "service/data_folder.h"
#include "service/first_key.h"
#include "service/hardening.h"
#include "service/job_plan.h"
#include "service/service_control.h"
#include "service/service_host.h"
#include "service/verbs.h"
#include "service/watcher.h"

enum { HELP_COLUMNS = 80, VERB_COLUMNS = 16 };

static const struct option own_options[] = {
    {.name = "config",
     .letter = 'c',
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "Settings file; without it the usual one, where there is one"},
    {.name = "delayed",
     .kind = OPTION_FLAG,
     .help = "install: starts some minutes after the system, which are not watched then"},
    {.name = "account",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "install: runs as \"NT SERVICE\\PortLedger\" and not as LocalSystem; owners that "
             "this account may not open are recorded as denied"},
    {.name = "version", .kind = OPTION_FLAG, .help = "Prints the version"},
};

const struct option_table verb_options = {own_options,
                                          sizeof(own_options) / sizeof(own_options[0])};

static const struct option_set option_set = {
    .tables = {{own_options, sizeof(own_options) / sizeof(own_options[0])}},
};

/* The key is the one file that does not inherit who may open it. */
static bool admit_account(const struct service_plan *plan, const char *ledger, struct failure *why)
{
    struct text folder = {0};
    struct text key = {0};
    bool ok;

    paths_add_folder(&folder, ledger);
    text_addf(&key, "%s.key", ledger);
    ok = text_ok(&folder, why) && text_ok(&key, why) &&
         service_control_admit(plan, text_bytes(&folder), why) &&
         service_control_admit(plan, text_bytes(&key), why);
    text_clear(&folder);
    text_clear(&key);
    return ok;
}

/* As the service does it; nothing in a folder of somebody else's is believed. */
static bool clear_way(const char *config, struct text *out, struct failure *why)
{
    struct text moved = {0};
    struct failure because;
    bool ok = config != NULL || data_folder_clear_way(&moved, &because, why);

    if (ok && moved.size > 0) {
        text_addf(out, "Warning: %s. It was renamed to %s\n", because.text, text_bytes(&moved));
    }
    text_clear(&moved);
    return ok;
}

/*
 * The ledger's first key is shown now, to whoever sits here, and in no log
 * later. A service that is installed without is none the less installed: it
 * makes the key itself, and the text says that nobody was shown it.
 */
static void show_first_key(const struct service_plan *plan, const char *config, struct text *out)
{
    struct watcher_plan watcher = {.config = config};
    struct settings *settings = NULL;
    struct text file = {0};
    struct text unknown = {0};
    struct text ledger = {0};
    struct failure why;

    if (!clear_way(config, out, &why) ||
        !watcher_read_settings(&watcher, &settings, &file, &unknown, &why) ||
        !watcher_ledger_path(settings, &ledger, &why) || !text_ok(&ledger, &why)) {
        text_addf(out, "Warning: the service will not start: %s\n", why.text);
    } else if (!first_key_make(text_bytes(&ledger), out, &why) ||
               !admit_account(plan, text_bytes(&ledger), &why)) {
        text_addf(out, "Warning: the ledger was not prepared: %s\n", why.text);
    }
    settings_free(settings);
    text_clear(&file);
    text_clear(&unknown);
    text_clear(&ledger);
}

static bool run_install(const struct options *options, struct text *out, enum exit_status *status,
                        struct failure *why)
{
    const char *config = options_text(options, "config");
    const char *arguments[] = {NULL, NULL, NULL};
    struct service_plan plan = {.arguments = arguments,
                                .account = options_text(options, "account"),
                                .delayed = options_flag(options, "delayed")};
    struct text absolute = {0};
    bool ok = true;

    *status = EXIT_YES;
    if (config != NULL) {
        ok = paths_absolute(&absolute, config, why) && text_ok(&absolute, why);
        arguments[0] = "--config";
        arguments[1] = text_bytes(&absolute);
    }
    ok = ok && service_control_install(&plan, out, why);
    if (ok) {
        show_first_key(&plan, arguments[1], out);
    }
    text_clear(&absolute);
    return ok;
}

static bool run_uninstall(const struct options *options, struct text *out, enum exit_status *status,
                          struct failure *why)
{
    (void)options;
    *status = EXIT_YES;
    return service_control_uninstall(out, why);
}

static bool run_start(const struct options *options, struct text *out, enum exit_status *status,
                      struct failure *why)
{
    (void)options;
    *status = EXIT_YES;
    return service_control_start(out, why);
}

static bool run_stop(const struct options *options, struct text *out, enum exit_status *status,
                     struct failure *why)
{
    (void)options;
    *status = EXIT_YES;
    return service_control_stop(out, why);
}

static bool run_reload(const struct options *options, struct text *out, enum exit_status *status,
                       struct failure *why)
{
    (void)options;
    *status = EXIT_YES;
    return service_control_tell(SERVICE_RELOAD, out, why);
}

static bool run_pause(const struct options *options, struct text *out, enum exit_status *status,
                      struct failure *why)
{
    (void)options;
    *status = EXIT_YES;
    return service_control_tell(SERVICE_PAUSE, out, why);
}

static bool run_continue(const struct options *options, struct text *out, enum exit_status *status,
                         struct failure *why)
{
    (void)options;
    *status = EXIT_YES;
    return service_control_tell(SERVICE_CONTINUE, out, why);
}

static bool run_sample(const struct options *options, struct text *out, enum exit_status *status,
                       struct failure *why)
{
    (void)options;
    *status = EXIT_YES;
    return service_control_tell(SERVICE_SAMPLE, out, why);
}

/* Only where the system tells it: who may not look is told nothing. */
static void add_hardening(struct text *out, uint32_t pid)
{
    struct text words = {0};

    text_add(&words, "Hardening in force: ");
    if (pid != 0 && hardening_describe(pid, &words)) {
        text_add(&words, ".");
        text_add_char(out, '\n');
        text_add_wrapped(out, text_bytes(&words), 0, 0, HELP_COLUMNS);
    }
    text_clear(&words);
}

static bool run_status(const struct options *options, struct text *out, enum exit_status *status,
                       struct failure *why)
{
    struct service_facts facts;

    (void)options;
    if (!service_state_read(&facts, why)) {
        return false;
    }
    if (facts.state == SERVICE_IS_UNKNOWN) {
        text_add(out, "Whether the service runs is not known: there is no service manager that "
                      "could be asked. portledger status says whether the ledger is written.");
        *status = EXIT_UNDECIDED;
        return true;
    }
    text_addf(out, "The service %s is %s", SERVICE_NAME, service_state_name(facts.state));
    if (facts.pid != 0) {
        text_addf(out, " (pid %u)", (unsigned)facts.pid);
    }
    if (facts.state == SERVICE_IS_STOPPED && facts.last_exit != 0) {
        text_addf(out, "; it ended with code %ld", facts.last_exit);
    }
    text_add_char(out, '.');
    add_hardening(out, facts.pid);
    *status = facts.state == SERVICE_IS_RUNNING ? EXIT_YES : EXIT_NO;
    return true;
}

static bool run_foreground(const struct options *options, struct text *out,
                           enum exit_status *status, struct failure *why)
{
    struct watcher_plan plan = {.config = options_text(options, "config")};

    (void)out;
    hardening_apply();
    process_self_step_back();
    if (service_host_run_foreground(watcher_run, &plan, why)) {
        *status = EXIT_YES;
        return true;
    }
    *status = exit_status_of(why);
    return plan.told; /* the last event, on standard error, has said why */
}

static bool run_service(const struct options *options, struct text *out, enum exit_status *status,
                        struct failure *why)
{
    struct watcher_plan plan = {.config = options_text(options, "config")};

    (void)out;
    *status = EXIT_YES;
    hardening_apply();
    process_self_step_back();
    return service_host_run_service(watcher_run, &plan, why);
}

static bool find_ledger(const struct options *options, struct text *ledger, struct failure *why)
{
    struct watcher_plan plan = {.config = options_text(options, "config")};
    struct settings *settings = NULL;
    struct text file = {0};
    struct text unknown = {0};
    bool ok = watcher_read_settings(&plan, &settings, &file, &unknown, why) &&
              watcher_ledger_path(settings, ledger, why) && text_ok(ledger, why);

    settings_free(settings);
    text_clear(&file);
    text_clear(&unknown);
    return ok;
}

/* It is gone only when it was shown. */
static bool show_waiting_keys(const char *ledger, const struct text *lines, struct failure *why)
{
    static const char words[] = "\nKeep this elsewhere and not on this machine; it is not shown "
                                "again.\n`portledger verify --key FILE` proves by it that the "
                                "ledger was not changed.\n";

    return console_write(CONSOLE_OUT, text_bytes(lines), lines->size, why) &&
           console_write(CONSOLE_OUT, words, sizeof(words) - 1, why) &&
           console_flush(CONSOLE_OUT, why) && first_key_forget(ledger, why);
}

static bool run_first_key(const struct options *options, struct text *out, enum exit_status *status,
                          struct failure *why)
{
    struct text ledger = {0};
    struct text lines = {0};
    bool ok =
        find_ledger(options, &ledger, why) && first_key_read(text_bytes(&ledger), &lines, why);

    *status = EXIT_YES;
    if (ok && lines.size == 0) {
        text_add(out, "No first key waits to be taken away.");
        *status = EXIT_NO;
    } else if (ok) {
        ok = show_waiting_keys(text_bytes(&ledger), &lines, why);
        secret_wipe(lines.bytes, lines.size);
    }
    text_clear(&lines);
    text_clear(&ledger);
    return ok;
}

static bool add_settings(struct text *out, const struct settings *settings, struct failure *why)
{
    struct text ledger = {0};
    struct job_list jobs = {0};
    bool ok =
        watcher_ledger_path(settings, &ledger, why) && job_list_read_here(&jobs, settings, why);

    if (ok) {
        settings_add_all(out, settings);
        text_addf(out, "The ledger is %s\n", text_bytes(&ledger));
        job_plan_add(out, &jobs, settings, clock_now());
    }
    job_list_clear(&jobs);
    text_clear(&ledger);
    return ok;
}

static bool run_check_config(const struct options *options, struct text *out,
                             enum exit_status *status, struct failure *why)
{
    struct watcher_plan plan = {.config = options_text(options, "config")};
    struct settings *settings = NULL;
    struct text file = {0};
    struct text unknown = {0};
    bool ok = watcher_read_settings(&plan, &settings, &file, &unknown, why);

    *status = EXIT_YES;
    if (ok && file.size == 0) {
        text_add(out, "There is no settings file; the defaults are in force:\n");
    } else if (ok) {
        text_addf(out, "%s is right. In force with it:\n", text_bytes(&file));
    }
    ok = ok && add_settings(out, settings, why);
    if (ok && unknown.size > 0) {
        text_addf(out, "Policies that this version does not know count for nothing: %s\n",
                  text_bytes(&unknown));
    }
    settings_free(settings);
    text_clear(&file);
    text_clear(&unknown);
    return ok;
}

static bool show_settings(struct text *out, const struct options *options, struct failure *why)
{
    struct watcher_plan plan = {.config = options_text(options, "config")};
    struct settings *settings = NULL;
    struct text file = {0};
    struct text unknown = {0};
    bool ok = watcher_read_settings(&plan, &settings, &file, &unknown, why);

    if (ok) {
        settings_add_all(out, settings);
    }
    settings_free(settings);
    text_clear(&file);
    text_clear(&unknown);
    return ok;
}

static bool run_config(const struct options *options, struct text *out, enum exit_status *status,
                       struct failure *why)
{
    *status = EXIT_YES;
    if (strcmp(options_word(options, 1), "show") == 0) {
        return show_settings(out, options, why);
    }
    settings_add_default_file(out, watcher_settings);
    return true;
}

static const char *const config_words[] = {"show", "default", NULL};

const struct verb verbs[] = {
    {"install", "Registers the service, to start with the system", false, run_install, NULL},
    {"uninstall", "Stops and removes the service; the ledger stays", false, run_uninstall, NULL},
    {"start", "Starts the service and waits until it watches", false, run_start, NULL},
    {"stop", "Stops the service and waits until its process is gone", false, run_stop, NULL},
    {"reload", "Makes the service read its settings again", false, run_reload, NULL},
    {"pause", "Takes no samples until it is continued; the ledger says so", false, run_pause, NULL},
    {"continue", "Takes samples again", false, run_continue, NULL},
    {"sample", "Takes a sample now, at most one a second", false, run_sample, NULL},
    {"status", "Says whether the service runs (exit status 0: yes, 1: no, 2: not known)", false,
     run_status, NULL},
    {"run", "Watches in the foreground; Ctrl-C ends it cleanly", false, run_foreground, NULL},
    {"check-config", "Reads the settings and says what is wrong or in force, and when jobs run",
     false, run_check_config, NULL},
    {"config",
     "show: every setting with where it comes from; default: a file with all of them, "
     "explained",
     false, run_config, config_words},
    {"first-key", "Shows the first keys of seals that nobody was shown yet, and removes them here",
     false, run_first_key, NULL},
    {"service", "Started by the service manager", true, run_service, NULL},
    {NULL, NULL, false, NULL, NULL},
};

static void add_help(struct text *out)
{
    text_add(out, "Usage: portledgerd VERB [--config FILE]\n\n"
                  "Remembers in a ledger which process held which TCP and UDP port, when.\n"
                  "Read the ledger with: portledger\n\nVerbs:\n");
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        if (!verb->hidden) {
            text_addf(out, "  %-14s", verb->name);
            text_add_wrapped(out, verb->summary, VERB_COLUMNS, VERB_COLUMNS, HELP_COLUMNS);
            text_add_char(out, '\n');
        }
    }
    text_add(out, "\nOptions:\n");
    options_add_help(out, &option_set.tables[0], HELP_COLUMNS);
    text_add(out, "\nExit status:\n");
    exit_status_add_help(out);
}

static const struct verb *find_verb(const char *name, struct failure *why)
{
    const char *names[sizeof(verbs) / sizeof(verbs[0])] = {NULL};
    const char *closest;
    size_t count = 0;

    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->name, name) == 0) {
            return verb;
        }
        if (!verb->hidden) {
            names[count++] = verb->name;
        }
    }
    closest = text_closest(name, names);
    failure_set(why, FAILURE_USAGE, 0, "there is no verb \"%s\"%s%s%s; see portledgerd --help",
                name, closest != NULL ? "; did you mean \"" : "", closest != NULL ? closest : "",
                closest != NULL ? "\"?" : "");
    return NULL;
}

/* The word behind the verb, where it takes one. */
static bool check_words(const struct options *options, const struct verb *verb, struct failure *why)
{
    size_t taken = verb->words == NULL ? 1 : 2;
    size_t i = 0;

    if (options_words(options) > taken) {
        return FAIL(why, FAILURE_USAGE, 0, "there is no use for \"%s\" after \"%s\"",
                    options_word(options, taken), options_word(options, taken - 1));
    }
    if (verb->words == NULL) {
        return true;
    }
    while (options_words(options) == taken && verb->words[i] != NULL &&
           strcmp(verb->words[i], options_word(options, 1)) != 0) {
        i++;
    }
    return (options_words(options) == taken && verb->words[i] != NULL) ||
           FAIL(why, FAILURE_USAGE, 0, "\"%s\" takes \"%s\" or \"%s\"; see portledgerd --help",
                verb->name, verb->words[0], verb->words[1]);
}

static bool run_verb(const struct options *options, struct text *out, enum exit_status *status,
                     struct failure *why)
{
    const struct verb *verb;

    if (options_words(options) == 0) {
        add_help(out);
        *status = EXIT_USAGE;
        return true;
    }
    verb = find_verb(options_word(options, 0), why);
    return verb != NULL && check_words(options, verb, why) && verb->run(options, out, status, why);
}

static bool run(int argc, char **argv, struct text *out, enum exit_status *status,
                struct failure *why)
{
    struct options *options = NULL;
    bool ok = true;
    int next;

    if (!options_parse(&options, &option_set, argc, argv, 1, false, &next, why)) {
        return false;
    }
    if (options_help(options)) {
        add_help(out);
    } else if (options_flag(options, "version")) {
        text_addf(out, "portledgerd %s\n", portledger_version);
    } else {
        ok = run_verb(options, out, status, why);
    }
    options_free(options);
    return ok;
}

static bool print(struct text *out, struct failure *why)
{
    if (out->size > 0 && out->bytes[out->size - 1] != '\n') {
        text_add_char(out, '\n');
    }
    return text_ok(out, why) && console_write(CONSOLE_OUT, text_bytes(out), out->size, why) &&
           console_flush(CONSOLE_OUT, why);
}

int program_main(int argc, char **argv)
{
    enum exit_status status = EXIT_YES;
    struct failure why = {0};
    struct text out = {0};

    if (!run(argc, argv, &out, &status, &why) || !print(&out, &why)) {
        if (why.kind != FAILURE_NO_READER) {
            console_complain("portledgerd: %s", why.text);
        }
        status = exit_status_of(&why);
    }
    text_clear(&out);
    return (int)status;
}
