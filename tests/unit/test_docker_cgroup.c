/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_docker_cgroup.c - containers' files in made-up machines: cgroup v2 and v1, both drivers,
 * hybrids, processes in a cgroup below the container's, containers that end, and a budget of
 * descriptors that is used up.
 */
#include "cgroup.h"
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <cmocka.h>

#define ID "01cf1f3208005cda71d5ac936ded65d2ecc0a8cc8ff8a82d2e00410bf4fbbd6d"
#define PID 4242

struct state {
    char root[64]; /* of the made-up machine */
    struct machine machine;
    struct cgroup *cgroup;
    struct cgroup_scratch scratch;
    struct usage usage;
};

static void
make_parents(const char *path)
{
    CLEANUP_FREE char *copy = strdup(path);
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0755);
        *slash = '/';
    }
}

/* Writes root/path. */
static void
put(struct state *state, const char *path, const char *text)
{
    CLEANUP_FREE char *whole = NULL;
    CLEANUP_FILE FILE *file = NULL;
    assert_true(asprintf(&whole, "%s%s", state->root, path) > 0);
    make_parents(whole);
    file = fopen(whole, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
}

static char *
read_source(const char *kernel, const char *name)
{
    CLEANUP_FREE char *path = NULL;
    CLEANUP_FILE FILE *file = NULL;
    const char *top = getenv("top_srcdir");
    char *text = calloc(1, 8192);
    assert_true(asprintf(&path, "%s/tests/fixtures/cgroup2/%s/%s", top == NULL ? "." : top, kernel,
                         name) > 0);
    file = fopen(path, "re");
    if (file == NULL) {
        free(text);
        return NULL;
    }
    assert_true(fread(text, 1, 8191, file) < 8191);
    return text;
}

/* Copies the recorded files of a kernel to a directory of the machine. */
static void
put_recorded(struct state *state, const char *kernel, const char *dir)
{
    static const char *const names[] = {
        "cpu.stat",      "memory.current",  "memory.peak", "memory.max",   "memory.swap.current",
        "memory.events", "memory.stat",     "io.stat",     "pids.current", "pids.max",
        "cpu.pressure",  "memory.pressure", "io.pressure"};
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        CLEANUP_FREE char *path = NULL;
        CLEANUP_FREE char *text = read_source(kernel, names[n]);
        assert_true(asprintf(&path, "%s/%s", dir, names[n]) > 0);
        if (text != NULL)
            put(state, path, text);
    }
}

static int
setup(void **ret)
{
    struct state *state = calloc(1, sizeof *state);
    snprintf(state->root, sizeof state->root, "/tmp/metrichost-cgroup.XXXXXX");
    assert_non_null(mkdtemp(state->root));
    put(state, "/proc/meminfo", "MemTotal:       24684092 kB\nMemFree: 1 kB\n");
    put(state, "/proc/4242/net/dev",
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "
        "drop fifo colls "
        "carrier compressed\n"
        "    lo:       9       9    0    0    0     0          0         0        9       9    0   "
        " 0    0     0     "
        "  0          0\n"
        "  sit0:       0       0    0    0    0     0          0         0        0       0    0   "
        " 0    0     0     "
        "  0          0\n"
        "  eth0:  101869     284    1    2    0     0          0         0    43958     278    3   "
        " 4    0     0     "
        "  0          0\n"
        "eth1:5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0\n");
    usage_reset(&state->usage);
    *ret = state;
    return 0;
}

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int
teardown(void **ret)
{
    struct state *state = *ret;
    cgroup_close(&state->machine, state->cgroup);
    machine_close(&state->machine);
    scratch_free(&state->scratch);
    usage_free(&state->usage);
    nftw(state->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(state);
    return 0;
}

#define V2_MOUNT "29 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define SCOPE "/system.slice/docker-" ID ".scope"

static int
open_cgroup(struct state *state)
{
    assert_int_equal(machine_open(&state->machine, state->root), 0);
    return cgroup_open(&state->machine, PID, ID, CGROUP_NETWORK, &state->cgroup);
}

static const struct usage *
read_sample(struct state *state)
{
    usage_reset(&state->usage);
    assert_int_equal(cgroup_read(&state->machine, state->cgroup, &state->scratch, &state->usage),
                     0);
    return &state->usage;
}

static void
make_v2(struct state *state, const char *kernel, const char *cgroup_path, const char *process_path)
{
    CLEANUP_FREE char *dir = NULL, *line = NULL;
    assert_true(asprintf(&dir, "/sys/fs/cgroup%s", cgroup_path) > 0);
    assert_true(asprintf(&line, "0::%s\n", process_path) > 0);
    put(state, "/proc/1/mountinfo", V2_MOUNT);
    put(state, "/proc/4242/cgroup", line);
    put_recorded(state, kernel, dir);
}

static void
v2_with_systemd_driver(void **ret)
{
    struct state *state = *ret;
    const struct usage *usage;
    make_v2(state, "kernel-6.1", SCOPE, SCOPE);
    assert_int_equal(open_cgroup(state), 0);
    assert_string_equal(cgroup_version(state->cgroup), "2");
    usage = read_sample(state);
    assert_int_equal(usage->cpu.total, 331125000);
    assert_int_equal(usage->cpu.kernel, 66278000);
    assert_int_equal(usage->cpu.throttled_periods, 30);
    assert_int_equal(usage->cpu.throttled_ns, 1500000000);
    assert_int_equal(usage->cpu.n_cores, 0);
    assert_int_equal(usage_memory_used(usage), 47607808);
    assert_int_equal(usage_memory_anon(usage), 37691392);
    assert_int_equal(usage->memory.limit, 268435456);
    assert_int_equal(usage->memory.peak, 70000640);
    assert_int_equal(usage->memory.swap, 4096);
    assert_int_equal(usage->memory.oom_kill, 1);
    assert_int_equal(usage->memory.fail_count, 2);
    assert_int_equal(usage_stat(usage, "pgmajfault"), 1120);
    assert_true(usage_stat(usage, "pgscan_kswapd") == ABSENT);
    assert_int_equal(usage->io.sum[IO_BYTES][IO_READ], 2 * 60960768 + 4096);
    assert_int_equal(usage->io.sum[IO_COUNT][IO_TOTAL], 2 * 1035 + 1);
    assert_int_equal(usage->io.n_devices, 3);
    assert_int_equal(usage->pids, 33);
    assert_int_equal(usage->pids_limit, 404);
    assert_int_equal(usage->pressure[PSI_CPU].some_us, 58761459);
    assert_int_equal(usage->pressure[PSI_IO].full_us, 1000);
}

static void
v2_of_an_older_kernel(void **ret)
{
    struct state *state = *ret;
    const struct usage *usage;
    make_v2(state, "kernel-5.4", "/docker/" ID, "/docker/" ID);
    assert_int_equal(open_cgroup(state), 0);
    usage = read_sample(state);
    assert_int_equal(usage->cpu.total, 331125000);
    assert_true(usage->cpu.periods == ABSENT);
    assert_true(usage->memory.peak == ABSENT);
    assert_true(usage->pressure[PSI_CPU].some_us == ABSENT);
    /* No limit: what the machine has. */
    assert_int_equal(usage->memory.limit, UINT64_C(24684092) * 1024);
    assert_true(usage->pids_limit == ABSENT);
    assert_int_equal(usage->io.sum[IO_BYTES][IO_WRITE], 0);
    assert_int_equal(usage->memory.n_stats, 31);
}

static void
interfaces(void **ret)
{
    struct state *state = *ret;
    const struct usage_network *network;
    make_v2(state, "kernel-6.1", SCOPE, SCOPE);
    assert_int_equal(open_cgroup(state), 0);
    network = &read_sample(state)->network;
    assert_int_equal(network->n_interfaces, 2);
    assert_string_equal(network->interfaces[0].name, "eth0");
    assert_int_equal(network->interfaces[0].value[NET_RECEIVED][NET_BYTES], 101869);
    assert_int_equal(network->interfaces[0].value[NET_RECEIVED][NET_DROPPED], 2);
    assert_int_equal(network->interfaces[0].value[NET_SENT][NET_PACKETS], 278);
    assert_int_equal(network->interfaces[0].value[NET_SENT][NET_ERRORS], 3);
    assert_string_equal(network->interfaces[1].name, "eth1");
    assert_int_equal(network->interfaces[1].value[NET_SENT][NET_BYTES], 6);
}

/* An init system in the container, and podman, put processes below the container's cgroup. */
static void
process_below_the_container(void **ret)
{
    struct state *state = *ret;
    make_v2(state, "kernel-6.1", "/machine.slice/libpod-" ID ".scope",
            "/machine.slice/libpod-" ID ".scope/container/init.scope");
    assert_int_equal(open_cgroup(state), 0);
    assert_int_equal(read_sample(state)->cpu.total, 331125000);
}

/* The number of a process may by then belong to another. */
static void
process_of_somebody_else(void **ret)
{
    struct state *state = *ret;
    make_v2(state, "kernel-6.1", SCOPE, "/system.slice/sshd.service");
    assert_int_equal(open_cgroup(state), -ENXIO);
    assert_null(state->cgroup);
}

static void
no_such_process(void **ret)
{
    struct state *state = *ret;
    make_v2(state, "kernel-6.1", SCOPE, SCOPE);
    assert_int_equal(machine_open(&state->machine, state->root), 0);
    assert_int_equal(cgroup_open(&state->machine, 4243, ID, 0, &state->cgroup), -ENOENT);
}

static void
no_cgroup_mounted(void **ret)
{
    struct state *state = *ret;
    put(state, "/proc/1/mountinfo",
        "22 1 8:1 / / rw - ext4 /dev/root rw\n\nnonsense\n - \n1 2 - x\n");
    assert_int_equal(machine_open(&state->machine, state->root), -ENOENT);
}

#define V1_MOUNTS                                                                                  \
    "30 23 0:27 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n"                                            \
    "31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"         \
    "32 30 0:29 / /sys/fs/cgroup/memory rw shared:10 master:1 - cgroup cgroup rw,memory\n"         \
    "33 30 0:30 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"                              \
    "34 30 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"                                \
    "35 30 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
#define V1_PATHS                                                                                   \
    "12:pids:/docker/" ID "\n4:cpu,cpuacct:/docker/" ID "\n3:memory:/docker/" ID                   \
    "\n2:blkio:/docker/" ID "\n1:name=systemd:/docker/" ID "\n0::/docker/" ID "\n"

static void
make_v1(struct state *state)
{
    static const struct {
        const char *path, *text;
    } files[] = {
        {"cpu,cpuacct/docker/" ID "/cpuacct.usage", "932439492\n"},
        {"cpu,cpuacct/docker/" ID "/cpuacct.usage_percpu", "484165457 448274035 \n"},
        {"cpu,cpuacct/docker/" ID "/cpuacct.stat", "user 88\nsystem 12\n"},
        {"cpu,cpuacct/docker/" ID "/cpu.stat",
         "nr_periods 7\nnr_throttled 2\nthrottled_time 5000\n"},
        {"memory/docker/" ID "/memory.usage_in_bytes", "127934464\n"},
        {"memory/docker/" ID "/memory.max_usage_in_bytes", "128557056\n"},
        {"memory/docker/" ID "/memory.limit_in_bytes", "9223372036854771712\n"},
        {"memory/docker/" ID "/memory.failcnt", "4\n"},
        {"memory/docker/" ID "/memory.stat",
         "cache 85426176\nrss 40820736\nshmem 0\ntotal_cache 85426176\ntotal_rss "
         "40820736\ntotal_swap 0\n"
         "total_inactive_file 52383744\nhierarchical_memory_limit 536870912\n"},
        {"memory/docker/" ID "/memory.oom_control",
         "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"},
        {"blkio/docker/" ID "/blkio.throttle.io_service_bytes_recursive",
         "259:1 Read 23793664\n259:1 Write 0\n259:1 Sync 23793664\n259:1 Total 23793664\n9:0 Read "
         "5\n9:0 Total 5\n"
         "Total 23793669\n"},
        {"blkio/docker/" ID "/blkio.throttle.io_serviced_recursive", "Total 0\n"},
        {"pids/docker/" ID "/pids.current", "12\n"},
        {"pids/docker/" ID "/pids.max", "max\n"},
        {"unified/docker/" ID "/cpu.pressure",
         "some avg10=5.85 avg60=8.70 avg300=3.17 total=18323264\n"},
    };
    put(state, "/proc/1/mountinfo", V1_MOUNTS);
    put(state, "/proc/4242/cgroup", V1_PATHS);
    for (size_t n = 0; n < COUNT_OF(files); n++) {
        CLEANUP_FREE char *path = NULL;
        assert_true(asprintf(&path, "/sys/fs/cgroup/%s", files[n].path) > 0);
        put(state, path, files[n].text);
    }
}

static void
v1_with_a_unified_tree_beside(void **ret)
{
    static const uint32_t skip[] = {9, 253};
    struct state *state = *ret;
    const struct usage *usage;
    make_v1(state);
    assert_int_equal(open_cgroup(state), 0);
    assert_string_equal(cgroup_version(state->cgroup), "1");
    state->usage.skip_majors = skip;
    state->usage.n_skip_majors = 2;
    usage = read_sample(state);
    assert_int_equal(usage->cpu.total, 932439492);
    assert_int_equal(usage->cpu.user, 880000000);
    assert_int_equal(usage->cpu.kernel, 120000000);
    assert_int_equal(usage->cpu.n_cores, 2);
    assert_int_equal(usage->cpu.per_core[1], 448274035);
    assert_int_equal(usage->cpu.throttled_ns, 5000);
    assert_int_equal(usage_memory_used(usage), 75550720);
    assert_int_equal(usage->memory.limit, UINT64_C(24684092) * 1024);
    assert_int_equal(usage->memory.fail_count, 4);
    assert_int_equal(usage->memory.oom_kill, 3);
    assert_int_equal(usage->memory.n_stats, 6);
    assert_int_equal(usage->io.sum[IO_BYTES][IO_READ], 23793664);
    assert_int_equal(usage->io.sum[IO_BYTES][IO_TOTAL], 23793664);
    assert_int_equal(usage->io.sum[IO_COUNT][IO_READ], 0);
    assert_int_equal(usage->pids, 12);
    assert_true(usage->pids_limit == ABSENT);
    assert_int_equal(usage->pressure[PSI_CPU].some_us, 18323264);
    assert_true(usage->pressure[PSI_CPU].full_us == ABSENT);
}

static unsigned
count_open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

/* Files stay open within the budget, are all closed at the end, and beyond the budget everything
 * works without. */
static void
descriptors(void **ret)
{
    struct state *state = *ret;
    unsigned before = count_open_files(), kept;
    make_v1(state);
    assert_int_equal(open_cgroup(state), 0);
    read_sample(state);
    kept = count_open_files() - before;
    assert_int_equal(kept, state->machine.kept_files);
    assert_true(kept > 10);
    read_sample(state);
    assert_int_equal(count_open_files() - before, kept);
    cgroup_close(&state->machine, take(state->cgroup));
    assert_int_equal(count_open_files(), before);
    assert_int_equal(state->machine.kept_files, 0);

    state->machine.max_kept_files = 3;
    assert_int_equal(cgroup_open(&state->machine, PID, ID, CGROUP_NETWORK, &state->cgroup), 0);
    assert_int_equal(read_sample(state)->network.n_interfaces, 2);
    assert_int_equal(count_open_files() - before, 3);
    assert_int_equal(read_sample(state)->cpu.total, 932439492);
}

/* To be read once: only the network is kept open, so that it can be read after the process has
 * gone. */
static void
read_once(void **ret)
{
    struct state *state = *ret;
    unsigned before = count_open_files();
    make_v1(state);
    assert_int_equal(machine_open(&state->machine, state->root), 0);
    assert_int_equal(
        cgroup_open(&state->machine, PID, ID, CGROUP_NETWORK | CGROUP_READ_ONCE, &state->cgroup),
        0);
    assert_int_equal(count_open_files() - before, 1);
    put(state, "/proc/4242/gone", "");
    {
        CLEANUP_FREE char *path = NULL;
        assert_true(asprintf(&path, "%s/proc/4242", state->root) > 0);
        nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
    assert_int_equal(read_sample(state)->network.n_interfaces, 2);
    assert_int_equal(count_open_files() - before, 1);
    cgroup_close(&state->machine, take(state->cgroup));
    assert_int_equal(count_open_files(), before);
}

static void
container_that_has_ended(void **ret)
{
    struct state *state = *ret;
    CLEANUP_FREE char *path = NULL;
    make_v2(state, "kernel-6.1", SCOPE, SCOPE);
    assert_int_equal(open_cgroup(state), 0);
    assert_true(asprintf(&path, "%s/sys/fs/cgroup%s", state->root, SCOPE) > 0);
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(cgroup_read(&state->machine, state->cgroup, &state->scratch, &state->usage),
                     -ENODEV);
}

static void
paths(void **ret)
{
    char *dirs[CG_CONTROLLERS] = {0};
    (void)ret;
    assert_int_equal(cgroup_parse_paths("", ID, dirs), -ENXIO);
    assert_int_equal(cgroup_parse_paths("nonsense\n::\n:::/x\n1:memory\n", ID, dirs), -ENXIO);
    assert_int_equal(
        cgroup_parse_paths("4:cpu,cpuacct,memory2:/a/" ID "/b\n5:memory:/other\n", ID, dirs), 0);
    assert_string_equal(dirs[CG_CPU], "/a/" ID);
    assert_string_equal(dirs[CG_CPUACCT], "/a/" ID);
    assert_null(dirs[CG_MEMORY]);
    for (int n = 0; n < CG_CONTROLLERS; n++)
        free(dirs[n]);
}

static void
machine_cpu(void **ret)
{
    struct machine_cpu cpu;
    (void)ret;
    cpu = machine_parse_cpu(
        "cpu  1 2 3 4 5 6 7 800 900 1000\ncpu0 1 1 1 1\ncpu1 1 1 1 1\nintr 1 2 3\ncpu9 \n");
    assert_int_equal(cpu.system_ns, 280000000);
    assert_int_equal(cpu.online, 2);
    cpu = machine_parse_cpu("cpu  1 2 3\n");
    assert_true(cpu.system_ns == UINT64_MAX);
    assert_true(cpu.online == UINT64_MAX);
    cpu = machine_parse_cpu("");
    assert_true(cpu.system_ns == UINT64_MAX);
}

/* Text that the kernel never writes: nothing is read that is not there. */
static void
odd_texts(void **ret)
{
    struct state *state = *ret;
    char network[] = "a\n:\n  x:1 2\neth0: 99999999999999999999999 1 1 1 1 1 1 1 1 1 1 1\n";
    for (size_t n = 0; n < cgroup_n_v1_files; n++)
        cgroup_v1_files[n].parse(
            "\n\nx\n8:\n8:0\n8:0 \nRead\nmax\n-5\n99999999999999999999999 1\ntotal_rss\n",
            &state->usage);
    for (size_t n = 0; n < cgroup_n_v2_files; n++)
        cgroup_v2_files[n].parse(
            "8:0 rbytes=\n8:0 rbytes\n8:0 rbytes=x wbytes=99999999999999999999\n", &state->usage);
    cgroup_parse_network(network, &state->usage);
    assert_int_equal(state->usage.network.n_interfaces, 0);
    assert_true(state->usage.cpu.total == ABSENT);
    assert_int_equal(state->usage.io.n_devices, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(v2_with_systemd_driver),
        TEST(v2_of_an_older_kernel),
        TEST(interfaces),
        TEST(process_below_the_container),
        TEST(process_of_somebody_else),
        TEST(no_such_process),
        TEST(no_cgroup_mounted),
        TEST(v1_with_a_unified_tree_beside),
        TEST(descriptors),
        TEST(read_once),
        TEST(container_that_has_ended),
        TEST(paths),
        TEST(machine_cpu),
        TEST(odd_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
