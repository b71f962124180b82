/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/plugin.h - the only header a plugin needs: the descriptor, its lifecycle, the entry point.
 *
 *   file --open--> LOADED --entry--> DESCRIBED --create--> READY --start--> RUNNING --stop--> READY --destroy--> gone
 *
 * create reads the configuration and allocates; it opens no socket and starts no thread, so that `test config` can
 * call it. start opens and connects; it succeeds even when its endpoint is down, and the instance reconnects by
 * itself. If create fails there is nothing to destroy; if start fails, destroy follows. Nothing is called after
 * destroy. Code is never unloaded while the process lives. Instances of one plugin run side by side, so the
 * plugin's globals must be constant or locked.
 */
#ifndef METRICHOST_PLUGIN_H
#define METRICHOST_PLUGIN_H

#include <metrichost/host.h>
#include <metrichost/schema.h>

#define MH_KIND_INPUT 1u
#define MH_KIND_PROCESSOR 2u
#define MH_KIND_OUTPUT 3u

/* Features that a plugin may ask of the host. Unknown required ones refuse the plugin; optional ones are ignored. */
#define MH_FEATURE_SERIALIZE 1u /* calls to all instances of this plugin never overlap (for old libraries) */

struct mh_plugin {
    uint32_t struct_size;       /* sizeof (struct mh_plugin) as the plugin was compiled              */
    uint16_t abi_minor;         /* built with                                                        */
    uint16_t abi_minor_needed;  /* refuses to run below this                                         */
    uint32_t kind;              /* MH_KIND_INPUT, _PROCESSOR or _OUTPUT                              */
    uint32_t data_model;        /* MH_DATA_MODEL as compiled                                         */
    uint32_t features_required; /* MH_FEATURE_...                                                    */
    uint32_t features_optional;

    const char *name;    /* [a-z0-9][a-z0-9_-]*, as in the configuration ("docker", "elasticsearch") */
    const char *version; /* of the plugin                                                            */
    const char *vendor;
    const char *license; /* SPDX identifier                                                          */
    const char *summary; /* one line for `plugins list`                                              */
    const void *reserved;

    const struct mh_key *keys; /* configuration schema; the host adds its own general keys           */
    const struct mh_dataset *datasets; /* inputs and enriching processors; else NULL                 */
    uint32_t n_keys;
    uint32_t key_stride; /* sizeof (struct mh_key) as compiled                                       */
    uint32_t n_datasets;
    uint32_t dataset_stride; /* sizeof (struct mh_dataset) as compiled                               */

    /* [control] DESCRIBED -> READY. *ret_self is the instance, passed to every other call. Required. */
    int32_t (*create)(const struct mh_host *host, const struct mh_config *config, void **ret_self);
    /* [worker] READY -> RUNNING. May start threads and open sockets. Optional. */
    int32_t (*start)(void *self);
    /* [worker] Input, RUNNING: adds this period's records to the batch, all from one sample of the source. deadline_ns:
     * monotonic; end before it. On an error the records added so far are still sent. Required for inputs. */
    int32_t (*collect)(void *self, struct mh_batch *batch, uint64_t deadline_ns);
    /* [worker] Processor, RUNNING: may change, add to or drop the records. Not overlapping on one instance. NULL for a
     * processor that only sets constants. */
    int32_t (*process)(void *self, struct mh_batch *batch);
    /* [worker] Output, RUNNING: sends the records. MH_OK: all delivered. MH_ERR_RETRY: none was, try again later.
     * MH_ERR_PARTIAL: see each record's status. MH_ERR_DROP: all refused for good. Required for outputs. */
    int32_t (*write)(void *self, struct mh_batch *batch, uint64_t deadline_ns);
    /* [any] Makes a blocked start, collect, process or write return soon. Optional. */
    void (*wake)(void *self);
    /* [worker] RUNNING -> READY. Joins threads, closes sockets, flushes what the plugin itself holds. Optional. */
    void (*stop)(void *self);
    /* [control] READY -> gone. Required. */
    void (*destroy)(void *self);
    /* [any] An extension of the plugin by id ("metrichost.setup/1"), or NULL. Optional. */
    const void *(*get_interface)(void *self, const char *id);
};

/* What the host tells a plugin file before anything else. */
struct mh_loader {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    const char *version; /* of the daemon */
    const void *reserved;
};

/* What the entry function returns: one file may provide several plugins. */
struct mh_plugin_list {
    uint32_t struct_size;
    uint32_t n_plugins;
    const struct mh_plugin *const *plugins;
    const void *reserved;
};

/* The first members of a descriptor: `struct mh_plugin p = { MH_PLUGIN_HEADER(MH_KIND_INPUT), .name = ... };` */
#define MH_PLUGIN_HEADER(kind) MH_PLUGIN_HEADER_FEATURES(kind, 0, 0)
/* The same for a plugin that asks for features (MH_FEATURE_...). */
#define MH_PLUGIN_HEADER_FEATURES(kind, required, optional)                                        \
    (uint32_t)sizeof(struct mh_plugin), MH_ABI_MINOR, 0, (kind), MH_DATA_MODEL, (required),        \
        (optional)

#define MH_STRINGIFY_(x) #x
#define MH_STRINGIFY(x) MH_STRINGIFY_(x)
#define MH_PASTE_(a, b) a##b
#define MH_PASTE(a, b) MH_PASTE_(a, b)

#if defined(__cplusplus)
#define MH_EXTERN_C extern "C"
#else
#define MH_EXTERN_C extern
#endif

/* One readable line per plugin in the ELF section .metrichost_plugin, so that tools learn what a file provides
 * without running its code. kind: input, processor or output, bare; name and version: string literals. */
#define MH_PLUGIN_INFO(kind, name, version)                                                        \
    __attribute__((MH_KEEP, section(".metrichost_plugin"))) static const char MH_PASTE(            \
        mh_plugin_info_, __LINE__)[] =                                                             \
        "abi=" MH_STRINGIFY(MH_ABI_MAJOR) "." MH_STRINGIFY(MH_ABI_MINOR) " needs=" MH_STRINGIFY(   \
            MH_ABI_MAJOR) ".0 kind=" #kind " name=" name " version=" version;

/* Writes the entry function. Arguments: addresses of the descriptors. Once per file, after MH_PLUGIN_INFO. */
#define MH_PLUGIN_ENTRY(...)                                                                       \
    MH_EXTERN_C MH_EXPORT const struct mh_plugin_list *mh_plugin_entry_v1(                         \
        const struct mh_loader *loader);                                                           \
    const struct mh_plugin_list *mh_plugin_entry_v1(const struct mh_loader *loader)                \
    {                                                                                              \
        static const struct mh_plugin *const plugins[] = {__VA_ARGS__};                            \
        static const struct mh_plugin_list list = {(uint32_t)sizeof(struct mh_plugin_list),        \
                                                   (uint32_t)(sizeof plugins / sizeof plugins[0]), \
                                                   plugins, NULL};                                 \
        (void)loader;                                                                              \
        return &list;                                                                              \
    }

/* The usual file with one plugin. */
#define MH_PLUGIN(descriptor, kind, name, version)                                                 \
    MH_PLUGIN_INFO(kind, name, version)                                                            \
    MH_PLUGIN_ENTRY(&(descriptor))

#endif
