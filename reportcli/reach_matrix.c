/* SPDX-License-Identifier: MIT */

#include "reportcli/reach_matrix.h"

#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "probes/expectation.h"
#include "probes/outcome.h"
#include "reportcli/job_records.h"

enum { GAP = 2 };

/* Where the ports have no room beside each other, letters take the place of the words. */
static const char *const letters[PROBE_STATUS_COUNT] = {
    [PROBE_NOT_ASKED] = "NA",
    [PROBE_LISTENING] = "L",
    [PROBE_NOT_LISTENING] = "N",
    [PROBE_FILTERED] = "F",
    [PROBE_LISTENING_OR_FILTERED] = "LF",
};

/* How a cell that is not as expected is marked, and shown where there are colours. */
static const struct mark {
    const char *sign; /* behind the share */
    const char *colour;
    const char *words;
} marks[] = {
    [EXPECTATION_HELD] = {"", "", NULL},
    [EXPECTATION_NOT_HELD] = {"!", "\x1b[31m", "! not as expected"},
    [EXPECTATION_UNDECIDED] = {"?", "\x1b[33m", "? undecided"},
};

enum { MARKS = sizeof(marks) / sizeof(marks[0]) };

/* A column of the matrix. */
struct port {
    uint16_t number;
    uint8_t transport;
    size_t width;
};

/* The pairs of one job, and what they need. */
struct block {
    const struct reach_cell *cells;
    size_t count;
    struct port *ports;
    size_t port_count;
    size_t host_width;
    struct reach_cell *row; /* a place for each port */
    bool is_short;          /* letters, and no "%" */
    bool met[PROBE_STATUS_COUNT];
    bool marked[MARKS];
};

bool reach_matrix_add(struct reach_matrix *matrix, const struct probe_pair_sum *pair,
                      struct failure *why)
{
    if (matrix->count == matrix->capacity) {
        size_t capacity = matrix->capacity * 2 + 64;
        struct reach_cell *cells = realloc(matrix->cells, capacity * sizeof(*cells));

        if (cells == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the matrix");
        }
        matrix->cells = cells;
        matrix->capacity = capacity;
    }
    matrix->cells[matrix->count++].pair = pair;
    return true;
}

void reach_matrix_clear(struct reach_matrix *matrix)
{
    free(matrix->cells);
    *matrix = (struct reach_matrix){0};
}

static int compare_ports(const void *left, const void *right)
{
    const struct port *a = left;
    const struct port *b = right;

    if (a->number != b->number) {
        return a->number < b->number ? -1 : 1;
    }
    return (a->transport == PROBE_UDP) - (b->transport == PROBE_UDP);
}

static struct port port_of(const struct probe_pair_sum *pair)
{
    return (struct port){.number = pair->port, .transport = pair->transport};
}

static struct port *find_port(const struct block *block, const struct probe_pair_sum *pair)
{
    struct port wanted = port_of(pair);

    return bsearch(&wanted, block->ports, block->port_count, sizeof(wanted), compare_ports);
}

static void add_heading(struct text *text, const struct port *port)
{
    text_addf(text, "%u/%s", port->number, port->transport == PROBE_TCP ? "tcp" : "udp");
}

/* Rounded down, so that "100" is said of nothing less. */
static void add_percent(struct text *text, double percent, const char *unit)
{
    if (percent > 0 && percent < 0.1) {
        text_addf(text, "<0.1%s", unit);
    } else if (percent == 0 || percent == 100) {
        text_addf(text, "%.0f%s", percent, unit);
    } else {
        int tenths = (int)(percent * 10);

        text_addf(text, "%d.%d%s", tenths / 10, tenths % 10, unit);
    }
}

/* What a ledger from elsewhere has may be any number. */
static const struct mark *mark_of(const struct probe_pair_sum *pair)
{
    size_t judgement = (size_t)pair->now.judgement;

    return &marks[judgement < MARKS ? judgement : EXPECTATION_UNDECIDED];
}

static enum probe_status status_of(const struct probe_pair_sum *pair)
{
    size_t status = (size_t)pair->now.status;

    return status < PROBE_STATUS_COUNT ? (enum probe_status)status : PROBE_NOT_ASKED;
}

/* "LISTENING 99.8 % !", or "L 99.8!". Where the port could never be asked there is no share. */
static void add_cell(struct text *text, const struct probe_pair_sum *pair, bool is_short)
{
    enum probe_status status = status_of(pair);
    double percent = reach_percent(&pair->figure);
    const char *sign = mark_of(pair)->sign;

    if (pair->now.status == PROBE_STATUS_GONE) {
        text_add_char(text, '-');
    } else {
        text_add(text, is_short ? letters[status] : probe_status_name((int)status));
    }
    if (percent >= 0) {
        text_add_char(text, ' ');
        add_percent(text, percent, is_short ? "" : " %");
    }
    text_addf(text, "%s%s", is_short || sign[0] == '\0' ? "" : " ", sign);
}

static size_t width_of(const struct text *text)
{
    return text_columns(text_bytes(text), text->size);
}

/* Each port once, in order. */
static bool collect_ports(struct block *block, struct failure *why)
{
    block->ports = calloc(block->count, sizeof(*block->ports));
    if (block->ports == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the matrix");
    }
    for (size_t i = 0; i < block->count; i++) {
        block->ports[i] = port_of(block->cells[i].pair);
    }
    qsort(block->ports, block->count, sizeof(*block->ports), compare_ports);
    for (size_t i = 0; i < block->count; i++) {
        if (i == 0 || compare_ports(&block->ports[i], &block->ports[i - 1]) != 0) {
            block->ports[block->port_count++] = block->ports[i];
        }
    }
    block->row = calloc(block->port_count, sizeof(*block->row));
    return block->row != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for the matrix");
}

static void grow(size_t *width, const struct text *text)
{
    size_t needed = width_of(text);

    *width = needed > *width ? needed : *width;
}

static void measure_ports(struct block *block)
{
    struct text text = {0};

    for (size_t i = 0; i < block->port_count; i++) {
        text_reset(&text);
        add_heading(&text, &block->ports[i]);
        block->ports[i].width = width_of(&text);
    }
    for (size_t i = 0; i < block->count; i++) {
        text_reset(&text);
        add_cell(&text, block->cells[i].pair, block->is_short);
        grow(&find_port(block, block->cells[i].pair)->width, &text);
    }
    text_clear(&text);
}

static void measure(struct block *block)
{
    struct text text = {0};

    block->host_width = sizeof("Target") - 1;
    for (size_t i = 0; i < block->count; i++) {
        const struct probe_pair_sum *pair = block->cells[i].pair;

        text_reset(&text);
        text_add_visible(&text, pair->host, strlen(pair->host));
        grow(&block->host_width, &text);
        block->marked[mark_of(pair) - marks] = true;
        block->met[status_of(pair)] = true;
    }
    measure_ports(block);
    text_clear(&text);
}

/* How many ports from `first` on have room beside the targets: one at least. */
static size_t fit(const struct block *block, size_t first, int columns)
{
    size_t width = block->host_width;
    size_t count = 0;

    while (first + count < block->port_count) {
        width += GAP + block->ports[first + count].width;
        if (count > 0 && columns > 0 && width > (size_t)columns) {
            break;
        }
        count++;
    }
    return count;
}

/* Appends the cell, and blanks up to the next one, but none at the end of a line. */
static void put(struct text *line, const struct text *cell, size_t width, bool last,
                const char *colour)
{
    text_add(line, colour);
    text_add(line, text_bytes(cell));
    text_add(line, colour[0] == '\0' ? "" : "\x1b[0m");
    for (size_t i = width_of(cell); !last && i < width + GAP; i++) {
        text_add_char(line, ' ');
    }
}

static void add_headings(struct text *out, const struct block *block, size_t first, size_t count,
                         bool colour)
{
    struct text cell = {0};

    text_add(out, colour ? "\x1b[1m" : "");
    text_add(&cell, "Target");
    put(out, &cell, block->host_width, false, "");
    for (size_t i = first; i < first + count; i++) {
        text_reset(&cell);
        add_heading(&cell, &block->ports[i]);
        put(out, &cell, block->ports[i].width, i + 1 == first + count, "");
    }
    text_add(out, colour ? "\x1b[0m\n" : "\n");
    text_clear(&cell);
}

/* One target. block->row has its pairs. */
static void add_row(struct text *out, const struct block *block, const char *host, size_t first,
                    size_t count, bool colour)
{
    struct text cell = {0};

    text_add_visible(&cell, host, strlen(host));
    put(out, &cell, block->host_width, false, "");
    for (size_t i = first; i < first + count; i++) {
        const struct probe_pair_sum *pair = block->row[i].pair;

        text_reset(&cell);
        if (pair == NULL) {
            text_add(&cell, "-");
        } else {
            add_cell(&cell, pair, block->is_short);
        }
        put(out, &cell, block->ports[i].width, i + 1 == first + count,
            pair != NULL && colour ? mark_of(pair)->colour : "");
    }
    text_add(out, "\n");
    text_clear(&cell);
}

/* The pairs of the target that begins at `from`, into block->row. Returns where the next begins. */
static size_t take_row(struct block *block, size_t from)
{
    size_t i = from;

    memset(block->row, 0, block->port_count * sizeof(*block->row));
    for (;
         i < block->count && strcmp(block->cells[i].pair->host, block->cells[from].pair->host) == 0;
         i++) {
        block->row[find_port(block, block->cells[i].pair) - block->ports] = block->cells[i];
    }
    return i;
}

static bool write(struct text *out, struct failure *why)
{
    bool done = text_ok(out, why) && console_write(CONSOLE_OUT, text_bytes(out), out->size, why);

    text_reset(out);
    return done;
}

static bool print_ports(struct block *block, size_t first, size_t count, bool colour,
                        struct failure *why)
{
    struct text out = {0};
    bool done = true;

    add_headings(&out, block, first, count, colour);
    for (size_t i = 0; i < block->count && done;) {
        size_t next = take_row(block, i);

        add_row(&out, block, block->cells[i].pair->host, first, count, colour);
        done = write(&out, why);
        i = next;
    }
    text_clear(&out);
    return done;
}

/* What the letters and signs mean that were used: a line each. */
static void add_legend(struct text *out, const struct block *block)
{
    const char *before = "";

    for (size_t i = 0; block->is_short && i < PROBE_STATUS_COUNT; i++) {
        if (block->met[i]) {
            text_addf(out, "%s%s %s", before, letters[i], probe_status_name((int)i));
            before = "   ";
        }
    }
    text_add(out,
             block->is_short ? "\nNumbers: share of the asks that found it LISTENING, in %\n" : "");
    before = "";
    for (size_t i = 0; i < MARKS; i++) {
        if (block->marked[i] && marks[i].words != NULL) {
            text_addf(out, "%s%s", before, marks[i].words);
            before = "   ";
        }
    }
    text_add(out, before[0] == '\0' ? "" : "\n");
}

static double covered(const struct probe_job_sums *jobs, const char *name)
{
    for (size_t i = 0; i < jobs->count; i++) {
        if (strcmp(jobs->items[i].name, name) == 0) {
            return job_runs_percent(&jobs->items[i]);
        }
    }
    return -1;
}

static void add_title(struct text *out, const struct block *block,
                      const struct probe_job_sums *jobs, const struct probe_filter *filter,
                      const struct render_options *options)
{
    const char *name = block->cells[0].pair->job;
    double percent = covered(jobs, name);

    text_add(out, "Job ");
    text_add_visible(out, name, strlen(name));
    text_add(out, ",\n");
    time_text_add_table(out, filter->since - filter->since % 1000, options->zone);
    text_add(out, " to ");
    time_text_add_table(out, filter->until - filter->until % 1000, options->zone);
    if (percent >= 0) {
        text_add(out, "\n");
        add_percent(out, percent, " %");
        text_add(out, " of its runs took place");
    }
    text_add(out, "\n\n");
}

static bool print_block(struct block *block, const struct render_options *options,
                        struct failure *why)
{
    struct text legend = {0};
    bool done = true;

    measure(block);
    if (fit(block, 0, options->columns) < block->port_count) {
        block->is_short = true;
        measure_ports(block);
    }
    for (size_t first = 0; first < block->port_count && done;) {
        size_t count = fit(block, first, options->columns);

        done = (first == 0 || console_write(CONSOLE_OUT, "\n", 1, why)) &&
               print_ports(block, first, count, options->colour, why);
        first += count;
    }
    add_legend(&legend, block);
    done = done && (legend.size == 0 || console_write(CONSOLE_OUT, "\n", 1, why)) &&
           write(&legend, why);
    text_clear(&legend);
    return done;
}

static bool print_job(struct block *block, const struct probe_job_sums *jobs,
                      const struct probe_filter *filter, const struct render_options *options,
                      struct failure *why)
{
    struct text title = {0};
    bool done;

    add_title(&title, block, jobs, filter, options);
    done = write(&title, why) && collect_ports(block, why) && print_block(block, options, why);
    text_clear(&title);
    free(block->ports);
    free(block->row);
    return done;
}

bool reach_matrix_print(const struct reach_matrix *matrix, const struct probe_job_sums *jobs,
                        const struct probe_filter *filter, const struct render_options *options,
                        struct failure *why)
{
    bool done = true;

    for (size_t i = 0; i < matrix->count && done;) {
        struct block block = {.cells = matrix->cells + i, .count = 1};

        done = i++ == 0 || console_write(CONSOLE_OUT, "\n", 1, why);
        while (i < matrix->count &&
               strcmp(matrix->cells[i].pair->job, block.cells[0].pair->job) == 0) {
            block.count++;
            i++;
        }
        done = done && print_job(&block, jobs, filter, options, why);
    }
    return done && console_flush(CONSOLE_OUT, why);
}
