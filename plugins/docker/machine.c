/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c - see machine.h. */
#include "machine.h"
#include "files.h"
#include "support.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/resource.h>

/* The engine takes user, nice, system, idle, iowait, irq and softirq, in hundredths of a second. */
#define COUNTED_STATES 7
#define TICK_NS UINT64_C(10000000)
/* Names are kept in one block, so that a pointer to one stays valid. */
#define MAX_DISKS 256

static const char *const controller_names[CG_UNIFIED] = {"cpu", "cpuacct", "memory", "blkio",
                                                         "pids"};

char *
machine_path(const struct machine *machine, const char *format, ...)
{
    CLEANUP_FREE char *tail = NULL;
    char *path = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&tail, format, args) < 0)
        tail = NULL;
    va_end(args);
    if (tail == NULL || asprintf(&path, "%s%s", machine->hostfs, tail) < 0)
        return NULL;
    return path;
}

/* True when the comma separated list holds the word. */
static bool
has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (; list != NULL; list = strchr(list, ',') == NULL ? NULL : strchr(list, ',') + 1)
        if (strncmp(list, word, len) == 0 && (list[len] == ',' || list[len] == '\0'))
            return true;
    return false;
}

/* The first mount wins: it is the one that the system made at boot. */
static int
take_mount(struct machine *machine, int controller, const char *mount_point)
{
    if (machine->mount[controller] != NULL)
        return 0;
    machine->mount[controller] = machine_path(machine, "%s", mount_point);
    return machine->mount[controller] == NULL ? -ENOMEM : 0;
}

static int
take_mount_line(struct machine *machine, const char *mount_point, const char *type,
                const char *super_options)
{
    int result = 0;
    if (strcmp(type, "cgroup2") == 0)
        return take_mount(machine, CG_UNIFIED, mount_point);
    if (strcmp(type, "cgroup") != 0)
        return 0;
    for (int n = 0; n < CG_UNIFIED && result == 0; n++)
        if (has_word(super_options, controller_names[n]))
            result = take_mount(machine, n, mount_point);
    return result;
}

/* "31 23 0:27 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu": field 5 is the
 * mount point; type, source and options of the file system follow the lone dash. */
static int
parse_mount_line(struct machine *machine, char *line)
{
    char *mount_point = NULL, *type, *options;
    char *tail = strstr(line, " - ");
    if (tail == NULL)
        return 0;
    *tail = '\0';
    tail += strlen(" - ");
    for (int n = 0; n < 5; n++)
        mount_point = strsep(&line, " ");
    type = strsep(&tail, " ");
    strsep(&tail, " ");
    options = strsep(&tail, " ");
    if (mount_point == NULL || type == NULL || options == NULL)
        return 0;
    return take_mount_line(machine, mount_point, type, options);
}

int
machine_parse_mounts(struct machine *machine, char *mountinfo)
{
    int result = 0;
    while (mountinfo != NULL && result == 0) {
        char *end = strchr(mountinfo, '\n');
        if (end != NULL)
            *end++ = '\0';
        result = parse_mount_line(machine, mountinfo);
        mountinfo = end;
    }
    return result;
}

/* Process 1 of the host has the host's own view of its mounts, which is what hostfs shows. */
static int
find_mounts(struct machine *machine)
{
    CLEANUP(file_text_free) struct file_text text = {0};
    CLEANUP_FREE char *path =
        machine_path(machine, "/proc/%s/mountinfo", machine->hostfs[0] == '\0' ? "self" : "1");
    int result;
    if (path == NULL)
        return -ENOMEM;
    result = file_read(path, &text);
    if (result == 0)
        result = machine_parse_mounts(machine, text.data);
    if (result == 0 && machine->mount[CG_UNIFIED] == NULL && machine->mount[CG_MEMORY] == NULL)
        result = -ENOENT;
    return result;
}

static void
read_memory_total(struct machine *machine)
{
    CLEANUP(file_text_free) struct file_text text = {0};
    CLEANUP_FREE char *path = machine_path(machine, "/proc/meminfo");
    const char *line;
    machine->memory_total = UINT64_MAX;
    if (path == NULL || file_read(path, &text) < 0)
        return;
    line = strstr(text.data, "MemTotal:");
    if (line == NULL)
        return;
    line += strlen("MemTotal:");
    line += strspn(line, " ");
    if (text_number(&line, &machine->memory_total))
        machine->memory_total *= 1024;
}

/* Half of what the process may open is left to everybody else. */
static unsigned
file_budget(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > 1 << 20)
        return 1 << 19;
    return (unsigned)(limit.rlim_cur / 2);
}

int
machine_open(struct machine *machine, const char *hostfs)
{
    size_t len = hostfs == NULL ? 0 : strlen(hostfs);
    while (len > 0 && hostfs[len - 1] == '/')
        len--;
    machine->hostfs = len == 0 ? strdup("") : strndup(hostfs, len);
    if (machine->hostfs == NULL)
        return -ENOMEM;
    machine->max_kept_files = file_budget();
    read_memory_total(machine);
    return find_mounts(machine);
}

void
machine_close(struct machine *machine)
{
    for (int n = 0; n < CG_CONTROLLERS; n++)
        free(machine->mount[n]);
    free(machine->hostfs);
    free(machine->disks);
    *machine = (struct machine){0};
}

bool
machine_has_cgroup2(const struct machine *machine)
{
    return machine->mount[CG_MEMORY] == NULL && machine->mount[CG_UNIFIED] != NULL;
}

static uint64_t
sum_states(const char *text)
{
    uint64_t sum = 0, ticks;
    for (int n = 0; n < COUNTED_STATES; n++) {
        text += strspn(text, " ");
        if (!text_number(&text, &ticks))
            return UINT64_MAX;
        sum += ticks;
    }
    return sum * TICK_NS;
}

struct machine_cpu
machine_parse_cpu(const char *text)
{
    struct machine_cpu cpu = {.system_ns = UINT64_MAX, .online = 0};
    for (; text != NULL && strncmp(text, "cpu", 3) == 0; text = text_next_line(text)) {
        if (text[3] == ' ')
            cpu.system_ns = sum_states(text + 3);
        else
            cpu.online++;
    }
    if (cpu.online == 0)
        cpu.online = UINT64_MAX;
    return cpu;
}

/* The first page holds what counts; the interrupt line behind it is long and never read. */
struct machine_cpu
machine_read_cpu(const struct machine *machine)
{
    CLEANUP(file_text_free) struct file_text text = {0};
    CLEANUP_FREE char *path = machine_path(machine, "/proc/stat");
    if (path == NULL || file_read(path, &text) < 0)
        return (struct machine_cpu){UINT64_MAX, UINT64_MAX};
    return machine_parse_cpu(text.data);
}

/* /sys/dev/block/259:0/uevent has a line DEVNAME=nvme0n1. */
static void
read_disk_name(const struct machine *machine, struct disk_name *disk)
{
    CLEANUP(file_text_free) struct file_text text = {0};
    CLEANUP_FREE char *path =
        machine_path(machine, "/sys/dev/block/%u:%u/uevent", disk->major, disk->minor);
    const char *name;
    snprintf(disk->name, sizeof disk->name, "%u:%u", disk->major, disk->minor);
    if (path == NULL || file_read(path, &text) < 0)
        return;
    name = strstr(text.data, "DEVNAME=");
    if (name == NULL)
        return;
    name += strlen("DEVNAME=");
    if (strcspn(name, "\n") < sizeof disk->name)
        snprintf(disk->name, sizeof disk->name, "%.*s", (int)strcspn(name, "\n"), name);
}

const char *
machine_disk_name(struct machine *machine, uint32_t major, uint32_t minor)
{
    struct disk_name *disks = machine->disks;
    for (size_t n = 0; n < machine->n_disks; n++)
        if (disks[n].major == major && disks[n].minor == minor)
            return disks[n].name;
    if (machine->n_disks >= MAX_DISKS)
        return NULL;
    if (disks == NULL)
        disks = machine->disks = calloc(MAX_DISKS, sizeof *disks);
    if (disks == NULL)
        return NULL;
    disks += machine->n_disks++;
    disks->major = major;
    disks->minor = minor;
    read_disk_name(machine, disks);
    return disks->name;
}
