/* SPDX-License-Identifier: MIT */

#include "reportcli/foreign.h"

#include <inttypes.h>
#include <string.h>

#include "base/time_text.h"
#include "collector/account.h"
#include "collector/image.h"
#include "reportcli/json_text.h"
#include "reportcli/secret_mask.h"

const struct foreign_format *const foreign_formats[] = {
    &foreign_osquery, &foreign_ecs, &foreign_ocsf, &foreign_sysmon, &foreign_port_reporter, NULL,
};

const char *const foreign_names[] = {"osquery", "ecs", "ocsf", "sysmon", "port-reporter", NULL};

const struct foreign_format *foreign_find(const char *name)
{
    for (size_t i = 0; foreign_formats[i] != NULL; i++) {
        if (strcmp(foreign_formats[i]->name, name) == 0) {
            return foreign_formats[i];
        }
    }
    return NULL;
}

/*
 * JSON.
 */

/* Bytes that two names have in common, up to and with a dot. */
static size_t common_path(const char *a, const char *b)
{
    size_t common = 0;

    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++) {
        common = a[i] == '.' ? i + 1 : common;
    }
    return common;
}

static size_t dots_of(const char *name)
{
    size_t count = 0;

    for (; *name != '\0'; name++) {
        count += *name == '.' ? 1 : 0;
    }
    return count;
}

/* Goes from where `before` stands to where `name` does, and appends its key. */
static void add_key(struct text *text, const char *before, const char *name)
{
    size_t common = common_path(before, name);

    text_add_repeated(text, '}', dots_of(before + common));
    text_add_char(text, before[0] == '\0' ? '{' : ',');
    for (name += common; *name != '\0';) {
        const char *dot = strchr(name, '.');
        size_t size = dot != NULL ? (size_t)(dot - name) : strlen(name);

        text_add_char(text, '"');
        text_add_bytes(text, name, size);
        text_add(text, dot != NULL ? "\":{" : "\":");
        name += size + (dot != NULL ? 1 : 0);
    }
}

static bool add_value(struct text *value, const struct foreign_field *field,
                      const struct foreign_event *event)
{
    text_reset(value);
    if (field->kinds != 0 && (field->kinds & event->kind) == 0) {
        return false;
    }
    if (field->add != NULL) {
        return field->add(value, event);
    }
    text_add(value, field->constant);
    return true;
}

void foreign_add_json(struct text *text, const struct foreign_field *fields, size_t count,
                      const struct foreign_event *event)
{
    struct text value = {0};
    const char *before = "";

    for (size_t i = 0; i < count; i++) {
        if (!add_value(&value, &fields[i], event)) {
            continue;
        }
        add_key(text, before, fields[i].name);
        before = fields[i].name;
        if (fields[i].type == FOREIGN_TEXT) {
            json_add_string(text, text_bytes(&value));
        } else {
            text_add(text, text_bytes(&value));
        }
    }
    text_add_repeated(text, '}', dots_of(before) + 1);
    text_add_char(text, '\n');
    text->failed = text->failed || value.failed;
    text_clear(&value);
}

bool foreign_is_edge(const struct foreign_event *event)
{
    const struct socket_row *socket = &event->interval->socket;

    if (event->kind == FOREIGN_OPENED) {
        return listeners_begins(event->interval);
    }
    /* What was closing already when it was first seen has ended before. */
    return socket->remote.address_size == 0 || socket->state == SOCKET_ESTABLISHED;
}

/*
 * Values.
 */

static bool add_known(struct text *text, const char *known)
{
    if (known == NULL || known[0] == '\0') {
        return false;
    }
    text_add(text, known);
    return true;
}

static bool add_rfc3339(struct text *text, int64_t at)
{
    if (at != 0) {
        time_text_add_rfc3339(text, at, TIME_ZONE_UTC);
    }
    return at != 0;
}

bool foreign_at_rfc3339(struct text *text, const struct foreign_event *event)
{
    time_text_add_rfc3339(text, event->at, TIME_ZONE_UTC);
    return true;
}

bool foreign_at_ms(struct text *text, const struct foreign_event *event)
{
    text_add_number(text, event->at);
    return true;
}

bool foreign_host(struct text *text, const struct foreign_event *event)
{
    return add_known(text, event->machine->host);
}

bool foreign_domain(struct text *text, const struct foreign_event *event)
{
    return add_known(text, event->machine->domain);
}

bool foreign_system(struct text *text, const struct foreign_event *event)
{
    return add_known(text, event->machine->system);
}

enum foreign_os foreign_os(const struct foreign_event *event)
{
    const char *system = event->machine->system;

    if (strncmp(system, "Windows", strlen("Windows")) == 0) {
        return FOREIGN_OS_WINDOWS;
    }
    return strstr(system, "Linux") != NULL ? FOREIGN_OS_LINUX : FOREIGN_OS_UNKNOWN;
}

bool foreign_transport(struct text *text, const struct foreign_event *event)
{
    text_add(text, event->interval->socket.protocol == SOCKET_TCP ? "tcp" : "udp");
    return true;
}

bool foreign_protocol(struct text *text, const struct foreign_event *event)
{
    text_add_number(text, event->interval->socket.protocol);
    return true;
}

/* Without the interface of a link-local address: no address type of others knows it. */
static bool add_address(struct text *text, const struct socket_endpoint *end)
{
    struct socket_endpoint plain;

    if (end == NULL || end->address_size == 0) {
        return false;
    }
    plain = *end;
    plain.scope_id = 0;
    socket_endpoint_add_address(text, &plain);
    return true;
}

static bool add_port(struct text *text, const struct socket_endpoint *end)
{
    if (end == NULL || end->address_size == 0) {
        return false;
    }
    text_add_number(text, end->port);
    return true;
}

static const struct socket_endpoint *source(const struct foreign_event *event)
{
    const struct socket_row *socket = &event->interval->socket;

    if (event->way == LISTENERS_LISTENS) {
        return NULL;
    }
    return event->way == LISTENERS_INBOUND ? &socket->remote : &socket->local;
}

static const struct socket_endpoint *destination(const struct foreign_event *event)
{
    const struct socket_row *socket = &event->interval->socket;

    return event->way == LISTENERS_LISTENS || event->way == LISTENERS_INBOUND ? &socket->local
                                                                              : &socket->remote;
}

bool foreign_local_address(struct text *text, const struct foreign_event *event)
{
    return add_address(text, &event->interval->socket.local);
}

bool foreign_local_port(struct text *text, const struct foreign_event *event)
{
    return add_port(text, &event->interval->socket.local);
}

bool foreign_remote_address(struct text *text, const struct foreign_event *event)
{
    return add_address(text, &event->interval->socket.remote);
}

bool foreign_remote_port(struct text *text, const struct foreign_event *event)
{
    return add_port(text, &event->interval->socket.remote);
}

bool foreign_source_address(struct text *text, const struct foreign_event *event)
{
    return add_address(text, source(event));
}

bool foreign_source_port(struct text *text, const struct foreign_event *event)
{
    return add_port(text, source(event));
}

bool foreign_destination_address(struct text *text, const struct foreign_event *event)
{
    return add_address(text, destination(event));
}

bool foreign_destination_port(struct text *text, const struct foreign_event *event)
{
    return add_port(text, destination(event));
}

bool foreign_service(struct text *text, const struct foreign_event *event)
{
    return add_known(text, event->interval->service);
}

bool foreign_pid(struct text *text, const struct foreign_event *event)
{
    bool known =
        event->owner != NULL || (event->interval != NULL && event->interval->socket.pid != 0);

    if (known) {
        text_add_number(text,
                        event->owner != NULL ? event->owner->pid : event->interval->socket.pid);
    }
    return known;
}

bool foreign_name(struct text *text, const struct foreign_event *event)
{
    return event->owner != NULL && add_known(text, process_instance_shown_name(event->owner));
}

bool foreign_path(struct text *text, const struct foreign_event *event)
{
    return event->owner != NULL && add_known(text, event->owner->path);
}

bool foreign_started_rfc3339(struct text *text, const struct foreign_event *event)
{
    return event->owner != NULL && add_rfc3339(text, event->owner->started_at);
}

bool foreign_started_ms(struct text *text, const struct foreign_event *event)
{
    if (event->owner == NULL || event->owner->started_at == 0) {
        return false;
    }
    text_add_number(text, event->owner->started_at);
    return true;
}

bool foreign_entity(struct text *text, const struct foreign_event *event)
{
    if (event->owner_id == 0) {
        return false;
    }
    text_addf(text, "%s/%" PRId64, event->machine->ledger_id, event->owner_id);
    return true;
}

bool foreign_command_line(struct text *text, const struct foreign_event *event)
{
    const char *line = event->owner != NULL ? event->owner->command_line : NULL;

    if (!event->command_lines || line == NULL) {
        return false;
    }
    if (event->secrets) {
        text_add(text, line);
    } else {
        (void)secret_mask_add(text, line);
    }
    return true;
}

static const struct account *user_of(const struct foreign_event *event)
{
    return event->owner != NULL ? event->owner->user : NULL;
}

bool foreign_user(struct text *text, const struct foreign_event *event)
{
    const struct account *user = user_of(event);
    const char *name = account_name(user);

    return user != NULL && add_known(text, name != NULL ? name : user->id);
}

bool foreign_user_name(struct text *text, const struct foreign_event *event)
{
    const char *name = account_name(user_of(event));
    const char *behind = name != NULL ? strchr(name, '\\') : NULL;

    return add_known(text, behind != NULL ? behind + 1 : name);
}

bool foreign_user_domain(struct text *text, const struct foreign_event *event)
{
    const char *name = account_name(user_of(event));
    const char *behind = name != NULL ? strchr(name, '\\') : NULL;

    if (behind == NULL || behind == name) {
        return false;
    }
    text_add_bytes(text, name, (size_t)(behind - name));
    return true;
}

bool foreign_user_id(struct text *text, const struct foreign_event *event)
{
    const struct account *user = user_of(event);

    const char *name = account_name(user);

    /* An imported account has its name for an id. */
    return user != NULL && (name == NULL || strcmp(name, user->id) != 0) &&
           add_known(text, user->id);
}

const struct image_facts *foreign_facts(const struct image *image)
{
    const struct image_facts *facts = image_facts(image);

    return facts != NULL && facts->status == IMAGE_READ ? facts : NULL;
}

void foreign_add_hash(struct text *text, const uint8_t *hash, bool upper)
{
    for (size_t i = 0; i < IMAGE_HASH_SIZE; i++) {
        text_addf(text, upper ? "%02X" : "%02x", hash[i]);
    }
}

bool foreign_sha256(struct text *text, const struct foreign_event *event)
{
    const struct image_facts *facts =
        event->owner != NULL ? foreign_facts(event->owner->image) : NULL;

    if (facts != NULL) {
        foreign_add_hash(text, facts->sha256, false);
    }
    return facts != NULL;
}

bool foreign_parent_pid(struct text *text, const struct foreign_event *event)
{
    bool known = event->owner != NULL && event->owner->parent_pid != 0;

    if (known) {
        text_add_number(text, event->owner->parent_pid);
    }
    return known;
}
