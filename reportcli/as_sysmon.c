/* SPDX-License-Identifier: MIT */

/*
 * What Sigma's rules for Sysmon look for: the field names of Sysmon's events 1,
 * 3 and 7 (schema 4.70; OTRF/OSSEM data_dictionaries/windows/sysmon, commit
 * 0cbc54b51e65; SigmaHQ's taxonomy), flat, as JSON lines. Truth values are the
 * texts that Sysmon writes.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time_text.h"
#include "collector/image.h"
#include "reportcli/foreign.h"

static bool add_event_id(struct text *text, const struct foreign_event *event)
{
    text_add(text, event->kind == FOREIGN_OPENED    ? "3"
                   : event->kind == FOREIGN_STARTED ? "1"
                                                    : "7");
    return true;
}

/* 2019-04-27 00:10:31.843 */
static bool add_utc_time(struct text *text, const struct foreign_event *event)
{
    struct calendar_time time = calendar_from_ms(event->at);

    text_addf(text, "%04d-%02d-%02d %02d:%02d:%02d.%03d", time.year, time.month, time.day,
              time.hour, time.minute, time.second, time.millisecond);
    return true;
}

/*
 * In Sysmon's form, and ours: the beginning of the ledger's id, the second of
 * the start, the number of the process in the ledger. It tells runs apart, and
 * is not what Sysmon called the same process.
 */
static bool add_guid(struct text *text, const struct foreign_event *event, int64_t id,
                     const struct process_instance *instance)
{
    uint32_t second;

    if (id == 0 || instance == NULL) {
        return false;
    }
    second = (uint32_t)(instance->started_at / 1000);
    text_addf(text, "{%.8s-%04x-%04x-%04x-%012" PRIx64 "}", event->machine->ledger_id,
              (unsigned)(second >> 16), (unsigned)(second & 0xFFFF), (unsigned)((uint64_t)id >> 48),
              (uint64_t)id & UINT64_C(0xFFFFFFFFFFFF));
    return true;
}

static bool add_process_guid(struct text *text, const struct foreign_event *event)
{
    return add_guid(text, event, event->owner_id, event->owner);
}

static bool add_parent_guid(struct text *text, const struct foreign_event *event)
{
    return add_guid(text, event, event->parent_id, event->parent);
}

/* Sysmon calls the kernel's own process by its name. */
static bool add_image_of(struct text *text, const struct process_instance *instance)
{
    if (instance == NULL || (instance->path == NULL && instance->access != PROCESS_KERNEL)) {
        return false;
    }
    text_add(text, instance->path != NULL ? instance->path : instance->name);
    return true;
}

static bool add_image(struct text *text, const struct foreign_event *event)
{
    return add_image_of(text, event->owner);
}

static bool add_parent_image(struct text *text, const struct foreign_event *event)
{
    return add_image_of(text, event->parent);
}

static bool add_image_loaded(struct text *text, const struct foreign_event *event)
{
    text_add(text, event->module->image->path);
    return true;
}

/* Of the file that was loaded or started. */
static const struct image_facts *facts_of(const struct foreign_event *event)
{
    if (event->module != NULL) {
        return foreign_facts(event->module->image);
    }
    return event->owner != NULL ? foreign_facts(event->owner->image) : NULL;
}

static bool add_known(struct text *text, const char *known)
{
    text_add(text, known != NULL ? known : "");
    return known != NULL;
}

static bool add_version(struct text *text, const struct foreign_event *event)
{
    return facts_of(event) != NULL && add_known(text, facts_of(event)->version);
}

static bool add_company(struct text *text, const struct foreign_event *event)
{
    return facts_of(event) != NULL && add_known(text, facts_of(event)->company);
}

static bool add_signer(struct text *text, const struct foreign_event *event)
{
    return facts_of(event) != NULL && add_known(text, facts_of(event)->signer);
}

static bool add_hashes(struct text *text, const struct foreign_event *event)
{
    const struct image_facts *facts = facts_of(event);

    if (facts != NULL) {
        text_add(text, "SHA256=");
        foreign_add_hash(text, facts->sha256, true);
    }
    return facts != NULL;
}

/* Only what Sysmon has a word for. */
static bool add_signed(struct text *text, const struct foreign_event *event)
{
    const struct image_facts *facts = facts_of(event);

    if (facts == NULL || (facts->verdict != IMAGE_UNSIGNED && facts->verdict != IMAGE_SIGNED &&
                          facts->verdict != IMAGE_EXPIRED)) {
        return false;
    }
    text_add(text, facts->verdict == IMAGE_UNSIGNED ? "false" : "true");
    return true;
}

static bool add_signature_status(struct text *text, const struct foreign_event *event)
{
    static const char *const words[IMAGE_VERDICT_COUNT] = {
        [IMAGE_SIGNED] = "Valid",
        [IMAGE_EXPIRED] = "Expired",
        [IMAGE_UNSIGNED] = "Unavailable",
    };
    const struct image_facts *facts = facts_of(event);

    return facts != NULL && facts->verdict < IMAGE_VERDICT_COUNT &&
           add_known(text, words[facts->verdict]);
}

static bool add_integrity(struct text *text, const struct foreign_event *event)
{
    static const char *const words[PROCESS_INTEGRITY_COUNT] = {
        [PROCESS_INTEGRITY_UNTRUSTED] = "Untrusted", [PROCESS_INTEGRITY_LOW] = "Low",
        [PROCESS_INTEGRITY_MEDIUM] = "Medium",       [PROCESS_INTEGRITY_HIGH] = "High",
        [PROCESS_INTEGRITY_SYSTEM] = "System",
    };

    return event->owner->integrity < PROCESS_INTEGRITY_COUNT &&
           add_known(text, words[event->owner->integrity]);
}

static bool add_session(struct text *text, const struct foreign_event *event)
{
    bool known = foreign_os(event) == FOREIGN_OS_WINDOWS; /* elsewhere it is something else */

    if (known) {
        text_add_number(text, event->owner->session);
    }
    return known;
}

/* Which way it goes is not known of a connection that was there when watching began. */
static bool add_initiated(struct text *text, const struct foreign_event *event)
{
    text_add(text, event->way == LISTENERS_OUTBOUND ? "true" : "false");
    return event->way == LISTENERS_OUTBOUND || event->way == LISTENERS_INBOUND;
}

static bool add_is_ipv6(struct text *text, const struct foreign_event *event)
{
    text_add(text, event->interval->socket.local.address_size == 4 ? "false" : "true");
    return true;
}

static const struct foreign_field fields[] = {
    {.name = "EventID", .type = FOREIGN_RAW, .add = add_event_id},
    {.name = "Channel", .constant = "Microsoft-Windows-Sysmon/Operational"},
    {.name = "Provider_Name", .constant = "portledger"},
    {.name = "Computer", .add = foreign_host},
    {.name = "UtcTime", .add = add_utc_time},
    {.name = "ProcessGuid", .add = add_process_guid},
    {.name = "ProcessId", .type = FOREIGN_RAW, .add = foreign_pid},
    {.name = "Image", .add = add_image},
    {.name = "User", .add = foreign_user},
    {.name = "Protocol", .kinds = FOREIGN_OPENED, .add = foreign_transport},
    {.name = "Initiated", .kinds = FOREIGN_OPENED, .add = add_initiated},
    {.name = "SourceIsIpv6", .kinds = FOREIGN_OPENED, .add = add_is_ipv6},
    {.name = "SourceIp", .kinds = FOREIGN_OPENED, .add = foreign_source_address},
    {.name = "SourcePort",
     .type = FOREIGN_RAW,
     .kinds = FOREIGN_OPENED,
     .add = foreign_source_port},
    {.name = "DestinationIsIpv6", .kinds = FOREIGN_OPENED, .add = add_is_ipv6},
    {.name = "DestinationIp", .kinds = FOREIGN_OPENED, .add = foreign_destination_address},
    {.name = "DestinationPort",
     .type = FOREIGN_RAW,
     .kinds = FOREIGN_OPENED,
     .add = foreign_destination_port},
    {.name = "CommandLine", .kinds = FOREIGN_STARTED, .add = foreign_command_line},
    {.name = "TerminalSessionId",
     .type = FOREIGN_RAW,
     .kinds = FOREIGN_STARTED,
     .add = add_session},
    {.name = "IntegrityLevel", .kinds = FOREIGN_STARTED, .add = add_integrity},
    {.name = "ParentProcessGuid", .kinds = FOREIGN_STARTED, .add = add_parent_guid},
    {.name = "ParentProcessId",
     .type = FOREIGN_RAW,
     .kinds = FOREIGN_STARTED,
     .add = foreign_parent_pid},
    {.name = "ParentImage", .kinds = FOREIGN_STARTED, .add = add_parent_image},
    {.name = "ImageLoaded", .kinds = FOREIGN_LOADED, .add = add_image_loaded},
    {.name = "FileVersion", .kinds = FOREIGN_STARTED | FOREIGN_LOADED, .add = add_version},
    {.name = "Company", .kinds = FOREIGN_STARTED | FOREIGN_LOADED, .add = add_company},
    {.name = "Hashes", .kinds = FOREIGN_STARTED | FOREIGN_LOADED, .add = add_hashes},
    {.name = "Signed", .kinds = FOREIGN_LOADED, .add = add_signed},
    {.name = "Signature", .kinds = FOREIGN_LOADED, .add = add_signer},
    {.name = "SignatureStatus", .kinds = FOREIGN_LOADED, .add = add_signature_status},
};

/* Event 3 is of connections: what has no other end is in none of Sysmon's. */
static void add(struct text *text, const struct foreign_event *event)
{
    if (event->kind != FOREIGN_OPENED ||
        (listeners_begins(event->interval) && event->way != LISTENERS_LISTENS)) {
        foreign_add_json(text, fields, sizeof(fields) / sizeof(fields[0]), event);
    }
}

const struct foreign_format foreign_sysmon = {
    .name = "sysmon",
    .kinds = FOREIGN_OPENED | FOREIGN_STARTED | FOREIGN_LOADED,
    .lacks = "sockets that listen, or are of UDP, are in no event of Sysmon",
    .add = add,
};
