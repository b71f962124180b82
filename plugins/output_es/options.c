/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - reads what the configuration says about sending: how much, how long, how many;
 * presets.
 *
 * Types are checked by the host before; what is left is what only this output can judge.
 */
#include "options.h"

#include "support.h"

const char *
es_text(struct es_options *o, const char *path)
{
    const char *text = NULL;
    bool readable = o->host->config->get_string(o->config, path, &text) == MH_OK;
    o->unreadable |= !readable;
    return readable && text != NULL && text[0] != '\0' ? text : NULL;
}

bool
es_bool(struct es_options *o, const char *path)
{
    int32_t truth = 0;
    bool readable = o->host->config->get_bool(o->config, path, &truth) == MH_OK;
    o->unreadable |= !readable;
    return readable && truth != 0;
}

int64_t
es_int(struct es_options *o, const char *path)
{
    int64_t i = 0;
    bool readable = o->host->config->get_int(o->config, path, &i) == MH_OK;
    o->unreadable |= !readable;
    return readable ? i : 0;
}

uint64_t
es_duration(struct es_options *o, const char *path)
{
    uint64_t ns = 0;
    bool readable = o->host->config->get_duration_ns(o->config, path, &ns) == MH_OK;
    o->unreadable |= !readable;
    return readable ? ns : 0;
}

bool
es_is_given(const struct es_options *o, const char *path)
{
    const struct mh_config *node = o->host->config->find(o->config, path);
    return node != NULL && o->host->config->kind(node) != MH_NODE_NULL;
}

int32_t
es_read_texts(const struct es_options *o, const char *path, struct texts *ret)
{
    const struct mh_config_ops *ops = o->host->config;
    const struct mh_config *list = ops->find(o->config, path);
    uint32_t n = ops->count(list);
    memset(ret, 0, sizeof *ret);
    if (n == 0)
        return MH_OK;
    ret->items = calloc(n, sizeof *ret->items);
    if (ret->items == NULL)
        return MH_ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        int32_t code = ops->get_string(ops->at(list, i), NULL, &ret->items[ret->n]);
        if (code != MH_OK)
            return code;
        if (ret->items[ret->n] != NULL && ret->items[ret->n][0] != '\0')
            ret->n++;
    }
    return MH_OK;
}

/* A line end inside a header would let a value add headers of its own. */
static bool
is_header_text(const char *text)
{
    return text != NULL && strpbrk(text, "\r\n") == NULL;
}

int32_t
es_read_headers(const struct es_options *o, const char *path, struct http_header **ret,
                size_t *ret_n)
{
    const struct mh_config_ops *ops = o->host->config;
    const struct mh_config *map = ops->find(o->config, path);
    uint32_t n = ops->kind(map) == MH_NODE_MAP ? ops->count(map) : 0;
    *ret_n = 0;
    *ret = n == 0 ? NULL : calloc(n, sizeof **ret);
    if (n != 0 && *ret == NULL)
        return MH_ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct http_header *header = &(*ret)[i];
        const struct mh_config *value = ops->at(map, i);
        header->name = ops->key_at(map, i);
        if (ops->get_string(value, NULL, &header->value) != MH_OK)
            return MH_ERR_CONFIG;
        if (header->value == NULL)
            header->value = "";
        if (!is_header_text(header->name) || !is_header_text(header->value))
            return mh_config_error(o->host, o->config, path, "a header must not hold a line end");
        *ret_n = i + 1;
    }
    return MH_OK;
}

/* What a preset puts in place of the single options. */
struct preset {
    const char *name;
    uint32_t max_records, n_workers;
    uint64_t idle_s, backoff_init_s, backoff_max_s;
};

static const struct preset presets[] = {
    {"balanced", 1600, 1, 3, 1, 60},
    {"throughput", 1600, 4, 15, 1, 60},
    {"scale", 1600, 1, 1, 5, 300},
    {"latency", 50, 1, 60, 1, 60},
};

static void
apply_preset(struct es_options *o)
{
    const char *name = es_text(o, "preset");
    for (size_t i = 0; name != NULL && i < COUNT_OF(presets); i++) {
        const struct preset *p = &presets[i];
        if (strcmp(p->name, name) != 0)
            continue;
        o->max_records = p->max_records;
        o->n_workers = p->n_workers;
        o->compression_level = 1;
        o->idle_ns = p->idle_s * MH_NS_PER_S;
        o->backoff_init_ns = p->backoff_init_s * MH_NS_PER_S;
        o->backoff_max_ns = p->backoff_max_s * MH_NS_PER_S;
    }
}

static int32_t
read_amounts(struct es_options *o)
{
    int64_t workers = es_int(o, es_is_given(o, "workers") ? "workers" : "worker");
    int64_t records = es_int(o, "bulk_max_size");
    int64_t level = es_int(o, "compression_level");
    if (workers < 1 || workers > 64)
        return mh_config_error(o->host, o->config, "worker", "must be from 1 to 64");
    if (level < 0 || level > 9)
        return mh_config_error(o->host, o->config, "compression_level",
                               "must be from 0 (no compression) to 9");
    o->n_workers = (uint32_t)workers;
    o->compression_level = (int)level;
    o->max_records = records <= 0 || records > 100000 ? 100000 : (uint32_t)records;
    if (o->host->config->get_bytes(o->config, "bulk_max_bytes", &o->max_bytes) != MH_OK)
        return MH_ERR_CONFIG;
    if (o->max_bytes < 4096 || o->max_bytes > (UINT64_C(1) << 30))
        return mh_config_error(o->host, o->config, "bulk_max_bytes", "must be from 4KiB to 1GiB");
    return MH_OK;
}

static int32_t
read_sending(struct es_options *o)
{
    int32_t code = read_amounts(o);
    if (code != MH_OK)
        return code;
    o->loadbalance = es_bool(o, "loadbalance");
    o->escape_html = es_bool(o, "escape_html");
    o->linger_ns = es_duration(o, "linger");
    o->timeout_ns = es_duration(o, "timeout");
    o->connect_timeout_ns = es_duration(o, "connect_timeout");
    o->idle_ns = es_duration(o, "idle_connection_timeout");
    o->max_age_ns = es_duration(o, "max_connection_age");
    o->backoff_init_ns = es_duration(o, "backoff.init");
    o->backoff_max_ns = es_duration(o, "backoff.max");
    if (o->timeout_ns < MH_NS_PER_S)
        return mh_config_error(o->host, o->config, "timeout", "must be at least 1s");
    if (o->backoff_max_ns < o->backoff_init_ns)
        return mh_config_error(o->host, o->config, "backoff.max",
                               "must not be less than backoff.init");
    apply_preset(o);
    return MH_OK;
}

void
es_options_free(struct es_options *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < o->n_endpoints; i++)
        endpoint_free(&o->endpoints[i]);
    free(o->endpoints);
    endpoint_free(&o->kibana);
    free(o->secret);
    free(o->headers);
    free(o->proxy_headers);
    free(o->parameters);
    free(o->authorities.items);
    free(o->versions.items);
    free(o->ciphers.items);
    free(o->curves.items);
    free(o->pins.items);
    free(o->target);
    free(o->late_index);
    free(o->template_name);
    free(o->template_pattern);
    free(o->policy_name);
    free(o->rollover_alias);
    free(o);
}

int32_t
es_options_read(const struct mh_host *host, const struct mh_config *config, struct es_options **ret)
{
    static int32_t (*const parts[])(struct es_options *) = {
        read_sending, es_options_read_hosts, es_options_read_auth, es_options_read_way,
        es_options_read_setup};
    struct es_options *o = calloc(1, sizeof *o);
    *ret = NULL;
    if (o == NULL)
        return MH_ERR_NOMEM;
    o->host = host;
    o->config = config;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        int32_t code = parts[i](o);
        if (code == MH_OK && !o->unreadable)
            continue;
        code = code == MH_OK ? MH_ERR_CONFIG : code;
        es_options_free(o);
        return code;
    }
    *ret = o;
    return MH_OK;
}
