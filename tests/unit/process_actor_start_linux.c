/* SPDX-License-Identifier: MIT */

#include "tests/unit/process_actor_start_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/process_stat_linux.h"
#include "tests/support.h"

static void wait_until_done(struct process_actor *actor)
{
    char byte;

    ck_assert_msg(read(actor->string, &byte, 1) == 1, "the actor has ended");
}

/* In the child. */
static void become(int program, int string, char *const *arguments)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a test that is killed leaves nobody behind */
    dup2(string, STDIN_FILENO);
    dup2(string, STDOUT_FILENO);
    fexecve(program, arguments, environ);
    _exit(EXIT_FAILURE);
}

static void read_start(struct process_actor *actor)
{
    struct process_stat stat;
    int folder = process_stat_open_folder((uint32_t)actor->pid);

    ck_assert_int_ge(folder, 0);
    ck_assert(process_stat_read(folder, "stat", &stat));
    close(folder);
    actor->start = stat.start;
}

static void start(struct process_actor *actor, int program, char *const *arguments)
{
    int strings[2];

    ck_assert_int_ge(program, 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, strings), 0);
    actor->pid = fork();
    ck_assert_int_ge(actor->pid, 0);
    if (actor->pid == 0) {
        become(program, strings[1], arguments);
    }
    close(strings[1]);
    close(program);
    actor->string = strings[0];
    wait_until_done(actor);
    read_start(actor);
}

void process_actor_start(struct process_actor *actor, const char *program, char *const *arguments)
{
    start(actor, open(program, O_RDONLY | O_CLOEXEC), arguments);
}

void process_actor_start_memory(struct process_actor *actor, const char *program, const char *name,
                                char *const *arguments)
{
    int memory = memfd_create(name, MFD_CLOEXEC);
    size_t size;
    char *bytes = support_read_file(program, &size);

    ck_assert_int_ge(memory, 0);
    ck_assert_int_eq(write(memory, bytes, size), (ssize_t)size);
    free(bytes);
    start(actor, memory, arguments);
}

void process_actor_tell(struct process_actor *actor, const char *line)
{
    size_t size = strlen(line);

    ck_assert_int_eq(write(actor->string, line, size), (ssize_t)size);
    ck_assert_int_eq(write(actor->string, "\n", 1), 1);
    wait_until_done(actor);
}

void process_actor_kill(struct process_actor *actor)
{
    siginfo_t info;

    kill(actor->pid, SIGKILL);
    while (waitid(P_PID, (id_t)actor->pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
}

void process_actor_end(struct process_actor *actor)
{
    if (actor->pid > 0) {
        kill(actor->pid, SIGKILL);
        waitpid(actor->pid, NULL, 0);
        close(actor->string);
    }
    *actor = (struct process_actor){0};
}
