/* SPDX-License-Identifier: MIT */

/*
 * Lists of ports, services files and targets of anybody. The first byte says
 * which; ports that a list holds are ports, each once.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/outcome.h"
#include "probes/ports.h"
#include "probes/targets.h"

enum { TARGETS_WALKED = 1000 };

static void check_list(const struct port_list *list)
{
    static uint8_t seen[2][65536];

    memset(seen, 0, sizeof(seen));
    for (size_t i = 0; i < list->count; i++) {
        const struct port_item *item = &list->items[i];

        if (item->port == 0 || seen[item->transport == PROBE_UDP ? 1 : 0][item->port]++ != 0) {
            abort();
        }
    }
}

static void try_ports(const char *words)
{
    static const char services[] = "http 80/tcp www\ndomain 53/tcp\ndomain 53/udp\n";
    struct service_table table = {0};
    struct port_list list = {0};
    struct failure why = {0};

    if (service_table_parse(&table, services, sizeof(services) - 1, &why)) {
        const struct port_words how = {.services = &table};

        if (port_list_add(&list, words, &how, &why)) {
            check_list(&list);
        } else if (why.kind != FAILURE_USAGE) {
            abort();
        }
    }
    port_list_clear(&list);
    service_table_clear(&table);
}

static void try_services(const char *bytes, size_t size)
{
    struct service_table table = {0};
    struct failure why = {0};

    if (service_table_parse(&table, bytes, size, &why)) {
        for (size_t i = 0; i < table.count; i++) {
            const struct service *service = &table.services[i];

            if (service->port == 0 ||
                service_name(&table, service->transport, service->port) == NULL ||
                service_port(&table, service->transport, service->name) == 0) {
                abort();
            }
        }
    }
    service_table_clear(&table);
}

static void try_targets(const char *word)
{
    struct target_list list = {0};
    struct target_walk walk = {0};
    struct socket_endpoint address;
    struct text host = {0};
    struct failure why = {0};

    if (target_list_add(&list, word, true, &why)) {
        for (int i = 0; i < TARGETS_WALKED && target_list_next(&list, &walk, &host, &address);
             i++) {
            if (host.size == 0) {
                abort();
            }
        }
    } else if (why.kind != FAILURE_USAGE) {
        abort();
    }
    text_clear(&host);
    target_list_clear(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words;

    if (size == 0 || size > 4096) {
        return 0;
    }
    words = malloc(size);
    if (words == NULL) {
        return 0;
    }
    memcpy(words, data + 1, size - 1);
    words[size - 1] = '\0';
    if (data[0] % 3 == 0) {
        try_ports(words);
    } else if (data[0] % 3 == 1) {
        try_services(words, size - 1);
    } else {
        try_targets(words);
    }
    free(words);
    return 0;
}
