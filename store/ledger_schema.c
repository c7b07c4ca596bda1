/* SPDX-License-Identifier: MIT */

#include "store/ledger_schema.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "store/database.h"

/*
 * Step N takes a ledger from version N to N + 1. Released steps are never
 * edited: a change to the schema is a new step at the end.
 *
 * How the state at a moment is found, without an index on times (there are
 * years of rows, and each index costs a fifth of the file):
 *
 * A row of `interval` lies in one stretch. Within a stretch the clock was
 * never set and rows are numbered as they were opened, so `opened_at` grows
 * with `id`: the id of any moment is found by bisection, and a range of time
 * is a range of ids. At a moment T of a stretch these rows were open:
 *
 *  - those without an end (span = OPEN) up to T's id: all of them, since an
 *    interval of a stretch that ended lasted to its end;
 *  - those of span N (2^N ms and longer, below 2^(N+1)) that began in the
 *    2^(N+1) ms before T and ended after it: every one that began in the
 *    later half of that range did, so few rows are looked at in vain;
 *  - short ones (span IS NULL, below 2^18 ms: four minutes) that began in the
 *    four minutes before T and ended after it.
 *
 * So the cost depends on what was open then, not on how long the ledger is.
 * Processes are found in the same way, but live through gaps.
 */
static const char *const step_0[] = {
    /* Facts about the ledger itself. */
    "CREATE TABLE meta (\n"
    "  name   TEXT PRIMARY KEY,       -- 'ledger_id': a UUID; 'created_at': milliseconds;\n"
    "                                 -- 'earlier_ledger': file of the one before, which was\n"
    "                                 -- damaged; 'earlier_last_sample_at': of it; 0: unknown;\n"
    "                                 -- 'keep', 'keep_profile' (ms) and 'max_size' (bytes):\n"
    "                                 -- what retention was last told; 'dropping': dropped.id of\n"
    "                                 -- intervals that are being deleted\n"
    "  value  ANY NOT NULL\n"
    ") STRICT, WITHOUT ROWID;\n",

    "CREATE TABLE text (\n"
    "  id     INTEGER PRIMARY KEY,    -- names and paths: each is stored once\n"
    "  text   TEXT NOT NULL\n"
    ") STRICT;\n",
    "CREATE INDEX text_text ON text (text COLLATE NOCASE);\n",

    "CREATE TABLE user (\n"
    "  id    INTEGER PRIMARY KEY,\n"
    "  sid   TEXT NOT NULL UNIQUE,    -- Linux: the user id\n"
    "  name  TEXT                     -- NULL: not found, or not looked up yet\n"
    ") STRICT;\n",

    "CREATE TABLE service (\n"
    "  id     INTEGER PRIMARY KEY,\n"
    "  name   INTEGER NOT NULL REFERENCES text (id), -- of several: parted by ', '\n"
    "  basis  INTEGER NOT NULL,       -- how it is known: 1 by tag, 2 the only one of its\n"
    "                                 -- process, 3 one of several, 4 by cgroup, 5 by port,\n"
    "                                 -- 6 by URL reservation\n"
    "  UNIQUE (name, basis)\n"
    ") STRICT;\n",

    /* A row is the content of a file at a time: another content is another row. */
    "CREATE TABLE image (\n"
    "  id          INTEGER PRIMARY KEY,\n"
    "  path        INTEGER NOT NULL REFERENCES text (id),\n"
    "  volume      INTEGER NOT NULL,  -- with file, size and written_at: which file, and which\n"
    "  file        INTEGER NOT NULL,  -- content of it; all 0: not known\n"
    "  size        INTEGER NOT NULL,  -- bytes\n"
    "  written_at  INTEGER NOT NULL,  -- nanoseconds since 1970 UTC\n"
    "  status      INTEGER NOT NULL,  -- 1 read, 2 remote, 3 no file of a disk, 4 too large,\n"
    "                                 -- 5 denied, 6 gone, 7 another file now, 8 offline,\n"
    "                                 -- 9 unreadable. What follows is NULL but for 1\n"
    "  taken_at    INTEGER NOT NULL,  -- when it was read first\n"
    "  sha256      BLOB,\n"
    "  version     INTEGER REFERENCES text (id), -- Windows: of the version resource\n"
    "  company     INTEGER REFERENCES text (id), -- likewise\n"
    "  build_id    INTEGER REFERENCES text (id), -- ELF\n"
    "  verdict     INTEGER,           -- 0 not checked, 1 signed, 2 unsigned, 3 root not on\n"
    "                                 -- this machine, 4 tampered, 5 expired, 6 distrusted,\n"
    "                                 -- 7 could not be checked\n"
    "  signature   INTEGER,           -- 0 none, 1 embedded, 2 catalog\n"
    "  signer      INTEGER REFERENCES text (id)\n"
    ") STRICT;\n",
    "CREATE INDEX image_path ON image (path);\n",
    "CREATE INDEX image_sha256 ON image (sha256) WHERE sha256 IS NOT NULL;\n",

    "CREATE TABLE boot (\n"
    "  id          INTEGER PRIMARY KEY,\n"
    "  name        TEXT NOT NULL UNIQUE, -- how the system tells its boots apart\n"
    "  started_at  INTEGER NOT NULL      -- by the wall clock when it was first seen\n"
    ") STRICT;\n",

    "CREATE TABLE run (\n"
    "  id          INTEGER PRIMARY KEY,  -- one run of the service\n"
    "  program     TEXT NOT NULL,        -- name and version\n"
    "  pid         INTEGER NOT NULL,\n"
    "  boot        INTEGER NOT NULL REFERENCES boot (id),\n"
    "  started_at  INTEGER NOT NULL,\n"
    "  commit_ms   INTEGER NOT NULL,     -- how often it commits; 0: not told\n"
    "  machine_id  TEXT NOT NULL,        -- which machine it watched: '' where the system\n"
    "  host        TEXT NOT NULL,        -- does not tell\n"
    "  domain      TEXT NOT NULL,\n"
    "  system      TEXT NOT NULL,        -- name and build\n"
    "  zone        TEXT NOT NULL,        -- name of its time zone\n"
    "  ended       INTEGER NOT NULL      -- why it ended, as in stretch; 0: it runs\n"
    ") STRICT;\n",

    "CREATE TABLE settings (\n"
    "  id    INTEGER PRIMARY KEY,        -- in force from `at` on, to the next row\n"
    "  run   INTEGER NOT NULL REFERENCES run (id),\n"
    "  at    INTEGER NOT NULL,           -- by the wall clock\n"
    "  text  TEXT NOT NULL               -- every value with its origin, a line each\n"
    ") STRICT;\n",

    "CREATE TABLE zone_offset (\n"
    "  id       INTEGER PRIMARY KEY,     -- in force from `at` on, to the next row\n"
    "  run      INTEGER NOT NULL REFERENCES run (id),\n"
    "  at       INTEGER NOT NULL,        -- the first commit that noticed it\n"
    "  seconds  INTEGER NOT NULL         -- that local time was ahead of UTC\n"
    ") STRICT;\n",

    "CREATE TABLE stretch (\n"
    "  id              INTEGER PRIMARY KEY, -- time that was watched without a gap\n"
    "  run             INTEGER NOT NULL REFERENCES run (id),\n"
    "  begin_at        INTEGER NOT NULL,    -- first sample, milliseconds since 1970 UTC\n"
    "  end_at          INTEGER NOT NULL,    -- last sample; the only thing that a commit\n"
    "                                       -- writes in which nothing else has changed\n"
    "  first_sample    INTEGER NOT NULL,    -- numbers that count up and never repeat\n"
    "  last_sample     INTEGER NOT NULL,\n"
    "  interval_ms     INTEGER NOT NULL,    -- between samples\n"
    "  ended           INTEGER NOT NULL,    -- 0 goes on, 1 stopped, 2 crashed, 3 asleep,\n"
    "                                       -- 4 clock set, 5 sample failed, 6 late,\n"
    "                                       -- 7 paused, 8 lost, 9 other interval,\n"
    "                                       -- 10 other tables, 11 other settings of what\n"
    "                                       -- is left out\n"
    "  lacks           INTEGER NOT NULL,    -- tables that the system has not: 1 IPv6 TCP,\n"
    "                                       -- 2 IPv6 UDP, 4 IPv4 TCP, 8 IPv4 UDP\n"
    "  missed          INTEGER NOT NULL,    -- connections first seen already closing: the\n"
    "                                       -- least that came and went between samples\n"
    "  left_out        INTEGER NOT NULL,    -- processes that the settings leave out: the\n"
    "                                       -- most in a sample\n"
    "  left_out_sockets INTEGER NOT NULL,   -- theirs, likewise\n"
    "  first_interval  INTEGER NOT NULL,    -- interval.id from here on, up to the next\n"
    "  first_process   INTEGER NOT NULL     -- process.id likewise, of those first seen in it\n"
    ") STRICT;\n",

    /*
     * A process instance (boot, pid and start tell it) as long as it ran one
     * program: an exec makes another row. What was not known at first (path,
     * access, parent, user, image ...) is filled in later; the rest is never changed.
     */
    "CREATE TABLE process (\n"
    "  id             INTEGER PRIMARY KEY, -- in the order of first seen\n"
    "  boot           INTEGER NOT NULL REFERENCES boot (id),\n"
    "  pid            INTEGER NOT NULL,\n"
    "  start          INTEGER NOT NULL,    -- the system's own count; with boot and pid the\n"
    "                                      -- identity. Windows: 100 ns since 1601, Linux:\n"
    "                                      -- clock ticks since boot\n"
    "  started_at     INTEGER NOT NULL,    -- the same in milliseconds since 1970 UTC\n"
    "  parent_pid     INTEGER NOT NULL,    -- 0: none, or not known\n"
    "  parent_start   INTEGER NOT NULL,    -- 0: the parent was not seen\n"
    "  session        INTEGER NOT NULL,\n"
    "  name           INTEGER NOT NULL REFERENCES text (id),\n"
    "  path           INTEGER REFERENCES text (id),\n"
    "  access         INTEGER NOT NULL,    -- 0 not opened, 1 opened, 2 denied, 3 gone,\n"
    "                                      -- 4 kernel\n"
    "  integrity      INTEGER NOT NULL,    -- Windows: 1 untrusted, 2 low, 3 medium, 4 high,\n"
    "                                      -- 5 system, 6 protected; 0 not known\n"
    "  denied         INTEGER NOT NULL,    -- what the system refused: 1 path, 2 command line,\n"
    "                                      -- 4 user, 8 integrity\n"
    "  left_out       INTEGER NOT NULL,    -- what the settings leave out, likewise\n"
    "  user           INTEGER REFERENCES user (id),\n"
    "  image          INTEGER REFERENCES image (id), -- NULL: not read (yet)\n"
    "  modules        INTEGER NOT NULL,    -- 0 not looked at, 1 read, 2 denied, 3 protected,\n"
    "                                      -- 4 gone, 5 unreadable\n"
    "  command_line   TEXT,                -- as the process reported it when first looked at\n"
    "  first_stretch  INTEGER NOT NULL,    -- stretch.id; not declared as a reference: when\n"
    "                                      -- old stretches go, all rows would be searched\n"
    "  first_seen_at  INTEGER NOT NULL,    -- in first_stretch\n"
    "  last_stretch   INTEGER,             -- NULL: it was not seen to end\n"
    "  gone_at        INTEGER,             -- in last_stretch: the first sample without it;\n"
    "                                      -- NULL: it was there until that stretch ended\n"
    "  span           INTEGER              -- NULL lasted below 2^18 ms, N below 2^(N+1) ms,\n"
    "                                      -- 1 beyond one stretch, 8388607 not seen to end\n"
    ") STRICT;\n",
    "CREATE INDEX process_pid ON process (pid, boot, start);\n",
    "CREATE INDEX process_name ON process (name);\n",
    "CREATE INDEX process_path ON process (path) WHERE path IS NOT NULL;\n",
    "CREATE INDEX process_user ON process (user) WHERE user IS NOT NULL;\n",
    "CREATE INDEX process_image ON process (image) WHERE image IS NOT NULL;\n",
    "CREATE INDEX process_span ON process (span, boot, last_stretch) WHERE span IS NOT NULL;\n",

    /*
     * A file that a process has mapped as code, from the look that saw it first
     * to the first one that did not; one that is still there when the process
     * ends, ends with it.
     */
    "CREATE TABLE module (\n"
    "  id             INTEGER PRIMARY KEY, -- in the order of first seen\n"
    "  process        INTEGER NOT NULL,    -- process.id\n"
    "  path           INTEGER NOT NULL REFERENCES text (id),\n"
    "  base           INTEGER NOT NULL,    -- address; bytes from there to its end\n"
    "  size           INTEGER NOT NULL,\n"
    "  flags          INTEGER NOT NULL,    -- 1 missing in the process's own list, 2 named\n"
    "                                      -- otherwise there, 4 its file had no name any more\n"
    "  image          INTEGER REFERENCES image (id), -- NULL: not read (yet)\n"
    "  first_stretch  INTEGER NOT NULL,    -- stretch.id\n"
    "  first_seen_at  INTEGER NOT NULL,    -- in first_stretch\n"
    "  last_stretch   INTEGER,             -- NULL: it was not seen to go before its process\n"
    "  gone_at        INTEGER              -- in last_stretch: the first look without it\n"
    ") STRICT;\n",
    "CREATE INDEX module_process ON module (process);\n",
    "CREATE INDEX module_path ON module (path);\n",
    "CREATE INDEX module_image ON module (image) WHERE image IS NOT NULL;\n",

    /*
     * One socket in one state with one owner. Columns "AS (...) VIRTUAL" take no
     * room in the file: they are worked out from others when they are asked for,
     * or kept in an index alone.
     *
     * A row is added to every index, and ports and addresses come in any order.
     * In an index over years nearly each would lie on a page of its own, to be
     * read and written for that one row. So these indexes begin with the
     * `segment`: while 65,536 rows are recorded, what is written of an index is
     * small and stays in memory, and then it is never written again. A question
     * for a port asks segment by segment. Of a process the rows lie together
     * anyway: it has no need of that.
     */
    "CREATE TABLE interval (\n"
    "  id              INTEGER PRIMARY KEY, -- in the order of recording\n"
    "  opened_at       INTEGER NOT NULL, -- first sample that saw it, ms since 1970 UTC; the\n"
    "                                    -- stretch's begin_at: it was there before\n"
    "  lasted          INTEGER NOT NULL, -- ms to the first sample that did not see it;\n"
    "                                    -- -8388608: it lasted to the end of its stretch,\n"
    "                                    -- a number that is as long as most that replace it,\n"
    "                                    -- so that the page need not be split\n"
    "  kind            INTEGER NOT NULL, -- four small numbers, see below: protocol * 512\n"
    "                                    -- + attribution * 64 + opening * 16 + state\n"
    "  local_address   BLOB NOT NULL,    -- 4 or 16 bytes in network order, and 4 more of\n"
    "                                    -- the interface where it is link-local\n"
    "  local_port      INTEGER NOT NULL,\n"
    "  remote_address  BLOB,             -- NULL: listening and UDP sockets have none\n"
    "  remote_port     INTEGER,\n"
    "  process         INTEGER,          -- process.id; NULL: the owner is not known. Not\n"
    "                                    -- declared as a reference: to check it for each row\n"
    "                                    -- takes a sixth of the time of writing\n"
    "  pid             INTEGER,          -- only where a pid is known and no process\n"
    "  age             INTEGER,          -- ms from its creation to opened_at; NULL: not told\n"
    "  service         INTEGER,          -- service.id, of when it opened; NULL: none known\n"
    "  duration        INTEGER AS (CASE WHEN lasted >= 0 THEN lasted END) VIRTUAL, -- NULL: it\n"
    "                                    -- lasted to the end of its stretch\n"
    "  protocol        INTEGER AS (kind >> 9) VIRTUAL, -- IANA number: 6 TCP, 17 UDP\n"
    "  state           INTEGER AS (kind & 15) VIRTUAL, -- 0 UDP; TCP as in RFC 4022:\n"
    "                                    -- 2 listening, 5 established, 11 time wait ...\n"
    "  attribution     INTEGER AS (kind >> 6 & 7) VIRTUAL, -- 0 unknown, 1 exact, 2 exited,\n"
    "                                    -- 3 carried forward, 4 kernel, 5 denied\n"
    "  opening         INTEGER AS (kind >> 4 & 3) VIRTUAL, -- 0 first seen now, 1 it was there\n"
    "                                    -- when the stretch before ended, 2 first seen already\n"
    "                                    -- closing: when it opened was missed\n"
    "  segment         INTEGER AS (id >> 16) VIRTUAL,\n"
    "  local_key       INTEGER AS ((id >> 16 << 16) + local_port) VIRTUAL,\n"
    "  remote_key      INTEGER AS ((id >> 16 << 16) + remote_port) VIRTUAL,\n"
    "  span            INTEGER AS (CASE  -- NULL lasted below 2^18 ms, N below 2^(N+1) ms,\n"
    "                                    -- 8388607 to the end of its stretch\n"
    "    WHEN lasted < 0 THEN 8388607\n"
    "    WHEN lasted < 262144 THEN NULL\n"
    "    WHEN lasted < 524288 THEN 18\n"
    "    WHEN lasted < 1048576 THEN 19\n"
    "    WHEN lasted < 2097152 THEN 20\n"
    "    WHEN lasted < 4194304 THEN 21\n"
    "    WHEN lasted < 8388608 THEN 22\n"
    "    WHEN lasted < 16777216 THEN 23\n"
    "    WHEN lasted < 33554432 THEN 24\n"
    "    WHEN lasted < 67108864 THEN 25\n"
    "    WHEN lasted < 134217728 THEN 26\n"
    "    WHEN lasted < 268435456 THEN 27\n"
    "    WHEN lasted < 536870912 THEN 28\n"
    "    WHEN lasted < 1073741824 THEN 29\n"
    "    WHEN lasted < 2147483648 THEN 30\n"
    "    WHEN lasted < 4294967296 THEN 31\n"
    "    WHEN lasted < 8589934592 THEN 32\n"
    "    WHEN lasted < 17179869184 THEN 33\n"
    "    WHEN lasted < 34359738368 THEN 34\n"
    "    WHEN lasted < 68719476736 THEN 35\n"
    "    WHEN lasted < 137438953472 THEN 36\n"
    "    WHEN lasted < 274877906944 THEN 37\n"
    "    WHEN lasted < 549755813888 THEN 38\n"
    "    WHEN lasted < 1099511627776 THEN 39\n"
    "    WHEN lasted < 2199023255552 THEN 40\n"
    "    ELSE 41 END) VIRTUAL\n"
    ") STRICT;\n",
    "CREATE INDEX interval_local_port ON interval (local_key);\n",
    "CREATE INDEX interval_remote_port ON interval (remote_key)\n"
    "  WHERE remote_port IS NOT NULL;\n",
    "CREATE INDEX interval_remote_address ON interval (segment, remote_address)\n"
    "  WHERE remote_address IS NOT NULL;\n",
    "CREATE INDEX interval_process ON interval (process) WHERE process IS NOT NULL;\n",
    "CREATE INDEX interval_pid ON interval (pid) WHERE pid IS NOT NULL;\n",
    "CREATE INDEX interval_span ON interval (span) WHERE lasted < 0 OR lasted >= 262144;\n",
    "CREATE INDEX interval_listening ON interval (local_port) WHERE state = 2;\n",

    /*
     * What is left of intervals that were dropped. Rows are only added, and
     * dropped when they are old: a day may have several that differ in nothing
     * but their sums, and whoever reads them adds those up.
     */
    "CREATE TABLE profile (\n"
    "  id           INTEGER PRIMARY KEY, -- in the order of recording\n"
    "  day          INTEGER NOT NULL,    -- days since 1970-01-01, UTC\n"
    "  application  INTEGER REFERENCES text (id), -- path of the program, or its name where\n"
    "                                    -- that was not known; NULL: owner not known\n"
    "  user         INTEGER REFERENCES user (id),\n"
    "  protocol     INTEGER NOT NULL,    -- as in interval\n"
    "  direction    INTEGER NOT NULL,    -- 0 not known, 1 listening (and all of UDP),\n"
    "                                    -- 2 inbound, 3 outbound\n"
    "  port         INTEGER,             -- the service's: local, of outbound the remote one;\n"
    "                                    -- NULL: all that have no row of their own\n"
    "  peer         BLOB,                -- address as in interval; NULL: none, or several\n"
    "  peers        INTEGER NOT NULL,    -- 0 none, 1 the one, 2 all others together\n"
    "  intervals    INTEGER NOT NULL,    -- that touch the day\n"
    "  lasted       INTEGER NOT NULL,    -- ms of the day, of all of them\n"
    "  covered      INTEGER NOT NULL,    -- the same without what another row or interval of\n"
    "                                    -- application, user and port covers already; rows\n"
    "                                    -- that were folded apart may share time\n"
    "  first_seen_at INTEGER NOT NULL,   -- within the day\n"
    "  last_seen_at INTEGER NOT NULL,\n"
    "  hours        INTEGER NOT NULL     -- bit N: seen in the hour from N o'clock UTC\n"
    ") STRICT;\n",
    "CREATE INDEX profile_application ON profile (application, day, direction, port);\n",
    "CREATE INDEX profile_day ON profile (day);\n",
    "CREATE INDEX profile_user ON profile (user) WHERE user IS NOT NULL;\n",

    /*
     * What retention took away. Rows are only added. Intervals are those from
     * the first to the last row, of the application, that ended by until_at:
     * they are in `profile`, and deleted in steps after that.
     */
    "CREATE TABLE dropped (\n"
    "  id           INTEGER PRIMARY KEY, -- in the order of dropping\n"
    "  at           INTEGER NOT NULL,    -- by the wall clock\n"
    "  what         INTEGER NOT NULL,    -- 1 intervals, 2 processes with their modules,\n"
    "                                    -- 3 profile rows, 4 stretches, 5 modules\n"
    "  why          INTEGER NOT NULL,    -- 1 age, 2 size of the ledger\n"
    "  application  INTEGER REFERENCES text (id), -- as in profile; see `of_one`\n"
    "  of_one       INTEGER NOT NULL,    -- 1: of this application only; 0: whoever's it was\n"
    "  first_row    INTEGER NOT NULL,    -- id of the first row that was dropped\n"
    "  last_row     INTEGER NOT NULL,    -- and of the last; rows in between may have stayed\n"
    "  rows         INTEGER NOT NULL,    -- how many were\n"
    "  stretch      INTEGER,             -- of intervals: detail is missing up to this moment;\n"
    "  until_at     INTEGER              -- from there on nothing is, by this row\n"
    ") STRICT;\n",
    "CREATE INDEX dropped_application ON dropped (application) WHERE application IS NOT NULL;\n",

    /*
     * How much there is of each application, and how much is gone: derived from
     * `interval` and `dropped`, for retention and for readers. 0: owner not
     * known; -1: all together, dropped by age.
     */
    "CREATE TABLE application (\n"
    "  id         INTEGER PRIMARY KEY, -- text.id as in profile\n"
    "  intervals  INTEGER NOT NULL,    -- of those with an id up to `swept` of row -1\n"
    "  swept      INTEGER NOT NULL,    -- interval.id up to which it was swept for size; of\n"
    "                                  -- row -1: up to which intervals were counted\n"
    "  stretch    INTEGER,             -- detail is missing up to this moment; NULL: none is\n"
    "  until_at   INTEGER\n"
    ") STRICT;\n",
    NULL,
};

/* Seals: see docs/ledger.md. What was recorded before this step is not sealed. */
static const char *const step_1[] = {
    "CREATE TABLE seal (\n"
    "  number         INTEGER PRIMARY KEY, -- counts up; a hole: the ledger had lost its end\n"
    "  at             INTEGER NOT NULL,    -- by the wall clock\n"
    "  key_from       INTEGER NOT NULL,    -- the seal with which its chain of keys begins\n"
    "  stretch        INTEGER NOT NULL,    -- what was committed up to this moment is sealed\n"
    "  until_at       INTEGER NOT NULL,\n"
    "  last_sample    INTEGER NOT NULL,\n"
    "  next_interval  INTEGER NOT NULL,    -- rows from here on are not sealed yet\n"
    "  next_process   INTEGER NOT NULL,\n"
    "  next_module    INTEGER NOT NULL,\n"
    "  next_image     INTEGER NOT NULL,\n"
    "  next_user      INTEGER NOT NULL,\n"
    "  next_service   INTEGER NOT NULL,\n"
    "  next_boot      INTEGER NOT NULL,\n"
    "  next_run       INTEGER NOT NULL,\n"
    "  next_settings  INTEGER NOT NULL,\n"
    "  next_zone_offset INTEGER NOT NULL,\n"
    "  next_stretch   INTEGER NOT NULL,\n"
    "  next_end       INTEGER NOT NULL,    -- stretch.id likewise: of stretches that ended\n"
    "  next_profile   INTEGER NOT NULL,\n"
    "  next_dropped   INTEGER NOT NULL,\n"
    "  leaves         INTEGER NOT NULL,    -- facts under the root\n"
    "  emptied        INTEGER NOT NULL,    -- 1: retention has dropped them all\n"
    "  root           BLOB NOT NULL,       -- SHA-256 over the facts\n"
    "  mac            BLOB NOT NULL        -- HMAC-SHA-256 over the chain of seals up to here\n"
    ") STRICT;\n",

    /* What a row was before it was completed in place, where that version is sealed. */
    "CREATE TABLE changed (\n"
    "  kind  INTEGER NOT NULL,  -- 3 process, 5 module, 8 user, 11 run\n"
    "  row   INTEGER NOT NULL,  -- its id\n"
    "  seal  INTEGER NOT NULL,  -- the first seal from this number on has the new version\n"
    "  was   BLOB NOT NULL,     -- SHA-256 of the old version\n"
    "  PRIMARY KEY (kind, row, seal)\n"
    ") STRICT, WITHOUT ROWID;\n",
    "CREATE INDEX changed_seal ON changed (seal);\n",

    /* What is left of facts that retention has dropped from under a seal. */
    "CREATE TABLE stub (\n"
    "  seal    INTEGER NOT NULL,\n"
    "  kind    INTEGER NOT NULL,  -- 1 interval, 2 its closing, 3 process, 4 its end, 5 module,\n"
    "                             -- 6 its end, 7 image, 8 user, 11 run, 14 stretch, 15 its end,\n"
    "                             -- 16 profile row\n"
    "  first   INTEGER NOT NULL,  -- ids of the rows: from here on those that differ in the\n"
    "  shift   INTEGER NOT NULL,  -- lowest `shift` bits only\n"
    "  leaves  INTEGER NOT NULL,  -- facts that it stands for\n"
    "  digest  BLOB NOT NULL,\n"
    "  PRIMARY KEY (seal, kind, first)\n"
    ") STRICT, WITHOUT ROWID;\n",

    /* Only in copies that were made without command lines. */
    "CREATE TABLE withheld (\n"
    "  process  INTEGER PRIMARY KEY, -- process.id\n"
    "  digest   BLOB NOT NULL        -- SHA-256 of its command line\n"
    ") STRICT;\n",
    NULL,
};

/*
 * Jobs: what was asked of other hosts, and what came of it. All rows but those
 * of `timing_now` are only added.
 */
static const char *const step_2[] = {
    "CREATE TABLE job (\n"
    "  id    INTEGER PRIMARY KEY,\n"
    "  name  TEXT NOT NULL UNIQUE      -- as in the settings; case counts\n"
    ") STRICT;\n",

    "CREATE TABLE pair (\n"
    "  id         INTEGER PRIMARY KEY, -- a port of a target that a job asks\n"
    "  job        INTEGER NOT NULL REFERENCES job (id),\n"
    "  host       TEXT NOT NULL,       -- the target as the settings name it\n"
    "  port       INTEGER NOT NULL,\n"
    "  transport  INTEGER NOT NULL,    -- IANA number: 6 TCP, 17 UDP\n"
    "  UNIQUE (job, host, port, transport)\n"
    ") STRICT;\n",

    "CREATE TABLE job_run (\n"
    "  id         INTEGER PRIMARY KEY, -- a run, or runs in a row that did not take place\n"
    "  job        INTEGER NOT NULL REFERENCES job (id),\n"
    "  due_at     INTEGER NOT NULL,    -- of several: the first of them\n"
    "  last_due   INTEGER,             -- of several: the last; NULL: there is one\n"
    "  runs       INTEGER NOT NULL,    -- how many\n"
    "  result     INTEGER NOT NULL,    -- 1 done, 2 missed, 3 skipped, 4 ended before its end\n"
    "  reason     INTEGER NOT NULL,    -- 0 none, 1 the service was stopped, 2 the machine slept,\n"
    "                                  -- 3 the clock was set, 4 the run before went on,\n"
    "                                  -- 5 the machine was too busy, 6 maintenance,\n"
    "                                  -- 7 it could not begin: see detail\n"
    "  began_at   INTEGER,             -- NULL: it did not\n"
    "  lasted     INTEGER,             -- ms\n"
    "  held       INTEGER NOT NULL,    -- outcomes that were as expected\n"
    "  not_held   INTEGER NOT NULL,    -- that were not\n"
    "  undecided  INTEGER NOT NULL,    -- that do not tell\n"
    "  detail     TEXT\n"
    ") STRICT;\n",
    "CREATE INDEX job_run_job ON job_run (job, due_at);\n",

    /* From the first ask with this result on, to the next row of the pair. */
    "CREATE TABLE outcome (\n"
    "  id         INTEGER PRIMARY KEY,\n"
    "  pair       INTEGER NOT NULL REFERENCES pair (id),\n"
    "  first_at   INTEGER NOT NULL,    -- when it was asked first with this result\n"
    "  before_at  INTEGER,             -- when it was asked last with the one before; NULL: there\n"
    "                                  -- is none, or that is not known\n"
    "  status     INTEGER NOT NULL,    -- 0 not asked, 1 listening, 2 not listening, 3 filtered,\n"
    "                                  -- 4 listening or filtered\n"
    "  cause      INTEGER NOT NULL,    -- 1 accepted, 2 answered, 3 reset, 4 ICMP, 5 timeout,\n"
    "                                  -- 6 unreachable, 7 name not resolved, 8 reset after\n"
    "                                  -- connect, 9 wrong protocol, 10 local error, 11 silent,\n"
    "                                  -- 12 stopped\n"
    "  icmp       INTEGER,             -- type * 256 + code, of ICMPv6 where the address is one\n"
    "  judgement  INTEGER NOT NULL,    -- 0 as expected, 1 not, 2 it does not tell\n"
    "  address    BLOB,                -- that was asked first, as in interval; NULL: none\n"
    "  protocol   TEXT,                -- that was asked in; NULL: it was only reached\n"
    "  detail     TEXT                 -- of the first ask; not looked at for a change\n"
    ") STRICT;\n",
    "CREATE INDEX outcome_pair ON outcome (pair);\n",

    "CREATE TABLE answer (\n"
    "  id     INTEGER PRIMARY KEY,\n"
    "  pair   INTEGER NOT NULL REFERENCES pair (id),\n"
    "  at     INTEGER NOT NULL,        -- the first ask that had this answer\n"
    "  facts  TEXT NOT NULL            -- a line each, name=value; of items: group 1.name=value\n"
    ") STRICT;\n",
    "CREATE INDEX answer_pair ON answer (pair);\n",

    /*
     * Each ask: two numbers of LEB128, the milliseconds since the one before
     * (the first: since the hour began; zigzag) and the microseconds that it
     * took + 1 (0: not told) * 16 + judgement * 5 + status.
     */
    "CREATE TABLE timing (\n"
    "  id       INTEGER PRIMARY KEY,   -- the asks of a pair in an hour that is over\n"
    "  pair     INTEGER NOT NULL REFERENCES pair (id),\n"
    "  hour     INTEGER NOT NULL,      -- since 1970 UTC\n"
    "  samples  BLOB NOT NULL\n"
    ") STRICT;\n",
    "CREATE INDEX timing_pair ON timing (pair, hour);\n",
    "CREATE TABLE timing_now (\n"
    "  pair     INTEGER PRIMARY KEY REFERENCES pair (id), -- the same of the hour that goes on\n"
    "  hour     INTEGER NOT NULL,\n"
    "  last_at  INTEGER NOT NULL,      -- the newest ask, whatever its hour\n"
    "  samples  BLOB NOT NULL\n"
    ") STRICT;\n",

    "CREATE TABLE figure (\n"
    "  id         INTEGER PRIMARY KEY, -- what is left of asks that retention folded\n"
    "  pair       INTEGER NOT NULL REFERENCES pair (id),\n"
    "  hour       INTEGER NOT NULL,    -- since 1970 UTC: the first\n"
    "  hours      INTEGER NOT NULL,    -- 1, or 24: a day, whose hours have rows of their own\n"
    "  asked      INTEGER NOT NULL,\n"
    "  listening  INTEGER NOT NULL,    -- of them\n"
    "  unasked    INTEGER NOT NULL,    -- of them: this machine could not ask, or had no address\n"
    "  held       INTEGER NOT NULL,    -- of them: as expected\n"
    "  undecided  INTEGER NOT NULL,    -- of them: it does not tell\n"
    "  median     INTEGER,             -- microseconds, of those that listened; NULL: none did\n"
    "  p95        INTEGER,\n"
    "  p99        INTEGER,\n"
    "  slowest    INTEGER\n"
    ") STRICT;\n",
    "CREATE INDEX figure_pair ON figure (pair, hours, hour);\n",

    /* 0: the seal is of a ledger that had none of these. */
    "ALTER TABLE seal ADD COLUMN next_job INTEGER NOT NULL DEFAULT 0;\n",
    "ALTER TABLE seal ADD COLUMN next_pair INTEGER NOT NULL DEFAULT 0;\n",
    "ALTER TABLE seal ADD COLUMN next_job_run INTEGER NOT NULL DEFAULT 0;\n",
    "ALTER TABLE seal ADD COLUMN next_outcome INTEGER NOT NULL DEFAULT 0;\n",
    "ALTER TABLE seal ADD COLUMN next_answer INTEGER NOT NULL DEFAULT 0;\n",
    "ALTER TABLE seal ADD COLUMN next_timing INTEGER NOT NULL DEFAULT 0;\n",
    "ALTER TABLE seal ADD COLUMN next_figure INTEGER NOT NULL DEFAULT 0;\n",
    NULL,
};

/*
 * Seals of which retention has left nothing are folded; a completion says what was known before;
 * the service keeps how it is doing.
 */
static const char *const step_3[] = {
    "CREATE TABLE fold (\n"
    "  id     INTEGER PRIMARY KEY, -- in the order of folding\n"
    "  at     INTEGER NOT NULL,    -- by the wall clock\n"
    "  first  INTEGER NOT NULL,    -- seal.number: those from here on, up to\n"
    "  last   INTEGER NOT NULL,    -- this one, are gone; the next one stands for them\n"
    "  gone   INTEGER NOT NULL,    -- rows of seal that are gone by now, with those of before\n"
    "  head   BLOB NOT NULL        -- of the seal before `first`: 32 bytes\n"
    ") STRICT;\n",

    /* 0: the seal is of a ledger that had no such table. */
    "ALTER TABLE seal ADD COLUMN next_fold INTEGER NOT NULL DEFAULT 0;\n",
    /* Of one that stands for those before it: the head of the last of them, 32 bytes. */
    "ALTER TABLE seal ADD COLUMN head_before BLOB;\n",
    /* What the old version knew, see seal_facts.h; NULL: noted by a ledger that did not say. */
    "ALTER TABLE changed ADD COLUMN had INTEGER;\n",

    /* By its own account: rewritten as a whole, and not sealed. */
    "CREATE TABLE health (\n"
    "  name   TEXT PRIMARY KEY,       -- see docs/ledger.md; what is not known is not there\n"
    "  value  ANY NOT NULL            -- a number or a text\n"
    ") STRICT, WITHOUT ROWID;\n",
    NULL,
};

/* Each a list of statements, ended by NULL. */
static const char *const *const steps[] = {step_0, step_1, step_2, step_3};

static_assert(sizeof(steps) / sizeof(steps[0]) == LEDGER_SCHEMA_VERSION, "one step a version");

int ledger_span_of(int64_t duration)
{
    int span = LEDGER_SPAN_SHORTEST;

    if (duration < (int64_t)1 << LEDGER_SPAN_SHORTEST) {
        return -1;
    }
    while (span + 1 < LEDGER_SPAN_COUNT && duration >> (span + 1) != 0) {
        span++;
    }
    return span;
}

static bool refuse_version(int64_t version, struct failure *why)
{
    if (version == 0) {
        return FAIL(why, FAILURE_VERSION, 0,
                    "the file is the beginning of a ledger and nothing more; if it was copied, the "
                    "rest is in its log (\"-wal\" behind the name): copy that, too; if it was "
                    "not, start the service once");
    }
    if (version < LEDGER_SCHEMA_VERSION) {
        return FAIL(why, FAILURE_VERSION, (long)version,
                    "the ledger has version %" PRId64 " and this program reads version %d: start "
                    "the service of this version once, which brings the ledger up to date; a copy "
                    "is read by the version that made it",
                    version, (int)LEDGER_SCHEMA_VERSION);
    }
    return FAIL(why, FAILURE_VERSION, (long)version,
                "the ledger was written by a newer portledger: it has version %" PRId64
                ", this program knows version %d",
                version, (int)LEDGER_SCHEMA_VERSION);
}

bool ledger_schema_recognize(const struct database_header *header, bool may_be_empty, bool has_wal,
                             struct failure *why)
{
    if (header->file_size == 0) {
        return may_be_empty ||
               FAIL(why, FAILURE_FORMAT, 0, "the file is empty, which is no ledger");
    }
    if (!header->is_database) {
        return FAIL(why, FAILURE_FORMAT, 0, "the file is no ledger, and no SQLite database");
    }
    if (header->application_id != LEDGER_APPLICATION_ID) {
        return FAIL(why, FAILURE_FORMAT, 0, "the file is an SQLite database, but no ledger");
    }
    if (header->user_version > LEDGER_SCHEMA_VERSION) {
        return refuse_version(header->user_version, why);
    }
    /* While a log is beside it, the newest pages may be in there. */
    if (!has_wal && header->file_size < header->whole_size) {
        return FAIL(why, FAILURE_FORMAT, SQLITE_CORRUPT,
                    "the ledger is cut off: it has %" PRId64 " bytes of %" PRId64,
                    header->file_size, header->whole_size);
    }
    return true;
}

static bool read_version(sqlite3 *db, int64_t *version, struct failure *why)
{
    return database_run_number(db, "PRAGMA user_version", 0, version, why);
}

bool ledger_schema_mark(sqlite3 *db, struct failure *why)
{
    char mark[48];
    int64_t version;
    bool ok;

    if (!read_version(db, &version, why)) {
        return false;
    }
    if (version > LEDGER_SCHEMA_VERSION) { /* said in the log beside the file only */
        return refuse_version(version, why);
    }
    /*
     * The first two count only before the first page is written, and the second
     * one writes it: only in one transaction will nobody ever see a file
     * without the mark.
     */
    snprintf(mark, sizeof(mark), "PRAGMA application_id = %d", (int)LEDGER_APPLICATION_ID);
    ok = database_run(db, "BEGIN", why) && database_run(db, "PRAGMA page_size = 4096", why) &&
         database_run(db, "PRAGMA auto_vacuum = INCREMENTAL", why) && database_run(db, mark, why) &&
         database_run(db, "COMMIT", why);
    if (!ok) {
        database_rollback(db);
    }
    return ok;
}

/* Called inside a transaction, so that the steps and the new version number arrive together. */
static bool take_steps(sqlite3 *db, int64_t version, struct failure *why)
{
    char stamp[48];

    if (version < 0 || version > LEDGER_SCHEMA_VERSION) {
        return refuse_version(version, why);
    }
    if (version == LEDGER_SCHEMA_VERSION) {
        return true;
    }
    for (; version < LEDGER_SCHEMA_VERSION; version++) {
        for (const char *const *sql = steps[version]; *sql != NULL; sql++) {
            if (!database_run(db, *sql, why)) {
                return false;
            }
        }
    }
    snprintf(stamp, sizeof(stamp), "PRAGMA user_version = %d", (int)LEDGER_SCHEMA_VERSION);
    return database_run(db, stamp, why);
}

bool ledger_schema_upgrade(sqlite3 *db, struct failure *why)
{
    int64_t version;
    bool ok;

    /* The version is read under the write lock: two openers must not both take step 0. */
    ok = database_run(db, "BEGIN IMMEDIATE", why) && read_version(db, &version, why) &&
         take_steps(db, version, why) && database_run(db, "COMMIT", why);
    if (!ok) {
        database_rollback(db);
    }
    return ok;
}

/* What is there under a name, in a form that can be compared. */
static const char list_objects[] =
    "SELECT type || ' ' || name, tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema";
static const char find_object[] = "SELECT 1 FROM sqlite_schema WHERE type || ' ' || name = :object"
                                  " AND tbl_name || ' ' || coalesce(sql, '') = :definition";

static bool compare_object(sqlite3 *db, sqlite3_stmt *expected, sqlite3_stmt *find,
                           struct failure *why)
{
    int result;

    database_bind_text(find, ":object", database_column_text(expected, 0));
    database_bind_text(find, ":definition", database_column_text(expected, 1));
    result = sqlite3_step(find);
    if (!database_end(db, find, result, "comparing the tables", why)) {
        return false;
    }
    return result == SQLITE_ROW || FAIL(why, FAILURE_FORMAT, SQLITE_CORRUPT,
                                        "the ledger is damaged: it has not the %s of its version",
                                        database_column_text(expected, 0));
}

static bool compare_objects(sqlite3 *db, sqlite3 *model, struct failure *why)
{
    sqlite3_stmt *expected = NULL;
    sqlite3_stmt *find = NULL;
    int result = SQLITE_DONE;
    bool ok = database_prepare(model, list_objects, &expected, why) &&
              database_prepare(db, find_object, &find, why);

    while (ok && (result = sqlite3_step(expected)) == SQLITE_ROW) {
        ok = compare_object(db, expected, find, why);
    }
    ok = ok && database_end(model, expected, result, "listing the tables", why);
    sqlite3_finalize(expected);
    sqlite3_finalize(find);
    return ok;
}

bool ledger_schema_compare(sqlite3 *db, struct failure *why)
{
    sqlite3 *model = NULL;
    bool ok = database_open(&model, ":memory:", DATABASE_WRITE, why) &&
              ledger_schema_upgrade(model, why) && compare_objects(db, model, why);

    database_close(model);
    return ok;
}

bool ledger_schema_check(sqlite3 *db, struct failure *why)
{
    int64_t strangers;
    int64_t version;

    if (!read_version(db, &version, why)) {
        return false;
    }
    if (version != LEDGER_SCHEMA_VERSION) {
        return refuse_version(version, why);
    }
    /* Only what is kept in the file has a root page. */
    if (!database_run_number(db,
                             "SELECT count(*) FROM sqlite_schema"
                             " WHERE type NOT IN ('table', 'index') OR coalesce(rootpage, 0) = 0",
                             0, &strangers, why)) {
        return false;
    }
    if (strangers != 0) {
        return FAIL(why, FAILURE_FORMAT, 0,
                    "the ledger holds views, triggers or virtual tables, which no "
                    "portledger has put there: it is not read");
    }
    return ledger_schema_compare(db, why);
}
