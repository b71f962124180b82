/* SPDX-License-Identifier: Apache-2.0 */
/* agent.c - see agent.h. */
#include "pipeline/agent.h"

#include "config/node.h"
#include "config/values.h"
#include "config/yaml.h"
#include "log/log.h"

#include <ctype.h>
#include <errno.h>
#include <sys/utsname.h>

static void
make_uuid(char text[37])
{
    uint8_t b[16];
    util_random(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* version 4, random */
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    char *to = text;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = "0123456789abcdef"[b[i] >> 4];
        *to++ = "0123456789abcdef"[b[i] & 15];
    }
    *to = '\0';
}

static bool
is_uuid(const char *text)
{
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return text[36] == '\0';
}

/* meta.json has the form that Metricbeat's has, so that an installation keeps its identity when it
 * changes over. */
static int
read_meta(const char *path, char id[37])
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    size_t len;
    const char *uuid = NULL;
    int r = util_read_file(path, 64 * 1024, &text, &len);
    if (r != 0)
        return r;
    struct mh_config *root = yaml_load(text, len, path, &d);
    if (root != NULL)
        config_ops.get_string(root, "uuid", &uuid);
    if (uuid != NULL && is_uuid(uuid))
        memcpy(id, uuid, 37);
    else
        r = -EBADMSG;
    config_node_free(root);
    return r;
}

static int
write_meta(const char *path, const char *id)
{
    char now[32];
    util_format_time(util_realtime_ns(), now, sizeof now);
    CLEANUP_FREE char *text = util_printf("{\"uuid\":\"%s\",\"first_start\":\"%s\"}\n", id, now);
    return text != NULL ? util_write_file_atomic(path, text, strlen(text), 0600) : -ENOMEM;
}

int
agent_load(struct agent *a, const char *data_dir)
{
    CLEANUP_FREE char *path = util_printf("%s/meta.json", data_dir);
    if (path == NULL)
        return -ENOMEM;
    make_uuid(a->ephemeral_id);
    int r = read_meta(path, a->id);
    if (r == 0)
        return 0;
    if (r == -EBADMSG)
        log_warning("agent", "%s holds no identity, a new one is made", path);
    make_uuid(a->id);
    return write_meta(path, a->id);
}

char *
agent_host_name(void)
{
    struct utsname names;
    if (uname(&names) == 0 && names.nodename[0] != '\0')
        return strdup(names.nodename);
    return strdup("localhost");
}

static struct mh_value
text(const char *s)
{
    return mh_text(s, strlen(s));
}

/* A scalar of the configuration as the type that it looks like: true, 12, 1.5 or text. */
static struct mh_value
typed_scalar(const struct mh_config *node)
{
    const char *text = NULL;
    int64_t i;
    double d;
    bool b;
    config_ops.get_string(node, NULL, &text);
    if (text == NULL)
        return mh_text("", 0);
    if (parse_int(text, &i) == 0)
        return mh_int(i);
    if (parse_double(text, &d) == 0)
        return mh_double(d);
    if (parse_bool(text, &b) == 0)
        return mh_bool(b);
    return mh_text(text, strlen(text));
}

static struct constants *
with_list(struct constants *set, const char *path, const struct mh_config *list)
{
    uint32_t n = config_ops.count(list);
    CLEANUP_FREE struct mh_value *members = calloc(n + 1u, sizeof *members);
    if (members == NULL || set == NULL)
        return set;
    for (uint32_t i = 0; i < n; i++)
        members[i] = typed_scalar(config_ops.at(list, i));
    struct mh_value array = {.type = MH_VALUE_ARRAY, .len = n, .u.a = members};
    return constants_add(set, path, array);
}

/* Everything below a node, as constants below a path. */
static struct constants *
with_tree(struct constants *set, const char *path, const struct mh_config *node)
{
    if (config_ops.kind(node) == MH_NODE_LIST)
        return with_list(set, path, node);
    if (config_ops.kind(node) == MH_NODE_SCALAR)
        return constants_add(set, path, typed_scalar(node));
    for (uint32_t i = 0; config_ops.kind(node) == MH_NODE_MAP && i < config_ops.count(node); i++) {
        CLEANUP_FREE char *below =
            util_printf("%s%s%s", path, path[0] != '\0' ? "." : "", config_ops.key_at(node, i));
        if (below != NULL)
            set = with_tree(set, below, config_ops.at(node, i));
    }
    return set;
}

struct constants *
constants_from_config(struct constants *set, const struct mh_config *node)
{
    const struct mh_config *tags = config_ops.find(node, "tags");
    const struct mh_config *fields = config_ops.find(node, "fields");
    int32_t under_root = 0;
    config_ops.get_bool(node, "fields_under_root", &under_root);
    if (config_ops.count(tags) != 0)
        set = with_list(set, "tags", tags);
    if (fields != NULL)
        set = with_tree(set, under_root ? "" : "fields", fields);
    return set;
}

struct constants *
agent_constants(const struct agent *a, const struct settings *s, const char *version)
{
    CLEANUP_FREE char *host = agent_host_name();
    const char *name = NULL;
    config_ops.get_string(s->root, "name", &name);
    if (name == NULL || name[0] == '\0')
        name = host != NULL ? host : "localhost";
    struct constants *set = constants_new();
    set = constants_add(set, "agent.type", text("metrichost"));
    set = constants_add(set, "agent.version", text(version));
    set = constants_add(set, "agent.name", text(name));
    set = constants_add(set, "agent.id", text(a->id));
    set = constants_add(set, "agent.ephemeral_id", text(a->ephemeral_id));
    set = constants_add(set, "ecs.version", text("8.0.0"));
    set = constants_add(set, "host.name", text(name));
    return constants_from_config(set, s->root);
}
