/* SPDX-License-Identifier: MIT */

#include "reportcli/portqry_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "probes/outcome.h"

/* Options that were given, as bits: for what excludes what. */
enum {
    GIVEN_E = 1,
    GIVEN_O = 2,
    GIVEN_R = 4,
    GIVEN_LOCAL = 8,
    GIVEN_WPORT = 16,
    GIVEN_WPID = 32,
    GIVEN_I = 64,
    GIVEN_Q = 128,
    GIVEN_WT = 256,
    GIVEN_N = 512,
    GIVEN_BOTH = 1024,
    GIVEN_L = 2048,
    PORTS_GIVEN = GIVEN_E | GIVEN_O | GIVEN_R,
    LOCAL_GIVEN = GIVEN_LOCAL | GIVEN_WPORT | GIVEN_WPID,
};

struct reading {
    struct portqry_options *options;
    unsigned given;
    struct failure *why;
};

typedef bool take_fn(struct reading *reading, const char *value);

static bool fail(struct reading *reading, const char *text)
{
    return FAIL(reading->why, FAILURE_USAGE, 0, "%s", text);
}

bool portqry_number(const char *word, uint32_t least, uint32_t most, uint32_t *number)
{
    uint64_t sum = 0;

    for (const char *at = word; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || sum > most) {
            return false;
        }
        sum = sum * 10 + (uint64_t)(*at - '0');
    }
    *number = (uint32_t)sum;
    return word[0] != '\0' && sum >= least && sum <= most;
}

static bool read_port(const char *word, uint32_t least, uint16_t *port)
{
    uint32_t number;

    if (!portqry_number(word, least, UINT16_MAX, &number)) {
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

bool portqry_transports(const char *word, int *transports)
{
    static const struct {
        const char *word;
        int transports;
    } known[] = {{"tcp", PORTS_TCP}, {"udp", PORTS_UDP}, {"both", PORTS_BOTH}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (text_equal_fold(word, known[i].word)) {
            *transports = known[i].transports;
            return true;
        }
    }
    return false;
}

static bool take_host(struct reading *reading, const char *value)
{
    reading->options->host = value;
    return (value[0] != '\0' && strpbrk(value, " \t") == NULL) ||
           fail(reading, "-n takes a name or an address without blanks");
}

static bool take_transports(struct reading *reading, const char *value)
{
    if (!portqry_transports(value, &reading->options->transports)) {
        return fail(reading, "-p takes tcp, udp or both");
    }
    reading->given &= ~(unsigned)GIVEN_BOTH;
    reading->given |= reading->options->transports == PORTS_BOTH ? GIVEN_BOTH : 0;
    return true;
}

static bool take_port(struct reading *reading, const char *value)
{
    struct portqry_options *options = reading->options;

    options->how = PORTQRY_ONE;
    if (!read_port(value, 1, &options->first)) {
        return fail(reading, "-e takes a port from 1 to 65535");
    }
    options->last = options->first;
    return true;
}

/* Takes the next port of an order. False: it is none. */
static bool next_of_order(const char **at, uint16_t *port)
{
    char word[8];
    size_t size = strcspn(*at, ",");

    if (size >= sizeof(word)) {
        return false;
    }
    memcpy(word, *at, size);
    word[size] = '\0';
    *at += size;
    return read_port(word, 1, port);
}

static bool take_order(struct reading *reading, const char *value)
{
    const char *at = value;
    uint16_t port;

    reading->options->how = PORTQRY_ORDER;
    reading->options->order = value;
    for (;;) {
        if (!next_of_order(&at, &port)) {
            return fail(reading,
                        "-o takes ports from 1 to 65535 with commas between them, and no blanks");
        }
        if (*at == '\0') {
            return true;
        }
        at++;
    }
}

/* The articles write 10:100 and 10;100. */
static bool take_range(struct reading *reading, const char *value)
{
    struct portqry_options *options = reading->options;
    size_t size = strcspn(value, ":;-");
    char first[8];

    options->how = PORTQRY_RANGE;
    if (value[size] == '\0' || size >= sizeof(first)) {
        return fail(reading, "-r takes the first and the last port: 10:100");
    }
    memcpy(first, value, size);
    first[size] = '\0';
    if (!read_port(first, 1, &options->first) || !read_port(value + size + 1, 1, &options->last) ||
        options->first >= options->last) {
        return fail(reading, "-r takes two ports from 1 to 65535, the lower one first: 10:100");
    }
    return true;
}

static bool take_source(struct reading *reading, const char *value)
{
    return read_port(value, 0, &reading->options->source_port) ||
           fail(reading, "-sp takes a port from 0 (any) to 65535");
}

static bool take_community(struct reading *reading, const char *value)
{
    size_t size = strlen(value);

    if (size < 3 || value[0] != '!' || value[size - 1] != '!') {
        return fail(reading, "-cn takes a community name between exclamation marks: !public!");
    }
    free(reading->options->community);
    reading->options->community = text_copy_size(value + 1, size - 2);
    return reading->options->community != NULL ||
           FAIL(reading->why, FAILURE_MEMORY, 0, "no memory for the community name");
}

static bool take_log(struct reading *reading, const char *value)
{
    reading->options->log = value;
    return value[0] != '\0' || fail(reading, "-l takes the name of a file");
}

static bool take_watched_port(struct reading *reading, const char *value)
{
    reading->options->mode = PORTQRY_WATCH_PORT;
    return portqry_number(value, 1, UINT16_MAX, &reading->options->watched) ||
           fail(reading, "-wport takes a port from 1 to 65535");
}

static bool take_watched_pid(struct reading *reading, const char *value)
{
    reading->options->mode = PORTQRY_WATCH_PID;
    return portqry_number(value, 0, UINT32_MAX, &reading->options->watched) ||
           fail(reading, "-wpid takes the number of a process");
}

static bool take_seconds(struct reading *reading, const char *value)
{
    return portqry_number(value, PORTQRY_SECONDS_LEAST, PORTQRY_SECONDS_MOST,
                          &reading->options->seconds) ||
           fail(reading, "-wt takes seconds from 1 to 1200");
}

static bool take_slow(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->slow = true;
    return true;
}

static bool take_no_reverse(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->no_reverse = true;
    return true;
}

static bool take_quiet(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->quiet = true;
    return true;
}

static bool take_verbose(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->verbose = true;
    return true;
}

static bool take_overwrite(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->overwrite = true;
    return true;
}

static bool take_interactive(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->mode = PORTQRY_INTERACTIVE;
    return true;
}

static bool take_local(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->mode = PORTQRY_LOCAL;
    return true;
}

static bool take_help(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->mode = PORTQRY_HELP;
    return true;
}

/* `mark`: '-' or '/' where only that stands before it; 0: either. The first row that fits counts.
 */
static const struct {
    char mark;
    const char *name;
    bool has_value;
    take_fn *take;
    unsigned given;
} known[] = {
    {'/', "i", false, take_no_reverse, 0}, /* of version 1 */
    {0, "s", false, take_slow, 0}, /* likewise; the examples of version 2 have it as -s, too */
    {0, "n", true, take_host, GIVEN_N},
    {0, "p", true, take_transports, 0},
    {0, "e", true, take_port, GIVEN_E},
    {0, "o", true, take_order, GIVEN_O},
    {0, "r", true, take_range, GIVEN_R},
    {0, "sp", true, take_source, 0},
    {0, "sl", false, take_slow, 0},
    {0, "nr", false, take_no_reverse, 0},
    {0, "cn", true, take_community, 0},
    {0, "l", true, take_log, GIVEN_L},
    {0, "y", false, take_overwrite, 0},
    {0, "q", false, take_quiet, GIVEN_Q},
    {0, "v", false, take_verbose, 0},
    {'-', "i", false, take_interactive, GIVEN_I},
    {0, "local", false, take_local, GIVEN_LOCAL},
    {0, "wport", true, take_watched_port, GIVEN_WPORT},
    {0, "wpid", true, take_watched_pid, GIVEN_WPID},
    {0, "wt", true, take_seconds, GIVEN_WT},
    {0, "?", false, take_help, 0},
    {0, "h", false, take_help, 0},
    {0, "help", false, take_help, 0},
    {'-', "-help", false, take_help, 0},
};

enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static size_t find(const char *word)
{
    size_t i = 0;

    while (i < KNOWN && !((known[i].mark == 0 || known[i].mark == word[0]) &&
                          text_equal_fold(word + 1, known[i].name))) {
        i++;
    }
    return i;
}

/* What cannot be together. */
static const struct {
    unsigned a;
    unsigned b;
    const char *why;
} conflicts[] = {
    {GIVEN_E, GIVEN_O | GIVEN_R, "only one of -e, -o and -r can be given"},
    {GIVEN_O, GIVEN_R, "only one of -e, -o and -r can be given"},
    {GIVEN_LOCAL, GIVEN_WPORT | GIVEN_WPID, "only one of -local, -wport and -wpid can be given"},
    {GIVEN_WPORT, GIVEN_WPID, "only one of -local, -wport and -wpid can be given"},
    {GIVEN_LOCAL, GIVEN_WT, "-wt cannot be given with -local: it is for -wport and -wpid"},
    {LOCAL_GIVEN, GIVEN_N | PORTS_GIVEN | GIVEN_I,
     "-local, -wport and -wpid are about this computer: no -n, -e, -o, -r or -i with them"},
    {GIVEN_I, GIVEN_O | GIVEN_R, "-i takes one port: -e"},
    {GIVEN_I, GIVEN_L | GIVEN_Q, "-i cannot be given with -l or -q"},
    {GIVEN_Q, GIVEN_O | GIVEN_R, "-q cannot be given with -o or -r"},
    {GIVEN_Q, GIVEN_BOTH, "-q cannot be given with -p both"},
};

static bool check(struct reading *reading)
{
    unsigned given = reading->given;

    for (size_t i = 0; i < sizeof(conflicts) / sizeof(conflicts[0]); i++) {
        /* -q does nothing in local mode, and so harms nothing. */
        if ((given & conflicts[i].a) != 0 && (given & conflicts[i].b) != 0) {
            return fail(reading, conflicts[i].why);
        }
    }
    if ((given & GIVEN_WT) != 0 && (given & LOCAL_GIVEN) == 0) {
        return fail(reading, "-wt needs -wport or -wpid");
    }
    if (reading->options->mode == PORTQRY_REMOTE && (given & GIVEN_N) == 0) {
        return fail(reading, "-n is missing: whom to query");
    }
    return true;
}

static bool read_words(struct reading *reading, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        bool is_option = (word[0] == '-' || word[0] == '/') && word[1] != '\0';
        size_t row = is_option ? find(word) : (size_t)KNOWN;
        const char *value = NULL;

        if (row == KNOWN) {
            return FAIL(reading->why, FAILURE_USAGE, 0, "\"%s\" is no option of PortQry", word);
        }
        if (known[row].has_value) {
            value = i + 1 < argc ? argv[++i] : NULL;
            if (value == NULL) {
                return FAIL(reading->why, FAILURE_USAGE, 0, "%s needs a value behind it", word);
            }
        }
        reading->given |= known[row].given;
        if (!known[row].take(reading, value)) {
            return false;
        }
        if (reading->options->mode == PORTQRY_HELP) {
            return true;
        }
    }
    return check(reading);
}

bool portqry_options_read(struct portqry_options *options, int argc, char **argv,
                          struct failure *why)
{
    struct reading reading = {.options = options, .why = why};

    *options = (struct portqry_options){
        .mode = argc > 1 ? PORTQRY_REMOTE : PORTQRY_HELP,
        .transports = PORTS_TCP,
        .first = PORTQRY_PORT,
        .last = PORTQRY_PORT,
        .seconds = PORTQRY_SECONDS,
    };
    return argc <= 1 || read_words(&reading, argc, argv);
}

void portqry_options_clear(struct portqry_options *options)
{
    free(options->community);
    *options = (struct portqry_options){0};
}

static bool add_port(const struct portqry_options *options, uint16_t port, struct port_list *list,
                     struct failure *why)
{
    return ((options->transports & PORTS_TCP) == 0 ||
            port_list_add_port(list, PROBE_TCP, port, why)) &&
           ((options->transports & PORTS_UDP) == 0 ||
            port_list_add_port(list, PROBE_UDP, port, why));
}

bool portqry_options_add_ports(const struct portqry_options *options, struct port_list *list,
                               struct failure *why)
{
    const char *at = options->order;
    uint16_t port;

    if (options->how == PORTQRY_ORDER) {
        while (next_of_order(&at, &port)) {
            if (!add_port(options, port, list, why)) {
                return false;
            }
            at += *at == ',';
        }
        return true;
    }
    for (uint32_t number = options->first; number <= options->last; number++) {
        if (!add_port(options, (uint16_t)number, list, why)) {
            return false;
        }
    }
    return true;
}
