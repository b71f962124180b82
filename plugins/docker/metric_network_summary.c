/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metric_network_summary.c - docker.network_summary: the kernel's protocol counters of a
 * container's network namespace, for containers whose processes are visible here.
 *
 * Both files are pairs of lines: "Ip: Forwarding DefaultTTL ..." and "Ip: 1 64 ...".
 */
#include "files.h"
#include "metrics.h"
#include "support.h"

#include <sys/stat.h>

/* Later ones win: what snmp says replaces the same name of netstat. */
static const struct {
    const char *file;
    const char *protocol;
    uint32_t field;
} sections[] = {
    {"netstat", "IpExt", SUMMARY_IP},
    {"netstat", "TcpExt", SUMMARY_TCP},
    {"snmp", "Ip", SUMMARY_IP},
    {"snmp", "Tcp", SUMMARY_TCP},
    {"snmp", "IcmpMsg", SUMMARY_ICMP},
    {"snmp", "Icmp", SUMMARY_ICMP},
    {"snmp", "UdpLite", SUMMARY_UDP_LITE},
    {"snmp", "Udp", SUMMARY_UDP},
};

/* The next word of a line; its length is 0 at the end of the line. */
static const char *
next_word(const char *text, size_t *ret_len)
{
    text += strspn(text, " ");
    *ret_len = strcspn(text, " \n");
    return text;
}

static void
emit_pairs(const struct emitter *emitter, struct mh_record *record, uint32_t field,
           const char *names, const char *values)
{
    for (;;) {
        size_t name_len, value_len;
        struct mh_value value;
        char *end;
        names = next_word(names, &name_len);
        values = next_word(values, &value_len);
        if (name_len == 0 || value_len == 0)
            return;
        value = mh_int(strtoll(values, &end, 10));
        if (end == values + value_len)
            emit_member(emitter, record, field, names, name_len, &value);
        names += name_len;
        values += value_len;
    }
}

/* A line of names is followed by a line of values with the same protocol. */
static void
emit_protocol(const struct emitter *emitter, struct mh_record *record, uint32_t field,
              const char *protocol, const char *text)
{
    size_t len = strlen(protocol);
    for (; text != NULL; text = text_next_line(text)) {
        const char *values = text_next_line(text);
        if (strncmp(text, protocol, len) != 0 || text[len] != ':' || values == NULL)
            continue;
        if (strncmp(values, protocol, len) == 0 && values[len] == ':')
            emit_pairs(emitter, record, field, text + len + 1, values + len + 1);
        return;
    }
}

static bool
read_net_file(const struct emitter *emitter, pid_t pid, const char *name, struct file_text *text)
{
    CLEANUP_FREE char *path = machine_path(emitter->machine, "/proc/%d/net/%s", (int)pid, name);
    return path != NULL && file_read(path, text) == 0;
}

static void
emit_namespace(const struct emitter *emitter, struct mh_record *record, pid_t pid)
{
    CLEANUP_FREE char *path = machine_path(emitter->machine, "/proc/%d/ns/net", (int)pid);
    struct stat status;
    mh_set_int(emitter->host, record, SUMMARY_PID, pid);
    if (path != NULL && stat(path, &status) == 0)
        mh_set_int(emitter->host, record, SUMMARY_NAMESPACE, (int64_t)status.st_ino);
}

void
emit_network_summary(const struct emitter *emitter, const struct container *container)
{
    CLEANUP(file_text_free) struct file_text netstat = {0};
    CLEANUP(file_text_free) struct file_text snmp = {0};
    pid_t pid = container->inspected.pid;
    struct mh_record *record;
    if (container->cgroup == NULL ||
        !emitter->host->dataset_enabled(emitter->host, DATASET_NETWORK_SUMMARY) ||
        !read_net_file(emitter, pid, "netstat", &netstat) ||
        !read_net_file(emitter, pid, "snmp", &snmp))
        return;
    record = emit_container_record(emitter, DATASET_NETWORK_SUMMARY, container);
    if (record == NULL)
        return;
    for (size_t n = 0; n < COUNT_OF(sections); n++)
        emit_protocol(emitter, record, sections[n].field, sections[n].protocol,
                      strcmp(sections[n].file, "snmp") == 0 ? snmp.data : netstat.data);
    emit_namespace(emitter, record, pid);
}
