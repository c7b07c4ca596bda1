/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The filters of a command that asks for intervals, as people type them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/image.h"
#include "reportcli/command.h"
#include "store/ledger_query.h"

/* A filter, with what it refers to beside the texts of the command line. */
struct history_filter {
    struct ledger_filter filter;
    uint8_t image[IMAGE_HASH_SIZE];
};

/*
 * Fills *filter, which must stay where it is, from the options below and from
 * --since and --until, which the command has too. FAILURE_USAGE names the
 * option and its forms.
 */
bool history_filter_read(struct history_filter *filter, const struct command_context *context,
                         struct failure *why) NODISCARD;

/* The same without times: for commands that ask for moments. */
bool history_filter_read_facts(struct history_filter *filter, const struct command_context *context,
                               struct failure *why) NODISCARD;

/* Drops the sockets of a snapshot that the filter does not take. */
void history_filter_keep(const struct history_filter *filter, struct snapshot *snapshot);

/*
 * Sockets of a live snapshot whose owner this user may not see, and of which
 * the filter could therefore not tell whether it takes them. 0 for NULL, and
 * where nothing about owners is asked for.
 */
size_t history_filter_hidden(const struct history_filter *filter, const struct snapshot *snapshot);

/* What has to be read of the system for it. False for NULL. */
bool history_filter_asks_modules(const struct history_filter *filter);
bool history_filter_asks_images(const struct history_filter *filter);

/* Milliseconds that are worth to wait for it, where otherwise it is `patience`. */
int64_t history_filter_patience(const struct history_filter *filter, int64_t patience);

/* True where nothing but times is asked for: all sockets pass. */
bool history_filter_is_empty(const struct history_filter *filter);

/* FAILURE_USAGE where the present moment cannot tell what is asked for. */
bool history_filter_check_live(const struct history_filter *filter, struct failure *why) NODISCARD;

enum { HISTORY_FILTER_LAST_PORT = 65535 };

extern const char *const history_filter_protocols[];

/* The rows of a command's option table. */
#define HISTORY_FILTER_OPTIONS                                                                     \
    {.name = "port",                                                                               \
     .kind = OPTION_NUMBER,                                                                        \
     .value = "PORT",                                                                              \
     .help = "Only sockets with this port, local or remote",                                       \
     .minimum = 1,                                                                                 \
     .maximum = HISTORY_FILTER_LAST_PORT},                                                         \
        {.name = "local-port",                                                                     \
         .kind = OPTION_NUMBER,                                                                    \
         .value = "PORT",                                                                          \
         .help = "Only sockets with this local port",                                              \
         .minimum = 1,                                                                             \
         .maximum = HISTORY_FILTER_LAST_PORT},                                                     \
        {.name = "remote-port",                                                                    \
         .kind = OPTION_NUMBER,                                                                    \
         .value = "PORT",                                                                          \
         .help = "Only sockets with this remote port",                                             \
         .minimum = 1,                                                                             \
         .maximum = HISTORY_FILTER_LAST_PORT},                                                     \
        {.name = "address",                                                                        \
         .kind = OPTION_TEXT,                                                                      \
         .value = "ADDRESS",                                                                       \
         .help = "Only sockets with this address, local or remote; 10.0.0.0/8 and 2001:db8::/32 "  \
                 "are all that begin so"},                                                         \
        {.name = "local-address",                                                                  \
         .kind = OPTION_TEXT,                                                                      \
         .value = "ADDRESS",                                                                       \
         .help = "Only sockets with this local address, or one that begins so"},                   \
        {.name = "remote-address",                                                                 \
         .kind = OPTION_TEXT,                                                                      \
         .value = "ADDRESS",                                                                       \
         .help = "Only sockets with this address at the other end, or one that begins so"},        \
        {.name = "pid",                                                                            \
         .kind = OPTION_NUMBER,                                                                    \
         .value = "PID",                                                                           \
         .help = "Only sockets of this process id, whichever process had it",                      \
         .maximum = UINT32_MAX},                                                                   \
        {.name = "instance",                                                                       \
         .kind = OPTION_TEXT,                                                                      \
         .value = "INSTANCE",                                                                      \
         .help = "Only sockets of one run of a program: its number, as in the column instance, "   \
                 "or PID@TIME, the time at which it started"},                                     \
        {.name = "started-since",                                                                  \
         .kind = OPTION_TEXT,                                                                      \
         .value = "TIME",                                                                          \
         .help = "Only sockets of processes that started at this time or later"},                  \
        {.name = "started-before",                                                                 \
         .kind = OPTION_TEXT,                                                                      \
         .value = "TIME",                                                                          \
         .help = "Only sockets of processes that started before this time"},                       \
        {.name = "process",                                                                        \
         .kind = OPTION_TEXT,                                                                      \
         .value = "NAME",                                                                          \
         .help = "Only sockets of programs of this name, as in svchost.exe; a name that "          \
                 "Linux cut off (15 bytes) is found by either form"},                              \
        {.name = "path",                                                                           \
         .kind = OPTION_TEXT,                                                                      \
         .value = "PATTERN",                                                                       \
         .help = "Only sockets of programs whose whole path is like this: * is anything, ? one "   \
                 "character; case does not count"},                                                \
        {.name = "image",                                                                          \
         .kind = OPTION_TEXT,                                                                      \
         .value = "SHA256",                                                                        \
         .help = "Only sockets of programs whose file has this SHA-256, 64 hexadecimal digits"},   \
        {.name = "user",                                                                           \
         .kind = OPTION_TEXT,                                                                      \
         .value = "USER",                                                                          \
         .help = "Only sockets of processes of this account: its id, or its name with or without " \
                 "the domain"},                                                                    \
        {.name = "service",                                                                        \
         .kind = OPTION_TEXT,                                                                      \
         .value = "NAME",                                                                          \
         .help = "Only sockets of this service, also where it is one of several"},                 \
        {.name = "module",                                                                         \
         .kind = OPTION_TEXT,                                                                      \
         .value = "PATTERN",                                                                       \
         .help = "Only sockets of processes that had a file like this loaded, at whatever time "   \
                 "of their life; as in --path"},                                                   \
        {.name = "protocol",                                                                       \
         .kind = OPTION_CHOICE,                                                                    \
         .value = "PROTOCOL",                                                                      \
         .choices = history_filter_protocols,                                                      \
         .help = "Only tcp or only udp"},                                                          \
    {                                                                                              \
        .name = "state", .kind = OPTION_TEXT, .value = "STATE",                                    \
        .help = "Only sockets in this state, as in listening or time-wait"                         \
    }
