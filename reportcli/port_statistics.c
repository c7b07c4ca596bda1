/* SPDX-License-Identifier: MIT */

#include "reportcli/port_statistics.h"

#include "reportcli/process_list.h"
#include "reportcli/socket_record.h"

static const struct column statistics_columns[] = {
    {.name = "pid",
     .type = COLUMN_INTEGER,
     .heading = "PID",
     .help = "Process id; absent where the whole machine is counted",
     .rank = 1},
    {.name = "process",
     .type = COLUMN_TEXT,
     .heading = "Process",
     .help = "Name of the process; absent where the whole machine is counted",
     .rank = 1},
    {.name = "protocol", .type = COLUMN_TEXT, .heading = "Proto", .help = "TCP or UDP"},
    {.name = "state",
     .type = COLUMN_TEXT,
     .heading = "State",
     .help = "State of the TCP sockets that are counted; absent where all of the protocol are, and "
             "where it was not recorded",
     .rank = 1},
    {.name = "sockets",
     .type = COLUMN_INTEGER,
     .heading = "Sockets",
     .help = "How many there are; one that several processes hold counts for each"},
    {.name = "share",
     .type = COLUMN_REAL,
     .unit = "%",
     .heading = "Share",
     .help = "Of the TCP sockets of the machine or process, in percent; absent where all of a "
             "protocol are counted",
     .rank = 1},
};

enum {
    MOMENT,
    PID,
    PROCESS,
    PROTOCOL,
    STATE,
    SOCKETS,
    SHARE,
    AT,
    STATISTICS_COLUMNS,
};

const struct column_table port_statistics_table = {
    .name = "statistics",
    .title = "how many sockets there are of one protocol, or in one state",
    .groups = {{state_moment_column, 1}, {statistics_columns, AT - PID}, {state_at_column, 1}},
};

void port_statistics_add(struct port_statistics *statistics, const struct socket_row *row)
{
    if (row->protocol == SOCKET_UDP) {
        statistics->udp++;
        return;
    }
    statistics->tcp++;
    if (row->state < SOCKET_STATE_COUNT) {
        statistics->states[row->state]++;
    }
}

/* In percent, rounded to two decimals: records say what people are shown. */
static double share(const struct port_statistics *statistics, int state)
{
    size_t all = statistics->tcp;
    size_t hundredths = (statistics->states[state] * 10000 + all / 2) / all;

    return (double)hundredths / 100.0;
}

void port_statistics_add_text(struct text *text, const struct port_statistics *statistics)
{
    text_addf(text, "TCP mappings: %zu\nUDP mappings: %zu\n", statistics->tcp, statistics->udp);
    for (int state = 0; state < SOCKET_STATE_COUNT; state++) {
        if (statistics->states[state] > 0) {
            text_addf(text, "TCP ports in a %s state: %zu = %.2f%%\n",
                      socket_record_state_name(state), statistics->states[state],
                      share(statistics, state));
        }
    }
}

/* The whole of a machine or of a process. */
struct counted {
    const struct process_instance *process; /* NULL: the machine */
    struct port_statistics statistics;
    int64_t at;
    size_t moment;
};

static bool print_record(const struct counted *counted, int protocol, int state,
                         struct render *render, struct failure *why)
{
    const struct port_statistics *statistics = &counted->statistics;
    const struct process_instance *process = counted->process;
    struct value values[STATISTICS_COLUMNS] = {{0}};
    size_t all = protocol == SOCKET_TCP ? statistics->tcp : statistics->udp;

    values[MOMENT] = value_number((int64_t)counted->moment);
    if (process != NULL) {
        values[PID] = value_number(process->pid);
        values[PROCESS] = value_text(process_instance_shown_name(process));
    }
    values[PROTOCOL] = value_text(socket_protocol_name(protocol));
    values[SOCKETS] = value_number((int64_t)(state < 0 ? all : statistics->states[state]));
    if (state >= 0) {
        values[STATE] = value_text(state == SOCKET_STATELESS ? NULL : socket_state_name(state));
        values[SHARE] = value_real(share(statistics, state));
    }
    values[AT] = value_number(counted->at);
    return render_record(render, values, why);
}

static bool print_counted(const struct counted *counted, struct render *render, struct failure *why)
{
    bool done = print_record(counted, SOCKET_TCP, -1, render, why) &&
                print_record(counted, SOCKET_UDP, -1, render, why);

    for (int state = 0; done && state < SOCKET_STATE_COUNT; state++) {
        if (counted->statistics.states[state] > 0) {
            done = print_record(counted, SOCKET_TCP, state, render, why);
        }
    }
    return done;
}

/* What the rows first..first + count - 1 are. */
static void count_rows(struct counted *counted, const struct snapshot *snapshot, size_t first,
                       size_t count)
{
    counted->statistics = (struct port_statistics){0};
    counted->at = snapshot->taken_at;
    for (size_t i = first; i < first + count; i++) {
        port_statistics_add(&counted->statistics, &snapshot->sockets[i]);
    }
}

static bool print_processes(struct counted *counted, struct snapshot *snapshot,
                            struct render *render, struct failure *why)
{
    static const struct process_choice owners = {.owners = true};
    struct process_list list = {0};
    bool done = process_list_make(&list, snapshot, &owners, why);

    for (size_t i = 0; done && i < list.count; i++) {
        counted->process = list.items[i].instance;
        count_rows(counted, snapshot, list.items[i].first, list.items[i].sockets);
        done = print_counted(counted, render, why);
    }
    process_list_clear(&list);
    return done;
}

bool port_statistics_print(struct states *states, bool by_process, struct render *render,
                           struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < states->count; i++) {
        struct counted counted = {.moment = i + 1};

        done = states_load(states, i, why);
        if (done) {
            count_rows(&counted, &states->snapshot, 0, states->snapshot.socket_count);
            done = print_counted(&counted, render, why) &&
                   (!by_process || print_processes(&counted, &states->snapshot, render, why));
        }
    }
    return done;
}
