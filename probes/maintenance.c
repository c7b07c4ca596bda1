/* SPDX-License-Identifier: MIT */

#include "probes/maintenance.h"

#include <string.h>

#include "base/time_text.h"
#include "probes/day_names.h"

enum { MINUTE = 60 * 1000, DAYS = 7 };

#define DAY (INT64_C(1) * DAY_MINUTES * MINUTE)

/* Division that goes down for negative numbers too. */
static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    return at;
}

static bool read_digits(const char **at, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9') {
            return false;
        }
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool refuse(const char *text, struct failure *why)
{
    return FAIL(why, FAILURE_FORMAT, 0,
                "\"%s\" is no window; write Sun 02:00-04:00, 22:00-02:00, 2026-12-24 - 2026-12-27 "
                "or 2026-12-24 18:00 - 2026-12-27 06:00",
                text);
}

static bool refuse_open(const char *text, const char *right, struct failure *why)
{
    return FAIL(why, FAILURE_FORMAT, 0, "\"%s\" has no end; write it like %s", text, right);
}

/* 2026-12-24, or with a time behind it. *is_day tells whether there is none. */
static bool read_date(const char **at, int64_t *shown, bool *is_day)
{
    struct calendar_time date = {0};
    struct failure ignored = {0};
    const char *time;
    int minute = 0;

    if (!read_digits(at, 4, &date.year) || *(*at)++ != '-' || !read_digits(at, 2, &date.month) ||
        *(*at)++ != '-' || !read_digits(at, 2, &date.day) || !calendar_valid(&date)) {
        return false;
    }
    time = skip_blanks(*at);
    *is_day = *time < '0' || *time > '9';
    if (!*is_day) {
        if (!day_time_read(&time, &minute, &ignored)) {
            return false;
        }
        *at = time;
    }
    *at = skip_blanks(*at);
    *shown = calendar_to_ms(&date) + minute * (int64_t)MINUTE;
    return true;
}

static bool read_dates(struct maintenance_window *window, const char *text, struct failure *why)
{
    const char *at = skip_blanks(text);
    bool is_day;

    if (!read_date(&at, &window->shown_from, &is_day)) {
        return refuse(text, why);
    }
    if (!is_day && *at == '\0') {
        return refuse_open(text, "2026-12-24 18:00 - 2026-12-27 06:00", why);
    }
    window->shown_until = window->shown_from;
    if (*at == '-') {
        at = skip_blanks(at + 1);
        if (!read_date(&at, &window->shown_until, &is_day)) {
            return refuse(text, why);
        }
    }
    if (*at != '\0') {
        return refuse(text, why);
    }
    window->shown_until += is_day ? DAY : 0;
    return window->shown_from < window->shown_until ||
           FAIL(why, FAILURE_FORMAT, 0, "\"%s\" ends before it begins", text);
}

static bool read_weekly(struct maintenance_window *window, const char *text, struct failure *why)
{
    const char *at = skip_blanks(text);

    if (!day_names_read(&at, &window->days, why) || !day_time_read(&at, &window->from, why)) {
        return false;
    }
    at = skip_blanks(at);
    if (*at == '\0') {
        return refuse_open(text, "Sun 02:00-04:00", why);
    }
    if (*at != '-') {
        return refuse(text, why);
    }
    at = skip_blanks(at + 1);
    if (*at < '0' || *at > '9') {
        return *at == '\0' ? refuse_open(text, "Sun 02:00-04:00", why) : refuse(text, why);
    }
    if (!day_time_read(&at, &window->until, why)) {
        return false;
    }
    if (*skip_blanks(at) != '\0') {
        return refuse(text, why);
    }
    if (window->from == window->until) {
        return FAIL(why, FAILURE_FORMAT, 0,
                    "\"%s\" has no length; write 00:00-24:00 for a whole day", text);
    }
    window->until += window->until < window->from ? DAY_MINUTES : 0;
    return true;
}

/* Dates have two hyphens before anything else. */
static bool begins_with_date(const char *text)
{
    const char *at = skip_blanks(text);
    int year;

    return read_digits(&at, 4, &year) && *at == '-';
}

bool maintenance_read(struct maintenance_window *window, const char *text, struct failure *why)
{
    *window = (struct maintenance_window){.is_weekly = !begins_with_date(text)};
    return window->is_weekly ? read_weekly(window, text, why) : read_dates(window, text, why);
}

/* Whether the window of the day that is `days_ago` before that of `shown` holds it. */
static bool holds_since(const struct maintenance_window *window, int64_t shown, int days_ago)
{
    int64_t day = floor_div(shown, DAY) - days_ago;
    int64_t minute = floor_div(shown - day * DAY, MINUTE);
    int weekday = (int)(day + 4 - floor_div(day + 4, DAYS) * DAYS); /* 1970 began on a Thursday */

    return (window->days >> weekday & 1) != 0 && minute >= window->from && minute < window->until;
}

static bool holds(const struct maintenance_window *window, int64_t shown)
{
    if (window->is_weekly) {
        return holds_since(window, shown, 0) || holds_since(window, shown, 1);
    }
    return shown >= window->shown_from && shown < window->shown_until;
}

size_t maintenance_find(const struct maintenance_window *windows, size_t count,
                        local_time_zone_fn *zone, int64_t at)
{
    int64_t shown = at + zone(at) * INT64_C(1000);
    size_t i = 0;

    while (i < count && !holds(&windows[i], shown)) {
        i++;
    }
    return i;
}

static void take_edge(int64_t *next, int64_t shown, int64_t edge)
{
    *next = edge > shown && edge < *next ? edge : *next;
}

/* Windows of yesterday may end today, and those of today behind midnight: then midnight comes
 * first. */
static void take_edges(int64_t *next, int64_t shown, const struct maintenance_window *window)
{
    int64_t day = floor_div(shown, DAY) * DAY;

    if (!window->is_weekly) {
        take_edge(next, shown, window->shown_from);
        take_edge(next, shown, window->shown_until);
        return;
    }
    take_edge(next, shown, day + window->from * (int64_t)MINUTE);
    take_edge(next, shown, day + window->until * (int64_t)MINUTE);
    take_edge(next, shown, day + window->until * (int64_t)MINUTE - DAY);
}

int64_t maintenance_same_until(const struct maintenance_window *windows, size_t count,
                               local_time_zone_fn *zone, int64_t at)
{
    int offset = zone(at);
    int64_t shown = at + offset * INT64_C(1000);
    int64_t next = (floor_div(shown, DAY) + 1) * DAY;

    for (size_t i = 0; i < count; i++) {
        take_edges(&next, shown, &windows[i]);
    }
    if (zone(at + next - shown - 1) != offset) {
        next = (floor_div(shown, MINUTE) + 1) * MINUTE; /* clocks change on whole minutes */
    }
    return at + next - shown;
}
