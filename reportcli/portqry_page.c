/* SPDX-License-Identifier: MIT */

#include "reportcli/portqry_page.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/console_keys.h"
#include "base/console_line.h"
#include "base/file.h"
#include "base/line_end.h"
#include "base/machine.h"
#include "base/time_text.h"
#include "base/zone.h"
#include "reportcli/portqry_options.h"

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
    DATE_SIZE = 19, /* of RFC 3339, up to the seconds */
};

static void fail(struct portqry_page *page, const struct failure *why)
{
    page->failed = true;
    page->why = *why;
}

static void write_all(struct portqry_page *page, const char *bytes, size_t size, bool to_screen)
{
    struct failure why;

    if (to_screen && !console_write(CONSOLE_OUT, bytes, size, &why)) {
        fail(page, &why);
    } else if (page->log != NULL && fwrite(bytes, 1, size, page->log) != size) {
        (void)FAIL(&why, FAILURE_SYSTEM, errno, "cannot write to the log file");
        fail(page, &why);
    }
}

static void write_lines(struct portqry_page *page, const struct text *text, bool to_screen)
{
    const char *at = text_bytes(text);
    struct failure why;

    while (*at != '\0' && !page->failed) {
        size_t size = strcspn(at, "\n");

        write_all(page, at, size, to_screen);
        at += size;
        if (*at == '\n') {
            write_all(page, line_end, strlen(line_end), to_screen);
            at++;
        }
    }
    if (!page->failed && !console_flush(CONSOLE_OUT, &why)) {
        fail(page, &why);
    }
    if (!page->failed && page->log != NULL && fflush(page->log) != 0) {
        (void)FAIL(&why, FAILURE_SYSTEM, errno, "cannot write to the log file");
        fail(page, &why);
    }
}

void portqry_say_text(struct portqry_page *page, const struct text *text)
{
    struct failure why;

    if (!page->failed && !text_ok(text, &why)) {
        fail(page, &why);
    }
    if (!page->failed) {
        write_lines(page, text, !page->quiet);
    }
}

void portqry_say(struct portqry_page *page, enum portqry_word word, const char *const *arguments)
{
    text_reset(&page->made);
    portqry_add_words(&page->made, word, arguments);
    portqry_say_text(page, &page->made);
}

void portqry_say_error(struct portqry_page *page, enum portqry_word word,
                       const char *const *arguments)
{
    bool quiet = page->quiet;

    page->quiet = false;
    portqry_say(page, word, arguments);
    page->quiet = quiet;
}

/* As ctime() of the C library writes it. */
void portqry_page_add_date(struct text *text, int64_t at)
{
    static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t shown = at + (int64_t)zone_offset(at) * 1000;
    struct text form = {0};
    const char *date;

    time_text_add_rfc3339(&form, at, TIME_ZONE_LOCAL); /* 2021-09-16T10:35:03.000+02:00 */
    date = text_bytes(&form);
    if (form.size > DATE_SIZE) {
        int month = (date[5] - '0') * 10 + date[6] - '1';

        text_addf(text, "%.3s %.3s %.2s %.8s %.4s", days + shown / DAY_MS % 7 * 3,
                  months + (ptrdiff_t)month * 3, date + 8, date + 11, date);
    }
    text_clear(&form);
}

/* A file that is there may be replaced. */
static bool may_replace(struct portqry_page *page, const struct portqry_options *options)
{
    struct text answer = {0};
    bool yes;

    if (options->overwrite || options->quiet) {
        return true;
    }
    if (!console_has_reader()) {
        return false;
    }
    portqry_say(page, PORTQRY_LOG_THERE, (const char *const[]){options->log});
    yes = console_read_line(&answer) && text_starts_fold(text_bytes(&answer), "y");
    text_clear(&answer);
    return yes;
}

static bool open_log(struct portqry_page *page, const struct portqry_options *options,
                     struct failure *why)
{
    const char *path = options->log;

    if (file_exists(path) && !may_replace(page, options)) {
        return FAIL(why, FAILURE_USAGE, 0, "%s exists, and is left as it is; -y overwrites it",
                    path);
    }
    page->log = file_open(path, "w", why);
    return page->log != NULL;
}

static void add_words_of_call(struct text *text, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        text_addf(text, strpbrk(argv[i], " \t") != NULL ? " \"%s\"" : " %s", argv[i]);
    }
}

/* The head is of the log alone. */
static bool say_head(struct portqry_page *page, int argc, char **argv, struct failure *why)
{
    struct machine_facts facts = {0};
    struct text call = {0};
    struct text date = {0};
    bool quiet = page->quiet;

    add_words_of_call(&call, argc, argv);
    portqry_page_add_date(&date, clock_now());
    if (machine_read(&facts, why)) {
        page->quiet = true;
        portqry_say(page, PORTQRY_LOG_HEAD,
                    (const char *const[]){text_bytes(&date), text_bytes(&call), facts.host});
        page->quiet = quiet;
        *why = page->why;
    } else {
        page->failed = true;
    }
    machine_facts_clear(&facts);
    text_clear(&call);
    text_clear(&date);
    return !page->failed;
}

bool portqry_page_begin_log(struct portqry_page *page, const struct portqry_options *options,
                            int argc, char **argv, struct failure *why)
{
    return options->log == NULL ||
           (open_log(page, options, why) && say_head(page, argc, argv, why));
}

bool portqry_page_end(struct portqry_page *page, struct failure *why)
{
    bool done;

    if (page->log != NULL) {
        page->quiet = true;
        portqry_say(page, PORTQRY_LOG_END, NULL);
        if (fclose(page->log) != 0 && !page->failed) {
            (void)FAIL(&page->why, FAILURE_SYSTEM, errno, "cannot write to the log file");
            page->failed = true;
        }
        page->log = NULL;
    }
    done = !page->failed;
    *why = page->why;
    text_clear(&page->made);
    return done;
}
