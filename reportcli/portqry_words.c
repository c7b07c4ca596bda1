/* SPDX-License-Identifier: MIT */

#include "reportcli/portqry_words.h"

#include <string.h>

/* Ours are marked so; all others are known. Sources: docs/portqry.md. */
#define OURS "\1"

/* clang-format off */
static const char *const words[PORTQRY_WORD_COUNT] = {
    [PORTQRY_TARGET] = "\nQuerying target system called:\n\n %\n\n",
    [PORTQRY_RESOLVE_NAME] = "Attempting to resolve name to IP address...\n\n",
    [PORTQRY_NAME_RESOLVED] = "Name resolved to %\n\n",
    [PORTQRY_NAME_FAILED] = "Failed to resolve name to IP address\n",
    [PORTQRY_RESOLVE_ADDRESS] = "Attempting to resolve IP address to a name...\n\n",
    [PORTQRY_ADDRESS_RESOLVED] = "IP address resolved to %\n\n",
    [PORTQRY_ADDRESS_FAILED] = "Failed to resolve IP address to name\n\n",
    [PORTQRY_QUERYING] = "querying...\n\n",
    [PORTQRY_STATUS] = "% port % (% service): %\n",
    [PORTQRY_UNKNOWN_SERVICE] = "unknown",
    [PORTQRY_UDP_STATUS] = "UDP port % is %\n",
    [PORTQRY_NOT_ASKED] = OURS "% port % (% service): could not be queried: %\n",
    [PORTQRY_INTERRUPTED] = OURS "interrupted: stopped querying\n",

    [PORTQRY_SOURCE_IN_USE] = "Cannot use specified source port.\nPort is already in use.\n"
        "Specify a port that is not in use and run the command again.\n",
    [PORTQRY_SOURCE_500_IN_USE] =
        "Cannot use source port 500, this port is already in use.\n"
        "Remote ISAKMP/IPSec services may only communicate with source port 500.\n"
        "Temporarily turn off the 'IPSEC Policy Agent' or the 'IPSEC Services'\n"
        "on the system you are running PortQry from and run the command again\n\n"
        "example: net stop PolicyAgent\n         run Portqry to query ISAKMP\n"
        "         net start PolicyAgent\n\n",

    [PORTQRY_EPHEMERAL] = "Using ephemeral source port\n",
    [PORTQRY_SENDING] = "Sending % query to % port %...\n\n",
    [PORTQRY_SENDING_RPC] = "Querying Endpoint Mapper Database...\n",
    [PORTQRY_SENDING_NETBIOS] = "Attempting NETBIOS adapter status query to UDP port %...\n\n",
    [PORTQRY_COMMUNITY] = "community name for query:\n\n%\n\n",
    [PORTQRY_RESPONSE] = "Server's response:\n\n",
    [PORTQRY_LDAP_RESPONSE] = "LDAP query response:\n\n",
    [PORTQRY_LDAP_END] = "\n======== End of LDAP query response ========\n",
    [PORTQRY_LDAP_DATE] = "currentdate: % (unadjusted GMT)\n",
    [PORTQRY_LDAP_ATTRIBUTE] = "%: %\n",
    [PORTQRY_RPC_ENDPOINT] = "UUID: %%%\n%:%[%]\n\n",
    [PORTQRY_RPC_TOTAL] = "Total endpoints found: %\n\n",
    [PORTQRY_RPC_END] = "==== End of RPC Endpoint Mapper query response ====\n",
    [PORTQRY_SQL_VALUE] = "% %\n",
    [PORTQRY_SQL_END] = "\n==== End of SQL Server query response ====\n",
    [PORTQRY_MAC] = "Server's response: MAC address %\n",
    [PORTQRY_NETBIOS_STATUS] = "UDP port: %\n",
    [PORTQRY_DATA] = "Data returned from port:\n%\n",
    [PORTQRY_SILENT] = OURS "Server did not respond to % query\n",
    [PORTQRY_SILENT_DNS] = "DNS query timed out\n",

    [PORTQRY_LOG_HEAD] = "PortQry Version 2.0 Log File\n\nSystem Date: %\n\nCommand run:\n portqry%\n\n"
        "Local computer name:\n\n %\n",
    [PORTQRY_LOG_END] = "\n========= end of log file =========\n",
    [PORTQRY_LOG_THERE] = OURS "The log file % exists. Overwrite it? (y/n) ",
    [PORTQRY_SYSTEM_DATE] = "System Date: %\n",

    [PORTQRY_MAPPINGS] = "\nTCP/UDP Port to Process Mappings\n\n% mappings found\n\n",
    [PORTQRY_STATISTICS] = "Port Statistics\n\n",
    [PORTQRY_BY_PROCESS] = "\nPort and Module Information by Process\n\n"
        "Note: restrictions applied to some processes may\n"
        "prevent Portqry from accessing more information\n\n"
        "For best results run Portqry in the context of\nthe local administrator\n",
    [PORTQRY_PROCESS] = "\n======================================================\n\nProcess ID: %%%%\n\n",
    [PORTQRY_SERVICE] = "Service Name: %\nDisplay Name: %\n",
    [PORTQRY_SERVICE_SHARED] = "Service Type: shares a process with other services\n",
    [PORTQRY_SERVICE_OWN] = "Service Type: runs in its own process\n",
    [PORTQRY_NO_SERVICE] = "Process doesn't appear to be a service\n\n",
    [PORTQRY_MODULES] = "\nLoaded modules:\n",
    [PORTQRY_MODULE] = "% (0x%)\n",
    [PORTQRY_NO_MODULES] = "\nCould not access module information for this process\n",
    [PORTQRY_WATCHING_PORT] = "\nWatching port: %\n\n",
    [PORTQRY_WATCHING_PID] = "\nWatching PID: %\n\n",
    [PORTQRY_CHECKING] = "Checking for changes every % seconds\n\n",
    [PORTQRY_VERBOSE] = "verbose output requested\n\n",
    [PORTQRY_SAMPLE] = "============\nSystem Date: %\n",
    [PORTQRY_NOTHING] = OURS "\nNo process has a port of it\n",
    [PORTQRY_STOPPED_PORT] = "\n%: stopped watching port %\n",
    [PORTQRY_STOPPED_PID] = "\n%: stopped watching PID %\n",
    [PORTQRY_ESCAPE] = "escape key pressed",
    [PORTQRY_CTRL_C] = OURS "interrupted",

    [PORTQRY_WELCOME] = "Portqry Interactive Mode\n\nType 'help' for a list of commands\n\n",
    [PORTQRY_NODE] = "Default Node: %\n\n",
    [PORTQRY_VALUES] = "Current option values:\n   end port= %\n   protocol= %\n   source port= %%\n",
    [PORTQRY_EPHEMERAL_PORT] = " (ephemeral)",
    [PORTQRY_ALL_VALUES] = OURS "   community name= %\n   reverse name lookup= %\n   slow link delay= %\n",
    [PORTQRY_PROMPT] = ">",
    [PORTQRY_RESOLVING] = "resolving service name using local services file...\n",
    [PORTQRY_RESOLVED] = "% port resolved to the '%' service\n\n",
    [PORTQRY_NOT_RESOLVED] = OURS "% port not resolved to a service\n\n",
    [PORTQRY_COMMANDS] = OURS
        "node NAME (n)       host to query\n"
        "query (q)           query it with the current options\n"
        "q SHORTCUT          dns ftp imap ipsec isa ldap l2tp mail pop3 rpc smtp snmp\n"
        "                    sql tftp\n"
        "set all             show the options\n"
        "set port=N (e)      port to query\n"
        "set sport=N (sp)    port to query from; 0: any\n"
        "set protocol=P (p)  tcp, udp or both\n"
        "set cn=NAME         SNMP community\n"
        "set nr              look names of addresses up, or do not\n"
        "set sl              slow link: wait twice as long for UDP, or do not\n"
        "exit                leave\n\n",
    [PORTQRY_BAD_COMMAND] = OURS "There is no command '%'. Type 'help' for a list of commands\n\n",
    [PORTQRY_BAD_VALUE] = OURS "'%' cannot be set so. Type 'help' for a list of commands\n\n",

    [PORTQRY_EMPTY] = "\n",
    [PORTQRY_USAGE] = OURS
        "portqry -n NAME [-p tcp|udp|both] [-e PORT | -o PORT,PORT | -r FIRST:LAST]\n"
        "        [-sp PORT] [-cn !COMMUNITY!] [-nr] [-sl] [-l FILE [-y]] [-q]\n"
        "portqry -local | -wport PORT | -wpid PID [-wt SECONDS] [-l FILE [-y]] [-v]\n"
        "portqry -i [-n NAME] [-p tcp|udp|both] [-e PORT] [-sp PORT]\n\n"
        "As PortQry 2.0: TCP and port 80 where nothing is said. Returns 0: LISTENING;\n"
        "1: NOT LISTENING; 2: LISTENING or FILTERED, or FILTERED; 99: nothing was queried.\n"
        "The slashes of version 1 are understood, where /i is -nr and /s is -sl.\n",
};
/* clang-format on */

bool portqry_word_is_known(enum portqry_word word)
{
    return words[word][0] != OURS[0];
}

const char *portqry_word_text(enum portqry_word word)
{
    return words[word] + (portqry_word_is_known(word) ? 0 : 1);
}

/* What a terminal would act upon is shown as an escape; lines are kept. */
static void add_argument(struct text *text, const char *argument)
{
    for (;;) {
        size_t size = strcspn(argument, "\n");

        text_add_visible(text, argument, size);
        if (argument[size] == '\0') {
            return;
        }
        text_add_char(text, '\n');
        argument += size + 1;
    }
}

void portqry_add_words(struct text *text, enum portqry_word word, const char *const *arguments)
{
    for (const char *at = portqry_word_text(word); *at != '\0'; at++) {
        if (*at == '%') {
            add_argument(text, *arguments++);
        } else {
            text_add_char(text, *at);
        }
    }
}
