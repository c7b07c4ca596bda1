/* SPDX-License-Identifier: MIT */

#include "reportcli/explain_page.h"

#include <stdlib.h>
#include <string.h>

#include "reportcli/output.h"
#include "reportcli/secret_mask.h"
#include "reportcli/states.h"

enum {
    PAGE_COLUMNS = 78, /* at most: a terminal may have less */
    LEAST_COLUMNS = 40,
    LABEL_COLUMNS = 10, /* behind them a SHA-256 fits */
    INDENT = 2,
    WORDS_MOST = 780, /* columns of one line's words: ten lines of the page */
};

static const struct {
    const char *name;    /* in records */
    const char *heading; /* NULL: it stands at the top */
} parts[EXPLAIN_PARTS] = {
    [EXPLAIN_QUESTION] = {"question", NULL},
    [EXPLAIN_HOLDER] = {"holder", "WHAT WAS THERE, AND WHOSE IT WAS"},
    [EXPLAIN_NEAR] = {"near", "BEFORE AND AFTER"},
    [EXPLAIN_PARENT] = {"parent", "WHO STARTED IT"},
    [EXPLAIN_MODULE] = {"module", "MODULES TO LOOK AT"},
    [EXPLAIN_PEER] = {"peer", "WHOM IT WAS CONNECTED TO"},
    [EXPLAIN_BEFORE] = {"before", "WHAT IT HAD OPENED BEFORE"},
    [EXPLAIN_AFTER] = {"after", "WHAT IT OPENED AFTERWARDS"},
    [EXPLAIN_COVERAGE] = {"coverage", "WHAT WAS WATCHED"},
    [EXPLAIN_SEAL] = {"seal", "WHETHER THE RECORD CAN BE TRUSTED"},
};

static const struct column line_columns[] = {
    {.name = "part",
     .type = COLUMN_TEXT,
     .heading = "Part",
     .help = "What the line tells of: question, holder, near, parent, module, peer, before, after, "
             "coverage, seal"},
    {.name = "label",
     .type = COLUMN_TEXT,
     .heading = "Label",
     .help =
         "What the words are, such as program or owner; absent where they stand for themselves"},
    {.name = "words", .type = COLUMN_TEXT, .heading = "Words", .help = "What people are told"},
    {.name = "opened_at",
     .type = COLUMN_TIME,
     .heading = "Opened",
     .help = "Of a socket: when it was first seen"},
    {.name = "closed_at",
     .type = COLUMN_TIME,
     .heading = "Closed",
     .help = "Of a socket: the first sample that did not see it, or where watching ended; absent "
             "while open"},
    {.name = "ending",
     .type = COLUMN_TEXT,
     .heading = "Ending",
     .help = "Of a socket: closed, open or cut, as in history"},
    {.name = "count",
     .type = COLUMN_INTEGER,
     .heading = "Count",
     .help = "How many the line stands for"},
    {.name = "interval",
     .type = COLUMN_INTEGER,
     .heading = "Interval",
     .help = "Of a socket: its number in the ledger, the id of history"},
    {.name = "instance",
     .type = COLUMN_INTEGER,
     .heading = "Instance",
     .help = "Of a process: its number in the ledger, which history --instance asks for"},
    {.name = "module",
     .type = COLUMN_TEXT,
     .heading = "Module",
     .help = "Of a module: full path of the file"},
    {.name = "module_flags",
     .type = COLUMN_TEXT,
     .heading = "Flags",
     .help = "Of a module: hidden, renamed, deleted, as in modules"},
    {.name = "module_sha256",
     .type = COLUMN_TEXT,
     .heading = "Module's SHA-256",
     .help = "Of a module: SHA-256 of the file, in lower-case hexadecimal"},
    {.name = "module_verdict",
     .type = COLUMN_TEXT,
     .heading = "Module's signature",
     .help = "Of a module: what the system says of its signature"},
    {.name = "module_signer",
     .type = COLUMN_TEXT,
     .heading = "Module's signer",
     .help = "Of a module: common name of whom the signature is by"},
};

enum {
    MOMENT,
    PART,
    LABEL,
    WORDS,
    OPENED_AT,
    CLOSED_AT,
    ENDING,
    COUNT,
    INTERVAL,
    INSTANCE,
    MODULE,
    MODULE_FLAGS,
    MODULE_SHA256,
    MODULE_VERDICT,
    MODULE_SIGNER,
    SOCKET,
    AT = SOCKET + SOCKET_RECORD_FIELDS,
    EXPLAIN_COLUMNS,
};

_Static_assert((int)EXPLAIN_COLUMNS <= (int)COLUMNS_MAX, "a record fits on the stack");

const struct column_table explain_table = {
    .name = "explained",
    .title = "one line of what can be said of a port at a moment",
    .groups = {{state_moment_column, 1},
               {line_columns, SOCKET - PART},
               SOCKET_RECORD_GROUPS,
               {state_at_column, 1}},
};

struct explain_page {
    const struct command_context *context;
    struct render *render; /* NULL: people */
    struct socket_record record;
    struct text out;
    struct text flags;
    struct text masked; /* a command line */
    char sha256[2 * IMAGE_HASH_SIZE + 1];
    size_t columns;
    size_t moment;
    int64_t at;
    int part; /* of the line before; -1: none yet */
};

bool explain_page_open(struct explain_page **out, const struct command_context *context,
                       struct failure *why)
{
    struct explain_page *page = calloc(1, sizeof(*page));

    *out = page;
    if (page == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the page");
    }
    page->context = context;
    page->record.instance.no_command_lines = context->no_command_lines;
    page->part = -1;
    page->columns = PAGE_COLUMNS;
    if (context->render.columns > 0 && context->render.columns < PAGE_COLUMNS) {
        page->columns = context->render.columns < LEAST_COLUMNS ? LEAST_COLUMNS
                                                                : (size_t)context->render.columns;
    }
    return context->renderer == &render_table ||
           command_begin(context, &explain_table, &page->render, why);
}

static bool write_out(struct explain_page *page, struct failure *why)
{
    bool done =
        text_ok(&page->out, why) &&
        output_write(page->context->render.log, text_bytes(&page->out), page->out.size, why);

    text_reset(&page->out);
    return done;
}

bool explain_page_begin(struct explain_page *page, size_t moment, int64_t at, struct failure *why)
{
    bool first = page->moment == 0;

    page->moment = moment;
    page->at = at;
    page->part = -1;
    if (page->render != NULL || first) {
        return true;
    }
    text_add_char(&page->out, '\n');
    text_add_repeated(&page->out, '=', page->columns);
    text_add(&page->out, "\n\n");
    return write_out(page, why);
}

/*
 * The words, from column `at` on: blanks are where lines may end, and a word
 * that is longer than a line is broken between two characters.
 */
struct wrapping {
    struct text *out;
    size_t room; /* columns of a line */
    size_t indent;
    size_t at;    /* columns of the line so far */
    size_t total; /* of all lines */
    size_t most;  /* of these */
};

static void break_line(struct wrapping *wrapping)
{
    text_add_char(wrapping->out, '\n');
    text_add_repeated(wrapping->out, ' ', wrapping->indent);
    wrapping->at = wrapping->indent;
}

/* As much of it as there is room for; returns how many bytes that is. */
static size_t add_word(struct wrapping *wrapping, const char *word, size_t size)
{
    size_t done = 0;

    while (done < size && wrapping->total < wrapping->most) {
        char form[TEXT_VISIBLE_SIZE];
        size_t taken;
        size_t bytes = text_visible_form(form, word + done, size - done, &taken);
        size_t columns = text_columns(form, bytes);

        if (wrapping->at + columns > wrapping->room) {
            break_line(wrapping);
        }
        text_add_bytes(wrapping->out, form, bytes);
        wrapping->at += columns;
        wrapping->total += columns;
        done += taken;
    }
    return done;
}

static size_t word_columns(const char *word, size_t size)
{
    size_t columns = 0;

    for (size_t i = 0; i < size && columns <= PAGE_COLUMNS;) {
        char form[TEXT_VISIBLE_SIZE];
        size_t taken;
        size_t bytes = text_visible_form(form, word + i, size - i, &taken);

        columns += text_columns(form, bytes);
        i += taken;
    }
    return columns;
}

/* Returns what had no room. */
static const char *add_words(struct wrapping *wrapping, const char *words)
{
    while (*words != '\0' && wrapping->total < wrapping->most) {
        size_t blanks = strspn(words, " ");
        size_t size = strcspn(words + blanks, " ");
        size_t columns = word_columns(words + blanks, size);

        if (wrapping->at > wrapping->indent && wrapping->at + blanks + columns > wrapping->room) {
            break_line(wrapping);
        } else {
            text_add_repeated(wrapping->out, ' ', blanks);
            wrapping->at += blanks;
        }
        words += blanks;
        words += add_word(wrapping, words, size);
    }
    return words;
}

static void add_wrapped(struct wrapping *wrapping, const char *words)
{
    const char *rest;

    wrapping->most = WORDS_MOST;
    rest = add_words(wrapping, words);
    if (*rest != '\0') {
        struct text more = {0};

        text_addf(&more, " ... (%zu more bytes: --json has all of it)", strlen(rest));
        wrapping->most = SIZE_MAX;
        (void)add_words(wrapping, text_bytes(&more));
        text_clear(&more);
    }
}

/* The heading of a part that begins; returns its columns where the line goes on behind it, or 0. */
static size_t say_heading(struct explain_page *page, const struct explain_line *line)
{
    const char *heading = parts[line->part].heading;

    if (heading == NULL || page->part == (int)line->part) {
        return 0;
    }
    text_addf(&page->out, "\n%s%s", heading, line->begins ? ", " : "\n");
    return line->begins ? strlen(heading) + 2 : 0;
}

static void say_line(struct explain_page *page, const struct explain_line *line)
{
    struct wrapping wrapping = {.out = &page->out, .room = page->columns};
    const char *label = line->part == EXPLAIN_QUESTION ? NULL : line->label;
    size_t size = label == NULL ? 0 : strlen(label);
    size_t heading = say_heading(page, line);

    if (label == NULL) {
        wrapping.at = line->part == EXPLAIN_QUESTION ? 0 : INDENT;
        wrapping.indent = wrapping.at + (line->part == EXPLAIN_QUESTION ? 0 : INDENT);
    } else {
        wrapping.at = (size_t)2 * INDENT + LABEL_COLUMNS;
        wrapping.indent = wrapping.at;
    }
    if (heading > 0) {
        wrapping.at = heading;
    } else {
        text_add_repeated(&page->out, ' ', label == NULL ? wrapping.at : (size_t)2 * INDENT);
    }
    if (label != NULL) {
        text_add(&page->out, label);
        text_add_repeated(&page->out, ' ', size < LABEL_COLUMNS ? LABEL_COLUMNS - size : 1);
    }
    add_wrapped(&wrapping, line->words);
    text_add_char(&page->out, '\n');
}

static void fill_interval(const struct ledger_interval *interval, struct value *values)
{
    static const char *const endings[] = {
        [LEDGER_OPEN] = "open",
        [LEDGER_CLOSED] = "closed",
        [LEDGER_CUT] = "cut",
    };

    values[OPENED_AT] = value_number(interval->opened_at);
    if (interval->ending != LEDGER_OPEN) {
        values[CLOSED_AT] = value_number(interval->closed_at);
    }
    values[ENDING] = value_text(endings[interval->ending]);
    values[INTERVAL] = value_number(interval->id);
}

static void add_flags(struct text *text, unsigned flags)
{
    static const char *const names[] = {"hidden", "renamed", "deleted"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((flags & (1U << i)) != 0) {
            text_addf(text, "%s%s", text->size > 0 ? ", " : "", names[i]);
        }
    }
}

static void fill_module(struct explain_page *page, const struct module *module,
                        struct value *values)
{
    struct value image[IMAGE_RECORD_FIELDS];

    text_reset(&page->flags);
    add_flags(&page->flags, module->flags | (module->image->deleted ? MODULE_DELETED : 0U));
    image_record_fill(&page->record.instance.image, module->image, image);
    values[MODULE] = value_text(module->image->path);
    values[MODULE_FLAGS] = value_text(page->flags.size > 0 ? text_bytes(&page->flags) : NULL);
    if (image[IMAGE_RECORD_SHA256].present) {
        memcpy(page->sha256, image[IMAGE_RECORD_SHA256].text, sizeof(page->sha256));
        values[MODULE_SHA256] = value_text(page->sha256);
    }
    values[MODULE_VERDICT] = image[IMAGE_RECORD_VERDICT];
    values[MODULE_SIGNER] = image[IMAGE_RECORD_SIGNER];
}

/* As on the page. */
static void mask_command_line(struct explain_page *page, struct value *value)
{
    if (!value->present || options_flag(page->context->options, "with-secrets")) {
        return;
    }
    text_reset(&page->masked);
    (void)secret_mask_add(&page->masked, value->text);
    *value = value_text(text_bytes(&page->masked));
}

/* A line about a process alone has no socket: those columns are absent. */
static bool fill_socket(struct explain_page *page, const struct explain_line *line,
                        struct value *values, struct failure *why)
{
    static const struct socket_row none = {.owner = SOCKET_NO_OWNER};
    const struct ledger_interval *interval = line->interval;
    const struct socket_facts facts = {
        .row = interval != NULL ? &interval->socket : &none,
        .owner = interval != NULL ? interval->owner : line->process,
        .service = interval != NULL ? interval->service : NULL,
        .service_basis = interval != NULL ? interval->service_basis : 0,
    };

    if (!socket_record_fill(&page->record, &facts, values, why)) {
        return false;
    }
    mask_command_line(page, &values[SOCKET_RECORD_INSTANCE + INSTANCE_RECORD_COMMAND_LINE]);
    if (interval == NULL) {
        values[SOCKET_RECORD_PROTOCOL] = values[SOCKET_RECORD_ATTRIBUTION] = (struct value){0};
        values[SOCKET_RECORD_PID] =
            line->process != NULL ? value_number(line->process->pid) : (struct value){0};
    }
    return true;
}

static bool print_record(struct explain_page *page, const struct explain_line *line,
                         struct failure *why)
{
    struct value values[EXPLAIN_COLUMNS] = {{0}};

    values[MOMENT] = value_number((int64_t)page->moment);
    values[PART] = value_text(parts[line->part].name);
    values[LABEL] = value_text(line->label);
    values[WORDS] = value_text(line->words);
    values[COUNT] = value_known(line->count);
    values[INSTANCE] = value_known(line->instance);
    values[AT] = value_number(page->at);
    if (line->interval != NULL) {
        fill_interval(line->interval, values);
        values[INSTANCE] = value_known(line->interval->owner_id);
    }
    if (!fill_socket(page, line, values + SOCKET, why)) {
        return false;
    }
    if (line->module != NULL) {
        fill_module(page, line->module, values);
    }
    return text_ok(&page->flags, why) && text_ok(&page->masked, why) &&
           render_record(page->render, values, why);
}

bool explain_page_add(struct explain_page *page, const struct explain_line *line,
                      struct failure *why)
{
    if (page->render != NULL) {
        return print_record(page, line, why);
    }
    if (line->quiet) {
        return true;
    }
    say_line(page, line);
    page->part = (int)line->part;
    return write_out(page, why);
}

bool explain_page_finish(struct explain_page *page, struct failure *why)
{
    return page->render != NULL ? command_finish(page->context, page->render, why)
                                : output_flush(page->context->render.log, why);
}

void explain_page_close(struct explain_page *page)
{
    if (page == NULL) {
        return;
    }
    render_close(page->render);
    socket_record_clear(&page->record);
    text_clear(&page->out);
    text_clear(&page->flags);
    text_clear(&page->masked);
    free(page);
}
