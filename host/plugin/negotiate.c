/* SPDX-License-Identifier: Apache-2.0 */
/*
 * negotiate.c - see negotiate.h. The order of the checks is that of the messages' worth: a plugin
 * of another ABI shall hear that, and not that some member of a struct looks odd. Nothing is read
 * past the size that the plugin states.
 */
#include "plugin/negotiate.h"

#include "log/log.h"

#include <errno.h>

#define MAX_PLUGINS 64u

#define LIST_SIZE_1_0 (offsetof(struct mh_plugin_list, reserved) + sizeof(void *))

/* A descriptor in the host's layout. Pipelines and records point into it, so it is never freed. */
struct kept {
    struct kept *next;
    struct mh_plugin plugin;
    struct mh_key *keys;
    struct mh_dataset *datasets;
    uint32_t n_datasets;
};

static struct kept *kept_until_exit;

static const char *const kind_words[] = {"plugin", "input", "processor", "output"};

const char *
negotiate_kind_word(uint32_t kind)
{
    return kind_words[kind < COUNT_OF(kind_words) ? kind : 0];
}

uint32_t
negotiate_kind(const char *word, size_t len)
{
    for (uint32_t kind = MH_KIND_INPUT; kind < COUNT_OF(kind_words); kind++)
        if (strlen(kind_words[kind]) == len && memcmp(kind_words[kind], word, len) == 0)
            return kind;
    return 0;
}

int
negotiate_abi(uint32_t major, uint32_t minor, uint32_t needs_minor, struct refusal *why)
{
    if (major != MH_ABI_MAJOR)
        return refuse(why,
                      "built for metrichost ABI %u.%u; this metrichost " PACKAGE_VERSION
                      " speaks %d.%d: install the build of the plugin for ABI %d, or a metrichost "
                      "that speaks ABI %u",
                      major, minor, MH_ABI_MAJOR, MH_ABI_MINOR, MH_ABI_MAJOR, major);
    if (needs_minor > MH_ABI_MINOR)
        return refuse(why,
                      "needs metrichost ABI %u.%u; this metrichost " PACKAGE_VERSION
                      " speaks %d.%d: upgrade metrichost, or install an older build of the plugin",
                      major, needs_minor, MH_ABI_MAJOR, MH_ABI_MINOR);
    return 0;
}

static int
check_list(const struct mh_plugin_list *list, struct refusal *why)
{
    if (list == NULL)
        return refuse(why, "its entry function refused to describe the plugin to this metrichost");
    if (list->struct_size < LIST_SIZE_1_0)
        return refuse(why, "its list of plugins is too small (%u < %zu): rebuild the plugin",
                      list->struct_size, LIST_SIZE_1_0);
    if (list->n_plugins == 0 || list->n_plugins > MAX_PLUGINS || list->plugins == NULL)
        return refuse(why, "describes %u plugins; 1 to %u are possible", list->n_plugins,
                      MAX_PLUGINS);
    return 0;
}

static int
check_size(const struct mh_plugin *theirs, struct refusal *why)
{
    if (theirs == NULL)
        return refuse(why, "one of its descriptors is missing (NULL)");
    if (theirs->struct_size < MH_PLUGIN_SIZE_1_0)
        return refuse(why,
                      "descriptor too small (%u < %zu): rebuild the plugin with the installed "
                      "metrichost/plugin.h",
                      theirs->struct_size, MH_PLUGIN_SIZE_1_0);
    return 0;
}

/* What the file has instead of what its ELF section promised. */
static int
refuse_mismatch(const struct mh_plugin_list *list, uint32_t kind, const char *name,
                struct refusal *why)
{
    CLEANUP(buf_free) struct buf found = {0};
    for (uint32_t i = 0; i < list->n_plugins; i++) {
        const struct mh_plugin *p = list->plugins[i];
        buf_printf(&found, "%s%s %s", i > 0 ? ", " : "", negotiate_kind_word(p->kind),
                   p->name != NULL ? p->name : "(no name)");
    }
    return refuse(why,
                  "its section .metrichost_plugin promises %s %s, but its descriptors are: %s. "
                  "Give MH_PLUGIN_INFO the kind and name of the descriptor",
                  negotiate_kind_word(kind), name, found.failed ? "?" : found.data);
}

int
negotiate_find(mh_entry_function entry, uint32_t kind, const char *name,
               const struct mh_plugin **ret, struct refusal *why)
{
    static const struct mh_loader loader = {sizeof loader, MH_ABI_MAJOR, MH_ABI_MINOR,
                                            PACKAGE_VERSION, NULL};
    const struct mh_plugin_list *list = entry(&loader);
    int rc = check_list(list, why);
    for (uint32_t i = 0; rc == 0 && i < list->n_plugins; i++) {
        const struct mh_plugin *p = list->plugins[i];
        rc = check_size(p, why);
        if (rc == 0 && p->kind == kind && p->name != NULL && strcmp(p->name, name) == 0) {
            *ret = p;
            return 0;
        }
    }
    return rc != 0 ? rc : refuse_mismatch(list, kind, name, why);
}

static int
check_features(const struct mh_plugin *p, struct refusal *why)
{
    uint32_t unknown = p->features_required & ~MH_FEATURES_KNOWN;
    if (unknown != 0)
        return refuse(why,
                      "requires features that this metrichost " PACKAGE_VERSION
                      " does not have (0x%x of 0x%x): upgrade metrichost",
                      unknown, p->features_required);
    unknown = p->features_optional & ~MH_FEATURES_KNOWN;
    if (unknown != 0)
        log_debug("plugins", "%s: plugin %s: unknown optional features 0x%x are ignored", why->file,
                  why->plugin, unknown);
    if (p->data_model == 0 || p->data_model > MH_DATA_MODEL)
        return refuse(why,
                      "uses data model %u; this metrichost " PACKAGE_VERSION
                      " knows up to %d: upgrade metrichost",
                      p->data_model, MH_DATA_MODEL);
    return 0;
}

static int
check_callbacks(const struct mh_plugin *p, struct refusal *why)
{
    const char *missing = p->create == NULL                                ? "create"
                          : p->destroy == NULL                             ? "destroy"
                          : p->kind == MH_KIND_INPUT && p->collect == NULL ? "collect"
                          : p->kind == MH_KIND_OUTPUT && p->write == NULL  ? "write"
                                                                           : NULL;
    if (missing != NULL)
        return refuse(why, "%s plugin has no .%s", negotiate_kind_word(p->kind), missing);
    return 0;
}

static int
check_identity(struct mh_plugin *p, struct refusal *why)
{
    if (p->kind < MH_KIND_INPUT || p->kind > MH_KIND_OUTPUT)
        return refuse(why, "is of the unknown kind %u", p->kind);
    if (!schema_plugin_name_valid(p->name))
        return refuse(why, "a plugin's name is [a-z0-9][a-z0-9_-]*, not '%s'",
                      p->name != NULL ? p->name : "NULL");
    if (p->version == NULL)
        return refuse(why, "has no version");
    p->vendor = p->vendor != NULL ? p->vendor : "";
    p->license = p->license != NULL ? p->license : "";
    p->summary = p->summary != NULL ? p->summary : "";
    return 0;
}

static int
check_descriptor(struct mh_plugin *ours, struct refusal *why)
{
    int rc = negotiate_abi(MH_ABI_MAJOR, ours->abi_minor, ours->abi_minor_needed, why);
    if (rc == 0)
        rc = check_features(ours, why);
    if (rc == 0)
        rc = check_identity(ours, why);
    if (rc == 0)
        rc = check_callbacks(ours, why);
    return rc;
}

static int
copy_schemas(struct kept *k, struct refusal *why)
{
    struct mh_plugin *p = &k->plugin;
    int rc = schema_copy_keys(p->keys, p->n_keys, p->key_stride, &k->keys, why);
    if (rc < 0)
        return rc;
    k->n_datasets = p->n_datasets;
    rc = schema_copy_datasets(p->datasets, p->n_datasets, p->dataset_stride, &k->datasets, why);
    p->keys = k->keys;
    p->key_stride = (uint32_t)sizeof *k->keys;
    p->datasets = k->datasets;
    p->dataset_stride = (uint32_t)sizeof *k->datasets;
    return rc;
}

static void
free_keptp(struct kept **k)
{
    if (*k == NULL)
        return;
    free((*k)->keys);
    schema_free_datasets((*k)->datasets, (*k)->n_datasets);
    free(*k);
}

int
negotiate_copy(const struct mh_plugin *theirs, const struct mh_plugin **ret, struct refusal *why)
{
    int rc = check_size(theirs, why);
    if (rc < 0)
        return rc;
    CLEANUP(free_keptp) struct kept *k = calloc(1, sizeof *k);
    if (k == NULL)
        return -ENOMEM;
    size_t size = theirs->struct_size;
    memcpy(&k->plugin, theirs, size < sizeof k->plugin ? size : sizeof k->plugin);
    k->plugin.struct_size = (uint32_t)sizeof k->plugin;
    rc = check_descriptor(&k->plugin, why);
    if (rc == 0)
        rc = copy_schemas(k, why);
    if (rc < 0)
        return rc;
    k->next = kept_until_exit;
    kept_until_exit = k;
    *ret = &take(k)->plugin;
    return 0;
}
