/* SPDX-License-Identifier: MIT */

/*
 * Writing. Every array has flat objects that name each other by their places:
 * images, then processes, then the modules and sockets of these. A line is an
 * object, so that people and tools that compare lines can read the file.
 */

#include "reportcli/baseline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash_index.h"
#include "base/sha256_file.h"
#include "reportcli/json_text.h"
#include "store/verify.h"

static const char *const basis_names[BASELINE_BASIS_COUNT] = {
    [BASELINE_SEALED] = "sealed",
    [BASELINE_NOT_SEALED] = "not sealed yet",
    [BASELINE_BEFORE_SEALS] = "older than sealing",
    [BASELINE_LIVE] = "live",
};

const char *baseline_basis_name(enum baseline_basis basis)
{
    return basis_names[basis];
}

/* The file under way, and the places of the images in it. */
struct writing {
    struct text out;
    const struct image **images;
    size_t image_count;
    size_t image_capacity;
    struct hash_index index; /* of images, by address */
    bool first;              /* of the members of an object */
};

static void begin_object(struct writing *writing, bool *first_row)
{
    text_add(&writing->out, *first_row ? "\n{" : ",\n{");
    *first_row = false;
    writing->first = true;
}

static void add_name(struct writing *writing, const char *name)
{
    text_addf(&writing->out, "%s\"%s\":", writing->first ? "" : ",", name);
    writing->first = false;
}

/* What is not known has no member. */
static void add_text(struct writing *writing, const char *name, const char *value)
{
    if (value != NULL) {
        add_name(writing, name);
        json_add_string(&writing->out, value);
    }
}

static void add_number(struct writing *writing, const char *name, int64_t number)
{
    add_name(writing, name);
    text_addf(&writing->out, "%" PRId64, number);
}

static void add_known(struct writing *writing, const char *name, int64_t number)
{
    if (number != 0) {
        add_number(writing, name, number);
    }
}

static void add_true(struct writing *writing, const char *name, bool truth)
{
    if (truth) {
        add_name(writing, name);
        text_add(&writing->out, "true");
    }
}

static void add_hex(struct writing *writing, const char *name, const uint8_t digest[SHA256_SIZE])
{
    add_name(writing, name);
    text_add_char(&writing->out, '"');
    sha256_add_hex(&writing->out, digest);
    text_add_char(&writing->out, '"');
}

static uint64_t hash_address(const struct image *image)
{
    uintptr_t address = (uintptr_t)image;

    return hash_bytes(0, &address, sizeof(address));
}

static uint32_t find_image(struct writing *writing, const struct image *image)
{
    uint32_t at = hash_index_first(&writing->index, hash_address(image));

    while (at != HASH_INDEX_END && writing->images[at] != image) {
        at = hash_index_next(&writing->index);
    }
    return at;
}

static bool gather_image(struct writing *writing, const struct image *image, struct failure *why)
{
    if (image == NULL || find_image(writing, image) != HASH_INDEX_END) {
        return true;
    }
    if (writing->image_count == writing->image_capacity) {
        size_t capacity = writing->image_capacity * 2 + 256;
        const struct image **images =
            (const struct image **)realloc((void *)writing->images, capacity * sizeof(void *));

        if (images == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu files", capacity);
        }
        writing->images = images;
        writing->image_capacity = capacity;
    }
    writing->images[writing->image_count] = image;
    return hash_index_add(&writing->index, hash_address(image), (uint32_t)writing->image_count++,
                          why);
}

static bool gather_images(struct writing *writing, const struct snapshot *snapshot,
                          struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < snapshot->process_count; i++) {
        const struct module_list *list = snapshot->processes[i]->modules;

        done = gather_image(writing, snapshot->processes[i]->image, why);
        for (size_t k = 0; done && list != NULL && k < list->count; k++) {
            done = gather_image(writing, list->modules[k].image, why);
        }
    }
    return done;
}

static void add_facts(struct writing *writing, const struct image_facts *facts)
{
    add_text(writing, "status", image_status_name(facts->status));
    add_known(writing, "read_at", facts->taken_at);
    if (facts->status != IMAGE_READ) {
        return;
    }
    add_hex(writing, "sha256", facts->sha256);
    add_text(writing, "version", facts->version);
    add_text(writing, "company", facts->company);
    add_text(writing, "build_id", facts->build_id);
    if (facts->verdict != IMAGE_NOT_CHECKED) {
        add_text(writing, "verdict", image_verdict_name(facts->verdict));
        add_text(writing, "signature", image_signature_name(facts->signature));
    }
    add_text(writing, "signer", facts->signer);
}

static void add_images(struct writing *writing)
{
    bool first = true;

    text_add(&writing->out, ",\n\"images\":[");
    for (size_t i = 0; i < writing->image_count; i++) {
        const struct image *image = writing->images[i];

        begin_object(writing, &first);
        add_text(writing, "path", image->path);
        add_true(writing, "deleted", image->deleted);
        if (image_facts(image) != NULL) {
            add_facts(writing, image_facts(image));
        }
        text_add_char(&writing->out, '}');
    }
    text_add(&writing->out, "\n]");
}

static void add_process(struct writing *writing, const struct process_instance *instance,
                        bool command_lines)
{
    add_number(writing, "pid", instance->pid);
    add_number(writing, "start", (int64_t)instance->start);
    add_known(writing, "started_at", instance->started_at);
    add_known(writing, "parent_pid", instance->parent_pid);
    add_known(writing, "parent_start", (int64_t)instance->parent_start);
    add_known(writing, "session", instance->session);
    add_text(writing, "name", instance->name);
    add_text(writing, "path", instance->path);
    add_text(writing, "access", process_access_name(instance->access));
    if (instance->integrity != PROCESS_INTEGRITY_UNKNOWN) {
        add_text(writing, "integrity", process_integrity_name(instance->integrity));
    }
    add_known(writing, "denied", instance->denied);
    add_known(writing, "left_out", instance->left_out);
    if (instance->user != NULL) {
        add_text(writing, "user_id", instance->user->id);
        add_text(writing, "user", account_name(instance->user));
    }
    add_text(writing, "command_line", command_lines ? instance->command_line : NULL);
    if (instance->image != NULL) {
        add_number(writing, "image", find_image(writing, instance->image));
    }
    if (instance->modules != NULL) {
        add_text(writing, "module_access", module_access_name(instance->modules->access));
        add_true(writing, "own_list", instance->modules->has_own_list);
    }
}

static void add_processes(struct writing *writing, const struct baseline *baseline)
{
    const struct snapshot *snapshot = &baseline->snapshot;
    bool first = true;

    text_add(&writing->out, ",\n\"processes\":[");
    for (size_t i = 0; i < snapshot->process_count; i++) {
        begin_object(writing, &first);
        add_process(writing, snapshot->processes[i], baseline->command_lines);
        add_true(writing, "ended", i >= snapshot_running_count(snapshot));
        text_add_char(&writing->out, '}');
    }
    text_add(&writing->out, "\n]");
}

static void add_modules(struct writing *writing, const struct snapshot *snapshot)
{
    bool first = true;

    text_add(&writing->out, ",\n\"modules\":[");
    for (size_t i = 0; i < snapshot->process_count; i++) {
        const struct module_list *list = snapshot->processes[i]->modules;

        for (size_t k = 0; list != NULL && k < list->count; k++) {
            begin_object(writing, &first);
            add_number(writing, "process", (int64_t)i);
            add_number(writing, "image", find_image(writing, list->modules[k].image));
            add_known(writing, "flags", list->modules[k].flags);
            text_add_char(&writing->out, '}');
        }
    }
    text_add(&writing->out, "\n]");
}

static void add_end(struct writing *writing, const char *address, const char *port,
                    const struct socket_endpoint *end)
{
    struct text words = {0};

    if (end->address_size == 0) {
        return;
    }
    socket_endpoint_add_address(&words, end);
    add_text(writing, address, text_bytes(&words));
    add_number(writing, port, end->port);
    writing->out.failed = writing->out.failed || words.failed;
    text_clear(&words);
}

static void add_socket(struct writing *writing, const struct snapshot *snapshot,
                       const struct socket_row *row)
{
    int basis;
    const char *service = snapshot_service_name(snapshot, row, &basis);

    add_text(writing, "protocol", socket_protocol_name(row->protocol));
    add_end(writing, "local_address", "local_port", &row->local);
    if (row->state != SOCKET_STATELESS) {
        add_text(writing, "state", socket_state_name(row->state));
    }
    add_end(writing, "remote_address", "remote_port", &row->remote);
    add_known(writing, "pid", row->pid);
    if (row->owner != SOCKET_NO_OWNER) {
        add_number(writing, "process", row->owner);
    }
    add_text(writing, "attribution", socket_attribution_name(row->attribution));
    add_text(writing, "service", service);
    if (service != NULL) {
        add_text(writing, "service_basis", service_basis_name(basis));
    }
    add_known(writing, "created_at", row->created_at);
    add_known(writing, "socket_id", (int64_t)row->socket_id);
}

static void add_sockets(struct writing *writing, const struct snapshot *snapshot)
{
    bool first = true;

    text_add(&writing->out, ",\n\"sockets\":[");
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        begin_object(writing, &first);
        add_socket(writing, snapshot, &snapshot->sockets[i]);
        text_add_char(&writing->out, '}');
    }
    text_add(&writing->out, "\n]");
}

/* The anchor is a line that `verify --anchor` finds: the file itself is one. */
static void add_seal(struct writing *writing, const struct baseline *baseline)
{
    const struct verify_anchor anchor = {.number = baseline->seal};
    struct verify_anchor sealed = anchor;
    struct text words = {0};

    memcpy(sealed.head, baseline->head, sizeof(sealed.head));
    verify_add_anchor(&words, &sealed, baseline->ledger_id);
    text_add(&writing->out, ",\n\"seal\":{");
    writing->first = true;
    add_number(writing, "number", baseline->seal);
    add_number(writing, "until", baseline->seal_until);
    add_hex(writing, "head", baseline->head);
    add_hex(writing, "mac", baseline->mac);
    add_text(writing, "anchor", text_bytes(&words));
    text_add_char(&writing->out, '}');
    writing->out.failed = writing->out.failed || words.failed;
    text_clear(&words);
}

static void add_head(struct writing *writing, const struct baseline *baseline)
{
    const struct snapshot *snapshot = &baseline->snapshot;

    text_addf(&writing->out, "{\"portledger_baseline\":%d,\n", BASELINE_VERSION);
    writing->first = true;
    add_number(writing, "taken_at", snapshot->taken_at);
    add_number(writing, "made_at", baseline->made_at);
    add_text(writing, "program", baseline->program);
    add_text(writing, "host", baseline->host);
    add_text(writing, "system", baseline->system);
    add_true(writing, "command_lines", baseline->command_lines);
    add_known(writing, "detail", baseline->detail);
    add_known(writing, "lacks", snapshot->lacks);
    add_known(writing, "left_out_processes", snapshot->left_out_processes);
    add_known(writing, "left_out_sockets", snapshot->left_out_sockets);
    add_text(writing, "basis", basis_names[baseline->basis]);
    add_text(writing, "ledger_id", baseline->ledger_id[0] != '\0' ? baseline->ledger_id : NULL);
    if (baseline->basis == BASELINE_SEALED) {
        add_seal(writing, baseline);
    }
}

/* The last line: the hash of all that is before it. */
static bool add_hash(struct writing *writing, struct baseline *baseline, struct failure *why)
{
    uint8_t digest[SHA256_SIZE];
    struct text hex = {0};
    bool done;

    text_add(&writing->out, ",\n");
    if (!text_ok(&writing->out, why) ||
        !sha256_bytes(digest, text_bytes(&writing->out), writing->out.size, why)) {
        return false;
    }
    sha256_add_hex(&hex, digest);
    done = text_ok(&hex, why);
    if (done) {
        memcpy(baseline->hash, text_bytes(&hex), sizeof(baseline->hash));
        text_addf(&writing->out, "\"sha256\":\"%s\"}\n", baseline->hash);
    }
    text_clear(&hex);
    return done && text_ok(&writing->out, why);
}

static bool refuse_state(const struct baseline *baseline, const char *reason, struct failure *why)
{
    return FAIL(why, FAILURE_SYSTEM, 0,
                "the state of %zu sockets and %zu processes cannot be kept as a baseline: %s",
                baseline->snapshot.socket_count, baseline->snapshot.process_count, reason);
}

/* What cannot be read again is no baseline: it is found out here, not when it is needed. */
static bool check_readable(const struct writing *writing, const struct baseline *baseline,
                           struct failure *why)
{
    struct baseline again = {0};
    struct failure reason;
    bool done;

    if (writing->out.size > BASELINE_LARGEST) {
        return refuse_state(baseline, "it is too large", why);
    }
    done = baseline_parse(&again, text_bytes(&writing->out), writing->out.size, &reason) ||
           refuse_state(baseline, reason.text, why);
    baseline_clear(&again);
    return done;
}

static bool compose(struct writing *writing, struct baseline *baseline, struct failure *why)
{
    if (!gather_images(writing, &baseline->snapshot, why)) {
        return false;
    }
    add_head(writing, baseline);
    add_images(writing);
    add_processes(writing, baseline);
    add_modules(writing, &baseline->snapshot);
    add_sockets(writing, &baseline->snapshot);
    return add_hash(writing, baseline, why) && check_readable(writing, baseline, why);
}

static bool write_part(const struct text *out, const char *part, struct failure *why)
{
    FILE *file;
    bool done;

    if (!file_make_private(part, why)) {
        return false;
    }
    file = file_open(part, "r+", why);
    if (file == NULL) {
        return false;
    }
    done = (fwrite(text_bytes(out), 1, out->size, file) == out->size ||
            failure_from_system(why, errno, "cannot write %s", part)) &&
           file_sync(file, why);
    if (fclose(file) != 0 && done) {
        done = failure_from_system(why, errno, "cannot write %s", part);
    }
    return done;
}

/* Under another name first: nobody finds a half of it. */
static bool write_file(const struct text *out, const char *path, bool overwrite,
                       struct failure *why)
{
    struct text part = {0};
    struct failure ignored;
    bool done;

    text_addf(&part, "%s.part", path);
    done = text_ok(&part, why);
    if (done) {
        (void)!file_remove(text_bytes(&part), &ignored); /* of a run that was killed */
        done = write_part(out, text_bytes(&part), why) &&
               (overwrite ? file_replace(text_bytes(&part), path, why)
                          : file_rename(text_bytes(&part), path, why));
        if (!done) {
            (void)!file_remove(text_bytes(&part), &ignored);
            (void)!file_refuse_folder(path, why);
        }
    }
    text_clear(&part);
    return done;
}

bool baseline_write(struct baseline *baseline, const char *path, bool overwrite,
                    struct failure *why)
{
    struct writing writing = {0};
    bool done;

    if (!overwrite && file_exists(path)) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "%s is there already, and is not overwritten without --overwrite", path);
    }
    done = compose(&writing, baseline, why) && write_file(&writing.out, path, overwrite, why);
    hash_index_clear(&writing.index);
    free((void *)writing.images);
    text_clear(&writing.out);
    return done;
}

void baseline_clear(struct baseline *baseline)
{
    snapshot_clear(&baseline->snapshot);
    free(baseline->program);
    free(baseline->host);
    free(baseline->system);
    *baseline = (struct baseline){0};
}
