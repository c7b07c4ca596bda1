/* SPDX-License-Identifier: MIT */

#include "reportcli/plugin_line.h"

#include <inttypes.h>
#include <string.h>

#include "base/console.h"
#include "probes/expectation.h"
#include "probes/outcome.h"
#include "reportcli/job_records.h"

static void add_port(struct text *text, const struct probe_pair_sum *pair)
{
    text_add_visible(text, pair->host, strlen(pair->host));
    text_addf(text, ":%u/%s", pair->port, pair->transport == PROBE_TCP ? "tcp" : "udp");
}

/* What is read as a label may hold neither ' nor = nor |. */
static void add_performance(struct plugin_line *line, const struct probe_pair_sum *pair,
                            bool with_job)
{
    struct text *text = &line->performance;
    size_t before = text->size;

    if (pair->figure.median < 0 || line->performances++ >= PLUGIN_PERFORMANCES) {
        return;
    }
    text_add(text, " '");
    if (with_job) {
        text_add_visible(text, pair->job, strlen(pair->job));
        text_add_char(text, '/');
    }
    add_port(text, pair);
    for (size_t i = before + 2; i < text->size; i++) {
        char *c = &text->bytes[i];

        if (*c == '\'' || *c == '=' || *c == '|') {
            *c = '_';
        }
    }
    text_addf(text, "'=%" PRId64 "us", pair->figure.median);
}

/* What stands behind a | would be read as labels: a reason may come from outside. */
static void add_words(struct text *text, const char *words)
{
    size_t before = text->size;

    text_add_visible(text, words, strlen(words));
    for (size_t i = before; i < text->size; i++) {
        if (text->bytes[i] == '|') {
            text->bytes[i] = '_';
        }
    }
}

static void note_first(struct plugin_line *line, const struct probe_pair_sum *pair)
{
    bool failed = pair->now.judgement == EXPECTATION_NOT_HELD;

    if (pair->now.judgement == EXPECTATION_HELD || line->has_failed ||
        (line->first.size > 0 && !failed)) {
        return;
    }
    text_reset(&line->first);
    line->has_failed = failed;
    add_words(&line->first, pair->host);
    text_addf(&line->first, ":%u/%s ", pair->port, pair->transport == PROBE_TCP ? "tcp" : "udp");
    if (pair->now.status == PROBE_STATUS_GONE) {
        text_add(&line->first, "is not known any more");
        return;
    }
    text_addf(&line->first, "%s (", probe_status_name(pair->now.status));
    reach_add_cause(&line->first, &pair->now);
    text_add_char(&line->first, ')');
    if (pair->now.detail != NULL) {
        text_add(&line->first, ", ");
        add_words(&line->first, pair->now.detail);
    }
}

void plugin_line_add(struct plugin_line *line, const struct probe_pair_sum *pair, bool with_job)
{
    note_first(line, pair);
    add_performance(line, pair, with_job);
}

static int64_t count_all(const struct verdict *verdict)
{
    return verdict->held + verdict->not_held + verdict->undecided;
}

enum plugin_status plugin_line_status(const struct verdict *verdict)
{
    if (count_all(verdict) == 0) {
        return PLUGIN_UNKNOWN;
    }
    if (verdict->not_held > 0) {
        return PLUGIN_CRITICAL;
    }
    return verdict->undecided > 0 || verdict->stale > 0 ? PLUGIN_WARNING : PLUGIN_OK;
}

static void add_ports(struct text *out, const struct plugin_line *line,
                      const struct verdict *verdict)
{
    if (count_all(verdict) == 0) {
        text_add(out, "nothing was asked in this time");
        return;
    }
    text_addf(out, "%" PRId64 " of %" PRId64 " ports as expected%s%s", verdict->held,
              count_all(verdict), line->first.size > 0 ? ": " : "", text_bytes(&line->first));
}

bool plugin_line_print(const struct plugin_line *line, const struct verdict *verdict,
                       struct failure *why)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    struct text out = {0};
    bool done;

    text_addf(&out, "PORTLEDGER %s - ", words[plugin_line_status(verdict)]);
    add_ports(&out, line, verdict);
    if (line->jobs.size > 0) {
        text_add(&out, "; ");
        add_words(&out, text_bytes(&line->jobs));
    }
    if (verdict->skipped > 0) {
        text_addf(&out, "; %" PRId64 " %s skipped for maintenance", verdict->skipped,
                  verdict->skipped == 1 ? "run was" : "runs were");
    }
    if (verdict->missed > 0) {
        text_addf(&out, "; %" PRId64 " %s missed", verdict->missed,
                  verdict->missed == 1 ? "run was" : "runs were");
        if (line->missed.size > 0) {
            text_add(&out, " (");
            add_words(&out, text_bytes(&line->missed));
            text_add_char(&out, ')');
        }
    }
    text_addf(&out,
              " | held=%" PRId64 " not_held=%" PRId64 " undecided=%" PRId64 " missed=%" PRId64
              "%s\n",
              verdict->held, verdict->not_held, verdict->undecided, verdict->missed,
              text_bytes(&line->performance));
    done = text_ok(&out, why) && console_write(CONSOLE_OUT, text_bytes(&out), out.size, why) &&
           console_flush(CONSOLE_OUT, why);
    text_clear(&out);
    return done;
}

void plugin_line_print_unknown(const struct failure *reason)
{
    struct text out = {0};
    struct failure why;

    text_add(&out, "PORTLEDGER UNKNOWN - ");
    add_words(&out, reason->text);
    text_add_char(&out, '\n');
    if (!console_write(CONSOLE_OUT, text_bytes(&out), out.size, &why) ||
        !console_flush(CONSOLE_OUT, &why)) {
        /* The status says it too. */
    }
    text_clear(&out);
}

void plugin_line_clear(struct plugin_line *line)
{
    text_clear(&line->first);
    text_clear(&line->jobs);
    text_clear(&line->missed);
    text_clear(&line->performance);
}
