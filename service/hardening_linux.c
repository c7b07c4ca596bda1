/* SPDX-License-Identifier: MIT */

#include "service/hardening.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/file.h"

enum { STATUS_SIZE = 1 << 16 };

void hardening_apply(void)
{
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void hardening_forbid_dynamic_code(void)
{
}

/* Lines of /proc/PID/status: proc(5). */
static const struct {
    const char *line;
    const char *name;
} lines[] = {
    {"\nNoNewPrivs:\t1\n", "no privileges by exec"},
    {"\nSeccomp:\t2\n", "system calls filtered"},
};

static void add_lines(struct text *text, const char *status)
{
    size_t before = text->size;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (strstr(status, lines[i].line) != NULL) {
            text_add(text, text->size > before ? ", " : "");
            text_add(text, lines[i].name);
        }
    }
    if (text->size == before) {
        text_add(text, "none");
    }
}

bool hardening_describe(uint32_t pid, struct text *text)
{
    struct text status = {0};
    struct failure ignored;
    char path[64];
    bool told;

    snprintf(path, sizeof(path), "/proc/%lu/status", (unsigned long)pid);
    told = file_read(&status, path, STATUS_SIZE, &ignored);
    if (told) {
        add_lines(text, text_bytes(&status));
    }
    text_clear(&status);
    return told;
}
