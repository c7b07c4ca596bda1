/* SPDX-License-Identifier: MIT */

#include "made_year.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
    HOUR = 3600,
    DAY = 24 * HOUR,
    WEEK = 7 * DAY,
    DYNAMIC_PORTS = 49152, /* Windows' since Vista; to the end of all ports */
    DYNAMIC_COUNT = 16384,
    TIME_WAIT_S = 120,
    MAX_FLOWS = 8,
    PERCENT = 100,
};

/* A kind of connection. Port 0: one of the system's choice. */
struct flow {
    uint32_t weight; /* 0: the end of the list */
    uint8_t protocol;
    uint16_t local_port;
    uint16_t remote_port;
    uint8_t seconds; /* percent that live for seconds; of the others ... */
    uint8_t hours;   /* ... percent of all that live for hours; the rest for minutes */
    uint8_t waits;   /* percent that are in TIME WAIT afterwards */
    uint8_t service; /* number of its name; 0: none */
    bool steady;     /* of a process that lives on, not of one that comes and goes */
};

struct machine {
    const char *name;
    uint32_t listeners;
    uint32_t steady;       /* processes that live on */
    uint32_t passing;      /* slots of those that come and go */
    uint32_t process_life; /* seconds, of the latter */
    uint32_t hosts;        /* at the other end */
    uint32_t ipv6;         /* percent of the connections */
    double per_hour;       /* connections */
    uint8_t from_hour;     /* it is awake from here to there; from 0 to 24: always */
    uint8_t to_hour;
    uint8_t weights[24]; /* percent of per_hour, by the hour of the day */
    struct flow flows[MAX_FLOWS];
};

static const char *const service_names[] = {"NTDS", "DNS", "Dnscache", "LanmanServer", "RpcSs"};

#define OFFICE_HOURS                                                                               \
    40, 40, 40, 40, 40, 50, 80, 150, 210, 190, 170, 160, 130, 160, 160, 150, 140, 110, 80, 60, 50, \
        50, 50, 50

static const struct machine
    machines[MADE_MACHINES] =
        {
            [MADE_DESKTOP] =
                {
                    .name = "desktop",
                    .listeners = 60,
                    .steady = 120,
                    .passing = 80,
                    .process_life = 1200,
                    .hosts = 4000,
                    .ipv6 = 30,
                    .per_hour = 1500,
                    .from_hour = 8,
                    .to_hour = 19,
                    .weights = {OFFICE_HOURS},
                    .flows =
                        {
                            {60, SOCKET_TCP, 0, 443, 55, 2, 40, 0, false},
                            {15, SOCKET_UDP, 0, 0, 90, 0, 0, 3, true},
                            {10, SOCKET_UDP, 0, 0, 30, 1, 0, 0, false},
                            {8, SOCKET_TCP, 0, 80, 80, 0, 40, 0, false},
                            {4, SOCKET_TCP, 0, 445, 40, 10, 10, 0, true},
                            {3, SOCKET_TCP, 0, 389, 80, 0, 30, 0, true},
                        },
                },
            [MADE_DOMAIN_CONTROLLER] =
                {
                    .name = "domain controller",
                    .listeners = 300,
                    .steady = 80,
                    .passing = 20,
                    .process_life = 3600,
                    .hosts = 800,
                    .ipv6 = 0,
                    .per_hour = 4100,
                    .from_hour = 0,
                    .to_hour = 24,
                    .weights = {OFFICE_HOURS},
                    .flows =
                        {
                            {22, SOCKET_TCP, 88, 0, 100, 0, 60, 1, true},
                            {24, SOCKET_TCP, 389, 0, 75, 8, 40, 1, true},
                            {14, SOCKET_TCP, 445, 0, 45, 20, 10, 4, true},
                            {12, SOCKET_TCP, 135, 0, 90, 0, 60, 5, true},
                            {8, SOCKET_TCP, 3268, 0, 60, 12, 40, 1, true},
                            {6, SOCKET_TCP, 53, 0, 100, 0, 50, 2, true},
                            {10, SOCKET_UDP, 0, 0, 100, 0, 0, 2, true},
                            {4, SOCKET_TCP, 0, 389, 80, 4, 80, 0, false},
                        },
                },
            [MADE_PROXY] =
                {
                    .name = "proxy",
                    .listeners = 40,
                    .steady = 60,
                    .passing = 10,
                    .process_life = 7200,
                    .hosts = 200000,
                    .ipv6 = 20,
                    .per_hour = 30000,
                    .from_hour = 0,
                    .to_hour = 24,
                    .weights = {OFFICE_HOURS},
                    .flows =
                        {
                            {45, SOCKET_TCP, 3128, 0, 60, 0, 30, 0, true},
                            {40, SOCKET_TCP, 0, 443, 60, 0, 40, 0, true},
                            {10, SOCKET_TCP, 0, 80, 90, 0, 40, 0, true},
                            {5, SOCKET_UDP, 0, 0, 100, 0, 0, 3, true},
                        },
                },
};

struct slot {
    int64_t id; /* 0: none yet */
    int64_t since;
    int64_t ends; /* second */
    const struct process_instance *instance;
};

/* A socket that is there. */
struct live {
    int64_t ends; /* second; sorted by it, as a heap */
    int64_t id;
    int64_t opened_at;
    struct socket_row row;
    bool waits; /* in TIME WAIT afterwards */
};

/* An array that grows. */
struct list {
    void *items;
    size_t count;
    size_t capacity;
};

struct made_year {
    const struct machine *machine;
    uint64_t random;
    int64_t second; /* since MADE_BEGIN_AT, which is a midnight here */
    int64_t last;   /* the newest one that was watched */
    bool begun;
    int64_t next_interval;
    int64_t next_process;
    uint16_t next_port;
    uint32_t weights; /* of all flows */
    struct slot *slots;
    size_t slot_count;
    struct list live;
    struct list processes; /* of the present sample, as the next two */
    struct list closed;
    struct list opened;
};

const char *made_machine_name(enum made_machine machine)
{
    return machines[machine].name;
}

int made_machine_from_name(const char *name)
{
    for (int i = 0; i < MADE_MACHINES; i++) {
        if (strcmp(machines[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *made_service_name(uint32_t number)
{
    return number == 0 || number > sizeof(service_names) / sizeof(service_names[0])
               ? NULL
               : service_names[number - 1];
}

/* Room for one more item, which is returned; NULL where memory ran out. */
static void *add(struct list *list, size_t size, struct failure *why)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 64;
        void *items = realloc(list->items, capacity * size);

        if (items == NULL) {
            failure_set(why, FAILURE_MEMORY, 0, "no memory for a made-up year");
            return NULL;
        }
        list->items = items;
        list->capacity = capacity;
    }
    return (char *)list->items + size * list->count++;
}

/* A linear congruential generator with Knuth's constants (MMIX). */
static uint32_t draw(struct made_year *year, uint32_t limit)
{
    year->random = year->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((year->random >> 33) % limit);
}

static bool chance(struct made_year *year, uint32_t percent)
{
    return draw(year, PERCENT) < percent;
}

/* A number that has a Poisson distribution around `mean`, which is small (Knuth's method). */
static int draw_count(struct made_year *year, double mean)
{
    double bound = exp(-mean);
    double product = 1;
    int count = -1;

    do {
        product *= (draw(year, 1 << 30) + 1.0) / (1 << 30);
        count++;
    } while (product > bound);
    return count;
}

static int64_t time_of(int64_t second)
{
    return MADE_BEGIN_AT + second * MADE_INTERVAL_MS;
}

static void swap(struct live *a, struct live *b)
{
    struct live kept = *a;

    *a = *b;
    *b = kept;
}

static bool push(struct made_year *year, const struct live *live, struct failure *why)
{
    struct live *item = add(&year->live, sizeof(*item), why);
    struct live *items = year->live.items;
    size_t at = year->live.count - 1;

    if (item == NULL) {
        return false;
    }
    *item = *live;
    while (at > 0 && items[(at - 1) / 2].ends > items[at].ends) {
        swap(&items[at], &items[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    return true;
}

static struct live pop(struct made_year *year)
{
    struct live *items = year->live.items;
    struct live first = items[0];
    size_t count = --year->live.count;
    size_t at = 0;

    items[0] = items[count];
    for (;;) {
        size_t least = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
            least = items[child].ends < items[least].ends ? child : least;
        }
        if (least == at) {
            return first;
        }
        swap(&items[at], &items[least]);
        at = least;
    }
}

static bool open_socket(struct made_year *year, struct live *live, enum ledger_opening opening,
                        struct failure *why)
{
    struct made_opened *opened = add(&year->opened, sizeof(*opened), why);

    if (opened == NULL) {
        return false;
    }
    live->id = year->next_interval++;
    live->opened_at = time_of(year->second);
    *opened = (struct made_opened){live->id, live->row, opening};
    return push(year, live, why);
}

static int64_t draw_life(struct made_year *year, const struct flow *flow)
{
    uint32_t kind = draw(year, PERCENT);

    if (kind < flow->seconds) {
        return 1 + draw(year, 10);
    }
    return kind >= PERCENT - (uint32_t)flow->hours ? HOUR + draw(year, 13 * HOUR)
                                                   : 60 + draw(year, 840);
}

static struct socket_endpoint end_of(uint32_t host, uint16_t port, bool ipv6)
{
    struct socket_endpoint end = {
        .address = {10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host},
        .address_size = 4,
        .port = port,
    };

    if (ipv6) { /* of the prefix for documentation, RFC 3849 */
        end.address_size = 16;
        memmove(end.address + 12, end.address, 4);
        memcpy(end.address, "\x20\x01\x0d\xb8", 4);
    }
    return end;
}

static uint16_t dynamic_port(struct made_year *year)
{
    return (uint16_t)(DYNAMIC_PORTS + year->next_port++ % DYNAMIC_COUNT);
}

static const struct flow *draw_flow(struct made_year *year)
{
    const struct flow *flow = year->machine->flows;
    uint32_t number = draw(year, year->weights);

    while (number >= flow->weight) {
        number -= flow->weight;
        flow++;
    }
    return flow;
}

/* Few hosts have much to say: each half of them has half as much as the one before. */
static uint32_t draw_host(struct made_year *year)
{
    uint32_t hosts = year->machine->hosts;

    for (int halves = 0; halves < 3 && chance(year, 50); halves++) {
        hosts = hosts / 2 + 1;
    }
    return 256 + draw(year, hosts);
}

static uint32_t draw_slot(struct made_year *year, bool steady)
{
    return steady ? draw(year, year->machine->steady)
                  : year->machine->steady + draw(year, year->machine->passing);
}

static void set_ends(struct made_year *year, const struct flow *flow, struct socket_row *row)
{
    bool ipv6 = chance(year, year->machine->ipv6);
    bool is_tcp = flow->protocol == SOCKET_TCP;

    row->local = end_of(1, flow->local_port == 0 ? dynamic_port(year) : flow->local_port, ipv6);
    if (is_tcp) {
        uint16_t far = (uint16_t)(DYNAMIC_PORTS + draw(year, DYNAMIC_COUNT));

        row->remote =
            end_of(draw_host(year), flow->remote_port == 0 ? far : flow->remote_port, ipv6);
    }
    row->protocol = flow->protocol;
    row->state = is_tcp ? SOCKET_ESTABLISHED : SOCKET_STATELESS;
}

static bool connect_one(struct made_year *year, struct failure *why)
{
    const struct flow *flow = draw_flow(year);
    uint32_t slot = draw_slot(year, flow->steady);
    int64_t process_ends = year->slots[slot].ends;
    struct live live = {
        .ends = year->second + draw_life(year, flow),
        .waits = chance(year, flow->waits),
        .row =
            {
                .created_at = time_of(year->second) - draw(year, MADE_INTERVAL_MS),
                .owner = slot,
                .pid = year->slots[slot].instance->pid,
                .service = flow->service,
                .attribution = ATTRIBUTION_EXACT,
            },
    };

    set_ends(year, flow, &live.row);
    live.ends = live.ends < process_ends ? live.ends : process_ends;
    return open_socket(year, &live, LEDGER_OPENED, why);
}

/* The socket waits for stray segments: another interval. */
static bool wait_on(struct made_year *year, struct live *live, struct failure *why)
{
    int64_t process_ends = year->slots[live->row.owner].ends;

    live->waits = false;
    live->ends = year->second + TIME_WAIT_S;
    live->ends = live->ends < process_ends ? live->ends : process_ends;
    live->row.state = SOCKET_TIME_WAIT;
    live->row.attribution = ATTRIBUTION_CARRIED;
    live->row.created_at = 0;
    return open_socket(year, live, LEDGER_OPENED, why);
}

static bool close_due(struct made_year *year, struct failure *why)
{
    const struct live *first = year->live.items;

    while (year->live.count > 0 && first->ends <= year->second) {
        struct live live = pop(year);
        struct made_closed *closed = add(&year->closed, sizeof(*closed), why);

        if (closed == NULL) {
            return false;
        }
        *closed = (struct made_closed){live.id, live.opened_at};
        if (live.waits && !wait_on(year, &live, why)) {
            return false;
        }
        first = year->live.items;
    }
    return true;
}

static bool start_process(struct made_year *year, size_t place, struct failure *why)
{
    struct slot *slot = &year->slots[place];
    struct made_process *process = add(&year->processes, sizeof(*process), why);
    bool steady = place < year->machine->steady;
    char name[32];
    struct process_instance fields = {
        .pid = (uint32_t)(4 * (place + 1)), /* the same again: only the start tells them apart */
        .start = (uint64_t)year->second + 1,
        .started_at = time_of(year->second),
        .session = 1,
        .access = PROCESS_NOT_OPENED,
        .name = name,
    };

    snprintf(name, sizeof(name), "program%zu.exe", place % 40);
    if (process == NULL) {
        return false;
    }
    *process = (struct made_process){place, slot->id, slot->since, year->next_process++, NULL};
    process_instance_release(slot->instance);
    slot->instance = process->instance = process_instance_make(&fields);
    slot->id = process->id;
    slot->since = time_of(year->second);
    slot->ends =
        steady ? INT64_MAX : year->second + 30 + draw(year, 2 * year->machine->process_life);
    return slot->instance != NULL ||
           FAIL(why, FAILURE_MEMORY, 0, "no memory for a made-up process");
}

static bool replace_processes(struct made_year *year, struct failure *why)
{
    for (size_t i = 0; i < year->slot_count; i++) {
        if (year->slots[i].id == 0 || year->slots[i].ends <= year->second) {
            if (!start_process(year, i, why)) {
                return false;
            }
        }
    }
    return true;
}

static bool listen_all(struct made_year *year, enum ledger_opening opening, struct failure *why)
{
    for (uint32_t i = 0; i < year->machine->listeners; i++) {
        uint32_t slot = i % year->machine->steady;
        struct live live = {
            .ends = INT64_MAX,
            .row =
                {
                    .protocol = i % 2 == 0 ? SOCKET_TCP : SOCKET_UDP,
                    .state = i % 2 == 0 ? SOCKET_LISTENING : SOCKET_STATELESS,
                    .local = {.address_size = 4, .port = (uint16_t)(1024 + i)},
                    .owner = slot,
                    .pid = year->slots[slot].instance->pid,
                    .attribution = ATTRIBUTION_EXACT,
                },
        };

        if (!open_socket(year, &live, opening, why)) {
            return false;
        }
    }
    return true;
}

static bool is_awake(const struct made_year *year)
{
    const struct machine *machine = year->machine;
    int64_t hour = year->second % DAY / HOUR;

    if (machine->from_hour == 0 && machine->to_hour == 24) {
        return true;
    }
    return hour >= machine->from_hour && hour < machine->to_hour && year->second % WEEK / DAY != 6;
}

/* What was open was cut; connections are gone, listening sockets are still there. */
static bool wake_up(struct made_year *year, struct failure *why)
{
    enum ledger_opening opening = year->begun ? LEDGER_CONTINUED : LEDGER_OPENED;

    year->begun = true;
    year->live.count = 0;
    return listen_all(year, opening, why);
}

static bool connect_some(struct made_year *year, struct failure *why)
{
    const struct machine *machine = year->machine;
    int64_t hour = year->second % DAY / HOUR;
    int count = draw_count(year, machine->per_hour / HOUR * machine->weights[hour] / PERCENT);

    for (int i = 0; i < count; i++) {
        if (!connect_one(year, why)) {
            return false;
        }
    }
    return true;
}

static void hand_out(const struct made_year *year, struct made_sample *sample)
{
    sample->at = time_of(year->second);
    sample->processes = year->processes.items;
    sample->process_count = year->processes.count;
    sample->closed = year->closed.items;
    sample->closed_count = year->closed.count;
    sample->opened = year->opened.items;
    sample->opened_count = year->opened.count;
}

bool made_year_tick(struct made_year *year, struct made_sample *sample, struct failure *why)
{
    bool gap = !year->begun;

    *sample = (struct made_sample){.last_before = time_of(year->last)};
    year->processes.count = year->closed.count = year->opened.count = 0;
    for (year->second++; !is_awake(year); year->second++) {
        gap = true;
    }
    if (!replace_processes(year, why) || (gap && !wake_up(year, why)) || !close_due(year, why) ||
        !connect_some(year, why)) {
        return false;
    }
    sample->after_gap = gap;
    year->last = year->second;
    hand_out(year, sample);
    return true;
}

bool made_year_next(struct made_year *year, struct made_sample *sample, struct failure *why)
{
    do {
        if (!made_year_tick(year, sample, why)) {
            return false;
        }
    } while (sample->process_count + sample->closed_count + sample->opened_count == 0);
    return true;
}

bool made_year_snapshot(const struct made_year *year, struct snapshot *snapshot,
                        struct failure *why)
{
    const struct live *live = year->live.items;
    uint32_t index;

    snapshot_reset(snapshot);
    snapshot->taken_at = time_of(year->second);
    for (uint32_t i = 1; made_service_name(i) != NULL; i++) {
        if (!snapshot_add_service(snapshot, made_service_name(i), SERVICE_BY_TAG, &index, why)) {
            return false;
        }
    }
    for (size_t i = 0; i < year->slot_count; i++) {
        if (!snapshot_add_process(snapshot, year->slots[i].instance, &index, why)) {
            return false;
        }
    }
    for (size_t i = 0; i < year->live.count; i++) {
        if (!snapshot_add_socket(snapshot, &live[i].row, why)) {
            return false;
        }
    }
    return true;
}

int64_t made_year_process(const struct made_year *year, uint32_t slot)
{
    return year->slots[slot].id;
}

int64_t made_year_processes(const struct made_year *year)
{
    return year->next_process - 1;
}

bool made_year_open(struct made_year **out, enum made_machine machine, uint64_t seed,
                    struct failure *why)
{
    struct made_year *year = calloc(1, sizeof(*year));

    if (year == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a made-up year");
    }
    year->machine = &machines[machine];
    year->random = seed;
    year->next_interval = 1;
    year->next_process = 1;
    year->slot_count = year->machine->steady + year->machine->passing;
    year->slots = calloc(year->slot_count, sizeof(*year->slots));
    for (int i = 0; i < MAX_FLOWS; i++) {
        year->weights += year->machine->flows[i].weight;
    }
    if (year->slots == NULL) {
        made_year_close(year);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a made-up year");
    }
    *out = year;
    return true;
}

void made_year_close(struct made_year *year)
{
    if (year == NULL) {
        return;
    }
    for (size_t i = 0; year->slots != NULL && i < year->slot_count; i++) {
        process_instance_release(year->slots[i].instance);
    }
    free(year->slots);
    free(year->live.items);
    free(year->processes.items);
    free(year->closed.items);
    free(year->opened.items);
    free(year);
}
