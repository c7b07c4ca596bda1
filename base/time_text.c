/* SPDX-License-Identifier: MIT */

#include "base/time_text.h"

#include <string.h>

#include "base/clock.h"
#include "base/local_time.h"
#include "base/units.h"
#include "base/zone.h"

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
    ERA_DAYS = 146097,     /* 400 years */
    DAYS_TO_1970 = 719468, /* from 0000-03-01 */
    LAST_YEAR = 9999,
    SHOWN_SIZE = 40,
};

/* 9999-12-31T23:59:59.999Z and -9999-01-01T00:00:00.000Z */
#define LAST_MOMENT INT64_C(253402300799999)
#define FIRST_MOMENT (INT64_C(-377705116800000))

/* Division that goes down for negative numbers too. */
static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int64_t hold(int64_t value, int64_t first, int64_t last)
{
    return value < first ? first : value > last ? last : value;
}

/*
 * Days are counted from 1 March of the year 0, in eras of 400 years, so that
 * the leap day is the last of its year and every era is alike.
 */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           DAYS_TO_1970;
}

static void date_from_days(int64_t days, struct calendar_time *time)
{
    int64_t shifted = days + DAYS_TO_1970;
    int64_t era = floor_div(shifted, ERA_DAYS);
    int64_t day_of_era = shifted - era * ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */

    time->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    time->month = (int)(month < 10 ? month + 3 : month - 9);
    time->year = (int)(year_of_era + era * 400 + (month >= 10));
}

struct calendar_time calendar_from_ms(int64_t at)
{
    int64_t held = hold(at, FIRST_MOMENT, LAST_MOMENT);
    int64_t days = floor_div(held, DAY);
    int rest = (int)(held - days * DAY);
    struct calendar_time time = {
        .hour = rest / HOUR,
        .minute = rest / MINUTE % 60,
        .second = rest / SECOND % 60,
        .millisecond = rest % SECOND,
    };

    date_from_days(days, &time);
    return time;
}

int64_t calendar_to_ms(const struct calendar_time *time)
{
    int64_t days;

    if (time->year < -LAST_YEAR || time->year > LAST_YEAR) {
        return time->year < 0 ? FIRST_MOMENT : LAST_MOMENT;
    }
    days = days_from_date(time->year, time->month, time->day);
    return days * DAY + time->hour * (int64_t)HOUR + time->minute * (int64_t)MINUTE +
           time->second * (int64_t)SECOND + time->millisecond;
}

static bool is_within(int value, int first, int last)
{
    return value >= first && value <= last;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

bool calendar_valid(const struct calendar_time *time)
{
    return is_within(time->year, -LAST_YEAR, LAST_YEAR) && is_within(time->month, 1, 12) &&
           is_within(time->day, 1, days_of_month(time->year, time->month)) &&
           is_within(time->hour, 0, 23) && is_within(time->minute, 0, 59) &&
           is_within(time->second, 0, 59) && is_within(time->millisecond, 0, 999);
}

static int held_offset(int64_t at)
{
    return zone_offset(hold(at, FIRST_MOMENT, LAST_MOMENT));
}

static int64_t zone_offset_ms(int64_t at)
{
    return held_offset(at) * INT64_C(1000);
}

/* The moments at which the clocks on the walls here show `shown`. */
static void moments_of_local(int64_t shown, int64_t *first, int64_t *second)
{
    local_time_moments(held_offset, shown, first, second);
}

/* What was read of a calendar form. */
struct reading {
    struct calendar_time time;
    bool has_zone;
    int zone_minutes;
};

/* Reads exactly `count` digits. */
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

static bool read_one_of(const char **at, const char *set)
{
    if (**at == '\0' || strchr(set, **at) == NULL) {
        return false;
    }
    (*at)++;
    return true;
}

/* Reads a dot and 1 to 9 digits; what is finer than a millisecond is cut. */
static bool read_fraction(const char **at, int *milliseconds)
{
    int weight = 100;
    int digit;
    int count = 0;

    *milliseconds = 0;
    if (!read_one_of(at, ".")) {
        return true;
    }
    for (; count < 9 && read_digits(at, 1, &digit); count++) {
        *milliseconds += digit * weight;
        weight /= 10;
    }
    return count > 0;
}

static bool read_date(const char **at, struct calendar_time *time)
{
    return read_digits(at, 4, &time->year) && read_one_of(at, "-") &&
           read_digits(at, 2, &time->month) && read_one_of(at, "-") &&
           read_digits(at, 2, &time->day);
}

static bool read_clock(const char **at, struct calendar_time *time)
{
    if (!read_digits(at, 2, &time->hour) || !read_one_of(at, ":") ||
        !read_digits(at, 2, &time->minute)) {
        return false;
    }
    return !read_one_of(at, ":") ||
           (read_digits(at, 2, &time->second) && read_fraction(at, &time->millisecond));
}

/* Reads Z or +01:00, also with a blank before it, as tables show it; or nothing. */
static bool read_zone(const char **at, struct reading *reading)
{
    int hours;
    int minutes;
    bool blank = read_one_of(at, " ");
    bool west = **at == '-';

    reading->has_zone = **at != '\0';
    if (!reading->has_zone) {
        return !blank;
    }
    if (read_one_of(at, "Zz")) {
        return true;
    }
    if (!read_one_of(at, "+-") || !read_digits(at, 2, &hours) || !read_one_of(at, ":") ||
        !read_digits(at, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    reading->zone_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

static bool refuse(const char *word, struct failure *why)
{
    return FAIL(why, FAILURE_USAGE, 0,
                "\"%s\" is no time; write 2026-11-20 14:00, 2026-11-20, 14:00, -2h, now, today, "
                "yesterday, boot, @1732111200 or 2026-11-20T14:00:00+01:00",
                word);
}

static bool refuse_calendar(const char *word, struct failure *why)
{
    return FAIL(why, FAILURE_USAGE, 0, "\"%s\" is no time: there is no such %s", word,
                strchr(word, '-') == NULL ? "time of day" : "day, or time of day");
}

static bool refuse_far(const char *word, struct failure *why)
{
    return FAIL(why, FAILURE_USAGE, 0, "\"%s\" is too far away", word);
}

/* 2026-11-20, and the forms that go on from there. */
static bool read_moment(const char *word, int64_t *at, int64_t *second, struct failure *why)
{
    struct reading reading = {0};
    const char *rest = word;
    bool read = read_date(&rest, &reading.time);
    int64_t shown;

    if (read && *rest != '\0') {
        read = read_one_of(&rest, "Tt ") && read_clock(&rest, &reading.time) &&
               read_zone(&rest, &reading);
    }
    if (!read || *rest != '\0') {
        return refuse(word, why);
    }
    if (!calendar_valid(&reading.time)) {
        return refuse_calendar(word, why);
    }
    shown = calendar_to_ms(&reading.time);
    if (reading.has_zone) {
        *at = shown - reading.zone_minutes * (int64_t)MINUTE;
        *second = *at;
    } else {
        moments_of_local(shown, at, second);
    }
    return true;
}

/* A day and what may follow, without its year, as brief tables show it: the last time it was so. */
static bool read_day_of_year(const char *word, int64_t now, int64_t *at, int64_t *second,
                             struct failure *why)
{
    struct calendar_time today = calendar_from_ms(now + zone_offset_ms(now));
    struct text whole = {0};
    bool done = false;

    *at = INT64_MAX;
    for (int year = today.year; year >= today.year - 1 && *at > now; year--) {
        text_reset(&whole);
        text_addf(&whole, "%04d-%s", year, word);
        done = text_ok(&whole, why) && read_moment(text_bytes(&whole), at, second, why);
        if (!done) {
            break;
        }
    }
    text_clear(&whole);
    return done;
}

/* The day in which `now` is here, as milliseconds that its midnight shows. */
static int64_t shown_midnight(int64_t now)
{
    return floor_div(now + zone_offset_ms(now), DAY) * DAY;
}

/* 14:00: the last time that the clocks showed it. */
static bool read_time_of_day(const char *word, int64_t now, int64_t *at, int64_t *second,
                             struct failure *why)
{
    struct calendar_time time = {.year = 1970, .month = 1, .day = 1};
    const char *rest = word;
    int64_t today = shown_midnight(now);

    if (!read_clock(&rest, &time) || *rest != '\0') {
        return refuse(word, why);
    }
    if (!calendar_valid(&time)) {
        return refuse_calendar(word, why);
    }
    moments_of_local(today + calendar_to_ms(&time), at, second);
    if (*at > now) {
        moments_of_local(today - DAY + calendar_to_ms(&time), at, second);
    }
    if (*second > now) {
        *second = *at;
    }
    return true;
}

/* -2h */
static bool read_ago(const char *word, int64_t now, int64_t *at, int64_t *second,
                     struct failure *why)
{
    int64_t ago;

    if (!units_parse_duration(word + 1, &ago, why)) {
        return FAIL(why, FAILURE_USAGE, 0, "\"%s\": %s", word, why->text);
    }
    if (ago > now - FIRST_MOMENT) {
        return refuse_far(word, why);
    }
    *at = now - ago;
    *second = *at;
    return true;
}

/* @1732111200.250 */
static bool read_epoch(const char *word, int64_t *at, int64_t *second, struct failure *why)
{
    const char *rest = word + 1;
    int64_t seconds = 0;
    int fraction = 0;
    int digit;

    while (seconds <= LAST_MOMENT && read_digits(&rest, 1, &digit)) {
        seconds = seconds * 10 + digit;
    }
    if (seconds > LAST_MOMENT / SECOND) {
        return refuse_far(word, why);
    }
    if (rest == word + 1 || !read_fraction(&rest, &fraction) || *rest != '\0') {
        return refuse(word, why);
    }
    *at = seconds * SECOND + fraction;
    *second = *at;
    return true;
}

static bool read_now(int64_t now, int64_t *at, int64_t *second, struct failure *why)
{
    (void)why;
    *at = now;
    *second = now;
    return true;
}

static bool read_today(int64_t now, int64_t *at, int64_t *second, struct failure *why)
{
    (void)why;
    moments_of_local(shown_midnight(now), at, second);
    return true;
}

static bool read_yesterday(int64_t now, int64_t *at, int64_t *second, struct failure *why)
{
    (void)why;
    moments_of_local(shown_midnight(now) - DAY, at, second);
    return true;
}

static bool read_boot(int64_t now, int64_t *at, int64_t *second, struct failure *why)
{
    struct clock_boot boot;

    (void)now;
    if (!clock_boot_read(&boot, why)) {
        return false;
    }
    *at = boot.started_at;
    *second = boot.started_at;
    return true;
}

typedef bool read_name_fn(int64_t now, int64_t *at, int64_t *second, struct failure *why);

static const char *const names[] = {"now", "today", "yesterday", "boot", NULL};
static read_name_fn *const name_readers[] = {read_now, read_today, read_yesterday, read_boot};

static bool read_name(const char *word, int64_t now, int64_t *at, int64_t *second,
                      struct failure *why)
{
    const char *meant = text_closest(word, names);

    for (size_t i = 0; names[i] != NULL; i++) {
        if (text_equal_fold(word, names[i])) {
            return name_readers[i](now, at, second, why);
        }
    }
    if (meant == NULL) {
        return refuse(word, why);
    }
    return FAIL(why, FAILURE_USAGE, 0, "\"%s\" is no time; did you mean \"%s\"?", word, meant);
}

static bool read_any(const char *word, int64_t now, int64_t *at, int64_t *second,
                     struct failure *why)
{
    switch (word[0]) {
    case '-':
        return read_ago(word, now, at, second, why);
    case '@':
        return read_epoch(word, at, second, why);
    default:
        if (word[0] < '0' || word[0] > '9') {
            return read_name(word, now, at, second, why);
        }
        if (strcspn(word, "-") == 2) {
            return read_day_of_year(word, now, at, second, why);
        }
        return strchr(word, '-') == NULL ? read_time_of_day(word, now, at, second, why)
                                         : read_moment(word, at, second, why);
    }
}

bool time_text_parse(const char *word, int64_t now, int64_t *at, int64_t *second,
                     struct failure *why)
{
    int64_t first;
    int64_t other;

    if (!read_any(word, hold(now, FIRST_MOMENT, LAST_MOMENT), &first, &other, why)) {
        return false;
    }
    *at = first;
    if (second != NULL) {
        *second = other;
    }
    return true;
}

/* Local time may be ahead by seconds that the forms cannot say: the shown minutes are what counts.
 */
static int shown_offset_minutes(int64_t at, enum time_zone_choice zone)
{
    return zone == TIME_ZONE_UTC ? 0 : (int)(zone_offset_ms(at) / MINUTE);
}

static char *put_number(char *to, int value, int digits)
{
    for (int i = digits; i-- > 0; value /= 10) {
        to[i] = (char)('0' + value % 10);
    }
    return to + digits;
}

static char *put_char(char *to, char c)
{
    *to = c;
    return to + 1;
}

/* Digits by hand: a million rows are printed in a second or two, with several times in each. */
static char *put_moment(char *to, const struct calendar_time *time, char between, bool fraction)
{
    if (time->year < 0) {
        to = put_char(to, '-');
    }
    to = put_char(put_number(to, time->year < 0 ? -time->year : time->year, 4), '-');
    to = put_char(put_number(to, time->month, 2), '-');
    to = put_char(put_number(to, time->day, 2), between);
    to = put_char(put_number(to, time->hour, 2), ':');
    to = put_char(put_number(to, time->minute, 2), ':');
    to = put_number(to, time->second, 2);
    return fraction ? put_number(put_char(to, '.'), time->millisecond, 3) : to;
}

static char *put_offset(char *to, int minutes)
{
    int ahead = minutes < 0 ? -minutes : minutes;

    to = put_number(put_char(to, minutes < 0 ? '-' : '+'), ahead / 60, 2);
    return put_number(put_char(to, ':'), ahead % 60, 2);
}

void time_text_add_rfc3339(struct text *text, int64_t at, enum time_zone_choice zone)
{
    int64_t held = hold(at, FIRST_MOMENT, LAST_MOMENT);
    int minutes = shown_offset_minutes(held, zone);
    struct calendar_time time = calendar_from_ms(held + minutes * (int64_t)MINUTE);
    char shown[SHOWN_SIZE];
    char *end = put_moment(shown, &time, 'T', true);

    end = zone == TIME_ZONE_UTC ? put_char(end, 'Z') : put_offset(end, minutes);
    text_add_bytes(text, shown, (size_t)(end - shown));
}

/*
 * From then on the clocks of all zones are changed at whole minutes, and years have four digits
 * for a while.
 */
static const int64_t FIRST_KEPT = INT64_C(946684800000); /* 2000 */
static const int64_t LAST_KEPT = INT64_C(4102444800000); /* 2100 */

static void keep_minute(struct time_kept_minute *entry, int64_t minute, enum time_zone_choice zone)
{
    int minutes = shown_offset_minutes(minute * MINUTE, zone);
    struct calendar_time time = calendar_from_ms((minute + minutes) * MINUTE);
    char shown[SHOWN_SIZE];

    put_moment(shown, &time, 'T', false);
    memcpy(entry->head, shown, sizeof(entry->head));
    entry->tail[0] = 'Z';
    entry->tail_size = zone == TIME_ZONE_UTC ? 1 : sizeof(entry->tail);
    if (zone != TIME_ZONE_UTC) {
        put_offset(entry->tail, minutes);
    }
    entry->minute = minute;
}

void time_text_add_kept(struct text *text, int64_t at, enum time_zone_choice zone,
                        struct time_kept *kept)
{
    int64_t minute = at / MINUTE;
    int rest = (int)(at % MINUTE);
    struct time_kept_minute *entry;
    char shown[SHOWN_SIZE];
    char *end = shown + TIME_KEPT_HEAD;

    if (at < FIRST_KEPT || at >= LAST_KEPT) {
        time_text_add_rfc3339(text, at, zone);
        return;
    }
    entry = &kept->minutes[minute % TIME_KEPT_MINUTES];
    if (entry->minute != minute) {
        keep_minute(entry, minute, zone);
    }
    memcpy(shown, entry->head, sizeof(entry->head));
    end = put_char(put_number(end, rest / SECOND, 2), '.');
    end = put_number(end, rest % SECOND, 3);
    memcpy(end, entry->tail, entry->tail_size);
    text_add_bytes(text, shown, (size_t)(end - shown) + entry->tail_size);
}

void time_text_add_table(struct text *text, int64_t at, enum time_zone_choice zone)
{
    int64_t held = hold(at, FIRST_MOMENT, LAST_MOMENT);
    int minutes = shown_offset_minutes(held, zone);
    struct calendar_time time = calendar_from_ms(held + minutes * (int64_t)MINUTE);
    char shown[SHOWN_SIZE];
    char *end = put_moment(shown, &time, ' ', time.millisecond != 0);

    end = put_offset(put_char(end, ' '), minutes);
    text_add_bytes(text, shown, (size_t)(end - shown));
}
