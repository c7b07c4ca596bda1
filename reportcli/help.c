/* SPDX-License-Identifier: MIT */

#include "reportcli/help.h"

#include <stdio.h>
#include <string.h>

#include "base/console.h"
#include "base/version.h"
#include "reportcli/column_choice.h"

enum {
    USUAL_COLUMNS = 80,
    MOST_COLUMNS = 100, /* longer lines are hard to read */
    LEAST_COLUMNS = 40,
    COMMAND_INDENT = 12,
    COLUMN_INDENT = 32,
    STATUS_INDENT = 5,
};

/* Appends a paragraph, or the rest of one from the column `indent` on. */
static void add_wrapped(struct text *text, const char *sentence, size_t indent, int columns)
{
    text_add_wrapped(text, sentence, indent, indent, (size_t)columns);
    text_add_char(text, '\n');
}

/* Appends "  head        what it is", the second part wrapped in its own column. */
static void add_item(struct text *text, const char *head, const char *what, size_t indent,
                     int columns)
{
    size_t size = 2 + strlen(head);

    text_addf(text, "  %s", head);
    if (size + 2 > indent) {
        text_add_char(text, '\n');
        size = 0;
    }
    text_add_repeated(text, ' ', indent - size);
    add_wrapped(text, what, indent, columns);
}

static void add_command_line(struct text *text, const struct command *command)
{
    text_addf(text, "portledger %s%s%s", command->name, command->words[0] != '\0' ? " " : "",
              command->words);
    if (command->option_count > 0) {
        text_add(text, " [OPTIONS]");
    }
}

void help_add_program(struct text *text, int columns)
{
    text_addf(text, "portledger %s\n\n", portledger_version);
    add_wrapped(text, "Which process holds, or held, which TCP and UDP port.", 0, columns);
    text_add(text, "\nUsage: portledger [OPTIONS] COMMAND [...]\n\nCommands:\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        add_item(text, commands[i]->name, commands[i]->summary, COMMAND_INDENT, columns);
    }
    text_add(text, "\nOptions, before or after the command:\n");
    options_add_help(text, &program_options, columns);
    text_add_char(text, '\n');
    add_wrapped(text, "portledger help COMMAND shows a command's options, columns and examples.", 0,
                columns);
}

static void add_column(struct text *text, const struct column *column, int columns)
{
    struct text head = {0};
    struct text what = {0};

    if (!column_is_headed(column, column->name, strlen(column->name))) {
        text_addf(&what, "[%s] ", column->heading);
    }
    text_add(&what, column->help);
    text_addf(&head, "%s (%s%s%s)", column->name, column_type_name(column->type),
              column->unit != NULL ? ", " : "", column->unit != NULL ? column->unit : "");
    add_item(text, text_bytes(&head), text_bytes(&what), COLUMN_INDENT, columns);
    text->failed = text->failed || head.failed || what.failed;
    text_clear(&head);
    text_clear(&what);
}

static void add_tables(struct text *text, const struct command *command, int columns)
{
    struct text title = {0};

    for (size_t i = 0; command->tables[i] != NULL; i++) {
        const struct column_table *table = command->tables[i];

        text_reset(&title);
        text_addf(&title,
                  "Columns of a record \"%s\" (%s), and [headings] of a table:", table->name,
                  table->title);
        text_add_char(text, '\n');
        add_wrapped(text, text_bytes(&title), 0, columns);
        for (size_t place = 0; place < column_count(table); place++) {
            add_column(text, column_at(table, place), columns);
        }
    }
    text->failed = text->failed || title.failed;
    text_clear(&title);
}

static void add_statuses(struct text *text, const struct command *command, int columns)
{
    text_add(text, "\nExit status of this command:\n");
    for (size_t i = 0; command->statuses[i].text != NULL; i++) {
        char number[12];

        snprintf(number, sizeof(number), "%d", (int)command->statuses[i].status);
        add_item(text, number, command->statuses[i].text, STATUS_INDENT + strlen(number) - 1,
                 columns);
    }
    if (!command->stands_alone) {
        text_add(text, "\nExit status of every command:\n");
        exit_status_add_help(text);
    }
}

static void add_examples(struct text *text, const struct command *command, int columns)
{
    text_add(text, "\nExamples:\n");
    for (size_t i = 0; command->examples[i].line != NULL; i++) {
        text_addf(text, "  %s\n      ", command->examples[i].line);
        add_wrapped(text, command->examples[i].what, 6, columns);
    }
}

void help_add_command(struct text *text, const struct command *command, int columns)
{
    const struct option_table own = {command->options, command->option_count};

    text_add(text, "Usage: ");
    add_command_line(text, command);
    text_add(text, "\n\n");
    add_wrapped(text, command->summary, 0, columns);
    if (command->text != NULL) {
        text_add_char(text, '\n');
        add_wrapped(text, command->text, 0, columns);
    }
    add_examples(text, command, columns);
    if (own.count > 0) {
        text_add(text, "\nOptions of this command:\n");
        options_add_help(text, &own, columns);
    }
    if (!command->stands_alone) {
        text_add(text, "\nOptions of every command:\n");
        options_add_help(text, &program_options, columns);
    }
    add_tables(text, command, columns);
    add_statuses(text, command, columns);
}

static int help_columns(void)
{
    int columns = console_columns(CONSOLE_OUT);

    if (columns == 0) {
        return USUAL_COLUMNS;
    }
    if (columns > MOST_COLUMNS) {
        return MOST_COLUMNS;
    }
    return columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns;
}

bool help_print(const struct command *command, struct failure *why)
{
    struct text text = {0};
    bool done;

    if (command != NULL) {
        help_add_command(&text, command, help_columns());
    } else {
        help_add_program(&text, help_columns());
    }
    done = text_ok(&text, why) && console_write(CONSOLE_OUT, text.bytes, text.size, why) &&
           console_flush(CONSOLE_OUT, why);
    text_clear(&text);
    return done;
}
