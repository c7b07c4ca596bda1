/* SPDX-License-Identifier: MIT */

#include "reportcli/instance_record.h"

const struct column instance_columns[INSTANCE_RECORD_OWN] = {
    [INSTANCE_RECORD_PARENT_PROCESS] = {.name = "parent_process",
                                        .type = COLUMN_TEXT,
                                        .heading = "Parent",
                                        .help = "Name of the parent, likewise; "
                                                "absent where the parent did not run any more",
                                        .rank = -1},
    [INSTANCE_RECORD_USER] = {.name = "user",
                              .type = COLUMN_TEXT,
                              .heading = "User",
                              .help = "Account that the process runs as; its id where the name is "
                                      "not known; absent where neither is",
                              .rank = -1},
    [INSTANCE_RECORD_USER_ID] = {.name = "user_id",
                                 .type = COLUMN_TEXT,
                                 .heading = "User id",
                                 .help = "SID of the account (Windows), or its number",
                                 .rank = -1},
    [INSTANCE_RECORD_INTEGRITY] = {.name = "integrity",
                                   .type = COLUMN_TEXT,
                                   .heading = "Integrity",
                                   .help = "How much the system lets the process do (Windows): "
                                           "untrusted, low, medium, high, system, protected",
                                   .rank = -1},
    [INSTANCE_RECORD_SESSION] = {.name = "session",
                                 .type = COLUMN_INTEGER,
                                 .heading = "Session",
                                 .help = "Terminal session (Windows), or process id of the "
                                         "session's leader",
                                 .rank = -1},
    [INSTANCE_RECORD_DENIED] = {.name = "denied",
                                .type = COLUMN_TEXT,
                                .heading = "Denied",
                                .help = "What of the process the system did not let this program "
                                        "see: path, command line, user, integrity",
                                .rank = -1},
    [INSTANCE_RECORD_LEFT_OUT] = {.name = "left_out",
                                  .type = COLUMN_TEXT,
                                  .heading = "Left out",
                                  .help = "What of the process the settings say not to record",
                                  .rank = -1},
    [INSTANCE_RECORD_COMMAND_LINE] = {.name = "command_line",
                                      .type = COLUMN_TEXT,
                                      .heading = "Command line",
                                      .help = "Command line as the process reports it; it may have "
                                              "changed it; absent with --no-command-lines",
                                      .rank = -1,
                                      .last = true},
};

/* The names of enum process_part's bits, in the order of the bits. */
static void add_parts(struct text *text, unsigned parts)
{
    static const char *const names[] = {"path", "command line", "user", "integrity"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((parts & (1U << i)) != 0) {
            text_addf(text, "%s%s", text->size > 0 ? ", " : "", names[i]);
        }
    }
}

static struct value parts_value(struct text *text, unsigned parts)
{
    text_reset(text);
    add_parts(text, parts);
    return value_text(text->size > 0 ? text_bytes(text) : NULL);
}

static void fill_user(const struct account *user, struct value *values)
{
    const char *name = account_name(user);

    if (user != NULL) {
        values[INSTANCE_RECORD_USER] = value_text(name != NULL ? name : user->id);
        values[INSTANCE_RECORD_USER_ID] = value_text(user->id);
    }
}

bool instance_record_fill(struct instance_record *record, const struct process_instance *instance,
                          const char *parent, struct value *values, struct failure *why)
{
    for (size_t i = 0; i < INSTANCE_RECORD_FIELDS; i++) {
        values[i] = (struct value){0};
    }
    if (instance == NULL) {
        return true;
    }
    values[INSTANCE_RECORD_PARENT_PROCESS] = value_text(parent);
    fill_user(instance->user, values);
    if (instance->integrity != PROCESS_INTEGRITY_UNKNOWN) {
        values[INSTANCE_RECORD_INTEGRITY] = value_text(process_integrity_name(instance->integrity));
    }
    values[INSTANCE_RECORD_SESSION] = value_number(instance->session);
    values[INSTANCE_RECORD_DENIED] = parts_value(&record->denied, instance->denied);
    values[INSTANCE_RECORD_LEFT_OUT] = parts_value(&record->left_out, instance->left_out);
    if (!record->no_command_lines) {
        values[INSTANCE_RECORD_COMMAND_LINE] = value_text(instance->command_line);
    }
    image_record_fill(&record->image, instance->image, values + INSTANCE_RECORD_IMAGE);
    return text_ok(&record->denied, why) && text_ok(&record->left_out, why);
}

void instance_record_clear(struct instance_record *record)
{
    text_clear(&record->denied);
    text_clear(&record->left_out);
}
