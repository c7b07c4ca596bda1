/* SPDX-License-Identifier: MIT */

/*
 * Windows: the four OWNER_MODULE tables of the IP helper library. They alone
 * tell when a socket was bound, and by which service of its process.
 */

#include "collector/ip_helper_win32.h"

#include <ws2tcpip.h>
#include <iphlpapi.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime_win32.h"
#include "collector/snapshot.h"
#include "collector/socket_table.h"

enum {
    FIRST_SIZE = 64 * 1024,
    MAX_ATTEMPTS = 8,
};

/*
 * The system's tables change while we read them. The call then asks for a
 * larger buffer or, undocumented but seen under load, returns this NT status.
 */
static const DWORD STATUS_UNSUCCESSFUL_AS_ERROR = 0xC0000001;

typedef DWORD fetch_fn(void *buffer, DWORD *size, ULONG family);

/* Where the fields of one end are in a row. */
struct end_layout {
    size_t address;
    size_t scope_id; /* IPv6 only */
    size_t port;
};

/* Every table is a DWORD count followed by rows; only the layout of a row differs. */
static const struct source {
    const char *name;
    ULONG family;
    enum socket_protocol protocol;
    enum snapshot_lack lack;
    fetch_fn *fetch;
    size_t first_row;
    size_t row_size;
    size_t address_size;
    size_t pid;
    size_t created_at;
    size_t service_tag; /* the low half of OwningModuleInfo[0] */
    struct end_layout local;
    struct end_layout remote; /* TCP only, like state */
    size_t state;
} sources[] = {
    {
        .name = "IPv4 TCP",
        .family = AF_INET,
        .protocol = SOCKET_TCP,
        .lack = SNAPSHOT_NO_IPV4_TCP,
        .fetch = ip_helper_tcp_table,
        .first_row = offsetof(MIB_TCPTABLE_OWNER_MODULE, table),
        .row_size = sizeof(MIB_TCPROW_OWNER_MODULE),
        .address_size = sizeof(IN_ADDR),
        .pid = offsetof(MIB_TCPROW_OWNER_MODULE, dwOwningPid),
        .created_at = offsetof(MIB_TCPROW_OWNER_MODULE, liCreateTimestamp),
        .service_tag = offsetof(MIB_TCPROW_OWNER_MODULE, OwningModuleInfo),
        .local = {.address = offsetof(MIB_TCPROW_OWNER_MODULE, dwLocalAddr),
                  .port = offsetof(MIB_TCPROW_OWNER_MODULE, dwLocalPort)},
        .remote = {.address = offsetof(MIB_TCPROW_OWNER_MODULE, dwRemoteAddr),
                   .port = offsetof(MIB_TCPROW_OWNER_MODULE, dwRemotePort)},
        .state = offsetof(MIB_TCPROW_OWNER_MODULE, dwState),
    },
    {
        .name = "IPv6 TCP",
        .family = AF_INET6,
        .protocol = SOCKET_TCP,
        .lack = SNAPSHOT_NO_IPV6_TCP,
        .fetch = ip_helper_tcp_table,
        .first_row = offsetof(MIB_TCP6TABLE_OWNER_MODULE, table),
        .row_size = sizeof(MIB_TCP6ROW_OWNER_MODULE),
        .address_size = sizeof(IN6_ADDR),
        .pid = offsetof(MIB_TCP6ROW_OWNER_MODULE, dwOwningPid),
        .created_at = offsetof(MIB_TCP6ROW_OWNER_MODULE, liCreateTimestamp),
        .service_tag = offsetof(MIB_TCP6ROW_OWNER_MODULE, OwningModuleInfo),
        .local = {.address = offsetof(MIB_TCP6ROW_OWNER_MODULE, ucLocalAddr),
                  .scope_id = offsetof(MIB_TCP6ROW_OWNER_MODULE, dwLocalScopeId),
                  .port = offsetof(MIB_TCP6ROW_OWNER_MODULE, dwLocalPort)},
        .remote = {.address = offsetof(MIB_TCP6ROW_OWNER_MODULE, ucRemoteAddr),
                   .scope_id = offsetof(MIB_TCP6ROW_OWNER_MODULE, dwRemoteScopeId),
                   .port = offsetof(MIB_TCP6ROW_OWNER_MODULE, dwRemotePort)},
        .state = offsetof(MIB_TCP6ROW_OWNER_MODULE, dwState),
    },
    {
        .name = "IPv4 UDP",
        .family = AF_INET,
        .protocol = SOCKET_UDP,
        .lack = SNAPSHOT_NO_IPV4_UDP,
        .fetch = ip_helper_udp_table,
        .first_row = offsetof(MIB_UDPTABLE_OWNER_MODULE, table),
        .row_size = sizeof(MIB_UDPROW_OWNER_MODULE),
        .address_size = sizeof(IN_ADDR),
        .pid = offsetof(MIB_UDPROW_OWNER_MODULE, dwOwningPid),
        .created_at = offsetof(MIB_UDPROW_OWNER_MODULE, liCreateTimestamp),
        .service_tag = offsetof(MIB_UDPROW_OWNER_MODULE, OwningModuleInfo),
        .local = {.address = offsetof(MIB_UDPROW_OWNER_MODULE, dwLocalAddr),
                  .port = offsetof(MIB_UDPROW_OWNER_MODULE, dwLocalPort)},
    },
    {
        .name = "IPv6 UDP",
        .family = AF_INET6,
        .protocol = SOCKET_UDP,
        .lack = SNAPSHOT_NO_IPV6_UDP,
        .fetch = ip_helper_udp_table,
        .first_row = offsetof(MIB_UDP6TABLE_OWNER_MODULE, table),
        .row_size = sizeof(MIB_UDP6ROW_OWNER_MODULE),
        .address_size = sizeof(IN6_ADDR),
        .pid = offsetof(MIB_UDP6ROW_OWNER_MODULE, dwOwningPid),
        .created_at = offsetof(MIB_UDP6ROW_OWNER_MODULE, liCreateTimestamp),
        .service_tag = offsetof(MIB_UDP6ROW_OWNER_MODULE, OwningModuleInfo),
        .local = {.address = offsetof(MIB_UDP6ROW_OWNER_MODULE, ucLocalAddr),
                  .scope_id = offsetof(MIB_UDP6ROW_OWNER_MODULE, dwLocalScopeId),
                  .port = offsetof(MIB_UDP6ROW_OWNER_MODULE, dwLocalPort)},
    },
};

/* One buffer serves all tables: rows are taken out of it before the next one is read. */
struct socket_reader {
    uint8_t *buffer;
    DWORD size;
};

static DWORD dword_at(const uint8_t *bytes)
{
    DWORD value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

/*
 * Documented as being in network byte order; programs that read it in host
 * order work too. It is the number of an interface, and of the two readings of
 * a number below 65536 the right one is the smaller.
 */
static uint32_t scope_id_at(const uint8_t *bytes)
{
    DWORD as_host = dword_at(bytes);
    DWORD as_network = ntohl(as_host);

    return as_host < as_network ? as_host : as_network;
}

/* 0, and what no clock can have meant, is "the system does not tell". */
static int64_t time_at(const uint8_t *bytes)
{
    int64_t units;
    int64_t at;

    memcpy(&units, bytes, sizeof(units));
    at = filetime_to_ms(units);
    return at > 0 ? at : 0;
}

static struct socket_endpoint endpoint_at(const uint8_t *row, const struct end_layout *end,
                                          size_t address_size)
{
    struct socket_endpoint endpoint = {
        .address_size = (uint8_t)address_size,
        .port = ntohs((u_short)dword_at(row + end->port)), /* the high 16 bits are noise */
    };

    memcpy(endpoint.address, row + end->address, address_size);
    if (address_size == sizeof(IN6_ADDR)) {
        endpoint.scope_id = scope_id_at(row + end->scope_id);
    }
    return endpoint;
}

static bool reserve(struct socket_reader *reader, const struct source *source, DWORD size,
                    struct failure *why)
{
    uint8_t *buffer;

    if (size <= reader->size) {
        return true;
    }
    buffer = realloc(reader->buffer, size);
    if (buffer == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the %s table (%lu bytes)", source->name,
                    (unsigned long)size);
    }
    reader->buffer = buffer;
    reader->size = size;
    return true;
}

/* With room for the sockets that open before the next call. */
static DWORD with_slack(DWORD size)
{
    return size <= MAXDWORD / 2 ? size + size / 4 : size;
}

/* Calls until the table fits. *error is what the last call said. */
static bool fetch(struct socket_reader *reader, const struct source *source, DWORD *error,
                  struct failure *why)
{
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        DWORD size = reader->size;

        *error = source->fetch(reader->buffer, &size, source->family);
        if (*error != ERROR_INSUFFICIENT_BUFFER && *error != STATUS_UNSUCCESSFUL_AS_ERROR) {
            break;
        }
        if (*error == ERROR_INSUFFICIENT_BUFFER) {
            size = with_slack(size > reader->size ? size : reader->size);
            if (!reserve(reader, source, size, why)) {
                return false;
            }
        }
    }
    return true;
}

static struct socket_row row_at(const struct source *source, const uint8_t *from)
{
    struct socket_row row = {
        .protocol = (uint8_t)source->protocol,
        .local = endpoint_at(from, &source->local, source->address_size),
        .pid = dword_at(from + source->pid),
        .created_at = time_at(from + source->created_at),
        .service_tag = dword_at(from + source->service_tag),
        .owner = SOCKET_NO_OWNER,
    };

    if (source->protocol == SOCKET_TCP) {
        DWORD state = dword_at(from + source->state);

        /* DELETE_TCB (12) is a connection that is being torn down: for us, one that is closed. */
        row.state = (uint8_t)(state < SOCKET_STATE_COUNT ? state : SOCKET_CLOSED);
        row.remote = endpoint_at(from, &source->remote, source->address_size);
    }
    socket_row_normalize(&row);
    return row;
}

static bool append_rows(struct socket_table *table, const struct source *source,
                        const struct socket_reader *reader, struct failure *why)
{
    DWORD count = dword_at(reader->buffer);
    const uint8_t *from = reader->buffer + source->first_row;

    if (count > (reader->size - source->first_row) / source->row_size) {
        return FAIL(why, FAILURE_FORMAT, 0, "the %s table speaks of %lu rows in %lu bytes",
                    source->name, (unsigned long)count, (unsigned long)reader->size);
    }
    for (DWORD i = 0; i < count; i++, from += source->row_size) {
        struct socket_row row = row_at(source, from);

        if (!socket_table_add(table, &row, why)) {
            return false;
        }
    }
    return true;
}

static bool read_source(struct socket_reader *reader, const struct source *source,
                        struct socket_table *table, struct failure *why)
{
    DWORD error = NO_ERROR;

    if (!fetch(reader, source, &error, why)) {
        return false;
    }
    switch (error) {
    case NO_ERROR:
        return append_rows(table, source, reader, why);
    case ERROR_NO_DATA:
        return true;
    case ERROR_NOT_SUPPORTED:
    case WSAEAFNOSUPPORT:
        table->lacks |= (unsigned)source->lack;
        return true;
    default:
        return failure_from_system(why, (long)error, "cannot read the %s table", source->name);
    }
}

bool socket_reader_open(struct socket_reader **out, struct failure *why)
{
    struct socket_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL || !reserve(reader, &sources[0], FIRST_SIZE, why)) {
        free(reader);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to read the socket tables");
    }
    *out = reader;
    return true;
}

bool socket_reader_read(struct socket_reader *reader, struct socket_table *table,
                        struct failure *why)
{
    socket_table_reset(table);
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (!read_source(reader, &sources[i], table, why)) {
            socket_table_reset(table);
            return false;
        }
    }
    return true;
}

void socket_reader_close(struct socket_reader *reader)
{
    if (reader != NULL) {
        free(reader->buffer);
        free(reader);
    }
}
