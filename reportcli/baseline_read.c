/* SPDX-License-Identifier: MIT */

/*
 * Reading. Whoever changed the file may have calculated its hash anew, so
 * nothing in it is believed: numbers are held against what they may be, places
 * against what there is, and words against those that we write.
 */

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/sha256_file.h"
#include "reportcli/baseline.h"
#include "store/json_rows.h"

static const char beginning[] = "{\"portledger_baseline\":";
static const char last_line[] = "\"sha256\":\"";

/* Digits, a quote, the end of the object and of the line. */
enum { LAST_LINE_SIZE = sizeof(last_line) - 1 + BASELINE_HASH + 3 };

struct reading {
    struct baseline *baseline;
    const struct image **images;
    size_t image_count;
    size_t image_capacity;
    struct process_instance *processes; /* their texts are of the document no more: copies */
    size_t process_count;
    size_t process_capacity;
    size_t ended;
    struct module *modules; /* of all processes, in their order */
    size_t module_count;
    size_t module_capacity;
    uint32_t *module_owners;
};

static bool has_beginning(const char *bytes, size_t size)
{
    return size >= sizeof(beginning) - 1 && memcmp(bytes, beginning, sizeof(beginning) - 1) == 0;
}

/* The hash that stands in the last line against the one of all before it. */
static bool check_hash(struct baseline *baseline, const char *bytes, size_t size,
                       struct failure *why)
{
    uint8_t digest[SHA256_SIZE];
    struct text hex = {0};
    const char *line;
    bool done;

    if (!has_beginning(bytes, size)) {
        return FAIL(why, FAILURE_FORMAT, 0, "this is no baseline of portledger");
    }
    line = size < sizeof(beginning) + LAST_LINE_SIZE ? NULL : bytes + size - LAST_LINE_SIZE;
    if (line == NULL || memcmp(line, last_line, sizeof(last_line) - 1) != 0 ||
        memcmp(bytes + size - 3, "\"}\n", 3) != 0) {
        return FAIL(why, FAILURE_FORMAT, 0,
                    "the file is cut off or was changed: its last line, with the hash, is not as "
                    "it was written");
    }
    if (!sha256_bytes(digest, bytes, size - LAST_LINE_SIZE, why)) {
        return false;
    }
    sha256_add_hex(&hex, digest);
    done = text_ok(&hex, why);
    if (done && memcmp(text_bytes(&hex), line + sizeof(last_line) - 1, BASELINE_HASH) != 0) {
        done = FAIL(why, FAILURE_FORMAT, 0,
                    "the file was changed since it was written: its hash does not agree with its "
                    "content");
    } else if (done) {
        memcpy(baseline->hash, text_bytes(&hex), sizeof(baseline->hash));
    }
    text_clear(&hex);
    return done;
}

static bool refuse(const char *what, struct failure *why)
{
    return FAIL(why, FAILURE_FORMAT, 0, "it is no sound baseline: %s is not what it can be", what);
}

/* A number of the range, or `otherwise` where it is absent. */
static bool take_number(const struct json_value *value, const char *what, int64_t minimum,
                        int64_t maximum, int64_t otherwise, int64_t *number, struct failure *why)
{
    *number = otherwise;
    if (value->kind == JSON_ABSENT) {
        return true;
    }
    if (value->kind != JSON_INTEGER || value->number < minimum || value->number > maximum) {
        return refuse(what, why);
    }
    *number = value->number;
    return true;
}

static bool take_text(const struct json_value *value, const char *what, const char **text,
                      struct failure *why)
{
    *text = value->text;
    return value->kind == JSON_ABSENT || value->kind == JSON_TEXT || refuse(what, why);
}

static bool take_truth(const struct json_value *value, const char *what, bool *truth,
                       struct failure *why)
{
    *truth = value->kind == JSON_TRUTH && value->number != 0;
    return value->kind == JSON_ABSENT || value->kind == JSON_TRUTH || refuse(what, why);
}

typedef const char *name_fn(int number);

/* One of our words; `otherwise` where it is absent. */
static bool take_word(const struct json_value *value, const char *what, name_fn *name, int first,
                      int count, int otherwise, uint8_t *number, struct failure *why)
{
    *number = (uint8_t)otherwise;
    if (value->kind == JSON_ABSENT) {
        return true;
    }
    for (int i = first; value->kind == JSON_TEXT && i < count; i++) {
        if (strcmp(name(i), value->text) == 0) {
            *number = (uint8_t)i;
            return true;
        }
    }
    return refuse(what, why);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_digest(const struct json_value *value, const char *what,
                        uint8_t digest[SHA256_SIZE], struct failure *why)
{
    if (value->kind != JSON_TEXT || strlen(value->text) != (size_t)SHA256_SIZE * 2) {
        return refuse(what, why);
    }
    for (size_t i = 0; i < (size_t)SHA256_SIZE * 2; i++) {
        int digit = hex_digit(value->text[i]);

        if (digit < 0) {
            return refuse(what, why);
        }
        digest[i / 2] = (uint8_t)(digest[i / 2] << 4 | digit);
    }
    return true;
}

static bool copy_text(const struct json_value *value, const char *what, char **copy,
                      struct failure *why)
{
    const char *text;

    if (!take_text(value, what, &text, why)) {
        return false;
    }
    free(*copy);
    *copy = text != NULL ? text_copy(text) : NULL;
    return text == NULL || *copy != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for a text");
}

/* Makes room for one item more. */
static bool make_room(void **items, size_t count, size_t *capacity, size_t size,
                      struct failure *why)
{
    size_t larger = *capacity * 2 + 64;
    void *grown;

    if (count < *capacity) {
        return true;
    }
    grown = realloc(*items, larger * size);
    if (grown == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu items", larger);
    }
    *items = grown;
    *capacity = larger;
    return true;
}

static const char *basis_name(int basis)
{
    return baseline_basis_name((enum baseline_basis)basis);
}

enum {
    HEAD_VERSION,
    HEAD_TAKEN_AT,
    HEAD_MADE_AT,
    HEAD_PROGRAM,
    HEAD_HOST,
    HEAD_SYSTEM,
    HEAD_COMMAND_LINES,
    HEAD_DETAIL,
    HEAD_LACKS,
    HEAD_LEFT_OUT_PROCESSES,
    HEAD_LEFT_OUT_SOCKETS,
    HEAD_BASIS,
    HEAD_LEDGER_ID,
};

static const char *const head_names[] = {
    "portledger_baseline",
    "taken_at",
    "made_at",
    "program",
    "host",
    "system",
    "command_lines",
    "detail",
    "lacks",
    "left_out_processes",
    "left_out_sockets",
    "basis",
    "ledger_id",
    NULL,
};

static bool take_version(const struct json_value *value, struct failure *why)
{
    if (value->kind == JSON_INTEGER && value->number > BASELINE_VERSION) {
        return FAIL(why, FAILURE_VERSION, 0,
                    "a newer portledger wrote it, in a form that this one does not know");
    }
    return (value->kind == JSON_INTEGER && value->number == BASELINE_VERSION) ||
           refuse("its version", why);
}

static bool take_ledger_id(struct baseline *baseline, const struct json_value *value,
                           struct failure *why)
{
    if (value->kind == JSON_ABSENT) {
        return true;
    }
    if (value->kind != JSON_TEXT || strlen(value->text) > SEAL_LEDGER_ID) {
        return refuse("ledger_id", why);
    }
    memcpy(baseline->ledger_id, value->text, strlen(value->text) + 1);
    return true;
}

static bool take_counts(struct baseline *baseline, const struct json_value *values,
                        struct failure *why)
{
    struct snapshot *snapshot = &baseline->snapshot;
    int64_t detail;
    int64_t lacks;
    int64_t processes;
    int64_t sockets;

    if (!take_number(&values[HEAD_DETAIL], "detail", 0, LEDGER_DETAIL_DROPPED, 0, &detail, why) ||
        !take_number(&values[HEAD_LACKS], "lacks", 0, 15, 0, &lacks, why) ||
        !take_number(&values[HEAD_LEFT_OUT_PROCESSES], "left_out_processes", 0, UINT32_MAX, 0,
                     &processes, why) ||
        !take_number(&values[HEAD_LEFT_OUT_SOCKETS], "left_out_sockets", 0, UINT32_MAX, 0, &sockets,
                     why)) {
        return false;
    }
    baseline->detail = (enum ledger_detail_kind)detail;
    snapshot->lacks = (unsigned)lacks;
    snapshot->left_out_processes = (uint32_t)processes;
    snapshot->left_out_sockets = (uint32_t)sockets;
    return true;
}

static bool take_head(void *context, const struct json_value *values, struct failure *why)
{
    struct reading *reading = context;
    struct baseline *baseline = reading->baseline;
    uint8_t basis;

    if (!take_version(&values[HEAD_VERSION], why) ||
        !take_number(&values[HEAD_TAKEN_AT], "taken_at", INT64_MIN, INT64_MAX, 0,
                     &baseline->snapshot.taken_at, why) ||
        !take_number(&values[HEAD_MADE_AT], "made_at", INT64_MIN, INT64_MAX, 0, &baseline->made_at,
                     why) ||
        !copy_text(&values[HEAD_PROGRAM], "program", &baseline->program, why) ||
        !copy_text(&values[HEAD_HOST], "host", &baseline->host, why) ||
        !copy_text(&values[HEAD_SYSTEM], "system", &baseline->system, why) ||
        !take_truth(&values[HEAD_COMMAND_LINES], "command_lines", &baseline->command_lines, why) ||
        !take_counts(baseline, values, why) ||
        !take_word(&values[HEAD_BASIS], "basis", basis_name, 0, BASELINE_BASIS_COUNT, BASELINE_LIVE,
                   &basis, why) ||
        !take_ledger_id(baseline, &values[HEAD_LEDGER_ID], why)) {
        return false;
    }
    baseline->basis = (enum baseline_basis)basis;
    return true;
}

static const char *const seal_names[] = {"number", "until", "head", "mac", NULL};

static bool take_seal(void *context, const struct json_value *values, struct failure *why)
{
    struct reading *reading = context;
    struct baseline *baseline = reading->baseline;

    return take_number(&values[0], "the number of the seal", INT64_MIN, INT64_MAX, 0,
                       &baseline->seal, why) &&
           take_number(&values[1], "the time of the seal", INT64_MIN, INT64_MAX, 0,
                       &baseline->seal_until, why) &&
           take_digest(&values[2], "the head of the seal", baseline->head, why) &&
           take_digest(&values[3], "the mac of the seal", baseline->mac, why);
}

enum {
    IMAGE_PATH,
    IMAGE_IS_DELETED,
    IMAGE_HAS_STATUS,
    IMAGE_READ_AT,
    IMAGE_SHA256,
    IMAGE_VERSION,
    IMAGE_COMPANY,
    IMAGE_BUILD_ID,
    IMAGE_HAS_VERDICT,
    IMAGE_HAS_SIGNATURE,
    IMAGE_SIGNER,
};

static const char *const image_names[] = {
    "path",    "deleted",  "status",  "read_at",   "sha256", "version",
    "company", "build_id", "verdict", "signature", "signer", NULL,
};

static bool take_facts(const struct json_value *values, struct image_facts *facts,
                       struct failure *why)
{
    return take_word(&values[IMAGE_HAS_STATUS], "status", image_status_name, IMAGE_READ,
                     IMAGE_STATUS_COUNT, 0, &facts->status, why) &&
           take_number(&values[IMAGE_READ_AT], "read_at", INT64_MIN, INT64_MAX, 0, &facts->taken_at,
                       why) &&
           (facts->status != IMAGE_READ ||
            take_digest(&values[IMAGE_SHA256], "the hash of a file", facts->sha256, why)) &&
           take_text(&values[IMAGE_VERSION], "version", &facts->version, why) &&
           take_text(&values[IMAGE_COMPANY], "company", &facts->company, why) &&
           take_text(&values[IMAGE_BUILD_ID], "build_id", &facts->build_id, why) &&
           take_word(&values[IMAGE_HAS_VERDICT], "verdict", image_verdict_name, IMAGE_SIGNED,
                     IMAGE_VERDICT_COUNT, IMAGE_NOT_CHECKED, &facts->verdict, why) &&
           take_word(&values[IMAGE_HAS_SIGNATURE], "signature", image_signature_name,
                     IMAGE_NO_SIGNATURE, IMAGE_SIGNATURE_COUNT, IMAGE_NO_SIGNATURE,
                     &facts->signature, why) &&
           take_text(&values[IMAGE_SIGNER], "signer", &facts->signer, why);
}

static bool publish(const struct image *image, const struct image_facts *facts, struct failure *why)
{
    const struct image_facts *shared = image_facts_make(facts);

    if (shared == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a file");
    }
    image_publish(image, shared);
    image_facts_release(shared);
    return true;
}

static bool take_image(void *context, const struct json_value *values, struct failure *why)
{
    struct reading *reading = context;
    struct image fields = {.seen_as = IMAGE_READ};
    struct image_facts facts = {.status = 0};
    const struct image *image;

    if (!take_text(&values[IMAGE_PATH], "the path of a file", &fields.path, why) ||
        !take_truth(&values[IMAGE_IS_DELETED], "deleted", &fields.deleted, why) ||
        !take_facts(values, &facts, why) ||
        !make_room((void **)&reading->images, reading->image_count, &reading->image_capacity,
                   sizeof(void *), why)) {
        return false;
    }
    if (fields.path == NULL) {
        return refuse("the path of a file", why);
    }
    if (reading->image_count == BASELINE_MOST) {
        return refuse("the number of files", why);
    }
    image = image_make(&fields);
    if (image == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a file");
    }
    reading->images[reading->image_count++] = image;
    return facts.status == 0 || publish(image, &facts, why);
}

enum {
    PROCESS_PID,
    PROCESS_START,
    PROCESS_STARTED_AT,
    PROCESS_PARENT_PID,
    PROCESS_PARENT_START,
    PROCESS_SESSION,
    PROCESS_NAME,
    PROCESS_PATH,
    PROCESS_HAS_ACCESS,
    PROCESS_HAS_INTEGRITY,
    PROCESS_HAS_DENIED,
    PROCESS_LEFT_OUT,
    PROCESS_USER_ID,
    PROCESS_USER,
    PROCESS_HAS_COMMAND_LINE,
    PROCESS_IMAGE,
    PROCESS_MODULE_ACCESS,
    PROCESS_OWN_LIST,
    PROCESS_ENDED,
};

static const char *const process_names[] = {
    "pid",          "start",  "started_at",    "parent_pid", "parent_start", "session", "name",
    "path",         "access", "integrity",     "denied",     "left_out",     "user_id", "user",
    "command_line", "image",  "module_access", "own_list",   "ended",        NULL,
};

static bool take_identity(const struct json_value *values, struct process_instance *fields,
                          struct failure *why)
{
    int64_t pid;
    int64_t start;
    int64_t parent_pid;
    int64_t parent_start;
    int64_t session;

    if (!take_number(&values[PROCESS_PID], "a pid", 0, UINT32_MAX, 0, &pid, why) ||
        !take_number(&values[PROCESS_START], "start", INT64_MIN, INT64_MAX, 0, &start, why) ||
        !take_number(&values[PROCESS_STARTED_AT], "started_at", INT64_MIN, INT64_MAX, 0,
                     &fields->started_at, why) ||
        !take_number(&values[PROCESS_PARENT_PID], "parent_pid", 0, UINT32_MAX, 0, &parent_pid,
                     why) ||
        !take_number(&values[PROCESS_PARENT_START], "parent_start", INT64_MIN, INT64_MAX, 0,
                     &parent_start, why) ||
        !take_number(&values[PROCESS_SESSION], "session", 0, UINT32_MAX, 0, &session, why)) {
        return false;
    }
    fields->pid = (uint32_t)pid;
    fields->start = (uint64_t)start;
    fields->parent_pid = (uint32_t)parent_pid;
    fields->parent_start = (uint64_t)parent_start;
    fields->session = (uint32_t)session;
    return true;
}

static bool take_access(const struct json_value *values, struct process_instance *fields,
                        struct failure *why)
{
    int64_t denied;
    int64_t left_out;

    if (!take_word(&values[PROCESS_HAS_ACCESS], "access", process_access_name, 0,
                   PROCESS_ACCESS_COUNT, PROCESS_NOT_OPENED, &fields->access, why) ||
        !take_word(&values[PROCESS_HAS_INTEGRITY], "integrity", process_integrity_name,
                   PROCESS_INTEGRITY_UNTRUSTED, PROCESS_INTEGRITY_COUNT, PROCESS_INTEGRITY_UNKNOWN,
                   &fields->integrity, why) ||
        !take_number(&values[PROCESS_HAS_DENIED], "denied", 0, 15, 0, &denied, why) ||
        !take_number(&values[PROCESS_LEFT_OUT], "left_out", 0, 15, 0, &left_out, why)) {
        return false;
    }
    fields->denied = (uint8_t)denied;
    fields->left_out = (uint8_t)left_out;
    return true;
}

/* With references of its own: the instance is complete when its modules are known. */
static bool take_user(const struct json_value *values, struct process_instance *fields,
                      struct failure *why)
{
    const char *id;
    const char *name;

    if (!take_text(&values[PROCESS_USER_ID], "user_id", &id, why) ||
        !take_text(&values[PROCESS_USER], "user", &name, why)) {
        return false;
    }
    if (id == NULL) {
        return true;
    }
    fields->user = account_make(id);
    return (fields->user != NULL && account_publish(fields->user, name)) ||
           FAIL(why, FAILURE_MEMORY, 0, "no memory for an account");
}

static bool take_place(const struct json_value *value, const char *what, size_t count,
                       int64_t *place, struct failure *why)
{
    return take_number(value, what, 0, (int64_t)count - 1, -1, place, why);
}

/* The list says for now only whether there are modules; add_instance() makes the real one. */
static bool take_modules_access(const struct json_value *values, struct process_instance *fields,
                                struct failure *why)
{
    struct module_list list = {0};

    if (values[PROCESS_MODULE_ACCESS].kind == JSON_ABSENT) {
        return true;
    }
    if (!take_word(&values[PROCESS_MODULE_ACCESS], "module_access", module_access_name, 0,
                   MODULES_ACCESS_COUNT, MODULES_NOT_READ, &list.access, why) ||
        !take_truth(&values[PROCESS_OWN_LIST], "own_list", &list.has_own_list, why)) {
        return false;
    }
    fields->modules = module_list_make(&list);
    return fields->modules != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for modules");
}

static bool copy_texts(const struct json_value *values, struct process_instance *fields,
                       struct failure *why)
{
    char *name = NULL;
    char *path = NULL;
    char *command_line = NULL;
    bool done = copy_text(&values[PROCESS_NAME], "the name of a process", &name, why) &&
                copy_text(&values[PROCESS_PATH], "the path of a process", &path, why) &&
                copy_text(&values[PROCESS_HAS_COMMAND_LINE], "command_line", &command_line, why);

    fields->name = name;
    fields->path = path;
    fields->command_line = command_line;
    return done && (name != NULL || refuse("the name of a process", why));
}

static bool take_process(void *context, const struct json_value *values, struct failure *why)
{
    struct reading *reading = context;
    struct process_instance *fields;
    int64_t image;
    bool ended;

    if (reading->process_count == BASELINE_MOST) {
        return refuse("the number of processes", why);
    }
    if (!make_room((void **)&reading->processes, reading->process_count, &reading->process_capacity,
                   sizeof(reading->processes[0]), why)) {
        return false;
    }
    fields = &reading->processes[reading->process_count++];
    *fields = (struct process_instance){0};
    if (!copy_texts(values, fields, why) || !take_identity(values, fields, why) ||
        !take_access(values, fields, why) || !take_user(values, fields, why) ||
        !take_place(&values[PROCESS_IMAGE], "image", reading->image_count, &image, why) ||
        !take_modules_access(values, fields, why) ||
        !take_truth(&values[PROCESS_ENDED], "ended", &ended, why)) {
        return false;
    }
    if (image >= 0) {
        fields->image = image_hold(reading->images[image]);
    }
    if (!ended && reading->ended > 0) { /* those that run come first */
        return refuse("ended", why);
    }
    reading->ended += ended ? 1 : 0;
    return true;
}

static const char *const module_names[] = {"process", "image", "flags", NULL};

static bool take_module(void *context, const struct json_value *values, struct failure *why)
{
    struct reading *reading = context;
    size_t count = reading->module_count;
    size_t capacity = reading->module_capacity;
    int64_t process;
    int64_t image;
    int64_t flags;

    if (!take_place(&values[0], "the process of a module", reading->process_count, &process, why) ||
        !take_place(&values[1], "the file of a module", reading->image_count, &image, why) ||
        !take_number(&values[2], "flags", 0, 7, 0, &flags, why) ||
        !make_room((void **)&reading->module_owners, count, &capacity,
                   sizeof(reading->module_owners[0]), why) ||
        !make_room((void **)&reading->modules, count, &reading->module_capacity,
                   sizeof(reading->modules[0]), why)) {
        return false;
    }
    if (process < 0 || image < 0 || reading->processes[process].modules == NULL ||
        (count > 0 && reading->module_owners[count - 1] > process)) {
        return refuse("the order of the modules", why);
    }
    reading->module_owners[count] = (uint32_t)process;
    reading->modules[count] =
        (struct module){.image = reading->images[image], .flags = (uint8_t)flags};
    reading->module_count++;
    return true;
}

enum {
    SOCKET_PROTOCOL,
    SOCKET_LOCAL_ADDRESS,
    SOCKET_LOCAL_PORT,
    SOCKET_STATE,
    SOCKET_REMOTE_ADDRESS,
    SOCKET_REMOTE_PORT,
    SOCKET_PID,
    SOCKET_PROCESS,
    SOCKET_ATTRIBUTION,
    SOCKET_SERVICE,
    SOCKET_SERVICE_BASIS,
    SOCKET_CREATED_AT,
    SOCKET_ID,
};

static const char *const socket_names[] = {
    "protocol",      "local_address", "local_port", "state",       "remote_address",
    "remote_port",   "pid",           "process",    "attribution", "service",
    "service_basis", "created_at",    "socket_id",  NULL,
};

static bool take_end(const struct json_value *address, const struct json_value *port,
                     struct socket_endpoint *end, struct failure *why)
{
    int64_t number;
    struct failure ignored;

    if (address->kind == JSON_ABSENT) {
        return true;
    }
    if (address->kind != JSON_TEXT ||
        !socket_endpoint_parse_address(address->text, end, &ignored)) {
        return refuse("an address", why);
    }
    if (!take_number(port, "a port", 0, UINT16_MAX, 0, &number, why)) {
        return false;
    }
    end->port = (uint16_t)number;
    return true;
}

static bool take_protocol(const struct json_value *values, struct socket_row *row,
                          struct failure *why)
{
    const struct json_value *protocol = &values[SOCKET_PROTOCOL];
    int number = protocol->kind == JSON_TEXT ? socket_protocol_from_name(protocol->text) : -1;

    if (number < 0) {
        return refuse("a protocol", why);
    }
    row->protocol = (uint8_t)number;
    return take_word(&values[SOCKET_STATE], "a state", socket_state_name, SOCKET_CLOSED,
                     SOCKET_STATE_COUNT, SOCKET_STATELESS, &row->state, why);
}

static bool take_holder(struct reading *reading, const struct json_value *values,
                        struct socket_row *row, struct failure *why)
{
    int64_t pid;
    int64_t process;
    int64_t socket_id;

    if (!take_number(&values[SOCKET_PID], "the pid of a socket", 0, UINT32_MAX, 0, &pid, why) ||
        !take_place(&values[SOCKET_PROCESS], "the process of a socket", reading->process_count,
                    &process, why) ||
        !take_word(&values[SOCKET_ATTRIBUTION], "attribution", socket_attribution_name, 0,
                   ATTRIBUTION_COUNT, ATTRIBUTION_UNKNOWN, &row->attribution, why) ||
        !take_number(&values[SOCKET_CREATED_AT], "created_at", INT64_MIN, INT64_MAX, 0,
                     &row->created_at, why) ||
        !take_number(&values[SOCKET_ID], "socket_id", INT64_MIN, INT64_MAX, 0, &socket_id, why)) {
        return false;
    }
    row->pid = (uint32_t)pid;
    row->owner = process < 0 ? SOCKET_NO_OWNER : (uint32_t)process;
    row->socket_id = (uint64_t)socket_id;
    return true;
}

static bool take_service(struct snapshot *snapshot, const struct json_value *values,
                         struct socket_row *row, struct failure *why)
{
    const char *name;
    uint8_t basis;

    if (!take_text(&values[SOCKET_SERVICE], "a service", &name, why) ||
        !take_word(&values[SOCKET_SERVICE_BASIS], "service_basis", service_basis_name,
                   SERVICE_BY_TAG, SERVICE_BASIS_COUNT, SERVICE_ONLY, &basis, why)) {
        return false;
    }
    return name == NULL ||
           snapshot_add_service(snapshot, name, (enum service_basis)basis, &row->service, why);
}

static bool take_socket(void *context, const struct json_value *values, struct failure *why)
{
    struct reading *reading = context;
    struct snapshot *snapshot = &reading->baseline->snapshot;
    struct socket_row row = {0};

    return take_protocol(values, &row, why) &&
           take_end(&values[SOCKET_LOCAL_ADDRESS], &values[SOCKET_LOCAL_PORT], &row.local, why) &&
           take_end(&values[SOCKET_REMOTE_ADDRESS], &values[SOCKET_REMOTE_PORT], &row.remote,
                    why) &&
           take_holder(reading, values, &row, why) && take_service(snapshot, values, &row, why) &&
           snapshot_add_socket(snapshot, &row, why);
}

/* An instance with those of the modules that are its own, which begin at *module. */
static bool add_instance(struct reading *reading, size_t i, size_t *module, struct failure *why)
{
    struct process_instance fields = reading->processes[i];
    const struct module_list *own = NULL;
    const struct process_instance *instance;
    size_t first = *module;
    uint32_t place;
    bool done;

    while (*module < reading->module_count && reading->module_owners[*module] == i) {
        (*module)++;
    }
    if (*module > first) {
        const struct module_list list = {.access = fields.modules->access,
                                         .has_own_list = fields.modules->has_own_list,
                                         .count = *module - first,
                                         .modules = &reading->modules[first]};

        own = module_list_make(&list);
        fields.modules = own;
    }
    instance = *module > first && own == NULL ? NULL : process_instance_make(&fields);
    done = instance != NULL
               ? snapshot_add_process(&reading->baseline->snapshot, instance, &place, why)
               : FAIL(why, FAILURE_MEMORY, 0, "no memory for a process");
    process_instance_release(instance);
    module_list_release(own);
    return done;
}

static bool add_instances(struct reading *reading, struct failure *why)
{
    size_t module = 0;
    bool done = true;

    for (size_t i = 0; done && i < reading->process_count; i++) {
        done = add_instance(reading, i, &module, why);
    }
    reading->baseline->snapshot.ended_count = done ? reading->ended : 0;
    return done;
}

static void clear_reading(struct reading *reading)
{
    for (size_t i = 0; i < reading->process_count; i++) {
        const struct process_instance *fields = &reading->processes[i];

        free((void *)fields->name);
        free((void *)fields->path);
        free((void *)fields->command_line);
        account_release(fields->user);
        image_release(fields->image);
        module_list_release(fields->modules);
    }
    for (size_t i = 0; i < reading->image_count; i++) {
        image_release(reading->images[i]);
    }
    free((void *)reading->images);
    free(reading->processes);
    free(reading->modules);
    free(reading->module_owners);
}

static bool read_document(struct reading *reading, struct json_document *document,
                          struct failure *why)
{
    bool found = false;
    bool sealed = false;

    if (!json_document_object(document, NULL, head_names, take_head, reading, &found, why) ||
        !json_document_object(document, "seal", seal_names, take_seal, reading, &sealed, why)) {
        return false;
    }
    if (sealed != (reading->baseline->basis == BASELINE_SEALED)) {
        return refuse("its seal", why);
    }
    return json_document_walk(document, "images", image_names, take_image, reading, why) &&
           json_document_walk(document, "processes", process_names, take_process, reading, why) &&
           json_document_walk(document, "modules", module_names, take_module, reading, why) &&
           add_instances(reading, why) &&
           json_document_walk(document, "sockets", socket_names, take_socket, reading, why);
}

bool baseline_parse(struct baseline *baseline, const char *bytes, size_t size, struct failure *why)
{
    struct reading reading = {.baseline = baseline};
    struct json_document *document = NULL;
    bool done;

    baseline_clear(baseline);
    done = check_hash(baseline, bytes, size, why) &&
           json_document_open(&document, bytes, size, why) &&
           read_document(&reading, document, why);
    json_document_close(document);
    clear_reading(&reading);
    if (!done) {
        baseline_clear(baseline);
        return false;
    }
    snapshot_sort(&baseline->snapshot);
    return true;
}

bool baseline_read(struct baseline *baseline, const char *path, struct failure *why)
{
    struct text content = {0};
    bool done = file_read(&content, path, BASELINE_LARGEST, why);

    if (done && !baseline_parse(baseline, text_bytes(&content), content.size, why)) {
        struct failure named = *why;

        done = FAIL(why, named.kind, named.code, "%s: %s", path, named.text);
    }
    text_clear(&content);
    return done;
}

bool baseline_is_one(const char *path)
{
    char bytes[sizeof(beginning) - 1];
    struct failure ignored;
    FILE *file = file_open(path, "r", &ignored);
    bool is_one;

    if (file == NULL) {
        return false;
    }
    is_one = fread(bytes, 1, sizeof(bytes), file) == sizeof(bytes) &&
             has_beginning(bytes, sizeof(bytes));
    fclose(file);
    return is_one;
}
