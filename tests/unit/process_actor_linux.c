/* SPDX-License-Identifier: MIT */

/*
 * A process that makes itself as a test wants to see it:
 *
 *     process_actor load LIBRARY name ghost
 *
 * It does what its words say, writes a byte to standard output, and waits. By
 * each line on standard input it does one thing more and writes a byte again;
 * it ends with its input. Words that are nothing to do are there to be seen.
 * The program that is linked statically has nothing to load with.
 */

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef WITHOUT_LINKER
#include <dlfcn.h>
#include <link.h>
#endif

enum { MAPPED_SIZE = 4096 };

static char **arguments;

static void require(int done, const char *what)
{
    if (!done) {
        perror(what);
        exit(EXIT_FAILURE);
    }
}

#ifndef WITHOUT_LINKER
static struct link_map *last_loaded;

static void do_load(const char *word)
{
    void *library = dlopen(word, RTLD_NOW);

    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(EXIT_FAILURE);
    }
    require(dlinfo(library, RTLD_DI_LINKMAP, &last_loaded) == 0, "dlinfo");
}

/* Lies about what was loaded last. */
static void do_call_it(const char *word)
{
    last_loaded->l_name = (char *)word;
}

static void do_hide_it(const char *word)
{
    (void)word;
    last_loaded->l_prev->l_next = last_loaded->l_next;
}

/* Makes a circle of the linker's list. */
static void do_circle(const char *word)
{
    (void)word;
    last_loaded->l_next = last_loaded;
}
#endif

static void say_done(void)
{
    require(write(STDOUT_FILENO, "!", 1) == 1, "write");
}

/* Whether a `stat` of /proc has the letter of a zombie behind the name. */
static bool has_ended(const char *path)
{
    char line[512] = "";
    FILE *file = fopen(path, "r");
    const char *close;

    require(file != NULL && fgets(line, sizeof(line), file) != NULL, path);
    fclose(file);
    close = strrchr(line, ')');
    return close != NULL && close[2] == 'Z';
}

static void do_map(const char *word)
{
    int file = open(word, O_RDONLY | O_CLOEXEC);

    require(file >= 0, word);
    require(mmap(NULL, MAPPED_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) != MAP_FAILED,
            "mmap");
    close(file);
}

static void do_name(const char *word)
{
    require(prctl(PR_SET_NAME, word, 0, 0, 0) == 0, "prctl");
}

/* As setproctitle() does: over all of the arguments, and with no 0 at their end. */
static void do_title(const char *word)
{
    char *end = arguments[0];
    char *title = strdup(word); /* which is one of the arguments */
    size_t size;

    if (title == NULL || end == NULL) {
        exit(EXIT_FAILURE);
    }
    for (int i = 0; arguments[i] != NULL; i++) {
        end = arguments[i] + strlen(arguments[i]) + 1;
    }
    size = (size_t)(end - arguments[0]);
    memset(arguments[0], ' ', size);
    memcpy(arguments[0], title, strlen(title) < size ? strlen(title) : size);
    free(title);
}

static void do_user(const char *word)
{
    uid_t user = (uid_t)strtoul(word, NULL, 10);

    require(setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0, "setresuid");
}

static void do_root(const char *word)
{
    require(chroot(word) == 0, "chroot");
}

/* Mounts of its own, of which one shows the folder `source` as the folder `word`. */
static void do_mounts(const char *word)
{
    require(unshare(CLONE_NEWNS) == 0, "unshare");
    require(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "mount");
    require(mount("source", word, NULL, MS_BIND, NULL) == 0, "mount --bind");
}

static int serve(void);

static void *go_on(void *nothing)
{
    char path[64];

    (void)nothing;
    snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", (long)getpid());
    while (!has_ended(path)) {
        sched_yield();
    }
    say_done();
    exit(serve());
}

/* The first thread ends, and another one goes on in its place. */
static void do_behead(const char *word)
{
    pthread_t thread;

    (void)word;
    require(pthread_create(&thread, NULL, go_on, NULL) == 0, "pthread_create");
    pthread_exit(NULL);
}

static void do_exec(const char *word)
{
    (void)word;
    execl("/proc/self/exe", "again", (char *)NULL);
    require(0, "exec");
}

static const struct act {
    const char *name; /* NULL ends the table */
    void (*run)(const char *word);
} acts[] = {
#ifndef WITHOUT_LINKER
    {"load", do_load}, {"call-it", do_call_it}, {"hide-it", do_hide_it}, {"circle", do_circle},
#endif
    {"map", do_map},   {"name", do_name},       {"title", do_title},     {"user", do_user},
    {"root", do_root}, {"mounts", do_mounts},   {"exec", do_exec},       {"behead", do_behead},
    {NULL, NULL},
};

static const struct act *find_act(const char *name)
{
    const struct act *act = acts;

    while (act->name != NULL && strcmp(act->name, name) != 0) {
        act++;
    }
    return act->name == NULL ? NULL : act;
}

/* "ACT WORD": what comes by a line. */
static void obey(char *line)
{
    char *word = strchr(line, ' ');
    const struct act *act;

    line[strcspn(line, "\n")] = '\0';
    require(word != NULL, "a line without a word");
    *word++ = '\0';
    act = find_act(line);
    require(act != NULL, line);
    act->run(word);
    say_done();
}

static int serve(void)
{
    char line[4096];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        obey(line);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    arguments = argv;
    for (int i = 1; i + 1 < argc; i++) {
        const struct act *act = find_act(argv[i]);

        if (act != NULL) {
            act->run(argv[++i]);
        }
    }
    say_done();
    return serve();
}
