/* SPDX-License-Identifier: MIT */

#include "base/settings_policy.h"

#include <inttypes.h>
#include <string.h>

#include "base/policy.h"

struct walk {
    struct settings *settings;
    const struct setting_table *const *tables;
    struct text *unknown;
    struct failure *why;
    bool ok;
};

/* Names of registry values have no case. */
static const struct setting_key *find_key(const struct setting_table *const *tables,
                                          const char *policy)
{
    for (size_t i = 0; tables[i] != NULL; i++) {
        for (size_t j = 0; j < tables[i]->count; j++) {
            const struct setting_key *key = &tables[i]->keys[j];

            if (key->policy != NULL && text_equal_fold(key->policy, policy)) {
                return key;
            }
        }
    }
    return NULL;
}

/* In quotes, as an entry of a YAML list. */
static void add_entry(struct text *written, const char *entry)
{
    text_add_char(written, '\'');
    for (; *entry != '\0'; entry++) {
        text_add(written, *entry == '\'' ? "''" : "");
        if (*entry != '\'') {
            text_add_char(written, *entry);
        }
    }
    text_add_char(written, '\'');
}

static void add_list(struct text *written, const struct policy *policy)
{
    const char *entry = policy->text;

    text_add_char(written, '[');
    while (*entry != '\0') {
        text_add(written, entry == policy->text ? "" : ", ");
        add_entry(written, entry);
        entry = policy->kind == POLICY_LIST ? entry + strlen(entry) + 1 : "";
    }
    text_add_char(written, ']');
}

static void add_number(struct text *written, const struct setting_key *key, uint64_t number)
{
    if (key->kind == SETTING_BOOL && number <= 1) {
        text_add(written, number == 1 ? "true" : "false");
    } else {
        text_addf(written, "%" PRIu64, number);
    }
}

/* The policy as a default would be written in a table. */
static bool write_value(struct text *written, const struct setting_key *key,
                        const struct policy *policy, const char *source, struct failure *why)
{
    bool list = key->kind == SETTING_TEXT_LIST;

    if (policy->kind == POLICY_OTHER || (policy->kind == POLICY_LIST && !list) ||
        (policy->kind == POLICY_NUMBER && list)) {
        return FAIL(why, FAILURE_SETTINGS, 0, "%s: the value is of the wrong type; %s is right",
                    source, list ? "REG_MULTI_SZ" : "REG_SZ");
    }
    if (list) {
        add_list(written, policy);
    } else if (policy->kind == POLICY_NUMBER) {
        add_number(written, key, policy->number);
    } else {
        text_add(written, policy->text);
    }
    return text_ok(written, why);
}

static bool apply(struct walk *walk, const struct setting_key *key, const struct policy *policy)
{
    struct setting_override override = {.name = key->name};
    struct text source = {0};
    struct text written = {0};
    bool ok;

    text_addf(&source, "%s\\%s", policy_place, policy->name);
    ok = text_ok(&source, walk->why) &&
         write_value(&written, key, policy, text_bytes(&source), walk->why);
    override.value = text_bytes(&written);
    override.source = text_bytes(&source);
    ok = ok && settings_override(walk->settings, &override, walk->why);
    text_clear(&source);
    text_clear(&written);
    return ok;
}

static bool take(void *context, const struct policy *policy)
{
    struct walk *walk = context;
    const struct setting_key *key = find_key(walk->tables, policy->name);

    if (key == NULL) {
        text_addf(walk->unknown, "%s%s", walk->unknown->size == 0 ? "" : ", ", policy->name);
        return true;
    }
    walk->ok = apply(walk, key, policy);
    return walk->ok;
}

bool settings_apply_policies(struct settings *settings, setting_tables tables, struct text *unknown,
                             struct failure *why)
{
    struct walk walk = {
        .settings = settings, .tables = tables, .unknown = unknown, .why = why, .ok = true};

    return policy_walk(take, &walk, why) && walk.ok && text_ok(unknown, why);
}
