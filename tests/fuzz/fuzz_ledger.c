/* SPDX-License-Identifier: MIT */

/*
 * Ledgers from anybody: a sound one, made by our own writer, with edits. The
 * input is a list of them, five bytes each: a place (three bytes, the lowest
 * first), what to do there, and a value. Whatever is asked of the result gives
 * an answer or a failure, and comes to an end.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "collector/snapshot.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "store/verify.h"

static const char path[] = "fuzz_ledger.db";

enum {
    PAGE = 4096,
    LARGEST = 1 << 20,
    SAMPLES = 30,
    SOCKETS = 16, /* each with a process of its own */
    GAP_EVERY = 10,
    EDIT_SIZE = 5,
    MOST_EDITS = 64,
    MOST_VISITS = 1000000, /* far more than rows fit into the file */
    START = 1700000000,    /* seconds */
};

static uint8_t sound[LARGEST];
static uint8_t edited[LARGEST];
static size_t sound_size;

static void must(bool ok, const struct failure *why)
{
    if (!ok) {
        puts(why->text);
        abort();
    }
}

/* A process with an account, a program and a module. Every fifth sample it is another one. */
static uint32_t add_process(struct snapshot *snapshot, int sample, uint32_t number)
{
    struct failure why;
    struct image program = {.path = "/opt/a.exe", .seen_as = IMAGE_READ};
    struct image library = {.path = "/opt/library.dll", .seen_as = IMAGE_READ};
    struct module module = {.image = image_make(&library), .base = 4096, .size = 8192};
    struct module_list modules = {.access = MODULES_READ, .count = 1, .modules = &module};
    struct process_instance fields = {
        .pid = number * 4,
        .parent_pid = 4,
        .start = (uint64_t)(sample / 5 + 1) * 10 + number,
        .started_at = START * INT64_C(1000),
        .access = PROCESS_OPENED,
        .name = number % 2 == 0 ? "a.exe" : "b.exe",
        .path = "/opt/a.exe",
        .command_line = "a.exe --run",
        .user = account_make("S-1-5-18"),
        .image = image_make(&program),
        .modules = module_list_make(&modules),
    };
    const struct process_instance *instance = process_instance_make(&fields);
    uint32_t index = 0;

    must(instance != NULL && snapshot_add_process(snapshot, instance, &index, &why), &why);
    process_instance_release(instance);
    module_list_release(fields.modules);
    image_release(fields.image);
    image_release(module.image);
    account_release(fields.user);
    return index;
}

static void add_socket(struct snapshot *snapshot, int sample, uint32_t number, uint32_t owner)
{
    struct failure why;
    struct socket_row row = {
        .protocol = number % 5 == 0 ? SOCKET_UDP : SOCKET_TCP,
        .state = number % 5 == 0 ? SOCKET_STATELESS : SOCKET_ESTABLISHED,
        .local = {.address = {127, 0, 0, 1}, .address_size = 4, .port = (uint16_t)(80 + number)},
        .remote = {.address = {10, 0, 0, 1}, .address_size = 4, .port = 443},
        .owner = owner,
        .attribution = ATTRIBUTION_EXACT,
    };

    if (number % 3 == 0) { /* another one in each sample */
        row.remote.port = (uint16_t)(5000 + sample);
    }
    must(snapshot_add_service(snapshot, number % 2 == 0 ? "Dnscache" : "BFE, mpssvc",
                              number % 2 == 0 ? SERVICE_BY_TAG : SERVICE_ONE_OF, &row.service,
                              &why) &&
             snapshot_add_socket(snapshot, &row, &why),
         &why);
}

static void fill(struct snapshot *snapshot, int sample, int64_t at)
{
    snapshot_reset(snapshot);
    snapshot->taken_at = snapshot->steady_at = snapshot->awake_at = at;
    for (uint32_t number = 1; number <= SOCKETS; number++) {
        add_socket(snapshot, sample, number, add_process(snapshot, sample, number));
    }
}

static void write_history(struct ledger *ledger)
{
    struct ledger_run run = {.program = "fuzz_ledger", .boot = {.id = "boot"}, .interval = 1000};
    struct ledger_writer *writer = NULL;
    struct snapshot snapshot = {0};
    struct failure why;
    int64_t at = START * INT64_C(1000);

    must(ledger_writer_open(&writer, ledger, &run, &why), &why);
    for (int i = 0; i < SAMPLES; i++) {
        at += i % GAP_EVERY == GAP_EVERY - 1 ? 60000 : 1000;
        fill(&snapshot, i, at);
        must(ledger_writer_add(writer, &snapshot, &why), &why);
    }
    must(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &why), &why);
    snapshot_clear(&snapshot);
}

static void make_sound_ledger(void)
{
    struct ledger *ledger = NULL;
    struct failure why;
    FILE *file;

    remove(path);
    must(ledger_open(&ledger, path, LEDGER_WRITE, &why), &why);
    write_history(ledger);
    ledger_close(ledger);
    file = file_open(path, "r", &why);
    must(file != NULL, &why);
    sound_size = fread(sound, 1, LARGEST, file);
    fclose(file);
    if (sound_size == 0 || sound_size == LARGEST) {
        abort();
    }
}

/* One edit; the size of the file from then on. */
static size_t edit(size_t size, const uint8_t *bytes)
{
    size_t at = (bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16) % sound_size;
    size_t page = at / PAGE * PAGE;
    size_t other = bytes[4] % (sound_size / PAGE) * PAGE;

    switch (bytes[3] % 8) {
    case 0:
        edited[at] ^= bytes[4];
        return size;
    case 1: /* a page number in a page of pointers: the highest bytes are 0 */
        at = at / 4 * 4;
        memset(edited + at, 0, 4);
        edited[at + 3] = bytes[4];
        return size;
    case 2:
        memcpy(edited + page, edited + other, PAGE);
        return size;
    case 3:
        memset(edited + page, bytes[4], PAGE);
        return size;
    case 4: /* cut off, where nobody expects it or behind a page */
        return bytes[4] % 2 == 0 ? at : page;
    case 5: /* the head of a page, where its kind, its rows and their places are told */
        edited[page + bytes[4] % 64] = (uint8_t)at;
        return size;
    default:
        edited[at] = bytes[4];
        return size;
    }
}

static void write_edited(const uint8_t *data, size_t size)
{
    size_t edits = size / EDIT_SIZE < MOST_EDITS ? size / EDIT_SIZE : MOST_EDITS;
    size_t edited_size = sound_size;
    struct failure why;
    FILE *file;

    memcpy(edited, sound, sound_size);
    for (size_t i = 0; i < edits; i++) {
        edited_size = edit(edited_size, data + i * EDIT_SIZE);
    }
    file = file_open(path, "w", &why);
    must(file != NULL, &why);
    if (fwrite(edited, 1, edited_size, file) != edited_size || fclose(file) != 0) {
        abort();
    }
}

static void count_visit(int *visits)
{
    if (++*visits > MOST_VISITS) {
        abort();
    }
}

static bool visit_stretch(void *context, const struct ledger_stretch *stretch)
{
    (void)stretch;
    count_visit(context);
    return true;
}

/* Everything that is lent is looked at, so that a sanitizer sees what it is. */
static bool visit_interval(void *context, const struct ledger_interval *interval)
{
    struct socket_row row = interval->socket;

    count_visit(context);
    if (interval->owner != NULL && strlen(interval->owner->name) == SIZE_MAX) {
        abort();
    }
    if (interval->service != NULL && strlen(interval->service) == SIZE_MAX) {
        abort();
    }
    return row.local.address_size <= sizeof(row.local.address);
}

static void walk(struct ledger *ledger)
{
    static const struct ledger_filter filters[] = {
        {.since = 0},
        {.since = (START + 10) * INT64_C(1000), .until = (START + 100) * INT64_C(1000)},
        {.local_port = 80},
        {.remote_port = 5000},
        {.port = 443},
        {.has_pid = true, .pid = 5},
        {.process = "a.exe"},
    };
    struct failure why;
    int visits = 0;

    (void)!ledger_walk_coverage(ledger, INT64_MIN, INT64_MAX, visit_stretch, &visits, &why);
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        visits = 0;
        (void)!ledger_walk_intervals(ledger, &filters[i], visit_interval, &visits, &why);
    }
}

static void look_at_moments(struct ledger *ledger)
{
    struct ledger_moments moments;
    struct snapshot state = {0};
    struct failure why;

    for (int64_t at = START; at < START + 200; at += 40) {
        if (!ledger_find_moments(ledger, at * 1000, &moments, &why)) {
            continue;
        }
        for (size_t i = 0; i < moments.count; i++) {
            (void)!ledger_state(ledger, &moments.moments[i], LEDGER_STATE_MODULES, &state, &why);
        }
    }
    snapshot_clear(&state);
}

static void verify(struct ledger *ledger)
{
    static const struct verify_plan plans[] = {{.since = 0}, {.since = START * INT64_C(1000)}};
    struct verify_result result;
    struct failure why;

    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        (void)!ledger_verify(&result, ledger, &plans[i], &why);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ledger_summary summary;
    struct ledger *ledger = NULL;
    struct failure why;
    int64_t commit;

    if (sound_size == 0) {
        make_sound_ledger();
    }
    write_edited(data, size);
    if (!ledger_open(&ledger, path, LEDGER_READ, &why)) {
        return 0;
    }
    (void)!ledger_summarize(ledger, &summary, &why);
    (void)!ledger_read_commit(ledger, &commit, &why);
    walk(ledger);
    look_at_moments(ledger);
    verify(ledger);
    ledger_close(ledger);
    return 0;
}
