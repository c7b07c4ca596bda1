/* SPDX-License-Identifier: MIT */

/*
 * What the service says of the ledger's seals.
 */

#include "service/watcher_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/time_text.h"
#include "service/first_key.h"
#include "store/verify.h"

static void publish(struct watcher *watcher, const struct verify_anchor *seal,
                    const char *ledger_id, int64_t until)
{
    struct text words = {0};
    struct text time = {0};

    verify_add_anchor(&words, seal, ledger_id);
    time_text_add_table(&time, until, TIME_ZONE_LOCAL);
    event_report(watcher->events, EVENT_SEAL, text_bytes(&words), text_bytes(&time));
    watcher->published = seal->number;
    watcher->next_publish =
        clock_steady() + settings_number(watcher->settings, "ledger.publish_seals");
    text_clear(&words);
    text_clear(&time);
}

/* Only what is committed is published. */
void watcher_seals_tend(struct watcher *watcher)
{
    struct verify_anchor seal;
    struct sealer_state state;

    ledger_writer_look_at_seals(watcher->begun.writer, &state);
    if (state.key_failing && !watcher->key_failing) {
        event_report(watcher->events, EVENT_KEY_FAILED, state.failure.text);
    }
    watcher->key_failing = state.key_failing;
    if (state.number <= watcher->published || clock_steady() < watcher->next_publish) {
        return;
    }
    seal.number = state.number;
    memcpy(seal.head, state.head, sizeof(seal.head));
    publish(watcher, &seal, state.ledger_id, state.until.at);
}

void watcher_seals_end(struct watcher *watcher)
{
    const struct ledger_begun *begun = &watcher->begun;

    if (begun->sealed && begun->seal.number > watcher->published) {
        publish(watcher, &begun->seal, begun->ledger_id, begun->sealed_until);
    }
}

/* Where nobody sits, it waits for whoever asks for it. */
static void keep_key(const struct watcher *watcher, const char *line, const char *number)
{
    struct failure why;
    struct text where = {0};

    if (first_key_keep(text_bytes(&watcher->ledger_path), line, &why)) {
        text_add(&where, "it waits for `portledgerd first-key`, which shows and removes it");
    } else {
        text_addf(&where, "it is lost: %s", why.text);
    }
    event_report(watcher->events, EVENT_FIRST_KEY, number, text_bytes(&where));
    text_clear(&where);
}

/* Once, and only to whoever sits before it: no log may keep it. In one line, to be copied. */
static void show_key(const struct watcher *watcher, const char *line, const char *number)
{
    struct failure ignored;

    if (!service_host_foreground(watcher->host) || !console_is_terminal(CONSOLE_ERROR)) {
        keep_key(watcher, line, number);
        return;
    }
    (void)(console_write(CONSOLE_ERROR, line, strlen(line), &ignored) &&
           console_write(CONSOLE_ERROR, "\n", 1, &ignored));
    console_complain("Keep this line elsewhere and not on this machine; it is not shown again. "
                     "`portledger verify --key FILE` proves by it that the ledger was not "
                     "changed.");
}

static void tell_unsealed(const struct watcher *watcher, const struct sealer_found *found)
{
    char rows[24];
    char drops[24];
    char changes[24];
    char bounded[24];

    snprintf(rows, sizeof(rows), "%lld", (long long)found->rows);
    snprintf(drops, sizeof(drops), "%lld", (long long)found->drops);
    snprintf(changes, sizeof(changes), "%lld", (long long)found->changes);
    snprintf(bounded, sizeof(bounded), "%lld", (long long)found->bounded);
    if (found->bounded > 0) {
        event_report(watcher->events, EVENT_WATCHED_BOUNDED, bounded);
    }
    if (found->rows == 0 && found->changes == 0) {
        return;
    }
    if (found->foreign) {
        event_report(watcher->events, EVENT_LEDGER_TOUCHED, rows, changes);
    } else {
        event_report(watcher->events, EVENT_LEFT_UNSEALED, rows, drops, changes);
    }
}

void watcher_seals_begin(struct watcher *watcher)
{
    struct sealer_state state;
    struct text number = {0};
    struct text key = {0};

    ledger_writer_look_at_seals(watcher->begun.writer, &state);
    text_addf(&number, "%lld", (long long)state.key_from);
    text_addf(&key, "%s.key", text_bytes(&watcher->ledger_path));
    if (state.key == SEALER_KEY_FIRST) {
        event_report(watcher->events, EVENT_SEALING_BEGINS, text_bytes(&key));
    } else if (state.key == SEALER_KEY_LOST) {
        event_report(watcher->events, EVENT_KEY_LOST, text_bytes(&key), text_bytes(&number));
    } else if (state.key == SEALER_KEY_AHEAD) {
        text_reset(&number);
        text_addf(&number, "%lld", (long long)state.begun_before);
        event_report(watcher->events, EVENT_LEDGER_CUT, text_bytes(&number));
    }
    tell_unsealed(watcher, &state.unsealed);
    if (state.key_line != NULL) {
        show_key(watcher, state.key_line, text_bytes(&number));
    }
    watcher->published = state.number;
    watcher->next_publish = clock_steady();
    text_clear(&number);
    text_clear(&key);
}
