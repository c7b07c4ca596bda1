/* SPDX-License-Identifier: MIT */

#include "base/machine_system.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"

enum { LARGEST_FILE = 64 * 1024 };

/* The first line of a small file. */
static void add_first_line(struct text *text, const char *path)
{
    struct text content = {0};
    struct failure ignored;

    if (file_read(&content, path, LARGEST_FILE, &ignored)) {
        text_add_utf8(text, text_bytes(&content), strcspn(text_bytes(&content), "\r\n"));
    }
    text_clear(&content);
}

void machine_add_id(struct text *text)
{
    add_first_line(text, "/etc/machine-id");
}

void machine_add_host(struct text *text)
{
    struct utsname name;

    if (uname(&name) == 0) {
        text_add_utf8(text, name.nodename, strcspn(name.nodename, "."));
    }
}

/* The domain is what stands behind the host's own name: to ask the resolver may take long. */
void machine_add_domain(struct text *text)
{
    struct utsname name;

    if (uname(&name) == 0 && strchr(name.nodename, '.') != NULL) {
        const char *domain = strchr(name.nodename, '.') + 1;

        text_add_utf8(text, domain, strlen(domain));
    }
}

/* The value of a line PRETTY_NAME="..." of os-release(5), which may be quoted. */
static void add_pretty_name(struct text *text, const char *content)
{
    static const char key[] = "PRETTY_NAME=";
    const char *at = content;

    while (at != NULL && strncmp(at, key, sizeof(key) - 1) != 0) {
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    if (at != NULL) {
        at += sizeof(key) - 1;
        at += *at == '"' || *at == '\'' ? 1 : 0;
        text_add_utf8(text, at, strcspn(at, "\"'\r\n"));
    }
}

void machine_add_system(struct text *text)
{
    struct text content = {0};
    struct failure ignored;
    struct utsname name;

    if (file_read(&content, "/etc/os-release", LARGEST_FILE, &ignored)) {
        add_pretty_name(text, text_bytes(&content));
    }
    text_clear(&content);
    if (uname(&name) == 0) {
        text_addf(text, "%s%s %s %s", text->size > 0 ? ", " : "", name.sysname, name.release,
                  name.machine);
    }
}

/* /etc/localtime is a link into the time zone database (tzset(3), localtime(5)). */
void machine_add_zone(struct text *text)
{
    static const char folder[] = "/zoneinfo/";
    const char *named = getenv("TZ");
    char link[512];
    ssize_t size = readlink("/etc/localtime", link, sizeof(link) - 1);
    const char *zone;

    if (named != NULL && *named != '\0') {
        text_add_utf8(text, named, strlen(named));
        return;
    }
    if (size <= 0) {
        add_first_line(text, "/etc/timezone");
        return;
    }
    link[size] = '\0';
    zone = strstr(link, folder);
    zone = zone == NULL ? link : zone + sizeof(folder) - 1;
    text_add_utf8(text, zone, strlen(zone));
}
