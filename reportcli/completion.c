/* SPDX-License-Identifier: MIT */

#include "reportcli/completion.h"

#include <string.h>

#include "reportcli/command.h"
#include "reportcli/help.h"

/* What an option of any command is asked with: visits all tables. */
typedef void visit_fn(struct text *text, const char *command, const struct option *option);

static void walk_options(struct text *text, visit_fn *visit)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        for (size_t k = 0; k < commands[i]->option_count; k++) {
            visit(text, commands[i]->name, &commands[i]->options[k]);
        }
    }
    for (size_t k = 0; k < program_options.count; k++) {
        visit(text, "", &program_options.options[k]);
    }
}

/* The word behind it is its value. */
static bool takes_word(const struct option *option)
{
    return option->kind != OPTION_FLAG && !option->optional;
}

static bool is_path(const struct option *option)
{
    return option->value != NULL &&
           (strcmp(option->value, "FILE") == 0 || strcmp(option->value, "FOLDER") == 0);
}

/*
 * bash.
 */

static void add_names(struct text *text, const struct option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_addf(text, " --%s", options[i].name);
        if (options[i].letter != 0) {
            text_addf(text, " -%c", options[i].letter);
        }
    }
}

static void add_command_names(struct text *text, const char *between)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        text_addf(text, "%s%s", i > 0 ? between : "", commands[i]->name);
    }
}

/* "local:--format|local:-f)" is a pattern of what stands before the word in hand. */
static void add_bash_values(struct text *text, const char *command, const struct option *option)
{
    const char *place = command[0] != '\0' ? command : "*";

    if (!takes_word(option)) {
        return;
    }
    text_addf(text, "    %s:--%s | %s:-%s", place, option->name, place, option->name);
    if (option->letter != 0) {
        text_addf(text, " | %s:-%c", place, option->letter);
    }
    if (option->choices == NULL) {
        text_add(text, is_path(option) ? ") _portledger_files ;;\n" : ") ;;\n");
        return;
    }
    text_add(text, ") _portledger_words '");
    for (size_t i = 0; option->choices[i] != NULL; i++) {
        text_addf(text, "%s%s", i > 0 ? " " : "", option->choices[i]);
    }
    text_add(text, "' ;;\n");
}

/* Behind which of the common ones the command is not yet looked for. */
static void add_bash_skipped(struct text *text)
{
    const char *between = "        ";

    for (size_t i = 0; i < program_options.count; i++) {
        const struct option *option = &program_options.options[i];

        if (takes_word(option)) {
            text_addf(text, "%s--%s | -%s", between, option->name, option->name);
            between = " | ";
        }
    }
    text_add(text, ") ((i++)) ;;\n");
}

void completion_add_bash(struct text *text)
{
    text_add(text, "# bash completion of portledger: source <(portledger completion bash)\n\n"
                   "_portledger_words() {\n"
                   "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
                   "}\n\n"
                   "_portledger_files() {\n"
                   "    compopt -o filenames 2>/dev/null\n"
                   "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                   "}\n\n"
                   "_portledger() {\n"
                   "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
                   "    local command= options= i\n"
                   "    local common='");
    add_names(text, program_options.options, program_options.count);
    text_add(text, "'\n\n"
                   "    COMPREPLY=()\n"
                   "    if [[ $cur == '=' ]]; then # bash parts --name=value in three\n"
                   "        cur=\n"
                   "    elif [[ $prev == '=' ]]; then\n"
                   "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
                   "    fi\n"
                   "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                   "        case ${COMP_WORDS[i]} in\n");
    add_bash_skipped(text);
    text_add(text, "        -* | =) ;;\n"
                   "        *) command=${COMP_WORDS[i]}; break ;;\n"
                   "        esac\n"
                   "    done\n\n"
                   "    case $command:$prev in\n");
    walk_options(text, add_bash_values);
    text_add(text, "    :*)\n"
                   "        if [[ $cur == -* ]]; then\n"
                   "            _portledger_words \"$common\"\n"
                   "        else\n"
                   "            _portledger_words '");
    add_command_names(text, " ");
    text_add(text, "'\n"
                   "        fi\n"
                   "        ;;\n"
                   "    *)\n"
                   "        case $command in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        text_addf(text, "        %s) options='", commands[i]->name);
        add_names(text, commands[i]->options, commands[i]->option_count);
        text_add(text, "' ;;\n");
    }
    text_add(text, "        esac\n"
                   "        if [[ $cur == -* ]]; then\n"
                   "            _portledger_words \"$options $common\"\n"
                   "        elif [[ $command == help ]]; then\n"
                   "            _portledger_words '");
    add_command_names(text, " ");
    text_add(text, "'\n"
                   "        elif [[ $command == completion ]]; then\n"
                   "            _portledger_words 'bash powershell'\n"
                   "        else\n"
                   "            _portledger_files\n"
                   "        fi\n"
                   "        ;;\n"
                   "    esac\n"
                   "}\n\n"
                   "complete -F _portledger portledger portledger.exe\n");
}

/*
 * PowerShell.
 */

/* 'It''s so' */
static void add_quoted(struct text *text, const char *words)
{
    text_add_char(text, '\'');
    for (; *words != '\0'; words++) {
        text_add(text, *words == '\'' ? "'" : "");
        text_add_char(text, *words);
    }
    text_add_char(text, '\'');
}

/* The comma keeps a list of one option from becoming a list of its two parts. */
static void add_shell_options(struct text *text, const char *name, const struct option *options,
                              size_t count)
{
    text_addf(text, "    '%s' = @(\n", name);
    for (size_t i = 0; i < count; i++) {
        text_addf(text, "        , @('--%s', ", options[i].name);
        add_quoted(text, options[i].help);
        text_add(text, ")\n");
    }
    text_add(text, "    )\n");
}

static void add_shell_commands(struct text *text)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        text_addf(text, "    '%s' = ", commands[i]->name);
        add_quoted(text, commands[i]->summary);
        text_add_char(text, '\n');
    }
}

static void add_shell_values(struct text *text, const char *command, const struct option *option)
{
    if (!takes_word(option) || is_path(option)) {
        return;
    }
    text_addf(text, "    '%s --%s' = @(", command, option->name);
    for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++) {
        text_addf(text, "%s'%s'", i > 0 ? ", " : "", option->choices[i]);
    }
    text_add(text, ")\n");
}

void completion_add_powershell(struct text *text)
{
    text_add(text, "# PowerShell completion of portledger:\n"
                   "# portledger completion powershell | Out-String | Invoke-Expression\n\n"
                   "Register-ArgumentCompleter -Native -CommandName portledger, portledger.exe "
                   "-ScriptBlock {\n"
                   "param($wordToComplete, $commandAst, $cursorPosition)\n\n"
                   "$commands = [ordered]@{\n");
    add_shell_commands(text);
    text_add(text, "}\n$options = @{\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        add_shell_options(text, commands[i]->name, commands[i]->options, commands[i]->option_count);
    }
    add_shell_options(text, "", program_options.options, program_options.count);
    text_add(text, "}\n"
                   "# No choices: anything may stand there\n"
                   "$values = @{\n");
    walk_options(text, add_shell_values);
    text_add(text,
             "}\n\n"
             "$words = @($commandAst.CommandElements | Select-Object -Skip 1 |\n"
             "    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |\n"
             "    ForEach-Object { $_.Extent.Text })\n"
             "$command = ''\n"
             "for ($i = 0; $i -lt $words.Count -and $command -eq ''; $i++) {\n"
             "    if ($commands.Contains($words[$i])) { $command = $words[$i] }\n"
             "}\n"
             "$before = if ($words.Count -gt 0) { '--' + $words[-1].TrimStart('-') } else { '' }\n"
             "$found = @()\n"
             "if ($words.Count -gt 0 -and $words[-1].StartsWith('-') -and\n"
             "    ($values.ContainsKey(\"$command $before\") -or "
             "$values.ContainsKey(\" $before\"))) {\n"
             "    $key = if ($values.ContainsKey(\"$command $before\")) { \"$command $before\" } "
             "else { \" $before\" }\n"
             "    $found = @($values[$key] | ForEach-Object { , @($_, $_, 'ParameterValue') })\n"
             "} elseif ($wordToComplete.StartsWith('-')) {\n"
             "    $found = @(@($options[$command]) + @(if ($command) { $options[''] }) |\n"
             "        Where-Object { $_ } | ForEach-Object { , @($_[0], $_[1], "
             "'ParameterName') })\n"
             "} elseif ($command -eq '' -or $command -eq 'help') {\n"
             "    $found = @($commands.Keys | ForEach-Object { , @($_, $commands[$_], "
             "'ParameterValue') })\n"
             "} elseif ($command -eq 'completion') {\n"
             "    $found = @('bash', 'powershell' | ForEach-Object { , @($_, $_, "
             "'ParameterValue') })\n"
             "}\n"
             "$found | Where-Object { $_[0] -like \"$wordToComplete*\" } | ForEach-Object {\n"
             "    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], $_[2], "
             "$_[1])\n"
             "}\n"
             "}\n");
}
