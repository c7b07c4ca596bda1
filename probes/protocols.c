/* SPDX-License-Identifier: MIT */

#include "probes/protocol.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "probes/protocol_list.h"

/* A row each. */
/* clang-format off */
const struct protocol *const protocols[] = {
    &protocol_dns,
    &protocol_dns_tls,
    &protocol_ldap,
    &protocol_ldaps,
    &protocol_ldap_starttls,
    &protocol_rpc,
    &protocol_netbios,
    &protocol_snmp,
    &protocol_snmp_v1,
    &protocol_snmp_v3,
    &protocol_sqlbrowser,
    &protocol_tftp,
    &protocol_l2tp,
    &protocol_ike,
    &protocol_ike_v1,
    &protocol_isa,
    &protocol_ftp,
    &protocol_ftp_anonymous,
    &protocol_smtp,
    &protocol_smtps,
    &protocol_smtp_starttls,
    &protocol_pop3,
    &protocol_pop3s,
    &protocol_pop3_starttls,
    &protocol_imap,
    &protocol_imaps,
    &protocol_imap_starttls,
    &protocol_http,
    &protocol_https,
    &protocol_winrm,
    &protocol_winrms,
    &protocol_tls,
    &protocol_ssh,
    &protocol_smb,
    &protocol_kerberos,
    &protocol_rdp,
    &protocol_ntp,
    &protocol_mysql,
    &protocol_mysql_anonymous,
    &protocol_mysql_starttls,
    &protocol_postgresql,
    &protocol_redis,
    &protocol_mqtt,
    &protocol_mqtts,
    &protocol_sip,
    &protocol_stun,
    &protocol_mdns,
    &protocol_memcached,
    &protocol_radius,
    &protocol_quic,
    &protocol_wireguard,
    NULL,
};
/* clang-format on */

const struct protocol *protocol_find(const char *name)
{
    for (const struct protocol *const *at = protocols; *at != NULL; at++) {
        if (text_equal_fold((*at)->name, name)) {
            return *at;
        }
    }
    return NULL;
}

static bool has_transport(const struct protocol *protocol, uint8_t transport)
{
    return transport == PROBE_TCP ? protocol->stream != NULL : protocol->datagram != NULL;
}

static bool has_service(const struct protocol *protocol, const char *service)
{
    for (const char *const *name = protocol->services; *name != NULL; name++) {
        if (text_equal_fold(*name, service)) {
            return true;
        }
    }
    return false;
}

static bool has_port(const struct protocol *protocol, uint8_t transport, uint16_t port)
{
    for (const struct protocol_port *at = protocol->ports; at->port != 0; at++) {
        if (at->port == port && at->transport == transport) {
            return true;
        }
    }
    return false;
}

const struct protocol *protocol_of_port(uint8_t transport, uint16_t port, const char *service)
{
    for (const struct protocol *const *at = protocols; *at != NULL && service != NULL; at++) {
        if (has_transport(*at, transport) && has_service(*at, service)) {
            return *at;
        }
    }
    for (const struct protocol *const *at = protocols; *at != NULL; at++) {
        if (has_port(*at, transport, port)) {
            return *at;
        }
    }
    return NULL;
}

static void say(struct talk *talk, const char *format, va_list args)
{
    struct text raw = {0};
    struct text line = {0};
    size_t size;

    text_addv(&raw, format, args);
    text_add_visible(&line, text_bytes(&raw), strlen(text_bytes(&raw)));
    size = strlen(text_bytes(&line));
    if (size >= sizeof(talk->why)) {
        size = text_whole(text_bytes(&line), sizeof(talk->why) - 1);
    }
    memcpy(talk->why, text_bytes(&line), size);
    talk->why[size] = '\0';
    text_clear(&line);
    text_clear(&raw);
}

void talk_say(struct talk *talk, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(talk, format, args);
    va_end(args);
}

enum protocol_next talk_wrong(struct talk *talk, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(talk, format, args);
    va_end(args);
    return PROTOCOL_WRONG;
}
