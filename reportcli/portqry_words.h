/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Every line that we say in PortQry's place, in one table. A line is known
 * where it is printed in a source about PortQry, to the letter; the others are
 * our own, and listed in docs/portqry.md. A '%' stands for the next argument;
 * lines end in LF.
 */

#include <stdbool.h>

#include "base/text.h"

enum portqry_word {
    /* The frame of a query. */
    PORTQRY_TARGET,
    PORTQRY_RESOLVE_NAME,
    PORTQRY_NAME_RESOLVED,
    PORTQRY_NAME_FAILED,
    PORTQRY_RESOLVE_ADDRESS,
    PORTQRY_ADDRESS_RESOLVED,
    PORTQRY_ADDRESS_FAILED,
    PORTQRY_QUERYING,
    PORTQRY_STATUS,
    PORTQRY_UNKNOWN_SERVICE,
    PORTQRY_UDP_STATUS,
    PORTQRY_NOT_ASKED,
    PORTQRY_INTERRUPTED,

    /* Errors about source ports. */
    PORTQRY_SOURCE_IN_USE,
    PORTQRY_SOURCE_500_IN_USE,

    /* Special queries. */
    PORTQRY_EPHEMERAL,
    PORTQRY_SENDING,
    PORTQRY_SENDING_RPC,
    PORTQRY_SENDING_NETBIOS,
    PORTQRY_COMMUNITY,
    PORTQRY_RESPONSE,
    PORTQRY_LDAP_RESPONSE,
    PORTQRY_LDAP_END,
    PORTQRY_LDAP_DATE,
    PORTQRY_LDAP_ATTRIBUTE,
    PORTQRY_RPC_ENDPOINT,
    PORTQRY_RPC_TOTAL,
    PORTQRY_RPC_END,
    PORTQRY_SQL_VALUE,
    PORTQRY_SQL_END,
    PORTQRY_MAC,
    PORTQRY_NETBIOS_STATUS,
    PORTQRY_DATA,
    PORTQRY_SILENT,
    PORTQRY_SILENT_DNS,

    /* The log. */
    PORTQRY_LOG_HEAD,
    PORTQRY_LOG_END,
    PORTQRY_LOG_THERE,
    PORTQRY_SYSTEM_DATE,

    /* Local mode. */
    PORTQRY_MAPPINGS,
    PORTQRY_STATISTICS,
    PORTQRY_BY_PROCESS,
    PORTQRY_PROCESS,
    PORTQRY_SERVICE,
    PORTQRY_SERVICE_SHARED,
    PORTQRY_SERVICE_OWN,
    PORTQRY_NO_SERVICE,
    PORTQRY_MODULES,
    PORTQRY_MODULE,
    PORTQRY_NO_MODULES,
    PORTQRY_WATCHING_PORT,
    PORTQRY_WATCHING_PID,
    PORTQRY_CHECKING,
    PORTQRY_VERBOSE,
    PORTQRY_SAMPLE,
    PORTQRY_NOTHING,
    PORTQRY_STOPPED_PORT,
    PORTQRY_STOPPED_PID,
    PORTQRY_ESCAPE,
    PORTQRY_CTRL_C,

    /* Interactive mode. */
    PORTQRY_WELCOME,
    PORTQRY_NODE,
    PORTQRY_VALUES,
    PORTQRY_EPHEMERAL_PORT,
    PORTQRY_ALL_VALUES,
    PORTQRY_PROMPT,
    PORTQRY_RESOLVING,
    PORTQRY_RESOLVED,
    PORTQRY_NOT_RESOLVED,
    PORTQRY_COMMANDS,
    PORTQRY_BAD_COMMAND,
    PORTQRY_BAD_VALUE,

    PORTQRY_EMPTY,
    PORTQRY_USAGE,
    PORTQRY_WORD_COUNT,
};

/* Appends a line. `arguments`: as many as it has places, made visible for a terminal. */
void portqry_add_words(struct text *text, enum portqry_word word, const char *const *arguments);

/* Whether it is known, and what it is; for tests of docs/portqry.md. */
bool portqry_word_is_known(enum portqry_word word);
const char *portqry_word_text(enum portqry_word word);
