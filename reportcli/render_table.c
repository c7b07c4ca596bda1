/* SPDX-License-Identifier: MIT */

/*
 * The table for people.
 *
 * The first rows are kept back and the columns made as wide as they need. Where
 * the terminal has no room for all, gaps become narrow and times short, a few
 * rows may stick out of their columns, and what is the same in all rows is told
 * once, below. If that is not enough, whole columns are left out, those of
 * the highest rank first, or told in lines below each row where the column says
 * so; what then finds room comes back. No row is lost, and no cell is cut but that of a
 * digest or of a reason, which is shorter, with dots at its end. A later row
 * that is wider is printed as it is, at the cost of the alignment. So is a very
 * long cell where there is no terminal that all have to fit into: the other
 * rows are not padded to it.
 *
 * Where all rows are known, a column that has no value in any of them takes no
 * room either, unless it is one that is always shown.
 *
 * A list, with a line of heading and value for each column, is what people get
 * of a table of one record; with --verbose, where not all columns fit; and on a
 * terminal that has no room even for the columns that cannot be spared. In a
 * list of several, what a record does not have has no line, unless it is
 * always shown; nor has what is the same in all records, where the column says
 * so and all records are known.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "reportcli/render.h"
#include "reportcli/time_brief.h"

enum {
    ROWS_LOOKED_AT = 4000,
    GAP = 2,       /* blanks between two columns */
    BRIEF_GAP = 1, /* where there is little room */
    WIDEST_COUNTED = 128,
    FEW_ROWS = 10,      /* of which none may be wider than its column */
    OUTLIERS = 20,      /* one row in so many may be wider than its column */
    LONGEST_SAME = 40,  /* value that the note about what is left out tells */
    LONGEST_CELL = 200, /* that others are padded to */
    LEAST_DIGEST = 24,
    BELOW_INDENT = 4, /* of the lines below a row */
    BRIEF_HEADING = 40,
};

struct state {
    struct text cells; /* of the rows that wait: every cell ends in 0; an absent one is empty */
    struct text line;  /* scratch */
    size_t waiting;    /* rows in `cells` */
    size_t printed;    /* rows that are out */
    size_t widths[COLUMNS_MAX];
    size_t plain[COLUMNS_MAX];   /* the widths before the table became brief */
    size_t aligned[COLUMNS_MAX]; /* and before some rows were let stick out */
    size_t order[COLUMNS_MAX]; /* of the columns in a row: those that may be very long come last */
    size_t first[COLUMNS_MAX]; /* where in `cells` the first row's are */
    bool varies[COLUMNS_MAX];  /* some row is not as the first one there */
    bool aside[COLUMNS_MAX];   /* of a list: not said with each record */
    bool filled[COLUMNS_MAX];  /* some row has a value there */
    bool may[COLUMNS_MAX];     /* it may be shown: `cells` have those of no other column */
    bool shown[COLUMNS_MAX];
    bool spared[COLUMNS_MAX]; /* left out for want of room */
    bool below[COLUMNS_MAX];  /* told below each row instead */
    bool cut[COLUMNS_MAX];    /* cells are no wider than the column */
    bool same[COLUMNS_MAX];   /* left out since it is the same in all rows */
    bool brief;               /* times are shortened, gaps narrow */
    struct time_brief times;
    bool fitted;
    bool list;
};

static void release(void *opaque)
{
    struct state *state = opaque;

    text_clear(&state->cells);
    text_clear(&state->line);
    free(state);
}

static bool is_number(enum column_type type)
{
    return type != COLUMN_TEXT && type != COLUMN_TIME && type != COLUMN_BOOLEAN &&
           type != COLUMN_OBJECT;
}

static void add_text_cell(struct text *text, const char *bytes)
{
    if (bytes[0] == '\0') {
        text_add(text, "\"\"");
    } else {
        text_add_visible(text, bytes, strlen(bytes));
    }
}

static void add_real_cell(struct text *text, const struct column *column, double real)
{
    text_addf(text, "%.2f", real);
    if (column->unit != NULL) {
        text_addf(text, " %s", column->unit);
    }
}

static void add_cell(struct text *text, const struct column *column, const struct value *value,
                     enum time_zone_choice zone)
{
    if (!value->present) {
        text_add(text, column->open ? "open" : "");
        return;
    }
    switch (column->type) {
    case COLUMN_TEXT:
    case COLUMN_OBJECT:
        add_text_cell(text, value->text);
        break;
    case COLUMN_REAL:
        add_real_cell(text, column, value->real);
        break;
    case COLUMN_BOOLEAN:
        text_add(text, value->truth ? "yes" : "no");
        break;
    case COLUMN_TIME:
        time_text_add_table(text, value->number, zone);
        break;
    case COLUMN_DURATION:
        units_add_duration_rough(text, value->number);
        break;
    case COLUMN_SIZE:
        units_add_size_rough(text, value->number);
        break;
    default:
        text_add_number(text, value->number);
        break;
    }
}

static const char *heading_of(const struct column *column)
{
    return column->ruler != NULL ? column->ruler : column->heading;
}

static size_t heading_width(const struct column *column)
{
    const char *heading = heading_of(column);

    return text_columns(heading, strlen(heading));
}

/* Whether there is a width to keep to: not where somebody named the columns, or wants them all. */
static bool is_fitted(const struct render *render)
{
    return render->options.columns > 0 && !render->options.wide && render->all_columns;
}

/* A cell that others need not be padded to may stick out. */
static void grow(struct render *render, size_t i, size_t width)
{
    struct state *state = render->state;
    bool counts = is_fitted(render) || width <= LONGEST_CELL;

    if (counts && width > state->widths[i]) {
        state->widths[i] = width;
    }
}

/* What a cell looks like. */
static const char *shown_cell(const char *cell)
{
    return cell[0] == '\0' ? "-" : cell;
}

static const char *next_cell(const char *cell)
{
    return cell + strlen(cell) + 1;
}

/* Looks at the cell of the row under way that begins at `start`. */
static void look_at_cell(struct render *render, size_t i, size_t start)
{
    struct state *state = render->state;
    const char *cells = text_bytes(&state->cells);
    const char *shown = shown_cell(cells + start);

    grow(render, i, text_columns(shown, strlen(shown)));
    if (state->fitted) {
        return;
    }
    if (state->waiting == 0) {
        state->first[i] = start;
    }
    state->varies[i] = state->varies[i] || strcmp(cells + start, cells + state->first[i]) != 0;
}

/* Appends one row to those that wait, and lets the columns grow. */
static void keep_row(struct render *render, const struct value *values)
{
    struct state *state = render->state;

    for (size_t i = 0; i < render->column_count; i++) {
        size_t start = state->cells.size;

        if (!state->may[i]) {
            continue;
        }
        state->filled[i] = state->filled[i] || values[i].present || render->columns[i]->open;
        add_cell(&state->cells, render->columns[i], &values[i], render->options.zone);
        text_add_bytes(&state->cells, "", 1);
        if (!state->cells.failed) {
            look_at_cell(render, i, start);
        }
    }
    state->waiting++;
}

static bool is_also(const struct render *render, size_t i)
{
    const char *also = render->options.also;

    return also != NULL && strcmp(also, render->columns[i]->name) == 0;
}

static size_t gap_of(const struct state *state)
{
    return state->brief ? BRIEF_GAP : GAP;
}

static size_t total_width(const struct render *render)
{
    const struct state *state = render->state;
    size_t total = 0;

    for (size_t i = 0; i < render->column_count; i++) {
        if (state->shown[i]) {
            total += state->widths[i] + (total > 0 ? gap_of(state) : 0);
        }
    }
    return total;
}

/* The highest rank of a shown column that can be spared; 0 where none can. */
static int worst_rank(const struct render *render)
{
    const struct state *state = render->state;
    int worst = 0;

    for (size_t i = 0; i < render->column_count; i++) {
        int rank = render->ranks[i];

        if (state->shown[i] && !is_also(render, i) && rank > worst) {
            worst = rank;
        }
    }
    return worst;
}

static bool is_wanted(const struct render *render, size_t i, bool all_known)
{
    const struct state *state = render->state;

    if (render->ranks[i] == 0 || render->options.verbose || is_also(render, i)) {
        return true;
    }
    return state->may[i] && (state->filled[i] || !all_known);
}

/* Which columns there are, before anybody asks for room. */
static void choose_columns(struct render *render, bool all_known)
{
    struct state *state = render->state;

    for (size_t i = 0; i < render->column_count; i++) {
        size_t width = heading_width(render->columns[i]);

        state->shown[i] = is_wanted(render, i, all_known);
        if (width > state->widths[i]) {
            state->widths[i] = width;
        }
    }
}

static void leave_out_rank(struct render *render, int rank)
{
    struct state *state = render->state;

    for (size_t i = 0; i < render->column_count; i++) {
        if (state->shown[i] && !is_also(render, i) && render->ranks[i] == rank) {
            state->shown[i] = false;
            state->below[i] = render->columns[i]->below;
            state->spared[i] = !state->below[i];
        }
    }
}

/* What was left out of that rank, as wide as all of its cells, or not after all. */
static void show_rank(struct render *render, int rank, bool shown)
{
    struct state *state = render->state;

    for (size_t i = 0; i < render->column_count; i++) {
        if ((state->spared[i] || state->below[i]) && render->ranks[i] == rank) {
            state->shown[i] = shown;
            state->widths[i] = state->aligned[i];
        }
    }
}

/* One wide column may have made room for others that went before it: these come back. */
static void put_back(struct render *render, size_t room)
{
    struct state *state = render->state;
    int worst = 0;

    for (size_t i = 0; i < render->column_count; i++) {
        worst = render->ranks[i] > worst ? render->ranks[i] : worst;
    }
    for (int rank = 1; rank <= worst; rank++) {
        show_rank(render, rank, true);
        if (total_width(render) > room) {
            show_rank(render, rank, false);
        }
    }
    for (size_t i = 0; i < render->column_count; i++) {
        state->spared[i] = state->spared[i] && !state->shown[i];
        state->same[i] = state->same[i] && !state->shown[i];
        state->below[i] = state->below[i] && !state->shown[i];
    }
}

/* A digest at once; a reason when all that is spared more easily has gone. */
static bool may_cut(const struct render *render, size_t i)
{
    const struct state *state = render->state;
    const struct column *column = render->columns[i];

    return state->shown[i] &&
           (column->digest || (column->reason && render->ranks[i] >= worst_rank(render)));
}

/* Cuts a column, where that is enough and something of it is left. */
static bool cut_one(struct render *render, size_t excess)
{
    struct state *state = render->state;

    for (size_t i = 0; i < render->column_count; i++) {
        if (may_cut(render, i) && state->widths[i] >= excess + LEAST_DIGEST) {
            state->widths[i] -= excess;
            state->cut[i] = true;
            return true;
        }
    }
    return false;
}

/* How many rows have which width in one column; the last counts all that are wider. */
struct widths {
    unsigned rows[WIDEST_COUNTED + 1];
};

/* A cell as the table shows it. */
static const char *brief_cell(const struct render *render, size_t i, const char *cell,
                              char scratch[TIME_BRIEF_SIZE])
{
    const struct state *state = render->state;

    cell = shown_cell(cell);
    return state->brief && render->columns[i]->type == COLUMN_TIME
               ? time_brief_cell(&state->times, cell, scratch)
               : cell;
}

static void count_width(struct widths *counted, const char *cell)
{
    size_t width = text_columns(cell, strlen(cell));

    counted->rows[width < WIDEST_COUNTED ? width : WIDEST_COUNTED]++;
}

static void count_widths(const struct render *render, struct widths *counted)
{
    const struct state *state = render->state;
    const char *cell = text_bytes(&state->cells);
    char scratch[TIME_BRIEF_SIZE];

    for (size_t row = 0; row < state->waiting; row++) {
        for (size_t i = 0; i < render->column_count; i++) {
            if (state->may[i]) {
                count_width(&counted[i], brief_cell(render, i, cell, scratch));
                cell = next_cell(cell);
            }
        }
    }
}

/* The width of a column in which at most `outliers` rows stick out; 0 where it cannot be told. */
static size_t width_for(const struct widths *counted, size_t outliers)
{
    size_t wider = counted->rows[WIDEST_COUNTED];

    for (size_t width = WIDEST_COUNTED; wider <= outliers && width-- > 0;) {
        if (wider + counted->rows[width] > outliers) {
            return width;
        }
        wider += counted->rows[width];
    }
    return 0;
}

/* The same for all columns of a type, where that makes them narrower. */
static void take_widths(struct render *render, const struct widths *counted, enum column_type type,
                        size_t outliers)
{
    struct state *state = render->state;

    for (size_t i = 0; i < render->column_count; i++) {
        size_t least =
            heading_width(render->columns[i]) + (type == COLUMN_TIME ? 1 + TIME_BRIEF_OFFSET : 0);
        size_t width = width_for(&counted[i], outliers);

        if (render->columns[i]->type != type || width == 0) {
            continue;
        }
        width = width > least ? width : least;
        if (width < state->widths[i] || type == COLUMN_TIME) { /* its heading tells the offset */
            state->widths[i] = width;
        }
    }
}

/*
 * Of the columns that can be spared and are the same in all rows the one of the highest rank; with
 * `below` of those alone that could stand below each row instead.
 */
static bool find_same(const struct render *render, bool below, size_t *worst)
{
    const struct state *state = render->state;
    int rank = 0;

    for (size_t i = 0; i < render->column_count; i++) {
        if (state->shown[i] && !is_also(render, i) && !state->varies[i] &&
            render->ranks[i] > rank && (render->columns[i]->below || !below)) {
            *worst = i;
            rank = render->ranks[i];
        }
    }
    return rank > 0;
}

/* The width that is left when all that may stand below a row does. */
static size_t least_width(const struct render *render)
{
    const struct state *state = render->state;
    size_t width = total_width(render);

    for (size_t i = 0; i < render->column_count; i++) {
        if (state->shown[i] && render->columns[i]->below) {
            width -= state->widths[i] + gap_of(state);
        }
    }
    return width;
}

/*
 * A column that says the same in all rows is left out first, and its value told once: that costs
 * nobody anything. Never where a row that is not known yet may differ.
 */
static void leave_out_same(struct render *render, size_t room)
{
    struct state *state = render->state;
    size_t worst;

    while ((total_width(render) > room && find_same(render, true, &worst)) ||
           (least_width(render) > room && find_same(render, false, &worst))) {
        state->shown[worst] = false;
        state->spared[worst] = true;
        state->same[worst] = true;
    }
}

/*
 * What a narrow terminal has before it loses a column that matters: narrow gaps, times without
 * what goes without saying, and widths that all but a few rows keep to.
 */
static bool be_brief(struct render *render, size_t room, bool all_known, struct failure *why)
{
    struct state *state = render->state;
    size_t outliers = state->waiting < FEW_ROWS ? 0 : 1 + state->waiting / OUTLIERS;
    struct widths *counted = calloc(render->column_count, sizeof(*counted));

    if (counted == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the table");
    }
    memcpy(state->plain, state->widths, sizeof(state->plain));
    state->brief = true;
    time_brief_make(&state->times, render->options.now, render->options.zone);
    count_widths(render, counted);
    take_widths(render, counted, COLUMN_TIME, 0);
    if (all_known && state->waiting > 1) {
        leave_out_same(render, room);
    }
    memcpy(state->aligned, state->widths, sizeof(state->aligned));
    if (total_width(render) > room) {
        take_widths(render, counted, COLUMN_TEXT, outliers);
    }
    free(counted);
    return true;
}

/* Leaves out what can be spared until the rest fits; false where it cannot. */
static bool leave_out(struct render *render, size_t room)
{
    while (total_width(render) > room && !cut_one(render, total_width(render) - room)) {
        int rank = worst_rank(render);

        if (rank == 0) {
            return false;
        }
        leave_out_rank(render, rank);
    }
    return true;
}

static void name_spared(struct render *render)
{
    const struct state *state = render->state;

    for (size_t i = 0; i < render->column_count; i++) {
        const char *value = shown_cell(text_bytes(&state->cells) + state->first[i]);

        if (state->spared[i]) {
            text_addf(&render->left_out, "%s%s", render->left_out.size > 0 ? ", " : "",
                      render->columns[i]->name);
        }
        if (state->same[i] && text_columns(value, strlen(value)) <= LONGEST_SAME) {
            text_addf(&render->left_out, " (%s)", value);
        }
    }
}

/* Which columns of a list of all records are not said with each of them. */
static void put_aside(struct render *render)
{
    struct state *state = render->state;

    for (size_t i = 0; i < render->column_count; i++) {
        state->aside[i] = state->shown[i] && !state->varies[i] && !is_also(render, i) &&
                          render->columns[i]->same != COLUMN_SAME_REPEATED;
    }
}

/* Gives columns back the widths that all rows keep to, as far as there is room. */
static void align(struct render *render, size_t room)
{
    struct state *state = render->state;

    for (size_t i = 0; i < render->column_count; i++) {
        size_t narrow = state->widths[i];

        state->widths[i] = state->cut[i] ? narrow : state->aligned[i];
        if (total_width(render) > room) {
            state->widths[i] = narrow;
        }
    }
}

/* Where what was left out has made room enough, the others need not be brief. */
static void use_room(struct render *render, size_t room)
{
    struct state *state = render->state;
    size_t brief[COLUMNS_MAX];

    if (!state->brief) {
        return;
    }
    memcpy(brief, state->widths, sizeof(brief));
    for (size_t i = 0; i < render->column_count; i++) {
        state->widths[i] = state->cut[i] ? state->widths[i] : state->plain[i];
    }
    state->brief = false;
    if (total_width(render) > room) {
        state->brief = true;
        memcpy(state->widths, brief, sizeof(brief));
        align(render, room);
    }
}

static bool fit(struct render *render, bool all_known, struct failure *why)
{
    struct state *state = render->state;
    size_t room = is_fitted(render) ? (size_t)render->options.columns : SIZE_MAX;

    state->fitted = true;
    choose_columns(render, all_known);
    state->list = render->table->single || (render->options.verbose && total_width(render) > room);
    if (state->list) {
        return true;
    }
    if (total_width(render) > room && !be_brief(render, room, all_known, why)) {
        return false;
    }
    if (leave_out(render, room)) {
        put_back(render, room);
        use_room(render, room);
        name_spared(render);
    } else {
        state->list = true;
        state->brief = false;
        memset(state->below, 0, sizeof(state->below));
        choose_columns(render, all_known);
    }
    return true;
}

/* Appends a cell with the blanks that fill its column. */
static void add_padded(struct text *line, const char *bytes, size_t width, bool right)
{
    size_t columns = text_columns(bytes, strlen(bytes));
    size_t blanks = columns < width ? width - columns : 0;

    if (right) {
        text_add_repeated(line, ' ', blanks);
    }
    text_add(line, bytes);
    if (!right) {
        text_add_repeated(line, ' ', blanks);
    }
}

/* The beginning of a cell that is too wide, and dots. */
static void add_cut(struct text *line, const char *bytes, size_t width)
{
    static const char dots[] = "...";
    size_t size = strlen(bytes);

    if (text_columns(bytes, size) <= width) {
        add_padded(line, bytes, width, false);
        return;
    }
    while (size > 0 && text_columns(bytes, size) > width - (sizeof(dots) - 1)) {
        size = text_whole(bytes, size - 1);
    }
    text_add_bytes(line, bytes, size);
    text_add(line, dots);
}

/* Appends the line without the blanks at its end. */
static void add_line(struct text *out, const struct text *line)
{
    size_t size = line->size;

    while (size > 0 && line->bytes[size - 1] == ' ') {
        size--;
    }
    text_add_bytes(out, text_bytes(line), size);
}

/* Makes a line of one text for each column. */
static void make_line(struct render *render, const char *const *texts)
{
    struct state *state = render->state;

    text_reset(&state->line);
    for (size_t k = 0; k < render->column_count; k++) {
        size_t i = state->order[k];

        if (state->shown[i]) {
            text_add_repeated(&state->line, ' ', state->line.size > 0 ? gap_of(state) : 0);
        }
        if (state->shown[i] && state->cut[i]) {
            add_cut(&state->line, texts[i], state->widths[i]);
        } else if (state->shown[i]) {
            add_padded(&state->line, texts[i], state->widths[i],
                       is_number(render->columns[i]->type));
        }
    }
}

static void add_heading(struct render *render, struct text *out)
{
    struct state *state = render->state;
    const char *headings[COLUMNS_MAX];
    char with_offset[COLUMNS_MAX][BRIEF_HEADING];

    for (size_t i = 0; i < render->column_count; i++) {
        headings[i] = heading_of(render->columns[i]);
        if (state->brief && render->columns[i]->type == COLUMN_TIME) {
            (void)snprintf(with_offset[i], BRIEF_HEADING, "%s %s", headings[i],
                           state->times.offset);
            headings[i] = with_offset[i];
        }
    }
    make_line(render, headings);
    text_add(out, render->options.colour ? "\x1b[1m" : "");
    add_line(out, &state->line);
    text_add(out, render->options.colour ? "\x1b[0m\n" : "\n");
}

/* What had no room in the row: as many to a line as fit. */
static void add_below(const struct render *render, const char *const *cells, struct text *out)
{
    const struct state *state = render->state;
    size_t room = (size_t)render->options.columns;
    size_t at = 0; /* nothing yet */

    for (size_t i = 0; i < render->column_count; i++) {
        const char *heading = render->columns[i]->heading;
        size_t columns;

        if (!state->below[i] || cells[i][0] == '\0') {
            continue;
        }
        columns =
            text_columns(heading, strlen(heading)) + 2 + text_columns(cells[i], strlen(cells[i]));
        if (at > 0 && at + 2 + columns <= room) {
            text_add(out, "; ");
            at += 2;
        } else {
            text_add(out, at > 0 ? "\n" : "");
            text_add_repeated(out, ' ', BELOW_INDENT);
            at = BELOW_INDENT;
        }
        text_addf(out, "%s: ", heading);
        text_add_wrapped(out, cells[i], at + columns - text_columns(cells[i], strlen(cells[i])),
                         (size_t)2 * BELOW_INDENT, room);
        at += columns;
    }
    text_add(out, at > 0 ? "\n" : "");
}

/* Appends the row whose cells begin at `cell`; returns where the next row's begin. */
static const char *add_row(struct render *render, const char *cell, struct text *out)
{
    struct state *state = render->state;
    const char *cells[COLUMNS_MAX];
    const char *whole[COLUMNS_MAX];
    char scratch[COLUMNS_MAX][TIME_BRIEF_SIZE];

    for (size_t i = 0; i < render->column_count; i++) {
        whole[i] = "";
        if (state->may[i]) {
            cells[i] = brief_cell(render, i, cell, scratch[i]);
            whole[i] = cell;
            cell = next_cell(cell);
        }
    }
    make_line(render, cells);
    add_line(out, &state->line);
    text_add_char(out, '\n');
    add_below(render, whole, out);
    return cell;
}

static size_t widest_heading(const struct render *render)
{
    const struct state *state = render->state;
    size_t widest = 0;

    for (size_t i = 0; i < render->column_count; i++) {
        size_t width = heading_width(render->columns[i]);

        if (state->shown[i] && width > widest) {
            widest = width;
        }
    }
    return widest;
}

/* Whether a member begins here: "certificate 1 name=". */
static bool begins_member(const char *text)
{
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_ ");

    return size > 0 && text[size] == '=';
}

/* Each member of an object on a line of its own, the others below the first one. */
static void add_members(struct text *out, const char *cell, size_t indent)
{
    static const char parting[] = "; ";
    const char *end;

    while ((end = strstr(cell, parting)) != NULL) {
        text_add_bytes(out, cell, (size_t)(end - cell));
        cell = end + strlen(parting);
        if (begins_member(cell)) {
            text_add_char(out, '\n');
            text_add_repeated(out, ' ', indent);
        } else {
            text_add(out, parting);
        }
    }
    text_add(out, cell);
}

/* One line of a list. */
static void add_field(const struct render *render, size_t i, size_t width, const char *cell,
                      struct text *out)
{
    text_add(out, render->options.colour ? "\x1b[1m" : "");
    add_padded(out, render->columns[i]->heading, width, false);
    text_add(out, render->options.colour ? "\x1b[0m" : "");
    text_add_repeated(out, ' ', GAP);
    if (render->columns[i]->type == COLUMN_OBJECT) {
        add_members(out, shown_cell(cell), width + GAP);
    } else if (is_fitted(render) && render->columns[i]->reason) {
        text_add_wrapped(out, shown_cell(cell), width + GAP, width + GAP,
                         (size_t)render->options.columns);
    } else {
        text_add(out, shown_cell(cell));
    }
    text_add_char(out, '\n');
}

static bool has_field(const struct render *render, size_t i, const char *cell)
{
    const struct state *state = render->state;

    return state->shown[i] && !state->aside[i] &&
           (cell[0] != '\0' || render->table->single || render->ranks[i] == 0);
}

/* Appends what holds for all records of the list. */
static void add_common(struct render *render, struct text *out)
{
    struct state *state = render->state;
    size_t before = out->size;

    for (size_t i = 0; i < render->column_count; i++) {
        if (state->aside[i] && render->columns[i]->same == COLUMN_SAME_ONCE) {
            add_field(render, i, widest_heading(render),
                      text_bytes(&state->cells) + state->first[i], out);
        }
    }
    text_add(out, out->size > before ? "\n" : "");
}

static const char *add_list(struct render *render, const char *cell, struct text *out)
{
    struct state *state = render->state;
    size_t width = widest_heading(render);

    text_add(out, state->printed > 0 ? "\n" : "");
    for (size_t i = 0; i < render->column_count; i++) {
        if (has_field(render, i, cell)) {
            add_field(render, i, width, cell, out);
        }
        cell = state->may[i] ? next_cell(cell) : cell;
    }
    return cell;
}

/* Prints the rows that wait. */
static bool print_rows(struct render *render, bool all_known, struct text *out, struct failure *why)
{
    struct state *state = render->state;
    const char *cell = text_bytes(&state->cells);

    if (!text_ok(&state->cells, why)) {
        return false;
    }
    if (!state->fitted && state->waiting > 0) {
        if (!fit(render, all_known, why)) {
            return false;
        }
        if (!state->list) {
            add_heading(render, out);
        } else if (all_known && !render->table->single) {
            put_aside(render);
            add_common(render, out);
        }
    }
    for (; state->waiting > 0; state->waiting--) {
        cell = state->list ? add_list(render, cell, out) : add_row(render, cell, out);
        state->printed++;
    }
    text_reset(&state->cells);
    return text_ok(&state->line, why);
}

static void put_in_order(const struct render *render)
{
    struct state *state = render->state;
    size_t count = 0;

    for (int last = 0; last <= 1; last++) {
        for (size_t i = 0; i < render->column_count; i++) {
            if ((render->columns[i]->last && render->all_columns) == (last == 1)) {
                state->order[count++] = i;
            }
        }
    }
}

/* Which columns a table has anything to do with: most of a socket's are for other formats. */
static void choose_possible(struct render *render)
{
    struct state *state = render->state;

    for (size_t i = 0; i < render->column_count; i++) {
        state->may[i] = render->ranks[i] >= 0 || render->options.verbose || is_also(render, i);
    }
}

static bool begin(struct render *render, struct text *out, struct failure *why)
{
    (void)out;
    render->state = calloc(1, sizeof(struct state));
    if (render->state == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the table");
    }
    render->release = release;
    put_in_order(render);
    choose_possible(render);
    return true;
}

static bool record(struct render *render, const struct value *values, struct text *out,
                   struct failure *why)
{
    struct state *state = render->state;

    keep_row(render, values);
    if (state->fitted || state->waiting == ROWS_LOOKED_AT) {
        return print_rows(render, false, out, why);
    }
    return true;
}

static bool end(struct render *render, struct text *out, struct failure *why)
{
    return print_rows(render, true, out, why);
}

static bool hurry(struct render *render, struct text *out, struct failure *why)
{
    return print_rows(render, false, out, why);
}

const struct renderer render_table = {
    .name = "table",
    .help = "a table for people",
    .begin = begin,
    .record = record,
    .end = end,
    .hurry = hurry,
};
