/* SPDX-License-Identifier: MIT */

/*
 * Open Cybersecurity Schema Framework 1.3.0, class 4001 Network Activity with
 * the profile host (ocsf/ocsf-schema, the state before commit 5b8f2ac2609e:
 * events/network, events/base_event.json, profiles/host.json, objects/), as
 * JSON lines. 1.3.0 is the first with the activity Listen.
 */

#include "base/version.h"
#include "collector/image.h"
#include "reportcli/foreign.h"

enum {
    CLASS = 4001,
    OPEN = 1,
    CLOSE = 2,
    LISTEN = 7,
    OTHER = 99,
};

/* What has no activity of its own is "other", with a name. */
struct activity {
    int id;
    const char *name;
};

static struct activity activity_of(const struct foreign_event *event)
{
    static const struct activity activities[3][2] = {
        {{OPEN, "Open"}, {CLOSE, "Close"}},
        {{LISTEN, "Listen"}, {OTHER, "Stop listening"}},
        {{OTHER, "Bind"}, {OTHER, "Unbind"}}, /* UDP */
    };
    int kind = event->way != LISTENERS_LISTENS                  ? 0
               : event->interval->socket.protocol == SOCKET_TCP ? 1
                                                                : 2;

    return activities[kind][event->kind == FOREIGN_CLOSED];
}

static bool add_activity(struct text *text, const struct foreign_event *event)
{
    text_add_number(text, activity_of(event).id);
    return true;
}

static bool add_activity_name(struct text *text, const struct foreign_event *event)
{
    text_add(text, activity_of(event).name);
    return true;
}

static bool add_type(struct text *text, const struct foreign_event *event)
{
    text_add_number(text, CLASS * 100 + activity_of(event).id);
    return true;
}

static bool add_sequence(struct text *text, const struct foreign_event *event)
{
    text_add_number(text, event->interval->id);
    return true;
}

static bool add_version(struct text *text, const struct foreign_event *event)
{
    (void)event;
    text_add(text, portledger_version);
    return true;
}

/* It may have begun before anybody watched. */
static bool add_start(struct text *text, const struct foreign_event *event)
{
    bool known = !event->interval->at_begin && !event->interval->closing;

    if (known) {
        text_add_number(text, event->interval->opened_at);
    }
    return known;
}

static bool add_duration(struct text *text, const struct foreign_event *event)
{
    bool known = !event->interval->at_begin && !event->interval->closing;

    if (known) {
        text_add_number(text, event->at - event->interval->opened_at);
    }
    return known;
}

static bool add_direction(struct text *text, const struct foreign_event *event)
{
    static const char *const ids[] = {
        [LISTENERS_LISTENS] = "0",
        [LISTENERS_INBOUND] = "1",
        [LISTENERS_OUTBOUND] = "2",
        [LISTENERS_UNDIRECTED] = "0",
    };

    text_add(text, ids[event->way]);
    return true;
}

static bool add_ip_version(struct text *text, const struct foreign_event *event)
{
    text_add(text, event->interval->socket.local.address_size == 4 ? "4" : "6");
    return true;
}

static bool add_device_type(struct text *text, const struct foreign_event *event)
{
    if (event->machine->host[0] == '\0') {
        return false;
    }
    text_add(text, "0"); /* unknown: nobody asked whether it is a server */
    return true;
}

static bool add_os_type(struct text *text, const struct foreign_event *event)
{
    static const int types[] = {
        [FOREIGN_OS_UNKNOWN] = 0,
        [FOREIGN_OS_WINDOWS] = 100,
        [FOREIGN_OS_LINUX] = 200,
    };

    if (event->machine->system[0] == '\0' || event->machine->host[0] == '\0') {
        return false;
    }
    text_add_number(text, types[foreign_os(event)]);
    return true;
}

static bool add_os_name(struct text *text, const struct foreign_event *event)
{
    return event->machine->host[0] != '\0' && foreign_system(text, event);
}

static bool add_device_domain(struct text *text, const struct foreign_event *event)
{
    return event->machine->host[0] != '\0' && foreign_domain(text, event);
}

/* What stands behind the last separator of either system. */
static bool add_file_name(struct text *text, const struct foreign_event *event)
{
    const char *path = event->owner != NULL ? event->owner->path : NULL;
    const char *name = path;

    for (const char *c = path; c != NULL && *c != '\0'; c++) {
        name = *c == '/' || *c == '\\' ? c + 1 : name;
    }
    text_add(text, name != NULL ? name : "");
    return name != NULL;
}

static bool add_file_type(struct text *text, const struct foreign_event *event)
{
    bool known = event->owner != NULL && event->owner->path != NULL;

    text_add(text, known ? "1" : ""); /* a regular file */
    return known;
}

static bool add_hashes(struct text *text, const struct foreign_event *event)
{
    const struct image_facts *facts =
        event->owner != NULL ? foreign_facts(event->owner->image) : NULL;

    if (facts == NULL || event->owner->path == NULL) {
        return false;
    }
    text_add(text, "[{\"algorithm\":\"SHA-256\",\"algorithm_id\":3,\"value\":\"");
    foreign_add_hash(text, facts->sha256, false);
    text_add(text, "\"}]");
    return true;
}

static bool add_state(struct text *text, const struct foreign_event *event)
{
    text_add(text, socket_state_name(event->interval->socket.state));
    return event->interval->socket.state != SOCKET_STATELESS;
}

static const struct foreign_field fields[] = {
    {.name = "activity_id", .type = FOREIGN_RAW, .add = add_activity},
    {.name = "activity_name", .add = add_activity_name},
    {.name = "category_uid", .type = FOREIGN_RAW, .constant = "4"},
    {.name = "class_uid", .type = FOREIGN_RAW, .constant = "4001"},
    {.name = "type_uid", .type = FOREIGN_RAW, .add = add_type},
    {.name = "severity_id", .type = FOREIGN_RAW, .constant = "1"}, /* informational */
    {.name = "time", .type = FOREIGN_RAW, .add = foreign_at_ms},
    {.name = "start_time", .type = FOREIGN_RAW, .kinds = FOREIGN_CLOSED, .add = add_start},
    {.name = "duration", .type = FOREIGN_RAW, .kinds = FOREIGN_CLOSED, .add = add_duration},
    {.name = "metadata.version", .constant = "1.3.0"},
    {.name = "metadata.product.name", .constant = "portledger"},
    {.name = "metadata.product.vendor_name", .constant = "portledger"},
    {.name = "metadata.product.version", .add = add_version},
    {.name = "metadata.profiles", .type = FOREIGN_RAW, .constant = "[\"host\"]"},
    {.name = "metadata.sequence", .type = FOREIGN_RAW, .add = add_sequence},
    {.name = "connection_info.protocol_name", .add = foreign_transport},
    {.name = "connection_info.protocol_num", .type = FOREIGN_RAW, .add = foreign_protocol},
    {.name = "connection_info.protocol_ver_id", .type = FOREIGN_RAW, .add = add_ip_version},
    {.name = "connection_info.direction_id", .type = FOREIGN_RAW, .add = add_direction},
    {.name = "src_endpoint.ip", .add = foreign_source_address},
    {.name = "src_endpoint.port", .type = FOREIGN_RAW, .add = foreign_source_port},
    {.name = "dst_endpoint.ip", .add = foreign_destination_address},
    {.name = "dst_endpoint.port", .type = FOREIGN_RAW, .add = foreign_destination_port},
    {.name = "device.hostname", .add = foreign_host},
    {.name = "device.domain", .add = add_device_domain},
    {.name = "device.type_id", .type = FOREIGN_RAW, .add = add_device_type},
    {.name = "device.os.name", .add = add_os_name},
    {.name = "device.os.type_id", .type = FOREIGN_RAW, .add = add_os_type},
    {.name = "actor.process.pid", .type = FOREIGN_RAW, .add = foreign_pid},
    {.name = "actor.process.uid", .add = foreign_entity},
    {.name = "actor.process.name", .add = foreign_name},
    {.name = "actor.process.created_time", .type = FOREIGN_RAW, .add = foreign_started_ms},
    {.name = "actor.process.cmd_line", .add = foreign_command_line},
    {.name = "actor.process.file.name", .add = add_file_name},
    {.name = "actor.process.file.path", .add = foreign_path},
    {.name = "actor.process.file.type_id", .type = FOREIGN_RAW, .add = add_file_type},
    {.name = "actor.process.file.hashes", .type = FOREIGN_RAW, .add = add_hashes},
    {.name = "actor.process.user.name", .add = foreign_user_name},
    {.name = "actor.process.user.domain", .add = foreign_user_domain},
    {.name = "actor.process.user.uid", .add = foreign_user_id},
    {.name = "actor.process.parent_process.pid", .type = FOREIGN_RAW, .add = foreign_parent_pid},
    {.name = "unmapped.service", .add = foreign_service},
    {.name = "unmapped.state", .add = add_state},
};

static void add(struct text *text, const struct foreign_event *event)
{
    if (foreign_is_edge(event)) {
        foreign_add_json(text, fields, sizeof(fields) / sizeof(fields[0]), event);
    }
}

const struct foreign_format foreign_ocsf = {
    .name = "ocsf",
    .kinds = FOREIGN_SOCKET,
    .add = add,
};
