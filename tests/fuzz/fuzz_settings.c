/* SPDX-License-Identifier: MIT */

/*
 * Settings files from anybody, over a table that has every kind. What is
 * accepted must show itself, and the failure must name the file.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const choices[] = {"slow", "fast", NULL};

static const struct setting_key inner_keys[] = {
    {.name = "host", .kind = SETTING_TEXT, .help = "h"},
};
static const struct setting_table inner_table = {.keys = inner_keys, .count = COUNT_OF(inner_keys)};

static const struct setting_key job_keys[] = {
    {.name = "name", .kind = SETTING_TEXT, .help = "h", .required = true},
    {.name = "targets", .kind = SETTING_TEXT_LIST, .maximum = 5, .help = "h"},
    {.name = "every", .kind = SETTING_DURATION, .fallback = "5m", .help = "h"},
    {.name = "expect.status",
     .kind = SETTING_CHOICE,
     .choices = choices,
     .stands_for_group = true,
     .help = "h"},
    {.name = "via", .kind = SETTING_LIST, .item = &inner_table, .help = "h"},
};
static const struct setting_table job_table = {.keys = job_keys, .count = COUNT_OF(job_keys)};

static const struct setting_key group_keys[] = {
    {.name = "ports", .kind = SETTING_TEXT_LIST, .help = "h"},
};
static const struct setting_table group_table = {.keys = group_keys, .count = COUNT_OF(group_keys)};

static const struct setting_key keys[] = {
    {.name = "a.bool", .kind = SETTING_BOOL, .fallback = "true", .help = "h"},
    {.name = "a.number", .kind = SETTING_NUMBER, .minimum = -5, .maximum = 5, .help = "h"},
    {.name = "a.duration", .kind = SETTING_DURATION, .fallback = "1s", .help = "h"},
    {.name = "a.size", .kind = SETTING_SIZE, .fallback = "4GiB", .help = "h"},
    {.name = "a.text", .kind = SETTING_TEXT, .help = "h"},
    {.name = "a.path", .kind = SETTING_PATH, .help = "h"},
    {.name = "a.choice", .kind = SETTING_CHOICE, .choices = choices, .help = "h"},
    {.name = "a.texts", .kind = SETTING_TEXT_LIST, .fallback = "[x, y]", .help = "h"},
    {.name = "jobs", .kind = SETTING_LIST, .item = &job_table, .help = "h"},
    {.name = "groups", .kind = SETTING_MAP, .item = &group_table, .help = "h"},
};
static const struct setting_table table = {.part = "All", .keys = keys, .count = COUNT_OF(keys)};

static setting_tables tables = {&table, NULL};

/* Appends the lines without where each value came from. */
static void add_values(struct text *values, const char *shown)
{
    for (const char *line = shown; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t size = strcspn(line, "\n");

        while (size > 0 && line[size] != '#') {
            size--;
        }
        text_add_bytes(values, line, size);
        text_add_char(values, '\n');
    }
}

/* What was shown can be read again, and says the same. */
static void restore(const char *shown)
{
    struct settings *settings = NULL;
    struct failure why = {0};
    struct text again = {0};
    struct text values = {0};
    struct text expected = {0};

    if (!settings_restore(&settings, "kept", shown, tables, &why)) {
        abort();
    }
    settings_add_all(&again, settings);
    add_values(&values, text_bytes(&again));
    add_values(&expected, shown);
    if (strcmp(text_bytes(&values), text_bytes(&expected)) != 0) {
        abort();
    }
    text_clear(&again);
    text_clear(&values);
    text_clear(&expected);
    settings_free(settings);
}

/* Anything else is read too, or refused. */
static void restore_bytes(const uint8_t *data, size_t size)
{
    struct settings *settings = NULL;
    struct failure why = {0};
    struct text shown = {0};

    text_add_bytes(&shown, data, size);
    if (!settings_restore(&settings, "kept", text_bytes(&shown), tables, &why) &&
        why.kind != FAILURE_SETTINGS) {
        abort();
    }
    settings_free(settings);
    text_clear(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings *settings = NULL;
    struct failure why = {0};
    struct text shown = {0};

    if (settings_parse(&settings, "f.yaml", (const char *)data, size, tables, &why)) {
        settings_add_all(&shown, settings);
        if (strstr(text_bytes(&shown), "a.bool:") == NULL) {
            abort();
        }
        restore(text_bytes(&shown));
    } else if (why.kind != FAILURE_SETTINGS || strncmp(why.text, "f.yaml:", 7) != 0 ||
               strchr(why.text, '\n') != NULL) {
        abort();
    }
    text_clear(&shown);
    settings_free(settings);
    restore_bytes(data, size);
    return 0;
}
