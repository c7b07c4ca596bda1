/* SPDX-License-Identifier: MIT */

#include "manual/manual.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/exit_status.h"
#include "base/settings.h"
#include "base/version.h"
#include "reportcli/command.h"
#include "reportcli/help.h"
#include "service/verbs.h"
#include "service/watcher.h"

void manual_add_words(struct text *text, const char *words)
{
    if (*words == '.' || *words == '\'') {
        text_add(text, "\\&");
    }
    for (; *words != '\0'; words++) {
        switch (*words) {
        case '\\':
            text_add(text, "\\e");
            break;
        case '-':
            text_add(text, "\\-");
            break;
        case '\'':
            text_add(text, "\\(aq");
            break;
        case '"':
            text_add(text, "\\(dq");
            break;
        case '`':
            text_add(text, "\\(ga");
            break;
        case '^':
            text_add(text, "\\(ha");
            break;
        case '~':
            text_add(text, "\\(ti");
            break;
        default:
            text_add_char(text, *words);
        }
    }
}

/* A line of its own, or several: a sentence of the tables may hold line ends. */
static void add_line(struct text *text, const char *words)
{
    manual_add_words(text, words);
    text_add_char(text, '\n');
}

/* A macro with one argument. */
static void add_macro(struct text *text, const char *macro, const char *words)
{
    text_addf(text, ".%s \"", macro);
    manual_add_words(text, words);
    text_add(text, "\"\n");
}

/* Tables have sentences without their end. */
static void add_sentence(struct text *text, const char *words)
{
    manual_add_words(text, words);
    text_add(text, ".\n");
}

static void begin_page(struct text *text, const char *name, const char *section,
                       const char *summary)
{
    text_add(text, ".TH ");
    for (const char *c = name; *c != '\0'; c++) {
        text_add_char(text, (char)toupper((unsigned char)*c));
    }
    text_addf(text, " %s \"\" \"portledger %s\"\n", section, portledger_version);
    add_macro(text, "SH", "NAME");
    text_addf(text, "%s \\- ", name);
    add_line(text, summary);
}

static void add_option(struct text *text, const struct option *option)
{
    text_add(text, ".TP\n");
    text_add(text, ".B ");
    if (option->letter != 0) {
        text_addf(text, "\\-%c, ", option->letter);
    }
    text_add(text, "\\-\\-");
    manual_add_words(text, option->name);
    if (option->optional) {
        text_addf(text, "[=%s]", option->value);
    } else if (option->kind != OPTION_FLAG) {
        text_addf(text, " \\fI%s\\fR", option->value);
    }
    text_add_char(text, '\n');
    manual_add_words(text, option->help);
    for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++) {
        text_add(text, i == 0 ? ": " : ", ");
        manual_add_words(text, option->choices[i]);
    }
    text_add(text, ".\n");
}

static void add_options(struct text *text, const struct option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_option(text, &options[i]);
    }
}

static void add_status(struct text *text, int status, const char *words)
{
    text_addf(text, ".TP\n.B %d\n", status);
    add_sentence(text, words);
}

static void add_statuses(struct text *text)
{
    add_macro(text, "SH", "EXIT STATUS");
    for (int status = EXIT_YES; status <= EXIT_REFUSED; status++) {
        add_status(text, status, exit_status_text(status));
    }
}

static void add_file(struct text *text, const char *path, const char *what)
{
    text_add(text, ".TP\n.I ");
    add_line(text, path);
    add_sentence(text, what);
}

/*
 * portledger(1).
 */

static void add_command(struct text *text, const struct command *command)
{
    struct text head = {0};

    text_addf(&head, "%s%s%s%s", command->name, command->words[0] != '\0' ? " " : "",
              command->words, command->option_count > 0 ? " [OPTIONS]" : "");
    add_macro(text, "SS", text_bytes(&head));
    text_clear(&head);
    add_sentence(text, command->summary);
    if (command->text != NULL) {
        text_add(text, ".PP\n");
        add_line(text, command->text);
    }
    add_options(text, command->options, command->option_count);
    for (size_t i = 0; command->statuses[i].text != NULL; i++) {
        text_addf(text, ".TP\nExit status %d\n", (int)command->statuses[i].status);
        add_sentence(text, command->statuses[i].text);
    }
    for (size_t i = 0; command->examples[i].line != NULL; i++) {
        text_add(text, ".PP\n");
        add_line(text, command->examples[i].what);
        text_add(text, ".RS\n.nf\n");
        add_line(text, command->examples[i].line);
        text_add(text, ".fi\n.RE\n");
    }
}

static void add_portledger(struct text *text)
{
    begin_page(text, "portledger", "1", "which process holds, or held, which TCP and UDP port");
    add_macro(text, "SH", "SYNOPSIS");
    text_add(text, ".B portledger\n[OPTIONS] COMMAND [...]\n");
    add_macro(text, "SH", "DESCRIPTION");
    add_line(text, "Answers from the ledger that portledgerd(8) writes, or looks at the machine "
                   "itself. The columns of each record are told by portledger help COMMAND.");
    add_macro(text, "SH", "COMMANDS");
    for (size_t i = 0; commands[i] != NULL; i++) {
        add_command(text, commands[i]);
    }
    add_macro(text, "SH", "OPTIONS");
    add_line(text, "Of every command, before or after it.");
    add_options(text, program_options.options, program_options.count);
    add_statuses(text);
    add_macro(text, "SH", "FILES");
    add_file(text, "/var/lib/portledger/ledger.db", "The ledger");
    add_file(text, "/etc/portledger/portledger.yaml", "The settings, which say where it is");
    add_macro(text, "SH", "SEE ALSO");
    text_add(text, ".BR portledgerd (8),\n.BR portledger.yaml (5)\n");
}

/*
 * portledgerd(8).
 */

static void add_verb(struct text *text, const struct verb *verb)
{
    if (verb->hidden) {
        return;
    }
    text_add(text, ".TP\n.B ");
    manual_add_words(text, verb->name);
    for (size_t i = 0; verb->words != NULL && verb->words[i] != NULL; i++) {
        text_addf(text, "%s%s", i == 0 ? " " : "|", verb->words[i]);
    }
    text_add_char(text, '\n');
    add_sentence(text, verb->summary);
}

static void add_portledgerd(struct text *text)
{
    begin_page(text, "portledgerd", "8", "remembers which process held which port, when");
    add_macro(text, "SH", "SYNOPSIS");
    text_add(text, ".B portledgerd\nVERB [OPTIONS]\n");
    add_macro(text, "SH", "DESCRIPTION");
    add_line(text, "Samples the TCP and UDP sockets of the machine with their owners, and keeps in "
                   "a ledger what opened, changed and closed. portledger(1) reads it.");
    add_macro(text, "SH", "VERBS");
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        add_verb(text, verb);
    }
    add_macro(text, "SH", "OPTIONS");
    add_options(text, verb_options.options, verb_options.count);
    add_statuses(text);
    add_macro(text, "SH", "FILES");
    add_file(text, "/etc/portledger/portledger.yaml", "The settings; portledger.yaml(5)");
    add_file(text, "/var/lib/portledger/ledger.db", "The ledger, where they do not say otherwise");
    add_macro(text, "SH", "SEE ALSO");
    text_add(text, ".BR portledger (1),\n.BR portledger.yaml (5)\n");
}

/*
 * portledger.yaml(5).
 */

static const char *kind_name(const struct setting_key *key)
{
    static const char *const names[] = {
        [SETTING_BOOL] = "true or false",
        [SETTING_NUMBER] = "a number",
        [SETTING_DURATION] = "a duration, as in 5s",
        [SETTING_SIZE] = "a size, as in 2GiB",
        [SETTING_TEXT] = "a text",
        [SETTING_PATH] = "an absolute path",
        [SETTING_CHOICE] = "one of",
        [SETTING_TEXT_LIST] = "a list of texts",
        [SETTING_MAP] = "names with values",
        [SETTING_LIST] = "a list",
    };

    return names[key->kind];
}

static void add_keys(struct text *text, const struct setting_table *table);

static void add_key(struct text *text, const struct setting_key *key)
{
    text_add(text, ".TP\n.B ");
    add_line(text, key->name);
    add_sentence(text, key->help);
    text_add(text, "Is ");
    manual_add_words(text, kind_name(key));
    for (size_t i = 0; key->choices != NULL && key->choices[i] != NULL; i++) {
        text_add(text, i == 0 ? " " : ", ");
        manual_add_words(text, key->choices[i]);
    }
    if (key->fallback != NULL) {
        text_add(text, "; without it ");
        manual_add_words(text, key->fallback);
    }
    text_add(text, key->required ? "; must be there" : "");
    text_add(text, key->reloadable ? "; counts after a reload" : "");
    text_add(text, ".\n");
    if (key->kind == SETTING_LIST && key->item != NULL) {
        text_add(text, ".RS\n");
        add_keys(text, key->item);
        text_add(text, ".RE\n");
    }
}

static void add_keys(struct text *text, const struct setting_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        add_key(text, &table->keys[i]);
    }
}

static void add_yaml(struct text *text)
{
    begin_page(text, "portledger.yaml", "5", "settings of portledgerd");
    add_macro(text, "SH", "DESCRIPTION");
    add_line(text, "A YAML file. A key with a dot, as in ledger.commit, is commit in the group "
                   "ledger. portledgerd check-config says whether the file is right, and "
                   "portledgerd config default prints one with everything explained.");
    for (size_t i = 0; watcher_settings[i] != NULL; i++) {
        struct text part = {0};

        for (const char *c = watcher_settings[i]->part; *c != '\0'; c++) {
            text_add_char(&part, (char)toupper((unsigned char)*c));
        }
        add_macro(text, "SH", text_bytes(&part));
        text_clear(&part);
        add_keys(text, watcher_settings[i]);
    }
    add_macro(text, "SH", "FILES");
    add_file(text, "/etc/portledger/portledger.yaml", "Where it is looked for");
    add_macro(text, "SH", "SEE ALSO");
    text_add(text, ".BR portledgerd (8),\n.BR portledger (1)\n");
}

const struct manual_page manual_pages[] = {
    {"portledger.1", add_portledger},
    {"portledgerd.8", add_portledgerd},
    {"portledger.yaml.5", add_yaml},
    {NULL, NULL},
};
