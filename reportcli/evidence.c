/* SPDX-License-Identifier: MIT */

#include "reportcli/evidence.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/machine.h"
#include "base/sha256_file.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/version.h"
#include "base/zip_file.h"
#include "reportcli/json_text.h"
#include "reportcli/verify_words.h"
#include "store/ledger_about.h"
#include "store/ledger_coverage.h"
#include "store/ledger_query.h"

static const char ledger_name[] = "ledger.db";

static const char readme[] =
    "This is a ledger of portledger: the record of which process held which\n"
    "TCP and UDP port of a machine, and when.\n"
    "\n"
    "ledger.db      a copy of the ledger as it was at one moment (SQLite 3)\n"
    "manifest.json  which machine, which ledger, what was watched and what was not\n"
    "SHA256SUMS     the hashes of all other files in here\n"
    "\n"
    "To check that nothing was changed since:\n"
    "\n"
    "  Linux     sha256sum --check SHA256SUMS\n"
    "  Windows   CertUtil -hashfile ledger.db SHA256\n"
    "            (and so on; compare with SHA256SUMS)\n"
    "\n"
    "The hash of the ZIP file itself was printed when it was made. Keep it\n"
    "elsewhere: whoever can change the files in here can change SHA256SUMS, too.\n"
    "\n"
    "Whether the ledger itself was changed before it was copied, by its first key:\n"
    "\n"
    "  portledger --ledger ledger.db verify --key FILE\n"
    "\n"
    "To ask it:  portledger --ledger ledger.db history --port 443\n"
    "Times in manifest.json are UTC.\n";

/* Where the manifest's lists come from. */
static const struct {
    enum ledger_about which;
    const char *name;
} lists[] = {
    {LEDGER_ABOUT_BOOTS, "boots"},
    {LEDGER_ABOUT_RUNS, "runs"},
    {LEDGER_ABOUT_SETTINGS, "settings"},
    {LEDGER_ABOUT_ZONE_OFFSETS, "zone_offsets"},
};

static void add_text(struct text *json, const char *name, const char *value)
{
    text_addf(json, "\"%s\":", name);
    json_add_string(json, value);
}

/* 0 stands for a time that is not known. */
static void add_time(struct text *json, const char *name, int64_t at)
{
    text_addf(json, "\"%s\":", name);
    if (at == 0) {
        text_add(json, "null");
        return;
    }
    text_add_char(json, '"');
    time_text_add_rfc3339(json, at, TIME_ZONE_UTC);
    text_add_char(json, '"');
}

static void add_number(struct text *json, const char *name, int64_t number)
{
    text_addf(json, "\"%s\":%" PRId64, name, number);
}

/* Columns of that name are times everywhere in a ledger. */
static bool is_time(const char *name)
{
    size_t size = strlen(name);

    return strcmp(name, "at") == 0 || (size > 3 && strcmp(name + size - 3, "_at") == 0);
}

static void add_field(struct text *json, const struct ledger_about_field *field)
{
    if (!field->present) {
        text_addf(json, "\"%s\":null", field->name);
    } else if (field->text != NULL) {
        add_text(json, field->name, field->text);
    } else if (is_time(field->name)) {
        add_time(json, field->name, field->number);
    } else {
        add_number(json, field->name, field->number);
    }
}

/* A list of objects under construction. */
struct list {
    struct text *json;
    size_t count;
};

static void begin_object(struct list *list)
{
    text_add(list->json, list->count++ == 0 ? "\n  {" : ",\n  {");
}

static void add_row(void *context, const struct ledger_about_field *fields, size_t count)
{
    struct list *list = context;

    begin_object(list);
    for (size_t i = 0; i < count; i++) {
        text_add(list->json, i == 0 ? "" : ",");
        add_field(list->json, &fields[i]);
    }
    text_add_char(list->json, '}');
}

static bool add_lists(struct text *json, struct ledger *ledger, struct failure *why)
{
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct list list = {.json = json};

        text_addf(json, "\"%s\":[", lists[i].name);
        if (!ledger_walk_about(ledger, lists[i].which, add_row, &list, why)) {
            return false;
        }
        text_add(json, "],\n");
    }
    return true;
}

static void add_coverage(struct text *json, const struct ledger_coverage *coverage)
{
    struct list list = {.json = json};

    text_add(json, "\"coverage\":{");
    add_time(json, "since", coverage->since);
    text_add_char(json, ',');
    add_time(json, "until", coverage->until);
    text_addf(json, ",\"watched_ms\":%" PRId64 ",\"missed\":%" PRId64 ",\"gaps\":[",
              coverage->watched, coverage->missed);
    for (size_t i = 0; i < coverage->gap_count; i++) {
        const struct ledger_coverage_gap *gap = &coverage->gaps[i];

        begin_object(&list);
        add_time(json, "from_at", gap->from_at);
        text_add_char(json, ',');
        add_time(json, "until_at", gap->until_at);
        text_add_char(json, ',');
        add_text(json, "reason", gap->reason);
        text_add_char(json, '}');
    }
    text_add(json, "]},\n");
}

/* From the first sample to the last one: what was watched of that, and what was not. */
static bool read_coverage(struct text *json, const struct evidence *evidence, struct ledger *ledger,
                          const struct ledger_summary *summary, struct failure *why)
{
    struct ledger_coverage coverage = {0};
    struct ledger_coverage_range range = {
        .since = summary->first_sample_at,
        .until = summary->last_sample_at,
        .commit = evidence->commit,
    };
    bool done = range.since > range.until || ledger_coverage_read(&coverage, ledger, &range, why);

    if (done) {
        add_coverage(json, &coverage);
    }
    ledger_coverage_clear(&coverage);
    return done;
}

/* Of the machine on which this runs, which need not be the one that was watched. */
static bool add_maker(struct text *json, const struct evidence *evidence, struct failure *why)
{
    struct machine_facts facts = {0};

    if (!machine_read(&facts, why)) {
        return false;
    }
    text_addf(json, "\"made_by\":\"portledger %s\",", portledger_version);
    add_time(json, "made_at", evidence->made_at);
    text_add(json, ",\"made_on\":{");
    add_text(json, "host", facts.host);
    text_add_char(json, ',');
    add_text(json, "system", facts.system);
    text_add(json, "},\n");
    add_text(json, "copied_from", evidence->source);
    text_add(json, ",\n");
    machine_facts_clear(&facts);
    return true;
}

static void add_summary(struct text *json, const struct evidence *evidence,
                        const struct ledger_summary *summary)
{
    text_add(json, "\"ledger\":{");
    add_text(json, "ledger_id", summary->ledger_id);
    text_add_char(json, ',');
    add_time(json, "created_at", summary->created_at);
    text_add_char(json, ',');
    add_time(json, "first_sample_at", summary->first_sample_at);
    text_add_char(json, ',');
    add_time(json, "last_sample_at", summary->last_sample_at);
    text_addf(json,
              ",\"samples\":%" PRId64 ",\"intervals\":%" PRId64 ",\"processes\":%" PRId64
              ",\"schema_version\":%d,\"command_lines\":%s},\n",
              summary->samples, summary->intervals, summary->processes, summary->schema_version,
              evidence->command_lines ? "true" : "false");
}

/* The hashes of what was packed so far, for the manifest and for SHA256SUMS. */
struct hashes {
    struct text files; /* the manifest's list */
    struct text sums;
};

static void add_hash(struct hashes *hashes, const char *name, int64_t bytes,
                     const uint8_t digest[SHA256_SIZE])
{
    text_add(&hashes->files, hashes->files.size == 0 ? "\n  {" : ",\n  {");
    add_text(&hashes->files, "name", name);
    text_addf(&hashes->files, ",\"bytes\":%" PRId64 ",\"sha256\":\"", bytes);
    sha256_add_hex(&hashes->files, digest);
    text_add(&hashes->files, "\"}");
    sha256_add_hex(&hashes->sums, digest);
    text_addf(&hashes->sums, "  %s\n", name);
}

static bool pack_text(struct zip_file *zip, struct hashes *hashes, const char *name,
                      const char *bytes, size_t size, struct failure *why)
{
    uint8_t digest[SHA256_SIZE];

    if (!sha256_bytes(digest, bytes, size, why) ||
        !zip_file_add_bytes(zip, name, bytes, size, why)) {
        return false;
    }
    add_hash(hashes, name, (int64_t)size, digest);
    return true;
}

static bool pack_ledger(struct zip_file *zip, struct hashes *hashes, const char *path,
                        struct failure *why)
{
    uint8_t digest[SHA256_SIZE];

    if (!sha256_file(digest, path, why) || !zip_file_add_file(zip, ledger_name, path, why)) {
        return false;
    }
    add_hash(hashes, ledger_name, file_size(path), digest);
    return true;
}

/* What does not hold, and what is missing; null where that is nothing. */
static void add_damage(struct text *json, const struct verify_result *result)
{
    bool damaged = result->damaged_seals > 0;
    bool cut = result->cut_before >= 0;

    text_add(json, ",\"damage\":");
    if (damaged) {
        json_add_string(json, verify_damage_word(result->damage));
    } else {
        text_add(json, "null");
    }
    text_add_char(json, ',');
    add_time(json, "damaged_from", damaged ? result->damaged_from : 0);
    text_add_char(json, ',');
    add_time(json, "damaged_until", damaged ? result->damaged_until : 0);
    text_add_char(json, ',');
    add_time(json, "lost_from", cut ? result->lost_from : 0);
    text_add_char(json, ',');
    add_time(json, "lost_until", cut ? result->lost_until : 0);
}

/* The time of the first damage is in there for programs, and in words for people. */
static bool add_verification(struct text *json, const struct evidence *evidence,
                             struct ledger *ledger, struct evidence_verdict *verdict,
                             struct failure *why)
{
    struct verify_plan plan = {.since = 0};
    struct verify_result result;
    struct verify_anchor seal;
    struct text head = {0};
    bool done;

    verify_given_plan(evidence->given, &plan);
    done = ledger_verify(&result, ledger, &plan, why);
    if (done) {
        seal.number = result.newest;
        memcpy(seal.head, result.head, sizeof(seal.head));
        verdict->status = result.status;
        verify_add_finding(&verdict->finding, &result);
        verify_add_anchor(&head, &seal, result.ledger_id);
        text_add(json, "\"verify\":{");
        add_text(json, "status", verify_status_word(result.status));
        text_add_char(json, ',');
        add_text(json, "finding", text_bytes(&verdict->finding));
        text_add_char(json, ',');
        add_text(json, "proven", verify_proven_word(&result));
        text_add_char(json, ',');
        add_time(json, "sealed_from", result.sealed_from);
        text_add_char(json, ',');
        add_time(json, "sealed_until", result.sealed_until);
        text_addf(json,
                  ",\"seals\":%" PRId64 ",\"intervals\":%" PRId64 ",\"newest_seal\":", result.seals,
                  result.intervals);
        json_add_string(json, text_bytes(&head));
        add_damage(json, &result);
        text_add(json, "},\n");
        done = text_ok(&verdict->finding, why) && text_ok(&head, why);
    }
    text_clear(&head);
    return done;
}

static bool make_manifest(struct text *json, const struct evidence *evidence,
                          const struct hashes *hashes, struct evidence_verdict *verdict,
                          struct failure *why)
{
    struct ledger *ledger = NULL;
    struct ledger_summary summary;
    bool done = ledger_open(&ledger, evidence->copy, LEDGER_READ, why) &&
                ledger_summarize(ledger, &summary, why);

    if (done) {
        text_add(json, "{\n");
        done = add_maker(json, evidence, why);
        add_summary(json, evidence, &summary);
        done = done && add_verification(json, evidence, ledger, verdict, why) &&
               add_lists(json, ledger, why) && read_coverage(json, evidence, ledger, &summary, why);
    }
    text_addf(json, "\"files\":[%s]\n}\n", text_bytes(&hashes->files));
    ledger_close(ledger);
    return done && text_ok(&hashes->files, why) && text_ok(json, why);
}

static bool pack(struct zip_file *zip, const struct evidence *evidence, struct hashes *hashes,
                 struct text *json, struct evidence_verdict *verdict, struct failure *why)
{
    return pack_ledger(zip, hashes, evidence->copy, why) &&
           pack_text(zip, hashes, "README.txt", readme, sizeof(readme) - 1, why) &&
           make_manifest(json, evidence, hashes, verdict, why) &&
           pack_text(zip, hashes, "manifest.json", text_bytes(json), json->size, why) &&
           text_ok(&hashes->sums, why) &&
           zip_file_add_bytes(zip, "SHA256SUMS", text_bytes(&hashes->sums), hashes->sums.size,
                              why) &&
           zip_file_finish(zip, why);
}

bool evidence_write(const struct evidence *evidence, const char *path,
                    struct evidence_verdict *verdict, struct failure *why)
{
    struct zip_file *zip = NULL;
    struct hashes hashes = {0};
    struct text json = {0};
    bool done = zip_file_open(&zip, path, evidence->made_at, ZIP_LIMIT, why) &&
                pack(zip, evidence, &hashes, &json, verdict, why);

    zip_file_close(zip);
    text_clear(&json);
    text_clear(&hashes.files);
    text_clear(&hashes.sums);
    return done;
}
