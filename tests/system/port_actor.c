/* SPDX-License-Identifier: MIT */

/*
 * Opens and closes ports as its command line says, so that a test or a
 * demonstration can look on:
 *
 *     port_actor listen door 127.0.0.1 0 accept guest door sleep 500 close door
 *
 * Addresses are 127.0.0.1 and ::1; port 0 is a free one. Every socket has a
 * name, which is said with address and port on standard output as soon as it
 * is there. Files are how it keeps step with whoever looks on: `touch` says
 * that a point was reached, `await` waits until the other side says so.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process_self.h"
#include "base/program.h"
#include "base/thread.h"
#include "tests/support_module.h"
#include "tests/support_net.h"

enum {
    MOST_SOCKETS = 64,
    LOOK_EVERY_MS = 20,
    PATIENCE_MS = 300000, /* an actor whose audience was killed ends by itself */
};

static struct {
    const char *name;
    intptr_t handle;
} sockets[MOST_SOCKETS];
static size_t socket_count;

static struct bell *silence; /* never rung: for waiting */

static void complain(const char *what, const char *word)
{
    fprintf(stderr, "port_actor: %s: %s\n", what, word);
    exit(EXIT_FAILURE);
}

static intptr_t *find(const char *name)
{
    for (size_t i = 0; i < socket_count; i++) {
        if (strcmp(sockets[i].name, name) == 0) {
            return &sockets[i].handle;
        }
    }
    complain("there is no socket of that name", name);
    return NULL;
}

static enum support_family family_of(const char *address)
{
    if (strcmp(address, "127.0.0.1") == 0) {
        return SUPPORT_IPV4;
    }
    if (strcmp(address, "::1") != 0) {
        complain("not an address that this program knows", address);
    }
    return SUPPORT_IPV6;
}

static uint16_t port_of(const char *word)
{
    char *end;
    unsigned long port = strtoul(word, &end, 10);

    if (*word == '\0' || *end != '\0' || port > UINT16_MAX) {
        complain("not a port", word);
    }
    return (uint16_t)port;
}

/* Under Wine the owner of a socket is known only after a call that looks into it. */
static void keep(const char *name, const char *address, intptr_t handle)
{
    if (socket_count == MOST_SOCKETS) {
        complain("too many sockets", name);
    }
    support_net_prime(handle);
    sockets[socket_count].name = name;
    sockets[socket_count++].handle = handle;
    printf("%s %s %u\n", name, address, (unsigned)support_net_port(handle));
}

static void do_listen(char **words)
{
    keep(words[0], words[1], support_net_listen_at(family_of(words[1]), port_of(words[2])));
}

static void do_udp(char **words)
{
    keep(words[0], words[1], support_net_bind_udp_at(family_of(words[1]), port_of(words[2])));
}

static void do_connect(char **words)
{
    keep(words[0], words[1], support_net_connect(family_of(words[1]), port_of(words[2])));
}

static void do_accept(char **words)
{
    keep(words[0], words[1], support_net_accept(*find(words[1])));
}

static void do_close(char **words)
{
    intptr_t *handle = find(words[0]);

    support_net_close(*handle);
    *handle = SUPPORT_NET_NONE;
}

static void do_sleep(char **words)
{
    (void)bell_wait(silence, (int64_t)strtoul(words[0], NULL, 10));
}

static void do_load(char **words)
{
    if (!support_load_module(words[0])) {
        complain("cannot load", words[0]);
    }
}

static void do_touch(char **words)
{
    struct failure why;
    FILE *file = file_open(words[0], "w", &why);

    if (file == NULL) {
        complain("cannot make the file", why.text);
    }
    fclose(file);
}

static void do_await(char **words)
{
    int64_t end = clock_steady() + PATIENCE_MS;

    while (!file_exists(words[0])) {
        if (clock_steady() > end) {
            complain("waited in vain for the file", words[0]);
        }
        (void)bell_wait(silence, LOOK_EVERY_MS);
    }
}

static const struct act {
    const char *name; /* NULL ends the table */
    int words;
    void (*run)(char **words);
} acts[] = {
    {"listen", 3, do_listen},   /* NAME ADDRESS PORT */
    {"udp", 3, do_udp},         /* NAME ADDRESS PORT */
    {"connect", 3, do_connect}, /* NAME ADDRESS PORT */
    {"accept", 2, do_accept},   /* NAME LISTENER */
    {"close", 1, do_close},     /* NAME */
    {"sleep", 1, do_sleep},     /* MILLISECONDS */
    {"load", 1, do_load},       /* FILE: as code */
    {"touch", 1, do_touch},     /* FILE */
    {"await", 1, do_await},     /* FILE */
    {NULL, 0, NULL},
};

static const struct act *find_act(const char *name)
{
    for (const struct act *act = acts; act->name != NULL; act++) {
        if (strcmp(act->name, name) == 0) {
            return act;
        }
    }
    complain("not something that this program does", name);
    return NULL;
}

int program_main(int argc, char **argv)
{
    struct failure why;

    support_net_start();
    if (!bell_open(&silence, &why)) {
        complain("cannot wait", why.text);
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("pid %lu\n", (unsigned long)process_self_pid());
    for (int i = 1; i < argc;) {
        const struct act *act = find_act(argv[i]);

        if (argc - i - 1 < act->words) {
            complain("too few words for it", act->name);
        }
        act->run(&argv[i + 1]);
        i += 1 + act->words;
    }
    for (size_t i = 0; i < socket_count; i++) {
        support_net_close(sockets[i].handle);
    }
    bell_close(silence);
    return EXIT_SUCCESS;
}
