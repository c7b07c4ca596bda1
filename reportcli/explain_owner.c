/* SPDX-License-Identifier: MIT */

/*
 * Which sockets there were, and what is known of their owners. A socket that
 * several processes hold, and processes that run the same program, are told
 * of once.
 */

#include <inttypes.h>
#include <string.h>

#include "reportcli/explain.h"
#include "reportcli/known_names.h"
#include "reportcli/secret_mask.h"

enum {
    WHOLE_SOCKETS = 3, /* more are a line each */
    SHORT_SOCKETS = 5,
    PROGRAMS_TOLD = 3,
    ENDS_TOLD = 4,
    ENDS_MOST = 256,
    HEIRS_MOST = 8,
    STATES_TOLD = 6, /* of one connection */
};

/* What the words of an attribution mean. */
static const char *const meanings[ATTRIBUTION_COUNT] = {
    [ATTRIBUTION_UNKNOWN] = "unknown: the system named no owner",
    [ATTRIBUTION_EXACT] = "exact: the system named it; it started no later than the socket",
    [ATTRIBUTION_EXITED] = "exited: this process made the socket and had ended; who held it "
                           "afterwards is not known",
    [ATTRIBUTION_CARRIED] = "carried forward: the system named nobody any more; this was the "
                            "owner of the same connection in the sample directly before",
    [ATTRIBUTION_KERNEL] = "kernel: the system itself, or a driver of it",
    [ATTRIBUTION_DENIED] = "denied: somebody owned it whom the service might not see",
};

static size_t records_wanted(const struct explain *explain)
{
    return explain->whole ? EXPLAIN_HELD : EXPLAIN_FEW;
}

static bool tell_fact(struct explain *explain, const struct explain_line *of, const char *label,
                      const char *fact, struct failure *why)
{
    struct explain_line line = *of;

    if (fact == NULL) {
        return true;
    }
    line.label = label;
    text_add(&explain->words, fact);
    return explain_say(explain, &line, why);
}

/*
 * A socket.
 */

static bool is_same_socket(const struct ledger_interval *a, const struct ledger_interval *b)
{
    return a->socket.state == b->socket.state && explain_same_ends(&a->socket, &b->socket);
}

static bool is_first(const struct explain_rows *rows, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (is_same_socket(explain_rows_at(rows, k), explain_rows_at(rows, i))) {
            return false;
        }
    }
    return true;
}

/* Who holds it. Returns it from its first holder's begin to its last one's end. */
static struct ledger_interval gather_socket(const struct explain_rows *rows, size_t first,
                                            struct explain_names *names)
{
    struct ledger_interval all = *explain_rows_at(rows, first);

    *names = (struct explain_names){.count = 0};
    for (size_t i = first; i < rows->count; i++) {
        const struct ledger_interval *one = explain_rows_at(rows, i);

        if (!is_same_socket(one, &all)) {
            continue;
        }
        explain_names_add(names, one);
        if (one->closed_at > all.closed_at || one->ending == LEDGER_OPEN) {
            all.closed_at = one->closed_at;
            all.ending = one->ending;
        }
    }
    return all;
}

/* Whoever had the socket when its first holder came, or its last one went. */
struct heirs {
    const struct ledger_interval *of;
    int64_t at;
    bool earlier; /* those before it are looked for */
    struct explain_rows rows;
    bool lacks_memory;
};

static bool take_heir(void *context, const struct ledger_interval *interval)
{
    struct heirs *heirs = context;
    bool suits = heirs->earlier
                     ? interval->opened_at < heirs->at
                     : interval->closed_at > heirs->at || interval->ending == LEDGER_OPEN;

    if (suits && is_same_socket(interval, heirs->of) &&
        interval->stretch_id == heirs->of->stretch_id) {
        heirs->lacks_memory = !explain_rows_add(&heirs->rows, interval);
    }
    return !heirs->lacks_memory;
}

static void add_heirs(struct explain *explain, const struct heirs *heirs)
{
    static const char *const words[2][2] = {
        {"; directly after that held by ", "; it lives on: held by "},
        {"; directly before that held by ", "; it is older: held before by "},
    };
    struct explain_names names = {.count = 0};
    bool overlaps = false;

    for (size_t i = 0; i < heirs->rows.count; i++) {
        const struct ledger_interval *row = explain_rows_at(&heirs->rows, i);

        explain_names_add(&names, row);
        overlaps =
            overlaps || (heirs->earlier ? row->closed_at > heirs->at : row->opened_at < heirs->at);
    }
    if (names.count > 0) {
        text_add(&explain->words, words[heirs->earlier][overlaps]);
        explain_names_say(&explain->words, &names, false);
    }
}

/* A socket that was handed to a child did not close with the parent, nor open with the child. */
static bool find_heirs(struct explain *explain, const struct ledger_interval *of, bool earlier,
                       struct failure *why)
{
    struct heirs heirs = {.of = of,
                          .at = earlier ? of->opened_at : of->closed_at,
                          .earlier = earlier,
                          .rows = {.most = HEIRS_MOST}};
    struct ledger_filter filter = {.since = heirs.at, .until = heirs.at};
    bool done;

    if (earlier ? of->at_begin || of->continued : of->ending != LEDGER_CLOSED) {
        return true;
    }
    explain_target_filter(explain->target, &filter);
    done = ledger_walk_intervals(explain->from->ledger, &filter, take_heir, &heirs, why);
    if (done && heirs.lacks_memory) {
        done = FAIL(why, FAILURE_MEMORY, 0, "no memory for a socket");
    }
    if (done) {
        add_heirs(explain, &heirs);
    }
    explain_rows_clear(&heirs.rows);
    return done;
}

/* The state in which a connection was directly before, or went on. */
struct other_state {
    struct ledger_interval of; /* of its text and its owner nothing is looked at */
    bool earlier;
    bool found;
};

static bool take_state(void *context, const struct ledger_interval *interval)
{
    struct other_state *other = context;
    const struct ledger_interval *of = &other->of;
    bool follows = other->earlier
                       ? interval->ending == LEDGER_CLOSED && interval->closed_at == of->opened_at
                       : interval->opened_at == of->closed_at;

    /* A connection that only waits for its end has no owner any more (RFC 9293 3.3.2). */
    if (!follows || interval->stretch_id != of->stretch_id ||
        interval->socket.state == of->socket.state ||
        (interval->owner_id != of->owner_id && interval->owner_id != 0 && of->owner_id != 0) ||
        !explain_same_ends(&interval->socket, &of->socket)) {
        return true;
    }
    other->of = *interval;
    other->found = true;
    return false;
}

static bool find_state(struct explain *explain, struct other_state *other, struct failure *why)
{
    const struct ledger_interval *of = &other->of;
    int64_t at = other->earlier ? of->opened_at : of->closed_at;
    struct ledger_filter filter = {.since = other->earlier ? at - 1 : at, .until = at};

    other->found = false;
    if (other->earlier ? of->at_begin || of->continued : of->ending != LEDGER_CLOSED) {
        return true;
    }
    explain_target_filter(explain->target, &filter);
    return ledger_walk_intervals(explain->from->ledger, &filter, take_state, other, why);
}

/* "; before that SYN SENT from ...", "; then CLOSE WAIT from ...". */
static bool add_states_of(struct explain *explain, const struct ledger_interval *all, bool earlier,
                          struct failure *why)
{
    struct other_state other = {.of = *all, .earlier = earlier};
    bool done = all->socket.remote.address_size == 0 || find_state(explain, &other, why);

    for (int told = 0; done && other.found && told < STATES_TOLD; told++) {
        text_addf(&explain->words, "; %s %s ", earlier ? "before that" : "then",
                  socket_state_name(other.of.socket.state));
        explain_add_life(explain, &other.of);
        done = find_state(explain, &other, why);
    }
    return done;
}

/* Of one that had another state, too, it is said which of them the first words are about. */
static bool add_state_name(struct explain *explain, const struct ledger_interval *all,
                           struct failure *why)
{
    struct other_state before = {.of = *all, .earlier = true};
    struct other_state after = {.of = *all};
    bool done = all->socket.remote.address_size == 0 ||
                (find_state(explain, &before, why) && find_state(explain, &after, why));

    if (done && (before.found || after.found)) {
        text_addf(&explain->words, "%s ", socket_state_name(all->socket.state));
    }
    return done;
}

static bool tell_life(struct explain *explain, const struct explain_line *of,
                      const struct ledger_interval *all, struct failure *why)
{
    struct explain_line line = *of;

    line.label = "open";
    if (!add_state_name(explain, all, why)) {
        return false;
    }
    explain_add_life(explain, all);
    return find_heirs(explain, all, true, why) && find_heirs(explain, all, false, why) &&
           add_states_of(explain, all, true, why) && add_states_of(explain, all, false, why) &&
           explain_say(explain, &line, why);
}

/* How each of them is known; whose it is only where that differs. */
static bool tell_meanings(struct explain *explain, const struct explain_names *names,
                          const struct explain_line *of, struct failure *why)
{
    struct explain_line line = *of;
    bool done = true;

    line.label = "owner";
    for (int kind = 0; done && kind < ATTRIBUTION_COUNT; kind++) {
        struct explain_names alike = {.count = 0};

        for (size_t i = 0; i < names->count; i++) {
            if (names->rows[i]->socket.attribution == kind) {
                explain_names_add(&alike, names->rows[i]);
            }
        }
        if (alike.count == 0) {
            continue;
        }
        if (alike.count < names->count) {
            explain_names_say(&explain->words, &alike, false);
            text_add(&explain->words, ": ");
        }
        text_add(&explain->words, meanings[kind]);
        done = explain_say(explain, &line, why);
    }
    return done;
}

static bool tell_services(struct explain *explain, const struct explain_names *names,
                          const struct explain_line *of, struct failure *why)
{
    struct explain_line line = *of;
    const char *last = NULL;
    bool done = true;

    line.label = "service";
    for (size_t i = 0; done && i < names->count; i++) {
        const struct ledger_interval *row = names->rows[i];

        if (row->service != NULL && (last == NULL || strcmp(last, row->service) != 0)) {
            last = row->service;
            text_addf(&explain->words, "%s (%s)", row->service,
                      service_basis_name(row->service_basis));
            done = explain_say(explain, &line, why);
        }
    }
    return done;
}

static bool tell_in_full(struct explain *explain, const struct explain_rows *rows, size_t i,
                         struct failure *why)
{
    const struct explain_line line = {.part = EXPLAIN_HOLDER, .interval = explain_rows_at(rows, i)};
    struct explain_names names;
    struct ledger_interval all = gather_socket(rows, i, &names);

    explain_add_socket(&explain->words, &all.socket);
    text_add(&explain->words, ", ");
    explain_names_say(&explain->words, &names, false);
    return explain_say(explain, &line, why) && tell_life(explain, &line, &all, why) &&
           tell_meanings(explain, &names, &line, why) && tell_services(explain, &names, &line, why);
}

static bool tell_short_row(struct explain *explain, const struct ledger_interval *interval,
                           bool quiet, struct failure *why)
{
    const struct explain_line line = {.part = EXPLAIN_HOLDER, .interval = interval, .quiet = quiet};

    explain_add_socket(&explain->words, &interval->socket);
    text_add(&explain->words, ", since ");
    explain_add_short_time(explain, interval->opened_at);
    text_add(&explain->words, ", ");
    explain_add_owner(&explain->words, interval);
    text_addf(&explain->words, ": %s", socket_attribution_name(interval->socket.attribution));
    return explain_say(explain, &line, why);
}

/* How many there are, each once. */
static size_t count_sockets(const struct explain_rows *rows)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->count && count <= WHOLE_SOCKETS; i++) {
        count += is_first(rows, i) ? 1 : 0;
    }
    return count;
}

static bool tell_rows(struct explain *explain, const struct explain_rows *rows, const char *more,
                      struct failure *why)
{
    struct explain_line line = {.part = EXPLAIN_HOLDER};
    bool few = explain->whole || count_sockets(rows) <= WHOLE_SOCKETS;
    size_t most = records_wanted(explain);
    size_t told = 0;
    bool done = true;

    for (size_t i = 0; done && i < rows->count; i++) {
        bool first = is_first(rows, i);

        if (first && few) {
            done = tell_in_full(explain, rows, i, why);
        } else if (i < most) {
            bool shown = explain->whole || (first && told < SHORT_SOCKETS);

            done = tell_short_row(explain, explain_rows_at(rows, i), !shown, why);
        }
        told += first ? 1 : 0;
        line.count += first && !few && told > SHORT_SOCKETS ? 1 : 0;
    }
    line.count += (int64_t)(rows->total - rows->count);
    if (done && line.count > 0) {
        text_addf(&explain->words, "and %" PRId64 " more %s", line.count, more);
        done = explain_say(explain, &line, why);
    }
    return done && (few || tell_meanings(explain, &explain->owners,
                                         &(struct explain_line){.part = EXPLAIN_HOLDER}, why));
}

/*
 * Connections to a port that is held.
 */

struct other_end {
    struct socket_endpoint end;
    size_t count;
};

static void count_end(struct other_end *ends, size_t *count, const struct socket_endpoint *end)
{
    size_t i = 0;

    while (i < *count && (ends[i].end.scope_id != end->scope_id ||
                          memcmp(ends[i].end.address, end->address, sizeof(end->address)) != 0)) {
        i++;
    }
    if (i == ENDS_MOST) {
        return;
    }
    if (i == *count) {
        ends[(*count)++] = (struct other_end){.end = *end};
    }
    ends[i].count++;
}

static void add_states(struct text *words, const struct explain_rows *rows)
{
    size_t counts[SOCKET_STATE_COUNT] = {0};
    const char *before = ": ";

    for (size_t i = 0; i < rows->count; i++) {
        counts[explain_rows_at(rows, i)->socket.state % SOCKET_STATE_COUNT]++;
    }
    for (int state = 1; state < SOCKET_STATE_COUNT; state++) {
        if (counts[state] > 0) {
            text_addf(words, "%s%zu %s", before, counts[state], socket_state_name(state));
            before = ", ";
        }
    }
}

/* The addresses that they came from, those with the most first. */
static void add_ends(struct explain *explain)
{
    struct other_end ends[ENDS_MOST];
    const struct explain_rows *rows = &explain->reached;
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const struct socket_row *row = &explain_rows_at(rows, i)->socket;
        bool reaches = explain_target_role(explain->target, row) == EXPLAIN_REACHES;

        count_end(ends, &count, reaches ? &row->local : &row->remote);
    }
    for (size_t told = 0; told < count && told < ENDS_TOLD; told++) {
        size_t most = told;
        struct other_end end;

        for (size_t i = told; i < count; i++) {
            most = ends[i].count > ends[most].count ? i : most;
        }
        end = ends[most];
        ends[most] = ends[told];
        text_add(&explain->words, told == 0 ? "; with " : ", ");
        socket_endpoint_add_address(&explain->words, &end.end);
        text_addf(&explain->words, " (%zu)", end.count);
    }
    if (count > ENDS_TOLD) {
        text_addf(&explain->words, " and %zu more", count - ENDS_TOLD);
    }
}

/* Those of this machine that are connected to its own port. */
static bool tell_clients(struct explain *explain, struct failure *why)
{
    const struct explain_line line = {.part = EXPLAIN_HOLDER};
    const struct explain_rows *rows = &explain->reached;
    struct explain_names names = {.count = 0};

    for (size_t i = 0; i < rows->count; i++) {
        const struct ledger_interval *row = explain_rows_at(rows, i);

        if (explain_target_role(explain->target, &row->socket) == EXPLAIN_REACHES) {
            explain_names_add(&names, row);
        }
    }
    if (names.count == 0) {
        return true;
    }
    text_add(&explain->words, "from this machine: ");
    explain_names_say(&explain->words, &names, false);
    return explain_say(explain, &line, why);
}

static bool tell_sum(struct explain *explain, struct failure *why)
{
    const struct explain_rows *rows = &explain->reached;
    const struct explain_line line = {.part = EXPLAIN_HOLDER, .count = (int64_t)rows->total};

    text_addf(&explain->words, "%zu connection%s", rows->total, rows->total == 1 ? "" : "s");
    add_states(&explain->words, rows);
    add_ends(explain);
    return explain_say(explain, &line, why);
}

static bool tell_connections(struct explain *explain, struct failure *why)
{
    const struct explain_rows *rows = &explain->reached;
    size_t most = records_wanted(explain);
    bool done = tell_sum(explain, why) && tell_clients(explain, why);

    for (size_t i = 0; done && i < rows->count && i < most; i++) {
        done = tell_short_row(explain, explain_rows_at(rows, i), !explain->whole, why);
    }
    return done;
}

bool explain_tell_sockets(struct explain *explain, struct failure *why)
{
    if (explain->held.count == 0) {
        return explain->reached.count == 0 ||
               ((explain->reached.count == 1 || tell_sum(explain, why)) &&
                tell_rows(explain, &explain->reached, "connections", why));
    }
    return tell_rows(explain, &explain->held, "sockets of it", why) &&
           (explain->reached.count == 0 || tell_connections(explain, why));
}

/*
 * Owners.
 */

static void add_user(struct text *words, const struct process_instance *process)
{
    const char *name = account_name(process->user);

    text_add(words, name != NULL ? name : process->user->id);
    if (name != NULL) {
        text_addf(words, " (%s)", process->user->id);
    }
    if (process->integrity != PROCESS_INTEGRITY_UNKNOWN) {
        text_addf(words, ", integrity %s", process_integrity_name(process->integrity));
    }
}

static bool tell_file(struct explain *explain, const struct explain_line *of,
                      const struct image *image, struct failure *why)
{
    struct image_record record;
    struct value values[IMAGE_RECORD_FIELDS];

    image_record_fill(&record, image, values);
    return (values[IMAGE_RECORD_SHA256].present
                ? tell_fact(explain, of, "sha-256", values[IMAGE_RECORD_SHA256].text, why)
                : tell_fact(explain, of, "file", values[IMAGE_RECORD_STATUS].text, why)) &&
           tell_fact(explain, of, "signature", values[IMAGE_RECORD_VERDICT].text, why) &&
           tell_fact(explain, of, "signer", values[IMAGE_RECORD_SIGNER].text, why);
}

/* The page is made to be handed on: a secret on it would be, too. */
bool explain_tell_call(struct explain *explain, const struct explain_line *of,
                       const char *command_line, struct failure *why)
{
    struct explain_line line = *of;

    if (explain->context->no_command_lines || command_line == NULL) {
        return true;
    }
    if (options_flag(explain->context->options, "with-secrets")) {
        return tell_fact(explain, of, "called as", command_line, why);
    }
    line.label = "called as";
    (void)secret_mask_add(&explain->words, command_line);
    return explain_say(explain, &line, why);
}

bool explain_tell_process(struct explain *explain, const struct explain_line *line,
                          const struct process_instance *process, struct failure *why)
{
    struct explain_line own = *line;

    if (!tell_fact(explain, line, "program",
                   process->path != NULL ? process->path : "its path is not known", why) ||
        (known_name_is_misplaced(process->path, process_instance_shown_name(process)) &&
         !tell_fact(explain, line, "notice",
                    "misplaced: this is a name of the system's programs, which lie elsewhere",
                    why))) {
        return false;
    }
    if (process->image != NULL && !tell_file(explain, line, process->image, why)) {
        return false;
    }
    if (process->user != NULL) {
        own.label = "user";
        add_user(&explain->words, process);
        if (!explain_say(explain, &own, why)) {
            return false;
        }
    }
    return true;
}

static bool text_equal_or_none(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Whether what is told of them is the same, but for when they started. */
static bool is_alike(const struct explain *explain, size_t a, size_t b)
{
    const struct process_instance *one = explain->owners.rows[a]->owner;
    const struct process_instance *two = explain->owners.rows[b]->owner;

    return one != NULL && two != NULL && explain_names_alike(one, two) &&
           (explain->context->no_command_lines ||
            text_equal_or_none(one->command_line, two->command_line));
}

static size_t first_alike(const struct explain *explain, size_t i)
{
    size_t first = 0;

    while (first < i && !is_alike(explain, first, i)) {
        first++;
    }
    return first;
}

/* Of several the first and the last. */
static bool tell_starts(struct explain *explain, const struct explain_names *alike,
                        const struct explain_line *of, struct failure *why)
{
    struct explain_line line = *of;
    int64_t first = INT64_MAX;
    int64_t last = 0;

    line.label = "started";
    for (size_t i = 0; i < alike->count; i++) {
        int64_t at = alike->rows[i]->owner->started_at;

        first = at != 0 && at < first ? at : first;
        last = at > last ? at : last;
    }
    if (last == 0) {
        return true;
    }
    time_text_add_table(&explain->words, first, explain->context->render.zone);
    if (last != first) {
        text_add(&explain->words, ", the last ");
        explain_add_short_time(explain, last);
    }
    return explain_say(explain, &line, why);
}

/* What an owner runs, with all that run it; of one that was named with another, programs alone. */
static bool tell_program(struct explain *explain, size_t first, bool named, bool quiet,
                         struct failure *why)
{
    const struct explain_names *owners = &explain->owners;
    const struct explain_line line = {
        .part = EXPLAIN_HOLDER, .interval = owners->rows[first], .quiet = quiet};
    struct explain_names alike = {.count = 0};

    for (size_t i = first; i < owners->count; i++) {
        if (i == first || (first_alike(explain, first) == first && is_alike(explain, first, i))) {
            explain_names_add(&alike, owners->rows[i]);
        }
    }
    if (named) {
        explain_names_say(&explain->words, &alike, false);
        if (!explain_say(explain, &line, why)) {
            return false;
        }
    }
    return explain_tell_process(explain, &line, owners->rows[first]->owner, why) &&
           tell_starts(explain, &alike, &line, why) &&
           explain_tell_call(explain, &line, owners->rows[first]->owner->command_line, why);
}

/* Whether the page needs no name above what is told of the owner. */
static bool is_plain(const struct explain *explain)
{
    for (size_t i = 1; i < explain->owners.count; i++) {
        if (first_alike(explain, i) != 0) {
            return false;
        }
    }
    return count_sockets(explain_answering(explain)) == 1 &&
           (explain->held.count == 0 || explain->reached.count == 0);
}

/* The same process may be an owner twice, known in two ways. */
static bool was_owner(const struct explain *explain, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (explain->owners.rows[k]->owner_id == explain->owners.rows[i]->owner_id) {
            return true;
        }
    }
    return false;
}

/* A program is told of once, whichever of its processes it was. */
bool explain_tell_owners(struct explain *explain, struct failure *why)
{
    struct explain_line line = {.part = EXPLAIN_HOLDER};
    bool plain = is_plain(explain);
    int64_t most = explain->whole ? EXPLAIN_NAMES : PROGRAMS_TOLD;
    int64_t count = 0;
    bool done = true;

    for (size_t i = 0; done && i < explain->owners.count; i++) {
        bool first = first_alike(explain, i) == i;

        if (explain->owners.rows[i]->owner == NULL || was_owner(explain, i)) {
            continue;
        }
        count += first ? 1 : 0;
        done = tell_program(explain, i, !plain, !first || count > most, why);
    }
    if (done && count > most) {
        line.count = count - most;
        text_addf(&explain->words, "and %" PRId64 " more program%s: --all tells of them",
                  line.count, line.count == 1 ? "" : "s");
        done = explain_say(explain, &line, why);
    }
    return done;
}
