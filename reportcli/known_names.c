/* SPDX-License-Identifier: MIT */

/*
 * Windows: what Microsoft's documentation ("Windows Internals", part 1, chapter
 * 2, "Key system components") and every incident handler's list has in the
 * system folder. A Windows that is installed elsewhere than X:\Windows is told
 * of as well: better one mark too many than one too few.
 *
 * Linux: programs belong to the folders of the Filesystem Hierarchy Standard
 * 3.0 (3.4, 3.16, 4.4 to 4.10), and to those of Nix, Guix and snap.
 */

#include "reportcli/known_names.h"

#include <stddef.h>

#include "base/pattern.h"
#include "base/text.h"

/* Ended by NULL. Patterns of whole paths. */
static const char *const system32[] = {"?:\\Windows\\System32\\*", NULL};
static const char *const both_systems[] = {"?:\\Windows\\System32\\*", "?:\\Windows\\SysWOW64\\*",
                                           NULL};
static const char *const windows[] = {"?:\\Windows\\*", NULL};
static const char *const hierarchy[] = {
    "/bin/*",      "/sbin/*",    "/lib/*",       "/lib64/*",       "/usr/bin/*",
    "/usr/sbin/*", "/usr/lib/*", "/usr/lib64/*", "/usr/libexec/*", "/usr/local/*",
    "/opt/*",      "/snap/*",    "/nix/store/*", "/gnu/store/*",   NULL};

static const struct {
    const char *name;
    const char *const *folders;
} names[] = {
    {"smss.exe", system32},
    {"csrss.exe", system32},
    {"wininit.exe", system32},
    {"winlogon.exe", system32},
    {"services.exe", system32},
    {"lsass.exe", system32},
    {"lsaiso.exe", system32},
    {"lsm.exe", system32},
    {"svchost.exe", both_systems},
    {"spoolsv.exe", system32},
    {"taskhostw.exe", system32},
    {"taskhost.exe", system32},
    {"sihost.exe", system32},
    {"dwm.exe", system32},
    {"fontdrvhost.exe", system32},
    {"conhost.exe", system32},
    {"dllhost.exe", both_systems},
    {"rundll32.exe", both_systems},
    {"regsvr32.exe", both_systems},
    {"mshta.exe", both_systems},
    {"cmd.exe", both_systems},
    {"powershell.exe", both_systems},
    {"runtimebroker.exe", system32},
    {"dashost.exe", system32},
    {"explorer.exe", windows},
    {"sshd", hierarchy},
    {"systemd", hierarchy},
    {"systemd-resolved", hierarchy},
    {"systemd-networkd", hierarchy},
    {"systemd-timesyncd", hierarchy},
    {"systemd-journald", hierarchy},
    {"systemd-logind", hierarchy},
    {"systemd-udevd", hierarchy},
    {"init", hierarchy},
    {"cron", hierarchy},
    {"crond", hierarchy},
    {"atd", hierarchy},
    {"dbus-daemon", hierarchy},
    {"rsyslogd", hierarchy},
    {"auditd", hierarchy},
    {"polkitd", hierarchy},
    {"agetty", hierarchy},
    {"NetworkManager", hierarchy},
    {"chronyd", hierarchy},
    {"ntpd", hierarchy},
    {"rpcbind", hierarchy},
    {"dhclient", hierarchy},
    {"dnsmasq", hierarchy},
    {"kthreadd", NULL}, /* a thread of the kernel has no file */
};

static bool lies_in(const char *const *folders, const char *path)
{
    for (; folders != NULL && *folders != NULL; folders++) {
        if (pattern_matches(*folders, path)) {
            return true;
        }
    }
    return false;
}

/* Behind the last separator of either system: a ledger may come from the other one. */
static const char *base_name(const char *path)
{
    const char *base = path;

    for (const char *c = path; *c != '\0'; c++) {
        base = *c == '/' || *c == '\\' ? c + 1 : base;
    }
    return base;
}

bool known_name_is_misplaced(const char *path, const char *name)
{
    if (path == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bool called = text_equal_fold(base_name(path), names[i].name) ||
                      (name != NULL && text_equal_fold(name, names[i].name));

        if (called && !lies_in(names[i].folders, path)) {
            return true;
        }
    }
    return name != NULL && text_starts_fold(name, "kworker/");
}
