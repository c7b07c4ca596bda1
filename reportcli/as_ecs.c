/* SPDX-License-Identifier: MIT */

/*
 * Elastic Common Schema 9.4.0 (generated/csv/fields.csv of elastic/ecs, commit
 * 354fd8d0ca99), as JSON lines.
 */

#include "base/time_text.h"
#include "base/version.h"
#include "collector/image.h"
#include "reportcli/foreign.h"

static bool is_listener(const struct foreign_event *event)
{
    return event->way == LISTENERS_LISTENS;
}

static bool add_type(struct text *text, const struct foreign_event *event)
{
    static const char *const types[2][2] = {
        {"[\"connection\",\"start\"]", "[\"connection\",\"end\"]"},
        {"[\"start\"]", "[\"end\"]"},
    };

    text_add(text, types[is_listener(event)][event->kind == FOREIGN_CLOSED]);
    return true;
}

static bool add_action(struct text *text, const struct foreign_event *event)
{
    static const char *const actions[2][2] = {
        {"connection-opened", "connection-closed"},
        {"port-opened", "port-closed"},
    };

    text_add(text, actions[is_listener(event)][event->kind == FOREIGN_CLOSED]);
    return true;
}

/* It may have begun before anybody watched. */
static bool knows_start(const struct foreign_event *event)
{
    return !event->interval->at_begin && !event->interval->closing;
}

static bool add_start(struct text *text, const struct foreign_event *event)
{
    if (knows_start(event)) {
        time_text_add_rfc3339(text, event->interval->opened_at, TIME_ZONE_UTC);
    }
    return knows_start(event);
}

/* Nanoseconds. */
static bool add_duration(struct text *text, const struct foreign_event *event)
{
    if (knows_start(event)) {
        text_add_number(text, (event->at - event->interval->opened_at) * 1000000);
    }
    return knows_start(event);
}

static bool add_sequence(struct text *text, const struct foreign_event *event)
{
    text_add_number(text, event->interval->id);
    return true;
}

static bool add_direction(struct text *text, const struct foreign_event *event)
{
    static const char *const directions[] = {
        [LISTENERS_INBOUND] = "ingress",
        [LISTENERS_OUTBOUND] = "egress",
        [LISTENERS_UNDIRECTED] = "unknown",
    };

    if (is_listener(event)) {
        return false;
    }
    text_add(text, directions[event->way]);
    return true;
}

static bool add_network_type(struct text *text, const struct foreign_event *event)
{
    text_add(text, event->interval->socket.local.address_size == 4 ? "ipv4" : "ipv6");
    return true;
}

static bool add_os_type(struct text *text, const struct foreign_event *event)
{
    static const char *const types[] = {
        [FOREIGN_OS_UNKNOWN] = "",
        [FOREIGN_OS_WINDOWS] = "windows",
        [FOREIGN_OS_LINUX] = "linux",
    };

    text_add(text, types[foreign_os(event)]);
    return foreign_os(event) != FOREIGN_OS_UNKNOWN;
}

static bool add_version(struct text *text, const struct foreign_event *event)
{
    (void)event;
    text_add(text, portledger_version);
    return true;
}

static const struct image_facts *facts_of(const struct foreign_event *event)
{
    return event->owner != NULL ? foreign_facts(event->owner->image) : NULL;
}

static bool add_text(struct text *text, const char *words)
{
    text_add(text, words != NULL ? words : "");
    return words != NULL;
}

static bool add_signer(struct text *text, const struct foreign_event *event)
{
    return facts_of(event) != NULL && add_text(text, facts_of(event)->signer);
}

static bool add_company(struct text *text, const struct foreign_event *event)
{
    return facts_of(event) != NULL && add_text(text, facts_of(event)->company);
}

static bool add_file_version(struct text *text, const struct foreign_event *event)
{
    return facts_of(event) != NULL && add_text(text, facts_of(event)->version);
}

static bool add_signed(struct text *text, const struct foreign_event *event)
{
    const struct image_facts *facts = facts_of(event);

    if (facts == NULL || facts->verdict == IMAGE_NOT_CHECKED || facts->verdict == IMAGE_UNDECIDED) {
        return false;
    }
    text_add(text, facts->verdict == IMAGE_UNSIGNED ? "false" : "true");
    return true;
}

static const struct foreign_field fields[] = {
    {.name = "@timestamp", .add = foreign_at_rfc3339},
    {.name = "ecs.version", .constant = "9.4.0"},
    {.name = "event.kind", .constant = "event"},
    {.name = "event.category", .type = FOREIGN_RAW, .constant = "[\"network\"]"},
    {.name = "event.type", .type = FOREIGN_RAW, .add = add_type},
    {.name = "event.action", .add = add_action},
    {.name = "event.module", .constant = "portledger"},
    {.name = "event.dataset", .constant = "portledger.interval"},
    {.name = "event.sequence", .type = FOREIGN_RAW, .add = add_sequence},
    {.name = "event.start", .add = add_start},
    {.name = "event.end", .kinds = FOREIGN_CLOSED, .add = foreign_at_rfc3339},
    {.name = "event.duration", .type = FOREIGN_RAW, .kinds = FOREIGN_CLOSED, .add = add_duration},
    {.name = "network.transport", .add = foreign_transport},
    {.name = "network.iana_number", .add = foreign_protocol},
    {.name = "network.type", .add = add_network_type},
    {.name = "network.direction", .add = add_direction},
    {.name = "source.ip", .add = foreign_source_address},
    {.name = "source.port", .type = FOREIGN_RAW, .add = foreign_source_port},
    {.name = "destination.ip", .add = foreign_destination_address},
    {.name = "destination.port", .type = FOREIGN_RAW, .add = foreign_destination_port},
    {.name = "process.pid", .type = FOREIGN_RAW, .add = foreign_pid},
    {.name = "process.entity_id", .add = foreign_entity},
    {.name = "process.name", .add = foreign_name},
    {.name = "process.executable", .add = foreign_path},
    {.name = "process.start", .add = foreign_started_rfc3339},
    {.name = "process.command_line", .add = foreign_command_line},
    {.name = "process.parent.pid", .type = FOREIGN_RAW, .add = foreign_parent_pid},
    {.name = "process.hash.sha256", .add = foreign_sha256},
    {.name = "process.code_signature.exists", .type = FOREIGN_RAW, .add = add_signed},
    {.name = "process.code_signature.subject_name", .add = add_signer},
    {.name = "process.pe.company", .add = add_company},
    {.name = "process.pe.file_version", .add = add_file_version},
    {.name = "user.id", .add = foreign_user_id},
    {.name = "user.name", .add = foreign_user_name},
    {.name = "user.domain", .add = foreign_user_domain},
    {.name = "service.name", .add = foreign_service},
    {.name = "host.name", .add = foreign_host},
    {.name = "host.hostname", .add = foreign_host},
    {.name = "host.domain", .add = foreign_domain},
    {.name = "host.os.full", .add = foreign_system},
    {.name = "host.os.type", .add = add_os_type},
    {.name = "observer.product", .constant = "portledger"},
    {.name = "observer.version", .add = add_version},
};

static void add(struct text *text, const struct foreign_event *event)
{
    if (foreign_is_edge(event)) {
        foreign_add_json(text, fields, sizeof(fields) / sizeof(fields[0]), event);
    }
}

const struct foreign_format foreign_ecs = {
    .name = "ecs",
    .kinds = FOREIGN_SOCKET,
    .add = add,
};
