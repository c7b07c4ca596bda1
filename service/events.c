/* SPDX-License-Identifier: MIT */

#include "service/events.h"

#include <assert.h>

const struct event events[] = {
    {EVENT_STARTED, EVENT_INFORMATION, "started", "watching every %s; the ledger is %s",
     "The first sample was taken and stored."},
    {EVENT_STOPPED, EVENT_INFORMATION, "stopped", "stopped; all samples are stored",
     "The service was told to stop and did."},
    {EVENT_SETTINGS_LOADED, EVENT_INFORMATION, "settings_loaded", "settings in force: %s",
     "At start and after each reload."},
    {EVENT_SETTINGS_REFUSED, EVENT_ERROR, "settings_refused",
     "the settings were not taken, those in force stay: %s",
     "Correct what is named. The file is read again when it changes, or by `portledgerd reload`. "
     "At a start the last settings that were accepted are taken out of the ledger."},
    {EVENT_RESTART_NEEDED, EVENT_WARNING, "restart_needed",
     "%s was changed, which takes a restart of the service; until then it stays %s",
     "Restart the service when it suits."},
    {EVENT_LEDGER_OPENING, EVENT_INFORMATION, "ledger_opening",
     "the ledger is not open yet; samples wait in memory until it is",
     "A new version brings a large ledger up to date, which takes its time, or another program "
     "has the ledger locked."},
    {EVENT_PAUSED, EVENT_WARNING, "paused", "paused on request: no samples are taken",
     "An administrator asked for it. The gap in the ledger says \"paused for privacy\". Jobs go "
     "on."},
    {EVENT_CONTINUED, EVENT_INFORMATION, "continued", "samples are taken again, on request",
     "The gap ends with the next sample."},
    {EVENT_POLICY_UNKNOWN, EVENT_WARNING, "policy_unknown",
     "policies that this version does not know count for nothing: %s",
     "The policy template is newer than the service, or a name is written wrong."},
    {EVENT_GAP, EVENT_WARNING, "gap", "nothing was watched from %s to %s: %s",
     "What came and went in this time is not in the ledger. Reports say so too."},
    {EVENT_INTERVAL_STRETCHED, EVENT_WARNING, "interval_stretched",
     "samples are taken every %s and no more every %s: they cost more than service.cpu_limit",
     "What is shorter than that is missed more often; the ledger's coverage says so. Take a longer "
     "interval, or allow more."},
    {EVENT_INTERVAL_SHORTENED, EVENT_INFORMATION, "interval_shortened",
     "samples are taken every %s again, after every %s", "They cost less now."},
    {EVENT_LOG_HELD, EVENT_WARNING, "log_held",
     "another program reads the ledger for so long that its log cannot be emptied: %s-wal has %s",
     "No program but portledger should have the live ledger open; others read a copy "
     "(ledger.share, or portledger export --sqlite). The log grows until that program ends."},
    {EVENT_LOG_FREE, EVENT_INFORMATION, "log_free", "the log of the ledger could be emptied again",
     "The program that read the ledger has ended."},
    {EVENT_SHARE_FAILED, EVENT_WARNING, "share_failed",
     "the copy of the ledger for others was not made: %s",
     "The copy before stays. It is tried again every minute; reported once, and again after it "
     "worked in between."},
    {EVENT_SHARE_RECOVERED, EVENT_INFORMATION, "share_recovered",
     "the copy of the ledger for others was made again",
     "What kept the service from making it is over."},
    {EVENT_METRICS_FAILED, EVENT_WARNING, "metrics_failed",
     "the file of metrics.textfile was not written: %s",
     "It is tried again every 15 seconds; reported once, and again after it worked in between."},
    {EVENT_METRICS_RECOVERED, EVENT_INFORMATION, "metrics_recovered",
     "the file of metrics.textfile was written again",
     "What kept the service from writing it is over."},
    {EVENT_LEFT_OUT, EVENT_WARNING, "left_out",
     "%s more events %s (%s) were left out within a minute",
     "So that nothing floods the log, 20 events of one id are written in a minute. What they tell "
     "of is in the ledger all the same."},
    {EVENT_LISTENER_OPENED, EVENT_INFORMATION, "listener_opened", "%s was opened by %s",
     "A port of events.watch_ports is listened on. What is there when the service starts is not "
     "told."},
    {EVENT_LISTENER_CLOSED, EVENT_WARNING, "listener_closed", "%s was closed; it belonged to %s",
     "A port of events.watch_ports is not listened on any more. `portledger wport` tells its "
     "history."},
    {EVENT_IMAGE_CHANGED, EVENT_WARNING, "image_changed",
     "%s belongs to another file than before: %s; it was %s",
     "The program behind a port of events.watch_ports was updated or replaced. `portledger "
     "modules` has hash and signer."},
    {EVENT_PORT_CHANGED, EVENT_WARNING, "port_changed", "%s",
     "A job found a port to be otherwise than before, in two runs one after the other. One that "
     "changed four times within an hour, or had six results in sixteen runs that the next run did "
     "not find again, is told to be flapping, and no more of it until it was steady for an hour "
     "and "
     "eight runs. The ledger has every change: `portledger audit --changes --each`."},
    {EVENT_JOB_FAILED, EVENT_WARNING, "job_failed", "a run of a job could not take place: %s",
     "Mend what is named. The next run tries again. Told once for each reason, until event 305."},
    {EVENT_JOBS_REFUSED, EVENT_ERROR, "jobs_refused",
     "the jobs were not taken, those in force stay: %s",
     "Correct what is named, then `portledgerd reload`."},
    {EVENT_OUTCOMES_LOST, EVENT_ERROR, "outcomes_lost",
     "outcomes of jobs waited in memory until there was no more room: %s are lost",
     "The ledger could not be written for long, or the jobs ask more than it can take."},
    {EVENT_RUNS_LEFT, EVENT_WARNING, "runs_left",
     "a run of a job did not end in time and was left behind at the stop",
     "What it had found until then is in the ledger."},
    {EVENT_JOB_RECOVERED, EVENT_INFORMATION, "job_recovered", "runs of a job take place again: %s",
     "What kept its runs from taking place is over. Its runs in between are missed."},
    {EVENT_SEAL, EVENT_INFORMATION, "seal", "%s, up to %s",
     "The newest seal of the ledger. Kept elsewhere, it proves with `portledger verify --anchor` "
     "that nothing up to then was changed or cut off. Published by ledger.publish_seals."},
    {EVENT_SEALING_BEGINS, EVENT_INFORMATION, "sealing_begins",
     "the ledger is sealed from here on; the key of the next seal is %s",
     "The first key was shown once, by install or where the service was started by hand; else "
     "event 408 follows. `portledger verify --key` proves by it that nothing was changed."},
    {EVENT_KEY_LOST, EVENT_WARNING, "key_lost",
     "%s is missing or not readable: a new chain of keys begins with seal %s",
     "The first key of before proves what was sealed before, and not what comes now: event 408."},
    {EVENT_LEDGER_CUT, EVENT_WARNING, "ledger_cut",
     "the ledger ends before seal %s, which was made already: its end was cut off or lost, or an "
     "older copy was put in its place",
     "Find out who restored the file. The service goes on; `portledger verify` shows the hole."},
    {EVENT_KEY_FAILED, EVENT_WARNING, "key_failed",
     "the key of the seals could not be moved forward on the disk: %s",
     "Seals go on. Until it works, whoever takes the file over can make the newest seals anew. "
     "Reported once."},
    {EVENT_LEDGER_TOUCHED, EVENT_ERROR, "ledger_touched",
     "since the service was stopped somebody wrote into the ledger: rows %s, completions %s",
     "They are not sealed, and `portledger verify` says that the ledger was changed. Find out who "
     "can write the file."},
    {EVENT_LEFT_UNSEALED, EVENT_INFORMATION, "left_unsealed",
     "a run that did not end in order left what no seal bound, which the next one binds: rows %s, "
     "notes of retention among them %s, completions %s",
     "What came into the ledger between that run's last seal and this start is taken as its own."},
    {EVENT_LEDGER_CONFLICT, EVENT_ERROR, "ledger_conflict",
     "a row was in the way that this service did not write: %s",
     "Somebody else writes into the ledger. It is opened anew and goes on; samples that were not "
     "stored yet are lost, and what event 406 counts next may be his. Find out who can write the "
     "file."},
    {EVENT_FIRST_KEY, EVENT_WARNING, "first_key",
     "the first key of the seals from number %s on was shown to nobody: %s",
     "Take it away with `portledgerd first-key` and keep it elsewhere: until then it is in the "
     "folder of the ledger, and whoever takes the machine over has it."},
    {EVENT_WATCHED_BOUNDED, EVENT_ERROR, "watched_bounded",
     "a run that did not end in order left more watched time than it can have watched since its "
     "newest seal: stretches %s; it was taken back",
     "Somebody wrote into the ledger before this start: a service seals each minute. Find out who "
     "can write the file."},
    {EVENT_LEDGER_REPLACED, EVENT_ERROR, "ledger_replaced",
     "the ledger was damaged and is kept as %s; a new one was begun: %s",
     "Look after the disk. What can still be read of the file that is kept, `portledger --ledger` "
     "reads. Three of its kind are kept."},
    {EVENT_FOLDER_UNTRUSTED, EVENT_ERROR, "folder_untrusted",
     "the folder of the ledger was not to be trusted and was renamed to %s; a new one is begun: %s",
     "Somebody made it before the service did. Nothing in it was believed, settings neither. Find "
     "out who; then remove it."},
    {EVENT_SAMPLE_FAILED, EVENT_ERROR, "sample_failed",
     "the sockets cannot be read: %s; trying again at every interval",
     "A gap begins. Reported once, and again after it worked in between."},
    {EVENT_SAMPLE_RECOVERED, EVENT_INFORMATION, "sample_recovered",
     "the sockets can be read again after %s failed samples", "The gap ends here."},
    {EVENT_COMMIT_FAILED, EVENT_ERROR, "commit_failed",
     "the ledger cannot be written: %s; samples wait in memory",
     "Free the disk or the lock that is named. Up to 16 MiB of facts wait; then they are lost."},
    {EVENT_COMMIT_RECOVERED, EVENT_INFORMATION, "commit_recovered",
     "the ledger can be written again; what still waited is stored",
     "No sample was lost, unless samples_lost was reported in between."},
    {EVENT_START_FAILED, EVENT_ERROR, "start_failed", "not started: %s",
     "The service ended with a failure code; the text says what to do."},
    {EVENT_COLLECTOR_HANGS, EVENT_WARNING, "collector_hangs",
     "a system call did not come back in time and was left behind at the stop",
     "The ledger is complete up to the last sample before the call."},
    {EVENT_ENDED_BY_FAILURE, EVENT_ERROR, "ended_by_failure", "the service ends: %s",
     "It ended with a failure code, so that the manager's recovery actions fire."},
    {EVENT_SAMPLES_LOST, EVENT_ERROR, "samples_lost",
     "samples waited in memory until there was no more room: they are lost",
     "The gap is in the ledger as soon as it can be written. The service tries on."},
    {EVENT_OPENING_LEFT, EVENT_WARNING, "opening_left",
     "the ledger was still being opened at the stop; the next start begins anew",
     "The ledger is as it was before; samples that waited for it are lost."},
    {EVENT_RETENTION_FAILED, EVENT_WARNING, "retention_failed",
     "old rows cannot be dropped from the ledger: %s; trying again",
     "The ledger may grow beyond ledger.max_size. Reported once, and again after it worked in "
     "between."},
    {EVENT_RETENTION_RECOVERED, EVENT_INFORMATION, "retention_recovered",
     "old rows can be dropped from the ledger again", "It gets back within its limits."},
};

const size_t event_count = sizeof(events) / sizeof(events[0]);

const struct event *event_find(enum event_id id)
{
    size_t i = 0;

    while (i < event_count && events[i].id != id) {
        i++;
    }
    assert(i < event_count);
    return &events[i];
}

const char *const event_categories[EVENT_CATEGORIES] = {
    "Service and coverage", "Local changes", "Probes", "Integrity", "Errors",
};

int event_category_of(enum event_id id)
{
    int hundreds = (int)id / 100;

    return hundreds < EVENT_CATEGORIES ? hundreds : EVENT_CATEGORIES;
}

const char *event_severity_name(enum event_severity severity)
{
    static const char *const names[] = {
        [EVENT_INFORMATION] = "information",
        [EVENT_WARNING] = "warning",
        [EVENT_ERROR] = "error",
    };

    return names[severity];
}
