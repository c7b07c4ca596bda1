#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""When jobs run, calculated once more and otherwise.

The product goes from the wall to moments: it looks for the next day that fits and asks the
zone for its moments. This model goes the other way: it looks at every minute of a year and at
what zoneinfo says the wall shows then. Both have nothing in common but the rules in
docs/jobs.md, and tests/unit/check_schedule_year.c compares all of their runs.

    schedule_model.py > tests/fixtures/schedule-year.txt
    schedule_model.py --check tests/fixtures/schedule-year.txt
"""

import bisect
import datetime
import random
import sys
import zoneinfo

MINUTE = 60
UTC = datetime.timezone.utc
MASK = (1 << 64) - 1
DAY_NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

# Years that are over: their rules do not change any more.
ZONES = [
    ("Europe/Berlin", 2025),
    ("America/New_York", 2025),
    ("America/Santiago", 2025),  # changes at midnight
    ("Australia/Lord_Howe", 2025),  # by half an hour
    ("Pacific/Chatham", 2025),  # 12:45 ahead, changes at 02:45
    ("Africa/Casablanca", 2025),  # changes around Ramadan
    ("Asia/Kathmandu", 2025),  # no changes
    ("Pacific/Apia", 2011),  # had no 30 December
]

FORMS = [
    "03:00",
    "02:30",
    "00:00",
    "02:15, 02:45, 03:00",
    "Mon-Fri 07:30, 19:30",
    "Sat,Sun 02:00",
    "0 0 13 * 5",
    "*/20 1-3 * * sun",
    "0 12 */10 * 1-5",
    "59 23 28-31 2,mar,12 *",
]
UTC_FORMS = ["02:30"]
INTERVALS = [5 * MINUTE, 7 * MINUTE, 90 * MINUTE, 86400]
LIVES = ["02:30", "Mon-Fri 07:30, 19:30"]
SPREAD = 300000


def numbers(field, least, most, names):
    """The numbers of a field of crontab."""
    found = set()
    for part in field.lower().split(","):
        part, _, step = part.partition("/")
        ends = part.split("-")
        ends = [str(names.index(e) + least) if e in names else e for e in ends]
        if part == "*":
            ends = [least, most]
        first, last = int(ends[0]), int(ends[-1])
        found.update(range(first, last + 1, int(step or 1)))
    return found


def crontab_fits(text):
    minute, hour, day, month, weekday = text.split()
    minutes = numbers(minute, 0, 59, [])
    hours = numbers(hour, 0, 23, [])
    days = numbers(day, 1, 31, [])
    months = numbers(month, 1, 12, MONTH_NAMES)
    weekdays = {number % 7 for number in numbers(weekday, 0, 7, DAY_NAMES)}
    either = day[0] != "*" and weekday[0] != "*"

    def fits(wall):
        by_month, by_week = wall.day in days, wall.isoweekday() % 7 in weekdays
        on_day = (by_month or by_week) if either else (by_month and by_week)
        return on_day and wall.month in months

    return fits, {(hour, minute) for hour in hours for minute in minutes}


def times_fit(text):
    days = set(range(7))
    if text[0].isalpha():
        named, text = text.split(" ", 1)
        days = set()
        for part in named.lower().split(","):
            first, _, last = part.partition("-")
            day = DAY_NAMES.index(first)
            days.add(day)
            while DAY_NAMES[day] != (last or first):
                day = (day + 1) % 7
                days.add(day)
    times = {tuple(map(int, time.split(":"))) for time in text.split(",")}

    return lambda wall: wall.isoweekday() % 7 in days, times


def minutes_shown(zone, since, until):
    """For each time of the day, when the wall shows it for the first time, or has skipped it."""
    found = {}
    step = datetime.timedelta(minutes=1)
    furthest = datetime.datetime.fromtimestamp(since, zone).replace(tzinfo=None)
    for moment in range(since, until, MINUTE):
        wall = datetime.datetime.fromtimestamp(moment, zone).replace(tzinfo=None)
        while furthest < wall:
            furthest += step
            found.setdefault((furthest.hour, furthest.minute), []).append((moment, furthest))
    return found


def wall_runs(text, shown):
    """Seconds of all runs."""
    fits, times = times_fit(text) if ":" in text else crontab_fits(text)
    return sorted({moment for time in times for moment, wall in shown[time] if fits(wall)})


def changes_of(zone, since, until):
    """The offset at `since`, and the moments at which it changes."""
    def offset(moment):
        return int(datetime.datetime.fromtimestamp(moment, zone).utcoffset().total_seconds())

    first = offset(since)
    changes = []
    last = first
    for moment in range(since, until, 15 * MINUTE):
        if offset(moment) != last:
            last = offset(moment)
            changes.append((moment, last))
    return first, changes


def job_offset(host, job, spread):
    """Milliseconds: FNV-1a over both names with a 0 behind each, then MurmurHash3's end."""
    value = 0xCBF29CE484222325
    for byte in host.encode() + b"\0" + job.encode() + b"\0":
        value = ((value ^ byte) * 0x100000001B3) & MASK
    value = ((value ^ (value >> 33)) * 0xFF51AFD7ED558CCD) & MASK
    value = ((value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53) & MASK
    value ^= value >> 33
    return ((value >> 32) * spread) >> 32


class Life:
    """A service that runs, sleeps, and has its clock set; milliseconds."""

    def __init__(self, runs, now, catch_up):
        self.runs = runs
        self.now = now
        self.handled = now
        self.catch_up = catch_up
        self.done = []  # kinds, and moments or counts

    def due(self):
        return self.runs[bisect.bisect_right(self.runs, self.handled):
                         bisect.bisect_right(self.runs, self.now)]

    def decide(self):
        if self.handled - self.now > 60000:
            self.handled = self.now
        due = self.due()
        if not due:
            return
        last = due[-1]
        self.handled = last
        kind = "r" if self.now - last <= 30000 else "l" if self.catch_up else None
        missed = due[:-1] if kind else due
        if missed:
            self.done.append(("m", len(missed), missed[0], missed[-1]))
        if kind:
            self.done.append((kind, last))

    def run(self, milliseconds):
        self.now += milliseconds
        for moment in self.due():
            self.done.append(("r", moment))
            self.handled = moment

    def jump(self, milliseconds):
        self.now += milliseconds
        self.decide()


def live(runs, now, catch_up, chance):
    """The events of about a year, and what came of them."""
    life = Life(runs, now, catch_up)
    events = []
    end = now + 350 * 86400000
    while life.now < end:
        hours = chance.choice([2, 20, 150, 400])
        kind = chance.choice(["run", "run", "sleep", "set"])
        length = chance.randrange(1, hours * 3600) * 1000
        if kind == "set":
            steps = [-7200000, -3600000, -61000, -59000, -1000, 1000, 45000, 3600000]
            length = chance.choice([*steps, length])
        events.append(f"{kind}:{length // 1000}")
        if kind == "run":
            life.run(length)
        else:
            life.jump(length)
    return events, life.done


def folded(runs):
    """The first run, and the minutes from one to the next, as 4x1440."""
    words = [str(runs[0])] if runs else []
    steps = [(after - before) // 60000 for before, after in zip(runs, runs[1:])]
    while steps:
        count = next((i for i, step in enumerate(steps) if step != steps[0]), len(steps))
        words.append(f"{count}x{steps[0]}" if count > 1 else str(steps[0]))
        steps = steps[count:]
    return " ".join(words)


def told(event, begin):
    """m:COUNT:FIRST:LAST, r:RUN or l:RUN; runs as minutes since `begin`."""
    moments = event[2:] if event[0] == "m" else event[1:]
    words = [str((moment - begin) // 60000) for moment in moments]
    return ":".join([event[0]] + [str(event[1])] * (event[0] == "m") + words)


def year_of_zone(name, year, chance):
    zone = zoneinfo.ZoneInfo(name)
    since = int(datetime.datetime(year, 1, 1, tzinfo=UTC).timestamp())
    until = int(datetime.datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())
    first, changes = changes_of(zone, since - 30 * 86400, until + 30 * 86400)
    yield " ".join(["zone", name, str(first)] + [f"{at * 1000}:{offset}" for at, offset in changes])
    yield f"year {since * 1000} {until * 1000}"
    shown = minutes_shown(zone, since - 3 * 86400, until)
    shown_in_utc = minutes_shown(UTC, since - 3 * 86400, until)
    jobs = [(f"at 0 {text}", wall_runs(text, shown)) for text in FORMS]
    jobs += [(f"at 1 {text}", wall_runs(text, shown_in_utc)) for text in UTC_FORMS]
    jobs += [(f"every {every * 1000}", list(range(since - since % every, until, every)))
             for every in INTERVALS]
    for form, moments in jobs:
        offset = job_offset(name, form, SPREAD)
        runs = [moment * 1000 + offset for moment in moments]
        inside = [moment for moment in runs if since * 1000 < moment <= until * 1000]
        yield f"form {form}"
        yield f"runs {folded(inside)}".rstrip()
    for text in LIVES:
        offset = job_offset(name, f"at 0 {text}", SPREAD)
        runs = [moment * 1000 + offset for moment in dict(jobs)[f"at 0 {text}"]]
        yield f"form at 0 {text}"
        for catch_up in (False, True):
            events, done = live(runs, since * 1000, catch_up, chance)
            yield f"life {int(catch_up)} " + " ".join(events)
            yield "done " + " ".join(told(event, since * 1000 + offset) for event in done)


def everything():
    chance = random.Random(7)
    yield "# Written by tests/model/schedule_model.py: see there."
    for name, year in ZONES:
        yield from year_of_zone(name, year, chance)


def main():
    text = "".join(line + "\n" for line in everything())
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="ascii") as file:
            if file.read() != text:
                sys.exit(f"{sys.argv[2]} is not what the model calculates")
        return
    sys.stdout.write(text)


main()
