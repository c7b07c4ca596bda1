/* SPDX-License-Identifier: MIT */

#include "tests/unit/cli_run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/program.h"
#include "base/text.h"
#include "tests/unit/console_fake.h"

enum { WORDS_MAX = 32 };

int cli_run(const char *line)
{
    char name[] = "portledger";
    char *words[WORDS_MAX + 2] = {name};
    char *copy = text_copy(line);
    char *next = copy;
    int count = 1;
    int status;

    ck_assert_ptr_nonnull(copy);
    while (next != NULL && *next != '\0') {
        ck_assert_int_lt(count, WORDS_MAX);
        words[count++] = next;
        next = strchr(next, ' ');
        if (next != NULL) {
            *next++ = '\0';
        }
    }
    text_reset(&console_fake.out);
    text_reset(&console_fake.error);
    status = program_main(count, words);
    free(copy);
    return status;
}

const char *cli_out(void)
{
    return text_bytes(&console_fake.out);
}

const char *cli_error(void)
{
    return text_bytes(&console_fake.error);
}
