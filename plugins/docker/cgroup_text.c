/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup_text.c - parsers for files that both cgroup versions have, and for the network. */
#include "cgroup.h"
#include "support.h"

uint64_t
cgroup_keyed(const char *text, const char *key)
{
    size_t len = strlen(key);
    for (; text != NULL; text = text_next_line(text))
        if (strncmp(text, key, len) == 0 && text[len] == ' ')
            return text_whole_number(text + len + 1);
    return ABSENT;
}

/* Finds the key of a line, beginning behind the last one found, because the kernel keeps its order.
 */
static size_t
find_key(const char *line, size_t len, const char *const *keys, size_t n_keys, size_t hint)
{
    for (size_t tried = 0; tried < n_keys; tried++) {
        size_t n = (hint + tried) % n_keys;
        if (keys[n][0] == line[0] && strncmp(keys[n], line, len) == 0 && keys[n][len] == '\0')
            return n;
    }
    return n_keys;
}

void
cgroup_parse_stat(const char *text, const char *const *keys, size_t n_keys, struct usage *usage)
{
    size_t hint = 0;
    for (; text != NULL; text = text_next_line(text)) {
        size_t len = strcspn(text, " \n");
        size_t n = find_key(text, len, keys, n_keys, hint);
        uint64_t value =
            n < n_keys && text[len] == ' ' ? text_whole_number(text + len + 1) : ABSENT;
        if (value == ABSENT)
            continue;
        usage_add_stat(usage, keys[n], len, value);
        hint = n + 1;
    }
}

void
cgroup_parse_pressure(const char *text, struct usage_pressure *pressure)
{
    for (; text != NULL; text = text_next_line(text)) {
        const char *total = strstr(text, "total=");
        uint64_t value;
        if (total == NULL)
            return;
        total += strlen("total=");
        if (!text_number(&total, &value))
            continue;
        if (strncmp(text, "some ", 5) == 0)
            pressure->some_us = value;
        else if (strncmp(text, "full ", 5) == 0)
            pressure->full_us = value;
    }
}

void
cgroup_parse_cpu_pressure(const char *text, struct usage *usage)
{
    cgroup_parse_pressure(text, &usage->pressure[PSI_CPU]);
}

void
cgroup_parse_memory_pressure(const char *text, struct usage *usage)
{
    cgroup_parse_pressure(text, &usage->pressure[PSI_MEMORY]);
}

void
cgroup_parse_io_pressure(const char *text, struct usage *usage)
{
    cgroup_parse_pressure(text, &usage->pressure[PSI_IO]);
}

void
cgroup_parse_pids(const char *text, struct usage *usage)
{
    usage->pids = text_whole_number(text);
}

/* The kernel puts these into every network namespace once their modules are loaded. */
static bool
is_unused_tunnel(const struct usage_interface *interface)
{
    static const char *const tunnels[] = {"tunl0",   "gre0",     "gretap0", "erspan0",
                                          "ip_vti0", "ip6_vti0", "sit0",    "ip6tnl0",
                                          "ip6gre0", "teql0",    "ifb0",    "ifb1"};
    if (interface->value[NET_RECEIVED][NET_PACKETS] != 0 ||
        interface->value[NET_SENT][NET_PACKETS] != 0)
        return false;
    for (size_t n = 0; n < COUNT_OF(tunnels); n++)
        if (strcmp(interface->name, tunnels[n]) == 0)
            return true;
    return false;
}

/* Sixteen columns: eight received, eight sent, of which the first four are bytes, packets, errs,
 * drop. */
static bool
parse_columns(const char *text, struct usage_interface *interface)
{
    for (int n = 0; n < 12; n++) {
        uint64_t value;
        text += strspn(text, " ");
        if (!text_number(&text, &value))
            return false;
        if (n % 8 < NET_KINDS)
            interface->value[n / 8][n % 8] = value;
    }
    return true;
}

static void
parse_interface(char *line, struct usage *usage)
{
    struct usage_interface *interface;
    char *name = line + strspn(line, " ");
    char *colon = strchr(name, ':');
    if (colon == NULL || strncmp(name, "lo:", 3) == 0)
        return;
    *colon = '\0';
    interface = usage_add_interface(usage, name);
    if (interface == NULL)
        return;
    if (!parse_columns(colon + 1, interface) || is_unused_tunnel(interface))
        usage->network.n_interfaces--;
}

void
cgroup_parse_network(char *text, struct usage *usage)
{
    while (text != NULL) {
        char *end = strchr(text, '\n');
        if (end != NULL)
            *end++ = '\0';
        parse_interface(text, usage);
        text = end;
    }
}
