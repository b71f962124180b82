/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c - the sample itself: its growing arrays and what can be told from one sample alone. */
#include "usage.h"
#include "support.h"

static void
cpu_reset(struct usage_cpu *cpu)
{
    uint64_t *cores = cpu->per_core;
    size_t cap = cpu->cap_cores;
    memset(cpu, 0xff, offsetof(struct usage_cpu, per_core));
    cpu->per_core = cores;
    cpu->cap_cores = cap;
    cpu->n_cores = 0;
}

static void
memory_reset(struct usage_memory *memory)
{
    memset(memory, 0xff, offsetof(struct usage_memory, stats));
    memory->n_stats = 0;
}

/* 0xff in every byte is ABSENT in every number. */
void
usage_reset(struct usage *usage)
{
    cpu_reset(&usage->cpu);
    cpu_reset(&usage->before);
    memory_reset(&usage->memory);
    memset(usage->io.sum, 0xff, sizeof usage->io.sum);
    memset(usage->pressure, 0xff, sizeof usage->pressure);
    usage->io.n_devices = 0;
    usage->network.n_interfaces = 0;
    usage->pids = usage->pids_limit = ABSENT;
    usage->taken_ns = 0;
    usage->read_unix_ns = 0;
    usage->failed = false;
}

void
usage_free(struct usage *usage)
{
    free(usage->cpu.per_core);
    free(usage->before.per_core);
    free(usage->memory.stats);
    free(usage->io.devices);
    free(usage->network.interfaces);
    *usage = (struct usage){0};
}

/* Room for one more member of an array of at most 4096. Returns the array, perhaps moved, or NULL.
 */
static void *
one_more(void *array, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap == 0 ? 8 : *cap * 2;
    void *grown;
    if (n < *cap)
        return array;
    if (n >= 4096)
        return NULL;
    grown = support_realloc_array(array, more, size);
    if (grown != NULL)
        *cap = more;
    return grown;
}

void
usage_add_core(struct usage_cpu *cpu, uint64_t ns, bool *failed)
{
    uint64_t *cores = one_more(cpu->per_core, cpu->n_cores, &cpu->cap_cores, sizeof *cores);
    if (cores == NULL) {
        *failed = true;
        return;
    }
    cpu->per_core = cores;
    cores[cpu->n_cores++] = ns;
}

void
usage_add_stat(struct usage *usage, const char *key, size_t key_len, uint64_t value)
{
    struct usage_memory *memory = &usage->memory;
    struct usage_stat *stats =
        one_more(memory->stats, memory->n_stats, &memory->cap_stats, sizeof *stats);
    if (stats == NULL) {
        usage->failed = true;
        return;
    }
    memory->stats = stats;
    stats[memory->n_stats++] = (struct usage_stat){key, (uint32_t)key_len, value};
}

struct usage_interface *
usage_add_interface(struct usage *usage, const char *name)
{
    struct usage_network *network = &usage->network;
    struct usage_interface *interfaces = one_more(network->interfaces, network->n_interfaces,
                                                  &network->cap_interfaces, sizeof *interfaces);
    if (interfaces == NULL) {
        usage->failed = true;
        return NULL;
    }
    network->interfaces = interfaces;
    interfaces += network->n_interfaces++;
    memset(interfaces->value, 0xff, sizeof interfaces->value);
    interfaces->name = name;
    return interfaces;
}

static bool
is_skipped(const struct usage *usage, uint32_t major)
{
    for (size_t n = 0; n < usage->n_skip_majors; n++)
        if (usage->skip_majors[n] == major)
            return true;
    return false;
}

static struct usage_device *
device(struct usage *usage, uint32_t major, uint32_t minor)
{
    struct usage_io *io = &usage->io;
    struct usage_device *devices = io->devices;
    for (size_t n = 0; n < io->n_devices; n++)
        if (devices[n].major == major && devices[n].minor == minor)
            return &devices[n];
    devices = one_more(io->devices, io->n_devices, &io->cap_devices, sizeof *devices);
    if (devices == NULL) {
        usage->failed = true;
        return NULL;
    }
    io->devices = devices;
    devices += io->n_devices++;
    memset(devices->value, 0xff, sizeof devices->value);
    devices->major = major;
    devices->minor = minor;
    return devices;
}

/* Saturates below ABSENT, so that a stranger's numbers cannot wrap. */
static void
add_known(uint64_t *sum, uint64_t value)
{
    if (*sum == ABSENT)
        *sum = value;
    else if (__builtin_add_overflow(*sum, value, sum))
        *sum = ABSENT - 1;
}

void
usage_add_io(struct usage *usage, enum usage_io_kind kind, enum usage_io_op op, uint32_t major,
             uint32_t minor, uint64_t value)
{
    struct usage_device *d;
    if (value == ABSENT || is_skipped(usage, major))
        return;
    add_known(&usage->io.sum[kind][op], value);
    if (kind > IO_COUNT || op > IO_WRITE)
        return;
    d = device(usage, major, minor);
    if (d != NULL)
        add_known(&d->value[kind][op], value);
}

void
usage_io_counted(struct usage *usage, enum usage_io_kind kind)
{
    for (int op = IO_READ; op <= IO_WRITE; op++)
        if (usage->io.sum[kind][op] == ABSENT)
            usage->io.sum[kind][op] = 0;
}

void
usage_io_finish(struct usage *usage)
{
    for (int kind = 0; kind < IO_KINDS; kind++) {
        uint64_t *sum = usage->io.sum[kind];
        if (sum[IO_TOTAL] != ABSENT || (sum[IO_READ] == ABSENT && sum[IO_WRITE] == ABSENT))
            continue;
        for (int op = IO_READ; op <= IO_WRITE; op++)
            if (sum[op] != ABSENT)
                add_known(&sum[IO_TOTAL], sum[op]);
    }
}

uint64_t
usage_stat(const struct usage *usage, const char *key)
{
    size_t len = strlen(key);
    for (size_t n = 0; n < usage->memory.n_stats; n++) {
        const struct usage_stat *stat = &usage->memory.stats[n];
        if (stat->key_len == len && memcmp(stat->key, key, len) == 0)
            return stat->value;
    }
    return ABSENT;
}

static uint64_t
first_known(uint64_t a, uint64_t b)
{
    return a != ABSENT ? a : b;
}

/* As the docker command computes it: on v1 the counter over the whole tree, on v2 the only one;
 * never below zero. */
uint64_t
usage_memory_used(const struct usage *usage)
{
    uint64_t inactive =
        first_known(usage_stat(usage, "total_inactive_file"), usage_stat(usage, "inactive_file"));
    if (usage->memory.usage == ABSENT || inactive == ABSENT || inactive >= usage->memory.usage)
        return usage->memory.usage;
    return usage->memory.usage - inactive;
}

uint64_t
usage_memory_anon(const struct usage *usage)
{
    return first_known(usage_stat(usage, "total_rss"), usage_stat(usage, "anon"));
}

uint64_t
usage_memory_file(const struct usage *usage)
{
    return first_known(usage_stat(usage, "total_cache"), usage_stat(usage, "file"));
}
