/* SPDX-License-Identifier: MIT */

#include "base/options.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

enum {
    USUAL_COLUMNS = 80,
    LEAST_COLUMNS = 40,
    LARGEST_LABEL = 28, /* longer labels have a line of their own */
    MOST_NAMES = 128,   /* for suggestions: more options than that no program has */
};

/* An option as it was given. */
struct given {
    const struct option *option;
    const char *text;
    int64_t number;
};

struct options {
    const struct option_set *set;
    struct given *given;
    size_t given_count;
    const char **words;
    size_t word_count;
    bool help;
};

static bool is_help(const char *word)
{
    static const char *const words[] = {"-h", "-?", "/?", "-help", "--help"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* -2h is a time, and a lone dash is a name for standard input. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !(word[1] >= '0' && word[1] <= '9');
}

static bool ends_options(const char *word)
{
    return strcmp(word, "--") == 0;
}

/* What stands behind the dashes. */
static const char *skip_dashes(const char *word)
{
    return word + (word[1] == '-' ? 2 : 1);
}

static bool matches(const struct option *option, const char *word)
{
    const char *name = skip_dashes(word);
    size_t size = strcspn(name, "=");

    if (size == 1 && name == word + 1 && option->letter == name[0]) {
        return true;
    }
    return strlen(option->name) == size && memcmp(option->name, name, size) == 0;
}

/* The option that `word`, which begins with a dash, asks for, or NULL. */
static const struct option *find_option(const struct option_set *set, const char *word)
{
    for (int i = 0; i < OPTION_TABLES; i++) {
        for (size_t j = 0; j < set->tables[i].count; j++) {
            if (matches(&set->tables[i].options[j], word)) {
                return &set->tables[i].options[j];
            }
        }
    }
    return NULL;
}

static bool refuse_unknown(const struct option_set *set, const char *word, struct failure *why)
{
    const char *names[MOST_NAMES + 1] = {NULL};
    size_t count = 0;
    const char *name = skip_dashes(word);
    int size = (int)strcspn(word, "=");
    char mistyped[MOST_NAMES];
    const char *meant = NULL;

    for (int i = 0; i < OPTION_TABLES; i++) {
        for (size_t j = 0; j < set->tables[i].count && count < MOST_NAMES; j++) {
            names[count++] = set->tables[i].options[j].name;
        }
    }
    if (strcspn(name, "=") < sizeof(mistyped)) {
        memcpy(mistyped, name, strcspn(name, "="));
        mistyped[strcspn(name, "=")] = '\0';
        meant = text_closest(mistyped, names);
    }
    if (meant == NULL) {
        return FAIL(why, FAILURE_USAGE, 0, "unknown option %.*s; --help shows them all", size,
                    word);
    }
    return FAIL(why, FAILURE_USAGE, 0, "unknown option %.*s; did you mean --%s?", size, word,
                meant);
}

static void add_number(struct text *text, const struct option *option, int64_t number)
{
    switch (option->kind) {
    case OPTION_DURATION:
        units_add_duration(text, number);
        break;
    case OPTION_SIZE:
        units_add_size(text, number);
        break;
    default:
        text_addf(text, "%" PRId64, number);
        break;
    }
}

/* Appends "from 1 to 65535", or "1 or more". */
static void add_range(struct text *text, const struct option *option)
{
    bool open = option->maximum == INT64_MAX;

    text_add(text, open ? "" : "from ");
    add_number(text, option, option->minimum);
    text_add(text, open ? " or more" : " to ");
    if (!open) {
        add_number(text, option, option->maximum);
    }
}

static bool check_range(const struct given *given, struct failure *why)
{
    const struct option *option = given->option;
    struct text range = {0};

    if (given->number >= option->minimum && given->number <= option->maximum) {
        return true;
    }
    add_range(&range, option);
    failure_set(why, FAILURE_USAGE, 0, "\"%s\" is not %s", given->text, text_bytes(&range));
    text_clear(&range);
    return false;
}

/* Appends "name, pid or port". */
static void add_choices(struct text *text, const char *const *choices)
{
    for (size_t i = 0; choices[i] != NULL; i++) {
        text_add(text, i == 0 ? "" : choices[i + 1] == NULL ? " or " : ", ");
        text_add(text, choices[i]);
    }
}

static bool check_choice(const struct given *given, struct failure *why)
{
    const char *const *choices = given->option->choices;
    struct text list = {0};

    for (size_t i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], given->text) == 0) {
            return true;
        }
    }
    add_choices(&list, choices);
    failure_set(why, FAILURE_USAGE, 0, "\"%s\" is not one of %s", given->text, text_bytes(&list));
    text_clear(&list);
    return false;
}

/* Checks the text and fills in the number. */
static bool read_value(struct given *given, struct failure *why)
{
    switch (given->option->kind) {
    case OPTION_NUMBER:
        return units_parse_number(given->text, &given->number, why) && check_range(given, why);
    case OPTION_DURATION:
        return units_parse_duration(given->text, &given->number, why) && check_range(given, why);
    case OPTION_SIZE:
        return units_parse_size(given->text, &given->number, why) && check_range(given, why);
    case OPTION_CHOICE:
        return check_choice(given, why);
    default:
        return true;
    }
}

/* The text of an option's value, or NULL where there is none; moves *i over it. */
static const char *find_value(int argc, char **argv, bool dashed, int *i)
{
    const char *equals = strchr(argv[*i], '=');

    if (equals != NULL) {
        return equals[1] == '\0' ? NULL : equals + 1;
    }
    /* An option in the place of a value: the value was forgotten. */
    if (*i + 1 >= argc || argv[*i + 1][0] == '\0' || (!dashed && is_option(argv[*i + 1]))) {
        return NULL;
    }
    return argv[++*i];
}

static bool add_given(struct options *options, const struct given *given, struct failure *why)
{
    const struct option *option = given->option;

    if (!option->repeats && options_given(options, option->name)) {
        return FAIL(why, FAILURE_USAGE, 0, "--%s is given twice", option->name);
    }
    options->given[options->given_count++] = *given;
    return true;
}

/* Takes the option at argv[*i] with its value. */
static bool read_option(struct options *options, int argc, char **argv, int *i, struct failure *why)
{
    struct given given = {.option = find_option(options->set, argv[*i])};

    if (given.option == NULL) {
        return refuse_unknown(options->set, argv[*i], why);
    }
    if (given.option->optional && strchr(argv[*i], '=') == NULL) {
        return add_given(options, &given, why);
    }
    if (given.option->kind == OPTION_FLAG) {
        if (strchr(argv[*i], '=') != NULL) {
            return FAIL(why, FAILURE_USAGE, 0, "--%s takes no value", given.option->name);
        }
        return add_given(options, &given, why);
    }
    given.text = find_value(argc, argv, given.option->dashed, i);
    if (given.text == NULL) {
        return FAIL(why, FAILURE_USAGE, 0, "--%s needs a value: --%s %s", given.option->name,
                    given.option->name, given.option->value);
    }
    if (!read_value(&given, why)) {
        return FAIL(why, FAILURE_USAGE, 0, "--%s: %s", given.option->name, why->text);
    }
    return add_given(options, &given, why);
}

/* The next word is its value, where it has no "=". */
static bool takes_word(const struct option *option)
{
    return option->kind != OPTION_FLAG && !option->optional;
}

/*
 * The place of the first word that asks for help, or argc. Nothing is checked
 * on the way; a value in front of the command is no command.
 */
static int find_help(const struct option_set *set, int argc, char **argv, int first,
                     bool stop_at_word)
{
    for (int i = first; i < argc && !ends_options(argv[i]); i++) {
        const struct option *option;

        if (is_help(argv[i])) {
            return i;
        }
        if (!is_option(argv[i])) {
            if (stop_at_word) {
                return argc;
            }
            continue;
        }
        option = find_option(set, argv[i]);
        if (option != NULL && takes_word(option) && strchr(argv[i], '=') == NULL && i + 1 < argc &&
            !is_help(argv[i + 1])) {
            i++;
        }
    }
    return argc;
}

static bool open_options(struct options **out, const struct option_set *set, int count,
                         struct failure *why)
{
    struct options *options = calloc(1, sizeof(*options));
    size_t entries = (size_t)count + 1; /* so that it is never none */

    *out = options;
    if (options != NULL) {
        options->set = set;
        options->given = calloc(entries, sizeof(*options->given));
        options->words = calloc(entries, sizeof(*options->words));
    }
    if (options == NULL || options->given == NULL || options->words == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the command line");
    }
    return true;
}

/* Takes all words from argv[*next] on, or those in front of the first that is no option. */
static bool read_all(struct options *options, int argc, char **argv, int *next, bool stop_at_word,
                     struct failure *why)
{
    bool only_words = false;
    int i;

    for (i = *next; i < argc; i++) {
        if (!only_words && ends_options(argv[i])) {
            only_words = true;
        } else if (!only_words && is_option(argv[i])) {
            if (!read_option(options, argc, argv, &i, why)) {
                return false;
            }
        } else if (stop_at_word) {
            break;
        } else {
            options->words[options->word_count++] = argv[i];
        }
    }
    *next = i;
    return true;
}

bool options_parse(struct options **out, const struct option_set *set, int argc, char **argv,
                   int first, bool stop_at_word, int *next, struct failure *why)
{
    int help = find_help(set, argc, argv, first, stop_at_word);

    *next = first;
    if (!open_options(out, set, argc - first, why)) {
        goto out;
    }
    if (help < argc) {
        (*out)->help = true;
        *next = help + 1;
        return true;
    }
    if (read_all(*out, argc, argv, next, stop_at_word, why)) {
        return true;
    }
out:
    options_free(*out);
    *out = NULL;
    return false;
}

void options_free(struct options *options)
{
    if (options != NULL) {
        free(options->given);
        free(options->words);
        free(options);
    }
}

bool options_help(const struct options *options)
{
    return options->help;
}

static bool is_declared(const struct option_set *set, const char *name)
{
    for (int i = 0; i < OPTION_TABLES; i++) {
        for (size_t j = 0; j < set->tables[i].count; j++) {
            if (strcmp(set->tables[i].options[j].name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

size_t options_count(const struct options *options, const char *name)
{
    size_t count = 0;

    assert(is_declared(options->set, name));
    for (size_t i = 0; i < options->given_count; i++) {
        count += strcmp(options->given[i].option->name, name) == 0;
    }
    return count;
}

/* The i-th of the option, or NULL. */
static const struct given *find_given(const struct options *options, const char *name, size_t i)
{
    assert(is_declared(options->set, name));
    for (size_t j = 0; j < options->given_count; j++) {
        if (strcmp(options->given[j].option->name, name) == 0 && i-- == 0) {
            return &options->given[j];
        }
    }
    return NULL;
}

static const struct given *find_last(const struct options *options, const char *name)
{
    size_t count = options_count(options, name);

    return count == 0 ? NULL : find_given(options, name, count - 1);
}

bool options_given(const struct options *options, const char *name)
{
    return options_count(options, name) > 0;
}

bool options_flag(const struct options *options, const char *name)
{
    return options_given(options, name);
}

const char *options_text(const struct options *options, const char *name)
{
    const struct given *given = find_last(options, name);

    return given == NULL ? NULL : given->text;
}

int64_t options_number(const struct options *options, const char *name, int64_t otherwise)
{
    const struct given *given = find_last(options, name);

    return given == NULL ? otherwise : given->number;
}

const char *options_text_at(const struct options *options, const char *name, size_t i)
{
    const struct given *given = find_given(options, name, i);

    return given == NULL ? NULL : given->text;
}

size_t options_words(const struct options *options)
{
    return options->word_count;
}

const char *options_word(const struct options *options, size_t i)
{
    return i < options->word_count ? options->words[i] : NULL;
}

/* Appends "  -s, --since TIME". */
static void add_label(struct text *text, const struct option *option)
{
    if (option->letter == '\0') {
        text_add(text, "      ");
    } else {
        text_addf(text, "  -%c, ", option->letter);
    }
    text_addf(text, "--%s", option->name);
    if (option->optional) {
        text_addf(text, "[=%s]", option->value);
    } else if (option->kind != OPTION_FLAG) {
        text_addf(text, " %s", option->value);
    }
}

/* The column at which help begins: behind the longest label that is not too long. */
static size_t help_column(const struct option_table *table)
{
    size_t column = 0;

    for (size_t i = 0; i < table->count; i++) {
        struct text label = {0};
        size_t columns;

        add_label(&label, &table->options[i]);
        columns = text_columns(text_bytes(&label), label.size);
        if (columns > column && columns <= LARGEST_LABEL) {
            column = columns;
        }
        text_clear(&label);
    }
    return (column == 0 ? LARGEST_LABEL : column) + 2;
}

static void add_option_help(struct text *text, const struct option *option, size_t indent,
                            size_t columns)
{
    struct text label = {0};
    struct text words = {0};
    size_t width;

    add_label(&label, option);
    width = text_columns(text_bytes(&label), label.size);
    text_add(&words, option->help);
    if (option->kind == OPTION_CHOICE) {
        text_add(&words, ": ");
        add_choices(&words, option->choices);
    }
    text_add(text, text_bytes(&label));
    if (width + 2 > indent) {
        text_add_char(text, '\n');
        width = 0;
    }
    text_add_repeated(text, ' ', indent - width);
    text_add_wrapped(text, text_bytes(&words), indent, indent, columns);
    text_add_char(text, '\n');
    text_clear(&words);
    text_clear(&label);
}

void options_add_help(struct text *text, const struct option_table *table, int columns)
{
    size_t indent = help_column(table);
    int wanted = columns <= 0 ? USUAL_COLUMNS : columns;

    for (size_t i = 0; i < table->count; i++) {
        add_option_help(text, &table->options[i], indent,
                        (size_t)(wanted < LEAST_COLUMNS ? LEAST_COLUMNS : wanted));
    }
}
