/* SPDX-License-Identifier: MIT */

#include "reportcli/portqry_interactive.h"

#include <stdio.h>
#include <string.h>

#include "base/console_line.h"
#include "base/text.h"
#include "reportcli/portqry_remote.h"

enum { NUMBER_SIZE = 24 };

static const char first_node[] = "127.0.0.1";
static const char first_community[] = "public";

/* The canned queries, in the words of a list of ports. */
static const struct {
    const char *name;
    const char *ports;
} shortcuts[] = {
    {"dns", "both/53"},           {"ftp", "tcp/21"},
    {"imap", "tcp/143"},          {"ipsec", "udp/500"},
    {"isa", "both/1745"},         {"ldap", "both/389"},
    {"l2tp", "udp/1701"},         {"mail", "tcp/25,tcp/110,tcp/143"},
    {"pop3", "tcp/110"},          {"rpc", "both/135"},
    {"smtp", "tcp/25"},           {"snmp", "udp/161"},
    {"sql", "tcp/1433,udp/1434"}, {"tftp", "udp/69"},
};

static const char *transports_name(int transports)
{
    return transports == PORTS_BOTH ? "BOTH" : transports == PORTS_UDP ? "UDP" : "TCP";
}

/* Cuts the next word off; "" where there is none. */
static char *cut_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    char *end = word + strcspn(word, " \t");

    *rest = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

static bool set_text(struct text *text, const char *value)
{
    if (value[0] == '\0') {
        return false;
    }
    text_reset(text);
    text_add(text, value);
    return true;
}

static bool set_number(uint16_t *number, const char *value, uint32_t least)
{
    uint32_t read;
    bool is_one = portqry_number(value, least, UINT16_MAX, &read);

    *number = is_one ? (uint16_t)read : *number;
    return is_one;
}

static bool set_port(struct portqry_session *session, const char *value)
{
    return set_number(&session->port, value, 1);
}

static bool set_source(struct portqry_session *session, const char *value)
{
    return set_number(&session->source_port, value, 0);
}

static bool set_transports(struct portqry_session *session, const char *value)
{
    return portqry_transports(value, &session->transports);
}

static bool set_community(struct portqry_session *session, const char *value)
{
    return set_text(&session->community, value);
}

static bool set_no_reverse(struct portqry_session *session, const char *value)
{
    session->no_reverse = value[0] == '\0' ? !session->no_reverse : session->no_reverse;
    return value[0] == '\0';
}

static bool set_slow(struct portqry_session *session, const char *value)
{
    session->slow = value[0] == '\0' ? !session->slow : session->slow;
    return value[0] == '\0';
}

static const struct {
    const char *name;
    const char *letter;
    bool (*set)(struct portqry_session *session, const char *value); /* false: it is none */
} settable[] = {
    {"port", "e", set_port},     {"sport", "sp", set_source},  {"protocol", "p", set_transports},
    {"cn", "cn", set_community}, {"nr", "nr", set_no_reverse}, {"sl", "sl", set_slow},
};

/* "port=53"; blanks around the "=" do no harm. */
static enum portqry_wish read_set(struct portqry_session *session, char *rest)
{
    char *name = rest + strspn(rest, " \t");
    char *value = name + strcspn(name, "= \t");
    char *end;

    if (*value != '\0') {
        *value++ = '\0';
        value += strspn(value, "= \t");
    }
    end = value + strlen(value);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
        *--end = '\0';
    }
    if (text_equal_fold(name, "all") && *value == '\0') {
        return PORTQRY_WISH_SHOW;
    }
    for (size_t i = 0; i < sizeof(settable) / sizeof(settable[0]); i++) {
        if (text_equal_fold(name, settable[i].name) || text_equal_fold(name, settable[i].letter)) {
            return settable[i].set(session, value) ? PORTQRY_WISH_NOTHING : PORTQRY_WISH_BAD_VALUE;
        }
    }
    return PORTQRY_WISH_BAD_VALUE;
}

static const char *find_shortcut(const char *word)
{
    for (size_t i = 0; i < sizeof(shortcuts) / sizeof(shortcuts[0]); i++) {
        if (text_equal_fold(word, shortcuts[i].name)) {
            return shortcuts[i].ports;
        }
    }
    return NULL;
}

static bool read_query(const struct portqry_session *session, const char *word,
                       enum portqry_wish *wish, struct port_list *ports, struct failure *why)
{
    static const struct port_words how = {0};
    const struct portqry_options one = {
        .transports = session->transports, .first = session->port, .last = session->port};
    const char *list = find_shortcut(word);

    *wish = PORTQRY_WISH_QUERY;
    if (word[0] == '\0') {
        return portqry_options_add_ports(&one, ports, why);
    }
    if (list == NULL) {
        *wish = PORTQRY_WISH_BAD_COMMAND;
        return true;
    }
    return port_list_add(ports, list, &how, why);
}

static bool is_command(const char *word, const char *name, const char *letter)
{
    return text_equal_fold(word, name) || text_equal_fold(word, letter);
}

bool portqry_session_read(struct portqry_session *session, char *line, enum portqry_wish *wish,
                          struct port_list *ports, const char **word, struct failure *why)
{
    char *rest = line;
    char *command = cut_word(&rest);

    *word = command;
    *wish = PORTQRY_WISH_NOTHING;
    if (is_command(command, "query", "q")) {
        const char *shortcut = cut_word(&rest);

        *word = shortcut[0] != '\0' ? shortcut : command;
        return read_query(session, shortcut, wish, ports, why);
    }
    if (is_command(command, "node", "n")) {
        *wish =
            set_text(&session->node, cut_word(&rest)) ? PORTQRY_WISH_NODE : PORTQRY_WISH_BAD_VALUE;
    } else if (is_command(command, "set", "set")) {
        *word = rest + strspn(rest, " \t");
        *wish = read_set(session, rest);
    } else if (is_command(command, "help", "?")) {
        *wish = PORTQRY_WISH_HELP;
    } else if (is_command(command, "exit", "quit")) {
        *wish = PORTQRY_WISH_EXIT;
    } else if (command[0] != '\0') {
        *wish = PORTQRY_WISH_BAD_COMMAND;
    }
    return text_ok(&session->node, why) && text_ok(&session->community, why);
}

void portqry_session_clear(struct portqry_session *session)
{
    text_clear(&session->node);
    text_clear(&session->community);
}

static void say(struct portqry_page *page, enum portqry_word word, const char *argument)
{
    portqry_say(page, word, (const char *const[]){argument});
}

static void say_values(struct portqry_page *page, const struct portqry_session *session, bool all)
{
    char port[NUMBER_SIZE];
    char source[NUMBER_SIZE];
    const char *note = session->source_port == 0 ? portqry_word_text(PORTQRY_EPHEMERAL_PORT) : "";

    (void)snprintf(port, sizeof(port), "%u", session->port);
    (void)snprintf(source, sizeof(source), "%u", session->source_port);
    portqry_say(page, PORTQRY_VALUES,
                (const char *const[]){port, transports_name(session->transports), source, note});
    if (all) {
        portqry_say(page, PORTQRY_ALL_VALUES,
                    (const char *const[]){text_bytes(&session->community),
                                          session->no_reverse ? "off" : "on",
                                          session->slow ? "on" : "off"});
    }
}

static bool query(struct portqry_page *page, const struct portqry_session *session,
                  const struct port_list *ports, int *status, struct failure *why)
{
    const struct portqry_query query = {
        .host = text_bytes(&session->node),
        .ports = ports,
        .source_port = session->source_port,
        .slow = session->slow,
        .no_reverse = session->no_reverse,
        .interactive = true,
        .community = text_bytes(&session->community),
    };

    return portqry_remote_run(page, &query, status, why);
}

/* False: with *why, or, where *ends, since the person wants it. */
static bool obey(struct portqry_page *page, struct portqry_session *session, char *line, bool *ends,
                 int *status, struct failure *why)
{
    struct port_list ports = {0};
    enum portqry_wish wish;
    const char *word;
    bool done = portqry_session_read(session, line, &wish, &ports, &word, why);

    if (done && wish == PORTQRY_WISH_QUERY) {
        done = query(page, session, &ports, status, why);
    } else if (done && wish == PORTQRY_WISH_NODE) {
        say(page, PORTQRY_NODE, text_bytes(&session->node));
    } else if (done && wish == PORTQRY_WISH_SHOW) {
        say(page, PORTQRY_NODE, text_bytes(&session->node));
        say_values(page, session, true);
    } else if (done && wish == PORTQRY_WISH_HELP) {
        portqry_say(page, PORTQRY_COMMANDS, NULL);
    } else if (done && wish >= PORTQRY_WISH_BAD_COMMAND) {
        say(page, wish == PORTQRY_WISH_BAD_VALUE ? PORTQRY_BAD_VALUE : PORTQRY_BAD_COMMAND, word);
    }
    *ends = wish == PORTQRY_WISH_EXIT;
    port_list_clear(&ports);
    return done;
}

static void begin(struct portqry_page *page, struct portqry_session *session,
                  const struct portqry_options *options)
{
    text_add(&session->node, options->host != NULL ? options->host : first_node);
    text_add(&session->community,
             options->community != NULL ? options->community : first_community);
    session->port = options->first;
    session->source_port = options->source_port;
    session->transports = options->transports;
    session->no_reverse = options->no_reverse;
    session->slow = options->slow;
    portqry_say(page, PORTQRY_WELCOME, NULL);
    say(page, PORTQRY_NODE, text_bytes(&session->node));
    say_values(page, session, false);
}

bool portqry_interactive_run(struct portqry_page *page, const struct portqry_options *options,
                             int *status, struct failure *why)
{
    struct portqry_session session = {0};
    struct text line = {0};
    bool ends = false;
    bool done = true;

    begin(page, &session, options);
    while (done && !ends && !page->failed) {
        portqry_say(page, PORTQRY_PROMPT, NULL);
        if (!console_read_line(&line)) {
            portqry_say(page, PORTQRY_EMPTY, NULL);
            break;
        }
        text_add(&line, "");
        done = text_ok(&line, why);
        if (done && line.size > 0) {
            done = obey(page, &session, line.bytes, &ends, status, why);
        }
    }
    text_clear(&line);
    portqry_session_clear(&session);
    return done;
}
