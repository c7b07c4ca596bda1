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

/* The first failure counts. */
static void fail(struct portqry_page *page, const struct failure *why)
{
    if (!page->failed) {
        page->failed = true;
        page->why = *why;
    }
}

/* With the line ends of this system. */
static void convert(struct text *text, const char *lines)
{
    while (*lines != '\0') {
        size_t size = strcspn(lines, "\n");

        text_add_bytes(text, lines, size);
        lines += size;
        if (*lines == '\n') {
            text_add(text, line_end);
            lines++;
        }
    }
}

static void write_log(struct portqry_page *page, const struct text *text)
{
    struct failure why;

    if (page->log != NULL && (fwrite(text_bytes(text), 1, text->size, page->log) != text->size ||
                              fflush(page->log) != 0)) {
        (void)FAIL(&why, FAILURE_SYSTEM, errno, "cannot write to the log file");
        fail(page, &why);
    }
}

static void write_screen(struct portqry_page *page, const struct text *text)
{
    struct failure why;

    if (!console_write(CONSOLE_OUT, text_bytes(text), text->size, &why) ||
        !console_flush(CONSOLE_OUT, &why)) {
        fail(page, &why);
    }
}

/* The log comes first: it has what was said also where nobody reads the screen any more. */
static void write_lines(struct portqry_page *page, const struct text *lines, bool to_screen)
{
    struct text text = {0};
    struct failure why;

    convert(&text, text_bytes(lines));
    if (!text_ok(lines, &why) || !text_ok(&text, &why)) {
        fail(page, &why);
    } else {
        write_log(page, &text);
    }
    if (to_screen && !page->failed) {
        write_screen(page, &text);
    }
    text_clear(&text);
}

void portqry_say_text(struct portqry_page *page, const struct text *text)
{
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

/* A log gets its end also where something else has failed. */
static void end_log(struct portqry_page *page)
{
    struct failure why;

    text_reset(&page->made);
    portqry_add_words(&page->made, PORTQRY_LOG_END, NULL);
    write_lines(page, &page->made, false);
    if (fclose(page->log) != 0 && !page->failed) {
        (void)FAIL(&why, FAILURE_SYSTEM, errno, "cannot write to the log file");
        fail(page, &why);
    }
    page->log = NULL;
}

bool portqry_page_end(struct portqry_page *page, struct failure *why)
{
    if (page->log != NULL) {
        end_log(page);
    }
    text_clear(&page->made);
    *why = page->why;
    return !page->failed;
}
