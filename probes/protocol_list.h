/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The protocols by their names in C, for protocols.c and for protocols that
 * are another one in TLS. Everybody else asks protocol_find().
 */

#include "probes/protocol.h"

extern const struct protocol protocol_dns;
extern const struct protocol protocol_dns_tls;
extern const struct protocol protocol_ldap;
extern const struct protocol protocol_http;
extern const struct protocol protocol_https;
extern const struct protocol protocol_ssh;
extern const struct protocol protocol_ftp;
extern const struct protocol protocol_ftp_anonymous;
extern const struct protocol protocol_smtp;
extern const struct protocol protocol_smtps;
extern const struct protocol protocol_pop3;
extern const struct protocol protocol_pop3s;
extern const struct protocol protocol_imap;
extern const struct protocol protocol_imaps;
extern const struct protocol protocol_l2tp;
extern const struct protocol protocol_ike;
extern const struct protocol protocol_isa;
extern const struct protocol protocol_ldaps;
extern const struct protocol protocol_rpc;
extern const struct protocol protocol_netbios;
extern const struct protocol protocol_snmp;
extern const struct protocol protocol_snmp_v1;
extern const struct protocol protocol_snmp_v3;
extern const struct protocol protocol_sqlbrowser;
extern const struct protocol protocol_tftp;
extern const struct protocol protocol_smb;
extern const struct protocol protocol_kerberos;
extern const struct protocol protocol_rdp;
extern const struct protocol protocol_ntp;
extern const struct protocol protocol_tls;
extern const struct protocol protocol_ike_v1;
extern const struct protocol protocol_mdns;
extern const struct protocol protocol_memcached;
extern const struct protocol protocol_quic;
extern const struct protocol protocol_radius;
extern const struct protocol protocol_sip;
extern const struct protocol protocol_stun;
extern const struct protocol protocol_wireguard;
extern const struct protocol protocol_smtp_starttls;
extern const struct protocol protocol_pop3_starttls;
extern const struct protocol protocol_imap_starttls;
extern const struct protocol protocol_ldap_starttls;
extern const struct protocol protocol_mysql;
extern const struct protocol protocol_mysql_anonymous;
extern const struct protocol protocol_mysql_starttls;
extern const struct protocol protocol_postgresql;
extern const struct protocol protocol_redis;
extern const struct protocol protocol_mqtt;
extern const struct protocol protocol_mqtts;
extern const struct protocol protocol_winrm;
extern const struct protocol protocol_winrms;
