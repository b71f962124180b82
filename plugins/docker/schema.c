/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - the datasets and their fields. From here come the Elasticsearch mapping, `export
 * fields` and the tables of the manual.
 *
 * Names and meanings are Metricbeat's where it has the field. What it lacks is ours; what it sends
 * as a constant, a zero that means "unknown" or a wrong value is not here, and the manual says so.
 */
#include "fields.h"

#define KEYWORD(field_name, words)                                                                 \
    {                                                                                              \
        .name = (field_name), .doc = (words), .type = MH_TYPE_KEYWORD                              \
    }
#define DIMENSION(field_name, words)                                                               \
    {                                                                                              \
        .name = (field_name), .doc = (words), .type = MH_TYPE_KEYWORD, .flags = MH_FIELD_DIMENSION \
    }
#define DATE(field_name, words)                                                                    \
    {                                                                                              \
        .name = (field_name), .doc = (words), .type = MH_TYPE_DATE                                 \
    }
#define LABELS(field_name, words)                                                                  \
    {                                                                                              \
        .name = (field_name), .doc = (words), .type = MH_TYPE_FLATTENED                            \
    }
#define BOOLEAN(field_name, words)                                                                 \
    {                                                                                              \
        .name = (field_name), .doc = (words), .type = MH_TYPE_BOOLEAN                              \
    }
#define NUMBER(field_name, words)                                                                  \
    {                                                                                              \
        .name = (field_name), .doc = (words), .type = MH_TYPE_LONG                                 \
    }
#define GAUGE(field_name, field_unit, words)                                                       \
    {                                                                                              \
        .name = (field_name), .unit = (field_unit), .doc = (words), .type = MH_TYPE_LONG,          \
        .metric = MH_METRIC_GAUGE                                                                  \
    }
#define COUNTER(field_name, field_unit, words)                                                     \
    {                                                                                              \
        .name = (field_name), .unit = (field_unit), .doc = (words), .type = MH_TYPE_LONG,          \
        .metric = MH_METRIC_COUNTER                                                                \
    }
#define SHARE(field_name, words)                                                                   \
    {                                                                                              \
        .name = (field_name), .unit = "percent", .doc = (words), .type = MH_TYPE_DOUBLE,           \
        .metric = MH_METRIC_GAUGE                                                                  \
    }
#define RATE(field_name, words)                                                                    \
    {                                                                                              \
        .name = (field_name), .doc = (words), .type = MH_TYPE_DOUBLE, .metric = MH_METRIC_GAUGE    \
    }

#define IDENTITY                                                                                   \
    [FIELD_ID] = DIMENSION("container.id", "Full id of the container."),                           \
    [FIELD_NAME] = KEYWORD("container.name", "Name of the container, without slashes."),           \
    [FIELD_IMAGE] = KEYWORD("container.image.name", "Image as the container was made from it."),   \
    [FIELD_RUNTIME] = KEYWORD("container.runtime", "Always docker, for Podman too."),              \
    [FIELD_LABELS] = LABELS(                                                                       \
        "docker.container.labels",                                                                 \
        "Labels of the container; dots in keys become underscores unless labels.dedot is off.")

static const struct mh_field container_fields[CONTAINER_FIELDS] = {
    IDENTITY,
    [CONTAINER_CREATED] = DATE("docker.container.created", "When the container was made."),
    [CONTAINER_COMMAND] = KEYWORD("docker.container.command", "Command that it runs."),
    [CONTAINER_ADDRESSES] = {.name = "docker.container.ip_addresses",
                             .doc = "IPv4 and IPv6 addresses in all its networks.",
                             .type = MH_TYPE_IP},
    [CONTAINER_STATUS] =
        KEYWORD("docker.container.status", "The engine's words: Up 7 minutes (healthy)."),
    [CONTAINER_STATE] = KEYWORD("docker.container.state",
                                "running, paused, restarting; exited in a final document."),
    [CONTAINER_STARTED] = DATE("docker.container.started", "When it was last started."),
    [CONTAINER_RESTARTS] = {.name = "docker.container.restart_count",
                            .doc = "How often the engine has restarted it by its restart policy.",
                            .type = MH_TYPE_LONG,
                            .metric = MH_METRIC_GAUGE},
    [CONTAINER_OOM_KILLED] =
        BOOLEAN("docker.container.oom_killed", "A process of it was killed for lack of memory."),
    [CONTAINER_EXIT_CODE] = NUMBER("docker.container.exit_code",
                                   "Exit code of its last run; only when it has ended before."),
    [CONTAINER_PIDS] = GAUGE("docker.container.pids.current", NULL, "Processes and threads in it."),
    [CONTAINER_PIDS_LIMIT] =
        GAUGE("docker.container.pids.limit", NULL, "How many it may have; absent without a limit."),
    [CONTAINER_FINAL] = BOOLEAN("docker.container.final",
                                "True in the document that is sent when the container ends."),
};

static const struct mh_field cpu_fields[CPU_FIELDS] = {
    IDENTITY,
    [CPU_TOTAL_PCT] =
        SHARE("docker.cpu.total.pct",
              "CPU used since the last document, in CPUs of the host: 0 to their number."),
    [CPU_TOTAL_NORM] =
        SHARE("docker.cpu.total.norm.pct", "The same as a share of the whole host: 0 to 1."),
    [CPU_TOTAL_TICKS] =
        COUNTER("docker.cpu.total.ticks", "nanos", "CPU time used since the container's start."),
    [CPU_KERNEL_PCT] = SHARE("docker.cpu.kernel.pct", "CPU used in the kernel, in CPUs."),
    [CPU_KERNEL_NORM] =
        SHARE("docker.cpu.kernel.norm.pct", "CPU used in the kernel, share of the host."),
    [CPU_KERNEL_TICKS] = COUNTER("docker.cpu.kernel.ticks", "nanos",
                                 "CPU time used in the kernel (nanoseconds in spite of the name)."),
    [CPU_USER_PCT] = SHARE("docker.cpu.user.pct", "CPU used in user mode, in CPUs."),
    [CPU_USER_NORM] =
        SHARE("docker.cpu.user.norm.pct", "CPU used in user mode, share of the host."),
    [CPU_USER_TICKS] = COUNTER("docker.cpu.user.ticks", "nanos",
                               "CPU time used in user mode (nanoseconds in spite of the name)."),
    [CPU_SYSTEM_TICKS] = COUNTER("docker.cpu.system.ticks", "nanos",
                                 "CPU time of the whole host in all states, idle included."),
    [CPU_CORE_PCT] = SHARE("docker.cpu.core.*.pct", "Use of one CPU, in CPUs; cgroup v1 only."),
    [CPU_CORE_NORM] =
        SHARE("docker.cpu.core.*.norm.pct", "Use of one CPU, share of the host; cgroup v1 only."),
    [CPU_CORE_TICKS] =
        COUNTER("docker.cpu.core.*.ticks", "nanos", "CPU time used on one CPU; cgroup v1 only."),
    [CPU_ONLINE] = GAUGE("docker.cpu.online", NULL, "CPUs of the host."),
    [CPU_LIMIT_CORES] = {.name = "docker.cpu.limit.cores",
                         .doc = "CPUs that the container may use at once; absent without a limit.",
                         .type = MH_TYPE_DOUBLE,
                         .metric = MH_METRIC_GAUGE},
    [CPU_LIMIT_PCT] =
        SHARE("docker.cpu.limit.pct",
              "CPU used as a share of the container's own limit; absent without a limit."),
    [CPU_PERIODS] = COUNTER("docker.cpu.throttling.periods", NULL,
                            "Periods in which the CPU limit was enforced."),
    [CPU_THROTTLED_PERIODS] = COUNTER("docker.cpu.throttling.throttled_periods", NULL,
                                      "Periods in which the container hit its CPU limit."),
    [CPU_THROTTLED_NS] = COUNTER("docker.cpu.throttling.throttled_time", "nanos",
                                 "Time for which its tasks were stopped by the limit."),
    [CPU_THROTTLED_PCT] = SHARE("docker.cpu.throttling.pct",
                                "Share of the periods since the last document that hit the limit."),
    [CPU_PRESSURE_SOME_PCT] = SHARE("docker.cpu.pressure.some.pct",
                                    "Share of the time in which some task waited for a CPU (PSI)."),
    [CPU_PRESSURE_SOME_US] = COUNTER("docker.cpu.pressure.some.total", "micros",
                                     "Time in which some task waited for a CPU."),
    [CPU_ECS_USAGE] = SHARE("container.cpu.usage", "Same as docker.cpu.total.norm.pct."),
};

#define DIRECTION(dir, name, verb)                                                                 \
    [DISKIO_##dir##                                                                                \
        _BYTES] = COUNTER("docker.diskio." name ".bytes", "byte",                                  \
                          "Bytes " verb " since the container's start."),                          \
 [DISKIO_##dir##_OPS] = COUNTER("docker.diskio." name ".ops", NULL,                                \
                                "Operations (" name ") since the container's start."),             \
 [DISKIO_##dir##_SERVICE_TIME] =                                                                   \
        COUNTER("docker.diskio." name ".service_time", "nanos",                                    \
                "Time to serve requests (" name "); old cgroup v1 kernels only."),                 \
 [DISKIO_##dir##_WAIT_TIME] =                                                                      \
        COUNTER("docker.diskio." name ".wait_time", "nanos",                                       \
                "Time that requests waited (" name "); old cgroup v1 kernels only."),              \
 [DISKIO_##dir##_QUEUED] = GAUGE("docker.diskio." name ".queued", NULL,                            \
                                 "Requests in the queue (" name "); old cgroup v1 kernels only."), \
 [DISKIO_##dir##_RATE] = RATE("docker.diskio." name ".rate", "Operations per second (" name ").")

static const struct mh_field diskio_fields[DISKIO_FIELDS] = {
    IDENTITY,
    DIRECTION(READ, "read", "read"),
    DIRECTION(WRITE, "write", "written"),
    DIRECTION(SUMMARY, "summary", "read and written"),
    [DISKIO_DEVICE_READ_BYTES] =
        COUNTER("docker.diskio.device.*.read.bytes", "byte", "Bytes read from one device."),
    [DISKIO_DEVICE_WRITE_BYTES] =
        COUNTER("docker.diskio.device.*.write.bytes", "byte", "Bytes written to one device."),
    [DISKIO_DEVICE_READ_OPS] =
        COUNTER("docker.diskio.device.*.read.ops", NULL, "Reads from one device."),
    [DISKIO_DEVICE_WRITE_OPS] =
        COUNTER("docker.diskio.device.*.write.ops", NULL, "Writes to one device."),
    [DISKIO_PRESSURE_SOME_PCT] =
        SHARE("docker.diskio.pressure.some.pct",
              "Share of the time in which some task waited for I/O (PSI)."),
    [DISKIO_PRESSURE_SOME_US] = COUNTER("docker.diskio.pressure.some.total", "micros",
                                        "Time in which some task waited for I/O."),
    [DISKIO_PRESSURE_FULL_PCT] =
        SHARE("docker.diskio.pressure.full.pct",
              "Share of the time in which all tasks waited for I/O (PSI)."),
    [DISKIO_PRESSURE_FULL_US] = COUNTER("docker.diskio.pressure.full.total", "micros",
                                        "Time in which all tasks waited for I/O."),
    [DISKIO_ECS_READ] =
        COUNTER("container.disk.read.bytes", "byte", "Same as docker.diskio.read.bytes."),
    [DISKIO_ECS_WRITE] =
        COUNTER("container.disk.write.bytes", "byte", "Same as docker.diskio.write.bytes."),
};

static const struct mh_field event_fields[EVENT_FIELDS] = {
    [EVENT_ID] =
        KEYWORD("docker.event.id", "Id of the container or image; same as docker.event.actor.id "
                                   "where the engine no longer sends it."),
    [EVENT_STATUS] = KEYWORD("docker.event.status",
                             "Same as docker.event.action where the engine no longer sends it."),
    [EVENT_FROM] = KEYWORD("docker.event.from", "Image of the container."),
    [EVENT_TYPE] = KEYWORD("docker.event.type", "container, image, volume, network, daemon ..."),
    [EVENT_ACTION] = KEYWORD("docker.event.action",
                             "What happened: start, die, oom, health_status: healthy ..."),
    [EVENT_ACTOR_ID] = KEYWORD("docker.event.actor.id", "Id of the object that it happened to."),
    [EVENT_ATTRIBUTES] =
        LABELS("docker.event.actor.attributes", "Attributes of the object, its labels among them."),
};

static const struct mh_field healthcheck_fields[HEALTH_FIELDS] = {
    IDENTITY,
    [HEALTH_STATUS] = KEYWORD("docker.healthcheck.status", "starting, healthy or unhealthy."),
    [HEALTH_STREAK] =
        GAUGE("docker.healthcheck.failingstreak", NULL, "Failed probes one after the other."),
    [HEALTH_START] = DATE("docker.healthcheck.event.start_date", "Start of the last probe."),
    [HEALTH_END] = DATE("docker.healthcheck.event.end_date", "End of the last probe."),
    [HEALTH_EXIT_CODE] =
        NUMBER("docker.healthcheck.event.exit_code", "Exit code of the last probe."),
    [HEALTH_OUTPUT] = KEYWORD("docker.healthcheck.event.output", "Output of the last probe."),
};

static const struct mh_field info_fields[INFO_FIELDS] = {
    [INFO_ID] = DIMENSION("docker.info.id", "Id of the engine."),
    [INFO_TOTAL] = GAUGE("docker.info.containers.total", NULL, "Containers, whatever their state."),
    [INFO_RUNNING] = GAUGE("docker.info.containers.running", NULL, "Containers that run."),
    [INFO_PAUSED] = GAUGE("docker.info.containers.paused", NULL, "Containers that are paused."),
    [INFO_STOPPED] = GAUGE("docker.info.containers.stopped", NULL, "Containers that have ended."),
    [INFO_IMAGES] = GAUGE("docker.info.images", NULL, "Images."),
    [INFO_VERSION] = KEYWORD("docker.info.version", "Version of the engine."),
    [INFO_API_VERSION] = KEYWORD("docker.info.api_version", "Version of the API that is spoken."),
    [INFO_CGROUP_VERSION] =
        KEYWORD("docker.info.cgroup.version", "1 or 2; says which fields can be there."),
    [INFO_CGROUP_DRIVER] = KEYWORD("docker.info.cgroup.driver", "cgroupfs or systemd."),
};

static const struct mh_field memory_fields[MEMORY_FIELDS] = {
    IDENTITY,
    [MEMORY_LIMIT] =
        GAUGE("docker.memory.limit", "byte",
              "Memory that the container may use; the host's memory when it has no limit."),
    [MEMORY_USAGE_TOTAL] = GAUGE("docker.memory.usage.total", "byte",
                                 "Memory in use without inactive page cache: the working set."),
    [MEMORY_USAGE_PCT] =
        SHARE("docker.memory.usage.pct", "docker.memory.usage.total as a share of the limit."),
    [MEMORY_USAGE_MAX] =
        GAUGE("docker.memory.usage.max", "byte",
              "Largest use so far, page cache included; cgroup v1 and new kernels."),
    [MEMORY_USAGE_RAW] =
        GAUGE("docker.memory.usage.raw", "byte", "Memory in use, page cache included."),
    [MEMORY_RSS_TOTAL] = GAUGE("docker.memory.rss.total", "byte",
                               "Anonymous memory: total_rss (cgroup v1) or anon (v2)."),
    [MEMORY_RSS_PCT] =
        SHARE("docker.memory.rss.pct", "docker.memory.rss.total as a share of the limit."),
    [MEMORY_FAIL_COUNT] =
        COUNTER("docker.memory.fail.count", NULL,
                "How often the limit was hit (cgroup v1) or led to lack of memory (v2)."),
    [MEMORY_STATS] =
        GAUGE("docker.memory.stats.*", NULL,
              "The kernel's own counters, with its names, which differ between cgroup v1 and v2."),
    [MEMORY_ANON] =
        GAUGE("docker.memory.anon", "byte", "Anonymous memory, the same on cgroup v1 and v2."),
    [MEMORY_FILE] =
        GAUGE("docker.memory.file", "byte", "Page cache, the same on cgroup v1 and v2."),
    [MEMORY_SWAP] = GAUGE("docker.memory.swap", "byte", "Swap in use."),
    [MEMORY_EVENTS_LOW] = COUNTER("docker.memory.events.low", NULL,
                                  "Reclaims below the protected amount (cgroup v2)."),
    [MEMORY_EVENTS_HIGH] = COUNTER("docker.memory.events.high", NULL,
                                   "Tasks slowed down at the high mark (cgroup v2)."),
    [MEMORY_EVENTS_MAX] =
        COUNTER("docker.memory.events.max", NULL, "How often the limit was hit (cgroup v2)."),
    [MEMORY_EVENTS_OOM] = COUNTER("docker.memory.events.oom", NULL,
                                  "How often an allocation failed at the limit (cgroup v2)."),
    [MEMORY_EVENTS_OOM_KILL] =
        COUNTER("docker.memory.events.oom_kill", NULL, "Processes killed for lack of memory."),
    [MEMORY_PRESSURE_SOME_PCT] =
        SHARE("docker.memory.pressure.some.pct",
              "Share of the time in which some task waited for memory (PSI)."),
    [MEMORY_PRESSURE_SOME_US] = COUNTER("docker.memory.pressure.some.total", "micros",
                                        "Time in which some task waited for memory."),
    [MEMORY_PRESSURE_FULL_PCT] =
        SHARE("docker.memory.pressure.full.pct",
              "Share of the time in which all tasks waited for memory (PSI)."),
    [MEMORY_PRESSURE_FULL_US] = COUNTER("docker.memory.pressure.full.total", "micros",
                                        "Time in which all tasks waited for memory."),
    [MEMORY_ECS_USAGE] = SHARE("container.memory.usage", "Same as docker.memory.usage.pct."),
};

#define TRAFFIC(dir, name, verb)                                                                   \
    [NETWORK_##dir##_BYTES] = COUNTER("docker.network." name ".bytes", "byte", "Bytes " verb "."), \
    [NETWORK_##dir##_PACKETS] =                                                                    \
        COUNTER("docker.network." name ".packets", NULL, "Packets " verb "."),                     \
    [NETWORK_##dir##_ERRORS] =                                                                     \
        COUNTER("docker.network." name ".errors", NULL, "Errors (" verb ")."),                     \
    [NETWORK_##dir##_DROPPED] =                                                                    \
        COUNTER("docker.network." name ".dropped", NULL, "Packets dropped (" verb ").")
#define TRAFFIC_RATE(dir, name, verb)                                                              \
    [NETWORK_##dir##_BYTES] = RATE("docker.network." name ".bytes", "Bytes " verb " per second."), \
    [NETWORK_##dir##_PACKETS] =                                                                    \
        RATE("docker.network." name ".packets", "Packets " verb " per second."),                   \
    [NETWORK_##dir##_ERRORS] =                                                                     \
        RATE("docker.network." name ".errors", "Errors per second (" verb ")."),                   \
    [NETWORK_##dir##_DROPPED] =                                                                    \
        RATE("docker.network." name ".dropped", "Packets dropped per second (" verb ").")

static const struct mh_field network_fields[NETWORK_FIELDS] = {
    IDENTITY,
    [NETWORK_INTERFACE] =
        DIMENSION("docker.network.interface", "Interface inside the container, for instance eth0."),
    TRAFFIC(INBOUND, "inbound", "received since the container's start"),
    TRAFFIC(OUTBOUND, "outbound", "sent since the container's start"),
    TRAFFIC_RATE(IN, "in", "received"),
    TRAFFIC_RATE(OUT, "out", "sent"),
    [NETWORK_ECS_INGRESS] = COUNTER("container.network.ingress.bytes", "byte",
                                    "Same as docker.network.inbound.bytes, of this interface."),
    [NETWORK_ECS_EGRESS] = COUNTER("container.network.egress.bytes", "byte",
                                   "Same as docker.network.outbound.bytes, of this interface."),
};

static const struct mh_field image_fields[IMAGE_FIELDS] = {
    [IMAGE_ID] = DIMENSION("docker.image.id.current", "Id of the image."),
    [IMAGE_PARENT] = KEYWORD("docker.image.id.parent",
                             "Id of the image that it was built on; empty when there is none."),
    [IMAGE_CREATED] = DATE("docker.image.created", "When it was made."),
    [IMAGE_SIZE] = GAUGE("docker.image.size.regular", "byte", "Size of its layers."),
    [IMAGE_SIZE_VIRTUAL] =
        GAUGE("docker.image.size.virtual", "byte", "The same: engines no longer tell them apart."),
    [IMAGE_TAGS] = KEYWORD("docker.image.tags", "Its names with tags."),
    [IMAGE_LABELS] = LABELS("docker.image.labels", "Labels of the image."),
};

static const struct mh_field network_summary_fields[SUMMARY_FIELDS] = {
    IDENTITY,
    [SUMMARY_IP] = GAUGE("docker.network_summary.ip.*", NULL,
                         "The kernel's IP counters of the container's network namespace."),
    [SUMMARY_TCP] = GAUGE("docker.network_summary.tcp.*", NULL, "The kernel's TCP counters."),
    [SUMMARY_UDP] = GAUGE("docker.network_summary.udp.*", NULL, "The kernel's UDP counters."),
    [SUMMARY_UDP_LITE] =
        GAUGE("docker.network_summary.udp_lite.*", NULL, "The kernel's UDP-Lite counters."),
    [SUMMARY_ICMP] = GAUGE("docker.network_summary.icmp.*", NULL, "The kernel's ICMP counters."),
    [SUMMARY_PID] = NUMBER("docker.network_summary.namespace.pid",
                           "Process 1 of the container, as the host numbers it."),
    [SUMMARY_NAMESPACE] =
        NUMBER("docker.network_summary.namespace.id", "Number of its network namespace."),
};

#define DATASET(table, set_name, words, set_flags)                                                 \
    {                                                                                              \
        .name = "docker." set_name, .module = "docker", .metricset = (set_name), .doc = (words),   \
        .fields = (table), .n_fields = sizeof(table) / sizeof((table)[0]),                         \
        .field_stride = sizeof(struct mh_field), .flags = (set_flags)                              \
    }

const struct mh_dataset docker_datasets[DATASETS] = {
    [DATASET_CONTAINER] = DATASET(container_fields, "container", "State of each running container.",
                                  MH_DATASET_DEFAULT),
    [DATASET_CPU] =
        DATASET(cpu_fields, "cpu", "CPU use of each running container.", MH_DATASET_DEFAULT),
    [DATASET_DISKIO] = DATASET(diskio_fields, "diskio", "Block I/O of each running container.",
                               MH_DATASET_DEFAULT),
    [DATASET_EVENT] = DATASET(event_fields, "event", "Events of the engine, as they happen.",
                              MH_DATASET_DEFAULT | MH_DATASET_PUSH),
    [DATASET_HEALTHCHECK] =
        DATASET(healthcheck_fields, "healthcheck",
                "Last health check of each container that has one.", MH_DATASET_DEFAULT),
    [DATASET_INFO] = DATASET(info_fields, "info", "Counts of containers and images of the engine.",
                             MH_DATASET_DEFAULT),
    [DATASET_MEMORY] = DATASET(memory_fields, "memory", "Memory use of each running container.",
                               MH_DATASET_DEFAULT),
    [DATASET_NETWORK] =
        DATASET(network_fields, "network", "Traffic of each interface of each running container.",
                MH_DATASET_DEFAULT),
    [DATASET_IMAGE] = DATASET(image_fields, "image", "Images of the engine.", 0),
    [DATASET_NETWORK_SUMMARY] =
        DATASET(network_summary_fields, "network_summary",
                "Protocol counters of each container's network namespace.", 0),
};
