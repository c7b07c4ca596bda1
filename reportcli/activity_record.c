/* SPDX-License-Identifier: MIT */

#include "reportcli/activity_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reportcli/json_text.h"

static const struct column activity_columns[] = {
    {.name = "name",
     .type = COLUMN_TEXT,
     .heading = "Name",
     .help = "Whose activity it is: file name of the application, user, port, service, or name of "
             "the process; absent where the owner is not known"},
    {.name = "share",
     .type = COLUMN_REAL,
     .unit = "%",
     .heading = "Open %",
     .help = "Share of the watched time in which it had at least one socket; the least that it "
             "can be where daily_intervals is not 0"},
    {.name = "hours",
     .type = COLUMN_OBJECT,
     .heading = "Hours 0-23",
     .ruler = "0-5h   6-11h  12-17h 18-23h",
     .help = "The same share of each hour of the day, in percent, by local time or with --utc; "
             "absent for hours that were never "
             "watched. In a table a cell each: . nothing, 1 to 9 tenths of the time, # all of it, "
             "? not watched",
     .rank = 2},
    {.name = "inbound",
     .type = COLUMN_INTEGER,
     .heading = "In",
     .help = "Connections to a local port that somebody listened on then",
     .rank = 1},
    {.name = "outbound",
     .type = COLUMN_INTEGER,
     .heading = "Out",
     .help = "Connections from a local port that nobody listened on",
     .rank = 1},
    {.name = "listens",
     .type = COLUMN_OBJECT,
     .heading = "Listens on",
     .help = "TCP ports listened on, and UDP ports, with how often they were opened; the most "
             "frequent",
     .rank = 3,
     .below = true},
    {.name = "connects",
     .type = COLUMN_OBJECT,
     .heading = "Connects to",
     .help = "Remote ports of outbound connections, with how many there were; the most frequent",
     .rank = 5,
     .below = true},
    {.name = "peers",
     .type = COLUMN_OBJECT,
     .heading = "Peers",
     .help = "Addresses at the other end, with how many connections; the most frequent",
     .rank = 4,
     .below = true},
    {.name = "services",
     .type = COLUMN_OBJECT,
     .heading = "Services",
     .help = "Services behind its sockets, with how many sockets; the most frequent",
     .rank = 3,
     .below = true},
    {.name = "applications",
     .type = COLUMN_OBJECT,
     .heading = "Applications",
     .help = "Programs that had its sockets, with how many; the most frequent; absent where the "
             "record is of one",
     .rank = 3,
     .below = true},
    {.name = "notice",
     .type = COLUMN_TEXT,
     .heading = "Notice",
     .help =
         "misplaced: a name of the system's programs, run out of another folder; twin: the same "
         "file name also ran out of the named folder",
     .rank = 1,
     .below = true},
    {.name = "interest",
     .type = COLUMN_TEXT,
     .heading = "Of interest",
     .help = "Entries of the list --interest that speak of it, with their lines",
     .rank = 1},
    {.name = "new",
     .type = COLUMN_TEXT,
     .heading = "New",
     .help = "What was first seen since --new-since; absent without it",
     .rank = 1},
    {.name = "first_seen_at",
     .type = COLUMN_TIME,
     .heading = "First seen",
     .help = "When it was first seen to have a socket",
     .rank = 7,
     .below = true},
    {.name = "last_seen_at",
     .type = COLUMN_TIME,
     .heading = "Last seen",
     .help = "When it was last seen to have one",
     .rank = 7,
     .below = true},
    {.name = "pid",
     .type = COLUMN_INTEGER,
     .heading = "PID",
     .help = "Process id of a run of a program; absent for others",
     .rank = 1},
    {.name = "user",
     .type = COLUMN_TEXT,
     .heading = "User",
     .help = "Account of a run of a program; absent for others",
     .rank = 6,
     .below = true},
    {.name = "started_at",
     .type = COLUMN_TIME,
     .heading = "Started",
     .help = "When a run of a program started; absent for others",
     .rank = 9,
     .below = true},
    {.name = "path",
     .type = COLUMN_TEXT,
     .heading = "Path",
     .help = "Path of the application or of the run's program; absent where it is not known",
     .rank = 6,
     .below = true},
    {.name = "protocol",
     .type = COLUMN_TEXT,
     .heading = "Proto",
     .help = "Of a port: TCP or UDP",
     .rank = -1},
    {.name = "port", .type = COLUMN_INTEGER, .heading = "Port", .help = "Its number", .rank = -1},
    {.name = "side",
     .type = COLUMN_TEXT,
     .heading = "Side",
     .help = "Of a port: here, or elsewhere where it is the one that was connected to",
     .rank = -1},
    {.name = "instance",
     .type = COLUMN_INTEGER,
     .heading = "Instance",
     .help = "Number of a run of a program in the ledger, which history --instance asks for",
     .rank = -1},
    {.name = "peer_count",
     .type = COLUMN_INTEGER,
     .heading = "Peers in all",
     .help = "How many addresses there were at the other end",
     .rank = -1},
    {.name = "listen_count",
     .type = COLUMN_INTEGER,
     .heading = "Listens in all",
     .help = "How many ports are behind listens",
     .rank = -1},
    {.name = "connect_count",
     .type = COLUMN_INTEGER,
     .heading = "Connects in all",
     .help = "How many ports are behind connects",
     .rank = -1},
    {.name = "undirected",
     .type = COLUMN_INTEGER,
     .heading = "In or out",
     .help = "Connections that were there when watching began, of which nobody knows who opened "
             "them",
     .rank = -1},
    {.name = "waiting",
     .type = COLUMN_INTEGER,
     .heading = "SYN sent",
     .help = "How often a connection was seen waiting for its answer",
     .rank = -1},
    {.name = "intervals",
     .type = COLUMN_INTEGER,
     .heading = "Intervals",
     .help = "How many of its intervals the ledger still has in the asked time",
     .rank = -1},
    {.name = "daily_intervals",
     .type = COLUMN_INTEGER,
     .heading = "Of daily rows",
     .help = "How many more are summed up in daily rows; of these share is the least, hours and "
             "weekdays are without them, and in lists a connection counts for each state",
     .rank = 9,
     .below = true},
    {.name = "open",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Open",
     .help = "How long it had at least one socket; see share",
     .rank = -1},
    {.name = "watched",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Watched",
     .help = "How much of the asked time was watched: what share is of",
     .rank = -1},
    {.name = "weekdays",
     .type = COLUMN_OBJECT,
     .heading = "Weekdays Mo-Su",
     .ruler = "MTWTFSS",
     .help = "As hours, of each day of the week",
     .rank = 10,
     .below = true},
};

enum {
    NAME,
    SHARE,
    HOURS,
    INBOUND,
    OUTBOUND,
    LISTENS,
    CONNECTS,
    PEERS,
    SERVICES,
    APPLICATIONS,
    NOTICE,
    INTEREST,
    NEW,
    FIRST_SEEN_AT,
    LAST_SEEN_AT,
    PID,
    USER,
    STARTED_AT,
    PATH,
    PROTOCOL,
    PORT,
    SIDE,
    INSTANCE,
    PEER_COUNT,
    LISTEN_COUNT,
    CONNECT_COUNT,
    UNDIRECTED,
    WAITING,
    INTERVALS,
    DAILY_INTERVALS,
    OPEN,
    WATCHED,
    WEEKDAYS,
    ACTIVITY_COLUMNS,
};

_Static_assert((int)ACTIVITY_COLUMNS ==
                   (int)(sizeof(activity_columns) / sizeof(activity_columns[0])),
               "a name for every column");

const struct column_table activity_table = {
    .name = "activity",
    .title = "what an application, a user, a port, a service or a run of a program did with ports",
    .groups = {{activity_columns, ACTIVITY_COLUMNS}},
};

enum { HOURS_GROUP = 6 };

/* The texts of struct activity_record. */
enum { HOURS_TEXT, DAYS_TEXT, KINDS_TEXT /* and those behind it */ };

static const char *text_at(const struct activity_view *view, size_t at)
{
    return text_bytes(&view->activity->texts) + at;
}

static struct value known_text(const struct activity_view *view, size_t at)
{
    const char *text = text_at(view, at);

    return value_text(text[0] == '\0' ? NULL : text);
}

/*
 * Shares of time.
 */

static double percent(int64_t part, int64_t whole)
{
    int64_t hundredths = whole <= 0 ? 0 : (int64_t)(10000.0 * (double)part / (double)whole + 0.5);

    return (double)hundredths / 100;
}

static char cell_of(int64_t part, int64_t whole)
{
    int64_t tenths = whole <= 0 ? 0 : (part * 10 + whole / 2) / whole;

    if (whole <= 0) {
        return '?';
    }
    if (part <= 0) {
        return '.';
    }
    if (tenths >= 10) {
        return '#';
    }
    return (char)('0' + (tenths == 0 ? 1 : tenths));
}

/* A cell each for people, and a member each that was watched. */
static struct value share_object(struct activity_record *record, const struct activity_view *view,
                                 int which, const int64_t *open, const int64_t *watched, int count,
                                 const char *const *names)
{
    struct text *people = &record->people[which];
    struct text *json = &record->json[which];

    text_reset(people);
    text_reset(json);
    text_add_char(json, '{');
    for (int i = 0; i < count; i++) {
        text_add(people,
                 view->grouped && i > 0 && i % HOURS_GROUP == 0 && count > DAYS_OF_WEEK ? " " : "");
        text_add_char(people, cell_of(open[i], watched[i]));
        if (watched[i] <= 0) {
            continue;
        }
        text_add(json, json->size > 1 ? "," : "");
        if (names != NULL) {
            text_addf(json, "\"%s\":%.2f", names[i], percent(open[i], watched[i]));
        } else {
            text_addf(json, "\"%d\":%.2f", i, percent(open[i], watched[i]));
        }
    }
    text_add_char(json, '}');
    return value_object(text_bytes(people), text_bytes(json));
}

/*
 * Things with counts.
 */

static int compare_things(const void *left, const void *right)
{
    const struct activity_thing *a = *(const struct activity_thing *const *)left;
    const struct activity_thing *b = *(const struct activity_thing *const *)right;

    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    if (a->first_seen_at != b->first_seen_at) {
        return a->first_seen_at < b->first_seen_at ? -1 : 1;
    }
    return (a > b) - (a < b); /* they are of one array */
}

/* Finds those of a kind, the most frequent first; *count of them are in record->found. */
static bool find_things(struct activity_record *record, const struct activity_view *view,
                        const struct activity_row *row, int kind, size_t *count,
                        struct failure *why)
{
    *count = 0;
    for (uint32_t at = row->things; at != ACTIVITY_NONE; at = view->activity->things[at].next) {
        const struct activity_thing *thing = &view->activity->things[at];

        if (thing->kind != kind) {
            continue;
        }
        if (*count == record->found_capacity) {
            size_t capacity = record->found_capacity * 2 + 64;
            const struct activity_thing **found = (const struct activity_thing **)realloc(
                (void *)record->found, capacity * sizeof(void *));

            if (found == NULL) {
                return FAIL(why, FAILURE_MEMORY, 0, "no memory for a list");
            }
            record->found = found;
            record->found_capacity = capacity;
        }
        record->found[(*count)++] = thing;
    }
    if (*count > 1) {
        qsort((void *)record->found, *count, sizeof(void *), compare_things);
    }
    return true;
}

static void add_thing_name(struct text *text, const struct activity_view *view,
                           const struct activity_thing *thing)
{
    switch (thing->kind) {
    case ACTIVITY_PEER:
        socket_endpoint_add_address(text, &thing->end);
        break;
    case ACTIVITY_LISTENS:
    case ACTIVITY_CONNECTS:
        text_addf(text, "%s/%d", thing->protocol == SOCKET_UDP ? "udp" : "tcp", thing->port);
        break;
    default:
        text_add(text, text_at(view, thing->text));
        break;
    }
}

/* Absent where there is none. *total is how many there are. */
static bool fill_things(struct activity_record *record, const struct activity_view *view,
                        const struct activity_row *row, int kind, struct value *value,
                        size_t *total, struct failure *why)
{
    struct text *people = &record->people[KINDS_TEXT + kind];
    struct text *json = &record->json[KINDS_TEXT + kind];
    size_t most = (size_t)view->most;
    size_t most_told = (size_t)view->most_told;

    text_reset(people);
    text_reset(json);
    *value = (struct value){0};
    if (!find_things(record, view, row, kind, total, why)) {
        return false;
    }
    text_add_char(json, '{');
    for (size_t i = 0; i < *total && i < most; i++) {
        const struct activity_thing *thing = record->found[i];

        text_reset(&record->name);
        add_thing_name(&record->name, view, thing);
        if (i < most_told) {
            text_addf(people, "%s%s (%" PRId64 ")", i > 0 ? ", " : "", text_bytes(&record->name),
                      thing->count);
        }
        text_add(json, i > 0 ? "," : "");
        json_add_string(json, text_bytes(&record->name));
        text_addf(json, ":%" PRId64, thing->count);
    }
    text_add_char(json, '}');
    if (*total > most_told) {
        text_addf(people, " and %zu more", *total - most_told);
    }
    if (*total > 0) {
        *value = value_object(text_bytes(people), text_bytes(json));
    }
    return text_ok(people, why) && text_ok(json, why) && text_ok(&record->name, why);
}

/*
 * What deserves a look.
 */

bool activity_is_new(const struct activity_view *view, const struct activity_row *row)
{
    if (!view->has_new_since) {
        return false;
    }
    if (row->first_seen_at >= view->new_since) {
        return true;
    }
    for (uint32_t at = row->things; at != ACTIVITY_NONE; at = view->activity->things[at].next) {
        const struct activity_thing *thing = &view->activity->things[at];

        if (thing->kind != ACTIVITY_INTEREST && thing->first_seen_at >= view->new_since) {
            return true;
        }
    }
    return false;
}

bool activity_is_of_interest(const struct activity_view *view, const struct activity_row *row)
{
    for (uint32_t at = row->things; at != ACTIVITY_NONE; at = view->activity->things[at].next) {
        if (view->activity->things[at].kind == ACTIVITY_INTEREST) {
            return true;
        }
    }
    return false;
}

static bool add_new_things(struct activity_record *record, const struct activity_view *view,
                           const struct activity_row *row, int kind, struct failure *why)
{
    static const char *const words[ACTIVITY_KINDS] = {
        [ACTIVITY_LISTENS] = "listens on",
        [ACTIVITY_CONNECTS] = "connects to",
        [ACTIVITY_PEER] = "peer",
        [ACTIVITY_SERVICE] = "service",
        [ACTIVITY_APPLICATION] = "application",
    };
    struct text *text = &record->news;
    size_t count;
    size_t told = 0;
    size_t more = 0;

    if (!find_things(record, view, row, kind, &count, why)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (record->found[i]->first_seen_at < view->new_since) {
            continue;
        }
        if (told == (size_t)view->most) {
            more++;
            continue;
        }
        text_addf(text, "%s", told == 0 ? (text->size > 0 ? "; " : "") : ", ");
        text_addf(text, "%s%s", told == 0 ? words[kind] : "", told == 0 ? " " : "");
        add_thing_name(text, view, record->found[i]);
        told++;
    }
    if (more > 0) {
        text_addf(text, " and %zu more", more);
    }
    return true;
}

static bool fill_news(struct activity_record *record, const struct activity_view *view,
                      const struct activity_row *row, struct value *value, struct failure *why)
{
    bool done = true;

    text_reset(&record->news);
    *value = (struct value){0};
    if (!activity_is_new(view, row)) {
        return true;
    }
    if (row->first_seen_at >= view->new_since) {
        text_add(&record->news, "all of it");
    }
    for (int kind = 0; done && kind < ACTIVITY_INTEREST; kind++) {
        done = add_new_things(record, view, row, kind, why);
    }
    *value = value_text(text_bytes(&record->news));
    return done && text_ok(&record->news, why);
}

static bool fill_marks(struct activity_record *record, const struct activity_view *view,
                       const struct activity_row *row, struct value *value, struct failure *why)
{
    size_t count;

    text_reset(&record->marks);
    *value = (struct value){0};
    if (!find_things(record, view, row, ACTIVITY_INTEREST, &count, why)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        text_add(&record->marks, i > 0 ? ", " : "");
        interest_add(&record->marks, &view->interest->entries[record->found[i]->port]);
    }
    if (count > 0) {
        *value = value_text(text_bytes(&record->marks));
    }
    return text_ok(&record->marks, why);
}

static bool fill_notice(struct activity_record *record, const struct activity_row *row,
                        const char *twin, struct value *value, struct failure *why)
{
    struct text *text = &record->notice;

    text_reset(text);
    text_add(text, row->misplaced ? "misplaced" : "");
    if (twin != NULL) {
        text_addf(text, "%stwin of %s", text->size > 0 ? ", " : "", twin);
    }
    *value = value_text(text->size > 0 ? text_bytes(text) : NULL);
    return text_ok(text, why);
}

/*
 * All of it.
 */

static void fill_name(struct activity_record *record, const struct activity_view *view,
                      const struct activity_row *row, struct value *values)
{
    struct text *name = &record->people[KINDS_TEXT + ACTIVITY_INTEREST]; /* which has no list */

    values[NAME] = known_text(view, row->name);
    values[PATH] = known_text(view, row->path);
    values[USER] = known_text(view, row->user);
    values[STARTED_AT] = value_known(row->started_at);
    values[INSTANCE] = value_known(row->instance);
    values[PID] = row->instance != 0 ? value_number(row->pid) : (struct value){0};
    if (view->by == ACTIVITY_BY_APPLICATION && strpbrk(text_at(view, row->path), "/\\") == NULL) {
        values[PATH] = (struct value){0}; /* only the name is known */
    }
    if (view->by != ACTIVITY_BY_PORT) {
        return;
    }
    text_reset(name);
    text_addf(name, "%s/%d%s", row->protocol == SOCKET_UDP ? "udp" : "tcp", (int)row->port,
              row->elsewhere ? " elsewhere" : "");
    values[NAME] = value_text(text_bytes(name));
    values[PROTOCOL] = value_text(socket_protocol_name(row->protocol));
    values[PORT] = value_number(row->port);
    values[SIDE] = value_text(row->elsewhere ? "elsewhere" : "here");
}

static void fill_numbers(const struct activity_view *view, const struct activity_row *row,
                         struct value *values)
{
    int64_t watched = view->activity->watched;
    int64_t open = row->open + row->daily_open;

    open = open > watched ? watched : open;
    values[SHARE] = value_real(percent(open, watched));
    values[INBOUND] = value_number(row->inbound);
    values[OUTBOUND] = value_number(row->outbound);
    values[UNDIRECTED] = value_number(row->undirected);
    values[WAITING] = value_number(row->waiting);
    values[INTERVALS] = value_number(row->intervals);
    values[DAILY_INTERVALS] =
        row->daily_intervals > 0 ? value_number(row->daily_intervals) : value_known(0);
    values[OPEN] = value_number(open);
    values[WATCHED] = value_number(watched);
    values[FIRST_SEEN_AT] = value_number(row->first_seen_at);
    values[LAST_SEEN_AT] = value_number(row->last_seen_at);
}

static bool fill_lists(struct activity_record *record, const struct activity_view *view,
                       const struct activity_row *row, struct value *values, struct failure *why)
{
    static const struct {
        int kind;
        int column;
        int count; /* -1: there is none */
    } lists[] = {
        {ACTIVITY_LISTENS, LISTENS, LISTEN_COUNT}, {ACTIVITY_CONNECTS, CONNECTS, CONNECT_COUNT},
        {ACTIVITY_PEER, PEERS, PEER_COUNT},        {ACTIVITY_SERVICE, SERVICES, -1},
        {ACTIVITY_APPLICATION, APPLICATIONS, -1},
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        size_t total;

        if (!fill_things(record, view, row, lists[i].kind, &values[lists[i].column], &total, why)) {
            return false;
        }
        if (lists[i].count >= 0) {
            values[lists[i].count] = value_number((int64_t)total);
        }
    }
    return true;
}

bool activity_record_fill(struct activity_record *record, const struct activity_view *view,
                          const struct activity_row *row, const char *twin, struct value *values,
                          struct failure *why)
{
    static const char *const days[DAYS_OF_WEEK] = {"monday", "tuesday",  "wednesday", "thursday",
                                                   "friday", "saturday", "sunday"};

    for (int i = 0; i < ACTIVITY_COLUMNS; i++) {
        values[i] = (struct value){0};
    }
    fill_name(record, view, row, values);
    fill_numbers(view, row, values);
    values[HOURS] = share_object(record, view, HOURS_TEXT, row->hours,
                                 view->activity->hours_watched, HOURS_OF_DAY, NULL);
    values[WEEKDAYS] = share_object(record, view, DAYS_TEXT, row->days,
                                    view->activity->days_watched, DAYS_OF_WEEK, days);
    return fill_lists(record, view, row, values, why) &&
           fill_notice(record, row, twin, &values[NOTICE], why) &&
           fill_marks(record, view, row, &values[INTEREST], why) &&
           fill_news(record, view, row, &values[NEW], why);
}

void activity_record_clear(struct activity_record *record)
{
    for (size_t i = 0; i < sizeof(record->people) / sizeof(record->people[0]); i++) {
        text_clear(&record->people[i]);
        text_clear(&record->json[i]);
    }
    text_clear(&record->name);
    text_clear(&record->news);
    text_clear(&record->marks);
    text_clear(&record->notice);
    free((void *)record->found);
    *record = (struct activity_record){0};
}
